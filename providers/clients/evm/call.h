#ifndef OPL2_PROVIDERS_CLIENTS_EVM_CALL_H
#define OPL2_PROVIDERS_CLIENTS_EVM_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/base/u256.h"
#include "engine/diag/diag.h"
#include "providers/clients/rpc/rpc.h"

/* The deterministic deployer that most chains have: salt and creation code
 * are its call data, and it makes the contract by CREATE2. */
#define CREATE2_DEPLOYER "0x4e59b44847b379578588920cA78FbF26c0B4956C"

/* What a Safe does: a call with value from its own funds, or another
 * contract's code as its own. */
enum safe_operation { SAFE_CALL, SAFE_DELEGATECALL };

/*
 * Appends the call of a Safe's execTransaction that makes an inner call. The
 * signature is of the kind that counts when the owner itself is the sender,
 * enough for a threshold of 1.
 */
int safe_encode(struct buf *out, enum safe_operation how, const char *to,
		const struct u256 *value, const struct buf *data,
		const uint8_t owner[20], struct diags *ds) MUST_CHECK;

/*
 * Whether the chain says what `expect` does: {"function": "f(T)(R)", "args",
 * "equals"} or {"slot", "equals"}, asked of "to", else of `to`; with "not" in
 * place of "equals", whether it says anything else. *got is new (or NULL):
 * what was read instead of it, null when the call reverts or there is no such
 * contract.
 */
enum rpc_status call_expect(struct rpc *rpc, const json_t *expect,
			    const char *to, bool *holds, json_t **got,
			    struct diags *ds) MUST_CHECK;

/* The value at "equals" or "not". Borrowed. */
const json_t *call_wanted(const json_t *expect);

#endif
