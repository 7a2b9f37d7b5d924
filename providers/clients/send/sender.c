#include "providers/clients/send/sender.h"

#include <errno.h>
#include <fcntl.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/flock.h"
#include "engine/io/jx.h"
#include "providers/clients/send/sender_int.h"

/* The part before the first signature: lock, cost, checks, the entry. The
 * part after it is sender_run.c. */

#define LOCK_POLL_MS 100
#define TELL_EACH    50 /* polls */

static void
sender_say(const struct sender *s, const char *line)
{
	if (s->progress)
		s->progress(s->arg, line);
}

enum send_result
send_result_of(enum rpc_status st, enum send_result otherwise)
{
	switch (st) {
	case RPC_UNREACHABLE:
	case RPC_TIMEOUT:
		return SEND_UNREACHABLE;
	case RPC_CANCELLED:
		return SEND_CANCELLED;
	default:
		return otherwise;
	}
}

static enum send_result
from_rpc(enum rpc_status st)
{
	return send_result_of(st, SEND_FAILED);
}

/* --- the lock ------------------------------------------------------------ */

/* The sender's address as people write it. */
static void
name_sender(const struct sender *s, char text[43])
{
	uint8_t addr[20];

	signer_address(s->signer, addr);
	eip55(addr, text);
}

static bool
sender_held(void *arg, unsigned before)
{
	const struct sender *s = arg;
	char text[43], line[80];

	if (before % TELL_EACH == 0) {
		name_sender(s, text);
		snprintf(line, sizeof(line), "waits for another sender of %s",
			 text);
		sender_say(s, line);
	}
	return s->wait(s->arg, LOCK_POLL_MS);
}

int
sender_lock(const struct sender *s, uint64_t chain_id)
{
	CLEANUP(freep) char *path = NULL;
	CLEANUP(close_fdp) int fd = -1;
	char text[43];
	int rc;

	name_sender(s, text);
	if (file_mkdirs(s->lock_dir, 0700, s->ds) < 0)
		return -1;
	path = xasprintf("%s/send-%llu-%s", s->lock_dir,
			 (unsigned long long)chain_id, text);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return diag_errno(s->ds, "E0501", "lock '%s'", path);
	rc = flock_wait(fd, sender_held, (void *)(uintptr_t)s);
	if (rc < 0)
		return diag_errno(s->ds, "E0501", "lock of sender %s", text);
	if (rc > 0)
		return diag_err(s->ds, "E0805",
				"interrupted while another run sends from %s",
				text);
	return fd_take(&fd);
}

/* --- cost ---------------------------------------------------------------- */

/* Expected gas and value of one planned transaction; -1 when they are not
 * numbers. */
static int
tx_amounts(const json_t *o, struct u256 *gas, struct u256 *value)
{
	const char *used = jx_str(o, "gas_used", jx_str(o, "gas", ""));

	if (u256_parse(used, gas) < 0 ||
	    u256_parse(jx_str(o, "value", ""), value) < 0)
		return -1;
	return 0;
}

/* What the list is expected to cost. */
static int
list_cost(const json_t *txs, const struct fees *f, struct u256 *out)
{
	struct u256 gas = u256_from(0), value = u256_from(0);
	bool over = false;

	for (size_t i = 0; i < json_array_size(txs); i++) {
		struct u256 g, v;

		if (tx_amounts(json_array_get(txs, i), &g, &v) < 0)
			return -1;
		over |= u256_add(&gas, &g, &gas);
		over |= u256_add(&value, &v, &value);
	}
	over |= u256_mul(&gas, &f->price, out);
	over |= u256_add(out, &value, out);
	return over ? -1 : 0;
}

static enum send_result
no_amounts(const struct sender *s)
{
	diag_err(s->ds, "E0600", "a planned transaction without gas or value");
	return SEND_FAILED;
}

enum send_result
sender_cost(const struct sender *s, const json_t *txs, struct u256 *out)
{
	struct chain_view v;
	uint8_t from[20];
	enum rpc_status st;

	signer_address(s->signer, from);
	st = sender_read_chain(s, from, &v, s->ds);
	if (st != RPC_OK)
		return from_rpc(st);
	return list_cost(txs, &v.fees, out) < 0 ? no_amounts(s) : SEND_DONE;
}

static bool
ledgers_held(void *arg, unsigned before UNUSED)
{
	const struct sender *s = arg;

	return s->wait(s->arg, LOCK_POLL_MS);
}

