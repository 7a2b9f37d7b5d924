/*
 * The sender as a state machine. The input is a script: what the L1 of l1.h,
 * its nodes, the disk, the signer and the operator do between the sender's
 * looks. The process "dies" where the script says so, by getting nothing done
 * any more, and is begun again on what is on the disk. When the script is over
 * all goes well. What must hold whatever happened:
 *
 * - nothing is sent that was not signed, and is not on the disk;
 * - a nonce is of one transaction, whatever its fees;
 * - what is signed does not cost more than the limit at worst;
 * - the ledger has each form that was sent, as it was signed;
 * - "done" is said of what is mined, and what was paid is what the ledger says;
 * - nobody is called a stranger where there was none;
 * - in the end it is done, or the limit is in the way.
 */
#include "tests/fuzz/sender_world.h"

/* --- the script ---------------------------------------------------------- */

/* A lag or such, for a time that the sender has to bear. */
static bool
may_lie(void)
{
	if (w.now < w.lie_until + LIES_APART)
		return false;
	w.lie_until = w.now + LIE_MS;
	return true;
}

static void
reorganise(uint8_t arg)
{
	size_t n = 1 + arg % 4, at = w.chain.nblocks;

	/* Two shallow ones are a deep one for what the first uncovered. */
	for (size_t k = 1; k <= n && k < at; k++)
		if (w.chain.blocks[at - k].n > 0 &&
		    w.chain.blocks[at - k].depth >= w.depth)
			w.deep = true;
	l1_reorganise(&w.chain, n, arg & 8);
	for (size_t k = 0; k < (arg >> 4); k++)
		l1_mine(&w.chain, arg & 4);
}

/* Somebody else uses the key. */
static void
stranger(uint8_t arg)
{
	struct l1 *c = &w.chain;
	struct l1_tx *t = &c->txs[c->ntxs];

	if (c->ntxs == L1_TXS)
		return;
	*t = (struct l1_tx){ .nonce = l1_count(c, c->nblocks, NULL) + arg % 3,
			     .gas = 21000,
			     .uses = 21000,
			     .max_fee = (u128)1000 * GWEI,
			     .priority = (u128)100 * GWEI,
			     .foreign = true };
	memset(t->hash, (int)++w.foreign, 32);
	c->node[0].has[c->ntxs++] = true;
	w.has_stranger = true;
}

static void
fork_soon(uint8_t arg)
{
	if (w.chain.fork == AMSTERDAM)
		return;
	w.tells_forks = arg & 1;
	w.chain.fork_at = w.chain.now + arg;
	w.forked = true;
}

static void
fund(uint8_t arg)
{
	u128 paid;

	(void)l1_count(&w.chain, w.chain.nblocks, &paid);
	w.chain.funds = paid + arg * (u128)200000 * GWEI;
}

static void
nodes_change(uint8_t arg)
{
	w.route = arg % 3;
	w.no_simulation = arg & 4;
	w.no_estimate = arg & 8;
	w.chain.floor = arg & 16 ? 2 * GWEI : 0;
	if (arg & 32)
		memset(w.chain.node[arg & 1].has, 0,
		       sizeof(w.chain.node[0].has));
}

/* One step of it; false when it is over and the sender goes on. */
static bool
event(void)
{
	struct l1 *c = &w.chain;
	uint8_t op = next_byte() % 24;
	uint8_t arg = op >= 8 ? next_byte() : 0;

	switch (op) {
	case 0:
	case 1:
		l1_mine(c, false);
		return false;
	case 2:
		return false;
	case 3:
		l1_mine(c, false);
		break;
	case 4:
		l1_mine(c, true);
		break;
	case 5:
		if (c->base < 4000 * GWEI)
			c->base *= 2;
		break;
	case 6:
		c->base = c->base / 2 + 7;
		break;
	case 7:
		w.stop = true;
		return false;
	case 8:
		reorganise(arg);
		break;
	case 9:
	case 10:
		nodes_change(arg);
		break;
	case 11:
		if (may_lie()) {
			c->node[1].lag = arg % 4;
			w.no_receipts = arg & 4;
		}
		break;
	case 12:
		c->fee_cap = arg * (u128)100000 * GWEI;
		break;
	case 13:
	case 14:
		w.fault = arg % FAULTS;
		w.faults_in = arg / FAULTS;
		break;
	case 15:
		w.now += arg * 250u;
		break;
	case 16:
		w.dead = true;
		return false;
	case 17:
		fund(arg);
		break;
	case 18:
		if (arg == 255)
			stranger(next_byte());
		break;
	case 19:
		if (arg > 250)
			w.may_fail = c->fails[arg - 251] = true;
		break;
	case 20:
		fork_soon(arg);
		break;
	case 21:
		w.signer_fault = arg % 3;
		break;
	case 22:
		w.disk = arg % (DIE_UNSYNCED + 1);
		break;
	case 23:
		w.never = arg > 250;
		break;
	}
	return true;
}

