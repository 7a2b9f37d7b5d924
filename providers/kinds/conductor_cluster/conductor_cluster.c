/*
 * conductor_cluster: the members of a raft cluster of op-conductors. It
 * converges: what is there already is left alone, so that running create()
 * again is the recovery.
 */
#include "engine/kind/kind.h"

#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/facts/voters.h"

static bool
is_same(const json_t *a, const json_t *b, const char *field)
{
	const char *x = jx_str(a, field, NULL), *y = jx_str(b, field, NULL);

	return x && y && strcmp(x, y) == 0;
}

/* A block is as old as the time between two when the next one comes, and takes
 * its way: a conductor that allows for less hands over from member to member.
 */
#define BLOCK_SLACK_MS 2000u

static int
check_interval(struct kind_ctx *ctx, const json_t *config)
{
	const char *block = jx_str(config, "block_time", "");
	const char *allowed = jx_str(config, "unsafe_interval", ""), *why;
	uint64_t t, u;

	if (duration_parse(block, &t, &why) < 0 ||
	    duration_parse(allowed, &u, &why) < 0 || u >= t + BLOCK_SLACK_MS)
		return 0;
	diag_err(ctx->ds, "E1430",
		 "with a block every %s, a sequencer whose newest block is "
		 "older than %s need not be unhealthy",
		 block, allowed);
	diag_path(ctx->ds, "/block_time");
	diag_hint(ctx->ds, "set 'unsafe_interval' to at least %llus",
		  (unsigned long long)(t + BLOCK_SLACK_MS + 999) / 1000);
	return -1;
}

static int
cluster_check(struct kind_ctx *ctx, const json_t *config,
	      const json_t *unknown UNUSED)
{
	const json_t *members = jx_get(config, "members"), *m, *n;
	int rc = check_interval(ctx, config);
	size_t i, k;

	json_array_foreach(members, i, m) {
		for (k = 0; k < i; k++) {
			n = json_array_get(members, k);
			if (!is_same(m, n, "id") && !is_same(m, n, "raft"))
				continue;
			diag_err(ctx->ds, "E1422",
				 "members %zu and %zu have the same %s", k + 1,
				 i + 1, is_same(m, n, "id") ? "id" : "address");
			diag_path(ctx->ds, "/members/%zu", i);
			diag_hint(ctx->ds, "give each its own");
			rc = -1;
		}
	}
	return rc;
}

static int
cluster_plan(struct kind_ctx *ctx, const struct plan_req *req,
	     struct plan_out *out)
{
	CLEANUP(put_json) json_t *want = voters_of_config(req->config);
	const json_t *have = jx_get(req->prior, "voters"), *v;
	size_t i;

	if (is_unknown(req->unknown, "/members"))
		return 0;
	for (i = 0; i < json_array_size(want); i++)
		if (is_unknown(
			    req->unknown,
			    arena_printf(ctx->arena, "/members/%zu/raft", i)))
			return 0;
	json_array_foreach(want, i, v)
		if (have && !voters_have(have, v))
			kind_note(ctx, out, "adds %s", json_string_value(v));
	json_array_foreach(have, i, v)
		if (!voters_have(want, v))
			kind_note(ctx, out, "removes %s", json_string_value(v));
	json_array_foreach(jx_get(req->prior, "paused"), i, v)
		kind_note(ctx, out, "resumes %s", json_string_value(v));
	out->attrs = json_pack("{s:O, s:[]}", "voters", want, "paused");
	return 0;
}

const struct kind kind_conductor_cluster = {
	.name = "conductor_cluster",
	.schema_version = 1,
	.flags = KIND_LIVE,
	.check = cluster_check,
	.plan = cluster_plan,
};
