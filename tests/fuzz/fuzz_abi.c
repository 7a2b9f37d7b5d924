/* ABI: a line of types, then the data. What was decoded encodes to something
 * that decodes to the same. */
#include "tests/fuzz/fuzz.h"

#include "providers/clients/evm/abi.h"

static void
again(const char *types, const json_t *values)
{
	struct buf out CLEANUP(buf_done) = BUF_INIT(8u << 20);
	struct diags ds;
	json_t *back;
	int rc;

	diags_init(&ds);
	rc = abi_encode(&out, types, values, &ds);
	fuzz_contract(&ds, rc);
	/* Data may be shared in what came; encoded it takes its full space. */
	if (rc < 0 || out.n > ABI_DATA_MAX)
		return;
	back = abi_decode(types, (const uint8_t *)buf_str(&out), out.n, NULL);
	FUZZ_CHECK(back && json_equal(back, values));
	json_decref(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nl = size ? memchr(data, '\n', size) : NULL;
	size_t n = nl ? (size_t)(nl - data) : 0;
	CLEANUP(freep) char *types = fuzz_text(data, n), *reason = NULL;
	struct diags ds;
	json_t *values;

	reason = abi_revert_reason(data, size);
	FUZZ_CHECK(*reason || size > 4);
	if (!nl)
		return 0;
	diags_init(&ds);
	values = abi_decode(types, nl + 1, size - n - 1, &ds);
	fuzz_contract(&ds, values ? 0 : -1);
	if (values)
		again(types, values);
	json_decref(values);
	return 0;
}
