/* Sources and sinks: where a body comes from and where it goes to.
 *
 * What they point to is borrowed from start to callback. Producers and consumers are called on the
 * request's reactor and must not block. */
#ifndef HEADRACE_BODY_H
#define HEADRACE_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <headrace/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A producer's size when it is not known beforehand. HTTP sends such a body chunked; S3 refuses it.
 */
#define HR_SIZE_UNKNOWN UINT64_MAX

enum hr_source_kind {
    HR_SOURCE_NONE = 0, /* no body */
    HR_SOURCE_BYTES,
    HR_SOURCE_IOVEC,
    HR_SOURCE_FD, /* a regular file, read from `offset` with pread semantics: rewindable */
    HR_SOURCE_PRODUCER,
};

/* Fills at most `capacity` bytes. Returns how many (> 0), 0 at the end, -EAGAIN to push back (the
 * library asks again after hr_resume), or another negative code, with which the request then fails.
 */
typedef ssize_t hr_produce_fn(void *user, void *buffer, size_t capacity);

/* Back to the first byte, for another attempt. 0 or a negative code. */
typedef int hr_rewind_fn(void *user);

struct hr_source {
    enum hr_source_kind kind;
    int fd;
    uint64_t size;   /* bytes of body; HR_SIZE_UNKNOWN for a producer that does not know */
    uint64_t offset; /* HR_SOURCE_FD */
    const void *data;
    const struct iovec *iov;
    size_t iov_count;
    hr_produce_fn *produce;
    hr_rewind_fn *rewind; /* NULL: cannot be rewound; ends retries once a byte was taken */
    void *user;
    uint64_t reserved[2];
};

enum hr_sink_kind {
    HR_SINK_DISCARD = 0, /* counted and dropped */
    HR_SINK_BYTES,       /* fixed memory; a larger body ends in HR_ERR_SINK_FULL */
    HR_SINK_BUFFER,      /* grows within the engine's budget; cannot grow: -ENOBUFS */
    HR_SINK_FD,          /* a regular file, written from `offset` with pwrite semantics; what an
                            attempt that broke off wrote behind the body's end is cut off again */
    HR_SINK_CONSUMER,
};

/* Takes bytes as they arrive. Returns how many it took; fewer than `size` pushes back: the rest is
 * kept and offered again after hr_resume. A negative code fails the request with it. */
typedef ssize_t hr_consume_fn(void *user, const void *data, size_t size);

/* Memory that a growing sink filled. Zeroed is empty. The caller owns it after the callback. */
struct hr_buffer {
    char *data;
    size_t size;     /* bytes of body in it */
    size_t capacity; /* charged to the engine's budget until hr_buffer_deinit */
    void *charge;    /* the library's */
    uint64_t reserved[2];
};

/* Frees the memory and gives it back to the budget. Any thread; before its engine is closed. NULL
 * and empty: nothing. */
HR_API void hr_buffer_deinit(struct hr_buffer *buffer);

struct hr_sink {
    enum hr_sink_kind kind;
    int fd;
    uint64_t offset;          /* HR_SINK_FD; HR_SINK_BUFFER: so many bytes that are in it stay, and
                                 the body comes behind them */
    void *data;               /* HR_SINK_BYTES */
    size_t capacity;          /* HR_SINK_BYTES */
    struct hr_buffer *buffer; /* HR_SINK_BUFFER */
    uint64_t size_max;        /* HR_SINK_BUFFER: more is HR_ERR_HTTP_BODY_TOO_LARGE; 0 is 64 MiB */
    hr_consume_fn *consume;
    void *user;
    uint64_t reserved[2];
};

static inline struct hr_source hr_source_none(void) {
    struct hr_source source;
    memset(&source, 0, sizeof source);
    source.fd = -1;
    return source;
}

static inline struct hr_source hr_source_bytes(const void *data, size_t size) {
    struct hr_source source = hr_source_none();
    source.kind = HR_SOURCE_BYTES;
    source.data = data;
    source.size = size;
    return source;
}

/* `size` of the whole is summed by the library when the request starts. */
static inline struct hr_source hr_source_iovec(const struct iovec *iov, size_t count) {
    struct hr_source source = hr_source_none();
    source.kind = HR_SOURCE_IOVEC;
    source.iov = iov;
    source.iov_count = count;
    for (size_t i = 0; i < count; i++) source.size += iov[i].iov_len;
    return source;
}

/* A part of a file. */
struct hr_file_range {
    uint64_t offset, size;
};

static inline struct hr_source hr_source_fd(int fd, struct hr_file_range range) {
    struct hr_source source = hr_source_none();
    source.kind = HR_SOURCE_FD;
    source.fd = fd;
    source.offset = range.offset;
    source.size = range.size;
    return source;
}

static inline struct hr_source hr_source_producer(hr_produce_fn *produce, hr_rewind_fn *rewind,
                                                  void *user, uint64_t size) {
    struct hr_source source = hr_source_none();
    source.kind = HR_SOURCE_PRODUCER;
    source.produce = produce;
    source.rewind = rewind;
    source.user = user;
    source.size = size;
    return source;
}

static inline struct hr_sink hr_sink_discard(void) {
    struct hr_sink sink;
    memset(&sink, 0, sizeof sink);
    sink.fd = -1;
    return sink;
}

static inline struct hr_sink hr_sink_bytes(void *data, size_t capacity) {
    struct hr_sink sink = hr_sink_discard();
    sink.kind = HR_SINK_BYTES;
    sink.data = data;
    sink.capacity = capacity;
    return sink;
}

static inline struct hr_sink hr_sink_buffer(struct hr_buffer *buffer, uint64_t size_max) {
    struct hr_sink sink = hr_sink_discard();
    sink.kind = HR_SINK_BUFFER;
    sink.buffer = buffer;
    sink.size_max = size_max;
    return sink;
}

static inline struct hr_sink hr_sink_fd(int fd, uint64_t offset) {
    struct hr_sink sink = hr_sink_discard();
    sink.kind = HR_SINK_FD;
    sink.fd = fd;
    sink.offset = offset;
    return sink;
}

static inline struct hr_sink hr_sink_consumer(hr_consume_fn *consume, void *user) {
    struct hr_sink sink = hr_sink_discard();
    sink.kind = HR_SINK_CONSUMER;
    sink.consume = consume;
    sink.user = user;
    return sink;
}

#ifdef __cplusplus
}
#endif

#endif
