/* opl2 metrics: processes and chain for Prometheus, once. opl2-metrics, which
 * serves them, runs this. */
#include "cmd/opl2/chain/procs.h"
#include "cmd/opl2/chain/snapshot.h"
#include "cmd/opl2/chain/status.h"

#include <time.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/health/metrics.h"
#include "providers/health/view.h"

#define TEXT_MAX (4 << 20)

static const struct opt_def opts[] = {
	OPTS_VARS,
	OPTS_END,
};

static int
exec_metrics(struct cmd *c)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(TEXT_MAX);
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(put_json) json_t *seen = NULL;
	CLEANUP(put_json) json_t *view = NULL;
	struct health_metrics in = { .version = OPL2_VERSION };

	snapshot_load_spec(c);
	if (procs_status_or_records(c, &st))
		return -1;
	seen = snapshot_take(c, st);
	if (c->ds.nerrors)
		return -1;
	view = seen ? health_view(seen) : NULL;
	in.status = st;
	in.now = seen ? jx_int(seen, "now", 0) : time(NULL);
	in.seen = seen;
	in.view = view;
	in.healthy = status_healthy(st, view);
	health_metrics(&in, &text);
	fputs(buf_str(&text), c->out);
	return EXIT_OK;
}

const struct cmd_entry cmd_metrics = {
	.name = "metrics",
	.args = "",
	.summary = "print processes and chain as Prometheus metrics",
	.text = "Prints what 'opl2 status' shows in Prometheus' text format, "
		"for the textfile collector of node_exporter or to see the "
		"available metrics. 'opl2-metrics' serves the same over HTTP; "
		"the preset input 'metrics: true' makes it a process of the "
		"chain. examples/monitoring contains alerts and Grafana "
		"dashboards for these metrics.\n"
		"\n"
		"Exits with status 0 whatever the values are. If OPL2_L1_RPC "
		"is set, its URLs are used for the L1 instead of the recorded "
		"ones.",
	.opts = opts,
	.needs = NEED_STATE,
	.exec = exec_metrics,
};
