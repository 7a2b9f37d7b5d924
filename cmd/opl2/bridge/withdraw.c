/* opl2 withdraw: from the L2 to the L1, the whole way or a part of it. */
#include "cmd/opl2/bridge/bridge.h"
#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

#define OPTS_BEGIN                                                             \
	{ "to", OPT_TEXT, "ROLE|ADDRESS",                                      \
	  "recipient on the L1 (default: the sender)" },                       \
		OPTS_TOKEN,                                                    \
		{ "via", OPT_TEXT, "bridge|portal",                            \
		  "send ether through L2StandardBridge (bridge) or the "       \
		  "message "                                                   \
		  "passer itself" },                                           \
	{                                                                      \
		"l1-gas", OPT_COUNT, "GAS",                                    \
			"gas for a recipient with code (200000)"               \
	}
#define OPTS_WHICH                                                             \
	{                                                                      \
		"message", OPT_COUNT, "N",                                     \
			"select the N-th message of the transaction "          \
			"(default: 1)"                                         \
	}
#define NEEDS (NEED_SPEC | NEED_LENIENT | NEED_STATE)

/* --- what all have in common --------------------------------------------- */

static int
open_all(struct bridge *b, struct cmd *c, const char *layer, json_t **args)
{
	bool sends = layer != NULL;

	if (bridge_open(b, c, sends, sends ? layer : ""))
		return -1;
	*args = bridge_args(b, sends, true, true);
	return *args ? bridge_contract(b, *args, "portal",
				       "OptimismPortalProxy")
		     : -1;
}

static bool
is_hash(const char *text)
{
	uint8_t raw[32];

	return strncmp(text, "0x", 2) == 0 && strlen(text) == 66 &&
	       hex_decode(text, raw, 32) == 0;
}

static int
add_tx(struct bridge *b, json_t *args, const char *text)
{
	struct opts *o = &b->c->opts;

	if (!is_hash(text)) {
		diag_err(&b->c->ds, "E1070", "'%s' is not a transaction hash",
			 text);
		diag_hint(&b->c->ds, "a hash is 0x and 64 hex digits; give "
				     "that of the transaction on the L2");
		return -1;
	}
	json_object_set_new(args, "tx", json_string(text));
	json_object_set_new(args, "message",
			    json_integer((json_int_t)opt_num(o, "message", 1)));
	return 0;
}

/* What begins a withdrawal, and the question whether it shall. */
static int
add_begin(struct bridge *b, json_t *args, const char *amount)
{
	struct opts *o = &b->c->opts;
	const char *via = opt_text(o, "via") ? opt_text(o, "via") : "bridge";

	if (strcmp(via, "portal") != 0 && strcmp(via, "bridge") != 0) {
		diag_err(&b->c->ds, "E1003", "unknown value '%s' of -via", via);
		diag_hint(&b->c->ds, "use bridge or portal");
		return -1;
	}
	if (bridge_amount(b, args, amount) ||
	    bridge_to(b, args, opt_text(o, "to")))
		return -1;
	json_object_set_new(args, "via", json_string(via));
	json_object_set_new(
		args, "l1_gas",
		json_integer((json_int_t)opt_num(o, "l1-gas", 200000)));
	return bridge_confirm(
		b, arena_printf(&b->c->arena,
				"This takes %s of %s (%s) from the L2 to %s on "
				"the L1, and pays for the gas on both.",
				amount, b->role, b->account,
				jx_str(args, "to", "")));
}

/* --- results ------------------------------------------------------------- */

/* What says again who signs: " -from=ROLE", or "". */
static const char *
signer_options(struct bridge *b)
{
	static const char *const names[] = { "from", "key", "password-file",
					     "password-env" };
	const char *all = "";

	for (size_t i = 0; i < COUNTOF(names); i++) {
		const char *v;

		/* Who only looks has at most said a role, or an address. */
		if (i > 0 && !b->key)
			break;
		v = opt_text(&b->c->opts, names[i]);
		if (v && (b->key || jx_get(jx_get(b->facts, "roles"), v)))
			all = arena_printf(&b->c->arena, "%s -%s=%s", all,
					   names[i], v);
	}
	return all;
}

static void
print_next(struct bridge *b, const json_t *a)
{
	const char *stage = jx_str(a, "stage", "");
	const char *tx = jx_str(a, "l2_tx", "");
	const char *from = signer_options(b);
	FILE *out = b->c->out;

	if (b->c->in_automation || !strcmp(stage, "finalized"))
		return;
	if (!strcmp(stage, "no_output") || !strcmp(stage, "provable"))
		fprintf(out, "  next       opl2 withdraw prove%s%s %s\n",
			!strcmp(stage, "no_output") ? " -wait" : "", from, tx);
	else
		fprintf(out, "  next       opl2 withdraw finalize%s%s %s\n",
			!strcmp(stage, "ready") ? "" : " -wait", from, tx);
}

