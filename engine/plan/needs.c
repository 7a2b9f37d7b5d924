/* What a plan wants of this machine, before anything of it is done. */
#include "engine/run/run_impl.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/plan/plan.h"

#define NEEDS_TIMEOUT_MS 120000

static bool
has_needs(const struct change *c)
{
	const struct kind *k = kind_find(c->kind);

	return k && (k->flags & KIND_NEEDS) &&
	       (c->action == ACT_CREATE || c->action == ACT_UPDATE ||
		c->action == ACT_REPLACE);
}

/* Moves the entries of one answer, with their address. */
static void
needs_take(json_t *all, const char *addr, json_t *answer)
{
	json_t *entry;
	size_t i;

	json_array_foreach(answer, i, entry)
		json_object_set_new(entry, "addr", json_string(addr));
	json_array_extend(all, answer);
}

int
run_needs(struct run *r, const struct plan *p, json_t **out, struct diags *ds)
{
	struct action_call *calls = xcalloc(p->nchanges + 1, sizeof(*calls));
	struct effect_msg *msgs = xcalloc(p->nchanges + 1, sizeof(*msgs));
	size_t n = 0, i;
	int rc = 0;

	*out = json_array();
	for (i = 0; i < p->nchanges; i++) {
		const struct change *c = &p->changes[i];

		if (!has_needs(c))
			continue;
		msgs[n] = (struct effect_msg){ .what = "needs",
					       .addr = c->addr,
					       .kind = c->kind,
					       .config = c->config,
					       .timeout_ms = NEEDS_TIMEOUT_MS };
		calls[n].name = c->addr;
		calls[n].args = c->config;
		diags_init(&calls[n++].ds);
	}
	if (n)
		rc = run_calls(r, calls, msgs, n, ds);
	for (i = 0; i < n; i++) {
		if (calls[i].ok)
			needs_take(*out, calls[i].name, calls[i].answer);
		json_decref(calls[i].answer);
		diags_done(&calls[i].ds);
	}
	free(calls);
	free(msgs);
	return rc;
}
