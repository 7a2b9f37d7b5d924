#include "providers/clients/oci/base.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "providers/clients/http/authorities.h"
#include "providers/clients/oci/elf.h"

#define LIBRARIES 1024u
#define CA_BYTES  (4u << 20)
#define CA_FILE   "/etc/ssl/certs/ca-certificates.crt"

struct library {
	const char *name, *file;
	const char *by; /* the program that needs it */
};

struct closure {
	struct arena a;
	struct diags *ds;
	struct oci_layer *layer;
	uint16_t machine;
	const char *dir; /* where the image's loader looks */
	struct library v[LIBRARIES];
	size_t n;
};

/* --- finding -------------------------------------------------------------- */

static bool
fits(struct closure *c, const char *file, struct elf *e)
{
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	return access(file, R_OK) == 0 &&
	       elf_read(&c->a, file, e, &ignored) == 0 &&
	       e->machine == c->machine;
}

/* One of the folders, divided by colons, has it. */
static const char *
in_folders(struct closure *c, const char *folders, const char *name,
	   struct elf *e)
{
	for (size_t n; *folders; folders += n + (folders[n] == ':')) {
		const char *file;

		n = strcspn(folders, ":");
		file = arena_printf(&c->a, "%.*s/%s", (int)n, folders, name);
		if (*folders == '/' && fits(c, file, e))
			return file;
	}
	return NULL;
}

/* Where loaders look: of those folders that are for one machine the first. */
static const char *
usual_folders(struct closure *c)
{
	const char *t = elf_triplet(c->machine);

	return arena_printf(&c->a,
			    "/lib/%s:/usr/lib/%s:/lib64:/usr/lib64:/lib:"
			    "/usr/lib:/usr/local/lib/%s:/usr/local/lib",
			    t, t, t);
}

static const char *
own_folders(struct closure *c, const char *file, const struct elf *e)
{
	const char *slash = strrchr(file, '/');

	/* Of the variables of such a list, the one that is in use. */
	if (e->paths && strncmp(e->paths, "$ORIGIN", 7) == 0)
		return arena_printf(&c->a, "%.*s%s", (int)(slash - file), file,
				    e->paths + 7);
	return e->paths ? e->paths : "";
}

/* --- the closure ---------------------------------------------------------- */

static bool
is_known(const struct closure *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].name, name) == 0)
			return true;
	return false;
}

static int need(struct closure *c, const char *by, const char *file,
		const struct elf *e);

static int
need_one(struct closure *c, const char *by, const char *folders,
	 const char *name)
{
	struct elf e;
	const char *file = in_folders(c, folders, name, &e);

	if (!file)
		file = in_folders(c, usual_folders(c), name, &e);
	if (!file || c->n == LIBRARIES) {
		diag_err(c->ds, "E1321",
			 "'%s' needs the library '%s', which "
			 "is not on this machine",
			 by, name);
		diag_hint(c->ds, "install it, or build the program with "
				 "CGO_ENABLED=0");
		return -1;
	}
	if (strncmp(name, "libc.", 5) == 0)
		c->dir = arena_strndup(&c->a, file,
				       (size_t)(strrchr(file, '/') - file));
	c->v[c->n++] = (struct library){ name, file, by };
	return need(c, by, file, &e);
}

static int
need(struct closure *c, const char *by, const char *file, const struct elf *e)
{
	const char *loader = e->interp ? strrchr(e->interp, '/') + 1 : NULL;

	/* It is a library as well. */
	if (loader && c->n < LIBRARIES && !is_known(c, loader)) {
		c->v[c->n++] = (struct library){ loader, NULL, by };
		oci_layer_file(c->layer, e->interp, e->interp);
	}
	for (size_t i = 0; i < e->nneeded; i++)
		if (!is_known(c, e->needed[i]) &&
		    need_one(c, by, own_folders(c, file, e), e->needed[i]))
			return -1;
	return 0;
}

static int
need_program(struct closure *c, const char *file)
{
	struct elf e;
	int rc = elf_read(&c->a, file, &e, c->ds);

	if (rc < 0)
		return -1;
	if (rc > 0 || !elf_architecture(e.machine)) {
		diag_err(c->ds, "E1321", "'%s' is no program for Linux", file);
		diag_hint(c->ds, "name the program itself: an image has no "
				 "shell that could run a script");
		return -1;
	}
	if (c->machine && c->machine != e.machine)
		return diag_err(c->ds, "E1321",
				"'%s' is for %s, and the others are for %s",
				file, elf_architecture(e.machine),
				elf_architecture(c->machine));
	c->machine = e.machine;
	if (e.interp && access(e.interp, R_OK))
		return diag_errno(c->ds, "E1321", "'%s' needs the loader '%s'",
				  file, e.interp);
	return need(c, file, file, &e);
}

/* --- the rest ------------------------------------------------------------- */

/* What programs of this machine trust, where those of the image look for it. */
static void
add_authorities(struct oci_layer *l)
{
	CLEANUP(buf_done) struct buf pem = BUF_INIT(CA_BYTES);
	struct authorities env;

	authorities_env(&env);
	authorities_join(env.file ? env.file : authorities_system(),
			 env.extra ? env.extra : "", &pem);
	if (pem.n)
		oci_layer_text(l, CA_FILE, buf_str(&pem));
}

int
oci_base(struct oci_layer *l, const struct oci_program *v, size_t n,
	 uint16_t *machine, struct diags *ds)
{
	struct closure *c = xcalloc(1, sizeof(*c));
	int rc = 0;

	arena_init(&c->a);
	c->ds = ds;
	c->layer = l;
	c->dir = "/lib";
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = need_program(c, v[i].from);
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].file)
			oci_layer_file(l,
				       arena_printf(&c->a, "%s/%s", c->dir,
						    c->v[i].name),
				       c->v[i].file);
	/* Without it some look into DNS for localhost first. */
	oci_layer_text(l, "/etc/nsswitch.conf", "hosts: files dns\n");
	add_authorities(l);
	oci_layer_folder(l, "/opl2", 0755);
	oci_layer_folder(l, "/tmp", 01777);
	*machine = c->machine;
	arena_done(&c->a);
	free(c);
	return rc;
}
