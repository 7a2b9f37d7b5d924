#include "tests/unit/t.h"

#include "engine/spec/spec.h"

/*
 * Bad specs and what is said of them. A case is text; the place where the
 * caret must be is marked by "@@" before it, which is taken out. Several
 * problems of one file are several codes, in order of their places; the mark
 * is that of the first.
 */
struct bad {
	const char *codes; /* separated by blanks */
	const char *text;  /* "HEAD" is put before, unless it begins with ^ */
	const char *says;  /* in the first summary or hint, or NULL */
};

#define HEAD "opl2: 1\nname: t\n"
#define P    "resources:\n  process:\n    p:\n      command: [x]\n"
#define N    "resources:\n  null:\n    a:\n"
#define A40  "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
#define ABAD "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"

static const struct bad cases[] = {
	/* YAML */
	{ "E0101", "a: [1, 2\nb@@: 3\n", NULL },
	{ "E0102", "a: @@\xff\n", "UTF-8" },
	{ "E0102", "a: @@\x01\n", "control" },
	{ "E0102",
	  "a: 1\n@@\xef\xbb\xbf"
	  "b: 2\n",
	  "byte order" },
	{ "E0102",
	  "^@@\xff\xfe"
	  "a",
	  "UTF-16" },
	{ "E0104", "limits:\n  eth: 1eth\n  @@eth: 2eth\n", "twice" },
	{ "E0105", "limits: @@&x { eth: 1eth }\n", "anchor" },
	{ "E0105", "limits: @@*x\n", "alias" },
	{ "E0106", "port_offset: @@!!int 1\n", "tag" },
	{ "E0107", "@@---\nfoo: 1\n", "second" },
	{ "E0108", "limits:\n@@\teth: 1eth\n", "tab" },
	{ "E0108", "limits:\n  eth: 1eth\n@@\tb: 1\n", "tab" },
	{ "E0110", N "      triggers: { a: @@${null.b.id} }\n", "quoted" },
	{ "E0110", P "      after: [ @@${process.q.name} ]\n", "quoted" },
	{ "E0111", "^- a\n", "map" },
	{ "E0111", "limits: { @@[a]: 1 }\n", "key" },
	/* top level */
	{ "E0201", "@@limit: { eth: 1eth }\n", "limits" },
	{ "E0202", "^opl2: 1\n", "name" },
	{ "E0205", "^name: x\nopl2: @@2\n", NULL },
	{ "E0222", "^opl2: 1\nname: @@a b\n", "name" },
	{ "E0203", "@@resources: [a]\n", "map" },
	{ "E0209", "limits: { eth: @@1 }\n", "unit" },
	{ "E0209", "limits: { eth: @@1ether }\n", "unit" },
	{ "E0204", "port_offset: @@-1\n", "at least 0" },
	{ "E0316", "moved:\n  - @@{ from: x, to: null.b }\n", "address" },
	{ "E0316", "removed:\n  - @@{ from: x }\n", "removed" },
	{ "E0440", N "removed: [ { from: @@null.a } ]\n", "still" },
	{ "E0203", "@@removed: { from: null.a }\n", "list" },
	{ "E0201", "removed: [ { from: null.q, @@destory: no } ]\n",
	  "destroy" },
	{ "E0441", "import: [ { to: @@null.q, id: x } ]\n", "import" },
	{ "E1042", N "import: [ { to: @@null.a, id: x } ]\n", "null" },
	/* kinds, resources and fields */
	{ "E0302", "resources:\n  @@proces: { p: {} }\n", "process" },
	{ "E0203", "resources:\n  @@process: [a]\n", "map" },
	{ "E0203", "resources:\n  process:\n    p: @@text\n", "map" },
	{ "E0222", "resources:\n  null:\n    @@a.b: {}\n", "name" },
	{ "E0202", "resources:\n  process:\n    @@p: {}\n", "command" },
	{ "E0201", P "      @@comand: [x]\n", "command" },
	{ "E0201", P "      owns: { @@datdir: x }\n", "datadir" },
	{ "E0218", P "      @@pid: 3\n", "computed" },
	{ "E0203", P "      @@args: [a]\n", "a map, not a list" },
	{ "E0203", P "      env: { A: { b: c } }\n", "text" },
	{ "E0204", "resources:\n  process:\n    p:\n      command: @@[]\n",
	  "at least 1" },
	{ "E0203", P "      stop_order: @@\"1\"\n", "quoted" },
	{ "E0203", P "      stop_order: @@many\n", "integer" },
	{ "E0207", P "      stop_order: @@010\n", "octal" },
	{ "E0207", P "      stop_order: @@0x10\n", "decimal" },
	{ "E0207", P "      stop_order: @@1_000\n", "separators" },
	{ "E0207", P "      stop_order: @@1e9\n", "exponent" },
	{ "E0207", P "      stop_order: @@1.0\n", "point" },
	{ "E0204", P "      stop_order: @@9223372036854775808\n", "64" },
	{ "E0208", P "      args: { a: @@yes }\n", "true" },
	{ "E0208", P "      args: { a: @@off }\n", "false" },
	{ "E0207", P "      args: { a: @@0644 }\n", "octal" },
	{ "E0208", P "      lifecycle: { prevent_destroy: @@no }\n", "false" },
	{ "E0213", P "      ports: { http: @@0 }\n", "65535" },
	{ "E0213", P "      ports: { http: @@65536 }\n", "65535" },
	{ "E0213", "port_offset: 60000\n" P "      ports: { a: @@8545 }\n",
	  "port_offset" },
	{ "E0214", P "      urls: { a: @@localhost:80 }\n", "URL" },
	{ "E0209", P "      ready_timeout: @@10\n", "2s" },
	{ "E0209", P "      log: { max_size: @@10Q }\n", "KiB" },
	{ "E0204", P "      log: { keep: @@51 }\n", "at most 50" },
	{ "E0205", P "      restart: @@allways\n", "always" },
	{ "E0211", P "      owns: { sender: @@" ABAD " }\n", A40 },
	{ "E0210", P "      owns: { sender: @@0x12 }\n", "40" },
	{ "E0216", P "      ready: [ @@{ } ]\n", "exactly one" },
	{ "E0209", P "      timeout: @@5\n", "duration" },
	{ "E0303", P "      depends_on: [@@process.pp]\n", "process.p" },
	{ "E0304", P "      @@lifecycle: { ignore_changes: [/nope] }\n",
	  "/nope" },
	{ "E0208 E0209 E0201",
	  P "      args: { a: @@on }\n      timeout: 1x\n      zzz: 1\n",
	  NULL },
	/* references */
	{ "E0301", N "      note: @@\"${null}\"\n", NULL },
	{ "E0301", N "      note: @@${null.b.id + 1}\n", "operators" },
	{ "E0301", N "      note: @@x ${null.b.id\n", "closed" },
	{ "E0302", N "      note: @@${nul.b.id}\n", "null" },
	{ "E0303", N "      note: @@${null.aa.id}\n", "null.a" },
	{ "E0304", N "      note: @@${null.b.idd}\n    b: {}\n", "id" },
	{ "E0308", N "      note: @@${null.b}\n    b: {}\n", "whole" },
	{ "E0304",
	  N "      note: @@${null.b.triggers.xy}\n"
	    "    b: { triggers: { xyz: a } }\n",
	  "xyz" },
	{ "E0203", N "      note: @@${null.b.triggers}\n    b: {}\n", "text" },
	{ "E0203", N "      note: @@a ${null.b.triggers}\n    b: {}\n",
	  "text" },
	{ "E0203", N "      triggers: @@${null.b.note}\n    b: {}\n", "map" },
	{ "E0302",
	  "resources:\n  @@nul: { b: {} }\n  null:\n    a: { note: "
	  "\"${nul.b.id}\" }\n",
	  "nul" },
	{ "E0304", N "      note: @@${host.plattform}\n", "platform" },
	{ "E0305", N "      note: @@${with.x}\n", "input" },
	{ "E0306", N "      note: @@${var.x}\n", "variable" },
	{ "E0301", "outputs: { a: @@\"${self.x}\" }\n", "self" },
	{ "E0309", N "      when: @@${null.b.note}\n    b: {}\n", NULL },
	{ "E0309", N "      depends_on: @@[\"${null.b.note}\"]\n    b: {}\n",
	  "'depends_on'" },
	{ "E0309",
	  N "      depends_on: @@[\"null.${null.b.note}\"]\n    b: {}\n",
	  "'depends_on'" },
	{ "E0309", N "      timeout: @@${null.b.note}\n    b: {}\n",
	  "'timeout'" },
	{ "E0309",
	  N "      lifecycle: @@{ ignore_changes: [\"${null.b.note}\"] }\n"
	    "    b: {}\n",
	  "'lifecycle'" },
	{ "E0309",
	  N "      lifecycle: @@{ replace_when: [\"${null.b.note}\"] }\n"
	    "    b: {}\n",
	  "'lifecycle'" },
	{ "E0309",
	  N "      lifecycle: @@{ prevent_destroy: \"${null.b.note}\" }\n"
	    "    b: {}\n",
	  "'lifecycle'" },
	/* variables */
	{ "E0307", "variables:\n  @@x: { type: string }\n", "-var x" },
	{ "E0202", "variables:\n  @@x: {}\n", "type" },
	{ "E0205", "variables:\n  x: { type: @@strin }\n", "string" },
	{ "E0203", "variables:\n  x: { type: integer, default: @@a }\n",
	  "integer" },
	{ "E0202", "variables:\n  @@x: { type: enum }\n", "values" },
	{ "E0205",
	  "variables:\n  x: { type: enum, values: [a, b], default: @@c }\n",
	  "a, b" },
	{ "E0219",
	  "variables:\n  x: { type: string, default: s, sensitive: "
	  "true }\n" N "      note: @@${var.x}\n",
	  "sensitive" },
	{ "E0219",
	  "variables:\n  x: { type: string, default: s, sensitive: "
	  "true }\noutputs: { a: @@\"${var.x}\" }\n",
	  "sensitive" },
	{ "E0216",
	  "variables:\n  k: { type: key_source, default: @@{ env: A, "
	  "file: b } }\n",
	  "exactly one" },
	/* presets */
	{ "E0312", "use: @@devnett\n", NULL },
	{ "E0312", "use: @@./nowhere\n", "FOLDER" },
	{ "E0305", "with: @@{ a: 1 }\n", "use" },
	{ "E0202", "instances:\n  @@i: { with: {} }\n", "use" },
	/* uniqueness */
	{ "E0220", P "      ports: { a: 1000, b: @@1000 }\n", "ports" },
	{ "E0220",
	  "resources:\n  process:\n    p: { command: [x], ports: { a: 80 } }\n"
	  "    q: { command: [x], ports: { b: @@80 } }\n",
	  "process.p" },
	{ "E0220",
	  "resources:\n  null: { j: {} }\n  process:\n"
	  "    p: { command: [x], owns: { engine: \"${null.j.id}\" } }\n"
	  "    q: { command: [x], owns: { engine: @@\"${null.j.id}\" } }\n",
	  "engines" },
	/* assets */
	{ "E0217 E0217",
	  "resources:\n  go_binary:\n    b:\n      go: /go\n      package: x\n"
	  "      go_mod: @@asset:none/go.mod\n      go_sum: go.sum\n",
	  "the file 'none/go.mod'" },
};

