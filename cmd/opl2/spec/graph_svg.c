/* The graph of a spec as SVG. */
#include "cmd/opl2/spec/graph_svg.h"

#include "cmd/opl2/spec/graph_layout.h"
#include "engine/base/limits.h"
#include "engine/kind/kind.h"

enum {
	CHANNEL = 60, /* between layers */
	CHAR_W = 8,   /* of a name, at most */
	PAD = 10,     /* in a box */
	MARGIN = 24,
	HEAD = 8, /* of an arrow */
	LEGEND_H = 20,
	LEGEND_W = 300,
};

struct drawing {
	struct layout l;
	int *x, *width; /* of each layer; and x of the end */
};

static const struct group {
	unsigned flag; /* 0: the rest */
	const char *name, *text;
	const char *light, *dark; /* fill, stroke */
} groups[] = {
	{ KIND_RUNS, "run", "process", "fill:#dafbe1;stroke:#1a7f37",
	  "fill:#12261e;stroke:#3fb950" },
	{ KIND_IRREVERSIBLE, "pay", "spends money or cannot be undone",
	  "fill:#fff1e5;stroke:#bc4c00", "fill:#2f1e12;stroke:#f0883e" },
	{ KIND_CACHE, "cache", "download or build",
	  "fill:#f6f8fa;stroke:#6e7781", "fill:#1c2128;stroke:#8b949e" },
	{ KIND_READ_ONLY, "read", "only read", "fill:#fbefff;stroke:#8250df",
	  "fill:#231a33;stroke:#bc8cff" },
	{ 0, "own", "made by opl2", "fill:#ddf4ff;stroke:#0969da",
	  "fill:#121d2f;stroke:#58a6ff" },
};

static const char *
name_of(const struct node *n)
{
	return strchr(n->addr, '.') + 1;
}

static const struct group *
group_of(const struct node *n)
{
	const struct resource *res = n->data;
	const struct group *gr = groups;

	while (gr->flag && !(res->kind->flags & gr->flag))
		gr++;
	return gr;
}

static void
measure(struct drawing *d)
{
	int x = MARGIN;

	d->x = arena_alloc(&d->l.a, (d->l.nlayers + 1) * sizeof(*d->x));
	d->width = arena_alloc(&d->l.a, (d->l.nlayers + 1) * sizeof(*d->width));
	for (size_t i = 0; i < d->l.g->n; i++) {
		const char *name = name_of(&d->l.g->nodes[i]);
		size_t kind = (size_t)(name - d->l.g->nodes[i].addr) - 1;
		size_t len = strlen(name) > kind ? strlen(name) : kind;
		int w = (int)len * CHAR_W + 2 * PAD;

		if (w > d->width[d->l.layer[i]])
			d->width[d->l.layer[i]] = w;
	}
	for (size_t k = 0; k < d->l.nlayers; k++) {
		d->x[k] = x;
		x += d->width[k] + CHANNEL;
	}
	d->x[d->l.nlayers] = x;
}

static void
draw_joint(const struct drawing *d, const struct joint *j, struct buf *b)
{
	const struct item *l = &d->l.items[j->left], *r = &d->l.items[j->right];
	int x0 = d->x[l->layer] + d->width[l->layer] + (l->bend ? 0 : HEAD);
	int x1 = d->x[r->layer], mid = (x0 + x1) / 2;

	buf_addf(b, "M%d %.0fC%d %.0f %d %.0f %d %.0f", x0, l->y, mid, l->y,
		 mid, r->y, x1, r->y);
	if (r->bend)
		buf_addf(b, "H%d", x1 + d->width[r->layer]);
}

/* All edges to one node, so that they can be followed together. */
static void
draw_edges(const struct drawing *d, const struct node *n, struct buf *b)
{
	const struct item *it = &d->l.items[n->id];
	int x = d->x[it->layer] + d->width[it->layer];

	if (!n->nin)
		return;
	buf_adds(b, "<g class=\"e\"><title>what depends on ");
	buf_addxml(b, n->addr);
	buf_adds(b, "</title><path d=\"");
	for (size_t i = 0; i < d->l.njoints; i++)
		if (d->l.items[d->l.joints[i].left].node == n->id)
			draw_joint(d, &d->l.joints[i], b);
	buf_addf(b, "\"/><path class=\"h\" d=\"M%d %.0fl%d -4v8z\"/></g>\n", x,
		 it->y, HEAD);
}

