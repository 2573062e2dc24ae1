#include "tls_peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "tls_certs.h"

#define PATIENCE_S 10

struct tls_peer {
    struct tls_peer_plan plan;
    SSL_CTX *context, *stranger;
    BIO_METHOD *method;
    pthread_t thread;
    pthread_mutex_t mutex;
    int listener, connection; /* connection: -1 between two */
    bool stopping;
    uint16_t port;
    struct tls_peer_seen seen;
};

char tls_peer_byte(size_t at) {
    return (char)(at * 31 + at / 251);
}

/* ---- A BIO that sends in fragments. */

struct link {
    int fd;
    size_t fragment;
};

static int link_write(BIO *bio, const char *data, int size) {
    const struct link *link = BIO_get_data(bio);
    for (int at = 0; at < size;) {
        size_t part = (size_t)(size - at);
        if (link->fragment && part > link->fragment) part = link->fragment;
        ssize_t sent = send(link->fd, data + at, part, MSG_NOSIGNAL);
        if (sent <= 0) return -1;
        at += (int)sent;
    }
    return size;
}

static int link_read(BIO *bio, char *data, int size) {
    const struct link *link = BIO_get_data(bio);
    return (int)recv(link->fd, data, (size_t)size, 0);
}

static long link_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *link_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "test link");
    BIO_meth_set_write(method, link_write);
    BIO_meth_set_read(method, link_read);
    BIO_meth_set_ctrl(method, link_control);
    return method;
}

/* ---- Its context. */

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                       const unsigned char *in, unsigned in_size, void *user) {
    const struct tls_peer *peer = user;
    size_t size = strlen(peer->plan.alpn);
    (void)ssl;
    for (unsigned at = 0; at < in_size; at += in[at] + 1u) {
        bool same = in[at] == size && memcmp(in + at + 1, peer->plan.alpn, size) == 0;
        if (!same && !peer->plan.alpn_forced) continue;
        *out = (const unsigned char *)peer->plan.alpn;
        *out_size = (unsigned char)size;
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

static int see_name(SSL *ssl, int *alert, void *user) {
    struct tls_peer *peer = user;
    (void)alert;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    pthread_mutex_lock(&peer->mutex);
    peer->seen.sni_sent = name != NULL;
    snprintf(peer->seen.sni, sizeof peer->seen.sni, "%s", name ? name : "");
    pthread_mutex_unlock(&peer->mutex);
    if (peer->plan.sni && (!name || strcmp(name, peer->plan.sni) != 0))
        SSL_set_SSL_CTX(ssl, peer->stranger);
    return SSL_TLSEXT_ERR_OK;
}

static int take_any(int good, X509_STORE_CTX *store) {
    (void)good;
    (void)store;
    return 1;
}

static bool use_pem(SSL_CTX *context, const char *chain_pem, const char *key_pem) {
    BIO *chain = BIO_new_mem_buf(chain_pem, -1), *key_bio = BIO_new_mem_buf(key_pem, -1);
    X509 *leaf = PEM_read_bio_X509(chain, NULL, NULL, NULL), *more;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
    bool good = leaf && key && SSL_CTX_use_certificate(context, leaf) == 1 &&
                SSL_CTX_use_PrivateKey(context, key) == 1;
    while (good && (more = PEM_read_bio_X509(chain, NULL, NULL, NULL)))
        good = SSL_CTX_add0_chain_cert(context, more) == 1;
    X509_free(leaf);
    EVP_PKEY_free(key);
    BIO_free(chain);
    BIO_free(key_bio);
    ERR_clear_error();
    return good;
}

static SSL_CTX *make_context(struct tls_peer *peer) {
    const struct tls_peer_plan *plan = &peer->plan;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, plan->version_min);
    SSL_CTX_set_max_proto_version(context, plan->version_max);
    SSL_CTX_set_tlsext_servername_callback(context, see_name);
    SSL_CTX_set_tlsext_servername_arg(context, peer);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"peer", 4);
    if (plan->no_tickets) SSL_CTX_set_num_tickets(context, 0);
    if (plan->no_tickets) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    if (plan->alpn) SSL_CTX_set_alpn_select_cb(context, choose_alpn, peer);
    if (plan->record_size) SSL_CTX_set_max_send_fragment(context, (long)plan->record_size);
    if (plan->wants_client_certificate)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, take_any);
    return context;
}

static SSL_CTX *make_stranger(void) {
    struct tls_cert cert = tls_cert_make(
        &(struct tls_cert_plan){.common_name = "other.test", .alt_names = "DNS:other.test"});
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!use_pem(context, cert.pem, cert.key_pem)) abort();
    tls_cert_deinit(&cert);
    return context;
}

/* ---- Serving. */

static void count_bytes(struct tls_peer *peer, int got) {
    pthread_mutex_lock(&peer->mutex);
    peer->seen.application_bytes += (unsigned)got;
    pthread_mutex_unlock(&peer->mutex);
}

