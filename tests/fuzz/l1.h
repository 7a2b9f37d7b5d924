#ifndef OPL2_TESTS_FUZZ_L1_H
#define OPL2_TESTS_FUZZ_L1_H

/*
 * An L1 in memory for fuzz_sender.c: one chain, which can be reorganised, and
 * two nodes with a pool each, of which one may lag. It has one account, so that
 * a nonce tells a transaction's purpose. No money is checked here but what a
 * real node and a real block check.
 */
#include "tests/fuzz/fuzz.h"

#include "engine/base/u256.h"

__extension__ typedef unsigned __int128 u128;

#define L1_TXS    512
#define L1_BLOCKS 4096
#define L1_PER    3 /* transactions in a block */
#define L1_GAS    30000000
#define GWEI      1000000000ull

struct l1_tx {                      /* a signed form, sent or not */
	uint8_t hash[32], what[32]; /* what: to, value and data */
	uint64_t nonce, gas, uses;  /* uses: before Amsterdam */
	u128 max_fee, priority, value;
	unsigned run;   /* that signed it last */
	uint64_t order; /* of the last signature among all */
	bool foreign, durable, sent;
	bool taken; /* some pool had it */
};

struct l1_block {
	uint64_t base, time;
	unsigned txs[L1_PER];
	size_t n;
	size_t depth; /* how deep it has been, itself counted */
	int fork;
};

struct l1_node {
	size_t lag;
	bool has[L1_TXS];
};

enum { CANCUN, PRAGUE, OSAKA, AMSTERDAM };

struct l1 {
	struct l1_tx txs[L1_TXS];
	size_t ntxs;
	struct l1_block blocks[L1_BLOCKS];
	size_t nblocks;
	struct l1_node node[2];
	uint64_t base, floor; /* of the next block; tip that pools want */
	uint64_t fork_at;     /* time of the next fork; 0: none is known */
	uint64_t now;         /* of blocks, seconds */
	int fork;
	u128 funds, fee_cap;
	bool fails[L1_TXS]; /* by nonce: on the chain it reverts */
};

static inline u128
l1_u128(const struct u256 *v)
{
	return v->w[2] || v->w[3] ? ~(u128)0 : (u128)v->w[1] << 64 | v->w[0];
}

static inline struct u256
l1_u256(u128 v)
{
	return (struct u256){ { (uint64_t)v, (uint64_t)(v >> 64), 0, 0 } };
}

static inline u128
l1_price(const struct l1_tx *t, const struct l1_block *b)
{
	return t->max_fee < b->base + t->priority ? t->max_fee
						  : b->base + t->priority;
}

static inline u128
l1_worst(const struct l1_tx *t)
{
	return t->gas * t->max_fee + t->value;
}

static inline uint64_t
l1_needs(uint64_t gas, int fork)
{
	return fork == AMSTERDAM ? gas * 230 / 100 : gas;
}

static inline uint64_t
l1_used(const struct l1_tx *t, const struct l1_block *b)
{
	uint64_t needs = l1_needs(t->uses, b->fork);

	return t->gas < needs ? t->gas : needs;
}

static inline bool
l1_succeeds(const struct l1 *c, const struct l1_tx *t, const struct l1_block *b)
{
	return t->gas >= l1_needs(t->uses, b->fork) &&
	       !c->fails[t->nonce % L1_TXS];
}

/* What is in the first n blocks: nonces used, and money gone. */
static inline uint64_t
l1_count(const struct l1 *c, size_t n, u128 *paid)
{
	uint64_t count = 0;
	u128 sum = 0;

	for (size_t b = 0; b < n; b++) {
		const struct l1_block *block = &c->blocks[b];

		for (size_t k = 0; k < block->n; k++) {
			const struct l1_tx *t = &c->txs[block->txs[k]];

			sum += l1_used(t, block) * l1_price(t, block) +
			       t->value;
			count++;
		}
	}
	if (paid)
		*paid = sum;
	return count;
}

/* The block of the first n that has it, or n. */
static inline size_t
l1_block_of(const struct l1 *c, size_t n, size_t tx)
{
	size_t b = 0;

	for (; b < n; b++)
		for (size_t k = 0; k < c->blocks[b].n; k++)
			if (c->blocks[b].txs[k] == tx)
				return b;
	return n;
}