/* From here on all goes well. */
static void
make_peace(void)
{
	struct l1 *c = &w.chain;

	w.fault = FAULTS;
	w.disk = NO_FAULT;
	w.signer_fault = 0;
	w.route = 0;
	w.never = w.no_simulation = w.no_estimate = w.no_receipts = false;
	c->node[0].lag = c->node[1].lag = 0;
	c->fee_cap = c->floor = 0;
	fund(255);
	/* Enough for what was signed at the dearest. */
	c->funds += (u128)1000000 * 1000000 * GWEI;
	if (c->blocks[c->nblocks - 1].base > GWEI) {
		c->base = GWEI;
		l1_mine(c, true);
	}
}

static bool
wait_ms(void *arg UNUSED, unsigned ms)
{
	bool stop;

	FUZZ_CHECK(++w.waits < WAITS);
	w.now += ms;
	if (w.dead)
		return true;
	if (w.left == 0) {
		make_peace();
		l1_mine(&w.chain, false);
	} else {
		while (event())
			;
	}
	stop = w.stop || w.dead;
	w.stop = false;
	return stop;
}

/* --- what came out ------------------------------------------------------- */

static bool
has_form(const struct ledger_slot *slot, const struct l1_tx *t)
{
	for (size_t k = 0; k < slot->nversions; k++) {
		const struct ledger_version *v = &slot->versions[k];

		if (memcmp(v->hash, t->hash, 32) == 0)
			return l1_u128(&v->max_fee) == t->max_fee &&
			       l1_u128(&v->priority) == t->priority;
	}
	return false;
}

/* The ledger has what was sent, and nothing that was not signed. After too
 * deep a reorganisation another entry may have had the nonces. */
static void
check_forms(const struct ledger *l)
{
	for (size_t i = 0; i < w.chain.ntxs; i++) {
		const struct l1_tx *t = &w.chain.txs[i];

		if (t->sent && !w.deep && t->nonce >= l->first_nonce &&
		    t->nonce < l->first_nonce + l->nslots)
			FUZZ_CHECK(has_form(
				&l->slots[t->nonce - l->first_nonce], t));
	}
	for (size_t i = 0; i < l->nslots; i++)
		for (size_t k = 0; k < l->slots[i].nversions; k++)
			FUZZ_CHECK(l1_find(&w.chain,
					   l->slots[i].versions[k].hash) <
				   w.chain.ntxs);
}

/* What is done is in the chain, at that price, unless more was taken back than
 * was waited for. */
static void
check_done(const struct ledger *l)
{
	const struct l1 *c = &w.chain;

	FUZZ_CHECK(l->ended && strcmp(l->ended, "done") == 0);
	if (w.deep)
		return;
	for (size_t i = 0; i < l->nslots; i++) {
		const struct ledger_slot *s = &l->slots[i];
		size_t tx = l1_find(c, s->mined_hash);
		size_t b = l1_block_of(c, c->nblocks, tx);

		FUZZ_CHECK(s->mined && tx < c->ntxs && b < c->nblocks);
		FUZZ_CHECK(s->block == b && c->txs[tx].nonce == s->tx.nonce);
		FUZZ_CHECK(s->gas_used == l1_used(&c->txs[tx], &c->blocks[b]));
		FUZZ_CHECK(l1_u128(&s->price) ==
			   l1_price(&c->txs[tx], &c->blocks[b]));
	}
}

