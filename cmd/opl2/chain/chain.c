#include "cmd/opl2/chain/chain.h"

#include "cmd/opl2/view/view.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "state/state.h"

/* The value of an output, or NULL. */
static const json_t *
output(const struct state *s, const char *name)
{
	return jx_get(jx_get(s->outputs, name), "value");
}

static void
share(json_t *o, const char *key, const json_t *v)
{
	if (v)
		json_object_set_new(o, key, jx_share(v));
}

static json_t *
l2_facts(const struct state *s)
{
	json_t *l2 = json_object();

	share(l2, "rpc", output(s, "l2_rpc"));
	share(l2, "chain_id", output(s, "l2_chain_id"));
	share(l2, "rollup_rpc", output(s, "rollup_rpc"));
	share(l2, "info_url", output(s, "info_url"));
	return l2;
}

static void
add_contracts(json_t *facts, const struct state_entry *e)
{
	json_t *l1 = json_object();

	share(l1, "rpc", jx_get(e->config, "l1_rpc"));
	share(l1, "chain_id", jx_get(e->config, "l1_chain_id"));
	json_object_set_new(facts, "contracts", json_string(e->addr));
	json_object_set_new(facts, "l1", l1);
	share(facts, "addresses", jx_get(e->attrs, "addresses"));
}

json_t *
chain_facts(const struct state *s, struct diags *ds)
{
	CLEANUP(put_json) json_t *facts = json_object();
	json_t *roles = json_object(), *l2 = l2_facts(s);
	const struct state_entry **list;
	struct arena a;
	size_t i, n;

	arena_init(&a);
	json_object_set_new(facts, "roles", roles);
	json_object_set_new(facts, "l2", l2);
	list = state_list(s, &a, &n);
	for (i = 0; i < n; i++) {
		if (!strcmp(list[i]->kind, "key"))
			share(roles, strchr(list[i]->addr, '.') + 1,
			      list[i]->attrs);
		if (!strcmp(list[i]->kind, "l1_contracts") &&
		    list[i]->status == ENTRY_OK && !jx_get(facts, "contracts"))
			add_contracts(facts, list[i]);
		if (!strcmp(list[i]->kind, "deploy_config"))
			share(l2, "gas_token",
			      jx_at(list[i]->config, "/gas_token/symbol"));
	}
	arena_done(&a);
	if (!jx_get(facts, "contracts")) {
		diag_err(ds, "E1051", "no chain is recorded here");
		diag_hint(ds, "'opl2 apply' creates one, 'opl2 import' adopts "
			      "one; -chdir=DIR selects the folder of the spec");
		return NULL;
	}
	return TAKE(facts);
}

int
chain_run(struct cmd *c, bool sends, struct run **out)
{
	struct run_opts ro = { .mode = PLAN_NORMAL,
			       .sends = sends,
			       .command = c->entry->name,
			       .events = c->view ? &c->view->events : NULL };

	return cmd_run_open(c, &ro, c->spec, false, out);
}

const char *
chain_address(const json_t *facts, const char *arg, struct diags *ds)
{
	const json_t *role = jx_get(jx_get(facts, "roles"), arg);
	uint8_t raw[20];
	int bad;

	if (role && !jx_get(role, "address")) {
		diag_err(ds, "E1052", "'%s' has no account yet: %s", arg,
			 jx_str(role, "pending", "not read yet"));
		diag_hint(ds, "'opl2 apply -target=key' reads or creates the "
			      "keys, and does nothing else");
		return NULL;
	}
	if (role)
		return jx_str(role, "address", "");
	bad = address_parse(arg, raw);
	if (!bad)
		return arg;
	diag_err(ds, "E1052", "'%s' is neither a role nor an address%s", arg,
		 bad == -2 ? ": its checksum is wrong" : "");
	diag_hint(ds, "'opl2 balance' lists the roles");
	return NULL;
}
