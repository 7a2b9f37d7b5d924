#include "state/codec.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "state/upgrade.h"

static const char *const status_names[] = {
	[ENTRY_OK] = "ok",
	[ENTRY_INCOMPLETE] = "incomplete",
};

json_t *
entry_to_json(const struct state_entry *e)
{
	json_t *o = json_object();

	json_object_set_new(o, "addr", json_string(e->addr));
	json_object_set_new(o, "kind", json_string(e->kind));
	json_object_set_new(o, "schema_version",
			    json_integer(e->schema_version));
	json_object_set_new(o, "status", json_string(status_names[e->status]));
	json_object_set_new(o, "config",
			    e->config ? jx_share(e->config) : json_object());
	json_object_set_new(o, "attrs",
			    e->attrs ? jx_share(e->attrs) : json_object());
	json_object_set_new(o, "private",
			    e->private ? jx_share(e->private) : json_null());
	json_object_set_new(o, "depends",
			    e->depends ? jx_share(e->depends) : json_array());
	return o;
}

/* "kind.name" and "kind.instance/name" belong to kind. */
static bool
addr_is_of(const char *addr, const char *kind)
{
	size_t n = strlen(kind);

	return n > 0 && !strncmp(addr, kind, n) && addr[n] == '.' &&
	       addr[n + 1];
}

static bool
depends_good(const json_t *depends)
{
	for (size_t i = 0; i < json_array_size(depends); i++) {
		if (!json_is_string(json_array_get(depends, i)))
			return false;
	}
	return json_is_array(depends);
}

int
entry_view(const json_t *j, struct state_entry *out, const char **why)
{
	const char *status = jx_str(j, "status", "");
	int64_t version = jx_int(j, "schema_version", -1);
	struct state_entry e = {
		.addr = jx_str(j, "addr", ""),
		.kind = jx_str(j, "kind", ""),
		.status = ENTRY_OK,
		.config = json_object_get(j, "config"),
		.attrs = json_object_get(j, "attrs"),
		.private = jx_get(j, "private"),
		.depends = json_object_get(j, "depends"),
	};

	*why = NULL;
	if (!json_is_object(j) || json_object_size(j) != 8)
		*why = "it does not have all fields of an entry";
	else if (!addr_is_of(e.addr, e.kind))
		*why = "its address does not belong to its kind";
	else if (version < 0 || version > INT32_MAX)
		*why = "its schema_version is not a version";
	else if (!json_is_object(e.config) || !json_is_object(e.attrs))
		*why = "its config or attrs is not an object";
	else if (!depends_good(e.depends))
		*why = "its depends is not a list of addresses";
	else if (!strcmp(status, status_names[ENTRY_INCOMPLETE]))
		e.status = ENTRY_INCOMPLETE;
	else if (strcmp(status, status_names[ENTRY_OK]) != 0)
		*why = "its status is not known";
	if (*why)
		return -1;
	e.schema_version = (unsigned)version;
	*out = e;
	return 0;
}

/* The dependencies of e that are there. New reference. */
static json_t *
live_depends(const struct state *s, const struct state_entry *e)
{
	json_t *live = json_array();

	for (size_t i = 0; i < json_array_size(e->depends); i++) {
		json_t *d = json_array_get(e->depends, i);

		if (state_get(s, json_string_value(d)))
			json_array_append(live, d);
	}
	return live;
}

/* As entry_to_json, checked by the rules that reading will apply. NULL with a
 * diagnostic: better no save than one that cannot be loaded. */
static json_t *
encode_entry(const struct state *s, const struct state_entry *e,
	     struct diags *ds)
{
	json_t *o = entry_to_json(e);
	struct state_entry back;
	const char *why;

	json_object_set_new(o, "depends", live_depends(s, e));
	if (entry_view(o, &back, &why) < 0) {
		diag_err(ds, "E0506", "the entry of '%s' cannot be saved: %s",
			 e->addr, why);
		diag_addr(ds, e->addr);
		json_decref(o);
		return NULL;
	}
	return o;
}

static void
set_checksum(json_t *doc)
{
	char sum[65];

	json_object_del(doc, "checksum");
	jx_digest(doc, sum);
	json_object_set_new(doc, "checksum", json_string(sum));
}

