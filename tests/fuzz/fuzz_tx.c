/* Signed transactions. */
#include "tests/fuzz/fuzz.h"

#include "engine/base/hash.h"
#include "providers/clients/keys/tx.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t from[20], hash[32], want[32], made[20];
	struct tx t;

	if (tx_decode(data, size, &t, NULL, hash) == 0) {
		keccak256(data, size, want);
		FUZZ_CHECK(!memcmp(hash, want, 32));
		FUZZ_CHECK(t.data_len < size && t.data >= data &&
			   t.data + t.data_len <= data + size);
		FUZZ_CHECK(tx_intrinsic_gas(&t) >= 21000);
	}
	if (tx_decode(data, size, &t, from, NULL) == 0)
		create_address(from, t.nonce, made);
	return 0;
}
