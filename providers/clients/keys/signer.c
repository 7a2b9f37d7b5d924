#include "providers/clients/keys/signer.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

/* A person may have to confirm it, but not for longer than this. */
#define SIGN_MS    60000
#define SIGN_TRIES 2

struct signer {
	struct sign_key *key; /* local, or NULL */
	struct rpc *rpc;      /* remote, or NULL */
	uint8_t address[20];
};

struct signer *
signer_local(struct sign_key *k)
{
	struct signer *s = xcalloc(1, sizeof(*s));

	s->key = k;
	sign_key_address(k, s->address);
	return s;
}

struct signer *
signer_remote(const struct signer_options *o)
{
	struct rpc_options opts = {
		.urls = { o->url },
		.cafile = o->cafile,
		.cert = o->cert,
		.key = o->key,
		.call_ms = SIGN_MS,
		.tries = SIGN_TRIES,
		.cancelled = o->cancelled,
		.waiting = o->waiting,
		.arg = o->arg,
	};
	struct signer *s = xcalloc(1, sizeof(*s));

	memcpy(s->address, o->address, sizeof(s->address));
	s->rpc = rpc_new(&opts);
	return s;
}

void
signer_free(struct signer *s)
{
	if (!s)
		return;
	sign_key_free(s->key);
	rpc_free(s->rpc);
	free(s);
}

void
signer_freep(struct signer **s)
{
	signer_free(*s);
	*s = NULL;
}

void
signer_address(const struct signer *s, uint8_t out[20])
{
	memcpy(out, s->address, sizeof(s->address));
}

int
signer_public(const struct signer *s, uint8_t out[64])
{
	if (!s->key)
		return -1;
	sign_key_public(s->key, out);
	return 0;
}

/* --- asking -------------------------------------------------------------- */

/* The one parameter. op-signer reads input, web3signer and older ones data;
 * both of them at once must be equal. Without `to` it makes a contract. */
static json_t *
args_of(const struct signer *s, const struct tx *t)
{
	CLEANUP(put_json) json_t *data = hex_json(t->data, t->data_len);
	char from[43], to[43];
	json_t *o;

	eip55(s->address, from);
	o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:O, s:O}", "from",
		      from, "chainId", quantity_from_u64(t->chain_id), "nonce",
		      quantity_from_u64(t->nonce), "gas",
		      quantity_from_u64(t->gas), "maxFeePerGas",
		      quantity_from_u256(&t->max_fee), "maxPriorityFeePerGas",
		      quantity_from_u256(&t->priority), "value",
		      quantity_from_u256(&t->value), "data", data, "input",
		      data);
	if (!t->create) {
		eip55(t->to, to);
		json_object_set_new(o, "to", json_string(to));
	}
	return o;
}

/* Says in the signer's own terms what the client found. */
static enum rpc_status
explain(const struct signer *s, enum rpc_status st, const struct diags *why,
	struct diags *ds)
{
	const char *text = why->first ? why->first->summary : "no reason";
	char addr[43];

	eip55(s->address, addr);
	if (st == RPC_UNREACHABLE || st == RPC_TIMEOUT) {
		diag_err(ds, "E0895", "cannot connect to the signer '%s' of %s",
			 rpc_name(s->rpc), addr);
		diag_detail(ds, text);
		diag_hint(ds, "start it, or correct the URL in the key's "
			      "source, and rerun the command");
	} else if (st == RPC_ERROR) {
		diag_err(ds, "E0896",
			 "the signer '%s' does not sign for %s: %s",
			 rpc_name(s->rpc), addr, rpc_error(s->rpc)->message);
		diag_hint(ds, "check the signer's rules and log; nothing "
			      "unsigned was sent");
	} else if (st == RPC_BAD_REPLY) {
		diag_err(ds, "E0897",
			 "the answer of the signer '%s' cannot be used",
			 rpc_name(s->rpc));
		diag_detail(ds, text);
		diag_hint(ds, "check that the URL is that of a signer, not of "
			      "a node or a web page");
	} else {
		diags_append(ds, why);
	}
	return st;
}

/* --- judging ------------------------------------------------------------- */

