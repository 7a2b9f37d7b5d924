/* A change that makes another chain: one consent, one apply. */
#include "tests/unit/world.h"
#include "engine/plan/plan.h"

static const struct kind kind_config = { .name = "deploy_config",
					 .schema_version = 1 };
static const struct kind kind_contracts = { .name = "l1_contracts",
					    .schema_version = 1,
					    .flags = KIND_ONCE |
						     KIND_IRREVERSIBLE |
						     KIND_FORGET };
static const struct kind kind_deposit = { .name = "l2_deposit",
					  .schema_version = 1,
					  .flags = KIND_ONCE |
						   KIND_IRREVERSIBLE |
						   KIND_FORGET };
static const struct kind kind_null = { .name = "null",
				       .schema_version = 1,
				       .flags = KIND_ONCE };
const struct kind *const kind_table[] = { &kind_config, &kind_contracts,
					  &kind_deposit, &kind_null };
const unsigned kind_count = 4;

/* All follows from the config, as it does for the real ones. */
static json_t *
make_attrs(const char *addr, const json_t *config)
{
	if (strncmp(addr, "deploy_config.", 14) == 0)
		return json_pack(
			"{s:o}", "l1_digest",
			jx_strf("of %d",
				(int)jx_int(config, "l2_chain_id", 0)));
	if (strncmp(addr, "l1_contracts.", 13) == 0)
		return json_pack(
			"{s:{s:o}}", "addresses", "Portal",
			jx_strf("0x%040x", (unsigned)strlen(jx_str(
						   config, "l1_digest", ""))));
	return json_object();
}

/* malloc'd. */
static char *
chain(unsigned id, const char *l1_block_time)
{
	return xasprintf(
		"  deploy_config:\n"
		"    c:\n"
		"      l1_rpc: http://127.0.0.1:1\n"
		"      l1_chain_id: 3151\n"
		"      l2_chain_id: %u\n"
		"      l1_block_time: %s\n"
		"      admin: \"0x0000000000000000000000000000000000000001\"\n"
		"      batcher: "
		"\"0x0000000000000000000000000000000000000002\"\n"
		"      proposer: "
		"\"0x0000000000000000000000000000000000000003\"\n"
		"      sequencer: "
		"\"0x0000000000000000000000000000000000000004\"\n"
		"  l1_contracts:\n"
		"    c:\n"
		"      l1_rpc: http://127.0.0.1:1\n"
		"      l1_chain_id: 3151\n"
		"      deployer: \"${var.key}\"\n"
		"      project: { path: /p, digest: d, forge: /f,"
		" tool_dirs: [] }\n"
		"      deploy_config: /c\n"
		"      l1_digest: \"${deploy_config.c.l1_digest}\"\n"
		"  l2_deposit:\n"
		"    d:\n"
		"      l1_rpc: http://127.0.0.1:1\n"
		"      l2_rpc: http://127.0.0.1:2\n"
		"      l1_chain_id: 3151\n"
		"      portal: \"${l1_contracts.c.addresses.Portal}\"\n"
		"      from: \"${var.key}\"\n"
		"      to: \"0x0000000000000000000000000000000000000005\"\n"
		"      amount: 1eth\n"
		"  null:\n"
		"    user: { note: \"${l1_contracts.c.addresses.Portal}\" }\n"
		"variables:\n"
		"  key: { type: string, env: T_KEY, sensitive: true }\n"
		"limits: { eth: 9eth }\n",
		id, l1_block_time);
}

static const struct change *
change_of(struct world *w, const char *addr)
{
	const struct change *c = plan_find(w->plan, addr);

	assert_non_null(c);
	return c;
}

/* The one thing that is to be accepted is named once; the plan has all. */
static void
is_refused_as_a_whole(void **st)
{
	struct world *w = *st;
	CLEANUP(freep) char *before = chain(42, "12s");
	CLEANUP(freep) char *after = chain(1042, "12s");
	const struct change *c;

	assert_int_equal(apply(w, "", before), 0);
	assert_int_equal(plan(w, "", after), -1);
	t_error(&w->ds, "E0610", "'deploy_config.c' would need a new chain");
	assert_int_equal(w->ds.nerrors, 1);
	assert_int_equal(diags_exit_code(&w->ds), 10);
	assert_true(w->plan->refused);
	c = change_of(w, "l1_contracts.c");
	assert_int_equal(c->action, ACT_REPLACE);
	assert_int_equal(c->class, CLASS_NEW_CHAIN);
	assert_true(c->irreversible);
	assert_string_equal(c->reasons[0].text, "deploy_config.c");
	/* A new portal: a new deposit, and a new note. */
	assert_int_equal(change_of(w, "l2_deposit.d")->action, ACT_REPLACE);
	assert_int_equal(change_of(w, "l2_deposit.d")->class, CLASS_REPLACE);
	assert_int_equal(change_of(w, "null.user")->action, ACT_UPDATE);
}

