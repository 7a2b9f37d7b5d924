/* opl2 balance: what the roles own on both layers. */
#include "cmd/opl2/chain/chain.h"
#include "cmd/opl2/run/accounts.h"
#include "cmd/opl2/view/text.h"
#include "cmd/opl2/view/view.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "json", OPT_FLAG, NULL, "print one JSON object" },
	OPTS_END,
};

/* One account: its name (or ""), its address, or why it has none yet. */
static void
add_account(json_t *list, const char *name, const char *address,
	    const char *pending)
{
	json_array_append_new(list, json_pack("{s:s, s:s*, s:s*}", "name", name,
					      "address", address, "pending",
					      pending));
}

static int
accounts(struct cmd *c, const json_t *facts, json_t *list)
{
	const json_t *roles = jx_get(facts, "roles");
	const char *name, *address;
	json_t *role;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)roles, name, role)
		if (c->opts.nargs == 0)
			add_account(list, name, jx_str(role, "address", NULL),
				    jx_str(role, "pending", NULL));
	for (i = 0; i < c->opts.nargs; i++) {
		const char *arg = c->opts.args[i];

		address = chain_address(facts, arg, &c->ds);
		if (!address)
			return -1;
		add_account(list, address == arg ? "" : arg, address, NULL);
	}
	return 0;
}

static json_t *
args_for(const json_t *layer, const json_t *list)
{
	json_t *addresses = json_array();
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (jx_get(v, "address"))
			json_array_append_new(addresses,
					      jx_share(jx_get(v, "address")));
	return json_pack("{s:o, s:o, s:o}", "rpc",
			 jx_share(jx_get(layer, "rpc")), "chain_id",
			 json_integer((json_int_t)jx_int(layer, "chain_id", 0)),
			 "addresses", addresses);
}

/* Puts what one layer answered into the accounts, under the layer's name. */
static void
take_answer(const struct action_call *call, const char *layer, json_t *list)
{
	const json_t *balances = jx_get(call->answer, "balances");
	size_t i, n = 0;
	json_t *v;

	if (call->ok)
		json_array_foreach(list, i, v)
			if (jx_get(v, "address"))
				json_object_set_new(v, layer,
						    jx_share(json_array_get(
							    balances, n++)));
}

/* Asks both layers at once; one that does not answer is an error, but what the
 * other said is shown. */
static int
balance_query_layers(struct cmd *c, const json_t *facts, json_t *list)
{
	static const char *const layers[] = { "l1", "l2" };
	struct action_call calls[COUNTOF(layers)];
	const char *asked[COUNTOF(layers)];
	struct run *r = NULL;
	bool any = false;
	size_t i, n = 0;
	json_t *v;
	int rc;

	json_array_foreach(list, i, v)
		any |= jx_get(v, "address") != NULL;
	if (chain_run(c, false, &r))
		return -1;
	for (i = 0; i < COUNTOF(layers); i++) {
		const json_t *layer = jx_get(facts, layers[i]);

		if (!jx_get(layer, "rpc") || !any)
			continue;
		calls[n] =
			(struct action_call){ .name = "balances",
					      .args = args_for(layer, list) };
		diags_init(&calls[n].ds);
		asked[n++] = layers[i];
	}
	rc = run_actions(r, calls, n, &c->ds);
	for (i = 0; i < n; i++) {
		take_answer(&calls[i], asked[i], list);
		diags_append(&c->ds, &calls[i].ds);
		diags_done(&calls[i].ds);
		json_decref((json_t *)(uintptr_t)calls[i].args);
		json_decref(calls[i].answer);
		rc = rc || !calls[i].ok ? -1 : 0;
	}
	run_close(r);
	return rc;
}

/* An amount for people; token: of what, NULL for ether. */
static const char *
balance_amount(struct cmd *c, const json_t *account, const char *layer,
	       const char *token)
{
	const char *wei = jx_str(account, layer, NULL);
	struct u256 v;
	char text[96];

	if (!wei || u256_parse(wei, &v))
		return "-";
	ether_round(&v, false, text, sizeof(text));
	if (!token)
		return arena_strdup(&c->arena, text);
	return arena_printf(&c->arena, "%.*s %s",
			    (int)(strlen(text) - strlen("eth")), text, token);
}

static void
print_table(struct cmd *c, const json_t *facts, const json_t *list)
{
	const char *token = jx_str(jx_get(facts, "l2"), "gas_token", NULL);
	const json_t *v;
	int width = 4, w1 = 2, n;
	size_t i;

	json_array_foreach(list, i, v) {
		n = text_width(jx_str(v, "name", ""));
		width = n > width ? n : width;
		n = text_width(balance_amount(c, v, "l1", NULL));
		w1 = n > w1 ? n : w1;
	}
	fprintf(c->out, "%-*s  %-42s  %-*s  %s\n", width, "NAME", "ADDRESS", w1,
		"L1", "L2");
	json_array_foreach(list, i, v)
		fprintf(c->out, "%-*s  %-42s  %-*s  %s\n", width,
			jx_str(v, "name", ""),
			jx_str(v, "address", jx_str(v, "pending", "")), w1,
			balance_amount(c, v, "l1", NULL),
			balance_amount(c, v, "l2", token));
}

static int
exec_balance(struct cmd *c)
{
	CLEANUP(put_json) json_t *facts = chain_or_planned_facts(c);
	CLEANUP(put_json) json_t *list = json_array();
	int rc;

	if (!facts || accounts(c, facts, list))
		return -1;
	rc = balance_query_layers(c, facts, list);
	if (opt_flag(&c->opts, "json")) {
		CLEANUP(put_json)
		json_t *j = json_pack("{s:O}", "accounts", list);
		CLEANUP(freep) char *text = jx_dump(j);

		fputs(text, c->out);
	} else {
		print_table(c, facts, list);
		hint_accounts(c, facts);
	}
	return rc ? -1 : EXIT_OK;
}

const struct cmd_entry cmd_balance = {
	.name = "balance",
	.args = "[ROLE|ADDRESS...]",
	.summary = "show the balances of the roles on L1 and L2",
	.text = "Without arguments, shows every key of the spec. Amounts are "
		"rounded down; an L2 with a gas token has its symbol. -json "
		"prints them exactly, in wei as decimal text. If one layer "
		"does not answer, the balances on the other "
		"are shown and the exit status is not 0. Before the first "
		"apply, shows the keys of the spec on the L1; 'opl2 apply "
		"-target=key' creates missing keys.",
	.opts = opts,
	.max_args = 1000,
	.needs = NEED_SPEC | NEED_LENIENT | NEED_STATE,
	.exec = exec_balance,
};
