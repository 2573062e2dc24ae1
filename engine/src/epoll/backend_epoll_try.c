/* How the epoll back end carries out an operation: tried at once where that promises something,
 * else when the descriptor's next edge has come. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend_epoll.h"

static int32_t of(ssize_t result) {
    return result < 0 ? -errno : (int32_t)result;
}

static bool has_events(int fd, short events) {
    struct pollfd entry = {.fd = fd, .events = events};
    return poll(&entry, 1, 0) > 0;
}

/* Sockets. */

static int32_t make_socket(struct hr_epoll *epoll, const struct hr_operation *operation) {
    int family = operation->u.socket.family, protocol = operation->u.socket.protocol;
    int type = operation->u.socket.type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0) return -errno;
    bool tcp = (family == AF_INET || family == AF_INET6) && type == SOCK_STREAM;
    hr__epoll_adopt(epoll, fd, tcp && (protocol == 0 || protocol == IPPROTO_TCP));
    return fd;
}

static int32_t try_accept(struct hr_epoll *epoll, const struct hr_operation *operation) {
    const struct hr_epoll_descriptor *listener = hr__epoll_descriptor(epoll, operation->fd);
    if (listener && !listener->nonblocking && !has_events(operation->fd, POLLIN)) return -EAGAIN;
    int fd = accept4(operation->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return -errno;
    hr__epoll_adopt(epoll, fd, listener && listener->tcp);
    return fd;
}

/* The first call; -EINPROGRESS is the usual answer. */
static int32_t begin_connect(struct hr_epoll *epoll, const struct hr_operation *operation) {
    const struct hr_epoll_descriptor *descriptor = hr__epoll_descriptor(epoll, operation->fd);
    int flags = descriptor && descriptor->own ? O_NONBLOCK : fcntl(operation->fd, F_GETFL);
    if (flags < 0) return -errno;
    bool blocking = !(flags & O_NONBLOCK);
    if (blocking) fcntl(operation->fd, F_SETFL, flags | O_NONBLOCK);
    int32_t result =
        of(connect(operation->fd, hr__operation_address(operation), operation->u.connect.size));
    if (blocking) fcntl(operation->fd, F_SETFL, flags);
    return result;
}

static int32_t try_connect(const struct hr_operation *operation) {
    int error = 0;
    socklen_t size = sizeof error;
    if (!has_events(operation->fd, POLLOUT)) return -EAGAIN;
    if (getsockopt(operation->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return -errno;
    return -error;
}

static int32_t move_bytes(const struct hr_operation *operation, size_t from) {
    char *data = (char *)operation->u.buffer.data + from;
    size_t size = operation->u.buffer.size - from;
    int flags = (operation->u.buffer.flags & ~MSG_WAITALL) | MSG_DONTWAIT | MSG_NOSIGNAL;
    return of(operation->kind == HR_OP_RECV ? recv(operation->fd, data, size, flags)
                                            : send(operation->fd, data, size, flags));
}

/* RECV, SEND; with MSG_WAITALL it goes on until all has been moved. */
static int32_t try_message(struct hr_epoll_slot *slot) {
    const struct hr_operation *operation = slot->operation;
    int32_t result = move_bytes(operation, slot->moved);
    if (!(operation->u.buffer.flags & MSG_WAITALL)) return result;
    while (result > 0) {
        slot->moved += (size_t)result;
        assert(slot->moved <= operation->u.buffer.size);
        if (slot->moved == operation->u.buffer.size) break;
        result = move_bytes(operation, slot->moved);
    }
    bool again = result == -EAGAIN || result == -EINTR;
    return again || slot->moved == 0 ? result : (int32_t)slot->moved;
}

static int32_t try_vector(struct hr_operation *operation) {
    struct msghdr *message = &operation->u.vector.message;
    memset(message, 0, sizeof *message);
    message->msg_iov = (struct iovec *)(uintptr_t)operation->u.vector.iov; /* only read */
    message->msg_iovlen = operation->u.vector.count;
    return of(
        sendmsg(operation->fd, message, operation->u.vector.flags | MSG_DONTWAIT | MSG_NOSIGNAL));
}

/* The buffer stays taken when bytes have come. */
static int32_t try_lent(struct hr_epoll *epoll, struct hr_epoll_slot *slot) {
    if (epoll->lent.count == 0) return -ENOBUFS;
    uint16_t buffer = epoll->lent.free[epoll->lent.count - 1];
    int32_t result =
        of(recv(slot->operation->fd, epoll->lent.memory + (size_t)buffer * epoll->lent.size,
                epoll->lent.size, slot->operation->u.buffer.flags | MSG_DONTWAIT));
    if (result <= 0) return result;
    assert(!(slot->flags & HR_EVENT_BUFFER)); /* the one before has been told */
    epoll->lent.count--;
    slot->buffer = buffer;
    slot->flags = HR_EVENT_BUFFER;
    return result;
}

static int32_t try_poll(const struct hr_operation *operation) {
    struct pollfd entry = {.fd = operation->fd, .events = (short)operation->u.poll.events};
    int result = poll(&entry, 1, 0);
    if (result < 0) return -errno;
    if (entry.revents & POLLNVAL) return -EBADF;
    return result == 0 ? -EAGAIN : entry.revents;
}

static int32_t try_once(struct hr_epoll *epoll, struct hr_epoll_slot *slot) {
    switch (slot->operation->kind) {
    case HR_OP_ACCEPT:
        return try_accept(epoll, slot->operation);
    case HR_OP_CONNECT:
        return try_connect(slot->operation);
    case HR_OP_RECV_LENT:
        return try_lent(epoll, slot);
    case HR_OP_SENDV:
        return try_vector(slot->operation);
    case HR_OP_READ:
    case HR_OP_WRITE:
        return hr__epoll_transfer(slot->operation);
    case HR_OP_POLL:
        return try_poll(slot->operation);
    default:
        return try_message(slot);
    }
}

static bool is_send(enum hr_operation_kind kind) {
    return kind == HR_OP_SEND || kind == HR_OP_SENDV || kind == HR_OP_WRITE;
}

static enum hr_epoll_side side_of(const struct hr_operation *operation) {
    if (operation->kind == HR_OP_POLL) return HR_EPOLL_POLL;
    bool writes = is_send((enum hr_operation_kind)operation->kind);
    return writes || operation->kind == HR_OP_CONNECT ? HR_EPOLL_WRITE : HR_EPOLL_READ;
}

/* Whether less than was asked for says that there is no more. */
static bool emptied(const struct hr_epoll *epoll, const struct hr_epoll_descriptor *descriptor,
                    const struct hr_operation *operation, int32_t result) {
    if (!descriptor->tcp || descriptor->ended || result <= 0 || operation->u.buffer.flags)
        return false;
    if (operation->kind == HR_OP_RECV_LENT) return (unsigned)result < epoll->lent.size;
    return operation->kind == HR_OP_RECV && (size_t)result < operation->u.buffer.size;
}

/* Tries, and notes when the edge has been used up by it. */
static int32_t try_now(struct hr_epoll *epoll, struct hr_epoll_slot *slot) {
    const struct hr_operation *operation = slot->operation;
    struct hr_epoll_descriptor *descriptor = hr__epoll_descriptor(epoll, operation->fd);
    int32_t result;
    do {
        result = try_once(epoll, slot);
    } while (result == -EINTR);
    bool used_up =
        result == -EAGAIN || (descriptor && emptied(epoll, descriptor, operation, result));
    if (descriptor && used_up && operation->kind != HR_OP_POLL)
        descriptor->ready &= ~(1u << side_of(operation));
    return result;
}

/* Starting. */

static bool waits(const struct hr_operation *operation) {
    bool message = operation->kind == HR_OP_RECV || operation->kind == HR_OP_SEND;
    int flags = message ? operation->u.buffer.flags : 0;
    if (operation->kind == HR_OP_SENDV) flags = operation->u.vector.flags;
    return !(flags & MSG_DONTWAIT);
}

static void wait_on(struct hr_epoll *epoll, struct hr_epoll_slot *slot) {
    int result = hr__epoll_wait_on(epoll, slot, side_of(slot->operation));
    if (result == 0) return;
    if (result != -EPERM)
        hr__epoll_finish(epoll, slot, result);
    else if (slot->operation->kind == HR_OP_READ || slot->operation->kind == HR_OP_WRITE)
        hr__epoll_help(epoll, slot); /* has no edges */
    else
        hr__epoll_finish(epoll, slot, try_now(epoll, slot));
}

/* Nothing is to be expected of a try: others wait there already, or the last one has emptied it and
 * no edge has come since. */
static bool hopeless(struct hr_epoll *epoll, const struct hr_operation *operation) {
    enum hr_epoll_side side = side_of(operation);
    if (operation->kind == HR_OP_RECV_LENT || operation->kind == HR_OP_ACCEPT ||
        operation->kind == HR_OP_POLL)
        return true; /* registering brings an edge when it is ready */
    const struct hr_epoll_descriptor *descriptor = hr__epoll_descriptor(epoll, operation->fd);
    if (!descriptor) return false;
    if (descriptor->waiting[side].first) return true;
    return operation->kind == HR_OP_RECV && descriptor->own && descriptor->registered &&
           !(descriptor->ready & 1u << HR_EPOLL_READ);
}

static void start_waiting_kind(struct hr_epoll *epoll, struct hr_epoll_slot *slot) {
    const struct hr_operation *operation = slot->operation;
    int32_t result = -EAGAIN;
    if (operation->kind == HR_OP_CONNECT) {
        result = begin_connect(epoll, operation);
        if (result == -EINPROGRESS)
            wait_on(epoll, slot);
        else
            hr__epoll_finish(epoll, slot, result);
        return;
    }
    bool may_wait = waits(operation);
    if (!may_wait || !hopeless(epoll, operation)) result = try_now(epoll, slot);
    if (result == -EINPROGRESS)
        hr__epoll_help(epoll, slot);
    else if (result == -EAGAIN && may_wait)
        wait_on(epoll, slot);
    else
        hr__epoll_finish(epoll, slot, result);
}

void hr__epoll_start(struct hr_epoll *epoll, struct hr_epoll_slot *slot) {
    assert(!slot->queue && !slot->done);
    const struct hr_operation *operation = slot->operation;
    switch (operation->kind) {
    case HR_OP_NOP:
        hr__epoll_finish(epoll, slot, 0);
        break;
    case HR_OP_SOCKET:
        hr__epoll_finish(epoll, slot, make_socket(epoll, operation));
        break;
    case HR_OP_SHUTDOWN:
        hr__epoll_finish(epoll, slot, of(shutdown(operation->fd, operation->u.shutdown.how)));
        break;
    case HR_OP_CLOSE: {
        hr__epoll_forget(epoll, operation->fd);
        int32_t result = of(close(operation->fd));
        hr__epoll_finish(epoll, slot, result == -EINTR ? 0 : result); /* it is closed then */
        break;
    }
    case HR_OP_OPEN:
    case HR_OP_FSYNC:
    case HR_OP_FALLOCATE:
    case HR_OP_RENAME:
    case HR_OP_UNLINK:
        hr__epoll_help(epoll, slot);
        break;
    default:
        start_waiting_kind(epoll, slot);
    }
}

/* Serving. */

/* Behind what ended before it: a send is told before the bytes that answer it. */
static void tell_more(struct hr_epoll *epoll, struct hr_epoll_slot *slot, int32_t result) {
    hr__epoll_tell_done(epoll);
    assert(epoll->count < epoll->max && !slot->done);
    epoll->events[epoll->count++] = (struct hr_event){
        .user_data = slot->id,
        .result = result,
        .flags = (uint16_t)(slot->flags | HR_EVENT_MORE),
        .buffer = slot->buffer,
    };
    slot->flags = 0;
}

static bool stands(const struct hr_operation *operation, int32_t result) {
    if (!operation->multi || result < 0) return false;
    if (operation->kind == HR_OP_POLL) return !(result & (POLLERR | POLLHUP | POLLNVAL));
    return operation->kind == HR_OP_ACCEPT || (operation->kind == HR_OP_RECV_LENT && result > 0);
}

/* One try of the first that waits on that side. */
static void serve_side(struct hr_epoll *epoll, struct hr_epoll_descriptor *descriptor,
                       enum hr_epoll_side side) {
    struct hr_epoll_slot *slot = descriptor->waiting[side].first;
    struct hr_operation *operation = slot->operation;
    assert(slot->queue == &descriptor->waiting[side]);
    int32_t result = try_now(epoll, slot);
    if (result == -EAGAIN) return;
    if (result == -ENOBUFS && operation->kind == HR_OP_RECV_LENT) epoll->starved = true;
    if (result == -EINPROGRESS) {
        hr__epoll_queue_remove(slot);
        hr__epoll_help(epoll, slot);
        return;
    }
    if (stands(operation, result))
        tell_more(epoll, slot, result);
    else
        hr__epoll_finish(epoll, slot, result);
}

static bool has_room(const struct hr_epoll *epoll) {
    return epoll->count + epoll->done_count < epoll->max;
}

/* All that poll it, once an edge. */
static void serve_polls(struct hr_epoll *epoll, struct hr_epoll_descriptor *descriptor) {
    struct hr_epoll_slot *next, *slot = descriptor->waiting[HR_EPOLL_POLL].first;
    for (; slot && has_room(epoll); slot = next) {
        next = slot->next;
        assert(slot->queue == &descriptor->waiting[HR_EPOLL_POLL]);
        int32_t result = try_now(epoll, slot);
        if (result == -EAGAIN) continue;
        if (stands(slot->operation, result))
            tell_more(epoll, slot, result);
        else
            hr__epoll_finish(epoll, slot, result);
    }
    if (!slot) descriptor->ready &= ~(1u << HR_EPOLL_POLL);
}

void hr__epoll_serve(struct hr_epoll *epoll, struct hr_epoll_descriptor *descriptor) {
    for (enum hr_epoll_side side = HR_EPOLL_READ; side <= HR_EPOLL_WRITE; side++)
        if (descriptor->ready & 1u << side && descriptor->waiting[side].first && has_room(epoll))
            serve_side(epoll, descriptor, side);
    if (descriptor->ready & 1u << HR_EPOLL_POLL) serve_polls(epoll, descriptor);
    for (enum hr_epoll_side side = HR_EPOLL_READ; side < HR_EPOLL_SIDES; side++)
        if (descriptor->ready & 1u << side && descriptor->waiting[side].first)
            hr__epoll_ready(epoll, descriptor);
}
