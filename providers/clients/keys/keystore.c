#include "providers/clients/keys/keystore.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/keys/scrypt.h"

/* --- the file ------------------------------------------------------------ */

static int
keystore_refuse(struct diags *ds, const char *what, const char *why)
{
	diag_err(ds, "E0890", "keystore '%s': %s", what, why);
	diag_hint(ds, "use the JSON file that 'geth account new' or ethers' "
		      "encrypt() wrote");
	return -1;
}

/* Hex of 1 to max bytes; their number, or 0. */
static size_t
bytes_of(const json_t *o, const char *key, uint8_t *out, size_t max)
{
	const char *s = jx_str(o, key, "");
	size_t digits;

	if (strncmp(s, "0x", 2) == 0)
		s += 2;
	digits = strlen(s);
	if (digits % 2 || digits > 2 * max || hex_decode(s, out, digits / 2))
		return 0;
	return digits / 2;
}

static bool
positive(const json_t *o, const char *key, uint64_t *out)
{
	int64_t v = jx_int(o, key, 0);

	*out = v > 0 ? (uint64_t)v : 0;
	return v > 0;
}

static int
too_much(struct diags *ds, const char *what, const char *which,
	 unsigned long long limit)
{
	diag_err(ds, "E0891", "keystore '%s' asks for more than %llu %s", what,
		 limit, which);
	diag_hint(ds, "write it again with common values: scrypt with n "
		      "262144, r 8 and p 1");
	return -1;
}

static int
parse_scrypt(const json_t *kp, const char *what, struct keystore *k,
	     struct diags *ds)
{
	if (!positive(kp, "n", &k->n) || !positive(kp, "r", &k->r) ||
	    !positive(kp, "p", &k->p) || k->n < 2 || (k->n & (k->n - 1)))
		return keystore_refuse(ds, what,
				       "n, r and p of scrypt are not numbers "
				       "that scrypt takes");
	/* Of each alone first: no product overflows after that. */
	if (k->n > KEYSTORE_WORK_MAX || k->r > KEYSTORE_WORK_MAX ||
	    k->p > KEYSTORE_WORK_MAX ||
	    (k->n + k->p) * k->r > KEYSTORE_MEMORY_MAX / 128)
		return too_much(ds, what, "MiB of memory",
				KEYSTORE_MEMORY_MAX >> 20);
	if (k->n * k->r * k->p > KEYSTORE_WORK_MAX)
		return too_much(ds, what, "rounds of scrypt (n * r * p)",
				KEYSTORE_WORK_MAX);
	return 0;
}

static int
parse_kdf(const json_t *crypto, const char *what, struct keystore *k,
	  struct diags *ds)
{
	const json_t *kp = jx_get(crypto, "kdfparams");
	const char *kdf = jx_str(crypto, "kdf", "");
	uint64_t dklen;

	if (!positive(kp, "dklen", &dklen) || dklen < 32 || dklen > 64)
		return keystore_refuse(ds, what, "dklen is not 32 to 64");
	k->dklen = (size_t)dklen;
	k->nsalt = bytes_of(kp, "salt", k->salt, sizeof(k->salt));
	if (k->nsalt == 0)
		return keystore_refuse(ds, what,
				       "the salt is not 1 to 64 bytes of hex");
	k->scrypt = strcmp(kdf, "scrypt") == 0;
	if (k->scrypt)
		return parse_scrypt(kp, what, k, ds);
	if (strcmp(kdf, "pbkdf2") != 0)
		return keystore_refuse(ds, what,
				       "kdf is neither scrypt nor pbkdf2");
	if (strcmp(jx_str(kp, "prf", ""), "hmac-sha256") != 0)
		return keystore_refuse(ds, what, "prf is not hmac-sha256");
	if (!positive(kp, "c", &k->rounds))
		return keystore_refuse(ds, what, "c of pbkdf2 is not a number");
	if (k->rounds > KEYSTORE_ROUNDS_MAX)
		return too_much(ds, what, "rounds of pbkdf2",
				KEYSTORE_ROUNDS_MAX);
	return 0;
}

static int
parse_crypto(const json_t *crypto, const char *what, struct keystore *k,
	     struct diags *ds)
{
	if (strcmp(jx_str(crypto, "cipher", ""), "aes-128-ctr") != 0)
		return keystore_refuse(ds, what, "cipher is not aes-128-ctr");
	if (bytes_of(jx_get(crypto, "cipherparams"), "iv", k->iv,
		     sizeof(k->iv)) != sizeof(k->iv))
		return keystore_refuse(ds, what, "iv is not 16 bytes of hex");
	if (bytes_of(crypto, "mac", k->mac, sizeof(k->mac)) != sizeof(k->mac))
		return keystore_refuse(ds, what, "mac is not 32 bytes of hex");
	k->ntext = bytes_of(crypto, "ciphertext", k->text, sizeof(k->text));
	if (k->ntext == 0)
		return keystore_refuse(
			ds, what, "ciphertext is not 1 to 32 bytes of hex");
	return parse_kdf(crypto, what, k, ds);
}

