/* /proc/net/tcp has the sockets, /proc/PID/fd their holders. */
#include "providers/clients/tools/port.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "providers/facts/listen.h"

#define TCP_LISTEN "0A"

/* --- sockets and their holders -------------------------------------------- */

/* An address of /proc/net/tcp or tcp6: words of 32 bits in the machine's
 * order. */
static struct listen_place
place_of_table(char *hex)
{
	size_t words = strlen(hex) / 8;
	struct listen_place p = { .family = words == 1 ? AF_INET : AF_INET6 };

	for (size_t i = 0; i < words && i < 4; i++) {
		char *word = hex + 8 * i, end = word[8];
		uint32_t v = 0;

		word[8] = '\0';
		if (hex_decode(word, (uint8_t *)&v, 4) == 0)
			v = be32toh(v);
		word[8] = end;
		memcpy(&p.addr.s6_addr[4 * i], &v, 4);
	}
	if (p.family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&p.addr)) {
		p.family = AF_INET;
		memmove(p.addr.s6_addr, p.addr.s6_addr + 12, 4);
	}
	/* [::] takes IPv4 as well, but for a socket that says it does not. */
	p.any = p.family == AF_INET6 && listen_is_any(&p);
	return p;
}

/* Looks through one table; the socket's inode, or 0. */
static unsigned long long
listening_inode(const char *table, const struct listen_place *at, unsigned port)
{
	FILE *f = fopen(table, "re");
	unsigned long long inode = 0;
	char line[512], want[8];

	if (!f)
		return 0;
	snprintf(want, sizeof(want), ":%04X", port);
	while (inode == 0 && fgets(line, sizeof(line), f)) {
		char *save = NULL, *field[10];
		size_t n = 0;
		char *t = strtok_r(line, " \n", &save);
		struct listen_place there;
		uint64_t v;

		for (; t && n < COUNTOF(field); n++) {
			field[n] = t;
			t = strtok_r(NULL, " \n", &save);
		}
		if (n < COUNTOF(field) || strcmp(field[3], TCP_LISTEN))
			continue;
		t = strrchr(field[1], ':');
		if (!t || strcmp(t, want))
			continue;
		*t = '\0';
		there = place_of_table(field[1]);
		if (listen_collide(at, &there) &&
		    parse_u64(field[9], UINT64_MAX, &v) == 0)
			inode = v;
	}
	fclose(f);
	return inode;
}

static bool
has_socket(const char *pid, const char *want)
{
	CLEANUP(freep) char *dir = xasprintf("/proc/%s/fd", pid);
	struct dirent *e;
	bool found = false;
	DIR *d = opendir(dir);

	if (!d)
		return false;
	while (!found && (e = readdir(d))) {
		char target[64];
		ssize_t n = readlinkat(dirfd(d), e->d_name, target,
				       sizeof(target) - 1);

		if (n <= 0)
			continue;
		target[n] = '\0';
		found = !strcmp(target, want);
	}
	closedir(d);
	return found;
}

static void
read_comm(const char *pid, char *out, size_t n)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%s/comm", pid);
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, out, n - 1);

	out[got > 0 ? got : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

int
port_holder(const char *host, unsigned port, pid_t *pid, char *comm,
	    size_t ncomm)
{
	struct listen_place at = listen_place(host);
	unsigned long long inode = listening_inode("/proc/net/tcp", &at, port);
	struct dirent *e;
	char want[64];
	uint64_t v;
	DIR *d;

	if (!inode)
		inode = listening_inode("/proc/net/tcp6", &at, port);
	if (!inode)
		return 0;
	*pid = 0;
	snprintf(want, sizeof(want), "socket:[%llu]", inode);
	d = opendir("/proc");
	while (d && *pid == 0 && (e = readdir(d))) {
		if (parse_u64(e->d_name, INT32_MAX, &v) == 0 &&
		    has_socket(e->d_name, want)) {
			*pid = (pid_t)v;
			read_comm(e->d_name, comm, ncomm);
		}
	}
	if (d)
		closedir(d);
	return 1;
}
