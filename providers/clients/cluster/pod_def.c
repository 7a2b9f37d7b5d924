#include "providers/clients/cluster/pod_def.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/cluster/cluster.h"
#include "providers/runtime/tree/tree.h"

#define LOOPBACK   "127.0.0.1"
#define HOST_MAX   52u /* a StatefulSet adds -0 and a revision */
#define HOST_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-"

/* --- who shares a pod ----------------------------------------------------- */

static const json_t *
def_of(const json_t *records, const char *process)
{
	return jx_get(jx_get(records, process), "def");
}

static const json_t *
mates_of(const json_t *def)
{
	const json_t *with = jx_get(jx_get(def, "place"), "together_with");

	return with ? with : jx_get(def, "bound_to");
}

static bool
has_text(const json_t *list, const char *text)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (!strcmp(json_string_value(one), text))
			return true;
	return false;
}

static bool
is_among(const char *const *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i], name))
			return true;
	return false;
}

/* Is one of v joined with this process, by either's word? */
static bool
is_joined(const json_t *records, const char *const *v, size_t n,
	  const char *process)
{
	const json_t *its = mates_of(def_of(records, process));

	for (size_t i = 0; i < n; i++)
		if (has_text(its, v[i]) ||
		    has_text(mates_of(def_of(records, v[i])), process))
			return true;
	return false;
}

/* Does one of the others say that it belongs to this one, and this one
 * nothing? Its name is the pod's. */
static bool
leads(const json_t *records, const char *process)
{
	return json_array_size(mates_of(def_of(records, process))) == 0;
}

const char **
pod_members(const json_t *records, const char *process, struct arena *a,
	    size_t *n)
{
	const char **v =
		arena_alloc(a, (json_object_size(records) + 1) * sizeof(*v));
	const char *key;
	json_t *record;
	size_t before, first = 0;

	v[0] = arena_strdup(a, process);
	*n = 1;
	do {
		before = *n;
		json_object_foreach((json_t *)(uintptr_t)records, key, record)
			if (!is_among(v, *n, key) &&
			    is_joined(records, v, *n, key))
				v[(*n)++] = key;
	} while (*n > before);
	for (size_t i = 1; i < *n; i++)
		if (leads(records, v[i]) > leads(records, v[first]) ||
		    (leads(records, v[i]) == leads(records, v[first]) &&
		     strcmp(v[i], v[first]) < 0))
			first = i;
	const char *leader = v[first];
	v[first] = v[0];
	v[0] = leader;
	return v;
}

const char *
pod_host(struct arena *a, const char *process)
{
	size_t n = strlen(process);
	char sum[65], *name;

	if (islower((unsigned char)*process) && n <= HOST_MAX &&
	    process[n - 1] != '-' && !process[strspn(process, HOST_CHARS)])
		return arena_strdup(a, process);
	sha256_hex(process, n, sum);
	name = arena_printf(a, "%s%.*s-%.8s",
			    isalpha((unsigned char)*process) ? "" : "p",
			    (int)HOST_MAX - 10, process, sum);
	for (char *c = name; *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)tolower(*c) : '-';
	return name;
}

/* --- ports ---------------------------------------------------------------- */

/* The process in another pod that has this port, or NULL. */
static const char *
elsewhere(const struct pod *p, int64_t port)
{
	const char *key;
	json_t *record;

	json_object_foreach((json_t *)(uintptr_t)p->records, key, record) {
		const json_t *one;
		size_t i;

		json_array_foreach(jx_get(jx_get(record, "def"), "ports"), i,
				   one)
			if (jx_int(one, "port", 0) == port)
				return is_among(p->members, p->nmembers, key)
					       ? NULL
					       : key;
	}
	return NULL;
}

/* Text with the Services in place of loopback addresses. */
static const char *
with_hosts(struct pod *p, const char *text)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_SPEC_BYTES);
	const char *at = text, *found;

	while ((found = strstr(at, LOOPBACK ":"))) {
		const char *port = found + strlen(LOOPBACK ":");
		const char *who = elsewhere(p, strtoll(port, NULL, 10));

		buf_add(&b, at, (size_t)(found - at));
		buf_addf(&b, "%s:", who ? pod_host(&p->arena, who) : LOOPBACK);
		at = port;
	}
	if (at == text)
		return text;
	buf_adds(&b, at);
	return arena_strdup(&p->arena, buf_str(&b));
}

/* --- files ---------------------------------------------------------------- */

/* Where a file of this machine is in the pod: its own name, in a folder of its
 * own. */
static const char *
file_place(struct pod *p, const char *under, const char *path)
{
	char sum[65];

	sha256_hex(path, strlen(path), sum);
	return arena_printf(&p->arena, "%s/%.8s/%s", under, sum,
			    strrchr(path, '/') + 1);
}

