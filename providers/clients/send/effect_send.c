#include "providers/clients/send/effect_send.h"

#include <stdarg.h>
#include <sys/random.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/keys/secret_key.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/gas.h"
#include "providers/clients/send/landed.h"
#include "providers/facts/cost.h"

static bool
wait_in_op(void *arg, unsigned ms)
{
	return effect_wait(arg, ms);
}

static void
progress_in_op(void *arg, const char *line)
{
	effect_progress(arg, "%s", line);
}

static void
waiting_in_op(void *arg, const char *line)
{
	effect_progress(arg, "%s", line);
}

static bool
cancelled_in_op(void *arg)
{
	return effect_cancelled(arg);
}

static struct signer *
remote(struct effect_ctx *ctx, const json_t *at)
{
	struct signer_options o = {
		.url = jx_str(at, "url", ""),
		.cafile = jx_str(at, "tls_ca", NULL),
		.cert = jx_str(at, "tls_cert", NULL),
		.key = jx_str(at, "tls_key", NULL),
		.cancelled = cancelled_in_op,
		.waiting = waiting_in_op,
		.arg = ctx,
	};

	if (address_parse(jx_str(at, "address", ""), o.address) == 0)
		return signer_remote(&o);
	diag_err(ctx->ds, "E0923", "a signer's token has no address");
	return NULL;
}

struct signer *
effect_signer(struct effect_ctx *ctx, const struct effect_op *op,
	      const json_t *token, const char *what)
{
	const json_t *parts = json_object_get(token, "$secret");
	const json_t *at = jx_get(json_array_get(parts, 0), "signer");
	struct sign_key *k;

	if (at && json_array_size(parts) == 1)
		return remote(ctx, at);
	k = secret_key(token, op->env->secrets, op->env->spec_dir, what,
		       ctx->ds);
	return k ? signer_local(k) : NULL;
}

const char *
effect_key_name(struct effect_ctx *ctx, const struct effect_op *op,
		const char *field)
{
	const char *pointer = arena_printf(ctx->arena, "/%s", field);
	const char *addr = jx_str(op->refs, pointer, "");

	return strncmp(addr, "key.", 4) == 0 ? addr + 4 : NULL;
}

static struct signer *
signer_at(struct effect_ctx *ctx, const struct effect_op *op, const char *field)
{
	struct signer *s = effect_signer(
		ctx, op, jx_get(op->config, field),
		arena_printf(ctx->arena, "'%s' of %s", field, op->addr));

	if (!s)
		diag_path(ctx->ds, "/%s", field);
	return s;
}

static void
read_limit(const json_t *limits, const char *key, struct u256 *out)
{
	const char *s = limits ? jx_str(limits, key, NULL) : NULL;

	if (!s || u256_parse(s, out) < 0)
		*out = u256_from(0);
}

void
effect_send_policy(const struct effect_op *op, struct send_policy *p)
{
	const json_t *limits = op->env->limits;
	const char *finality = jx_str(op->config, "finality", "depth"), *why;

	read_limit(limits, "eth", &p->ceiling);
	p->apply = op->env->apply;
	read_limit(limits, "max_fee", &p->max_fee);
	read_limit(limits, "max_base_fee", &p->max_base_fee);
	if (duration_parse(jx_str(limits, "fee_wait", ""), &p->dear_ms, &why) <
	    0)
		p->dear_ms = 0;
	p->confirmations = (unsigned)jx_int(op->config, "confirmations", 1);
	p->tag = strcmp(finality, "safe") == 0    ? "safe"
		 : strcmp(finality, "final") == 0 ? "finalized"
						  : NULL;
}

/* Locks are of the user, beside the store, not of one chain's folder. */
static char *
lock_dir(const struct effect_env *env)
{
	const char *slash = strrchr(env->store_dir, '/');

	return xasprintf("%.*s/locks",
			 slash ? (int)(slash - env->store_dir) : 0,
			 env->store_dir);
}

