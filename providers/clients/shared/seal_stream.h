#ifndef OPL2_PROVIDERS_CLIENTS_SHARED_SEAL_STREAM_H
#define OPL2_PROVIDERS_CLIENTS_SHARED_SEAL_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/shared/seal.h"

/*
 * A file of any size under a key of its own, such as a backup: a line of JSON
 * and a newline, then chunks of 64 KiB, the last one shorter or as long, each
 * with its tag.
 *
 *   {"opl2_sealed":1,"encryption":{...},"salt":HEX,"key":ID}
 *
 * The line is the associated data of each chunk, and says where the passphrase
 * is found. A chunk's nonce is its number, and whether it is the last, so that
 * none can be moved, left out or added; the salt makes the key another one in
 * each file.
 */
struct seal_stream {
	struct seal seal;
	char *head; /* the line, with its newline */
	const char *name;
	struct diags *ds; /* borrowed */
	int fd;
	uint32_t n; /* chunks done */
	size_t held;
	uint8_t *in, *out;
};

/* encryption: of the spec (`old` is passed over); files relative to base. */
int seal_stream_make(struct seal_stream *s, const json_t *encryption,
		     const char *base, struct diags *ds) MUST_CHECK;
/* Encrypts p to fd; n 0: that was all. arg: the stream. */
int seal_stream_write(void *arg, int fd, const void *p, size_t n) MUST_CHECK;

/* Is the file a stream? Leaves fd at its start. */
bool seal_stream_is(int fd);
/* name: for messages; fd is borrowed. E0537, E0547. */
int seal_stream_open(struct seal_stream *s, int fd, const char *name,
		     const char *base, struct diags *ds) MUST_CHECK;
/* The next bytes in *p: their number, 0 at the end, or -1, E0706. */
int64_t seal_stream_read(void *arg, const void **p) MUST_CHECK;

void seal_stream_done(struct seal_stream *s); /* also for CLEANUP */

#endif
