/*
 * image: programs as a container image in a registry. Converges: what a
 * broken-off push has brought is not sent again. Destroy forgets it, for others
 * may run it.
 */
#include <string.h>

#include "engine/io/jx.h"
#include "engine/kind/kind.h"
#include "providers/facts/image_ref.h"

static bool
is_name(const char *s)
{
	return *s && !strchr(".-", *s) &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.+-")] == '\0';
}

static int
check_programs(struct kind_ctx *ctx, const json_t *programs)
{
	const char *name;
	json_t *path;
	int rc = 0;

	if (!json_object_size(programs)) {
		rc = diag_err(ctx->ds, "E1321", "the image has no program");
		diag_path(ctx->ds, "/programs");
		diag_hint(ctx->ds, "write NAME: PATH for each program");
	}
	json_object_foreach((json_t *)(uintptr_t)programs, name, path) {
		if (is_name(name))
			continue;
		rc = diag_err(ctx->ds, "E1321",
			      "'%s' cannot be the name of a program", name);
		diag_path(ctx->ds, "/programs");
		diag_hint(ctx->ds, "use letters, digits and . _ + -");
	}
	return rc;
}

static int
image_check(struct kind_ctx *ctx, const json_t *config, const json_t *unknown)
{
	const json_t *programs = jx_get(config, "programs");
	const char *first = json_string_value(jx_at(config, "/entrypoint/0"));
	bool known = !is_unknown(unknown, "/programs");
	struct image_ref ref;
	int rc = known ? check_programs(ctx, programs) : 0;

	if (!is_unknown(unknown, "/repository") &&
	    image_repository_parse(ctx->arena, jx_str(config, "repository", ""),
				   &ref, ctx->ds)) {
		diag_path(ctx->ds, "/repository");
		rc = -1;
	}
	if (known && first && !json_object_get(programs, first)) {
		rc = diag_err(ctx->ds, "E1321", "'%s' is not one of 'programs'",
			      first);
		diag_path(ctx->ds, "/entrypoint/0");
		diag_hint(ctx->ds, "begin with the name of a program");
	}
	return rc;
}

static bool
same(const json_t *a, const json_t *b, const char *key)
{
	const json_t *x = jx_get(a, key), *y = jx_get(b, key);

	return x == y || json_equal(x, y);
}

/* Only the way to the registry changes. What else changes gives a digest that
 * depends on the libraries of the machine that applies. */
static int
image_plan(struct kind_ctx *ctx UNUSED, const struct plan_req *req,
	   struct plan_out *out)
{
	static const char *const fields[] = { "repository", "programs",
					      "entrypoint" };

	if (json_array_size(req->unknown) || !req->prior || req->creating ||
	    !same(req->prior, req->recorded, "digests"))
		return 0;
	for (size_t i = 0; i < COUNTOF(fields); i++)
		if (!same(req->config, req->prior_config, fields[i]))
			return 0;
	out->attrs = jx_share(req->prior);
	return 0;
}

static int
image_leaves(struct kind_ctx *ctx, const json_t *config, const json_t *attrs,
	     struct plan_out *out)
{
	const char *ref = jx_str(attrs, "ref", NULL);

	if (ref)
		kind_note(ctx, out, "image %s", ref);
	else
		kind_note(ctx, out, "possibly layers of an image in %s",
			  jx_str(config, "repository", "a registry"));
	return 0;
}

const struct kind kind_image = {
	.name = "image",
	.schema_version = 1,
	.flags = KIND_FORGET,
	.check = image_check,
	.plan = image_plan,
	.leaves = image_leaves,
};
