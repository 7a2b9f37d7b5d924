#include "providers/kinds/process/effect_process_gate.h"

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/runtime/probe.h"
#include "providers/runtime/runtime.h"

#define GATE_MS 180000

/* For so long, and so often, numbers are watched before a restart: some blocks
 * of every L2. */
#define STANDS_MS 10000
#define WATCH_MS  250

/* A process beside this one: of the same instance. malloc'd. */
static char *
beside(const struct effect_op *op, const char *name)
{
	const char *slash = strrchr(op->name, '/');

	return xasprintf("%.*s%s", slash ? (int)(slash - op->name) + 1 : 0,
			 op->name, name);
}

static const json_t *
probes_of(const struct effect_op *op)
{
	return jx_at(op->config, "/gate/probes");
}

static const json_t *
rpc_of(const struct effect_op *op, size_t i)
{
	return jx_get(json_array_get(probes_of(op), i), "rpc");
}

/* What a gate, or one of its probes, checks. malloc'd. */
static char *
checked(const struct effect_op *op, const json_t *driven)
{
	const char *at = jx_str(driven, "at", "");

	if (!jx_get(driven, "method"))
		return xasprintf("whether '%s' makes progress", op->name);
	return xasprintf("%s of '%s'",
			 *at ? at + 1 : jx_str(driven, "method", ""), op->name);
}

/* Do those who drive it work, by `driven_by` of a gate or probe? Not when it
 * cannot be told. */
static bool
is_driven(struct effect_ctx *ctx, const struct effect_op *op,
	  const json_t *driven)
{
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	const json_t *v;
	size_t i;

	if (!jx_get(driven, "driven_by"))
		return true;
	if (runtime_read_status(op->env->places->runtime, NULL, true, &st,
				ctx->ds))
		return false;
	json_array_foreach(jx_get(driven, "driven_by"), i, v) {
		CLEANUP(freep) char *name = beside(op, json_string_value(v));
		CLEANUP(freep) char *what = checked(op, driven);
		const struct process_status *p = runtime_proc(st, name);
		bool runs = process_runs(p);

		if (runs && !p->pause.asked)
			continue;
		diag_warn(ctx->ds, "W1153", "did not check %s: '%s' %s", what,
			  name, runs ? "is paused" : "is not running");
		diag_hint(ctx->ds, "'opl2 %s %s', then 'opl2 status'",
			  runs ? "batcher resume" : "start", name);
		return false;
	}
	return true;
}

/* Who drives it and is changed after it in this run. malloc'd, or NULL. */
static char *
driver_later(const struct effect_op *op, const json_t *driven)
{
	const json_t *v, *l;
	size_t i, k;

	json_array_foreach(jx_get(driven, "driven_by"), i, v) {
		CLEANUP(freep) char *name = beside(op, json_string_value(v));
		CLEANUP(freep) char *addr = xasprintf("%s.%s", op->kind, name);

		json_array_foreach(op->later, k, l)
			if (!strcmp(json_string_value(l), addr))
				return TAKE(name);
	}
	return NULL;
}

/* Is it left to a driver that is changed next, because it stood before? partly:
 * that it comes to where it was is still checked. */
static bool
left_to_driver(struct effect_ctx *ctx, const struct effect_op *op,
	       const json_t *driven, bool stood, bool partly)
{
	CLEANUP(freep)
	char *driver = stood ? driver_later(op, driven) : NULL;
	CLEANUP(freep) char *what = checked(op, driven);

	if (!driver)
		return false;
	diag_warn(ctx->ds, "W1153",
		  "%s %s%s: there was no progress before, and '%s', which "
		  "drives it, is changed next",
		  partly ? "checked" : "did not check", what,
		  partly ? " only up to where it was" : "", driver);
	diag_hint(ctx->ds, "'opl2 status' shows it when apply has ended");
	return true;
}

/* What the number of a probe that stood has to be above: it must come to where
 * it was. */
static json_t *
where_it_stood(const json_t *above)
{
	json_t *below = value_below(above);

	return below ? below : json_false();
}

/* What is asked of one probe. */
static void
probe_tells(struct effect_ctx *ctx, const struct effect_op *op, size_t i,
	    const struct gate_before *b)
{
	const json_t *rpc = rpc_of(op, i);
	json_t *below = where_it_stood(json_array_get(b->above, i));
	bool stood = json_is_true(json_array_get(b->stood, i));

	if (!is_driven(ctx, op, rpc))
		json_array_set_new(b->above, i, json_false());
	else if (left_to_driver(ctx, op, rpc, stood, !json_is_false(below)))
		json_array_set(b->above, i, below);
	json_decref(below);
}

