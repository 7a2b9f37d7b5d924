/*
 * opl2-worker --keep: the keeper of a shared state (state/shared/wire.h), for a
 * command, which has no network of its own. Frames come and go on descriptor
 * 0. It renews the lease by itself and ends with the command; a lease that was
 * not given back then ends by its time.
 */
#include "cmd/opl2-worker/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "engine/base/mem.h"
#include "engine/io/diag_json.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"
#include "providers/clients/http/http.h"
#include "providers/clients/shared/reseal.h"
#include "providers/clients/shared/shared.h"

#define TICK_MS 2000

struct keep {
	struct shared shared;
	json_t *opened; /* owns what the options borrow */
	bool open, writing;
	struct diags lost; /* found between two questions */
};

static json_t *
holder_json(const struct lease_seen *seen)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:b}", "id", seen->id,
			 "host", seen->host, "command", seen->command, "since",
			 seen->since, "pid", (json_int_t)seen->pid, "ended",
			 seen->ended);
}

static int
keep_open(struct keep *k, const json_t *m, struct diags *ds)
{
	struct shared_opts o;

	if (k->open)
		return diag_err(ds, "E0600", "opened twice");
	k->opened = jx_share(m);
	o = (struct shared_opts){
		.backend = jx_get(k->opened, "backend"),
		.encryption = jx_get(k->opened, "encryption"),
		.chain = jx_str(k->opened, "chain", ""),
		.spec_dir = jx_str(k->opened, "spec_dir", "/"),
		.state_dir = jx_str(k->opened, "state_dir", ""),
		.store_dir = jx_str(k->opened, "store_dir", "/"),
	};
	if (http_init(ds))
		return -1;
	k->open = true;
	return shared_open(&k->shared, &o, ds);
}

static int
keep_acquire(struct keep *k, const json_t *m, json_t *reply, struct diags *ds)
{
	struct lease_seen seen = { 0 };
	int rc = shared_acquire(&k->shared, jx_str(m, "command", ""),
				jx_str(m, "since", ""), &seen, ds);

	k->writing = rc == 0;
	if (rc == 1)
		json_object_set_new(reply, "holder", holder_json(&seen));
	if (rc)
		return rc;
	json_object_set_new(reply, "moved", shared_moved(&k->shared));
	if (!jx_bool(m, "reseals", false))
		shared_warn_key(&k->shared, ds);
	return 0;
}

static int
keep_pull(struct keep *k, json_t *reply, struct diags *ds)
{
	if (shared_pull(&k->shared, ds) < 0)
		return -1;
	json_object_set_new(reply, "moved", shared_moved(&k->shared));
	return 0;
}

static int
keep_commit(struct keep *k, const json_t *m, struct diags *ds)
{
	const json_t *files = jx_get(m, "files");
	size_t n = json_array_size(files), i;
	struct shared_write *w = xcalloc(n + 1, sizeof(*w));
	int rc;

	for (i = 0; i < n; i++) {
		const json_t *f = json_array_get(files, i);

		w[i].path = json_string_value(json_array_get(f, 0));
		w[i].from = json_integer_value(json_array_get(f, 1));
		w[i].to = json_integer_value(json_array_get(f, 2));
	}
	rc = shared_commit(&k->shared, w, n, ds);
	free(w);
	return rc;
}

static int
keep_holder(struct keep *k, json_t *reply, struct diags *ds)
{
	struct lease_seen seen;

	if (lease_look(&k->shared.lease, &seen, ds) < 0)
		return -1;
	if (seen.there)
		json_object_set_new(reply, "holder", holder_json(&seen));
	return 0;
}

static int
keep_reseal(struct keep *k, json_t *reply, struct diags *ds)
{
	json_t *done;

	if (shared_reseal(&k->shared, &done, ds) < 0)
		return -1;
	if (done)
		json_object_set_new(reply, "resealed", done);
	return 0;
}

static int
keep_release(struct keep *k)
{
	shared_release(&k->shared);
	k->writing = false;
	return 0;
}

static int
keep_do(struct keep *k, const json_t *m, json_t *reply, struct diags *ds)
{
	const char *what = jx_str(m, "do", "");

	if (strcmp(what, "open") == 0)
		return keep_open(k, m, ds);
	if (strcmp(what, "pull") == 0)
		return keep_pull(k, reply, ds);
	if (strcmp(what, "acquire") == 0)
		return keep_acquire(k, m, reply, ds);
	if (strcmp(what, "commit") == 0)
		return keep_commit(k, m, ds);
	if (strcmp(what, "renew") == 0)
		return shared_renew(&k->shared, false, ds);
	if (strcmp(what, "holder") == 0)
		return keep_holder(k, reply, ds);
	if (strcmp(what, "release") == 0)
		return keep_release(k);
	if (strcmp(what, "adopt") == 0)
		return shared_adopt(&k->shared, ds);
	if (strcmp(what, "leave") == 0)
		return shared_leave(&k->shared, ds);
	if (strcmp(what, "reseal") == 0)
		return keep_reseal(k, reply, ds);
	if (strcmp(what, "unlock") == 0)
		return shared_unlock(&k->shared, jx_str(m, "id", ""), ds);
	return diag_err(ds, "E0600", "a keeper cannot '%s'", what);
}

static int
keep_answer(struct keep *k, const json_t *m)
{
	CLEANUP(put_json) json_t *reply = json_object();
	CLEANUP(diags_done) struct diags ds;
	json_t *list = json_array();
	bool release = strcmp(jx_str(m, "do", ""), "release") == 0;
	int rc = -1;

	diags_init(&ds);
	/* What was found meanwhile is why nothing more is done. */
	if (k->lost.nerrors && k->writing && !release)
		diags_append(&ds, &k->lost);
	else
		rc = keep_do(k, m, reply, &ds);
	for (const struct diag *d = ds.first; d; d = d->next)
		json_array_append_new(list, diag_to_json(d));
	json_object_set_new(reply, "ok", json_boolean(rc == 0));
	json_object_set_new(reply, "diags", list);
	return frame_send(0, reply);
}

int
keep_main(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct keep k = { 0 };
	int rc = 0;

	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGINT, &ignore, NULL);
	diags_init(&k.lost);
	while (rc == 0) {
		struct pollfd p = { .fd = 0, .events = POLLIN };
		int ready = poll(&p, 1, k.writing ? TICK_MS : -1);
		json_t *m = NULL;

		if (ready < 0 && errno != EINTR)
			break;
		if (ready <= 0) {
			if (k.writing && !k.lost.nerrors &&
			    shared_renew(&k.shared, false, &k.lost) < 0)
				k.shared.broken = true;
			continue;
		}
		if (frame_recv(0, &m) != 1)
			break;
		rc = keep_answer(&k, m);
		json_decref(m);
	}
	if (k.open)
		shared_close(&k.shared);
	diags_done(&k.lost);
	json_decref(k.opened);
	return 0;
}
