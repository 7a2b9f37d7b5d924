/*
 * opl2-worker --cluster --dir=.opl2: does by the API of a cluster what is asked
 * of the chain's runtime (providers/runtime/kubernetes/agent.h), and makes the
 * ports of its processes reachable on this machine. It is started by whoever
 * needs it first and ends when nobody has been connected for a while. What it
 * knows is in the cluster, so that a child of its own serves each connection.
 */
#include "cmd/opl2-worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/opl2-worker/cluster_forward.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/base/pid.h"
#include "engine/diag/exit.h"
#include "engine/io/diag_json.h"
#include "engine/io/file.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"
#include "providers/clients/cluster/access.h"
#include "providers/clients/cluster/procs.h"
#include "providers/clients/cluster/volume.h"
#include "providers/clients/cluster/watch.h"
#include "providers/clients/http/http.h"
#include "providers/clients/tools/port.h"
#include "providers/runtime/kubernetes/agent.h"
#include "providers/runtime/wire/supctl.h"

#define IDLE_MS 3000
#define TICK_MS 500

/* --- one connection ------------------------------------------------------- */

struct asker {
	struct cluster *c;
	const char *dir;
	int fd;
	int changed; /* where the parent hears that ports may have changed */
	json_int_t id;
	bool gone;
};