enum send_result
sender_lock_ledgers(const struct sender *s, const char *dir, int *lock)
{
	CLEANUP(close_fdp) int fd = -1;
	int rc = -1;

	if (file_mkdirs(dir, 0700, s->ds) < 0)
		return SEND_FAILED;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		rc = flock_wait(fd, ledgers_held, (void *)(uintptr_t)s);
	if (rc > 0) {
		diag_err(s->ds, "E0805",
			 "interrupted while another list is begun in '%s'",
			 dir);
		return SEND_CANCELLED;
	}
	if (rc < 0) {
		diag_errno(s->ds, "E0501", "ledger '%s'", dir);
		return SEND_FAILED;
	}
	*lock = fd_take(&fd);
	return SEND_DONE;
}

/* The list's cost beside what the apply's other lists cost. */
static enum send_result
check_ceiling(const struct sender *s, const struct send_list *list,
	      uint64_t chain_id, const struct u256 *cost)
{
	const struct send_policy *p = &s->policy;
	struct u256 others = u256_from(0), sum;
	char need[96], have[96], most[96];

	if (u256_is_zero(&p->ceiling))
		return SEND_DONE;
	if (p->apply && ledger_spent(list->dir, chain_id, p->apply, list->name,
				     &others, s->ds) < 0)
		return SEND_FAILED;
	if (!u256_add(&others, cost, &sum) && u256_cmp(&sum, &p->ceiling) <= 0)
		return SEND_DONE;
	ether_round(cost, true, need, sizeof(need));
	ether_round(&others, true, have, sizeof(have));
	ether_format(&p->ceiling, most, sizeof(most));
	if (u256_is_zero(&others))
		diag_err(s->ds, "E0845",
			 "sending would cost %s, over the limit of %s", need,
			 most);
	else
		diag_err(s->ds, "E0845",
			 "sending would cost %s; with the %s of this apply's "
			 "other transactions that is over the limit of %s",
			 need, have, most);
	diag_hint(s->ds, "increase limits.eth, or wait for lower fees");
	return SEND_LATER;
}

static enum send_result
check_balance(const struct sender *s, const char *addr, const struct u256 *cost)
{
	struct u256 balance, missing;
	char need[96], have[96], more[96];
	enum rpc_status st =
		rpc_u256(s->rpc, "eth_getBalance",
			 json_pack("[s, s]", addr, "latest"), &balance, s->ds);

	if (st != RPC_OK)
		return from_rpc(st);
	if (u256_cmp(&balance, cost) >= 0)
		return SEND_DONE;
	u256_sub(cost, &balance, &missing);
	ether_round(cost, true, need, sizeof(need));
	ether_round(&balance, false, have, sizeof(have));
	ether_round(&missing, true, more, sizeof(more));
	diag_err(s->ds, "E0844", "%s%s%s%s has %s and needs %s",
		 s->role ? s->role : "", s->role ? " (" : "", addr,
		 s->role ? ")" : "", have, need);
	diag_hint(s->ds, "send %s to it, then rerun the command%s%s", more,
		  s->remedy ? "; " : "", s->remedy ? s->remedy : "");
	return SEND_POOR;
}

/* --- the entry ----------------------------------------------------------- */

/* What is to be written. */
struct entry {
	uint64_t chain_id, first;
	uint8_t genesis[32], from[20];
	char addr[43];
	json_t *txs;      /* whole: nonces and gas */
	const char *fork; /* that the gas is of */
	struct u256 cost;
};

/* Of several nodes behind one URL, one may be so many blocks behind the one
 * that told of the last transaction, and catches up within that time: they are
 * seconds apart. */
#define LAG_BLOCKS 8
#define LAG_MS     5000

/* The nonce after the last one that the ledger has as mined, and that one's
 * block, 0 and 0: there is none; and the lowest of both. */
struct nonces {
	const struct entry *e; /* whose chain and sender they are of */
	uint64_t next, block;
	uint64_t first, first_block;
};

/* Matches nothing: it is there to see every entry. */
static bool
note_nonces(const struct ledger *l, void *arg)
{
	struct nonces *n = arg;

	if (l->chain_id != n->e->chain_id ||
	    memcmp(l->genesis, n->e->genesis, 32) != 0 ||
	    memcmp(l->from, n->e->from, 20) != 0)
		return false;
	for (size_t i = 0; i < l->nslots; i++) {
		const struct ledger_slot *slot = &l->slots[i];

		if (!slot->mined)
			continue;
		if (n->next == 0 || slot->tx.nonce < n->first)
			n->first = slot->tx.nonce;
		if (n->next == 0 || slot->block < n->first_block)
			n->first_block = slot->block;
		if (slot->tx.nonce < n->next)
			continue;
		n->next = slot->tx.nonce + 1;
		n->block = slot->block;
	}
	return false;
}

/* Whether the node is yet to see what the ledger has as mined. One that is past
 * that block, or far before it, or past the first of them without one, has
 * another chain: it was reorganised, or made anew. */
