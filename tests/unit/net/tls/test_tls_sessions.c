/* What was verified once holds until the first certificate ends, for a client against OpenSSL's
 * server and a server against OpenSSL's client, however often sessions and tickets are renewed. */
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "shifted_clock.h"
#include "tls_fixture.h"
#include "tls_peer.h"
#include "tls_private.h"

#define HOUR 3600
#define DAY  (24 * HOUR)

/* ---- A chain: an authority, one below it, a leaf. */

struct chain {
    struct tls_cert authority, middle, leaf;
    char *pem; /* the leaf, then the one above it */
};

struct ends {
    long authority_s, middle_s, leaf_s;
};

static struct chain chain_make(const char *alt_names, struct ends ends) {
    struct chain chain = {0};
    chain.authority = tls_cert_make(&(struct tls_cert_plan){
        .common_name = "root", .ca = true, .begins_s = -60, .ends_s = ends.authority_s});
    chain.middle = tls_cert_make(&(struct tls_cert_plan){.common_name = "middle",
                                                         .ca = true,
                                                         .issuer = &chain.authority,
                                                         .begins_s = -60,
                                                         .ends_s = ends.middle_s});
    chain.leaf = tls_cert_make(&(struct tls_cert_plan){.common_name = "leaf",
                                                       .alt_names = alt_names,
                                                       .issuer = &chain.middle,
                                                       .begins_s = -60,
                                                       .ends_s = ends.leaf_s});
    cr_assert(asprintf(&chain.pem, "%s%s", chain.leaf.pem, chain.middle.pem) > 0);
    return chain;
}

static void chain_free(struct chain *chain) {
    tls_cert_deinit(&chain->authority);
    tls_cert_deinit(&chain->middle);
    tls_cert_deinit(&chain->leaf);
    free(chain->pem);
}

/* One of the three ends in ten minutes. */
static const struct ends first_ends[] = {
    {30 * DAY, 30 * DAY, 600}, {30 * DAY, 600, 30 * DAY}, {600, 30 * DAY, 30 * DAY}};
static const struct ends none_ends = {30 * DAY, 30 * DAY, 30 * DAY};

/* ---- A client, against OpenSSL's server. */

/* One connection: TLS, a request, its response, so that what the server sends by itself is there
 * too. Returns the handshake's result. */
static int visit_once(struct hr_tls_context *context, uint16_t port, const char *host,
                      struct hr_tls_sessions *sessions, bool *resumed) {
    static const struct iovec request = {(void *)"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27};
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct seen seen;
    struct hr_stream *below;
    seen_init(&seen, 4096);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(hr__tcp_adopt(reactor, fd, NULL, NULL, &below), 0);
    cr_assert_eq(hr__tls_connect(context, below, hr_slice_of(host), sessions, &seen_events, &seen,
                                 &seen.stream),
                 0);
    CALL(&seen, connect, NULL, 0);
    TURN_UNTIL(seen.connects == 1);
    int result = seen.connect_result;
    struct hr_tls_info info;
    hr__tls_info(seen.stream, &info);
    *resumed = info.resumed;
    if (result == 0) {
        CALL(&seen, write, &request, 1);
        TURN_UNTIL(seen.size >= 5 && memcmp(seen.data + seen.size - 5, "hello", 5) == 0);
    }
    close_stream(&seen);
    return result;
}

static void client_until(int version, bool no_tickets, struct ends ends) {
    struct chain chain = chain_make("DNS:good.test", ends);
    bool resumed, ends_soon = memcmp(&ends, &none_ends, sizeof ends) != 0;
    open_engine(0);
    struct tls_peer *peer = tls_peer_start(&(struct tls_peer_plan){.chain_pem = chain.pem,
                                                                   .key_pem = chain.leaf.key_pem,
                                                                   .version_max = version,
                                                                   .no_tickets = no_tickets});
    struct hr_tls_context *context =
        client_with(&(struct hr_tls_options){.ca_pem = hr_slice_of(chain.authority.pem)});
    struct hr_tls_sessions sessions = {0};
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(visit_once(context, tls_peer_port(peer), "good.test", &sessions, &resumed), 0);
        cr_assert_eq(resumed, i > 0);
    }
    shifted_clock_set(900);
    turn_until_quiet();
    int result = visit_once(context, tls_peer_port(peer), "good.test", &sessions, &resumed);
    cr_assert_eq(result, ends_soon ? HR_ERR_TLS_CERTIFICATE : 0);
    cr_assert_eq(resumed, !ends_soon);
    shifted_clock_set(0);
    hr__tls_sessions_clear(&sessions);
    hr__tls_context_free(context);
    tls_peer_stop(peer, NULL);
    turn_until_quiet();
    close_engine();
    chain_free(&chain);
}