static bool
peer_gone(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0 &&
	       p.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

static bool
on_event(void *arg, const char *name, const char *state, const char *text)
{
	struct asker *a = arg;
	CLEANUP(put_json) json_t *j = NULL;

	if (name) {
		j = json_pack("{s:I, s:s, s:s, s:s, s:s}", "id", a->id, "event",
			      "progress", "name", name, "state", state, "text",
			      text);
		a->gone |= frame_send(a->fd, j) != 0;
	}
	a->gone |= peer_gone(a->fd);
	return a->gone;
}

static const char *
first_name(const json_t *m)
{
	const char *name =
		json_string_value(json_array_get(jx_get(m, "names"), 0));

	return name ? name : "";
}

static int
do_recall(struct asker *a, const json_t *m, json_t *reply, struct diags *ds)
{
	CLEANUP(put_json) json_t *records = NULL;
	const json_t *record;

	if (procs_records(a->c, &records, ds))
		return -1;
	record = jx_get(records, jx_str(m, "name", ""));
	if (record)
		json_object_set_new(reply, "record", jx_share(record));
	return 0;
}

/* What should run has its pod, after a suspend or somebody's mistake. */
static int
do_attend(struct asker *a, const struct cluster_wait *w, struct diags *ds)
{
	CLEANUP(put_json) json_t *records = NULL;
	CLEANUP(put_json) json_t *names = json_array();
	const char *name;
	json_t *record;

	if (procs_records(a->c, &records, ds))
		return -1;
	json_object_foreach(records, name, record)
		if (jx_bool(record, "up", false))
			json_array_append_new(names, json_string(name));
	return json_array_size(names) ? procs_start(a->c, names, w, ds) : 0;
}

/* Each process by its own pod's supervisor. */
static int
do_pod_call(struct asker *a, const char *op, const json_t *m, struct diags *ds)
{
	CLEANUP(put_json) json_t *records = NULL;
	CLEANUP(put_json) json_t *names = NULL;
	const json_t *one;
	size_t i;

	if (procs_records(a->c, &records, ds) ||
	    !(names = procs_named(records, jx_get(m, "names"), ds)))
		return -1;
	json_array_foreach(names, i, one) {
		CLEANUP(put_json) json_t *args = json_object();

		if (!strcmp(op, "pause") &&
		    procs_pause(a->c, json_string_value(one),
				jx_bool(m, "on", true), ds))
			return -1;
		json_object_update_missing(args, (json_t *)(uintptr_t)m);
		json_object_set_new(args, "names", json_pack("[O]", one));
		if (watch_pod_call(a->c, json_string_value(one), op, args,
				   jx_int(m, "timeout_ms", 0), ds))
			return -1;
	}
	return 0;
}

static int
do_log(struct asker *a, const json_t *m, json_t *reply, struct diags *ds)
{
	CLEANUP(put_json) json_t *out = NULL;
	const char *since = jx_str(m, "since", "");

	if (watch_log(a->c, jx_str(m, "name", ""),
		      (uint64_t)jx_int(m, "lines", 0), *since ? since : NULL,
		      &out, ds))
		return -1;
	json_object_update(reply, out);
	return 0;
}

static int
do_volume(struct asker *a, const json_t *m, const struct cluster_wait *w,
	  json_t *reply, struct diags *ds)
{
	const struct volume_move v = {
		.records = jx_get(m, "records"),
		.process = jx_str(m, "process", ""),
		.out = jx_bool(m, "out", false),
		.live = jx_bool(m, "live", false),
	};
	CLEANUP(put_json) json_t *out = NULL;
	int rc = volume_move(a->c, &v, w, &out, ds);

	if (rc == 0)
		json_object_update(reply, out);
	return rc;
}

static int
do_status(struct asker *a, const json_t *m, json_t *reply, struct diags *ds)
{
	CLEANUP(put_json) json_t *out = NULL;

	if (watch_status(a->c, jx_get(m, "names"), &out, ds))
		return -1;
	json_object_update(reply, out);
	json_object_set_new(json_object_get(reply, "supervisor"), "pid",
			    json_integer(getppid()));
	return 0;
}

/* Is it this agent that listens there? */
static int
do_reach(unsigned port, struct diags *ds)
{
	char comm[32] = "";
	pid_t pid = 0;

	if (!port_holder("127.0.0.1", port, &pid, comm, sizeof(comm)))
		return diag_err(ds, "E0911", "nobody listens at 127.0.0.1:%u",
				port);
	/* What was just forked has the sockets of the agent, too. */
	if (pid == getppid() || pid_parent(pid) == getppid())
		return 0;
	if (pid)
		diag_err(ds, "E0905",
			 "pid %d (%s) uses port %u of this machine", (int)pid,
			 comm, port);
	else
		diag_err(ds, "E0905",
			 "a process of another user uses port %u of this "
			 "machine",
			 port);
	diag_hint(ds, "end it, or shift all ports with 'port_offset'");
	return -1;
}

/* The ports that are listened at are those of the records. */
static int
tell_change(struct asker *a, int rc)
{
	return rc == 0 && write(a->changed, "", 1) != 1 ? -1 : rc;
}

static int
do_put(struct asker *a, const json_t *m, struct diags *ds)
{
	return tell_change(a, procs_put(a->c, jx_str(m, "name", ""),
					jx_get(m, "def"), jx_get(m, "secrets"),
					ds));
}

static int
do_one(struct asker *a, const json_t *m, json_t *reply, struct diags *ds)
{
	const struct cluster_wait w = { on_event, a };
	const char *op = jx_str(m, "op", "");
	const json_t *names = jx_get(m, "names");
	bool force = jx_bool(m, "force", false);

	/* Who reopens it (agent_renew()) could not: this one hears why. */
	if (!a->c->api && cluster_open(a->c, a->dir, ds))
		return -1;
	if (!strcmp(op, "hello"))
		return 0;
	if (!strcmp(op, "attend"))
		return do_attend(a, &w, ds);
	if (!strcmp(op, "put"))
		return do_put(a, m, ds);
	if (!strcmp(op, "secrets"))
		return procs_give_secrets(a->c, jx_get(m, "secrets"), ds);
	if (!strcmp(op, "start"))
		return procs_start(a->c, names, &w, ds);
	if (!strcmp(op, "stop"))
		return procs_stop(a->c, names, jx_bool(m, "hold", false), force,
				  &w, ds);
	if (!strcmp(op, "restart"))
		return procs_restart(a->c, names, force, &w, ds);
	if (!strcmp(op, "remove"))
		return tell_change(
			a, procs_remove(a->c, first_name(m), force, &w, ds));
	if (!strcmp(op, "wait_ready"))
		return watch_ready(a->c, names, &w, ds);
	if (!strcmp(op, "wait_gate") || !strcmp(op, "pause"))
		return do_pod_call(a, op, m, ds);
	if (!strcmp(op, "status"))
		return do_status(a, m, reply, ds);
	if (!strcmp(op, "recall"))
		return do_recall(a, m, reply, ds);
	if (!strcmp(op, "log"))
		return do_log(a, m, reply, ds);
	if (!strcmp(op, "volume"))
		return do_volume(a, m, &w, reply, ds);
	if (!strcmp(op, "rights"))
		return access_check(a->c, ds);
	if (!strcmp(op, "reach"))
		return do_reach((unsigned)jx_int(m, "port", 0), ds);
	return diag_err(ds, "E0908", "unknown request '%s'", op);
}

static bool
changes(const char *op)
{
	static const char *const asks[] = { "hello", "status", "recall", "log",
					    "wait_ready" };

	for (size_t i = 0; i < COUNTOF(asks); i++)
		if (!strcmp(op, asks[i]))
			return false;
	return true;
}

static void
serve_one(struct asker *a, const json_t *m)
{
	CLEANUP(put_json) json_t *reply = json_object();
	CLEANUP(diags_done) struct diags ds;
	int rc;

	diags_init(&ds);
	a->id = jx_int(m, "id", 0);
	rc = do_one(a, m, reply, &ds);
	if (changes(jx_str(m, "op", "")))
		watch_forget(a->c);
	json_object_set_new(reply, "id", json_integer(a->id));
	json_object_set_new(reply, "ok", json_boolean(rc == 0));
	if (ds.first) {
		json_t *list = json_array();

		for (const struct diag *d = ds.first; d; d = d->next)
			json_array_append_new(list, diag_to_json(d));
		json_object_set_new(reply, "diags", list);
	}
	if (rc != 1)
		a->gone |= frame_send(a->fd, reply) != 0;
}

static void
serve(struct asker *a)
{
	json_t *m;

	while (!a->gone && frame_recv(a->fd, &m) == 1) {
		serve_one(a, m);
		json_decref(m);
	}
}

/* --- the agent ------------------------------------------------------------ */

struct agent {
	struct cluster c;
	const char *dir;
	struct forwards *forwards;
	int listener, changed[2], alive;
	uint64_t idle_since; /* 0: somebody is connected */
	unsigned nchildren;  /* that serve connections */
	pid_t *children;
};

/* Two that start at the same time: one of them listens. */
static int
agent_listen(struct agent *g, const char *dir, struct diags *ds)
{
	CLEANUP(freep) char *run = path_join(dir, SUPCTL_SOCK_DIR);
	CLEANUP(freep) char *lock = path_join(run, CLUSTER_SOCK ".lock");
	struct sockaddr_un sa;
	int at;

	if (file_mkdirs(run, 0700, ds))
		return -1;
	g->alive = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (g->alive < 0)
		return diag_errno(ds, "E0916", "cannot open '%s'", lock);
	if (flock(g->alive, LOCK_EX | LOCK_NB))
		return 1;
	at = open(run, O_PATH | O_DIRECTORY | O_CLOEXEC);
	supctl_address(at, CLUSTER_SOCK, &sa);
	unlink(sa.sun_path);
	g->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (g->listener < 0 ||
	    bind(g->listener, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(g->listener, 64))
		return diag_errno(ds, "E0916", "cannot listen in '%s'", run);
	close(at);
	return 0;
}

static void
forget_child(struct agent *g, pid_t pid)
{
	for (unsigned i = 0; i < g->nchildren; i++)
		if (g->children[i] == pid) {
			g->children[i] = g->children[--g->nchildren];
			return;
		}
}

static void
reap(struct agent *g)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		forget_child(g, pid);
	if (g->nchildren)
		g->idle_since = 0;
	else if (!g->idle_since)
		g->idle_since = mono_ms();
}

static void
ports_changed(struct agent *g)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *records = NULL;
	char drain[64];

	diags_init(&quiet);
	while (read(g->changed[0], drain, sizeof(drain)) > 0)
		;
	if (g->c.api && procs_records(&g->c, &records, &quiet) == 0)
		forwards_set(g->forwards, records);
}