static const char *
add_file(struct pod *p, struct pod_file **v, size_t *n, struct pod_file f)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp((*v)[i].to, f.to))
			return f.to;
	*v = xreallocarray(*v, *n + 1, sizeof(**v));
	f.from = f.from ? arena_strdup(&p->arena, f.from) : NULL;
	(*v)[(*n)++] = f;
	return f.to;
}

static const char *
take_file(struct pod *p, const char *path, bool secret)
{
	return add_file(
		p, &p->files, &p->nfiles,
		(struct pod_file){
			.from = path,
			.to = file_place(p, secret ? POD_SECRETS : POD_FILES,
					 path),
			.secret = secret });
}

static bool
is_under(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (path[n] == '/' || !path[n]);
}

/* The database of one of the pod's processes that a path belongs to, or the
 * path; below the folder of databases, without a slash before it. */
static const char *
database_of(const struct pod *p, const char *path, const char *data)
{
	size_t n = strlen(data) + 1;

	for (size_t i = 0; i < p->nmembers; i++) {
		const char *dir = jx_str(
			jx_get(def_of(p->records, p->members[i]), "place"),
			"datadir", NULL);

		if (dir && is_under(dir, data) && is_under(path, dir))
			return dir[n - 1] ? dir + n : "";
	}
	return path[n - 1] ? path + n : "";
}

static void
take_folder(struct pod *p, const char *path, const char *data)
{
	const char *folder = database_of(p, path, data);

	p->data = true;
	if (*folder && !has_text(p->folders, folder))
		json_array_append_new(p->folders, json_string(folder));
}

/* A path as it is in the pod; the same text when it means nothing here; NULL
 * with E1305. */
static const char *
with_path(struct pod *p, const char *path, struct diags *ds)
{
	const char *data = arena_printf(&p->arena, "%s/data", p->dir);
	struct stat st;

	if (is_under(path, data)) {
		take_folder(p, path, data);
		return arena_printf(&p->arena, POD_DATA "%s",
				    path + strlen(data));
	}
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		return take_file(p, path, (st.st_mode & 077) == 0);
	if (is_under(path, p->dir))
		return arena_printf(&p->arena, POD_RUN "%s",
				    path + strlen(p->dir));
	if (stat(path, &st))
		return path;
	diag_err(ds, "E1305",
		 "the folder '%s' of this machine cannot be in a pod", path);
	diag_hint(ds, "leave it out for 'runtime: kubernetes', or name a path "
		      "below .opl2");
	return NULL;
}

/* --- texts ---------------------------------------------------------------- */

/* A value, or an argument "--name=value". */
static const char *
with_value(struct pod *p, const char *text, bool argument, struct diags *ds)
{
	const char *value = text, *eq = argument ? strchr(text, '=') : NULL;

	if (eq && *text == '-')
		value = eq + 1;
	if (*value == '/') {
		const char *to = with_path(p, value, ds);

		return to ? arena_printf(&p->arena, "%.*s%s",
					 (int)(value - text), text, to)
			  : NULL;
	}
	if (eq && !strcmp(value, LOOPBACK))
		return arena_printf(&p->arena, "%.*s0.0.0.0",
				    (int)(value - text), text);
	return with_hosts(p, text);
}

static json_t *rewritten(struct pod *p, const json_t *j, struct diags *ds);

/* A value that came with the definition: a file of the pod's Secret. */
static const char *
take_value(struct pod *p, const char *kind, const char *name, struct diags *ds)
{
	const char *key = arena_printf(&p->arena, "%s:%s", kind, name);
	const char *value = p->secrets ? jx_str(p->secrets, key, NULL) : "";

	if (!value) {
		diag_err(ds, "E0911", "the secret '%s' is not there", key);
		return NULL;
	}
	return add_file(
		p, &p->files, &p->nfiles,
		(struct pod_file){ .text = arena_strdup(&p->arena, value),
				   .to = arena_printf(&p->arena,
						      POD_SECRETS "/%s/%s",
						      kind, name),
				   .secret = true });
}

/* One part of a token. */
static json_t *
with_part(struct pod *p, const json_t *part, struct diags *ds)
{
	const char *file = jx_str(part, "file", NULL);
	const char *env = jx_str(part, "env", NULL);
	const char *var = jx_str(part, "var", NULL);

	if (!json_is_object(part))
		return rewritten(p, part, ds);
	if (jx_get(part, "keystore")) {
		diag_err(ds, "E1306", "a keystore cannot be opened in a pod");
		diag_hint(ds, "use a key file, a variable or a signer for this "
			      "account");
		return NULL;
	}
	if (file)
		file = take_file(p, file, true);
	else if (env)
		file = take_value(p, "env", env, ds);
	else if (var)
		file = take_value(p, "var", var, ds);
	else
		return rewritten(p, part, ds);
	return file ? json_pack("{s:s}", "file", file) : NULL;
}

