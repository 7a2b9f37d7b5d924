#include "providers/clients/keys/secret_key.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/keys/keystore.h"
#include "providers/clients/tools/secret.h"

/* A file whose address somebody changed would make money go astray. */
static int
check_address(const struct keystore *k, const char *path,
	      const uint8_t secret[32], struct diags *ds)
{
	CLEANUP(freep) char *what = xasprintf("what keystore '%s' holds", path);
	CLEANUP(sign_key_freep)
	struct sign_key *key = sign_key_from_bytes(secret, what, ds);
	char is[43], says[43];
	uint8_t addr[20];

	if (!key)
		return -1;
	sign_key_address(key, addr);
	if (!k->has_address || memcmp(addr, k->address, 20) == 0)
		return 0;
	eip55(addr, is);
	eip55(k->address, says);
	diag_err(ds, "E0893", "keystore '%s' names %s, but holds the key of %s",
		 path, says, is);
	diag_hint(ds, "ask the author of the file which one is meant");
	return -1;
}

int
secret_open(const json_t *part, const json_t *secrets, const char *base,
	    uint8_t out[32], struct diags *ds)
{
	const char *name = jx_str(part, "keystore", "");
	CLEANUP(freep)
	char *path = base ? path_join(base, name) : xstrdup(name);
	CLEANUP(put_json)
	json_t *token = json_pack("{s:[O]}", "$secret",
				  json_object_get(part, "password"));
	CLEANUP(secret_wipe) struct buf password = BUF_INIT(SECRET_MAX);
	struct keystore k;

	if (keystore_load(path, &k, ds) < 0 ||
	    secret_resolve(token, secrets, base, &password, ds) < 0 ||
	    keystore_unlock(&k, path, buf_str(&password), password.n, out, ds) <
		    0)
		return -1;
	return check_address(&k, path, out, ds);
}

static struct sign_key *
from_keystore(const json_t *part, const json_t *secrets, const char *base,
	      const char *what, struct diags *ds)
{
	struct sign_key *k = NULL;
	uint8_t secret[32];

	if (secret_open(part, secrets, base, secret, ds) == 0)
		k = sign_key_from_bytes(secret, what, ds);
	explicit_bzero(secret, sizeof(secret));
	return k;
}

struct sign_key *
secret_key(const json_t *token, const json_t *secrets, const char *base,
	   const char *what, struct diags *ds)
{
	const json_t *parts = json_object_get(token, "$secret");
	CLEANUP(secret_wipe) struct buf text = BUF_INIT(SECRET_MAX);

	if (json_array_size(parts) == 1 &&
	    jx_get(json_array_get(parts, 0), "keystore"))
		return from_keystore(json_array_get(parts, 0), secrets, base,
				     what, ds);
	if (secret_resolve(token, secrets, base, &text, ds) < 0)
		return NULL;
	return sign_key_from_hex(buf_str(&text), what, ds);
}
