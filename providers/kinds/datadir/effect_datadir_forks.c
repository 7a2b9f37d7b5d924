/*
 * datadir: the L2's forks that a database was used with. Blocks past the time
 * of a fork follow its rules or do not, and op-geth cannot notice when it is
 * told otherwise: what its --override options say is not in its database.
 */
#include <time.h>

#include "engine/base/clock.h"
#include "engine/io/jx.h"
#include "providers/kinds/datadir/effect_datadir.h"

static bool
differ_in_past(const json_t *a, const json_t *b, const char *name, int64_t now)
{
	int64_t s = jx_int(a, name, 0), t = jx_int(b, name, 0);

	return s != t && ((s && s <= now) || (t && t <= now));
}

static void
datadir_forks_describe(const json_t *forks, const char *name, char *text,
		       size_t n)
{
	if (jx_get(forks, name))
		utc_text(jx_int(forks, name, 0), text, n);
	else
		(void)snprintf(text, n, "never");
}

int
datadir_forks_agree(struct effect_ctx *ctx, const struct effect_op *op,
		    const char *dir, const json_t *mark)
{
	const json_t *sides[] = { jx_get(mark, "forks"),
				  jx_get(op->config, "forks") };
	int64_t now = time(NULL);
	char had[32], want[32];
	const char *name;
	json_t *v;

	for (size_t i = 0; i < COUNTOF(sides); i++)
		json_object_foreach((json_t *)(uintptr_t)sides[i], name, v) {
			if (!differ_in_past(sides[0], sides[1], name, now))
				continue;
			datadir_forks_describe(sides[0], name, had,
					       sizeof(had));
			datadir_forks_describe(sides[1], name, want,
					       sizeof(want));
			diag_err(ctx->ds, "E0465",
				 "'%s' was used with '%s' at %s, not %s", dir,
				 name, had, want);
			diag_path(ctx->ds, "/forks");
			diag_hint(ctx->ds, "set the time that the chain used; "
					   "nothing was changed");
			return -1;
		}
	return 0;
}
