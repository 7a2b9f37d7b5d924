#include "tests/unit/t.h"
#include "tests/unit/spec_fix.h"

#include "engine/schema/embed.h"
#include "engine/schema/schema.h"
#include "engine/spec/lockfile.h"

static void
test_plain(void **state)
{
	struct fix *f = *state;
	const struct resource *r;

	load_ok(f, HEAD "resources:\n"
			"  null:\n"
			"    a: { note: \"x $${y\" }\n"
			"    b:\n"
			"      note: \"<${null.a.id}> on ${host.os}\"\n"
			"      triggers: { one: \"${null.a.note}\" }\n"
			"      depends_on: [null.c]\n"
			"      timeout: 2m\n"
			"      lifecycle: { prevent_destroy: true }\n"
			"    c:\n"
			"    d: {}\n");
	assert_string_equal(f->sp->name, "t");
	assert_int_equal(f->sp->nres, 4);
	assert_string_equal(config_str(f, "null.a", "/note"), "x ${y");
	r = spec_find(f->sp, "null.b");
	assert_int_equal(r->ndeps, 2);
	assert_string_equal(r->deps[0], "null.a");
	assert_string_equal(r->deps[1], "null.c");
	assert_int_equal(r->nslots, 2);
	assert_int_equal(r->timeout_ms, 120000);
	assert_true(r->life.prevent_destroy);
	assert_non_null(jx_at(spec_find(f->sp, "null.c")->config, "/triggers"));
	assert_null(spec_find(f->sp, "null.e"));
}

/* A preset as one may be: typed inputs, variants, a switched-off resource. */
static const char preset_text[] =
	"description: a test\n"
	"inputs:\n"
	"  chain_id: { type: integer, description: id }\n"
	"  period: { type: duration, default: 2s }\n"
	"  da: { type: enum, values: [none, file], default: none }\n"
	"  rpc: { type: url, default: \"http://h:1\", sensitive: true }\n"
	"  fee: { type: wei, default: 3gwei }\n"
	"  roles:\n"
	"    type: map\n"
	"    default: { admin: { generate: true }, other: { env: O } }\n"
	"  flags: { type: map, default: {} }\n"
	"  extra: { type: bool, default: false }\n"
	"  of: { type: resource, kind: process, required: false }\n"
	"variants:\n"
	"  da:\n"
	"    file:\n"
	"      resources:\n"
	"        process:\n"
	"          node: { args: { da: \"${process.da.urls.http}\" } }\n"
	"          da: { command: [da], ports: { http: 3100 },\n"
	"            urls: { http: \"http://h:${self.ports.http}\" } }\n"
	"resources:\n"
	"  null:\n"
	"    x: { when: \"${with.extra}\", note: extra }\n"
	"    k: { triggers: { role: \"${with.roles.admin.generate}\" } }\n"
	"  process:\n"
	"    node:\n"
	"      command: [node]\n"
	"      args:\n"
	"        id: ${with.chain_id}\n"
	"        period: ${with.period.seconds}\n"
	"        text: t=${with.period}\n"
	"        fee: ${with.fee.wei}\n"
	"        gwei: ${with.fee.gwei}\n"
	"        x: ${null.x.id}\n"
	"      triggers: ${with.flags}\n"
	"      env: { RPC: \"${with.rpc}\" }\n"
	"      ports: { http: 8545 }\n"
	"      urls: { http: \"http://127.0.0.1:${self.ports.http}\" }\n"
	"    other:\n"
	"      command: [other]\n"
	"      args: { up: \"${with.of.urls.http}\", own: "
	"\"${process.node.urls.http}\" }\n"
	"outputs:\n"
	"  rpc: ${process.node.urls.http}\n";

/* Two inputs choose together, after what each chooses alone. */
static void
test_variants_of_two(void **state)
{
	static const char text[] =
		"description: a test\n"
		"inputs:\n"
		"  a: { type: enum, values: [x, y], default: x, description: a "
		"}\n"
		"  b: { type: bool, default: false, description: b }\n"
		"resources:\n"
		"  null: { n: { note: plain } }\n"
		"variants:\n"
		"  a: { y: { resources: { null: { n: { note: one } } } } }\n"
		"  a+b: { y+true: { resources: { null: { n: { note: both } } } "
		"} }\n";
	struct fix *f = *state;
	static const struct {
		const char *with, *note;
	} cases[] = { { "{}", "plain" },
		      { "{ b: true }", "plain" },
		      { "{ a: y }", "one" },
		      { "{ a: y, b: true }", "both" } };

	put_file(f->dir, "p/preset.yaml", text);
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		char spec[128];

		(void)snprintf(spec, sizeof(spec), HEAD "use: ./p\nwith: %s\n",
			       cases[i].with);
		load_ok(f, spec);
		assert_string_equal(
			jx_str(spec_find(f->sp, "null.n")->config, "note", ""),
			cases[i].note);
	}
}

