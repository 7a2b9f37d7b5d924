#ifndef OPL2_PROVIDERS_CLIENTS_SEND_LEDGER_H
#define OPL2_PROVIDERS_CLIENTS_SEND_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/base/u256.h"
#include "engine/diag/diag.h"
#include "providers/clients/keys/tx.h"

/*
 * What was planned to be sent and what was sent: `.opl2/ledger/NAME`, one file
 * per entry (a deployment, a top-up, a deposit). It is outside of the state:
 * nothing ever removes it, so nothing is paid for twice.
 *
 * Lines as in the journal: 8 hex digits (the start of the sha256 of the text),
 * a space, one-line JSON, a newline.
 *
 *   begin  version chain_id genesis from first_nonce reserve apply about txs
 *   gas    i gas gas_used                the slot's limit, measured anew, for
 *                                        what is signed after it
 *   raw    i hash max_fee priority raw   signed, perhaps sent
 *   mined  i hash block gas_used price   in the chain, as deep as asked for
 *   end    reason                        nothing more is to be sent
 *
 * The begin line is written whole and durably before anything is signed, a gas
 * line before the slot is, raw lines before the transaction is sent. A line
 * torn by a crash is cut off: what it would have said had not happened yet, or
 * is seen on the chain.
 */
struct ledger_version { /* one signed form of a transaction */
	uint8_t hash[32];
	struct u256 max_fee, priority;
	char *raw; /* "0x..." */
};

struct ledger_slot {       /* one planned transaction */
	struct tx tx;      /* data is owned by the ledger; no fees yet */
	uint64_t planned;  /* the limit as it was in the beginning */
	uint64_t expected; /* gas that it will probably use; 0: not known */
	const char *name;  /* what a person knows it by, or NULL */
	struct ledger_version *versions; /* oldest first */
	size_t nversions;
	bool mined;
	uint8_t mined_hash[32];
	uint64_t block, gas_used;
	struct u256 price; /* wei per gas that was paid */
};

struct ledger {
	char *path;
	int fd;        /* -1: read only */
	off_t size;    /* of the good lines */
	off_t settled; /* of them durable (durable.h); -1: not known */
	bool broken;
	json_t *begin; /* the begin record */
	uint64_t chain_id, first_nonce;
	uint8_t genesis[32], from[20];
	struct ledger_slot *slots;
	size_t nslots;
	const char *ended; /* reason, or NULL while open */
	json_t *end;
	/* Not kept: of how many leading slots this process has just measured
	 * the gas, and at which fork (borrowed, lasting). */
	size_t measured;
	const char *fork;
};

/*
 * Opens dir/name to go on with it: 1 opened, 0 no such entry, -1 with a diag
 * (E0840: damaged; E0841: another process has it open).
 */
int ledger_open(const char *dir, const char *name, struct ledger **out,
		struct diags *ds) MUST_CHECK;
/* Makes the entry; it must not be there yet. begin is borrowed. */
int ledger_create(const char *dir, const char *name, const json_t *begin,
		  struct ledger **out, struct diags *ds) MUST_CHECK;
void ledger_free(struct ledger *l);
void ledger_freep(struct ledger **l); /* for CLEANUP */

/*
 * Finds an entry that match() accepts: 1, with its name malloc'd, 0 none, -1.
 * What is not looked at: `except` (may be NULL).
 */
int ledger_find(const char *dir, const char *except,
		bool (*match)(const struct ledger *l, void *arg), void *arg,
		char **name, struct diags *ds);

/*
 * Finds an entry of that chain and sender that was begun and not ended: 1,
 * with its name malloc'd, 0 none, -1. `except` (may be NULL) is passed over.
 */
int ledger_find_open(const char *dir, uint64_t chain_id,
		     const uint8_t genesis[32], const uint8_t from[20],
		     const char *except, char **name, struct diags *ds);

/* The most that any form of a slot offers: which one is mined is not up to us.
 */
struct u256 ledger_dearest(const struct ledger_slot *slot);

/*
 * What entries of one apply (its name, see effect_env) on a chain cost: those
 * that ended what they paid, the others at least what they were expected to
 * when they began. `except` (may be NULL) is passed over. All ones when it is
 * more than can be counted.
 */
int ledger_spent(const char *dir, uint64_t chain_id, const char *apply,
		 const char *except, struct u256 *out,
		 struct diags *ds) MUST_CHECK;

/*
 * Adds to chains (array) for each chain what entries of one apply have paid:
 * {chain_id, wei: decimal text, unmined: transactions that are signed and not
 * mined, of which nothing is in wei}.
 */
int ledger_paid(const char *dir, const char *apply, json_t *chains,
		struct diags *ds) MUST_CHECK;

/* Appends; not durable before ledger_sync. */
int ledger_gas(struct ledger *l, size_t i, uint64_t gas, uint64_t expected,
	       struct diags *ds) MUST_CHECK;
int ledger_raw(struct ledger *l, size_t i, const struct ledger_version *v,
	       struct diags *ds) MUST_CHECK; /* copies v */
int ledger_mined(struct ledger *l, size_t i, const uint8_t hash[32],
		 uint64_t block, uint64_t gas_used, const struct u256 *price,
		 struct diags *ds) MUST_CHECK;
int ledger_end(struct ledger *l, const char *reason,
	       struct diags *ds) MUST_CHECK;
int ledger_sync(struct ledger *l, struct diags *ds) MUST_CHECK;

/* Forgets, in memory only, that a transaction was mined (a reorganisation). */
void ledger_unmine(struct ledger *l, size_t i);

#endif
