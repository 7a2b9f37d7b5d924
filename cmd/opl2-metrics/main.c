/*
 * opl2-metrics: the metrics of a chain over HTTP, for Prometheus. It knows
 * nothing of chains: for a request it runs `opl2 metrics`, unless it did just
 * now. So the supervisor listens on no port, and opl2 stays off the network.
 */
#include <getopt.h>

#include "cmd/opl2-metrics/exporter.h"
#include "cmd/server/child.h"
#include "cmd/server/server.h"
#include "engine/base/logfmt.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/diag/exit.h"

#define MAX_AGE_MS 5000u
/* Prometheus gives up after 10 s, unless told otherwise. */
#define TIMEOUT_MS 9000u

struct options {
	const char *dir;
	char *host;
	uint16_t port;
	uint64_t max_age_ms, timeout_ms;
};

static const char usage[] =
	"usage: opl2-metrics --listen ADDRESS:PORT [--chdir DIR]\n"
	"  --chdir DIR        the folder of opl2.yaml; default: the current "
	"one\n"
	"  --max-age TIME     5s: results are served again for this long\n"
	"  --timeout TIME     9s for one refresh; then the answer is 503\n"
	"GET /metrics, GET /healthz\n";

static int
set_time(uint64_t *ms, const char *text)
{
	const char *why;

	return duration_parse(text, ms, &why) || *ms > 3600000 ? -1 : 0;
}

static int
metrics_set(struct options *o, int c, const char *arg)
{
	switch (c) {
	case 'l':
		return listen_parse(arg, &o->host, &o->port);
	case 'd':
		o->dir = arg;
		return 0;
	case 'a':
		return set_time(&o->max_age_ms, arg);
	case 't':
		return set_time(&o->timeout_ms, arg);
	default:
		return -1;
	}
}

static int
metrics_parse(int argc, char **argv, void *options)
{
	static const struct option opts[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "chdir", required_argument, NULL, 'd' },
		{ "max-age", required_argument, NULL, 'a' },
		{ "timeout", required_argument, NULL, 't' },
		{ 0 }
	};
	struct options *o = options;
	int c;

	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1)
		if (metrics_set(o, c, optarg))
			return -1;
	return optind == argc && o->host && o->timeout_ms ? 0 : -1;
}

static int
metrics_run(const void *options, struct diags *ds)
{
	const struct options *o = options;
	CLEANUP(freep) char *opl2 = server_find_opl2("E1151", ds);
	struct exporter e = { .opl2 = opl2,
			      .max_age_ms = (unsigned)o->max_age_ms,
			      .timeout_ms = (unsigned)o->timeout_ms };
	uint16_t port = o->port;
	struct MHD_Daemon *d;
	int sig;

	if (!opl2)
		return -1;
	if (o->dir && chdir(o->dir))
		return diag_errno(ds, "E1151", "cannot change to '%s'", o->dir);
	server_hold_signals();
	d = serve_start(&e, o->host, &port, ds);
	if (!d)
		return -1;
	sig = server_wait_signal();
	serve_stop(&e, d);
	buf_done(&e.text);
	logfmt("info", "msg=stopped signal=%d", sig);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct server_program program = { usage, metrics_parse,
						       metrics_run };
	struct options o = { .max_age_ms = MAX_AGE_MS,
			     .timeout_ms = TIMEOUT_MS };
	int rc = server_main(&program, argc, argv, &o);

	free(o.host);
	return rc;
}
