/* The processes of the page. */
#include "providers/page/page_parts.h"

#include "engine/base/compiler.h"
#include "engine/io/jx.h"
#include "providers/health/findings.h"

#define WHY_MAX 4096

bool
page_process_good(const struct process_status *p)
{
	if (health_log_disk_low(p) || p->pause.outage)
		return false;
	return p->ready || (!p->wanted && !process_runs(p));
}

/* A part of a sentence, after a semicolon if there was one before. */
static void
why(struct buf *b, const char *text, const char *what)
{
	if (b->n)
		buf_adds(b, "; ");
	buf_addf(b, "%s%s", text, what ? what : "");
}

void
page_process_why(const struct process_status *p, struct buf *b)
{
	const char *pod = jx_str(p->pod, "reason", NULL);

	if (p->hold && !process_runs(p))
		why(b, "held by 'opl2 stop'", NULL);
	if (p->reason)
		why(b, p->reason, NULL);
	else if (p->last_exit.text && !p->ready && p->wanted)
		why(b, "it ", p->last_exit.text);
	if (p->waits_for)
		why(b, "waits for ", p->waits_for);
	if (pod && p->state != PROCESS_WAITING)
		why(b, "its pod: ", pod);
	if (p->drift)
		why(b, "changed in the cluster", NULL);
	if (p->pause.asked)
		why(b, "paused by 'opl2 batcher pause'", NULL);
	if (p->pause.outage)
		why(b, "paused until it answers: ", p->pause.outage);
	if (p->pause.trouble)
		why(b, "could not be signalled: ", p->pause.trouble);
	if (p->failover.why)
		why(b, "uses another server: ", p->failover.why);
	if (health_log_disk_low(p))
		why(b, "the disk of its log is full", NULL);
	if (p->stale)
		why(b, "a change takes effect at its restart", NULL);
}

/* The sign and the word of how it is: colour is never alone. */
static const char *
sign(const struct process_status *p)
{
	if (!page_process_good(p))
		return p->state == PROCESS_STARTING ||
				       p->state == PROCESS_WAITING
			       ? "warning"
			       : "error";
	return process_runs(p) ? "ok" : "off";
}

static void
put_process(const struct process_status *p, int64_t at, int64_t now,
	    struct buf *out)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(WHY_MAX);
	const char *place = jx_str(p->pod, "node", NULL);

	html_put(out,
		 "<tr><th scope=\"row\">%s</th><td class=\"n l\"><span "
		 "class=\"sign "
		 "%s\">%s</span></td><td class=\"n\">",
		 p->name, sign(p), process_state_name(p->state));
	if (place)
		html_put(out, "%s", place);
	else if (process_runs(p))
		html_put(out, "%d", p->pid);
	else
		buf_adds(out, "–");
	buf_adds(out, "</td><td class=\"n\">");
	if (p->uptime_ms != PROCESS_UNKNOWN)
		html_since(out, at - p->uptime_ms / 1000, now);
	else
		buf_adds(out, "–");
	html_put(out, "</td><td class=\"n\">%d</td><td class=\"n\">",
		 p->restarts);
	if (process_runs(p) && p->rss_bytes != PROCESS_UNKNOWN)
		html_put(out, "%d MiB", (int64_t)(p->rss_bytes >> 20));
	else
		buf_adds(out, "–");
	buf_adds(out, "</td><td>");
	for (size_t i = 0; i < p->nports; i++)
		html_put(out, "%s%s %d", i ? ", " : "", p->ports[i].name,
			 (int64_t)p->ports[i].port);
	page_process_why(p, &text);
	html_put(out, "</td><td>%s</td></tr>\n", buf_str(&text));
}

void
page_processes(const struct page *p, struct buf *out)
{
	const json_t *list = jx_get(p->seen, "processes"), *v;
	CLEANUP(arena_done) struct arena a;
	size_t i;

	arena_init(&a);
	html_put(out,
		 "<section aria-labelledby=\"h-procs\"><h2 id=\"h-procs\">"
		 "Processes</h2><p class=\"sub\">%s</p>",
		 jx_str(p->seen, "keeper", ""));
	if (json_array_size(list) == 0) {
		buf_adds(out, "<p>There are none.</p></section>\n");
		return;
	}
	buf_adds(out, "<div class=\"wide\" tabindex=\"0\" role=\"group\" "
		      "aria-labelledby=\"h-procs\"><table><thead><tr>"
		      "<th scope=\"col\">Name</th><th scope=\"col\">State</th>"
		      "<th scope=\"col\" class=\"n\">PID or node</th>"
		      "<th scope=\"col\" class=\"n\">Uptime</th>"
		      "<th scope=\"col\" class=\"n\">Restarts</th>"
		      "<th scope=\"col\" class=\"n\">Memory</th>"
		      "<th scope=\"col\">Ports</th><th scope=\"col\">Note</th>"
		      "</tr></thead><tbody>\n");
	json_array_foreach(list, i, v) {
		struct process_status one = process_status_decode(&a, v);

		put_process(&one, p->processes_at, p->now, out);
	}
	buf_adds(out, "</tbody></table></div></section>\n");
}
