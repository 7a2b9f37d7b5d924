#include "cmd/opl2-metrics/exporter.h"

#include "cmd/server/child.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"

int
exporter_refresh(struct exporter *e, struct buf *why)
{
	static const char *const argv[] = { "opl2", "metrics", NULL };
	CLEANUP(buf_done) struct buf out = BUF_INIT(EXPORTER_TEXT_MAX);

	if (e->at && mono_ms() - e->at < e->max_age_ms)
		return 0;
	if (server_run_child(e->opl2, argv, e->timeout_ms, &e->cancel, &out,
			     why))
		return -1;
	buf_done(&e->text);
	e->text = out;
	out = (struct buf)BUF_INIT(0);
	e->at = mono_ms();
	return 0;
}
