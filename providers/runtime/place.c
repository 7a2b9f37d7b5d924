#include "providers/runtime/place.h"

#include <errno.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

static char *
record(const char *state_dir)
{
	return path_join(state_dir, "runtime.json");
}

bool
kube_place_there(const char *state_dir)
{
	CLEANUP(freep) char *path = record(state_dir);
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *j = NULL;

	diags_init(&quiet);
	if (!file_exists(path))
		return false;
	/* What cannot be read is not taken for "here". */
	j = jx_load_file(path, LIM_SPEC_BYTES, &quiet);
	return !jx_bool(j, "moving", false);
}

int
kube_place_read(const char *state_dir, char **chain, json_t **config,
		struct diags *ds)
{
	CLEANUP(freep) char *path = record(state_dir);
	CLEANUP(put_json) json_t *j = jx_load_file(path, LIM_SPEC_BYTES, ds);

	*chain = NULL;
	*config = NULL;
	if (!j)
		return -1;
	if (!json_is_object(jx_get(j, "kubernetes")))
		return diag_err(ds, "E1300", "'%s' names no cluster", path);
	*chain = xstrdup(jx_str(j, "chain", ""));
	*config = jx_share(jx_get(j, "kubernetes"));
	return 0;
}

static int
put_record(const char *state_dir, const json_t *j, struct diags *ds)
{
	CLEANUP(freep) char *path = record(state_dir);
	CLEANUP(put_json) json_t *old = NULL;

	if (file_exists(path))
		old = jx_load_file(path, LIM_SPEC_BYTES, NULL);
	if (old && json_equal(old, j))
		return 0;
	return file_mkdirs(state_dir, 0700, ds) ||
			       file_replace_json(path, j, 0600, ds)
		       ? -1
		       : 0;
}

int
kube_place_prepare(const char *state_dir, const char *chain,
		   const json_t *config, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *j = json_pack("{s:s, s:O, s:b}", "chain", chain, "kubernetes",
			      config, "moving", 1);

	return put_record(state_dir, j, ds);
}

int
kube_place_write(const char *state_dir, const char *chain, const json_t *config,
		 struct diags *ds)
{
	CLEANUP(freep) char *path = record(state_dir);
	CLEANUP(put_json) json_t *j = NULL;

	if (!config) {
		/* A read-only disk refuses to remove even what is not there. */
		if (file_exists(path) && unlink(path) && errno != ENOENT)
			return diag_errno(ds, "E1300", "cannot remove '%s'",
					  path);
		return 0;
	}
	j = json_pack("{s:s, s:O}", "chain", chain, "kubernetes", config);
	return put_record(state_dir, j, ds);
}
