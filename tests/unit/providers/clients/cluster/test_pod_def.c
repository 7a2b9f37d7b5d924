#include "tests/unit/t.h"

#include <sys/stat.h>

#include "providers/clients/cluster/pod_def.h"

/* --- who shares a pod ----------------------------------------------------- */

static void
assert_members(const char *records, const char *process, const char *want)
{
	CLEANUP(put_json) json_t *j = t_json(records);
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	CLEANUP(arena_done) struct arena a;
	const char **v;
	size_t n;

	arena_init(&a);
	v = pod_members(j, process, &a, &n);
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%s", i ? " " : "", v[i]);
	assert_string_equal(buf_str(&b), want);
}

static void
test_members(void **state UNUSED)
{
	static const char pair[] =
		"{'geth':{'def':{}},"
		"'node':{'def':{'bound_to':['geth'],'place':{}}},"
		"'batcher':{'def':{}}}";
	static const char row[] = "{'c':{'def':{'bound_to':['b']}},"
				  "'b':{'def':{'bound_to':['a']}},"
				  "'a':{'def':{}}}";
	static const char apart[] =
		"{'geth':{'def':{}},'node':{'def':{'bound_to':['geth'],"
		"'place':{'together_with':[]}}}}";
	static const char with[] =
		"{'x':{'def':{}},'y':{'def':{'place':{'together_with':['x']}}},"
		"'z':{'def':{'bound_to':['y'],"
		"'place':{'together_with':['x']}}}}";
	static const char circle[] = "{'q':{'def':{'bound_to':['p']}},"
				     "'p':{'def':{'bound_to':['q']}}}";

	/* By the name of the one that needs no other, whoever asks. */
	assert_members(pair, "geth", "geth node");
	assert_members(pair, "node", "geth node");
	assert_members(pair, "batcher", "batcher");
	assert_members(row, "a", "a b c");
	assert_members(row, "c", "a b c");
	assert_members(apart, "geth", "geth");
	assert_members(apart, "node", "node");
	assert_members(with, "y", "x y z");
	assert_members(circle, "p", "p q");
	assert_members(circle, "q", "p q");
	/* What it is bound to is gone already. */
	assert_members("{'node':{'def':{'bound_to':['geth']}}}", "node",
		       "node");
}

static void
test_host(void **state UNUSED)
{
	static const char *const names[] = {
		"op-geth",
		"Op-geth",
		"op_geth",
		"OP-geth",
		"a/op-geth",
		"a-op-geth",
		"A/op-geth",
		"1-geth",
		"p1-geth",
		"geth-",
		"a-name-of-more-than-fifty-two-letters-is-cut-at-that-1",
		"a-name-of-more-than-fifty-two-letters-is-cut-at-that-2",
	};
	CLEANUP(arena_done) struct arena a;

	arena_init(&a);
	assert_string_equal(pod_host(&a, "op-geth"), "op-geth");
	assert_string_equal(pod_host(&a, "a-2"), "a-2");
	for (size_t i = 0; i < COUNTOF(names); i++) {
		const char *host = pod_host(&a, names[i]);
		size_t n = strlen(host);

		/* RFC 1035, 2.3.1 */
		assert_true(n <= 52 && islower(*host) && host[n - 1] != '-');
		assert_int_equal(strspn(host, "abcdefghijklmnopqrstuvwxyz"
					      "0123456789-"),
				 n);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(host, pod_host(&a, names[k]));
	}
}

/* --- definitions ---------------------------------------------------------- */

#define OTHER "o-1-090aecb8" /* pod_host() of O_1 */

struct world {
	char *top, *dir; /* dir: .opl2 */
	json_t *records, *secrets;
	struct pod p;
	struct diags ds;
	int rc;
};

static void
world_init(struct world *w)
{
	*w = (struct world){ .top = t_mkdir() };
	w->dir = path_join(w->top, ".opl2");
	diags_init(&w->ds);
	assert_int_equal(file_mkdirs(w->dir, 0700, &w->ds), 0);
	w->secrets = t_json("{'env:KEY':'0x5e','var:url':'http://u:p@h'}");
}

static void
world_done(struct world *w)
{
	pod_done(&w->p);
	json_decref(w->records);
	json_decref(w->secrets);
	diags_done(&w->ds);
	t_rmdir(w->top);
	free(w->dir);
}

static void
put(const struct world *w, const char *path, const char *text, mode_t mode)
{
	CLEANUP(freep) char *full = path_join(w->top, path);
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(full, text, strlen(text), mode, &ds), 0);
}