static void
test_preset(void **state)
{
	struct fix *f = *state;
	const struct resource *r;
	const json_t *args;

	put_file(f->dir, "p/preset.yaml", preset_text);
	load_ok(f, HEAD "use: ./p\n"
			"with: { chain_id: 7, flags: { a: b }, "
			"roles: { admin: { env: A } } }\n"
			"resources:\n"
			"  null:\n"
			"    k: { triggers: { role: null, b: x } }\n"
			"  process:\n"
			"    other: null\n"
			"    node: { ports: { http: 9000 }, args: { id2: "
			"\"${with.chain_id}\" } }\n");
	assert_int_equal(f->sp->nres, 2);
	r = spec_find(f->sp, "process.node");
	assert_non_null(r);
	args = jx_at(r->config, "/args");
	assert_int_equal(jx_int(args, "id", 0), 7);
	assert_int_equal(jx_int(args, "id2", 0), 7);
	assert_int_equal(jx_int(args, "period", 0), 2);
	assert_string_equal(jx_str(args, "text", ""), "t=2s");
	assert_int_equal(jx_int(args, "fee", 0), 3000000000);
	assert_int_equal(jx_int(args, "gwei", 0), 3);
	assert_null(json_object_get(args, "x"));
	assert_string_equal(config_str(f, "process.node", "/triggers/a"), "b");
	assert_int_equal(json_integer_value(jx_at(r->config, "/ports/http")),
			 9000);
	assert_int_equal(r->ndeps, 0);
	r = spec_find(f->sp, "null.k");
	assert_null(jx_at(r->config, "/triggers/role"));
	assert_int_equal(f->sp->noutputs, 1);
}

static void
test_variant(void **state)
{
	struct fix *f = *state;
	const struct resource *r;
	const json_t *port;

	put_file(f->dir, "p/preset.yaml", preset_text);
	load_ok(f, HEAD "use: ./p\nport_offset: 100\n"
			"with: { chain_id: 7, da: file, extra: true }\n");
	r = spec_find(f->sp, "process.node");
	assert_int_equal(r->ndeps, 2);
	assert_string_equal(r->deps[0], "null.x");
	assert_string_equal(r->deps[1], "process.da");
	r = spec_find(f->sp, "process.da");
	port = jx_at(r->config, "/ports/http");
	assert_int_equal(json_integer_value(port), 3200);
	assert_int_equal(r->nslots, 1);
	assert_string_equal(r->slots[0].pointer, "/urls/http");
}

static void
test_instances(void **state)
{
	struct fix *f = *state;
	const struct resource *r;

	put_file(f->dir, "p/preset.yaml", preset_text);
	load_ok(f,
		HEAD "instances:\n"
		     "  one:\n"
		     "    use: ./p\n"
		     "    with: { chain_id: 1, of: \"${process.main}\" }\n"
		     "    resources: { process: { node: { ports: { http: "
		     "1 } } } }\n"
		     "  two: { use: ./p/, with: { chain_id: 2, of: "
		     "process.one/node } }\n"
		     "resources:\n"
		     "  process:\n"
		     "    main: { command: [m], urls: { http: \"http://m:1\" "
		     "} }\n"
		     "    two/node: { args: { z: 5 } }\n"
		     "outputs: { n: \"${process.one/node.urls.http}\" }\n");
	assert_int_equal(f->sp->nres, 7);
	r = spec_find(f->sp, "process.one/other");
	assert_non_null(r);
	assert_string_equal(r->name, "one/other");
	assert_int_equal(r->ndeps, 2);
	assert_string_equal(r->deps[0], "process.main");
	assert_string_equal(r->deps[1], "process.one/node");
	r = spec_find(f->sp, "process.two/other");
	assert_string_equal(r->deps[0], "process.one/node");
	r = spec_find(f->sp, "process.two/node");
	assert_int_equal(json_integer_value(jx_at(r->config, "/args/z")), 5);
	assert_int_equal(f->sp->noutputs, 3);
	assert_string_equal(f->sp->outputs[1].name, "one/rpc");
}

