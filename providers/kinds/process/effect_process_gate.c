#include "providers/kinds/process/effect_process_gate.h"

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/runtime/runtime.h"

#define GATE_MS 180000

/* For so long a number is watched before the restart, and so often. It is some
 * blocks of every L2. */
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

/* Does who drives it work? Not when it cannot be told. */
static bool
is_driven(struct effect_ctx *ctx, const struct effect_op *op,
	  const json_t *gate)
{
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	const json_t *v;
	size_t i;

	if (runtime_read_status(op->env->places->runtime, NULL, true, &st,
				ctx->ds))
		return false;
	json_array_foreach(jx_get(gate, "driven_by"), i, v) {
		CLEANUP(freep) char *name = beside(op, json_string_value(v));
		const struct process_status *p = runtime_proc(st, name);
		bool runs = process_runs(p);

		if (runs && !p->pause.asked)
			continue;
		diag_warn(ctx->ds, "W1153",
			  "did not check whether '%s' makes progress: '%s' %s",
			  op->name, name,
			  runs ? "is paused" : "is not running");
		diag_hint(ctx->ds, "'opl2 %s %s', then 'opl2 status'",
			  runs ? "batcher resume" : "start", name);
		return false;
	}
	return true;
}

bool
gate_tells(struct effect_ctx *ctx, const struct effect_op *op,
	   const struct process_def *old, const char *stands)
{
	const json_t *gate = jx_get(op->config, "gate");
	const json_t *was = old ? old->gate.same : NULL;
	const json_t *same = jx_get(gate, "same");

	if (!gate || (was && same && !json_equal(was, same)))
		return false;
	if (!is_driven(ctx, op, gate))
		return false;
	if (!stands)
		return true;
	diag_warn(ctx->ds, "W1153",
		  "did not check whether '%s' makes progress: it made none "
		  "before, and '%s', which drives it, is changed next",
		  op->name, stands);
	diag_hint(ctx->ds, "'opl2 status' shows it when apply has ended");
	return false;
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

/* What a probe that `passes` has to be above. */
static json_t *
above_of(struct effect_ctx *ctx, const struct effect_op *op, const json_t *rpc)
{
	if (!jx_bool(rpc, "passes", false))
		return NULL;
	return is_other_program(op) ? number_of(ctx, op, rpc) : json_false();
}

json_t *
gate_now(struct effect_ctx *ctx, const struct effect_op *op)
{
	CLEANUP(diags_done) struct diags quiet;
	struct effect_ctx asking = *ctx;
	json_t *out = json_array();
	const json_t *probe;
	size_t i;

	diags_init(&quiet);
	asking.ds = &quiet;
	json_array_foreach(jx_at(op->config, "/gate/probes"), i, probe) {
		json_t *v = above_of(&asking, op, jx_get(probe, "rpc"));

		json_array_append_new(out, v ? v : json_null());
	}
	return out;
}

/* --- what stood before --- */

/* Who drives it and is changed after it in this run. malloc'd, or NULL. */
static char *
driver_later(const struct effect_op *op, const json_t *gate)
{
	const json_t *v, *l;
	size_t i, k;

	json_array_foreach(jx_get(gate, "driven_by"), i, v) {
		CLEANUP(freep) char *name = beside(op, json_string_value(v));
		CLEANUP(freep) char *addr = xasprintf("%s.%s", op->kind, name);

		json_array_foreach(op->later, k, l)
			if (!strcmp(json_string_value(l), addr))
				return TAKE(name);
	}
	return NULL;
}

/* What the probes that look for growth see: an array, null where nothing is
 * heard. */
static json_t *
heads(struct effect_ctx *ctx, const struct effect_op *op)
{
	json_t *out = json_array();
	const json_t *probe;
	size_t i;

	json_array_foreach(jx_at(op->config, "/gate/probes"), i, probe) {
		const json_t *rpc = jx_get(probe, "rpc");
		json_t *v = NULL;

		if (!jx_bool(rpc, "grows", false) &&
		    !jx_bool(rpc, "passes", false))
			continue;
		v = number_of(ctx, op, rpc);
		json_array_append_new(out, v ? v : json_null());
	}
	return out;
}

static bool
moved(const json_t *first, const json_t *now)
{
	const json_t *v;
	size_t i;

	json_array_foreach(now, i, v) {
		const json_t *was = json_array_get(first, i);

		if (!json_is_null(v) && !json_is_null(was) &&
		    !json_equal(v, was))
			return true;
	}
	return false;
}

static bool
is_moving(struct effect_ctx *ctx, const struct effect_op *op)
{
	CLEANUP(put_json) json_t *first = heads(ctx, op);
	uint64_t end = mono_ms() + STANDS_MS;

	if (json_array_size(first) == 0)
		return true;
	while (mono_ms() < end && !effect_wait(ctx, WATCH_MS)) {
		CLEANUP(put_json) json_t *now = heads(ctx, op);

		if (moved(first, now))
			return true;
	}
	return false;
}

char *
gate_stands(struct effect_ctx *ctx, const struct effect_op *op)
{
	CLEANUP(diags_done) struct diags quiet;
	struct effect_ctx asking = *ctx;
	const json_t *gate = jx_get(op->config, "gate");
	CLEANUP(freep) char *driver = driver_later(op, gate);

	diags_init(&quiet);
	asking.ds = &quiet;
	if (!driver || !is_driven(&asking, op, gate))
		return NULL;
	effect_progress(ctx, "looks whether it makes progress");
	return is_moving(&asking, op) ? NULL : TAKE(driver);
}

int64_t
gate_ms(const struct effect_op *op)
{
	return process_ms(jx_get(op->config, "gate"), "timeout", GATE_MS);
}