/* The text with @ for the folder that .opl2 is in. */
static json_t *
at(const struct world *w, const char *text)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(64u << 10);

	for (; *text; text++)
		if (*text == '@')
			buf_adds(&b, w->top);
		else
			buf_addch(&b, *text);
	return t_json(buf_str(&b));
}

/* p: the process that is rewritten, with these members; m shares its pod, and
 * has port 9000; O_1 does not, and has port 8000. */
static const json_t *
make(struct world *w, const char *members)
{
	static const char usual[] = "{'command':['/bin/sh'],'dir':'@',"
				    "'log':{'path':'@/.opl2/logs/p.log'},"
				    "'start_when':[]}";
	CLEANUP(freep)
	char *text = xasprintf(
		"{'p':{'up':true,'def':{'ports':[{'name':'rpc','port':7000}],"
		"%s}},'m':{'up':true,'def':{'bound_to':['p'],"
		"'ports':[{'name':'rpc','port':9000}]}},'O_1':{'up':true,"
		"'def':{'ports':[{'name':'rpc','port':8000}]}}}",
		members);
	CLEANUP(put_json) json_t *more = at(w, usual);
	const char *key;
	json_t *record;

	pod_done(&w->p);
	json_decref(w->records);
	w->records = at(w, text);
	json_object_foreach(w->records, key, record)
		json_object_update_missing(json_object_get(record, "def"),
					   more);
	w->rc = pod_make(&w->p, w->records, "p", w->dir, w->secrets, &w->ds);
	return jx_get(w->p.defs, "p");
}

/* The first argument of p, when its command has this one. */
static const char *
argument(struct world *w, const char *text)
{
	CLEANUP(freep)
	char *members = xasprintf("'command':['/bin/sh','%s']", text);
	const json_t *def = make(w, members);
	const char *got =
		json_string_value(json_array_get(jx_get(def, "command"), 1));

	t_no_errors(&w->ds);
	assert_int_equal(w->rc, 0);
	return got;
}

static void
test_hosts(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;

	world_init(&w);
	assert_string_equal(argument(&w, "--l1=http://127.0.0.1:8000/x"),
			    "--l1=http://" OTHER ":8000/x");
	assert_string_equal(
		argument(&w, "http://127.0.0.1:8000,ws://127.0.0.1:9000"),
		"http://" OTHER ":8000,ws://127.0.0.1:9000");
	assert_string_equal(argument(&w, "--rpc=127.0.0.1:7000"),
			    "--rpc=127.0.0.1:7000");
	assert_string_equal(argument(&w, "--x=http://127.0.0.1:1234"),
			    "--x=http://127.0.0.1:1234");
	assert_string_equal(argument(&w, "--http.addr=127.0.0.1"),
			    "--http.addr=0.0.0.0");
	assert_string_equal(argument(&w, "127.0.0.1"), "127.0.0.1");
	assert_string_equal(argument(&w, "--x=y=127.0.0.1:8000"),
			    "--x=y=" OTHER ":8000");
}

static void
test_geth_names(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	const json_t *command;

	world_init(&w);
	command = jx_get(make(&w, "'command':['/bin/sh',"
				  "'--authrpc.addr=127.0.0.1']"),
			 "command");
	assert_int_equal(json_array_size(command), 4);
	assert_string_equal(json_string_value(json_array_get(command, 1)),
			    "--authrpc.addr=0.0.0.0");
	assert_string_equal(json_string_value(json_array_get(command, 2)),
			    "--http.vhosts=*");
}

static const struct pod_file *
file_at(const struct world *w, const char *to)
{
	for (size_t i = 0; i < w->p.nfiles; i++)
		if (!strcmp(w->p.files[i].to, to))
			return &w->p.files[i];
	print_error("# no file '%s'\n", to);
	fail();
	return NULL;
}

