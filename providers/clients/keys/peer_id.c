#include "providers/clients/keys/peer_id.h"

#include <stddef.h>
#include <string.h>

#define RAW 39 /* two of the multihash, four of the protobuf, 33 of the key */

/* Base58 of bytes the first of which is 0: libp2p's identity hash is. */
static void
base58(const uint8_t raw[RAW], char *out)
{
	static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
				     "abcdefghijkmnopqrstuvwxyz";
	uint8_t d[PEER_ID_MAX] = { 0 };
	size_t n = 0, i, k;

	for (i = 0; i < RAW; i++) {
		unsigned carry = raw[i];

		for (k = 0; k < n; k++) {
			carry += 256u * d[k];
			d[k] = (uint8_t)(carry % 58);
			carry /= 58;
		}
		for (; carry; carry /= 58)
			d[n++] = (uint8_t)(carry % 58);
	}
	for (i = 0; i < RAW && raw[i] == 0; i++)
		*out++ = digits[0];
	while (n > 0)
		*out++ = digits[d[--n]];
	*out = '\0';
}

void
peer_id(const uint8_t public[64], char out[PEER_ID_MAX])
{
	/* identity, 37 bytes; type 2 is secp256k1; 33 bytes of data */
	uint8_t raw[RAW] = { 0x00, 0x25, 0x08, 0x02, 0x12, 0x21 };

	raw[6] = public[63] & 1 ? 3 : 2;
	memcpy(raw + 7, public, 32);
	base58(raw, out);
}
