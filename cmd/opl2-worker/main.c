/*
 * opl2-worker: carries out operations of resource kinds, one at a time, for
 * the opl2 that started it. See engine/kind/wire.h.
 */
#include "cmd/opl2-worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/platform.h"
#include "engine/io/diag_json.h"
#include "engine/io/jx.h"
#include "engine/kind/wire.h"
#include "providers/actions/action.h"
#include "engine/io/durable.h"
#include "providers/runtime/kubernetes/agent.h"
#include "state/shared/wire.h"

static const char *const outcome_names[] = OUTCOME_NAMES;

static void
worker_read_env(struct worker *w)
{
	const json_t *m = w->env_msg;

	w->env = (struct effect_env){
		.chain = jx_str(m, "chain", ""),
		.spec_dir = jx_str(m, "spec_dir", ""),
		.places = places_in(&w->env_arena, jx_str(m, "state_dir", "")),
		.store_dir = jx_str(m, "store_dir", ""),
		.secrets = jx_get(m, "secrets"),
		.registries = jx_get(m, "registries"),
		.mirrors = jx_get(m, "mirrors"),
		.limits = jx_get(m, "limits"),
		.apply = jx_str(m, "apply", NULL),
		.locked = jx_bool(m, "locked", false),
	};
	if (jx_bool(m, "shared", false))
		durable_by(worker_keep, w);
}

/* Without an update() a kind that converges is brought to its config by
 * create(), which is its recovery too. */
static enum outcome
run_update(const struct effects *e, struct effect_ctx *ctx,
	   const struct effect_op *op, struct effect_result *out)
{
	if (e->update)
		return e->update(ctx, op, out);
	if (!e->recover && e->create)
		return e->create(ctx, op, out);
	diag_err(ctx->ds, "E0600", "kind '%s' has no update()", op->kind);
	return OC_FAIL;
}

static enum outcome
run_action(struct effect_ctx *ctx, const struct effect_op *op,
	   struct effect_result *out)
{
	const struct action *a = action_find(op->kind);

	if (a)
		return a->run(ctx, op, out);
	diag_err(ctx->ds, "E0600", "unknown action '%s'", op->kind);
	return OC_FAIL;
}

static enum outcome
run_needs(const struct effects *e, struct effect_ctx *ctx,
	  const struct effect_op *op, struct effect_result *out)
{
	CLEANUP(put_json) json_t *needs = json_array();
	enum outcome oc = e->needs(ctx, op, needs);

	if (oc == OC_OK)
		out->attrs = TAKE(needs);
	return oc;
}

static enum outcome
dispatch(struct effect_ctx *ctx, const char *what, const struct effect_op *op,
	 struct effect_result *out)
{
	const struct effects *e = effects_find(op->kind);

	if (strcmp(what, "action") == 0)
		return run_action(ctx, op, out);
	if (e && strcmp(what, "read") == 0)
		return e->read(ctx, op, out);
	if (e && strcmp(what, "create") == 0 && e->create)
		return e->create(ctx, op, out);
	if (e && strcmp(what, "update") == 0)
		return run_update(e, ctx, op, out);
	if (e && strcmp(what, "remove") == 0 && e->remove)
		return e->remove(ctx, op);
	if (e && strcmp(what, "cost") == 0 && e->cost)
		return e->cost(ctx, op, out);
	if (e && strcmp(what, "needs") == 0 && e->needs)
		return run_needs(e, ctx, op, out);
	if (e && strcmp(what, "recover") == 0 && e->recover)
		return e->recover(ctx, op, out);
	if (e && strcmp(what, "import") == 0 && e->import)
		return e->import(ctx, op, out);
	diag_err(ctx->ds, "E0600", "kind '%s' cannot do '%s'", op->kind, what);
	return OC_FAIL;
}

static void
send_diags(struct worker *w, const struct diags *ds, const char *addr)
{
	const struct diag *d;

	for (d = ds->first; d; d = d->next) {
		json_t *j = diag_to_json(d);

		json_object_set_new(j, "type", json_string("diag"));
		if (!d->addr)
			json_object_set_new(j, "addr", json_string(addr));
		worker_send(w, j);
	}
}

static void
send_done(struct worker *w, enum outcome oc, struct effect_result *out)
{
	json_t *m = json_pack("{s:s, s:s}", "type", "done", "outcome",
			      outcome_names[oc]);

	if (out->attrs)
		json_object_set_new(m, "attrs", TAKE(out->attrs));
	if (out->priv)
		json_object_set_new(m, "priv", TAKE(out->priv));
	if (out->lock)
		json_object_set_new(m, "lock", TAKE(out->lock));
	if (out->down)
		json_object_set_new(m, "down", json_true());
	if (w->waited_ms)
		json_object_set_new(m, "waited_ms",
				    json_integer((json_int_t)w->waited_ms));
	worker_send(w, m);
}