static void
test_paths(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	const char *got;

	world_init(&w);
	put(&w, "rollup.json", "{}", 0644);
	put(&w, "jwt", "5e", 0600);
	put(&w, ".opl2/key", "5e", 0600);

	got = argument(&w, "--rollup=@/rollup.json");
	assert_ptr_equal(strstr(got, "--rollup=/opl2/files/"), got);
	assert_string_equal(strrchr(got, '/'), "/rollup.json");
	assert_false(file_at(&w, got + strlen("--rollup="))->secret);

	got = argument(&w, "--jwt=@/jwt");
	assert_ptr_equal(strstr(got, "--jwt=/opl2/secrets/"), got);
	assert_true(file_at(&w, got + strlen("--jwt="))->secret);
	got = argument(&w, "@/.opl2/key");
	assert_ptr_equal(strstr(got, "/opl2/secrets/"), got);
	assert_false(w.p.data);

	assert_string_equal(argument(&w, "--datadir=@/.opl2/data/geth/x"),
			    "--datadir=/opl2/data/geth/x");
	assert_true(w.p.data);
	assert_string_equal(argument(&w, "--ipc=@/.opl2/run/geth.ipc"),
			    "--ipc=/opl2/run/run/geth.ipc");
	assert_string_equal(argument(&w, "--path=/api/v1"), "--path=/api/v1");
	assert_string_equal(argument(&w, "--datadirs=@/.opl2/database"),
			    "--datadirs=/opl2/run/database");
	assert_int_equal(w.p.nprograms, 1);
	assert_string_equal(w.p.programs[0].from, "/bin/sh");
	assert_ptr_equal(strstr(w.p.programs[0].to, "/opl2/bin/"),
			 w.p.programs[0].to);
}

/* In whatever member it is. */
static void
test_folder(void **state UNUSED)
{
	static const char *const cases[] = {
		"'command':['/bin/sh','--dir=@']",
		"'command':['/bin/sh','@']",
		"'env':{'DIR':'@'}",
		"'ready':[{'http':{'url':'@'}}]",
		"'command':['/bin/sh','/etc']",
	};

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(world_done) struct world w;

		world_init(&w);
		make(&w, cases[i]);
		assert_int_equal(w.rc, -1);
		t_error(&w.ds, "E1305", i == 4 ? "/etc" : w.top);
	}
}

static void
test_tokens(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	CLEANUP(freep) char *text = NULL;
	const json_t *env;
	const char *file;

	world_init(&w);
	put(&w, "key", "0x5ec2e7", 0600);
	env = jx_get(
		make(&w,
		     "'env':{'A':{'$secret':[{'env':'KEY'}]},"
		     "'B':{'$secret':['http://127.0.0.1:8000/',{'var':'url'}]},"
		     "'C':{'$secret':[{'file':'@/key'}]},"
		     "'D':'http://127.0.0.1:8000'}"),
		"env");
	t_no_errors(&w.ds);
	file = jx_str(jx_at(env, "/A/$secret/0"), "file", "");
	assert_string_equal(file, "/opl2/secrets/env/KEY");
	assert_string_equal(file_at(&w, file)->text, "0x5e");
	assert_true(file_at(&w, file)->secret);
	assert_string_equal(json_string_value(jx_at(env, "/B/$secret/0")),
			    "http://" OTHER ":8000/");
	file = jx_str(jx_at(env, "/B/$secret/1"), "file", "");
	assert_string_equal(file, "/opl2/secrets/var/url");
	file = jx_str(jx_at(env, "/C/$secret/0"), "file", "");
	assert_ptr_equal(strstr(file, "/opl2/secrets/"), file);
	assert_true(file_at(&w, file)->secret);
	assert_string_equal(jx_str(env, "D", ""), "http://" OTHER ":8000");
	/* Nothing of it is in what is a ConfigMap. */
	text = jx_dump(w.p.defs);
	assert_null(strstr(text, "0x5e"));
	assert_null(strstr(text, "u:p@h"));
	assert_null(strstr(text, w.top));
}

static void
test_token_errors(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	CLEANUP(world_done) struct world k;

	world_init(&w);
	make(&w, "'env':{'A':{'$secret':[{'env':'GONE'}]}}");
	assert_int_equal(w.rc, -1);
	t_error(&w.ds, "E0911", "env:GONE");
	world_init(&k);
	make(&k, "'env':{'A':{'$secret':[{'keystore':'/k','password':{}}]}}");
	assert_int_equal(k.rc, -1);
	t_error(&k.ds, "E1306", "keystore");
}

static void
test_probes(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	const json_t *def;

	world_init(&w);
	def = make(
		&w,
		"'ready':[{'tcp':{'host':'127.0.0.1','port':7000}}],"
		"'start_when':[{'tcp':{'port':8000}},"
		"{'rpc':{'url':'http://127.0.0.1:8000','method':'x',"
		/* No folder of this machine. */
		"'at':'/tmp'}}],'gate':{'probes':[{'tcp':{'host':'127.0.0.1',"
		"'port':8000}},{'tcp':{'host':'h','port':8000}}]},"
		"'stop':[{'rpc':{'url':'http://127.0.0.1:7000',"
		"'method':'x'}}]");
	t_no_errors(&w.ds);
	assert_string_equal(jx_str(jx_at(def, "/ready/0/tcp"), "host", ""),
			    "127.0.0.1");
	assert_string_equal(jx_str(jx_at(def, "/start_when/0/tcp"), "host", ""),
			    OTHER);
	assert_string_equal(jx_str(jx_at(def, "/start_when/1/rpc"), "url", ""),
			    "http://" OTHER ":8000");
	assert_string_equal(jx_str(jx_at(def, "/start_when/1/rpc"), "at", ""),
			    "/tmp");
	assert_string_equal(
		jx_str(jx_at(def, "/gate/probes/0/tcp"), "host", ""), OTHER);
	assert_string_equal(
		jx_str(jx_at(def, "/gate/probes/1/tcp"), "host", ""), "h");
	assert_string_equal(jx_str(jx_at(def, "/stop/0/rpc"), "url", ""),
			    "http://127.0.0.1:7000");
}

