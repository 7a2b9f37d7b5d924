#include "providers/clients/keys/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <secp256k1.h>
#include <secp256k1_preallocated.h>
#include <secp256k1_recovery.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/durable.h"
#include "engine/io/file.h"

/* The key has a page of its own: mlock works on whole pages. */
struct sign_key {
	secp256k1_context *ctx;
	uint8_t address[20];
	uint8_t secret[32];
};

/* In memory of ours: its own way to have none is a crash. */
static secp256k1_context *
context_new(unsigned flags)
{
	void *at = xmalloc(secp256k1_context_preallocated_size(flags));

	return secp256k1_context_preallocated_create(at, flags);
}

static void
context_free(secp256k1_context *ctx)
{
	secp256k1_context_preallocated_destroy(ctx);
	free(ctx);
}

static struct sign_key *
key_alloc(void)
{
	struct sign_key *k = mmap(NULL, sizeof(*k), PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t blind[32];

	if (k == MAP_FAILED)
		mem_exhausted();
	/* Best effort: a small RLIMIT_MEMLOCK must not stop a deployment. */
	mlock(k, sizeof(*k));
	madvise(k, sizeof(*k), MADV_DONTDUMP);
	k->ctx = context_new(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
	if (getrandom(blind, sizeof(blind), 0) == (ssize_t)sizeof(blind) &&
	    !secp256k1_context_randomize(k->ctx, blind))
		abort();
	explicit_bzero(blind, sizeof(blind));
	return k;
}

void
sign_key_free(struct sign_key *k)
{
	if (!k)
		return;
	context_free(k->ctx);
	explicit_bzero(k, sizeof(*k));
	munmap(k, sizeof(*k));
}

void
sign_key_freep(struct sign_key **k)
{
	sign_key_free(*k);
	*k = NULL;
}

static void
sign_address_of(const secp256k1_context *ctx, const secp256k1_pubkey *pub,
		uint8_t out[20])
{
	uint8_t text[65], hash[32];
	size_t n = sizeof(text);

	secp256k1_ec_pubkey_serialize(ctx, text, &n, pub,
				      SECP256K1_EC_UNCOMPRESSED);
	keccak256(text + 1, 64, hash);
	memcpy(out, hash + 12, 20);
}

/* Fills the address in; -1 when the secret is 0 or over the group's order. */
static int
key_derive(struct sign_key *k)
{
	secp256k1_pubkey pub;

	if (!secp256k1_ec_pubkey_create(k->ctx, &pub, k->secret))
		return -1;
	sign_address_of(k->ctx, &pub, k->address);
	return 0;
}

static struct sign_key *
no_key(struct sign_key *k, const char *what, struct diags *ds)
{
	sign_key_free(k);
	diag_err(ds, "E0821", "%s is not a private key", what);
	diag_hint(ds, "a private key is 64 hexadecimal digits, with or without "
		      "0x, between 1 and the order of secp256k1");
	return NULL;
}

struct sign_key *
sign_key_from_hex(const char *hex, const char *what, struct diags *ds)
{
	struct sign_key *k = key_alloc();

	if (hex_decode(hex, k->secret, sizeof(k->secret)) == 0 &&
	    key_derive(k) == 0)
		return k;
	return no_key(k, what, ds);
}

struct sign_key *
sign_key_from_bytes(const uint8_t secret[32], const char *what,
		    struct diags *ds)
{
	struct sign_key *k = key_alloc();

	memcpy(k->secret, secret, sizeof(k->secret));
	return key_derive(k) == 0 ? k : no_key(k, what, ds);
}

static int
check_mode(int fd, const char *path, struct diags *ds)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return diag_errno(ds, "E0822", "key file '%s'", path);
	if (!S_ISREG(st.st_mode))
		return diag_err(ds, "E0822", "key file '%s' is not a file",
				path);
	if (st.st_mode & 077) {
		diag_err(ds, "E0820",
			 "other users can access key file '%s' (mode %04o)",
			 path, (unsigned)st.st_mode & 07777);
		diag_hint(ds, "run: chmod 600 %s", path);
		return -1;
	}
	return 0;
}

struct sign_key *
sign_key_from_file(const char *path, struct diags *ds)
{
	int fd CLEANUP(close_fdp) = open(path, O_RDONLY | O_CLOEXEC);
	struct sign_key *k = NULL;
	char text[80] = "";
	ssize_t n;

	if (fd < 0) {
		diag_errno(ds, "E0822", "key file '%s'", path);
		return NULL;
	}
	if (check_mode(fd, path, ds) < 0)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0) {
		diag_errno(ds, "E0822", "key file '%s'", path);
		return NULL;
	}
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	text[n] = '\0';
	char *what = xasprintf("the content of key file '%s'", path);
	k = sign_key_from_hex(text, what, ds);
	free(what);
	explicit_bzero(text, sizeof(text));
	return k;
}

static void
key_generate(struct sign_key *k)
{
	do {
		if (getrandom(k->secret, 32, 0) != 32)
			abort(); /* no such kernel */
	} while (key_derive(k) < 0);
}

struct sign_key *
sign_key_write_new(const char *path, struct diags *ds)
{
	struct sign_key *k;
	char text[66];
	int rc;

	if (file_exists(path))
		return sign_key_from_file(path, ds);
	k = key_alloc();
	key_generate(k);
	hex_encode(k->secret, 32, text);
	text[64] = '\n';
	rc = file_create(path, text, 65, 0600, ds);
	explicit_bzero(text, sizeof(text));
	if (rc == 0 && durable(path, -1, ds) == 0)
		return k;
	sign_key_free(k);
	if (rc == 0) /* nobody has used it */
		unlink(path);
	/* Somebody was quicker. */
	return rc > 0 ? sign_key_from_file(path, ds) : NULL;
}

void
sign_key_address(const struct sign_key *k, uint8_t out[20])
{
	memcpy(out, k->address, 20);
}

void
sign_key_public(const struct sign_key *k, uint8_t out[64])
{
	secp256k1_pubkey pub;
	uint8_t text[65];
	size_t n = sizeof(text);

	/* key_derive has done it before. */
	if (!secp256k1_ec_pubkey_create(k->ctx, &pub, k->secret))
		abort();
	secp256k1_ec_pubkey_serialize(k->ctx, text, &n, &pub,
				      SECP256K1_EC_UNCOMPRESSED);
	memcpy(out, text + 1, 64);
}

int
sign_hash(const struct sign_key *k, const uint8_t hash[32], uint8_t sig[64])
{
	secp256k1_ecdsa_recoverable_signature s;
	int recid = 0;

	/* It fails only for a bad key, which key_derive has excluded. */
	if (!secp256k1_ecdsa_sign_recoverable(k->ctx, &s, hash, k->secret, NULL,
					      NULL))
		abort();
	secp256k1_ecdsa_recoverable_signature_serialize_compact(k->ctx, sig,
								&recid, &s);
	return recid;
}

int
sign_recover(const uint8_t hash[32], const uint8_t sig[64], int recid,
	     uint8_t out[20])
{
	secp256k1_context *ctx = context_new(SECP256K1_CONTEXT_VERIFY);
	secp256k1_ecdsa_recoverable_signature s;
	secp256k1_pubkey pub;
	int rc = -1;

	if (recid >= 0 && recid <= 3 &&
	    secp256k1_ecdsa_recoverable_signature_parse_compact(ctx, &s, sig,
								recid) &&
	    secp256k1_ecdsa_recover(ctx, &pub, &s, hash)) {
		sign_address_of(ctx, &pub, out);
		rc = 0;
	}
	context_free(ctx);
	return rc;
}
