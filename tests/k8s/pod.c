/*
 * The only program in the image of the test cluster's own pods.
 *
 *   pod                  sleeps and reaps, as the first process of each pod
 *   pod serve PORT       says its pod's name to who connects
 *   pod get HOST PORT    what such a one says
 */
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void
end(int sig)
{
	(void)sig;
	_exit(0);
}

static void
reap(int sig)
{
	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static int
serve(const char *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((in_port_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, to;
	char name[256] = "";

	gethostname(name, sizeof(name) - 1);
	strcat(name, "\n");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 9)) {
		perror(port);
		return 1;
	}
	for (;;) {
		to = accept(fd, NULL, NULL);
		if (to < 0)
			continue;
		if (write(to, name, strlen(name)) < 0)
			perror("write");
		close(to);
	}
}

static int
get(const char *host, const char *port)
{
	struct addrinfo want = { .ai_family = AF_INET,
				 .ai_socktype = SOCK_STREAM };
	struct addrinfo *ai;
	char buf[256];
	ssize_t n;
	int fd, rc = getaddrinfo(host, port, &want, &ai);

	if (rc) {
		fprintf(stderr, "%s: %s\n", host, gai_strerror(rc));
		return 1;
	}
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, ai->ai_addr, ai->ai_addrlen)) {
		perror(host);
		return 1;
	}
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	return n < 0;
}

int
main(int argc, char **argv)
{
	signal(SIGINT, end);
	signal(SIGTERM, end);
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "get"))
		return get(argv[2], argv[3]);
	signal(SIGCHLD, reap);
	for (;;)
		pause();
}
