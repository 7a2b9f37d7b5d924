/* When the forks of an L2 come: what a spec may say, what follows from it, and
 * what is refused. */
#include "tests/unit/t.h"

#include "engine/base/clock.h"
#include "engine/base/compiler.h"
#include "providers/facts/l2_schedule.h"

#define BORN  1800000000 /* time of block 0 */
#define NOW   (BORN + 100000)
#define LATER "1800200000" /* after NOW */

static void
test_times(void **state UNUSED)
{
	static const struct {
		const char *text;
		int64_t s; /* -1: refused */
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2027-01-31T12:00:00Z", 1801396800 },
		{ "2027-01-31T13:30:00+01:30", 1801396800 },
		{ "2027-01-31T11:00:00-01:00", 1801396800 },
		{ "2028-02-29T00:00:00Z", 1835395200 },
		{ "2027-02-29T00:00:00Z", -1 },
		{ "2027-13-01T00:00:00Z", -1 },
		{ "2027-01-31T25:00:00Z", -1 },
		{ "2027-01-31T12:00:60Z", -1 },
		{ "2027-01-31T12:00:00", -1 },
		{ "2027-01-31T12:00:00+1:30", -1 },
		{ "2027-01-31T12:00:00Z ", -1 },
		{ "2027-1-31T12:00:00Z", -1 },
		{ "2027-01-31 12:00:00Z", -1 },
	};
	char text[32];
	int64_t s;

	for (size_t i = 0; i < COUNTOF(rows); i++) {
		int rc = utc_parse(rows[i].text, &s);

		if (rc != (rows[i].s < 0 ? -1 : 0) ||
		    (rc == 0 && s != rows[i].s))
			fail_msg("%s: %d, %lld", rows[i].text, rc,
				 (long long)s);
	}
	utc_text(1801396800, text, sizeof(text));
	assert_string_equal(text, "2027-01-31T12:00:00Z");
}

static void
test_when(void **state UNUSED)
{
	static const struct {
		const char *text;
		int is; /* -1: refused */
		int64_t s;
	} rows[] = {
		{ NULL, L2_NOT, 0 },
		{ "start", L2_START, 0 },
		{ "+3m", L2_AFTER, 180 },
		{ "+1h30m", L2_AFTER, 5400 },
		{ "1801396800", L2_AT, 1801396800 },
		{ "2027-01-31T12:00:00Z", L2_AT, 1801396800 },
		{ "+0s", -1, 0 },
		{ "+1500ms", -1, 0 },
		{ "+3", -1, 0 },
		{ "3m", -1, 0 },
		{ "0", -1, 0 },
		{ "99999999999999", -1, 0 },
		{ "1969-12-31T23:59:59Z", -1, 0 },
		{ "tomorrow", -1, 0 },
		{ "", -1, 0 },
	};
	struct l2_when w;
	const char *why;

	for (size_t i = 0; i < COUNTOF(rows); i++) {
		why = NULL;
		if (l2_when_parse(rows[i].text, &w, &why)) {
			assert_int_equal(rows[i].is, -1);
			assert_non_null(why);
			continue;
		}
		assert_int_equal(w.is, rows[i].is);
		assert_int_equal(w.s, rows[i].s);
	}
}

/* A config of a chain of BORN; ' stands for ". */
static json_t *
config(const char *forks, const char *programs, bool scheduled)
{
	CLEANUP(freep)
	char *text =
		xasprintf("{'genesis':{'sha256':'g','time':%d,"
			  "'scheduled':%s},'block_time':'2s',"
			  "'programs':'%s','forks':{%s}}",
			  BORN, scheduled ? "true" : "false", programs, forks);

	return t_json(text);
}

struct row {
	const char *forks, *programs, *recorded; /* attrs, or NULL */
	bool scheduled;
	int64_t at[L2_FORKS - 1]; /* from Holocene on */
	const char *code, *path;  /* of what is refused, or NULL */
};

#define START                                                                  \
	"'holocene':'start','isthmus':'start','jovian':'start',"               \
	"'karst':'start'"
#define HAD  "{'times':{'holocene':1800000002,'isthmus':1800000004}}"
#define SOON "{'times':{'holocene':1800100030}}"

