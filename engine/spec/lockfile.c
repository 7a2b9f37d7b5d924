#include "engine/spec/lockfile.h"

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

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

/* Past the string that begins at p, or the end. */
static const char *
skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

/* Past the object or list that begins at p, or the end. */
static const char *
skip_nested(const char *p)
{
	size_t depth = 0;

	while (*p) {
		if (*p == '"') {
			p = skip_string(p);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
		p++;
	}
	return p;
}

static bool
is_word(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - p) == n + 2 && strncmp(p + 1, word, n) == 0;
}

/* Copies the document but for the values of "files" in its presets. What is
 * not JSON comes out as something that is not JSON either. */
static void
slim(const char *p, struct buf *out)
{
	bool presets = false;
	size_t depth = 0;

	while (*p) {
		const char *end = p + 1;

		if (*p == '"') {
			end = skip_string(p);
			if (depth == 1)
				presets = is_word(p, end, "presets");
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']') {
			depth -= depth > 0;
		}
		buf_add(out, p, (size_t)(end - p));
		if (*p == '"' && depth == 3 && presets &&
		    is_word(p, end, "files")) {
			const char *v = end + strspn(end, ": \n\t\r");

			if (*v == '{') {
				buf_adds(out, ": {}");
				end = skip_nested(v);
			}
		}
		p = end;
	}
}

int
lockfile_load(const char *dir, struct lockfile *out, struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(dir, LOCKFILE_NAME);
	CLEANUP(buf_done) struct buf text = BUF_INIT(LIM_SPEC_BYTES * 4);
	CLEANUP(buf_done) struct buf less = BUF_INIT(LIM_SPEC_BYTES * 4);
	int rc = file_read_opt(path, &text, ds);

	*out = (struct lockfile){ 0 };
	if (rc == 0) {
		out->exists = true;
		slim(buf_str(&text), &less);
		out->doc =
			jx_parse(buf_str(&less), less.n, LOCKFILE_NAME, NULL);
		if (out->doc && strlen(buf_str(&text)) != text.n) {
			json_decref(out->doc);
			out->doc = NULL;
		}
		if (out->doc)
			out->text = buf_take(&text);
		else /* for the right position */
			out->doc = jx_parse(buf_str(&text), text.n,
					    LOCKFILE_NAME, ds);
		rc = out->doc ? 0 : -1;
	}
	if (out->doc && !has_form(out->doc)) {
		rc = diag_err(
			ds, "E0321",
			"'%s' is not a lock file that this release can read",
			path);
		diag_hint(ds, "restore it from version control, or use the "
			      "release that wrote it");
		lockfile_done(out);
	}
	if (!out->doc)
		out->doc = json_pack("{s:i,s:{},s:{}}", "opl2_lock",
				     LOCK_FORMAT, "presets", "resources");
	return rc < 0 ? -1 : 0;
}

void
lockfile_whole(struct lockfile *lf)
{
	json_t *doc;

	if (!lf->text)
		return;
	doc = jx_parse(lf->text, strlen(lf->text), LOCKFILE_NAME, NULL);
	if (doc) {
		json_decref(lf->doc);
		lf->doc = doc;
	}
	free(TAKE(lf->text));
}

int
lockfile_save(const char *dir, struct lockfile *lf, struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(dir, LOCKFILE_NAME);

	if (!lf->dirty)
		return 0;
	lockfile_whole(lf);
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
	free(TAKE(lf->text));
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
	CLEANUP(put_json) json_t *old = NULL;
	json_t *map;
	json_t *new = value ? jx_share(value) : NULL;

	if (new &&strcmp(section, "presets") != 0 &&
	    json_equal(json_object_get(json_object_get(lf->doc, section), key),
		       new)) {
		json_decref(new);
		return;
	}
	lockfile_whole(lf);
	map = json_object_get(lf->doc, section);
	old = json_incref(json_object_get(map, key));
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

void
lockfile_move(struct lockfile *lf, const char *from, const char *to)
{
	CLEANUP(put_json) json_t *had = jx_share(lockfile_resource(lf, from));

	if (!had)
		return;
	if (!lockfile_resource(lf, to))
		lockfile_set_resource(lf, to, had);
	lockfile_set_resource(lf, from, NULL);
}

void
lockfile_replay(struct lockfile *lf, const json_t *records)
{
	const json_t *rec, *lock;
	size_t i;

	json_array_foreach(records, i, rec) {
		const char *addr = jx_str(jx_get(rec, "object"), "addr", "");

		lock = jx_get(rec, "lock");
		if (lock)
			lockfile_set_resource(lf, addr, lock);
		if (jx_get(rec, "from"))
			lockfile_move(lf, jx_str(rec, "from", ""), addr);
	}
}

int
lockfile_settle(const char *dir, const json_t *records, struct diags *ds)
{
	CLEANUP(lockfile_done) struct lockfile lf = { 0 };

	if (!records)
		return 0;
	if (lockfile_load(dir, &lf, ds))
		return -1;
	lockfile_replay(&lf, records);
	return lockfile_save(dir, &lf, ds);
}

const json_t *
lockfile_preset(const struct lockfile *lf, const char *name)
{
	return entry(lf, "presets", name);
}

const json_t *
lockfile_preset_files(struct lockfile *lf, const char *name)
{
	lockfile_whole(lf);
	return jx_get(lockfile_preset(lf, name), "files");
}

void
lockfile_set_preset(struct lockfile *lf, const char *name, const json_t *preset)
{
	set_entry(lf, "presets", name, preset);
}
