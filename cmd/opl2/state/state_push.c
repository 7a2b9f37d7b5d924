/* opl2 state pull, push, rollback: the state as a document. */
#include <errno.h>
#include <string.h>
#include <jansson.h>

#include "cmd/opl2/state/state_edit.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "state/codec.h"

static int
exec_pull(struct cmd *c)
{
	CLEANUP(put_json) json_t *doc = NULL;
	CLEANUP(freep) char *text = NULL;

	/* Nothing was saved yet: there is no document. */
	if (!*c->state->lineage)
		return EXIT_OK;
	doc = state_encode(c->state, &c->ds);
	if (!doc)
		return -1;
	text = jx_dump(doc);
	fputs(text, c->out);
	return EXIT_OK;
}

const struct cmd_entry cmd_state_pull = {
	.name = "state pull",
	.args = "",
	.summary = "print the state as it is now",
	.text = "Prints the JSON document that 'opl2 state push' takes, "
		"wherever the state is kept, and nothing when none was saved "
		"yet. Secrets are never in it.",
	.opts = opts_none,
	.needs = NEED_STATE,
	.exec = exec_pull,
};

/* --- what differs --------------------------------------------------------- */

static bool
same_entry(const struct state_entry *a, const struct state_entry *b)
{
	CLEANUP(put_json) json_t *x = entry_to_json(a);
	CLEANUP(put_json) json_t *y = entry_to_json(b);

	return json_equal(x, y);
}

/* Entries of a that b does not have, and with `common` those that differ;
 * their number. */
static size_t
show_side(struct cmd *c, const struct state *a, const struct state *b,
	  char sign, bool common)
{
	const struct state_entry **list, *other;
	size_t i, n, shown = 0;

	list = state_list(a, &c->arena, &n);
	for (i = 0; i < n; i++) {
		other = state_get(b, list[i]->addr);
		if (other && (!common || same_entry(list[i], other)))
			continue;
		fprintf(c->out, "  %c %s\n", other ? '~' : sign, list[i]->addr);
		shown++;
	}
	return shown;
}

/* True when anything does. */
static bool
show_differences(struct cmd *c, const struct state *from,
		 const struct state *to)
{
	size_t n = show_side(c, to, from, '+', true) +
		   show_side(c, from, to, '-', false);

	if (!json_equal(from->outputs, to->outputs)) {
		fputs("  ~ outputs\n", c->out);
		n++;
	}
	return n > 0;
}

#define QUESTION                                                               \
	"opl2 records these differences (+ added, ~ changed, - forgotten). "   \
	"The "                                                                 \
	"objects themselves stay as they are; the next plan compares them "    \
	"with "                                                                \
	"this state."

/* s becomes what `to` says. The caller chose serial and lineage. */
static void
take(struct cmd *c, struct state *s, const struct state *to)
{
	const struct state_entry **list;
	size_t i, n;

	list = state_list(s, &c->arena, &n);
	for (i = 0; i < n; i++)
		if (!state_get(to, list[i]->addr))
			state_remove(s, list[i]->addr);
	list = state_list(to, &c->arena, &n);
	for (i = 0; i < n; i++)
		state_put(s, list[i]);
	state_set_outputs(s, to->outputs);
}

static int
replace_state(struct cmd *c, struct state *s, const struct state *to)
{
	if (!show_differences(c, s, to)) {
		fputs("No changes. The state says that already.\n", c->out);
		return STATE_SAME;
	}
	if (state_approve(c, QUESTION))
		return -1;
	take(c, s, to);
	return 0;
}

static int
report(struct cmd *c, int rc, const char *what)
{
	if (rc == 0)
		fprintf(c->out, "%s\n", what);
	return rc < 0 ? -1 : EXIT_OK;
}

/* --- push ----------------------------------------------------------------- */

static const struct opt_def opts_push[] = {
	{ "force", OPT_FLAG, NULL,
	  "also if the file is older, of another lineage, or was edited" },
	OPTS_STATE_EDIT,
	OPTS_END,
};

/* What was edited has the sum of what it was. */
static void
renew_checksum(json_t *doc)
{
	char sum[65];

	if (json_object_del(doc, "checksum"))
		return;
	jx_digest(doc, sum);
	json_object_set_new(doc, "checksum", json_string(sum));
}

static int
read_pushed(struct cmd *c, struct state *out)
{
	const char *file = c->opts.args[0];
	bool in = strcmp(file, "-") == 0;
	CLEANUP(put_json)
	json_t *doc =
		jx_load_file(in ? "/dev/stdin" : file, LIM_STATE_BYTES, &c->ds);

	if (doc && opt_flag(&c->opts, "force"))
		renew_checksum(doc);
	if (doc && state_decode(doc, file, out, &c->ds) == 0)
		return 0;
	diag_hint(&c->ds, "give a file that 'opl2 state pull' printed%s",
		  c->ds.last && strcmp(c->ds.last->code, "E0504") == 0
			  ? "; -force takes one that was edited"
			  : "");
	return -1;
}

