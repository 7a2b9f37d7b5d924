#include "cmd/opl2/run/accounts.h"

#include "cmd/opl2/chain/chain.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/plan/plan.h"

static bool
is_key(const struct change *c)
{
	return strcmp(c->kind, "key") == 0 && c->config;
}

/* Those that the plan does not know. */
static json_t *
questions(const struct plan *p, json_t *out)
{
	json_t *keys = json_array();

	for (size_t i = 0; i < p->nchanges; i++) {
		const struct change *c = &p->changes[i];
		const json_t *address = jx_get(c->attrs, "address");

		if (is_key(c) && address)
			json_object_set_new(out, c->addr,
					    json_pack("{s:o}", "address",
						      jx_share(address)));
		else if (is_key(c))
			json_array_append_new(
				keys,
				json_pack("{s:s, s:o, s:O*}", "addr", c->addr,
					  "config", jx_share(c->config),
					  "planned", c->attrs));
	}
	return keys;
}

json_t *
plan_accounts(struct run *r, const struct plan *p)
{
	json_t *out = json_object();
	CLEANUP(put_json) json_t *keys = questions(p, out);
	CLEANUP(put_json)
	json_t *args = json_pack("{s:O}", "keys", keys);
	CLEANUP(put_json) json_t *answer = NULL;
	CLEANUP(diags_done) struct diags quiet;

	diags_init(&quiet);
	if (json_array_size(keys) == 0 ||
	    run_action(r, "key_accounts", args, &answer, &quiet))
		return out;
	for (size_t i = 0; i < json_array_size(keys); i++)
		json_object_set_new(
			out, jx_str(json_array_get(keys, i), "addr", ""),
			jx_share(json_array_get(jx_get(answer, "keys"), i)));
	return out;
}

/* The name of a generated key's file: the chain may have been moved. */
static const char *
generated_file(const struct change *c)
{
	const json_t *source = is_key(c) ? jx_get(c->config, "source") : NULL;
	const char *file = jx_str(c->attrs, "file", NULL);
	const char *slash = file ? strrchr(file, '/') : NULL;

	return slash && jx_bool(source, "generate", false) ? slash + 1 : NULL;
}

static void
warn_shared(struct cmd *c, const struct change *a, const struct change *b)
{
	diag_warn(&c->ds, "W1167", "'%s' and '%s' share a key", a->addr,
		  b->addr);
	diag_hint(&c->ds,
		  "give one of them its own key with 'source', and move the "
		  "account's funds: the file is %s",
		  jx_str(a->attrs, "file", ""));
}

void
warn_shared_keys(struct cmd *c, const struct plan *p)
{
	for (size_t i = 0; i < p->nchanges; i++) {
		const char *a = generated_file(&p->changes[i]);

		for (size_t k = i + 1; a && k < p->nchanges; k++) {
			const char *b = generated_file(&p->changes[k]);

			if (b && strcmp(a, b) == 0)
				warn_shared(c, &p->changes[i], &p->changes[k]);
		}
	}
}

/* --- a chain that is only planned ----------------------------------------- */

/* Where the contracts will be. */
static void
accounts_add_l1(json_t *facts, const struct plan *p)
{
	for (size_t i = 0; i < p->nchanges; i++) {
		const struct change *c = &p->changes[i];
		const json_t *rpc = jx_get(c->config, "l1_rpc");

		if (strcmp(c->kind, "l1_contracts") != 0)
			continue;
		if (rpc && !json_is_null(rpc))
			json_object_set_new(
				facts, "l1",
				json_pack("{s:o, s:I}", "rpc", jx_share(rpc),
					  "chain_id",
					  (json_int_t)jx_int(c->config,
							     "l1_chain_id",
							     0)));
		return;
	}
}

static void
add_roles(json_t *facts, struct run *r, const struct plan *p)
{
	CLEANUP(put_json) json_t *accounts = plan_accounts(r, p);
	json_t *roles = json_object();
	const char *addr;
	json_t *v;

	json_object_foreach(accounts, addr, v)
		json_object_set(roles, strchr(addr, '.') + 1, v);
	json_object_set_new(facts, "roles", roles);
}

static json_t *
planned_facts(struct cmd *c)
{
	struct run_opts ro = { .mode = PLAN_NORMAL,
			       .no_refresh = true,
			       .command = c->entry->name };
	CLEANUP(put_json) json_t *facts = json_object();
	CLEANUP(diags_done) struct diags quiet;
	struct plan *p = NULL;
	struct run *r = NULL;

	diags_init(&quiet);
	if (cmd_run_open(c, &ro, c->spec, false, &r))
		return NULL;
	(void)plan_make(r, &p, &quiet);
	if (p) {
		add_roles(facts, r, p);
		accounts_add_l1(facts, p);
	}
	plan_free(p);
	run_close(r);
	if (json_object_size(jx_get(facts, "roles")) > 0)
		return TAKE(facts);
	return chain_facts(c->state, &c->ds);
}

json_t *
chain_or_planned_facts(struct cmd *c)
{
	CLEANUP(diags_done) struct diags quiet;
	json_t *facts;

	diags_init(&quiet);
	facts = chain_facts(c->state, &quiet);
	return facts ? facts : planned_facts(c);
}

void
hint_accounts(struct cmd *c, const json_t *facts)
{
	const json_t *roles = jx_get(facts, "roles");
	bool unmade = false;
	const char *role;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)roles, role, v)
		unmade |= strcmp(jx_str(v, "pending", ""), "not made yet") == 0;
	if (!unmade || c->in_automation)
		return;
	fflush(c->out);
	fputs("'opl2 apply -target=key' creates the keys, and nothing else\n",
	      stderr);
}
