/* process: what this machine has to have before it can be started. */
#include "engine/base/mem.h"
#include "engine/base/pid.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/need.h"
#include "providers/clients/tools/port.h"
#include "providers/clients/tools/run.h"
#include "providers/facts/listen.h"
#include "providers/kinds/process/effect_process_def.h"
#include "providers/runtime/runtime.h"

/* Of this chain: it is stopped or restarted before the port is wanted, or it is
 * who makes the port of a process elsewhere reachable here. */
static bool
is_ours(const struct runtime_status *st, pid_t pid)
{
	/* What it has just forked has its sockets, too. */
	for (; st && pid > 1; pid = pid_parent(pid)) {
		if (pid == jx_int(st->keeper, "pid", 0))
			return true;
		for (size_t i = 0; i < st->n; i++)
			if (st->procs[i].pid == pid)
				return true;
	}
	return false;
}

static struct runtime_status *
procs_of_chain(const struct effect_op *op)
{
	CLEANUP(diags_done) struct diags quiet;
	struct runtime_status *st = NULL;

	diags_init(&quiet);
	if (runtime_read_status(op->env->places->runtime, NULL, false, &st,
				&quiet))
		return NULL;
	return st;
}

static void
process_needs_port(struct effect_ctx *ctx, const json_t *argv,
		   const struct runtime_status *st, const char *name,
		   unsigned port, json_t *out)
{
	const char *host = port_host(ctx->arena, argv, port);
	char comm[32] = "";
	pid_t pid = 0;

	if (!port_holder(host, port, &pid, comm, sizeof(comm)) ||
	    is_ours(st, pid))
		return;
	need_port(out, port, name,
		  pid ? arena_printf(ctx->arena, "pid %d (%s) uses it",
				     (int)pid, comm)
		      : "a process of another user uses it");
}

static void
process_needs_program(struct effect_ctx *ctx, const struct effect_op *op,
		      json_t *out)
{
	const json_t *command = jx_get(op->config, "command");
	const char *name = json_string_value(json_array_get(command, 0));

	if (name && !strchr(name, '/') && !tool_find(ctx->arena, NULL, name))
		need_program(
			out, name,
			arena_printf(ctx->arena, "'%s' is not in PATH", name),
			false);
}

enum outcome
process_needs(struct effect_ctx *ctx, const struct effect_op *op, json_t *out)
{
	CLEANUP(runtime_status_freep)
	struct runtime_status *st = procs_of_chain(op);
	CLEANUP(put_json) json_t *argv = json_array();
	const char *name;
	json_t *port;

	process_needs_program(ctx, op, out);
	if (process_args(op->config, argv, ctx->ds))
		return OC_FAIL;
	json_object_foreach((json_t *)(uintptr_t)jx_get(op->config, "ports"),
			    name, port)
		if (json_is_integer(port))
			process_needs_port(ctx, argv, st, name,
					   (unsigned)json_integer_value(port),
					   out);
	return OC_OK;
}
