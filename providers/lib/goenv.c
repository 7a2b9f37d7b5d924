#include "providers/lib/goenv.h"

#include "engine/base/file.h"
#include "engine/base/jx.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "providers/lib/run.h"

#define ENV_FILE_BYTES (1u << 20)
#define ASK_GO_MS      60000u

/* NAME=value of a file in the form of `go env -w`; NULL when not there. */
static const char *
from_file(struct op_ctx *ctx, const char *path, const char *name)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(ENV_FILE_BYTES);
	size_t n = strlen(name);
	struct diags ignored; /* unreadable is as good as not there, to Go */
	char *save = NULL;
	int rc;

	diags_init(&ignored);
	rc = file_read_opt(path, &b, &ignored);
	diags_done(&ignored);
	if (rc || !b.n)
		return NULL;
	for (char *line = strtok_r(b.p, "\r\n", &save); line;
	     line = strtok_r(NULL, "\r\n", &save))
		if (strncmp(line, name, n) == 0 && line[n] == '=' &&
		    line[n + 1])
			return arena_strdup(ctx->arena, line + n + 1);
	return NULL;
}

static const char *
user_file(struct op_ctx *ctx)
{
	const char *file = getenv("GOENV"), *dir = getenv("XDG_CONFIG_HOME");

	if (file && *file)
		return strcmp(file, "off") == 0 ? NULL : file;
	if (dir && *dir)
		return arena_printf(ctx->arena, "%s/go/env", dir);
	dir = getenv("HOME");
	return dir ? arena_printf(ctx->arena, "%s/.config/go/env", dir) : NULL;
}

/* The go.env of an installation: GOROOT, that of the go in PATH, and the
 * folder that Go's own instructions install into. */
static const char *
from_install(struct op_ctx *ctx, const char *go, const char *name)
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
			value = from_file(
				ctx,
				arena_printf(ctx->arena, "%s/go.env", roots[i]),
				name);
	return value;
}

static const char *
configured(struct op_ctx *ctx, const char *go, const char *name)
{
	const char *value = getenv(name), *file = user_file(ctx);

	if (value && *value)
		return value;
	value = file ? from_file(ctx, file, name) : NULL;
	return value ? value : from_install(ctx, go, name);
}

/* Defaults that are compiled into an older go. */
static enum outcome
ask(struct op_ctx *ctx, const struct op *op, const char *go, struct goenv *out)
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
goenv_load(struct op_ctx *ctx, const struct op *op, struct goenv *out)
{
	const char *go = tool_find(ctx->arena, NULL, "go");

	out->proxy = jx_str(op->env->registries, "go", NULL);
	out->sumdb = jx_str(op->env->registries, "go_sumdb", NULL);
	if (!out->proxy)
		out->proxy = configured(ctx, go, "GOPROXY");
	if (!out->sumdb)
		out->sumdb = configured(ctx, go, "GOSUMDB");
	if (go && (!out->proxy || !out->sumdb))
		return ask(ctx, op, go, out);
	return OC_OK;
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
