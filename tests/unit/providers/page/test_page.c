#include "tests/unit/t.h"

#include "providers/page/html.h"
#include "providers/page/page.h"

#define NOW 10030

/* A chain with one of everything, seen at 10000. */
static const char whole[] =
	"{'name': 'acme', 'at': 10000, 'keeper': 'supervisor: pid 7',"
	"'processes': [{'name': 'op-node', 'state': 'ready', 'ready': true,"
	" 'desired': 'up', 'pid': 71, 'uptime_ms': 60000, 'restarts': 2,"
	" 'rss_bytes': 104857600, 'ports': [{'name': 'rpc', 'port': 9545}]},"
	" {'name': 'old', 'state': 'stopped', 'desired': 'down',"
	"  'hold': true, 'restarts': 0}],"
	"'findings': [],"
	"'chain': {'heads': {'l1': {'number': 500, 'lag_s': 10},"
	"  'unsafe': {'number': 470, 'lag_s': 2},"
	"  'safe': {'number': 440, 'lag_s': 62}},"
	" 'batches': {'waiting': 30, 'last': {'block': 498, 'age_s': 34},"
	"  'window': 3600, 'window_left_percent': 97},"
	" 'output': {'kind': 'games', 'index': 2, 'block': 360, 'age_s': 100,"
	"  'matches': true, 'due_s': 0},"
	" 'balances': [{'role': 'batcher', 'process': 'op-batcher',"
	"  'address': '0xb', 'wei': '1500000000000000000',"
	"  'wei_per_day': '360000000000000000', 'hours_left': 100},"
	"  {'role': '', 'process': 'other', 'address': '0xc', 'wei': '7'}],"
	" 'da': {'name': 'da-server', 'ms': 3}, 'peers': {'op-node': 4},"
	" 'replicas': [{'name': 'r/op-node', 'safe': 431, 'behind': 9}],"
	" 'problems': []}}";

static char *
page_of(const char *text, const char *trouble)
{
	CLEANUP(put_json) json_t *seen = text ? t_json(text) : NULL;
	const struct page p = { .seen = seen,
				.trouble = trouble,
				.style = "b > i {}",
				.now = NOW,
				.processes_at = 10000 };
	struct buf b = BUF_INIT(1 << 20);

	page_html(&p, &b);
	assert_false(b.over);
	return buf_take(&b);
}

static void
has(const char *page, const char *text)
{
	if (!strstr(page, text)) {
		print_error("# no %s in\n%s\n", text, page);
		fail();
	}
}

static void
lacks(const char *page, const char *text)
{
	if (strstr(page, text)) {
		print_error("# %s in\n%s\n", text, page);
		fail();
	}
}

static void
everything(void **state UNUSED)
{
	CLEANUP(freep) char *page = page_of(whole, NULL);

	has(page, "<title>ok: acme</title>");
	has(page, "Nothing is wrong");
	has(page, "<dt>L1 head</dt><dd>500</dd><dd class=\"sub\">10 s old");
	has(page, "97 %");
	has(page, "3492 of 3600 L1 blocks");
	/* Ages are of now, not of the look. */
	has(page, "data-at=\"9966\">1 min 4 s</time> ago");
	has(page, "data-at=\"9940\">1 min 30 s</time></td><td class=\"n\">2<");
	has(page, "<td class=\"n\">100 MiB</td>");
	has(page, "stopped</span>");
	has(page, "held by &#39;opl2 stop&#39;");
	has(page, "Newest game");
	has(page, "as the node computes it");
	has(page, "1.5 ETH</td><td class=\"n\">0.36 ETH");
	has(page, "4 days");
	has(page, "1970-01-05 06:46 UTC");
	has(page, "da-server answers in 3 ms");
	has(page, "9 blocks behind");
}

static void
hostile_names(void **state UNUSED)
{
	CLEANUP(freep)
	char *page = page_of(
		"{'name': '<script>x</script>\\\"&', 'at': 10000,"
		"'processes': [{'name': '<img src=x onerror=x>',"
		" 'state': 'failed', 'desired': 'up', 'reason': '<x>&'}],"
		"'findings': [{'code': 'E1<', 'what': '<i>', 'title': '<u>',"
		" 'cure': '<a href=x>', 'cause': '<q>', 'evidence': ["
		" {'process': '<s>', 'line': '</pre><script>'},"
		" {'said': '<em>'}]}],"
		"'chain': {'heads': {}, 'balances': [{'role': '<r>',"
		" 'address': '\\\"><script>', 'wei': '<w>'}],"
		" 'peers': {'<p>': 1}, 'da': {'name': '<d>'},"
		" 'problems': [{'what': '<k>', 'text': '<l>'}]}}",
		"<t>");
	static const char *const never[] = {
		"<script>", "<img", "<x>",  "<i>", "<u>", "<a href=x>",
		"<q>",      "<s>",  "<em>", "<r>", "<w>", "<p>1",
		"<d>",      "<k>",  "<l>",  "<t>", "E1<", "\"&\""
	};

	for (size_t i = 0; i < COUNTOF(never); i++)
		lacks(page, never[i]);
	has(page, "&lt;script&gt;x&lt;/script&gt;&quot;&amp;");
	has(page, "&lt;img src=x onerror=x&gt;");
}

static void
verdicts(void **state UNUSED)
{
	static const struct {
		const char *seen, *verdict, *says;
	} cases[] = {
		{ NULL, "warning", "Nothing was seen yet" },
		{ "{'findings': [{'code': 'W1', 'what': 'x'}]}", "warning",
		  "1 warning<" },
		{ "{'findings': [{'code': 'W1', 'note': true}]}", "ok",
		  "Nothing is wrong" },
		{ "{'findings': [{'code': 'E1'}, {'code': 'E2'},"
		  " {'code': 'W1'}]}",
		  "error", "2 errors, 1 warning<" },
		{ "{'processes': [{'name': 'n', 'state': 'backoff',"
		  " 'desired': 'up', 'reason': 'why'}]}",
		  "error", "<b>n</b>: backoff, why</li>" },
		{ "{'chain': {'problems': [{'what': 'l1', 'text': 'late'}]}}",
		  "warning", "<td>late</td>" },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(freep) char *page = page_of(cases[i].seen, NULL);
		CLEANUP(freep)
		char *class =
			xasprintf("class=\"verdict %s\"", cases[i].verdict);

		has(page, class);
		has(page, cases[i].says);
	}
}

static void
old_figures_say_so(void **state UNUSED)
{
	CLEANUP(freep) char *page = page_of(whole, "error[E0600]: no answer");

	has(page, "class=\"verdict warning\"");
	has(page, "the chain cannot be looked at");
	has(page, "figures are older: error[E0600]: no answer");
}

static void
spans(void **state UNUSED)
{
	char out[HTML_SPAN];

	assert_string_equal(html_span(-3, out), "0 s");
	assert_string_equal(html_span(59, out), "59 s");
	assert_string_equal(html_span(200, out), "3 min 20 s");
	assert_string_equal(html_span(7500, out), "2 h 5 min");
	assert_string_equal(html_span(97 * 3600, out), "4 d 1 h");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(old_figures_say_so),
		cmocka_unit_test(spans),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
