#ifndef OPL2_PROVIDERS_CLIENTS_SEND_FEE_CAP_H
#define OPL2_PROVIDERS_CLIENTS_SEND_FEE_CAP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/u256.h"

/*
 * Nodes refuse to pass on a transaction whose gas limit times max fee is over a
 * cap of their own: "tx fee (1.21 ether) exceeds the configured cap (1.00
 * ether)". 1 ether is the default of geth's --rpc.txfeecap and reth's
 * --rpc.txfeecap. Pure.
 */

/* The cap that the node's words name, in wei; false: they are about something
 * else. Of two decimals in ether the last one may be rounded up: the cap is
 * taken to be half of it lower. */
bool fee_cap_said(const char *text, struct u256 *wei);

/* The max fee per gas that fits; less than `least` is no use: false. */
bool fee_cap_fit(const struct u256 *wei, uint64_t gas, const struct u256 *least,
		 struct u256 *max_fee);

/* By the default cap: a base fee at which a transaction of that gas limit can
 * still be sent with the tip, an eighth of margin included; 0: at none. */
struct u256 fee_cap_base(uint64_t gas, const struct u256 *tip);

#endif
