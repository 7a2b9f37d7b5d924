#ifndef OPL2_TESTS_FUZZ_SENDER_WORLD_H
#define OPL2_TESTS_FUZZ_SENDER_WORLD_H

/*
 * What surrounds the sender in fuzz_sender.c: clock, disk, signer and nodes, in
 * place of the program's own. They check what is asked of them.
 */
#include "tests/fuzz/l1.h"

#include <errno.h>

#include "engine/base/hash.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/send/sender.h"

#define RUNS       64
#define WAITS      20000
#define LIE_MS     6000 /* a node's lag or forgetfulness at most */
#define LIES_APART 40000
#define CHAIN_ID   900
#define TARGET     "0x00000000000000000000000000000000000000aa"

/* What happens to a request. */
enum fault {
	LOST,    /* before the node has it */
	UNHEARD, /* after */
	BUSY,
	GARBLED,
	DIE_BEFORE,
	DIE_AFTER,
	STOPPED,
	DIE_BETWEEN, /* a half of a batch is done */
	FAULTS
};

enum disk { NO_FAULT, NO_WRITE, HALF_WRITE, NO_SYNC, TORN, DIE_UNSYNCED };

static struct {
	const uint8_t *script;
	size_t left;
	struct l1 chain;
	uint64_t now, lie_until;
	size_t waits, faults_in, route, asked, foreign;
	enum fault fault;
	enum disk disk;
	uint8_t signer_fault;
	bool looks; /* the harness itself reads the ledger */
	bool dead, stop, never, has_stranger, no_receipts;
	bool no_simulation, no_estimate, tells_forks;
	bool deep; /* a reorganisation took back what had been deep enough */
	bool disk_bad;  /* the disk failed in this run */
	bool may_fail;  /* a transaction is to fail, or was refused for ever */
	bool forked;    /* gas may not have been enough */
	uint64_t depth; /* how many blocks make it final */
	unsigned run;
	uint64_t signatures;
	u128 ceiling;
	char dir[64], *entry; /* of the ledger */
	off_t synced;         /* bytes of the open entry on the disk */
} w;

static uint8_t
next_byte(void)
{
	if (w.left == 0)
		return 0;
	w.left--;
	return *w.script++;
}

uint64_t __wrap_mono_ms(void);
uint64_t
__wrap_mono_ms(void)
{
	return w.now;
}

/* --- the disk ------------------------------------------------------------ */

int __real_fd_write_all(int fd, const void *p, size_t n);
int __wrap_fd_write_all(int fd, const void *p, size_t n);
int __wrap_fdatasync(int fd);

static int
no_io(void)
{
	errno = EIO;
	return -1;
}

int
__wrap_fd_write_all(int fd, const void *p, size_t n)
{
	enum disk how = w.disk;

	if (w.dead)
		return no_io();
	if (how != NO_WRITE && how != HALF_WRITE && how != TORN)
		return __real_fd_write_all(fd, p, n);
	w.disk = NO_FAULT;
	w.disk_bad = true;
	if (how != NO_WRITE && __real_fd_write_all(fd, p, n / 2) < 0)
		abort();
	w.dead = how == TORN;
	return no_io();
}

static void
is_on_disk(const char *text)
{
	for (size_t i = 0; i < w.chain.ntxs; i++) {
		struct l1_tx *t = &w.chain.txs[i];
		char hex[65];

		if (t->durable)
			continue;
		hex_encode(t->hash, 32, hex);
		t->durable = strstr(text, hex) != NULL;
	}
}

int
__wrap_fdatasync(int fd)
{
	struct buf text CLEANUP(buf_done) = BUF_INIT(16u << 20);
	char path[32];
	struct diags ds;

	if (w.looks)
		return 0;
	if (w.dead)
		return no_io();
	if (w.disk == NO_SYNC || w.disk == DIE_UNSYNCED) {
		w.dead = w.disk == DIE_UNSYNCED;
		w.disk = NO_FAULT;
		w.disk_bad = true;
		return no_io();
	}
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	diags_init(&ds);
	FUZZ_CHECK(file_read(path, &text, &ds) == 0);
	diags_done(&ds);
	is_on_disk(buf_str(&text));
	w.synced = (off_t)text.n;
	return 0;
}

