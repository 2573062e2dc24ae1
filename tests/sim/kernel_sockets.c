/* Simulated sockets: listeners and their accept queues, connects, and who waits on what. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "kernel_sockets.h"

static struct sim_kernel *const kernel = &sim__kernel;

static struct sim_socket *socket_of(struct sim_object *object) {
    return object && object->kind == SIM_SOCKET ? (struct sim_socket *)object : NULL;
}

static struct sim_socket *socket_new(int family) {
    struct sim_socket *socket = sim__allocate(sizeof *socket);
    socket->object.kind = SIM_SOCKET;
    socket->object.fd = -1;
    socket->family = family;
    return socket;
}

/* Addresses. */

static in_port_t *port_of(struct sockaddr_storage *address) {
    return address->ss_family == AF_INET6 ? &((struct sockaddr_in6 *)address)->sin6_port
                                          : &((struct sockaddr_in *)address)->sin_port;
}

/* A unix socket's has none. */
static in_port_t port_in(const struct sockaddr_storage *address) {
    if (address->ss_family == AF_UNIX) return 0;
    return *port_of((struct sockaddr_storage *)(uintptr_t)address);
}

static bool any_address(const struct sockaddr_storage *address) {
    if (address->ss_family == AF_UNIX) return false;
    if (address->ss_family == AF_INET)
        return ((const struct sockaddr_in *)address)->sin_addr.s_addr == INADDR_ANY;
    return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static bool same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b) {
    if (a->ss_family != b->ss_family) return false;
    if (a->ss_family == AF_UNIX)
        return strcmp(((const struct sockaddr_un *)a)->sun_path,
                      ((const struct sockaddr_un *)b)->sun_path) == 0;
    if (a->ss_family == AF_INET)
        return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
               ((const struct sockaddr_in *)b)->sin_addr.s_addr;
    return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
                  &((const struct sockaddr_in6 *)b)->sin6_addr, 16) == 0;
}

/* Every address is one of this machine's. An IPv6 listener on any takes IPv4 too. */
static bool covers(const struct sim_socket *listener, const struct sockaddr_storage *address) {
    if (port_in(&listener->local) != port_in(address)) return false;
    if (same_address(&listener->local, address)) return true;
    bool family = listener->family == address->ss_family || listener->family == AF_INET6;
    return family && any_address(&listener->local);
}

static bool port_taken(in_port_t port) {
    for (const struct sim_socket *each = kernel->listeners; each; each = each->next_listener)
        if (port_in(&each->local) == port) return true;
    return false;
}

static in_port_t pick_port(void) {
    in_port_t port;
    do {
        if (kernel->next_port < 32768) kernel->next_port = 32768;
        port = htons(kernel->next_port++);
    } while (port_taken(port));
    return port;
}

/* Listening. */

static bool conflicts(const struct sockaddr_storage *address, enum hr_listen_share share) {
    for (const struct sim_socket *each = kernel->listeners; each; each = each->next_listener) {
        if (port_in(&each->local) != port_in(address)) continue;
        bool overlap =
            covers(each, address) || (any_address(address) && each->family == address->ss_family);
        bool shared = share == HR_LISTEN_NEXT && each->share != HR_LISTEN_ALONE;
        if (overlap && !shared) return true;
    }
    return false;
}

static bool known_family(int family) {
    return family == AF_INET || family == AF_INET6 || family == AF_UNIX;
}

static int begin_listening(struct sockaddr_storage *address, unsigned backlog,
                           enum hr_listen_share share) {
    if (!known_family(address->ss_family)) return -EAFNOSUPPORT;
    if (port_in(address) == 0 && address->ss_family != AF_UNIX)
        *port_of(address) = pick_port();
    else if (conflicts(address, share))
        return -EADDRINUSE;
    struct sim_socket *listener = socket_new(address->ss_family);
    listener->state = SIM_LISTENING;
    listener->local = *address;
    listener->backlog = backlog ? backlog : 1;
    listener->share = share;
    struct sim_socket **link = &kernel->listeners;
    while (*link) link = &(*link)->next_listener;
    *link = listener;
    return sim__descriptor_new(&listener->object);
}

static int sim_listen(struct sockaddr_storage *address, socklen_t *size, unsigned backlog,
                      enum hr_listen_share share) {
    sim__lock();
    int fd = begin_listening(address, backlog, share);
    if (fd >= 0 && address->ss_family != AF_UNIX)
        *size = address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                              : sizeof(struct sockaddr_in6);
    sim__unlock();
    return fd;
}

