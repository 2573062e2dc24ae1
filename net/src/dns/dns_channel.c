/* The sockets of c-ares, polled by operations of the engine. A descriptor under poll must not be
 * closed, so this file owns them: a socket that c-ares closes is closed when its poll has ended. */
#include "dns_channel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)

/* RFC 1035. */
#define CLASS_IN  1
#define TYPE_A    1
#define TYPE_AAAA 28

struct dns_socket {
    struct dns_socket *next;
    struct hr_dns_channel *channel;
    int fd;
    unsigned wanted; /* POLLIN, POLLOUT */
    bool closed;     /* by c-ares */
    bool busy;       /* in on_polled */
    bool broken;     /* cannot be polled; c-ares' time-outs are left */
    struct hr_operation poll;
};

struct hr_dns_channel {
    ares_channel ares;
    struct hr_reactor *reactor;
    struct dns_socket *sockets;
    struct hr_timer timer;
    bool closing;
    void (*on_closed)(void *user);
    void *user;
};

/* ---- Sockets. */

static void finish_close(struct hr_dns_channel *channel) {
    void (*on_closed)(void *user) = channel->on_closed;
    void *user = channel->user;
    free(channel);
    on_closed(user);
}

static void free_socket(struct dns_socket *socket) {
    struct dns_socket **link = &socket->channel->sockets;
    while (*link != socket) link = &(*link)->next;
    *link = socket->next;
    close(socket->fd);
    free(socket);
}

static void poll_socket(struct dns_socket *socket) {
    struct hr_reactor *reactor = socket->channel->reactor;
    if (hr__operation_active(&socket->poll)) {
        if (socket->closed || socket->poll.u.poll.events != socket->wanted)
            hr__operation_cancel(reactor, &socket->poll);
    } else if (!socket->busy && !socket->closed && !socket->broken && socket->wanted) {
        socket->poll.fd = socket->fd;
        socket->poll.u.poll.events = socket->wanted;
        hr__operation_start(reactor, &socket->poll);
    }
}

static void keep_time(struct hr_dns_channel *channel) {
    struct timeval left;
    if (channel->closing || !ares_timeout(channel->ares, NULL, &left)) {
        hr__timer_stop(channel->reactor, &channel->timer);
        return;
    }
    uint64_t wait_ns =
        ((uint64_t)left.tv_sec * 1000 + 1) * NS_PER_MS + (uint64_t)left.tv_usec * NS_PER_US;
    hr__timer_start(channel->reactor, &channel->timer, hr__reactor_now(channel->reactor) + wait_ns);
}

static void on_time(struct hr_timer *timer) {
    struct hr_dns_channel *channel = hr__container_of(timer, struct hr_dns_channel, timer);
    ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    keep_time(channel);
}

static void on_polled(struct hr_operation *operation, const struct hr_completion *completion) {
    struct dns_socket *socket = hr__container_of(operation, struct dns_socket, poll);
    struct hr_dns_channel *channel = socket->channel;
    int events = completion->result;
    if (!socket->closed && events > 0) {
        int wrong = events & ~(POLLIN | POLLOUT);
        bool readable = events & POLLIN || wrong;
        bool writable = events & POLLOUT || (wrong && operation->u.poll.events & POLLOUT);
        socket->busy = true;
        ares_process_fd(channel->ares, readable ? socket->fd : ARES_SOCKET_BAD,
                        writable ? socket->fd : ARES_SOCKET_BAD);
        socket->busy = false;
        keep_time(channel);
    } else if (events < 0 && events != -ECANCELED) {
        socket->broken = true;
    }
    if (!socket->closed) {
        poll_socket(socket);
        return;
    }
    free_socket(socket);
    if (channel->closing && !channel->sockets) finish_close(channel);
}

static struct dns_socket *socket_of(struct hr_dns_channel *channel, int fd) {
    struct dns_socket *socket = channel->sockets;
    while (socket && (socket->fd != fd || socket->closed)) socket = socket->next;
    return socket;
}

static void on_state(void *user, ares_socket_t fd, int readable, int writable) {
    struct dns_socket *socket = socket_of(user, fd);
    if (!socket) return;
    socket->wanted = (readable ? POLLIN : 0u) | (writable ? POLLOUT : 0u);
    poll_socket(socket);
}

/* ---- The socket functions of c-ares. */

