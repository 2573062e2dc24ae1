/* A thread with blocking sockets; TLS goes through memory, so that each byte can be held back. */
#include "stray_peer.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#define HEAD_MAX 8192

struct stray_peer {
    struct stray_plan plan;
    SSL_CTX *context;
    pthread_t thread;
    sem_t go, gone;
    int listener;
    uint16_t port;
    bool stopping;
    unsigned connections;
    size_t behind_size;
};

struct talk {
    const struct stray_plan *plan;
    int fd;
    SSL *ssl; /* NULL: plain */
    BIO *in, *out;
    char *pending; /* to be sent, as it will be on the wire */
    size_t size;
};

static void check(bool good) {
    if (!good) abort();
}

/* ---- Out: what is put is pending, and goes when it is sent. */

static void append(struct talk *talk, const void *data, size_t size) {
    talk->pending = realloc(talk->pending, talk->size + size + 1);
    check(talk->pending != NULL);
    memcpy(talk->pending + talk->size, data, size);
    talk->size += size;
}

static void drain_ssl(struct talk *talk) {
    char data[4096];
    int size;
    while ((size = BIO_read(talk->out, data, sizeof data)) > 0) append(talk, data, (size_t)size);
}

static void put(struct talk *talk, const char *data, size_t size) {
    if (!talk->ssl) {
        append(talk, data, size);
        return;
    }
    check(SSL_write(talk->ssl, data, (int)size) == (int)size);
    drain_ssl(talk);
}

/* The first bytes of what is pending. A client that has gone is none of its concerns. */
static void send_some(struct talk *talk, size_t size) {
    if (size > talk->size) size = talk->size;
    for (size_t at = 0; at < size;) {
        ssize_t sent = send(talk->fd, talk->pending + at, size - at, MSG_NOSIGNAL);
        if (sent <= 0) break;
        at += (size_t)sent;
    }
    if (size > 0) memmove(talk->pending, talk->pending + size, talk->size - size);
    talk->size -= size;
}

static void send_all(struct talk *talk) {
    send_some(talk, talk->size);
}

static void wait_until_there(const struct talk *talk) {
    for (int left = 1; ioctl(talk->fd, SIOCOUTQ, &left) == 0 && left > 0;) sched_yield();
}

/* ---- In. */

/* 0: the end. */
static int get(struct talk *talk, char *data, int size) {
    for (;;) {
        char wire[4096];
        int got = talk->ssl ? SSL_read(talk->ssl, data, size) : 0;
        if (talk->ssl) drain_ssl(talk);
        if (got > 0) return got;
        if (talk->ssl && SSL_get_error(talk->ssl, got) != SSL_ERROR_WANT_READ) return 0;
        ssize_t count =
            recv(talk->fd, talk->ssl ? wire : data, talk->ssl ? sizeof wire : (size_t)size, 0);
        if (count <= 0) return 0;
        if (!talk->ssl) return (int)count;
        check(BIO_write(talk->in, wire, (int)count) == (int)count);
    }
}

static bool read_head(struct talk *talk) {
    char head[HEAD_MAX];
    size_t size = 0;
    while (size < sizeof head) {
        int got = get(talk, head + size, (int)(sizeof head - size));
        if (got <= 0) return false;
        size += (size_t)got;
        if (memmem(head, size, "\r\n\r\n", 4)) return true;
    }
    return false;
}

static bool shake_hands(struct talk *talk) {
    for (;;) {
        char wire[4096];
        int result = SSL_accept(talk->ssl);
        drain_ssl(talk);
        send_all(talk);
        if (result == 1) return true;
        if (SSL_get_error(talk->ssl, result) != SSL_ERROR_WANT_READ) return false;
        ssize_t count = recv(talk->fd, wire, sizeof wire, 0);
        if (count <= 0) return false;
        check(BIO_write(talk->in, wire, (int)count) == (int)count);
    }
}

/* ---- Serving. */

