/* Limits and figures of a list, from what is measured and what is not. */
#include "providers/clients/send/gas.h"

#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/io/jx.h"
#include "providers/facts/contracts/deploy_gas.h"
#include "providers/facts/forks.h"

#define MARGIN 30 /* percent */
/* EIP-7976: what a byte of data costs at least. */
#define FLOOR_TX   21000
#define FLOOR_BYTE 64

static const char *const names[] = { "simulated", "estimated", "recorded",
				     "scaled" };

const char *
gas_source_name(enum gas_source s)
{
	return names[s];
}

enum gas_source
gas_source_of(const json_t *txs)
{
	size_t worst = GAS_SIMULATED;

	for (size_t i = 0; i < json_array_size(txs); i++) {
		const char *s =
			jx_str(json_array_get(txs, i), "source", "scaled");
		size_t k = GAS_SCALED;

		while (k > GAS_SIMULATED && strcmp(s, names[k]) != 0)
			k--;
		worst = k > worst ? k : worst;
	}
	return (enum gas_source)worst;
}

/* --- limits --------------------------------------------------------------- */

/* Osaka's headers are those of Prague. */
static bool
is_osaka(struct rpc *rpc)
{
	CLEANUP(put_json) json_t *result = NULL;

	return rpc_call(
		       rpc, "eth_call",
		       json_pack("[{s:s}, s]", "data", FORK_CLZ_CODE, "latest"),
		       &result, NULL) == RPC_OK &&
	       json_string_length(result) == 66;
}

uint64_t
gas_most(struct rpc *rpc, const struct gas_head *head, uint64_t need)
{
	uint64_t cap = forks_gas_cap(head->fork);

	if (strcmp(head->fork, "prague") == 0 &&
	    need > forks_gas_cap("osaka") && is_osaka(rpc))
		cap = forks_gas_cap("osaka");
	return cap > 0 && cap < head->gas_limit ? cap : head->gas_limit;
}

uint64_t
gas_limit(uint64_t peak, unsigned margin, uint64_t most)
{
	uint64_t gas = peak + peak / 100 * (margin ? margin : MARGIN) +
		       (peak % 100) * (margin ? margin : MARGIN) / 100;

	return gas < most ? gas : most;
}

uint64_t
gas_limit_scaled(uint64_t gas, const char *from, const char *to, size_t bytes,
		 uint64_t most)
{
	uint64_t least = FLOOR_TX + FLOOR_BYTE * bytes;

	gas = gas * forks_gas_percent(from, to, true) / 100;
	if (gas < least)
		gas = least;
	return gas < most ? gas : most;
}

size_t
gas_signable(const json_t *txs, size_t first, const char *fork)
{
	size_t n = json_array_size(txs);

	if (forks_l1_rank(fork) > forks_l1_rank(GAS_FORGE))
		return first;
	for (; first < n; first++) {
		const json_t *tx = json_array_get(txs, first);
		const char *source = jx_str(tx, "source", "");

		/* An entry of old ones does not say it. */
		if (source[0] && strcmp(source, names[GAS_SCALED]) != 0 &&
		    strcmp(source, names[GAS_RECORDED]) != 0)
			break;
	}
	return first;
}

int
gas_check(struct diags *ds, const json_t *tx, size_t i, uint64_t need,
	  uint64_t short_of, uint64_t most)
{
	if (need <= most && (short_of == 0 || short_of < most))
		return 0;
	diag_err(ds, "E0885",
		 "%s %zu needs %s%llu gas, but the chain allows at most %llu "
		 "for a transaction",
		 jx_str(tx, "name", "transaction"), i + 1,
		 need > most ? "" : "more than ",
		 (unsigned long long)(need > most ? need : short_of),
		 (unsigned long long)most);
	diag_hint(ds, "use an L1 with a higher gas limit or another fork; the "
		      "transaction was not signed");
	return -1;
}

/* --- a list --------------------------------------------------------------- */

static uint64_t
gas_field(const json_t *tx, const char *key)
{
	struct u256 v;
	uint64_t gas;

	return u256_parse(jx_str(tx, key, "0"), &v) == 0 &&
			       u256_fits_u64(&v, &gas)
		       ? gas
		       : 0;
}

static void
set_gas(json_t *tx, uint64_t limit, uint64_t used, enum gas_source source)
{
	json_object_set_new(tx, "gas",
			    jx_strf("%llu", (unsigned long long)limit));
	json_object_set_new(tx, "gas_used",
			    jx_strf("%llu", (unsigned long long)used));
	json_object_set_new(tx, "source", json_string(names[source]));
}

void
gas_plan_done(struct gas_plan *p)
{
	free(TAKE(p->revert));
}

struct plan {
	struct rpc *rpc;
	struct gas_head head;
	json_t *txs;
	unsigned margin;
	struct diags *ds;
};

static int
set_measured(struct plan *p, const struct gas_measured *m, size_t first)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct gas_figure *f = &m->v[i];
		uint64_t most = gas_most(p->rpc, &p->head, f->peak);

		if (gas_check(p->ds, json_array_get(p->txs, first + i),
			      first + i, f->peak, 0, most) < 0)
			return -1;
		set_gas(json_array_get(p->txs, first + i),
			gas_limit(f->peak, p->margin, most), f->used,
			f->source);
	}
	return 0;
}

static uint64_t
sum_of(const json_t *txs, size_t from, size_t to, const char *key)
{
	uint64_t sum = 0;

	for (size_t i = from; i < to; i++)
		sum += gas_field(json_array_get(txs, i), key);
	return sum;
}

