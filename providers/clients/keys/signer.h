#ifndef OPL2_PROVIDERS_CLIENTS_KEYS_SIGNER_H
#define OPL2_PROVIDERS_CLIENTS_KEYS_SIGNER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/buf.h"
#include "engine/diag/diag.h"
#include "providers/clients/keys/sign.h"
#include "providers/clients/keys/tx.h"
#include "providers/clients/rpc/rpc.h"

/*
 * Who signs transactions: a key that is at hand, or a remote signer that
 * serves eth_signTransaction, as op-signer and web3signer do. What a remote
 * one answers is taken only when it is the very transaction that was asked
 * for, signed by the account.
 */
struct signer;

struct signer_options { /* of a remote one; all are copied */
	const char *url;
	uint8_t address[20];
	/* PEM files for TLS with a certificate of ours; all or none. */
	const char *cafile, *cert, *key;
	bool (*cancelled)(void *arg);
	void (*waiting)(void *arg, const char *line); /* as in rpc.h */
	void *arg;
};

struct signer *signer_local(struct sign_key *k); /* takes the key over */
struct signer *signer_remote(const struct signer_options *o);
void signer_free(struct signer *s);
void signer_freep(struct signer **s); /* for CLEANUP */

void signer_address(const struct signer *s, uint8_t out[20]);
/* The public key, x and y; -1 of a remote one, which does not tell it. */
int signer_public(const struct signer *s, uint8_t out[64]) MUST_CHECK;

/*
 * Appends the signed bytes to raw, as tx_sign does, which a local one is: it
 * never fails. Else RPC_OK or, with a diagnostic, RPC_UNREACHABLE,
 * RPC_TIMEOUT (E0895), RPC_CANCELLED, RPC_ERROR (E0896: it will not sign
 * this), RPC_BAD_REPLY (E0897: not what was asked for).
 */
enum rpc_status signer_sign(const struct signer *s, const struct tx *t,
			    struct buf *raw, uint8_t hash[32],
			    struct diags *ds) MUST_CHECK;

/* Whether it is there at all; RPC_OK for a local one. */
enum rpc_status signer_ping(const struct signer *s,
			    struct diags *ds) MUST_CHECK;

#endif
