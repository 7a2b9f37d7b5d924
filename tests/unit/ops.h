#ifndef OPL2_TESTS_UNIT_OPS_H
#define OPL2_TESTS_UNIT_OPS_H

/*
 * The run's side of an operation for unit tests of effect halves: what
 * cmd/opl2-worker does over the wire. Include it in one file of the test, after
 * tests/unit/t.h.
 */
#include <stdarg.h>
#include <unistd.h>

#include "engine/io/file.h"
#include "providers/kinds/effect.h"
#include "providers/runtime/runtime.h"

struct t_op {
	struct arena arena;
	struct diags ds;
	struct effect_ctx ctx;
	struct effect_env env;
	struct effect_op op;
	struct effect_result out;
};

int
effect_intend(struct effect_ctx *ctx, const json_t *token)
{
	(void)ctx, (void)token;
	return 0;
}

void
effect_early(struct effect_ctx *ctx UNUSED, json_t *attrs)
{
	json_decref(attrs);
}

void
effect_progress(struct effect_ctx *ctx, const char *fmt, ...)
{
	(void)ctx, (void)fmt;
}

bool
effect_cancelled(struct effect_ctx *ctx)
{
	(void)ctx;
	return false;
}

bool
effect_wait(struct effect_ctx *ctx, unsigned ms)
{
	(void)ctx, (void)ms;
	return false;
}

bool
effect_wait_queued(struct effect_ctx *ctx, unsigned ms)
{
	return effect_wait(ctx, ms);
}

int
effect_pgroup(struct effect_ctx *ctx, int64_t pgid, uint64_t starttime)
{
	(void)ctx, (void)pgid, (void)starttime;
	return 0;
}

void
effect_pgroup_end(struct effect_ctx *ctx, int64_t pgid)
{
	(void)ctx, (void)pgid;
}

const char *
effect_asset(struct effect_ctx *ctx, const struct effect_op *op,
	     const char *value)
{
	return arena_printf(ctx->arena, "%s/%s", op->env->places->assets,
			    value);
}

/* An operation on KIND.NAME whose spec is in dir. Borrows all. */
static inline void
t_op_init(struct t_op *t, const char *dir, const char *kind, const char *name)
{
	*t = (struct t_op){ 0 };
	arena_init(&t->arena);
	diags_init(&t->ds);
	t->ctx = (struct effect_ctx){ .ds = &t->ds, .arena = &t->arena };
	t->env = (struct effect_env){
		.chain = "test",
		.spec_dir = dir,
		.places = places_in(&t->arena,
				    arena_printf(&t->arena, "%s/.opl2", dir)),
		.store_dir = arena_printf(&t->arena, "%s/store", dir),
	};
	t->op = (struct effect_op){
		.kind = kind,
		.name = name,
		.addr = arena_printf(&t->arena, "%s.%s", kind, name),
		.env = &t->env,
	};
}

/* The processes of the chain are in a cluster from now on, or here. */
static inline void
t_run_elsewhere(struct t_op *t, bool on)
{
	const char *dir = t->env.places->runtime;
	const char *path = arena_printf(&t->arena, "%s/runtime.json", dir);

	assert_int_equal(file_mkdirs(dir, 0700, &t->ds), 0);
	if (on)
		assert_int_equal(file_replace(path, "{}", 2, 0600, &t->ds), 0);
	else
		assert_int_equal(unlink(path), 0);
	assert_true(runtime_of(dir)->elsewhere == on);
}

static inline void
t_op_drop(struct t_op *t)
{
	json_decref(TAKE(t->out.attrs));
	json_decref(TAKE(t->out.priv));
	json_decref(TAKE(t->out.lock));
}

static inline void
t_op_done(struct t_op *t)
{
	t_op_drop(t);
	diags_done(&t->ds);
	arena_done(&t->arena);
}

#endif
