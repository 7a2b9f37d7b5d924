/*
 * l2_forks: when the forks of the L2 from Granite on come. rollup.json is
 * written anew with their times, op-geth is told by arguments; block 0 and so
 * the chain stay what they are.
 */
#include "engine/kind/kind.h"

#include <string.h>
#include <time.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/io/jx.h"
#include "providers/facts/l2_schedule.h"
#include "providers/facts/managed_place.h"

static int
l2_forks_check(struct kind_ctx *ctx, const json_t *config,
	       const json_t *unknown)
{
	return l2_schedule_check(config, unknown, ctx->ds);
}

/* One line for each that is new or another than before. */
static void
note_changes(struct kind_ctx *ctx, const struct l2_schedule *s,
	     struct plan_out *out)
{
	bool any = false;
	char text[32];

	for (size_t i = 0; i < L2_FORKS; i++) {
		int64_t had = l2_schedule_had(s, i);

		if (s->at[i] == had)
			continue;
		if (!s->at[i]) {
			kind_note(ctx, out, "no longer scheduled: %s",
				  l2_fork_names[i]);
			continue;
		}
		any = true;
		utc_text(s->at[i], text, sizeof(text));
		kind_note(ctx, out,
			  "scheduled L2 upgrade: %s, irreversible after %s",
			  l2_fork_names[i], text);
	}
	if (any)
		kind_note(ctx, out,
			  "checked: order, a block for each, time to restart, "
			  "node programs %s; anyone who runs a node elsewhere "
			  "must set these times before",
			  jx_str(s->config, "programs", "(unknown)"));
}

static void
note_left_out(struct kind_ctx *ctx, const struct l2_schedule *s,
	      struct plan_out *out)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(256);

	for (size_t i = 0; i < L2_FORKS; i++)
		if (s->on_start[i])
			buf_addf(&b, "%s%s", b.n ? ", " : "", l2_fork_names[i]);
	if (b.n)
		kind_note(ctx, out,
			  "not scheduled: %s (the chain started before; set a "
			  "time)",
			  buf_str(&b));
}

static const struct {
	const char *field, *digest, *name;
} files[] = {
	{ "rollup", "rollup_sha256", "rollup.json" },
	{ "rollup_chain_op", "rollup_chain_op_sha256", "rollup-chain-op.json" },
};

/* Where the files are; with nothing scheduled they are those of genesis. */
static void
predict_files(struct kind_ctx *ctx, const struct plan_req *req, bool empty,
	      json_t *attrs)
{
	const json_t *genesis = jx_get(req->config, "genesis");

	for (size_t i = 0; i < COUNTOF(files); i++) {
		const json_t *path = jx_get(genesis, files[i].field);
		const json_t *digest = jx_get(genesis, files[i].digest);

		if (!empty)
			json_object_set_new(attrs, files[i].field,
					    json_string(arena_printf(
						    ctx->arena, "%s/%s",
						    managed_place(ctx, req),
						    files[i].name)));
		if (empty && path)
			json_object_set_new(attrs, files[i].field,
					    jx_share(path));
		if (empty && digest)
			json_object_set_new(attrs, files[i].digest,
					    jx_share(digest));
	}
}

static int
l2_forks_plan(struct kind_ctx *ctx, const struct plan_req *req,
	      struct plan_out *out)
{
	bool same =
		!req->creating && l2_same_chain(req->prior_config, req->config);
	struct l2_schedule s = { .config = req->config,
				 .unknown = req->unknown,
				 .recorded = same ? req->recorded : NULL,
				 .now = time(NULL),
				 .lead_s = L2_FORK_LEAD_PLAN_S };

	if (l2_schedule_open(req->unknown))
		return 0;
	if (l2_schedule_settle(&s, ctx->ds))
		return -1;
	out->attrs = l2_schedule_attrs(&s);
	predict_files(ctx, req, l2_schedule_empty(&s), out->attrs);
	if (s.running)
		note_changes(ctx, &s, out);
	note_left_out(ctx, &s, out);
	return 0;
}

const struct kind kind_l2_forks = {
	.name = "l2_forks",
	.schema_version = 1,
	.check = l2_forks_check,
	.plan = l2_forks_plan,
};
