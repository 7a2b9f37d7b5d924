#include "providers/clients/packages/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/http/http.h"

#define PROGRESS_MS 1000
/* Of a server that something else stands by for. */
#define BRIEF_CONNECT_MS 4000
#define BRIEF_STALL_S    5
#define BRIEF_TRIES      2

bool
fetch_cancelled(void *ctx)
{
	return effect_cancelled(ctx);
}

/* --- progress ------------------------------------------------------------- */

struct meter {
	struct effect_ctx *ctx;
	const char *what;
	int64_t last_ms;
};

static bool
meter_cancelled(void *arg)
{
	const struct meter *m = arg;

	return effect_cancelled(m->ctx);
}

static void
meter_progress(void *arg, uint64_t done, uint64_t total)
{
	struct meter *m = arg;
	int64_t now = (int64_t)mono_ms();

	if (now - m->last_ms < PROGRESS_MS)
		return;
	m->last_ms = now;
	if (total)
		effect_progress(m->ctx, "downloading %s: %.1f of %.1f MB",
				m->what, (double)done / 1e6,
				(double)total / 1e6);
	else
		effect_progress(m->ctx, "downloading %s: %.1f MB", m->what,
				(double)done / 1e6);
}

static void
be_brief(struct http_req *req)
{
	req->connect_ms = BRIEF_CONNECT_MS;
	req->stall_s = BRIEF_STALL_S;
	req->tries = BRIEF_TRIES;
}

/* --- files ---------------------------------------------------------------- */

static int
mismatch(const struct fetch *f, const char *url, const struct digest *got,
	 struct arena *a, struct diags *ds)
{
	CLEANUP(freep) char *host = http_redact(url);

	diag_err(ds, "E0703",
		 "'%s' from %s has the wrong digest: it has %s, expected %s",
		 f->what, host, digest_text(a, got), digest_text(a, f->want));
	diag_hint(ds, "a mirror or proxy may be broken; if the expected digest "
		      "is wrong, correct it in its file");
	return -1;
}

/* One transfer and check. *stale: what was resumed is worth another try from
 * the start. */
static enum http_result
transfer(struct effect_ctx *ctx, const struct effect_op *op,
	 const struct fetch *f, const char *url, const char *path, bool *stale,
	 struct diags *ds)
{
	CLEANUP(http_freep) struct http *h = http_new();
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	CLEANUP(close_fdp)
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	struct meter m = { .ctx = ctx,
			   .what = f->what,
			   .last_ms = (int64_t)mono_ms() };
	struct http_req req = { .url = url,
				.netrc = !f->npmrc,
				.cancelled = meter_cancelled,
				.progress = meter_progress,
				.arg = &m };
	const char *headers[3];
	struct digest got;
	enum http_result r;
	struct stat st;

	*stale = false;
	if (fd < 0 || fstat(fd, &st)) {
		diag_errno(ds, "E0707", "cannot open '%s'", path);
		return HTTP_FAILED;
	}
	if (f->npmrc)
		npmrc_apply(f->npmrc, &req, headers);
	if (op->brief)
		be_brief(&req);
	r = http_download(h, &req, fd, &reply, ds);
	if (r != HTTP_OK || !f->want)
		return r;
	if (digest_file(path, f->want->bits, &got, ds))
		return HTTP_FAILED;
	if (digest_equal(&got, f->want))
		return HTTP_OK;
	*stale = st.st_size > 0;
	mismatch(f, url, &got, ctx->arena, ds);
	if (unlink(path))
		diag_errno(ds, "E0707", "cannot remove '%s'", path);
	return HTTP_FAILED;
}

/* The URL with the spec's mirrors for it before it: a mirror is a prefix that
 * replaces a prefix. NULL-terminated, in the arena. */
static const char **
candidates(struct effect_ctx *ctx, const struct effect_op *op,
	   const struct fetch *f)
{
	const json_t *mirrors = op->env->mirrors;
	size_t max = (json_object_size(mirrors) + 1) * f->nurls + 1, n = 0;
	const char **out = arena_alloc(ctx->arena, max * sizeof(*out));

	for (size_t i = 0; i < f->nurls; i++) {
		const char *prefix;
		json_t *to;

		json_object_foreach((json_t *)(uintptr_t)mirrors, prefix, to) {
			size_t len = strlen(prefix);

			if (json_is_string(to) &&
			    strncmp(f->urls[i], prefix, len) == 0)
				out[n++] = arena_printf(ctx->arena, "%s%s",
							json_string_value(to),
							f->urls[i] + len);
		}
		out[n++] = f->urls[i];
	}
	return out;
}

