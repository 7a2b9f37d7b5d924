/* What the adapter counts. */
#include "cmd/opl2-meeda/adapter.h"

static const char *const route_names[] = { "put", "get" };
static const char *const out_names[] = { "ok",          "not_found",
					 "bad_request", "too_large",
					 "busy",        "timeout",
					 "error" };

/* Upper ends in milliseconds; the tries of a put or get end after 30 s. */
static const unsigned bucket_ms[BUCKETS] = { 10,   50,   100,   500,  1000,
					     2000, 5000, 10000, 30000 };

void
metrics_add(struct adapter *a, enum adapter_op op, enum outcome o, uint64_t ms,
	    uint64_t bytes)
{
	struct route_stats *c = &a->ops[op];

	atomic_fetch_add(&c->requests[o], 1);
	atomic_fetch_add(&c->bytes, bytes);
	atomic_fetch_add(&c->millis, ms);
	for (size_t i = 0; i < BUCKETS; i++)
		if (ms <= bucket_ms[i])
			atomic_fetch_add(&c->quicker[i], 1);
	if (o == OUT_OK)
		atomic_store(&c->last_ok, (unsigned long long)time(NULL));
}

static void
head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_addf(b, "# HELP opl2_meeda_%s %s\n# TYPE opl2_meeda_%s %s\n", name,
		 help, name, type);
}

static void
gauge(struct buf *b, const char *name, const char *help, uint64_t v)
{
	head(b, name, "gauge", help);
	buf_addf(b, "opl2_meeda_%s %llu\n", name, (unsigned long long)v);
}

static void
seconds(struct buf *b, unsigned long long ms)
{
	buf_addf(b, "%llu.%03llu", ms / 1000, ms % 1000);
}

static void
durations(struct buf *b, struct route_stats *c, const char *op)
{
	static const char name[] = "opl2_meeda_request_seconds";
	unsigned long long all = 0;

	for (int o = 0; o < OUT_COUNT; o++)
		all += atomic_load(&c->requests[o]);
	for (size_t i = 0; i < BUCKETS; i++) {
		buf_addf(b, "%s_bucket{op=\"%s\",le=\"", name, op);
		seconds(b, bucket_ms[i]);
		buf_addf(b, "\"} %llu\n", atomic_load(&c->quicker[i]));
	}
	buf_addf(b, "%s_bucket{op=\"%s\",le=\"+Inf\"} %llu\n", name, op, all);
	buf_addf(b, "%s_sum{op=\"%s\"} ", name, op);
	seconds(b, atomic_load(&c->millis));
	buf_addf(b, "\n%s_count{op=\"%s\"} %llu\n", name, op, all);
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
				 route_names[op], out_names[o],
				 atomic_load(&a->ops[op].requests[o]));
	head(b, "request_seconds", "histogram", "Time spent on requests.");
	for (int op = 0; op < OP_COUNT; op++)
		durations(b, &a->ops[op], route_names[op]);
	head(b, "bytes_total", "counter", "Bytes of objects put or got.");
	for (int op = 0; op < OP_COUNT; op++)
		buf_addf(b, "opl2_meeda_bytes_total{op=\"%s\"} %llu\n",
			 route_names[op], atomic_load(&a->ops[op].bytes));
	head(b, "tries_total", "counter", "Requests made to Meeda.");
	for (int op = 0; op < OP_COUNT; op++)
		buf_addf(b, "opl2_meeda_tries_total{op=\"%s\"} %llu\n",
			 route_names[op], atomic_load(&a->ops[op].tries));
	head(b, "last_ok_timestamp_seconds", "gauge",
	     "When a request was last answered with success; 0 is never.");
	for (int op = 0; op < OP_COUNT; op++)
		buf_addf(b,
			 "opl2_meeda_last_ok_timestamp_seconds{op=\"%s\"} "
			 "%llu\n",
			 route_names[op], atomic_load(&a->ops[op].last_ok));
	gauge(b, "in_flight", "Requests being handled.",
	      atomic_load(&a->in_flight));
	gauge(b, "max_in_flight", "More than these are answered 503.",
	      a->max_requests);
	gauge(b, "max_object_bytes", "Larger objects are answered 413.",
	      a->meeda.max_object);
}
