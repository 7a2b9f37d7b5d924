/*
 * The conformance suite: every row of the kind table against every rule of
 * the contract that can be checked without effects.
 */
#include "tests/unit/t.h"

#include "engine/base/compiler.h"
#include "engine/kind/kind.h"
#include "engine/kind/places.h"
#include "engine/schema/embed.h"
#include "engine/schema/schema.h"
#include "providers/kinds/effect.h"

/* The run's side of an operation. No operation is run here. */
int
effect_intend(struct effect_ctx *ctx UNUSED, const json_t *token UNUSED)
{
	abort();
}

void
effect_early(struct effect_ctx *ctx UNUSED, json_t *attrs)
{
	json_decref(attrs);
}

void
effect_progress(struct effect_ctx *ctx UNUSED, const char *fmt UNUSED, ...)
{
	abort();
}

bool
effect_cancelled(struct effect_ctx *ctx UNUSED)
{
	abort();
}

bool
effect_wait(struct effect_ctx *ctx UNUSED, unsigned ms UNUSED)
{
	abort();
}

bool
effect_wait_queued(struct effect_ctx *ctx, unsigned ms)
{
	return effect_wait(ctx, ms);
}

int
effect_pgroup(struct effect_ctx *ctx UNUSED, int64_t pgid UNUSED,
	      uint64_t starttime UNUSED)
{
	abort();
}

void
effect_pgroup_end(struct effect_ctx *ctx UNUSED, int64_t pgid UNUSED)
{
	abort();
}

const char *
effect_asset(struct effect_ctx *ctx UNUSED, const struct effect_op *op UNUSED,
	     const char *value UNUSED)
{
	abort();
}

static const char *const classes[] = { "in_place",  "restart",     "one_way",
				       "replace",   "new_genesis", "new_chain",
				       "impossible" };

static void
test_schemas(void **state UNUSED)
{
	for (unsigned i = 0; i < kind_count; i++) {
		const char *kind = kind_table[i]->name;
		char *path = xasprintf("kinds/%s.json", kind);
		const struct embed *em = embed_find(path);
		struct diags ds;
		json_t *raw;

		diags_init(&ds);
		if (!em)
			fail_msg("%s has no schema", kind);
		raw = jx_parse(em->start, (size_t)(em->end - em->start), path,
			       &ds);
		t_no_errors(&ds);
		if (raw) {
			schema_expand(raw);
			schema_check(kind, raw, &ds);
		}
		t_no_errors(&ds);
		assert_string_equal(jx_str(raw, "type", ""), "object");
		assert_non_null(schema_for(kind));
		json_decref(raw);
		free(path);
		diags_done(&ds);
	}
}

/* What a person reads in `opl2 schema` and in an editor. */
static void
test_described(void **state UNUSED)
{
	for (unsigned i = 0; i < kind_count; i++) {
		const json_t *s = schema_for(kind_table[i]->name);
		const char *name;
		json_t *p;

		if (!*jx_str(s, "title", jx_str(s, "description", "")))
			fail_msg("%s has no title", kind_table[i]->name);
		json_object_foreach(json_object_get(s, "properties"), name, p)
			if (!*jx_str(p, "description", ""))
				fail_msg("%s/%s has no description",
					 kind_table[i]->name, name);
	}
}

static void
test_table(void **state UNUSED)
{
	for (unsigned i = 0; i < kind_count; i++) {
		const struct kind *k = kind_table[i];

		if (i && strcmp(kind_table[i - 1]->name, k->name) >= 0)
			fail_msg("'%s' is out of order", k->name);
		assert_ptr_equal(kind_find(k->name), k);
		assert_true(k->schema_version >= 1);
		if (k->schema_version > 1 && !k->upgrade)
			fail_msg("%s: version %u and no upgrade", k->name,
				 k->schema_version);
	}
	assert_null(kind_find("no such kind"));
}

static void
test_halves(void **state UNUSED)
{
	for (unsigned i = 0; i < kind_count; i++) {
		const struct kind *k = kind_table[i];
		const struct effects *e = effects_find(k->name);

		if (!e)
			fail_msg("%s has no effect half", k->name);
		assert_string_equal(e->kind, k->name);
		if (!e->read)
			fail_msg("%s cannot be read", k->name);
		if (!(k->flags & KIND_IMPORT) != !e->import)
			fail_msg("%s: KIND_IMPORT and import() differ",
				 k->name);
		if (k->flags & KIND_READ_ONLY) {
			if (e->create || e->update || e->remove)
				fail_msg("%s is read-only, and acts", k->name);
			continue;
		}
		if (!e->needs != !(k->flags & KIND_NEEDS))
			fail_msg("%s: needs() and KIND_NEEDS go together",
				 k->name);
		if (!e->create || !e->remove)
			fail_msg("%s has no create or no remove", k->name);
		if (k->flags & KIND_ONCE && !e->recover)
			fail_msg("%s is once, and cannot recover", k->name);
		if (!(k->flags & KIND_ONCE) && e->recover)
			fail_msg("%s converges, and has a recover", k->name);
		if (k->flags & KIND_IRREVERSIBLE && !(k->flags & KIND_ONCE))
			fail_msg("%s is irreversible, but not once", k->name);
	}
}

