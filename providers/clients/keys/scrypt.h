#ifndef OPL2_PROVIDERS_CLIENTS_KEYS_SCRYPT_H
#define OPL2_PROVIDERS_CLIENTS_KEYS_SCRYPT_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/compiler.h"

/*
 * scrypt (RFC 7914). Our own, because libcrypto's refuses n of 2^(16 r) and
 * more, as the standard says, and wallets have always written n 262,144 with
 * r 1. The caller has checked that n is a power of two below 2^32 and that the
 * costs are bearable: 128 r (n + p + 1) bytes of memory. -1: they are not to be
 * had.
 */
int scrypt(const char *password, size_t npassword, const uint8_t *salt,
	   size_t nsalt, uint64_t n, uint64_t r, uint64_t p, uint8_t *out,
	   size_t nout) MUST_CHECK;

#endif