json_t *
state_encode(const struct state *s, struct diags *ds)
{
	json_t *doc = json_object(), *list = json_array();
	const struct state_entry **entries;
	struct arena a;
	size_t n;

	arena_init(&a);
	entries = state_list(s, &a, &n);
	for (size_t i = 0; i < n; i++) {
		json_t *o = encode_entry(s, entries[i], ds);

		if (!o) {
			json_decref(list);
			json_decref(doc);
			arena_done(&a);
			return NULL;
		}
		json_array_append_new(list, o);
	}
	arena_done(&a);
	json_object_set_new(doc, "version", json_integer(STATE_FORMAT));
	json_object_set_new(doc, "written_by",
			    json_string("opl2 " OPL2_VERSION));
	json_object_set_new(doc, "lineage", json_string(s->lineage));
	json_object_set_new(doc, "serial", json_integer((json_int_t)s->serial));
	json_object_set(doc, "outputs", s->outputs);
	json_object_set_new(doc, "resources", list);
	set_checksum(doc);
	return doc;
}

/* Refuses what is no state, what a newer release wrote, and edited text. */
static int
check_envelope(json_t *doc, const char *what, struct diags *ds)
{
	const char *sum = jx_str(doc, "checksum", NULL);
	int64_t version = jx_int(doc, "version", 0);
	char was[65];

	if (version < 1 || !sum)
		return diag_err(ds, "E0503", "'%s' is not a state file of opl2",
				what);
	if (version > STATE_FORMAT) {
		diag_err(ds, "E0505",
			 "'%s' has format %lld, written by %s; this is opl2 "
			 "%s, which supports formats up to %d",
			 what, (long long)version,
			 jx_str(doc, "written_by", "a newer opl2"),
			 OPL2_VERSION, STATE_FORMAT);
		diag_hint(ds, "use that release or a newer one");
		return -1;
	}
	snprintf(was, sizeof(was), "%s", sum);
	set_checksum(doc);
	if (strcmp(jx_str(doc, "checksum", ""), was) != 0)
		return diag_err(ds, "E0504", "'%s' was changed outside opl2",
				what);
	return 0;
}

static int
decode_entries(const json_t *list, const char *what, struct state *out,
	       struct diags *ds)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct state_entry e;
		const char *why;

		if (entry_view(json_array_get(list, i), &e, &why) < 0)
			return diag_err(ds, "E0506",
					"entry %zu of '%s' is not valid: %s", i,
					what, why);
		if (state_get(out, e.addr))
			return diag_err(ds, "E0506", "'%s' has '%s' twice",
					what, e.addr);
		state_put(out, &e);
	}
	return 0;
}

static int
check_depends(const struct state *s, const char *what, struct diags *ds)
{
	const struct state_entry **entries;
	struct arena a;
	size_t n;
	int rc = 0;

	arena_init(&a);
	entries = state_list(s, &a, &n);
	for (size_t i = 0; i < n; i++) {
		const json_t *deps = entries[i]->depends;

		for (size_t k = 0; k < json_array_size(deps); k++) {
			const char *d =
				json_string_value(json_array_get(deps, k));

			if (!state_get(s, d))
				rc = diag_err(ds, "E0506",
					      "'%s' has no '%s', on which '%s' "
					      "depends",
					      what, d, entries[i]->addr);
		}
	}
	arena_done(&a);
	return rc;
}

static int
decode_current(const json_t *doc, const char *what, struct state *out,
	       struct diags *ds)
{
	const char *lineage = jx_str(doc, "lineage", "");
	const json_t *list = json_object_get(doc, "resources");
	const json_t *outputs = json_object_get(doc, "outputs");
	int64_t serial = jx_int(doc, "serial", 0);

	if (strlen(lineage) != sizeof(out->lineage) - 1 || serial < 1 ||
	    !json_is_array(list) || !json_is_object(outputs) ||
	    json_object_size(doc) != 7)
		return diag_err(ds, "E0506",
				"'%s' does not have the fields of a state file",
				what);
	if (decode_entries(list, what, out, ds) < 0 ||
	    check_depends(out, what, ds) < 0)
		return -1;
	memcpy(out->lineage, lineage, sizeof(out->lineage));
	out->serial = (uint64_t)serial;
	state_set_outputs(out, outputs);
	out->dirty = false;
	return 0;
}

int
state_decode(const json_t *j, const char *what, struct state *out,
	     struct diags *ds)
{
	int64_t version = jx_int(j, "version", 0);
	CLEANUP(put_json) json_t *mine = jx_share(j);
	CLEANUP(put_json) json_t *doc = NULL;

	if (!json_is_object(j))
		return diag_err(ds, "E0503", "'%s' is not a state file of opl2",
				what);
	/* Upgrade steps change values below the top level too. */
	doc = version == STATE_FORMAT ? json_copy(mine) : json_deep_copy(mine);
	if (check_envelope(doc, what, ds) < 0 ||
	    upgrade_run(doc, state_upgrades, STATE_FORMAT, ds) < 0 ||
	    decode_current(doc, what, out, ds) < 0)
		return -1;
	/* An upgraded state is one that the next run should write. */
	out->dirty = version != STATE_FORMAT;
	return 0;
}
