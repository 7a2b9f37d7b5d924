#include "providers/clients/evm/artifact.h"

#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define ARTIFACT_MAX (1u << 20)

/* Without these there is no chain. */
static const char *const needed[] = { "SystemConfigProxy",
				      "OptimismPortalProxy" };

/* The end of a string of valid JSON, whose quote is at p. */
static const char *
string_end(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return p;
}

/* The quote before a key of the outermost object of valid JSON, or NULL. */
static const char *
find_key(const char *text, const char *key)
{
	size_t len = strlen(key);
	int depth = 0;

	for (const char *p = text, *end; *p; p++) {
		if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		if (*p != '"')
			continue;
		end = string_end(p);
		if (depth == 1 && (size_t)(end - p) == len + 1 &&
		    strncmp(p + 1, key, len) == 0 && *end &&
		    end[1 + strspn(end + 1, " \t\r\n")] == ':')
			return p;
		if (!*end)
			break;
		p = end;
	}
	return NULL;
}

static void
point(const char *path, const char *text, const char *name, struct diags *ds)
{
	const char *at = find_key(text, name), *p;
	unsigned line = 1, col = 1;

	if (!at)
		return;
	for (p = text; p < at; p++) {
		if (*p == '\n') {
			line++;
			col = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			col++;
		}
	}
	diag_pos(ds, path, line, col, col + (unsigned)strlen(name) + 2);
}

void
artifact_point(const char *path, const char *name, struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(ARTIFACT_MAX);
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	if (file_read(path, &text, &ignored) == 0)
		point(path, buf_str(&text), name, ds);
}

/* EIP-55, or a diagnostic. */
static json_t *
artifact_address_of(const char *path, const char *text, const char *name,
		    const json_t *v, struct diags *ds)
{
	const char *s = json_string_value(v);
	uint8_t raw[20];
	char good[43];
	int rc = s ? address_parse(s, raw) : -1;

	if (rc == 0) {
		eip55(raw, good);
		return json_string(good);
	}
	if (rc == -2)
		diag_err(ds, "E1043",
			 "the checksum of the address of '%s' is wrong", name);
	else
		diag_err(ds, "E1043", "the value of '%s' is not an address",
			 name);
	point(path, text, name, ds);
	diag_hint(ds, "use the unchanged file that the script wrote: one "
		      "object of names and addresses");
	return NULL;
}

static int
artifact_take(const char *path, const char *text, const json_t *doc,
	      json_t *out, struct diags *ds)
{
	size_t errors = ds->nerrors;
	const char *name;
	json_t *v, *addr;

	if (!json_is_object(doc)) {
		diag_err(ds, "E1043",
			 "'%s' is not an object of names and "
			 "addresses",
			 path);
		diag_pos(ds, path, 1, 1, 0);
		return -1;
	}
	json_object_foreach((json_t *)(uintptr_t)doc, name, v) {
		addr = artifact_address_of(path, text, name, v, ds);
		if (addr)
			json_object_set_new(out, name, addr);
	}
	for (size_t i = 0; i < COUNTOF(needed); i++) {
		if (json_object_get(doc, needed[i]))
			continue;
		diag_err(ds, "E1043", "'%s' has no '%s'", path, needed[i]);
		diag_pos(ds, path, 1, 1, 0);
	}
	return ds->nerrors > errors ? -1 : 0;
}

int
artifact_load(const char *path, json_t **out, struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(ARTIFACT_MAX);
	size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
	json_error_t err;
	CLEANUP(put_json) json_t *doc = NULL, *map = json_object();

	if (file_read(path, &text, ds) < 0)
		return -1;
	doc = json_loadb(buf_str(&text), text.n, flags, &err);
	if (!doc) {
		diag_err(ds, "E1043", "'%s' is not valid JSON: %s", path,
			 err.text);
		diag_pos(ds, path, (unsigned)(err.line > 0 ? err.line : 1),
			 (unsigned)(err.column > 0 ? err.column : 1), 0);
	}
	if (!doc || artifact_take(path, buf_str(&text), doc, map, ds))
		return -1;
	*out = TAKE(map);
	return 0;
}
