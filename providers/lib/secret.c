#include "providers/lib/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

#include "engine/base/file.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"

#define KEY "$secret"

bool
secret_is_token(const json_t *j)
{
	return json_is_object(j) && json_object_size(j) == 1 &&
	       json_is_array(json_object_get(j, KEY));
}

void
secret_wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	buf_done(b);
}

/* Reads with a buffer that is wiped, unlike file_read's. */
static int
add_file(const char *path, struct buf *out, struct diags *ds)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[4096];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		return diag_errno(ds, "E0921", "cannot read secret file '%s'",
				  path);
	if (S_ISREG(st.st_mode) && (st.st_mode & 077)) {
		diag_err(ds, "E0922", "secret file '%s' can be read by others",
			 path);
		diag_hint(ds, "run: chmod 600 '%s'", path);
		return -1;
	}
	/* To the cap and no further: it may be a device without an end. */
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && !out->over)
		buf_add(out, chunk, (size_t)n);
	explicit_bzero(chunk, sizeof(chunk));
	if (n < 0)
		return diag_errno(ds, "E0921", "cannot read secret file '%s'",
				  path);
	while (out->n &&
	       (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
		out->p[--out->n] = '\0';
	return 0;
}

static int
add_value(const char *type, const char *name, const json_t *secrets,
	  struct buf *out, struct diags *ds)
{
	CLEANUP(freep) char *key = xasprintf("%s:%s", type, name);
	const char *v = jx_str(secrets, key, NULL);

	if (!v) {
		diag_err(ds, "E0920", "the value of %s '%s' is not known here",
			 !strcmp(type, "env") ? "environment variable"
					      : "variable",
			 name);
		diag_hint(ds,
			  !strcmp(type, "env")
				  ? "set %s and run the command again"
				  : "set OPL2_VAR_%s and run the command "
				    "again",
			  name);
		return -1;
	}
	buf_adds(out, v);
	return 0;
}

static int
add_part(const json_t *part, const json_t *secrets, const char *base,
	 struct buf *out, struct diags *ds)
{
	const char *v;

	if (json_is_string(part)) {
		buf_adds(out, json_string_value(part));
		return 0;
	}
	if ((v = jx_str(part, "env", NULL)))
		return add_value("env", v, secrets, out, ds);
	if ((v = jx_str(part, "var", NULL)))
		return add_value("var", v, secrets, out, ds);
	if ((v = jx_str(part, "file", NULL))) {
		CLEANUP(freep)
		char *path = base ? path_join(base, v) : xstrdup(v);

		return add_file(path, out, ds);
	}
	return diag_err(ds, "E0923",
			"a secret token has a part of an unknown "
			"form");
}

int
secret_resolve(const json_t *j, const json_t *secrets, const char *base,
	       struct buf *out, struct diags *ds)
{
	const json_t *part;
	size_t i;

	if (json_is_string(j)) {
		buf_adds(out, json_string_value(j));
	} else if (secret_is_token(j)) {
		json_array_foreach(json_object_get(j, KEY), i,
				   part) if (add_part(part, secrets, base, out,
						      ds)) return -1;
	} else {
		return diag_err(ds, "E0923",
				"neither a text nor a secret token");
	}
	if (out->over)
		return diag_err(ds, "E0923", "a secret is longer than %u bytes",
				SECRET_MAX);
	return 0;
}

static void
add_name(json_t *names, const char *type, const char *name)
{
	CLEANUP(put_json) json_t *key = jx_strf("%s:%s", type, name);
	const json_t *have;
	size_t i;

	json_array_foreach(names, i, have) if (json_equal(have, key)) return;
	json_array_append(names, key);
}

void
secret_names(const json_t *j, json_t *names)
{
	const json_t *v;
	const char *key, *name;
	void *it;
	size_t i;

	if (json_is_array(j)) {
		json_array_foreach(j, i, v) secret_names(v, names);
		return;
	}
	if (!secret_is_token(j)) {
		for (it = json_object_iter((json_t *)(uintptr_t)j); it;
		     it = json_object_iter_next((json_t *)(uintptr_t)j, it))
			secret_names(json_object_iter_value(it), names);
		return;
	}
	json_array_foreach(json_object_get(j, KEY), i, v)
	{
		static const char *const types[] = { "env", "var" };

		for (size_t t = 0; t < COUNTOF(types); t++) {
			key = types[t];
			name = jx_str(v, key, NULL);
			if (name)
				add_name(names, key, name);
		}
	}
}

/* Replaces every occurrence of one value. */
static void
redact_one(struct buf *text, const char *value)
{
	size_t n = strlen(value);
	char *p;

	if (n < 4)
		return;
	while (text->n >= n && (p = memmem(text->p, text->n, value, n))) {
		size_t at = (size_t)(p - text->p);

		memcpy(p, "***", 3);
		memmove(p + 3, p + n, text->n - at - n);
		text->n -= n - 3;
		text->p[text->n] = '\0';
	}
}

void
secret_redact(struct buf *text, const json_t *secrets)
{
	void *it;

	for (it = json_object_iter((json_t *)(uintptr_t)secrets); it;
	     it = json_object_iter_next((json_t *)(uintptr_t)secrets, it)) {
		const char *v = json_string_value(json_object_iter_value(it));

		if (v)
			redact_one(text, v);
	}
}
