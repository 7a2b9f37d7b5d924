/* Heads, batches, outputs, money and servers of the page. */
#include "providers/page/page_parts.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/compiler.h"
#include "engine/io/jx.h"
#include "providers/health/view.h"

#define YEARS (10 * 365 * 24) /* hours after which nobody counts */

const char *
page_ether(const json_t *from, const char *key, char out[PAGE_ETHER])
{
	struct u256 v;
	char *unit;

	if (u256_parse(jx_str(from, key, ""), &v))
		return "?";
	ether_round(&v, false, out, PAGE_ETHER - 4);
	unit = out + strspn(out, "0123456789.");
	memcpy(unit, " ETH", 5);
	return out;
}

const char *
page_lasts(const json_t *balance, char out[HTML_SPAN])
{
	int64_t hours = jx_int(balance, "hours_left", -1);

	if (hours < 0)
		return "";
	if (hours > YEARS)
		return "years";
	if (hours > 72)
		snprintf(out, HTML_SPAN, "%lld days", (long long)(hours / 24));
	else
		snprintf(out, HTML_SPAN, "%lld hour%s", (long long)hours,
			 hours == 1 ? "" : "s");
	return out;
}

void
page_bar(struct buf *out, int64_t percent, bool low)
{
	html_put(out,
		 "<svg class=\"bar%s\" viewBox=\"0 0 100 6\" "
		 "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect "
		 "width=\"%d\" height=\"6\"/></svg>",
		 low ? " low" : "",
		 percent < 0     ? (int64_t)0
		 : percent > 100 ? (int64_t)100
				 : percent);
}

/* --- the figures that matter most ------------------------------------------
 */

static void
tile_begin(struct buf *out, const char *name)
{
	html_put(out, "<div><dt>%s</dt><dd>", name);
}

static void
tile_end(struct buf *out, const char *sub)
{
	html_put(out, "</dd><dd class=\"sub\">%s</dd></div>\n", sub);
}

static void
tile_head(const struct page *p, const char *key, const char *name,
	  struct buf *out)
{
	const json_t *heads = jx_get(jx_get(p->seen, "chain"), "heads");
	const json_t *h = jx_get(heads, key);
	char span[HTML_SPAN], sub[HTML_SPAN + 8];

	if (!h)
		return;
	tile_begin(out, name);
	html_put(out, "%d", jx_int(h, "number", 0));
	snprintf(sub, sizeof(sub), "%s old",
		 html_span(jx_int(h, "lag_s", 0), span));
	tile_end(out, sub);
}

static void
tile_window(const struct page *p, struct buf *out)
{
	const json_t *b = jx_get(jx_get(p->seen, "chain"), "batches");
	int64_t left = jx_int(b, "window_left_percent", -1);
	int64_t window = jx_int(b, "window", 0);
	char sub[64] = "";

	if (left < 0)
		return;
	tile_begin(out, "Sequencing window left");
	html_put(out, "%d %%", left);
	page_bar(out, left, left < HEALTH_WINDOW_LEFT);
	if (window > 0)
		snprintf(sub, sizeof(sub), "%lld of %lld L1 blocks",
			 (long long)(window * left / 100), (long long)window);
	tile_end(out, sub);
}

static void
tile_since(const struct page *p, const char *name, const json_t *thing,
	   const char *sub, struct buf *out)
{
	int64_t at = jx_int(p->seen, "at", 0);

	if (!jx_get(thing, "age_s"))
		return;
	tile_begin(out, name);
	html_since(out, at - jx_int(thing, "age_s", 0), p->now);
	buf_adds(out, " ago");
	tile_end(out, sub);
}

static void
tile_batch_and_output(const struct page *p, struct buf *out)
{
	const json_t *chain = jx_get(p->seen, "chain");
	const json_t *b = jx_get(chain, "batches"),
		     *o = jx_get(chain, "output");
	bool games = !strcmp(jx_str(o, "kind", ""), "games");
	char sub[64];

	snprintf(sub, sizeof(sub), "%lld L2 blocks are pending",
		 (long long)jx_int(b, "waiting", 0));
	tile_since(p, "Newest batch", jx_get(b, "last"), sub, out);
	snprintf(sub, sizeof(sub), "number %lld, L2 block %lld",
		 (long long)jx_int(o, "index", 0),
		 (long long)jx_int(o, "block", 0));
	tile_since(p, games ? "Newest game" : "Newest output", o, sub, out);
}

