/* A response on its way out: its head, then its body in pieces, chunked where its size is not
 * known. Reactor thread only. */
#ifndef HR_NET_RESPONSE_H
#define HR_NET_RESPONSE_H

#include "server_shard.h"
#include "stream.h"

struct hr_response;

struct hr_response_plan {
    int status;
    const struct hr_http_field *fields;
    size_t field_count;
    const struct hr_source *body;
    bool head_request; /* of the body only the size is used */
    bool http10;       /* the peer knows no chunks */
    bool close;
};

/* Whether one can be made of it, but for the budget: 0, -EINVAL (status, field or source), -ENOMEM.
 * Any thread. */
int hr__response_check(const struct hr_response_plan *plan);
/* Writes the head into memory of its own. -EINVAL (status, field or source), -ENOMEM, -ENOBUFS. */
int hr__response_new(struct hr_server_shard *shard, const struct hr_response_plan *plan,
                     struct hr_response **response);
/* Before its first byte is written: `on_ready(owner)` is called when it goes on. */
void hr__response_set_owner(struct hr_response *response, void (*on_ready)(void *owner),
                            void *owner);
/* Whether the connection ends behind it. */
bool hr__response_closes(const struct hr_response *response);
/* Starts the write of the next bytes: 1; 0: everything has been written; -EAGAIN: the producer
 * pushes back; -EINPROGRESS: on_ready comes; else an error. */
int hr__response_next(struct hr_response *response, struct hr_stream *stream);
/* Whether the kernel still reads a file into its memory; stop asks for it back, and on_ready comes.
 */
bool hr__response_busy(const struct hr_response *response);
void hr__response_stop(struct hr_response *response);
void hr__response_free(struct hr_response *response); /* NULL: nothing */

#endif