static bool
lags(const struct nonces *n, const struct chain_view *v)
{
	bool other = v->count <= n->first && v->head.number >= n->first_block;

	return v->count < n->next && v->head.number < n->block &&
	       v->head.number + LAG_BLOCKS >= n->block && !other;
}

static enum send_result
is_interrupted(const struct sender *s)
{
	diag_err(s->ds, "E0805", "interrupted before anything was sent");
	return SEND_CANCELLED;
}

/* Waits until nothing of the sender is pending; *count is its next nonce. */
static enum send_result
settled_nonce(const struct sender *s, const struct entry *e,
	      const struct nonces *known, uint64_t *count)
{
	unsigned patience =
		s->policy.patience_ms ? s->policy.patience_ms : 180000;
	uint64_t began = mono_ms(), pending = 0;

	for (unsigned round = 0;; round++) {
		struct chain_view v;
		enum rpc_status st = sender_read_chain(s, e->from, &v, s->ds);
		bool behind;

		if (st == RPC_OK)
			st = rpc_u64(s->rpc, "eth_getTransactionCount",
				     json_pack("[s, s]", e->addr, "pending"),
				     &pending, s->ds);
		if (st != RPC_OK)
			return from_rpc(st);
		*count = v.count;
		behind = lags(known, &v) && mono_ms() - began < LAG_MS;
		if (!behind && pending <= *count)
			return SEND_DONE;
		if (round % 10 == 0)
			sender_say(s, behind ? "waits for the node to have "
					       "the sender's last transaction"
					     : "waits for earlier "
					       "transactions of the sender");
		if (s->wait(s->arg, 500))
			return is_interrupted(s);
		if (!behind && mono_ms() - began >= patience)
			break;
	}
	diag_err(s->ds, "E0847",
		 "%llu pending transactions of %s were not sent by opl2",
		 (unsigned long long)(pending - *count), e->addr);
	diag_hint(s->ds, "wait until they are mined, or stop the program that "
			 "sends them");
	return SEND_BUSY;
}

/* Gives every one of the list its nonce. */
static int
set_nonces(const struct sender *s, json_t *txs, uint64_t first)
{
	for (size_t i = 0; i < json_array_size(txs); i++) {
		json_t *o = json_array_get(txs, i);
		int64_t nonce = jx_int(o, "nonce", (int64_t)(first + i));

		if (nonce == (int64_t)(first + i)) {
			json_object_set_new(o, "nonce", json_integer(nonce));
			continue;
		}
		diag_err(s->ds, "E0848",
			 "transaction %zu was planned with "
			 "nonce %lld, but it would be %llu",
			 i + 1, (long long)nonce,
			 (unsigned long long)(first + i));
		diag_hint(s->ds, "another program sent from this key in the "
				 "meantime; rerun the command");
		return -1;
	}
	return 0;
}

/* Measures what nobody has measured. */
static enum send_result
find_gas(const struct sender *s, const uint8_t from[20], json_t *txs,
	 struct gas_plan *p)
{
	bool known = true;
	enum rpc_status st;

	for (size_t i = 0; i < json_array_size(txs); i++)
		known = known && jx_get(json_array_get(txs, i), "gas_used");
	if (known)
		return SEND_DONE;
	st = gas_plan(s->rpc, from, s->policy.margin, txs, p, s->ds);
	return st == RPC_OK ? SEND_DONE : from_rpc(st);
}

static enum send_result
refuse_if_open(const struct sender *s, const struct send_list *list,
	       uint64_t chain_id, const uint8_t genesis[32],
	       const uint8_t from[20])
{
	char *other = NULL;
	int rc = ledger_find_open(list->dir, chain_id, genesis, from,
				  list->name, &other, s->ds);

	if (rc == 0)
		return SEND_DONE;
	if (rc == 1) {
		diag_err(s->ds, "E0847",
			 "'%s' started to send from this key and is not "
			 "finished",
			 other);
		diag_hint(s->ds,
			  "its nonces are reserved: rerun the command that "
			  "started it ('opl2 apply', 'opl2 deposit' ...)");
	}
	free(other);
	return rc == 1 ? SEND_BUSY : SEND_FAILED;
}

static enum send_result
write_entry(const struct sender *s, const struct send_list *list,
	    const struct entry *e, struct ledger **out)
{
	CLEANUP(put_json) json_t *begin = NULL;
	char reserve[79];

	u256_dec(&e->cost, reserve);
	begin = json_pack("{s:s, s:i, s:I, s:o, s:s, s:I, s:s, s:s, s:O}",
			  "type", "begin", "version", 1, "chain_id",
			  (json_int_t)e->chain_id, "genesis",
			  hex_json(e->genesis, 32), "from", e->addr,
			  "first_nonce", (json_int_t)e->first, "reserve",
			  reserve, "fork", e->fork, "txs", e->txs);
	if (s->policy.apply)
		json_object_set_new(begin, "apply",
				    json_string(s->policy.apply));
	if (list->about)
		json_object_set_new(begin, "about",
				    json_deep_copy(list->about));
	if (ledger_create(list->dir, list->name, begin, out, s->ds) < 0)
		return SEND_FAILED;
	return SEND_DONE;
}