static void
test_depends(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	const json_t *def;

	world_init(&w);
	def = make(&w, "'depends':['m','O_1'],'bound_to':['m','O_1'],"
		       "'place':{'together_with':['m']}");
	t_no_errors(&w.ds);
	assert_int_equal(json_array_size(jx_get(def, "depends")), 1);
	assert_string_equal(json_string_value(jx_at(def, "/depends/0")), "m");
	assert_int_equal(json_array_size(jx_get(def, "bound_to")), 1);
	assert_string_equal(jx_str(jx_at(def, "/start_when/0/http"), "url", ""),
			    "http://" OTHER ":7300/ready/O_1");
	/* What was given stays as it was. */
	assert_int_equal(json_array_size(jx_at(w.records, "/p/def/depends")),
			 2);
	assert_null(jx_at(w.records, "/p/def/start_when/0"));
}

/* Of those that share it the ones that run are in it; of none that runs all. */
static void
test_up(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	json_t *m, *p;

	world_init(&w);
	make(&w, "'triggers':{}");
	assert_true(w.p.up);
	assert_string_equal(w.p.name, "p");
	assert_int_equal(json_object_size(w.p.defs), 2);
	m = json_object_get(w.records, "m");
	p = json_object_get(w.records, "p");
	json_object_set_new(m, "up", json_false());
	pod_done(&w.p);
	assert_int_equal(
		pod_make(&w.p, w.records, "m", w.dir, w.secrets, &w.ds), 0);
	assert_string_equal(w.p.name, "p");
	assert_int_equal(json_object_size(w.p.defs), 1);
	json_object_set_new(p, "up", json_false());
	pod_done(&w.p);
	assert_int_equal(
		pod_make(&w.p, w.records, "p", w.dir, w.secrets, &w.ds), 0);
	assert_false(w.p.up);
	assert_int_equal(json_object_size(w.p.defs), 2);
}

/* A database is made in the pod, from a genesis that goes there packed. */
static void
test_prepare(void **state UNUSED)
{
	CLEANUP(world_done) struct world w;
	const json_t *one;
	const char *genesis;

	world_init(&w);
	put(&w, "genesis.json", "{}", 0644);
	{
		CLEANUP(freep)
		char *data = path_join(w.top, ".opl2/data/c/geth");
		CLEANUP(put_json)
		json_t *how = at(&w, "{'program':'/bin/sh','args':['init',"
				     "'{datadir}','{genesis}'],'genesis':"
				     "'@/genesis.json','clean':['geth']}");
		CLEANUP(freep) char *path = path_join(data, "PREPARE.json");

		assert_int_equal(file_mkdirs(data, 0700, &w.ds), 0);
		assert_int_equal(file_replace_json(path, how, 0600, &w.ds), 0);
	}
	one = jx_at(make(&w, "'place':{'datadir':'@/.opl2/data/c/geth'}"),
		    "/prepare/0");
	t_no_errors(&w.ds);
	assert_string_equal(jx_str(one, "unless", ""),
			    "/opl2/data/c/geth/opl2-prepared");
	assert_string_equal(json_string_value(jx_at(one, "/command/2")),
			    "/opl2/data/c/geth");
	genesis = json_string_value(jx_at(one, "/command/3"));
	assert_ptr_equal(strstr(genesis, "/opl2/run/"), genesis);
	assert_true(w.p.data);
	assert_int_equal(w.p.nfiles, 1);
	assert_true(w.p.files[0].packed);
	assert_non_null(
		strstr(json_object_iter_key(json_object_iter(
			       (json_t *)(uintptr_t)jx_get(one, "unpack"))),
		       "genesis.json.gz"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_geth_names),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_token_errors),
		cmocka_unit_test(test_probes),
		cmocka_unit_test(test_depends),
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_prepare),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
