/* Keystore files: what is taken keeps the limits, and opening one never reads
 * or writes elsewhere. */
#include "tests/fuzz/fuzz.h"

#include "providers/clients/keys/keystore.h"

/* So that the fuzzer does not spend its time on scrypt. */
static bool
is_cheap(const struct keystore *k)
{
	return k->scrypt ? k->n * k->r * k->p <= 4096 : k->rounds <= 1024;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct keystore k;
	struct diags ds;
	uint8_t key[32];
	int rc;

	diags_init(&ds);
	rc = keystore_parse(text, size, "k", &k, &ds);
	fuzz_contract(&ds, rc);
	free(text);
	if (rc < 0)
		return 0;
	FUZZ_CHECK(k.nsalt > 0 && k.nsalt <= sizeof(k.salt));
	FUZZ_CHECK(k.ntext > 0 && k.ntext <= sizeof(k.text));
	FUZZ_CHECK(k.dklen >= 32 && k.dklen <= 64);
	if (k.scrypt)
		FUZZ_CHECK(128 * k.r * (k.n + k.p) <= KEYSTORE_MEMORY_MAX &&
			   k.n * k.r * k.p <= KEYSTORE_WORK_MAX);
	else
		FUZZ_CHECK(k.rounds > 0 && k.rounds <= KEYSTORE_ROUNDS_MAX);
	if (!is_cheap(&k))
		return 0;
	diags_init(&ds);
	rc = keystore_unlock(&k, "k", "foo", 3, key, &ds);
	fuzz_contract(&ds, rc);
	return 0;
}
