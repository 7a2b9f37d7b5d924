/*
 * conductor_cluster: the members of a raft cluster of op-conductors. It
 * converges: what is there already is left alone, so that running create()
 * again is the recovery.
 */
#include "engine/kind/kind.h"

#include <string.h>

#include "engine/base/compiler.h"
#include "engine/io/jx.h"
#include "providers/facts/voters.h"

static bool
is_same(const json_t *a, const json_t *b, const char *field)
{
	const char *x = jx_str(a, field, NULL), *y = jx_str(b, field, NULL);

	return x && y && strcmp(x, y) == 0;
}

static int
cluster_check(struct kind_ctx *ctx, const json_t *config,
	      const json_t *unknown UNUSED)
{
	const json_t *members = jx_get(config, "members"), *m, *n;
	size_t i, k;
	int rc = 0;

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