static struct sim_socket *accept_pop(struct sim_socket *listener) {
    struct sim_socket *socket = listener->accept_first;
    if (!socket) return NULL;
    listener->accept_first = socket->accept_next;
    if (!listener->accept_first) listener->accept_last = NULL;
    listener->accept_count--;
    return socket;
}

static void stop_listening(struct sim_socket *listener) {
    struct sim_socket **link = &kernel->listeners, *queued;
    while (*link != listener) link = &(*link)->next_listener;
    *link = listener->next_listener;
    while ((queued = accept_pop(listener))) {
        sim__connection_kill(queued->connection);
        sim__object_unuse(&queued->object);
    }
}

/* Connecting. */

/* The closest; of a group any, as the kernel's hash deals them. */
static struct sim_socket *find_listener(const struct sockaddr_storage *address) {
    struct sim_socket *found = NULL;
    unsigned candidates = 0;
    bool exact = false;
    for (struct sim_socket *each = kernel->listeners; each; each = each->next_listener) {
        if (!covers(each, address)) continue;
        bool closer = same_address(&each->local, address);
        if (exact && !closer) continue;
        if (closer && !exact) candidates = 0;
        exact = closer;
        if (sim__below(++candidates) == 0) found = each;
    }
    return found;
}

static struct sim_event *plan(enum sim_event_kind kind, struct sim_socket *socket,
                              uint64_t delay_ns) {
    struct sim_event *event = sim__event_add(kind, delay_ns);
    event->of.socket = socket;
    sim__object_pin(&socket->object);
    return event;
}

static void begin_connect(struct sim_socket *socket, struct sim_record *record) {
    const struct sim_faults *faults = &kernel->options.faults;
    if (socket->state != SIM_NEW) {
        sim__finish(record, socket->state == SIM_CONNECTED ? -EISCONN : -EALREADY, SIM_NO_BUFFER);
        return;
    }
    const struct hr_operation *operation = record->operation;
    memcpy(&socket->remote, hr__operation_address(operation),
           operation->u.connect.size < sizeof socket->remote ? operation->u.connect.size
                                                             : sizeof socket->remote);
    if (socket->remote.ss_family != socket->family) {
        sim__finish(record, -EAFNOSUPPORT, SIM_NO_BUFFER);
        return;
    }
    socket->local = socket->remote;
    if (socket->family != AF_UNIX) *port_of(&socket->local) = pick_port();
    socket->state = SIM_CONNECTING;
    sim__wait_in(&socket->writers, record);
    uint64_t latency_ns = sim__latency();
    if (sim_chance(faults->black_hole))
        plan(SIM_EVENT_REFUSE, socket, SIM_SILENT_NS)->error = ETIMEDOUT;
    else if (sim_chance(faults->refuse))
        plan(SIM_EVENT_REFUSE, socket, latency_ns)->error = ECONNREFUSED;
    else
        plan(SIM_EVENT_SYN, socket, latency_ns);
}

static bool still_connects(const struct sim_socket *socket) {
    return socket->state == SIM_CONNECTING && socket->object.users > 0;
}

static void refuse(struct sim_socket *socket, int error) {
    socket->state = SIM_NEW;
    struct sim_record *record = socket->writers.first;
    if (record)
        sim__finish(record, -error, SIM_NO_BUFFER);
    else
        socket->error = error;
    sim__socket_touch(socket);
}

void sim__socket_refused(const struct sim_event *event) {
    if (still_connects(event->of.socket)) refuse(event->of.socket, event->error);
    sim__object_unpin(&event->of.socket->object);
}

static void reach(struct sim_socket *client, struct sim_socket *listener) {
    struct sim_socket *server = socket_new(client->family);
    server->local = client->remote;
    server->remote = client->local;
    sim__connection_make(client, server);
    sim__object_use(&server->object); /* the queue's */
    if (listener->accept_last)
        listener->accept_last->accept_next = server;
    else
        listener->accept_first = server;
    listener->accept_last = server;
    listener->accept_count++;
    struct sim_record *record = client->writers.first;
    if (record) sim__finish(record, 0, SIM_NO_BUFFER);
    sim__socket_touch(client);
    sim__socket_touch(listener);
}

