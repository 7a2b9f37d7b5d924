/*
 * The types and formats of scalars. The table of formats is the one place
 * where a format is defined: its parser, and what it wants in words.
 */
#include "engine/schema/schema_scalar.h"

#include <ctype.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/base/version.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"

static bool
is_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

static json_t *
type_wei(const struct scalar *s)
{
	struct u256 v;
	const char *why = "";
	char dec[79];

	if (s->value && is_digits(s->text)) {
		if (u256_parse(s->text, &v) == 0) {
			u256_dec(&v, dec);
			return json_string(dec);
		}
		why = "the number is too large";
	} else if (wei_parse(s->text, &v, &why) == 0) {
		u256_dec(&v, dec);
		return json_string(dec);
	}
	diag_err(s->ds, "E0209", "'%s' is not an amount: %s", s->subject, why);
	diag_hint(s->ds, "write it with a unit, such as 0.5eth, 3gwei or "
			 "100wei");
	return NULL;
}

static json_t *
type_duration(const struct scalar *s)
{
	uint64_t ms;
	const char *why;
	char text[64];

	if (duration_parse(s->text, &ms, &why) == 0) {
		duration_format(ms, text, sizeof(text));
		return json_string(text);
	}
	diag_err(s->ds, "E0209", "'%s' is not a duration: %s", s->subject, why);
	diag_hint(s->ds, "write it with a unit, such as 2s, 1h30m or 250ms");
	return NULL;
}

static json_t *
type_bytes(const struct scalar *s)
{
	uint64_t v;
	const char *why;

	if ((is_digits(s->text) && !s->quoted &&
	     parse_u64(s->text, INT64_MAX, &v) == 0) ||
	    (bytes_parse(s->text, &v, &why) == 0 && v <= INT64_MAX))
		return json_integer((json_int_t)v);
	diag_err(s->ds, "E0209", "'%s' is not a size", s->subject);
	diag_hint(s->ds, "write it with a unit, such as 512B, 256KiB or 10MB");
	return NULL;
}

static json_t *
type_address(const struct scalar *s)
{
	uint8_t raw[20];
	char text[43];
	int rc = address_parse(s->text, raw);

	if (rc == 0) {
		eip55(raw, text);
		return json_string(text);
	}
	if (rc == -2) {
		hex_decode(s->text, raw, sizeof(raw));
		eip55(raw, text);
		diag_err(s->ds, "E0211", "'%s' has a wrong checksum",
			 s->subject);
		diag_hint(s->ds,
			  "check the digits and the case of the letters; if "
			  "the digits are right, the address is %s",
			  text);
		return NULL;
	}
	diag_err(s->ds, "E0210", "'%s' is not an address", s->subject);
	diag_hint(s->ds,
		  "an address is 0x and 40 hex digits; this text has %zu "
		  "characters",
		  strlen(s->text));
	return NULL;
}

static json_t *
type_hex(const struct scalar *s)
{
	size_t n = strlen(s->text), i;
	json_t *out;
	char *low;

	if (n < 2 || n % 2 || s->text[0] != '0' || s->text[1] != 'x' ||
	    s->text[2 + strspn(s->text + 2, "0123456789abcdefABCDEF")]) {
		diag_err(s->ds, "E0212", "'%s' is not hex data", s->subject);
		diag_hint(s->ds, "write 0x and an even number of hex digits");
		return NULL;
	}
	low = xstrdup(s->text);
	for (i = 0; i < n; i++)
		low[i] = (char)tolower((unsigned char)low[i]);
	out = json_string(low);
	free(low);
	return out;
}

static json_t *
type_hash(const struct scalar *s)
{
	if (strlen(s->text) == 66)
		return type_hex(s);
	diag_err(s->ds, "E0212", "'%s' is not a hash", s->subject);
	diag_hint(s->ds, "a hash is 0x and 64 hex digits");
	return NULL;
}

/* The length of the scheme of a URL with a host (of file: with a path); 0: it
 * is none. */
static size_t
url_scheme(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
	bool path;

	if (!n || strncmp(s + n, "://", 3) != 0 || strpbrk(s, " \t\n\"<>"))
		return 0;
	path = s[n + 3] == '/' && n == 4 && strncmp(s, "file", 4) == 0;
	return path || (s[n + 3] && s[n + 3] != '/') ? n : 0;
}