bool
gate_tells(struct effect_ctx *ctx, const struct effect_op *op,
	   const struct process_def *old, const struct gate_before *b)
{
	const json_t *gate = jx_get(op->config, "gate");
	const json_t *was = old ? old->gate.same : NULL;
	const json_t *same = jx_get(gate, "same");
	bool all = true, any = false;
	size_t i;

	if (!gate || (was && same && !json_equal(was, same)))
		return false;
	for (i = 0; i < json_array_size(b->stood); i++) {
		all &= !json_is_false(json_array_get(b->stood, i));
		any |= json_is_true(json_array_get(b->stood, i));
	}
	if (!is_driven(ctx, op, gate) ||
	    left_to_driver(ctx, op, gate, all && any, false))
		return false;
	for (i = 0; i < json_array_size(b->stood); i++)
		probe_tells(ctx, op, i, b);
	return true;
}

static bool
is_other_program(const struct effect_op *op)
{
	return !op->prior_config ||
	       !json_equal(jx_get(op->prior_config, "command"),
			   jx_get(op->config, "command"));
}

/* The number that a probe looks at; NULL when nobody says it. */
static json_t *
number_of(struct effect_ctx *ctx, const struct effect_op *op, const json_t *rpc)
{
	const json_t *params = jx_get(rpc, "params");
	CLEANUP(put_json) json_t *result = NULL;
	CLEANUP(rpc_freep) struct rpc *client = NULL;

	client = effect_rpc_quick_value(ctx, op, jx_get(rpc, "url"), 0);
	if (!client ||
	    rpc_call(client, jx_str(rpc, "method", ""),
		     params ? jx_share(params) : NULL, &result, NULL) != RPC_OK)
		return NULL;
	return jx_share(jx_at(result, jx_str(rpc, "at", "")));
}

/* --- before the restart --- */

/* What a probe that `passes` has to be above. */
static json_t *
above_of(struct effect_ctx *ctx, const struct effect_op *op, const json_t *rpc)
{
	if (!jx_bool(rpc, "passes", false))
		return NULL;
	return is_other_program(op) ? number_of(ctx, op, rpc) : json_false();
}

/* Does its number have to move, with one to be changed later that drives it? */
static bool
is_watched(const struct effect_op *op, const json_t *rpc)
{
	CLEANUP(freep) char *all = driver_later(op, jx_get(op->config, "gate"));
	CLEANUP(freep) char *own = driver_later(op, rpc);

	return (all || own) &&
	       (jx_bool(rpc, "grows", false) ||
		(jx_bool(rpc, "passes", false) && is_other_program(op)));
}

/* Looks once at each number that stands so far. Does one? */
static bool
look(struct effect_ctx *ctx, const struct effect_op *op, json_t *first,
     json_t *stood)
{
	bool stands = false;

	for (size_t i = 0; i < json_array_size(stood); i++) {
		CLEANUP(put_json) json_t *now = NULL;

		if (!json_is_true(json_array_get(stood, i)))
			continue;
		now = number_of(ctx, op, rpc_of(op, i));
		if (now && json_is_null(json_array_get(first, i)))
			json_array_set(first, i, now);
		if (now && !json_equal(json_array_get(first, i), now))
			json_array_set_new(stood, i, json_false());
		else
			stands = true;
	}
	return stands;
}

static void
watch(struct effect_ctx *ctx, const struct effect_op *op, json_t *stood)
{
	CLEANUP(put_json) json_t *first = json_array();
	uint64_t end = mono_ms() + STANDS_MS;

	for (size_t i = 0; i < json_array_size(stood); i++)
		json_array_append_new(first, json_null());
	while (look(ctx, op, first, stood))
		if (mono_ms() >= end || effect_wait(ctx, WATCH_MS))
			return;
}

/* Which numbers stand; null for those that need not be watched. New. */
static json_t *
gate_stood(struct effect_ctx *ctx, const struct effect_op *op, bool wanted)
{
	json_t *stood = json_array();
	bool any = false;
	size_t i;

	for (i = 0; i < json_array_size(probes_of(op)); i++) {
		bool watched = wanted && is_watched(op, rpc_of(op, i));

		json_array_append_new(stood,
				      watched ? json_true() : json_null());
		any |= watched;
	}
	if (any && is_driven(ctx, op, jx_get(op->config, "gate"))) {
		effect_progress(ctx, "looks whether it makes progress");
		watch(ctx, op, stood);
	}
	return stood;
}

void
gate_look(struct effect_ctx *ctx, const struct effect_op *op, bool there,
	  bool wanted, struct gate_before *b)
{
	CLEANUP(diags_done) struct diags quiet;
	struct effect_ctx asking = *ctx;
	size_t i;

	diags_init(&quiet);
	asking.ds = &quiet;
	b->stood = gate_stood(&asking, op, wanted);
	b->above = json_array();
	for (i = 0; i < json_array_size(probes_of(op)); i++) {
		json_t *v = there ? above_of(&asking, op, rpc_of(op, i)) : NULL;

		json_array_append_new(b->above, v ? v : json_null());
	}
}

void
gate_before_done(struct gate_before *b)
{
	json_decref(b->above);
	json_decref(b->stood);
}

int64_t
gate_ms(const struct effect_op *op)
{
	return process_ms(jx_get(op->config, "gate"), "timeout", GATE_MS);
}
