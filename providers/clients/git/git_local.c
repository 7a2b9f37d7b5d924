/*
 * Repositories on this disk: which one a path means, whether it may be used,
 * and one revision of it where its history is not whole. git serves those by
 * programs of its own; libgit2 refuses a shallow or a partial clone, knows no
 * safe.directory = *, and adds no .git to a path.
 */
#include "providers/clients/git/git_int.h"

#include <dirent.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"

GIT_DROP(drop_packer, git_packbuilder, git_packbuilder_free)

/* --- which one ------------------------------------------------------------ */

bool
git_is_local(const char *url)
{
	const char *colon = strchr(url, ':'), *slash = strchr(url, '/');

	return strncasecmp(url, "file:", 5) == 0 || !colon ||
	       (slash && slash < colon);
}

/* In place: %20 is a space. */
static char *
decoded(char *text)
{
	char *to = text;

	for (const char *c = text; *c; c++, to++) {
		const char pair[] = { c[1], c[1] ? c[2] : '\0', '\0' };
		uint8_t byte;

		*to = *c;
		if (*c != '%' || hex_decode(pair, &byte, 1))
			continue;
		*to = (char)byte;
		c += 2;
	}
	*to = '\0';
	return text;
}

/* The path that a local URL names; NULL when it names none. */
static char *
path_of(struct arena *arena, const char *url)
{
	const char *home = getenv("HOME");

	if (strncmp(url, "~/", 2) == 0 && home)
		return arena_printf(arena, "%s%s", home, url + 1);
	if (strncasecmp(url, "file:", 5) != 0)
		return arena_strdup(arena, url);
	if (strncmp(url + 5, "//", 2) != 0 || !strchr(url + 7, '/'))
		return NULL;
	return decoded(arena_strdup(arena, strchr(url + 7, '/')));
}

static void
strip_slashes(char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
}

/* --- whose ---------------------------------------------------------------- */

/* One value of safe.directory. */
static bool
covers(const char *value, const char *path)
{
	CLEANUP(freep) char *real = realpath(value, NULL);
	size_t n = strlen(value);

	if (strcmp(value, "*") == 0 || strcmp(value, path) == 0 ||
	    (real && strcmp(real, path) == 0))
		return true;
	return n > 2 && strcmp(value + n - 2, "/*") == 0 &&
	       strncmp(value, path, n - 1) == 0;
}

/* Does the user's configuration of git say that the folder may be used,
 * whoever owns it? Later values win, and an empty one takes back all. */
static bool
is_safe(struct arena *arena, const char *path)
{
	CLEANUP(freep) char *real = realpath(path, NULL);
	CLEANUP(drop_config) git_config *cfg = NULL;
	CLEANUP(drop_iter) git_config_iterator *it = NULL;
	git_config_entry *e;
	bool safe = false;

	if (git_settings(&cfg, NULL) ||
	    git_config_multivar_iterator_new(&it, cfg, "safe.directory", NULL))
		return false;
	while (git_config_next(&e, it) == 0) {
		const char *value =
			git_setting_path(arena, e->value ? e->value : "");

		safe = *value && (safe || covers(value, path) ||
				  (real && covers(value, real)));
	}
	return safe;
}

static int
open_as(git_repository **repo, const char *path, int whose)
{
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, whose);
	return git_repository_open_ext(repo, path,
				       GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
}

/* That it is another user's shows when it opens without that question: of one
 * who has no configuration libgit2 says that there is no repository. The
 * answer holds for this process, which does nothing else. */
static int
open_at(struct arena *arena, git_repository **repo, const char *path)
{
	int rc = open_as(repo, path, 1);

	if (rc == 0)
		return 0;
	rc = open_as(repo, path, 0);
	return rc == 0 && !is_safe(arena, path) ? GIT_EOWNER : rc;
}

/* --- what is there instead ------------------------------------------------ */

static bool
is_bundle(const char *path)
{
	static const char mark[] = "# v";
	FILE *f = fopen(path, "re");
	char line[32] = "";
	bool is = f && fgets(line, sizeof(line), f) &&
		  strncmp(line, mark, sizeof(mark) - 1) == 0 &&
		  strstr(line, " git bundle");

	if (f)
		(void)fclose(f);
	return is;
}

