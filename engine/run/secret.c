/*
 * Sensitive values: tokens in configs and state, hashes for comparison. The
 * values themselves are only ever on their way to a worker.
 */
#include "engine/run/run_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/secret.h"
#include "engine/schema/schema_decode.h"

#define SECRET_MAX (1u << 20)
#define KEY_BLOB   "secret.key"

int
secret_key(struct run *r, bool make, struct diags *ds)
{
	struct state_backend *backend = r->impl->backend;
	struct buf b = BUF_INIT(256);
	char hex[66];
	int rc = 0, got;

	if (r->impl->have_key)
		return 0;
	got = backend->ops->blob_read(backend, KEY_BLOB, &b, ds);
	if (got < 0) {
		rc = -1;
	} else if (got == 0 && b.n >= 64) {
		b.p[64] = '\0';
		r->impl->have_key = hex_decode(b.p, r->impl->key, 32) == 0;
	}
	if (rc == 0 && !r->impl->have_key && make) {
		if (getrandom(r->impl->key, 32, 0) != 32) {
			rc = diag_errno(ds, "E0654", "cannot get random bytes");
		} else {
			hex_encode(r->impl->key, 32, hex);
			hex[64] = '\n';
			rc = backend->ops->blob_write(backend, KEY_BLOB, hex,
						      65, ds);
			r->impl->have_key = rc == 0;
		}
	}
	buf_done(&b);
	return rc;
}

/* What tells one key in a keystore from another without opening it: the
 * address that the file says. */
static bool
add_keystore(const struct run *r, const char *name, struct buf *out)
{
	CLEANUP(freep)
	char *path = path_join(r->spec ? r->spec->dir : ".", name);
	CLEANUP(buf_done) struct buf text = BUF_INIT(SECRET_MAX);
	CLEANUP(put_json) json_t *doc = NULL;
	struct diags quiet;
	const char *addr;

	diags_init(&quiet);
	if (file_read_opt(path, &text, &quiet) == 0)
		doc = jx_parse(buf_str(&text), text.n, name, NULL);
	diags_done(&quiet);
	addr = jx_str(doc, "address", NULL);
	if (addr)
		buf_adds(out, addr);
	return addr != NULL;
}

/* The value of one {"var"|"env"|"file"|"keystore": NAME}; false when not at
 * hand. */
static bool
run_secret_add_part(const struct run *r, const json_t *part, struct buf *out)
{
	const char *name;

	if (json_is_string(part)) {
		buf_adds(out, json_string_value(part));
		return true;
	}
	if ((name = jx_str(part, "var", NULL))) {
		CLEANUP(freep) char *key = xasprintf("var:%s", name);
		const char *v = r->spec && r->spec->secrets
					? jx_str(r->spec->secrets, key, NULL)
					: NULL;

		if (v)
			buf_adds(out, v);
		return v != NULL;
	}
	if ((name = jx_str(part, "env", NULL))) {
		const char *v = getenv(name);

		if (v)
			buf_adds(out, v);
		return v != NULL;
	}
	if ((name = jx_str(part, "file", NULL))) {
		CLEANUP(freep)
		char *path = path_join(r->spec ? r->spec->dir : ".", name);
		struct diags quiet;
		int rc;

		diags_init(&quiet);
		rc = file_read_secret(path, out, &quiet);
		diags_done(&quiet);
		return rc == 0;
	}
	if ((name = jx_str(part, "keystore", NULL)))
		return add_keystore(r, name, out);
	return false;
}

