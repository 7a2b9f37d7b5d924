#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "providers/clients/send/sender_int.h"

/*
 * Sending a ledger entry. How it works: one loop of look, settle, mend, fill,
 * wait. A slot is
 *
 *   new      never signed
 *   pending  signed, its nonce not used on the chain
 *   seen     a receipt is there, not yet as deep as asked for
 *   mined    recorded in the ledger
 *
 * Nothing else is remembered between rounds but how long things take, so a
 * run that begins with a half-sent entry is no special case.
 */

#define SAY_MS       5000
#define DOUBT_MS     15000
#define DOUBT_BLOCKS 3

int
run_stop(struct run *r, enum send_result result)
{
	r->result = result;
	return -1;
}

static uint64_t
patience(const struct run *r)
{
	unsigned ms = r->s->policy.patience_ms;

	return ms ? ms : 180000;
}

uint64_t
run_doubt_ms(const struct run *r)
{
	uint64_t ms = patience(r) / 4;

	return (ms < DOUBT_MS ? ms : DOUBT_MS) + DOUBT_BLOCKS * r->block_ms;
}

int
run_refused(struct run *r, size_t i, const char *how, const char *why)
{
	char *reason;
	int rc;

	diag_err(r->s->ds, "E0842", "%s %zu of %zu %s: %s", slot_name(r, i),
		 i + 1, r->l->nslots, how, why);
	reason = xasprintf("refused: %s", why);
	rc = ledger_end(r->l, reason, r->s->ds);
	free(reason);
	return run_stop(r, rc < 0 ? SEND_FAILED : SEND_REVERTED);
}

bool
slot_is_pending(const struct run *r, size_t i)
{
	const struct ledger_slot *slot = &r->l->slots[i];

	return slot->nversions > 0 && !slot->mined && !r->rt[i].seen;
}

struct ledger_version *
slot_newest(const struct ledger_slot *slot)
{
	return &slot->versions[slot->nversions - 1];
}

const char *
slot_name(const struct run *r, size_t i)
{
	const char *name = r->l->slots[i].name;

	return name ? name : "transaction";
}

/* --- look ---------------------------------------------------------------- */

/* Nonces from count on are unused: what was mined there is so no more, by a
 * reorganisation or on a chain restored from an older copy. */
static size_t
take_back(struct run *r, const struct chain_view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < r->l->nslots; i++) {
		struct ledger_slot *slot = &r->l->slots[i];

		if (r->rt[i].since_block > v->head.number)
			r->rt[i].since_block = v->head.number;
		if (slot->tx.nonce < v->count)
			continue;
		n += slot->mined || r->rt[i].seen;
		r->rt[i].seen = false;
		r->rt[i].missing_ms = 0;
		if (slot->mined) {
			ledger_unmine(r->l, i);
			r->mined--;
		}
	}
	return n;
}

void
run_reorganised(struct run *r, size_t n)
{
	char *line = xasprintf("%zu mined transactions are no longer in the "
			       "chain: it was reorganised",
			       n);

	if (r->s->progress)
		r->s->progress(r->s->arg, line);
	if (!r->reorganised)
		diag_warn(r->s->ds, "W0882", "%s", line);
	r->reorganised = true;
	free(line);
}

/* Who did not look for so long, because the program was stopped, has seen what
 * the node said then and what it says now, and nothing between. */
static void
forget_doubts(struct run *r)
{
	uint64_t was = r->looked_ms;

	r->looked_ms = mono_ms();
	if (!r->looked || r->looked_ms - was <= run_doubt_ms(r) / 2)
		return;
	for (size_t i = 0; i < r->l->nslots; i++)
		r->rt[i].missing_ms = r->rt[i].taken_ms = 0;
	r->unmeasured_ms = 0;
}

static void
took_head(struct run *r, const struct chain_view *v)
{
	size_t back;

	forget_doubts(r);
	if (r->looked && v->head.number > r->view.head.number &&
	    v->head.time > r->view.head.time)
		r->block_ms = (v->head.time - r->view.head.time) * 1000 /
			      (v->head.number - r->view.head.number);
	r->new_head = !r->looked || v->head.number != r->view.head.number;
	for (size_t i = 0; !r->looked && i < r->l->nslots; i++)
		r->rt[i].since_block = v->head.number;
	r->looked = true;
	r->view = *v;
	r->silent_ms = 0;
	run_took_fork(r);
	back = take_back(r, v);
	if (back > 0)
		run_reorganised(r, back);
}

/* 1: looked, 0: not this time, -1. */
static int
sender_run_poll(struct run *r)
{
	struct diags quiet;
	struct chain_view v;
	enum rpc_status st;
	int rc = 0;

	diags_init(&quiet);
	st = sender_read_chain(r->s, r->l->from, &v, &quiet);
	if (st == RPC_OK) {
		took_head(r, &v);
		rc = 1;
	} else if (st == RPC_CANCELLED) {
		diags_append(r->s->ds, &quiet);
		rc = run_stop(r, SEND_CANCELLED);
	} else {
		uint64_t now = mono_ms();

		if (!r->silent_ms)
			r->silent_ms = now;
		r->waits_for = "the node to answer";
		if (now - r->silent_ms >= patience(r)) {
			diags_append(r->s->ds, &quiet);
			rc = run_stop(r, SEND_UNREACHABLE);
		}
	}
	diags_done(&quiet);
	return rc;
}

/* --- the loop ------------------------------------------------------------ */

