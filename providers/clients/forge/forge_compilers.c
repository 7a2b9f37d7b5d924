#include "providers/clients/forge/forge_compilers.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define WRAPPER_MAX 16384u

static char *
wrapper_path(struct effect_ctx *ctx, const char *dir, const char *version)
{
	return arena_printf(ctx->arena, "%s/.svm/%s/solc-%s", dir, version,
			    version);
}

/* A link would not do: each run copies what it leads to, and a compiler may
 * look for its other files beside itself. The comment is for
 * compilers_stand(). */
int
compilers_put(struct effect_ctx *ctx, const json_t *compilers, const char *dir)
{
	const char *version;
	json_t *path;

	json_object_foreach((json_t *)(uintptr_t)compilers, version, path) {
		const char *program = json_string_value(path);
		char *home =
			arena_printf(ctx->arena, "%s/.svm/%s", dir, version);
		char *at = wrapper_path(ctx, dir, version);

		CLEANUP(buf_done) struct buf sh = BUF_INIT(WRAPPER_MAX);

		buf_addf(&sh, "#!/bin/sh\n# %s\nexec ", program);
		buf_addsh(&sh, program);
		buf_adds(&sh, " \"$@\"\n");
		if (file_mkdirs(home, 0755, ctx->ds) ||
		    file_replace(at, sh.p, sh.n, 0755, ctx->ds))
			return -1;
	}
	return 0;
}

/* The start of a file as text; false when it cannot be read. */
static bool
read_start(const char *path, char *out, size_t size)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (n < 0)
		return false;
	out[n] = '\0';
	return true;
}

/* What follows mark up to one of end in the start of a file is no program any
 * more. */
static bool
leads_astray(const char *file, const char *mark, const char *end)
{
	char text[4096], *at;

	if (!read_start(file, text, sizeof(text)))
		return true;
	at = strstr(text, mark);
	/* Of an older release, or a version in the user's own settings. */
	if (!at || at[strlen(mark)] != '/')
		return false;
	at += strlen(mark);
	at[strcspn(at, end)] = '\0';
	return access(at, X_OK) != 0;
}

/* Another chain of this machine may have put one that was removed since. */
bool
compilers_stand(struct effect_ctx *ctx, const json_t *compilers,
		const char *dir)
{
	const char *version;
	json_t *unused;

	json_object_foreach((json_t *)(uintptr_t)compilers, version, unused) {
		if (leads_astray(wrapper_path(ctx, dir, version), "\n# ", "\n"))
			return false;
	}
	return !leads_astray(arena_printf(ctx->arena, "%s/foundry.toml", dir),
			     "\nsolc = \"", "\"");
}

/* --- what it says --------------------------------------------------------- */

/* A script that hands on to node, as a toolchain's 'script' is one. */
static bool
is_javascript(const char *path)
{
	char text[4096];

	return path && read_start(path, text, sizeof(text)) &&
	       strncmp(text, "#!", 2) == 0 && strstr(text, ".js") != NULL;
}

static const char *
kind_of(const struct forge_say *s, const char *version)
{
	const char *path =
		s->compilers ? jx_str(s->compilers, version, NULL) : s->solc;

	return is_javascript(path) ? " (JavaScript)" : "";
}

static void
forge_compilers_tell(const struct forge_say *s)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1024);

	for (unsigned i = 0; i < s->n; i++)
		buf_addf(&b, "%s%u%s with solc %s%s", i ? ", " : "compiling ",
			 s->now[i].files,
			 i                      ? ""
			 : s->now[i].files == 1 ? " Solidity file"
						: " Solidity files",
			 s->now[i].version, kind_of(s, s->now[i].version));
	effect_progress(s->ctx, "%s",
			s->n ? buf_str(&b) : "writing what was compiled");
}

static void
forge_compilers_forget(struct forge_say *s, const char *version)
{
	for (unsigned i = 0; i < s->n; i++)
		if (strcmp(s->now[i].version, version) == 0)
			s->now[i--] = s->now[--s->n];
}

/* The i-th word of a line; "" when it has none. */
static void
forge_compilers_word(const char *line, unsigned i, char *out, size_t size)
{
	size_t n;

	for (line += strspn(line, " "); i > 0; i--) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	n = strcspn(line, " ");
	snprintf(out, size, "%.*s", (int)n, line);
}

/* "Compiling 312 files with Solc 0.8.15", and later "Solc 0.8.15 finished in
 * 44.21s". */
void
forge_say_line(void *arg, const char *line)
{
	struct forge_say *s = arg;
	struct compiling c;
	char files[32];
	uint64_t n = 0;

	if (strncmp(line, "Compiling ", 10) == 0) {
		forge_compilers_word(line, 1, files, sizeof(files));
		forge_compilers_word(line, 5, c.version, sizeof(c.version));
		if (!*c.version || parse_u64(files, UINT32_MAX, &n))
			return;
		c.files = (unsigned)n;
		forge_compilers_forget(s, c.version);
		if (s->n < COUNTOF(s->now))
			s->now[s->n++] = c;
	} else if (strncmp(line, "Solc ", 5) == 0 &&
		   strstr(line, " finished in ")) {
		forge_compilers_word(line, 1, c.version, sizeof(c.version));
		forge_compilers_forget(s, c.version);
	} else {
		return;
	}
	forge_compilers_tell(s);
}
