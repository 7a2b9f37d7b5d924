#include "cmd/opl2-supervise/pod.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "cmd/opl2-supervise/loop/fetch.h"
#include "cmd/opl2-supervise/sup.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define SUFFIX  ".json"
#define LOGS_MS 200

struct pod {
	struct pod_http *http;
	struct timer logs;
	const char *data;
	pid_t orphan; /* ended, and was so at the last look */
};

/* Is name one of these, with commas between? */
static bool
is_listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; p; p = strchr(p, ','), p += p ? 1 : 0)
		if (!strncmp(p, name, n) && (!p[n] || p[n] == ','))
			return true;
	return false;
}

static int
define_one(struct sup *s, const char *path, const char *name,
	   const char *paused, struct diags *ds)
{
	CLEANUP(put_json) json_t *j = jx_load_file(path, LIM_SPEC_BYTES, ds);
	CLEANUP(process_def_putp) struct process_def *def = NULL;
	struct proc *p;

	if (!j)
		return -1;
	def = process_def_decode(name, j, ds);
	if (!def)
		return -1;
	p = proc_define(s, name, def);
	p->up = true;
	if (paused)
		p->pause.asked = is_listed(paused, name);
	return proc_save(p, ds);
}

/* A ConfigMap shows its files beside hidden ones. */
static int
define_all(struct sup *s, const char *folder, const char *paused,
	   struct diags *ds)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	size_t n = 0;
	int rc = 0;

	if (!d)
		return diag_errno(ds, "E0910", "cannot read '%s'", folder);
	while (rc == 0 && (e = readdir(d))) {
		size_t len = strlen(e->d_name), tail = strlen(SUFFIX);
		CLEANUP(freep) char *path = path_join(folder, e->d_name);
		CLEANUP(freep) char *name = NULL;

		if (*e->d_name == '.' || len <= tail ||
		    strcmp(e->d_name + len - tail, SUFFIX) != 0)
			continue;
		name = xstrndup(e->d_name, len - tail);
		for (char *c = name; (c = strchr(c, '+'));)
			*c = '/';
		rc = define_one(s, path, name, paused, ds);
		n++;
	}
	closedir(d);
	if (rc == 0 && n == 0)
		return diag_err(ds, "E0910", "no definition is in '%s'",
				folder);
	return rc;
}

/* What a container before had, and this one has not. */
static void
forget_others(struct sup *s)
{
	for (struct proc *p = s->procs; p; p = p->next)
		if (!p->up) {
			p->removed = true;
			p->hold = false;
		}
}

/* The first process of a container is the parent of all whose own is gone. One
 * of ours is waited for at once; what is still there at a second look is not
 * ours. */
static void
reap_orphan(struct pod *pod)
{
	siginfo_t si = { 0 };

	if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) != 0 ||
	    si.si_pid == 0)
		pod->orphan = 0;
	else if (si.si_pid != pod->orphan)
		pod->orphan = si.si_pid;
	else
		(void)waitpid(si.si_pid, NULL, WNOHANG);
}

static void
tick(void *arg)
{
	struct sup *s = arg;

	pod_logs(s);
	reap_orphan(s->pod);
	timer_on(&s->loop, &s->pod->logs, LOGS_MS, tick, s);
}

int
pod_open(struct sup *s, const struct pod_options *o, struct diags *ds)
{
	for (struct proc *p = s->procs; p; p = p->next)
		p->up = false;
	s->pod = xcalloc(1, sizeof(*s->pod));
	s->pod->data = o->data;
	fetch_names(true);
	file_secrets_of_group(true);
	if (o->definitions && define_all(s, o->definitions, o->paused, ds))
		return -1;
	forget_others(s);
	pod_logs_open(s);
	if (o->port) {
		s->pod->http = pod_http_open(s, o, ds);
		if (!s->pod->http)
			return -1;
	}
	tick(s);
	return 0;
}

void
pod_add_volume(const struct sup *s, struct process_status *st)
{
	struct statvfs fs;

	if (!s->pod || !s->pod->data || statvfs(s->pod->data, &fs))
		return;
	st->volume_bytes = (int64_t)fs.f_blocks * (int64_t)fs.f_frsize;
	st->volume_free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
}

void
pod_close(struct sup *s)
{
	if (!s->pod)
		return;
	pod_logs(s);
	pod_http_close(s->pod->http);
	timer_off(&s->loop, &s->pod->logs);
	free(TAKE(s->pod));
}

void
pod_end(struct sup *s)
{
	if (s->suspended)
		return;
	s->suspended = true;
	sup_log(s, "stopping all processes");
	sup_kick(s);
}

void
pod_turn(struct sup *s)
{
	if (s->suspended && !procs_run(s))
		s->loop.quit = true;
}
