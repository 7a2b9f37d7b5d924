#ifndef OPL2_PROVIDERS_CLIENTS_SHARED_SEAL_H
#define OPL2_PROVIDERS_CLIENTS_SHARED_SEAL_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * How an object lies in a shared place: a line of JSON, a newline, and the
 * content, deflated (RFC 1950) and, with a key, encrypted.
 *
 *   {"opl2":1,"sum":"SHA256 of what follows"}
 *   {"opl2":1,"sum":...,"key":"ID","nonce":"HEX"}
 *
 * The cipher is AES-256-GCM (NIST SP 800-38D), its tag at the end of the
 * content, its associated data "opl2 1\nCHAIN\nNAME": what is moved to another
 * name or chain does not open. The key is scrypt (RFC 7914, N 32768, r 8, p 1)
 * of the passphrase, or of the bytes of a key file, and a salt that the place
 * has; its ID is the start of HMAC-SHA-256(key, "opl2 key").
 */
#define SEAL_SALT 16
#define SEAL_KEYS 2 /* the key, and the one before it */

struct seal {
	const char *chain; /* borrowed */
	size_t nkeys;
	size_t use; /* the one that seals */
	uint8_t keys[SEAL_KEYS][32];
	char ids[SEAL_KEYS][17]; /* "": not encrypted */
};

/*
 * encryption: of the spec, {passphrase: {env|file} | key_file | unencrypted,
 * old: the same}, or NULL for unencrypted. Files are relative to base. -1:
 * E0537 when a passphrase is not set, or what could not be read.
 */
int seal_open(struct seal *s, const char *chain, const json_t *encryption,
	      const char *base, const uint8_t salt[SEAL_SALT],
	      struct diags *ds) MUST_CHECK;
void seal_done(struct seal *s);

#define SEAL_NONCE 12
#define SEAL_TAG   16
/* AES-256-GCM: encrypts or decrypts n bytes of in to out. False: the tag is
 * wrong. */
bool seal_gcm(bool encrypt, const uint8_t key[32],
	      const uint8_t nonce[SEAL_NONCE], const char *aad,
	      const uint8_t *in, size_t n, uint8_t *out,
	      uint8_t tag[SEAL_TAG]) MUST_CHECK;

/* Appends the object that name is to have. */
void seal_wrap(const struct seal *s, const char *name, const void *p, size_t n,
	       struct buf *out);
/* The key with this ID seals from now on; false: there is none. */
bool seal_use(struct seal *s, const char *id);
bool seal_has(const struct seal *s, const char *id);
/* Appends the content. -1: E0535 damaged, E0536 another key or none where there
 * must be one, E0537 encrypted, and there is no key. *key: which one opened it
 * (may be NULL). */
int seal_unwrap(const struct seal *s, const char *name, const void *p, size_t n,
		struct buf *out, size_t *key, struct diags *ds) MUST_CHECK;

#endif