static int
no_url(const struct scalar *s, const char *text)
{
	if (strstr(text, "://")) {
		diag_err(s->ds, "E0214", "'%s' is not a URL", s->subject);
		diag_hint(s->ds, "a URL is like http://127.0.0.1:8545");
	} else if (*text == '/') {
		diag_err(s->ds, "E0214", "'%s' is not a URL but a path",
			 s->subject);
		diag_hint(s->ds, "write file:///PATH for a local path");
	} else {
		diag_err(s->ds, "E0214", "'%s' is not a URL: it has no scheme",
			 s->subject);
		diag_hint(s->ds, "put http:// or https:// in front of it");
	}
	return -1;
}

static json_t *
type_url(const struct scalar *s)
{
	if (url_scheme(s->text))
		return json_string(s->text);
	(void)no_url(s, s->text);
	return NULL;
}

/* The text may be a secret: nothing of it is shown, and its scheme only when
 * it is a usual one. */
static int
check_server(const struct scalar *s, const char *url)
{
	size_t n = url_scheme(url);
	bool ws = (n == 2 || n == 3) && strncmp(url, "wss", n) == 0;

	if (!n)
		return no_url(s, url);
	if ((n == 4 || n == 5) && strncmp(url, "https", n) == 0)
		return 0;
	if (ws) {
		diag_err(s->ds, "E0472", "'%s' is a WebSocket URL", s->subject);
		diag_hint(s->ds,
			  "use the %s:// URL of the same server: opl2 sends "
			  "requests over HTTP",
			  n == 3 ? "https" : "http");
	} else {
		diag_err(s->ds, "E0472", "'%s' is no URL of HTTP", s->subject);
		diag_hint(s->ds, "it must begin with http:// or https://");
	}
	return -1;
}

/* One, or several with a space between, which no URL has within. */
static json_t *
type_rpcs(const struct scalar *s)
{
	CLEANUP(freep) char *text = xstrdup(s->text);
	char *save = NULL, *one = strtok_r(text, " ", &save);

	if (!one) {
		(void)no_url(s, "");
		return NULL;
	}
	for (; one; one = strtok_r(NULL, " ", &save))
		if (check_server(s, one) < 0)
			return NULL;
	return json_string(s->text);
}

static json_t *
type_rpc(const struct scalar *s)
{
	return check_server(s, s->text) < 0 ? NULL : json_string(s->text);
}

/* Is the scheme, n bytes, one of the list (a space before and after each)? */
static bool
is_among(const char *list, const char *scheme, size_t n)
{
	for (const char *p = list; n && (p = strstr(p, " ")); p++)
		if (strncmp(p + 1, scheme, n) == 0 && p[1 + n] == ' ')
			return true;
	return false;
}

/* Has the URL, which may be a secret, one of these schemes? */
static int
check_schemes(const struct scalar *s, const char *url, const char *list)
{
	size_t n = url_scheme(url);

	if (!n)
		return no_url(s, url);
	if (is_among(list, url, n))
		return 0;
	diag_err(s->ds, "E0472", "the URL in '%s' has an unknown scheme",
		 s->subject);
	diag_hint(s->ds, "use one of:%s", list);
	return -1;
}

#define DOWNLOAD_SCHEMES " http https file "
#define GIT_SCHEMES      " http https ssh git file git+ssh ssh+git "

static json_t *
type_download(const struct scalar *s)
{
	return check_schemes(s, s->text, DOWNLOAD_SCHEMES)
		       ? NULL
		       : json_string(s->text);
}

static json_t *
type_git(const struct scalar *s)
{
	return check_schemes(s, s->text, GIT_SCHEMES) ? NULL
						      : json_string(s->text);
}

/* What takes the place of a prefix: for git also a path, HOST:PATH, or the
 * name of an insteadOf. */
static json_t *
type_mirror(const struct scalar *s)
{
	return strstr(s->text, "://") && check_schemes(s, s->text, GIT_SCHEMES)
		       ? NULL
		       : json_string(s->text);
}

/* GOPROXY: URLs, "direct" and "off", with "," or "|" between. */
static json_t *
type_goproxy(const struct scalar *s)
{
	CLEANUP(freep) char *text = xstrdup(s->text);
	char *save = NULL;

	for (char *one = strtok_r(text, ",| ", &save); one;
	     one = strtok_r(NULL, ",| ", &save))
		if (strcmp(one, "direct") != 0 && strcmp(one, "off") != 0 &&
		    check_schemes(s, one, DOWNLOAD_SCHEMES))
			return NULL;
	return json_string(s->text);
}

/* GOSUMDB: "NAME[+KEY] [URL]", or "off". */
static json_t *
type_gosumdb(const struct scalar *s)
{
	const char *url = strpbrk(s->text, " \t");

	if (url)
		url += strspn(url, " \t");
	return url && *url && check_schemes(s, url, DOWNLOAD_SCHEMES)
		       ? NULL
		       : json_string(s->text);
}

