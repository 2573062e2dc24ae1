/* A thread that accepts, and one per connection that follows the script. */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 4096
#define RECEIVED_MAX    (1u << 20)

struct peer {
    int listener;
    int stop_fd, release_fd; /* eventfds, readable once set */
    uint16_t port;
    struct peer_script *scripts; /* copies: a test's own are gone when its fixture stops the peer */
    size_t script_count;
    pthread_t acceptor;
    bool accepting;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned connections, heads;
    pthread_t threads[CONNECTIONS_MAX];
    int fillers[8];
    char received[RECEIVED_MAX + 1];
    size_t received_size;
};

struct serving {
    struct peer *peer;
    int fd;
    unsigned index;
};

static void note(struct peer *peer, const char *data, size_t size, bool head) {
    pthread_mutex_lock(&peer->lock);
    size_t room = RECEIVED_MAX - peer->received_size;
    if (size > room) size = room;
    memcpy(peer->received + peer->received_size, data, size);
    peer->received_size += size;
    peer->heads += head;
    pthread_cond_broadcast(&peer->changed);
    pthread_mutex_unlock(&peer->lock);
}

/* Waits until the socket is ready; false: the peer is to stop. */
static bool ready(struct peer *peer, int fd, short events) {
    struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = peer->stop_fd, .events = POLLIN}};
    while (poll(fds, 2, -1) < 0 && errno == EINTR) {}
    return !(fds[1].revents & POLLIN);
}

static bool send_all(struct peer *peer, int fd, const char *data, size_t size) {
    while (size > 0) {
        if (!ready(peer, fd, POLLOUT)) return false;
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (sent < 0) return false;
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* > 0, or 0 at the end, an error or when stopping. */
static size_t receive(struct peer *peer, int fd, char *data, size_t size) {
    for (;;) {
        if (!ready(peer, fd, POLLIN)) return 0;
        ssize_t got = recv(fd, data, size, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        return got > 0 ? (size_t)got : 0;
    }
}

static bool read_head(struct peer *peer, int fd) {
    char head[65536];
    size_t size = 0;
    while (size < 4 || memcmp(head + size - 4, "\r\n\r\n", 4) != 0) {
        /* Byte by byte, so that nothing of the body is taken. */
        if (size == sizeof head || receive(peer, fd, head + size, 1) == 0) return false;
        size++;
    }
    note(peer, head, size, true);
    return true;
}

static bool read_body(struct peer *peer, int fd, uint64_t count) {
    char data[65536];
    while (count > 0) {
        size_t got = receive(peer, fd, data, count < sizeof data ? (size_t)count : sizeof data);
        if (got == 0) return false;
        note(peer, data, got, false);
        count -= got;
    }
    return true;
}

static void drain(struct peer *peer, int fd) {
    char data[65536];
    while (receive(peer, fd, data, sizeof data) > 0) {}
}

static bool send_zeros(struct peer *peer, int fd, uint64_t count) {
    static const char zeros[262144];
    while (count > 0) {
        size_t size = count < sizeof zeros ? (size_t)count : sizeof zeros;
        if (!send_all(peer, fd, zeros, size)) return false;
        count -= size;
    }
    return true;
}

static bool stall(struct peer *peer) {
    struct pollfd fds[2] = {{.fd = peer->release_fd, .events = POLLIN},
                            {.fd = peer->stop_fd, .events = POLLIN}};
    while (poll(fds, 2, -1) < 0 && errno == EINTR) {}
    return !(fds[1].revents & POLLIN);
}

/* False: the connection is over. */
static bool follow(struct peer *peer, int fd, const struct peer_step *step) {
    size_t size = step->text ? (step->count ? (size_t)step->count : strlen(step->text)) : 0;
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    switch (step->kind) {
    case PEER_HEAD:
        return read_head(peer, fd);
    case PEER_BODY:
        return read_body(peer, fd, step->count);
    case PEER_DRAIN:
        drain(peer, fd);
        return false;
    case PEER_SEND:
        return send_all(peer, fd, step->text, size);
    case PEER_BYTES:
        for (size_t i = 0; i < size; i++)
            if (!send_all(peer, fd, step->text + i, 1)) return false;
        return true;
    case PEER_SPLIT: {
        size_t all = strlen(step->text);
        return send_all(peer, fd, step->text, size) &&
               send_all(peer, fd, step->text + size, all - size);
    }
    case PEER_ZEROS:
        return send_zeros(peer, fd, step->count);
    case PEER_STALL:
        return stall(peer);
    case PEER_RESET:
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        return false;
    case PEER_SHUTDOWN:
        shutdown(fd, SHUT_WR);
        return true;
    case PEER_CLOSE:
        return false;
    case PEER_REPEAT:
    case PEER_END:
        break;
    }
    shutdown(fd, SHUT_WR);
    drain(peer, fd);
    return false;
}

static void *serve(void *argument) {
    struct serving serving = *(struct serving *)argument;
    free(argument);
    struct peer *peer = serving.peer;
    size_t last = peer->script_count - 1;
    const struct peer_script *script = &peer->scripts[serving.index < last ? serving.index : last];
    size_t i = 0;
    for (;;) {
        if (script->steps[i].kind == PEER_REPEAT) {
            i = 0;
            continue;
        }
        if (!follow(peer, serving.fd, &script->steps[i])) break;
        i++;
    }
    close(serving.fd);
    return NULL;
}

static void *accept_all(void *argument) {
    struct peer *peer = argument;
    while (ready(peer, peer->listener, POLLIN)) {
        int fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) continue;
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct serving *serving = malloc(sizeof *serving);
        pthread_mutex_lock(&peer->lock);
        unsigned index = peer->connections;
        *serving = (struct serving){.peer = peer, .fd = fd, .index = index};
        if (index == CONNECTIONS_MAX ||
            pthread_create(&peer->threads[index], NULL, serve, serving) != 0) {
            fprintf(stderr, "peer: too many connections\n");
            abort();
        }
        peer->connections++;
        pthread_mutex_unlock(&peer->lock);
    }
    return NULL;
}

static struct peer *listen_on_loopback(int backlog) {
    struct peer *peer = calloc(1, sizeof *peer);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(peer->listener, (struct sockaddr *)&address, size) ||
        listen(peer->listener, backlog) ||
        getsockname(peer->listener, (struct sockaddr *)&address, &size)) {
        perror("peer");
        abort();
    }
    peer->port = ntohs(address.sin_port);
    peer->stop_fd = eventfd(0, EFD_CLOEXEC);
    peer->release_fd = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&peer->lock, NULL);
    pthread_cond_init(&peer->changed, NULL);
    for (size_t i = 0; i < sizeof peer->fillers / sizeof *peer->fillers; i++) peer->fillers[i] = -1;
    return peer;
}

