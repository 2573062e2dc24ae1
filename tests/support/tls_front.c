/* A thread that accepts, and one per connection that hands bytes on, one buffer each way. */
#include "tls_front.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#define CONNECTIONS_MAX 64
#define BUFFER_SIZE     65536

struct tls_front {
    struct tls_front_plan plan;
    SSL_CTX *context;
    int listener, stop_fd;
    uint16_t port;
    pthread_t acceptor, threads[CONNECTIONS_MAX];
    unsigned connections;
};

struct way {
    char data[BUFFER_SIZE];
    size_t at, size;
    bool ended, told; /* no more comes in; that has been handed on */
};

struct link {
    struct tls_front *front;
    SSL *ssl;
    int client, server;
    bool reset;
    struct way up, down; /* to the server, to the client */
};

static void *checked(void *made) {
    if (!made) abort();
    return made;
}

/* ---- Its context. */

static SSL_CTX *make_context(const struct tls_front_plan *plan) {
    SSL_CTX *context = checked(SSL_CTX_new(TLS_server_method()));
    BIO *chain = BIO_new_mem_buf(plan->chain_pem, -1),
        *key_bio = BIO_new_mem_buf(plan->key_pem, -1);
    X509 *leaf = checked(PEM_read_bio_X509(chain, NULL, NULL, NULL)), *more;
    EVP_PKEY *key = checked(PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL));
    if (SSL_CTX_use_certificate(context, leaf) != 1 || SSL_CTX_use_PrivateKey(context, key) != 1)
        abort();
    while ((more = PEM_read_bio_X509(chain, NULL, NULL, NULL)))
        if (SSL_CTX_add0_chain_cert(context, more) != 1) abort();
    X509_free(leaf);
    EVP_PKEY_free(key);
    BIO_free(chain);
    BIO_free(key_bio);
    ERR_clear_error();
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
}

/* ---- Each way. True: something has moved. */

