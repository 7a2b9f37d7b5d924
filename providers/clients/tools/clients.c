#include "providers/clients/tools/clients.h"

#include <limits.h>

#include "engine/base/mem.h"
#include "engine/io/program.h"
#include "engine/io/file.h"

#define ENV_FILE_BYTES (1u << 20)

const char *
env_file_get(struct arena *a, const char *path, const char *name)
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
			return arena_strdup(a, line + n + 1);
	return NULL;
}

const char *
clients_built(struct arena *a, const char *name)
{
	CLEANUP(freep) char *dir = program_dir();

	if (!dir)
		return NULL;
	return env_file_get(a, arena_printf(a, "%s/clients.env", dir), name);
}