/* The account that is empty first. */
static void
tile_money(const struct page *p, struct buf *out)
{
	const json_t *v, *first = NULL;
	char span[HTML_SPAN], ether[PAGE_ETHER], sub[PAGE_ETHER + 64];
	size_t i;

	json_array_foreach(jx_get(jx_get(p->seen, "chain"), "balances"), i, v) {
		if (jx_get(v, "hours_left") &&
		    (!first || jx_int(v, "hours_left", 0) <
				       jx_int(first, "hours_left", 0)))
			first = v;
	}
	if (!first)
		return;
	tile_begin(out, "First account empty");
	if (jx_int(first, "hours_left", 0) > YEARS)
		buf_adds(out, "not for years");
	else
		html_put(out, "in %s", page_lasts(first, span));
	snprintf(sub, sizeof(sub), "%s, %s",
		 *jx_str(first, "role", "") ? jx_str(first, "role", "")
					    : jx_str(first, "process", "?"),
		 page_ether(first, "wei", ether));
	tile_end(out, sub);
}

void
page_tiles(const struct page *p, struct buf *out)
{
	if (!jx_get(p->seen, "chain"))
		return;
	buf_adds(out, "<dl class=\"tiles\">\n");
	tile_head(p, "l1", "L1 head", out);
	tile_head(p, "unsafe", "L2 unsafe head", out);
	tile_head(p, "safe", "L2 safe head", out);
	tile_head(p, "finalized", "L2 finalized head", out);
	tile_window(p, out);
	tile_batch_and_output(p, out);
	tile_money(p, out);
	buf_adds(out, "</dl>\n");
}

/* --- tables ----------------------------------------------------------------
 */

static void
section(struct buf *out, const char *id, const char *title, const char *columns)
{
	html_put(out,
		 "<section aria-labelledby=\"h-%s\"><h2 id=\"h-%s\">%s</h2>"
		 "<div class=\"wide\" tabindex=\"0\" role=\"group\" "
		 "aria-labelledby=\"h-%s\"><table><thead><tr>%r</tr></thead>"
		 "<tbody>\n",
		 id, id, title, id, columns);
}

static void
section_end(struct buf *out)
{
	buf_adds(out, "</tbody></table></div></section>\n");
}

static void
put_heads(const struct page *p, struct buf *out)
{
	static const char *const rows[][2] = {
		{ "l1", "L1" },
		{ "l1_finalized", "L1 finalized" },
		{ "unsafe", "L2 unsafe" },
		{ "safe", "L2 safe" },
		{ "finalized", "L2 finalized" },
	};
	const json_t *heads = jx_get(jx_get(p->seen, "chain"), "heads");
	char span[HTML_SPAN];

	if (json_object_size(heads) == 0)
		return;
	section(out, "heads", "Heads",
		"<th scope=\"col\">Head</th><th scope=\"col\" class=\"n\">Block"
		"</th><th scope=\"col\" class=\"n\">Age</th>");
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		const json_t *h = jx_get(heads, rows[i][0]);

		if (h)
			html_put(out,
				 "<tr><th scope=\"row\">%s</th><td class=\"n\">"
				 "%d</td><td class=\"n\">%s</td></tr>\n",
				 rows[i][1], jx_int(h, "number", 0),
				 html_span(jx_int(h, "lag_s", 0), span));
	}
	section_end(out);
}

/* A row of a table of names and values; the value is HTML. */
static void
row(struct buf *out, const char *name, const struct buf *value)
{
	html_put(out, "<tr><th scope=\"row\">%s</th><td>%r</td></tr>\n", name,
		 buf_str(value));
}

static void
rows_of_batches(const struct page *p, struct buf *out)
{
	const json_t *b = jx_get(jx_get(p->seen, "chain"), "batches");
	const json_t *last = jx_get(b, "last");
	int64_t at = jx_int(p->seen, "at", 0);
	CLEANUP(buf_done) struct buf v = BUF_INIT(4096);

	if (last) {
		html_put(&v, "in L1 block %d, ", jx_int(last, "block", 0));
		html_since(&v, at - jx_int(last, "age_s", 0), p->now);
		buf_adds(&v, " ago");
		row(out, "Newest batch", &v);
	} else if (jx_get(b, "looked_back")) {
		html_put(&v, "none in the last %d L1 blocks",
			 jx_int(b, "looked_back", 0));
		row(out, "Newest batch", &v);
	}
	buf_reset(&v);
	if (jx_get(b, "waiting")) {
		html_put(&v, "%d L2 blocks", jx_int(b, "waiting", 0));
		row(out, "Not in a batch yet", &v);
	}
	buf_reset(&v);
	if (jx_get(b, "window_left_percent")) {
		html_put(&v, "%d %% of %d L1 blocks",
			 jx_int(b, "window_left_percent", 0),
			 jx_int(b, "window", 0));
		row(out, "Sequencing window left", &v);
	}
}

