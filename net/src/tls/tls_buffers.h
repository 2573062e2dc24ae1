/* Memory for ciphertext: taken when there is something to send or much to receive, given back when
 * it has gone, so that an idle connection holds none. One free list a context. Reactor thread only.
 */
#ifndef HR_NET_TLS_BUFFERS_H
#define HR_NET_TLS_BUFFERS_H

#include <stddef.h>

#include <engine/reactor.h>

/* Bytes that a record adds to its content: TLS 1.3 adds 22, the worst of TLS 1.2 with CBC below
 * 100.
 */
#define HR_TLS_RECORD_OVERHEAD 128

#define HR_TLS_BUFFER_SMALL   4096u                      /* a head */
#define HR_TLS_BUFFER_RECORD  (16384u + 1024)            /* one full record */
#define HR_TLS_BUFFER_LARGE   (4 * HR_TLS_BUFFER_RECORD) /* 64 KiB of records; for sending */
#define HR_TLS_BUFFER_BULK    (16 * (16384u + 22))       /* for receiving large bodies */
#define HR_TLS_BUFFER_CLASSES 4

struct hr_tls_buffer {
    struct hr_tls_buffer *next; /* on the free list */
    size_t size, capacity;
    char data[];
};

struct hr_tls_buffers {
    struct hr_reactor *reactor;
    struct {
        struct hr_tls_buffer *free;
        unsigned count;
    } classes[HR_TLS_BUFFER_CLASSES];
};

/* Of at least `size` bytes, empty. The two large classes are charged to the engine's byte budget
 * while they are out. NULL: no memory, no budget, or larger than any. */
struct hr_tls_buffer *hr__tls_buffers_acquire(struct hr_tls_buffers *buffers, size_t size);
void hr__tls_buffers_release(struct hr_tls_buffers *buffers, struct hr_tls_buffer *buffer);
void hr__tls_buffers_free(struct hr_tls_buffers *buffers);

#endif
