/* opl2 fmt: the canonical layout of specs and presets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/opl2/cli/cmd.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/yaml/format.h"

static const struct opt_def opts[] = {
	{ "check", OPT_FLAG, NULL,
	  "write nothing; exit with status 3 if a file would change" },
	{ "diff", OPT_FLAG, NULL, "show what changes" },
	OPTS_END,
};

struct lines {
	const char *at;
	size_t n;
};

static bool
next_line(const struct buf *b, struct lines *l)
{
	const char *end = buf_str(b) + b->n, *nl;

	l->at = l->at ? l->at + l->n + 1 : buf_str(b);
	if (l->at >= end)
		return false;
	nl = memchr(l->at, '\n', (size_t)(end - l->at));
	l->n = (size_t)((nl ? nl : end) - l->at);
	return true;
}

/* Does the text end in this line, without a newline? */
static bool
ends(const struct buf *text, const struct lines *l)
{
	return l->at + l->n == buf_str(text) + text->n;
}

static bool
is_empty(const struct lines *l)
{
	return strspn(l->at, " \t\r") >= l->n;
}

/* Lines that differ one after the other; what is in them begins at a and b. */
struct hunk {
	struct buf minus, plus;
	size_t a, b, na, nb;
};

static void
add_line(struct buf *out, char sign, const struct buf *text,
	 const struct lines *l)
{
	buf_addch(out, sign);
	buf_add(out, l->at, l->n);
	buf_addch(out, '\n');
	if (ends(text, l))
		buf_adds(out, "\\ No newline at end of file\n");
}

static void
end_hunk(struct cmd *c, struct hunk *h)
{
	if (h->na)
		fprintf(c->out, "@@ -%zu,%zu +%zu,%zu @@\n%s%s", h->a, h->na,
			h->nb ? h->b : h->b - 1, h->nb, buf_str(&h->minus),
			buf_str(&h->plus));
	buf_reset(&h->minus);
	buf_reset(&h->plus);
	h->a += h->na + 1;
	h->b += h->nb + 1;
	h->na = h->nb = 0;
}

/* As `diff -U0`. Lines are neither joined nor split, only empty ones go. */
static void
show_diff(struct cmd *c, const char *name, const struct buf *from,
	  const struct buf *to)
{
	struct hunk h = { BUF_INIT(2 * LIM_SPEC_BYTES),
			  BUF_INIT(2 * LIM_SPEC_BYTES),
			  1,
			  1,
			  0,
			  0 };
	struct lines a = { 0 }, b = { 0 };
	bool in_b = next_line(to, &b);

	fprintf(c->out, "--- %s\n+++ %s\n", name, name);
	while (next_line(from, &a)) {
		bool gone = !in_b || (is_empty(&a) && !is_empty(&b));

		if (!gone && a.n == b.n && memcmp(a.at, b.at, a.n) == 0 &&
		    ends(from, &a) == ends(to, &b)) {
			end_hunk(c, &h);
			in_b = next_line(to, &b);
			continue;
		}
		add_line(&h.minus, '-', from, &a);
		h.na++;
		if (gone)
			continue;
		add_line(&h.plus, '+', to, &b);
		h.nb++;
		in_b = next_line(to, &b);
	}
	end_hunk(c, &h);
	buf_done(&h.minus);
	buf_done(&h.plus);
}

/* What went wrong with a file of the user, by a code for such files. */
static int
tell(struct cmd *c, const char *code, struct diags *own)
{
	int rc = own->nerrors
			 ? diag_err(&c->ds, code, "%s", own->first->summary)
			 : 0;

	diags_done(own);
	return rc;
}

static int
read_file(struct cmd *c, const char *file, struct buf *text)
{
	struct diags own;

	diags_init(&own);
	(void)file_read(file, text, &own);
	return tell(c, "E0112", &own);
}

/* Through a link to the file itself, with the mode that it has. */
static int
rewrite(struct cmd *c, const char *file, const struct buf *to)
{
	CLEANUP(freep) char *path = realpath(file, NULL);
	struct diags own;
	struct stat st;

	diags_init(&own);
	if (!path || stat(path, &st))
		diag_errno(&own, "E0114", "cannot write '%s'", file);
	else if (!S_ISREG(st.st_mode))
		diag_err(&own, "E0114", "'%s' is not a file", file);
	else
		(void)file_replace(path, to->p, to->n, st.st_mode & 07777,
				   &own);
	return tell(c, "E0114", &own);
}

/* 1 when the file was laid out otherwise. */
static int
format_file(struct cmd *c, const char *file)
{
	CLEANUP(buf_done) struct buf from = BUF_INIT(LIM_SPEC_BYTES + 1);
	CLEANUP(buf_done) struct buf to = BUF_INIT(2 * LIM_SPEC_BYTES);
	bool in = strcmp(file, "-") == 0, check = opt_flag(&c->opts, "check");
	bool diff = opt_flag(&c->opts, "diff"), same;

	if (read_file(c, in ? "/dev/stdin" : file, &from) ||
	    yaml_format(in ? "<standard input>" : file, buf_str(&from), from.n,
			&to, &c->ds))
		return -1;
	same = from.n == to.n &&
	       memcmp(buf_str(&from), buf_str(&to), to.n) == 0;
	if (in && !check && !diff)
		fwrite(buf_str(&to), 1, to.n, c->out);
	if (same)
		return 0;
	if (!in && !check && rewrite(c, file, &to))
		return -1;
	if (!in)
		fprintf(c->out, "%s\n", file);
	if (diff)
		show_diff(c, file, &from, &to);
	return 1;
}

static int
exec_fmt(struct cmd *c)
{
	bool differ = false;

	if (c->opts.nargs == 0) {
		if (!file_exists("opl2.yaml"))
			return diag_err(&c->ds, "E1011",
					"no opl2.yaml in this folder");
		differ = format_file(c, "opl2.yaml") > 0;
	}
	for (size_t i = 0; i < c->opts.nargs; i++)
		differ |= format_file(c, c->opts.args[i]) > 0;
	if (c->ds.nerrors)
		return -1;
	return differ && opt_flag(&c->opts, "check") ? EXIT_SPEC : EXIT_OK;
}

const struct cmd_entry cmd_fmt = {
	.name = "fmt",
	.args = "[FILE...]",
	.summary = "lay out the spec in the canonical way",
	.text = "FILE is a spec, a preset or a part (default: opl2.yaml), or "
		"'-' "
		"for standard input, which is then printed. Only white space "
		"changes: two spaces a level, at most one empty line, no "
		"tabs. Comments, quotes and order stay. Prints the files that "
		"it changed, with -check those that it would change.",
	.opts = opts,
	.max_args = 1000,
	.exec = exec_fmt,
};