static void
hash_token(const struct run *r, const json_t *token, const char *pointer,
	   json_t **out)
{
	const json_t *parts = json_object_get(token, "$secret");
	struct buf b = BUF_INIT(SECRET_MAX);
	bool known = true;
	uint8_t mac[32];
	char hex[65];
	size_t i;

	for (i = 0; known && i < json_array_size(parts); i++)
		known = run_secret_add_part(r, json_array_get(parts, i), &b);
	if (known && !b.over) {
		hmac_sha256(r->impl->key, 32, buf_str(&b), b.n, mac);
		hex_encode(mac, 32, hex);
		if (!*out)
			*out = json_object();
		json_object_set_new(*out, pointer, json_string(hex));
	}
	if (b.p)
		explicit_bzero(b.p, b.n);
	buf_done(&b);
}

static void
hash_tokens(const struct run *r, struct arena *a, const json_t *v,
	    const char *pointer, json_t **out)
{
	const char *key;
	json_t *sub;
	size_t i;

	if (is_secret(v)) {
		hash_token(r, v, pointer, out);
	} else if (json_is_object(v)) {
		json_object_foreach((json_t *)(uintptr_t)v, key, sub) {
			if (json_is_object(sub) || json_is_array(sub))
				hash_tokens(r, a, sub,
					    jx_ptr_key(a, pointer, key), out);
		}
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, sub) {
			if (json_is_object(sub) || json_is_array(sub))
				hash_tokens(r, a, sub,
					    jx_ptr_idx(a, pointer, i), out);
		}
	}
}

json_t *
secret_hashes(const struct run *r, const json_t *config)
{
	json_t *out = NULL;
	struct arena a;

	if (!r->impl->have_key || !config)
		return NULL;
	arena_init(&a);
	hash_tokens(r, &a, config, "", &out);
	arena_done(&a);
	return out;
}

struct checking {
	const struct run *r;
	struct diags *ds;
};

/* One that is not there may still be made. */
static void
check_file(void *arg, json_t *part)
{
	const struct checking *c = arg;
	const char *name = jx_str(part, "file", NULL);
	CLEANUP(freep)
	char *path =
		path_join(c->r->spec ? c->r->spec->dir : ".", name ? name : "");
	CLEANUP(close_fdp)
	int fd = name ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	if (fd >= 0)
		(void)fd_check_secret(fd, path, c->ds);
}

int
secret_check_files(const struct run *r, const json_t *config, struct diags *ds)
{
	struct checking c = { .r = r, .ds = ds };
	size_t before = ds->nerrors;

	each_secret_part(config, check_file, &c);
	return ds->nerrors > before ? -1 : 0;
}

static void
add_env(json_t *out, const char *name)
{
	const char *v = name ? getenv(name) : NULL;

	if (v) {
		CLEANUP(freep) char *key = xasprintf("env:%s", name);

		json_object_set_new(out, key, json_string(v));
	}
}

static void
collect_env(void *arg, json_t *part)
{
	add_env(arg, jx_str(part, "env", NULL));
}

/* Fields that name a variable themselves (format: env). */
static void
collect_named(const json_t *schema, const json_t *config, json_t *out)
{
	const json_t *props = jx_get(schema, "properties");
	const char *key;
	json_t *v;

	if (strcmp(jx_str(schema, "format", ""), "env") == 0)
		add_env(out, json_string_value(config));
	if (!json_is_object(config))
		return;
	json_object_foreach((json_t *)(uintptr_t)config, key, v) {
		collect_named(jx_get(props, key), v, out);
	}
}

json_t *
secret_values(const struct run *r)
{
	json_t *out = json_object();
	const struct state_entry **e;
	struct arena a;
	size_t i, n;

	arena_init(&a);
	if (r->spec && r->spec->secrets)
		json_object_update(out, r->spec->secrets);
	for (i = 0; r->spec && i < r->spec->nres; i++) {
		const struct resource *res = &r->spec->res[i];

		each_secret_part(res->config, collect_env, out);
		collect_named(res->schema, res->config, out);
	}
	e = state_list(r->state, &a, &n);
	for (i = 0; i < n; i++)
		each_secret_part(e[i]->config, collect_env, out);
	each_secret_part(r->impl->action_args, collect_env, out);
	arena_done(&a);
	return out;
}
