/* What this machine lacks for a plan. */
#include "cmd/opl2/run/preflight.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/runtime/runtime.h"

#define TEXT_BYTES 65536u
#define MIB        (1u << 20)

struct check {
	struct cmd *c;
	const json_t *needs;
	const char *install; /* one command for all that is missing, or NULL */
	bool act;
};

/* --- programs and settings ------------------------------------------------ */

/* Debian's package that an entry asks for, or NULL. */
static const char *
package_of(const json_t *need)
{
	const char *program =
		jx_str(need, "program", jx_str(need, "client", NULL));

	/* Another version of it would be the same package again. */
	return program && !jx_bool(need, "found", false)
		       ? debian_package(program)
		       : NULL;
}

static const char *
install_command(struct check *k)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(TEXT_BYTES);
	CLEANUP(put_json) json_t *seen = json_object();
	bool apt = access("/usr/bin/apt-get", X_OK) == 0;
	const json_t *need;
	size_t i;

	buf_adds(&b, !apt       ? "install what Debian calls"
		     : getuid() ? "sudo apt-get install"
				: "apt-get install");
	json_array_foreach(k->needs, i, need) {
		const char *package = package_of(need);

		if (!package || json_object_get(seen, package))
			continue;
		json_object_set_new(seen, package, json_true());
		buf_addf(&b, " %s", package);
	}
	return json_object_size(seen) ? arena_strdup(&k->c->arena, buf_str(&b))
				      : NULL;
}

/* "a, b and c" of an object's keys. */
static const char *
list_text(struct check *k, const json_t *names)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(TEXT_BYTES);
	size_t n = json_object_size(names), i = 0;
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)names, name, v) {
		buf_addf(&b, "%s'%s'",
			 i == 0       ? ""
			 : i + 1 == n ? " and "
				      : ", ",
			 name);
		i++;
	}
	return arena_strdup(&k->c->arena, buf_str(&b));
}

static int
check_programs(struct check *k)
{
	CLEANUP(buf_done) struct buf detail = BUF_INIT(TEXT_BYTES);
	CLEANUP(put_json) json_t *names = json_object();
	const json_t *n;
	size_t i;

	json_array_foreach(k->needs, i, n) {
		const char *program = jx_str(n, "program", NULL);

		if (!program)
			continue;
		json_object_set_new(names, program, json_true());
		buf_addf(&detail, "%s: %s\n", jx_str(n, "addr", ""),
			 jx_str(n, "why", ""));
	}
	if (json_object_size(names) == 0)
		return 0;
	diag_err(&k->c->ds, "E0439", "no usable %s on this machine",
		 list_text(k, names));
	diag_detail(&k->c->ds, buf_str(&detail));
	diag_hint(&k->c->ds, "%s",
		  k->install ? k->install
			     : "install them in the required versions, or add "
			       "'from' to their toolchains");
	k->install = NULL;
	return -1;
}

/* One diagnostic a setting, whatever it is missing for. */
static int
check_settings(struct check *k)
{
	CLEANUP(put_json) json_t *seen = json_object();
	int rc = 0;
	const json_t *n;
	size_t i;

	json_array_foreach(k->needs, i, n) {
		const char *what = jx_str(n, "setting", NULL);
		json_t *row = what ? json_object_get(seen, what) : NULL;

		if (row)
			json_object_set_new(
				row, "more",
				json_integer(jx_int(row, "more", 0) + 1));
		else if (what)
			json_object_set_new(seen, what,
					    json_copy((json_t *)(uintptr_t)n));
	}
	for (void *it = json_object_iter(seen); it;
	     it = json_object_iter_next(seen, it)) {
		const json_t *row = json_object_iter_value(it);
		int64_t more = jx_int(row, "more", 0);

		rc = diag_err(&k->c->ds, "E0701",
			      "no %s is configured, so '%s'%s cannot be "
			      "fetched",
			      json_object_iter_key(it), jx_str(row, "for", ""),
			      more ? arena_printf(&k->c->arena,
						  " and %lld more",
						  (long long)more)
				   : "");
		diag_hint(&k->c->ds, "%s%s%s", jx_str(row, "hint", ""),
			  k->install ? ": " : "", k->install ? k->install : "");
		k->install = NULL;
	}
	return rc;
}

static int
check_contracts(struct check *k)
{
	struct diags *ds = &k->c->ds;
	int rc = 0;
	const json_t *n;
	size_t i;

	json_array_foreach(k->needs, i, n) {
		const char *contract = jx_str(n, "contract", NULL);
		const char *opcm = jx_str(n, "opcm", NULL);

		if (contract)
			rc = diag_err(ds, "E0864", "no contract at %s",
				      contract);
		else if (opcm)
			rc = diag_err(ds, "E0834", "%s %s", opcm,
				      jx_str(n, "why", ""));
		else
			continue;
		diag_addr(ds, jx_str(n, "addr", ""));
		diag_path(ds, "/%s", jx_str(n, "field", "opcm"));
		diag_hint(ds, "%s; nothing was changed", jx_str(n, "hint", ""));
	}
	return rc;
}

/* --- ports ---------------------------------------------------------------- */

