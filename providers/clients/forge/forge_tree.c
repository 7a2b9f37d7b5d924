/*
 * Published artifacts carry syntax trees and sources: 126 MB. Only what forge
 * needs to find a contract is taken, so that a project is a few megabytes and
 * each run can have its own copy.
 */
#include "providers/clients/forge/forge_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define ARTIFACT_MAX (64u << 20)

static int
forge_tree_by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

int
tree_list(struct arena *a, const char *dir, const char ***names, size_t *n,
	  struct diags *ds)
{
	DIR *d = opendir(dir);
	const char **list = NULL, **kept;
	size_t count = 0, cap = 0;
	struct dirent *e;

	if (!d) {
		diag_errno(ds, "E0501", "cannot read folder '%s'", dir);
		return -1;
	}
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (count == cap) {
			cap = cap ? cap * 2 : 64;
			list = xreallocarray(list, cap, sizeof(*list));
		}
		list[count++] = arena_strdup(a, e->d_name);
	}
	closedir(d);
	kept = arena_alloc(a, (count + 1) * sizeof(*kept));
	if (count)
		memcpy(kept, list, count * sizeof(*kept));
	free(list);
	qsort(kept, count, sizeof(*kept), forge_tree_by_name);
	*names = kept;
	*n = count;
	return 0;
}

static int
forge_tree_copy_file(const char *from, const char *to, const struct stat *st,
		     struct diags *ds)
{
	CLEANUP(close_fdp) int in = open(from, O_RDONLY | O_CLOEXEC);
	CLEANUP(close_fdp)
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		       (st->st_mode & 0111) ? 0755 : 0644);
	char chunk[65536];
	ssize_t n;

	if (in < 0)
		return diag_errno(ds, "E0501", "cannot read '%s'", from);
	if (out < 0)
		return diag_errno(ds, "E0501", "cannot write '%s'", to);
	while ((n = read(in, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diag_errno(ds, "E0501", "cannot read '%s'",
					  from);
		if (fd_write_all(out, chunk, (size_t)n))
			return diag_errno(ds, "E0501", "cannot write '%s'", to);
	}
	return 0;
}

/* Is `to` this folder, or below it? */
static bool
forge_tree_holds(const char *dir, const char *to)
{
	CLEANUP(freep) char *real = realpath(dir, NULL);
	size_t n = real ? strlen(real) : 0;

	return n && strncmp(to, real, n) == 0 && (!to[n] || to[n] == '/');
}

static int copy_any(const char *from, const char *to, const char *root,
		    struct diags *ds);

static int
copy_folder(const char *from, const char *to, const char *root,
	    struct diags *ds)
{
	const char **names;
	struct arena a;
	size_t i, n;
	int rc;

	if (file_mkdirs_scratch(to, 0755, ds))
		return -1;
	arena_init(&a);
	rc = tree_list(&a, from, &names, &n, ds);
	for (i = 0; rc == 0 && i < n; i++)
		rc = copy_any(arena_printf(&a, "%s/%s", from, names[i]),
			      arena_printf(&a, "%s/%s", to, names[i]), root,
			      ds);
	arena_done(&a);
	return rc;
}

/* root is the folder in which the copy is made. */
static int
copy_any(const char *from, const char *to, const char *root, struct diags *ds)
{
	struct stat st;

	if (stat(from, &st))
		return diag_errno(ds, "E0501", "cannot read '%s'", from);
	if (S_ISREG(st.st_mode))
		return forge_tree_copy_file(from, to, &st, ds);
	return S_ISDIR(st.st_mode) && !forge_tree_holds(from, root)
		       ? copy_folder(from, to, root, ds)
		       : 0;
}

int
tree_copy(const char *from, const char *to, struct diags *ds)
{
	CLEANUP(freep) char *root = NULL;
	struct stat st;

	if (stat(from, &st))
		return diag_errno(ds, "E0501", "cannot read '%s'", from);
	if (!S_ISDIR(st.st_mode))
		return copy_any(from, to, "", ds);
	if (file_mkdirs_scratch(to, 0755, ds))
		return -1;
	root = realpath(to, NULL);
	if (!root)
		return diag_errno(ds, "E0501", "cannot read '%s'", to);
	return copy_folder(from, to, root, ds);
}

static bool
is_contract(const char *name)
{
	size_t i;

	if (!isalpha((unsigned char)name[0]) && name[0] != '_')
		return false;
	for (i = 0; name[i]; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return true;
}

static const char *
code_of(const json_t *artifact)
{
	const json_t *deployed = jx_get(artifact, "deployedBytecode");

	return deployed ? jx_str(deployed, "object", "0x") : "0x";
}

/* Syntax trees quote string literals, which may hold NUL. */
static json_t *
load_artifact(const char *path, struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(ARTIFACT_MAX);
	json_error_t err;
	json_t *j;

	if (file_read(path, &text, ds))
		return NULL;
	j = json_loadb(buf_str(&text), text.n, JSON_ALLOW_NUL, &err);
	if (!j)
		diag_err(ds, "E0481", "'%s' is not a compiled contract: %s",
			 path, err.text);
	return j;
}

/* Only the parts of an artifact by which forge knows a contract. */
static json_t *
slim(const json_t *artifact)
{
	static const char *const parts[] = { "abi", "bytecode",
					     "deployedBytecode",
					     "methodIdentifiers" };
	json_t *out = json_object();
	size_t i;

	for (i = 0; i < COUNTOF(parts); i++) {
		const json_t *v = jx_get(artifact, parts[i]);

		if (v)
			json_object_set_new(out, parts[i], jx_share(v));
	}
	return out;
}

/* Not durable: whoever lays out a project syncs the whole before it counts. */
static int
write_text(const char *path, const char *text, struct diags *ds)
{
	CLEANUP(close_fdp)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)))
		return diag_errno(ds, "E0501", "cannot write '%s'", path);
	return 0;
}