static const char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";
static const char stray[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray";

static void put_first(struct talk *talk) {
    const struct stray_plan *plan = talk->plan;
    size_t capacity = plan->body_size + 200;
    char *text = malloc(capacity);
    check(text != NULL);
    size_t size = (size_t)snprintf(text, capacity, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                                   plan->body_size);
    memset(text + size, 'x', plan->body_size);
    size += plan->body_size;
    if (plan->same_record) {
        memcpy(text + size, stray, sizeof stray);
        size += sizeof stray - 1;
    }
    put(talk, text, size);
    free(text);
}

static void put_behind(struct talk *talk) {
    const struct stray_plan *plan = talk->plan;
    if (plan->same_record) return;
    if (plan->behind == STRAY_RESPONSE) {
        put(talk, stray, sizeof stray - 1);
        return;
    }
    bool asked = plan->behind == STRAY_KEYS_ASKED;
    int kind = asked ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
    if (plan->behind == STRAY_TICKETS) {
        check(SSL_new_session_ticket(talk->ssl) == 1 && SSL_new_session_ticket(talk->ssl) == 1);
    } else {
        check(SSL_key_update(talk->ssl, kind) == 1);
    }
    check(SSL_do_handshake(talk->ssl) == 1);
    drain_ssl(talk);
}

static void serve_first(struct stray_peer *peer, struct talk *talk) {
    if (!read_head(talk)) return;
    put_first(talk);
    size_t first = talk->size;
    put_behind(talk);
    peer->behind_size = talk->size - first;
    size_t with = peer->plan.split < peer->behind_size ? peer->plan.split : peer->behind_size;
    send_some(talk, first + (peer->plan.later ? 0 : with));
    if (!peer->plan.later) return;
    sem_wait(&peer->go);
    send_all(talk);
    wait_until_there(talk);
    sem_post(&peer->gone);
}

static void serve(struct stray_peer *peer, int fd) {
    struct talk talk = {.plan = &peer->plan, .fd = fd};
    bool open = !peer->plan.tunnel || read_head(&talk);
    if (open && peer->plan.tunnel) {
        static const char established[] = "HTTP/1.1 200 Established\r\n\r\n";
        put(&talk, established, sizeof established - 1);
        send_all(&talk);
    }
    if (open && peer->context) {
        talk.ssl = SSL_new(peer->context);
        talk.in = BIO_new(BIO_s_mem());
        talk.out = BIO_new(BIO_s_mem());
        BIO_set_mem_eof_return(talk.in, -1);
        SSL_set_bio(talk.ssl, talk.in, talk.out);
        open = shake_hands(&talk);
    }
    if (open && peer->connections == 1) serve_first(peer, &talk);
    while (open && read_head(&talk)) {
        put(&talk, good, sizeof good - 1);
        send_all(&talk);
    }
    free(talk.pending);
    SSL_free(talk.ssl);
    close(fd);
}

static void *run(void *user) {
    struct stray_peer *peer = user;
    int fd, one = 1;
    while ((fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        if (__atomic_load_n(&peer->stopping, __ATOMIC_ACQUIRE)) break;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        peer->connections++;
        serve(peer, fd);
    }
    if (fd >= 0) close(fd);
    OPENSSL_thread_stop();
    return NULL;
}

/* ---- All of it. */

static SSL_CTX *make_context(const struct stray_plan *plan) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    BIO *chain = BIO_new_mem_buf(plan->chain_pem, -1), *key = BIO_new_mem_buf(plan->key_pem, -1);
    X509 *leaf = PEM_read_bio_X509(chain, NULL, NULL, NULL);
    EVP_PKEY *secret = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
    check(SSL_CTX_use_certificate(context, leaf) == 1 &&
          SSL_CTX_use_PrivateKey(context, secret) == 1);
    SSL_CTX_set_min_proto_version(context, plan->version);
    SSL_CTX_set_max_proto_version(context, plan->version);
    X509_free(leaf);
    EVP_PKEY_free(secret);
    BIO_free(chain);
    BIO_free(key);
    return context;
}

struct stray_peer *stray_peer_start(const struct stray_plan *plan) {
    struct stray_peer *peer = calloc(1, sizeof *peer);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    check(peer != NULL);
    peer->plan = *plan;
    peer->context = plan->chain_pem ? make_context(plan) : NULL;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(sem_init(&peer->go, 0, 0) == 0 && sem_init(&peer->gone, 0, 0) == 0);
    check(bind(peer->listener, (struct sockaddr *)&address, size) == 0 &&
          listen(peer->listener, 16) == 0 &&
          getsockname(peer->listener, (struct sockaddr *)&address, &size) == 0);
    peer->port = ntohs(address.sin_port);
    check(pthread_create(&peer->thread, NULL, run, peer) == 0);
    return peer;
}

uint16_t stray_peer_port(const struct stray_peer *peer) {
    return peer->port;
}

void stray_peer_go_on(struct stray_peer *peer) {
    sem_post(&peer->go);
    while (sem_wait(&peer->gone) != 0) {}
}

unsigned stray_peer_stop(struct stray_peer *peer, size_t *behind_size) {
    __atomic_store_n(&peer->stopping, true, __ATOMIC_RELEASE);
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    unsigned connections = peer->connections;
    if (behind_size) *behind_size = peer->behind_size;
    close(peer->listener);
    SSL_CTX_free(peer->context);
    sem_destroy(&peer->go);
    sem_destroy(&peer->gone);
    free(peer);
    return connections;
}