static const struct row rows[] = {
	/* --- a new chain --- */
	{ START,
	  "v1.19.6",
	  NULL,
	  true,
	  { BORN + 2, BORN + 4, BORN + 6, BORN + 8 },
	  NULL,
	  NULL },
	{ START,
	  "v1.13.7",
	  NULL,
	  true,
	  { BORN + 2, BORN + 4, 0, 0 },
	  NULL,
	  NULL },
	{ START, "v1.9.4-meeda", NULL, true, { 0 }, NULL, NULL },
	{ START,
	  "of-others",
	  NULL,
	  true,
	  { BORN + 2, BORN + 4, BORN + 6, BORN + 8 },
	  NULL,
	  NULL },
	{ "", "v1.19.6", NULL, true, { 0 }, NULL, NULL },
	{ "'holocene':'start','isthmus':'+3m'",
	  "v1.19.6",
	  NULL,
	  true,
	  { BORN + 2, BORN + 180, 0, 0 },
	  NULL,
	  NULL },
	/* 181 s and 182 s are of one block, 182 s and 183 s are not. */
	{ "'holocene':'+182s','isthmus':'+183s'",
	  "v1.19.6",
	  NULL,
	  true,
	  { BORN + 182, BORN + 183, 0, 0 },
	  NULL,
	  NULL },
	{ "'holocene':'+181s','isthmus':'+182s'",
	  "v1.19.6",
	  NULL,
	  true,
	  { 0 },
	  "E0461",
	  "/forks/isthmus" },
	{ "'holocene':'+1s','isthmus':'start'",
	  "v1.19.6",
	  NULL,
	  true,
	  { 0 },
	  "E0461",
	  "/forks/isthmus" },
	{ "'holocene':'" LATER "','isthmus':'start'",
	  "v1.19.6",
	  NULL,
	  true,
	  { 0 },
	  "E0461",
	  "/forks/isthmus" },
	{ "'holocene':'1800000000'",
	  "v1.19.6",
	  NULL,
	  true,
	  { 0 },
	  "E0463",
	  "/forks/holocene" },
	{ "'isthmus':'start'",
	  "v1.19.6",
	  NULL,
	  true,
	  { 0 },
	  "E0461",
	  "/forks/isthmus" },
	{ "'holocene':'start','isthmus':'start','jovian':'+3m'",
	  "v1.13.7",
	  NULL,
	  true,
	  { 0 },
	  "E0462",
	  "/forks/jovian" },

	/* --- one that began before --- */
	{ START, "v1.19.6", NULL, false, { 0 }, NULL, NULL },
	{ "'holocene':'" LATER "','isthmus':'start'",
	  "v1.19.6",
	  NULL,
	  false,
	  { 1800200000, 0, 0, 0 },
	  NULL,
	  NULL },
	{ "'holocene':'start','isthmus':'" LATER "'",
	  "v1.19.6",
	  NULL,
	  false,
	  { 0 },
	  "E0461",
	  "/forks/isthmus" },
	{ "'holocene':'+3m'",
	  "v1.19.6",
	  NULL,
	  false,
	  { 0 },
	  "E0463",
	  "/forks/holocene" },
	{ "'holocene':'1800100059'",
	  "v1.19.6",
	  NULL,
	  false,
	  { 0 },
	  "E0463",
	  "/forks/holocene" },
	{ "'holocene':'1800100060'",
	  "v1.19.6",
	  NULL,
	  false,
	  { 1800100060, 0, 0, 0 },
	  NULL,
	  NULL },
	{ "'holocene':'" LATER "'",
	  "v1.9.4-meeda",
	  NULL,
	  false,
	  { 0 },
	  "E0462",
	  "/forks/holocene" },

	/* --- one that has times --- */
	/* What it began with stays, with programs that know more, too. */
	{ START,
	  "v1.19.6",
	  HAD,
	  true,
	  { BORN + 2, BORN + 4, 0, 0 },
	  NULL,
	  NULL },
	{ "'holocene':'+2s','isthmus':'1800000004','jovian':'" LATER "'",
	  "v1.19.6",
	  HAD,
	  true,
	  { BORN + 2, BORN + 4, 1800200000, 0 },
	  NULL,
	  NULL },
	{ START, "v1.9.4", HAD, true, { 0 }, "E0462", "/forks/holocene" },
	{ "'holocene':'start','isthmus':'+5m'",
	  "v1.19.6",
	  HAD,
	  true,
	  { 0 },
	  "E0464",
	  "/forks/isthmus" },
	{ "'holocene':'start'",
	  "v1.19.6",
	  HAD,
	  true,
	  { 0 },
	  "E0464",
	  "/forks/isthmus" },
	{ "'holocene':'start','isthmus':'start','jovian':'+5m'",
	  "v1.19.6",
	  HAD,
	  true,
	  { 0 },
	  "E0463",
	  "/forks/jovian" },
	/* It comes before the nodes could be restarted. */
	{ "'holocene':'" LATER "'",
	  "v1.19.6",
	  SOON,
	  false,
	  { 0 },
	  "E0464",
	  "/forks/holocene" },
	{ "'holocene':'1800100030'",
	  "v1.19.6",
	  SOON,
	  false,
	  { 1800100030, 0, 0, 0 },
	  NULL,
	  NULL },
};