struct peer *peer_start(const struct peer_script *scripts, size_t count) {
    struct peer *peer = listen_on_loopback(1024);
    peer->scripts = calloc(count, sizeof *scripts);
    if (!peer->scripts) abort();
    memcpy(peer->scripts, scripts, count * sizeof *scripts);
    peer->script_count = count;
    peer->accepting = pthread_create(&peer->acceptor, NULL, accept_all, peer) == 0;
    return peer;
}

struct peer *peer_start_deaf(void) {
    struct peer *peer = listen_on_loopback(0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(peer->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    /* With the queue full further SYNs are dropped. */
    for (size_t i = 0; i < sizeof peer->fillers / sizeof *peer->fillers; i++) {
        peer->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(peer->fillers[i], (struct sockaddr *)&address, sizeof address);
    }
    return peer;
}

uint16_t peer_port(const struct peer *peer) {
    return peer->port;
}

const char *peer_url(const struct peer *peer, const char *path) {
    static _Thread_local char texts[8][256];
    static _Thread_local unsigned next;
    char *text = texts[next++ % 8];
    snprintf(text, sizeof texts[0], "http://127.0.0.1:%u%s", peer->port, path);
    return text;
}

unsigned peer_connections(struct peer *peer) {
    pthread_mutex_lock(&peer->lock);
    unsigned connections = peer->connections;
    pthread_mutex_unlock(&peer->lock);
    return connections;
}

unsigned peer_heads(struct peer *peer) {
    pthread_mutex_lock(&peer->lock);
    unsigned heads = peer->heads;
    pthread_mutex_unlock(&peer->lock);
    return heads;
}

static void set(int fd) {
    uint64_t one = 1;
    if (write(fd, &one, sizeof one) != sizeof one) abort();
}

void peer_release(struct peer *peer) {
    set(peer->release_fd);
}

bool peer_wait_heads(struct peer *peer, unsigned count) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;
    pthread_mutex_lock(&peer->lock);
    int err = 0;
    while (peer->heads < count && err == 0)
        err = pthread_cond_timedwait(&peer->changed, &peer->lock, &until);
    bool there = peer->heads >= count;
    pthread_mutex_unlock(&peer->lock);
    return there;
}

const char *peer_received(struct peer *peer, size_t *size) {
    pthread_mutex_lock(&peer->lock);
    peer->received[peer->received_size] = 0;
    if (size) *size = peer->received_size;
    pthread_mutex_unlock(&peer->lock);
    return peer->received;
}

unsigned peer_received_times(struct peer *peer, const char *needle) {
    unsigned count = 0;
    const char *at = peer_received(peer, NULL);
    while ((at = strstr(at, needle))) count++, at += strlen(needle);
    return count;
}

void peer_stop(struct peer *peer) {
    if (!peer) return;
    set(peer->stop_fd);
    if (peer->accepting) pthread_join(peer->acceptor, NULL);
    for (unsigned i = 0; i < peer->connections; i++) pthread_join(peer->threads[i], NULL);
    for (size_t i = 0; i < sizeof peer->fillers / sizeof *peer->fillers; i++)
        if (peer->fillers[i] >= 0) close(peer->fillers[i]);
    close(peer->listener);
    close(peer->stop_fd);
    close(peer->release_fd);
    pthread_mutex_destroy(&peer->lock);
    pthread_cond_destroy(&peer->changed);
    free(peer->scripts);
    free(peer);
}
