#include "providers/clients/shared/seal.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <zlib.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/keys/scrypt.h"

#define FORMAT     1
#define SCRYPT_N   32768u
#define SCRYPT_R   8u
#define SCRYPT_P   1u
#define NONCE      SEAL_NONCE
#define TAG        SEAL_TAG
#define HEAD_MAX   4096u
#define SECRET_TOP 65536u

/* --- the key -------------------------------------------------------------- */

static void
wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	buf_done(b);
}

static int
read_secret_file(const char *base, const char *path, struct buf *out,
		 struct diags *ds)
{
	CLEANUP(freep) char *full = path_join(base, path);
	int rc = file_read_secret(full, out, ds);

	if (rc > 0) {
		diag_err(ds, "E0537", "encryption: there is no file '%s'",
			 full);
		diag_hint(ds, "without it the state cannot be read: bring it "
			      "from where it is kept");
	}
	return rc ? -1 : 0;
}

/* The passphrase, or what the key file holds. */
static int
read_passphrase(const json_t *e, const char *base, struct buf *out,
		struct diags *ds)
{
	const json_t *from = jx_get(e, "passphrase");
	const char *file = jx_str(from, "file", jx_str(e, "key_file", NULL));
	const char *name = jx_str(from, "env", NULL);
	const char *v = name ? getenv(name) : NULL;

	if (file && read_secret_file(base, file, out, ds) < 0)
		return -1;
	if (!file && v)
		buf_adds(out, v);
	while (from && out->n && strchr("\r\n", out->p[out->n - 1]))
		out->p[--out->n] = '\0';
	if (out->n && !out->over)
		return 0;
	diag_err(ds, "E0537", "encryption: %s%s is %s",
		 file ? "the file " : "the variable ",
		 file   ? file
		 : name ? name
			: "(none)",
		 out->over ? "too long"
		 : file    ? "empty"
			   : "not set");
	if (!file)
		diag_hint(ds, "set %s to the passphrase of this state",
			  name ? name : "it");
	return -1;
}

static int
add_key(struct seal *s, const json_t *e, const char *base,
	const uint8_t salt[SEAL_SALT], struct diags *ds)
{
	CLEANUP(wipe) struct buf pass = BUF_INIT(SECRET_TOP);
	uint8_t *key = s->keys[s->nkeys], id[32];

	if (!e || jx_bool(e, "unencrypted", false)) {
		*s->ids[s->nkeys++] = '\0';
		return 0;
	}
	if (read_passphrase(e, base, &pass, ds) < 0)
		return -1;
	if (scrypt(pass.p, pass.n, salt, SEAL_SALT, SCRYPT_N, SCRYPT_R,
		   SCRYPT_P, key, 32) < 0)
		return diag_err(ds, "E0600", "no memory for scrypt");
	hmac_sha256(key, 32, "opl2 key", 8, id);
	hex_encode(id, 8, s->ids[s->nkeys++]);
	return 0;
}

int
seal_open(struct seal *s, const char *chain, const json_t *encryption,
	  const char *base, const uint8_t salt[SEAL_SALT], struct diags *ds)
{
	const json_t *old = jx_get(encryption, "old");

	*s = (struct seal){ .chain = chain };
	if (add_key(s, encryption, base, salt, ds) < 0 ||
	    (old && add_key(s, old, base, salt, ds) < 0))
		return -1;
	if (s->nkeys > 1 && strcmp(s->ids[0], s->ids[1]) == 0)
		s->nkeys = 1;
	return 0;
}

void
seal_done(struct seal *s)
{
	explicit_bzero(s, sizeof(*s));
}

/* --- the cipher ----------------------------------------------------------- */

static char *
associated(const struct seal *s, const char *name)
{
	return xasprintf("opl2 %d\n%s\n%s", FORMAT, s->chain, name);
}

/* libcrypto fails only without memory, or when the tag is wrong. */
bool
seal_gcm(bool encrypt, const uint8_t key[32], const uint8_t nonce[NONCE],
	 const char *aad, const uint8_t *in, size_t n, uint8_t *out,
	 uint8_t tag[TAG])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len = 0;
	bool ok;

	if (!c)
		mem_exhausted();
	ok = EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce,
			       encrypt) == 1 &&
	     EVP_CipherUpdate(c, NULL, &len, (const uint8_t *)aad,
			      (int)strlen(aad)) == 1 &&
	     EVP_CipherUpdate(c, out, &len, in, (int)n) == 1 &&
	     (encrypt ||
	      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1) &&
	     EVP_CipherFinal_ex(c, out + len, &len) == 1 &&
	     (!encrypt ||
	      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, tag) == 1);

	EVP_CIPHER_CTX_free(c);
	return ok;
}

/* --- wrapping ------------------------------------------------------------- */

void
seal_wrap(const struct seal *s, const char *name, const void *p, size_t n,
	  struct buf *out)
{
	uLong packed = compressBound((uLong)n);
	CLEANUP(freep) char *body = xmalloc(packed + TAG);
	CLEANUP(put_json) json_t *head = json_pack("{s:i}", "opl2", FORMAT);
	CLEANUP(freep) char *line = NULL;
	char sum[65], hex[2 * NONCE + 1];
	uint8_t nonce[NONCE];

