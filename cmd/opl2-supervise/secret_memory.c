/*
 * Secrets outlive a supervisor in a memfd, which it shares with its watchdog:
 * memory that no disk sees. The header says where the current text lies;
 * texts go to two places in turn and the header is written last, so that a
 * death between two writes leaves the older text whole.
 */
#include "cmd/opl2-supervise/sup.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"

struct header {
	uint64_t offset, len;
	uint64_t ended;
};

#define SLOT (4u << 20)

int
secret_memory_create(void)
{
	struct header h = { .offset = SLOT };
	int fd = memfd_create("opl2-secrets", MFD_CLOEXEC);

	if (fd >= 0 && pwrite(fd, &h, sizeof(h), 0) != sizeof(h)) {
		close(fd);
		return -1;
	}
	return fd;
}

json_t *
secret_memory_load(int fd)
{
	struct header h;
	json_t *j = NULL;
	char *text;

	if (pread(fd, &h, sizeof(h), 0) != sizeof(h) || h.len == 0 ||
	    h.len > SLOT)
		return json_object();
	text = xmalloc(h.len);
	if (pread(fd, text, h.len, (off_t)h.offset) == (ssize_t)h.len)
		j = jx_parse(text, h.len, "secrets", NULL);
	explicit_bzero(text, h.len);
	free(text);
	return j ? j : json_object();
}

int
secret_memory_store(int fd, const json_t *secrets)
{
	char *text = jx_dump_line(secrets);
	struct header h = { 0 };
	uint64_t old;
	int rc = -1;

	if (pread(fd, &h, sizeof(h), 0) != sizeof(h))
		h.offset = SLOT;
	old = h.offset;
	h.offset = old == SLOT ? 2 * SLOT : SLOT;
	h.len = strlen(text);
	if (h.len <= SLOT &&
	    pwrite(fd, text, h.len, (off_t)h.offset) == (ssize_t)h.len &&
	    pwrite(fd, &h, sizeof(h), 0) == sizeof(h))
		rc = 0;
	if (rc == 0)
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			  (off_t)old, SLOT);
	explicit_bzero(text, strlen(text));
	free(text);
	return rc;
}

void
secret_memory_end(int fd)
{
	uint64_t yes = 1;

	if (pwrite(fd, &yes, sizeof(yes), offsetof(struct header, ended)) !=
	    sizeof(yes))
		return;
}

bool
secret_memory_ended(int fd)
{
	struct header h;

	return pread(fd, &h, sizeof(h), 0) == sizeof(h) && h.ended;
}
