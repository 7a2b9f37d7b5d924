#include "engine/io/jx.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"

void
put_json(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

json_t *
jx_parse(const char *text, size_t n, const char *what, struct diags *ds)
{
	json_error_t err;
	json_t *j = json_loadb(text, n,
			       JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &err);

	if (!j && ds) {
		diag_err(ds, "E0502", "'%s' is not valid JSON: %s", what,
			 err.text);
		if (err.line > 0)
			diag_pos(ds, what, (unsigned)err.line,
				 (unsigned)err.column, 0);
	}
	return j;
}

json_t *
jx_load_file(const char *path, size_t max, struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(max);

	if (file_read(path, &text, ds) < 0)
		return NULL;
	return jx_parse(buf_str(&text), text.n, path, ds);
}

static int
dump_into(const char *p, size_t n, void *out)
{
	buf_add(out, p, n);
	return 0;
}

/* jansson fails only on strings that are not UTF-8, which it never lets in. */
static void
dump(const json_t *j, size_t flags, struct buf *out)
{
	if (json_dump_callback(j, dump_into, out,
			       flags | JSON_SORT_KEYS | JSON_ENCODE_ANY) < 0)
		abort();
}

char *
jx_dump(const json_t *j)
{
	struct buf out = BUF_INIT((size_t)-2);

	dump(j, JSON_INDENT(2), &out);
	buf_addch(&out, '\n');
	return buf_take(&out);
}

char *
jx_dump_line(const json_t *j)
{
	struct buf out = BUF_INIT((size_t)-2);

	dump(j, JSON_COMPACT, &out);
	return buf_take(&out);
}

static int
hash_into(const char *p, size_t n, void *h)
{
	sha256_add(h, p, n);
	return 0;
}

void
jx_digest(const json_t *j, char out[65])
{
	struct sha256 h;
	uint8_t sum[32];

	sha256_init(&h);
	if (json_dump_callback(j, hash_into, &h,
			       JSON_COMPACT | JSON_SORT_KEYS |
				       JSON_ENCODE_ANY) < 0)
		abort();
	sha256_end(&h, sum);
	hex_encode(sum, sizeof(sum), out);
}

const char *
jx_str(const json_t *o, const char *key, const char *def)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) ? json_string_value(v) : def;
}

int64_t
jx_int(const json_t *o, const char *key, int64_t def)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : def;
}

bool
jx_bool(const json_t *o, const char *key, bool def)
{
	const json_t *v = json_object_get(o, key);

	return json_is_boolean(v) ? json_is_true(v) : def;
}

const json_t *
jx_get(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_null(v) ? NULL : v;
}

/*
 * One step of a pointer: *p stands on '/'; the unescaped key is put in out
 * and *p moved past it. -1 when the pointer is malformed.
 */
static int
next_key(const char **p, struct buf *out)
{
	const char *s = *p;

	if (*s++ != '/')
		return -1;
	buf_reset(out);
	for (; *s && *s != '/'; s++) {
		if (*s != '~')
			buf_addch(out, *s);
		else if (*++s == '0')
			buf_addch(out, '~');
		else if (*s == '1')
			buf_addch(out, '/');
		else
			return -1;
	}
	*p = s;
	return 0;
}

/* An array index as RFC 6901 has it: no sign, no leading zeros. */
static int
array_index(const char *key, size_t *out)
{
	uint64_t v;

	if ((key[0] == '0' && key[1]) || parse_u64(key, SIZE_MAX, &v) < 0)
		return -1;
	*out = (size_t)v;
	return 0;
}

static json_t *
child(const json_t *j, const char *key)
{
	size_t i;

	if (json_is_object(j))
		return json_object_get(j, key);
	if (json_is_array(j) && array_index(key, &i) == 0)
		return json_array_get(j, i);
	return NULL;
}

const json_t *
jx_at(const json_t *root, const char *pointer)
{
	CLEANUP(buf_done) struct buf key = BUF_INIT(LIM_SPEC_BYTES);
	const json_t *j = root;

	while (j && *pointer) {
		if (next_key(&pointer, &key) < 0)
			return NULL;
		j = child(j, buf_str(&key));
	}
	return j;
}

/* Sets j[key]; an index one past the end appends. Steals value. */
static int
set_child(json_t *j, const char *key, json_t *value)
{
	size_t i;

	if (json_is_object(j))
		return json_object_set_new(j, key, value);
	if (!json_is_array(j)) {
		json_decref(value);
		return -1;
	}
	if (!strcmp(key, "-"))
		i = json_array_size(j);
	else if (array_index(key, &i) < 0)
		i = SIZE_MAX;
	if (i == json_array_size(j))
		return json_array_append_new(j, value);
	return json_array_set_new(j, i, value); /* decrefs when it fails */
}

int
jx_set_at(json_t *root, const char *pointer, json_t *value)
{
	CLEANUP(buf_done) struct buf key = BUF_INIT(LIM_SPEC_BYTES);
	json_t *j = root, *next;

	while (next_key(&pointer, &key) == 0) {
		if (!*pointer)
			return set_child(j, buf_str(&key), value);
		next = child(j, buf_str(&key));
		if (!next) {
			next = json_object();
			if (set_child(j, buf_str(&key), next) < 0)
				break;
		}
		j = next;
	}
	json_decref(value);
	return -1;
}

char *
jx_ptr_key(struct arena *a, const char *base, const char *key)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT((size_t)-2);

	buf_adds(&out, base);
	buf_addch(&out, '/');
	for (; *key; key++) {
		if (*key == '~')
			buf_adds(&out, "~0");
		else if (*key == '/')
			buf_adds(&out, "~1");
		else
			buf_addch(&out, *key);
	}
	return arena_strdup(a, buf_str(&out));
}

char *
jx_ptr_idx(struct arena *a, const char *base, size_t i)
{
	return arena_printf(a, "%s/%zu", base, i);
}

/*
 * The object at base[key], ready to be changed: made when there is none, and
 * copied when somebody else holds it too, so that a merge never shows through
 * in the document a value was shared from.
 */
static json_t *
own_object(json_t *base, const char *key)
{
	json_t *j = json_object_get(base, key);

	if (json_is_object(j) && j->refcount == 1)
		return j;
	j = json_is_object(j) ? json_copy(j) : json_object();
	json_object_set_new(base, key, j);
	return j;
}

void
jx_merge(json_t *base, const json_t *over)
{
	/* jansson iterates over mutable objects only, but changes nothing. */
	CLEANUP(put_json) json_t *from = jx_share(over);
	const char *key;
	json_t *v;

	json_object_foreach(from, key, v) {
		if (json_is_null(v))
			json_object_del(base, key);
		else if (json_is_object(v))
			jx_merge(own_object(base, key), v);
		else
			json_object_set(base, key, v);
	}
}

json_t *
jx_strf(const char *fmt, ...)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT((size_t)-2);
	json_t *j;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&out, fmt, ap);
	va_end(ap);
	j = json_stringn(buf_str(&out), out.n);
	return j ? j : json_string("(not UTF-8)");
}

json_t *
jx_share(const json_t *j)
{
	json_t *mine;

	memcpy(&mine, &j, sizeof(mine));
	return json_incref(mine);
}
