/* A stream: a connection's layers as filters (tcp; tls and proxy stack on it), the same for client
 * and server. Reactor thread only. */
#ifndef HR_NET_STREAM_H
#define HR_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <engine/reactor.h>
#include <headrace/error.h>

struct hr_stream;

/* Events for the layer above. None is called from inside a call on the stream; after on_closed
 * nothing is. */
struct hr_stream_events {
    void (*on_connected)(struct hr_stream *stream, int result);
    /* Bytes, lent for the call. Returns how many were taken. Fewer: the stream keeps the rest in
     * its spill buffer (charged to the budget; on_end with -ENOBUFS where there is none), pauses
     * itself when the call has returned, and offers them again after `read_lent`. */
    size_t (*on_lent)(struct hr_stream *stream, const char *data, size_t size);
    /* A read_direct moved `result` > 0 bytes. */
    void (*on_direct)(struct hr_stream *stream, size_t size);
    /* No more bytes: 0 is an orderly end (FIN), else the error. Once; bytes before it have been
     * delivered. Held back while the stream is paused. */
    void (*on_end)(struct hr_stream *stream, int result);
    /* The whole vector of a write was handed to the kernel, or the error. */
    void (*on_written)(struct hr_stream *stream, int result);
    /* Last touch: the stream's memory is the owner's again. */
    void (*on_closed)(struct hr_stream *stream);
};

struct hr_stream_info {
    struct sockaddr_storage peer;
    uint64_t bytes_sent, bytes_received;
    uint64_t bytes_queued;  /* of the bytes sent, those that the peer has not acknowledged */
    uint64_t bytes_waiting; /* received by the kernel and not asked for yet; 0 of TLS, where they
                               may be no bytes for the layer above */
};

/* How the bytes lent lie to the last write, both counted in bytes that the lowest layer has
 * received. Bytes of TLS lie where their record begins. */
struct hr_stream_order {
    uint64_t at;     /* where the first byte lent lies */
    uint64_t before; /* how many were received when the first byte of the write left; UINT64_MAX:
                        none of it has left yet */
    uint64_t sent;   /* bytes that the lowest layer has sent */
};

struct hr_stream_vtable {
    const char *name;
    /* Calls on_connected. The address of a unix socket stays until then. */
    void (*connect)(struct hr_stream *stream, const struct sockaddr *address, socklen_t size);
    /* Delivers bytes, lent, until pause or read_direct; spilled bytes first. */
    void (*read_lent)(struct hr_stream *stream);
    /* Delivers the next bytes into this memory: one on_direct (bytes that still arrive lent are
     * copied there first), then the stream is paused. */
    void (*read_direct)(struct hr_stream *stream, void *data, size_t size);
    /* Delivers no more. Bytes on their way go to the spill buffer. A read_direct is not taken back:
     * its memory stays the stream's until on_direct, on_end or on_closed. */
    void (*pause)(struct hr_stream *stream);
    /* One at a time; vector and memory are the stream's until on_written or on_closed. */
    void (*write)(struct hr_stream *stream, const struct iovec *iov, unsigned count);
    void (*shutdown)(struct hr_stream *stream); /* of the sending side, behind a write */
    void (*close)(struct hr_stream *stream);    /* any time; on_closed comes, nothing else does */
    void (*info)(const struct hr_stream *stream, struct hr_stream_info *info);
    /* `at` counts inside on_lent and on_direct alone. No system call. */
    void (*order)(const struct hr_stream *stream, struct hr_stream_order *order);
    /* From now on what is received is a secret: memory of the layer that it lay in is wiped as soon
     * as it has been lent or spilled. */
    void (*wipe)(struct hr_stream *stream);
};

struct hr_stream {
    const struct hr_stream_vtable *vtable;
    const struct hr_stream_events
        *events; /* set by the owner before connect or adopt; may be exchanged */
    struct hr_reactor *reactor;
    void *owner;
};

/* tcp.c. A client's stream, to be connected, or a server's around an accepted descriptor (which
 * inherits TCP_NODELAY from its listener). `*stream` is heap memory of its own, freed after
 * on_closed. Both count the engine's connections and bytes. -ENOMEM. */
int hr__tcp_new(struct hr_reactor *reactor, const struct hr_stream_events *events, void *owner,
                struct hr_stream **stream);
int hr__tcp_adopt(struct hr_reactor *reactor, int fd, const struct hr_stream_events *events,
                  void *owner, struct hr_stream **stream);
/* Of a tcp stream that is connected. */
struct hr_socket_options;
void hr__tcp_set(struct hr_stream *stream, const struct hr_socket_options *options);

#endif
