#include "engine/io/ring.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"

#define HEAD_BYTES   24
#define NUMBER_BYTES 8
#define SUM_BYTES    8

static const char magic[8] = { 'O', 'P', 'L', '2', 'R', 'I', 'N', 'G' };

static size_t
slot_bytes(const struct ring *r)
{
	return NUMBER_BYTES + r->size + SUM_BYTES;
}

static off_t
slot_at(const struct ring *r, uint64_t number)
{
	return (off_t)(HEAD_BYTES + (number - 1) % r->count * slot_bytes(r));
}

static void
head_of(const struct ring *r, uint32_t version, uint8_t head[HEAD_BYTES])
{
	uint32_t n[4] = { htole32(version), htole32((uint32_t)r->size),
			  htole32(r->count), 0 };

	memcpy(head, magic, sizeof(magic));
	memcpy(head + sizeof(magic), n, sizeof(n));
}

static void
sum_of(const struct ring *r, const uint8_t *slot, uint8_t sum[SUM_BYTES])
{
	uint8_t whole[32];

	sha256(slot, NUMBER_BYTES + r->size, whole);
	memcpy(sum, whole, SUM_BYTES);
}

/* The number of a whole slot, which is then in `slot`; 0: it is none. */
static uint64_t
slot_read(const struct ring *r, off_t at, uint8_t *slot)
{
	uint8_t sum[SUM_BYTES];
	uint64_t number;

	if (pread(r->fd, slot, slot_bytes(r), at) != (ssize_t)slot_bytes(r))
		return 0;
	sum_of(r, slot, sum);
	if (memcmp(sum, slot + NUMBER_BYTES + r->size, SUM_BYTES))
		return 0;
	memcpy(&number, slot, sizeof(number));
	number = le64toh(number);
	return number && slot_at(r, number) == at ? number : 0;
}

static bool
is_like(const struct ring *r, const uint8_t want[HEAD_BYTES])
{
	uint8_t head[HEAD_BYTES];

	return pread(r->fd, head, sizeof(head), 0) == sizeof(head) &&
	       !memcmp(head, want, sizeof(head));
}

/* Empty, at its full size: a disk that is full says so now. */
static int
ring_begin(const struct ring *r, const uint8_t head[HEAD_BYTES])
{
	off_t whole = (off_t)(HEAD_BYTES + r->count * slot_bytes(r));
	int rc;

	if (ftruncate(r->fd, 0))
		return -1;
	rc = posix_fallocate(r->fd, 0, whole);
	if (rc) {
		errno = rc;
		return -1;
	}
	return pwrite(r->fd, head, HEAD_BYTES, 0) == HEAD_BYTES &&
			       fdatasync(r->fd) == 0
		       ? 0
		       : -1;
}

static void
find_newest(struct ring *r)
{
	CLEANUP(freep) uint8_t *slot = xmalloc(slot_bytes(r));

	for (uint32_t i = 0; i < r->count; i++) {
		uint64_t n = slot_read(r, slot_at(r, i + 1), slot);

		if (n > r->newest)
			r->newest = n;
	}
}

bool
ring_may_write(struct ring *r)
{
	if (!r->writes && flock(r->fd, LOCK_EX | LOCK_NB) == 0)
		r->writes = true;
	return r->writes;
}

int
ring_open(struct ring *r, const char *path, uint32_t version, size_t size,
	  uint32_t count, const char *code, struct diags *ds)
{
	uint8_t head[HEAD_BYTES];

	*r = (struct ring){ .size = size, .count = count };
	r->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->fd < 0)
		return diag_errno(ds, code, "cannot open '%s'", path);
	head_of(r, version, head);
	if (ring_may_write(r) && !is_like(r, head) && ring_begin(r, head)) {
		diag_errno(ds, code, "cannot write '%s'", path);
		ring_close(r);
		return -1;
	}
	if (is_like(r, head))
		find_newest(r);
	return 0;
}

void
ring_close(struct ring *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

int
ring_add(struct ring *r, const void *record)
{
	CLEANUP(freep) uint8_t *slot = xcalloc(1, slot_bytes(r));
	uint64_t number = htole64(r->newest + 1);

	memcpy(slot, &number, sizeof(number));
	memcpy(slot + NUMBER_BYTES, record, r->size);
	sum_of(r, slot, slot + NUMBER_BYTES + r->size);
	if (pwrite(r->fd, slot, slot_bytes(r), slot_at(r, r->newest + 1)) !=
		    (ssize_t)slot_bytes(r) ||
	    fdatasync(r->fd))
		return -1;
	r->newest++;
	return 0;
}

void
ring_refresh(struct ring *r)
{
	CLEANUP(freep) uint8_t *slot = xmalloc(slot_bytes(r));

	while (slot_read(r, slot_at(r, r->newest + 1), slot) == r->newest + 1)
		r->newest++;
}

uint64_t
ring_oldest(const struct ring *r)
{
	return r->newest > r->count ? r->newest - r->count + 1 : 1;
}

bool
ring_read(const struct ring *r, uint64_t number, void *record)
{
	CLEANUP(freep) uint8_t *slot = xmalloc(slot_bytes(r));

	if (slot_read(r, slot_at(r, number), slot) != number)
		return false;
	memcpy(record, slot + NUMBER_BYTES, r->size);
	return true;
}
