#include "providers/clients/kube/kube_proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/spawn.h"

#define SERVES   "Starting to serve" /* what kubectl says when it does */
#define START_MS 30000 /* an exec plugin may ask somebody who is far away */
#define LOOK_MS  10
#define SAID_MAX (64u << 10)

/* kubectl does not notice that we are gone. Our end of this shell's input
 * closes then, however we went. */
#define SCRIPT                                                                 \
	"command -v kubectl >/dev/null || { echo it is not installed; exit; "  \
	"}\n"                                                                  \
	"exec 3<&0 # what a shell starts by & reads nothing otherwise\n"       \
	"\"$@\" 2>&1 3<&- & p=$!\n"                                            \
	"{ read -r _ <&3; kill $p 2>/dev/null; } >/dev/null 2>&1 &\n"          \
	"wait $p"

struct kube_proxy {
	char *dir, *socket;
	int in; /* its input */
	pid_t pid;
};

/* What kubectl says goes into a file: a pipe that nobody reads any more would
 * end it. */
static int
spawn_it(struct kube_proxy *p, const char *const *argv, const char *log)
{
	CLEANUP(close_fdp)
	int said = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	CLEANUP(close_fdp) int theirs = -1;
	int in[2];
	struct spawn s = { .path = "sh", .argv = argv, .nfds = 3 };

	if (said < 0 || pipe2(in, O_CLOEXEC))
		return -1;
	theirs = in[0];
	p->in = in[1];
	s.fd[0] = theirs;
	s.fd[1] = said;
	s.fd[2] = SPAWN_NULL;
	p->pid = spawn_program(&s);
	return p->pid < 0 ? -1 : 0;
}

static bool
has_ended(struct kube_proxy *p)
{
	if (p->pid > 0 && waitpid(p->pid, NULL, WNOHANG) == 0)
		return false;
	p->pid = -1;
	return true;
}

static bool
wait_served(struct kube_proxy *p, const char *log, struct buf *said,
	    struct diags *ds)
{
	uint64_t end = mono_ms() + START_MS;
	bool ended;

	do {
		ended = has_ended(p);
		buf_reset(said);
		if (file_read(log, said, ds))
			return false;
		if (strstr(buf_str(said), SERVES))
			return true;
		poll(NULL, 0, LOOK_MS);
	} while (!ended && mono_ms() < end);
	return false;
}

static int
say_failed(const struct buf *said, struct diags *ds)
{
	const char *text = buf_str(said);
	size_t n = strlen(text);

	while (n > 0 && strchr("\r\n ", text[n - 1]))
		n--;
	diag_err(ds, "E0532", "kubectl does not reach the cluster: %.*s",
		 n ? (int)n : 18, n ? text : "it said nothing");
	diag_hint(ds,
		  "try `kubectl get secrets`: it is used here with the same "
		  "kubeconfig and context. OPL2_KUBERNETES_PROXY can name "
		  "a `kubectl proxy` that runs already");
	return -1;
}

static int
start(struct kube_proxy *p, const char *config, const char *context,
      struct diags *ds)
{
	CLEANUP(buf_done) struct buf said = BUF_INIT(SAID_MAX);
	CLEANUP(freep) char *log = xasprintf("%s/log", p->dir);
	CLEANUP(freep) char *socket = xasprintf("--unix-socket=%s", p->socket);
	CLEANUP(freep)
	char *file = config ? xasprintf("--kubeconfig=%s", config) : NULL;
	CLEANUP(freep)
	char *ctx = context ? xasprintf("--context=%s", context) : NULL;
	const char *argv[] = { "sh",    "-c",   SCRIPT, "sh", "kubectl",
			       "proxy", socket, NULL,   NULL, NULL };
	size_t n = 7;

	if (file)
		argv[n++] = file;
	if (ctx)
		argv[n++] = ctx;
	if (spawn_it(p, argv, log))
		return diag_errno(ds, "E0532", "cannot start kubectl");
	return wait_served(p, log, &said, ds) ? 0 : say_failed(&said, ds);
}

struct kube_proxy *
kube_proxy_start(const char *config, const char *context, struct diags *ds)
{
	struct kube_proxy *p = xcalloc(1, sizeof(*p));
	const char *tmp = getenv("TMPDIR");

	p->in = -1;
	p->pid = -1;
	p->dir = xasprintf("%s/opl2-kube.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(p->dir)) {
		diag_errno(ds, "E0532", "cannot make the folder '%s'", p->dir);
		free(p->dir);
		p->dir = NULL;
	} else {
		p->socket = xasprintf("%s/api", p->dir);
	}
	if (p->dir && start(p, config, context, ds) == 0)
		return p;
	kube_proxy_stop(p);
	return NULL;
}

const char *
kube_proxy_socket(const struct kube_proxy *p)
{
	return p->socket;
}

void
kube_proxy_stop(struct kube_proxy *p)
{
	struct diags ignored;

	if (!p)
		return;
	if (p->in >= 0)
		close(p->in);
	while (p->pid > 0 && waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	diags_init(&ignored);
	if (p->dir)
		(void)file_remove_tree(p->dir, &ignored);
	diags_done(&ignored);
	free(p->dir);
	free(p->socket);
	free(p);
}

bool
kube_context_there(const char *config, const char *context, struct buf *names)
{
	CLEANUP(freep)
	char *file = config ? xasprintf("--kubeconfig=%s", config) : NULL;
	const char *const argv[] = { "kubectl", "config", "get-contexts",
				     "-o=name", file,     NULL };
	CLEANUP(buf_done) struct buf said = BUF_INIT(SAID_MAX);
	bool there = false;

	if (spawn_ask(argv, "", &said) != 0)
		return true;
	for (const char *at = buf_str(&said); *at; at += *at == '\n') {
		size_t n = strcspn(at, "\n");

		there |= n == strlen(context) && !memcmp(at, context, n);
		buf_addf(names, "%s%.*s", names->n ? ", " : "", (int)n, at);
		at += n;
	}
	return there;
}