static json_t *
with_token(struct pod *p, const json_t *parts, struct diags *ds)
{
	CLEANUP(put_json) json_t *out = json_array();
	const json_t *part;
	size_t i;

	json_array_foreach(parts, i, part) {
		json_t *to = with_part(p, part, ds);

		if (!to)
			return NULL;
		json_array_append_new(out, to);
	}
	return json_pack("{s:o}", "$secret", TAKE(out));
}

static json_t *
with_members(struct pod *p, const json_t *j, struct diags *ds)
{
	/* A JSON pointer looks like a path; a text of a log may be one. */
	static const char *const words[] = { "at", "method", "log", "reason",
					     "or_error" };
	CLEANUP(put_json) json_t *out = json_object();
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)j, key, v) {
		json_t *to = is_among(words, COUNTOF(words), key)
				     ? jx_share(v)
				     : rewritten(p, v, ds);

		if (!to)
			return NULL;
		json_object_set_new(out, key, to);
	}
	return TAKE(out);
}

/* {"tcp": {"host", "port"}}: the address is in two members. */
static void
with_tcp(struct pod *p, json_t *j)
{
	const char *who = elsewhere(p, jx_int(j, "port", 0));

	if (who && !strcmp(jx_str(j, "host", LOOPBACK), LOOPBACK))
		json_object_set_new(j, "host",
				    json_string(pod_host(&p->arena, who)));
}

/* New reference, or NULL with a diagnostic. */
static json_t *
rewritten(struct pod *p, const json_t *j, struct diags *ds)
{
	json_t *out;
	const json_t *v;
	const char *text;
	size_t i;

	if (json_is_string(j)) {
		text = with_value(p, json_string_value(j), false, ds);
		return text ? json_string(text) : NULL;
	}
	if (json_is_array(j)) {
		out = json_array();
		json_array_foreach(j, i, v) {
			json_t *to = rewritten(p, v, ds);

			if (!to) {
				json_decref(out);
				return NULL;
			}
			json_array_append_new(out, to);
		}
		return out;
	}
	if (!json_is_object(j))
		return jx_share(j);
	if (jx_get(j, "$secret"))
		return with_token(p, jx_get(j, "$secret"), ds);
	out = with_members(p, j, ds);
	if (out && json_object_get(out, "tcp"))
		with_tcp(p, json_object_get(out, "tcp"));
	return out;
}

/* --- a definition --------------------------------------------------------- */

static const char *
add_program(struct pod *p, const char *path)
{
	return add_file(
		p, &p->programs, &p->nprograms,
		(struct pod_file){ .from = path,
				   .to = file_place(p, POD_BIN, path) });
}

static json_t *
with_command(struct pod *p, const json_t *command, struct diags *ds)
{
	const char *program = json_string_value(json_array_get(command, 0));
	CLEANUP(put_json) json_t *out = json_array();
	bool geth = false;
	const json_t *v;
	size_t i;

	json_array_append_new(out, json_string(add_program(p, program)));
	json_array_foreach(command, i, v) {
		const char *text = json_string_value(v);

		if (i == 0)
			continue;
		geth |= !strncmp(text, "--authrpc.", 10);
		text = with_value(p, text, true, ds);
		if (!text)
			return NULL;
		json_array_append_new(out, json_string(text));
	}
	/* It answers to a numeric host or to these names; the name of a Service
	 * is none. */
	if (geth) {
		json_array_append_new(out, json_string("--http.vhosts=*"));
		json_array_append_new(out, json_string("--authrpc.vhosts=*"));
	}
	return TAKE(out);
}

/* What it waits for: in this pod by name, in another by that one's answer. */
static void
with_depends(struct pod *p, json_t *def)
{
	const json_t *depends = json_object_get(def, "depends"), *one;
	json_t *when = json_object_get(def, "start_when");
	json_t *here = json_array();
	size_t i;

	json_array_foreach(depends, i, one) {
		const char *name = json_string_value(one);

		if (is_among(p->members, p->nmembers, name)) {
			json_array_append_new(here, json_string(name));
			continue;
		}
		json_array_append_new(
			when, json_pack("{s:{s:o}}", "http", "url",
					jx_strf("http://%s:%d/ready/%s",
						pod_host(&p->arena, name),
						CLUSTER_PORT, name)));
	}
	json_object_set_new(def, "depends", here);
}

static void
keep_members(struct pod *p, json_t *def, const char *key)
{
	json_t *here = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(def, key), i, one)
		if (is_among(p->members, p->nmembers, json_string_value(one)))
			json_array_append_new(
				here, json_string(json_string_value(one)));
	json_object_set_new(def, key, here);
}

