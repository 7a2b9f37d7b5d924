#include "providers/clients/git/git_int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"

#define PAIRS_MAX   1000u
#define PAIRS_BYTES (1u << 20)

/* --- files ---------------------------------------------------------------- */

static int
git_settings_add_file(git_config *cfg, const char *path,
		      git_config_level_t level, git_repository *repo)
{
	return *path && file_exists(path)
		       ? git_config_add_file_ondisk(cfg, path, level, repo, 1)
		       : 0;
}

static int
add_found(git_config *cfg, int (*find)(git_buf *), git_config_level_t level,
	  git_repository *repo)
{
	git_buf path = { 0 };
	int rc = find(&path)
			 ? 0
			 : git_settings_add_file(cfg, path.ptr, level, repo);

	git_buf_dispose(&path);
	return rc;
}

static bool
is_true(const char *value)
{
	return value && *value && strcmp(value, "0") != 0 &&
	       strcasecmp(value, "false") != 0 &&
	       strcasecmp(value, "no") != 0 && strcasecmp(value, "off") != 0;
}

static int
add_files(git_config *cfg, git_repository *repo)
{
	const char *system = getenv("GIT_CONFIG_SYSTEM");
	const char *global = getenv("GIT_CONFIG_GLOBAL");
	int rc = 0;

	if (is_true(getenv("GIT_CONFIG_NOSYSTEM")))
		;
	else if (system)
		rc = git_settings_add_file(cfg, system, GIT_CONFIG_LEVEL_SYSTEM,
					   repo);
	else
		rc = add_found(cfg, git_config_find_system,
			       GIT_CONFIG_LEVEL_SYSTEM, repo);
	if (rc)
		return rc;
	if (global)
		return git_settings_add_file(cfg, global,
					     GIT_CONFIG_LEVEL_GLOBAL, repo);
	rc = add_found(cfg, git_config_find_xdg, GIT_CONFIG_LEVEL_XDG, repo);
	return rc ? rc
		  : add_found(cfg, git_config_find_global,
			      GIT_CONFIG_LEVEL_GLOBAL, repo);
}

/* --- pairs of the environment --------------------------------------------- */

static void
quoted(struct buf *b, const char *text)
{
	buf_addch(b, '"');
	for (; *text; text++)
		if (*text == '\n') {
			buf_adds(b, "\\n");
		} else {
			if (*text == '"' || *text == '\\')
				buf_addch(b, '\\');
			buf_addch(b, *text);
		}
	buf_addch(b, '"');
}

/* section[.subsection].name, as a file has it. */
static void
write_pair(struct buf *b, const char *key, const char *value)
{
	const char *first = strchr(key, '.'), *last = strrchr(key, '.');

	if (!first)
		return;
	buf_addf(b, "[%.*s", (int)(first - key), key);
	if (last > first) {
		CLEANUP(freep)
		char *sub = xstrndup(first + 1, (size_t)(last - first - 1));

		buf_addch(b, ' ');
		quoted(b, sub);
	}
	buf_addf(b, "]\n\t%s = ", last + 1);
	quoted(b, value);
	buf_addch(b, '\n');
}

static void
write_pairs(struct buf *b)
{
	const char *count = getenv("GIT_CONFIG_COUNT");
	uint64_t n = 0;

	if (!count || parse_u64(count, PAIRS_MAX, &n))
		return;
	for (uint64_t i = 0; i < n; i++) {
		CLEANUP(freep)
		char *k = xasprintf("GIT_CONFIG_KEY_%u", (unsigned)i);
		CLEANUP(freep)
		char *v = xasprintf("GIT_CONFIG_VALUE_%u", (unsigned)i);
		const char *key = getenv(k), *value = getenv(v);

		if (key && value)
			write_pair(b, key, value);
	}
}

/* libgit2 reads files alone; this one is in memory, for a value may be a
 * credential. It lasts as long as the process. */
static int
add_pairs(git_config *cfg, git_repository *repo)
{
	static int fd = -1;
	CLEANUP(buf_done) struct buf text = BUF_INIT(PAIRS_BYTES);
	char path[64];

	if (fd < 0) {
		write_pairs(&text);
		if (!text.n)
			return 0;
		fd = memfd_create("git-config", MFD_CLOEXEC);
		if (fd < 0 || fd_write_all(fd, text.p, text.n))
			return -1;
	}
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return git_config_add_file_ondisk(cfg, path, GIT_CONFIG_LEVEL_APP, repo,
					  1);
}

/* --- all ------------------------------------------------------------------ */

int
git_settings(git_config **out, git_repository *repo)
{
	CLEANUP(drop_config) git_config *cfg = NULL;
	CLEANUP(freep)
	char *own = repo ? xasprintf("%sconfig", git_repository_commondir(repo))
			 : NULL;

	if (git_config_new(&cfg) || add_files(cfg, repo) ||
	    (own &&
	     git_settings_add_file(cfg, own, GIT_CONFIG_LEVEL_LOCAL, repo)) ||
	    add_pairs(cfg, repo))
		return -1;
	*out = TAKE(cfg);
	return 0;
}

int
git_settings_use(git_repository *repo)
{
	CLEANUP(drop_config) git_config *cfg = NULL;

	return git_settings(&cfg, repo) ? -1
					: git_repository_set_config(repo, cfg);
}

const char *
git_setting_path(struct arena *a, const char *path)
{
	const char *home = getenv("HOME");

	return path && home && strncmp(path, "~/", 2) == 0
		       ? arena_printf(a, "%s%s", home, path + 1)
		       : path;
}

/* Is it the URL of the server, or of a folder above? */
static bool
is_above(const char *prefix, size_t n, const char *url)
{
	while (n && prefix[n - 1] == '/')
		n--;
	return strncasecmp(url, prefix, n) == 0 &&
	       (url[n] == '/' || url[n] == '\0');
}

const char *
git_setting_http(struct arena *a, git_repository *repo, const char *url,
		 const char *name)
{
	const char *regexp = arena_printf(a, "^http\\..*\\.%s$", name);
	const char *plain = arena_printf(a, "http.%s", name), *found = NULL;
	CLEANUP(drop_config) git_config *cfg = NULL;
	CLEANUP(drop_config) git_config *snap = NULL;
	CLEANUP(drop_iter) git_config_iterator *it = NULL;
	size_t best = 0, skip = strlen("http.");
	git_config_entry *e;

	if (git_repository_config(&cfg, repo) ||
	    git_config_snapshot(&snap, cfg) ||
	    git_config_iterator_glob_new(&it, snap, regexp))
		return NULL;
	while (git_config_next(&e, it) == 0) {
		size_t n = strlen(e->name) - skip - strlen(name) - 1;

		if (n < best || !is_above(e->name + skip, n, url))
			continue;
		best = n;
		found = arena_strdup(a, e->value ? e->value : "");
	}
	if (!found && git_config_get_string(&found, snap, plain) == 0)
		found = arena_strdup(a, found);
	return found && *found ? found : NULL;
}
