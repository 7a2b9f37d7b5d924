#include "cmd/opl2/bridge/bridge.h"

#include "cmd/opl2/chain/chain.h"
#include "cmd/opl2/view/view_steps.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/runtime/runtime.h"
#include "state/state.h"

#define DEFAULT_ROLE "admin"

/* --- who ----------------------------------------------------------------- */

static bool
runs(struct cmd *c, const char *process)
{
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(diags_done) struct diags quiet;

	diags_init(&quiet);
	return runtime_read_status(c->state_dir, NULL, true, &st, &quiet) ==
		       0 &&
	       process_runs(runtime_proc(st, process));
}

/* Batcher, proposer and challenger send on the L1 and want to be alone. */
static int
refuse_shared(struct bridge *b)
{
	struct cmd *c = b->c;
	const struct state_entry **list;
	size_t i, n;

	list = state_list(c->state, &c->arena, &n);
	for (i = 0; i < n; i++) {
		const json_t *owns = jx_get(list[i]->config, "owns");
		const char *name = strchr(list[i]->addr, '.');

		if (!name || strcmp(list[i]->kind, "process") != 0 ||
		    strcasecmp(jx_str(owns, "sender", ""), b->account) != 0 ||
		    !runs(c, name + 1))
			continue;
		diag_err(
			&c->ds, "E1062",
			"the key of '%s' is in use by the running process '%s'",
			b->role, list[i]->addr);
		diag_hint(&c->ds,
			  "use another role with -from or another key with "
			  "-key, or stop the process: opl2 stop %s",
			  name + 1);
		return -1;
	}
	return 0;
}

static int
no_role(struct bridge *b, const char *name)
{
	struct cmd *c = b->c;
	const json_t *roles = jx_get(b->facts, "roles");
	const char *list = "", *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)roles, key, v)
		list = arena_printf(&c->arena, "%s%s%s", list,
				    *list ? ", " : "", key);
	diag_err(&c->ds, "E1061", "the role '%s' does not exist", name);
	diag_hint(&c->ds, "use -from=ROLE: %s; or any key with -key",
		  *list ? list : "no role has a key");
	return -1;
}

/* A key of the spec. */
static int
take_role(struct bridge *b)
{
	const char *from = opt_text(&b->c->opts, "from");
	const char *name = from ? from : DEFAULT_ROLE;
	const json_t *role = jx_get(jx_get(b->facts, "roles"), name);

	if (!role)
		return no_role(b, name);
	b->role = name;
	b->account = jx_str(role, "address", "");
	b->key = jx_share(jx_get(role, "private_key"));
	return 0;
}

/* Any other key: whose it is has to be found out. */
static int
take_key(struct bridge *b)
{
	CLEANUP(put_json) json_t *args = NULL, *answer = NULL;

	b->role = arena_printf(&b->c->arena, "-key=%s",
			       opt_text(&b->c->opts, "key"));
	args = json_pack("{s:O, s:s}", "key", b->key, "what", b->role);
	if (bridge_act(b, "key_address", args, &answer))
		return -1;
	b->account = arena_strdup(&b->c->arena, jx_str(answer, "address", ""));
	return 0;
}

/* Nobody signs: -from, if given, says whose things are looked at. */
static int
take_account(struct bridge *b)
{
	const char *from = opt_text(&b->c->opts, "from");
	const json_t *admin = jx_get(jx_get(b->facts, "roles"), DEFAULT_ROLE);

	b->account = from ? chain_address(b->facts, from, &b->c->ds)
			  : jx_str(admin, "address", "");
	return b->account ? 0 : -1;
}

int
bridge_open(struct bridge *b, struct cmd *c, bool sends, const char *layer)
{
	*b = (struct bridge){ .c = c, .account = "" };
	b->facts = chain_facts(c->state, &c->ds);
	if (!b->facts)
		return -1;
	if (!sends)
		return layer ? take_account(b) : 0;
	if (key_option(c, &b->key) || (b->key ? take_key(b) : take_role(b)))
		return -1;
	return strcmp(layer, "l1") == 0 ? refuse_shared(b) : 0;
}

