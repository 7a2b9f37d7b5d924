#ifndef OPL2_PROVIDERS_CLIENTS_KEYS_SECRET_KEY_H
#define OPL2_PROVIDERS_CLIENTS_KEYS_SECRET_KEY_H

#include <stdint.h>
#include <jansson.h>

#include "engine/diag/diag.h"
#include "providers/clients/keys/sign.h"

/*
 * Secret tokens that stand for a private key: what secret.h does, and
 * keystores opened. For the worker only; it may take seconds.
 */
/* The key of a token or a text of hex; NULL with a diagnostic. secrets and
 * base as for secret_resolve; `what` names the place in errors. */
struct sign_key *secret_key(const json_t *token, const json_t *secrets,
			    const char *base, const char *what,
			    struct diags *ds);
/* The bytes behind a part {"keystore", "password"}: its address is that of
 * the file, if that has one. The caller wipes out, also after -1. */
int secret_open(const json_t *part, const json_t *secrets, const char *base,
		uint8_t out[32], struct diags *ds) MUST_CHECK;

#endif