Test(tls_sessions, of_a_client_end_with_the_server_s_chain, .timeout = 60) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    shifted_clock_use();
    for (size_t i = 0; i < 4; i++) {
        struct ends ends = i < 3 ? first_ends[i] : none_ends;
        client_until(TLS1_3_VERSION, false, ends);
        client_until(TLS1_2_VERSION, false, ends);
        client_until(TLS1_2_VERSION, true, ends);
    }
}

/* ---- Settings of a client that are others than before. */

Test(tls_sessions, of_other_settings_or_another_name_are_not_offered, .timeout = 60) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    struct chain chain = chain_make("DNS:good.test,DNS:other.test", none_ends);
    struct tls_cert stranger =
        tls_cert_make(&(struct tls_cert_plan){.common_name = "stranger", .ca = true});
    char *pin = tls_cert_pin(&stranger);
    struct hr_slice trusted = hr_slice_of(chain.authority.pem);
    const struct {
        struct hr_tls_options options;
        const char *host;
        int result;
    } others[] = {
        {{.ca_pem = trusted}, "good.test", 0},
        {{.ca_pem = trusted}, "other.test", 0},
        {{.ca_pem = trusted}, "wrong.test", HR_ERR_TLS_CERTIFICATE},
        {{.ca_pem = hr_slice_of(stranger.pem)}, "good.test", HR_ERR_TLS_CERTIFICATE},
        {{.ca_pem = trusted, .pinned_keys = pin}, "good.test", HR_ERR_TLS_PIN},
        {{.ca_pem = trusted, .server_name = "wrong.test"}, "good.test", HR_ERR_TLS_CERTIFICATE},
        {{.insecure = true}, "wrong.test", 0},
    };
    open_engine(0);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        struct tls_peer *peer = tls_peer_start(&(struct tls_peer_plan){
            .chain_pem = chain.pem, .key_pem = chain.leaf.key_pem, .version_max = version});
        uint16_t port = tls_peer_port(peer);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            bool resumed;
            struct hr_tls_sessions sessions = {0};
            struct hr_tls_context *insecure =
                client_with(&(struct hr_tls_options){.insecure = true});
            struct hr_tls_context *other = client_with(&others[i].options);
            cr_assert_eq(visit_once(insecure, port, "good.test", &sessions, &resumed), 0);
            cr_assert_eq(visit_once(insecure, port, "good.test", &sessions, &resumed), 0);
            cr_assert(resumed);
            cr_assert_eq(visit_once(other, port, others[i].host, &sessions, &resumed),
                         others[i].result, "%zu", i);
            cr_assert(!resumed, "%zu", i);
            /* And back: what was verified less is no more there either. */
            visit_once(insecure, port, "good.test", &sessions, &resumed);
            cr_assert(!resumed, "%zu", i);
            hr__tls_sessions_clear(&sessions);
            hr__tls_context_free(insecure);
            hr__tls_context_free(other);
        }
        tls_peer_stop(peer, NULL);
    }
    turn_until_quiet();
    close_engine();
    free(pin);
    tls_cert_deinit(&stranger);
    chain_free(&chain);
}

/* ---- A server that demands certificates, against OpenSSL's client. */

struct caller {
    pthread_t thread;
    SSL_CTX *context;
    SSL_SESSION *session; /* the newest; offered */
    int fd;
    bool admitted, resumed, done;
};

static int keep_session(SSL *ssl, SSL_SESSION *session) {
    struct caller *caller = SSL_get_app_data(ssl);
    SSL_SESSION_free(caller->session);
    caller->session = session;
    return 1;
}

static void *call(void *user) {
    struct caller *caller = user;
    char answer[16];
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE); /* a server that does not admit it closes */
    pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
    SSL *ssl = SSL_new(caller->context);
    SSL_set_app_data(ssl, caller);
    SSL_set_fd(ssl, caller->fd);
    if (caller->session) SSL_set_session(ssl, caller->session);
    caller->admitted = SSL_connect(ssl) == 1 && SSL_write(ssl, "x", 1) == 1 &&
                       SSL_read(ssl, answer, sizeof answer) > 0;
    caller->resumed = SSL_session_reused(ssl) == 1;
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(caller->fd);
    ERR_clear_error();
    OPENSSL_thread_stop();
    __atomic_store_n(&caller->done, true, __ATOMIC_RELEASE);
    return NULL;
}

