/*
 * apply -take-over: the processes of a chain move to this machine.
 *
 * Two sequencers, batchers or proposers would damage the chain, and the other
 * machine may be out of reach. What it does shows on the L1: a batcher that
 * runs sends a transaction at least each time a channel has lasted as long as
 * it may.
 */
#include "cmd/opl2/run/session.h"

#include <stdlib.h>

#include "cmd/opl2/chain/chain.h"
#include "cmd/opl2/chain/part.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "state/state.h"

enum {
	QUIET_S = 600, /* at least, of the L1's time */
	/* A channel that is full of blocks, and as long again for L1 fees or a
	 * DA server that holds its transactions up. */
	CHANNELS = 2,
	L1_BLOCK_S = 12
};

struct watch {
	json_t *accounts; /* [{"name", "address"}] */
	bool alone;       /* there is a process that must be the only one */
	bool batcher;     /* its account is among them */
	const char *l1;   /* a process that is the chain's L1, or NULL */
	int64_t seconds;
};

/* Of a batcher: how long its channels last. 0: as long as they take. */
static int64_t
channel_s(const struct part *p)
{
	const json_t *v =
		jx_get(jx_get(p->e->config, "args"), "max-channel-duration");

	if (json_is_string(v))
		return strtoll(json_string_value(v), NULL, 10) * L1_BLOCK_S;
	return json_is_integer(v) ? json_integer_value(v) * L1_BLOCK_S : 0;
}

static void
watch_part(struct watch *w, const struct part *p)
{
	int64_t quiet = p->role == ROLE_BATCHER ? CHANNELS * channel_s(p) : 0;

	if (p->role == ROLE_L1)
		w->l1 = p->e->addr;
	w->alone |= p->role == ROLE_SEQUENCER || p->role == ROLE_BATCHER ||
		    p->role == ROLE_PROPOSER;
	if (quiet > w->seconds)
		w->seconds = quiet;
	if (!p->signs_as)
		return;
	w->batcher |= p->role == ROLE_BATCHER;
	json_array_append_new(w->accounts,
			      json_pack("{s:s, s:s}", "name", p->name,
					"address", p->signs_as));
}

static int
cannot_tell(struct cmd *c, const char *why, const char *addr)
{
	diag_err(&c->ds, "E0555",
		 "cannot prove that the machine which has the processes is "
		 "silent: %s",
		 why);
	if (addr)
		diag_addr(&c->ds, addr);
	diag_hint(&c->ds, "if you know that nothing runs there, run 'opl2 "
			  "state rm' for each process, then apply here");
	return -1;
}

static int
ask_l1(struct session *s, const struct watch *w)
{
	struct cmd *c = s->c;
	CLEANUP(put_json) json_t *facts = chain_facts(s->run->state, &c->ds);
	CLEANUP(put_json) json_t *args = NULL;
	CLEANUP(put_json) json_t *answer = NULL;
	const json_t *l1 = jx_get(facts, "l1");

	if (!facts)
		return -1;
	args = json_pack("{s:O, s:O, s:O, s:I}", "l1_rpc", jx_get(l1, "rpc"),
			 "l1_chain_id", jx_get(l1, "chain_id"), "accounts",
			 w->accounts, "seconds", (json_int_t)w->seconds);
	return run_action(s->run, "silence", args, &answer, &c->ds);
}

int
session_take_over(struct session *s)
{
	CLEANUP(put_json) json_t *accounts = json_array();
	CLEANUP(put_json) json_t *keep = json_array();
	struct watch w = { .accounts = accounts, .seconds = QUIET_S };
	struct cmd *c = s->c;
	struct part *parts;
	size_t n;

	if (!s->run->elsewhere || !s->plan->take_over)
		return 0;
	parts = parts_of(s->run->spec, s->run->state, &c->arena, keep, &n);
	for (size_t i = 0; i < n; i++)
		watch_part(&w, &parts[i]);
	if (!w.alone)
		return 0;
	if (w.l1)
		return cannot_tell(c, "the chain's L1 runs there, too", w.l1);
	if (!w.batcher)
		return cannot_tell(c,
				   "no batcher is recorded whose account "
				   "could be watched on the L1",
				   NULL);
	return ask_l1(s, &w);
}
