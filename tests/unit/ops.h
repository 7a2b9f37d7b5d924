#ifndef OPL2_TESTS_UNIT_OPS_H
#define OPL2_TESTS_UNIT_OPS_H

/*
 * The run's side of an operation for unit tests of effect halves: what
 * cmd/opl2-worker does over the wire. Include it in one file of the test, after
 * tests/unit/t.h.
 */
#include <stdarg.h>

#include "providers/kinds/effect.h"

struct t_op {
	struct arena arena;
	struct diags ds;
	struct op_ctx ctx;
	struct op_env env;
	struct op op;
	struct op_result out;
};

int
op_intend(struct op_ctx *ctx, const json_t *token)
{
	(void)ctx, (void)token;
	return 0;
}

void
op_progress(struct op_ctx *ctx, const char *fmt, ...)
{
	(void)ctx, (void)fmt;
}

bool
op_cancelled(struct op_ctx *ctx)
{
	(void)ctx;
	return false;
}

bool
op_wait(struct op_ctx *ctx, unsigned ms)
{
	(void)ctx, (void)ms;
	return false;
}

bool
op_wait_turn(struct op_ctx *ctx, unsigned ms)
{
	return op_wait(ctx, ms);
}

int
op_pgroup(struct op_ctx *ctx, int64_t pgid, uint64_t starttime)
{
	(void)ctx, (void)pgid, (void)starttime;
	return 0;
}

void
op_pgroup_end(struct op_ctx *ctx, int64_t pgid)
{
	(void)ctx, (void)pgid;
}

const char *
op_asset(struct op_ctx *ctx, const struct op *op, const char *value)
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
	t->ctx = (struct op_ctx){ .ds = &t->ds, .arena = &t->arena };
	t->env = (struct op_env){
		.chain = "test",
		.spec_dir = dir,
		.places = places_in(&t->arena,
				    arena_printf(&t->arena, "%s/.opl2", dir)),
		.store_dir = arena_printf(&t->arena, "%s/store", dir),
	};
	t->op = (struct op){
		.kind = kind,
		.name = name,
		.addr = arena_printf(&t->arena, "%s.%s", kind, name),
		.env = &t->env,
	};
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
