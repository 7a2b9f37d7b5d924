#include "state/upgrade.h"

#include "engine/io/jx.h"

/* Format 1 is the first: nothing to upgrade from yet. */
const struct upgrade_step state_upgrades[] = {
	{ .run = NULL },
};

int
upgrade_run(json_t *doc, const struct upgrade_step *steps, unsigned target,
	    struct diags *ds)
{
	int64_t version = jx_int(doc, "version", 0);

	while (version < target) {
		const struct upgrade_step *step = steps;

		while (step->run && step->from != version)
			step++;
		if (!step->run)
			return diag_err(ds, "E0503",
					"state format %lld cannot be upgraded",
					(long long)version);
		if (step->run(doc, ds) < 0)
			return -1;
		version++;
		json_object_set_new(doc, "version", json_integer(version));
	}
	return 0;
}
