/*
 * genesis: computed here, from the files that op-node would be given and one
 * block of the L1.
 */
#include "providers/kinds/genesis/effect_genesis.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/genesis/l2_genesis.h"
#include "providers/clients/tools/managed_files.h"
#include "providers/kinds/genesis/effect_genesis_anchor.h"

#define SMALL_MAX (1u << 20)

struct inputs {
	json_t *config, *addresses, *allocs;
};

static void
inputs_done(struct inputs *in)
{
	json_decref(in->config);
	json_decref(in->addresses);
	json_decref(in->allocs);
}

static json_t *
genesis_compute_load(struct build *b, const char *field, size_t max)
{
	return jx_load_file(jx_str(b->op->config, field, ""), max, b->ctx->ds);
}

static int
inputs_load(struct build *b, struct inputs *in)
{
	in->config = genesis_compute_load(b, "deploy_config", SMALL_MAX);
	in->addresses = genesis_compute_load(b, "addresses", SMALL_MAX);
	in->allocs = genesis_compute_load(b, "allocs", GENESIS_MAX);
	return in->config && in->addresses && in->allocs ? 0 : -1;
}

static bool
made_sorted(struct build *b, const char *field, const char *sorted)
{
	char digest[65];

	sha256_hex(sorted, strlen(sorted), digest);
	return strcmp(digest, managed_digest(b->op, field)) == 0;
}

/*
 * The text is op-node's. opl2 wrote files anew, with sorted keys, when it had
 * to put something right in what an old op-node said: what was made like that
 * is made like that again, so that a lost file comes back as it was.
 */
static int
write_doc(struct build *b, const char *field, const char *path,
	  const json_t *doc)
{
	CLEANUP(freep) char *sorted = NULL, *text = NULL;

	if (managed_digest(b->op, field)[0])
		sorted = jx_dump(doc);
	if (sorted && made_sorted(b, field, sorted))
		text = TAKE(sorted);
	else
		text = l2_genesis_text(doc);
	return file_replace(path, text, strlen(text), 0644, b->ctx->ds);
}

static int
write_all(struct build *b, const json_t *genesis, const json_t *rollup)
{
	CLEANUP(put_json) json_t *modern = with_chain_op(rollup, genesis);

	return write_doc(b, "genesis", b->genesis, genesis) ||
			       write_doc(b, "rollup", b->rollup, rollup) ||
			       file_replace_json(b->rollup_chain_op, modern,
						 0644, b->ctx->ds)
		       ? -1
		       : 0;
}

static int
genesis_compute_make(struct build *b, const struct inputs *in,
		     const struct anchor *l1)
{
	const struct l2_genesis_from from = {
		.config = in->config,
		.addresses = in->addresses,
		.allocs = in->allocs,
		.l1_number = l1->number,
		.l1_time = l1->time,
		.l1_hash = l1->hash,
	};
	CLEANUP(put_json) json_t *genesis = NULL, *rollup = NULL;

	if (l2_genesis(&from, &genesis, &rollup, b->ctx->ds) ||
	    genesis_check_same(b, rollup))
		return -1;
	if (b->at != b->start)
		anchor_warn_lost(b->ctx, b->rpc, rollup, b->start, l1);
	return write_all(b, genesis, rollup);
}

enum outcome
genesis_compute(struct build *b)
{
	CLEANUP(inputs_done) struct inputs in = { 0 };
	struct anchor l1;
	enum outcome oc;

	effect_progress(b->ctx, "computing the genesis of the L2");
	oc = anchor_query(b->ctx, b->rpc, b->at, &l1);
	if (oc != OC_OK)
		return oc;
	return inputs_load(b, &in) || genesis_compute_make(b, &in, &l1)
		       ? OC_FAIL
		       : OC_OK;
}
