/* The sender: gas of what is signed next, as the chain has it now. */
#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/jx.h"
#include "providers/clients/send/sender_int.h"
#include "providers/facts/forks.h"

/* A fork is near when it comes within so many blocks, and a bit. */
#define NEAR_BLOCKS 2
#define NEAR_S      15
#define BLOCK_MS    12000 /* until it is seen */

/* --- forks ---------------------------------------------------------------- */

static void
sender_gas_say(struct run *r, const char *line)
{
	if (r->s->progress)
		r->s->progress(r->s->arg, line);
}

void
run_took_fork(struct run *r)
{
	const char *now = r->view.head.fork;
	bool came = r->fork && strcmp(r->fork, now) != 0;
	bool known = r->fork_at > 0 && r->view.head.time >= r->fork_at;

	r->fork = now;
	if (!came)
		return;
	r->measured = 0;
	r->renewed = r->asked_next = false;
	if (known || r->forked)
		return;
	r->forked = true;
	diag_warn(r->s->ds, "W0889",
		  "the chain has forked to '%s' while transactions were being "
		  "sent",
		  now);
	sender_gas_say(r, r->s->ds->last->summary);
}

static void
ask_next(struct run *r)
{
	struct gas_head head = r->view.head;

	gas_ask_fork(r->s->rpc, &head);
	r->asked_next = true;
	r->fork_at = head.next_fork;
}

static void
say_fork(struct run *r)
{
	char when[32];

	utc_text((int64_t)r->fork_at, when, sizeof(when));
	(void)snprintf(r->waits_text, sizeof(r->waits_text),
		       "the chain's fork at %s", when);
	r->waits_for = r->waits_text;
}

bool
run_fork_is_near(struct run *r)
{
	uint64_t block_ms = r->block_ms ? r->block_ms : BLOCK_MS;
	uint64_t now = r->view.head.time;

	if (!r->asked_next)
		ask_next(r);
	if (r->fork_at == 0)
		return false;
	if (now >= r->fork_at) {
		r->measured = 0;
		ask_next(r);
		return run_fork_is_near(r);
	}
	if (now + NEAR_BLOCKS * block_ms / 1000 + NEAR_S < r->fork_at)
		return false;
	say_fork(r);
	/* As long as the chain goes on there is nothing to be impatient of. */
	if (r->new_head)
		r->news_ms = mono_ms();
	return true;
}

/* --- gas ------------------------------------------------------------------ */

static const json_t *
planned_tx(const struct run *r, size_t i)
{
	return json_array_get(jx_get(r->l->begin, "txs"), i);
}

static int
set_gas(struct run *r, size_t i, uint64_t gas, uint64_t used)
{
	const struct ledger_slot *slot = &r->l->slots[i];

	if (slot->tx.gas == gas && slot->expected == used)
		return 0;
	return ledger_gas(r->l, i, gas, used, r->s->ds) < 0
		       ? run_stop(r, SEND_FAILED)
		       : 0;
}

/* On the disk before anything is signed with it. */
static int
now_measured(struct run *r, size_t end)
{
	if (ledger_sync(r->l, r->s->ds) < 0)
		return run_stop(r, SEND_FAILED);
	FAULT("sender.measured");
	r->unmeasured_ms = 0;
	r->measured = end;
	return 1;
}

static int
take_measured(struct run *r, size_t first, const struct gas_measured *m)
{
	for (size_t k = 0; k < m->n; k++) {
		const struct gas_figure *f = &m->v[k];
		size_t i = first + k;
		uint64_t most = gas_most(r->s->rpc, &r->view.head, f->peak);

		if (gas_check(r->s->ds, planned_tx(r, i), i, f->peak, 0, most) <
		    0)
			return run_stop(r, SEND_LATER);
		if (set_gas(r, i, gas_limit(f->peak, r->s->policy.margin, most),
			    f->used) < 0)
			return -1;
	}
	if (m->v[0].source != GAS_ESTIMATED)
		return now_measured(r, first + m->n);
	return now_measured(r, gas_signable(jx_get(r->l->begin, "txs"),
					    first + m->n, r->view.head.fork));
}

/* Nobody measures: what was planned grows as the fork lets it at worst. */
static int
scale(struct run *r, size_t first, size_t end, const char *why)
{
	const char *from = jx_str(r->l->begin, "fork", GAS_FORGE);
	const struct gas_head *head = &r->view.head;

	for (size_t i = first; i < end; i++) {
		const struct ledger_slot *slot = &r->l->slots[i];
		uint64_t most = gas_most(r->s->rpc, head, slot->planned);

		if (set_gas(r, i,
			    gas_limit_scaled(slot->planned, from, head->fork,
					     slot->tx.data_len, most),
			    slot->expected) < 0)
			return -1;
	}
	if (!r->scaled)
		diag_warn(r->s->ds, "W0888",
			  "'%s' cannot measure gas: limits come from a "
			  "simulation, for the fork '%s'%s%s",
			  rpc_name(r->s->rpc), head->fork, why ? ": " : "",
			  why ? why : "");
	r->scaled = true;
	return now_measured(r, end);
}

