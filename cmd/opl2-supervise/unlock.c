#include "cmd/opl2-supervise/unlock.h"

#include "cmd/opl2-supervise/loop/fetch.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/secret.h"

/* A machine that is busy with other nodes takes long for scrypt's memory. */
#define UNLOCK_TIMEOUT_MS 120000

static void
opened(void *arg, const struct fetch_reply *r)
{
	struct unlock *u = arg;

	u->fetch = NULL;
	if (r->error) {
		free(u->why);
		u->why = xstrdup(r->error);
	} else {
		if (!u->keys)
			u->keys = json_object();
		json_object_set_new(u->keys, u->name, json_string(r->body));
	}
	u->changed(u->arg);
}

static void
unlock_start_worker(struct unlock *u, struct loop *l, const json_t *part,
		    const json_t *secrets)
{
	CLEANUP(put_json)
	json_t *token = json_pack("{s:[O]}", "$secret", part);
	CLEANUP(put_json)
	json_t *msg = json_pack("{s:O, s:o}", "part", (json_t *)(uintptr_t)part,
				"secrets", secret_named(token, secrets));

	u->fetch = fetch_helper(l, "opl2-worker", "--unlock", msg,
				UNLOCK_TIMEOUT_MS, opened, u);
}

enum unlock_state
unlock_turn(struct unlock *u, struct loop *l, const json_t *env,
	    const json_t *secrets, void (*changed)(void *arg), void *arg)
{
	CLEANUP(put_json) json_t *parts = json_array();
	const json_t *part;
	size_t i;

	u->changed = changed;
	u->arg = arg;
	if (u->why)
		return UNLOCK_FAILED;
	if (u->fetch)
		return UNLOCK_BUSY;
	secret_keystores(env, parts);
	json_array_foreach(parts, i, part) {
		free(u->name);
		u->name =
			xasprintf("keystore:%s", jx_str(part, "keystore", ""));
		if (jx_get(u->keys, u->name))
			continue;
		unlock_start_worker(u, l, part, secrets);
		return UNLOCK_BUSY;
	}
	return UNLOCK_DONE;
}

json_t *
unlock_table(const struct unlock *u, const json_t *secrets)
{
	json_t *out = json_copy((json_t *)(uintptr_t)secrets);

	if (u->keys)
		json_object_update(out, u->keys);
	return out;
}

void
unlock_off(struct unlock *u)
{
	fetch_cancel(u->fetch);
	json_decref(u->keys);
	free(u->name);
	free(u->why);
	*u = (struct unlock){ 0 };
}
