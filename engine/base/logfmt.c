#include "engine/base/logfmt.h"

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"

#define LINE_MAX_BYTES 4096

void
logfmt(const char *level, const char *fmt, ...)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LINE_MAX_BYTES);
	char when[24];
	va_list ap;

	utc_now(when, sizeof(when));
	buf_addf(&b, "t=%s lvl=%s ", when, level);
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	buf_addch(&b, '\n');
	if (write(STDERR_FILENO, buf_str(&b), b.n) < 0)
		return;
}