/* Class of a change: what the schema says is what the engine gets. */
static void
test_classes(void **state UNUSED)
{
	for (unsigned i = 0; i < kind_count; i++) {
		const json_t *s = schema_for(kind_table[i]->name);
		const char *name;
		json_t *p;

		json_object_foreach(json_object_get(s, "properties"), name, p) {
			const char *word = jx_str(p, "x-class", NULL);
			char *ptr = xasprintf("/%s", name);
			enum change_class c = schema_class(s, ptr);

			if (word)
				assert_string_equal(classes[c], word);
			assert_int_equal(schema_sensitive(s, ptr),
					 jx_bool(p, "x-sensitive", false));
			free(ptr);
		}
	}
}

/* What read() may find changed and update() repairs is no reason to make the
 * object anew, however grave the other fields are. */
static void
test_drift(void **state UNUSED)
{
	static const struct {
		const char *kind, *field;
	} repaired[] = {
		{ "contract_call", "/holds" },
		{ "l1_contracts", "/digest" },
		{ "l1_script", "/holds" },
	};

	for (size_t i = 0; i < COUNTOF(repaired); i++) {
		const json_t *s = schema_for(repaired[i].kind);

		assert_non_null(effects_find(repaired[i].kind)->update);
		assert_int_equal(schema_class(s, repaired[i].field),
				 CLASS_IN_PLACE);
	}
}

/* Whether limits.eth is needed is told by the field that says where money
 * goes; a kind that can price itself has one. */
static void
test_chain(void **state UNUSED)
{
	for (unsigned i = 0; i < kind_count; i++) {
		const json_t *s = schema_for(kind_table[i]->name);
		unsigned n = 0;
		const char *name;
		json_t *p;

		json_object_foreach(json_object_get(s, "properties"), name, p)
			n += jx_bool(p, "x-chain", false);
		if (n > 1)
			fail_msg("%s has %u fields with x-chain",
				 kind_table[i]->name, n);
		if (n == 0 && kind_table[i]->flags & KIND_COST)
			fail_msg("%s has a cost and no x-chain",
				 kind_table[i]->name);
	}
}

/* check() and plan() of a config of which nothing is known yet must not fail
 * and must not crash: a fresh plan looks like this. */
static void
test_unknown(void **state UNUSED)
{
	for (unsigned i = 0; i < kind_count; i++) {
		const struct kind *k = kind_table[i];
		json_t *config = json_object(), *unknown = json_array();
		const json_t *s = schema_for(k->name);
		struct plan_req req = { .config = config,
					.unknown = unknown,
					.creating = true };
		struct plan_out out = { 0 };
		struct arena arena;
		struct diags ds;
		struct kind_ctx ctx = { .ds = &ds,
					.arena = &arena,
					.addr = "x.x",
					.chain = "t",
					.spec_dir = "/nonexistent" };
		const char *name;
		json_t *p;

		arena_init(&arena);
		ctx.places = places_in(&arena, "/nonexistent/.opl2");
		diags_init(&ds);
		json_object_foreach(json_object_get(s, "properties"), name, p) {
			char *ptr = xasprintf("/%s", name);

			if (!jx_bool(p, "x-computed", false)) {
				json_object_set_new(config, name, json_null());
				json_array_append_new(unknown,
						      json_string(ptr));
			}
			free(ptr);
		}
		if (k->check)
			assert_int_equal(k->check(&ctx, config, unknown), 0);
		if (k->plan)
			assert_int_equal(k->plan(&ctx, &req, &out), 0);
		t_no_errors(&ds);
		json_decref(out.attrs);
		json_decref(out.costs);
		json_decref(config);
		json_decref(unknown);
		diags_done(&ds);
		arena_done(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemas),
		cmocka_unit_test(test_described),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_unknown),
	};

	mem_init();
	return cmocka_run_group_tests_name("kinds", tests, NULL, NULL);
}
