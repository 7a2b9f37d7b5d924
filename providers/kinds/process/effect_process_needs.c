/* process: what this machine has to have before it can be started. */
#include "engine/base/mem.h"
#include "engine/base/pid.h"
#include "engine/io/jx.h"
#include "engine/supctl.h"
#include "providers/clients/tools/need.h"
#include "providers/clients/tools/port.h"
#include "providers/facts/listen.h"
#include "providers/clients/tools/run.h"
#include "providers/kinds/process/effect_process_def.h"

/* Of this chain: it is stopped or restarted before the port is wanted. */
static bool
is_ours(const json_t *procs, pid_t pid)
{
	const json_t *p;
	size_t i;

	for (; pid > 1; pid = pid_parent(pid))
		json_array_foreach(procs, i, p) if (jx_int(p, "pid", 0) ==
						    pid) return true;
	return false;
}

static json_t *
procs_of_chain(const struct op *op)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *st = NULL;

	diags_init(&quiet);
	if (supctl_status_records(op->env->places->runtime, NULL, &st, &quiet))
		return NULL;
	return jx_share(jx_get(st, "procs"));
}

static void
look_at_port(struct op_ctx *ctx, const json_t *argv, const json_t *procs,
	     const char *name, unsigned port, json_t *out)
{
	const char *host = port_host(ctx->arena, argv, port);
	char comm[32] = "";
	pid_t pid = 0;

	if (!port_holder(host, port, &pid, comm, sizeof(comm)) ||
	    is_ours(procs, pid))
		return;
	need_port(out, port, name,
		  pid ? arena_printf(ctx->arena, "pid %d (%s) listens on it",
				     (int)pid, comm)
		      : "a process of another user listens on it");
}

static void
look_at_program(struct op_ctx *ctx, const struct op *op, json_t *out)
{
	const json_t *command = jx_get(op->config, "command");
	const char *name = json_string_value(json_array_get(command, 0));

	if (name && !strchr(name, '/') && !tool_find(ctx->arena, NULL, name))
		need_program(out, name,
			     arena_printf(ctx->arena, "PATH has no '%s'", name),
			     false);
}

enum outcome
process_needs(struct op_ctx *ctx, const struct op *op, json_t *out)
{
	CLEANUP(put_json) json_t *procs = procs_of_chain(op);
	CLEANUP(put_json) json_t *argv = json_array();
	const char *name;
	json_t *port;

	look_at_program(ctx, op, out);
	if (process_args(op->config, argv, ctx->ds))
		return OC_FAIL;
	json_object_foreach((json_t *)(uintptr_t)jx_get(op->config, "ports"),
			    name, port) if (json_is_integer(port))
		look_at_port(ctx, argv, procs, name,
			     (unsigned)json_integer_value(port), out);
	return OC_OK;
}
