/*
 * opl2-ui: one page that shows how a chain is, live, on this machine. It knows
 * nothing of chains, and changes nothing: it runs `opl2 ui -json` and `opl2
 * status -json`, and keeps what it needs of a day in .opl2/ui.ring.
 */
#include "cmd/opl2-ui/ui.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cmd/server/child.h"
#include "engine/base/logfmt.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/diag/exit.h"
#include "engine/io/jx.h"
#include "providers/page/record.h"

#define RING_PATH      ".opl2/ui.ring"
#define WATCHED_STEP_S 2
#define ALONE_STEP_S   10
#define TELL_MS        5000
#define TELL_STEP_MS   50

struct options {
	const char *dir, *token_file;
	char *host;
	uint16_t port;
	bool tell;
};

static const char usage[] =
	"usage: opl2-ui --listen ADDRESS:PORT [--chdir DIR]\n"
	"  --chdir DIR        the folder of opl2.yaml; default: the current "
	"one\n"
	"  --token-file FILE  what a reader has to know; needed to listen at "
	"other\n"
	"                     addresses than 127.0.0.1\n"
	"  --tell             print the page's URL\n"
	"GET /, /events, /history, /graph.svg, /plan, /status.json, /healthz\n";

static int
ui_set(struct options *o, int c, const char *arg)
{
	switch (c) {
	case 'l':
		return listen_parse(arg, &o->host, &o->port);
	case 'd':
		o->dir = arg;
		return 0;
	case 't':
		o->token_file = arg;
		return 0;
	case 'u':
		o->tell = true;
		return 0;
	default:
		return -1;
	}
}

static int
ui_parse(int argc, char **argv, void *options)
{
	static const struct option opts[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "chdir", required_argument, NULL, 'd' },
		{ "token-file", required_argument, NULL, 't' },
		{ "tell", no_argument, NULL, 'u' },
		{ 0 }
	};
	struct options *o = options;
	int c;

	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1)
		if (ui_set(o, c, optarg))
			return -1;
	return optind == argc && o->host ? 0 : -1;
}

static int
prepare(struct ui *u, const struct options *o, struct diags *ds)
{
	if (o->dir && chdir(o->dir))
		return diag_errno(ds, "E1401", "cannot change to '%s'", o->dir);
	if (o->token_file && guard_load_token(u, o->token_file, ds))
		return -1;
	if (!u->has_token && !listen_is_loopback(o->host))
		return diag_err(ds, "E1400",
				"'%s' is reached from other machines, and "
				"there is no token",
				o->host);
	u->opl2 = server_find_opl2("E1401", ds);
	return u->opl2 ? 0 : -1;
}

/* Without a history there is still a page. */
static void
open_ring(struct ui *u)
{
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	u->has_ring = ring_open(&u->ring, RING_PATH, RECORD_VERSION,
				RECORD_BYTES, RECORD_COUNT, "E1403", &ds) == 0;
	if (!u->has_ring)
		logfmt("error", "msg=\"%s: %s\"", ds.last->code,
		       ds.last->summary);
}

/* Says where the page is as soon as there is something on it: the signal that
 * came meanwhile, or 0. */
static int
tell(struct ui *u, const sigset_t *set, const char *host, unsigned port)
{
	const struct timespec step = { .tv_nsec = TELL_STEP_MS * 1000000L };

	for (int waited = 0; waited < TELL_MS; waited += TELL_STEP_MS) {
		bool there;
		int sig;

		pthread_mutex_lock(&u->lock);
		there = u->seen || u->trouble;
		pthread_mutex_unlock(&u->lock);
		if (there)
			break;
		sig = sigtimedwait(set, NULL, &step);
		if (sig > 0)
			return sig;
	}
	printf("http://%s:%u/\n", host, port);
	fflush(stdout);
	return 0;
}

/* Looks at the processes until a signal comes, which it returns. */
static int
watch(struct ui *u, const sigset_t *set)
{
	int sig;

	for (;;) {
		struct timespec step = { .tv_sec = WATCHED_STEP_S };
		int waited = 0;

		/* Somebody may come in between. */
		do {
			bool watched;

			sig = sigtimedwait(set, NULL, &step);
			if (sig > 0)
				return sig;
			pthread_mutex_lock(&u->lock);
			watched = collect_watched(u);
			pthread_mutex_unlock(&u->lock);
			waited += watched ? ALONE_STEP_S : WATCHED_STEP_S;
		} while (waited < ALONE_STEP_S);
		collect_processes(u);
	}
}

static int
ui_run(const void *options, struct diags *ds)
{
	const struct options *o = options;
	struct ui u = { .quiet = o->tell,
			.lock = PTHREAD_MUTEX_INITIALIZER,
			.hurry = PTHREAD_COND_INITIALIZER };
	uint16_t port = o->port;
	struct MHD_Daemon *d = NULL;
	pthread_t chain;
	sigset_t set;
	int sig, rc = -1;

	if (prepare(&u, o, ds))
		return -1;
	server_hold_signals();
	d = ui_serve(&u, o->host, &port, ds);
	if (!d)
		goto out;
	open_ring(&u);
	if (collect_start(&u, &chain, ds))
		goto out;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sig = o->tell ? tell(&u, &set, o->host, port) : 0;
	if (sig == 0)
		sig = watch(&u, &set);
	if (!u.quiet)
		logfmt("info", "msg=stopped signal=%d", sig);
	atomic_store(&u.cancel, true);
	pthread_mutex_lock(&u.lock);
	pthread_cond_signal(&u.hurry);
	pthread_mutex_unlock(&u.lock);
	pthread_join(chain, NULL);
	rc = 0;
out:
	atomic_store(&u.cancel, true);
	pthread_mutex_lock(&u.lock);
	events_wake(&u);
	pthread_mutex_unlock(&u.lock);
	/* What is suspended has to be resumed before MHD may stop. */
	ask_end(&u.graph);
	ask_end(&u.plan);
	if (d)
		MHD_stop_daemon(d);
	ask_end(&u.graph);
	ask_end(&u.plan);
	ask_done(&u.graph);
	ask_done(&u.plan);
	if (u.has_ring)
		ring_close(&u.ring);
	json_decref(u.seen);
	free(u.trouble);
	free(u.opl2);
	return rc;
}

int
main(int argc, char **argv)
{
	static const struct server_program program = { usage, ui_parse,
						       ui_run };
	struct options o = { 0 };
	int rc = server_main(&program, argc, argv, &o);

	free(o.host);
	return rc;
}
