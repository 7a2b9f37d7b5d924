#ifndef OPL2_PROVIDERS_CLIENTS_SEND_SENDER_INT_H
#define OPL2_PROVIDERS_CLIENTS_SEND_SENDER_INT_H

#include "engine/base/clock.h"
#include "providers/clients/send/gas.h"
#include "providers/clients/send/sender.h"

/* Shared by the sender's own files only. */

struct fees {
	struct u256 base;     /* of the newest block */
	struct u256 priority; /* to offer */
	struct u256 cap;      /* max fee per gas to offer */
	struct u256 price;    /* what a unit of gas is expected to cost */
	bool too_dear;        /* the base fee alone is over the policy's cap */
};

/* What a look at the chain found. */
struct chain_view {
	struct gas_head head;
	struct u256 balance; /* of the sender; all ones: not told */
	uint64_t
		settled; /* the policy's tag is at this block; 0: nowhere yet */
	uint64_t count;  /* transactions of the sender that are mined */
	struct fees fees;
};

/* What a request that failed is to the caller of the sender; otherwise: when
 * it was neither the node's silence nor a cancellation. */
enum send_result send_result_of(enum rpc_status st, enum send_result otherwise);

/* Fees for policy and base; priority is the node's suggestion. */
void fees_for(const struct send_policy *p, const struct u256 *base,
	      const struct u256 *suggested, struct fees *out);
/* At least 12.5 % over old in both, and not under today's; false when the
 * policy's limits forbid it. */
bool fees_bump(const struct send_policy *p, const struct fees *now,
	       const struct ledger_version *old, struct u256 *max_fee,
	       struct u256 *priority);

/* One look. ds may be NULL. */
enum rpc_status sender_read_chain(const struct sender *s,
				  const uint8_t from[20],
				  struct chain_view *out, struct diags *ds);

/* Why a mined transaction failed: replays it. malloc'd. */
char *revert_reason(const struct sender *s, const struct ledger *l, size_t i,
		    uint64_t block, uint64_t gas_used);

/* --- a run, sender_run.c ------------------------------------------------- */

struct slot_rt {
	bool seen;
	bool underpriced;     /* the node wants more */
	bool over_cap;        /* the node passes on only cheaper ones */
	uint64_t since_block; /* of the newest form's sending */
	uint64_t missing_ms;  /* since when no receipt explains its nonce */
	uint64_t taken_ms;    /* since when a stranger's seems to be pending */
};

struct run {
	const struct sender *s;
	struct ledger *l;
	struct slot_rt *rt;
	struct chain_view view;
	bool looked, new_head;
	uint64_t looked_ms; /* when the head came last */
	uint64_t block_ms;
	uint64_t news_ms, said_ms, mended_ms, silent_ms;
	uint64_t dear_ms;   /* since when fees are over the limits; 0: not */
	bool reorganised;   /* and it has been told */
	struct u256 others; /* what the apply's other entries cost */
	/* Slots before this one may be signed with the gas that they have, in
	 * this fork (NULL: not looked yet). */
	size_t measured;
	const char *fork;
	struct gas_way way;
	uint64_t unmeasured_ms; /* since when the next one cannot be */
	bool asked_next;        /* whether the node knows a next fork ... */
	uint64_t fork_at;       /* ... at this time; 0: none */
	bool forked, scaled;    /* and it has been told */
	bool renewed;           /* see run_renew */
	size_t mined;
	char *last_refusal;      /* the node's words, or NULL */
	struct u256 fee_cap;     /* of the node (fee_cap.h); 0: none was said */
	enum send_result result; /* when a step returns -1 */
	const char *waits_for;   /* for people */
	char waits_text[320];    /* room for it */
};

/* A step that returns -1 has said why in r->result. */
int run_stop(struct run *r, enum send_result result);
/* n transactions have left the chain again: tells it. */
void run_reorganised(struct run *r, size_t n);
/* Nothing can bring slot i on, so the entry ends (E0842): how, and why. */
int run_refused(struct run *r, size_t i, const char *how, const char *why);
/* How long what a node says is doubted, when it would end the run: behind one
 * URL there may be several nodes. */
uint64_t run_doubt_ms(const struct run *r);
bool slot_is_pending(const struct run *r, size_t i);
struct ledger_version *slot_newest(const struct ledger_slot *slot);
const char *slot_name(const struct run *r, size_t i);

/* sender.c: what is signed counts against the ceiling once it is in the ledger,
 * so one list of the apply at a time looks at what the others cost, signs, and
 * writes. *lock is the caller's to close. SEND_DONE, SEND_CANCELLED, or
 * SEND_FAILED with a diagnostic. */
enum send_result sender_lock_ledgers(const struct sender *s, const char *dir,
				     int *lock);

/* sender_settle.c: takes the receipts of all nonces that are used. */
int run_settle(struct run *r);
/* Looks once more at what is recorded as mined: 1 it all is, 0 not any more,
 * or the node does not say. */
int run_confirm(struct run *r);
/* A transaction that is not the ledger's holds the slot's nonce (E0843). */
int run_foreign(struct run *r, size_t i);
/* The same, once it has looked like that for long enough: *since is when it
 * first did, 0 at first. */
int run_doubt(struct run *r, size_t i, uint64_t *since, const char *waits_for);

/* sender_gas.c: a look at the head has been taken: what was measured in another
 * fork counts no more. */
void run_took_fork(struct run *r);
/* Whether slot i may be signed now, for its gas is known; flying: others are
 * in flight. 1, 0 not yet, -1. */
int run_measure(struct run *r, size_t i, bool flying);
/* What was signed for an older fork and would run out of gas in this one gets
 * another form under its nonce: 1, 0 not yet, -1. */
int run_renew(struct run *r);
/* Whether nothing new may be signed because a fork is near. */
bool run_fork_is_near(struct run *r);

/* sender_pool.c: signs and sends another form of each, dearer where the limits
 * allow it, with the gas that the slots have now. */
int run_replace(struct run *r, const size_t *which, size_t n);
/* Sends again what the pool lost, bumps what is stuck ... */
int run_mend(struct run *r);
/* ... and signs and sends as many new ones as fit. */
int run_fill(struct run *r);

#endif
