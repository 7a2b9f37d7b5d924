/* datadir, where a process has its data elsewhere. */
#include "tests/unit/t.h"

#include "tests/unit/ops.h"

static enum outcome
create(struct t_op *t, const json_t *config)
{
	t_op_drop(t);
	t->op.config = config;
	return effects_find(t->op.kind)->create(&t->ctx, &t->op, &t->out);
}

/* Initialised, as a read finds it? */
static bool
initialised(struct t_op *t, const json_t *config)
{
	CLEANUP(put_json) json_t *attrs = TAKE(t->out.attrs);
	bool is;

	t->op.config = config;
	t->op.prior = attrs;
	assert_int_equal(
		effects_find("datadir")->read(&t->ctx, &t->op, &t->out), OC_OK);
	t->op.prior = NULL;
	is = jx_bool(t->out.attrs, "initialised", false);
	json_decref(t->out.attrs);
	t->out.attrs = json_incref(attrs);
	return is;
}

static json_t *
prepare_of(struct t_op *t)
{
	json_t *j = jx_load_file(arena_printf(&t->arena, "%s/PREPARE.json",
					      jx_str(t->out.attrs, "path", "")),
				 4096, &t->ds);

	assert_non_null(j);
	return j;
}

static json_t *
geth_config(void)
{
	/* A program that is not there: it is not to be run here. */
	return t_json("{'key':'abcdef01','program':'/store/geth',"
		      "'genesis':'/files/genesis.json','genesis_sha256':'11',"
		      "'genesis_hash':'0x01','state_scheme':'path',"
		      "'format':8,'forks':{'a':1}}");
}

static void
test_how_it_is_made_is_told(void **state)
{
	CLEANUP(put_json) json_t *config = geth_config();
	CLEANUP(put_json) json_t *plain = t_json("{'key':'abcdef01'}");
	CLEANUP(put_json) json_t *how = NULL, *want = NULL, *needs = NULL;
	struct t_op t;

	t_op_init(&t, *state, "datadir", "op-geth");
	t_run_elsewhere(&t, true);
	needs = json_array();
	t.op.config = config;
	assert_int_equal(effects_find("datadir")->needs(&t.ctx, &t.op, needs),
			 OC_OK);
	assert_int_equal(json_array_size(needs), 0);
	assert_int_equal(create(&t, config), OC_OK);
	how = prepare_of(&t);
	want = t_json("{'program':'/store/"
		      "geth','args':['--cache=16','init','--datadir',"
		      "'{datadir}','--state.scheme=path','{genesis}'],"
		      "'genesis':'/files/genesis.json','genesis_sha256':'11',"
		      "'clean':['geth']}");
	assert_true(json_equal(how, want));
	assert_true(initialised(&t, config));

	/* Another program is told, as soon as it is asked for. */
	json_object_set_new(config, "program", json_string("/store/new"));
	assert_false(initialised(&t, config));
	assert_int_equal(create(&t, config), OC_OK);
	assert_true(initialised(&t, config));
	assert_int_equal(
		file_replace(arena_printf(&t.arena, "%s/PREPARE.json",
					  jx_str(t.out.attrs, "path", "")),
			     "{", 1, 0600, &t.ds),
		0);
	assert_false(initialised(&t, config));

	/* What was recorded of it holds as ever. */
	json_object_set_new(config, "forks", t_json("{'a':2}"));
	assert_int_equal(create(&t, config), OC_FAIL);
	t_error(&t.ds, "E0465", "'a'");
	t_op_done(&t);

	t_op_init(&t, *state, "datadir", "op-geth");
	json_object_set_new(config, "genesis_sha256", json_string("22"));
	assert_int_equal(create(&t, config), OC_FAIL);
	t_error(&t.ds, "E0424", "another genesis");
	t_op_done(&t);

	/* A plain folder needs nothing. */
	t_op_init(&t, *state, "datadir", "safedb");
	assert_int_equal(create(&t, plain), OC_OK);
	assert_true(initialised(&t, plain));
	assert_false(file_exists(arena_printf(
		&t.arena, "%s/PREPARE.json", jx_str(t.out.attrs, "path", ""))));
	t_no_errors(&t.ds);
	t_op_done(&t);
}

static void
test_how_op_reth_makes_it(void **state)
{
	CLEANUP(put_json) json_t *config = geth_config();
	CLEANUP(put_json) json_t *how = NULL, *want = NULL;
	struct t_op t;

	json_object_set_new(config, "client", json_string("op-reth"));
	t_op_init(&t, *state, "datadir", "op-reth");
	t_run_elsewhere(&t, true);
	assert_int_equal(create(&t, config), OC_OK);
	how = prepare_of(&t);
	want = t_json("{'program':'/store/geth','args':['init','--datadir',"
		      "'{datadir}','--chain','{genesis}','--color=never'],"
		      "'genesis':'/files/genesis.json','genesis_sha256':'11',"
		      "'clean':['db','static_files','rocksdb']}");
	assert_true(json_equal(how, want));
	assert_true(initialised(&t, config));
	t_no_errors(&t.ds);
	t_op_done(&t);
}

/* No second database begins beside one that is somewhere else. */
static void
test_a_database_does_not_move_by_itself(void **state)
{
	CLEANUP(put_json) json_t *config = geth_config();
	CLEANUP(put_json) json_t *files = json_pack("[s]", *state);
	struct t_op t;
	const char *path;

	t_op_init(&t, *state, "datadir", "there");
	t_run_elsewhere(&t, true);
	assert_int_equal(create(&t, config), OC_OK);
	t_run_elsewhere(&t, false);
	assert_false(initialised(&t, config));
	assert_int_equal(create(&t, config), OC_FAIL);
	t_error(&t.ds, "E1341", "/there'");
	t_op_done(&t);

	t_op_init(&t, *state, "datadir", "here");
	path = arena_printf(&t.arena, "%s/abcdef01/here/geth",
			    t.op.env->places->data);
	assert_int_equal(file_mkdirs(path, 0700, &t.ds), 0);
	t_run_elsewhere(&t, true);
	assert_int_equal(create(&t, config), OC_FAIL);
	t_error(&t.ds, "E1341", "/here' has a database");
	t_op_done(&t);

	t_op_init(&t, *state, "datadir", "imported");
	t.op.config = config;
	t.op.files = files;
	assert_int_equal(effects_find("datadir")->import(&t.ctx, &t.op, &t.out),
			 OC_FAIL);
	t_error(&t.ds, "E1341", "this machine");
	t_op_done(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_it_is_made_is_told),
		cmocka_unit_test(test_how_op_reth_makes_it),
		cmocka_unit_test(test_a_database_does_not_move_by_itself),
	};

	return cmocka_run_group_tests(tests, t_setup_dir, t_teardown_dir);
}
