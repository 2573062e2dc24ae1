/* The HTTP server over TLS, against OpenSSL's own client on a blocking socket. */
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <headrace/engine.h>
#include <headrace/http_server.h>

#include "needs_kernel.h"
#include "tls_certs.h"

#define PATIENCE_S 10
#define BIG_SIZE   3000000

static hr_engine *engine;
static hr_http_server *server;
static uint16_t port;
static struct tls_cert ca, leaf, stranger;
static char *certificate_file, *key_file, *ca_file, *big;
static sem_t closed;

/* ---- The server. */

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    struct hr_slice target = hr_http_exchange_target(exchange);
    struct hr_http_response response = {.status = 200};
    response.body = hr_slice_equal(target, hr_slice_of("/big")) ? hr_source_bytes(big, BIG_SIZE)
                                                                : hr_source_bytes("hello", 5);
    cr_assert_eq(hr_http_exchange_respond(exchange, &response), 0);
}

static void on_closed(void *user) {
    (void)user;
    sem_post(&closed);
}

static void make_files(void) {
    ca = tls_cert_make(&(struct tls_cert_plan){.common_name = "test CA", .ca = true});
    leaf = tls_cert_make(&(struct tls_cert_plan){
        .common_name = "leaf", .alt_names = "DNS:good.test", .issuer = &ca});
    stranger = tls_cert_make(&(struct tls_cert_plan){.common_name = "stranger"});
    certificate_file = tls_file("leaf.pem", leaf.pem);
    key_file = tls_file("leaf.key", leaf.key_pem);
    ca_file = tls_file("ca.pem", ca.pem);
}

static void start(struct hr_http_server_options options, unsigned reactors) {
    struct hr_error error = {0};
    struct hr_engine_options engine_options = {.reactors = reactors};
    if (!certificate_file) make_files();
    cr_assert_eq(hr_engine_new(&engine_options, &error, &engine), 0, "%s", error.message);
    options.on_request = on_request;
    if (options.tls.certificate_pem.size == 0) {
        options.tls.certificate_file = certificate_file;
        options.tls.key_file = key_file;
    }
    cr_assert_eq(hr_http_server_new(engine, &options, &error, &server), 0, "%s", error.message);
    port = hr_http_server_port(server);
    sem_init(&closed, 0, 0);
    big = malloc(BIG_SIZE);
    for (size_t i = 0; i < BIG_SIZE; i++) big[i] = (char)(i * 7 + i / 255);
}

static void stop(void) {
    hr_http_server_close(server, on_closed, NULL);
    while (sem_wait(&closed) < 0) {}
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(engine, &metrics);
    cr_assert_eq(metrics.connections_open, 0);
    cr_assert_eq(metrics.budget_used_bytes, 0);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    free(big);
    free(certificate_file);
    free(key_file);
    free(ca_file);
    tls_cert_deinit(&leaf);
    tls_cert_deinit(&ca);
    tls_cert_deinit(&stranger);
}

/* ---- A client of OpenSSL's. */

static int dial(void) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static SSL_CTX *client_context(int version_max) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.certificate);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_max_proto_version(context, version_max);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
    return context;
}

static SSL *client_open(SSL_CTX *context) {
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, dial());
    SSL_set1_host(ssl, "good.test");
    SSL_set_tlsext_host_name(ssl, "good.test");
    return ssl;
}

static void client_close(SSL *ssl) {
    int fd = SSL_get_fd(ssl);
    SSL_free(ssl);
    close(fd);
}

static void ask(SSL *ssl, const char *target) {
    char head[200];
    int size = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: good.test\r\n\r\n", target);
    cr_assert_eq(SSL_write(ssl, head, size), size);
}

/* An answer whose body has `size` bytes; the body is returned. */
static char *hear(SSL *ssl, size_t size) {
    size_t capacity = size + 4096, at = 0;
    char *data = malloc(capacity + 1), *body = NULL;
    for (;;) {
        int got = SSL_read(ssl, data + at, (int)(capacity - at));
        cr_assert_gt(got, 0, "after %zu bytes", at);
        at += (size_t)got;
        data[at] = '\0';
        if (!body && (body = strstr(data, "\r\n\r\n"))) body += 4;
        if (body && (size_t)(data + at - body) >= size) break;
    }
    cr_assert_eq(memcmp(data, "HTTP/1.1 200", 12), 0);
    cr_assert_eq((size_t)(data + at - body), size);
    memmove(data, body, size);
    data[size] = '\0';
    return data;
}

