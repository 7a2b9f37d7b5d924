#include "engine/run/storeuse.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define FILE_MAX (256u << 20)

char *
store_dir(void)
{
	const char *dir = getenv("OPL2_CACHE_DIR");
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (dir && *dir)
		return xasprintf("%s/store", dir);
	if (xdg && *xdg == '/')
		return xasprintf("%s/opl2/store", xdg);
	return xasprintf("%s/.cache/opl2/store", home ? home : "/tmp");
}

int
storeuse_enter(const char *store, const char *state_dir, struct diags *ds)
{
	CLEANUP(freep) char *dir = path_join(store, "roots");
	CLEANUP(freep) char *path = NULL;
	char hex[65];

	sha256_hex(state_dir, strlen(state_dir), hex);
	path = path_join(dir, hex);
	if (file_exists(path))
		return 0;
	return file_mkdirs(dir, 0755, ds) ||
			       file_replace(path, state_dir, strlen(state_dir),
					    0644, ds)
		       ? -1
		       : 0;
}

static bool
is_chain(const char *state_dir)
{
	CLEANUP(freep) char *state = path_join(state_dir, "state.json");
	CLEANUP(freep) char *journal = path_join(state_dir, "journal");

	return file_exists(state) || file_exists(journal);
}

json_t *
storeuse_chains(const char *store, bool forget, struct diags *ds)
{
	CLEANUP(freep) char *dir = path_join(store, "roots");
	CLEANUP(put_json) json_t *out = json_array();
	struct dirent *e;
	DIR *d = opendir(dir);
	int rc = 0;

	/* What was not seen must not count as what nobody uses. */
	if (!d && errno != ENOENT) {
		diag_errno(ds, "E0501", "cannot read '%s'", dir);
		return NULL;
	}
	while (d && rc >= 0 && (errno = 0, e = readdir(d))) {
		CLEANUP(freep) char *path = path_join(dir, e->d_name);
		CLEANUP(buf_done) struct buf text = BUF_INIT(65536);

		if (*e->d_name == '.')
			continue;
		rc = file_read_opt(path, &text, ds);
		if (rc != 0)
			continue;
		if (is_chain(buf_str(&text)))
			json_array_append_new(out, json_string(buf_str(&text)));
		else if (forget)
			unlink(path);
	}
	if (d && rc >= 0 && errno)
		rc = diag_errno(ds, "E0501", "cannot read '%s'", dir);
	if (d)
		closedir(d);
	return rc < 0 ? NULL : TAKE(out);
}

/* Notes "KIND/ENTRY" behind the store's path. */
static void
storeuse_note(const char *at, const char *end, const char *chain, json_t *used)
{
	const char *slash = memchr(at, '/', (size_t)(end - at)), *p;
	CLEANUP(freep) char *key = NULL;
	json_t *users;
	size_t i;

	if (!slash)
		return;
	for (p = slash + 1; p < end && !strchr("/\"\n\\", *p); p++)
		;
	key = xstrndup(at, (size_t)(p - at));
	users = json_object_get(used, key);
	if (!users) {
		users = json_array();
		json_object_set_new(used, key, users);
	}
	for (i = 0; i < json_array_size(users); i++)
		if (!strcmp(json_string_value(json_array_get(users, i)), chain))
			return;
	json_array_append_new(users, json_string(chain));
}

static int
scan(const char *path, const char *prefix, const char *chain, json_t *used,
     struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(FILE_MAX);
	size_t n = strlen(prefix);
	const char *p, *end;

	if (file_read_opt(path, &text, ds) < 0)
		return -1;
	p = buf_str(&text);
	end = p + text.n;
	while ((p = memmem(p, (size_t)(end - p), prefix, n))) {
		p += n;
		storeuse_note(p, end, chain, used);
	}
	return 0;
}

static int
scan_chain(const char *chain, const char *prefix, json_t *used,
	   struct diags *ds)
{
	static const char *const places[] = {
		"state.json", "journal", "run/*",
		"src/*/*/.git/objects/info/alternates",
		/* of its submodules */
		"src/*/*/*/.git/objects/info/alternates",
		"src/*/*/*/*/.git/objects/info/alternates",
		"src/*/*/*/*/*/.git/objects/info/alternates",
		"src/*/*/*/*/*/*/.git/objects/info/alternates",
		"src/*/*/*/*/*/*/*/.git/objects/info/alternates"
	};
	size_t i, k;
	int rc = 0;

	for (i = 0; rc == 0 && i < COUNTOF(places); i++) {
		CLEANUP(freep) char *pattern = path_join(chain, places[i]);
		glob_t g = { 0 };

		int found = glob(pattern, GLOB_NOSORT | GLOB_MARK, NULL, &g);

		if (found != 0 && found != GLOB_NOMATCH)
			rc = diag_err(ds, "E0501", "cannot list '%s'", pattern);
		if (found == 0)
			for (k = 0; rc == 0 && k < g.gl_pathc; k++)
				if (g.gl_pathv[k][strlen(g.gl_pathv[k]) - 1] !=
				    '/')
					rc = scan(g.gl_pathv[k], prefix, chain,
						  used, ds);
		globfree(&g);
	}
	return rc;
}

json_t *
storeuse_find(const char *store, const json_t *chains, struct diags *ds)
{
	CLEANUP(freep) char *prefix = xasprintf("%s/", store);
	CLEANUP(put_json) json_t *used = json_object();
	const json_t *v;
	size_t i;

	json_array_foreach(chains, i, v)
		if (scan_chain(json_string_value(v), prefix, used, ds))
			return NULL;
	return TAKE(used);
}