static char *
render(const struct bad *b, unsigned *line, unsigned *col)
{
	const char *t = b->text, *mark, *p;
	char *all;

	all = *t == '^' ? xstrdup(t + 1) : xasprintf("%s%s", HEAD, t);
	*line = 0;
	*col = 0;
	mark = strstr(all, "@@");
	if (!mark)
		return all;
	*line = *col = 1;
	for (p = all; p < mark; p++) {
		(*col)++;
		if (*p == '\n') {
			(*line)++;
			*col = 1;
		}
	}
	memmove(all + (mark - all), mark + 2, strlen(mark + 2) + 1);
	return all;
}

static bool
matches(const struct bad *b, struct diags *ds, unsigned line, unsigned col)
{
	CLEANUP(buf_done) struct buf got = BUF_INIT(1000);
	const struct diag *d, *first = NULL;

	diags_sort(ds);
	for (d = ds->first; d; d = d->next) {
		first = first ? first : d;
		buf_addf(&got, "%s%s", got.n ? " " : "", d->code);
	}
	if (!first || strcmp(buf_str(&got), b->codes) != 0)
		return false;
	for (d = ds->first; d; d = d->next)
		if (!diag_code_find(d->code))
			return false;
	if (line && (first->pos.line != line || first->pos.col != col))
		return false;
	return !b->says || strstr(first->summary, b->says) ||
	       (first->hint && strstr(first->hint, b->says));
}