static void
rows_of_output(const struct page *p, struct buf *out)
{
	const json_t *o = jx_get(jx_get(p->seen, "chain"), "output");
	bool games = !strcmp(jx_str(o, "kind", ""), "games");
	int64_t at = jx_int(p->seen, "at", 0);
	CLEANUP(buf_done) struct buf v = BUF_INIT(4096);
	char span[HTML_SPAN];

	if (!o)
		return;
	if (jx_get(o, "block")) {
		html_put(&v, "number %d for L2 block %d, ",
			 jx_int(o, "index", 0), jx_int(o, "block", 0));
		html_since(&v, at - jx_int(o, "age_s", 0), p->now);
		buf_adds(&v, " ago");
	} else {
		buf_adds(&v, "none yet");
	}
	row(out, games ? "Newest game" : "Newest output", &v);
	buf_reset(&v);
	if (jx_get(o, "matches")) {
		bool good = jx_bool(o, "matches", false);

		html_put(&v, "<span class=\"sign %s\">%s</span>",
			 good ? "ok" : "error",
			 good ? "as the node computes it"
			      : "NOT what the node computes");
		row(out, "Its output root", &v);
	}
	buf_reset(&v);
	if (jx_get(o, "next_block"))
		html_put(&v, "for L2 block %d ", jx_int(o, "next_block", 0));
	if (jx_int(o, "due_s", 0) > 0)
		html_put(&v, "in %s", html_span(jx_int(o, "due_s", 0), span));
	else if (jx_get(o, "due_s"))
		buf_adds(&v, "now");
	if (v.n)
		row(out, "Next one", &v);
	buf_reset(&v);
	if (jx_get(o, "behind")) {
		html_put(&v, "%d L2 blocks", jx_int(o, "behind", 0));
		row(out, "Proposer is behind by", &v);
	}
}

static void
put_posting(const struct page *p, struct buf *out)
{
	const json_t *chain = jx_get(p->seen, "chain");

	if (json_object_size(jx_get(chain, "batches")) == 0 &&
	    !jx_get(chain, "output"))
		return;
	section(out, "post", "Batches and outputs",
		"<th scope=\"col\">What</th><th scope=\"col\">Value</th>");
	rows_of_batches(p, out);
	rows_of_output(p, out);
	section_end(out);
}

static void
put_balances(const struct page *p, struct buf *out)
{
	const json_t *list = jx_get(jx_get(p->seen, "chain"), "balances"), *v;
	int64_t at = jx_int(p->seen, "at", 0);
	char has[PAGE_ETHER], burns[PAGE_ETHER], span[HTML_SPAN];
	char when[CLOCK_MINUTE];
	size_t i;

	if (json_array_size(list) == 0)
		return;
	section(out, "money", "Balances on the L1",
		"<th scope=\"col\">Account</th>"
		"<th scope=\"col\">Address</th>"
		"<th scope=\"col\" class=\"n\">Balance</th>"
		"<th scope=\"col\" class=\"n\">Spends a day</th>"
		"<th scope=\"col\" class=\"n\">Lasts</th>"
		"<th scope=\"col\" class=\"n\">Empty on</th>");
	json_array_foreach(list, i, v) {
		int64_t hours = jx_int(v, "hours_left", -1);
		const char *role = jx_str(v, "role", "");
		bool known = hours >= 0 && hours <= YEARS;

		if (known)
			utc_minute(at + hours * 3600, when);
		html_put(out,
			 "<tr data-address=\"%s\"><th scope=\"row\">%s</th>"
			 "<td><code>%s</code></td><td class=\"n\">%s</td>"
			 "<td class=\"n\">%s</td><td class=\"n\">%r%s%r</td>"
			 "<td class=\"n\">%s</td></tr>\n",
			 jx_str(v, "address", ""),
			 *role ? role : jx_str(v, "process", "?"),
			 jx_str(v, "address", "?"), page_ether(v, "wei", has),
			 jx_get(v, "wei_per_day")
				 ? page_ether(v, "wei_per_day", burns)
				 : "–",
			 known && hours < HEALTH_HOURS_LEFT
				 ? "<span class=\"sign error\">"
				 : "<span>",
			 hours < 0 ? "–" : page_lasts(v, span), "</span>",
			 known ? when : "–");
	}
	section_end(out);
}

