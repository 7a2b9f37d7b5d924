#ifndef OPL2_PROVIDERS_CLIENTS_SEND_GAS_H
#define OPL2_PROVIDERS_CLIENTS_SEND_GAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/rpc/rpc.h"

/*
 * What transactions take on the chain that they go to, as it is now: nobody
 * else's figures are the limit of what is signed.
 *
 * Asked are, in this order: eth_simulateV1, with a block of its own for each,
 * as many in one request as the server's gas cap allows; eth_estimateGas for
 * the first alone, and beside a simulation when it is a call, for a contract
 * may want more gas than it uses. Nothing is carried from one request to the
 * next, so what is not measured yet has to wait until all before it is mined.
 *
 * A list is that of sender.h: array of {"to": address or null, "value", "data"
 * [, "gas", "gas_used", "source"]}; value and gas are decimal strings, data is
 * "0x...". `gas` that is there already is a figure of forge's simulation, with
 * forge's margin.
 */
enum gas_source {                /* best first; "source" of plan_out.costs */
		  GAS_SIMULATED, /* run on the chain, after those before it */
		  GAS_ESTIMATED, /* by the chain's node */
		  GAS_RECORDED,  /* of an earlier deployment on such a chain */
		  GAS_SCALED /* forge's figure times the fork's percentage */
};
const char *gas_source_name(enum gas_source s);
/* The worst "source" of a list, GAS_SCALED where none is said. */
enum gas_source gas_source_of(const json_t *txs);

/* The block that is measured at. */
struct gas_head {
	uint64_t number, time, gas_limit;
	const char *fork;   /* as forks_of_header has it; borrowed from there */
	uint64_t next_fork; /* when the rules will change; 0: not known */
};
/* From a block as eth_getBlockByNumber gives it; -1: it is not one. */
int gas_head_read(const json_t *block, struct gas_head *out);
/* Asks for next_fork (eth_config); a node without the method knows none. */
void gas_ask_fork(struct rpc *rpc, struct gas_head *head);

/* What was learned of a server; {0} in the beginning. */
struct gas_way {
	bool no_simulation, no_estimate; /* it does not have the method */
	size_t window; /* calls in one simulation; 0: as many as there are */
};

struct gas_figure {
	uint64_t used; /* what is paid for */
	uint64_t peak; /* what it needs at least */
	enum gas_source source;
};

struct gas_measured {
	struct gas_figure *v; /* of the leading ones, in order */
	size_t n;
	/* Of the one after them: gas that was not enough for it; 0: it does
	 * not fail for that. */
	uint64_t short_of;
	/* ... and when n is 0, why it would revert, or what the node said
	 * otherwise. NULL when there is nothing to be said. */
	char *revert, *why;
};
void gas_measured_done(struct gas_measured *m); /* for CLEANUP; {0} is fine */

/*
 * Measures leading ones of txs, from `first` on, at the block: all before them
 * must be mined in it. RPC_OK whatever came out: m->n may be less than wanted,
 * also because a later one depends on what others do. Else nothing was heard.
 */
enum rpc_status gas_measure(struct rpc *rpc, struct gas_way *way,
			    const struct gas_head *head, const uint8_t from[20],
			    const json_t *txs, size_t first,
			    struct gas_measured *m,
			    struct diags *ds) MUST_CHECK;

/* The most that one transaction may have there: the block's limit and the
 * fork's cap. need: what for, since it may take a request to know the cap. */
uint64_t gas_most(struct rpc *rpc, const struct gas_head *head, uint64_t need);
/* The limit of one that peaks at so much, with a margin in percent (0: 30; for
 * of a call's gas 1/64 stays behind, and state may change): not over `most`. */
uint64_t gas_limit(uint64_t peak, unsigned margin, uint64_t most);
/* The same when nothing can be measured, of a limit that did on the fork
 * `from`: by its worst growth up to `to`, and not under the floor for so many
 * bytes of data. */
uint64_t gas_limit_scaled(uint64_t gas, const char *from, const char *to,
			  size_t bytes, uint64_t most);
/* Forge's figures are right up to this fork: there a list that cannot be
 * simulated goes by them, rather than wait for each to be mined. */
#define GAS_FORGE "osaka"
/* How many of the list may be signed at a fork when the ones before `first`
 * are measured: these, or those after them by forge's figures, too. */
size_t gas_signable(const json_t *txs, size_t first, const char *fork);
/* E0885 when transaction i of a list (tx) needs more than `most`, or so much
 * was not enough for it; -1 then. */
int gas_check(struct diags *ds, const json_t *tx, size_t i, uint64_t need,
	      uint64_t short_of, uint64_t most);

struct gas_plan {
	size_t measured;  /* leading ones that may be signed with their gas */
	const char *fork; /* it is of this one */
	char *revert;     /* why the first one would fail; NULL: it would not */
};
void gas_plan_done(struct gas_plan *p); /* for CLEANUP */

/*
 * Gives each of the list its gas (the limit), gas_used (what it is expected to
 * use) and source, measured as far as that is possible now. The rest is
 * reckoned from the figures that are there: together they are what the list
 * took before, when it is a known one. Anything but RPC_OK comes with a
 * diagnostic; E0885: one needs more than the chain allows, E0886: the first
 * one would fail (p->revert).
 */
enum rpc_status gas_plan(struct rpc *rpc, const uint8_t from[20],
			 unsigned margin, json_t *txs, struct gas_plan *p,
			 struct diags *ds) MUST_CHECK;

#endif
