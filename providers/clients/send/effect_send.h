#ifndef OPL2_PROVIDERS_CLIENTS_SEND_EFFECT_SEND_H
#define OPL2_PROVIDERS_CLIENTS_SEND_EFFECT_SEND_H

#include <stdint.h>

#include "providers/clients/send/sender.h"
#include "providers/kinds/effect.h"

/*
 * The sender as an operation uses it: key and RPC from the config, limits from
 * the spec, progress and cancellation from the run.
 */
struct effect_sender {
	struct sender s;
	struct rpc *rpc;
	struct signer *signer;
	uint8_t from[20];
	char addr[43]; /* the same, EIP-55 */
	uint64_t chain_id;
	uint8_t genesis[32];
	char *lock_dir, *ledger_dir;
};

/* The account that a token stands for: its key, or its remote signer. NULL
 * with a diagnostic; `what` names the place. */
struct signer *effect_signer(struct effect_ctx *ctx, const struct effect_op *op,
			     const json_t *token, const char *what);
/* The name of the key that a whole field refers to, or NULL. Borrowed. */
const char *effect_key_name(struct effect_ctx *ctx, const struct effect_op *op,
			    const char *field);
/* The limits of the spec and what the config says of finality. */
void effect_send_policy(const struct effect_op *op, struct send_policy *p);

/* Opens both and checks the chain. Anything but OC_OK comes with a
 * diagnostic; effect_sender_done is called in every case. */
enum outcome effect_sender_init(struct effect_ctx *ctx,
				const struct effect_op *op,
				const char *rpc_field, uint64_t chain_id,
				const char *key_field,
				struct effect_sender *out) MUST_CHECK;
void effect_sender_done(struct effect_sender *s); /* for CLEANUP; {0} is fine */

/*
 * What a result is to the engine. begun: there is a ledger entry, so that the
 * next apply must go on with it.
 */
enum outcome effect_send_outcome(enum send_result r, bool begun);

/* The list of one resource, which is taken, under an entry's name; or what that
 * entry has. */
enum outcome effect_send_txs(const struct effect_op *op,
			     struct effect_sender *s, const char *entry,
			     json_t *txs, struct ledger **l) MUST_CHECK;
/* Like sender_send for one resource, with outcome; *l is the ended entry. */
enum outcome effect_send(struct effect_sender *s, const struct send_list *list,
			 struct ledger **l) MUST_CHECK;

/*
 * The costs (kind.h) of a list of transactions (sender.h), NULL or empty when
 * nothing is to be sent: gas is measured where that is not done. *costs is new.
 */
enum outcome effect_costs(struct effect_ctx *ctx, const struct effect_op *op,
			  const struct effect_sender *s, const char *role,
			  json_t *txs, json_t **costs) MUST_CHECK;

/* What of an entry is not mined yet, as txs for effect_costs: 1, new reference;
 * 0 when there is no such entry; -1 with a diagnostic. */
int ledger_entry_left(struct effect_ctx *ctx, const struct effect_sender *s,
		      const char *entry, json_t **txs) MUST_CHECK;

/* A ledger name "PREFIX-" + 16 hex digits of the texts' digest (NULL ends the
 * list). Arena. */
char *ledger_entry_name(struct effect_ctx *ctx, const char *prefix, ...)
	__attribute__((sentinel));
/* Whether the entry's list ended without being sent whole. */
bool ledger_entry_failed(const struct effect_op *op, const char *name);
/* Whether it is there and more is to be sent. */
bool ledger_entry_open(const struct effect_op *op, const char *name);
/* recover() of a kind whose token is {"entry": NAME}: the ledger knows whether
 * anything was signed, and create() goes on there. */
enum outcome ledger_entry_recover(struct effect_ctx *ctx,
				  const struct effect_op *op,
				  struct effect_result *out);
/* An operation that ended badly while its entry is begun is to be continued:
 * OC_PARTIAL with out->priv and empty attrs, in place of OC_RETRY, OC_FAIL and
 * OC_UNREACHABLE. Other outcomes come back as they are. */
enum outcome ledger_entry_outcome(const struct effect_op *op, const char *name,
				  enum outcome oc, struct effect_result *out);
/* One with 16 random digits instead. */
char *ledger_entry_random(struct effect_ctx *ctx, const char *prefix);

/*
 * For kinds whose entries are told by what is in them, not by their name: the
 * same may be sent several times, but only when that is asked for. Of a kind
 * whose object has an attribute "holds" a whole one may want it once more.
 */
/* The entry of the broken-off attempt, or NULL. Borrowed. */
const char *ledger_entry_begun(const struct effect_op *op);
/*
 * An entry of this resource that the ledger has and same() accepts, or NULL.
 * One that is done counts only when the state has been lost and its
 * transactions are in the chain still. same: the chain is the right one
 * already.
 */
enum outcome
ledger_entry_search(struct effect_ctx *ctx, const struct effect_op *op,
		    const struct effect_sender *s,
		    bool (*same)(const struct ledger *l, void *arg), void *arg,
		    const char **entry) MUST_CHECK;
/* That, or else a new name with 16 random digits; announced by effect_intend.
 */
enum outcome ledger_entry_find(struct effect_ctx *ctx,
			       const struct effect_op *op,
			       const struct effect_sender *s,
			       const char *prefix,
			       bool (*same)(const struct ledger *l, void *arg),
			       void *arg, const char **entry) MUST_CHECK;

#endif