/* --- the signer ---------------------------------------------------------- */

void
signer_address(const struct signer *s, uint8_t out[20])
{
	(void)s;
	memset(out, 0x11, 20);
}

/* The dearest form of a nonce that may still be mined: one that some pool had,
 * or the newest, unless a crash has taken it from the ledger. */
static u128
worst_of(const struct l1 *c, uint64_t nonce)
{
	const struct l1_tx *newest = NULL;
	u128 most = 0;

	for (size_t i = 0; i < c->ntxs; i++) {
		const struct l1_tx *t = &c->txs[i];

		if (t->nonce != nonce)
			continue;
		if (t->taken && l1_worst(t) > most)
			most = l1_worst(t);
		if ((t->durable || t->run == w.run) &&
		    (!newest || newest->order < t->order))
			newest = t;
	}
	return newest && l1_worst(newest) > most ? l1_worst(newest) : most;
}

/* What all that is signed cost, or may cost at worst. */
static u128
committed(void)
{
	const struct l1 *c = &w.chain;
	u128 sum;
	uint64_t n = l1_count(c, c->nblocks, &sum), last = n;

	for (size_t i = 0; i < c->ntxs; i++)
		if (c->txs[i].nonce >= last)
			last = c->txs[i].nonce + 1;
	for (; n < last; n++)
		sum += worst_of(c, n);
	return sum;
}

static uint64_t
gas_of(const uint8_t *data, size_t n)
{
	return 100000 + (n ? data[0] % 4 : 0) * 150000ull;
}

static struct l1_tx
signed_form(const struct tx *t)
{
	struct buf text CLEANUP(buf_done) = BUF_INIT(1 << 16);
	struct l1_tx f = { .nonce = t->nonce,
			   .gas = t->gas,
			   .max_fee = l1_u128(&t->max_fee),
			   .priority = l1_u128(&t->priority),
			   .value = l1_u128(&t->value),
			   .uses = gas_of(t->data, t->data_len) };

	buf_add(&text, t->to, t->create ? 0 : 20);
	buf_add(&text, &t->value, sizeof(t->value));
	buf_add(&text, t->data, t->data_len);
	keccak256(text.p, text.n, f.what);
	buf_add(&text, &t->nonce, sizeof(t->nonce));
	buf_add(&text, &t->gas, sizeof(t->gas));
	buf_add(&text, &t->max_fee, sizeof(t->max_fee));
	buf_add(&text, &t->priority, sizeof(t->priority));
	keccak256(text.p, text.n, f.hash);
	return f;
}

enum rpc_status
signer_sign(const struct signer *s, const struct tx *t, struct buf *raw,
	    uint8_t hash[32], struct diags *ds)
{
	struct l1_tx f = signed_form(t);
	struct l1 *c = &w.chain;
	size_t at;

	(void)s;
	FUZZ_CHECK(t->chain_id == CHAIN_ID);
	FUZZ_CHECK(u256_cmp(&t->priority, &t->max_fee) <= 0);
	if (w.dead || w.signer_fault) {
		diag_err(ds, w.signer_fault % 2 ? "E0895" : "E0896", "no");
		w.signer_fault = 0;
		return w.dead ? RPC_CANCELLED : RPC_ERROR;
	}
	for (size_t i = 0; i < c->ntxs; i++)
		FUZZ_CHECK(w.deep || c->txs[i].nonce != f.nonce ||
			   c->txs[i].foreign ||
			   memcmp(c->txs[i].what, f.what, 32) == 0);
	at = l1_find(c, f.hash);
	if (at == c->ntxs) {
		FUZZ_CHECK(c->ntxs < L1_TXS);
		c->txs[c->ntxs++] = f;
	}
	c->txs[at].run = w.run;
	c->txs[at].order = ++w.signatures;
	if (w.ceiling && !w.deep && !w.has_stranger)
		FUZZ_CHECK(committed() <= w.ceiling);
	buf_add(raw, f.hash, 32);
	memcpy(hash, f.hash, 32);
	return RPC_OK;
}

