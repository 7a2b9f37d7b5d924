/*
 * A run of a deployment script: in its own copy of the project, with no key
 * and no broadcast, so that all forge can do is compute. The L1's URL goes by
 * environment, never in argv; forge keeps it in its cache, which goes with
 * the copy.
 */
#include "providers/clients/forge/forge_run.h"

#include <errno.h>
#include <sys/stat.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/forge/forge_project.h"
#include "providers/clients/forge/forge_tree.h"
#include "providers/clients/tools/run.h"

#define RUN_MS     300000
#define OUTPUT_MAX (64u << 20)
/* Where the upstream project lets its scripts read and write. */
#define CONFIG_IN  "deploy-config/opl2.json"
#define ADDRS_OUT  "deployments/addresses.json"
#define ALLOCS_OUT "deployments/allocs.json"

const char **
forge_env(struct effect_ctx *ctx, const char *home, const char *const *extra)
{
	const char **env;
	size_t n = 0, i = 0;

	while (extra && extra[n])
		n++;
	env = arena_alloc(ctx->arena, (n + 7) * sizeof(*env));
	env[i++] = arena_printf(ctx->arena, "HOME=%s", home);
	env[i++] = arena_printf(ctx->arena, "TMPDIR=%s", home);
	env[i++] = "FOUNDRY_OFFLINE=true";
	env[i++] = "FOUNDRY_LINT_LINT_ON_BUILD=false";
	env[i++] = "FOUNDRY_DISABLE_NIGHTLY_WARNING=true";
	env[i++] = "NO_COLOR=1";
	for (n = 0; extra && extra[n]; n++)
		env[i++] = extra[n];
	return env;
}

const char *
forge_path(struct effect_ctx *ctx, const char **tool_dirs)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1u << 16);

	for (size_t i = 0; tool_dirs[i]; i++) {
		if (i)
			buf_addch(&b, ':');
		buf_adds(&b, tool_dirs[i]);
	}
	return arena_strdup(ctx->arena, buf_str(&b));
}

static void
forge_run_forget(const char *dir)
{
	struct diags ignored;

	diags_init(&ignored);
	(void)file_remove_tree(dir, &ignored);
	diags_done(&ignored);
}

/* A private copy of the project with the inputs of the run in it. */
static char *
prepare(struct effect_ctx *ctx, const struct effect_op *op,
	const struct forge_run *run)
{
	char *dir = arena_printf(ctx->arena, "%s/forge-XXXXXX",
				 op->env->places->scratch);
	const char *in, *made;

	if (file_mkdirs(op->env->places->scratch, 0700, ctx->ds))
		return NULL;
	if (!mkdtemp(dir)) {
		diag_errno(ctx->ds, "E0501", "cannot create folder '%s'", dir);
		return NULL;
	}
	in = arena_printf(ctx->arena, "%s/deploy-config", dir);
	made = arena_printf(ctx->arena, "%s/deployments", dir);
	if (tree_copy(run->project.path, dir, ctx->ds) ||
	    file_mkdirs(in, 0755, ctx->ds) ||
	    file_mkdirs(made, 0755, ctx->ds) ||
	    tree_copy(run->config,
		      arena_printf(ctx->arena, "%s/" CONFIG_IN, dir),
		      ctx->ds) ||
	    (run->addresses &&
	     tree_copy(run->addresses,
		       arena_printf(ctx->arena, "%s/known.json", dir),
		       ctx->ds))) {
		forge_run_forget(dir);
		return NULL;
	}
	return dir;
}

struct script {
	const char *target, *sig;
	uint64_t chain_id; /* 0: the L1's */
	const char *rpc_url;
};

static const char **
script_env(struct effect_ctx *ctx, const struct forge_run *run,
	   const struct script *s)
{
	const char **env;
	size_t n = 0, e = 0;

	while (run->env && run->env[n])
		n++;
	env = arena_alloc(ctx->arena, (n + 7) * sizeof(*env));
	for (; e < n; e++)
		env[e] = run->env[e];
	env[e++] = "DEPLOY_CONFIG_PATH=" CONFIG_IN;
	env[e++] = "DEPLOYMENT_OUTFILE=" ADDRS_OUT;
	env[e++] = "STATE_DUMP_PATH=" ALLOCS_OUT;
	if (run->addresses)
		env[e++] = "CONTRACT_ADDRESSES_PATH=known.json";
	if (run->salt)
		env[e++] = arena_printf(ctx->arena, "IMPL_SALT=%s", run->salt);
	if (s->rpc_url)
		env[e++] = arena_printf(ctx->arena, "FOUNDRY_ETH_RPC_URL=%s",
					s->rpc_url);
	env[e] = NULL;
	return env;
}

