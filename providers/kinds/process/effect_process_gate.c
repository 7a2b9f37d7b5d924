#include "providers/kinds/process/effect_process_gate.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/runtime/runtime.h"

#define GATE_MS 180000

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
	   const struct process_def *old)
{
	const json_t *gate = jx_get(op->config, "gate");
	const json_t *was = old ? old->gate.same : NULL;
	const json_t *same = jx_get(gate, "same");

	if (!gate || (was && same && !json_equal(was, same)))
		return false;
	return is_driven(ctx, op, gate);
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
number_now(struct effect_ctx *ctx, const struct effect_op *op,
	   const json_t *probe)
{
	const json_t *rpc = jx_get(probe, "rpc");
	const json_t *params = jx_get(rpc, "params");
	CLEANUP(put_json) json_t *result = NULL;
	CLEANUP(rpc_freep) struct rpc *client = NULL;

	if (!jx_bool(rpc, "passes", false))
		return NULL;
	if (!is_other_program(op))
		return json_false();
	client = effect_rpc_quick_value(ctx, op, jx_get(rpc, "url"), 0);
	if (!client ||
	    rpc_call(client, jx_str(rpc, "method", ""),
		     params ? jx_share(params) : NULL, &result, NULL) != RPC_OK)
		return NULL;
	return jx_share(jx_at(result, jx_str(rpc, "at", "")));
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
		json_t *v = number_now(&asking, op, probe);

		json_array_append_new(out, v ? v : json_null());
	}
	return out;
}

int64_t
gate_ms(const struct effect_op *op)
{
	return process_ms(jx_get(op->config, "gate"), "timeout", GATE_MS);
}
