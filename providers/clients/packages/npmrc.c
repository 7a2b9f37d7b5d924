#include "providers/clients/packages/npmrc.h"

#include <strings.h>

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define NPMRC_BYTES (1u << 20)
#define VALUE_BYTES 65536u
#define RETRIES_MAX 20u
#define TIMEOUT_MAX 3600000u
#define RETRIES     3u /* npm has 2 */
#define ENV_PREFIX  "npm_config_"

static const char *
env_get(const char *const *env, const char *name, size_t n)
{
	for (; *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

/* The end of a ${NAME} at the start of s, past its brace; NULL for none. */
static const char *
reference_end(const char *s)
{
	size_t n;

	if (s[0] != '$' || s[1] != '{')
		return NULL;
	n = strcspn(s + 2, "${}");
	return n && s[2 + n] == '}' ? s + 3 + n : NULL;
}

/*
 * Replaces ${NAME}. A name that is not set stays as it is written, as with
 * npm; of backslashes before it half are kept, and an odd one takes away its
 * meaning.
 */
static char *
expand(struct arena *a, const char *const *env, const char *s)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(VALUE_BYTES);

	while (*s) {
		size_t slashes = strspn(s, "\\"), n;
		const char *at = s + slashes, *end = reference_end(at);
		const char *value;
		bool optional;

		if (!end) {
			buf_add(&out, s, slashes + (*at != '\0'));
			s = *at ? at + 1 : at;
			continue;
		}
		buf_add(&out, s, slashes / 2);
		s = end;
		n = (size_t)(end - at) - 3;
		if (slashes % 2) {
			buf_add(&out, at, n + 3);
			continue;
		}
		optional = at[1 + n] == '?';
		value = env_get(env, at + 2, n - optional);
		if (value)
			buf_adds(&out, value);
		else if (!optional)
			buf_add(&out, at, n + 3);
	}
	return arena_strdup(a, buf_str(&out));
}

/* --- one file ------------------------------------------------------------- */

static char *
trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

/* Takes off quotes, and, from an unquoted value, a comment. */
static char *
unquote(char *s)
{
	size_t n = strlen(s);

	if (n >= 2 && (*s == '"' || *s == '\'') && s[n - 1] == *s) {
		s[n - 1] = '\0';
		return s + 1;
	}
	for (char *c = s; *c; c++)
		if ((*c == ';' || *c == '#') && (c == s || c[-1] != '\\')) {
			*c = '\0';
			break;
		}
	return trim(s);
}

static void
npmrc_set(struct npmrc *n, const char *key, const char *value)
{
	if (!json_object_get(n->keys, key))
		json_object_set_new(n->keys, key, json_string(value));
}

/* Adds what no stronger source has said. Sections are not npm's. */
static int
npmrc_parse(struct npmrc *n, const char *const *env, char *text,
	    const char *path, struct diags *ds)
{
	CLEANUP(put_json) json_t *own = json_object();
	const char *key;
	json_t *value;
	unsigned no = 0;
	bool section = false;

	for (char *next, *line = text; line; line = next) {
		char *eq, *k;

		no++;
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line = trim(line);
		if (!*line || *line == ';' || *line == '#')
			continue;
		if (*line == '[') {
			section = true;
			continue;
		}
		eq = strchr(line, '=');
		if (section || !eq)
			continue;
		*eq = '\0';
		k = expand(n->arena, env, unquote(trim(line)));
		value = json_string(
			expand(n->arena, env, unquote(trim(eq + 1))));
		/* A list has a line for each of its members. */
		if (value && strcmp(k, "ca[]") == 0) {
			json_t *sofar = value;

			k = arena_strdup(n->arena, "ca");
			value = jx_strf("%s\n%s", jx_str(own, k, ""),
					json_string_value(sofar));
			json_decref(sofar);
		}
		if (!value || json_object_set_new(own, k, value))
			return diag_err(ds, "E0712",
					"line %u of '%s' is not UTF-8", no,
					path);
	}
	json_object_foreach(own, key, value)
		npmrc_set(n, key, json_string_value(value));
	return 0;
}

static int
read_file(struct npmrc *n, const char *const *env, const char *path,
	  struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(NPMRC_BYTES);
	int rc = file_read_opt(path, &text, ds);

	if (rc == 1 || (rc == 0 && !text.n))
		return 0;
	return rc ? -1 : npmrc_parse(n, env, text.p, path, ds);
}

/* --- all sources ---------------------------------------------------------- */

static void
npmrc_read_env(struct npmrc *n, const char *const *env)
{
	const size_t skip = strlen(ENV_PREFIX);

	for (const char *const *e = env; *e; e++) {
		const char *eq = strchr(*e, '=');
		char *key;
		bool url;

		if (!eq || strncasecmp(*e, ENV_PREFIX, skip) != 0 || !eq[1])
			continue;
		key = arena_strndup(n->arena, *e + skip,
				    (size_t)(eq - *e) - skip);
		url = key[0] == '/' && key[1] == '/';
		for (char *c = key; *c && !url; c++) {
			*c = (char)tolower((unsigned char)*c);
			if (*c == '_' && c > key)
				*c = '-';
		}
		if (*key)
			npmrc_set(n, key, expand(n->arena, env, eq + 1));
	}
}

/* npm takes ~/ for the home folder in what is a path. */
static const char *
as_path(const struct npmrc *n, const char *path)
{
	return path && n->home && strncmp(path, "~/", 2) == 0
		       ? arena_printf(n->arena, "%s%s", n->home, path + 1)
		       : path;
}

/* PREFIX/etc/npmrc, where PREFIX is where node is installed. */
static const char *
global_file(struct npmrc *n, const char *const *env)
{
	const char *prefix = npmrc_get(n, "prefix");
	const char *path = env_get(env, "PATH", 4);

	if (npmrc_get(n, "globalconfig"))
		return as_path(n, npmrc_get(n, "globalconfig"));
	if (!prefix)
		prefix = env_get(env, "PREFIX", 6);
	if (prefix)
		return arena_printf(n->arena, "%s/etc/npmrc", prefix);
	while (path && *path) {
		size_t len = strcspn(path, ":");
		const char *node =
			arena_printf(n->arena, "%.*s/node", (int)len, path);

		if (len && access(node, X_OK) == 0)
			return arena_printf(n->arena, "%.*s/../etc/npmrc",
					    (int)len, path);
		path += len + (path[len] == ':');
	}
	return NULL;
}

int
npmrc_load(struct npmrc *n, struct arena *a, const char *const *env,
	   const char *dir, struct diags *ds)
{
	const char *home = env_get(env, "HOME", 4), *file;

	*n = (struct npmrc){ .arena = a, .keys = json_object(), .home = home };
	npmrc_read_env(n, env);
	if (dir && read_file(n, env, arena_printf(a, "%s/.npmrc", dir), ds))
		goto fail;
	file = as_path(n, npmrc_get(n, "userconfig"));
	if (!file && home)
		file = arena_printf(a, "%s/.npmrc", home);
	n->user_file = file;
	if (file && read_file(n, env, file, ds))
		goto fail;
	file = global_file(n, env);
	if (file && read_file(n, env, file, ds))
		goto fail;
	return 0;
fail:
	npmrc_done(n);
	return -1;
}

void
npmrc_done(struct npmrc *n)
{
	json_decref(n->keys);
	n->keys = NULL;
}

/* --- questions ------------------------------------------------------------ */

const char *
npmrc_user_file(const struct npmrc *n)
{
	return n->user_file ? n->user_file : "~/.npmrc";
}

const char *
npmrc_get(const struct npmrc *n, const char *key)
{
	const char *s = jx_str(n->keys, key, NULL);

	return s && *s && strcmp(s, "null") != 0 ? s : NULL;
}

const char *
npmrc_registry(const struct npmrc *n, const char *package)
{
	const char *url = NULL, *slash = strchr(package, '/');

	if (*package == '@' && slash)
		url = npmrc_get(n,
				arena_printf(n->arena, "%.*s:registry",
					     (int)(slash - package), package));
	if (!url)
		url = npmrc_get(n, "registry");
	if (!url)
		return NULL;
	return arena_printf(n->arena, "%s%s", url,
			    url[strlen(url) - 1] == '/' ? "" : "/");
}

/* The longest parent of "//host/path" that has this key. */
static const char *
of_parents(const struct npmrc *n, const char *path, const char *key)
{
	char *at = arena_strdup(n->arena, path), *cut;

	while ((cut = strrchr(at, '/')) && cut > at + 1) {
		const char *v;

		cut[1] = '\0';
		v = npmrc_get(n, arena_printf(n->arena, "%s:%s", at, key));
		*cut = '\0';
		if (!v)
			v = npmrc_get(n,
				      arena_printf(n->arena, "%s:%s", at, key));
		if (v)
			return v;
	}
	return NULL;
}

/* "//host/path" as npm spells it: in lower case, without the scheme's port. */
static const char *
spelled(const struct npmrc *n, const char *path, bool https)
{
	const char *port = https ? ":443" : ":80";
	size_t host = 2 + strcspn(path + 2, "/"), k = strlen(port);
	char *low = arena_strndup(n->arena, path, host);

	for (char *c = low; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (host > k && strcmp(low + host - k, port) == 0)
		low[host - k] = '\0';
	return arena_printf(n->arena, "%s%s", low, path + host);
}

/* The value of the key for the longest parent of the URL that has one. */
static const char *
nerf_get(const struct npmrc *n, const char *url, const char *key)
{
	bool https = strncasecmp(url, "https://", 8) == 0;
	const char *v;
	char *at;

	/* The host must begin where libcurl will find it, which is lenient
	 * about the slashes: "https:/x//host/" is a URL of x. */
	if (!https && strncasecmp(url, "http://", 7) != 0)
		return NULL;
	at = arena_strdup(n->arena, strchr(url, '/'));
	at[strcspn(at, "?#")] = '\0';
	v = of_parents(n, spelled(n, at, https), key);
	return v ? v : of_parents(n, at, key);
}

static const char *
authorization(const struct npmrc *n, const char *url)
{
	const char *token = nerf_get(n, url, "_authToken");
	const char *basic = nerf_get(n, url, "_auth");
	const char *user = nerf_get(n, url, "username");
	const char *pass = nerf_get(n, url, "_password");
	unsigned char plain[1024];
	char *pair, *text;
	long len;

	if (token)
		return arena_printf(n->arena, "Authorization: Bearer %s",
				    token);
	if (basic)
		return arena_printf(n->arena, "Authorization: Basic %s", basic);
	if (!user || !pass)
		return NULL;
	len = base64_decode(pass, plain, sizeof(plain));
	if (len < 0)
		return NULL;
	pair = arena_printf(n->arena, "%s:%.*s", user, (int)len,
			    (const char *)plain);
	text = arena_alloc(n->arena, 4 * (strlen(pair) / 3 + 1) + 1);
	base64_encode(pair, strlen(pair), text);
	return arena_printf(n->arena, "Authorization: Basic %s", text);
}

static unsigned
npmrc_number(const struct npmrc *n, const char *key, unsigned max, unsigned def)
{
	const char *s = npmrc_get(n, key);
	uint64_t v;

	return s && parse_u64(s, max, &v) == 0 ? (unsigned)v : def;
}

/* A certificate is written on one line, with \n for its newlines. */
static const char *
as_pem(const struct npmrc *n, const char *text)
{
	char *out = text ? arena_strdup(n->arena, text) : NULL, *to = out;

	for (const char *c = out; c && *c; c++, to++) {
		bool newline = c[0] == '\\' && c[1] == 'n';

		*to = newline ? '\n' : *c;
		c += newline;
	}
	if (to)
		*to = '\0';
	return out;
}

void
npmrc_apply(const struct npmrc *n, struct http_req *req, const char **headers)
{
	bool https = strncasecmp(req->url, "https:", 6) == 0;
	const char *proxy = npmrc_get(n, "https-proxy");
	const char *strict = npmrc_get(n, "strict-ssl");
	unsigned ms = npmrc_number(n, "fetch-timeout", TIMEOUT_MAX, 0);

	if (!https || !proxy)
		proxy = npmrc_get(n, "proxy") ? npmrc_get(n, "proxy")
			: https               ? NULL
					      : npmrc_get(n, "http-proxy");
	if (proxy && strcmp(proxy, "false") != 0)
		req->proxy = proxy;
	req->noproxy = npmrc_get(n, "noproxy");
	if (!req->noproxy)
		req->noproxy = npmrc_get(n, "no-proxy");
	req->cafile = as_path(n, npmrc_get(n, "cafile"));
	req->ca = as_pem(n, npmrc_get(n, "ca"));
	req->cert = as_path(n, nerf_get(n, req->url, "certfile"));
	req->key = as_path(n, nerf_get(n, req->url, "keyfile"));
	req->insecure = strict && strcmp(strict, "false") == 0;
	req->tries = 1 + npmrc_number(n, "fetch-retries", RETRIES_MAX, RETRIES);
	if (ms)
		req->stall_s = (ms + 999) / 1000;
	headers[0] = authorization(n, req->url);
	headers[1] = headers[2] = NULL;
	if (headers[0])
		req->headers = headers;
}
