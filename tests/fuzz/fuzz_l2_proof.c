/*
 * What a node answers to eth_getProof. The state root is the hash of the first
 * node, so that the rest is looked at; the slot is the corpus's.
 */
#include "tests/fuzz/fuzz.h"

#include "engine/base/hash.h"
#include "engine/io/jx.h"
#include "providers/clients/bridge/l2_proof.h"

#define SLOT "bb1078af1677e2dc7c6861aec1e6748ac699f86828dc80cc83f2da0990af0d47"

static void
root_of(const json_t *reply, uint8_t out[32])
{
	const json_t *first = json_array_get(jx_get(reply, "accountProof"), 0);
	uint8_t *p;
	size_t n;

	memset(out, 0, 32);
	if (hex_bytes(first, &p, &n) < 0)
		return;
	keccak256(p, n, out);
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(put_json) json_t *reply = NULL;
	CLEANUP(l2_proof_done) struct l2_proof p = { 0 };
	const char *why = NULL;
	uint8_t slot[32];
	int rc;

	reply = jx_parse((const char *)data, size, "reply", NULL);
	if (!reply)
		return 0;
	if (hex_decode(SLOT, slot, 32))
		abort();
	root_of(reply, p.parts.state_root);
	rc = l2_proof_check(reply, slot, &p, &why);
	FUZZ_CHECK((rc == 0) == (p.nodes != NULL) && (rc < 0) == (why != NULL));
	if (rc == 0)
		FUZZ_CHECK(json_array_size(p.nodes) > 0);
	return 0;
}
