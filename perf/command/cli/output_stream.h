/* A body on its way to a descriptor that may block (a pipe, a terminal): a reactor must not wait
 * for it, so a thread of its own writes, and pushes back when it falls behind. */
#ifndef COMMAND_STREAM_H
#define COMMAND_STREAM_H

#include <stdint.h>

#include <headrace/body.h>
#include <headrace/request.h>

struct stream_s;
typedef struct stream_s stream;

/* Starts the thread. `request` is the one whose sink it is, resumed after a push-back; it must live
 * until stream_close. 0 or a negative code. */
int stream_open(int fd, struct hr_request *request, stream **out);

struct hr_sink stream_sink(stream *self);

/* Bytes taken so far. Any thread. */
uint64_t stream_bytes(stream *self);

/* The request is done. Waits until all is written, or, with `abandon`, drops what is left; frees.
 * 0, or the code of the write that failed. */
int stream_close(stream *self, bool abandon);

#endif
