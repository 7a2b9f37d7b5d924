#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "providers/clients/cluster/pod_objects.h"

#define GOLDEN "tests/golden/cluster/pod.json"
#define IMAGE  "r.example/c@sha256:00"

/* --- a chain -------------------------------------------------------------- */

/* geth, with a database and a file that others may not read, and node, which
 * shares its pod, has a secret variable and is exposed. */
struct world {
	char *top;
	json_t *records, *secrets, *config;
	struct cluster c;
	struct pod p;
	struct pod_objects o;
	struct diags ds;
	int rc;
};

static void
put(const struct world *w, const char *name, const char *text, mode_t mode)
{
	CLEANUP(freep) char *path = path_join(w->top, name);
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, text, strlen(text), mode, &ds), 0);
}

static json_t *
records(const struct world *w)
{
	static const char text[] =
		"{'geth':{'up':true,'def':{'command':['/bin/true','--datadir="
		"@/data/c/geth','--jwt=@/jwt','--config=@/geth.toml'],"
		"'dir':'@','log':{'path':'@/logs/geth.log'},'start_when':[],"
		"'ports':[{'name':'http','port':8545},"
		"{'name':'engine','port':12551}],"
		"'stop':[{'signal':'INT','grace':300000}],"
		"'place':{'storage':'200Gi','resources':{'cpu':'2',"
		"'memory':'8Gi'}}}},"
		"'node':{'up':true,'def':{'command':['/bin/false'],'dir':'@',"
		"'env':{'K':{'$secret':[{'var':'KEY'}]}},"
		"'log':{'path':'@/logs/node.log'},'start_when':[],"
		"'bound_to':['geth'],'ports':[{'name':'A_LONG_NAME_OF_PORT',"
		"'port':9545},{'name':'engine','port':9551}],"
		"'stop':[{'rpc':{'url':'http://127.0.0.1:9545','method':'x',"
		"'timeout':2000}},{'signal':'INT','grace':29500}],"
		"'place':{'expose':'node_port','resources':{'cpu':'500m'}}}}}";
	CLEANUP(buf_done) struct buf b = BUF_INIT(64u << 10);

	for (const char *at = text; *at; at++)
		if (*at == '@')
			buf_adds(&b, w->top);
		else
			buf_addch(&b, *at);
	return t_json(buf_str(&b));
}

static void
make(struct world *w)
{
	pod_objects_done(&w->o);
	pod_done(&w->p);
	w->c = (struct cluster){ .config = w->config,
				 .namespace = "ns",
				 .chain = (char *)(uintptr_t) "chain" };
	w->rc = pod_make(&w->p, w->records, "node", w->top, w->secrets, &w->ds);
	assert_int_equal(w->rc, 0);
	w->rc = pod_objects_make(&w->c, &w->p, IMAGE, &w->o, &w->ds);
}

static void
world_init(struct world *w)
{
	*w = (struct world){ .top = t_mkdir() };
	diags_init(&w->ds);
	put(w, "jwt", "5ec2e7-of-jwt", 0600);
	put(w, "geth.toml", "[Node]", 0644);
	w->records = records(w);
	w->secrets = t_json("{'var:KEY':'0x5ec2e7-of-var'}");
	w->config = t_json("{'images':{'pull_secret':'login'},"
			   "'storage_class':'fast','node_selector':{'a':'b'},"
			   "'tolerations':[{'key':'x'}]}");
}

static void
world_done(struct world *w)
{
	pod_objects_done(&w->o);
	pod_done(&w->p);
	json_decref(w->records);
	json_decref(w->secrets);
	json_decref(w->config);
	diags_done(&w->ds);
	t_rmdir(w->top);
}

static const json_t *
object(const struct world *w, enum cluster_kind kind, const char *prefix)
{
	for (size_t i = 0; i < w->o.n; i++)
		if (w->o.v[i].kind == kind &&
		    !strncmp(jx_str(jx_at(w->o.v[i].json, "/metadata"), "name",
				    ""),
			     prefix, strlen(prefix)))
			return w->o.v[i].json;
	return NULL;
}

