/* What the adapter counts, and its log. */
#include "cmd/adapter/adapter.h"

#include <stdarg.h>

static const char *const op_names[] = { "put", "get" };
static const char *const out_names[] = { "ok",          "not_found",
					 "bad_request", "too_large",
					 "busy",        "timeout",
					 "error" };

void
adapter_log(const char *level, const char *fmt, ...)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	char when[32] = "";
	time_t t = time(NULL);
	struct tm tm;
	va_list ap;

	if (gmtime_r(&t, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_addf(&b, "t=%s lvl=%s ", when, level);
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	buf_addch(&b, '\n');
	/* One write, so that lines of several threads stay whole. */
	if (write(STDERR_FILENO, buf_str(&b), b.n) < 0)
		return;
}

static void
head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_addf(b, "# HELP opl2_meeda_%s %s\n# TYPE opl2_meeda_%s %s\n", name,
		 help, name, type);
}

void
metrics_print(struct adapter *a, struct buf *b)
{
	head(b, "requests_total", "counter", "Requests answered.");
	for (int op = 0; op < OP_COUNT; op++)
		for (int o = 0; o < OUT_COUNT; o++)
			buf_addf(b,
				 "opl2_meeda_requests_total{op=\"%s\","
				 "outcome=\"%s\"} %llu\n",
				 op_names[op], out_names[o],
				 atomic_load(&a->requests[op][o]));
	head(b, "bytes_total", "counter", "Bytes of objects put or got.");
	for (int op = 0; op < OP_COUNT; op++)
		buf_addf(b, "opl2_meeda_bytes_total{op=\"%s\"} %llu\n",
			 op_names[op], atomic_load(&a->bytes[op]));
	head(b, "seconds_total", "counter", "Time spent on requests.");
	for (int op = 0; op < OP_COUNT; op++) {
		unsigned long long ms = atomic_load(&a->millis[op]);

		buf_addf(b, "opl2_meeda_seconds_total{op=\"%s\"} %llu.%03llu\n",
			 op_names[op], ms / 1000, ms % 1000);
	}
	head(b, "in_flight", "gauge", "Requests being handled.");
	buf_addf(b, "opl2_meeda_in_flight %u\n", atomic_load(&a->in_flight));
}