static void
accepts(struct world *w, const char *addr)
{
	CLEANUP(freep) char *before = chain(42, "12s");
	CLEANUP(freep) char *after = chain(1042, "12s");

	assert_int_equal(apply(w, "", before), 0);
	w->opts.replace = &addr;
	w->opts.nreplace = 1;
	w->opts.accept_irreversible = "test";
	assert_int_equal(apply(w, "", after), 0);
	t_no_errors(&w->ds);
	assert_ops(w, "read deploy_config.c\nread l1_contracts.c\n"
		      "read null.user\nread l2_deposit.d\n"
		      "remove deploy_config.c\ncreate deploy_config.c\n"
		      "create l1_contracts.c\nupdate null.user\n"
		      "create l2_deposit.d\n");
	w->opts.nreplace = 0;
	w->opts.accept_irreversible = NULL;
	assert_int_equal(plan(w, "", after), 0);
	assert_false(plan_has_changes(w->plan));
}

static void
one_consent_is_enough(void **st)
{
	accepts(*st, "deploy_config.c");
}

static void
either_address_will_do(void **st)
{
	accepts(*st, "l1_contracts.c");
}

/* Of what is only updated the values are most often the same. */
static void
an_update_is_not_a_new_chain(void **st)
{
	struct world *w = *st;
	CLEANUP(freep) char *before = chain(42, "12s");
	CLEANUP(freep) char *after = chain(42, "6s");

	assert_int_equal(apply(w, "", before), 0);
	assert_int_equal(apply(w, "", after), 0);
	assert_int_equal(change_of(w, "l1_contracts.c")->action, ACT_UPDATE);
	assert_ops(w, "read deploy_config.c\nread l1_contracts.c\n"
		      "read null.user\nread l2_deposit.d\n"
		      "update deploy_config.c\n");
}

/* Killed before anything was sent, it is a replacement still: an update would
 * take what was there before for the new one. */
static void
a_replacement_is_begun_again(void **st)
{
	struct world *w = *st;
	CLEANUP(freep) char *before = chain(42, "12s");
	CLEANUP(freep) char *after = chain(42, "12s");

	memcpy(strstr(after, "1eth"), "2eth", 4);
	assert_int_equal(apply(w, "", before), 0);
	assert_int_equal(
		apply(w, "{\"l2_deposit.d\":{\"create\":[\"intend-die\"]}}",
		      after),
		-1);
	assert_int_equal(
		apply(w, "{\"l2_deposit.d\":{\"recover\":[\"retry\"]}}", after),
		0);
	assert_ops(w, "read deploy_config.c\nread l1_contracts.c\n"
		      "read null.user\nrecover l2_deposit.d\n"
		      "create l2_deposit.d\n");
	assert_int_equal(plan(w, "", after), 0);
	assert_false(plan_has_changes(w->plan));
}

/* Nor does the kill stand for a consent. */
static void
a_new_chain_is_asked_for_again(void **st)
{
	struct world *w = *st;
	CLEANUP(freep) char *before = chain(42, "12s");
	CLEANUP(freep) char *after = chain(1042, "12s");
	const char *addr = "l1_contracts.c";

	assert_int_equal(apply(w, "", before), 0);
	w->opts.replace = &addr;
	w->opts.nreplace = 1;
	w->opts.accept_irreversible = "test";
	assert_int_equal(
		apply(w, "{\"l1_contracts.c\":{\"create\":[\"intend-die\"]}}",
		      after),
		-1);
	w->opts.nreplace = 0;
	w->opts.accept_irreversible = NULL;
	assert_int_equal(apply(w,
			       "{\"l1_contracts.c\":{\"recover\":[\"retry\"]}}",
			       after),
			 -1);
	t_error(&w->ds, "E0606", "more severe change");
	assert_int_equal(plan(w, "", after), -1);
	t_error(&w->ds, "E0610", "would need a new chain");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(is_refused_as_a_whole),
		T(one_consent_is_enough),
		T(either_address_will_do),
		T(an_update_is_not_a_new_chain),
		T(a_replacement_is_begun_again),
		T(a_new_chain_is_asked_for_again),
	};

	if (argc > 0 && strstr(argv[0], "opl2-worker"))
		worker();
	setenv("T_KEY", "0x01", 1);
	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
