#include "providers/clients/oci/push.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/trace.h"
#include "providers/clients/oci/headers.h"

#define TRIES    5u /* in a row that bring nothing */
#define PAUSE_MS 500u
#define STEP_MS  50u

#define OCTETS "Content-Type: application/octet-stream"

struct upload {
	struct oci_registry *r;
	const struct oci_blob *b;
	char *what;     /* "push NAME" */
	char *location; /* where the rest goes; NULL: it begins */
	uint64_t at;    /* what the registry has */
	bool whole;     /* it takes no chunks */
};

/* What became of a step. */
enum step {
	STEP_DONE,
	STEP_CANCELLED, /* as of enum oci_heard */
	STEP_AGAIN,     /* after a pause */
	STEP_FAILED = -1
};

static bool
is_cancelled(const struct oci_registry *r)
{
	return r->t->cancelled && r->t->cancelled(r->t->arg);
}

static bool
is_transient(long status)
{
	return status == 408 || status == 429 ||
	       (status >= 500 && status != 501 && status != 507);
}

/* What an answer that did not do it means. */
static enum step
step_of(struct upload *u, enum oci_heard heard, const struct http_reply *reply,
	struct diags *ds)
{
	if (heard == OCI_CANCELLED)
		return STEP_CANCELLED;
	if (heard == OCI_FAILED)
		return STEP_FAILED;
	if (heard == OCI_LOST)
		return STEP_AGAIN;
	oci_registry_refused(u->r, u->what, reply, ds);
	return is_transient(reply->status) ? STEP_AGAIN : STEP_FAILED;
}

/* The registry will not have chunks. */
static enum step
start_over(struct upload *u, const struct http_reply *reply, struct diags *ds)
{
	oci_registry_refused(u->r, u->what, reply, ds);
	if (!is_transient(reply->status))
		u->whole = true;
	return STEP_AGAIN;
}

static void
move_to(struct upload *u, char *location)
{
	free(u->location);
	u->location = location;
}

/* The place for what follows, from the newest answer. */
static bool
take_location(struct upload *u, const char *asked)
{
	CLEANUP(freep) char *text = http_header(u->r->http, "Location");

	move_to(u, oci_location(asked, text));
	return u->location != NULL;
}

/* --- steps ---------------------------------------------------------------- */

static enum step
look(struct upload *u, bool *there, struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	CLEANUP(freep)
	char *url = oci_registry_url(u->r, "blobs/%s", u->b->digest);
	struct oci_ask q = { .method = "HEAD", .url = url };
	enum oci_heard heard = oci_registry_send(u->r, &q, &reply, ds);

	*there = heard == OCI_HEARD && reply.status == 200;
	if (*there || (heard == OCI_HEARD && reply.status == 404))
		return STEP_DONE;
	return step_of(u, heard, &reply, ds);
}

/* *there: it was taken over from the repository that is alike. */
static enum step
begin(struct upload *u, bool *there, struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	const char *like = u->r->like.host ? u->r->like.path : NULL;
	CLEANUP(freep)
	char *url =
		like ? oci_registry_url(u->r, "blobs/uploads/?mount=%s&from=%s",
					u->b->digest, like)
		     : oci_registry_url(u->r, "blobs/uploads/");
	struct oci_ask q = {
		.method = "POST", .url = url, .headers = { OCTETS }, .body = ""
	};
	enum oci_heard heard = oci_registry_send(u->r, &q, &reply, ds);

	u->at = 0;
	*there = heard == OCI_HEARD && reply.status == 201;
	if (*there || (heard == OCI_HEARD && reply.status == 202 &&
		       take_location(u, url)))
		return STEP_DONE;
	/* Whoever may not read the other repository does without it. */
	if (like && (heard == OCI_HEARD || heard == OCI_FAILED)) {
		u->r->like.host = NULL;
		return STEP_AGAIN;
	}
	return step_of(u, heard, &reply, ds);
}

static void
give_bytes(void *arg, size_t at, char *p, size_t n)
{
	struct upload *u = arg;

	at += u->at;
	if (u->b->text)
		memcpy(p, u->b->text + at, n);
	else
		oci_layer_read(u->b->layer, at, p, n);
	if (u->r->t->progress)
		u->r->t->progress(u->r->t->arg, u->b->what, at + n, u->b->size);
}

