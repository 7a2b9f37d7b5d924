/*
 * Makes what a process needs once: `opl2-supervise --prepare`, started by the
 * supervisor, which never waits for it.
 *
 * `unless` exists when all of a step is on the disk, and not before: first
 * there is UNLESS.begun, which becomes it. So half a database never counts,
 * whenever this or the machine ends; what an attempt left is removed by the
 * next, and nothing else ever is. The lock on the folder goes on to the
 * command: an attempt begins when all of the one before it has ended.
 */
#include "cmd/opl2-supervise/sup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <zlib.h>

#include "cmd/opl2-supervise/loop/helper.h"
#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define PART 65536

struct attempt {
	const struct process_def *def;
	const struct process_prepare *step;
	const char *folder, *begun;
};

/* ---- files ---- */

static int
copy_unzipped(gzFile from, int to)
{
	char part[PART];
	int n;

	while ((n = gzread(from, part, sizeof(part))) > 0)
		if (fd_write_all(to, part, (size_t)n))
			return -1;
	return n;
}

static int
unpack_one(const char *from, const char *to, struct diags *ds)
{
	gzFile gz = gzopen(from, "rbe");
	CLEANUP(close_fdp) int fd = -1;
	int rc;

	if (!gz)
		return diag_errno(ds, "E1340", "cannot read '%s'", from);
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	errno = fd < 0 ? errno : 0;
	rc = fd < 0 ? -1 : copy_unzipped(gz, fd);
	if (rc && errno) {
		diag_errno(ds, "E1340", "cannot unpack '%s' to '%s'", from, to);
		gzclose_r(gz);
		return -1;
	}
	/* It tells of one that ends too soon. */
	if (gzclose_r(gz) != Z_OK || rc)
		return diag_err(ds, "E1340", "'%s' is not a whole gzip file",
				from);
	return 0;
}

static int
unpack(const json_t *files, struct diags *ds)
{
	const char *from;
	const json_t *to;

	json_object_foreach((json_t *)(uintptr_t)files, from, to)
		if (unpack_one(from, json_string_value(to), ds))
			return -1;
	return 0;
}

static void
remove_unpacked(const json_t *files)
{
	const char *from UNUSED;
	const json_t *to;

	json_object_foreach((json_t *)(uintptr_t)files, from, to)
		unlink(json_string_value(to));
}

static int
clean_one(const char *path, bool ours, struct diags *ds)
{
	if (ours)
		return file_remove_tree(path, ds);
	/* An empty folder is nothing. */
	if (rmdir(path) == 0 || errno == ENOENT)
		return 0;
	return diag_err(ds, "E1340", "'%s' exists, and was not made for this",
			path);
}

static int
begin(const struct attempt *a, struct diags *ds)
{
	bool ours = file_exists(a->begun);

	for (size_t i = 0; i < a->step->clean.n; i++) {
		CLEANUP(freep)
		char *path = path_join(a->folder, a->step->clean.v[i]);

		if (clean_one(path, ours, ds))
			return -1;
	}
	return ours ? 0 : file_replace(a->begun, "", 0, 0600, ds);
}

/* What the command wrote is on the disk before it counts. */
static int
finish(const struct attempt *a, int folder, struct diags *ds)
{
	if (syncfs(folder))
		return diag_errno(ds, "E1340", "cannot sync '%s'", a->folder);
	FAULT("prepare.before_made");
	if (rename(a->begun, a->step->unless))
		return diag_errno(ds, "E1340", "cannot make '%s'",
				  a->step->unless);
	return file_fsync_dir(a->folder, ds);
}

/* ---- the command ---- */

NORETURN static void
run_it(const struct process_def *d, char *const *argv, int log, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	/* It must not outlive who knows of it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && dup2(null, 0) == 0 && dup2(log, 1) == 1 &&
	    dup2(log, 2) == 2 && chdir(d->dir) == 0)
		execv(argv[0], argv);
	dprintf(log, "opl2: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int
run_command(const struct attempt *a, struct diags *ds)
{
	struct process_texts cmd = a->step->command;
	CLEANUP(close_fdp) int log = -1;
	char *const *argv = (char *const *)(uintptr_t)cmd.v;
	pid_t self = getpid(), pid;
	siginfo_t si = { 0 };
	char how[64];

	if (log_open(a->def, &log, ds))
		return -1;
	pid = fork();
	if (pid == 0)
		run_it(a->def, argv, log, self);
	if (pid < 0 || waitid(P_PID, (id_t)pid, &si, WEXITED))
		return diag_errno(ds, "E1340", "cannot run '%s'", argv[0]);
	if (si.si_code == CLD_EXITED && si.si_status == 0)
		return 0;
	child_how_it_ended(&si, how, sizeof(how));
	return diag_err(ds, "E1340", "'%s' %s", argv[0], how);
}

/* ---- */

static int
attempt(const struct attempt *a, struct diags *ds)
{
	int folder, rc;

	if (file_mkdirs(a->folder, 0700, ds))
		return -1;
	/* Not closed at an exec: the command holds it too. */
	folder = open(a->folder, O_RDONLY | O_DIRECTORY);
	if (folder < 0 || flock(folder, LOCK_EX))
		return diag_errno(ds, "E1340", "cannot lock '%s'", a->folder);
	rc = file_exists(a->step->unless) ? 1 : begin(a, ds);
	if (rc == 0) {
		rc = unpack(a->step->unpack, ds);
		if (rc == 0)
			rc = run_command(a, ds);
		remove_unpacked(a->step->unpack);
	}
	if (rc == 0)
		rc = finish(a, folder, ds);
	close(folder);
	return rc < 0 ? -1 : 0;
}

static int
do_step(const struct process_def *d, const struct process_prepare *step,
	struct diags *ds)
{
	CLEANUP(freep) char *folder = xstrdup(step->unless);
	CLEANUP(freep) char *begun = xasprintf("%s.begun", step->unless);

	*strrchr(folder, '/') = '\0';
	return attempt(
		&(struct attempt){ d, step, *folder ? folder : "/", begun },
		ds);
}

static json_t *
prepare(const json_t *msg)
{
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(process_def_putp) struct process_def *d = NULL;
	int rc = -1;

	diags_init(&ds);
	d = process_def_decode(jx_str(msg, "name", ""), jx_get(msg, "def"),
			       &ds);
	for (size_t i = 0; d && i < d->nprepare; i++) {
		rc = do_step(d, &d->prepare[i], &ds);
		if (rc)
			break;
	}
	return rc ? json_pack("{s:s}", "error",
			      ds.first ? ds.first->summary : "unknown")
		  : json_pack("{s:s}", "body", "");
}

int
prepare_main(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return helper_main(prepare);
}
