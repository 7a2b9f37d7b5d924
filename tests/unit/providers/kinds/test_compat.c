/* The compatibility table: each row fires, alone, and is well formed. */
#include "tests/unit/t.h"

#include "engine/base/compiler.h"
#include "providers/kinds/compat/compat_table.h"
#include "providers/kinds/compat/compat_text.h"
#include "tests/unit/ops.h"

/* A config, and the rows that it is to hit. */
static const struct {
	const char *config, *id;
} cases[] = {
	{ "{'programs':'v1.9.4','l1_fork':'prague'}", "l1-fork" },
	{ "{'programs':'op-stack/v1.9.4','l1_fork':'osaka'}", "l1-fork" },
	{ "{'programs':'v1.9.4','l1_fork':'cancun'}", NULL },
	{ "{'programs':'v1.13.7','l1_fork':'osaka'}", NULL },
	{ "{'programs':'v1.13.7','l1_fork':'amsterdam'}", "l1-fork" },
	{ "{'programs':'v1.19.6','l1_fork':'amsterdam'}", NULL },
	{ "{'programs':'v2.0.0','l1_fork':'amsterdam'}", NULL },
	{ "{'programs':'v1.19.6','l1_fork':'newer'}", "l1-newer" },
	{ "{'programs':'v2.0.0','l1_fork':'newer'}", "l1-newer" },
	{ "{'programs':'v1.19.6','l1_fork':'newer','accept_newer_l1':true}",
	  "l1-newer-accepted" },
	{ "{'programs':'v1.13.7','l1_fork':'osaka','next_l1_fork':'amsterdam'}",
	  "next-l1-fork" },
	{ "{'programs':'v1.19.6','next_l1_fork':'amsterdam'}", NULL },
	{ "{'programs':'v1.19.6','next_l1_fork':'newer'}", "next-l1-newer" },
	{ "{'l1_program':'anvil','l1_fork':'amsterdam'}", "anvil-fork" },
	{ "{'l1_program':'anvil','l1_fork':'osaka','l1_fork_at':'0'}", NULL },
	{ "{'l1_program':'anvil','l1_fork_at':'7'}", "anvil-fork-at" },
	{ "{'l1_program':'geth','l1_fork':'amsterdam','l1_fork_at':'7'}",
	  NULL },
	{ "{'reads':'l1','commitment':'GenericCommitment'}", "reads-past-da" },
	{ "{'reads':'l1'}", NULL },
	{ "{'reads':'server','da_server':'http://d'}", "reads-no-da" },
	{ "{'reads':'server','commitment':'GenericCommitment'}",
	  "reads-unnamed-server" },
	{ "{'reads':'blobs'}", "reads-unnamed-beacon" },
	{ "{'reads':'blobs','beacon':'http://b'}", NULL },
	{ "{'programs':'v1.16.13','proofs':'output_oracle'}",
	  "oracle-proposer" },
	{ "{'programs':'v1.19.6','proposer':'v1.13.7',"
	  "'proofs':'output_oracle'}",
	  NULL },
	{ "{'programs':'v1.13.7','proposer':'v1.19.6',"
	  "'proofs':'output_oracle'}",
	  "oracle-proposer" },
	{ "{'programs':'v1.13.7','proofs':'output_oracle'}", NULL },
	{ "{'da':'meeda','proofs':'dispute_games'}", "da-proofs" },
	{ "{'da':'upstream','proofs':'dispute_games'}", "da-proofs" },
	{ "{'da':'blobs','proofs':'dispute_games'}", NULL },
	{ "{'da':'meeda','commitment':'KeccakCommitment'}", "keccak-meeda" },
	{ "{'da':'upstream','commitment':'KeccakCommitment'}", NULL },
	{ "{'proofs':'dispute_games','go':'1.26.8'}", "go-cannon" },
	{ "{'proofs':'dispute_games','go':'1.22.6'}", "go-prestate" },
	{ "{'proofs':'dispute_games','go':'1.22.7'}", NULL },
	{ "{'proofs':'output_oracle','go':'1.26.8'}", NULL },
	{ "{'contracts':'op-contracts/"
	  "v2.0.0-beta.3','programs':'v1.13.7','proofs':'dispute_games'}",
	  "games-of-v1.13.7" },
	{ "{'contracts':'@eth-optimism/contracts-bedrock@0.17.3',"
	  "'programs':'v1.13.7','proofs':'dispute_games'}",
	  "games-of-v1.13.7" },
	{ "{'contracts':'op-contracts/"
	  "v2.0.0-beta.3','programs':'v1.19.6','proofs':'dispute_games'}",
	  "games-of-v1.19" },
	{ "{'contracts':'@eth-optimism/contracts-bedrock@0.17.3',"
	  "'programs':'v1.19.6','proofs':'dispute_games'}",
	  "games-of-v1.19" },
	{ "{'contracts':'op-contracts/v7.0.0','programs':'v1.13.7'}",
	  "opcm-programs" },
	{ "{'contracts':'op-contracts/v7.0.0','programs':'v1.19.6',"
	  "'proofs':'dispute_games'}",
	  "opcm-proofs" },
	{ "{'contracts':'op-contracts/v7.0.0','programs':'v1.19.6',"
	  "'proofs':'permissioned_games','da':'meeda'}",
	  NULL },
	{ "{'contracts':'op-contracts/v2.0.0-beta.3',"
	  "'programs':'v1.19.6','proofs':'permissioned_games'}",
	  "script-permissioned" },
	{ "{'programs':'v1.9.4-meeda','da':'upstream'}", "fork-upstream" },
	{ "{'programs':'v1.9.4','da':'upstream'}", NULL },
	{ "{'programs':'v1.13.7','sequencers':'several'}",
	  "sequencers-programs" },
	{ "{'programs':'v1.19.6','sequencers':'several'}", NULL },
	{ "{'programs':'v1.13.7'}", NULL },
	{ "{'programs':'v1.13.7','engine':'op-reth'}", "op-reth-programs" },
	{ "{'programs':'v1.19.6','engine':'op-reth'}", NULL },
	{ "{'programs':'v1.19.6','engine':'op-reth',"
	  "'sequencers':'several'}",
	  "op-reth-sequencers" },
	{ "{'op_geth':'v1.101411.0','go':'1.21.13'}", "go-geth" },
	{ "{'op_geth':'v1.101411.0','go':'1.22'}", NULL },
	{ "{'contracts':'op-contracts/v2.0.0-beta.3','programs':'v1.9.4',"
	  "'proofs':'dispute_games'}",
	  "mips-fcntl" },
	{ "{'contracts':'@eth-optimism/contracts-bedrock@0.17.3',"
	  "'programs':'v1.9.4','proofs':'dispute_games'}",
	  "mips-published" },
	{ "{'programs':'v1.9.4','op_geth':'v1.101602.3'}", "geth-of-v1.9.4" },
	{ "{'programs':'v1.9.4','op_geth':'v1.101411.0'}", NULL },
	{ "{'programs':'v1.13.7','op_geth':'v1.101411.0'}", "geth-of-v1.13.7" },
	{ "{'programs':'v1.13.7','op_geth':'v1.101602.3-rc.1'}", NULL },
	{ "{'programs':'v1.19.6','op_geth':'v1.101602.3'}", "geth-of-v1.19.6" },
	{ "{'programs':'v1.19.6','op_geth':'v1.101702.3'}", NULL },
	{ "{}", NULL },
};