/* What a lookup of these tests knows: addr and pointer to value. */
static const json_t *
look(void *arg, const struct ref *ref, bool *unknown)
{
	const json_t *objects = arg;
	const json_t *o = jx_get(objects, ref->addr);

	*unknown = !o;
	return o ? jx_at(o, ref->path) : NULL;
}

static json_t *
eval(struct fix *f, const char *addr, json_t *objects, json_t **unknown)
{
	json_t *config = NULL;
	int rc;

	rc = resource_eval(f->sp, spec_find(f->sp, addr), look, objects,
			   &config, unknown, &f->ds);
	t_no_errors(&f->ds);
	assert_int_equal(rc, 0);
	return config;
}

static void
test_eval(void **state)
{
	struct fix *f = *state;
	CLEANUP(put_json) json_t *objects = json_object();
	CLEANUP(put_json) json_t *unknown = NULL;
	CLEANUP(put_json) json_t *config = NULL;
	CLEANUP(put_json) json_t *unknown2 = NULL;
	CLEANUP(put_json) json_t *config2 = NULL;

	load_ok(f, HEAD "resources:\n"
			"  null:\n"
			"    a: {}\n"
			"  process:\n"
			"    p:\n"
			"      command: [x]\n"
			"      stop_order: ${null.a.note}\n"
			"      args: { id: \"${null.a.id}\" }\n"
			"      triggers: ${null.a.triggers}\n"
			"      env: { K: \"k=${null.a.id}\" }\n"
			"      ports: { http: 80 }\n"
			"      urls: { http: \"http://${self.args.id}:"
			"${self.ports.http}\", again: \"${self.urls.http}\" "
			"}\n");
	config = eval(f, "process.p", objects, &unknown);
	assert_true(is_unknown(unknown, "/args/id"));
	assert_true(is_unknown(unknown, "/urls/again"));
	assert_true(is_unknown(unknown, "/stop_order"));
	assert_false(is_unknown(unknown, "/ports/http"));
	json_object_set_new(objects, "null.a",
			    json_pack("{s:s,s:s,s:{s:s}}", "id", "h", "note",
				      "12", "triggers", "t", "1"));
	config2 = eval(f, "process.p", objects, &unknown2);
	assert_int_equal(json_array_size(unknown2), 0);
	assert_int_equal(jx_int(config2, "stop_order", 0), 12);
	assert_string_equal(json_string_value(jx_at(config2, "/urls/again")),
			    "http://h:80");
	assert_string_equal(json_string_value(jx_at(config2, "/env/K")), "k=h");
	assert_string_equal(json_string_value(jx_at(config2, "/triggers/t")),
			    "1");
}

static void
test_eval_bad(void **state)
{
	struct fix *f = *state;
	CLEANUP(put_json)
	json_t *objects = json_pack("{s:{s:s,s:{}}}", "null.a", "note", "many",
				    "triggers");
	CLEANUP(put_json) json_t *unknown = NULL;
	CLEANUP(put_json) json_t *config = NULL;

	load_ok(f, HEAD "resources:\n"
			"  null: { a: {} }\n"
			"  process:\n"
			"    p:\n"
			"      command: [x]\n"
			"      stop_order: ${null.a.note}\n"
			"      args: { x: \"${self.args.y}\", y: "
			"\"${self.args.x}\", z: \"v=${null.a.id}\" }\n");
	assert_int_equal(resource_eval(f->sp, spec_find(f->sp, "process.p"),
				       look, objects, &config, &unknown,
				       &f->ds),
			 -1);
	assert_int_equal(f->ds.nerrors, 4);
	diags_sort(&f->ds);
	t_error(&f->ds, "E0203", "'stop_order' must be an integer");
	assert_int_equal(f->ds.first->pos.line, 8);
	assert_int_equal(f->ds.first->pos.col, 19);
}

