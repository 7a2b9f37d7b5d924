#include "providers/kinds/envrc/envrc_render.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

const char *
envrc_path(struct arena *a, const json_t *config, const char *spec_dir)
{
	CLEANUP(freep)
	char *path = path_join(spec_dir, jx_str(config, "path", ".envrc"));

	return arena_strdup(a, path);
}

json_t *
envrc_attrs(const char *path, const char *sha256)
{
	return json_pack("{s:s, s:s, s:s}", "written", path, "sha256", sha256,
			 "mode", "0600");
}

static void
add_cat(struct buf *out, const char *file, const char *spec_dir)
{
	CLEANUP(freep) char *path = path_join(spec_dir, file);

	buf_adds(out, "\"$(cat ");
	buf_addsh(out, path);
	buf_adds(out, ")\"");
}

static void
add_text(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "export %s=", name);
	buf_addsh(out, value);
	buf_addch(out, '\n');
}

static void
add_int(struct buf *out, const char *name, int64_t value)
{
	buf_addf(out, "export %s=%" PRId64 "\n", name, value);
}

static void
add_seconds(struct buf *out, const char *name, const json_t *config,
	    const char *field)
{
	const char *why;
	uint64_t ms = 0;

	(void)duration_parse(jx_str(config, field, "0s"), &ms, &why);
	add_int(out, name, (int64_t)(ms / 1000));
}

/* A name without a source keeps what the environment has. */
static void
add_from_env(struct buf *out, const char *name, const char *env)
{
	if (env)
		buf_addf(out, "export %s=\"${%s}\"\n", name, env);
	else
		buf_addf(out, "export %s=\"${%s:-}\"\n", name, name);
}

static void
add_role(struct buf *out, const json_t *config, const char *role,
	 const char *spec_dir)
{
	char upper[16], name[48], field[32];
	const char *file;
	size_t i;

	for (i = 0; role[i] && i + 1 < sizeof(upper); i++)
		upper[i] = (char)toupper((unsigned char)role[i]);
	upper[i] = '\0';
	(void)snprintf(name, sizeof(name), "GS_%s_ADDRESS", upper);
	(void)snprintf(field, sizeof(field), "%s_address", role);
	add_text(out, name, jx_str(config, field, ""));
	(void)snprintf(name, sizeof(name), "GS_%s_PRIVATE_KEY", upper);
	(void)snprintf(field, sizeof(field), "%s_key_file", role);
	file = jx_str(config, field, NULL);
	if (!file) {
		add_from_env(out, name, NULL);
		return;
	}
	buf_addf(out, "export %s=", name);
	add_cat(out, file, spec_dir);
	buf_addch(out, '\n');
}

static void
add_rpc(struct buf *out, const json_t *config, const char *spec_dir)
{
	const json_t *rpc = jx_get(config, "l1_rpc"), *parts, *part;
	size_t i;

	if (!rpc) {
		add_from_env(out, "L1_RPC_URL",
			     jx_str(config, "l1_rpc_env", NULL));
		return;
	}
	if (json_is_string(rpc)) {
		add_text(out, "L1_RPC_URL", json_string_value(rpc));
		return;
	}
	buf_adds(out, "export L1_RPC_URL=");
	parts = jx_get(rpc, "$secret");
	for (i = 0; i < json_array_size(parts); i++) {
		part = json_array_get(parts, i);
		if (json_is_string(part))
			buf_addsh(out, json_string_value(part));
		else if (jx_get(part, "env"))
			buf_addf(out, "\"${%s}\"", jx_str(part, "env", ""));
		else
			add_cat(out, jx_str(part, "file", ""), spec_dir);
	}
	buf_addch(out, '\n');
}

void
envrc_render(const json_t *config, const char *addr, const char *spec_dir,
	     struct buf *out)
{
	static const char *const roles[] = { "admin", "batcher", "proposer",
					     "sequencer" };

	buf_addf(out, ENVRC_MARKER "%s\n", addr);
	buf_adds(out, "# An edit is kept beside the file when it is written "
		      "again; change the spec instead.\n\n");
	for (size_t i = 0; i < COUNTOF(roles); i++)
		add_role(out, config, roles[i], spec_dir);
	add_int(out, "L1_CHAIN_ID", jx_int(config, "l1_chain_id", 0));
	add_seconds(out, "L1_BLOCK_TIME", config, "l1_block_time");
	add_int(out, "L2_CHAIN_ID", jx_int(config, "l2_chain_id", 0));
	add_seconds(out, "L2_BLOCK_TIME", config, "l2_block_time");
	add_text(out, "L1_RPC_KIND", jx_str(config, "l1_rpc_kind", "any"));
	add_rpc(out, config, spec_dir);
	add_text(out, "IMPL_SALT", jx_str(config, "impl_salt", ""));
	add_text(out, "DEPLOYMENT_CONTEXT", "getting-started");
	add_text(out, "TENDERLY_PROJECT",
		 jx_str(config, "tenderly_project", ""));
	add_text(out, "TENDERLY_USERNAME",
		 jx_str(config, "tenderly_username", ""));
	add_from_env(out, "ETHERSCAN_API_KEY",
		     jx_str(config, "etherscan_api_key_env", NULL));
	if (jx_str(config, "admin_key_file", NULL))
		add_from_env(out, "PRIVATE_KEY", "GS_ADMIN_PRIVATE_KEY");
	else
		add_from_env(out, "PRIVATE_KEY", NULL);
}

/* user:password@ in the part of a URL that names the server. */
static bool
has_credentials(const char *url)
{
	const char *host = strstr(url, "://");
	size_t n;

	host = host ? host + 3 : url;
	n = strcspn(host, "/?#");
	return memchr(host, '@', n) != NULL;
}

bool
envrc_can_write(const json_t *value)
{
	const json_t *parts, *part;
	size_t i;

	if (json_is_string(value))
		return !has_credentials(json_string_value(value));
	parts = jx_get(value, "$secret");
	for (i = 0; i < json_array_size(parts); i++) {
		part = json_array_get(parts, i);
		if (json_is_string(part) &&
		    has_credentials(json_string_value(part)))
			return false;
		if (json_is_object(part) && !jx_get(part, "env") &&
		    !jx_get(part, "file"))
			return false;
	}
	return true;
}
