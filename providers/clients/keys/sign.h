#ifndef OPL2_PROVIDERS_CLIENTS_KEYS_SIGN_H
#define OPL2_PROVIDERS_CLIENTS_KEYS_SIGN_H

#include <stdint.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * secp256k1 keys and signatures, over libsecp256k1, whose only home this is.
 *
 * The raw key lives in locked memory inside `struct sign_key` and is wiped
 * when the key is freed; nothing here gives it out but sign_key_write_new,
 * which puts it in a new file. No diagnostic quotes any of it.
 */
struct sign_key;

/* 64 hex digits, with or without 0x; `what` names the source in errors. */
struct sign_key *sign_key_from_hex(const char *hex, const char *what,
				   struct diags *ds);
/* The 32 bytes themselves, which the caller wipes. */
struct sign_key *sign_key_from_bytes(const uint8_t secret[32], const char *what,
				     struct diags *ds);
/* A file of such digits, which nobody but its owner may read. */
struct sign_key *sign_key_from_file(const char *path, struct diags *ds);
/*
 * Makes a key and writes it to a new file with mode 0600, durably. A file
 * that is there already is read instead: no key is ever overwritten.
 */
struct sign_key *sign_key_write_new(const char *path, struct diags *ds);
void sign_key_free(struct sign_key *k);
void sign_key_freep(struct sign_key **k); /* for CLEANUP */

void sign_key_address(const struct sign_key *k, uint8_t out[20]);
/* The public key, x and y. */
void sign_key_public(const struct sign_key *k, uint8_t out[64]);

/* Deterministic (RFC 6979), low s. sig is r, s; returns the recovery id. */
int sign_hash(const struct sign_key *k, const uint8_t hash[32],
	      uint8_t sig[64]);
/* The signer's address; -1 when the signature is not one. */
int sign_recover(const uint8_t hash[32], const uint8_t sig[64], int recid,
		 uint8_t out[20]);

#endif