static enum outcome
run_script(struct effect_ctx *ctx, const struct forge_run *run,
	   const struct script *s, const char *dir)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(OUTPUT_MAX);
	const char *argv[16], *log, *const changes[] = { dir, NULL };
	struct tool t = { .argv = argv, .cwd = dir };
	size_t n = 0;
	int status = 0;
	enum outcome oc;

	argv[n++] = run->project.forge;
	argv[n++] = "script";
	argv[n++] = s->target;
	argv[n++] = "--non-interactive";
	argv[n++] = "--sig";
	argv[n++] = s->sig;
	if (run->sender) {
		argv[n++] = "--sender";
		argv[n++] = run->sender;
	}
	if (s->chain_id) {
		argv[n++] = "--chain-id";
		argv[n++] = arena_printf(ctx->arena, "%llu",
					 (unsigned long long)s->chain_id);
	}
	argv[n] = NULL;
	log = arena_printf(ctx->arena, "%s/run.log", dir);
	t.env = forge_env(ctx, dir, script_env(ctx, run, s));
	t.path = forge_path(ctx, run->project.tool_dirs);
	t.log = log;
	/* Scripts run programs of their own, and come from packages. */
	t.changes = changes;
	t.net = s->rpc_url != NULL;
	t.timeout_ms = run->timeout_ms ? run->timeout_ms : RUN_MS;
	t.status = &status;
	t.secret = s->rpc_url;
	oc = tool_run(ctx, &t);
	if (oc != OC_OK || status == 0)
		return oc;
	if (file_read_opt(log, &text, ctx->ds) < 0)
		return OC_FAIL;
	return forge_explain(ctx, buf_str(&text), s->rpc_url);
}

/* "0x1f" as a decimal string. */
static json_t *
decimal(const json_t *tx, const char *key)
{
	struct u256 v;
	char text[79];

	if (u256_parse(jx_str(tx, key, "0x0"), &v))
		return NULL;
	u256_dec(&v, text);
	return json_string(text);
}

/* EIP-55 text, json null for none, NULL when it is not an address. */
static json_t *
address(const char *s)
{
	uint8_t raw[20];
	char text[43];

	if (!s)
		return json_null();
	if (hex_decode(s, raw, sizeof(raw)))
		return NULL;
	eip55(raw, text);
	return json_string(text);
}

static json_t *
text_or_null(const json_t *o, const char *key)
{
	const char *s = jx_str(o, key, NULL);

	return s ? json_string(s) : json_null();
}

/* One entry of the dry run as forge_project.h gives it; NULL when it is not
 * one that can be sent as it is. */
static json_t *
one_tx(const json_t *entry, const char *sender, uint64_t *nonce)
{
	const json_t *tx = jx_get(entry, "transaction");
	const char *data, *from = tx ? jx_str(tx, "from", "") : "";
	json_t *out, *value, *gas, *to, *where;
	struct u256 n;
	uint64_t got;

	if (!tx || strcasecmp(from, sender) != 0 ||
	    u256_parse(jx_str(tx, "nonce", ""), &n) || !u256_fits_u64(&n, &got))
		return NULL;
	if (*nonce != UINT64_MAX && got != *nonce + 1)
		return NULL;
	*nonce = got;
	data = jx_str(tx, "input", jx_str(tx, "data", "0x"));
	value = decimal(tx, "value");
	gas = decimal(tx, "gas");
	to = address(jx_str(tx, "to", NULL));
	where = address(jx_str(entry, "contractAddress", NULL));
	out = json_pack("{s:o*, s:o*, s:o*, s:o*, s:s, s:I, s:o, s:o}", "to",
			to, "value", value, "gas", gas, "address", where,
			"data", data, "nonce", (json_int_t)got, "name",
			text_or_null(entry, "contractName"), "function",
			text_or_null(entry, "function"));
	if (to && value && gas && where)
		return out;
	json_decref(out);
	return NULL;
}

static json_t *
txs_of(const json_t *dry_run, const char *sender)
{
	const json_t *list = jx_get(dry_run, "transactions");
	json_t *out = json_array();
	uint64_t nonce = UINT64_MAX;

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *tx = one_tx(json_array_get(list, i), sender, &nonce);

		if (!tx) {
			json_decref(out);
			return NULL;
		}
		json_array_append_new(out, tx);
	}
	return out;
}