static void
run_row(const struct row *r)
{
	CLEANUP(put_json)
	json_t *c = config(r->forks, r->programs, r->scheduled);
	CLEANUP(put_json)
	json_t *had = r->recorded ? t_json(r->recorded) : NULL;
	struct l2_schedule s = {
		.config = c, .recorded = had, .now = NOW, .lead_s = 60
	};
	struct diags ds;
	int rc;

	diags_init(&ds);
	rc = l2_schedule_settle(&s, &ds);
	if (r->code) {
		assert_int_equal(rc, -1);
		t_error(&ds, r->code, strrchr(r->path, '/') + 1);
		assert_string_equal(ds.first->path, r->path);
		assert_non_null(ds.first->hint);
	} else {
		t_no_errors(&ds);
		assert_int_equal(rc, 0);
		assert_true(s.known);
		assert_int_equal(s.at[0], 0);
		for (size_t k = 1; k < L2_FORKS; k++)
			assert_int_equal(s.at[k], r->at[k - 1]);
	}
	diags_done(&ds);
}

static void
test_settle(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		print_message("# {%s} %s\n", rows[i].forks, rows[i].programs);
		run_row(&rows[i]);
	}
}

/* Of forks that block 0 has, 'start' is how it is, and no other time is. */
static void
test_newest_at_genesis(void **state UNUSED)
{
	static const struct {
		const char *forks, *code;
		int64_t karst;
	} cases[] = {
		{ START, NULL, BORN + 2 },
		{ "'karst':'+2m'", NULL, BORN + 120 },
		{ "", NULL, 0 },
		{ "'jovian':'+1m'", "E0474", 0 },
		{ "'granite':'start'", "E0474", 0 },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(put_json)
		json_t *c = config(cases[i].forks, "v1.19.6", true);
		struct l2_schedule s = { .config = c,
					 .now = NOW,
					 .lead_s = 60 };
		struct diags ds;
		int rc;

		json_object_set_new(json_object_get(c, "genesis"), "newest",
				    json_string("jovian"));
		diags_init(&ds);
		rc = l2_schedule_settle(&s, &ds);
		assert_int_equal(rc, cases[i].code ? -1 : 0);
		if (cases[i].code)
			t_error(&ds, cases[i].code, "");
		for (size_t f = 0; !rc && f + 1 < L2_FORKS; f++)
			assert_int_equal(s.at[f], 0);
		if (!rc)
			assert_int_equal(s.at[L2_FORKS - 1], cases[i].karst);
		diags_done(&ds);
	}
}

/* A chain that began without Granite may get it, and needs it for more. */
static void
test_granite(void **state UNUSED)
{
	static const struct {
		const char *genesis, *forks, *code;
		int64_t at, next;
	} cases[] = {
		{ "false", "", NULL, 0, 0 },
		{ "false", START, NULL, 0, 0 },
		{ "false", "'granite':'start'", NULL, BORN + 2, 0 },
		{ "false", "'granite':'start'," START, NULL, BORN + 2,
		  BORN + 4 },
		{ "false", "'granite':'+1m','holocene':'+2m'", NULL, BORN + 60,
		  BORN + 120 },
		{ "false", "'holocene':'+2m'", "E0461", 0, 0 },
		{ "false", "'granite':'+2m','holocene':'+2m'", "E0461", 0, 0 },
		{ "true", "'granite':'+1m'", "E0474", 0, 0 },
		{ "true", "'holocene':'+2m'", NULL, 0, BORN + 120 },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(put_json)
		json_t *c = config(cases[i].forks, "v1.19.6", true);
		struct l2_schedule s = { .config = c,
					 .now = NOW,
					 .lead_s = 60 };
		struct diags ds;
		int rc;

		json_object_set_new(json_object_get(c, "genesis"), "granite",
				    json_boolean(*cases[i].genesis == 't'));
		diags_init(&ds);
		rc = l2_schedule_settle(&s, &ds);
		assert_int_equal(rc, cases[i].code ? -1 : 0);
		if (cases[i].code)
			t_error(&ds, cases[i].code, "");
		if (!rc) {
			assert_int_equal(s.at[0], cases[i].at);
			assert_int_equal(s.at[1], cases[i].next);
		}
		diags_done(&ds);
	}
}