enum outcome
effect_sender_init(struct effect_ctx *ctx, const struct effect_op *op,
		   const char *rpc_field, uint64_t chain_id,
		   const char *key_field, struct effect_sender *out)
{
	enum rpc_status st;

	memset(out, 0, sizeof(*out));
	out->signer = signer_at(ctx, op, key_field);
	if (!out->signer)
		return OC_FAIL;
	out->rpc = effect_rpc(ctx, op, rpc_field, chain_id);
	if (!out->rpc)
		return OC_FAIL;
	signer_address(out->signer, out->from);
	eip55(out->from, out->addr);
	out->lock_dir = lock_dir(op->env);
	out->ledger_dir = xstrdup(op->env->places->ledger);
	out->s = (struct sender){
		.rpc = out->rpc,
		.signer = out->signer,
		.role = effect_key_name(ctx, op, key_field),
		.remedy = jx_str(op->config, "remedy", NULL),
		.lock_dir = out->lock_dir,
		.ds = ctx->ds,
		.wait = wait_in_op,
		.progress = progress_in_op,
		.arg = ctx,
	};
	effect_send_policy(op, &out->s.policy);
	st = rpc_check_chain(out->rpc, &out->chain_id, ctx->ds);
	if (st == RPC_OK)
		st = chain_genesis(out->rpc, out->genesis, ctx->ds);
	return rpc_outcome(st);
}

void
effect_sender_done(struct effect_sender *s)
{
	rpc_free(s->rpc);
	signer_free(s->signer);
	free(s->lock_dir);
	free(s->ledger_dir);
	memset(s, 0, sizeof(*s));
}

enum outcome
effect_send_outcome(enum send_result r, bool begun)
{
	switch (r) {
	case SEND_DONE:
		return OC_OK;
	case SEND_BUSY:
		return OC_RETRY;
	case SEND_CANCELLED:
		return OC_CANCELLED;
	case SEND_UNREACHABLE:
		return begun ? OC_PARTIAL : OC_RETRY;
	case SEND_POOR:
		return OC_LATER;
	case SEND_LATER:
		return begun ? OC_PARTIAL : OC_FAIL;
	case SEND_UNSURE:
		return OC_UNSURE;
	case SEND_REVERTED:
	case SEND_FAILED:
		break;
	}
	return OC_FAIL;
}

enum outcome
effect_send(struct effect_sender *s, const struct send_list *list,
	    struct ledger **l)
{
	enum send_result r = sender_send(&s->s, list, l);
	char *path = path_join(list->dir, list->name);
	bool begun = file_exists(path);

	free(path);
	return effect_send_outcome(r, begun);
}

enum outcome
effect_send_txs(const struct effect_op *op, struct effect_sender *s,
		const char *entry, json_t *txs, struct ledger **l)
{
	CLEANUP(put_json) json_t *list_txs = txs;
	CLEANUP(put_json)
	json_t *about = json_pack("{s:s}", "resource", op->addr);
	struct send_list list = {
		.txs = txs, .about = about, .dir = s->ledger_dir, .name = entry
	};

	return effect_send(s, &list, l);
}

static json_t *
cost_of(const struct effect_op *op, const struct effect_sender *s,
	const char *role, const json_t *txs)
{
	enum gas_source source = gas_source_of(txs);
	struct u256 gas = u256_from(0), wei = u256_from(0), most = gas;
	char gas_text[79], wei_text[79], most_text[79];
	json_t *cost;

	for (size_t i = 0; i < json_array_size(txs); i++) {
		const json_t *tx = json_array_get(txs, i);
		const char *used =
			jx_str(tx, "gas_used", jx_str(tx, "gas", ""));
		struct u256 g, v, limit;

		if (u256_parse(used, &g) < 0 ||
		    u256_parse(jx_str(tx, "gas", used), &limit) < 0 ||
		    u256_parse(jx_str(tx, "value", "0"), &v) < 0 ||
		    u256_add(&gas, &g, &gas) || u256_add(&wei, &v, &wei))
			return NULL;
		if (u256_cmp(&limit, &most) > 0)
			most = limit;
	}
	u256_dec(&gas, gas_text);
	u256_dec(&wei, wei_text);
	u256_dec(&most, most_text);
	cost = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "role", role,
			 "address", s->addr, "gas", gas_text, "wei", wei_text,
			 "largest", most_text, "estimate",
			 source >= GAS_RECORDED, "source",
			 gas_source_name(source));
	cost_chain(cost, op->config);
	return json_pack("[o]", cost);
}

