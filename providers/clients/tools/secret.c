#include "providers/clients/tools/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/secret.h"

static size_t
page_size(void)
{
	long n = sysconf(_SC_PAGESIZE);

	return n > 0 ? (size_t)n : 4096;
}

void
secret_wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	/* A supervisor would have all of its heap locked in the end. One that
	 * grew has no pages of its own. */
	if (b->p && b->cap == page_size())
		munlock(b->p, b->cap);
	buf_done(b);
}

/* Reads with a buffer that is wiped, unlike file_read's. */
static int
secret_add_file(const char *path, struct buf *out, struct diags *ds)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[4096];
	ssize_t n;

	if (fd < 0)
		return diag_errno(ds, "E0921", "cannot read secret file '%s'",
				  path);
	if (fd_check_secret(fd, path, ds))
		return -1;
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
		diag_err(ds, "E0920", "the value of %s '%s' is not set",
			 !strcmp(type, "env") ? "environment variable"
					      : "variable",
			 name);
		diag_hint(ds,
			  !strcmp(type, "env")
				  ? "set %s and rerun the command"
				  : "set OPL2_VAR_%s and rerun the command",
			  name);
		return -1;
	}
	buf_adds(out, v);
	return 0;
}

/* A key that is neither text nor in a file of text. */
static int
add_key(const json_t *part, const json_t *secrets, struct buf *out,
	struct diags *ds)
{
	const char *file = jx_str(part, "keystore", NULL);
	CLEANUP(freep) char *name = xasprintf("keystore:%s", file ? file : "");
	const char *v = file ? jx_str(secrets, name, NULL) : NULL;

	if (v) {
		buf_adds(out, v);
		return 0;
	}
	if (file)
		diag_err(ds, "E0894",
			 "the key in keystore '%s' is not open here", file);
	else
		diag_err(ds, "E0894",
			 "the key of %s is at a remote signer and cannot be "
			 "read",
			 jx_str(jx_get(part, "signer"), "address", "?"));
	diag_hint(ds, "%s",
		  file ? "only senders and the environment of a process take a "
			 "key from a keystore"
		       : "use a source that holds the key for that account: "
			 "generate, env, file or keystore");
	return -1;
}

static int
secret_add_part(const json_t *part, const json_t *secrets, const char *base,
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

		return secret_add_file(path, out, ds);
	}
	if (jx_get(part, "keystore") || jx_get(part, "signer"))
		return add_key(part, secrets, out, ds);
	return diag_err(ds, "E0923", "a secret token has an unknown part");
}

/* Room for what a secret usually takes, so that no copy stays behind where it
 * grew, and out of the swap: best effort, as a small limit must not stop a
 * run. mlock works on whole pages, so it has one of its own. */
static void
keep_in_memory(struct buf *out)
{
	size_t page = page_size();

	if (out->p)
		return;
	out->p = aligned_alloc(page, page);
	if (!out->p)
		mem_exhausted();
	out->p[0] = '\0';
	out->cap = page;
	mlock(out->p, out->cap);
}

int
secret_resolve(const json_t *j, const json_t *secrets, const char *base,
	       struct buf *out, struct diags *ds)
{
	const json_t *part;
	size_t i;

	keep_in_memory(out);
	if (json_is_string(j)) {
		buf_adds(out, json_string_value(j));
	} else if (is_secret(j)) {
		json_array_foreach(json_object_get(j, "$secret"), i, part)
			if (secret_add_part(part, secrets, base, out, ds))
				return -1;
	} else {
		return diag_err(ds, "E0923", "neither text nor a secret token");
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

	json_array_foreach(names, i, have)
		if (json_equal(have, key))
			return;
	json_array_append(names, key);
}

static void
add_names(void *names, json_t *part)
{
	static const char *const types[] = { "env", "var" };

	for (size_t t = 0; t < COUNTOF(types); t++) {
		const char *name = jx_str(part, types[t], NULL);

		if (name)
			add_name(names, types[t], name);
	}
}

void
secret_names(const json_t *j, json_t *names)
{
	each_secret_part(j, add_names, names);
}

json_t *
secret_named(const json_t *j, const json_t *secrets)
{
	CLEANUP(put_json) json_t *names = json_array();
	json_t *out = json_object();
	const json_t *name;
	size_t i;

	secret_names(j, names);
	json_array_foreach(names, i, name) {
		const char *key = json_string_value(name);
		const json_t *value = jx_get(secrets, key);

		if (value)
			json_object_set_new(out, key, jx_share(value));
	}
	return out;
}

static void
add_keystore(void *parts, json_t *part)
{
	if (jx_get(part, "keystore"))
		json_array_append(parts, part);
}

void
secret_keystores(const json_t *j, json_t *parts)
{
	each_secret_part(j, add_keystore, parts);
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
