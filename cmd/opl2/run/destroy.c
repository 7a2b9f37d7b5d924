/* opl2 destroy: takes down what can be taken down, lists what stays. */
#include "cmd/opl2/run/apply.h"
#include "cmd/opl2/view/view.h"
#include "engine/io/file.h"

static const struct opt_def opts[] = {
	OPTS_VARS,    { "auto-approve", OPT_FLAG, NULL, "do not ask" },
	OPTS_SHOWING, OPTS_VIEW,
	OPTS_SCOPE,   OPTS_LOCK,
	OPTS_INPUT,   OPTS_END,
};

static int
exec_destroy(struct cmd *c)
{
	SESSION_CLEANUP struct session s = { 0 };
	bool ask = !opt_flag(&c->opts, "auto-approve");
	int rc;

	if (session_init(&s, c, "destroy", true))
		return -1;
	/* What is recorded can be destroyed without its spec. One that is
	 * there must be sound: it says what is protected. */
	if (file_exists("opl2.yaml") && cmd_load_spec(c, true))
		return -1;
	rc = session_plan(&s, true);
	if (rc && s.plan)
		session_show(&s, NULL);
	return rc ? -1 : apply_plan(&s, ask);
}

const struct cmd_entry cmd_destroy = {
	.name = "destroy",
	.args = "",
	.summary = "take the chain down and list what remains",
	.text = "Removes the recorded resources in reverse order. Contracts "
		"stay on the L1 and are listed. Keys are kept. Data "
		"directories are kept unless -delete-data is given. Exits with "
		"status 13 if something remains.",
	.opts = opts,
	.needs = NEED_VIEW,
	.exec = exec_destroy,
};