int
keystore_parse(const char *json, size_t n, const char *what,
	       struct keystore *out, struct diags *ds)
{
	CLEANUP(put_json) json_t *doc = jx_parse(json, n, what, NULL);
	const json_t *crypto = jx_get(doc, "crypto");

	memset(out, 0, sizeof(*out));
	if (!json_is_object(doc))
		return keystore_refuse(ds, what, "it is not a JSON object");
	if (jx_int(doc, "version", 0) != 3)
		return keystore_refuse(ds, what, "its version is not 3");
	if (jx_get(doc, "address")) {
		if (bytes_of(doc, "address", out->address, 20) != 20)
			return keystore_refuse(ds, what,
					       "its address is not one");
		out->has_address = true;
	}
	return parse_crypto(crypto ? crypto : jx_get(doc, "Crypto"), what, out,
			    ds);
}

int
keystore_load(const char *path, struct keystore *out, struct diags *ds)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(KEYSTORE_FILE_MAX);
	CLEANUP(diags_done) struct diags why;

	diags_init(&why);
	if (file_read(path, &b, &why) == 0)
		return keystore_parse(buf_str(&b), b.n, path, out, ds);
	diag_err(ds, "E0822", "keystore '%s' cannot be read: %s", path,
		 why.first ? why.first->summary : "it is too large");
	return -1;
}

int
keystore_address(const char *path, uint8_t out[20], struct diags *ds)
{
	struct keystore k;

	if (keystore_load(path, &k, ds) < 0)
		return -1;
	memcpy(out, k.address, sizeof(k.address));
	return k.has_address;
}

/* --- the key ------------------------------------------------------------- */

static int
derive(const struct keystore *k, const char *password, size_t n, uint8_t dk[64])
{
	if (k->scrypt)
		return scrypt(password, n, k->salt, k->nsalt, k->n, k->r, k->p,
			      dk, k->dklen);
	return PKCS5_PBKDF2_HMAC(password, (int)n, k->salt, (int)k->nsalt,
				 (int)k->rounds, EVP_sha256(), (int)k->dklen,
				 dk) == 1
		       ? 0
		       : -1;
}

static bool
mac_fits(const struct keystore *k, const uint8_t dk[64])
{
	uint8_t text[16 + 32], mac[32];
	bool fits;

	memcpy(text, dk + 16, 16);
	memcpy(text + 16, k->text, k->ntext);
	keccak256(text, 16 + k->ntext, mac);
	fits = CRYPTO_memcmp(mac, k->mac, sizeof(mac)) == 0;
	explicit_bzero(text, sizeof(text));
	return fits;
}

/* The key, with the zero bytes in front that a writer may have left out. */
static int
decrypt(const struct keystore *k, const uint8_t dk[64], uint8_t out[32])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, rc = -1;

	memset(out, 0, 32);
	if (c &&
	    EVP_DecryptInit_ex(c, EVP_aes_128_ctr(), NULL, dk, k->iv) == 1 &&
	    EVP_DecryptUpdate(c, out + 32 - k->ntext, &n, k->text,
			      (int)k->ntext) == 1 &&
	    (size_t)n == k->ntext)
		rc = 0;
	EVP_CIPHER_CTX_free(c); /* wipes the schedule */
	return rc;
}

int
keystore_unlock(const struct keystore *k, const char *what,
		const char *password, size_t n, uint8_t out[32],
		struct diags *ds)
{
	uint8_t dk[64];
	int rc;

	if (derive(k, password, n, dk) < 0) {
		rc = keystore_refuse(ds, what,
				     "there is not enough memory to open it");
	} else if (!mac_fits(k, dk)) {
		diag_err(ds, "E0892",
			 "the password does not open keystore "
			 "'%s'",
			 what);
		diag_hint(ds, "check it with the program that wrote the file");
		rc = -1;
	} else if (decrypt(k, dk, out) < 0) {
		rc = keystore_refuse(
			ds, what,
			"AES-128-CTR is not available on this machine");
	} else {
		rc = 0;
	}
	explicit_bzero(dk, sizeof(dk));
	return rc;
}
