#ifndef OPL2_VIEW_VIEW_H
#define OPL2_VIEW_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/apply/apply.h"
#include "engine/diag/diag.h"
#include "engine/plan/plan.h"
#include "engine/run/events.h"
#include "engine/run/run.h"

/*
 * How opl2 shows things; only the view files print results. There are two
 * renderings of the same calls: for people (view_human.c, with view_plan.h
 * for plans and view_live.c for what is going on) and for programs
 * (view_json.c, one JSON object a line).
 */
struct view_ops;

struct view {
	const struct view_ops *ops;
	FILE *out;
	bool color, color_err;
	bool full;            /* a plan with all attributes */
	struct events events; /* hand this to the engine */
	struct live *live;    /* of the human view */
	struct tee *tee;      /* -json-into, or NULL */
};

struct view_ops {
	void (*event)(struct view *v, const struct event *ev);
	void (*tick)(struct view *v); /* or NULL */
	/* What changes. saved: the path it was saved to, or NULL. */
	void (*plan)(struct view *v, const struct plan *p, const char *saved);
	/* What accounts need and own: cmd/opl2/run/funds.h. */
	void (*funds)(struct view *v, const json_t *funds);
	/* What to decide by, after the two above; or NULL. */
	void (*plan_end)(struct view *v, const struct plan *p,
			 const char *saved);
	void (*applied)(struct view *v, const struct plan *p,
			const struct apply_result *res);
	/* chains: what apply has spent: [{chain_id, wei, unmined, limit}]. */
	void (*spent)(struct view *v, const json_t *chains);
	/* outputs: object of NAME -> {value, sensitive}. */
	void (*outputs)(struct view *v, const json_t *outputs);
	void (*diags)(struct view *v, struct diags *ds);
	void (*done)(struct view *v);
};

enum view_kind { VIEW_HUMAN, VIEW_JSON };

void view_init(struct view *v, enum view_kind kind, FILE *out, bool color,
	       bool color_err);
void view_done(struct view *v);
/* From now on also as NDJSON into this file (E0653), until view_tee_end(),
 * after view_done(), which says whether all of it is there. */
int view_tee(struct view *v, const char *path, struct diags *ds);
int view_tee_end(struct view *v, const char *path, struct diags *ds);

extern const struct view_ops view_human_ops, view_json_ops;
/* The first line of NDJSON: what speaks, and which version of the format. */
void view_json_begin(struct view *v);

/* All diagnostics, sorted; at most 20, then a count. */
void view_diags(FILE *out, struct diags *ds, bool color);
/* The line that a position is in, control characters blanked; malloc'd. NULL
 * when it cannot be read any more. */
char *view_source_line(const struct diag_pos *pos);
/* One diagnostic as `validate -json` and NDJSON show it. New reference. */
json_t *view_diag_json(const struct diag *d);

/* A plan for people: its changes, and what each costs; full: with the
 * attributes of what is new ... */
void view_plan(FILE *out, const struct plan *p, bool color, bool full);
/* ... and what to decide by, down to the last line. */
void view_plan_end(FILE *out, const struct plan *p, bool color, bool full,
		   const char *saved);
/* The same as Markdown for a review comment, cut to about 60 KB. */
void view_plan_markdown(FILE *out, const struct plan *p);
/* The table of what accounts need, own and lack. */
void view_funds(FILE *out, const json_t *funds, bool color);
void view_spent(FILE *out, const json_t *chains);
/* "Plan: 1 to add, ..." or "No changes. ..."; arena text. */
const char *view_plan_line(const struct plan *p, struct arena *a);
/* A value on one line: quoted when it has to be, secret tokens as (sensitive).
 * Arena text. */
const char *view_value(const json_t *j, struct arena *a);
/* The same for a page that is read rather than copied from: on a terminal cut
 * to a readable length. */
const char *view_value_for(FILE *out, const json_t *j, struct arena *a);
/* Whether what is long is cut in `out`: on a terminal. A pipe and a file get
 * the whole of it. */
bool view_cuts(FILE *out);
/* "args.max-channel-duration" for "/args/max-channel-duration". */
const char *view_pointer(const char *pointer, struct arena *a);

#endif
