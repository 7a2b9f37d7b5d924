/* opl2 deposit: from the L1 to the L2. */
#include "cmd/opl2/bridge/bridge.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

static const struct opt_def opts[] = {
	{ "to", OPT_TEXT, "ROLE|ADDRESS",
	  "recipient on the L2 (default: the sender)" },
	OPTS_TOKEN,
	{ "via", OPT_TEXT, "portal|bridge",
	  "send ether through the portal (portal) or L1StandardBridge" },
	{ "l2-gas", OPT_COUNT, "GAS",
	  "gas for a recipient with code (200000)" },
	OPTS_SEND,
	OPTS_END,
};

static int
add_way(struct bridge *b, json_t *args)
{
	struct opts *o = &b->c->opts;
	const char *via = opt_text(o, "via") ? opt_text(o, "via") : "portal";

	if (strcmp(via, "portal") != 0 && strcmp(via, "bridge") != 0) {
		diag_err(&b->c->ds, "E1003", "unknown value '%s' of -via", via);
		diag_hint(&b->c->ds, "use portal or bridge");
		return -1;
	}
	json_object_set_new(args, "via", json_string(via));
	json_object_set_new(
		args, "l2_gas",
		json_integer((json_int_t)opt_num(o, "l2-gas", 200000)));
	return bridge_contract(b, args, "portal", "OptimismPortalProxy") ||
			       bridge_contract(b, args, "bridge",
					       "L1StandardBridgeProxy")
		       ? -1
		       : 0;
}

static void
deposit_print(struct bridge *b, const json_t *a)
{
	FILE *out = b->c->out;

	if (jx_bool(a, "resumed", false))
		fputs("An earlier run started this deposit; it was not made "
		      "again.\n",
		      out);
	fprintf(out, "Deposited %s.\n", bridge_sum(b, a, "amount"));
	fprintf(out, "  L1  %s  transaction %s\n      has %s\n",
		jx_str(a, "from", ""), jx_str(a, "l1_tx", ""),
		bridge_sum(b, a, "l1_balance"));
	fprintf(out, "  L2  %s  transaction %s\n      has %s\n",
		jx_str(a, "to", ""), jx_str(a, "l2_tx", ""),
		bridge_sum(b, a, "l2_balance"));
	bridge_fees(b, a);
}

static int
exec_deposit(struct cmd *c)
{
	CLEANUP(bridge_done) struct bridge b = { .c = c };
	CLEANUP(put_json) json_t *args = NULL, *answer = NULL;
	const char *amount = c->opts.args[0];

	if (bridge_open(&b, c, true, "l1"))
		return -1;
	args = bridge_args(&b, true, true, true);
	if (!args || bridge_amount(&b, args, amount) ||
	    bridge_to(&b, args, opt_text(&c->opts, "to")) || add_way(&b, args))
		return -1;
	if (bridge_confirm(&b, arena_printf(&c->arena,
					    "This sends %s of %s (%s) from the "
					    "L1 to %s on the L2, and pays for "
					    "the gas.",
					    amount, b.role, b.account,
					    jx_str(args, "to", ""))) ||
	    bridge_act(&b, "deposit", args, &answer))
		return -1;
	if (!bridge_json(&b, answer))
		deposit_print(&b, answer);
	return bridge_told(&b, answer) ? -1 : EXIT_OK;
}

const struct cmd_entry cmd_deposit = {
	.name = "deposit",
	.args = "AMOUNT",
	.summary = "bring ether or tokens from the L1 to the L2",
	.text = "AMOUNT is ether with its unit (0.5eth), or, with -erc20, a "
		"number of tokens. The command ends when the deposit is on the "
		"L2. If it is interrupted, rerun the same command: it "
		"continues and makes no second deposit. After it has ended, "
		"the same command makes another deposit.\n"
		"Tokens go through the standard bridge. The command first "
		"approves that amount for the bridge. -l2-token must be the L2 "
		"token that was created for the L1 token.",
	.opts = opts,
	.min_args = 1,
	.max_args = 1,
	.needs = NEED_SPEC | NEED_LENIENT | NEED_STATE,
	.exec = exec_deposit,
};
