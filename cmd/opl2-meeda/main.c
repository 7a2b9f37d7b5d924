/*
 * opl2-meeda: an upstream alt-DA server in front of a Meeda server, so that
 * unchanged node programs can keep their batches in Meeda. The commitments are
 * those of the Meeda fork: a chain can change from the one to the other.
 */
#include <getopt.h>

#include "cmd/opl2-meeda/adapter.h"
#include "cmd/server/server.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/base/platform.h"
#include "engine/base/units.h"
#include "engine/diag/exit.h"

#define DRAIN_MS 10000u
#define PUT_MS   30000u
/* While op-node waits for a batch it neither derives nor makes blocks. */
#define GET_MS 10000u
/* The batcher's largest frame with alt-DA, 130672, and the byte before it. */
#define OBJECT_MAX 130673u

struct options {
	const char *meeda;
	char *host;
	uint16_t port;
	uint64_t max_object, put_ms, get_ms, max_requests;
};

static const char usage[] =
	"usage: opl2-meeda --listen ADDRESS:PORT [--meeda URL]\n"
	"  --meeda URL          URL of the Meeda server; or OPL2_MEEDA_URL\n"
	"  --max-object BYTES   130673\n"
	"  --put-timeout TIME   30s, for all attempts\n"
	"  --get-timeout TIME   10s, for all attempts: op-node waits that "
	"long\n"
	"  --max-requests N     16 at once\n"
	"POST /put, GET /get/0x..., GET /healthz, GET /metrics\n";

static bool
meeda_is_cancelled(void *arg)
{
	struct adapter *a = arg;

	return atomic_load(&a->cancel);
}

static int
set_time(uint64_t *ms, const char *text)
{
	const char *why;

	return duration_parse(text, ms, &why) || *ms == 0 || *ms > 3600000 ? -1
									   : 0;
}

static int
meeda_set(struct options *o, int c, const char *arg)
{
	switch (c) {
	case 'l':
		return listen_parse(arg, &o->host, &o->port);
	case 'm':
		o->meeda = arg;
		return 0;
	case 'o':
		return parse_u64(arg, 16u << 20, &o->max_object);
	case 'p':
		return set_time(&o->put_ms, arg);
	case 'g':
		return set_time(&o->get_ms, arg);
	case 'r':
		return parse_u64(arg, 1024, &o->max_requests);
	default:
		return -1;
	}
}

static int
meeda_parse(int argc, char **argv, void *options)
{
	static const struct option opts[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "meeda", required_argument, NULL, 'm' },
		{ "max-object", required_argument, NULL, 'o' },
		{ "put-timeout", required_argument, NULL, 'p' },
		{ "get-timeout", required_argument, NULL, 'g' },
		{ "max-requests", required_argument, NULL, 'r' },
		{ 0 }
	};
	struct options *o = options;
	int c;

	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1)
		if (meeda_set(o, c, optarg))
			return -1;
	if (!o->meeda)
		o->meeda = getenv("OPL2_MEEDA_URL");
	return optind == argc && o->host && o->meeda && o->max_object &&
			       o->max_requests &&
			       !strncmp(o->meeda, "http", 4) &&
			       !strpbrk(o->meeda, "?#")
		       ? 0
		       : -1;
}

static int
meeda_run(const void *options, struct diags *ds)
{
	const struct options *o = options;
	CLEANUP(freep) char *url = xstrdup(o->meeda);
	struct adapter a = { .max_requests = (unsigned)o->max_requests,
			     .meeda = { .url = url,
					.max_object = o->max_object,
					.put_ms = (unsigned)o->put_ms,
					.get_ms = (unsigned)o->get_ms,
					.tries = 3,
					.cancelled = meeda_is_cancelled } };
	uint16_t port = o->port;
	struct MHD_Daemon *d;
	int sig;

	while (*url && url[strlen(url) - 1] == '/')
		url[strlen(url) - 1] = '\0';
	a.meeda.arg = &a;
	server_hold_signals();
	env_spare_local();
	if (http_init(ds))
		return -1;
	d = serve_start(&a, o->host, &port, ds);
	if (!d)
		return -1;
	sig = server_wait_signal();
	logfmt("info", "msg=stopping signal=%d", sig);
	serve_stop(&a, d, mono_ms() + DRAIN_MS);
	http_cleanup();
	logfmt("info", "msg=stopped");
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct server_program program = { usage, meeda_parse,
						       meeda_run };
	struct options o = { .max_object = OBJECT_MAX,
			     .put_ms = PUT_MS,
			     .get_ms = GET_MS,
			     .max_requests = 16 };
	int rc = server_main(&program, argc, argv, &o);

	free(o.host);
	return rc;
}
