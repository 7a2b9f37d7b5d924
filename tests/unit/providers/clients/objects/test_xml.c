#include "tests/unit/t.h"

#include "providers/clients/objects/xml.h"

static void
is(const char *text, const char *name, const char *want)
{
	char *v = xml_text(text, name);

	if (want)
		assert_string_equal(v, want);
	else
		assert_null(v);
	free(v);
}

static void
texts(void **state UNUSED)
{
	is("<Error><Code>NoSuchKey</Code></Error>", "Code", "NoSuchKey");
	is("<?xml version=\"1.0\"?>\n<R xmlns=\"x\"><Key a=\"b\">k</Key></R>",
	   "Key", "k");
	is("<K>a&lt;b&gt;&amp;&quot;&apos;</K>", "K", "a<b>&\"'");
	is("<K>&amp;lt;</K>", "K", "&lt;");
	is("<K>&unknown;</K>", "K", "&unknown;");
	is("<Keys>1</Keys><Key>2</Key>", "Key", "2");
	is("<K></K>", "K", "");
	is("<K>cut", "K", "cut");
	is("<K", "K", NULL);
	is("<K a", "K", NULL);
	is("no element at all", "K", NULL);
	is("", "K", NULL);
}

static void
one_after_the_other(void **state UNUSED)
{
	const char *p = "<L><C><Key>a</Key></C><C><Key>b</Key></C></L>";

	p = xml_find(p, "Key");
	assert_memory_equal(p, "a<", 2);
	p = xml_find(p, "Key");
	assert_memory_equal(p, "b<", 2);
	assert_null(xml_find(p, "Key"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