static inline size_t
l1_find(const struct l1 *c, const uint8_t hash[32])
{
	size_t i = 0;

	while (i < c->ntxs && memcmp(c->txs[i].hash, hash, 32) != 0)
		i++;
	return i;
}

/* The form with that nonce that a block at this fee takes, or ntxs. */
static inline size_t
l1_next(const struct l1 *c, uint64_t nonce, uint64_t base, u128 balance)
{
	size_t best = c->ntxs;

	for (size_t i = 0; i < c->ntxs; i++) {
		const struct l1_tx *t = &c->txs[i];

		if (t->nonce == nonce && t->max_fee >= base &&
		    l1_worst(t) <= balance &&
		    (c->node[0].has[i] || c->node[1].has[i]) &&
		    (best == c->ntxs || t->priority > c->txs[best].priority))
			best = i;
	}
	return best;
}

static inline void
l1_mine(struct l1 *c, bool empty)
{
	struct l1_block *b = &c->blocks[c->nblocks];
	u128 paid;
	uint64_t nonce = l1_count(c, c->nblocks, &paid);

	FUZZ_CHECK(c->nblocks < L1_BLOCKS);
	c->now += 12;
	if (c->fork_at && c->now >= c->fork_at) {
		c->fork++;
		c->fork_at = 0;
	}
	*b = (struct l1_block){ .base = c->base,
				.time = c->now,
				.fork = c->fork };
	while (!empty && b->n < L1_PER) {
		size_t i = l1_next(c, nonce, b->base, c->funds - paid);

		if (i == c->ntxs)
			break;
		b->txs[b->n++] = (unsigned)i;
		paid += l1_used(&c->txs[i], b) * l1_price(&c->txs[i], b) +
			c->txs[i].value;
		nonce++;
	}
	c->nblocks++;
	for (size_t i = 0; i < c->nblocks; i++)
		if (c->blocks[i].depth < c->nblocks - i)
			c->blocks[i].depth = c->nblocks - i;
}

/* The last n blocks are no more; what was in them may be lost, too. */
static inline void
l1_reorganise(struct l1 *c, size_t n, bool lost)
{
	for (; n > 0 && c->nblocks > 1; n--) {
		const struct l1_block *b = &c->blocks[--c->nblocks];

		for (size_t k = 0; k < b->n; k++)
			for (size_t i = 0; i < 2; i++)
				c->node[i].has[b->txs[k]] = !lost;
	}
}

/* How many blocks a node has. */
static inline size_t
l1_seen(const struct l1 *c, const struct l1_node *n)
{
	return n->lag < c->nblocks ? c->nblocks - n->lag : 1;
}

static inline u128
l1_in_pool(const struct l1 *c, const struct l1_node *n, uint64_t count,
	   uint64_t other_than)
{
	u128 sum = 0;

	for (size_t i = 0; i < c->ntxs; i++)
		if (n->has[i] && c->txs[i].nonce >= count &&
		    c->txs[i].nonce != other_than)
			sum += l1_worst(&c->txs[i]);
	return sum;
}

/* A pool's answer: NULL, taken; else why not. */
static inline const char *
l1_take(struct l1 *c, struct l1_node *n, size_t tx, char *room, size_t max)
{
	struct l1_tx *t = &c->txs[tx];
	u128 paid, fee = t->gas * t->max_fee;
	uint64_t count = l1_count(c, l1_seen(c, n), &paid);

	if (t->nonce < count)
		return "nonce too low";
	if (n->has[tx])
		return "already known";
	if (c->fee_cap && fee > c->fee_cap) {
		(void)snprintf(room, max,
			       "tx fee (%.2f ether) exceeds the configured cap "
			       "(%.2f ether)",
			       (double)fee / 1e18, (double)c->fee_cap / 1e18);
		return room;
	}
	if (t->priority < c->floor)
		return "transaction underpriced: tip needed";
	if (c->funds < paid + l1_in_pool(c, n, count, t->nonce) + l1_worst(t))
		return "insufficient funds for gas * price + value";
	for (size_t i = 0; i < c->ntxs; i++) {
		const struct l1_tx *old = &c->txs[i];

		if (!n->has[i] || old->nonce != t->nonce)
			continue;
		if (t->max_fee * 10 < old->max_fee * 11 ||
		    t->priority * 10 < old->priority * 11)
			return "replacement transaction underpriced";
		n->has[i] = false;
	}
	n->has[tx] = t->taken = true;
	return NULL;
}

#endif