/* What is not measured, from forge's figures. In all it is what is missing to
 * the recorded total, shared out by them; 0: there is no such total. */
static int
set_scaled(struct plan *p, size_t first, uint64_t total)
{
	size_t n = json_array_size(p->txs);
	uint64_t known = sum_of(p->txs, 0, first, "gas_used");
	uint64_t figures = sum_of(p->txs, first, n, "gas");
	unsigned typical = forks_gas_percent(GAS_FORGE, p->head.fork, false);

	for (size_t i = first; i < n; i++) {
		json_t *tx = json_array_get(p->txs, i);
		uint64_t figure = gas_field(tx, "gas"), used, most;

		if (jx_get(tx, "source"))
			continue; /* estimated */
		used = figure * typical / 100;
		if (total > known && figures > 0)
			used = (uint64_t)((double)figure *
					  (double)(total - known) /
					  (double)figures);
		most = gas_most(p->rpc, &p->head, used);
		if (gas_check(p->ds, tx, i, used, 0, most) < 0)
			return -1;
		set_gas(tx,
			gas_limit_scaled(figure, GAS_FORGE, p->head.fork,
					 strlen(jx_str(tx, "data", "0x")) / 2,
					 most),
			used, total ? GAS_RECORDED : GAS_SCALED);
	}
	return 0;
}

static enum rpc_status
read_head(struct plan *p)
{
	CLEANUP(put_json) json_t *block = NULL;
	enum rpc_status st =
		rpc_call(p->rpc, "eth_getBlockByNumber",
			 json_pack("[s, b]", "latest", 0), &block, p->ds);

	if (st != RPC_OK)
		return st;
	if (gas_head_read(block, &p->head) == 0) {
		gas_ask_fork(p->rpc, &p->head);
		return RPC_OK;
	}
	diag_err(p->ds, "E0811", "'%s' returned no usable newest block",
		 rpc_name(p->rpc));
	return RPC_BAD_REPLY;
}

/* The one after the measured ones may need more than there is. */
static enum rpc_status
check_next(struct plan *p, const struct gas_measured *m)
{
	return m->short_of > 0 && gas_check(p->ds, json_array_get(p->txs, m->n),
					    m->n, 0, m->short_of,
					    gas_most(p->rpc, &p->head,
						     m->short_of)) < 0
		       ? RPC_ERROR
		       : RPC_OK;
}

/* Nothing is known of the first that is not measured. */
static enum rpc_status
not_measured(const struct plan *p, struct gas_measured *m, size_t first,
	     char **revert)
{
	const char *name =
		jx_str(json_array_get(p->txs, first), "name", "transaction");

	if (m->revert) {
		diag_err(p->ds, "E0886", "'%s' would fail: %s", name,
			 m->revert);
		*revert = TAKE(m->revert);
	} else {
		diag_err(p->ds, "E0887",
			 "the gas of '%s' cannot be measured%s%s", name,
			 m->why ? ": " : "", m->why ? m->why : "");
	}
	return RPC_ERROR;
}

/* Of what has no figure of forge's, one is asked for: each as if it came
 * first, for what the one before it does is not there yet. */
static enum rpc_status
estimate_rest(struct plan *p, const uint8_t from[20], size_t first,
	      char **revert)
{
	size_t n = json_array_size(p->txs);
	struct gas_way way = { .no_simulation = true };
	enum rpc_status st = RPC_OK;

	for (size_t i = first; st == RPC_OK && i < n; i++) {
		CLEANUP(gas_measured_done) struct gas_measured m = { 0 };

		if (gas_field(json_array_get(p->txs, i), "gas") > 0)
			continue;
		st = gas_measure(p->rpc, &way, &p->head, from, p->txs, i, &m,
				 p->ds);
		if (st == RPC_OK && m.n == 0)
			st = not_measured(p, &m, i, revert);
		else if (st == RPC_OK && set_measured(p, &m, i) < 0)
			st = RPC_ERROR;
	}
	return st;
}

enum rpc_status
gas_plan(struct rpc *rpc, const uint8_t from[20], unsigned margin, json_t *txs,
	 struct gas_plan *out, struct diags *ds)
{
	struct plan p = { .rpc = rpc, .txs = txs, .margin = margin, .ds = ds };
	CLEANUP(gas_measured_done) struct gas_measured m = { 0 };
	size_t n = json_array_size(txs);
	uint64_t figures = sum_of(txs, 0, n, "gas");
	struct gas_way way = { 0 };
	enum rpc_status st;

	memset(out, 0, sizeof(*out));
	if (n == 0)
		return RPC_OK;
	st = read_head(&p);
	if (st == RPC_OK)
		st = gas_measure(rpc, &way, &p.head, from, txs, 0, &m, ds);
	if (st == RPC_OK && m.revert)
		st = not_measured(&p, &m, 0, &out->revert);
	if (st == RPC_OK)
		st = check_next(&p, &m);
	if (st == RPC_OK)
		st = estimate_rest(&p, from, m.n, &out->revert);
	if (st != RPC_OK)
		return st;
	if (set_measured(&p, &m, 0) < 0 ||
	    set_scaled(&p, m.n, deploy_gas_of(n, figures, p.head.fork)) < 0)
		return RPC_ERROR;
	out->fork = p.head.fork;
	out->measured = m.n;
	if (m.n > 0 && m.v[0].source == GAS_ESTIMATED)
		out->measured = gas_signable(txs, m.n, p.head.fork);
	return RPC_OK;
}
