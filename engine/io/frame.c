#include "engine/io/frame.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

#define HEAD 4u

/* MSG_NOSIGNAL: a peer that went away is an errno, not a SIGPIPE. */
static int
frame_send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t got = send(fd, p, n, MSG_NOSIGNAL);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

int
frame_add(struct buf *b, const json_t *msg)
{
	CLEANUP(freep) char *text = jx_dump_line(msg);
	size_t n = strlen(text);

	if (n > LIM_FRAME_BYTES || n + HEAD > b->max - b->n)
		return -1;
	for (size_t i = 0; i < HEAD; i++)
		buf_addch(b, (char)(n >> (8 * (HEAD - 1 - i)) & 0xff));
	buf_add(b, text, n);
	return 0;
}

int
frame_send(int fd, const json_t *msg)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(HEAD + LIM_FRAME_BYTES);

	if (frame_add(&b, msg)) {
		errno = EMSGSIZE;
		return -1;
	}
	return frame_send_all(fd, b.p, b.n);
}

static size_t
frame_length(const char *head)
{
	size_t n = 0;

	for (size_t i = 0; i < HEAD; i++)
		n = n << 8 | (unsigned char)head[i];
	return n;
}

/* Reads exactly n bytes. 1, 0 when the stream ended before the first, -1. */
static int
recv_all(int fd, char *p, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = recv(fd, p + have, n - have, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0) {
			errno = EPROTO;
			return have == 0 ? 0 : -1;
		}
		have += (size_t)got;
	}
	return 1;
}

int
frame_recv(int fd, json_t **out)
{
	CLEANUP(freep) char *text = NULL;
	char head[HEAD];
	json_t *j;
	size_t n;
	int rc = recv_all(fd, head, HEAD);

	if (rc <= 0)
		return rc;
	n = frame_length(head);
	if (n == 0 || n > LIM_FRAME_BYTES) {
		errno = EPROTO;
		return -1;
	}
	text = xmalloc(n);
	rc = recv_all(fd, text, n);
	if (rc < 0)
		return -1;
	j = rc ? jx_parse(text, n, "message", NULL) : NULL;
	if (!j) {
		errno = EPROTO;
		return -1;
	}
	*out = j;
	return 1;
}

int
frame_take(struct buf *b, json_t **out)
{
	json_t *j;
	size_t n;

	if (b->n < HEAD)
		return 0;
	n = frame_length(b->p);
	if (n == 0 || n > LIM_FRAME_BYTES)
		return -1;
	if (b->n - HEAD < n)
		return 0;
	j = jx_parse(b->p + HEAD, n, "message", NULL);
	if (!j)
		return -1;
	buf_drop(b, HEAD + n);
	*out = j;
	return 1;
}