/* --- the nodes ----------------------------------------------------------- */

struct rpc {
	int unused;
};

static struct rpc the_rpc;
static struct rpc_error last_error = { .message = "" };

const char *
rpc_name(const struct rpc *c UNUSED)
{
	return "http://l1";
}

const struct rpc_error *
rpc_error(const struct rpc *c UNUSED)
{
	return &last_error;
}

/* NULL with the node's words. */
static json_t *
no(const char *why)
{
	static char text[160];

	(void)snprintf(text, sizeof(text), "%s", why);
	last_error = (struct rpc_error){ .code = -32000, .message = text };
	return NULL;
}

static json_t *
no_method(void)
{
	no("the method does not exist");
	last_error.code = -32601;
	return NULL;
}

static json_t *
block_json(size_t at)
{
	static const char *const fields[] = { "parentBeaconBlockRoot",
					      "requestsHash", NULL,
					      "blockAccessListHash" };
	const struct l1_block *b = &w.chain.blocks[at];
	uint8_t hash[32] = { 7 };
	json_t *o;

	memcpy(hash + 1, &at, at ? sizeof(at) : 0);
	o = json_pack("{s:o, s:o, s:o, s:o, s:o}", "number",
		      quantity_from_u64(at), "timestamp",
		      quantity_from_u64(b->time), "gasLimit",
		      quantity_from_u64(L1_GAS), "baseFeePerGas",
		      quantity_from_u64(b->base), "hash", hex_json(hash, 32));
	for (int i = 0; i <= b->fork; i++)
		if (fields[i])
			json_object_set_new(o, fields[i], json_string("0x"));
	return o;
}

static json_t *
get_block(const struct l1_node *n, const char *which)
{
	size_t seen = l1_seen(&w.chain, n), at;

	if (strcmp(which, "latest") == 0)
		return block_json(seen - 1);
	at = strtoull(which, NULL, 16);
	if (which[0] != '0') /* safe */
		at = seen > 3 ? seen - 3 : 0;
	return at < seen ? block_json(at) : json_null();
}

static json_t *
get_count(const struct l1_node *n, const char *which)
{
	const struct l1 *c = &w.chain;
	size_t seen = l1_seen(c, n), at = seen;
	uint64_t count;

	if (which[0] == '0')
		at = strtoull(which, NULL, 16) + 1;
	if (at > seen)
		return no("header not found");
	count = l1_count(c, at, NULL);
	for (size_t i = 0; which[0] == 'p' && i < c->ntxs; i++)
		if (n->has[i] && c->txs[i].nonce == count) {
			count++;
			i = (size_t)-1;
		}
	return quantity_from_u64(count);
}

static size_t
by_hash(const json_t *hex)
{
	uint8_t hash[32];

	FUZZ_CHECK(hex_decode(json_string_value(hex), hash, 32) == 0);
	return l1_find(&w.chain, hash);
}

static json_t *
get_tx(const struct l1_node *n, size_t tx)
{
	size_t seen = l1_seen(&w.chain, n);

	if (tx == w.chain.ntxs ||
	    (!n->has[tx] && l1_block_of(&w.chain, seen, tx) == seen))
		return json_null();
	return json_object();
}

static json_t *
get_receipt(const struct l1_node *n, size_t tx)
{
	const struct l1 *c = &w.chain;
	size_t seen = l1_seen(c, n), b;
	const struct l1_tx *t = &c->txs[tx];
	struct u256 price;

	if (tx == c->ntxs || w.no_receipts)
		return json_null();
	b = l1_block_of(c, seen, tx);
	if (b == seen)
		return json_null();
	price = l1_u256(l1_price(t, &c->blocks[b]));
	return json_pack("{s:o, s:o, s:o, s:o}", "blockNumber",
			 quantity_from_u64(b), "gasUsed",
			 quantity_from_u64(l1_used(t, &c->blocks[b])), "status",
			 quantity_from_u64(l1_succeeds(c, t, &c->blocks[b])),
			 "effectiveGasPrice", quantity_from_u256(&price));
}