static const char *
name(const struct world *w, enum cluster_kind kind, const char *prefix)
{
	return jx_str(jx_at(object(w, kind, prefix), "/metadata"), "name", "");
}

static json_t *
all(const struct world *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->o.n; i++)
		json_array_append(list, w->o.v[i].json);
	return list;
}

/* --- the golden file ------------------------------------------------------ */

static json_t *
readable(const json_t *data)
{
	json_t *out = json_object(), *v;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)data, key, v) {
		uint8_t text[8192];
		long n =
			base64_decode(json_string_value(v), text, sizeof(text));

		assert_true(n >= 0);
		json_object_set_new(out, key,
				    json_stringn((char *)text, (size_t)n));
	}
	return out;
}

/* Without the folder of the test, and the digests that it is in. */
static char *
scrubbed(const struct world *w, const char *text)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1u << 20);

	while (*text) {
		size_t n = strspn(text, "0123456789abcdef");

		if (!strncmp(text, w->top, strlen(w->top))) {
			text += strlen(w->top);
			buf_adds(&b, "DIR");
		} else if (n == 8 || n == 10 || n == 64) {
			buf_adds(&b, "HEX");
			text += n;
		} else {
			n = n ? n : 1;
			buf_add(&b, text, n);
			text += n;
		}
	}
	return xstrdup(buf_str(&b));
}

static void
test_golden(void **state UNUSED)
{
	static const char *const data[] = { "data", "binaryData" };
	CLEANUP(world_done) struct world w;
	CLEANUP(buf_done) struct buf want = BUF_INIT(1u << 20);
	CLEANUP(put_json) json_t *list = NULL;
	CLEANUP(freep) char *text = NULL;
	CLEANUP(freep) char *got = NULL;

	world_init(&w);
	make(&w);
	t_no_errors(&w.ds);
	for (size_t i = 0; i < w.o.n; i++)
		for (size_t k = 0; k < COUNTOF(data); k++)
			if (jx_get(w.o.v[i].json, data[k]))
				json_object_set_new(
					w.o.v[i].json, data[k],
					readable(jx_get(w.o.v[i].json,
							data[k])));
	list = all(&w);
	text = json_dumps(list, JSON_INDENT(1) | JSON_SORT_KEYS);
	got = scrubbed(&w, text);
	if (getenv("OPL2_GOLDEN"))
		assert_int_equal(
			file_replace(GOLDEN, got, strlen(got), 0644, &w.ds), 0);
	assert_int_equal(file_read(GOLDEN, &want, &w.ds), 0);
	assert_string_equal(got, buf_str(&want));
}

/* --- the rest ------------------------------------------------------------- */

static void
test_same_bytes(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	CLEANUP(put_json) json_t *one = NULL;
	CLEANUP(put_json) json_t *two = NULL;
	CLEANUP(freep) char *a = NULL;
	CLEANUP(freep) char *b = NULL;

	world_init(&w);
	make(&w);
	one = all(&w);
	a = json_dumps(one, JSON_COMPACT);
	make(&w);
	two = all(&w);
	b = json_dumps(two, JSON_COMPACT);
	assert_string_equal(a, b);
}

/* A new content is a new name, and what did not change keeps its own. */
static void
test_names(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	CLEANUP(freep) char *secrets = NULL;
	CLEANUP(freep) char *files = NULL;
	CLEANUP(freep) char *defs = NULL;

	world_init(&w);
	make(&w);
	secrets = xstrdup(name(&w, CLUSTER_SECRET, "geth-secrets-"));
	files = xstrdup(name(&w, CLUSTER_CONFIG_MAP, "geth-files-"));
	defs = xstrdup(name(&w, CLUSTER_CONFIG_MAP, "geth-defs-"));
	put(&w, "jwt", "another", 0600);
	make(&w);
	assert_string_not_equal(secrets,
				name(&w, CLUSTER_SECRET, "geth-secrets-"));
	assert_string_equal(files, name(&w, CLUSTER_CONFIG_MAP, "geth-files-"));
	assert_string_equal(defs, name(&w, CLUSTER_CONFIG_MAP, "geth-defs-"));
	assert_true(jx_bool(object(&w, CLUSTER_SECRET, "geth-secrets-"),
			    "immutable", false));
	put(&w, "geth.toml", "[Other]", 0644);
	make(&w);
	assert_string_not_equal(files,
				name(&w, CLUSTER_CONFIG_MAP, "geth-files-"));
}