static void
sender_run_tell(struct run *r, size_t mined_before)
{
	uint64_t now = mono_ms();
	size_t flying = 0;
	char *line;

	if (!r->s->progress || (r->said_ms && r->mined == mined_before &&
				now - r->said_ms < SAY_MS))
		return;
	for (size_t i = 0; i < r->l->nslots; i++)
		flying += r->l->slots[i].nversions > 0 && !r->l->slots[i].mined;
	line = xasprintf(
		"%zu of %zu confirmed, %zu sent; block %llu, waits for %s",
		r->mined, r->l->nslots, flying,
		(unsigned long long)r->view.head.number, r->waits_for);
	r->s->progress(r->s->arg, line);
	free(line);
	r->said_ms = now;
}

/* What the sender had in the chain before this list is no longer there, and no
 * pool has it: the list cannot be mined. */
static void
hint_gap(struct run *r)
{
	char addr[43];

	eip55(r->l->from, addr);
	diag_hint(r->s->ds,
		  "%s has nonce %llu next, and this list begins at %llu: what "
		  "was between was lost by a reorganisation; send any "
		  "transaction with each nonce that is missing, and rerun the "
		  "command",
		  addr, (unsigned long long)r->view.count,
		  (unsigned long long)r->l->first_nonce);
}

static int
out_of_patience(struct run *r)
{
	if (mono_ms() - r->news_ms < patience(r))
		return 0;
	diag_err(r->s->ds, "E0846",
		 "nothing was mined for %llu seconds, "
		 "%zu of %zu are",
		 (unsigned long long)(patience(r) / 1000), r->mined,
		 r->l->nslots);
	if (r->view.count < r->l->first_nonce)
		hint_gap(r);
	else
		diag_hint(r->s->ds,
			  "%s%s; rerun the command: it continues where it "
			  "stopped",
			  r->last_refusal ? "the node said: "
					  : "the chain may be "
					    "stalled",
			  r->last_refusal ? r->last_refusal : "");
	return run_stop(r, SEND_LATER);
}

/* One round: 1 all is mined, 0 go on, -1 stop. */
static int
one_round(struct run *r)
{
	int looked, renewed;

	r->waits_for = "the next block";
	looked = sender_run_poll(r);
	if (looked < 0)
		return -1;
	if (looked == 0)
		return 0;
	if (run_settle(r) < 0)
		return -1;
	if (r->mined == r->l->nslots)
		return run_confirm(r);
	renewed = run_renew(r);
	if (renewed < 0 ||
	    (renewed == 1 && (run_mend(r) < 0 || run_fill(r) < 0)))
		return -1;
	return out_of_patience(r);
}

static unsigned
poll_ms(const struct run *r)
{
	uint64_t ms = r->block_ms / 8;

	return ms < 100 ? 100 : ms > 3000 ? 3000 : (unsigned)ms;
}

static enum send_result
loop(struct run *r)
{
	for (;;) {
		size_t before = r->mined;
		int rc = one_round(r);

		if (rc < 0)
			return r->result;
		sender_run_tell(r, before);
		if (rc == 1)
			break;
		if (r->s->wait(r->s->arg, poll_ms(r))) {
			diag_err(r->s->ds, "E0805",
				 "interrupted with %zu of %zu confirmed",
				 r->mined, r->l->nslots);
			diag_hint(r->s->ds, "rerun the command: it continues "
					    "where it stopped");
			return SEND_CANCELLED;
		}
	}
	return ledger_end(r->l, "done", r->s->ds) < 0 ? SEND_FAILED : SEND_DONE;
}

/* An entry is only ever sent with its key, to its chain. */
static enum send_result
check_entry(const struct sender *s, const struct ledger *l)
{
	uint8_t from[20], genesis[32];
	char addr[43];
	enum rpc_status st;

	signer_address(s->signer, from);
	if (memcmp(from, l->from, 20) != 0) {
		eip55(l->from, addr);
		diag_err(s->ds, "E0849",
			 "the ledger's transactions are from %s, but the key "
			 "belongs to another account",
			 addr);
		diag_hint(s->ds, "use the key of %s", addr);
		return SEND_FAILED;
	}
	st = chain_genesis(s->rpc, genesis, s->ds);
	if (st != RPC_OK)
		return send_result_of(st, SEND_FAILED);
	if (memcmp(genesis, l->genesis, 32) != 0) {
		diag_err(s->ds, "E0849",
			 "ledger '%s' belongs to a chain with "
			 "another block 0 than '%s'",
			 l->path, rpc_name(s->rpc));
		return SEND_FAILED;
	}
	return SEND_DONE;
}

/* What a killed run signed may be in the file and not on the disk yet, and is
 * sent again as it is. */
static enum send_result
settle_entry(const struct sender *s, struct ledger *l)
{
	for (size_t i = 0; i < l->nslots; i++)
		if (l->slots[i].nversions > 0)
			return ledger_sync(l, s->ds) < 0 ? SEND_FAILED
							 : SEND_DONE;
	return SEND_DONE;
}

static enum send_result
report_ended(const struct sender *s, const struct ledger *l)
{
	if (strcmp(l->ended, "done") == 0)
		return SEND_DONE;
	diag_err(s->ds, "E0842", "an earlier run ended: %s", l->ended);
	return SEND_REVERTED;
}

enum send_result
sender_run(const struct sender *s, struct ledger *l)
{
	struct run r = { .s = s,
			 .l = l,
			 .news_ms = mono_ms(),
			 .measured = l->measured,
			 .fork = l->fork };
	enum send_result result;

	if (l->ended)
		return report_ended(s, l);
	result = check_entry(s, l);
	if (result == SEND_DONE)
		result = settle_entry(s, l);
	if (result != SEND_DONE)
		return result;
	for (size_t i = 0; i < l->nslots; i++)
		r.mined += l->slots[i].mined;
	r.rt = xcalloc(l->nslots ? l->nslots : 1, sizeof(*r.rt));
	result = loop(&r);
	free(r.rt);
	free(r.last_refusal);
	return result;
}