static json_t *
table(struct diags *ds)
{
	json_t *rows = compat_rows(ds);

	t_no_errors(ds);
	assert_non_null(rows);
	return rows;
}

static void
each_row_fires_alone(void **state)
{
	struct diags ds;

	(void)state;
	diags_init(&ds);
	CLEANUP(put_json) json_t *rows = table(&ds), *hits = json_object();
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(put_json) json_t *config = t_json(cases[i].config);
		const char *id = NULL;

		for (size_t r = 0; r < json_array_size(rows); r++) {
			const json_t *row = json_array_get(rows, r);

			if (compat_match(row, config, NULL) == COMPAT_NO)
				continue;
			assert_null(id);
			id = jx_str(row, "id", "");
			json_object_set_new(hits, id, json_true());
		}
		assert_string_equal(id ? id : "",
				    cases[i].id ? cases[i].id : "");
	}
	assert_int_equal(json_object_size(hits), json_array_size(rows));
	diags_done(&ds);
}

/* How a row of this verdict is to be judged. */
static void
judged_as(const json_t *row, const json_t *config, int rc, size_t warned,
	  struct diags *ds)
{
	const char *verdict = jx_str(row, "verdict", "");
	CLEANUP(freep)
	char *text = compat_text(jx_str(row, "text", ""), config);