static void
check_ledger(const char *name, enum send_result r)
{
	struct ledger *l = NULL;
	struct diags ds;
	int rc;

	diags_init(&ds);
	w.looks = true;
	rc = ledger_open(w.dir, name, &l, &ds);
	FUZZ_CHECK(rc >= 0);
	if (rc == 1)
		check_forms(l);
	if (r == SEND_DONE)
		check_done(l);
	ledger_free(l);
	w.looks = false;
	diags_done(&ds);
}

/* Was what the sender had sent before this list taken back for good? */
static bool
lacks_nonces(const char *name)
{
	struct ledger *l = NULL;
	struct diags ds;
	bool lacks;

	diags_init(&ds);
	w.looks = true;
	FUZZ_CHECK(ledger_open(w.dir, name, &l, &ds) == 1);
	lacks = l1_count(&w.chain, w.chain.nblocks, NULL) < l->first_nonce;
	ledger_free(l);
	w.looks = false;
	diags_done(&ds);
	return lacks;
}

static void
check_result(const char *name, enum send_result r, const struct diags *ds,
	     bool peace)
{
	const char *code = ds->last ? ds->last->code : "";

	/* What a deep reorganisation took back, and a pool still had, may be
	 * mined at a nonce that the next list has by then. */
	if (r == SEND_UNSURE)
		FUZZ_CHECK(w.has_stranger || w.deep);
	if (r == SEND_REVERTED)
		FUZZ_CHECK(w.may_fail || w.forked);
	if (r != SEND_DONE)
		FUZZ_CHECK(ds->nerrors > 0);
	if (!peace || r == SEND_DONE || r == SEND_UNSURE ||
	    r == SEND_REVERTED || w.has_stranger)
		return;
	if (w.deep && r == SEND_LATER && strcmp(code, "E0846") == 0) {
		FUZZ_CHECK(lacks_nonces(name));
		return;
	}
	if (r != SEND_LATER || !w.ceiling || strcmp(code, "E0845") != 0)
		fprintf(stderr, "at last %d, %s %s\n", (int)r, code,
			ds->last ? ds->last->summary : "");
	FUZZ_CHECK(r == SEND_LATER && w.ceiling && strcmp(code, "E0845") == 0);
}

/* Of what was written and not synced, the disk has what the script says. */
static void
cut_power(const char *name, uint8_t how)
{
	CLEANUP(freep) char *path = path_join(w.dir, name);
	struct buf text CLEANUP(buf_done) = BUF_INIT(16u << 20);
	struct diags ds;
	size_t keep = (size_t)w.synced;

	diags_init(&ds);
	if (how % 2 == 0 || file_read_opt(path, &text, &ds) != 0)
		return;
	/* It was made whole. */
	if (keep == 0)
		keep = strcspn(buf_str(&text), "\n") + 1;
	if (text.n > keep &&
	    truncate(path, (off_t)(keep + how % (text.n - keep))) < 0)
		abort();
}

/* --- the whole ----------------------------------------------------------- */

static json_t *
make_list(uint8_t how)
{
	json_t *txs = json_array();

	for (unsigned i = 0; i < 1u + how % 3; i++) {
		char data[8], gas[24], used[24], value[24];
		uint8_t kind = (uint8_t)(how + i);
		uint64_t uses = gas_of(&kind, 1);
		json_t *tx;

		(void)snprintf(data, sizeof(data), "0x%02x", kind);
		(void)snprintf(used, sizeof(used), "%llu",
			       (unsigned long long)uses);
		(void)snprintf(gas, sizeof(gas), "%llu",
			       (unsigned long long)(uses * 13 / 10));
		(void)snprintf(value, sizeof(value), "%llu",
			       how & 4 ? 300000 * GWEI : 0);
		tx = json_pack("{s:s, s:s, s:s}", "to", TARGET, "data", data,
			       "value", value);
		if (how & 8) {
			json_object_set_new(tx, "gas", json_string(gas));
			json_object_set_new(tx, "gas_used", json_string(used));
		}
		if (how & 16)
			json_object_set_new(tx, "source",
					    json_string("scaled"));
		if (i == 0 && (how & 32))
			json_object_set_new(tx, "to", json_null());
		json_array_append_new(txs, tx);
	}
	return txs;
}