void
bridge_done(struct bridge *b)
{
	put_json(&b->facts);
	put_json(&b->key);
}

/* --- what the action is told --------------------------------------------- */

static int
add_layer(struct bridge *b, json_t *args, const char *layer)
{
	const json_t *facts = jx_get(b->facts, layer);
	const json_t *rpc = jx_get(facts, "rpc");
	struct arena *a = &b->c->arena;

	if (!rpc) {
		diag_err(&b->c->ds, "E1063", "no RPC of the %s is recorded",
			 strcmp(layer, "l1") == 0 ? "L1" : "L2");
		diag_hint(&b->c->ds,
			  "set the output '%s_rpc' in the spec to its URL",
			  layer);
		return -1;
	}
	json_object_set_new(args, arena_printf(a, "%s_rpc", layer),
			    jx_share(rpc));
	json_object_set_new(
		args, arena_printf(a, "%s_chain_id", layer),
		json_integer((json_int_t)jx_int(facts, "chain_id", 0)));
	return 0;
}

json_t *
bridge_args(struct bridge *b, bool sends, bool l1, bool l2)
{
	CLEANUP(put_json) json_t *args = json_object();

	if ((l1 && add_layer(b, args, "l1")) ||
	    (l2 && add_layer(b, args, "l2")))
		return NULL;
	json_object_set_new(args, "account", json_string(b->account));
	if (sends)
		json_object_set(args, "from", b->key);
	return TAKE(args);
}

int
bridge_contract(struct bridge *b, json_t *args, const char *key,
		const char *name)
{
	const json_t *addr = jx_get(jx_get(b->facts, "addresses"), name);

	if (!addr) {
		diag_err(&b->c->ds, "E1063", "no '%s' is recorded in '%s'",
			 name, jx_str(b->facts, "contracts", ""));
		diag_hint(&b->c->ds,
			  "'opl2 state show %s' lists the recorded ones",
			  jx_str(b->facts, "contracts", ""));
		return -1;
	}
	json_object_set_new(args, key, jx_share(addr));
	return 0;
}

static int
token_option(struct bridge *b, json_t *args, const char *option,
	     const char *key)
{
	const char *text = opt_text(&b->c->opts, option);
	uint8_t raw[20];

	if (!text) {
		diag_err(&b->c->ds, "E1012",
			 "a token needs an address on each layer: -%s is "
			 "missing",
			 option);
		diag_hint(&b->c->ds, "give -erc20=L1TOKEN and "
				     "-l2-token=L2TOKEN");
		return -1;
	}
	if (address_parse(text, raw)) {
		diag_err(&b->c->ds, "E1003", "'%s' of -%s is no address", text,
			 option);
		return -1;
	}
	json_object_set_new(args, key, json_string(text));
	return 0;
}

int
bridge_ether(struct bridge *b, json_t *args, const char *text)
{
	const char *why = "the amount is zero";
	struct u256 wei;
	char dec[79];

	if (wei_parse(text, &wei, &why) || u256_is_zero(&wei)) {
		diag_err(&b->c->ds, "E1060", "'%s' is no amount: %s", text,
			 why);
		diag_hint(&b->c->ds, "write it like 0.5eth or 3gwei");
		return -1;
	}
	u256_dec(&wei, dec);
	json_object_set_new(args, "amount", json_string(dec));
	return 0;
}

int
bridge_amount(struct bridge *b, json_t *args, const char *text)
{
	const struct opts *o = &b->c->opts;

	if (!opt_text(o, "erc20") && !opt_text(o, "l2-token"))
		return bridge_ether(b, args, text);
	json_object_set_new(args, "amount", json_string(text));
	return token_option(b, args, "erc20", "erc20") ||
			       token_option(b, args, "l2-token", "l2_token")
		       ? -1
		       : 0;
}