static json_t *
send_raw(struct l1_node *n, const json_t *raw)
{
	static char room[160];
	size_t i = by_hash(raw);
	const char *why;

	FUZZ_CHECK(i < w.chain.ntxs && w.chain.txs[i].durable);
	w.chain.txs[i].sent = true;
	if (w.never) {
		w.never = false;
		w.may_fail = true;
		return no("exceeds block gas limit");
	}
	why = l1_take(&w.chain, n, i, room, sizeof(room));
	return why ? no(why) : hex_json(w.chain.txs[i].hash, 32);
}

static uint64_t
gas_of_call(const json_t *call)
{
	uint8_t *data = NULL;
	size_t n = 0;
	uint64_t gas;

	FUZZ_CHECK(hex_bytes(jx_get(call, "data"), &data, &n) == 0);
	gas = l1_needs(gas_of(data, n), w.chain.fork);
	free(data);
	return gas;
}

static json_t *
simulate(const json_t *blocks)
{
	json_t *out = json_array(), *b;
	size_t i;

	json_array_foreach(jx_get(blocks, "blockStateCalls"), i, b)
		json_array_append_new(
			out,
			json_pack("{s:[{s:s, s:o}]}", "calls", "status", "0x1",
				  "gasUsed",
				  quantity_from_u64(gas_of_call(json_array_get(
					  jx_get(b, "calls"), 0)))));
	return out;
}

static json_t *
next_fork(void)
{
	if (!w.tells_forks)
		return no_method();
	if (!w.chain.fork_at)
		return json_pack("{s:n}", "next");
	return json_pack("{s:{s:I}}", "next", "activationTime",
			 (json_int_t)w.chain.fork_at);
}

/* A new reference, or NULL with last_error. */
static json_t *
serve(struct l1_node *n, const char *method, const json_t *params)
{
	const json_t *first = json_array_get(params, 0);
	const char *second = json_string_value(json_array_get(params, 1));
	const char *m = method + 4;
	u128 paid;

	if (strcmp(m, "getBlockByNumber") == 0)
		return get_block(n, json_string_value(first));
	if (strcmp(m, "getTransactionCount") == 0)
		return get_count(n, second);
	if (strcmp(m, "maxPriorityFeePerGas") == 0)
		return quantity_from_u64(GWEI);
	if (strcmp(m, "getBalance") == 0) {
		struct u256 left;

		(void)l1_count(&w.chain, l1_seen(&w.chain, n), &paid);
		left = l1_u256(w.chain.funds - paid);
		return quantity_from_u256(&left);
	}
	if (strcmp(m, "getTransactionByHash") == 0)
		return get_tx(n, by_hash(first));
	if (strcmp(m, "getTransactionReceipt") == 0)
		return get_receipt(n, by_hash(first));
	if (strcmp(m, "sendRawTransaction") == 0)
		return send_raw(n, first);
	if (strcmp(m, "config") == 0)
		return next_fork();
	if (strcmp(m, "simulateV1") == 0)
		return w.no_simulation ? no_method() : simulate(first);
	if (strcmp(m, "estimateGas") == 0)
		return w.no_estimate ? no_method()
				     : quantity_from_u64(gas_of_call(first));
	FUZZ_CHECK(strcmp(m, "call") == 0);
	return no("execution reverted");
}

/* --- what becomes of requests -------------------------------------------- */

static struct l1_node *
a_node(void)
{
	if (w.now >= w.lie_until) {
		w.chain.node[1].lag = 0;
		w.no_receipts = false;
	}
	w.asked++;
	return &w.chain.node[w.route == 2 ? w.asked % 2 : w.route];
}

static enum rpc_status
failed(enum rpc_status st, struct diags *ds)
{
	if (ds)
		diag_err(ds, st == RPC_CANCELLED ? "E0805" : "E0801", "no");
	return st;
}