/* One connection: a byte each way. */
static void admit(struct hr_tls_context *context, struct caller *caller) {
    static const struct iovec answer = {(void *)"y", 1};
    int fds[2];
    struct seen seen;
    struct hr_stream *below;
    bool answered = false;
    seen_init(&seen, 16);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    cr_assert_eq(hr__tcp_adopt(reactor, fds[0], NULL, NULL, &below), 0);
    cr_assert_eq(hr__tls_accept(context, below, &seen_events, &seen, &seen.stream), 0);
    CALL(&seen, connect, NULL, 0);
    caller->fd = fds[1];
    caller->done = false;
    cr_assert_eq(pthread_create(&caller->thread, NULL, call, caller), 0);
    while (!__atomic_load_n(&caller->done, __ATOMIC_ACQUIRE)) {
        hr_engine_poll(engine, 5);
        if (seen.stream && seen.connects && seen.connect_result) close_stream(&seen);
        if (seen.size == 0 || answered) continue;
        CALL(&seen, write, &answer, 1);
        answered = true;
    }
    pthread_join(caller->thread, NULL);
    if (seen.stream) close_stream(&seen);
}

static SSL_CTX *caller_context(const struct chain *shown, int version) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    STACK_OF(X509) *above = sk_X509_new_null();
    sk_X509_push(above, shown->middle.certificate);
    cr_assert_eq(
        SSL_CTX_use_cert_and_key(context, shown->leaf.certificate, shown->leaf.key, above, 1), 1);
    sk_X509_free(above);
    return context;
}

static void server_until(int version, struct ends ends) {
    struct chain chain = chain_make(NULL, ends);
    bool ends_soon = memcmp(&ends, &none_ends, sizeof ends) != 0;
    open_engine(0);
    make_certificates();
    char *certificate = tls_file("leaf.pem", test_leaf.pem);
    char *key = tls_file("leaf.key", test_leaf.key_pem);
    char *anchors = tls_file("anchors.pem", chain.authority.pem);
    struct hr_tls_context *context = server_with(&(struct hr_tls_server_options){
        .certificate_file = certificate, .key_file = key, .client_ca_file = anchors});
    struct caller caller = {.context = caller_context(&chain, version)};
    for (int i = 0; i < 4; i++) {
        admit(context, &caller);
        cr_assert(caller.admitted);
        cr_assert_eq(caller.resumed, i > 0);
    }
    shifted_clock_set(900);
    turn_until_quiet();
    admit(context, &caller);
    cr_assert_eq(caller.admitted, !ends_soon, "version %x", version);
    cr_assert_eq(caller.resumed, !ends_soon);
    shifted_clock_set(8 * DAY); /* what comes of one verification is renewed for seven */
    turn_until_quiet();
    admit(context, &caller);
    cr_assert_eq(caller.admitted, !ends_soon);
    cr_assert(!caller.resumed);
    shifted_clock_set(0);
    SSL_SESSION_free(caller.session);
    SSL_CTX_free(caller.context);
    hr__tls_context_free(context);
    tls_cert_deinit(&test_leaf);
    tls_cert_deinit(&test_ca);
    turn_until_quiet();
    close_engine();
    free(certificate);
    free(key);
    free(anchors);
    chain_free(&chain);
}

Test(tls_sessions, of_a_server_end_with_the_client_s_chain, .timeout = 60) {
    NEEDS_KERNEL("a client of OpenSSL's own");
    shifted_clock_use();
    for (size_t i = 0; i < 4; i++) {
        struct ends ends = i < 3 ? first_ends[i] : none_ends;
        server_until(TLS1_3_VERSION, ends);
        server_until(TLS1_2_VERSION, ends);
    }
}

/* ---- A certificate's end. */

Test(tls_sessions, until_the_first_end) {
    struct chain chain = chain_make(NULL, (struct ends){3 * DAY, 2 * DAY, 4 * DAY});
    STACK_OF(X509) *all = sk_X509_new_null();
    int64_t now_s = time(NULL);
    cr_assert_eq(hr__tls_sessions_hold_until(NULL, now_s), now_s + 7 * DAY);
    cr_assert_eq(hr__tls_sessions_hold_until(all, now_s), now_s + 7 * DAY);
    sk_X509_push(all, chain.leaf.certificate);
    cr_assert_leq(hr__tls_sessions_hold_until(all, now_s), now_s + 4 * DAY);
    cr_assert_geq(hr__tls_sessions_hold_until(all, now_s), now_s + 4 * DAY - 60);
    sk_X509_push(all, chain.middle.certificate);
    sk_X509_push(all, chain.authority.certificate);
    cr_assert_leq(hr__tls_sessions_hold_until(all, now_s), now_s + 2 * DAY);
    sk_X509_free(all);
    chain_free(&chain);
}