/* The only entry of a folder whose name ends so. NULL with a diagnostic. */
static char *
only_entry(struct effect_ctx *ctx, const char *dir, const char *suffix)
{
	size_t len = strlen(suffix), n, found = 0;
	const char **names, *name = NULL;

	if (tree_list(ctx->arena, dir, &names, &n, ctx->ds))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t k = strlen(names[i]);

		if (k < len || strcmp(names[i] + k - len, suffix) != 0)
			continue;
		name = names[i];
		found++;
	}
	if (found == 1)
		return arena_printf(ctx->arena, "%s/%s", dir, name);
	diag_err(ctx->ds, "E0483", "'%s' has %zu results, not one", dir, found);
	return NULL;
}

/* broadcast/SCRIPT/CHAIN/dry-run/FUNCTION-latest.json: there is one chain.
 * *out is NULL when nothing would be sent. */
static int
load_dry_run(struct effect_ctx *ctx, const char *dir, const char *target,
	     json_t **out)
{
	const char *base = strrchr(target, '/');
	const char *at, *path;

	base = base ? base + 1 : target;
	at = arena_printf(ctx->arena, "%s/broadcast/%.*s", dir,
			  (int)strcspn(base, ":"), base);
	if (!file_exists(at))
		return 0;
	at = only_entry(ctx, at, "");
	if (!at)
		return -1;
	path = only_entry(ctx, arena_printf(ctx->arena, "%s/dry-run", at),
			  "-latest.json");
	if (!path)
		return -1;
	*out = jx_load_file(path, OUTPUT_MAX, ctx->ds);
	return *out ? 0 : -1;
}

/* The names that the script has written down; it may have none. */
static json_t *
load_names(struct effect_ctx *ctx, const char *dir)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(OUTPUT_MAX);
	const char *path = arena_printf(ctx->arena, "%s/" ADDRS_OUT, dir);

	if (file_read_opt(path, &text, ctx->ds) < 0)
		return NULL;
	if (text.n == 0)
		return json_object();
	return jx_parse(buf_str(&text), text.n, path, ctx->ds);
}

static int
forge_run_collect(struct effect_ctx *ctx, const char *dir,
		  const struct forge_run *run, const char *target,
		  struct forge_sim *out)
{
	CLEANUP(put_json) json_t *dry = NULL, *names = NULL, *txs = NULL;

	if (load_dry_run(ctx, dir, target, &dry))
		return -1;
	names = load_names(ctx, dir);
	if (!names)
		return -1;
	txs = txs_of(dry, run->sender);
	if (!txs || (json_array_size(txs) == 0 && !run->may_do_nothing) ||
	    !json_is_object(names)) {
		diag_err(ctx->ds, "E0483",
			 "cannot parse forge's list of transactions");
		diag_hint(ctx->ds, "every transaction must come from the "
				   "sender, in nonce order; use the pinned "
				   "version of forge");
		return -1;
	}
	out->txs = TAKE(txs);
	out->addresses = TAKE(names);
	return 0;
}

enum outcome
forge_simulate(struct effect_ctx *ctx, const struct effect_op *op,
	       const struct forge_run *run, struct forge_sim *out)
{
	struct script s = {
		.target = run->script ? run->script : run->project.script,
		.sig = run->sig ? run->sig : "run()",
		.rpc_url = run->rpc_url,
	};
	char *dir = prepare(ctx, op, run);
	enum outcome oc;

	if (!dir)
		return OC_FAIL;
	effect_progress(ctx, "simulating %s", s.target);
	oc = run_script(ctx, run, &s, dir);
	if (oc == OC_OK && forge_run_collect(ctx, dir, run, s.target, out))
		oc = OC_FAIL;
	forge_run_forget(dir);
	return oc;
}

enum outcome
forge_l2_allocs(struct effect_ctx *ctx, const struct effect_op *op,
		const struct forge_run *run, uint64_t chain_id,
		const char *outfile)
{
	struct script s = {
		.target = run->script ? run->script
				      : "scripts/L2Genesis.s.sol:L2Genesis",
		.sig = "runWithStateDump()",
		.chain_id = chain_id,
	};
	CLEANUP(buf_done) struct buf text = BUF_INIT(OUTPUT_MAX);
	char *dir = prepare(ctx, op, run);
	const char *made;
	enum outcome oc;

	if (!dir)
		return OC_FAIL;
	effect_progress(ctx, "computing the predeployed contracts of the L2");
	oc = run_script(ctx, run, &s, dir);
	made = arena_printf(ctx->arena, "%s/" ALLOCS_OUT, dir);
	if (oc == OC_OK &&
	    (file_read(made, &text, ctx->ds) ||
	     file_replace(outfile, buf_str(&text), text.n, 0644, ctx->ds)))
		oc = OC_FAIL;
	forge_run_forget(dir);
	return oc;
}