enum outcome
effect_costs(struct effect_ctx *ctx, const struct effect_op *op,
	     const struct effect_sender *s, const char *role, json_t *txs,
	     json_t **costs)
{
	CLEANUP(gas_plan_done) struct gas_plan p = { 0 };
	enum rpc_status st = RPC_OK;

	if (json_array_size(txs) == 0) {
		*costs = json_array();
		return OC_OK;
	}
	if (!jx_get(json_array_get(txs, 0), "gas_used"))
		st = gas_plan(s->rpc, s->from, s->s.policy.margin, txs, &p,
			      ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	*costs = cost_of(op, s, role, txs);
	return *costs ? OC_OK : OC_FAIL;
}

struct left {
	const char *entry;
	uint64_t used; /* nonces of the sender */
	json_t *txs;
};

static json_t *
gas_json(uint64_t gas)
{
	return jx_strf("%llu", (unsigned long long)gas);
}

/* Matches nothing but the entry, of which it takes what is not mined. What an
 * old one does not say is measured from the transaction itself. */
static bool
take_left(const struct ledger *l, void *arg)
{
	struct left *left = arg;
	const char *slash = strrchr(l->path, '/');
	const json_t *txs = jx_get(l->begin, "txs");

	if (!slash || strcmp(slash + 1, left->entry) != 0)
		return false;
	left->txs = json_array();
	for (size_t i = 0; i < l->nslots; i++) {
		const struct ledger_slot *slot = &l->slots[i];
		json_t *tx;

		/* What waits for confirmations is not recorded as mined, but
		 * the account has paid for it. */
		if (slot->mined || slot->tx.nonce < left->used)
			continue;
		tx = json_deep_copy(json_array_get(txs, i));
		json_object_set_new(tx, "gas", gas_json(slot->tx.gas));
		if (slot->expected > 0)
			json_object_set_new(tx, "gas_used",
					    gas_json(slot->expected));
		json_array_append_new(left->txs, tx);
	}
	return true;
}

int
ledger_entry_left(struct effect_ctx *ctx, const struct effect_sender *s,
		  const char *entry, json_t **txs)
{
	CLEANUP(freep) char *name = NULL;
	CLEANUP(diags_done) struct diags quiet;
	struct left left = { .entry = entry };
	int rc;

	diags_init(&quiet);
	/* Without an answer it is told as too much. */
	if (rpc_u64(s->rpc, "eth_getTransactionCount",
		    json_pack("[s, s]", s->addr, "latest"), &left.used,
		    &quiet) != RPC_OK)
		left.used = 0;
	rc = ledger_find(s->ledger_dir, NULL, take_left, &left, &name, ctx->ds);
	*txs = left.txs;
	return rc;
}

/* How the entry ended: NULL while it is open, or not there at all. One that
 * cannot be read counts as open: going on with it will say why, and nothing is
 * sent in its place. */
static char *
entry_end(const struct effect_op *op, const char *name, bool *found)
{
	const char *dir = op->env->places->ledger;
	struct ledger *l = NULL;
	struct diags quiet;
	char *end = NULL;
	int rc;

	diags_init(&quiet);
	rc = ledger_open(dir, name, &l, &quiet);
	*found = rc != 0;
	if (rc == 1 && l->ended)
		end = xstrdup(l->ended);
	ledger_free(l);
	diags_done(&quiet);
	return end;
}

bool
ledger_entry_failed(const struct effect_op *op, const char *name)
{
	bool found;
	CLEANUP(freep) char *end = entry_end(op, name, &found);

	return end && strcmp(end, "done") != 0;
}

bool
ledger_entry_open(const struct effect_op *op, const char *name)
{
	bool found;
	CLEANUP(freep) char *end = entry_end(op, name, &found);

	return found && !end;
}

enum outcome
ledger_entry_recover(struct effect_ctx *ctx UNUSED, const struct effect_op *op,
		     struct effect_result *out)
{
	const char *name = op->token ? jx_str(op->token, "entry", NULL) : NULL;
	const char *dir = op->env->places->ledger;
	CLEANUP(freep) char *path = name ? path_join(dir, name) : NULL;

	if (!path || !file_exists(path))
		return OC_RETRY;
	out->attrs = json_object();
	return OC_PARTIAL;
}

enum outcome
ledger_entry_outcome(const struct effect_op *op, const char *name,
		     enum outcome oc, struct effect_result *out)
{
	const char *dir = op->env->places->ledger;
	CLEANUP(freep) char *path = path_join(dir, name);

	if (oc == OC_OK || oc == OC_UNSURE || oc == OC_CANCELLED ||
	    !file_exists(path) || ledger_entry_failed(op, name))
		return oc;
	out->attrs = json_object();
	out->priv = json_pack("{s:s}", "entry", name);
	return OC_PARTIAL;
}

char *
ledger_entry_name(struct effect_ctx *ctx, const char *prefix, ...)
{
	struct sha256 h;
	uint8_t digest[32];
	char hex[17];
	const char *part;
	va_list ap;

	sha256_init(&h);
	va_start(ap, prefix);
	/* The NUL goes in too, so that no two lists run together. */
	while ((part = va_arg(ap, const char *)))
		sha256_add(&h, part, strlen(part) + 1);
	va_end(ap);
	sha256_end(&h, digest);
	hex_encode(digest, 8, hex);
	return arena_printf(ctx->arena, "%s-%s", prefix, hex);
}

char *
ledger_entry_random(struct effect_ctx *ctx, const char *prefix)
{
	uint8_t raw[8];
	char hex[17];

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		abort(); /* no such kernel */
	hex_encode(raw, sizeof(raw), hex);
	return arena_printf(ctx->arena, "%s-%s", prefix, hex);
}

const char *
ledger_entry_begun(const struct effect_op *op)
{
	const char *entry = op->token ? jx_str(op->token, "entry", NULL) : NULL;

	if (entry)
		return ledger_entry_failed(op, entry) ? NULL : entry;
	if (op->priv)
		entry = jx_str(op->priv, "entry", NULL);
	/* A whole object's entry is of the time before. */
	if (!entry || ledger_entry_failed(op, entry) ||
	    (jx_get(op->prior, "holds") && !ledger_entry_open(op, entry)))
		return NULL;
	return entry;
}

struct search {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	const struct effect_sender *s;
	bool (*same)(const struct ledger *l, void *arg);
	void *arg;
	enum outcome oc; /* why it was given up */
};

/* An L1 that was made anew of the same genesis does not have it. */
static bool
is_ours(const struct ledger *l, void *arg)
{
	bool landed = false;
	struct search *f = arg;
	const char *addr = jx_str(jx_get(l->begin, "about"), "resource", "");
	const struct ledger_slot *last = &l->slots[l->nslots - 1];

	if (strcmp(addr, f->op->addr) != 0 || l->chain_id != f->s->chain_id ||
	    memcmp(l->genesis, f->s->genesis, 32) != 0 || !f->same(l, f->arg))
		return false;
	if (!l->ended)
		return memcmp(l->from, f->s->from, 20) == 0;
	/* With a whole prior object it is wanted once more. */
	if (strcmp(l->ended, "done") != 0 || f->op->accept ||
	    jx_get(f->op->prior, "holds"))
		return false;
	f->oc = tx_landed(f->ctx, f->s, l, last, &landed);
	return f->oc != OC_OK || landed;
}

enum outcome
ledger_entry_search(struct effect_ctx *ctx, const struct effect_op *op,
		    const struct effect_sender *s,
		    bool (*same)(const struct ledger *l, void *arg), void *arg,
		    const char **entry)
{
	CLEANUP(freep) char *name = NULL;
	struct search f = { .ctx = ctx,
			    .op = op,
			    .s = s,
			    .same = same,
			    .arg = arg,
			    .oc = OC_OK };
	int rc = ledger_find(s->ledger_dir, NULL, is_ours, &f, &name, ctx->ds);

	*entry = rc == 1 ? arena_strdup(ctx->arena, name) : NULL;
	return rc < 0 ? OC_FAIL : f.oc;
}

enum outcome
ledger_entry_find(struct effect_ctx *ctx, const struct effect_op *op,
		  const struct effect_sender *s, const char *prefix,
		  bool (*same)(const struct ledger *l, void *arg), void *arg,
		  const char **entry)
{
	CLEANUP(put_json) json_t *token = NULL;
	enum outcome oc = ledger_entry_search(ctx, op, s, same, arg, entry);

	if (oc != OC_OK)
		return oc;
	if (*entry)
		effect_progress(ctx, "found in the ledger, not sent again");
	else
		*entry = ledger_entry_random(ctx, prefix);
	token = json_pack("{s:s}", "entry", *entry);
	return effect_intend(ctx, token) ? OC_FAIL : OC_OK;
}
