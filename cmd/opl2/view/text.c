#include "cmd/opl2/view/text.h"

#include "engine/base/compiler.h"
#include "engine/diag/exit.h"

static const char *const exit_texts[] = {
	[EXIT_OK] = "success",
	[EXIT_FAILED] = "a resource failed",
	[EXIT_CHANGES] = "with -detailed-exitcode: changes are pending",
	[EXIT_SPEC] = "usage or spec error; nothing was changed",
	[EXIT_LOCKED] = "another run holds the lock",
	[EXIT_STALE] = "the plan is stale, or does not match reality",
	[EXIT_DRIFT] = "with -refresh-only -detailed-exitcode: drift was found",
	[EXIT_UNEXPECTED] =
		"changes are pending, but -expect-no-changes was given",
	[EXIT_INTERRUPTED] =
		"interrupted, state saved; rerun the command to continue",
	[EXIT_TIMEOUT] = "timed out",
	[EXIT_PREFLIGHT] =
		"preflight failed: funds, RPC, ports, versions, keys",
	[EXIT_STATE] = "the state is unreadable or from a newer release",
	[EXIT_UNSURE] = "it is not known whether an operation took effect; "
			"check it by hand",
	[EXIT_LEFT] = "destroy finished; protected objects remain",
	[EXIT_INTERNAL] = "a bug in opl2",
};
_Static_assert(COUNTOF(exit_texts) == TEXT_EXIT_CODES, "a text per code");

const char *
text_exit_code(int code)
{
	if (code < 0 || code >= TEXT_EXIT_CODES)
		return "unknown";
	return exit_texts[code];
}

int
text_width(const char *s)
{
	int w = 0;

	for (; *s; s++)
		if (((unsigned char)*s & 0xc0) != 0x80)
			w++;
	return w;
}

void
text_wrap(FILE *out, const char *text, const char *prefix, int width)
{
	const char *p = text;

	while (*p) {
		int col = text_width(prefix);
		const char *sep = "";

		if (*p != '\n')
			fputs(prefix, out);
		while (*p && *p != '\n') {
			size_t n = strcspn(p, " \n");

			if (*sep && col + 1 + (int)n > width) {
				fprintf(out, "\n%s", prefix);
				col = text_width(prefix);
				sep = "";
			}
			fprintf(out, "%s%.*s", sep, (int)n, p);
			col += (int)n + (*sep != '\0');
			sep = " ";
			p += n;
			p += *p == ' ';
		}
		fputc('\n', out);
		p += *p == '\n';
	}
}

void
text_elapsed(uint64_t ms, char *out, size_t n)
{
	unsigned long s = (unsigned long)(ms / 1000);

	if (ms < 10000)
		snprintf(out, n, "%lu.%lus", s, (unsigned long)(ms / 100 % 10));
	else if (s < 60)
		snprintf(out, n, "%lus", s);
	else if (s < 3600)
		snprintf(out, n, "%lum%02lus", s / 60, s % 60);
	else
		snprintf(out, n, "%luh%02lum", s / 3600, s / 60 % 60);
}
