/* The state document: as it is, and with the checksum put right. What was
 * accepted is written, and read back, as the same bytes. */
#include "tests/fuzz/fuzz.h"

#include "engine/io/jx.h"
#include "state/codec.h"

static void
round_trip(const struct state *s)
{
	CLEANUP(put_json) json_t *doc = NULL, *doc2 = NULL;
	struct state back;
	struct diags ds;

	diags_init(&ds);
	doc = state_encode(s, &ds);
	FUZZ_CHECK(doc);
	state_init(&back);
	FUZZ_CHECK(state_decode(doc, "again", &back, &ds) == 0);
	doc2 = state_encode(&back, &ds);
	FUZZ_CHECK(doc2 && json_equal(doc, doc2));
	state_done(&back);
	diags_done(&ds);
}

static void
decode(const json_t *j)
{
	struct state s;
	struct diags ds;
	int rc;

	state_init(&s);
	diags_init(&ds);
	rc = state_decode(j, "input", &s, &ds);
	fuzz_contract(&ds, rc);
	if (rc == 0)
		round_trip(&s);
	state_done(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(put_json) json_t *j = NULL;
	char sum[65];

	j = jx_parse((const char *)data, size, "input", NULL);
	if (!j)
		return 0;
	decode(j);
	if (!json_is_object(j))
		return 0;
	json_object_del(j, "checksum");
	jx_digest(j, sum);
	json_object_set_new(j, "checksum", json_string(sum));
	decode(j);
	return 0;
}
