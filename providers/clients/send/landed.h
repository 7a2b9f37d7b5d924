#ifndef OPL2_PROVIDERS_CLIENTS_SEND_LANDED_H
#define OPL2_PROVIDERS_CLIENTS_SEND_LANDED_H

#include "engine/base/compiler.h"
#include "providers/clients/send/ledger.h"
#include "providers/clients/send/effect_send.h"
#include "providers/kinds/effect.h"

/*
 * Whether a transaction that the ledger has as mined is in the chain that the
 * RPC serves. It is not when the chain was made anew from the same genesis.
 *
 * No receipt alone does not say so: nodes drop their index of old transactions
 * (geth after 2,350,000 blocks, its flag history.transactions), and one of
 * several behind a URL may lag. Then the block decides that the ledger names,
 * or the sender's nonce. OC_UNSURE with E0878 when they do not either: what may
 * have been paid is not paid again.
 */
enum outcome tx_landed(struct effect_ctx *ctx, const struct effect_sender *s,
		       const struct ledger *l, const struct ledger_slot *slot,
		       bool *landed) MUST_CHECK;

#endif
