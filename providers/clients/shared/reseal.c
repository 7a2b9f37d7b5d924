#include "providers/clients/shared/reseal.h"

#include <string.h>

#include "engine/io/fault.h"
#include "engine/io/jx.h"

/* --- which key ------------------------------------------------------------ */

static int
wrong_key(const struct shared *s, struct diags *ds)
{
	if (!*s->log.key) {
		diag_err(ds, "E0536",
			 "%s is not encrypted, and the spec has 'encryption'",
			 s->o->name);
		diag_hint(ds, "to encrypt it, add 'old: { unencrypted: true }' "
			      "to 'encryption' and run `opl2 state reseal`");
	} else if (!s->opts.encryption) {
		diag_err(ds, "E0537",
			 "%s is encrypted, and the spec has no 'encryption'",
			 s->o->name);
		diag_hint(ds, "write encryption: { passphrase: { env: NAME } } "
			      "or { key_file: PATH }");
	} else {
		diag_err(ds, "E0536", "%s is encrypted with another key",
			 s->o->name);
		diag_hint(ds, "set the right passphrase or key file; when it "
			      "was changed, take the newest spec and run `opl2 "
			      "plan`");
	}
	return -1;
}

static int
half_changed(const struct shared *s, struct diags *ds)
{
	bool new = seal_has(&s->log.seal, s->log.next);

	if (!new && !seal_has(&s->log.seal, s->log.key))
		return wrong_key(s, ds);
	diag_err(ds, "E0545",
		 "the key of %s is being changed, and the spec has only the %s "
		 "one",
		 s->o->name, new ? "new" : "old");
	diag_hint(ds, "wait for `opl2 state reseal`; or give both, the old one "
		      "as encryption: { old: ... }, and run it again");
	return -1;
}

int
shared_open_seal(struct shared *s, struct diags *ds)
{
	const struct shared_opts *o = &s->opts;

	return seal_open(&s->log.seal, o->chain, o->encryption, o->spec_dir,
			 s->log.salt, ds) < 0
		       ? -1
		       : shared_pick_key(s, ds);
}

int
shared_pick_key(struct shared *s, struct diags *ds)
{
	struct shared_log *l = &s->log;

	if (l->changing)
		return seal_has(&l->seal, l->key) && seal_use(&l->seal, l->next)
			       ? 0
			       : half_changed(s, ds);
	return seal_use(&l->seal, l->key) ? 0 : wrong_key(s, ds);
}

static bool
is_done(const struct shared_log *l)
{
	return !l->changing && strcmp(l->key, l->seal.ids[0]) == 0;
}

json_t *
shared_encryption(const struct shared *s)
{
	json_t *e = json_copy((json_t *)(uintptr_t)s->opts.encryption);

	if (is_done(&s->log))
		json_object_del(e, "old");
	return e;
}

void
shared_warn_key(const struct shared *s, struct diags *ds)
{
	if (!s->log.made || is_done(&s->log))
		return;
	diag_warn(ds, "W0549", "%s %s", s->o->name,
		  s->log.changing
			  ? "is sealed with two keys: a change of the key did "
			    "not come to its end"
		  : *s->log.key ? "is still encrypted with the old key"
				: "is still not encrypted");
	diag_hint(ds, "run `opl2 state reseal`");
}

/* --- the change ----------------------------------------------------------- */

static int
refuse_open_keys(const struct shared *s, const struct filemap *have,
		 struct diags *ds)
{
	for (size_t i = 0; !*s->log.seal.ids[0] && i < have->n; i++) {
		if (strncmp(have->list[i].path, "keys/", 5) != 0)
			continue;
		diag_err(ds, "E0541", "%s has generated keys, such as '%s'",
			 s->o->name, have->list[i].path);
		diag_hint(ds, "keep 'encryption', or replace these keys first");
		return -1;
	}
	return 0;
}

/* From here on what has only one of the keys cannot read the state. */
static int
announce(struct shared *s, struct diags *ds)
{
	struct shared_log *l = &s->log;
	const struct seal *k = &l->seal;

	if ((!l->changing || strcmp(l->next, k->ids[0]) != 0) &&
	    log_set_keys(l, k->ids[1], k->ids[0], ds) < 0)
		return -1;
	FAULT("reseal.announced");
	if (!seal_use(&l->seal, l->next) ||
	    log_add(l, "reseal", NULL, 0, ds) != SHARED_OK)
		return -1;
	FAULT("reseal.begun");
	return 0;
}

static int
reseal_blobs(struct shared *s, const struct filemap *have, struct diags *ds)
{
	char sum[65];

	if (log_learn(&s->log, ds) < 0 || log_doubt_blobs(&s->log, ds) < 0)
		return -1;
	for (size_t i = 0; i < have->n; i++) {
		const struct shared_file *f = &have->list[i];

		if (f->n <= BLOB_OVER)
			continue;
		if (shared_renew(s, false, ds) < 0 ||
		    log_put_blob(&s->log, f->p, f->n, sum, ds) != OBJECT_OK)
			return -1;
		FAULT("reseal.blob");
	}
	return shared_renew(s, true, ds);
}

int
shared_reseal(struct shared *s, json_t **out, struct diags *ds)
{
	CLEANUP(filemap_done) struct filemap have = { 0 };
	struct shared_log *l = &s->log;

	*out = NULL;
	if (is_done(l))
		return 0;
	if (filemap_read(&have, s->opts.state_dir, ds) < 0 ||
	    refuse_open_keys(s, &have, ds) < 0 ||
	    shared_renew(s, true, ds) < 0 || announce(s, ds) < 0 ||
	    reseal_blobs(s, &have, ds) < 0 || log_compact(l, &have, ds) < 0)
		return -1;
	FAULT("reseal.swept");
	if (log_set_keys(l, l->next, NULL, ds) < 0)
		return -1;
	*out = json_pack("{s:I, s:I, s:I}", "objects", (json_int_t)l->nput,
			 "bytes", (json_int_t)l->bytes_put, "removed",
			 (json_int_t)l->nremoved);
	return 0;
}
