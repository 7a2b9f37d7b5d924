#include "providers/clients/forge/forge_send.h"

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

static enum outcome
simulate(const struct forge_send *f, struct forge_sim *sim)
{
	struct forge_run run = f->run;

	if (f->simulate)
		return f->simulate(f->arg, sim);
	run.sender = f->s->addr;
	run.rpc_url = rpc_url(f->s->rpc);
	forge_project_get(f->ctx, jx_get(f->op->config, "project"),
			  &run.project);
	return forge_simulate(f->ctx, f->op, &run, sim);
}

static void
sim_done(struct forge_sim *sim)
{
	json_decref(sim->txs);
	json_decref(sim->addresses);
}

/* Under the sender's lock: the nonces are those of the simulation. */
static enum outcome
forge_send_begin(const struct forge_send *f, struct ledger **l, json_t **about)
{
	CLEANUP(put_json)
	json_t *token = json_pack("{s:s}", "entry", f->entry);
	struct send_list list = { .dir = f->s->ledger_dir, .name = f->entry };
	CLEANUP(sim_done) struct forge_sim sim = { 0 };
	enum outcome oc = simulate(f, &sim);

	if (oc != OC_OK)
		return oc;
	*about = f->about(f->arg, &sim);
	if (!*about)
		return OC_FAIL;
	if (json_array_size(sim.txs) == 0)
		return OC_OK;
	if (effect_intend(f->ctx, token))
		return OC_FAIL;
	list.txs = sim.txs;
	list.about = *about;
	return effect_send_outcome(sender_begin(&f->s->s, &list, l), false);
}

enum outcome
forge_send(const struct forge_send *f, struct ledger **l, json_t **about)
{
	int lock CLEANUP(close_fdp) = sender_lock(&f->s->s, f->s->chain_id);
	enum outcome oc = OC_OK;
	enum send_result r;
	int found;

	if (lock < 0)
		return OC_CANCELLED;
	found = ledger_open(f->s->ledger_dir, f->entry, l, f->ctx->ds);
	if (found < 0)
		return OC_FAIL;
	if (found == 0)
		oc = forge_send_begin(f, l, about);
	else
		*about = json_deep_copy(jx_get((*l)->begin, "about"));
	if (oc != OC_OK || !*l)
		return oc;
	r = sender_run(&f->s->s, *l);
	if (r == SEND_REVERTED)
		diag_hint(f->ctx->ds, "%s", f->revert_hint);
	return effect_send_outcome(r, true);
}

enum outcome
forge_left(const struct forge_send *f, json_t **txs)
{
	struct forge_sim sim = { 0 };
	enum outcome oc;
	int rc = f->entry ? ledger_entry_left(f->ctx, f->s, f->entry, txs) : 0;

	if (rc != 0)
		return rc < 0 ? OC_FAIL : OC_OK;
	oc = simulate(f, &sim);
	json_decref(sim.addresses);
	*txs = sim.txs;
	return oc;
}
