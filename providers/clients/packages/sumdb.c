#include "providers/clients/packages/sumdb.h"

#include <openssl/evp.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"

#define KEY_BYTES 33 /* the algorithm, and 32 of Ed25519 */
#define SIG_BYTES 68 /* the key's id, and 64 of Ed25519 */
#define ED25519   1

/*
 * The key that the Go client has built in. It is the database's own name that
 * makes the id of it, so that no other name can borrow it.
 */
static const char builtin_key[] =
	"Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

const char *
sumdb_name(struct arena *a, const char *sumdb)
{
	return arena_strndup(a, sumdb, strcspn(sumdb, "+ \t"));
}

struct key {
	uint8_t id[4];
	uint8_t raw[KEY_BYTES];
};

static int
find_key(struct arena *a, const char *sumdb, struct key *k)
{
	const char *name = sumdb_name(a, sumdb), *rest = sumdb + strlen(name);
	const char *text = builtin_key;
	CLEANUP(freep) char *given = NULL;
	uint8_t sum[32];
	struct sha256 h;

	if (*rest == '+') {
		rest = strchr(rest + 1, '+');
		if (!rest)
			return -1;
		given = xstrndup(rest + 1, strcspn(rest + 1, " \t"));
		text = given;
	}
	if (base64_decode(text, k->raw, KEY_BYTES) != KEY_BYTES ||
	    k->raw[0] != ED25519)
		return -1;
	sha256_init(&h);
	sha256_add(&h, name, strlen(name));
	sha256_add(&h, "\n", 1);
	sha256_add(&h, k->raw, KEY_BYTES);
	sha256_end(&h, sum);
	memcpy(k->id, sum, sizeof(k->id));
	return 0;
}

static bool
signature_holds(const struct key *k, const uint8_t *sig, const char *text,
		size_t n)
{
	EVP_PKEY *pub = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
						    k->raw + 1, KEY_BYTES - 1);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = pub && md &&
		  EVP_DigestVerifyInit(md, NULL, NULL, NULL, pub) == 1 &&
		  EVP_DigestVerify(md, sig, SIG_BYTES - 4,
				   (const unsigned char *)text, n) == 1;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(pub);
	return ok;
}

/* One of the note's signature lines, "\u2014 NAME BASE64", is the key's. */
static bool
is_signed(const char *name, const struct key *k, const char *note)
{
	const char *end = strstr(note, "\n\n"), *line;
	CLEANUP(freep) char *start = xasprintf("\xe2\x80\x94 %s ", name);
	size_t n = strlen(start);

	if (!end)
		return false;
	for (line = end + 2; *line; line = strchr(line, '\n') + 1) {
		CLEANUP(freep) char *text = NULL;
		uint8_t sig[SIG_BYTES];

		if (strncmp(line, start, n) == 0) {
			text = xstrndup(line + n, strcspn(line + n, "\n"));
			if (base64_decode(text, sig, SIG_BYTES) == SIG_BYTES &&
			    memcmp(sig, k->id, sizeof(k->id)) == 0 &&
			    signature_holds(k, sig + 4, note,
					    (size_t)(end + 1 - note)))
				return true;
		}
		if (!strchr(line, '\n'))
			break;
	}
	return false;
}

/* The number on the line at *at, which moves past it. */
static int
number_line(const char **at, uint64_t *out)
{
	size_t n = strcspn(*at, "\n");
	CLEANUP(freep) char *text = xstrndup(*at, n);

	*at += n + ((*at)[n] == '\n');
	return parse_u64(text, INT64_MAX, out);
}

/*
 * `text` is "ID\nRECORD\n\nNOTE", and NOTE's signed part "TITLE\nSIZE\nROOT\n".
 * As tlog_check; 1 also when it is not of that form.
 */
static int
is_in_tree(const char *text, const char *note, tlog_read *read, void *arg)
{
	const char *record = text, *head = strchr(note, '\n');
	uint64_t id, size;
	uint8_t root[32];
	CLEANUP(freep) char *root_text = NULL;

	if (!head)
		return 1;
	head++;
	if (number_line(&record, &id) || number_line(&head, &size) ||
	    record >= note)
		return 1;
	root_text = xstrndup(head, strcspn(head, "\n"));
	if (base64_decode(root_text, root, sizeof(root)) != sizeof(root))
		return 1;
	/* The blank line before the note is not of the record. */
	return tlog_check(record, (size_t)(note - 1 - record), id, size, root,
			  read, arg);
}

const char *
sumdb_lookup(struct arena *a, const char *sumdb, const char *text,
	     const char *module, const char *version, tlog_read *read,
	     void *arg, struct diags *ds)
{
	const char *name = sumdb_name(a, sumdb);
	const char *note = strstr(text, "\n\n");
	CLEANUP(freep) char *want = xasprintf("\n%s %s h1:", module, version);
	const char *at = strstr(text, want);
	struct key k;
	int rc;

	if (find_key(a, sumdb, &k)) {
		diag_err(ds, "E0711", "GOSUMDB names no usable key");
		diag_hint(ds, "write it as NAME+HASH+KEY");
		return NULL;
	}
	if (!note || !is_signed(name, &k, note + 2)) {
		diag_err(ds, "E0711",
			 "the answer of the checksum database '%s' does not "
			 "have its signature",
			 name);
		diag_hint(ds, "a proxy may have changed it; try another "
			      "GOPROXY, or set the hash in the spec");
		return NULL;
	}
	if (!at || at > note) {
		diag_err(ds, "E0711",
			 "the checksum database '%s' has no hash of '%s %s'",
			 name, module, version);
		return NULL;
	}
	rc = is_in_tree(text, note + 2, read, arg);
	if (rc > 0) {
		diag_err(ds, "E0711",
			 "the checksum database '%s' does not prove its entry "
			 "for '%s %s'",
			 name, module, version);
		diag_hint(ds, "a proxy may have changed it; try another "
			      "GOPROXY, or set the hash in the spec");
	}
	if (rc)
		return NULL;
	at += strlen(want) - 3;
	return arena_strndup(a, at, strcspn(at, "\n"));
}
