/* opl2 address: the addresses of the chain by name, from what is recorded. */
#include "cmd/opl2/chain/addressbook.h"
#include "cmd/opl2/chain/chain.h"
#include "cmd/opl2/run/accounts.h"
#include "cmd/opl2/view/text.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/spec/spec.h"

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "json", OPT_FLAG, NULL, "print one JSON object" },
	{ "viem", OPT_FLAG, NULL, "print a chain definition for viem" },
	{ "chainlist", OPT_FLAG, NULL,
	  "print an entry of ethereum-lists/chains" },
	OPTS_END,
};

static int
longest(const json_t *map, int least)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)map, name, v) {
		int n = text_width(name);

		least = n > least ? n : least;
	}
	return least;
}

static void
print_map(struct cmd *c, const json_t *map, int width)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)map, name, v) {
		const char *impl = jx_str(v, "implementation", NULL);

		fprintf(c->out, "  %-*s  %s%s%s\n", width, name,
			jx_str(v, "address", jx_str(v, "pending", "")),
			impl ? "  " : "", impl ? impl : "");
	}
}

/* Before there is a chain: what has an address already. */
static void
print_roles(struct cmd *c, const json_t *book)
{
	const json_t *roles = jx_get(book, "roles");

	fprintf(c->out, "Roles:\n");
	print_map(c, roles, longest(roles, 0));
	fprintf(c->out, "\n"
			"The addresses of the contracts are known after 'opl2 "
			"apply'.\n");
}

static void
print_book(struct cmd *c, const json_t *book)
{
	const json_t *l1 = jx_get(book, "l1"), *l2 = jx_get(book, "l2");
	const json_t *roles = jx_get(book, "roles");
	const json_t *on_l1 = jx_get(l1, "contracts");
	const json_t *on_l2 = jx_get(l2, "contracts");
	int width = longest(on_l2, longest(on_l1, longest(roles, 0)));

	fprintf(c->out, "Roles:\n");
	print_map(c, roles, width);
	fprintf(c->out, "\nOn L1, chain %lld (address, implementation):\n",
		(long long)jx_int(l1, "chain_id", 0));
	print_map(c, on_l1, width);
	fprintf(c->out, "\nOn L2, chain %lld:\n",
		(long long)jx_int(l2, "chain_id", 0));
	print_map(c, on_l2, width);
}

static void
address_print_json(struct cmd *c, const json_t *j)
{
	CLEANUP(freep) char *text = jx_dump(j);

	fputs(text, c->out);
}

static const char *
nearest(const json_t *book, const char *what)
{
	const json_t *maps[] = { jx_get(book, "roles"),
				 jx_get(jx_get(book, "l1"), "contracts"),
				 jx_get(jx_get(book, "l2"), "contracts") };
	const char *names[512], *name;
	size_t n = 0;
	json_t *v;

	for (size_t i = 0; i < COUNTOF(maps); i++)
		json_object_foreach((json_t *)(uintptr_t)maps[i], name, v)
			if (n < COUNTOF(names))
				names[n++] = name;
	return opts_nearest(what, names, n);
}

static int
not_found(struct cmd *c, const json_t *book, const char *what)
{
	const char *near = nearest(book, what);

	diag_err(&c->ds, "E0898", "this chain has nothing named '%s'", what);
	if (near)
		diag_hint(&c->ds, "did you mean '%s'?", near);
	else
		diag_hint(&c->ds, "'opl2 address' lists all names");
	return -1;
}

static int
no_account(struct cmd *c, const json_t *book, const char *what)
{
	const json_t *role = jx_get(jx_get(book, "roles"), what);

	diag_err(&c->ds, "E0898", "'%s' has no account yet: %s", what,
		 jx_str(role, "pending", "not read yet"));
	diag_hint(&c->ds, "'opl2 apply -target=key' reads or creates the keys, "
			  "and does nothing else");
	return -1;
}

static int
ambiguous(struct cmd *c, const json_t *list, const char *what)
{
	CLEANUP(buf_done) struct buf names = BUF_INIT(4096);
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		buf_addf(&names, "%s%s/%s", i ? " or " : "",
			 jx_str(v, "where", ""), jx_str(v, "name", ""));
	diag_err(&c->ds, "E0898", "'%s' is ambiguous", what);
	diag_hint(&c->ds, "say %s", buf_str(&names));
	return -1;
}

/* One name gives its address, for scripts; an address gives what it is. */
static int
print_one(struct cmd *c, const json_t *book, const char *what)
{
	CLEANUP(put_json) json_t *list = addressbook_find(book, what);
	bool by_address = strncmp(what, "0x", 2) == 0;
	const json_t *v;
	size_t i;

	if (json_array_size(list) == 0)
		return not_found(c, book, what);
	if (*jx_str(json_array_get(list, 0), "address", "") == '\0')
		return no_account(c, book, what);
	if (opt_flag(&c->opts, "json")) {
		address_print_json(c, list);
		return EXIT_OK;
	}
	if (!by_address && json_array_size(list) > 1)
		return ambiguous(c, list, what);
	json_array_foreach(list, i, v) {
		const char *kind = jx_str(v, "what", "");

		if (by_address)
			fprintf(c->out, "%s/%s%s%s\n", jx_str(v, "where", ""),
				jx_str(v, "name", ""), *kind ? ", " : "", kind);
		else
			fprintf(c->out, "%s\n", jx_str(v, "address", ""));
	}
	return EXIT_OK;
}

static int
exec_address(struct cmd *c)
{
	bool viem = opt_flag(&c->opts, "viem");
	bool chainlist = opt_flag(&c->opts, "chainlist");
	bool json = opt_flag(&c->opts, "json");
	const char *what = c->opts.nargs ? c->opts.args[0] : NULL;
	CLEANUP(put_json) json_t *facts = NULL;
	CLEANUP(put_json) json_t *book = NULL;

	if (viem + chainlist + json > 1 || (what && (viem || chainlist)))
		return diag_err(&c->ds, "E1012",
				"-viem and -chainlist describe the whole chain "
				"and take no other option");
	facts = viem || chainlist ? chain_facts(c->state, &c->ds)
				  : chain_or_planned_facts(c);
	if (!facts)
		return -1;
	book = addressbook(facts, c->spec->name);
	if (what)
		return print_one(c, book, what);
	if (viem) {
		CLEANUP(freep) char *text = addressbook_viem(book);

		fputs(text, c->out);
	} else if (chainlist) {
		CLEANUP(put_json) json_t *entry = addressbook_chainlist(book);

		address_print_json(c, entry);
	} else if (json) {
		address_print_json(c, book);
	} else if (jx_get(facts, "contracts")) {
		print_book(c, book);
	} else {
		print_roles(c, book);
		hint_accounts(c, facts);
	}
	return EXIT_OK;
}

const struct cmd_entry cmd_address = {
	.name = "address",
	.args = "[NAME|ADDRESS]",
	.summary = "print addresses by name: roles, contracts, predeploys",
	.text = "Reads the recorded state and uses no network. Before the "
		"first apply, lists the roles whose keys exist: 'opl2 apply "
		"-target=key' creates the others. NAME prints only the "
		"address; for a contract with a proxy, that of the proxy. "
		"l1/NAME and l2/NAME distinguish two of the same name. ADDRESS "
		"prints what it belongs to. -viem needs viem's op-stack. The "
		"infoURL of -chainlist is the spec's output info_url.",
	.opts = opts,
	.max_args = 1,
	.needs = NEED_SPEC | NEED_LENIENT | NEED_STATE,
	.exec = exec_address,
};