static void
test_bad(void **state)
{
	char *dir = *state;
	CLEANUP(freep) char *file = path_join(dir, "opl2.yaml");
	struct spec_opts opts = { .file = file };
	size_t i, failed = 0;

	for (i = 0; i < COUNTOF(cases); i++) {
		const struct bad *b = &cases[i];
		struct spec *sp = NULL;
		struct diags ds, own;
		unsigned line, col;
		char *text = render(b, &line, &col);

		if (strstr(text, "go_binary") && !kind_find("go_binary")) {
			free(text);
			continue;
		}
		diags_init(&ds);
		diags_init(&own);
		assert_int_equal(
			file_replace(file, text, strlen(text), 0600, &own), 0);
		if (spec_load(&opts, &sp, &ds) == 0 ||
		    !matches(b, &ds, line, col)) {
			const struct diag *d;

			failed++;
			print_error("--- case %zu wants %s at %u:%u (%s)\n%s",
				    i, b->codes, line, col,
				    b->says ? b->says : "", text);
			for (d = ds.first; d; d = d->next)
				print_error("  %s %u:%u %s | %s\n", d->code,
					    d->pos.line, d->pos.col, d->summary,
					    d->hint ? d->hint : "");
		}
		spec_free(sp);
		diags_done(&ds);
		diags_done(&own);
		free(text);
	}
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bad, t_setup_dir,
						t_teardown_dir),
	};

	return cmocka_run_group_tests_name("spec_bad", tests, NULL, NULL);
}