/* As Terraform: of this lineage, and not older than what is there. */
static int
check_pushed(struct cmd *c, const struct state *s, const struct state *to)
{
	if (!*s->lineage || opt_flag(&c->opts, "force"))
		return 0;
	if (strcmp(s->lineage, to->lineage) != 0) {
		diag_err(&c->ds, "E0517",
			 "'%s' has lineage %s, the state has %s",
			 c->opts.args[0], to->lineage, s->lineage);
		diag_hint(&c->ds, "it is the state of another chain, or of one "
				  "that began anew; -force replaces this one");
		return -1;
	}
	if (to->serial < s->serial) {
		diag_err(&c->ds, "E0518",
			 "'%s' has serial %llu, the state has %llu",
			 c->opts.args[0], (unsigned long long)to->serial,
			 (unsigned long long)s->serial);
		diag_hint(&c->ds, "take the state anew with 'opl2 state pull'; "
				  "-force goes back to the older one");
		return -1;
	}
	return 0;
}

static int
change_push(struct cmd *c, struct state_store *st UNUSED, struct state *s)
{
	struct state to;
	int rc;

	state_init(&to);
	rc = read_pushed(c, &to);
	if (rc == 0)
		rc = check_pushed(c, s, &to);
	if (rc == 0)
		rc = replace_state(c, s, &to);
	if (rc == 0) {
		memcpy(s->lineage, to.lineage, sizeof(s->lineage));
		if (to.serial > s->serial)
			s->serial = to.serial - 1;
	}
	state_done(&to);
	return rc;
}

static int
exec_push(struct cmd *c)
{
	return report(c, state_edit(c, "state push", change_push),
		      "The state is replaced.");
}

const struct cmd_entry cmd_state_push = {
	.name = "state push",
	.args = "FILE",
	.summary = "replace the state by a document of 'opl2 state pull'",
	.text = "Shows what differs and asks. FILE is '-' for standard input. "
		"The file has to be of the same lineage and not older than the "
		"state; -force replaces the state all the same. No object is "
		"touched. The state of before stays a generation: 'opl2 state "
		"rollback' brings it back.",
	.opts = opts_push,
	.min_args = 1,
	.max_args = 1,
	.needs = NEED_STATE_DIR,
	.exec = exec_push,
};

/* --- rollback ------------------------------------------------------------- */

static const struct opt_def opts_rollback[] = {
	OPTS_STATE_EDIT,
	OPTS_END,
};

static int
no_generation(struct cmd *c)
{
	diag_err(&c->ds, "E0521", "no generation has serial '%s'",
		 c->opts.args[0]);
	diag_hint(&c->ds, "'opl2 state history' lists those that are kept");
	return -1;
}

/* The serial of the argument, when it is kept. */
static int
kept_serial(struct cmd *c, struct state_store *st, uint64_t *serial)
{
	const char *arg = c->opts.args[0];
	struct state_generation *gen;
	size_t i, n;

	if (st->b->ops->generations(st->b, &c->arena, &gen, &n, &c->ds))
		return -1;
	for (i = 0; i < n; i++) {
		*serial = gen[i].serial;
		if (!strcmp(arg, arena_printf(&c->arena, "%llu",
					      (unsigned long long)*serial)))
			return 0;
	}
	return no_generation(c);
}

static int
change_back(struct cmd *c, struct state_store *st, struct state *s)
{
	struct state to;
	uint64_t serial;
	int rc;

	if (kept_serial(c, st, &serial))
		return -1;
	state_init(&to);
	rc = state_store_load_generation(st, serial, &to, &c->ds);
	if (rc == 0)
		rc = replace_state(c, s, &to);
	if (rc == 0)
		memcpy(s->lineage, to.lineage, sizeof(s->lineage));
	state_done(&to);
	return rc;
}

static int
exec_rollback(struct cmd *c)
{
	/* Where there is no state there is no generation, and no folder. */
	if (!*c->state->lineage)
		return no_generation(c);
	return report(c, state_edit(c, "state rollback", change_back),
		      "The state is as it was then.");
}

const struct cmd_entry cmd_state_rollback = {
	.name = "state rollback",
	.args = "SERIAL",
	.summary = "bring a generation of the state back, as a new one",
	.text = "Shows what differs and asks. 'opl2 state history' lists the "
		"serials. No object is touched: what was created since then is "
		"not recorded any more, and what was removed since then is "
		"found missing by the next plan.",
	.opts = opts_rollback,
	.min_args = 1,
	.max_args = 1,
	.needs = NEED_STATE,
	.exec = exec_rollback,
};
