#include "tests/unit/t.h"

#include <sys/stat.h>

#include "engine/kind/kind.h"
#include "tests/unit/ops.h"

/* Kinds whose object is a file or a folder: their effect halves. */

static enum outcome
create(struct t_op *t, const json_t *config)
{
	t->op.config = config;
	return effects_find(t->op.kind)->create(&t->ctx, &t->op, &t->out);
}

/* Reads with what the last create gave, which it frees. */
static enum outcome
read_back(struct t_op *t, json_t **attrs, json_t **priv)
{
	enum outcome oc;

	*attrs = TAKE(t->out.attrs);
	*priv = TAKE(t->out.priv);
	t->op.prior = *attrs;
	t->op.priv = *priv;
	oc = effects_find(t->op.kind)->read(&t->ctx, &t->op, &t->out);
	t->op.prior = t->op.priv = NULL;
	return oc;
}

static json_t *
l1_config(void)
{
	return json_pack("{s:i, s:s, s:i, s:s, s:s, s:i, s:[{s:s, s:s}]}",
			 "chain_id", 3151, "base_fee", "1000000000",
			 "gas_limit", 30000000, "zero_address_balance", "5",
			 "note", "", "timestamp", 1704067200, "alloc",
			 "address",
			 "0x8AdD5E70fBeE3C0bDc90ffDd7918a9eCDc1F747A",
			 "balance", "1000");
}

static void
test_l1_genesis(void **state)
{
	CLEANUP(put_json) json_t *config = l1_config();
	CLEANUP(put_json) json_t *attrs = NULL, *priv = NULL, *doc = NULL;
	struct t_op t;

	t_op_init(&t, *state, "l1_genesis", "l1");
	assert_int_equal(create(&t, config), OC_OK);
	doc = jx_load_file(jx_str(t.out.attrs, "path", ""), 1u << 20, &t.ds);
	assert_non_null(doc);
	assert_int_equal(json_integer_value(jx_at(doc, "/config/chainId")),
			 3151);
	assert_string_equal(
		json_string_value(jx_at(
			doc, "/alloc/8add5e70fbee3c0bdc90ffdd7918a9ecdc1f747a/"
			     "balance")),
		"0x3e8");
	assert_non_null(jx_at(doc,
			      "/alloc/4e59b44847b379578588920ca78fbf26c0b4956c/"
			      "code"));
	assert_string_equal(jx_str(doc, "timestamp", ""), "0x65920080");
	assert_int_equal(read_back(&t, &attrs, &priv), OC_OK);
	assert_true(json_equal(t.out.attrs, attrs));
	assert_true(json_equal(t.out.priv, priv));
	t_op_done(&t);
}

/* The same size and another content is seen by its time, a file that is gone
 * is drift and not a thing that is gone. */
static void
test_drift(void **state)
{
	CLEANUP(put_json) json_t *config = l1_config();
	CLEANUP(put_json) json_t *attrs = NULL, *priv = NULL;
	const char *path;
	struct t_op t;

	t_op_init(&t, *state, "l1_genesis", "drift");
	assert_int_equal(create(&t, config), OC_OK);
	path = arena_strdup(&t.arena, jx_str(t.out.attrs, "path", ""));
	assert_int_equal(file_replace(path, "edited", 6, 0644, &t.ds), 0);
	assert_int_equal(read_back(&t, &attrs, &priv), OC_OK);
	assert_string_not_equal(jx_str(t.out.attrs, "sha256", ""),
				jx_str(attrs, "sha256", ""));
	assert_int_equal(strlen(jx_str(t.out.attrs, "sha256", "")), 64);
	t_op_drop(&t);

	assert_int_equal(unlink(path), 0);
	t.op.prior = attrs;
	t.op.priv = priv;
	assert_int_equal(
		effects_find("l1_genesis")->read(&t.ctx, &t.op, &t.out), OC_OK);
	assert_string_equal(jx_str(t.out.attrs, "sha256", "?"), "");
	t_no_errors(&t.ds);
	t_op_done(&t);
}

static void
test_fresh_genesis_keeps_its_time(void **state)
{
	CLEANUP(put_json) json_t *config = l1_config();
	CLEANUP(put_json) json_t *prior = NULL;
	struct t_op t;

	json_object_set_new(config, "fresh", json_true());
	t_op_init(&t, *state, "l1_genesis", "fresh");
	assert_int_equal(create(&t, config), OC_OK);
	assert_true(jx_int(t.out.attrs, "time", 0) > 1704067200);
	prior = json_pack("{s:i}", "time", 1800000000);
	t_op_drop(&t);
	t.op.prior = prior;
	assert_int_equal(create(&t, config), OC_OK);
	assert_int_equal(jx_int(t.out.attrs, "time", 0), 1800000000);
	t_op_done(&t);
}

static void
test_jwt_secret(void **state)
{
	CLEANUP(put_json) json_t *config = json_object();
	CLEANUP(put_json) json_t *attrs = NULL, *priv = NULL;
	char first[65], second[65];
	const char *path;
	struct stat st;
	struct t_op t;

	t_op_init(&t, *state, "jwt_secret", "l2");
	assert_int_equal(create(&t, config), OC_OK);
	path = arena_strdup(&t.arena, jx_str(t.out.attrs, "path", ""));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 65);
	assert_int_equal(file_sha256(path, first, &t.ds), 0);

	/* readable by others: drift, repaired, and the secret stays */
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(read_back(&t, &attrs, &priv), OC_OK);
	assert_string_equal(jx_str(t.out.attrs, "mode", ""), "0644");
	t_op_drop(&t);
	assert_int_equal(create(&t, config), OC_OK);
	assert_int_equal(file_sha256(path, second, &t.ds), 0);
	assert_string_equal(first, second);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	t_no_errors(&t.ds);
	t_op_done(&t);
}

