/*
 * image: the effect half. priv has the digests of the programs that the image
 * was made of, and the identities of the files that were read ("seen"), so that
 * a look hashes only what changed.
 */
#include <string.h>
#include <sys/stat.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/oci/oci.h"
#include "providers/kinds/effect.h"

#define PROGRESS_MS 1000u

struct meter {
	struct effect_ctx *ctx;
	uint64_t told_ms;
};

static bool
meter_cancelled(void *arg)
{
	return effect_cancelled(((struct meter *)arg)->ctx);
}

static void
meter_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct meter *m = arg;

	if (mono_ms() - m->told_ms < PROGRESS_MS && done < total)
		return;
	m->told_ms = mono_ms();
	effect_progress(m->ctx, "pushing %s: %.1f of %.1f MB", what,
			(double)done / 1e6, (double)total / 1e6);
}

static struct oci_target
target_of(struct meter *m, const json_t *config)
{
	const json_t *plain = jx_get(config, "plain_http");

	return (struct oci_target){
		.repository = jx_str(config, "repository", ""),
		.plain = !plain                ? OCI_PLAIN_BY_HOST
			 : json_is_true(plain) ? OCI_PLAIN_HTTP
					       : OCI_PLAIN_NEVER,
		.cancelled = meter_cancelled,
		.progress = meter_progress,
		.arg = m,
	};
}

static enum outcome
image_cancelled(struct effect_ctx *ctx)
{
	diag_err(ctx->ds, "E0805", "interrupted while pushing an image");
	return OC_CANCELLED;
}

static bool
same_field(const json_t *a, const json_t *b, const char *key)
{
	const json_t *x = jx_get(a, key), *y = jx_get(b, key);

	return x == y || json_equal(x, y);
}

/* --- what is in it -------------------------------------------------------- */

static json_t *
identity(const struct stat *st)
{
	return jx_strf("%lld %lld.%09ld %llu", (long long)st->st_size,
		       (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
		       (unsigned long long)st->st_ino);
}

/*
 * Looks at each program: its digest and its identity. What is not here, on
 * another machine or after the store was cleaned, is as recorded, if it is.
 */
static int
look_at(struct effect_ctx *ctx, const struct effect_op *op,
	const json_t *config, json_t *digests, json_t *seen)
{
	json_t *programs = json_object_get(config, "programs"), *path;
	const json_t *recorded = jx_get(op->prior, "digests");
	const json_t *seen_before = jx_get(op->priv, "seen");
	const char *name;

	json_object_foreach(programs, name, path) {
		CLEANUP(freep)
		char *file =
			path_join(op->env->spec_dir, json_string_value(path));
		const json_t *was = jx_get(recorded, name);
		CLEANUP(put_json) json_t *id = NULL;
		struct stat st;
		char hex[65];

		if (stat(file, &st)) {
			if (was)
				json_object_set_new(digests, name,
						    jx_share(was));
			continue;
		}
		id = identity(&st);
		if (was && json_equal(id, jx_get(seen_before, name))) {
			json_object_set_new(digests, name, jx_share(was));
		} else {
			if (file_sha256(file, hex, ctx->ds))
				return -1;
			json_object_set_new(digests, name,
					    jx_strf("sha256:%s", hex));
		}
		json_object_set(seen, name, id);
	}
	return 0;
}

/* --- operations ----------------------------------------------------------- */

static enum outcome
image_read(struct effect_ctx *ctx, const struct effect_op *op,
	   struct effect_result *out)
{
	const json_t *config = op->prior_config ? op->prior_config : op->config;
	struct meter m = { .ctx = ctx };
	struct oci_target t = target_of(&m, config);
	CLEANUP(put_json)
	json_t *digests = json_object(), *seen = json_object();
	bool there = false;
	int rc;

	if (!op->prior)
		return OC_GONE;
	rc = oci_image_there(&t, jx_str(op->prior, "digest", ""), &there,
			     ctx->ds);
	if (rc > 0)
		return image_cancelled(ctx);
	if (rc < 0)
		return OC_UNREACHABLE;
	if (!there)
		return OC_GONE;
	if (look_at(ctx, op, config, digests, seen))
		return OC_UNREACHABLE;
	out->attrs = json_copy((json_t *)(uintptr_t)op->prior);
	json_object_set(out->attrs, "digests", digests);
	out->priv = op->priv ? jx_share(op->priv) : NULL;
	return OC_OK;
}

/* By paths of the arena. */
static struct oci_contents
contents_of(struct effect_ctx *ctx, const struct effect_op *op)
{
	json_t *programs = json_object_get(op->config, "programs"), *path;
	const json_t *entry = jx_get(op->config, "entrypoint"), *word;
	struct oci_program *v = arena_alloc(
		ctx->arena, (json_object_size(programs) + 1) * sizeof(*v));
	const char **words = arena_alloc(
		ctx->arena, (json_array_size(entry) + 1) * sizeof(*words));
	struct oci_contents c = { .v = v, .entrypoint = entry ? words : NULL };
	const char *name;
	size_t i;

	json_object_foreach(programs, name, path) {
		CLEANUP(freep)
		char *file =
			path_join(op->env->spec_dir, json_string_value(path));

		v[c.n++] = (struct oci_program){
			arena_strdup(ctx->arena, file),
			arena_printf(ctx->arena, "/opl2/bin/%s", name)
		};
	}
	json_array_foreach(entry, i, word)
		words[i] =
			arena_printf(ctx->arena, "%s%s", i ? "" : "/opl2/bin/",
				     json_string_value(word));
	words[json_array_size(entry)] = NULL;
	return c;
}

/* What differs is how the registry is asked, or where the same programs are
 * here: a new image might have newer libraries, and would restart what runs. */
static bool
is_same_image(const struct effect_op *op, const json_t *digests)
{
	return op->prior && op->prior_config &&
	       same_field(op->config, op->prior_config, "repository") &&
	       same_field(op->config, op->prior_config, "entrypoint") &&
	       json_equal(digests, jx_get(op->priv, "digests"));
}

static enum outcome
push(struct effect_ctx *ctx, const struct effect_op *op, json_t **attrs)
{
	struct meter m = { .ctx = ctx };
	struct oci_target t = target_of(&m, op->config);
	struct oci_contents c = contents_of(ctx, op);
	CLEANUP(freep) char *ref = NULL;
	int rc;

	t.like = jx_str(op->prior_config, "repository", NULL);
	rc = oci_image_publish(&t, &c, &ref, ctx->ds);
	if (rc > 0)
		return image_cancelled(ctx);
	if (rc < 0)
		return OC_FAIL;
	*attrs = json_pack("{s:s, s:s}", "ref", ref, "digest",
			   strchr(ref, '@') + 1);
	return OC_OK;
}

static enum outcome
image_create(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	CLEANUP(put_json)
	json_t *digests = json_object(), *seen = json_object(), *attrs = NULL;
	enum outcome oc = OC_OK;

	effect_progress(ctx, "reading the programs");
	if (look_at(ctx, op, op->config, digests, seen))
		return OC_FAIL;
	if (is_same_image(op, digests))
		attrs = json_copy((json_t *)(uintptr_t)op->prior);
	else
		oc = push(ctx, op, &attrs);
	if (oc != OC_OK)
		return oc;
	json_object_set(attrs, "digests", digests);
	out->attrs = TAKE(attrs);
	out->priv = json_pack("{s:O, s:O}", "digests", digests, "seen", seen);
	return OC_OK;
}

const struct effects effects_image = {
	.kind = "image",
	.read = image_read,
	.create = image_create,
	.update = image_create,
	.remove = effect_leave,
};
