#include "providers/clients/shared/seal_stream.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define CHUNK    65536u
#define SEALED   (CHUNK + SEAL_TAG)
#define HEAD_MAX 4096u

static void
begin(struct seal_stream *s, struct diags *ds)
{
	*s = (struct seal_stream){ .ds = ds,
				   .in = xmalloc(SEALED + 1),
				   .out = xmalloc(SEALED) };
}

void
seal_stream_done(struct seal_stream *s)
{
	seal_done(&s->seal);
	if (s->in)
		explicit_bzero(s->in, SEALED + 1);
	if (s->out)
		explicit_bzero(s->out, SEALED);
	free(s->in);
	free(s->out);
	free(s->head);
}

/* The tag is behind the chunk. */
static bool
chunk(struct seal_stream *s, bool encrypt, bool last, uint8_t *tag)
{
	uint8_t nonce[SEAL_NONCE] = { 0 };

	for (unsigned i = 0; i < 4; i++)
		nonce[7 + i] = (uint8_t)(s->n >> (24 - 8 * i));
	nonce[11] = last;
	/* 2^32 of them are 256 TiB. */
	return ++s->n && seal_gcm(encrypt, s->seal.keys[0], nonce, s->head,
				  s->in, s->held, s->out, tag);
}

/* --- writing -------------------------------------------------------------- */

int
seal_stream_make(struct seal_stream *s, const json_t *encryption,
		 const char *base, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *e = json_copy((json_t *)(uintptr_t)encryption);
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *line = NULL;
	char hex[2 * SEAL_SALT + 1];
	uint8_t salt[SEAL_SALT];

	begin(s, ds);
	json_object_del(e, "old");
	random_hex(hex, SEAL_SALT);
	hex_decode(hex, salt, SEAL_SALT);
	if (seal_open(&s->seal, "", e, base, salt, ds) < 0)
		return -1;
	j = json_pack("{s:i, s:O, s:s, s:s}", "opl2_sealed", 1, "encryption", e,
		      "salt", hex, "key", s->seal.ids[0]);
	line = jx_dump_line(j);
	s->head = xasprintf("%s\n", line);
	return 0;
}

static int
put(struct seal_stream *s, int fd, bool last)
{
	if (!s->n && fd_write_all(fd, s->head, strlen(s->head)) < 0)
		return -1;
	if (!chunk(s, true, last, s->out + s->held) ||
	    fd_write_all(fd, s->out, s->held + SEAL_TAG) < 0)
		return -1;
	s->held = 0;
	return 0;
}

int
seal_stream_write(void *arg, int fd, const void *p, size_t n)
{
	struct seal_stream *s = arg;
	const uint8_t *from = p;

	if (!n)
		return put(s, fd, true);
	while (n) {
		size_t part = CHUNK - s->held;

		if (!part) {
			if (put(s, fd, false) < 0)
				return -1;
			continue;
		}
		if (part > n)
			part = n;
		memcpy(s->in + s->held, from, part);
		s->held += part;
		from += part;
		n -= part;
	}
	return 0;
}

/* --- reading -------------------------------------------------------------- */

/* Neither gzip nor zip begins so. */
bool
seal_stream_is(int fd)
{
	char first;

	return pread(fd, &first, 1, 0) == 1 && first == '{';
}

static int
damaged(struct seal_stream *s, const char *why)
{
	return diag_err(s->ds, "E0706", "archive '%s' is damaged: %s", s->name,
			why);
}

static int
open_key(struct seal_stream *s, const json_t *j, const char *base)
{
	const json_t *e = jx_get(j, "encryption");
	uint8_t salt[SEAL_SALT];

	if (!json_is_object(e) ||
	    hex_decode(jx_str(j, "salt", ""), salt, SEAL_SALT) < 0)
		return damaged(s, "its head");
	if (seal_open(&s->seal, "", e, base, salt, s->ds) < 0)
		return -1;
	if (*s->seal.ids[0] &&
	    strcmp(s->seal.ids[0], jx_str(j, "key", "")) == 0)
		return 0;
	diag_err(s->ds, "E0547", "'%s' was sealed with another key", s->name);
	diag_hint(s->ds, "give the passphrase or key file that 'encryption' "
			 "had when the backup was made");
	return -1;
}

int
seal_stream_open(struct seal_stream *s, int fd, const char *name,
		 const char *base, struct diags *ds)
{
	char head[HEAD_MAX];
	ssize_t got = pread(fd, head, sizeof(head), 0);
	const char *nl = got > 0 ? memchr(head, '\n', (size_t)got) : NULL;
	size_t n = nl ? (size_t)(nl - head) : 0;
	CLEANUP(put_json) json_t *j = NULL;

	begin(s, ds);
	s->name = name;
	s->fd = fd;
	j = nl ? jx_parse(head, n, name, NULL) : NULL;
	if (jx_int(j, "opl2_sealed", 0) != 1 ||
	    lseek(fd, (off_t)n + 1, SEEK_SET) < 0)
		return damaged(s, "its head");
	s->head = xstrndup(head, n + 1);
	return open_key(s, j, base);
}

/* One byte more than a chunk says whether it is the last. */
static int
fill(struct seal_stream *s)
{
	while (s->held < SEALED + 1) {
		ssize_t n = read(s->fd, s->in + s->held, SEALED + 1 - s->held);

		if (n < 0)
			return diag_errno(s->ds, "E0706", "cannot read '%s'",
					  s->name);
		if (n == 0)
			break;
		s->held += (size_t)n;
	}
	return 0;
}

int64_t
seal_stream_read(void *arg, const void **p)
{
	struct seal_stream *s = arg;
	uint8_t tag[SEAL_TAG], next;
	size_t n;
	bool last;

	if (fill(s) < 0)
		return -1;
	if (!s->held && s->n)
		return 0;
	last = s->held <= SEALED;
	next = s->in[SEALED];
	n = last ? s->held : SEALED;
	if (n < SEAL_TAG)
		return damaged(s, "it is cut short");
	s->held = n - SEAL_TAG;
	memcpy(tag, s->in + s->held, SEAL_TAG);
	if (!chunk(s, false, last, tag))
		return damaged(s, "it is not what was encrypted");
	*p = s->out;
	n = s->held;
	s->held = !last;
	s->in[0] = next;
	return (int64_t)n;
}