static json_t *
type_path(const struct scalar *s)
{
	if (*s->text)
		return json_string(s->text);
	diag_err(s->ds, "E0215", "'%s' is an empty path", s->subject);
	return NULL;
}

static json_t *
type_name(const struct scalar *s)
{
	const char *p = s->text;

	if (isalnum((unsigned char)*p) && strlen(p) <= 64 &&
	    !p[strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789_-")])
		return json_string(p);
	diag_err(s->ds, "E0222", "'%s' is not a valid name: '%s'", s->subject,
		 p);
	diag_hint(s->ds, "a name has at most 64 letters, digits, '-' and '_', "
			 "and starts with a letter or digit");
	return NULL;
}

static json_t *
type_range(const struct scalar *s)
{
	const char *why = "";

	if (range_check(s->text, &why) == 0)
		return json_string(s->text);
	diag_err(s->ds, "E0215", "'%s' is not a version range: %s", s->subject,
		 why);
	diag_hint(s->ds, "write it like '>=1.22.7 <2', '1.7' or '*'");
	return NULL;
}

static const struct format {
	const char *name, *wants;
	json_t *(*type)(const struct scalar *s); /* NULL: by the type */
} formats[] = {
	{ "address", "an address", type_address },
	{ "asset", "an asset, 'asset:PATH'", NULL },
	{ "bytes", "a size such as '256KiB'", type_bytes },
	{ "download", "a URL to download from", type_download },
	{ "duration", "a duration such as '12s'", type_duration },
	{ "env", "the name of an environment variable", NULL },
	{ "git", "the URL of a git repository", type_git },
	{ "goproxy", "a list in the format of GOPROXY", type_goproxy },
	{ "gosumdb", "a checksum database in the format of GOSUMDB",
	  type_gosumdb },
	{ "hash", "a hash of 32 bytes", type_hash },
	{ "hexdata", "hex data", type_hex },
	{ "mirror", "a place, such as a URL or a path", type_mirror },
	{ "name", "a name", type_name },
	{ "path", "a path", type_path },
	{ "port", "a port number", NULL },
	{ "resource", "the address of a resource, 'kind.name'", NULL },
	{ "rpc", "the URL of a server", type_rpc },
	{ "rpcs", "the URL of a server, or several", type_rpcs },
	{ "url", "a URL", type_url },
	{ "version-range", "a version range", type_range },
	{ "wei", "an amount such as '0.5eth'", type_wei },
};

static const struct format *
find_format(const json_t *schema)
{
	const char *name = jx_str(schema, "format", NULL);
	size_t i;

	for (i = 0; name && i < COUNTOF(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

const char *
schema_wants(const json_t *schema)
{
	const struct format *f = find_format(schema);
	const char *type = jx_str(schema, "type", "any");

	if (f)
		return f->wants;
	switch (*type) {
	case 'i':
		return "an integer";
	case 'b':
		return "true or false";
	case 's':
		return "text";
	case 'o':
		return "a map";
	}
	return strcmp(type, "array") == 0 ? "a list" : "a value";
}

/* Why text that looks like a number is not one that we take. */
static const char *
number_trap(const char *t)
{
	const char *p = t + (*t == '-' || *t == '+');

	if (!isdigit((unsigned char)*p) && *p != '.')
		return NULL;
	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		return "hexadecimal; write it in decimal";
	if (p[0] == '0' && (p[1] == 'o' || isdigit((unsigned char)p[1])))
		return "some YAML parsers read a leading zero as octal; write "
		       "the number without it";
	if (strchr(p, '_') || strchr(p, ','))
		return "write it without separators";
	if (strpbrk(p, "eE"))
		return "write the number in full, without an exponent";
	if (strchr(p, '.'))
		return "write it without a decimal point";
	return *t == '+' ? "write it without the '+'" : NULL;
}

static bool
is_integer_text(const char *t)
{
	const char *p = t + (*t == '-');

	return is_digits(p) && (p[0] != '0' || !p[1]);
}

static json_t *
type_integer(const struct scalar *s)
{
	const char *trap = number_trap(s->text);
	int64_t v;

	if (s->quoted) {
		diag_err(s->ds, "E0203",
			 "'%s' must be an integer, not quoted "
			 "text",
			 s->subject);
		diag_hint(s->ds, "remove the quotes");
		return NULL;
	}
	if (is_integer_text(s->text)) {
		if (parse_i64(s->text, INT64_MIN, INT64_MAX, &v) == 0)
			return json_integer(v);
		diag_err(s->ds, "E0204", "'%s' is too large", s->subject);
		diag_hint(s->ds, "it must fit in 64 bits");
		return NULL;
	}
	if (trap) {
		diag_err(s->ds, "E0207", "'%s' is not a plain integer: '%s'",
			 s->subject, s->text);
		diag_hint(s->ds, "%s", trap);
		return NULL;
	}
	diag_err(s->ds, "E0203", "'%s' must be an integer, not '%s'",
		 s->subject, s->text);
	return NULL;
}

static json_t *
type_port(const struct scalar *s)
{
	json_t *v = type_integer(s);

	if (v && (json_integer_value(v) < 1 || json_integer_value(v) > 65535)) {
		json_decref(v);
		diag_err(s->ds, "E0213", "'%s' is not a port: %s", s->subject,
			 s->text);
		diag_hint(s->ds, "a port is 1 to 65535");
		return NULL;
	}
	return v;
}

/* "yes", "off", "True" ...: 1 and 0 what they would mean, -1 none. */
static int
bool_trap(const char *t)
{
	static const char *const words[] = { "false", "no",  "off", "n",
					     "true",  "yes", "on",  "y" };
	size_t i;

	for (i = 0; i < COUNTOF(words); i++)
		if (strcasecmp(t, words[i]) == 0)
			return i >= 4;
	return -1;
}

static json_t *
type_boolean(const struct scalar *s)
{
	int means = bool_trap(s->text);

	if (!s->quoted && strcmp(s->text, "true") == 0)
		return json_true();
	if (!s->quoted && strcmp(s->text, "false") == 0)
		return json_false();
	if (s->quoted) {
		diag_err(s->ds, "E0203",
			 "'%s' must be true or false, not "
			 "quoted text",
			 s->subject);
		diag_hint(s->ds, "remove the quotes");
	} else if (means >= 0) {
		diag_err(s->ds, "E0208", "'%s' must be true or false, not '%s'",
			 s->subject, s->text);
		diag_hint(s->ds, "write %s", means ? "true" : "false");
	} else {
		diag_err(s->ds, "E0203", "'%s' must be true or false, not '%s'",
			 s->subject, s->text);
	}
	return NULL;
}

static json_t *
type_any(const struct scalar *s)
{
	const char *t = s->text;
	int64_t v;

	if (s->quoted || s->value)
		return json_string(t);
	if (strcmp(t, "true") == 0 || strcmp(t, "false") == 0)
		return json_boolean(*t == 't');
	if (is_integer_text(t) && parse_i64(t, INT64_MIN, INT64_MAX, &v) == 0)
		return json_integer(v);
	if (bool_trap(t) >= 0 && strlen(t) > 1) {
		diag_err(s->ds, "E0208", "'%s' is ambiguous: '%s'", s->subject,
			 t);
		diag_hint(s->ds, "write %s, or quote '%s' if it is text",
			  bool_trap(t) ? "true" : "false", t);
		return NULL;
	}
	if (t[0] == '0' && is_digits(t)) {
		diag_err(s->ds, "E0207", "'%s' is ambiguous: '%s'", s->subject,
			 t);
		diag_hint(s->ds,
			  "some YAML parsers read a leading zero as octal: "
			  "remove it, or quote the value if it is text");
		return NULL;
	}
	return json_string(t);
}

json_t *
scalar_type(const struct scalar *s, const json_t *schema)
{
	const struct format *f = find_format(schema);
	const char *type = jx_str(schema, "type", "any");
	size_t before = s->ds->nerrors;
	json_t *v = NULL;

	if (f && f->type)
		v = f->type(s);
	else if (f && strcmp(f->name, "port") == 0)
		v = type_port(s);
	else if (strcmp(type, "integer") == 0)
		v = type_integer(s);
	else if (strcmp(type, "boolean") == 0)
		v = type_boolean(s);
	else if (strcmp(type, "string") == 0)
		v = json_string(s->text);
	else if (strcmp(type, "any") == 0)
		v = type_any(s);
	else
		diag_err(s->ds, "E0203", "'%s' must be %s, not text",
			 s->subject, schema_wants(schema));
	/* From the command line or the environment: files were checked. */
	if (!v && s->ds->nerrors == before)
		diag_err(s->ds, "E0203", "'%s' is not UTF-8 text", s->subject);
	if (v && scalar_limits(s, schema, v) < 0) {
		json_decref(v);
		v = NULL;
	}
	return v;
}