static void
test_datadir_is_kept(void **state)
{
	CLEANUP(put_json)
	json_t *config = json_pack("{s:s}", "key", "0xabcdef0123456789");
	CLEANUP(put_json)
	json_t *other = json_pack("{s:s}", "key", "1234567890");
	CLEANUP(put_json) json_t *attrs = NULL, *priv = NULL;
	const char *first, *second;
	struct t_op t;

	t_op_init(&t, *state, "datadir", "da");
	assert_int_equal(create(&t, config), OC_OK);
	first = arena_strdup(&t.arena, jx_str(t.out.attrs, "path", ""));
	assert_non_null(strstr(first, "/.opl2/data/abcdef01/da"));
	assert_int_equal(read_back(&t, &attrs, &priv), OC_OK);
	assert_true(jx_bool(t.out.attrs, "initialised", false));
	t_op_drop(&t);

	/* another chain gets another folder and the old one stays */
	assert_int_equal(create(&t, other), OC_OK);
	second = arena_strdup(&t.arena, jx_str(t.out.attrs, "path", ""));
	assert_string_not_equal(first, second);
	assert_true(file_exists(first) && file_exists(second));
	t_op_drop(&t);

	/* only -delete-data removes it */
	t.op.prior = attrs;
	assert_int_equal(effects_find("datadir")->remove(&t.ctx, &t.op), OC_OK);
	assert_true(file_exists(first));
	t.op.delete_data = true;
	assert_int_equal(effects_find("datadir")->remove(&t.ctx, &t.op), OC_OK);
	assert_false(file_exists(first));
	assert_true(file_exists(second));
	t_no_errors(&t.ds);
	t_op_done(&t);
}

/* Tools run under the worker's shim. */
static bool
have_shim(void)
{
	CLEANUP(freep) char *programs = t_programs();
	CLEANUP(freep) char *worker = path_join(programs, "opl2-worker");

	return file_exists(worker);
}

/* A stand-in for geth: makes what it is told to, and says a hash. */
static void
test_datadir_of_geth(void **state)
{
	static const char geth[] = "#!/bin/sh\n"
				   "case $1 in --*) shift ;; esac\n"
				   "echo run >>\"$3/runs\"\n"
				   "echo 'INFO wrote genesis state database=x "
				   "hash=010f9b..27217e' >&2\n";
	CLEANUP(freep) char *program = path_join(*state, "geth");
	CLEANUP(put_json) json_t *config = NULL;
	CLEANUP(buf_done) struct buf runs = BUF_INIT(100);
	struct t_op t;

	if (!have_shim())
		skip();
	t_op_init(&t, *state, "datadir", "op-geth");
	assert_int_equal(
		file_replace(program, geth, sizeof(geth) - 1, 0755, &t.ds), 0);
	config = json_pack(
		"{s:s, s:s, s:s, s:s, s:s}", "key", "abcdef01", "program",
		program, "genesis", "/nowhere/genesis.json", "genesis_sha256",
		"11", "genesis_hash",
		"0x010f9b5b2ac8bc4baac510482133363c054cf15842f75feeec667b4202"
		"27217e");
	assert_int_equal(create(&t, config), OC_OK);
	t_op_drop(&t);
	assert_int_equal(create(&t, config), OC_OK);
	assert_int_equal(
		file_read(arena_printf(&t.arena, "%s/runs",
				       jx_str(t.out.attrs, "path", "")),
			  &runs, &t.ds),
		0);
	assert_string_equal(buf_str(&runs), "run\n");
	t_no_errors(&t.ds);
	t_op_drop(&t);

	json_object_set_new(config, "genesis_sha256", json_string("22"));
	assert_int_equal(create(&t, config), OC_FAIL);
	t_error(&t.ds, "E0424", "another genesis");
	t_op_done(&t);

	t_op_init(&t, *state, "datadir", "wrong");
	json_object_set_new(config, "genesis_hash",
			    json_string("0x020f9b5b2ac8bc4baac510482133363c054"
					"cf15842f75feeec667b420227217e"));
	assert_int_equal(create(&t, config), OC_FAIL);
	t_error(&t.ds, "E0422", "010f9b..27217e");
	t_op_done(&t);
}

/* What was recorded when there was one format has it. */
static void
test_datadir_of_before(void **state UNUSED)
{
	const struct kind *k = kind_find("datadir");
	CLEANUP(put_json) json_t *config = json_pack("{s:s}", "key", "ab");
	CLEANUP(put_json) json_t *attrs = json_object();
	struct kind_ctx ctx = { 0 };

	assert_int_equal(k->upgrade(&ctx, 1, config, attrs), 0);
	assert_int_equal(jx_int(config, "format", 0), 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_l1_genesis),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_fresh_genesis_keeps_its_time),
		cmocka_unit_test(test_jwt_secret),
		cmocka_unit_test(test_datadir_is_kept),
		cmocka_unit_test(test_datadir_of_geth),
		cmocka_unit_test(test_datadir_of_before),
	};

	return cmocka_run_group_tests(tests, t_setup_dir, t_teardown_dir);
}
