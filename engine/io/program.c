#include "engine/io/program.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"

char *
program_self(void)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	return xstrdup(exe);
}

char *
program_dir(void)
{
	char *path = program_self();
	char *slash = path ? strrchr(path, '/') : NULL;

	if (slash)
		*slash = '\0';
	return path;
}

/* malloc'd, or NULL when there is no such program. */
static char *
program_in(const char *dir, const char *name)
{
	char *path = dir && *dir ? path_join(dir, name) : NULL;

	if (path && access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

char *
program_find(const char *name)
{
	CLEANUP(freep) char *dir = program_dir();
	CLEANUP(freep)
	char *libexec = dir ? path_join(dir, "../libexec/opl2") : NULL;
	char *path = program_in(getenv("OPL2_LIBEXEC"), name);

	if (!path)
		path = program_in(dir, name);
	if (!path)
		path = program_in(libexec, name);
	return path;
}

char *
program_beside(const char *name, struct diags *ds)
{
	char *path = program_find(name);

	if (path)
		return path;
	diag_err(ds, "E0917", "cannot find the program '%s'", name);
	diag_hint(ds, "install it next to opl2 or in ../libexec/opl2, or set "
		      "OPL2_LIBEXEC to its folder");
	return NULL;
}