static void
draw_node(const struct drawing *d, const struct node *n, struct buf *b)
{
	const struct item *it = &d->l.items[n->id];
	const char *name = name_of(n);
	int x = d->x[it->layer];

	buf_addf(b, "<g class=\"%s\" data-addr=\"", group_of(n)->name);
	buf_addxml(b, n->addr);
	buf_adds(b, "\" data-needs=\"");
	for (size_t i = 0; i < n->nout; i++) {
		if (i)
			buf_addch(b, ' ');
		buf_addxml(b, d->l.g->nodes[n->out[i]].addr);
	}
	buf_adds(b, "\"><title>");
	buf_addxml(b, n->addr);
	buf_addf(b,
		 "</title><rect x=\"%d\" y=\"%.0f\" width=\"%d\" height=\"%d\" "
		 "rx=\"5\"/><text class=\"k\" x=\"%d\" y=\"%.0f\">%.*s</text>"
		 "<text x=\"%d\" y=\"%.0f\">",
		 x, it->y - BOX_H / 2.0, d->width[it->layer], BOX_H, x + PAD,
		 it->y - 4, (int)(name - n->addr) - 1, n->addr, x + PAD,
		 it->y + 11);
	buf_addxml(b, name);
	buf_adds(b, "</text></g>\n");
}

/* The groups that there are, below each other from y on. The y after them. */
static int
draw_legend(const struct drawing *d, int y, struct buf *b)
{
	for (size_t i = 0; i < COUNTOF(groups); i++) {
		bool used = false;

		for (size_t k = 0; k < d->l.g->n && !used; k++)
			used = group_of(&d->l.g->nodes[k]) == &groups[i];
		if (!used)
			continue;
		buf_addf(b,
			 "<g class=\"%s\"><rect x=\"%d\" y=\"%d\" width=\"14\" "
			 "height=\"14\" rx=\"3\"/><text class=\"k\" x=\"%d\" "
			 "y=\"%d\">%s</text></g>\n",
			 groups[i].name, MARGIN, y, MARGIN + 22, y + 11,
			 groups[i].text);
		y += LEGEND_H;
	}
	return y;
}

static void
add_style(struct buf *b)
{
	buf_adds(b, "<style>\n"
		    "text{font:bold 12px monospace;fill:#1f2328}\n"
		    ".k{font:11px monospace;fill:#59636e}\n"
		    ".b{fill:#fff}\n"
		    ".e path{fill:none;stroke:#8c959f;stroke-width:1.2}\n"
		    ".e .h{fill:#8c959f}\n"
		    ".e:hover path{stroke:#cf222e;stroke-width:2.4}\n");
	for (size_t i = 0; i < COUNTOF(groups); i++)
		buf_addf(b, ".%s rect{%s}\n", groups[i].name, groups[i].light);
	buf_adds(b, "@media (prefers-color-scheme:dark){\n"
		    "text{fill:#e6edf3}\n"
		    ".k{fill:#9198a1}\n"
		    ".b{fill:#0d1117}\n"
		    ".e path{stroke:#656c76}\n"
		    ".e .h{fill:#656c76}\n");
	for (size_t i = 0; i < COUNTOF(groups); i++)
		buf_addf(b, ".%s rect{%s}\n", groups[i].name, groups[i].dark);
	buf_adds(b, "}\n</style>\n");
}

/* Moves all to begin at the margin. Where it ends. */
static int
shift_down(struct drawing *d)
{
	double top = 0, bottom = 0;

	for (size_t i = 0; i < d->l.nitems; i++)
		if (i == 0 || d->l.items[i].y - item_half(&d->l.items[i]) < top)
			top = d->l.items[i].y - item_half(&d->l.items[i]);
	for (size_t i = 0; i < d->l.nitems; i++) {
		struct item *it = &d->l.items[i];

		it->y += MARGIN - top;
		if (it->y + item_half(it) > bottom)
			bottom = it->y + item_half(it);
	}
	return (int)bottom + MARGIN;
}

static void
draw(struct drawing *d, const char *title, struct buf *out)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_STATE_BYTES);
	int width = d->l.nlayers ? d->x[d->l.nlayers] - CHANNEL + MARGIN : 0;
	int height = shift_down(d);

	for (size_t i = 0; i < d->l.g->n; i++)
		draw_edges(d, &d->l.g->nodes[i], &b);
	for (size_t i = 0; i < d->l.g->n; i++)
		draw_node(d, &d->l.g->nodes[i], &b);
	height = draw_legend(d, height, &b) + MARGIN - LEGEND_H + 14;
	width = width < LEGEND_W ? LEGEND_W : width;
	buf_addf(out,
		 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d "
		 "%d\" width=\"%d\" height=\"%d\" role=\"img\">\n<title>",
		 width, height, width, height);
	buf_addxml(out, title);
	buf_adds(out, "</title>\n");
	add_style(out);
	buf_addf(out, "<rect class=\"b\" width=\"%d\" height=\"%d\"/>\n", width,
		 height);
	buf_adds(out, buf_str(&b));
	buf_adds(out, "</svg>\n");
}

void
graph_svg(const struct graph *g, const char *title, struct buf *out)
{
	struct drawing d;

	layout_init(&d.l, g);
	measure(&d);
	draw(&d, title, out);
	layout_done(&d.l);
}