enum outcome
fetch_file(struct effect_ctx *ctx, const struct effect_op *op,
	   const struct fetch *f, char **out)
{
	CLEANUP(freep)
	char *path = store_partial(op->env->store_dir, f->key, ctx->ds);
	const char **urls;
	struct diags failed;
	enum http_result r = HTTP_FAILED;
	bool again = false;

	if (!path)
		return OC_FAIL;
	urls = candidates(ctx, op, f);
	diags_init(&failed);
	effect_progress(ctx, "downloading %s", f->what);
	for (size_t i = 0; urls[i] && r != HTTP_OK && r != HTTP_CANCELLED;
	     i += !again) {
		bool stale;

		r = transfer(ctx, op, f, urls[i], path, &stale, &failed);
		again = stale && !again;
		if (again)
			diags_done(&failed), diags_init(&failed);
	}
	/* A mirror that failed is no error once another one served. */
	if (r != HTTP_OK)
		diags_append(ctx->ds, &failed);
	diags_done(&failed);
	if (r == HTTP_CANCELLED)
		return OC_CANCELLED;
	if (r != HTTP_OK)
		return OC_FAIL;
	*out = TAKE(path);
	return OC_OK;
}

/* Does the server say that it has no such document, or none of its kind? */
static bool
has_none(long status)
{
	return status == 404 || status == 405 || status == 410 || status == 501;
}

enum outcome
fetch_text(struct effect_ctx *ctx, const struct effect_op *op, const char *url,
	   const char *accept, const struct npmrc *npmrc, struct buf *out)
{
	CLEANUP(http_freep) struct http *h = http_new();
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	struct meter m = { .ctx = ctx, .what = url };
	struct http_req req = { .url = url,
				.netrc = !npmrc,
				.cancelled = meter_cancelled,
				.arg = &m };
	const char *headers[3] = { NULL }, *all[4] = { NULL };
	size_t n = 0;
	enum http_result r;

	if (npmrc)
		npmrc_apply(npmrc, &req, headers);
	if (op->brief)
		be_brief(&req);
	if (accept)
		all[n++] = arena_printf(ctx->arena, "Accept: %s", accept);
	all[n] = headers[0];
	req.headers = all;
	r = http_send(h, &req, &reply, ctx->ds);
	if (r == HTTP_OK && has_none(reply.status))
		return OC_GONE;
	if (r == HTTP_OK)
		r = http_expect_ok(&req, &reply, ctx->ds);
	if (r == HTTP_CANCELLED)
		return OC_CANCELLED;
	if (r != HTTP_OK)
		return OC_FAIL;
	buf_reset(out);
	buf_add(out, reply.body.p, reply.body.n);
	return OC_OK;
}

/* --- the store ------------------------------------------------------------ */

static bool
pause_op(void *arg, unsigned ms)
{
	return effect_wait_queued(arg, ms);
}

static void
tell_waiting(void *arg)
{
	effect_progress(arg,
			"waiting for another run that creates the same entry");
}

enum outcome
fetch_begin(struct effect_ctx *ctx, const struct effect_op *op,
	    const struct store_id *id, struct store_entry *e, bool *found)
{
	struct store_wait wait = { .pause = pause_op,
				   .waiting = tell_waiting,
				   .arg = ctx };

	switch (store_begin(op->env->store_dir, id, &wait, e, ctx->ds)) {
	case STORE_FOUND:
		*found = true;
		return OC_OK;
	case STORE_NEW:
		*found = false;
		return OC_OK;
	case STORE_CANCELLED:
		diag_err(ctx->ds, "E0805",
			 "interrupted while another run was creating '%s'",
			 id->name);
		return OC_CANCELLED;
	case STORE_ERROR:
		break;
	}
	return OC_FAIL;
}

/* --- opl2.lock ------------------------------------------------------------ */

static bool
same_subject(const json_t *lock, const json_t *identity,
	     const char *const *subject)
{
	for (; *subject; subject++) {
		const char *a = jx_str(lock, *subject, NULL);
		const char *b = jx_str(identity, *subject, NULL);

		if (!a || !b || strcmp(a, b) != 0)
			return false;
	}
	return lock != NULL;
}

const char *
fetch_lock_value(const struct effect_op *op, const json_t *identity,
		 const char *const *subject, const char *key)
{
	if (!op->lock || !same_subject(op->lock, identity, subject))
		return NULL;
	return jx_str(op->lock, key, NULL);
}

int
fetch_locked(struct effect_ctx *ctx, const struct effect_op *op,
	     const json_t *identity, const char *const *subject)
{
	const char *key;
	json_t *value;

	if (!op->lock || !same_subject(op->lock, identity, subject)) {
		if (!op->env->locked)
			return 0;
		diag_err(ctx->ds, "E0705",
			 "opl2.lock has no entry for the current '%s'",
			 op->addr);
		diag_hint(ctx->ds, "run 'opl2 apply' without -input=false to "
				   "extend opl2.lock, and commit the file");
		return -1;
	}
	json_object_foreach((json_t *)(uintptr_t)identity, key, value) {
		const char *now = json_string_value(value);
		const char *then = jx_str(op->lock, key, NULL);

		if (!now || !then || strcmp(now, then) == 0)
			continue;
		diag_err(ctx->ds, "E0704",
			 "'%s' has %s %s, but opl2.lock names %s", op->addr,
			 key, now, then);
		diag_hint(ctx->ds,
			  "find out why it changed; if the change is intended, "
			  "remove the entry of '%s' from opl2.lock",
			  op->addr);
		return -1;
	}
	return 0;
}
