/* A body that comes from a descriptor which may block (a pipe, a terminal): a reactor must not wait
 * for it, so a thread of its own reads ahead, and the producer pushes back when nothing is there.
 * It cannot be rewound. */
#ifndef COMMAND_PIPE_SOURCE_H
#define COMMAND_PIPE_SOURCE_H

#include <headrace/body.h>
#include <headrace/request.h>

struct pipe_source_s;
typedef struct pipe_source_s pipe_source;

/* Starts the thread. `request` is the one whose body it is, resumed when bytes have come; it must
 * live until pipe_source_close. 0 or a negative code. */
int pipe_source_open(int fd, struct hr_request *request, pipe_source **out);

/* Of unknown size. */
struct hr_source pipe_source_body(pipe_source *self);

/* The request is done. Frees. 0, or the code of the read that failed. NULL: 0. */
int pipe_source_close(pipe_source *self);

#endif