	assert_null(strchr(text, '{'));
	if (strcmp(verdict, "refuse") == 0) {
		assert_int_equal(rc, -1);
		t_error(ds, jx_str(row, "code", ""), text);
		assert_non_null(jx_get(config, jx_str(row, "at", "-")));
		return;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(warned, strcmp(verdict, "warn") == 0);
	compat_remind(config, NULL, ds);
	compat_warn(config, NULL, ds);
	assert_int_equal(ds->nwarnings, *verdict != '\0');
	if (ds->first)
		assert_string_equal(ds->first->summary, text);
}

static void
rows_are_judged_as_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(put_json) json_t *config = t_json(cases[i].config);
		CLEANUP(put_json) json_t *warn = json_array(), *row = NULL;
		struct diags ds;
		int rc;

		diags_init(&ds);
		CLEANUP(put_json) json_t *rows = table(&ds);
		for (size_t r = 0; r < json_array_size(rows); r++)
			if (strcmp(jx_str(json_array_get(rows, r), "id", ""),
				   cases[i].id ? cases[i].id : "") == 0)
				row = json_incref(json_array_get(rows, r));
		rc = compat_judge(config, NULL, warn, NULL, &ds);
		judged_as(row, config, rc, json_array_size(warn), &ds);
		diags_done(&ds);
	}
}

static void
rows_are_whole(void **state)
{
	static const char *const keys[] = { "id", "text", "needs", "hint",
					    "source" };
	struct diags ds;

	(void)state;
	diags_init(&ds);
	CLEANUP(put_json) json_t *rows = table(&ds);
	for (size_t r = 0; r < json_array_size(rows); r++) {
		json_t *row = json_array_get(rows, r);

		for (size_t k = 0; k < COUNTOF(keys); k++)
			assert_true(*jx_str(row, keys[k], ""));
		assert_non_null(
			jx_get(jx_get(row, "when"), jx_str(row, "at", "-")));
		assert_non_null(strstr("refuse warn remind",
				       jx_str(row, "verdict", "-")));
	}
	diags_done(&ds);
}

static size_t
open_of(const char *config_text, const char *unknown_text)
{
	CLEANUP(put_json) json_t *unknown = t_json(unknown_text);
	CLEANUP(put_json) json_t *config = t_json(config_text);
	CLEANUP(put_json) json_t *open = json_array();
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(compat_judge(config, unknown, NULL, open, &ds), 0);
	compat_remind(config, unknown, &ds);
	assert_null(ds.first);
	diags_done(&ds);
	return json_array_size(open);
}

static void
what_is_unknown_is_open(void **state)
{
	(void)state;
	/* Both rows about the fork need the same. */
	assert_int_equal(open_of("{'programs':'v1.9.4'}", "['/l1_fork']"), 1);
	assert_int_equal(open_of("{}", "['/l1_fork','/programs']"), 1);
	assert_int_equal(open_of("{'programs':'v1.9.4'}", "['/next_l1_fork']"),
			 0);
	assert_int_equal(open_of("{'proofs':'output_oracle'}",
				 "['/programs','/proposer']"),
			 1);
}

