#ifndef OPL2_TESTS_UNIT_SCRIPTED_H
#define OPL2_TESTS_UNIT_SCRIPTED_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/unit/t.h"

/*
 * A scripted server: each connection gets the next answer of a list, and the
 * last one for ever. "" hangs up at once.
 */
struct server {
	pid_t pid;
	char url[64];
	int seen; /* read end: what was asked, all of it */
};

static void
serve(int listener, int log, const char *const *answers)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char buf[8192];
		ssize_t n = 0;

		if (*answers[0])
			n = recv(fd, buf, sizeof(buf), 0);
		if (n > 0 && write(log, buf, (size_t)n) < 0)
			_exit(1);
		if (send(fd, answers[0], strlen(answers[0]), MSG_NOSIGNAL) < 0)
			_exit(1);
		close(fd);
		if (answers[1])
			answers++;
	}
}

static void
start(struct server *s, const char *const *answers)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), log[2];

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	assert_int_equal(pipe2(log, O_CLOEXEC | O_NONBLOCK), 0);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u/secret-key",
		 ntohs(a.sin_port));
	s->pid = fork();
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd, log[1], answers);
	}
	close(fd);
	close(log[1]);
	s->seen = log[0];
}

/* Ends the server; *text is what it was asked. */
static void
halt(struct server *s, char *text, size_t max)
{
	ssize_t n;

	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	n = read(s->seen, text, max - 1);
	text[n > 0 ? n : 0] = '\0';
	close(s->seen);
}

#define HEAD(status, len)                                                      \
	"HTTP/1.1 " status "\r\nConnection: close\r\nContent-Length: " len     \
	"\r\n"
#define JSON(len, text) HEAD("200 OK", len) "\r\n" text

#endif