static void
test_secrets(void **state)
{
	struct fix *f = *state;
	const struct resource *r;
	CLEANUP(freep) char *text = NULL;
	const char *spec =
		HEAD "variables:\n"
		     "  rpc: { type: url, env: T_SPEC_RPC, sensitive: true }\n"
		     "  n: { type: integer, default: 5 }\n"
		     "resources:\n"
		     "  process:\n"
		     "    p: { command: [x], args: { n: \"${var.n}\" },\n"
		     "      env: { A: \"${var.rpc}\", B: \"u=${var.rpc}/x\" } "
		     "}\n";

	unsetenv("T_SPEC_RPC");
	assert_int_equal(load(f, spec), -1);
	t_error(&f->ds, "E0307", "'rpc' has no value");
	f->opts.lenient = true;
	load_ok(f, spec);
	assert_int_equal(json_object_size(f->sp->secrets), 0);
	f->opts.lenient = false;
	setenv("T_SPEC_RPC", "http://h/key${x}", 1);
	load_ok(f, spec);
	assert_string_equal(jx_str(f->sp->secrets, "var:rpc", ""),
			    "http://h/key${x}");
	r = spec_find(f->sp, "process.p");
	text = jx_dump_line(jx_at(r->config, "/env"));
	assert_string_equal(text, "{\"A\":{\"$secret\":[{\"var\":\"rpc\"}]},"
				  "\"B\":{\"$secret\":[\"u=\",{\"var\":\"rpc\"}"
				  ",\"/x\"]}}");
	setenv("T_SPEC_RPC", "no url", 1);
	assert_int_equal(load(f, spec), -1);
	t_error(&f->ds, "E0214", "'rpc' is not a URL: it has no scheme");
	assert_null(strstr(f->ds.first->hint, "no url"));
	unsetenv("T_SPEC_RPC");
}

static void
test_precedence(void **state)
{
	struct fix *f = *state;
	char *vf = path_join(f->dir, "v.yaml");
	const char *spec = HEAD "variables:\n"
				"  a: { type: string, default: d, env: T_A }\n"
				"  l: { type: list, default: [x] }\n"
				"resources:\n"
				"  null: { n: { note: \"${var.a}\" } }\n"
				"  process: { p: { command: \"${var.l}\" } }\n";

	unsetenv("T_A");
	load_ok(f, spec);
	assert_string_equal(config_str(f, "null.n", "/note"), "d");
	put_file(f->dir, "v.yaml", "a: from ${file}\n");
	f->var_files[0] = vf;
	f->opts.var_files = f->var_files;
	f->opts.nvar_files = 1;
	load_ok(f, spec);
	assert_string_equal(config_str(f, "null.n", "/note"), "from ${file}");
	setenv("T_A", "env", 1);
	load_ok(f, spec);
	assert_string_equal(config_str(f, "null.n", "/note"), "env");
	setenv("OPL2_VAR_a", "own", 1);
	load_ok(f, spec);
	assert_string_equal(config_str(f, "null.n", "/note"), "own");
	f->vars[0] = "a=flag=1";
	f->vars[1] = "l=[y, \"${z}\"]";
	f->opts.vars = f->vars;
	f->opts.nvars = 2;
	load_ok(f, spec);
	assert_string_equal(config_str(f, "null.n", "/note"), "flag=1");
	assert_string_equal(config_str(f, "process.p", "/command/1"), "${z}");
	f->vars[1] = "b=1";
	assert_int_equal(load(f, NULL), -1);
	t_error(&f->ds, "E0306", "unknown variable 'b'");
	f->vars[1] = "b";
	assert_int_equal(load(f, NULL), -1);
	t_error(&f->ds, "E0315", "NAME=VALUE");
	unsetenv("T_A");
	unsetenv("OPL2_VAR_a");
	free(vf);
}

/* An input is what it was declared to be, whatever place takes it; its text
 * is what was written. */