/* {datadir} and {genesis} of an argument. */
static json_t *
with_holes(const char *text, const char *datadir, const char *genesis)
{
	return json_string(!strcmp(text, "{datadir}")   ? datadir
			   : !strcmp(text, "{genesis}") ? genesis
							: text);
}

/* What makes its database before the first start, as the kind `datadir` wrote
 * it down. The genesis is packed, for it may have more than a ConfigMap. */
static int
add_prepare(struct pod *p, const json_t *def, json_t *out, struct diags *ds)
{
	const char *dir = jx_str(jx_get(def, "place"), "datadir", NULL), *there;
	const char *file =
		arena_printf(&p->arena, "%s/" TREE_PREPARE, dir ? dir : "");
	CLEANUP(put_json) json_t *how = NULL;
	const char *program, *from, *packed, *genesis;
	struct pod_file g = { .packed = true };
	json_t *command;
	const json_t *arg;
	size_t i;

	if (!dir || !file_exists(file))
		return 0;
	how = jx_load_file(file, LIM_SPEC_BYTES, ds);
	there = how ? with_path(p, dir, ds) : NULL;
	if (!there)
		return -1;
	from = jx_str(how, "genesis", "");
	g.from = from;
	g.to = file_place(p, POD_FILES, from);
	genesis =
		arena_printf(&p->arena, POD_RUN "/%s", strrchr(g.to, '/') + 1);
	packed = arena_printf(&p->arena, "%s.gz",
			      add_file(p, &p->files, &p->nfiles, g));
	program = arena_strdup(&p->arena, jx_str(how, "program", ""));
	command = json_pack("[s]", add_program(p, program));
	json_array_foreach(jx_get(how, "args"), i, arg)
		json_array_append_new(
			command,
			with_holes(json_string_value(arg), there, genesis));
	json_object_set_new(out, "prepare",
			    json_pack("[{s:o, s:o, s:{s:s}, s:O}]", "unless",
				      jx_strf("%s/" TREE_MADE, there),
				      "command", command, "unpack", packed,
				      genesis, "clean", jx_get(how, "clean")));
	return 0;
}

static int
add_def(struct pod *p, const char *process, struct diags *ds)
{
	/* Not for a pod, or made below. */
	static const char *const others[] = { "place", "note", "triggers",
					      "log",   "dir",  "command" };
	const json_t *def = def_of(p->records, process);
	CLEANUP(put_json) json_t *out = json_object();
	const char *key;
	json_t *v, *to;

	json_object_foreach((json_t *)(uintptr_t)def, key, v) {
		if (is_among(others, COUNTOF(others), key))
			continue;
		to = rewritten(p, v, ds);
		if (!to)
			return -1;
		json_object_set_new(out, key, to);
	}
	to = with_command(p, jx_get(def, "command"), ds);
	if (!to)
		return -1;
	json_object_set_new(out, "command", to);
	json_object_set_new(out, "dir", json_string(POD_RUN));
	to = json_deep_copy(jx_get(def, "log"));
	json_object_set_new(
		to, "path",
		jx_strf(POD_RUN "/logs/%s.log", pod_host(&p->arena, process)));
	json_object_set_new(out, "log", to);
	if (add_prepare(p, def, out, ds))
		return -1;
	with_depends(p, out);
	keep_members(p, out, "bound_to");
	json_object_set_new(p->defs, process, TAKE(out));
	return 0;
}

static bool
is_up(const struct pod *p, const char *process)
{
	return jx_bool(jx_get(p->records, process), "up", false);
}

char *
pod_claim(const struct pod *p)
{
	return xasprintf("data-%s-0", p->name);
}

int
pod_make(struct pod *p, const json_t *records, const char *process,
	 const char *state_dir, const json_t *secrets, struct diags *ds)
{
	*p = (struct pod){ .records = records,
			   .dir = state_dir,
			   .secrets = secrets };
	arena_init(&p->arena);
	p->defs = json_object();
	p->folders = json_array();
	p->members = pod_members(records, process, &p->arena, &p->nmembers);
	p->name = pod_host(&p->arena, p->members[0]);
	for (size_t i = 0; i < p->nmembers; i++)
		p->up |= is_up(p, p->members[i]);
	for (size_t i = 0; i < p->nmembers; i++)
		if ((!p->up || is_up(p, p->members[i])) &&
		    add_def(p, p->members[i], ds))
			return -1;
	return 0;
}

void
pod_done(struct pod *p)
{
	json_decref(p->defs);
	json_decref(p->folders);
	free(p->files);
	free(p->programs);
	arena_done(&p->arena);
	*p = (struct pod){ 0 };
}