/* Before anything is known of the chain, by the config alone. */
static void
test_check(void **state UNUSED)
{
	static const struct {
		const char *forks, *code;
	} checks[] = {
		{ "'holocene':'" LATER "','isthmus':'start'", NULL },
		{ "'holocene':'" LATER "','isthmus':'" LATER "'", "E0461" },
		{ "'holocene':'+4s','isthmus':'+2s'", "E0461" },
		{ "'holocene':'+3s','isthmus':'+4s'", "E0461" },
		{ "'holocene':'+1h','isthmus':'" LATER "'", NULL },
		{ "'isthmus':'" LATER "'", "E0461" },
		{ "'holocene':'soon'", "E0460" },
		{ "'holocene':'start','isthmus':'start','jovian':'+1h'",
		  "E0462" },
		{ START, NULL },
	};

	for (size_t i = 0; i < COUNTOF(checks); i++) {
		json_t *c = config(checks[i].forks, "v1.13.7", false);
		struct diags ds;

		diags_init(&ds);
		assert_int_equal(l2_schedule_check(c, NULL, &ds),
				 checks[i].code ? -1 : 0);
		if (checks[i].code)
			t_error(&ds, checks[i].code, "");
		diags_done(&ds);
		json_decref(c);
	}
}

/* A place that is not known yet stands in nothing's way. */
static void
test_unknown(void **state UNUSED)
{
	CLEANUP(put_json) json_t *c = config(START, "v1.19.6", false);
	CLEANUP(put_json) json_t *some = t_json("['/genesis']");
	CLEANUP(put_json) json_t *one = t_json("['/forks/karst']");
	CLEANUP(put_json) json_t *attrs = NULL;
	struct l2_schedule s = {
		.config = c, .unknown = some, .now = NOW, .lead_s = 60
	};
	struct diags ds;

	diags_init(&ds);
	assert_true(l2_schedule_open(one));
	assert_false(l2_schedule_open(some));
	assert_int_equal(l2_schedule_settle(&s, &ds), 0);
	t_no_errors(&ds);
	assert_false(s.running);
	assert_false(l2_schedule_empty(&s));
	attrs = l2_schedule_attrs(&s);
	assert_string_equal(jx_str(attrs, "newest", ""), "karst");
	assert_null(jx_get(attrs, "times"));
	diags_done(&ds);
}

static json_t *
attrs_of(const char *forks)
{
	CLEANUP(put_json) json_t *c = config(forks, "v1.19.6", true);
	struct l2_schedule s = { .config = c, .now = NOW, .lead_s = 60 };
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(l2_schedule_settle(&s, &ds), 0);
	diags_done(&ds);
	return l2_schedule_attrs(&s);
}

static void
same(const json_t *have, const char *want)
{
	CLEANUP(put_json) json_t *w = t_json(want);
	CLEANUP(freep) char *text = jx_dump_line(have);

	if (!json_equal(have, w))
		fail_msg("%s, not %s", text, want);
}

static void
test_attrs(void **state UNUSED)
{
	CLEANUP(put_json) json_t *all = attrs_of(START);
	CLEANUP(put_json) json_t *none = attrs_of("");

	same(jx_get(all, "times"),
	     "{'holocene':1800000002,'isthmus':1800000004,"
	     "'jovian':1800000006,'karst':1800000008}");
	same(jx_get(all, "overrides"),
	     "{'holocene':1800000002,'isthmus':1800000004,"
	     "'jovian':1800000006,'karst':1800000008,'osaka':1800000008}");
	assert_string_equal(jx_str(all, "newest", ""), "karst");
	same(jx_get(none, "times"), "{}");
	same(jx_get(none, "overrides"), "{}");
	assert_true(json_is_null(json_object_get(none, "newest")));
	assert_string_not_equal(jx_str(all, "digest", ""),
				jx_str(none, "digest", ""));
}

static void
test_render(void **state UNUSED)
{
	CLEANUP(put_json)
	json_t *c = config("'holocene':'+3m'", "v1.19.6", true);
	CLEANUP(put_json)
	json_t *rollup = t_json("{'block_time':2,'granite_time':0}");
	CLEANUP(put_json) json_t *out = NULL;
	struct l2_schedule s = { .config = c, .now = BORN, .lead_s = 60 };
	struct diags ds;

	diags_init(&ds);
	json_object_set_new(c, "pectra_blob_schedule", json_integer(7));
	assert_int_equal(l2_schedule_settle(&s, &ds), 0);
	out = l2_schedule_render(&s, rollup);
	same(out, "{'block_time':2,'granite_time':0,"
		  "'holocene_time':1800000180,"
		  "'pectra_blob_schedule_time':7}");
	same(rollup, "{'block_time':2,'granite_time':0}");
	assert_false(l2_schedule_empty(&s));
	s.at[1] = 0;
	assert_false(l2_schedule_empty(&s));
	json_object_del(c, "pectra_blob_schedule");
	assert_true(l2_schedule_empty(&s));
	diags_done(&ds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_granite),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_attrs),
		cmocka_unit_test(test_render),
		cmocka_unit_test(test_newest_at_genesis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