/* What the message itself carries, whatever it makes the bridge pay out. */
static const char *
ether_of(struct bridge *b, const json_t *a)
{
	CLEANUP(put_json)
	json_t *ether = json_pack("{s:O}", "value", jx_get(a, "value"));

	return bridge_sum(b, ether, "value");
}

static void
print_state(struct bridge *b, const json_t *a)
{
	FILE *out = b->c->out;

	fprintf(out, "  L2         transaction %s, block %lld\n",
		jx_str(a, "l2_tx", ""), (long long)jx_int(a, "l2_block", 0));
	fprintf(out, "  message    %s from %s to %s\n", ether_of(b, a),
		jx_str(a, "sender", ""), jx_str(a, "target", ""));
	if (jx_get(a, "erc20"))
		fprintf(out, "  token      %s (%s on the L2) for %s\n",
			jx_str(a, "erc20", ""), jx_str(a, "l2_token", ""),
			jx_str(a, "recipient", ""));
	fprintf(out, "  portal     %s%s\n", jx_str(a, "portal", ""),
		jx_bool(a, "paused", false) ? ", paused by the guardian" : "");
	fprintf(out, "  state      %s\n", jx_str(a, "text", ""));
	print_next(b, a);
}

static void
print_balances(struct bridge *b, const json_t *args, const json_t *a)
{
	if (!jx_get(a, "l1_balance"))
		return;
	fprintf(b->c->out, "  on the L1  %s has %s\n", jx_str(args, "to", ""),
		bridge_sum(b, a, "l1_balance"));
	fprintf(b->c->out, "  on the L2  %s has %s\n", b->account,
		bridge_sum(b, a, "l2_balance"));
}

static int
act_and_print(struct bridge *b, json_t *args, const char *step)
{
	CLEANUP(put_json) json_t *a = NULL;
	FILE *out = b->c->out;

	json_object_set_new(args, "step", json_string(step));
	if (bridge_act(b, "withdraw", args, &a))
		return -1;
	if (!bridge_json(b, a)) {
		if (jx_bool(a, "resumed", false))
			fputs("An earlier run started this withdrawal; it was "
			      "not started again.\n",
			      out);
		if (jx_get(a, "amount"))
			fprintf(out, "Withdrawal of %s:\n",
				bridge_sum(b, a, "amount"));
		else
			fprintf(out, "Withdrawal %s:\n",
				jx_str(a, "withdrawal", ""));
		print_state(b, a);
		print_balances(b, args, a);
		bridge_fees(b, a);
	}
	return bridge_told(b, a) ? -1 : EXIT_OK;
}

/* --- the commands -------------------------------------------------------- */

static const struct opt_def opts_all[] = {
	OPTS_BEGIN,
	OPTS_WHICH,
	OPTS_SEND,
	OPTS_END,
};

static int
exec_all(struct cmd *c)
{
	CLEANUP(bridge_done) struct bridge b = { .c = c };
	CLEANUP(put_json) json_t *args = NULL;
	const char *what = c->opts.args[0];

	if (open_all(&b, c, "l1", &args))
		return -1;
	json_object_set_new(args, "wait", json_true());
	if (strncmp(what, "0x", 2) == 0 ? add_tx(&b, args, what)
					: add_begin(&b, args, what))
		return -1;
	return act_and_print(&b, args, "all");
}

const struct cmd_entry cmd_withdraw = {
	.name = "withdraw",
	.args = "AMOUNT|TXHASH",
	.summary = "bring ether or tokens from the L2 to the L1",
	.text = "Does all steps: starts the withdrawal on the L2, waits for an "
		"output of that block on the L1, proves it, waits as long as "
		"the portal requires (days on a public chain), and finalizes "
		"it. Each wait is explained and shows how long it takes. If "
		"the command is interrupted, rerun it. With TXHASH, the L2 "
		"transaction that started the withdrawal, any machine with the "
		"spec and a key can continue it.\n"
		"The proof from the L2 node is verified locally before it is "
		"sent. An invalidated proof is made again. A dispute game that "
		"nobody has resolved is resolved.",
	.opts = opts_all,
	.min_args = 1,
	.max_args = 1,
	.needs = NEEDS,
	.exec = exec_all,
};

static const struct opt_def opts_start[] = {
	OPTS_BEGIN,
	OPTS_SEND,
	OPTS_END,
};

static int
exec_start(struct cmd *c)
{
	CLEANUP(bridge_done) struct bridge b = { .c = c };
	CLEANUP(put_json) json_t *args = NULL;

	if (open_all(&b, c, "l2", &args) ||
	    add_begin(&b, args, c->opts.args[0]))
		return -1;
	return act_and_print(&b, args, "start");
}

const struct cmd_entry cmd_withdraw_start = {
	.name = "withdraw start",
	.args = "AMOUNT",
	.summary = "start a withdrawal on the L2",
	.text = "Ends when the transaction is mined on the L2, and prints its "
		"hash. The other withdrawal commands take this hash.",
	.opts = opts_start,
	.min_args = 1,
	.max_args = 1,
	.needs = NEEDS,
	.exec = exec_start,
};