/* Who asks means the cluster that the record names now. */
static void
agent_renew(struct agent *g)
{
	CLEANUP(diags_done) struct diags quiet;

	diags_init(&quiet);
	if (g->c.api && !cluster_is_old(&g->c))
		return;
	cluster_close(&g->c);
	if (cluster_open(&g->c, g->dir, &quiet))
		cluster_close(&g->c);
	ports_changed(g);
}

static void
take_asker(struct agent *g)
{
	int fd = accept4(g->listener, NULL, NULL, SOCK_CLOEXEC);
	pid_t pid;

	agent_renew(g);
	pid = fd < 0 ? -1 : fork();

	if (pid == 0) {
		struct asker a = { .c = &g->c,
				   .dir = g->dir,
				   .fd = fd,
				   .changed = g->changed[1] };

		close(g->listener);
		forwards_close(g->forwards);
		if (g->c.api)
			kube_api_forked(g->c.api);
		serve(&a);
		_exit(0);
	}
	if (fd >= 0)
		close(fd);
	if (pid < 0)
		return;
	g->children = xreallocarray(g->children, g->nchildren + 1,
				    sizeof(*g->children));
	g->children[g->nchildren++] = pid;
}

static void
agent_loop(struct agent *g)
{
	while (!g->idle_since || mono_ms() - g->idle_since < IDLE_MS) {
		struct pollfd p[2 + FORWARDS_MAX] = {
			{ .fd = g->listener, .events = POLLIN },
			{ .fd = g->changed[0], .events = POLLIN },
		};
		nfds_t n = 2 + forwards_poll(g->forwards, p + 2);

		if (poll(p, n, TICK_MS) > 0) {
			if (p[0].revents)
				take_asker(g);
			if (p[1].revents)
				ports_changed(g);
			forwards_serve(g->forwards, p + 2);
		}
		reap(g);
	}
}

