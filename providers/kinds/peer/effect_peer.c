/* peer: the effect half. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/cluster/pod_def.h"
#include "providers/clients/keys/peer_id.h"
#include "providers/clients/send/effect_send.h"
#include "providers/runtime/runtime.h"

/* Where the others reach the process that has a port: on one machine at the
 * host of all of them, in a cluster at its Service. Those of an instance have
 * its name before their own, as the peer has. */
static const char *
host_of(struct effect_ctx *ctx, const struct effect_op *op, const char *which)
{
	const char *process =
		jx_str(jx_get(op->config, "processes"), which, NULL);
	const char *slash = strrchr(op->name, '/');
	int n = slash ? (int)(slash + 1 - op->name) : 0;

	if (!process || !runtime_of(op->env->places->runtime)->elsewhere)
		return jx_str(op->config, "host", "127.0.0.1");
	return pod_host(ctx->arena, arena_printf(ctx->arena, "%.*s%s", n,
						 op->name, process));
}

/* A name is asked of DNS each time that it is dialled: who has moved to another
 * node has another address. */
static const char *
multiaddr_of(struct effect_ctx *ctx, const char *host)
{
	bool named = host[strspn(host, "0123456789.")] != 0;

	return arena_printf(ctx->arena, "/%s/%s", named ? "dns4" : "ip4", host);
}

static json_t *
peer_attrs(struct effect_ctx *ctx, const struct effect_op *op,
	   const uint8_t public[64])
{
	const json_t *ports = jx_get(op->config, "ports");
	char hex[129], id[PEER_ID_MAX], made[17];

	random_hex(made, 8);
	peer_id(public, id);
	hex_encode(public, 64, hex);
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s}", "generation",
		/* An update does not make it anew. */
		jx_str(op->prior, "generation", made), "peer_id", id,
		"multiaddr",
		arena_printf(ctx->arena, "%s/tcp/%lld/p2p/%s",
			     multiaddr_of(ctx, host_of(ctx, op, "node")),
			     (long long)jx_int(ports, "node", 0), id),
		"enode",
		arena_printf(ctx->arena, "enode://%s@%s:%lld?discport=0", hex,
			     host_of(ctx, op, "engine"),
			     (long long)jx_int(ports, "engine", 0)),
		"raft",
		arena_printf(ctx->arena, "%s:%lld",
			     host_of(ctx, op, "conductor"),
			     (long long)jx_int(ports, "raft", 0)));
}

static enum outcome
peer_create(struct effect_ctx *ctx, const struct effect_op *op,
	    struct effect_result *out)
{
	CLEANUP(signer_freep)
	struct signer *s = effect_signer(ctx, op, jx_get(op->config, "key"),
					 "the key of a peer");
	uint8_t public[64];

	if (!s)
		return OC_FAIL;
	if (signer_public(s, public)) {
		diag_err(ctx->ds, "E1423",
			 "the key of a peer is at a remote signer");
		diag_path(ctx->ds, "/key");
		diag_hint(ctx->ds, "give it a key of its own: key: { source: "
				   "{ generate: true } }");
		return OC_FAIL;
	}
	out->attrs = peer_attrs(ctx, op, public);
	return OC_OK;
}

/* It follows from the config. */
static enum outcome
peer_read(struct effect_ctx *ctx UNUSED, const struct effect_op *op,
	  struct effect_result *out)
{
	if (!op->prior)
		return OC_GONE;
	out->attrs = json_deep_copy(op->prior);
	return OC_OK;
}

const struct effects effects_peer = {
	.kind = "peer",
	.read = peer_read,
	.create = peer_create,
	.remove = effect_leave,
};