static void
texts_name_both_sides(void **state)
{
	CLEANUP(put_json)
	json_t *config = t_json("{'programs':'v1.13.7','l1_fork':'osaka',"
				"'next_l1_fork':'amsterdam',"
				"'next_l1_fork_time':1791294816}");
	struct diags ds;

	(void)state;
	diags_init(&ds);
	compat_remind(config, NULL, &ds);
	assert_string_equal(ds.first->code, "W0869");
	assert_string_equal(ds.first->summary,
			    "the L1 upgrades to amsterdam at 2026-10-06 13:53 "
			    "UTC, but node programs v1.13.7 support it only up "
			    "to osaka");
	assert_non_null(strstr(ds.first->hint, "v1.19.6"));
	json_object_set_new(config, "l1_fork", json_string("amsterdam"));
	assert_int_equal(compat_judge(config, NULL, NULL, NULL, &ds), -1);
	t_error(&ds, "E0856",
		"v1.13.7 support an L1 only up to osaka, but this L1 is at "
		"amsterdam");
	diags_done(&ds);
}

static void
create_judges_all(void **state)
{
	CLEANUP(put_json)
	json_t *bad = t_json("{'programs':'v1.9.4','l1_fork':'prague'}");
	CLEANUP(put_json)
	json_t *good = t_json("{'programs':'v1.9.4','l1_fork':'cancun'}");
	const struct effects *e = effects_find("compat");
	struct t_op t;

	(void)state;
	t_op_init(&t, "x", "compat", "c");
	t.op.config = good;
	assert_int_equal(e->create(&t.ctx, &t.op, &t.out), OC_OK);
	assert_string_equal(jx_str(t.out.attrs, "verdict", ""), "fine");
	t.op.config = bad;
	assert_int_equal(e->create(&t.ctx, &t.op, &t.out), OC_FAIL);
	t_error(&t.ds, "E0856", "up to cancun, but this L1 is at prague");
	t_op_done(&t);
}

/* By the table of forks, for there is no row. */
static void
l2_fork(void **state)
{
	static const struct {
		const char *config;
		bool refused;
	} rows[] = {
		{ "{'programs':'v1.13.7','l2_fork':'isthmus'}", false },
		{ "{'programs':'v1.13.7','l2_fork':'jovian'}", true },
		{ "{'programs':'v1.19.6','l2_fork':'karst'}", false },
		{ "{'programs':'of-others','l2_fork':'karst'}", false },
		{ "{'programs':'v1.13.7'}", false },
		{ "{'l2_fork':'karst'}", false },
	};
	CLEANUP(put_json) json_t *open = json_array();
	CLEANUP(put_json) json_t *later = t_json("['/l2_fork']");
	CLEANUP(put_json) json_t *c = t_json("{'programs':'v1.13.7'}");
	struct diags ds;

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		json_t *config = t_json(rows[i].config);

		diags_init(&ds);
		assert_int_equal(compat_judge(config, NULL, NULL, NULL, &ds),
				 rows[i].refused ? -1 : 0);
		if (rows[i].refused)
			t_error(&ds, "E0856", "jovian");
		diags_done(&ds);
		json_decref(config);
	}
	diags_init(&ds);
	assert_int_equal(compat_judge(c, later, NULL, open, &ds), 0);
	assert_string_equal(json_string_value(json_array_get(open, 0)),
			    "an L2 up to isthmus");
	diags_done(&ds);
}

/* A node that runs its chain's program. */
static void
chain_programs(void **state)
{
	CLEANUP(put_json)
	json_t *same = t_json("{'programs':'v1.9.4',"
			      "'chain_programs':'v1.9.4-meeda'}");
	CLEANUP(put_json)
	json_t *other = t_json("{'programs':'v1.19.6',"
			       "'chain_programs':'v1.9.4-meeda'}");
	struct diags ds;

	(void)state;
	diags_init(&ds);
	assert_int_equal(compat_judge(same, NULL, NULL, NULL, &ds), 0);
	assert_int_equal(compat_judge(other, NULL, NULL, NULL, &ds), -1);
	t_error(&ds, "E0856", "its chain's program, v1.9.4-meeda");
	assert_string_equal(ds.first->hint, "use programs v1.9.4");
	diags_done(&ds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_fires_alone),
		cmocka_unit_test(rows_are_judged_as_they_say),
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(what_is_unknown_is_open),
		cmocka_unit_test(texts_name_both_sides),
		cmocka_unit_test(create_judges_all),
		cmocka_unit_test(l2_fork),
		cmocka_unit_test(chain_programs),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
