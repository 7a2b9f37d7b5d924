#ifndef OPL2_ENGINE_IO_FRAME_H
#define OPL2_ENGINE_IO_FRAME_H

#include <jansson.h>

#include "engine/base/buf.h"
#include "engine/diag/diag.h"

/*
 * Length-prefixed JSON on a stream socket: four bytes big-endian length, then
 * that many bytes of JSON text. Used between engine and workers and between
 * tools and the supervisor.
 */
/* Appends one message to b. -1 when it is over FRAME_MAX or b's cap. */
int frame_add(struct buf *b, const json_t *msg);
/* Blocking send of one message. -1 with errno (EPIPE: the peer is gone). */
int frame_send(int fd, const json_t *msg);
/* Blocking receive: 1 a message (new reference in *out), 0 end of stream,
 * -1 malformed, over FRAME_MAX, or an errno. */
int frame_recv(int fd, json_t **out);
/* For a non-blocking peer: takes one message out of the bytes in b.
 * 1 a message, 0 not whole yet, -1 malformed. */
int frame_take(struct buf *b, json_t **out);

#endif