/* That an effect was not begun, or is to be gone on with, is what recover()
 * was asked for: an answer, no failure. */
static bool
needs_reason(const char *what, enum outcome oc)
{
	bool recovering = strcmp(what, "recover") == 0;

	return oc != OC_OK && oc != OC_GONE &&
	       !(recovering && (oc == OC_RETRY || oc == OC_PARTIAL));
}

static void
run_op(struct worker *w)
{
	CLEANUP(put_json) json_t *m = TAKE(w->effect_msg);
	struct diags ds;
	struct arena arena;
	struct effect_ctx ctx = { &ds, &arena, w };
	struct effect_result out = { 0 };
	struct effect_op op = {
		.kind = jx_str(m, "kind", ""),
		.name = jx_str(m, "name", ""),
		.addr = jx_str(m, "addr", ""),
		.config = jx_get(m, "config"),
		.prior_config = jx_get(m, "prior_config"),
		.prior = jx_get(m, "prior"),
		.planned = jx_get(m, "planned"),
		.priv = jx_get(m, "priv"),
		.token = jx_get(m, "token"),
		.lock = jx_get(m, "lock"),
		.files = jx_get(m, "files"),
		.refs = jx_get(m, "refs"),
		.later = jx_get(m, "later"),
		.delete_data = jx_bool(m, "delete_data", false),
		.force = jx_bool(m, "force", false),
		.accept = jx_bool(m, "accept", false),
		.env = &w->env,
	};
	enum outcome oc;

	diags_init(&ds);
	arena_init(&arena);
	w->oks = 0;
	w->waited_ms = 0;
	oc = dispatch(&ctx, jx_str(m, "op", ""), &op, &out);
	if (needs_reason(jx_str(m, "op", ""), oc) && ds.nerrors == 0)
		diag_err(&ds, "E0600", "'%s' gave no reason for '%s'", op.kind,
			 outcome_names[oc]);
	send_diags(w, &ds, op.addr);
	send_done(w, oc, &out);
	diags_done(&ds);
	arena_done(&arena);
}

/* Children must inherit neither the wire nor the lock. Workers do not read
 * the terminal's keys: they are in a process group of their own. */
static int
worker_set_up(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };
	int type;
	socklen_t n = sizeof(type);

	if (getsockopt(WIRE_FD, SOL_SOCKET, SO_TYPE, &type, &n)) {
		fputs("opl2 starts opl2-worker; do not run it by hand\n",
		      stderr);
		return -1;
	}
	fcntl(WIRE_FD, F_SETFD, FD_CLOEXEC);
	fcntl(WIRE_LOCK_FD, F_SETFD, FD_CLOEXEC);
	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	return 0;
}

int
main(int argc, char **argv)
{
	struct worker w = { .in = BUF_INIT(LIM_FRAME_BYTES + 65536) };

	mem_init();
	arena_init(&w.env_arena);
	if (argc > 1 && strcmp(argv[1], "--shim") == 0)
		return shim_main(argc, argv);
	mem_hide();
	env_spare_local();
	if (argc > 1 && strcmp(argv[1], "--fetch") == 0)
		return fetch_main();
	if (argc > 1 && strcmp(argv[1], "--unlock") == 0)
		return unlock_main();
	if (argc > 1 && strcmp(argv[1], "--libraries") == 0)
		return libraries_main();
	if (argc > 1 && strcmp(argv[1], "--forward") == 0)
		return forward_main();
	if (argc > 1 && strcmp(argv[1], "--git-fetch") == 0)
		return git_fetch_main();
	if (argc > 1 && strcmp(argv[1], KEEPER_ARG) == 0)
		return keep_main();
	if (argc > 1 && strcmp(argv[1], CLUSTER_ARG) == 0)
		return cluster_main(argc, argv);
	if (worker_set_up())
		return 3;
	worker_send(&w,
		    json_pack("{s:s, s:i, s:s}", "type", "hello", "protocol",
			      WIRE_PROTOCOL, "version", OPL2_VERSION));
	while (!w.eof) {
		worker_poll(&w, -1);
		if (w.env_msg && !w.env.chain)
			worker_read_env(&w);
		if (w.effect_msg && w.env.chain && !w.eof)
			run_op(&w);
	}
	buf_done(&w.in);
	arena_done(&w.env_arena);
	json_decref(w.env_msg);
	json_decref(w.effect_msg);
	return 0;
}
