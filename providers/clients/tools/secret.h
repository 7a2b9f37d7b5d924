#ifndef OPL2_PROVIDERS_CLIENTS_TOOLS_SECRET_H
#define OPL2_PROVIDERS_CLIENTS_TOOLS_SECRET_H

#include <jansson.h>

#include "engine/base/buf.h"
#include "engine/diag/diag.h"

/*
 * Secret tokens: what stands for a sensitive value in a config, a definition,
 * a plan or a state, until the moment of use.
 *
 *   {"$secret": [part, ...]}
 * part: "literal text" | {"env": NAME} | {"file": PATH} | {"var": NAME}
 *	| {"keystore": PATH, "password": {"file": PATH} | {"env": NAME}}
 *	| {"signer": {url, address, ...}}
 * The parts concatenate. A file's content loses its trailing newlines, and a
 * file that others may read is refused. Values of env and var parts come from
 * a table {"env:NAME": value, "var:NAME": value}, never from the environment
 * of the program that resolves. A keystore is not opened here, for that takes
 * seconds and a library: its key, as hex, is looked for in the table as
 * "keystore:PATH" (cmd/opl2-supervise/unlock.c puts it there). A signer's key
 * is nowhere; what can use one looks at the token itself (secret_key.h).
 *
 * Never put a resolved value into a json_t that outlives its use, a
 * diagnostic, a log line or an argument vector.
 */
#define SECRET_MAX 65536u

/* A plain string is copied. base is the directory of relative files (NULL:
 * the working directory). -1 with a diagnostic that names what is missing,
 * never a value. The caller wipes out with secret_wipe. */
int secret_resolve(const json_t *token_or_string, const json_t *secrets,
		   const char *base, struct buf *out, struct diags *ds);
/* Zeroes and frees; for CLEANUP too. */
void secret_wipe(struct buf *b);

/* Adds "env:NAME" and "var:NAME" of every token inside j to the array. */
void secret_names(const json_t *j, json_t *names);
/* Of the values those that j names. New reference. */
json_t *secret_named(const json_t *j, const json_t *secrets);
/* Adds the keystore parts of every token inside j to the array. */
void secret_keystores(const json_t *j, json_t *parts);

/* Replaces every known value (4 bytes or longer) in text by "***". */
void secret_redact(struct buf *text, const json_t *secrets);

#endif
