/* An operation: one thing asked of the kernel, intrusive in its owner (connection, file, listener).
 * All calls on the owner's reactor thread. The slab of the reactor gives it a slot and a generation
 * while it is in flight; the kernel sees only those, so a late completion never hits something
 * reused. */
#ifndef HR_ENGINE_OPERATION_H
#define HR_ENGINE_OPERATION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <base/container_of.h>

struct hr_reactor;
struct hr_operation;
struct hr_operation_list;

enum hr_operation_kind {
    HR_OP_NOP,
    HR_OP_ACCEPT, /* multishot; result: the new descriptor */
    HR_OP_SOCKET, /* result: the descriptor (non-blocking, close-on-exec) */
    HR_OP_CONNECT,
    HR_OP_RECV,      /* into `buffer` */
    HR_OP_RECV_LENT, /* into a lent buffer; `multi` */
    HR_OP_SEND,      /* `buffer`; MSG_NOSIGNAL always; may be short */
    HR_OP_SENDV,     /* `vector`; may be short */
    HR_OP_SHUTDOWN,
    HR_OP_CLOSE,
    HR_OP_OPEN,
    HR_OP_READ,
    HR_OP_WRITE,
    HR_OP_FSYNC,
    HR_OP_FALLOCATE,
    HR_OP_RENAME,
    HR_OP_UNLINK,
    HR_OP_POLL,
    HR_OP_KINDS,
};

/* An event, as the owner of an operation is told it. */
struct hr_completion {
    int32_t result; /* ≥ 0 or -errno */
    bool more; /* multishot: further events follow; false: this is the final one, the operation is
                  idle again */
    const char *data; /* HR_OP_RECV_LENT with result > 0: lent until the callback returns */
};

/* Final event: may restart the operation, or free its owner. */
typedef void hr_operation_fn(struct hr_operation *operation,
                             const struct hr_completion *completion);

struct hr_operation {
    uint8_t kind;
    bool multi;
    bool link;     /* WRITE: the next prepared operation runs after it */
    uint8_t drops; /* private: how often in a row the kernel has dropped it */
    int fd;
    union {
        struct {
            union {
                struct sockaddr any;
                struct sockaddr_in ipv4;
                struct sockaddr_in6 ipv6;
            } address; /* not a sockaddr_storage: its 128 bytes would be those of every operation */
            socklen_t size;
            /* A unix socket's address in its place: too large for this one. NULL: none. */
            const struct sockaddr_un *local;
        } connect;
        struct {
            int family, type, protocol;
        } socket;
        struct {
            void *data;
            size_t size;
            uint64_t offset;
            int flags;
            int fixed;
        } buffer; /* RECV, SEND, READ, WRITE;
flags: MSG_… ; fixed: index + 1 of registered memory, 0 none */
        struct {
            const struct iovec *iov;
            unsigned count;
            int flags;
            struct msghdr message;
        } vector;
        struct {
            const char *path, *to;
            int flags;
            unsigned mode;
            int directory; /* paths are relative to it; 0 is the working directory */
        } file;            /* OPEN, RENAME, UNLINK */
        struct {
            uint64_t offset, size;
            int mode;
        } range; /* FALLOCATE; FSYNC: mode 1 is data only */
        struct {
            int how;
        } shutdown;
        struct {
            unsigned events;
        } poll;
    } u;
    hr_operation_fn *on_event;
    /* The engine's. Zero before the first start. */
    uint64_t id;                    /* slot and generation; 0: idle */
    struct hr_operation_list *list; /* where it waits, NULL: with the kernel alone */
    struct hr_operation *next, *prev;
    int32_t ending; /* the result of one that ends without the kernel */
    bool cancelling;
};

/* Asks. The operation must be idle and filled. Everything it points to stays until its final event.
 * A multishot that the kernel ended early (full completion queue, empty buffer ring) is asked again
 * without its owner seeing it. Never calls back from inside. Cannot fail: what cannot be asked ends
 * in an event with -ENOMEM or the like. */
void hr__operation_start(struct hr_reactor *reactor, struct hr_operation *operation);

/* Asks for an early end; the final event still comes (usually -ECANCELED). Idle operations are
 * ignored. */
void hr__operation_cancel(struct hr_reactor *reactor, struct hr_operation *operation);

/* Where a CONNECT goes. */
static inline const struct sockaddr *hr__operation_address(const struct hr_operation *operation) {
    return operation->u.connect.local ? (const struct sockaddr *)operation->u.connect.local
                                      : &operation->u.connect.address.any;
}

static inline bool hr__operation_active(const struct hr_operation *operation) {
    return operation->id != 0;
}

#endif
