#include "tests/unit/t.h"

#include "engine/io/jx.h"
#include "providers/clients/cluster/pod_status.h"

/* What is said of a pod with this `status` and `metadata`. */
static void
says(const char *metadata, const char *status, const char *reason,
     const char *message)
{
	json_t *pod =
		json_pack("{s:o, s:{s:s}, s:o}", "metadata", t_json(metadata),
			  "spec", "nodeName", "n1", "status", t_json(status));
	json_t *is = pod_status(pod);

	assert_string_equal(jx_str(is, "name", ""), "a-0");
	assert_string_equal(jx_str(is, "node", ""), "n1");
	assert_string_equal(jx_str(is, "reason", ""), reason);
	assert_string_equal(jx_str(is, "message", ""), message);
	json_decref(is);
	json_decref(pod);
}

#define META    "{'name': 'a-0', 'creationTimestamp': '2026-01-02T03:04:05Z'}"
#define ENDS(t) "{'name': 'a-0', 'deletionTimestamp': '" t "'}"
#define WAITS(r, m)                                                            \
	"{'containerStatuses': [{'state': {'waiting': {'reason': '" r          \
	"', 'message': '" m "'}}}]}"

static void
why_it_does_not_run(void **state UNUSED)
{
	says(META, "{'phase': 'Running'}", "", "");
	says(META, WAITS("ContainerCreating", ""), "", "");
	says(META, WAITS("ImagePullBackOff", "no such image"),
	     "ImagePullBackOff", "no such image");
	says(META,
	     "{'phase': 'Pending', 'conditions': [{'type': 'PodScheduled', "
	     "'status': 'False', 'reason': 'Unschedulable', 'message': "
	     "'0/2 nodes'}]}",
	     "Unschedulable", "0/2 nodes");
	says(META, "{'phase': 'Failed', 'reason': 'Evicted', 'message': 'm'}",
	     "Evicted", "m");
	says(META,
	     "{'containerStatuses': [{'restartCount': 1, 'state': {'running': "
	     "{}}, 'lastState': {'terminated': {'reason': 'OOMKilled'}}}]}",
	     "OOMKilled", "");
	says(META,
	     "{'containerStatuses': [{'state': {'running': {}}, 'lastState': "
	     "{'terminated': {'reason': 'Completed'}}}]}",
	     "", "");
}

static void
a_lost_node(void **state UNUSED)
{
	says(META,
	     "{'conditions': [{'type': 'Ready', 'status': 'False'}, {'type': "
	     "'ContainersReady', 'status': 'True'}]}",
	     "NodeLost", "the node no longer reports");
	says(META,
	     "{'conditions': [{'type': 'Ready', 'status': 'False'}, {'type': "
	     "'ContainersReady', 'status': 'False'}]}",
	     "", "");
}

static void
one_that_does_not_end(void **state UNUSED)
{
	says(ENDS("2026-01-02T03:04:05Z"),
	     "{'conditions': [{'type': 'DisruptionTarget', 'status': 'True', "
	     "'message': 'Taint manager'}]}",
	     "Terminating", "Taint manager");
	/* Its grace is not over. */
	says(ENDS("2999-01-02T03:04:05Z"), "{}", "", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(why_it_does_not_run),
		cmocka_unit_test(a_lost_node),
		cmocka_unit_test(one_that_does_not_end),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
