#include "providers/facts/contracts/generation.h"

#include <string.h>

#include "engine/base/hash.h"

bool
generation_is_opcm(const char *contracts)
{
	return contracts && strncmp(contracts, "v7.", 3) == 0;
}

void
opcm_inbox(uint64_t l2_chain_id, char out[43])
{
	uint8_t id[32] = { 0 }, hash[32], raw[20] = { 0 };

	for (size_t i = 0; i < sizeof(l2_chain_id); i++)
		id[31 - i] = (uint8_t)(l2_chain_id >> (8 * i));
	keccak256(id, sizeof(id), hash);
	memcpy(raw + 1, hash, sizeof(raw) - 1);
	eip55(raw, out);
}
