#ifndef OPL2_PROVIDERS_CLIENTS_KEYS_KEYSTORE_H
#define OPL2_PROVIDERS_CLIENTS_KEYS_KEYSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * Keystore files: "Web3 Secret Storage", version 3, as geth, ethers, web3.js
 * and eth-account write them. Read only.
 *
 *   { "version": 3, "address": "40 digits, perhaps",
 *     "crypto": { "cipher": "aes-128-ctr", "cipherparams": {"iv"},
 *       "ciphertext", "kdf": "scrypt" | "pbkdf2", "kdfparams", "mac" } }
 *
 * dk = kdf(password); mac = keccak256(dk[16..32] ciphertext);
 * key = AES-128-CTR(dk[0..16], iv, ciphertext). Older writers say "Crypto",
 * and leave out zero bytes that the key begins with.
 */
#define KEYSTORE_FILE_MAX (64u << 10)
/* What a file may ask for; geth's own, the dearest in use, is 256 MiB with
 * N * r * p of 2^21, ethers' pbkdf2 262,144 rounds. */
#define KEYSTORE_MEMORY_MAX ((uint64_t)512 << 20)
#define KEYSTORE_WORK_MAX   ((uint64_t)1 << 24)
#define KEYSTORE_ROUNDS_MAX 10000000u

struct keystore {
	bool scrypt;      /* else pbkdf2 with HMAC-SHA-256 */
	uint64_t n, r, p; /* scrypt */
	uint64_t rounds;  /* pbkdf2 */
	size_t dklen;
	uint8_t salt[64], iv[16], mac[32], text[32];
	size_t nsalt, ntext;
	bool has_address;
	uint8_t address[20];
};

/* Parses and checks all but the password. `what` names the file. */
int keystore_parse(const char *json, size_t n, const char *what,
		   struct keystore *out, struct diags *ds) MUST_CHECK;
int keystore_load(const char *path, struct keystore *out,
		  struct diags *ds) MUST_CHECK;
/* The address that the file says: 1, 0 it says none, -1. Whether it is true is
 * seen when the key is used. */
int keystore_address(const char *path, uint8_t out[20],
		     struct diags *ds) MUST_CHECK;
/* Takes up to seconds and KEYSTORE_MEMORY_MAX. The caller wipes out. E0892
 * when the password is another one. That the key is the address's is not
 * looked at. */
int keystore_unlock(const struct keystore *k, const char *what,
		    const char *password, size_t n, uint8_t out[32],
		    struct diags *ds) MUST_CHECK;

#endif
