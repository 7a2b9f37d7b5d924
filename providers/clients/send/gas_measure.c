/* Gas as the node measures it. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/clients/send/gas.h"
#include "providers/facts/forks.h"

/* Calls in one simulation at most: geth takes 256 blocks. */
#define WINDOW_MAX 200
/* A revert that took more may come of the server's own gas cap. */
#define SURE_REVERT 8000000
#define NO_METHOD   -32601
#define BAD_PARAMS  -32602 /* not for their number, then */

void
gas_measured_done(struct gas_measured *m)
{
	free(m->v);
	free(m->revert);
	free(m->why);
	memset(m, 0, sizeof(*m));
}

int
gas_head_read(const json_t *block, struct gas_head *out)
{
	if (quantity_u64(jx_get(block, "number"), &out->number) < 0 ||
	    quantity_u64(jx_get(block, "timestamp"), &out->time) < 0 ||
	    quantity_u64(jx_get(block, "gasLimit"), &out->gas_limit) < 0)
		return -1;
	out->fork = forks_of_header(block, NULL);
	out->next_fork = 0;
	return 0;
}

void
gas_ask_fork(struct rpc *rpc, struct gas_head *head)
{
	CLEANUP(put_json) json_t *config = NULL;
	const json_t *at;

	head->next_fork = 0;
	if (rpc_call(rpc, "eth_config", NULL, &config, NULL) != RPC_OK)
		return;
	at = jx_get(jx_get(config, "next"), "activationTime");
	if (json_is_integer(at) && json_integer_value(at) > 0)
		head->next_fork = (uint64_t)json_integer_value(at);
	else
		(void)quantity_u64(at, &head->next_fork);
	if (head->next_fork <= head->time)
		head->next_fork = 0;
}

static json_t *
call_object(const uint8_t from[20], const json_t *tx)
{
	const char *to = jx_str(tx, "to", NULL);
	struct u256 value;
	char addr[43];
	json_t *o;

	eip55(from, addr);
	if (u256_parse(jx_str(tx, "value", "0"), &value) < 0)
		value = u256_from(0);
	o = json_pack("{s:s, s:o, s:s}", "from", addr, "value",
		      quantity_from_u256(&value), "data",
		      jx_str(tx, "data", "0x"));
	if (to)
		json_object_set_new(o, "to", json_string(to));
	return o;
}

/* Whether the last call, which was refused, is one that the node does not
 * have; providers have their own words for it. */
static bool
is_missing(const struct rpc *rpc)
{
	static const char *const words[] = {
		"not supported", "unsupported",      "does not exist",
		"not available", "method not found", "not allowed"
	};
	const struct rpc_error *e = rpc_error(rpc);

	for (size_t i = 0; i < COUNTOF(words); i++)
		if (strcasestr(e->message, words[i]))
			return true;
	return e->code == NO_METHOD;
}

static void
add_figure(struct gas_measured *m, uint64_t used, uint64_t peak,
	   enum gas_source source)
{
	m->v = xreallocarray(m->v, m->n + 1, sizeof(*m->v));
	m->v[m->n++] = (struct gas_figure){ .used = used,
					    .peak = peak > used ? peak : used,
					    .source = source };
}

/* --- eth_simulateV1 ------------------------------------------------------- */

/* How many blocks, a second each, are there before the rules change. */
static size_t
window(const struct gas_way *way, const struct gas_head *head, size_t n)
{
	uint64_t left = head->next_fork > head->time
				? head->next_fork - head->time - 1
				: WINDOW_MAX;

	if (n > WINDOW_MAX)
		n = WINDOW_MAX;
	if (way->window > 0 && way->window < n)
		n = way->window;
	return left < n ? (size_t)left : n;
}

static json_t *
simulation(const struct gas_head *head, const uint8_t from[20],
	   const json_t *txs, size_t first, size_t n)
{
	json_t *blocks = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			blocks,
			json_pack("{s:{s:o}, s:[o]}", "blockOverrides", "time",
				  quantity_from_u64(head->time + 1 + i),
				  "calls",
				  call_object(from,
					      json_array_get(txs, first + i))));
	return json_pack("[{s:o, s:b}, o]", "blockStateCalls", blocks,
			 "validation", 0, quantity_from_u64(head->number));
}

/* What a call that does not succeed ended with. */
static void
take_failure(const json_t *call, uint64_t used, struct gas_measured *m)
{
	const json_t *error = jx_get(call, "error");
	const char *message = jx_str(error, "message", "it fails");
	const char *data =
		jx_str(error, "data", jx_str(call, "returnData", ""));
	CLEANUP(put_json) json_t *hex = json_string(data);
	uint8_t *p = NULL;
	size_t n = 0;

	if (strcasestr(message, "out of gas") ||
	    strcasestr(message, "OutOfGas"))
		m->short_of = used;
	if (m->n > 0)
		return;
	if (!strcasestr(message, "revert") || used > SURE_REVERT)
		m->why = xstrdup(message);
	else if (hex_bytes(hex, &p, &n) == 0 && n > 0)
		m->revert = abi_revert_reason(p, n);
	else
		m->revert = xstrdup(message);
	free(p);
}