void sim__socket_syn(const struct sim_event *event) {
    struct sim_socket *client = event->of.socket;
    struct sim_socket *listener = still_connects(client) ? find_listener(&client->remote) : NULL;
    if (!still_connects(client)) {
    } else if (!listener) {
        refuse(client, ECONNREFUSED);
    } else if (listener->accept_count >= listener->backlog) {
        plan(SIM_EVENT_SYN, client, SIM_RETRY_NS);
    } else {
        reach(client, listener);
    }
    sim__object_unpin(&client->object);
}

/* Accepting. -EAGAIN: nobody is there. */
static int32_t try_accept(struct sim_socket *listener) {
    if (!listener->accept_first) return -EAGAIN;
    bool fails = sim_chance(kernel->options.faults.accept_fails);
    if (fails && sim__below(2)) return -EMFILE; /* it stays in the queue */
    struct sim_socket *socket = accept_pop(listener);
    int32_t result = -ECONNABORTED;
    if (fails)
        sim__connection_kill(socket->connection);
    else
        result = sim__descriptor_new(&socket->object);
    sim__object_unuse(&socket->object);
    return result;
}

/* Trying: once, when asked and when something has changed. */

static int32_t try_receive(struct sim_socket *socket, struct sim_record *record, int *buffer) {
    const struct hr_operation *operation = record->operation;
    if (socket->state != SIM_CONNECTED) return -ENOTCONN;
    if (record->kind == HR_OP_RECV) {
        int32_t result =
            sim__stream_receive(socket, (char *)operation->u.buffer.data + record->moved,
                                operation->u.buffer.size - record->moved);
        if (!(operation->u.buffer.flags & MSG_WAITALL)) return result;
        if (result > 0) record->moved += (size_t)result;
        if (result > 0 && record->moved < operation->u.buffer.size) return -EAGAIN;
        return result == -EAGAIN || record->moved == 0 ? result : (int32_t)record->moved;
    }
    if (!sim__stream_readable(socket)) return -EAGAIN;
    char *memory;
    *buffer = sim__buffer_take(record->backend, &memory);
    if (*buffer == SIM_NO_BUFFER) return -ENOBUFS;
    int32_t result = sim__stream_receive(socket, memory, record->backend->buffer_size);
    if (result > 0) {
        sim__buffer_used(record->backend, *buffer, (size_t)result);
    } else {
        sim__buffer_untake(record->backend, *buffer);
        *buffer = SIM_NO_BUFFER;
    }
    return result;
}

static int32_t poll_of(const struct sim_socket *socket) {
    int32_t events = 0;
    if (socket->error) events |= POLLERR;
    if (socket->state == SIM_LISTENING) return events | (socket->accept_first ? POLLIN : 0);
    if (socket->state == SIM_NEW) return events | POLLOUT | POLLHUP;
    if (socket->state == SIM_CONNECTING) return events;
    if (sim__stream_readable(socket)) events |= POLLIN;
    if (sim__stream_writable(socket)) events |= POLLOUT;
    return events | (socket->reset ? POLLHUP : 0);
}

static int32_t try_poll(const struct sim_socket *socket, const struct sim_record *record) {
    int32_t wanted = (int32_t)record->operation->u.poll.events | POLLERR | POLLHUP;
    int32_t events = poll_of(socket) & wanted;
    return events ? events : -EAGAIN;
}

static int32_t try_once(struct sim_socket *socket, struct sim_record *record, int *buffer) {
    *buffer = SIM_NO_BUFFER;
    switch (record->kind) {
    case HR_OP_ACCEPT:
        return socket->state == SIM_LISTENING ? try_accept(socket) : -EINVAL;
    case HR_OP_CONNECT:
        return -EAGAIN; /* ended by what reaches it */
    case HR_OP_RECV:
    case HR_OP_RECV_LENT:
        return try_receive(socket, record, buffer);
    case HR_OP_SEND:
    case HR_OP_SENDV:
        return socket->state == SIM_CONNECTED ? sim__stream_send(socket, record) : -EPIPE;
    case HR_OP_POLL:
        return try_poll(socket, record);
    default:
        return -EOPNOTSUPP;
    }
}

static bool stands(const struct sim_record *record, int32_t result) {
    if (!record->multi || result < 0) return false;
    if (record->kind == HR_OP_POLL) return !(result & (POLLERR | POLLHUP));
    return record->kind == HR_OP_ACCEPT || (record->kind == HR_OP_RECV_LENT && result > 0);
}