static void
test_typed_once(void **state)
{
	static const char preset[] =
		"description: a test\n"
		"inputs:\n"
		"  s: { type: string, description: s }\n"
		"  t: { type: string, default: \"${with.s}\" }\n"
		"  u: { type: string, default: \"0${with.s}\" }\n"
		"  e: { type: enum, values: ['on', 'off'], default: on }\n"
		"  i: { type: integer, default: 7 }\n"
		"  d: { type: duration, default: 60s }\n"
		"  b: { type: bytes, default: 1KiB }\n"
		"  l: { type: list, default: [1, x] }\n"
		"resources:\n"
		"  process:\n"
		"    p:\n"
		"      command: ${with.l}\n"
		"      args: { s: \"${with.s}\", t: \"${with.t}\",\n"
		"        u: \"${with.u}\", e: \"${with.e}\", i: "
		"\"${with.i}\",\n"
		"        d: \"${with.d}\", b: \"${with.b}\", v: "
		"\"${with.b.bytes}\",\n"
		"        n: \"${with.i}s\", x: \"x${with.s}\" }\n"
		"      ready_timeout: ${with.d}\n"
		"      ports: { http: \"${with.i}\" }\n";
	static const struct {
		const char *with, *s, *u;
	} cases[] = {
		{ "yes", "yes", "0yes" },
		{ "010", "010", "0010" },
		{ "12", "12", "012" },
		{ "true", "true", "0true" },
		{ "'null'", "null", "0null" },
		{ "'1'", "1", "01" },
		{ "'a$${b}'", "a${b}", "0a${b}" },
	};
	struct fix *f = *state;

	put_file(f->dir, "p/preset.yaml", preset);
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(freep)
		char *spec = xasprintf(HEAD "use: ./p\nwith: { s: %s }\n",
				       cases[i].with);
		CLEANUP(freep) char *x = xasprintf("x%s", cases[i].s);

		load_ok(f, spec);
		assert_string_equal(config_str(f, "process.p", "/args/s"),
				    cases[i].s);
		assert_string_equal(config_str(f, "process.p", "/args/t"),
				    cases[i].s);
		assert_string_equal(config_str(f, "process.p", "/args/u"),
				    cases[i].u);
		assert_string_equal(config_str(f, "process.p", "/args/x"), x);
	}
	assert_string_equal(config_str(f, "process.p", "/args/e"), "on");
	assert_string_equal(config_str(f, "process.p", "/args/d"), "60s");
	assert_string_equal(config_str(f, "process.p", "/args/b"), "1KiB");
	assert_int_equal(
		json_integer_value(jx_at(spec_find(f->sp, "process.p")->config,
					 "/args/v")),
		1024);
	assert_string_equal(config_str(f, "process.p", "/args/n"), "7s");
	assert_string_equal(config_str(f, "process.p", "/ready_timeout"), "1m");
	assert_string_equal(config_str(f, "process.p", "/command/0"), "1");
	assert_int_equal(
		json_integer_value(jx_at(spec_find(f->sp, "process.p")->config,
					 "/args/i")),
		7);
	/* what the place does not take is shown at the value */
	assert_int_equal(load(f, HEAD "use: ./p\nwith: { s: x,\n"
				      "  i: 70000 }\n"),
			 -1);
	t_error(&f->ds, "E0213", "70000");
	assert_int_equal(f->ds.first->pos.line, 5);
}

static void
test_preset_bad(void **state)
{
	struct fix *f = *state;

	put_file(f->dir, "p/preset.yaml", preset_text);
	assert_int_equal(load(f, HEAD "use: ./p\n"), -1);
	t_error(&f->ds, "E0307", "'chain_id' of 'p' is missing");
	assert_int_equal(f->ds.nerrors, 1);
	assert_int_equal(load(f, HEAD "use: ./p\nwith: { chain_id: x }\n"), -1);
	t_error(&f->ds, "E0203", "'chain_id' must be an integer");
	assert_int_equal(f->ds.nerrors, 1);
	assert_int_equal(f->ds.first->pos.line, 4);
	assert_int_equal(load(f, HEAD "use: ./p\nwith: { chain_id: 1, dda: "
				      "file }\n"),
			 -1);
	t_error(&f->ds, "E0305", "no input 'dda'");
	assert_string_equal(f->ds.first->hint, "did you mean 'da'?");
	assert_int_equal(load(f, HEAD "use: ./p\nwith: { chain_id: 1, da: "
				      "fil }\n"),
			 -1);
	t_error(&f->ds, "E0205", "'da' cannot be 'fil'");
	assert_int_equal(load(f, HEAD "use: ./p\nwith: { chain_id: 1, of: "
				      "\"${null.k}\" }\n"),
			 -1);
	t_error(&f->ds, "E0203", "of kind 'process'");
	assert_int_equal(load(f, HEAD "use: ./p\nwith: { chain_id: 1, period: "
				      "\"${with.period}\" }\n"),
			 -1);
	t_error(&f->ds, "E0310", "refers to itself");
	put_file(f->dir, "p/preset.yaml", "input: {}\n");
	assert_int_equal(load(f, HEAD "use: ./p\n"), -1);
	t_error(&f->ds, "E0201", "'input'");
	assert_string_equal(f->ds.first->pos.file, "./p/preset.yaml");
}