/* In no encoding. */
static void
test_secrets(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	char var[64], jwt[64];

	world_init(&w);
	make(&w);
	base64_encode("0x5ec2e7-of-var", 15, var);
	base64_encode("5ec2e7-of-jwt", 13, jwt);
	for (size_t i = 0; i < w.o.n; i++) {
		CLEANUP(freep) char *text = jx_dump(w.o.v[i].json);
		bool secret = w.o.v[i].kind == CLUSTER_SECRET;

		assert_null(strstr(text, "5ec2e7"));
		assert_int_equal(strstr(text, var) != NULL, secret);
		assert_int_equal(strstr(text, jwt) != NULL, secret);
	}
}

/* What is open to others: no engine API, whatever its number. */
static void
test_ports(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	CLEANUP(freep) char *policy = NULL;
	CLEANUP(freep) char *service = NULL;
	const json_t *in;

	world_init(&w);
	make(&w);
	policy = jx_dump(object(&w, CLUSTER_POLICY, "geth"));
	assert_non_null(strstr(policy, "8545"));
	assert_non_null(strstr(policy, "9545"));
	assert_null(strstr(policy, "12551"));
	assert_null(strstr(policy, "9551"));
	service = jx_dump(object(&w, CLUSTER_SERVICE, "node-exposed"));
	assert_non_null(strstr(service, "NodePort"));
	assert_non_null(strstr(service, "9545"));
	assert_null(strstr(service, "9551"));
	assert_null(strstr(service, "7300"));
	assert_null(object(&w, CLUSTER_SERVICE, "geth-exposed"));
	in = object(&w, CLUSTER_SERVICE, "node");
	assert_string_equal(jx_str(jx_get(in, "spec"), "type", ""),
			    "ClusterIP");
	assert_int_equal(json_array_size(jx_at(in, "/spec/ports")), 3);
}

/* The cluster takes labels of DNS alone. */
static void
test_port_names(void **state UNUSED)
{
	static const char *const cases[][2] = {
		{ "RPC_2", "rpc-2" },  { "_x", "port-9545" },
		{ "x.", "port-9545" }, { "opl2", "port-9545" },
		{ "", "port-9545" },   { "p.2", "p-2" },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(world_done) struct world w;

		world_init(&w);
		json_object_set_new((json_t *)(uintptr_t)jx_at(
					    w.records, "/node/def/ports/0"),
				    "name", json_string(cases[i][0]));
		make(&w);
		assert_string_equal(
			jx_str(jx_at(object(&w, CLUSTER_SERVICE, "node"),
				     "/spec/ports/1"),
			       "name", ""),
			cases[i][1]);
	}
}

/* Of an instance, and one whose name has the same letters. */
static void
test_def_names(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	json_t *geth, *node;
	const json_t *items;

	world_init(&w);
	geth = json_object_get(w.records, "geth");
	node = json_object_get(w.records, "node");
	json_object_set(w.records, "a/x", geth);
	json_object_set(w.records, "a_x", node);
	json_object_del(w.records, "geth");
	json_object_set_new(
		json_object_get(json_object_get(w.records, "a_x"), "def"),
		"bound_to", t_json("['a/x']"));
	json_object_set(w.records, "node", node);
	make(&w);
	t_no_errors(&w.ds);
	assert_int_equal(json_object_size(jx_get(
				 object(&w, CLUSTER_CONFIG_MAP, w.p.name),
				 "binaryData")),
			 3);
	items = jx_at(object(&w, CLUSTER_STATEFUL_SET, ""),
		      "/spec/template/spec/volumes/0/configMap/items");
	assert_string_equal(jx_str(json_array_get(items, 0), "path", ""),
			    "a+x.json");
}

