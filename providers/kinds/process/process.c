/*
 * process: a program that the chain's supervisor runs.
 *
 * Identity: its name. Created means running and ready. `once`: what was begun
 * is found in the supervisor's records, so that nothing is started twice. A
 * change of what it is started with restarts it; of how it is watched and
 * stopped, is done in place.
 */
#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/platform.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/kind/kind.h"
#include "engine/kind/places.h"
#include "providers/runtime/runtime.h"

#include "providers/facts/listen.h"
#include "providers/kinds/process/process_args.h"

#define CALLDATA_MAX (131072u - 256u)

/* A program that is given a key signs by itself. */
static void
check_key(struct kind_ctx *ctx, const char *name, const json_t *v)
{
	const json_t *part;
	size_t i;

	json_array_foreach(json_object_get(v, "$secret"), i, part) {
		if (!jx_get(part, "signer"))
			continue;
		diag_err(ctx->ds, "E0894",
			 "%s needs the key itself, but the key of %s is at a "
			 "remote signer",
			 name, jx_str(jx_get(part, "signer"), "address", "?"));
		diag_hint(ctx->ds, "use a source that holds the key for that "
				   "role: generate, env, file or keystore");
		diag_path(ctx->ds, "%s", jx_ptr_key(ctx->arena, "/env", name));
	}
}

static void
check_env(struct kind_ctx *ctx, const json_t *config)
{
	const json_t *v;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)jx_get(config, "env"), key,
			    v) {
		check_key(ctx, key, v);
		if (env_name_valid(key))
			continue;
		diag_err(ctx->ds, "E0940",
			 "'%s' is not a valid name for an environment variable",
			 key);
		diag_path(ctx->ds, "%s", jx_ptr_key(ctx->arena, "/env", key));
	}
}

static void
check_args(struct kind_ctx *ctx, const json_t *config)
{
	const json_t *v;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)jx_get(config, "args"), key,
			    v) {
		if (!json_is_object(v))
			continue;
		diag_err(ctx->ds, "E0941",
			 "argument '%s' is neither a value nor a list", key);
		diag_hint(ctx->ds,
			  "put secrets in 'env': every user can see arguments");
		diag_path(ctx->ds, "%s", jx_ptr_key(ctx->arena, "/args", key));
	}
}

/* A list without a sign to look for is gone through by nobody. */
static void
check_failover(struct kind_ctx *ctx, const json_t *config)
{
	const json_t *when = jx_get(jx_get(config, "failover"), "when");

	if (!json_is_object(when) || jx_get(when, "log") ||
	    jx_bool(when, "rate_limit", false))
		return;
	diag_err(ctx->ds, "E0946", "'when' of a failover has no condition");
	diag_hint(ctx->ds, "set 'log', a list of texts, or 'rate_limit: true'");
	diag_path(ctx->ds, "/failover/when");
}

/* What geth's pool takes as one transaction is 128 KiB; all of it but the call
 * data is less than 256 bytes. With alt-DA the deploy config's limit counts. */
static void
check_calldata(struct kind_ctx *ctx, const json_t *config)
{
	const json_t *args = jx_get(config, "args");
	const json_t *v = jx_get(args, "max-l1-tx-size-bytes");
	uint64_t bytes =
		json_is_integer(v) ? (uint64_t)json_integer_value(v) : 0;

	if (json_is_string(v) &&
	    parse_u64(json_string_value(v), INT64_MAX, &bytes))
		return;
	if (bytes <= CALLDATA_MAX || jx_bool(args, "altda.enabled", false) ||
	    strcmp(jx_str(args, "data-availability-type", "calldata"),
		   "calldata") != 0)
		return;
	diag_err(ctx->ds, "E0415",
		 "batch transactions of %llu bytes are too large for the L1's "
		 "transaction pools",
		 (unsigned long long)bytes);
	diag_hint(ctx->ds,
		  "calldata transactions can have at most %u bytes; 120000 is "
		  "a good value",
		  CALLDATA_MAX);
	diag_path(ctx->ds, "/args/max-l1-tx-size-bytes");
}

static int
process_check(struct kind_ctx *ctx, const json_t *config,
	      const json_t *unknown UNUSED)
{
	size_t before = ctx->ds->nerrors;

	check_env(ctx, config);
	check_args(ctx, config);
	check_failover(ctx, config);
	check_calldata(ctx, config);
	return ctx->ds->nerrors > before ? -1 : 0;
}

/* Its volume has the name of the pod. */
static int
check_moved(struct kind_ctx *ctx, const struct plan_req *req, const char *name)
{
	const char *was = jx_str(req->prior, "name", name);

	if (strcmp(was, name) == 0 ||
	    !runtime_of(ctx->places->runtime)->elsewhere)
		return 0;
	diag_err(ctx->ds, "E1346",
		 "'%s' runs in a pod, and a pod cannot be called '%s'", was,
		 name);
	diag_hint(ctx->ds, "keep the name; or, if it has no data of its own, "
			   "remove its 'moved': a new process is made");
	return -1;
}

static int
process_plan(struct kind_ctx *ctx, const struct plan_req *req,
	     struct plan_out *out)
{
	const char *dot = strchr(ctx->addr, '.');
	const char *name = dot ? dot + 1 : ctx->addr;
	CLEANUP(freep)
	char *log = runtime_of(ctx->places->runtime)
			    ->log_place(ctx->places->runtime, name);

	out->attrs = json_pack("{s:s, s:s, s:b}", "name", name, "log_file", log,
			       "running", 1);
	return check_moved(ctx, req, name);
}

/* Where the port at this pointer is listened on: by its arguments. */
static bool
listens_at(struct arena *a, const json_t *config, const char *at,
	   struct listen_place *out)
{
	CLEANUP(put_json) json_t *argv = json_array();
	CLEANUP(diags_done) struct diags quiet;
	const json_t *port = jx_at(config, at);

	diags_init(&quiet);
	if (strncmp(at, "/ports/", 7) != 0 || !json_is_integer(port) ||
	    process_args(config, argv, &quiet))
		return false;
	*out = listen_place(
		port_host(a, argv, (unsigned)json_integer_value(port)));
	return true;
}

/* One port at two addresses is two. */
static bool
process_may_share(const json_t *a, const char *at_a, const json_t *b,
		  const char *at_b)
{
	CLEANUP(arena_done) struct arena arena;
	struct listen_place x, y;

	arena_init(&arena);
	return listens_at(&arena, a, at_a, &x) &&
	       listens_at(&arena, b, at_b, &y) && !listen_collide(&x, &y);
}

const struct kind kind_process = {
	.name = "process",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_RUNS | KIND_NEEDS | KIND_NAMED,
	.check = process_check,
	.plan = process_plan,
	.may_share = process_may_share,
};