static void
rows_of_servers(const struct page *p, struct buf *out)
{
	const json_t *chain = jx_get(p->seen, "chain"), *da, *v;
	CLEANUP(buf_done) struct buf text = BUF_INIT(4096);
	const char *name;
	json_t *n;
	size_t i;

	da = jx_get(chain, "da");
	if (da) {
		html_put(&text, "%s answers in %d ms", jx_str(da, "name", "?"),
			 jx_int(da, "ms", 0));
		row(out, "DA server", &text);
	}
	json_object_foreach((json_t *)(uintptr_t)jx_get(chain, "peers"), name,
			    n) {
		buf_reset(&text);
		html_put(&text, "%d", (int64_t)json_integer_value(n));
		buf_adds(&text, " peers");
		row(out, name, &text);
	}
	json_array_foreach(jx_get(chain, "replicas"), i, v) {
		buf_reset(&text);
		html_put(&text, "replica: safe %d", jx_int(v, "safe", 0));
		if (jx_get(v, "behind"))
			html_put(&text, ", %d blocks behind",
				 jx_int(v, "behind", 0));
		row(out, jx_str(v, "name", "?"), &text);
	}
}

static void
rows_of_forks(const struct page *p, struct buf *out)
{
	const json_t *l1 = jx_get(jx_get(p->seen, "chain"), "l1_fork");
	const json_t *l2 = jx_get(jx_get(p->seen, "chain"), "forks");
	CLEANUP(buf_done) struct buf text = BUF_INIT(4096);
	char when[CLOCK_MINUTE];

	if (l1) {
		html_put(&text, "%s", jx_str(l1, "now", "?"));
		if (jx_get(l1, "next")) {
			utc_minute(jx_int(jx_get(l1, "next"), "time", 0), when);
			html_put(&text, "; %s on %s",
				 jx_str(jx_get(l1, "next"), "name", "?"), when);
		}
		row(out, "L1 fork", &text);
	}
	buf_reset(&text);
	if (json_object_size(l2) == 0)
		return;
	html_put(&text, "%s", jx_str(l2, "active", "none yet"));
	if (jx_get(l2, "next")) {
		utc_minute(jx_int(jx_get(l2, "next"), "time", 0), when);
		html_put(&text, "; %s on %s",
			 jx_str(jx_get(l2, "next"), "name", "?"), when);
	}
	row(out, "L2 fork", &text);
}

static void
put_servers(const struct page *p, struct buf *out)
{
	CLEANUP(buf_done) struct buf rows = BUF_INIT(1 << 20);

	rows_of_servers(p, &rows);
	rows_of_forks(p, &rows);
	if (rows.n == 0)
		return;
	section(out, "net", "Servers and forks",
		"<th scope=\"col\">What</th><th scope=\"col\">Value</th>");
	buf_adds(out, buf_str(&rows));
	section_end(out);
}

/* What status lists, where doctor has nothing to say about it. */
static void
put_problems(const struct page *p, struct buf *out)
{
	const json_t *list = jx_get(jx_get(p->seen, "chain"), "problems"), *v;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	section(out, "prob", "Problems",
		"<th scope=\"col\">What</th><th scope=\"col\">Problem</th>");
	json_array_foreach(list, i, v) {
		html_put(out, "<tr><th scope=\"row\">%s</th><td>%s</td></tr>\n",
			 jx_str(v, "what", "?"), jx_str(v, "text", "?"));
	}
	section_end(out);
}

void
page_chain(const struct page *p, struct buf *out)
{
	put_problems(p, out);
	buf_adds(out, "<div class=\"pair\">\n");
	put_heads(p, out);
	put_posting(p, out);
	put_servers(p, out);
	buf_adds(out, "</div>\n");
	put_balances(p, out);
}
