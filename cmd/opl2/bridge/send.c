/* opl2 send: ether from a key to an account, on one layer. */
#include "cmd/opl2/bridge/bridge.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

static const struct opt_def opts[] = {
	{ "layer", OPT_TEXT, "l1|l2", "the layer to send on; required" },
	OPTS_SEND,
	OPTS_END,
};

static const char *
layer_option(struct cmd *c)
{
	const char *layer = opt_text(&c->opts, "layer");

	if (layer && (!strcmp(layer, "l1") || !strcmp(layer, "l2")))
		return layer;
	diag_err(&c->ds, "E1003", "%s",
		 layer ? "-layer is neither l1 nor l2" : "-layer is missing");
	diag_hint(&c->ds, "give -layer=l1 or -layer=l2");
	return NULL;
}

static void
send_print(struct bridge *b, const json_t *a, const char *layer)
{
	FILE *out = b->c->out;

	if (jx_bool(a, "resumed", false))
		fputs("An earlier run started to send this; it was not sent "
		      "again.\n",
		      out);
	fprintf(out, "Sent %s on %s, transaction %s.\n",
		bridge_sum(b, a, "amount"), layer, jx_str(a, "tx", ""));
	fprintf(out, "  %s has %s\n  %s has %s\n", jx_str(a, "from", ""),
		bridge_sum(b, a, "from_balance"), jx_str(a, "to", ""),
		bridge_sum(b, a, "to_balance"));
	bridge_fees(b, a);
}

static int
exec_send(struct cmd *c)
{
	CLEANUP(bridge_done) struct bridge b = { .c = c };
	CLEANUP(put_json) json_t *args = NULL, *answer = NULL;
	const char *layer = layer_option(c);
	const char *to = c->opts.args[0], *amount = c->opts.args[1];
	const char *name;
	bool l1;

	if (!layer || bridge_open(&b, c, true, layer))
		return -1;
	l1 = strcmp(layer, "l1") == 0;
	name = l1 ? "L1" : "L2";
	args = bridge_args(&b, true, l1, !l1);
	if (!args || bridge_to(&b, args, to) || bridge_ether(&b, args, amount))
		return -1;
	json_object_set_new(args, "layer", json_string(layer));
	if (bridge_confirm(&b, arena_printf(&c->arena,
					    "This sends %s of %s (%s) to %s on "
					    "the %s, and pays for the gas.",
					    amount, b.role, b.account,
					    jx_str(args, "to", ""), name)) ||
	    bridge_act(&b, "send", args, &answer))
		return -1;
	if (!bridge_json(&b, answer))
		send_print(&b, answer, name);
	return bridge_told(&b, answer) ? -1 : EXIT_OK;
}

const struct cmd_entry cmd_send = {
	.name = "send",
	.args = "ROLE|ADDRESS AMOUNT",
	.summary = "send ether from a role or another key, on L1 or L2",
	.text = "Asks for approval first. Ends when the transaction is mined. "
		"If it is interrupted, rerun the same command: nothing is sent "
		"twice.",
	.opts = opts,
	.min_args = 2,
	.max_args = 2,
	.needs = NEED_SPEC | NEED_LENIENT | NEED_STATE,
	.exec = exec_send,
};