static void expect_hello(SSL *ssl) {
    ask(ssl, "/");
    char *body = hear(ssl, 5);
    cr_assert_str_eq(body, "hello");
    free(body);
}

static void exchange(int version, const char *name) {
    NEEDS_KERNEL("a client of OpenSSL's own");
    start((struct hr_http_server_options){0}, 1);
    SSL_CTX *context = client_context(version);
    SSL *ssl = client_open(context);
    static const unsigned char alpn[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(ssl, alpn, sizeof alpn - 1);
    cr_assert_eq(SSL_connect(ssl), 1);
    cr_assert_str_eq(SSL_get_version(ssl), name);
    const unsigned char *chosen;
    unsigned chosen_size;
    SSL_get0_alpn_selected(ssl, &chosen, &chosen_size);
    cr_assert_eq(chosen_size, 8);
    for (int i = 0; i < 3; i++) expect_hello(ssl);
    ask(ssl, "/big");
    char *body = hear(ssl, BIG_SIZE);
    cr_assert_eq(memcmp(body, big, BIG_SIZE), 0);
    free(body);
    client_close(ssl);
    SSL_CTX_free(context);
    stop();
}

Test(tls_server, serves_tls_1_3) {
    exchange(TLS1_3_VERSION, "TLSv1.3");
}

Test(tls_server, serves_tls_1_2) {
    exchange(TLS1_2_VERSION, "TLSv1.2");
}

/* ---- Ends. */

Test(tls_server, closing_sends_close_notify) {
    NEEDS_KERNEL("a client of OpenSSL's own");
    start((struct hr_http_server_options){0}, 1);
    SSL_CTX *context = client_context(TLS1_3_VERSION);
    SSL *ssl = client_open(context);
    cr_assert_eq(SSL_connect(ssl), 1);
    expect_hello(ssl);
    stop();
    char byte;
    cr_assert_eq(SSL_get_error(ssl, SSL_read(ssl, &byte, 1)), SSL_ERROR_ZERO_RETURN);
    client_close(ssl);
    SSL_CTX_free(context);
}

/* What a raw client that says `text` gets until the end of the connection. */
static size_t raw(const char *text, size_t size, char *answer, size_t capacity) {
    int fd = dial();
    cr_assert_eq(send(fd, text, size, MSG_NOSIGNAL), (ssize_t)size);
    size_t at = 0;
    for (;;) {
        ssize_t got = recv(fd, answer + at, capacity - at, 0);
        cr_assert(got >= 0 || errno == ECONNRESET, "no end within the patience");
        if (got <= 0) break;
        at += (size_t)got;
    }
    close(fd);
    return at;
}

Test(tls_server, plain_http_and_garbage_end) {
    NEEDS_KERNEL("a raw client");
    start((struct hr_http_server_options){0}, 1);
    char answer[200];
    static const char plain[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    size_t size = raw(plain, sizeof plain - 1, answer, sizeof answer);
    cr_assert(size == 0 || answer[0] == 0x15, "nothing but an alert is said");
    static const char garbage[] = "\x16\x03\x01\xff\xff garbage";
    raw(garbage, sizeof garbage - 1, answer, sizeof answer);
    SSL_CTX *context = client_context(TLS1_3_VERSION);
    SSL *ssl = client_open(context);
    cr_assert_eq(SSL_connect(ssl), 1);
    expect_hello(ssl);
    client_close(ssl);
    SSL_CTX_free(context);
    stop();
}

Test(tls_server, silent_handshake_times_out) {
    NEEDS_KERNEL("a raw client");
    start((struct hr_http_server_options){.handshake_timeout_ms = 100}, 1);
    char answer[200];
    raw("\x16", 1, answer, sizeof answer);
    stop();
}

Test(tls_server, old_versions_are_refused) {
    NEEDS_KERNEL("a client of OpenSSL's own");
    start((struct hr_http_server_options){.tls.version_min = HR_TLS_1_3}, 1);
    SSL_CTX *context = client_context(TLS1_2_VERSION);
    SSL *ssl = client_open(context);
    cr_assert_neq(SSL_connect(ssl), 1);
    cr_assert_eq(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
    client_close(ssl);
    SSL_CTX_free(context);
    stop();
}

Test(tls_server, clients_without_http_1_1_are_refused) {
    NEEDS_KERNEL("a client of OpenSSL's own");
    start((struct hr_http_server_options){0}, 1);
    SSL_CTX *context = client_context(TLS1_3_VERSION);
    SSL *ssl = client_open(context);
    SSL_set_alpn_protos(ssl, (const unsigned char *)"\x02h2", 3);
    cr_assert_neq(SSL_connect(ssl), 1);
    cr_assert_eq(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
    client_close(ssl);
    SSL_CTX_free(context);
    stop();
}

Test(tls_server, renegotiation_is_refused) {
    NEEDS_KERNEL("a client of OpenSSL's own");
    start((struct hr_http_server_options){0}, 1);
    SSL_CTX *context = client_context(TLS1_2_VERSION);
    SSL *ssl = client_open(context);
    cr_assert_eq(SSL_connect(ssl), 1);
    expect_hello(ssl);
    cr_assert_eq(SSL_renegotiate(ssl), 1);
    cr_assert_neq(SSL_do_handshake(ssl), 1, "the server took part");
    client_close(ssl);
    SSL_CTX_free(context);
    stop();
}

/* ---- Resumption. */

static void resume(int version, unsigned reactors, bool no_tickets, unsigned wanted) {
    NEEDS_KERNEL("a client of OpenSSL's own");
    start((struct hr_http_server_options){.tls.no_tickets = no_tickets}, reactors);
    SSL_CTX *context = client_context(version);
    SSL_SESSION *session = NULL;
    unsigned resumed = 0;
    for (int i = 0; i < 9; i++) {
        SSL *ssl = client_open(context);
        if (session) SSL_set_session(ssl, session);
        cr_assert_eq(SSL_connect(ssl), 1);
        expect_hello(ssl);
        resumed += (unsigned)SSL_session_reused(ssl);
        SSL_SESSION_free(session);
        session = SSL_get1_session(ssl);
        SSL_shutdown(ssl);
        client_close(ssl);
    }
    SSL_SESSION_free(session);
    cr_assert_eq(resumed, wanted, "%u resumed", resumed);
    SSL_CTX_free(context);
    stop();
}

Test(tls_server, tickets_of_1_3_are_good_at_every_reactor) {
    resume(TLS1_3_VERSION, 2, false, 8);
}

Test(tls_server, tickets_of_1_2_are_good_at_every_reactor) {
    resume(TLS1_2_VERSION, 2, false, 8);
}

Test(tls_server, without_tickets_nothing_is_resumed) {
    resume(TLS1_3_VERSION, 1, true, 0);
}

/* ---- Certificates. */

static bool served_with(const struct tls_cert *shown) {
    SSL_CTX *context = client_context(TLS1_3_VERSION);
    if (shown) SSL_CTX_use_cert_and_key(context, shown->certificate, shown->key, NULL, 1);
    SSL *ssl = client_open(context);
    bool served = SSL_connect(ssl) == 1;
    if (served) {
        static const char head[] = "GET / HTTP/1.1\r\nHost: good.test\r\n\r\n";
        char answer[300];
        SSL_write(ssl, head, sizeof head - 1);
        served = SSL_read(ssl, answer, sizeof answer) > 0;
    }
    ERR_clear_error();
    client_close(ssl);
    SSL_CTX_free(context);
    return served;
}

Test(tls_server, asks_for_client_certificates) {
    NEEDS_KERNEL("a client of OpenSSL's own");
    make_files();
    start((struct hr_http_server_options){.tls.client_ca_file = ca_file}, 1);
    struct tls_cert good =
        tls_cert_make(&(struct tls_cert_plan){.common_name = "client", .issuer = &ca});
    cr_assert(!served_with(NULL));
    cr_assert(!served_with(&stranger));
    cr_assert(served_with(&good));
    tls_cert_deinit(&good);
    stop();
}

/* Whether the leaf that is shown becomes `expected` before the patience ends. */
static bool comes_to_show(X509 *expected) {
    bool shows = false;
    for (int i = 0; i < 100 && !shows; i++) {
        SSL_CTX *context = client_context(TLS1_3_VERSION);
        SSL *ssl = client_open(context);
        cr_assert_eq(SSL_connect(ssl), 1);
        X509 *shown = SSL_get1_peer_certificate(ssl);
        shows = X509_cmp(shown, expected) == 0;
        X509_free(shown);
        client_close(ssl);
        SSL_CTX_free(context);
        if (!shows) poll(NULL, 0, 50);
    }
    return shows;
}

Test(tls_server, takes_a_changed_certificate_into_use) {
    NEEDS_KERNEL("a client of OpenSSL's own");
    start((struct hr_http_server_options){0}, 1);
    cr_assert(served_with(NULL));
    struct tls_cert next = tls_cert_make(&(struct tls_cert_plan){
        .common_name = "next", .alt_names = "DNS:good.test", .issuer = &ca});
    free(tls_file("leaf.pem", next.pem)); /* half of the pair: the old one stays in use */
    cr_assert(served_with(NULL));
    free(tls_file("leaf.key", next.key_pem));
    cr_assert(comes_to_show(next.certificate));
    tls_cert_deinit(&next);
    stop();
}

/* OpenSSL keeps a certificate for each kind of key. Clients that like the old kind better would be
 * shown the old one for ever. */
Test(tls_server, a_changed_certificate_with_another_kind_of_key_replaces_the_old_one) {
    NEEDS_KERNEL("a client of OpenSSL's own");
    start((struct hr_http_server_options){0}, 1);
    cr_assert(comes_to_show(leaf.certificate));
    struct tls_cert rsa = {.key = EVP_RSA_gen(2048)};
    struct tls_cert next = tls_cert_make(&(struct tls_cert_plan){
        .common_name = "next", .alt_names = "DNS:good.test", .issuer = &ca, .same_key = &rsa});
    free(tls_file("leaf.pem", next.pem));
    free(tls_file("leaf.key", next.key_pem));
    cr_assert(comes_to_show(next.certificate));
    tls_cert_deinit(&next);
    tls_cert_deinit(&rsa);
    stop();
}

Test(tls_server, a_certificate_in_memory) {
    NEEDS_KERNEL("a client of OpenSSL's own");
    make_files();
    start((struct hr_http_server_options){.tls = {.certificate_pem = hr_slice_of(leaf.pem),
                                                  .key_pem = hr_slice_of(leaf.key_pem)}},
          1);
    cr_assert(comes_to_show(leaf.certificate));
    stop();
}

/* ---- Options. */

static void expect_refused(struct hr_tls_server_options tls, const char *named) {
    struct hr_http_server_options options = {.tls = tls, .on_request = on_request};
    struct hr_error error = {0};
    hr_http_server *made;
    cr_assert_eq(hr_http_server_new(engine, &options, &error, &made), HR_ERR_TLS_OPTIONS);
    cr_assert(strstr(error.message, named), "%s", error.message);
}

Test(tls_server, unusable_options_are_named) {
    start((struct hr_http_server_options){0}, 1);
    expect_refused((struct hr_tls_server_options){.certificate_file = certificate_file},
                   "key_file");
    expect_refused((struct hr_tls_server_options){.client_ca_file = ca_file}, "certificate_file");
    expect_refused(
        (struct hr_tls_server_options){.certificate_file = "/none", .key_file = key_file}, "/none");
    expect_refused(
        (struct hr_tls_server_options){.certificate_file = ca_file, .key_file = key_file}, "key");
    struct hr_slice pem = hr_slice_of(leaf.pem), key = hr_slice_of(leaf.key_pem);
    struct hr_slice none = hr_slice_of("none");
    expect_refused((struct hr_tls_server_options){.certificate_pem = pem}, "key_pem: one without");
    expect_refused((struct hr_tls_server_options){.key_pem = key}, "key_pem: one without");
    expect_refused((struct hr_tls_server_options){.certificate_pem = none, .key_pem = key},
                   "certificate_pem: no certificate");
    expect_refused((struct hr_tls_server_options){.certificate_pem = pem, .key_pem = none},
                   "key_pem: no private key");
    expect_refused((struct hr_tls_server_options){.certificate_pem = hr_slice_of(stranger.pem),
                                                  .key_pem = key},
                   "not that of the certificate in certificate_pem");
    expect_refused((struct hr_tls_server_options){.certificate_pem = pem,
                                                  .key_pem = key,
                                                  .certificate_file = certificate_file,
                                                  .key_file = key_file},
                   "one of the two ways");
    expect_refused((struct hr_tls_server_options){.certificate_file = certificate_file,
                                                  .key_file = key_file,
                                                  .client_ca_file = key_file},
                   "client_ca_file");
    expect_refused((struct hr_tls_server_options){.certificate_file = certificate_file,
                                                  .key_file = key_file,
                                                  .ciphers = "NONE-SUCH"},
                   "NONE-SUCH");
    expect_refused((struct hr_tls_server_options){.certificate_file = certificate_file,
                                                  .key_file = key_file,
                                                  .version_min = HR_TLS_1_3,
                                                  .version_max = HR_TLS_1_2},
                   "version_min");
    stop();
}