/* The leading calls that succeed; false when the answer is none. */
static bool
take_simulation(const json_t *blocks, size_t n, struct gas_measured *m)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *call = json_array_get(
			jx_get(json_array_get(blocks, i), "calls"), 0);
		uint64_t status, used, peak = 0;

		if (quantity_u64(jx_get(call, "status"), &status) < 0 ||
		    quantity_u64(jx_get(call, "gasUsed"), &used) < 0)
			return m->n > 0;
		if (status != 1) {
			take_failure(call, used, m);
			return true;
		}
		(void)quantity_u64(jx_get(call, "maxUsedGas"), &peak);
		add_figure(m, used, peak, GAS_SIMULATED);
	}
	return true;
}

/* Whether fewer calls may be taken where these were not. */
static bool
may_be_too_many(enum rpc_status st)
{
	return st == RPC_ERROR || st == RPC_BAD_REPLY || st == RPC_TIMEOUT;
}

static enum rpc_status
simulate(struct rpc *rpc, struct gas_way *way, const struct gas_head *head,
	 const uint8_t from[20], const json_t *txs, size_t first,
	 struct gas_measured *m, struct diags *ds)
{
	size_t w = window(way, head, json_array_size(txs) - first);

	while (w > 0) {
		CLEANUP(put_json) json_t *blocks = NULL;
		CLEANUP(diags_done) struct diags said;
		enum rpc_status st;

		diags_init(&said);
		st = rpc_call(rpc, "eth_simulateV1",
			      simulation(head, from, txs, first, w), &blocks,
			      &said);
		if (st == RPC_OK && take_simulation(blocks, w, m)) {
			/* The next ones may well be smaller. */
			way->window = m->n < w ? m->n : 2 * w;
			return RPC_OK;
		}
		if (st == RPC_OK || (st == RPC_ERROR && is_missing(rpc))) {
			way->no_simulation = true;
			return RPC_OK;
		}
		if (!may_be_too_many(st)) {
			if (ds)
				diags_append(ds, &said);
			return st;
		}
		w = rpc_error(rpc)->code == BAD_PARAMS && w > 1 ? 1 : w / 2;
	}
	return RPC_OK;
}

/* --- eth_estimateGas ------------------------------------------------------ */

/* geth says how much it has tried. */
static void
note_allowance(const char *message, enum rpc_status st, struct gas_measured *m)
{
	const char *at = strstr(message, "exceeds allowance (");

	if (st == RPC_ERROR && at)
		m->short_of = strtoull(strchr(at, '(') + 1, NULL, 10);
}

static enum rpc_status
estimate(struct rpc *rpc, struct gas_way *way, const struct gas_head *head,
	 const uint8_t from[20], const json_t *txs, size_t first,
	 struct gas_measured *m, struct diags *ds)
{
	CLEANUP(diags_done) struct diags said;
	uint64_t gas;
	enum rpc_status st;

	diags_init(&said);
	st = rpc_u64(rpc, "eth_estimateGas",
		     json_pack("[o, o]",
			       call_object(from, json_array_get(txs, first)),
			       quantity_from_u64(head->number)),
		     &gas, &said);
	if (st == RPC_OK) {
		add_figure(m, gas, gas, GAS_ESTIMATED);
		return RPC_OK;
	}
	if (st != RPC_ERROR && st != RPC_BAD_REPLY) {
		if (ds)
			diags_append(ds, &said);
		return st;
	}
	note_allowance(rpc_error(rpc)->message, st, m);
	free(TAKE(m->why));
	m->why = xstrdup(said.first->summary);
	if (st == RPC_BAD_REPLY)
		return RPC_OK;
	way->no_estimate = is_missing(rpc);
	if (!way->no_estimate)
		(void)rpc_reverted(rpc, &m->revert);
	return RPC_OK;
}

/* --- both ----------------------------------------------------------------- */

/* A contract may want more gas than it uses, such as a portal that has to hand
 * on what a withdrawal names: only an estimate finds out, and only for what
 * comes first. Without one it is as simulated. */
static void
gas_estimate_first(struct rpc *rpc, const struct gas_head *head,
		   const uint8_t from[20], const json_t *tx,
		   struct gas_measured *m)
{
	uint64_t gas;

	if (!jx_str(tx, "to", NULL) || m->n == 0 ||
	    m->v[0].source != GAS_SIMULATED ||
	    rpc_u64(rpc, "eth_estimateGas",
		    json_pack("[o, o]", call_object(from, tx),
			      quantity_from_u64(head->number)),
		    &gas, NULL) != RPC_OK)
		return;
	if (gas > m->v[0].peak)
		m->v[0].peak = gas;
}

enum rpc_status
gas_measure(struct rpc *rpc, struct gas_way *way, const struct gas_head *head,
	    const uint8_t from[20], const json_t *txs, size_t first,
	    struct gas_measured *m, struct diags *ds)
{
	enum rpc_status st = RPC_OK;

	memset(m, 0, sizeof(*m));
	if (!way->no_simulation)
		st = simulate(rpc, way, head, from, txs, first, m, ds);
	if (st == RPC_OK)
		gas_estimate_first(rpc, head, from, json_array_get(txs, first),
				   m);
	if (st != RPC_OK || m->n > 0 || m->revert || way->no_estimate)
		return st;
	return estimate(rpc, way, head, from, txs, first, m, ds);
}