static const struct opt_def opts_step[] = {
	OPTS_VARS,
	OPTS_FROM,
	OPTS_WHICH,
	{ "wait", OPT_FLAG, NULL, "wait until it is possible" },
	{ "json", OPT_FLAG, NULL, "print one JSON object" },
	OPTS_END,
};

static int
withdraw_step(struct cmd *c, const char *name)
{
	CLEANUP(bridge_done) struct bridge b = { .c = c };
	CLEANUP(put_json) json_t *args = NULL;

	if (open_all(&b, c, "l1", &args) || add_tx(&b, args, c->opts.args[0]))
		return -1;
	if (opt_flag(&c->opts, "wait"))
		json_object_set_new(args, "wait", json_true());
	return act_and_print(&b, args, name);
}

static int
exec_prove(struct cmd *c)
{
	return withdraw_step(c, "prove");
}

const struct cmd_entry cmd_withdraw_prove = {
	.name = "withdraw prove",
	.args = "TXHASH",
	.summary = "prove a withdrawal to the L1",
	.text = "Needs an output for its L2 block on the L1. Without one, "
		"prints when it is due and exits with status 10; -wait waits "
		"for it. A withdrawal with a valid proof is not proven again.",
	.opts = opts_step,
	.min_args = 1,
	.max_args = 1,
	.needs = NEEDS,
	.exec = exec_prove,
};

static int
exec_finalize(struct cmd *c)
{
	return withdraw_step(c, "finalize");
}

const struct cmd_entry cmd_withdraw_finalize = {
	.name = "withdraw finalize",
	.args = "TXHASH",
	.summary = "finalize a proven withdrawal on the L1",
	.text = "Needs a proof that is old enough and, with dispute games, a "
		"game that the defender has won. A game whose clock has run "
		"out is resolved. Otherwise prints how long to wait and exits "
		"with status 10; -wait waits.",
	.opts = opts_step,
	.min_args = 1,
	.max_args = 1,
	.needs = NEEDS,
	.exec = exec_finalize,
};

static const struct opt_def opts_look[] = {
	OPTS_VARS,
	{ "from", OPT_TEXT, "ROLE|ADDRESS",
	  "role whose proof is checked first (admin)" },
	OPTS_WHICH,
	{ "json", OPT_FLAG, NULL, "print one JSON object" },
	OPTS_END,
};

static int
exec_status(struct cmd *c)
{
	CLEANUP(bridge_done) struct bridge b = { .c = c };
	CLEANUP(put_json) json_t *args = NULL;

	if (open_all(&b, c, NULL, &args) || add_tx(&b, args, c->opts.args[0]))
		return -1;
	return act_and_print(&b, args, "status");
}

const struct cmd_entry cmd_withdraw_status = {
	.name = "withdraw status",
	.args = "TXHASH",
	.summary = "show how far a withdrawal is",
	.text = "Needs no key and sends nothing.",
	.opts = opts_look,
	.min_args = 1,
	.max_args = 1,
	.needs = NEEDS,
	.exec = exec_status,
};

static const struct opt_def opts_list[] = {
	OPTS_VARS,
	{ "from", OPT_TEXT, "ROLE|ADDRESS",
	  "role whose proofs are checked first (admin)" },
	{ "json", OPT_FLAG, NULL, "print one JSON object" },
	OPTS_END,
};

static void
print_list(struct bridge *b, const json_t *rows)
{
	const json_t *v;
	size_t i;

	if (json_array_size(rows) == 0) {
		fputs("No withdrawal was started here.\n", b->c->out);
		return;
	}
	json_array_foreach(rows, i, v) {
		fprintf(b->c->out, "%s  %s", jx_str(v, "l2_tx", ""),
			bridge_sum(b, v,
				   jx_get(v, "erc20") ? "amount" : "value"));
		if (jx_get(v, "erc20"))
			fprintf(b->c->out, " of %s", jx_str(v, "erc20", ""));
		fprintf(b->c->out, "\n    %s\n", jx_str(v, "text", ""));
	}
}

static int
withdraw_exec_list(struct cmd *c)
{
	CLEANUP(bridge_done) struct bridge b = { .c = c };
	CLEANUP(put_json) json_t *args = NULL, *a = NULL;

	if (open_all(&b, c, NULL, &args) ||
	    bridge_act(&b, "withdrawals", args, &a))
		return -1;
	if (!bridge_json(&b, a))
		print_list(&b, jx_get(a, "withdrawals"));
	return EXIT_OK;
}

const struct cmd_entry cmd_withdraw_list = {
	.name = "withdraw list",
	.args = "",
	.summary = "list the withdrawals started here",
	.text = "Lists the withdrawals in the ledger of this folder and the "
		"progress of each. For one that was started elsewhere, use "
		"'opl2 withdraw status TXHASH'.",
	.opts = opts_list,
	.needs = NEEDS,
	.exec = withdraw_exec_list,
};
