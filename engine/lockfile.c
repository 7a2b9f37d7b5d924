#include "engine/lockfile.h"

#include "engine/base/file.h"
#include "engine/base/jx.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"

#define LOCK_FORMAT 1

/* A section is a map, or not there. */
static bool
has_form(const json_t *doc)
{
	const json_t *p = json_object_get(doc, "presets");
	const json_t *r = json_object_get(doc, "resources");

	return jx_int(doc, "opl2_lock", 0) == LOCK_FORMAT &&
	       (!p || json_is_object(p)) && (!r || json_is_object(r));
}

int
lockfile_load(const char *dir, struct lockfile *out, struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(dir, LOCKFILE_NAME);
	CLEANUP(buf_done) struct buf text = BUF_INIT(LIM_SPEC_BYTES * 4);
	int rc = file_read_opt(path, &text, ds);

	*out = (struct lockfile){ 0 };
	if (rc == 0) {
		out->exists = true;
		out->doc = jx_parse(text.p, text.n, LOCKFILE_NAME, ds);
		rc = out->doc ? 0 : -1;
	}
	if (out->doc && !has_form(out->doc)) {
		rc = diag_err(ds, "E0321",
			      "'%s' is not a lock file of this release", path);
		diag_hint(ds, "take it back from version control, or use the "
			      "release that wrote it");
		json_decref(out->doc);
		out->doc = NULL;
	}
	if (!out->doc)
		out->doc = json_pack("{s:i,s:{},s:{}}", "opl2_lock",
				     LOCK_FORMAT, "presets", "resources");
	return rc < 0 ? -1 : 0;
}

int
lockfile_save(const char *dir, struct lockfile *lf, struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(dir, LOCKFILE_NAME);

	if (!lf->dirty)
		return 0;
	if (file_replace_json(path, lf->doc, 0644, ds) < 0)
		return -1;
	lf->dirty = false;
	lf->exists = true;
	return 0;
}

void
lockfile_done(struct lockfile *lf)
{
	json_decref(lf->doc);
	lf->doc = NULL;
}

static const json_t *
entry(const struct lockfile *lf, const char *section, const char *key)
{
	return jx_get(jx_get(lf->doc, section), key);
}

static void
set_entry(struct lockfile *lf, const char *section, const char *key,
	  const json_t *value)
{
	json_t *map = json_object_get(lf->doc, section);
	CLEANUP(put_json) json_t *old = json_incref(json_object_get(map, key));
	json_t *new = value ? jx_share(value) : NULL;

	if (old == new || (old && new &&json_equal(old, new))) {
		json_decref(new);
		return;
	}
	lf->dirty = true;
	if (!new) {
		json_object_del(map, key);
		return;
	}
	if (!map) {
		map = json_object();
		json_object_set_new(lf->doc, section, map);
	}
	json_object_set_new(map, key, new);
}

const json_t *
lockfile_resource(const struct lockfile *lf, const char *addr)
{
	return entry(lf, "resources", addr);
}

void
lockfile_set_resource(struct lockfile *lf, const char *addr,
		      const json_t *identity)
{
	set_entry(lf, "resources", addr, identity);
}

const json_t *
lockfile_preset(const struct lockfile *lf, const char *name)
{
	return entry(lf, "presets", name);
}

void
lockfile_set_preset(struct lockfile *lf, const char *name, const json_t *preset)
{
	set_entry(lf, "presets", name, preset);
}