/* Closes the upload, with all of it or with what the chunks left. */
static enum step
put(struct upload *u, bool rest, struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	CLEANUP(freep)
	char *url =
		xasprintf("%s%cdigest=%s", u->location,
			  strchr(u->location, '?') ? '&' : '?', u->b->digest);
	struct oci_ask q = {
		.method = "PUT", .url = url, .headers = { OCTETS }, .once = true
	};
	enum oci_heard heard;

	if (rest) {
		q.body_at = give_bytes;
		q.arg = u;
		q.body_len = (size_t)u->b->size;
	} else {
		q.body = "";
	}
	heard = oci_registry_send(u->r, &q, &reply, ds);
	if (heard == OCI_HEARD && (reply.status == 201 || reply.status == 204))
		return STEP_DONE;
	if (!rest && heard == OCI_HEARD)
		return start_over(u, &reply, ds);
	return step_of(u, heard, &reply, ds);
}

/* The rest as one chunk. */
static enum step
patch(struct upload *u, struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	CLEANUP(freep)
	char *range =
		xasprintf("Content-Range: %llu-%llu", (unsigned long long)u->at,
			  (unsigned long long)u->b->size - 1);
	CLEANUP(freep) char *url = xstrdup(u->location);
	struct oci_ask q = { .method = "PATCH",
			     .url = url,
			     .headers = { OCTETS, range },
			     .body_at = give_bytes,
			     .body_len = (size_t)(u->b->size - u->at),
			     .arg = u,
			     .once = true };
	enum oci_heard heard = oci_registry_send(u->r, &q, &reply, ds);

	if (heard == OCI_HEARD &&
	    (reply.status == 202 || reply.status == 204) &&
	    take_location(u, url)) {
		u->at = u->b->size;
		return STEP_DONE;
	}
	if (heard == OCI_HEARD)
		return start_over(u, &reply, ds);
	return step_of(u, heard, &reply, ds);
}

/* How far the registry came before it broke; what says nothing of that is over.
 */
static void
find_place(struct upload *u)
{
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	CLEANUP(diags_done) struct diags ignored;
	CLEANUP(freep) char *url = TAKE(u->location);
	struct oci_ask q = { .method = "GET", .url = url };

	diags_init(&ignored);
	if (u->whole || !url ||
	    oci_registry_send(u->r, &q, &reply, &ignored) != OCI_HEARD ||
	    reply.status / 100 != 2)
		return;
	CLEANUP(freep) char *range = http_header(u->r->http, "Range");

	u->at = oci_range_end(range);
	if (u->at > u->b->size)
		u->at = 0;
	if (u->at && !take_location(u, url))
		u->location = xstrdup(url);
	trace("oci: %s has %llu of %llu", u->b->what, (unsigned long long)u->at,
	      (unsigned long long)u->b->size);
}

/* --- the whole ------------------------------------------------------------ */

static enum step
try_it(struct upload *u, struct diags *ds)
{
	bool there = false;
	enum step rc = STEP_DONE;

	if (!u->location) {
		rc = look(u, &there, ds);
		if (rc == STEP_DONE && !there)
			rc = begin(u, &there, ds);
		if (rc || there)
			return rc;
	}
	if (!u->at)
		return put(u, true, ds);
	if (u->at < u->b->size)
		rc = patch(u, ds);
	return rc ? rc : put(u, false, ds);
}

static bool
rest_a_while(const struct oci_registry *r, unsigned tries)
{
	for (unsigned ms = PAUSE_MS << tries; ms >= STEP_MS; ms -= STEP_MS) {
		if (is_cancelled(r))
			return false;
		poll(NULL, 0, STEP_MS);
	}
	return true;
}

int
oci_push_blob(struct oci_registry *r, const struct oci_blob *b,
	      struct diags *ds)
{
	CLEANUP(freep) char *what = xasprintf("push %s", b->what);
	struct upload u = { .r = r, .b = b, .what = what };
	uint64_t best = 0;
	enum step rc;

	for (unsigned tries = 0;; tries++) {
		CLEANUP(diags_done) struct diags own;

		diags_init(&own);
		rc = try_it(&u, &own);
		if (rc == STEP_AGAIN && tries < TRIES) {
			if (!rest_a_while(r, tries)) {
				rc = STEP_CANCELLED;
				break;
			}
			find_place(&u);
			if (u.at > best) {
				best = u.at;
				tries = 0;
			}
			continue;
		}
		diags_append(ds, &own);
		break;
	}
	free(u.location);
	return rc == STEP_AGAIN ? -1 : (int)rc;
}