static int
write_line(const char *path, const json_t *j, struct diags *ds)
{
	CLEANUP(freep) char *text = jx_dump_line(j);

	return write_text(path, text, ds);
}

/* Calls fn for each published contract X.sol/X.json that has code. */
static int
each_contract(struct arena *a, const char *artifacts,
	      int (*fn)(const char *name, const json_t *artifact,
			const char *dir, struct diags *ds),
	      const char *dir, struct diags *ds)
{
	const char **names;
	size_t i, n, found = 0;

	if (tree_list(a, artifacts, &names, &n, ds))
		return -1;
	for (i = 0; i < n; i++) {
		CLEANUP(put_json) json_t *j = NULL;
		size_t len = strlen(names[i]);
		const char *x, *file;

		if (len < 5 || strcmp(names[i] + len - 4, ".sol") != 0)
			continue;
		x = arena_printf(a, "%.*s", (int)(len - 4), names[i]);
		file = arena_printf(a, "%s/%s/%s.json", artifacts, names[i], x);
		if (!is_contract(x) || !file_exists(file))
			continue;
		j = load_artifact(file, ds);
		if (!j)
			return -1;
		if (strlen(code_of(j)) <= 2)
			continue;
		if (fn(x, j, dir, ds))
			return -1;
		found++;
	}
	if (found)
		return 0;
	diag_err(ds, "E0481", "no compiled contract in '%s'", artifacts);
	diag_hint(ds, "use the folder that contains X.sol/X.json, such as "
		      "'forge-artifacts' of the contracts package");
	return -1;
}

static int
write_stub(const char *name, const json_t *artifact UNUSED, const char *dir,
	   struct diags *ds)
{
	CLEANUP(freep) char *path = xasprintf("%s/src/%s.sol", dir, name);
	CLEANUP(freep)
	char *text = xasprintf("// SPDX-License-Identifier: MIT\n"
			       "pragma solidity 0.8.15;\n\n"
			       "contract %s { }\n",
			       name);

	return write_text(path, text, ds);
}

static int
write_code(const char *name, const json_t *artifact, const char *dir,
	   struct diags *ds)
{
	CLEANUP(freep)
	char *path = xasprintf("%s/out/%s.sol/%s.json", dir, name, name);
	CLEANUP(put_json) json_t *j = slim(artifact);

	return write_line(path, j, ds);
}

int
artifacts_stub(struct arena *a, const char *artifacts, const char *dir,
	       struct diags *ds)
{
	CLEANUP(freep) char *src = path_join(dir, "src");

	if (file_mkdirs_scratch(src, 0755, ds))
		return -1;
	return each_contract(a, artifacts, write_stub, dir, ds);
}

int
artifacts_overlay(struct arena *a, const char *artifacts, const char *dir,
		  struct diags *ds)
{
	return each_contract(a, artifacts, write_code, dir, ds);
}

int
artifacts_take(const char *artifacts, const char *file, const char *contract,
	       const char *dir, struct diags *ds)
{
	CLEANUP(freep)
	char *from = xasprintf("%s/%s/%s.json", artifacts, file, contract);
	CLEANUP(freep) char *to = xasprintf("%s/artifacts/%s", dir, file);
	CLEANUP(freep)
	char *path = xasprintf("%s/%s.json", to, contract);
	CLEANUP(put_json) json_t *j = load_artifact(from, ds);
	CLEANUP(put_json) json_t *thin = NULL;

	if (!j || file_mkdirs_scratch(to, 0755, ds))
		return -1;
	thin = slim(j);
	return write_line(path, thin, ds);
}
