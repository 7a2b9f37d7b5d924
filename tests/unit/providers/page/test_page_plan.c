#include "tests/unit/t.h"

#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "providers/page/page_plan.h"

static void
shows(const char *said, const char *why, const char *const *texts)
{
	const struct page_plan p = { .name = "a<b",
				     .said = said,
				     .n = strlen(said),
				     .why = why,
				     .style = "b > i {}",
				     .at = 1000 };
	CLEANUP(buf_done) struct buf b = BUF_INIT(1 << 20);

	page_plan(&p, &b);
	for (; *texts; texts++) {
		bool not = **texts == '!';

		if (!strstr(buf_str(&b), *texts + not ) == not )
			continue;
		print_error("# %s in\n%s\n", *texts, buf_str(&b));
		fail();
	}
}

/* A line of each sort that a page shows, and of others. */
static void
changes(void **state UNUSED)
{
	static const char said[] =
		"{\"type\":\"version\",\"@message\":\"opl2 1\"}\n"
		"{\"type\":\"planned_change\",\"change\":{\"addr\":\"null.a\","
		"\"action\":\"create\",\"config\":{\"note\":\"hidden\"},"
		"\"reasons\":[{\"why\":\"new\"}]}}\n"
		"{\"type\":\"planned_change\",\"change\":{\"addr\":\"p.b\","
		"\"action\":\"update\",\"class\":\"restart\",\"reasons\":"
		"[{\"pointer\":\"/args/x<y\",\"before\":\"hidden\"},"
		"{\"pointer\":\"/env/k\"}]}}\n"
		"{\"type\":\"planned_change\",\"change\":{\"addr\":\"l.c\","
		"\"action\":\"replace\",\"class\":\"new chain\","
		"\"irreversible\":true,\"notes\":[\"sends 1eth\",\"two\"]}}\n"
		"{\"type\":\"planned_change\",\"change\":{\"addr\":\"n.d\","
		"\"action\":\"read\"}}\n"
		"not JSON\n"
		"{\"type\":\"diagnostic\",\"diagnostic\":{\"severity\":"
		"\"warning\",\"code\":\"W0001\",\"summary\":\"so <so>\"}}\n"
		"{\"type\":\"change_summary\",\"@message\":\"Plan: 1 to add\"}";
	static const char *const texts[] = {
		"<title>plan: a&lt;b</title>",
		"<style>b > i {}</style>",
		"<strong>Plan: 1 to add</strong>",
		"<tr data-addr=\"null.a\" data-action=\"create\" "
		"data-sign=\"+\">",
		"<b>+</b> is created</td><td></td>",
		"<b>~</b> is changed (restart)",
		"<code>args/x&lt;y</code>, <code>env/k</code>",
		"is replaced (new chain)",
		"cannot be undone</span><br>sends 1eth<br>two",
		"W0001 so &lt;so&gt;",
		"!hidden",
		"!n.d",
		"<time datetime=\"1970-01-01T00:16:40Z\"",
		NULL,
	};

	shows(said, "", texts);
}

static void
no_plan(void **state UNUSED)
{
	static const char said[] =
		"{\"type\":\"diagnostic\",\"diagnostic\":{\"severity\":"
		"\"error\",\"code\":\"E0203\",\"summary\":\"no such key\","
		"\"hint\":\"write another\"}}\n";
	static const char *const texts[] = {
		"<strong>There is no plan.</strong>",
		"E0203 no such key<br>write another", "!<table", NULL
	};
	static const char *const silent[] = {
		"<strong>opl2 plan took longer than 60000 ms\n</strong>",
		"!<ul", NULL
	};

	shows(said, "", texts);
	shows("", "opl2 plan took longer than 60000 ms\n", silent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes),
		cmocka_unit_test(no_plan),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