static int
agent_open(struct agent *g, const char *dir, struct diags *ds)
{
	if (http_init(ds) || cluster_open(&g->c, dir, ds))
		return -1;
	if (pipe2(g->changed, O_CLOEXEC | O_NONBLOCK))
		return diag_errno(ds, "E0916", "no pipe");
	g->forwards = forwards_new(&g->c);
	ports_changed(g);
	return 0;
}

static void
say(const struct diags *ds)
{
	for (const struct diag *d = ds->first; d; d = d->next)
		fprintf(stderr, "%s\n", d->summary);
}

/* ready: where whoever started us hears that all is well. */
static void
agent_child(struct agent *g, const char *dir, int ready)
{
	CLEANUP(diags_done) struct diags ds;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	diags_init(&ds);
	setsid();
	if (agent_open(g, dir, &ds)) {
		say(&ds);
	} else if (null >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0 &&
		   write(ready, "", 1) == 1) {
		close(ready);
		agent_loop(g);
		forwards_free(g->forwards);
	}
	cluster_close(&g->c);
	free(g->children);
}

static int
agent_run(const char *dir, struct diags *ds)
{
	struct agent g = { .listener = -1, .dir = dir };
	int ready[2], rc = agent_listen(&g, dir, ds);
	char byte;
	pid_t pid;

	/* Another one listens, or will soon. */
	if (rc)
		return rc < 0 ? -1 : 0;
	if (pipe2(ready, O_CLOEXEC))
		return diag_errno(ds, "E0916", "no pipe");
	pid = fork();
	if (pid < 0)
		return diag_errno(ds, "E0916", "cannot fork");
	if (pid == 0) {
		close(ready[0]);
		agent_child(&g, dir, ready[1]);
		_exit(0);
	}
	close(ready[1]);
	return read(ready[0], &byte, 1) == 1 ? 0 : -1;
}

int
cluster_main(int argc, char **argv)
{
	CLEANUP(diags_done) struct diags ds;
	const char *dir = NULL;
	int rc;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	diags_init(&ds);
	for (int i = 2; i < argc; i++)
		if (!strncmp(argv[i], "--dir=", 6))
			dir = argv[i] + 6;
	if (!dir)
		return EXIT_INTERNAL;
	rc = agent_run(dir, &ds);
	say(&ds);
	return rc ? EXIT_FAILED : EXIT_OK;
}
