/*
 * opl2-worker --unlock: opens one keystore on behalf of the supervisor, which
 * has no library for it and must not stand still. One frame comes on
 * descriptor 0, one goes back: {part, secrets} -> {body: 64 hex digits} or
 * {error}. part is that of a secret token (providers/clients/tools/secret.h);
 * its paths are absolute.
 */
#include "cmd/opl2-worker/worker.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"
#include "providers/clients/keys/secret_key.h"

int
unlock_main(void)
{
	CLEANUP(put_json) json_t *ask = NULL;
	CLEANUP(put_json) json_t *reply = NULL;
	CLEANUP(diags_done) struct diags ds;
	uint8_t secret[32];
	char hex[65];

	diags_init(&ds);
	if (frame_recv(0, &ask) != 1)
		return 1;
	if (secret_open(jx_get(ask, "part"), jx_get(ask, "secrets"), NULL,
			secret, &ds) == 0) {
		hex_encode(secret, sizeof(secret), hex);
		reply = json_pack("{s:s}", "body", hex);
	} else {
		reply = json_pack("{s:s}", "error", ds.first->summary);
	}
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(hex, sizeof(hex));
	return frame_send(0, reply) ? 1 : 0;
}
