#include "cmd/opl2/run/move_record.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

static json_t *
part(const json_t *j, const char *key)
{
	const json_t *v = jx_get(j, key);

	return json_is_object(v) ? json_deep_copy(v) : json_object();
}

int
move_record_load(struct move_record *m, const char *state_dir, struct diags *ds)
{
	CLEANUP(put_json) json_t *j = NULL;

	*m = (struct move_record){ .path = path_join(state_dir, "move.json") };
	if (file_exists(m->path)) {
		j = jx_load_file(m->path, LIM_SPEC_BYTES, ds);
		if (!j)
			return -1;
	}
	m->stage = (enum move_stage)jx_int(j, "stage", MOVE_BEGUN);
	m->records = part(j, "records");
	m->folders = part(j, "folders");
	m->heads = part(j, "heads");
	return 0;
}

int
move_record_save(const struct move_record *m, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *j = json_pack("{s:i, s:O, s:O, s:O}", "stage", (int)m->stage,
			      "records", m->records, "folders", m->folders,
			      "heads", m->heads);

	return file_replace_json(m->path, j, 0600, ds);
}

int
move_record_remove(const struct move_record *m, struct diags *ds)
{
	return unlink(m->path) && errno != ENOENT
		       ? diag_errno(ds, "E0501", "cannot remove '%s'", m->path)
		       : 0;
}

void
move_record_done(struct move_record *m)
{
	free(m->path);
	json_decref(m->records);
	json_decref(m->folders);
	json_decref(m->heads);
	*m = (struct move_record){ 0 };
}
