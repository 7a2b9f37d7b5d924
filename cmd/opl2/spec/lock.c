/*
 * opl2 lock: pins the presets that the spec uses in opl2.lock, so that a newer
 * opl2 with newer presets changes nothing by itself. Packages and modules are
 * added by apply, when it has seen them.
 */
#include "engine/spec/lockfile.h"

#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/view/view.h"
#include "engine/io/jx.h"
#include "engine/spec/spec.h"
#include "engine/spec/spec_preset.h"

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "upgrade", OPT_FLAG, NULL, "switch to the presets of this opl2" },
	OPTS_END,
};

/* Replaces what is pinned by what is built in; true when that is another. */
static bool
renew(struct cmd *c, struct lockfile *lf, const char *name)
{
	CLEANUP(put_json) json_t *now = preset_pin(name);
	const char *old = jx_str(lockfile_preset(lf, name), "digest", "");
	const char *digest = jx_str(now, "digest", "");
	int n = view_cuts(c->out) ? 12 : (int)strlen(digest);

	if (strcmp(old, digest) == 0)
		return false;
	fprintf(c->out, "%s: %.*s -> %.*s\n", name, n, old, n, digest);
	lockfile_set_preset(lf, name, now);
	return true;
}

static bool
renew_all(struct cmd *c, struct lockfile *lf)
{
	char name[128];
	unsigned i = 0;
	bool any = false;

	while (preset_next(&i, name, sizeof(name)))
		if (lockfile_preset(lf, name))
			any |= renew(c, lf, name);
	return any;
}

static int
lock_save(struct cmd *c, struct lockfile *lf)
{
	lf->dirty = true;
	return lockfile_save(c->dir, lf, &c->ds);
}

/* The spec must be sound with the new presets, or the old ones stay. */
static int
upgrade(struct cmd *c, struct lockfile *lf)
{
	CLEANUP(put_json) json_t *old = json_deep_copy(lf->doc);
	bool changed = renew_all(c, lf);

	if (changed && lock_save(c, lf))
		return -1;
	if (cmd_load_spec(c, true) == 0) {
		if (!changed)
			fputs("The presets are up to date.\n", c->out);
		return EXIT_OK;
	}
	if (changed) {
		json_decref(lf->doc);
		lf->doc = json_incref(old);
		lock_save(c, lf);
	}
	return -1;
}

static int
exec_lock(struct cmd *c)
{
	CLEANUP(lockfile_done) struct lockfile lf = { 0 };

	if (lockfile_load(c->dir, &lf, &c->ds))
		return -1;
	if (opt_flag(&c->opts, "upgrade"))
		return upgrade(c, &lf);
	if (cmd_load_spec(c, true))
		return -1;
	spec_pin(c->spec, &lf);
	if (lf.dirty && lock_save(c, &lf))
		return -1;
	fputs("opl2.lock pins the presets that the spec uses.\n", c->out);
	return EXIT_OK;
}

const struct cmd_entry cmd_lock = {
	.name = "lock",
	.args = "",
	.summary = "pin the presets in opl2.lock, or upgrade them",
	.text = "opl2.lock records the exact identity of everything that is "
		"fetched; commit it. Presets are pinned with their text: a "
		"newer opl2 uses the pinned one until -upgrade. 'opl2 plan' "
		"shows what -upgrade means for the chain.",
	.opts = opts,
	.exec = exec_lock,
};
