#ifndef OPL2_PROVIDERS_CLIENTS_STORE_DIGEST_H
#define OPL2_PROVIDERS_CLIENTS_STORE_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/diag/diag.h"

/*
 * A promised digest of a file, as registries and specs write it: npm's
 * "sha512-BASE64" (several may stand there, the strongest counts), "sha256:HEX"
 * or 64 hex digits alone. SHA-1 is not accepted.
 */
struct digest {
	unsigned bits; /* 256 or 512 */
	uint8_t raw[64];
};

int digest_parse(const char *text, struct digest *out);
bool digest_equal(const struct digest *a, const struct digest *b);
/* "sha512-BASE64", or "sha256:HEX". */
const char *digest_text(struct arena *a, const struct digest *d);
/* Of a file, with so many bits. */
int digest_file(const char *path, unsigned bits, struct digest *out,
		struct diags *ds) MUST_CHECK;

#endif
