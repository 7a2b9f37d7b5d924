/* prestate: the effect half. */
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/packages/fetch.h"
#include "providers/clients/store/store.h"
#include "providers/clients/tools/run.h"
#include "providers/kinds/effect.h"

#define FILE_NAME "prestate.bin.gz" /* cannon goes by its end */
#define TOOL_MS   300000u
#define REPLY_MAX 65536u

struct prestate {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	const char *cannon, *client, *type;
	char cannon_sha[65], client_sha[65];
};

/* Cannon does not end by SIGTERM; tool_run sees to it that it ends. */
static enum outcome
run_cannon(struct prestate *p, const char *const *argv, struct buf *out)
{
	struct tool t = { .argv = argv,
			  .cwd = p->op->env->store_dir,
			  .out = out,
			  .timeout_ms = TOOL_MS };

	return tool_run(p->ctx, &t);
}

static enum outcome
ask_hash(struct prestate *p, const char *file, char hash[67])
{
	const char *argv[] = { p->cannon, "witness", "--input", file, NULL };
	CLEANUP(buf_done) struct buf out = BUF_INIT(REPLY_MAX);
	CLEANUP(put_json) json_t *reply = NULL;
	enum outcome oc = run_cannon(p, argv, &out);
	const char *said;
	uint8_t raw[32];

	if (oc != OC_OK)
		return oc;
	reply = jx_parse(buf_str(&out), out.n, "the answer of cannon", NULL);
	said = jx_str(reply, "witnessHash", "");
	if (strlen(said) == 66 && hex_decode(said, raw, 32) == 0) {
		(void)snprintf(hash, 67, "%s", said);
		return OC_OK;
	}
	diag_err(p->ctx->ds, "E0865", "'%s' contains no hash of the prestate",
		 p->cannon);
	diag_path(p->ctx->ds, "/cannon");
	return OC_FAIL;
}

static enum outcome
prestate_make(struct prestate *p, struct store_entry *e)
{
	CLEANUP(freep) char *file = path_join(e->root, FILE_NAME);
	const char *argv[] = { p->cannon, "load-elf", "--type", p->type,
			       "--path",  p->client,  "--out",  file,
			       "--meta",  "",         NULL };
	CLEANUP(put_json) json_t *what = NULL;
	char hash[67];
	enum outcome oc;

	effect_progress(p->ctx, "loading the fault proof program");
	oc = run_cannon(p, argv, NULL);
	if (oc == OC_OK && !file_exists(file)) {
		diag_err(p->ctx->ds, "E0865", "'%s' wrote no prestate",
			 p->cannon);
		diag_path(p->ctx->ds, "/cannon");
		oc = OC_FAIL;
	}
	if (oc == OC_OK)
		oc = ask_hash(p, file, hash);
	if (oc != OC_OK)
		return oc;
	what = json_pack("{s:s,s:s,s:s,s:s}", "hash", hash, "cannon",
			 p->cannon_sha, "client", p->client_sha, "type",
			 p->type);
	return store_commit(e, what, p->ctx->ds) ? OC_FAIL : OC_OK;
}

static enum outcome
find_or_make(struct prestate *p, struct effect_result *out)
{
	CLEANUP(store_close) struct store_entry e = STORE_ENTRY_INIT;
	struct store_id id = { "prestate", p->type, "", NULL };
	CLEANUP(put_json) json_t *inputs = NULL;
	char digest[65];
	enum outcome oc;
	bool found;

	if (file_sha256(p->cannon, p->cannon_sha, p->ctx->ds) ||
	    file_sha256(p->client, p->client_sha, p->ctx->ds) ||
	    file_mkdirs(p->op->env->store_dir, 0755, p->ctx->ds))
		return OC_FAIL;
	inputs = json_pack("{s:i,s:s,s:s,s:s}", "format", 1, "cannon",
			   p->cannon_sha, "client", p->client_sha, "type",
			   p->type);
	jx_digest(inputs, digest);
	id.digest = digest;
	oc = fetch_begin(p->ctx, p->op, &id, &e, &found);
	if (oc == OC_OK && !found)
		oc = prestate_make(p, &e);
	if (oc != OC_OK)
		return oc;
	out->attrs = json_pack("{s:o,s:s}", "path",
			       jx_strf("%s/%s", e.root, FILE_NAME), "hash",
			       jx_str(e.what, "hash", ""));
	out->priv = json_pack("{s:s}", "root", e.root);
	return OC_OK;
}

/* --- operations ----------------------------------------------------------- */

static enum outcome
prestate_create(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	struct prestate p = {
		.ctx = ctx,
		.op = op,
		.cannon = jx_str(op->config, "cannon", ""),
		.client = jx_str(op->config, "client", ""),
		.type = jx_str(op->config, "type", ""),
	};

	return find_or_make(&p, out);
}

/* The games of the chain judge by the hash that was. */
static enum outcome
prestate_update(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	struct effect_result made = { 0 };
	const char *was = jx_str(op->prior, "hash", ""), *is;
	enum outcome oc = prestate_create(ctx, op, &made);

	if (oc != OC_OK)
		return oc;
	is = jx_str(made.attrs, "hash", "");
	if (strcmp(is, was) == 0) {
		*out = made;
		return OC_OK;
	}
	diag_err(ctx->ds, "E0866", "the prestate would change to %s from %s",
		 is, was);
	diag_path(ctx->ds, "/client");
	diag_hint(ctx->ds,
		  "use the previous programs, or create a new chain with "
		  "-replace=%s",
		  op->addr);
	json_decref(made.attrs);
	json_decref(made.priv);
	return OC_FAIL;
}

/* What the store has lost is drift of the path alone: the hash stays. */
static enum outcome
prestate_read(struct effect_ctx *ctx, const struct effect_op *op,
	      struct effect_result *out)
{
	const char *root = op->priv ? jx_str(op->priv, "root", NULL) : NULL;
	int rc = root ? store_verify(root, false, NULL, ctx->ds) : 0;

	if (rc < 0)
		return OC_FAIL;
	if (!op->prior)
		return OC_GONE;
	out->attrs = json_deep_copy(op->prior);
	if (rc == 0)
		json_object_set_new(out->attrs, "path", json_string(""));
	out->priv = op->priv ? jx_share(op->priv) : NULL;
	return OC_OK;
}

const struct effects effects_prestate = {
	.kind = "prestate",
	.read = prestate_read,
	.create = prestate_create,
	.update = prestate_update,
	.remove = effect_leave,
};