static int
not_one(const char *path, int rc, struct diags *ds)
{
	struct stat st;

	if (rc == GIT_EOWNER) {
		diag_err(ds, "E0720",
			 "detected dubious ownership in repository at '%s': "
			 "it belongs to another user",
			 path);
		diag_hint(ds,
			  "git refuses it too; if you trust it, run: git "
			  "config --global --add safe.directory '%s'",
			  path);
	} else if (stat(path, &st)) {
		diag_errno(ds, "E0731", "cannot fetch from '%s'", path);
		diag_hint(ds, "'mirrors:' replaces the prefix literally: check "
			      "whether a '/' is missing");
	} else if (is_bundle(path)) {
		diag_err(ds, "E0720", "'%s' is a bundle, not a repository",
			 path);
		/* git would take PATH.git, while it makes it, for PATH. */
		diag_hint(ds,
			  "run git clone --mirror '%s' '%s-mirror.git', and "
			  "use the clone",
			  path, path);
	} else if (rc == GIT_ENOTFOUND) {
		diag_err(ds, "E0720", "'%s' is not a git repository", path);
		diag_hint(ds,
			  "git -C '%s' rev-parse --git-dir shows what git "
			  "finds there",
			  path);
	} else {
		git_error_diag(ds, "E0720", "use", path);
		diag_hint(ds, "git -C '%s' fsck shows what is wrong with it",
			  path);
	}
	return -1;
}

/* --- how much of it ------------------------------------------------------- */

/* A pack of a partial clone has a file of that ending beside it. */
static bool
has_promised(const char *packs)
{
	DIR *dir = opendir(packs);
	struct dirent *d;
	bool found = false;

	while (dir && !found && (d = readdir(dir))) {
		const char *dot = strrchr(d->d_name, '.');

		found = dot && strcmp(dot, ".promisor") == 0;
	}
	if (dir)
		closedir(dir);
	return found;
}

static void
git_local_inspect(struct arena *arena, git_repository *repo,
		  struct git_local *out)
{
	const char *dir = git_repository_commondir(repo);
	struct stat st;

	out->shallow = stat(arena_printf(arena, "%sshallow", dir), &st) == 0 &&
		       st.st_size > 0;
	out->partial = has_promised(arena_printf(arena, "%sobjects/pack", dir));
}

int
git_local_find(struct arena *arena, const char *url, struct git_local *out,
	       struct diags *ds)
{
	static const char *extensions[] = { "partialclone", "worktreeconfig",
					    "preciousobjects" };
	static const char *const endings[] = { "", ".git" };
	CLEANUP(drop_repo) git_repository *repo = NULL;
	char *path = path_of(arena, url);
	int rc = 0;

	if (!path) {
		diag_err(ds, "E0720", "'%s' does not name a folder", url);
		diag_hint(ds, "write file:///PATH, or the path alone");
		return -1;
	}
	strip_slashes(path);
	/* They say nothing about how objects are read. */
	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions,
			 COUNTOF(extensions));
	for (size_t i = 0; i < COUNTOF(endings); i++) {
		out->path = arena_printf(arena, "%s%s", path, endings[i]);
		rc = open_at(arena, &repo, out->path);
		if (rc != GIT_ENOTFOUND)
			break;
	}
	if (rc)
		return not_one(rc == GIT_ENOTFOUND ? path : out->path, rc, ds);
	git_local_inspect(arena, repo, out);
	return 0;
}

/* --- a part of it --------------------------------------------------------- */

void
git_local_hint(const struct git_local *l, const char *what, struct diags *ds)
{
	diag_hint(ds,
		  "fetch it into the clone: git -C '%s' fetch%s origin '%s'",
		  l->path, l->shallow ? " --unshallow" : "", what);
}

static int
lacks(const struct git_local *l, const char *commit, struct diags *ds)
{
	git_error_diag(ds, "E0721", "take all of the commit from", l->path);
	if (l->partial)
		diag_hint(ds,
			  "it is a partial clone without some files of %.12s: "
			  "git -C '%s' fetch --refetch --no-filter",
			  commit, l->path);
	else if (l->shallow)
		diag_hint(ds,
			  "it is a shallow clone: git -C '%s' fetch "
			  "--unshallow",
			  l->path);
	else
		diag_hint(ds, "git -C '%s' fsck shows what is wrong with it",
			  l->path);
	return -1;
}

int
git_local_pack(const struct git_local *l, const char *commit,
	       git_repository *into, struct diags *ds)
{
	CLEANUP(freep)
	char *packs = xasprintf("%sobjects/pack", git_repository_path(into));
	CLEANUP(drop_repo) git_repository *repo = NULL;
	CLEANUP(drop_packer) git_packbuilder *pb = NULL;
	CLEANUP(drop_object) git_object *o = NULL;
	git_oid oid;

	if (git_oid_fromstr(&oid, commit) ||
	    git_repository_open(&repo, l->path))
		return lacks(l, commit, ds);
	if (git_object_lookup(&o, repo, &oid, GIT_OBJECT_COMMIT))
		return 0;
	if (git_packbuilder_new(&pb, repo) ||
	    git_packbuilder_insert_commit(pb, &oid) ||
	    git_packbuilder_write(pb, packs, 0, NULL, NULL))
		return lacks(l, commit, ds);
	return 0;
}