static enum rpc_status
heard(enum fault f, struct diags *ds)
{
	switch (f) {
	case LOST:
		return failed(RPC_UNREACHABLE, ds);
	case UNHEARD:
		return failed(RPC_TIMEOUT, ds);
	case GARBLED:
		return failed(RPC_BAD_REPLY, ds);
	default:
		return failed(RPC_CANCELLED, ds);
	}
}

static bool
is_done_at_all(enum fault f)
{
	return f == UNHEARD || f == DIE_AFTER || f == DIE_BETWEEN ||
	       f == FAULTS;
}

/* The fault of this request; FAULTS: none. */
static enum fault
take_fault(void)
{
	enum fault f = w.fault;

	if (w.dead)
		return STOPPED;
	if (f == FAULTS || w.faults_in-- > 0)
		return FAULTS;
	w.fault = FAULTS;
	return f;
}

enum rpc_status
rpc_batch(struct rpc *c UNUSED, struct rpc_item *items, size_t n,
	  struct diags *ds)
{
	enum fault f = take_fault();
	struct l1_node *node = a_node();
	size_t most = f == DIE_BETWEEN ? n / 2 : n;

	FUZZ_CHECK(n > 0);
	for (size_t i = 0; is_done_at_all(f) && i < most; i++) {
		items[i].result = serve(node, items[i].method, items[i].params);
		if (!items[i].result)
			items[i].error =
				json_pack("{s:I, s:s}", "code",
					  (json_int_t)last_error.code,
					  "message", last_error.message);
	}
	w.dead |= f == DIE_BEFORE || f == DIE_AFTER || f == DIE_BETWEEN;
	for (size_t i = 0; i < n; i++) {
		json_decref(TAKE(items[i].params));
		if (f == FAULTS)
			continue;
		json_decref(TAKE(items[i].result));
		json_decref(TAKE(items[i].error));
		if (f == BUSY)
			items[i].error = json_pack("{s:i, s:s}", "code", -32005,
						   "message", "busy");
	}
	return f == FAULTS || f == BUSY ? RPC_OK : heard(f, ds);
}

void
rpc_items_done(struct rpc_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_decref(items[i].params);
		json_decref(items[i].result);
		json_decref(items[i].error);
	}
}

enum rpc_status
rpc_call(struct rpc *c, const char *method, json_t *params, json_t **result,
	 struct diags *ds)
{
	struct rpc_item item = { .method = method,
				 .params = params ? params : json_array() };
	enum rpc_status st = rpc_batch(c, &item, 1, ds);

	*result = NULL;
	if (st == RPC_OK && item.error) {
		static char text[160];

		(void)snprintf(text, sizeof(text), "%s",
			       jx_str(item.error, "message", ""));
		last_error = (struct rpc_error){
			.code = jx_int(item.error, "code", 0), .message = text
		};
		if (ds)
			diag_err(ds, "E0810", "%s", text);
		st = RPC_ERROR;
	}
	if (st == RPC_OK)
		*result = TAKE(item.result);
	rpc_items_done(&item, 1);
	return st;
}

enum rpc_status
rpc_u256(struct rpc *c, const char *method, json_t *params, struct u256 *out,
	 struct diags *ds)
{
	json_t *v = NULL;
	enum rpc_status st = rpc_call(c, method, params, &v, ds);

	if (st == RPC_OK)
		FUZZ_CHECK(quantity_u256(v, out) == 0);
	json_decref(v);
	return st;
}

enum rpc_status
rpc_u64(struct rpc *c, const char *method, json_t *params, uint64_t *out,
	struct diags *ds)
{
	struct u256 v;
	enum rpc_status st = rpc_u256(c, method, params, &v, ds);

	if (st == RPC_OK)
		FUZZ_CHECK(u256_fits_u64(&v, out));
	return st;
}

enum rpc_status
rpc_check_chain(struct rpc *c UNUSED, uint64_t *out, struct diags *ds)
{
	enum fault f = take_fault();

	if (out)
		*out = CHAIN_ID;
	return f == FAULTS ? RPC_OK : heard(f == BUSY ? LOST : f, ds);
}

#endif