/* False: it has ended. */
static bool go_on(struct sim_socket *socket, struct sim_record *record) {
    for (;;) {
        int buffer;
        int32_t result = try_once(socket, record, &buffer);
        if (result == -EAGAIN) return true;
        if (!stands(record, result)) {
            sim__finish(record, result, buffer);
            return false;
        }
        if (!sim__tell(record, result, buffer)) return false;
        if (record->kind == HR_OP_POLL) return true; /* one event a change */
    }
}

static void touch_queue(struct sim_socket *socket, const struct sim_queue *queue) {
    for (struct sim_record *record = queue->first, *next; record; record = next) {
        next = record->next;
        go_on(socket, record);
    }
}

void sim__socket_touch(struct sim_socket *socket) {
    sim__object_pin(&socket->object);
    touch_queue(socket, &socket->readers);
    touch_queue(socket, &socket->writers);
    touch_queue(socket, &socket->polls);
    sim__object_unpin(&socket->object);
}

/* Beginning. */

static void begin_socket(struct sim_record *record) {
    const struct hr_operation *operation = record->operation;
    int family = operation->u.socket.family, result = -EAFNOSUPPORT;
    if (known_family(family)) result = sim__descriptor_new(&socket_new(family)->object);
    sim__finish(record, result, SIM_NO_BUFFER);
}

static void begin_shutdown(struct sim_socket *socket, struct sim_record *record) {
    int how = record->operation->u.shutdown.how;
    if (socket->state != SIM_CONNECTED || socket->reset) {
        sim__finish(record, -ENOTCONN, SIM_NO_BUFFER);
        return;
    }
    if (how != SHUT_WR) socket->read_shut = true;
    if (how != SHUT_RD) sim__stream_shutdown(socket);
    sim__finish(record, 0, SIM_NO_BUFFER);
    sim__socket_touch(socket);
}

void sim__socket_begin(struct sim_record *record) {
    struct sim_socket *socket = socket_of(record->object);
    if (record->kind == HR_OP_SOCKET) {
        begin_socket(record);
    } else if (record->kind == HR_OP_CONNECT) {
        begin_connect(socket, record);
    } else if (record->kind == HR_OP_SHUTDOWN) {
        begin_shutdown(socket, record);
    } else if (go_on(socket, record)) {
        bool writes = record->kind == HR_OP_SEND || record->kind == HR_OP_SENDV;
        struct sim_queue *queue = writes ? &socket->writers : &socket->readers;
        sim__wait_in(record->kind == HR_OP_POLL ? &socket->polls : queue, record);
    }
}

void sim__socket_released(struct sim_object *object) {
    struct sim_socket *socket = socket_of(object);
    if (socket->state == SIM_LISTENING) stop_listening(socket);
    if (socket->state == SIM_CONNECTED) sim__connection_leave(socket);
    socket->state = SIM_NEW;
}

/* The calls that do not wait. */

static void sim_close_now(int fd) {
    sim__lock();
    const struct sim_object *object = sim__descriptor(fd);
    if (object && object->users > 1)
        sim__complain("descriptor %d is closed with operations in flight",
                      fd - SIM_DESCRIPTOR_FIRST);
    if (sim__descriptor_close(fd) < 0)
        sim__complain("descriptor %d is closed and not open", fd - SIM_DESCRIPTOR_FIRST);
    sim__run_due();
    sim__unlock();
}

static int sim_error(int fd) {
    sim__lock();
    struct sim_socket *socket = socket_of(sim__descriptor(fd));
    int error = socket ? socket->error : 0;
    if (socket) socket->error = 0;
    sim__unlock();
    return -error;
}

static void sim_set(int fd, const struct hr_socket_options *options) {
    (void)options;
    sim__lock();
    if (!sim__descriptor(fd))
        sim__complain("options for descriptor %d, which is not open", fd - SIM_DESCRIPTOR_FIRST);
    sim__unlock();
}

static void sim_info(int fd, struct hr_socket_info *info) {
    sim__lock();
    struct sim_socket *socket = socket_of(sim__descriptor(fd));
    if (socket && socket->state == SIM_CONNECTED) {
        info->peer = socket->remote;
        info->queued = sim__stream_queued(socket);
        info->waiting = sim__stream_waiting(socket);
    }
    sim__unlock();
}

const struct hr_sockets sim__sockets = {
    .listen = sim_listen,
    .close = sim_close_now,
    .error = sim_error,
    .set = sim_set,
    .info = sim_info,
    .file_info = sim__file_info,
    .file_truncate = sim__file_truncate,
};