/* What a list is expected to cost. */
static u128
price_list(const json_t *txs)
{
	u128 sum = 0;
	json_t *tx;
	size_t i;

	json_array_foreach(txs, i, tx) {
		sum += gas_of_call(tx) * (u128)(GWEI * 5 / 2);
		sum += strtoull(jx_str(tx, "value", "0"), NULL, 10);
	}
	return sum;
}

/* Sends a list until it is done or cannot be. */
static enum send_result
send_all(struct sender *s, const char *name, const json_t *txs)
{
	struct send_list list = { .txs = txs, .dir = w.dir, .name = name };
	enum send_result r = SEND_FAILED;

	w.synced = 0;
	for (unsigned i = 0; i < RUNS; i++) {
		bool peace = w.left == 0;
		struct diags ds;

		if (peace)
			make_peace();
		else
			while (event())
				;
		w.run++;
		w.disk_bad = w.stop = false;
		diags_init(&ds);
		s->ds = &ds;
		r = sender_send(s, &list, NULL);
		if (w.dead)
			cut_power(name, next_byte());
		w.dead = false;
		check_result(name, r, &ds, peace);
		check_ledger(name, r);
		diags_done(&ds);
		if (r == SEND_DONE || r == SEND_UNSURE || r == SEND_REVERTED ||
		    peace)
			return r;
		w.now += 60000;
	}
	return r;
}

static void
run_script(struct sender *s)
{
	static const uint8_t quarters[] = { 0, 0, 4, 5, 6, 8, 12, 40 };
	uint8_t how = next_byte(), limits = next_byte();
	json_t *first = how & 128 ? make_list(how / 2) : NULL;
	json_t *txs = make_list(how);

	s->policy.confirmations = 1 + limits % 3;
	s->policy.tag = limits & 4 ? "safe" : NULL;
	w.depth = limits & 4 ? 3 : s->policy.confirmations;
	s->policy.max_fee = l1_u256(limits & 8 ? 6 * GWEI : 0);
	s->policy.max_base_fee = l1_u256(limits & 16 ? 3 * GWEI : 0);
	s->policy.window = how & 64 ? 1 : 3;
	s->policy.stuck_blocks = 2;
	s->policy.apply = "one";
	w.ceiling = (price_list(txs) + price_list(first)) *
		    quarters[limits / 32] / 4;
	s->policy.ceiling = l1_u256(w.ceiling);
	if (!first || send_all(s, "first", first) == SEND_DONE)
		(void)send_all(s, "second", txs);
	json_decref(first);
	json_decref(txs);
}

static void
begin_world(const uint8_t *data, size_t size)
{
	memset(&w, 0, sizeof(w));
	w.script = data;
	w.left = size < 400 ? size : 400;
	w.now = 1000000;
	w.fault = FAULTS;
	w.chain.now = 1700000000;
	w.chain.base = GWEI;
	for (int i = 0; i < 4; i++)
		l1_mine(&w.chain, true);
	fund(255);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char dir[] = "/dev/shm/opl2-fuzz-XXXXXX";
	CLEANUP(freep) char *locks = NULL;
	struct sender s = { .rpc = &the_rpc, .wait = wait_ms };
	struct diags ds;
	u128 paid;

	if (!mkdtemp(dir))
		abort();
	begin_world(data, size);
	(void)snprintf(w.dir, sizeof(w.dir), "%s/ledger", dir);
	locks = path_join(dir, "locks");
	s.lock_dir = locks;
	run_script(&s);
	(void)l1_count(&w.chain, w.chain.nblocks, &paid);
	if (w.ceiling && !w.deep && !w.has_stranger)
		FUZZ_CHECK(paid <= w.ceiling);
	diags_init(&ds);
	file_remove_tree(dir, &ds);
	diags_done(&ds);
	return 0;
}