int
bridge_to(struct bridge *b, json_t *args, const char *to)
{
	const char *addr =
		to ? chain_address(b->facts, to, &b->c->ds) : b->account;

	if (!addr)
		return -1;
	json_object_set_new(args, "to", json_string(addr));
	return 0;
}

/* --- to do it ------------------------------------------------------------ */

int
bridge_confirm(struct bridge *b, const char *question)
{
	struct cmd *c = b->c;

	if (opt_flag(&c->opts, "auto-approve"))
		return 0;
	if (opt_given(&c->opts, "input") && !opt_flag(&c->opts, "input"))
		c->input = false;
	if (cmd_confirm(c, question, "yes") == 0)
		return 0;
	if (!c->input)
		diag_hint(&c->ds, "give -auto-approve");
	return -1;
}

int
bridge_act(struct bridge *b, const char *action, const json_t *args,
	   json_t **answer)
{
	struct view_steps steps;
	struct run *r = NULL;
	int rc;

	*answer = NULL;
	view_steps_init(&steps);
	if (chain_run(b->c, true, &r))
		return -1;
	r->opts.events = &steps.events;
	rc = run_action(r, action, args, answer, &b->c->ds);
	run_close(r);
	return rc;
}

bool
bridge_json(struct bridge *b, const json_t *answer)
{
	CLEANUP(freep) char *text = NULL;

	if (!opt_flag(&b->c->opts, "json"))
		return false;
	text = jx_dump(answer);
	fputs(text, b->c->out);
	return true;
}

int
bridge_told(struct bridge *b, const json_t *answer)
{
	const char *entry = jx_str(answer, "entry", NULL);
	CLEANUP(freep) char *path = NULL;

	if (!entry)
		return 0;
	/* What nobody has read was not told. */
	if (fflush(b->c->out) || ferror(b->c->out))
		return 0;
	path = xasprintf("%s/ledger/%s.told", b->c->state_dir, entry);
	return file_replace(path, "", 0, 0600, &b->c->ds);
}

void
bridge_fees(struct bridge *b, const json_t *answer)
{
	const json_t *rows = jx_get(answer, "transactions"), *row;
	struct u256 sum = u256_from(0), fee;
	json_int_t gas = 0;
	char text[96];
	size_t i;

	json_array_foreach(rows, i, row) {
		gas += (json_int_t)jx_int(row, "gas", 0);
		if (u256_parse(jx_str(row, "fee", "0"), &fee) == 0 &&
		    u256_add(&sum, &fee, &sum))
			memset(&sum, 0xff, sizeof(sum));
	}
	if (i == 0)
		return;
	ether_format(&sum, text, sizeof(text));
	fprintf(b->c->out, "  fees paid  %s for %lld gas\n", text,
		(long long)gas);
}

const char *
bridge_sum(struct bridge *b, const json_t *answer, const char *key)
{
	const char *dec = jx_str(answer, key, "0");
	int places = (int)jx_int(answer, "decimals", -1);
	int n = (int)strlen(dec);
	struct u256 wei;
	char text[96], *s;

	if (places < 0) {
		if (u256_parse(dec, &wei))
			return dec;
		ether_format(&wei, text, sizeof(text));
		return arena_strdup(&b->c->arena, text);
	}
	s = n > places ? arena_strdup(&b->c->arena, dec)
		       : arena_printf(&b->c->arena, "%0*d%s", places + 1 - n, 0,
				      dec);
	n = (int)strlen(s);
	s = places ? arena_printf(&b->c->arena, "%.*s.%s", n - places, s,
				  s + n - places)
		   : s;
	for (n = (int)strlen(s); places && s[n - 1] == '0'; n--)
		s[n - 1] = '\0';
	if (places && s[n - 1] == '.')
		s[n - 1] = '\0';
	return arena_printf(&b->c->arena, "%s tokens", s);
}