/* What would end or cost something is not believed at once. */
static int
unmeasured(struct run *r, size_t i, const struct gas_measured *m)
{
	const char *why = m->revert ? m->revert : m->why;

	if (r->way.no_simulation && r->way.no_estimate)
		return scale(r, i, r->l->nslots, NULL);
	if (!r->unmeasured_ms)
		r->unmeasured_ms = mono_ms();
	(void)snprintf(r->waits_text, sizeof(r->waits_text),
		       "the gas of %s %zu to be measured: %s", slot_name(r, i),
		       i + 1, why ? why : "the node does not say it");
	r->waits_for = r->waits_text;
	if (mono_ms() - r->unmeasured_ms <= run_doubt_ms(r))
		return 0;
	if (m->revert)
		return run_refused(r, i, "would fail", m->revert);
	return scale(r, i, i + 1, why);
}

/* Whether all before the slot is in the very block that is measured at. */
static bool
is_next(struct run *r, size_t i)
{
	uint64_t nonce = r->l->slots[i].tx.nonce, count;
	char addr[43];

	eip55(r->l->from, addr);
	return r->view.count == nonce &&
	       rpc_u64(r->s->rpc, "eth_getTransactionCount",
		       json_pack("[s, o]", addr,
				 quantity_from_u64(r->view.head.number)),
		       &count, NULL) == RPC_OK &&
	       count == nonce;
}

static int
await_mined(struct run *r)
{
	r->waits_for = "what was sent to be mined, to measure gas after it";
	return 0;
}

/* Measures from slot i on: 1, *m has some; 0 not now; -1. */
static int
measure(struct run *r, size_t i, struct gas_measured *m)
{
	struct diags said;
	enum rpc_status st;
	int rc = 1;

	diags_init(&said);
	r->view.head.next_fork = r->fork_at;
	st = gas_measure(r->s->rpc, &r->way, &r->view.head, r->l->from,
			 jx_get(r->l->begin, "txs"), i, m, &said);
	if (st == RPC_CANCELLED) {
		diags_append(r->s->ds, &said);
		rc = run_stop(r, SEND_CANCELLED);
	} else if (st != RPC_OK) {
		r->waits_for = "the node to answer";
		rc = 0;
	}
	diags_done(&said);
	return rc;
}

int
run_measure(struct run *r, size_t i, bool flying)
{
	CLEANUP(gas_measured_done) struct gas_measured m = { 0 };
	int rc;

	if (i < r->measured)
		return 1;
	if (flying || !is_next(r, i))
		return await_mined(r);
	rc = measure(r, i, &m);
	if (rc <= 0)
		return rc;
	if (m.short_of > 0 &&
	    gas_check(r->s->ds, planned_tx(r, i + m.n), i + m.n, 0, m.short_of,
		      gas_most(r->s->rpc, &r->view.head, m.short_of)) < 0)
		return run_stop(r, SEND_LATER);
	return m.n > 0 ? take_measured(r, i, &m) : unmeasured(r, i, &m);
}

/* --- what is signed already ------------------------------------------------
 */

/* Whether the entry's gas may be of an older fork than the chain's. */
static bool
has_aged(const struct run *r)
{
	const char *of = jx_str(r->l->begin, "fork", GAS_FORGE);

	return forks_l1_rank(r->view.head.fork) > forks_l1_rank(of) &&
	       forks_gas_percent(of, r->view.head.fork, true) > 100;
}

static int
renew(struct run *r, size_t first, const struct gas_measured *m)
{
	size_t *which = xcalloc(m->n, sizeof(*which)), n = 0;
	int rc = 0;

	for (size_t k = 0; k < m->n; k++)
		if (slot_is_pending(r, first + k) &&
		    r->l->slots[first + k].tx.gas < m->v[k].peak)
			which[n++] = first + k;
	if (n > 0)
		rc = take_measured(r, first, m);
	if (rc >= 0 && n > 0)
		rc = run_replace(r, which, n);
	free(which);
	return rc < 0 ? -1 : 1;
}

int
run_renew(struct run *r)
{
	CLEANUP(gas_measured_done) struct gas_measured m = { 0 };
	size_t i = 0;
	int rc;

	while (i < r->l->nslots && !slot_is_pending(r, i))
		i++;
	if (r->renewed || i == r->l->nslots || !has_aged(r)) {
		r->renewed = true;
		return 1;
	}
	if (!is_next(r, i))
		return await_mined(r);
	rc = measure(r, i, &m);
	if (rc <= 0)
		return rc;
	r->renewed = true;
	return m.n > 0 ? renew(r, i, &m) : 1;
}