static bool
same_bytes(const void *a, size_t na, const void *b, size_t nb)
{
	return na == nb && (na == 0 || memcmp(a, b, na) == 0);
}

/* Which field is another one; NULL: none is. */
static const char *
difference(const struct tx *want, const struct tx *got)
{
	if (got->chain_id != want->chain_id)
		return "chain id";
	if (got->nonce != want->nonce)
		return "nonce";
	if (got->gas != want->gas)
		return "gas limit";
	if (u256_cmp(&got->max_fee, &want->max_fee) ||
	    u256_cmp(&got->priority, &want->priority))
		return "fee";
	if (got->create != want->create ||
	    (!want->create && memcmp(got->to, want->to, sizeof(want->to))))
		return "recipient";
	if (u256_cmp(&got->value, &want->value))
		return "value";
	if (!same_bytes(got->data, got->data_len, want->data, want->data_len))
		return "data";
	return NULL;
}

static enum rpc_status
other_answer(const struct signer *s, const char *why, struct diags *ds)
{
	diag_err(ds, "E0897", "the signer '%s' answered with %s",
		 rpc_name(s->rpc), why);
	diag_hint(ds, "its answer was not used; check that it is the signer of "
		      "this account and chain");
	return RPC_BAD_REPLY;
}

static enum rpc_status
signer_judge(const struct signer *s, const struct tx *want, const uint8_t *raw,
	     size_t n, uint8_t hash[32], struct diags *ds)
{
	CLEANUP(freep) char *why = NULL;
	uint8_t from[20];
	const char *other;
	struct tx got;
	char addr[43];

	if (tx_decode(raw, n, &got, from, hash) < 0)
		return other_answer(
			s, "bytes that are not a signed EIP-1559 transaction",
			ds);
	other = difference(want, &got);
	if (other) {
		why = xasprintf(
			"another transaction: its %s is not the requested one",
			other);
		return other_answer(s, why, ds);
	}
	if (memcmp(from, s->address, sizeof(from)) != 0) {
		eip55(from, addr);
		why = xasprintf("a signature by another account, %s", addr);
		return other_answer(s, why, ds);
	}
	return RPC_OK;
}

/* Text, or geth's {raw, tx}. */
static enum rpc_status
signer_take(const struct signer *s, const struct tx *t, const json_t *result,
	    struct buf *raw, uint8_t hash[32], struct diags *ds)
{
	CLEANUP(freep) uint8_t *bytes = NULL;
	enum rpc_status st;
	size_t n;

	if (json_is_object(result))
		result = jx_get(result, "raw");
	if (hex_bytes(result, &bytes, &n) < 0)
		return other_answer(s, "something that is not a transaction",
				    ds);
	st = signer_judge(s, t, bytes, n, hash, ds);
	if (st == RPC_OK)
		buf_add(raw, bytes, n);
	return st;
}

enum rpc_status
signer_sign(const struct signer *s, const struct tx *t, struct buf *raw,
	    uint8_t hash[32], struct diags *ds)
{
	CLEANUP(put_json) json_t *result = NULL;
	CLEANUP(diags_done) struct diags why;
	enum rpc_status st;

	diags_init(&why);
	if (s->key) {
		tx_sign(t, s->key, raw, hash);
		return RPC_OK;
	}
	st = rpc_call(s->rpc, "eth_signTransaction",
		      json_pack("[o]", args_of(s, t)), &result, &why);
	if (st != RPC_OK)
		return explain(s, st, &why, ds);
	return signer_take(s, t, result, raw, hash, ds);
}

enum rpc_status
signer_ping(const struct signer *s, struct diags *ds)
{
	CLEANUP(put_json) json_t *result = NULL;
	CLEANUP(diags_done) struct diags why;
	enum rpc_status st;

	diags_init(&why);
	if (s->key)
		return RPC_OK;
	/* op-signer's; another one says that it does not know the method. */
	st = rpc_call(s->rpc, "health_status", NULL, &result, &why);
	return st == RPC_OK || st == RPC_ERROR ? RPC_OK
					       : explain(s, st, &why, ds);
}