static void
test_digest(void **state)
{
	struct fix *f = *state;
	char first[65];

	load_ok(f, HEAD "resources: { null: { a: { note: x } } }\n");
	memcpy(first, f->sp->digest, sizeof(first));
	load_ok(f, HEAD "# a comment\nresources: { null: { a: { note: \"x\" } "
			"} }\n");
	assert_string_equal(f->sp->digest, first);
	load_ok(f, HEAD "resources: { null: { a: { note: y } } }\n");
	assert_string_not_equal(f->sp->digest, first);
}

static void
test_moved(void **state)
{
	struct fix *f = *state;

	load_ok(f, HEAD "resources: { null: { b: {} } }\n"
			"moved: [ { from: null.a, to: null.b } ]\n"
			"limits: { eth: 0.5eth }\n");
	assert_int_equal(f->sp->nmoves, 1);
	assert_string_equal(f->sp->moves[0].to, "null.b");
	assert_string_equal(jx_str(f->sp->limits, "eth", ""),
			    "500000000000000000");
}

static void
test_print(void **state)
{
	struct fix *f = *state;
	CLEANUP(buf_done) struct buf b = BUF_INIT(1u << 20);
	const char *text;

	put_file(f->dir, "p/preset.yaml", preset_text);
	load_ok(f, HEAD "use: ./p\nwith:\n  chain_id: 7\n"
			"outputs: { o: \"${null.k.id}\" }\n");
	spec_print(f->sp, &b);
	text = buf_str(&b);
	assert_non_null(strstr(text, "        id: 7 "));
	assert_non_null(strstr(text, "opl2.yaml:5\n"));
	assert_non_null(strstr(text, "        text: t=2s "));
	assert_non_null(strstr(text, "./p/preset.yaml:"));
	assert_non_null(strstr(text, "      stop_order: 50 "));
	assert_non_null(strstr(text, "# default\n"));
	assert_non_null(strstr(text, "RPC: (sensitive)"));
	assert_non_null(strstr(text, "  o: \"${null.k.id}\"\n"));
	assert_non_null(strstr(text, "http: \"http://127.0.0.1:"
				     "${process.node.ports.http}\""));
}

/* The text of a built-in preset stays that of opl2.lock until it is upgraded
 * there. */
static void
test_pinned(void **state)
{
	struct fix *f = *state;
	struct lockfile lf;
	json_t *pin;

	put_file(f->dir, "p/preset.yaml", preset_text);
	load_ok(f, HEAD "use: ./p\nwith: { chain_id: 7 }\n");
	assert_int_equal(lockfile_load(f->dir, &lf, &f->ds), 0);
	assert_false(lf.exists);
	spec_pin(f->sp, &lf);
	assert_false(lf.dirty);
	pin = json_pack("{s:s,s:{s:s,s:s}}", "digest", "abc", "files",
			"preset.yaml",
			"resources: { null: { old: { note: asset } } }\n", "a",
			"text \"}{");
	lockfile_set_preset(&lf, "devnet", pin);
	lockfile_set_resource(&lf, "null.old", pin);
	json_decref(pin);
	assert_int_equal(lockfile_save(f->dir, &lf, &f->ds), 0);
	lockfile_done(&lf);
	load_ok(f, HEAD "use: devnet\n");
	assert_int_equal(f->sp->nres, 1);
	assert_string_equal(f->sp->preset_digest, "abc");
	assert_non_null(spec_find(f->sp, "null.old"));
	assert_int_equal(lockfile_load(f->dir, &lf, &f->ds), 0);
	assert_non_null(lockfile_resource(&lf, "null.old"));
	assert_string_equal(
		jx_str(lockfile_preset(&lf, "devnet"), "digest", ""), "abc");
	/* not read before it is asked for */
	assert_non_null(lf.text);
	assert_string_equal(
		jx_str(lockfile_preset_files(&lf, "devnet"), "a", ""),
		"text \"}{");
	assert_null(lf.text);
	lockfile_set_resource(&lf, "null.old", NULL);
	assert_true(lf.dirty);
	assert_null(lockfile_resource(&lf, "null.old"));
	lockfile_done(&lf);
	put_file(f->dir, "opl2.lock", "{\"opl2_lock\": 2}");
	assert_int_equal(load(f, NULL), -1);
	t_error(&f->ds, "E0321", "not a lock file");
}

