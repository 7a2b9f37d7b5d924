/* The run's side of an operation: providers/kinds/effect.h, over the wire. */
#include "cmd/opl2-worker/worker.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"
#include "engine/kind/wire.h"

void
worker_send(struct worker *w, json_t *msg)
{
	if (!w->eof && frame_send(WIRE_FD, msg))
		w->eof = w->cancelled = true;
	json_decref(msg);
}

static void
take_msg(struct worker *w, json_t *msg)
{
	const char *type = jx_str(msg, "type", "");

	if (strcmp(type, "ok") == 0)
		w->oks++;
	else if (strcmp(type, "cancel") == 0)
		w->cancelled = true;
	else if (strcmp(type, "env") == 0 && !w->env_msg)
		w->env_msg = json_incref(msg);
	else if (strcmp(type, "op") == 0 && !w->effect_msg) {
		/* A cancellation may follow in the same read. */
		w->effect_msg = json_incref(msg);
		w->cancelled = false;
	} else
		w->eof = w->cancelled = true;
	json_decref(msg);
}

void
worker_poll(struct worker *w, int ms)
{
	struct pollfd pfd = { .fd = WIRE_FD, .events = POLLIN };
	json_t *msg;
	ssize_t n;
	char *p;
	int rc;

	if (w->eof || poll(&pfd, 1, ms) <= 0)
		return;
	p = buf_reserve(&w->in, 65536);
	n = p ? recv(WIRE_FD, p, 65536, MSG_DONTWAIT) : 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		w->eof = w->cancelled = true;
		return;
	}
	buf_filled(&w->in, (size_t)n);
	while ((rc = frame_take(&w->in, &msg)) == 1)
		take_msg(w, msg);
	if (rc < 0)
		w->eof = w->cancelled = true;
}

/* The engine answers intents and process groups once they are on disk. A
 * cancellation meanwhile does not change that: the answer still comes. */
static int
wait_ok(struct effect_ctx *ctx)
{
	struct worker *w = ctx->impl;

	while (w->oks == 0 && !w->eof)
		worker_poll(w, -1);
	if (w->oks == 0)
		return diag_err(ctx->ds, "E0615",
				"opl2 ended during the operation");
	w->oks--;
	return 0;
}

int
effect_intend(struct effect_ctx *ctx, const json_t *token)
{
	worker_send(ctx->impl, json_pack("{s:s, s:o}", "type", "intend",
					 "token", jx_share(token)));
	return wait_ok(ctx);
}

/* durable() of a worker: files below the state folder are the run's. */
int
worker_keep(void *arg, const char *path, int64_t from, struct diags *ds)
{
	struct worker *w = arg;
	struct effect_ctx ctx = { .ds = ds, .impl = w };
	const char *dir = jx_str(w->env_msg, "state_dir", "");
	size_t n = strlen(dir);

	if (strncmp(path, dir, n) != 0 || path[n] != '/')
		return 0;
	worker_send(w, json_pack("{s:s, s:s, s:I}", "type", "keep", "path",
				 path + n + 1, "from", (json_int_t)from));
	return wait_ok(&ctx);
}

int
effect_pgroup(struct effect_ctx *ctx, int64_t pgid, uint64_t starttime)
{
	worker_send(ctx->impl, json_pack("{s:s, s:I, s:I}", "type", "pgroup",
					 "pgid", (json_int_t)pgid, "start",
					 (json_int_t)starttime));
	return wait_ok(ctx);
}

void
effect_pgroup_end(struct effect_ctx *ctx, int64_t pgid)
{
	worker_send(ctx->impl, json_pack("{s:s, s:I}", "type", "pgroup_end",
					 "pgid", (json_int_t)pgid));
}

void
effect_progress(struct effect_ctx *ctx, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(ctx->arena, fmt, ap);
	va_end(ap);
	worker_send(ctx->impl, json_pack("{s:s, s:s%}", "type", "progress",
					 "text", text, strlen(text)));
}

void
effect_early(struct effect_ctx *ctx, json_t *attrs)
{
	worker_send(ctx->impl,
		    json_pack("{s:s, s:o}", "type", "early", "attrs", attrs));
}

bool
effect_cancelled(struct effect_ctx *ctx)
{
	struct worker *w = ctx->impl;

	worker_poll(w, 0);
	return w->cancelled;
}

bool
effect_wait(struct effect_ctx *ctx, unsigned ms)
{
	struct worker *w = ctx->impl;
	uint64_t now = mono_ms(), end = now + ms;

	do {
		worker_poll(w, end > now ? (int)(end - now) : 0);
		now = mono_ms();
	} while (now < end && !w->cancelled);
	return w->cancelled;
}

bool
effect_wait_queued(struct effect_ctx *ctx, unsigned ms)
{
	struct worker *w = ctx->impl;
	uint64_t began = mono_ms();
	bool cancelled = effect_wait(ctx, ms);

	w->waited_ms += mono_ms() - began;
	return cancelled;
}

const char *
effect_asset(struct effect_ctx *ctx, const struct effect_op *op,
	     const char *value)
{
	size_t n = strcspn(value, ":");
	const char *sha = value[n] ? value + n + 1 : "";

	return arena_printf(ctx->arena, "%s/%.*s", op->env->places->assets,
			    (int)strcspn(sha, ":"), sha);
}