/* Money: what the account has, and what the limit leaves. */
static enum send_result
check_money(const struct sender *s, const struct send_list *list,
	    const struct entry *e)
{
	enum send_result r = check_balance(s, e->addr, &e->cost);

	return r == SEND_DONE ? check_ceiling(s, list, e->chain_id, &e->cost)
			      : r;
}

/* What is sent along must be there for gas to be measured at all. */
static enum send_result
check_values(const struct sender *s, const struct entry *e)
{
	struct u256 sum = u256_from(0), v;

	for (size_t i = 0; i < json_array_size(e->txs); i++)
		if (u256_parse(jx_str(json_array_get(e->txs, i), "value", ""),
			       &v) < 0 ||
		    u256_add(&sum, &v, &sum))
			return no_amounts(s);
	return u256_is_zero(&sum) ? SEND_DONE : check_balance(s, e->addr, &sum);
}

/* The list with all that is found out before it is begun. */
static enum send_result
plan_entry(const struct sender *s, struct entry *e, size_t *measured)
{
	CLEANUP(gas_plan_done) struct gas_plan p = { 0 };
	struct chain_view v;
	enum send_result r;
	enum rpc_status st;

	if (set_nonces(s, e->txs, e->first) < 0)
		return SEND_FAILED;
	r = check_values(s, e);
	if (r == SEND_DONE)
		r = find_gas(s, e->from, e->txs, &p);
	if (r != SEND_DONE)
		return r;
	st = sender_read_chain(s, e->from, &v, s->ds);
	if (st != RPC_OK)
		return from_rpc(st);
	*measured = p.measured;
	e->fork = p.fork ? p.fork : v.head.fork;
	return list_cost(e->txs, &v.fees, &e->cost) < 0 ? no_amounts(s)
							: SEND_DONE;
}

static enum send_result
begin_entry(const struct sender *s, const struct send_list *list,
	    struct entry *e, struct ledger **out)
{
	int lock CLEANUP(close_fdp) = -1;
	size_t measured = 0;
	enum send_result r = plan_entry(s, e, &measured);

	if (r != SEND_DONE)
		return r;
	r = sender_lock_ledgers(s, list->dir, &lock);
	if (r == SEND_DONE)
		r = check_money(s, list, e);
	if (r == SEND_DONE)
		r = write_entry(s, list, e, out);
	if (r == SEND_DONE) {
		(*out)->measured = measured;
		(*out)->fork = e->fork;
	}
	return r;
}

enum send_result
sender_begin(const struct sender *s, const struct send_list *list,
	     struct ledger **out)
{
	struct entry e = { 0 };
	struct nonces known = { .e = &e };
	char *none = NULL;
	enum send_result r;
	enum rpc_status st;

	signer_address(s->signer, e.from);
	eip55(e.from, e.addr);
	st = rpc_check_chain(s->rpc, &e.chain_id, s->ds);
	if (st == RPC_OK)
		st = chain_genesis(s->rpc, e.genesis, s->ds);
	if (st != RPC_OK)
		return from_rpc(st);
	r = refuse_if_open(s, list, e.chain_id, e.genesis, e.from);
	if (r == SEND_DONE &&
	    ledger_find(list->dir, NULL, note_nonces, &known, &none, s->ds) < 0)
		r = SEND_FAILED;
	if (r == SEND_DONE)
		r = settled_nonce(s, &e, &known, &e.first);
	if (r != SEND_DONE)
		return r;
	e.txs = json_deep_copy(list->txs);
	r = begin_entry(s, list, &e, out);
	json_decref(e.txs);
	return r;
}

enum send_result
sender_send(const struct sender *s, const struct send_list *list,
	    struct ledger **out)
{
	CLEANUP(ledger_freep) struct ledger *l = NULL;
	int lock CLEANUP(close_fdp) = -1;
	enum send_result r = SEND_DONE;
	uint64_t chain_id;
	enum rpc_status st = rpc_check_chain(s->rpc, &chain_id, s->ds);
	int found;

	if (st != RPC_OK)
		return from_rpc(st);
	lock = sender_lock(s, chain_id);
	if (lock < 0)
		return SEND_CANCELLED;
	found = ledger_open(list->dir, list->name, &l, s->ds);
	if (found < 0)
		return SEND_FAILED;
	if (found == 0)
		r = sender_begin(s, list, &l);
	if (r == SEND_DONE)
		r = sender_run(s, l);
	if (r == SEND_DONE && out)
		*out = TAKE(l);
	return r;
}