static bool would_block(const struct link *link, int result) {
    int error = SSL_get_error(link->ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static bool read_client(struct link *link) {
    struct way *up = &link->up;
    if (up->ended || up->size > 0) return false;
    ERR_clear_error();
    int got = SSL_read(link->ssl, up->data, sizeof up->data);
    if (got <= 0 && would_block(link, got)) return false;
    up->at = 0;
    up->size = got > 0 ? (size_t)got : 0;
    up->ended = got <= 0;
    return true;
}

static bool write_server(struct link *link) {
    struct way *up = &link->up;
    if (up->size > 0) {
        ssize_t sent = send(link->server, up->data + up->at, up->size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        /* One that takes nothing more: the rest is dropped. */
        up->at += sent > 0 ? (size_t)sent : 0;
        up->size -= sent > 0 ? (size_t)sent : up->size;
        return true;
    }
    if (!up->ended || up->told) return false;
    up->told = true;
    shutdown(link->server, SHUT_WR);
    return true;
}

static bool read_server(struct link *link) {
    struct way *down = &link->down;
    if (down->ended || down->size > 0) return false;
    ssize_t got = recv(link->server, down->data, sizeof down->data, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (got < 0) link->reset = true;
    down->at = 0;
    down->size = got > 0 ? (size_t)got : 0;
    down->ended = got <= 0;
    return true;
}

static bool write_client(struct link *link) {
    struct way *down = &link->down;
    if (down->size > 0) {
        ERR_clear_error();
        int sent = SSL_write(link->ssl, down->data + down->at, (int)down->size);
        if (sent <= 0 && would_block(link, sent)) return false;
        down->at += sent > 0 ? (size_t)sent : 0;
        down->size -= sent > 0 ? (size_t)sent : down->size;
        return true;
    }
    if (!down->ended || down->told) return false;
    down->told = true;
    if (link->reset) return true;
    if (!link->front->plan.truncates) SSL_shutdown(link->ssl);
    shutdown(link->client, SHUT_WR);
    return true;
}

/* ---- A connection. */

/* False: the front is to stop. */
static bool wait_for(const struct link *link, bool writing) {
    bool down = link->down.size > 0 || writing;
    struct pollfd fds[] = {
        {.fd = link->front->stop_fd, .events = POLLIN},
        {.fd = link->up.ended && !down ? -1 : link->client,
         .events = (short)((link->up.size == 0 ? POLLIN : 0) | (down ? POLLOUT : 0))},
        {.fd = link->down.ended && link->up.size == 0 ? -1 : link->server,
         .events =
             (short)((link->down.size == 0 ? POLLIN : 0) | (link->up.size > 0 ? POLLOUT : 0))},
    };
    while (poll(fds, 3, -1) < 0 && errno == EINTR) {}
    return !fds[0].revents;
}

static bool accept_client(struct link *link) {
    int result;
    while ((result = SSL_accept(link->ssl)) != 1) {
        if (!would_block(link, result)) return false;
        if (!wait_for(link, SSL_get_error(link->ssl, result) == SSL_ERROR_WANT_WRITE)) return false;
    }
    return true;
}

static void hand_on(struct link *link) {
    while (!link->reset && !(link->up.told && link->down.told)) {
        bool moved = read_client(link);
        moved |= write_server(link);
        moved |= read_server(link);
        moved |= write_client(link);
        if (!moved && !wait_for(link, false)) return;
    }
}

static int dial(uint16_t port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) abort();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void *serve(void *user) {
    struct link *link = user;
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE); /* SSL_write may meet a closed socket */
    pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
    link->ssl = checked(SSL_new(link->front->context));
    SSL_set_fd(link->ssl, link->client);
    link->server = dial(link->front->plan.server_port);
    if (accept_client(link)) hand_on(link);
    if (link->reset) {
        struct linger now = {.l_onoff = 1};
        setsockopt(link->client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    SSL_free(link->ssl);
    close(link->client);
    close(link->server);
    free(link);
    ERR_clear_error();
    OPENSSL_thread_stop();
    return NULL;
}

static void *accept_all(void *user) {
    struct tls_front *front = user;
    struct pollfd fds[2] = {{.fd = front->listener, .events = POLLIN},
                            {.fd = front->stop_fd, .events = POLLIN}};
    while (front->connections < CONNECTIONS_MAX) {
        if (poll(fds, 2, -1) < 0 && errno == EINTR) continue;
        if (fds[1].revents) break;
        int fd = accept4(front->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), one = 1;
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct link *link = checked(calloc(1, sizeof *link));
        link->front = front;
        link->client = fd;
        if (pthread_create(&front->threads[front->connections], NULL, serve, link)) abort();
        front->connections++;
    }
    return NULL;
}

/* ---- All of it. */

struct tls_front *tls_front_start(const struct tls_front_plan *plan) {
    struct tls_front *front = checked(calloc(1, sizeof *front));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    front->plan = *plan;
    front->context = make_context(plan);
    front->stop_fd = eventfd(0, EFD_CLOEXEC);
    front->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (front->listener < 0 || front->stop_fd < 0 ||
        bind(front->listener, (struct sockaddr *)&address, size) ||
        listen(front->listener, CONNECTIONS_MAX) ||
        getsockname(front->listener, (struct sockaddr *)&address, &size) ||
        pthread_create(&front->acceptor, NULL, accept_all, front))
        abort();
    front->port = ntohs(address.sin_port);
    return front;
}

uint16_t tls_front_port(const struct tls_front *front) {
    return front->port;
}

void tls_front_stop(struct tls_front *front) {
    if (!front) return;
    uint64_t one = 1;
    if (write(front->stop_fd, &one, sizeof one) != sizeof one) abort();
    pthread_join(front->acceptor, NULL);
    for (unsigned i = 0; i < front->connections; i++) pthread_join(front->threads[i], NULL);
    close(front->listener);
    close(front->stop_fd);
    SSL_CTX_free(front->context);
    free(front);
}
