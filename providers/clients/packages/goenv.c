#include "providers/clients/packages/goenv.h"

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/clients.h"
#include "providers/clients/tools/run.h"

#define ASK_GO_MS 60000u

static const char *
user_file(struct arena *a)
{
	const char *file = getenv("GOENV"), *dir = getenv("XDG_CONFIG_HOME");

	if (file && *file)
		return strcmp(file, "off") == 0 ? NULL : file;
	if (dir && *dir)
		return arena_printf(a, "%s/go/env", dir);
	dir = getenv("HOME");
	return dir ? arena_printf(a, "%s/.config/go/env", dir) : NULL;
}

/* The go.env of an installation: GOROOT, that of the go in PATH, and the
 * folder that Go's own instructions install into. */
static const char *
from_install(struct effect_ctx *ctx, const char *go, const char *name)
{
	CLEANUP(freep) char *real = go ? realpath(go, NULL) : NULL;
	const char *roots[3] = { getenv("GOROOT"), NULL, "/usr/local/go" };
	const char *value = NULL;

	if (real) {
		char *bin = strrchr(real, '/');

		*bin = '\0';
		roots[1] = arena_printf(ctx->arena, "%s/..", real);
	}
	for (size_t i = 0; i < COUNTOF(roots) && !value; i++)
		if (roots[i] && *roots[i])
			value = env_file_get(
				ctx->arena,
				arena_printf(ctx->arena, "%s/go.env", roots[i]),
				name);
	return value;
}

static const char *
configured(struct effect_ctx *ctx, const char *go, const char *name)
{
	const char *value = getenv(name), *file = user_file(ctx->arena);

	if (value && *value)
		return value;
	value = file ? env_file_get(ctx->arena, file, name) : NULL;
	return value ? value : from_install(ctx, go, name);
}

/* Defaults that are compiled into an older go. */
static enum outcome
goenv_run_go_env(struct effect_ctx *ctx, const struct effect_op *op,
		 const char *go, struct goenv *out)
{
	const char *argv[] = { go, "env", "GOPROXY", "GOSUMDB", NULL };
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_TOOL_TAIL);
	struct tool t = { .argv = argv,
			  .cwd = op->env->spec_dir,
			  .out = &b,
			  .timeout_ms = ASK_GO_MS };
	enum outcome oc = tool_run(ctx, &t);
	char *nl, *end;

	if (oc != OC_OK)
		return oc;
	nl = b.n ? strchr(b.p, '\n') : NULL;
	if (!nl)
		return OC_OK;
	*nl++ = '\0';
	end = strchr(nl, '\n');
	if (end)
		*end = '\0';
	if (!out->proxy && *b.p)
		out->proxy = arena_strdup(ctx->arena, b.p);
	if (!out->sumdb && *nl)
		out->sumdb = arena_strdup(ctx->arena, nl);
	return OC_OK;
}

enum outcome
goenv_load(struct effect_ctx *ctx, const struct effect_op *op,
	   struct goenv *out)
{
	const char *go = tool_find(ctx->arena, NULL, "go");
	enum outcome oc = OC_OK;

	out->proxy = jx_str(op->env->registries, "go", NULL);
	out->sumdb = jx_str(op->env->registries, "go_sumdb", NULL);
	if (!out->proxy)
		out->proxy = configured(ctx, go, "GOPROXY");
	if (!out->sumdb)
		out->sumdb = configured(ctx, go, "GOSUMDB");
	if (go && (!out->proxy || !out->sumdb))
		oc = goenv_run_go_env(ctx, op, go, out);
	if (!out->proxy)
		out->proxy = clients_built(ctx->arena, "GOPROXY");
	if (!out->sumdb)
		out->sumdb = clients_built(ctx->arena, "GOSUMDB");
	return oc;
}

bool
goenv_has_proxy(struct arena *a, const struct goenv *env)
{
	const char *at = env->proxy ? env->proxy : "", *proxy;
	bool any;

	while ((proxy = goenv_next_proxy(a, &at, &any)))
		if (goenv_is_source(proxy))
			return true;
	return false;
}

bool
goenv_is_source(const char *proxy)
{
	return strncmp(proxy, "http", 4) == 0 ||
	       strncmp(proxy, "file://", 7) == 0;
}

const char *
goenv_add_line(struct arena *a, const char *line)
{
	const char *file = user_file(a);

	return file ? arena_printf(a,
				   "add the line '%s' to %s, or install go, "
				   "which sets one by default",
				   line, file)
		    : arena_printf(a, "set %s in the environment", line);
}

const char *
goenv_next_proxy(struct arena *a, const char **at, bool *any_error)
{
	while (**at) {
		size_t n = strcspn(*at, ",|"), len = n;
		const char *s = *at;

		*any_error = s[n] == '|';
		*at += n + (s[n] != '\0');
		while (len && (isspace((unsigned char)s[len - 1]) ||
			       s[len - 1] == '/'))
			len--;
		while (len && isspace((unsigned char)*s)) {
			s++;
			len--;
		}
		if (len)
			return arena_strndup(a, s, len);
	}
	return NULL;
}
