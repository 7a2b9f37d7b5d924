#ifndef OPL2_PROVIDERS_CLIENTS_BRIDGE_DEPOSIT_H
#define OPL2_PROVIDERS_CLIENTS_BRIDGE_DEPOSIT_H

#include <stdint.h>
#include <jansson.h>

/*
 * Deposit transactions of the OP Stack (type 0x7E): what the portal's event on
 * the L1 becomes on the L2.
 */
/* Hash of the L2 transaction that a log TransactionDeposited leads to; -1 when
 * it is not such a log. */
int deposit_hash(const json_t *log, uint8_t out[32]);
/* The first such log of `portal` in a receipt; borrowed, or NULL. */
const json_t *deposit_log(const json_t *receipt, const uint8_t portal[20]);

#endif