static int
check_ports(struct check *k)
{
	struct diags *ds = &k->c->ds;
	int rc = 0;
	const json_t *n;
	size_t i;

	json_array_foreach(k->needs, i, n) {
		const char *text;

		if (!jx_get(n, "port"))
			continue;
		text = arena_printf(
			&k->c->arena, "port %lld (%s) is in use: %s",
			(long long)jx_int(n, "port", 0), jx_str(n, "name", ""),
			jx_str(n, "why", ""));
		if (k->act)
			rc = diag_err(ds, "E0466", "%s", text);
		else
			diag_warn(ds, "W0466", "%s", text);
		diag_addr(ds, jx_str(n, "addr", ""));
		diag_path(ds, "/ports/%s", jx_str(n, "name", ""));
		diag_hint(ds, "stop that program, or set another port for %s%s",
			  jx_str(n, "addr", ""),
			  k->act ? "; nothing was changed"
				 : "; apply fails while it is in use");
	}
	return rc;
}

/* --- disks ---------------------------------------------------------------- */

/* What is wanted of one file system. */
struct disk {
	dev_t dev;
	uint64_t bytes, free;
	json_t *paths; /* object: path -> bytes */
};

/* The nearest folder above path, or itself, that is there; malloc'd. */
static char *
there(const char *path, struct stat *st)
{
	char *dir = xstrdup(path), *slash;

	while (stat(dir, st)) {
		slash = strrchr(dir, '/');
		if (!slash || slash == dir) {
			free(dir);
			return NULL;
		}
		*slash = '\0';
	}
	return dir;
}

static void
add_disk(struct disk *disks, size_t *n, const char *path, uint64_t bytes)
{
	struct stat st;
	struct statvfs vfs;
	CLEANUP(freep) char *dir = there(path, &st);
	struct disk *d = disks;

	if (!dir || statvfs(dir, &vfs))
		return;
	while (d < disks + *n && d->dev != st.st_dev)
		d++;
	if (d == disks + *n) {
		*d = (struct disk){ .dev = st.st_dev,
				    .free = (uint64_t)vfs.f_bavail *
					    vfs.f_frsize,
				    .paths = json_object() };
		++*n;
	}
	d->bytes += bytes;
	json_object_set_new(
		d->paths, path,
		json_integer((json_int_t)bytes + jx_int(d->paths, path, 0)));
}

static int
judge_disk(struct check *k, const struct disk *d)
{
	CLEANUP(buf_done) struct buf detail = BUF_INIT(TEXT_BYTES);
	const char *path, *first = NULL;
	json_t *v;

	if (d->free >= d->bytes)
		return 0;
	json_object_foreach(d->paths, path, v) {
		first = first ? first : path;
		buf_addf(&detail, "%s: at least %lld MiB\n", path,
			 (long long)json_integer_value(v) / MIB);
	}
	diag_err(&k->c->ds, "E0467",
		 "the disk of '%s' has %llu MiB free, and this takes at least "
		 "%llu MiB of it",
		 first, (unsigned long long)d->free / MIB,
		 (unsigned long long)d->bytes / MIB);
	diag_detail(&k->c->ds, buf_str(&detail));
	diag_hint(&k->c->ds, "free some space there, or move these folders: "
			     "see 'opl2 explain E0467'");
	return -1;
}

static int
check_disks(struct check *k)
{
	struct disk *disks =
		xcalloc(json_array_size(k->needs) + 1, sizeof(*disks));
	size_t n = 0, i;
	const json_t *need;
	int rc = 0;

	json_array_foreach(k->needs, i, need)
		if (jx_get(need, "disk"))
			add_disk(disks, &n, jx_str(need, "disk", ""),
				 (uint64_t)jx_int(need, "bytes", 0));
	for (i = 0; i < n; i++) {
		rc |= judge_disk(k, &disks[i]);
		json_decref(disks[i].paths);
	}
	free(disks);
	return rc;
}

/* --- who one is ----------------------------------------------------------- */

static bool
changes_processes(const struct plan *p)
{
	for (size_t i = 0; i < p->nchanges; i++)
		if (!strcmp(p->changes[i].kind, "process") &&
		    p->changes[i].action != ACT_NOOP &&
		    p->changes[i].action != ACT_READ)
			return true;
	return false;
}

static int
check_rights(struct session *s)
{
	struct runtime_chain *rc = s->c->reached;

	if (!rc || !rc->rt->check_rights || !changes_processes(s->plan))
		return 0;
	return rc->rt->check_rights(rc, &s->c->ds);
}

int
preflight(struct session *s, bool about_to_act)
{
	CLEANUP(put_json) json_t *needs = NULL;
	struct check k = { .c = s->c, .act = about_to_act };
	int rc;

	if (run_needs(s->run, s->plan, &needs, &s->c->ds))
		return -1;
	k.needs = needs;
	k.install = install_command(&k);
	rc = check_programs(&k);
	rc |= check_settings(&k);
	rc |= check_contracts(&k);
	rc |= check_ports(&k);
	rc |= check_disks(&k);
	rc |= check_rights(s);
	return rc;
}
