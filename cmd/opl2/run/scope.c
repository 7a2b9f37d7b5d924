/* What a plan is limited to: names on the command line and in files. */
#include "cmd/opl2/run/scope.h"

#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/limits.h"
#include "engine/io/file.h"

struct names {
	const char **all;
	size_t n, max;
};

static void
add(struct cmd *c, struct names *to, const char *name)
{
	const char **more;

	if (to->n == to->max) {
		to->max = to->max ? to->max * 2 : 16;
		more = arena_alloc(&c->arena, to->max * sizeof(*more));
		if (to->n)
			memcpy(more, to->all, to->n * sizeof(*more));
		to->all = more;
	}
	to->all[to->n++] = name;
}

/* Cuts the comment and the blanks around; the rest is a name, or "". */
static char *
bare(char *line)
{
	size_t n;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t\r");
	for (n = strlen(line); n && strchr(" \t\r", line[n - 1]); n--)
		line[n - 1] = '\0';
	return line;
}

static int
take_file(struct cmd *c, const char *file, struct names *to)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(LIM_SPEC_BYTES);
	unsigned number = 0;
	char *at, *line;

	if (!file_exists(file))
		return diag_err(&c->ds, "E0650", "there is no file '%s'", file);
	if (file_read(file, &text, &c->ds))
		return -1;
	at = arena_strdup(&c->arena, buf_str(&text));
	while ((line = strsep(&at, "\n"))) {
		const char *name = bare(line);

		number++;
		if (name[strcspn(name, " \t\r")]) {
			diag_err(&c->ds, "E0650",
				 "line %u of '%s' is not an address", number,
				 file);
			diag_hint(&c->ds, "write one address, or the name of a "
					  "kind, a line");
			return -1;
		}
		if (*name)
			add(c, to, name);
	}
	return 0;
}

int
scope_take(struct cmd *c, const char *name, const char *const **out, size_t *n)
{
	const char *option = arena_printf(&c->arena, "%s-file", name);
	const char *const *given, *const *files;
	struct names all = { 0 };
	size_t i, ngiven, nfiles;

	given = opt_list(&c->opts, name, &c->arena, &ngiven);
	files = opt_list(&c->opts, option, &c->arena, &nfiles);
	for (i = 0; i < ngiven; i++)
		add(c, &all, given[i]);
	for (i = 0; i < nfiles; i++)
		if (take_file(c, files[i], &all))
			return -1;
	if (nfiles && !all.n && strcmp(name, "target") == 0) {
		diag_err(&c->ds, "E0650", "'%s' has no address", files[0]);
		diag_hint(&c->ds, "without a target everything would be "
				  "planned: leave -target-file out for that");
		return -1;
	}
	*out = all.all;
	*n = all.n;
	return 0;
}
