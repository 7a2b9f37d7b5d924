#include "engine/plan/plan_digest.h"

#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/plan/plan_json.h"
#include "engine/run/storeuse.h"
#include "state/rebase.h"

#define PREFIX "sha256:"

static bool
is_done(const struct change *c)
{
	return !c->not_here && (c->action != ACT_NOOP || c->deferred);
}

static json_t *
texts(const char *const *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(v[i]));
	return list;
}

/* {FOLDER: ROLE} */
static json_t *
roles(const struct run *r)
{
	CLEANUP(freep) char *store = store_dir();
	json_t *o = json_object();

	if (r->spec)
		json_object_set_new(o, r->spec->dir, json_string("(spec)"));
	json_object_set_new(o, r->state_dir, json_string("(state)"));
	json_object_set_new(o, store, json_string("(store)"));
	return o;
}

static json_t *
change_digest(const struct change *c, const json_t *folders)
{
	CLEANUP(put_json)
	json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:b, s:o}", "addr", c->addr,
			      "action", action_name(c->action), "class",
			      class_name(c->class), "deferred", c->deferred,
			      "irreversible", c->irreversible, "depends",
			      texts(c->depends, c->ndepends));
	char sum[65];

	if (c->config)
		json_object_set_new(o, "config", json_deep_copy(c->config));
	if (c->unknown)
		json_object_set_new(o, "unknown", jx_share(c->unknown));
	if (c->action == ACT_IMPORT)
		json_object_set_new(o, "import",
				    json_string(c->reasons[0].text));
	rebase(json_object_get(o, "config"), folders);
	jx_digest(o, sum);
	return json_string(sum);
}

static json_t *
outputs_digest(const struct plan *p, const json_t *folders)
{
	CLEANUP(put_json) json_t *all = json_object();
	char sum[65];

	for (size_t i = 0; i < p->noutputs; i++) {
		const struct plan_output *po = &p->outputs[i];

		json_object_set_new(all, po->name,
				    po->sensitive || po->unknown || !po->after
					    ? json_null()
					    : json_deep_copy(po->after));
	}
	rebase(all, folders);
	jx_digest(all, sum);
	return json_string(sum);
}

/* What the digest is over. */
static json_t *
content(const struct plan *p, const struct run *r)
{
	CLEANUP(put_json) json_t *folders = roles(r);
	json_t *changes = json_array();

	for (size_t i = 0; i < p->nchanges; i++)
		if (is_done(&p->changes[i]))
			json_array_append_new(
				changes,
				change_digest(&p->changes[i], folders));
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:b, s:b, s:o, s:o}",
			 "format", 1, "mode", plan_mode_names[p->mode], "chain",
			 p->chain, "spec", p->spec_digest, "lineage",
			 p->lineage, "delete_data", p->delete_data, "limited",
			 p->limited, "changes", changes, "outputs",
			 outputs_digest(p, folders));
}

static void
sum_of(const json_t *doc, char out[PLAN_CONTENT_MAX])
{
	memcpy(out, PREFIX, sizeof(PREFIX));
	jx_digest(doc, out + strlen(PREFIX));
}

void
plan_digest_set(struct plan *p, const struct run *r)
{
	CLEANUP(put_json) json_t *doc = content(p, r);

	if (p->take_over)
		json_object_set_new(doc, "take_over", json_true());
	sum_of(doc, p->content);
}

/* --- what differs --- */

static bool
would_be(const json_t *doc, const char *approved)
{
	char sum[PLAN_CONTENT_MAX];

	sum_of(doc, sum);
	return strcmp(sum, approved) == 0;
}

/* The change without which it is what was approved, or NULL. */
static const struct change *
added(const struct plan *p, json_t *doc, const char *approved)
{
	json_t *changes = json_object_get(doc, "changes");
	size_t i, k = 0;

	for (i = 0; i < p->nchanges; i++) {
		CLEANUP(put_json) json_t *mine = NULL;
		bool same;

		if (!is_done(&p->changes[i]))
			continue;
		mine = json_incref(json_array_get(changes, k));
		json_array_remove(changes, k);
		same = would_be(doc, approved);
		json_array_insert(changes, k++, mine);
		if (same)
			return &p->changes[i];
	}
	return NULL;
}

static void
tell_difference(const struct plan *p, const struct run *r, const char *approved,
		struct diags *ds)
{
	CLEANUP(put_json) json_t *doc = content(p, r);
	const struct change *more = added(p, doc, approved);

	json_object_set_new(doc, "lineage", json_string(""));
	if (more)
		diag_hint(ds, "'%s' has come to it since then; approve it anew",
			  more->addr);
	else if (*p->lineage && would_be(doc, approved))
		diag_hint(ds,
			  "the plan is the same, but it was approved before "
			  "this chain had a state; approve it anew");
	else if (!plan_has_changes(p))
		diag_hint(ds, "there is nothing to do now: the plan may have "
			      "been applied already");
	else
		diag_hint(ds,
			  "compare the plan with the one that was approved: "
			  "the spec, its variables, the options or the "
			  "objects are others; then approve it anew");
}

static void
tell_parts(const struct plan *p, struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(LIM_STATE_BYTES);

	buf_addf(&text, "spec %s\nstate %s\n", p->spec_digest,
		 *p->lineage ? p->lineage : "none yet");
	for (size_t i = 0; i < p->nchanges; i++)
		if (is_done(&p->changes[i]))
			buf_addf(&text, "%s %s\n",
				 action_name(p->changes[i].action),
				 p->changes[i].addr);
	diag_detail(ds, buf_str(&text));
}

int
plan_digest_check(const struct plan *p, const struct run *r,
		  const char *approved, struct diags *ds)
{
	size_t n = strlen(PREFIX);

	if (strncmp(approved, PREFIX, n) != 0 || strlen(approved) != n + 64 ||
	    strspn(approved + n, "0123456789abcdef") != 64) {
		diag_err(ds, "E0651", "'%s' is not the digest of a plan",
			 approved);
		diag_hint(ds, "give '" PREFIX "' and 64 hex digits, as 'opl2 "
			      "plan' prints them");
		return -1;
	}
	if (!p || strcmp(p->content, approved) == 0)
		return 0;
	diag_err(ds, "E0652",
		 "this plan is not the one that was approved: it "
		 "is %s",
		 p->content);
	tell_parts(p, ds);
	tell_difference(p, r, approved, ds);
	return -1;
}