	if (compress2((Bytef *)body, &packed, p, (uLong)n,
		      Z_DEFAULT_COMPRESSION) != Z_OK)
		mem_exhausted();
	if (*s->ids[s->use]) {
		CLEANUP(freep) char *aad = associated(s, name);
		CLEANUP(freep) char *plain = body;

		if (getrandom(nonce, NONCE, 0) != NONCE)
			abort();
		body = xmalloc(packed + TAG);
		if (!seal_gcm(true, s->keys[s->use], nonce, aad,
			      (uint8_t *)plain, packed, (uint8_t *)body,
			      (uint8_t *)body + packed))
			mem_exhausted();
		packed += TAG;
		hex_encode(nonce, NONCE, hex);
		json_object_set_new(head, "key", json_string(s->ids[s->use]));
		json_object_set_new(head, "nonce", json_string(hex));
	}
	sha256_hex(body, packed, sum);
	json_object_set_new(head, "sum", json_string(sum));
	line = jx_dump_line(head);
	buf_adds(out, line);
	buf_addch(out, '\n');
	buf_add(out, body, packed);
}

static int
damaged(const char *name, const char *why, struct diags *ds)
{
	diag_err(ds, "E0535",
		 "the object '%s' of the shared state is damaged: "
		 "%s",
		 name, why);
	diag_hint(ds, "bring back an earlier version of it, if the bucket "
		      "keeps versions; nothing was changed");
	return -1;
}

static int
no_key(const struct seal *s, const char *name, bool encrypted, struct diags *ds)
{
	if (!encrypted) {
		/* Who may write there must not pass a text of his own for
		 * ours. */
		diag_err(ds, "E0536", "the object '%s' is not encrypted", name);
		diag_hint(ds, "bring back an earlier version of it, if the "
			      "bucket keeps versions");
	} else if (s->nkeys == 1 && !*s->ids[0]) {
		diag_err(ds, "E0537",
			 "the object '%s' is encrypted, and the spec has no "
			 "'encryption'",
			 name);
		diag_hint(ds, "write encryption: { passphrase: { env: NAME } } "
			      "or { key_file: PATH }");
	} else {
		diag_err(ds, "E0536",
			 "the object '%s' was encrypted with another key",
			 name);
		diag_hint(ds, "give the right passphrase, or the earlier one "
			      "as encryption: { old: ... }");
	}
	return -1;
}

/* nkeys when there is none. */
static size_t
find_key(const struct seal *s, const char *id)
{
	size_t k = 0;

	while (k < s->nkeys && strcmp(s->ids[k], id) != 0)
		k++;
	return k;
}

bool
seal_has(const struct seal *s, const char *id)
{
	return find_key(s, id) < s->nkeys;
}

bool
seal_use(struct seal *s, const char *id)
{
	size_t k = find_key(s, id);

	if (k < s->nkeys)
		s->use = k;
	return k < s->nkeys;
}

/* Decrypts in place; *n loses the tag. */
static int
decrypt(const struct seal *s, const char *name, size_t k, const json_t *head,
	char *p, size_t *n, struct diags *ds)
{
	CLEANUP(freep) char *aad = associated(s, name);
	CLEANUP(freep) char *out = NULL;
	uint8_t nonce[NONCE];

	if (*n < TAG || hex_decode(jx_str(head, "nonce", ""), nonce, NONCE) < 0)
		return damaged(name, "its head", ds);
	*n -= TAG;
	out = xmalloc(*n + 1);
	if (!seal_gcm(false, s->keys[k], nonce, aad, (uint8_t *)p, *n,
		      (uint8_t *)out, (uint8_t *)p + *n))
		return damaged(name, "it is not what was encrypted", ds);
	memcpy(p, out, *n);
	explicit_bzero(out, *n);
	return 0;
}

static int
inflate_to(const char *name, const char *p, size_t n, struct buf *out,
	   struct diags *ds)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n };
	char chunk[65536];
	int rc = inflateInit(&z);

	while (rc == Z_OK && !out->over) {
		z.next_out = (Bytef *)chunk;
		z.avail_out = sizeof(chunk);
		rc = inflate(&z, Z_NO_FLUSH);
		buf_add(out, chunk, sizeof(chunk) - z.avail_out);
	}
	inflateEnd(&z);
	if (rc == Z_MEM_ERROR)
		mem_exhausted();
	return rc == Z_STREAM_END && !out->over
		       ? 0
		       : damaged(name, "it cannot be unpacked", ds);
}

int
seal_unwrap(const struct seal *s, const char *name, const void *p, size_t n,
	    struct buf *out, size_t *key, struct diags *ds)
{
	const char *text = p, *nl = NULL, *id;
	CLEANUP(put_json) json_t *head = NULL;
	CLEANUP(freep) char *body = NULL;
	char sum[65];
	size_t left, k;
	int rc;

	if (n)
		nl = memchr(text, '\n', n < HEAD_MAX ? n : HEAD_MAX);
	if (!nl)
		return damaged(name, "it is none that opl2 wrote", ds);
	left = n - (size_t)(nl - text) - 1;
	head = jx_parse(text, (size_t)(nl - text), name, NULL);
	id = jx_str(head, "key", "");
	if (jx_int(head, "opl2", 0) != FORMAT)
		return damaged(name, "it is none that opl2 wrote", ds);
	sha256_hex(nl + 1, left, sum);
	if (strcmp(sum, jx_str(head, "sum", "")) != 0)
		return damaged(name, "its sum is wrong", ds);
	k = find_key(s, id);
	if (k == s->nkeys)
		return no_key(s, name, *id, ds);
	if (key)
		*key = k;
	body = xmalloc(left + 1);
	memcpy(body, nl + 1, left);
	rc = *id ? decrypt(s, name, k, head, body, &left, ds) : 0;
	if (rc == 0)
		rc = inflate_to(name, body, left, out, ds);
	explicit_bzero(body, left);
	return rc;
}