static ares_socket_t do_socket(int family, int type, int protocol, void *user) {
    struct hr_dns_channel *channel = user;
    struct dns_socket *made = calloc(1, sizeof *made);
    if (!made) {
        errno = ENOMEM;
        return ARES_SOCKET_BAD;
    }
    made->fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (made->fd < 0) {
        free(made);
        return ARES_SOCKET_BAD;
    }
    if (type == SOCK_STREAM) {
        int on = 1;
        (void)setsockopt(made->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    made->channel = channel;
    made->poll = (struct hr_operation){.kind = HR_OP_POLL, .on_event = on_polled};
    made->next = channel->sockets;
    channel->sockets = made;
    return made->fd;
}

static int do_close(ares_socket_t fd, void *user) {
    struct dns_socket *socket = socket_of(user, fd);
    if (!socket) return -1;
    socket->closed = true;
    if (hr__operation_active(&socket->poll))
        poll_socket(socket);
    else if (!socket->busy)
        free_socket(socket);
    return 0;
}

static int do_connect(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t size,
                      void *user) {
    (void)user;
    return connect(fd, address, size);
}

static ares_ssize_t do_receive(ares_socket_t fd, void *data, size_t size, int flags,
                               struct sockaddr *from, ares_socklen_t *from_size, void *user) {
    (void)user;
    return recvfrom(fd, data, size, flags, from, from_size);
}

/* ECONNREFUSED belongs to an earlier datagram (udp(7)), whose question would not notice. The
 * present datagram is sent again and refused as well; the poll then reports it to c-ares, which
 * takes all questions of the socket to the next server. */
static ares_ssize_t do_send(ares_socket_t fd, const struct iovec *iov, int count, void *user) {
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)iov,
                             .msg_iovlen = (size_t)count};
    (void)user;
    ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == ECONNREFUSED) sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    return sent;
}

static const struct ares_socket_functions functions = {
    .asocket = do_socket,
    .aclose = do_close,
    .aconnect = do_connect,
    .arecvfrom = do_receive,
    .asendv = do_send,
};

/* ---- The channel. */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_library(void) {
    (void)ares_library_init(ARES_LIB_INIT_ALL);
}

static int set_servers(ares_channel ares, const struct hr_resolver_conf *conf) {
    struct ares_addr_port_node nodes[HR_NAME_SERVERS_MAX];
    memset(nodes, 0, sizeof nodes);
    for (unsigned i = 0; i < conf->server_count; i++) {
        const union hr_address *server = &conf->servers[i];
        struct ares_addr_port_node *node = &nodes[i];
        node->family = server->any.sa_family;
        if (node->family == AF_INET6) {
            memcpy(&node->addr.addr6, &server->v6.sin6_addr, sizeof node->addr.addr6);
            node->udp_port = node->tcp_port = ntohs(server->v6.sin6_port);
        } else {
            node->addr.addr4 = server->v4.sin_addr;
            node->udp_port = node->tcp_port = ntohs(server->v4.sin_port);
        }
        if (i > 0) nodes[i - 1].next = node;
    }
    return ares_set_servers_ports(ares, nodes);
}

int hr__dns_channel_new(const struct hr_resolver_conf *conf, struct hr_reactor *reactor,
                        struct hr_dns_channel **channel) {
    static char nothing[] = "/dev/null", lookups[] = "b";
    struct hr_dns_channel *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
        .timeout = (int)conf->timeout_ms,
        .tries = (int)conf->tries,
        .lookups = lookups,
        .resolvconf_path = nothing,
        .sock_state_cb = on_state,
        .sock_state_cb_data = made,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
               ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB |
               (conf->rotate ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE);
    pthread_once(&once, init_library);
    if (ares_init_options(&made->ares, &options, mask) != ARES_SUCCESS) {
        free(made);
        return -ENOMEM;
    }
    if (set_servers(made->ares, conf) != ARES_SUCCESS) {
        ares_destroy(made->ares);
        free(made);
        return -ENOMEM;
    }
    ares_set_socket_functions(made->ares, &functions, made);
    made->reactor = reactor;
    made->timer.on_fire = on_time;
    *channel = made;
    return 0;
}

void hr__dns_channel_close(struct hr_dns_channel *channel, void (*on_closed)(void *user),
                           void *user) {
    channel->closing = true;
    channel->on_closed = on_closed;
    channel->user = user;
    hr__timer_stop(channel->reactor, &channel->timer);
    ares_destroy(channel->ares);
    if (!channel->sockets) finish_close(channel);
}

void hr__dns_channel_query(struct hr_dns_channel *channel, const char *name, int family,
                           ares_callback on_answer, void *user) {
    ares_query(channel->ares, name, CLASS_IN, family == AF_INET6 ? TYPE_AAAA : TYPE_A, on_answer,
               user);
    keep_time(channel);
}
