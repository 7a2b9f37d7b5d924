/*
 * A state and a plan that are nearly right: whole documents of this release, of
 * which the bytes change a few places, and whose sums are right. What is
 * accepted says the same when it is written and read again; what is refused
 * has a code.
 */
#include "tests/fuzz/shape.h"

#include "engine/io/file.h"
#include "engine/plan/plan.h"
#include "state/codec.h"

static const char state_text[] =
	"{\"lineage\": \"be6ddf31-bc8d-40b4-97bb-45d9b4f6498b\", \"serial\": 7,"
	" \"version\": 1, \"written_by\": \"opl2 0.1.0\","
	" \"outputs\": {\"o\": {\"sensitive\": false, \"value\": \"x\"}},"
	" \"resources\": ["
	"  {\"addr\": \"key.k\", \"kind\": \"key\", \"schema_version\": 1,"
	"   \"status\": \"incomplete\", \"config\": {}, \"attrs\": {},"
	"   \"private\": {\"kind\": {\"a\": [1]}, \"hashes\": {\"/x\": "
	"\"00\"}},"
	"   \"depends\": []},"
	"  {\"addr\": \"null.a\", \"kind\": \"null\", \"schema_version\": 1,"
	"   \"status\": \"ok\", \"config\": {\"note\": \"x\", \"triggers\": "
	"{}},"
	"   \"attrs\": {\"id\": \"9f\"}, \"private\": null, \"depends\": []},"
	"  {\"addr\": \"null.i/b\", \"kind\": \"null\", \"schema_version\": 1,"
	"   \"status\": \"ok\", \"config\": {\"triggers\": {\"t\": \"9f\"}},"
	"   \"attrs\": {\"id\": \"37\"}, \"private\": null,"
	"   \"depends\": [\"key.k\", \"null.a\"]}]}";

static const char plan_text[] =
	"{\"format_version\": 1, \"opl2\": \"0.2.0\", \"chain\": \"t\","
	" \"mode\": \"normal\", \"limited\": true, \"delete_data\": true,"
	" \"host\": {\"host\": \"h\", \"dir\": \"/d\"},"
	" \"plan_digest\": \"sha256:a5\", \"spec_digest\": \"91\","
	" \"schema_versions\": {\"null\": 1},"
	" \"state\": {\"journal\": \"\", \"lineage\": \"be\", \"serial\": 1},"
	" \"outputs\": {\"c\": {\"after\": \"y\", \"before\": \"x\"},"
	"  \"o\": {\"before\": \"9f\", \"unknown\": true},"
	"  \"s\": {\"after\": \"z\", \"sensitive\": true}},"
	" \"changes\": ["
	"  {\"action\": \"replace\", \"addr\": \"null.a\", \"attrs\": {},"
	"   \"attrs_unknown\": [\"id\"], \"class\": \"replace\","
	"   \"config\": {\"triggers\": {\"q\": \"z\"}}, \"kind\": \"null\","
	"   \"prior\": {\"id\": \"9f\"}, \"notes\": [\"n\"],"
	"   \"prior_config\": {\"note\": \"x\", \"triggers\": {}},"
	"   \"consented\": true, \"irreversible\": true,"
	"   \"costs\": [{\"role\": \"r\", \"gas\": \"1\", \"wei\": \"2\"}],"
	"   \"reasons\": [{\"before\": \"x\", \"class\": \"in place\","
	"     \"pointer\": \"/note\", \"why\": \"config\"},"
	"    {\"after\": \"z\", \"class\": \"replace\", \"sensitive\": true,"
	"     \"pointer\": \"/triggers/q\", \"why\": \"drift\"}],"
	"   \"takes\": {\"ms\": 184, \"source\": \"recorded\"}},"
	"  {\"action\": \"create\", \"addr\": \"null.c\", \"attrs\": {},"
	"   \"attrs_unknown\": [\"id\"], \"deferred\": true,"
	"   \"deferred_by\": \"null.a\", \"deferred_why\": \"will change\","
	"   \"config\": {\"triggers\": {\"t\": null}}, \"kind\": \"null\","
	"   \"depends\": [\"null.a\"], \"unknown\": [\"/triggers/t\"],"
	"   \"reasons\": [{\"class\": \"in place\", \"why\": \"new\"}]},"
	"  {\"action\": \"delete\", \"addr\": \"null.b\", \"kind\": \"null\","
	"   \"depends\": [\"null.a\"], \"prior\": {\"id\": \"37\"}, \"kept\": "
	"true,"
	"   \"prior_config\": {\"triggers\": {\"t\": \"9f\"}},"
	"   \"reasons\": [{\"class\": \"in place\", \"why\": \"orphan\"}]}]}";

static void
state_again(const struct state *s)
{
	CLEANUP(put_json) json_t *doc = NULL, *again = NULL;
	struct state back;
	struct diags ds;

	diags_init(&ds);
	state_init(&back);
	doc = state_encode(s, &ds);
	FUZZ_CHECK(doc && state_decode(doc, "again", &back, &ds) == 0);
	again = state_encode(&back, &ds);
	FUZZ_CHECK(again && json_equal(doc, again));
	state_done(&back);
	diags_done(&ds);
}

static void
a_state(struct shape *sh)
{
	CLEANUP(put_json) json_t *doc = json_loads(state_text, 0, NULL);
	struct state s;
	struct diags ds;
	int rc;

	shape_changes(sh, doc, "checksum");
	state_init(&s);
	diags_init(&ds);
	rc = state_decode(doc, "input", &s, &ds);
	fuzz_contract(&ds, rc);
	if (rc == 0)
		state_again(&s);
	state_done(&s);
}

/* The plan that a file has, or NULL. */
static struct plan *
read_plan(const json_t *doc)
{
	CLEANUP(freep) char *text = jx_dump(doc);
	struct plan *p = NULL;
	struct diags ds;
	char path[32];
	int rc, fd = fuzz_file(text, strlen(text), path);

	diags_init(&ds);
	rc = plan_read(path, &p, &ds);
	fuzz_contract(&ds, rc);
	FUZZ_CHECK((rc == 0) == (p != NULL));
	close(fd);
	return p;
}

static void
a_plan(struct shape *sh)
{
	CLEANUP(put_json) json_t *doc = json_loads(plan_text, 0, NULL);
	CLEANUP(put_json) json_t *said = NULL, *again = NULL;
	struct plan *p, *back;

	shape_changes(sh, doc, "digest");
	p = read_plan(doc);
	if (!p)
		return;
	plan_has_changes(p);
	plan_find(p, "null.a");
	said = plan_to_json(p);
	/* It has the sum that it was read with, and lacks the keys that nobody
	 * knows. */
	shape_sum(said, "digest");
	back = read_plan(said);
	FUZZ_CHECK(back);
	again = plan_to_json(back);
	FUZZ_CHECK(json_equal(said, again));
	plan_free(p);
	plan_free(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct shape s = { .data = data, .size = size };

	if (shape_pick(&s, 2))
		a_state(&s);
	else
		a_plan(&s);
	return 0;
}