static void
test_assets(void **state)
{
	struct fix *f = *state;
	const char *v, *text;
	size_t n, i = 0;

	if (!kind_find("toolchain"))
		skip();
	put_file(f->dir, "p/preset.yaml",
		 "resources:\n  toolchain:\n    solc:\n      program: solc\n"
		 "      version: \"1\"\n      host: false\n      from:\n"
		 "        npm: { package: solc, version: 1.0.0 }\n"
		 "        script: asset:sub/a.js\n        node: /n\n");
	put_file(f->dir, "p/sub/a.js", "hello");
	load_ok(f, HEAD "use: ./p\n");
	v = config_str(f, "toolchain.solc", "/from/script");
	assert_string_equal(
		v, "asset:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e7304"
		   "3362938b9824:sub/a.js");
	text = spec_asset(f->sp, v, &n);
	assert_int_equal(n, 5);
	assert_memory_equal(text, "hello", 5);
	assert_string_equal(spec_asset_next(f->sp, &i), v);
	assert_null(spec_asset_next(f->sp, &i));
	assert_null(spec_asset(f->sp, "asset:00:x", &n));
	put_file(f->dir, "p/preset.yaml",
		 "resources:\n  toolchain:\n    solc:\n      program: solc\n"
		 "      version: \"1\"\n      host: false\n      from:\n"
		 "        npm: { package: solc, version: 1.0.0 }\n"
		 "        script: asset:../opl2.yaml\n        node: /n\n");
	assert_int_equal(load(f, NULL), -1);
	t_error(&f->ds, "E0217", "not an asset");
}

/* Every schema that is embedded uses only what this release implements. */
static void
test_schemas(void **state)
{
	struct diags ds;
	unsigned i;

	(void)state;
	diags_init(&ds);
	for (i = 0; i < embed_count; i++) {
		const char *path = embed_table[i].path;
		const json_t *s;

		if (!strncmp(path, "presets/", 8) || !strstr(path, ".json"))
			continue;
		s = schema_file(path);
		assert_non_null(s);
		if (jx_get(s, "properties"))
			schema_check(path, s, &ds);
	}
	for (i = 0; i < kind_count; i++)
		assert_non_null(schema_for(kind_table[i]->name));
	t_no_errors(&ds);
	diags_done(&ds);
}

static void
test_schema_check(void **state)
{
	static const char text[] =
		"{\"type\":\"object\",\"propertys\":{},\"required\":[\"a\"],"
		"\"properties\":{\"b\":{\"type\":\"int\"},\"c\":{\"type\":"
		"\"integer\",\"default\":\"x\",\"x-class\":\"new\"}}}";
	CLEANUP(put_json)
	json_t *s = jx_parse(text, sizeof(text) - 1, "t", NULL);
	struct diags ds;

	(void)state;
	diags_init(&ds);
	assert_int_equal(schema_check("t", s, &ds), -1);
	assert_int_equal(ds.nerrors, 5);
	t_error(&ds, "E0600", "propertys");
	diags_done(&ds);
}

static void
test_schema_class(void **state)
{
	const json_t *s = schema_for("process");

	(void)state;
	assert_int_equal(schema_class(s, "/args/x"), CLASS_RESTART);
	assert_int_equal(schema_class(s, "/urls/x"), CLASS_IN_PLACE);
	assert_true(schema_sensitive(s, "/env/A"));
	assert_false(schema_sensitive(s, "/args/A"));
	assert_non_null(schema_at(s, "/ports/any"));
	assert_null(schema_at(s, "/nope"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_preset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_variants_of_two, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_variant, setup, teardown),
		cmocka_unit_test_setup_teardown(test_instances, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_eval, setup, teardown),
		cmocka_unit_test_setup_teardown(test_eval_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(test_secrets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_precedence, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_typed_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_preset_bad, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_digest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_print, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pinned, setup, teardown),
		cmocka_unit_test_setup_teardown(test_assets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_schemas, setup, teardown),
		cmocka_unit_test_setup_teardown(test_schema_check, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_schema_class, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("spec", tests, NULL, NULL);
}
