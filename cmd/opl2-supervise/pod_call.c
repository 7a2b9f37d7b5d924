/*
 * What a pod may be asked over HTTP: requests of the socket's protocol that
 * neither define nor kill, and that need no secret. Who has the chain's token
 * may ask (pod_http.c).
 */
#include "cmd/opl2-supervise/pod.h"

#include "cmd/opl2-supervise/sup.h"
#include "engine/base/mem.h"
#include "engine/diag/exit.h"
#include "engine/io/jx.h"

#define CALL_MS (10 * 60 * 1000)

static const char *const ops[] = { "pause", "restart", "status", "wait_gate",
				   "wait_ready" };
static const char *const parts[] = { "above", "names", "on", "op" };

static bool
is_taken(const char *op)
{
	for (size_t i = 0; i < COUNTOF(ops); i++)
		if (!strcmp(ops[i], op))
			return true;
	return false;
}

void
pod_call(struct sup *s, struct conn *c, const char *text, size_t len)
{
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(put_json) json_t *asked = NULL;
	CLEANUP(put_json) json_t *msg = json_object();
	int64_t ms;

	diags_init(&ds);
	asked = jx_parse(text, len, "the request", &ds);
	for (size_t i = 0; i < COUNTOF(parts); i++)
		if (jx_get(asked, parts[i]))
			json_object_set_new(msg, parts[i],
					    jx_share(jx_get(asked, parts[i])));
	ms = jx_int(asked, "timeout_ms", 0);
	json_object_set_new(
		msg, "timeout_ms",
		json_integer(ms > 0 && ms < CALL_MS ? ms : CALL_MS));
	if (asked && !is_taken(jx_str(msg, "op", "")))
		diag_err(&ds, "E0908", "a pod does not take the request '%s'",
			 jx_str(msg, "op", ""));
	if (ds.nerrors)
		conn_refuse(c, NULL, &ds);
	else
		request(s, c, msg);
}

const char *
pod_call_status(const json_t *reply)
{
	const char *first =
		jx_str(json_array_get(jx_get(reply, "diags"), 0), "code", "");
	const struct diag_code *code = diag_code_find(first);

	if (jx_bool(reply, "ok", false))
		return "200 OK";
	return code && code->exit_code == EXIT_TIMEOUT ? "504 Gateway Timeout"
						       : "409 Conflict";
}
