#include "tests/unit/t.h"

#include "providers/clients/cluster/drift.h"

/* One manager's entry, with these fields. */
static void
assert_drift(const char *entries, const char *want)
{
	CLEANUP(freep)
	char *text = xasprintf("{'metadata':{'managedFields':[%s]}}", entries);
	CLEANUP(put_json) json_t *object = t_json(text);
	CLEANUP(buf_done) struct buf b = BUF_INIT(64u << 10);

	drift_add(object, &b);
	assert_string_equal(buf_str(&b), want);
}

static void
test_ours(void **state UNUSED)
{
	static const char *const own[] = { "opl2", "kube-controller-manager",
					   "kube-apiserver", "kube-scheduler" };

	assert_drift("", "");
	for (size_t i = 0; i < COUNTOF(own); i++) {
		CLEANUP(freep)
		char *entry = xasprintf("{'manager':'%s','fieldsV1':"
					"{'f:spec':{'f:replicas':{}}}}",
					own[i]);

		assert_drift(entry, "");
	}
	/* What others report, and labels of theirs. */
	assert_drift("{'manager':'x','subresource':'status','fieldsV1':"
		     "{'f:spec':{'f:replicas':{}}}}",
		     "");
	assert_drift("{'manager':'x','fieldsV1':{'f:status':{'f:y':{}},"
		     "'f:metadata':{'f:labels':{'f:z':{}}}}}",
		     "");
}

static void
test_others(void **state UNUSED)
{
	/* A scale of what is ours, a variable that is added, a list as one. */
	assert_drift("{'manager':'kubectl','subresource':'scale','fieldsV1':"
		     "{'f:spec':{'f:replicas':{}}}}",
		     "kubectl set spec.replicas\n");
	assert_drift(
		"{'manager':'kubectl-set','fieldsV1':{'f:spec':{'f:template':"
		"{'f:spec':{'f:containers':{'k:{\\'name\\':\\'opl2\\'}':"
		"{'f:env':{'.':{},'k:{\\'name\\':\\'A\\'}':{'.':{},'f:name':{},"
		"'f:value':{}}}}}}}}}}",
		"kubectl-set set spec.template.spec.containers"
		"[{\"name\":\"opl2\"}].env[{\"name\":\"A\"}].name\n"
		"kubectl-set set spec.template.spec.containers"
		"[{\"name\":\"opl2\"}].env[{\"name\":\"A\"}].value\n");
	assert_drift(
		"{'manager':'a','fieldsV1':{'f:spec':{'f:x':{'.':{}}}}},"
		"{'manager':'opl2','fieldsV1':{'f:spec':{'f:x':{}}}},"
		"{'manager':'b','fieldsV1':{'f:spec':{'f:y':{},'f:z':{}}}}",
		"a set spec.x\nb set spec.y\nb set spec.z\n");
}

/* What an enemy or a later release says. */
static void
test_strange(void **state UNUSED)
{
	CLEANUP(buf_done) struct buf deep = BUF_INIT(1u << 20);
	CLEANUP(buf_done) struct buf b = BUF_INIT(64u << 10);
	CLEANUP(put_json) json_t *none = json_null();
	CLEANUP(put_json) json_t *object = NULL;

	drift_add(none, &b);
	drift_add(NULL, &b);
	assert_int_equal(b.n, 0);
	assert_drift("null,7,{},{'manager':'x'},{'manager':'x','fieldsV1':7}",
		     "");
	assert_drift("{'fieldsV1':{'f:spec':{'f:x':{}}}}", "? set spec.x\n");
	assert_drift("{'manager':'x','fieldsV1':{'f:spec':{'':{},'k':{}}}}",
		     "x set spec\n");
	buf_adds(&deep, "{'metadata':{'managedFields':[{'manager':'x',"
			"'fieldsV1':{'f:spec':");
	for (int i = 0; i < 500; i++)
		buf_adds(&deep, "{'f:abcdefgh':");
	buf_adds(&deep, "{}");
	for (int i = 0; i < 500; i++)
		buf_adds(&deep, "}");
	buf_adds(&deep, "}}]}}");
	object = t_json(buf_str(&deep));
	drift_add(object, &b);
	assert_true(b.n > 0 && b.n < 2000);
}

static void
test_settings(void **state UNUSED)
{
	static const struct {
		const char *had, *want, *says; /* of the pods' spec */
	} cases[] = {
		{ "{}", "{}", "" },
		{ "{'tolerations':[{'key':'a','effect':''}]}",
		  "{'tolerations':[{'key':'a'}]}", "" },
		{ "{'tolerations':[{'key':'a'},{'key':'b'}]}",
		  "{'tolerations':[{'key':'a'}]}", "tolerations" },
		{ "{'tolerations':[{'key':'a'}]}", "{}", "tolerations" },
		{ "{}", "{'nodeSelector':{'disk':'nvme'}}", "nodeSelector" },
		{ "{'nodeSelector':{'disk':'nvme','x':'y'}}",
		  "{'nodeSelector':{'disk':'nvme'}}", "nodeSelector" },
		{ "{'nodeSelector':{'disk':'nvme'}}",
		  "{'nodeSelector':{'disk':'nvme'}}", "" },
		{ "{'imagePullSecrets':[{'name':'a'}]}",
		  "{'imagePullSecrets':[{'name':'b'}]}", "imagePullSecrets" },
		{ "{'containers':[]}", "{}", "" },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
		CLEANUP(put_json) json_t *want = t_json(cases[i].want);
		CLEANUP(put_json)
		json_t *set = json_pack("{s:{s:{s:o}}}", "spec", "template",
					"spec", t_json(cases[i].had));

		drift_add_settings(set, want, &b);
		assert_int_equal(*cases[i].says != '\0', b.n > 0);
		assert_non_null(strstr(buf_str(&b), cases[i].says));
		/* One that is not there is told elsewhere. */
		buf_reset(&b);
		drift_add_settings(NULL, want, &b);
		assert_int_equal(b.n, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_strange),
		cmocka_unit_test(test_settings),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