/* Sums of what all need, in whatever unit. */
static void
test_resources(void **state UNUSED)
{
	static const char *const cases[][3] = {
		{ "{'cpu':'2'}", "{'cpu':'500m'}", "{'cpu':'2500m'}" },
		{ "{'cpu':'0.5'}", "{}", "{'cpu':'500m'}" },
		{ "{'memory':'1Gi'}", "{'memory':'512Mi'}",
		  "{'memory':'1610612736'}" },
		{ "{'memory':'1G'}", "{'memory':'1M'}",
		  "{'memory':'1001000000'}" },
		{ "{}", "{}", "{}" },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(world_done) struct world w;
		CLEANUP(put_json) json_t *want = t_json(cases[i][2]);

		world_init(&w);
		for (int k = 0; k < 2; k++)
			json_object_set_new(
				(json_t *)(uintptr_t)jx_at(
					w.records, k ? "/node/def/place"
						     : "/geth/def/place"),
				"resources", t_json(cases[i][k]));
		make(&w);
		assert_true(json_equal(
			jx_at(object(&w, CLUSTER_STATEFUL_SET, "geth"),
			      "/spec/template/spec/containers/0/resources/"
			      "requests"),
			want));
	}
}

static const char *
topology(const json_t *set, size_t i)
{
	CLEANUP(freep)
	char *at = xasprintf("/spec/template/spec/affinity/podAntiAffinity/"
			     "preferredDuringSchedulingIgnoredDuringExecution/"
			     "%zu/podAffinityTerm",
			     i);
	const json_t *term = jx_at(set, at);

	assert_string_equal(jx_str(jx_at(term, "/labelSelector/matchLabels"),
				   "opl2.dev/role", ""),
			    "engine");
	return jx_str(term, "topologyKey", "");
}

/* From the first process of a sequencer on, for its volume stays where that
 * was. */
static void
test_apart(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	const json_t *set;

	world_init(&w);
	make(&w);
	set = object(&w, CLUSTER_STATEFUL_SET, "geth");
	assert_null(jx_at(set, "/spec/template/spec/affinity"));
	json_object_set_new(
		json_object_get(json_object_get(w.records, "geth"), "def"),
		"note", t_json("{'role':'engine'}"));
	make(&w);
	set = object(&w, CLUSTER_STATEFUL_SET, "geth");
	assert_string_equal(jx_str(jx_at(set, "/spec/template/metadata/labels"),
				   "opl2.dev/role", ""),
			    "engine");
	assert_string_equal(topology(set, 0), "kubernetes.io/hostname");
	assert_string_equal(topology(set, 1), "topology.kubernetes.io/zone");
}

static void
test_bytes(void **state UNUSED)
{
	assert_true(pod_bytes("1024Mi") == pod_bytes("1Gi"));
	assert_true(pod_bytes("1.5Gi") == pod_bytes("1536Mi"));
	assert_true(pod_bytes("1.5G") == 1.5e9 && pod_bytes("1500M") == 1.5e9);
	assert_true(pod_bytes("1k") == 1e3 && pod_bytes("1Ki") == 1024);
	assert_true(pod_bytes("2T") == 2e12 &&
		    pod_bytes("1073741824") == pod_bytes("1Gi"));
}

static void
test_stopped(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	const json_t *set;

	world_init(&w);
	json_object_set_new(json_object_get(w.records, "geth"), "up",
			    json_false());
	make(&w);
	set = object(&w, CLUSTER_STATEFUL_SET, "geth");
	assert_int_equal(jx_int(jx_get(set, "spec"), "replicas", -1), 1);
	json_object_set_new(json_object_get(w.records, "node"), "up",
			    json_false());
	make(&w);
	set = object(&w, CLUSTER_STATEFUL_SET, "geth");
	assert_int_equal(jx_int(jx_get(set, "spec"), "replicas", -1), 0);
}

static void
test_too_large(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	CLEANUP(freep) char *big = xmalloc(1100u << 10);

	world_init(&w);
	memset(big, 'x', (1100u << 10) - 1);
	big[(1100u << 10) - 1] = '\0';
	put(&w, "geth.toml", big, 0644);
	make(&w);
	assert_int_equal(w.rc, -1);
	t_error(&w.ds, "E1307", "geth.toml");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_port_names),
		cmocka_unit_test(test_def_names),
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_too_large),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