static bool read_head(struct tls_peer *peer, SSL *ssl) {
    char head[4096];
    size_t size = 0;
    while (size < sizeof head) {
        int got = SSL_read(ssl, head + size, (int)(sizeof head - size));
        if (got <= 0) return false;
        count_bytes(peer, got);
        size += (size_t)got;
        if (memmem(head, size, "\r\n\r\n", 4)) return true;
    }
    return false;
}

static bool say(SSL *ssl, const char *data, size_t size) {
    return size == 0 || SSL_write(ssl, data, (int)size) == (int)size;
}

static bool answer(const struct tls_peer_plan *plan, SSL *ssl) {
    char head[200];
    size_t size = plan->body_size ? plan->body_size : 5;
    int head_size =
        plan->until_end
            ? snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            : snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
    char *body = malloc(size);
    for (size_t i = 0; i < size; i++) body[i] = plan->body_size ? tls_peer_byte(i) : "hello"[i];
    if (plan->updates_keys) SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
    if (plan->renegotiates && (SSL_renegotiate(ssl) != 1 || SSL_do_handshake(ssl) != 1)) {
        free(body);
        return false;
    }
    bool good = say(ssl, head, (size_t)head_size) && say(ssl, body, size);
    free(body);
    return good;
}

static void see_handshake(struct tls_peer *peer, SSL *ssl) {
    X509 *shown = SSL_get1_peer_certificate(ssl);
    pthread_mutex_lock(&peer->mutex);
    peer->seen.handshakes++;
    peer->seen.resumed += (unsigned)SSL_session_reused(ssl);
    if (shown)
        X509_NAME_oneline(X509_get_subject_name(shown), peer->seen.client_subject,
                          sizeof peer->seen.client_subject);
    pthread_mutex_unlock(&peer->mutex);
    X509_free(shown);
}

static void serve(struct tls_peer *peer, int fd) {
    char byte;
    if (peer->plan.hangs) {
        while (recv(fd, &byte, 1, 0) > 0) {}
        return;
    }
    struct link link = {.fd = fd, .fragment = peer->plan.fragment};
    SSL *ssl = SSL_new(peer->context);
    BIO *bio = BIO_new(peer->method);
    BIO_set_data(bio, &link);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    if (SSL_accept(ssl) == 1) {
        see_handshake(peer, ssl);
        bool served = true;
        while (served && read_head(peer, ssl))
            served = answer(&peer->plan, ssl) && !peer->plan.until_end;
        if (peer->plan.close == TLS_PEER_NOTIFIES) SSL_shutdown(ssl);
    }
    if (peer->plan.close == TLS_PEER_RESETS) {
        struct linger now = {.l_onoff = 1};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    } else {
        /* What the client still says must not make the kernel reset what was sent. */
        shutdown(fd, SHUT_WR);
        while (recv(fd, &byte, 1, 0) > 0) {}
    }
    SSL_free(ssl);
    ERR_clear_error();
}

static void *run(void *user) {
    struct tls_peer *peer = user;
    int fd;
    while ((fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        int one = 1;
        struct timeval patience = {.tv_sec = PATIENCE_S};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        pthread_mutex_lock(&peer->mutex);
        bool stopping = peer->stopping;
        peer->connection = fd;
        peer->seen.connections++;
        pthread_mutex_unlock(&peer->mutex);
        if (!stopping) serve(peer, fd);
        pthread_mutex_lock(&peer->mutex);
        peer->connection = -1;
        pthread_mutex_unlock(&peer->mutex);
        close(fd);
    }
    OPENSSL_thread_stop();
    return NULL;
}

static int listen_any(uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 64) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        abort();
    *port = ntohs(address.sin_port);
    return fd;
}

static void free_peer(struct tls_peer *peer) {
    SSL_CTX_free(peer->context);
    SSL_CTX_free(peer->stranger);
    BIO_meth_free(peer->method);
    pthread_mutex_destroy(&peer->mutex);
    free(peer);
}

struct tls_peer *tls_peer_start(const struct tls_peer_plan *plan) {
    struct tls_peer *peer = calloc(1, sizeof *peer);
    if (!peer) abort();
    peer->plan = *plan;
    peer->connection = -1;
    pthread_mutex_init(&peer->mutex, NULL);
    peer->context = make_context(peer);
    peer->stranger = plan->sni ? make_stranger() : NULL;
    peer->method = link_method();
    if (!use_pem(peer->context, plan->chain_pem, plan->key_pem)) {
        free_peer(peer);
        return NULL;
    }
    peer->listener = listen_any(&peer->port);
    if (pthread_create(&peer->thread, NULL, run, peer)) abort();
    return peer;
}

uint16_t tls_peer_port(const struct tls_peer *peer) {
    return peer->port;
}

void tls_peer_stop(struct tls_peer *peer, struct tls_peer_seen *seen) {
    if (!peer) return;
    pthread_mutex_lock(&peer->mutex);
    peer->stopping = true;
    shutdown(peer->listener, SHUT_RDWR);
    if (peer->connection >= 0) shutdown(peer->connection, SHUT_RDWR);
    pthread_mutex_unlock(&peer->mutex);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    if (seen) *seen = peer->seen;
    free_peer(peer);
}
