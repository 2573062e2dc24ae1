/* The TLS filter of a client against OpenSSL's own server, over loopback TCP. */
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>

#include "tls_fixture.h"
#include "tls_peer.h"

/* One connection: from dialling to its end. */
struct visit {
    struct seen seen;
    struct hr_slice host;
    struct hr_tls_sessions *sessions;
    struct hr_tls_info info;
};

static const char request_text[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/* ---- Connecting by TCP, then by TLS. */

static void tcp_connected(struct hr_stream *below, int result) {
    struct visit *visit = below->owner;
    cr_assert_eq(result, 0);
    cr_assert_eq(hr__tls_connect(client_context, below, visit->host, visit->sessions, &seen_events,
                                 &visit->seen, &visit->seen.stream),
                 0);
    CALL(&visit->seen, connect, NULL, 0);
}

static void tcp_closed(struct hr_stream *below) {
    ((struct visit *)below->owner)->seen.closes++;
}

static const struct hr_stream_events tcp_events = {.on_connected = tcp_connected,
                                                   .on_closed = tcp_closed};

static void dial(struct visit *visit, uint16_t port, const char *host, size_t capacity) {
    seen_init(&visit->seen, capacity);
    visit->host = hr_slice_of(host);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    cr_assert_eq(hr__tcp_new(reactor, &tcp_events, visit, &visit->seen.stream), 0);
    visit->seen.stream->vtable->connect(visit->seen.stream, (struct sockaddr *)&address,
                                        sizeof address);
    TURN_UNTIL(visit->seen.connects == 1);
    hr__tls_info(visit->seen.stream, &visit->info);
}

static void ask(struct visit *visit) {
    static const struct iovec iov = {(void *)request_text, sizeof request_text - 1};
    visit->seen.writes = 0;
    CALL(&visit->seen, write, &iov, 1);
}

static bool ends_with_hello(const struct seen *seen) {
    return seen->size >= 5 && memcmp(seen->data + seen->size - 5, "hello", 5) == 0;
}

static void get_hello(struct visit *visit) {
    visit->seen.size = 0;
    ask(visit);
    TURN_UNTIL(ends_with_hello(&visit->seen));
}

/* ---- A server and a client for one test. */

static struct tls_peer *peer;
static struct tls_peer_seen peer_saw;

static struct tls_peer_plan plan_of_leaf(void) {
    return (struct tls_peer_plan){.chain_pem = test_leaf.pem, .key_pem = test_leaf.key_pem};
}

static void begin(struct hr_tls_options options) {
    open_engine(0);
    make_certificates();
    if (!options.ca_pem.data && !options.ca_file && !options.ca_directory)
        options.ca_pem = hr_slice_of(test_ca.pem);
    client_context = client_with(&options);
}

static void begin_with(struct hr_tls_options options, struct tls_peer_plan plan) {
    begin(options);
    if (!plan.chain_pem) {
        plan.chain_pem = test_leaf.pem;
        plan.key_pem = test_leaf.key_pem;
    }
    peer = tls_peer_start(&plan);
    cr_assert(peer);
}

static void end(void) {
    tls_peer_stop(peer, &peer_saw);
    hr__tls_context_free(client_context);
    tls_cert_deinit(&test_leaf);
    tls_cert_deinit(&test_ca);
    turn_until_quiet();
    close_engine();
}

static void expect_success(struct hr_tls_options options, struct tls_peer_plan plan,
                           const char *host) {
    struct visit visit = {0};
    begin_with(options, plan);
    dial(&visit, tls_peer_port(peer), host, 4096);
    cr_assert_eq(visit.seen.connect_result, 0, "%s", visit.seen.reason);
    get_hello(&visit);
    close_stream(&visit.seen);
    end();
}

static void expect_failure(struct hr_tls_options options, struct tls_peer_plan plan,
                           const char *host, int code, const char *reason) {
    struct visit visit = {0};
    begin_with(options, plan);
    dial(&visit, tls_peer_port(peer), host, 4096);
    cr_assert_eq(visit.seen.connect_result, code, "%s: %s",
                 hr_error_name(visit.seen.connect_result), visit.seen.reason);
    cr_assert(strstr(visit.seen.reason, reason), "%s", visit.seen.reason);
    close_stream(&visit.seen);
    end();
    cr_assert_eq(peer_saw.application_bytes, 0);
}

/* ---- What is accepted. */

Test(tls_client, names_and_addresses) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    expect_success((struct hr_tls_options){0}, (struct tls_peer_plan){0}, "good.test");
    cr_assert_str_eq(peer_saw.sni, "good.test");
    expect_success((struct hr_tls_options){0}, (struct tls_peer_plan){0}, "GOOD.test.");
    cr_assert_str_eq(peer_saw.sni, "GOOD.test", "without the final dot");
    expect_success((struct hr_tls_options){0}, (struct tls_peer_plan){0}, "127.0.0.1");
    cr_assert(!peer_saw.sni_sent, "addresses are not sent");
    expect_success((struct hr_tls_options){.server_name = "good.test"}, (struct tls_peer_plan){0},
                   "another.test");
    cr_assert_str_eq(peer_saw.sni, "good.test");
    expect_failure((struct hr_tls_options){0}, (struct tls_peer_plan){0}, "wrong.test",
                   HR_ERR_TLS_CERTIFICATE,
                   "it is not for this name, but for DNS:good.test, IP:127.0.0.1: use such a name");
    expect_failure((struct hr_tls_options){0}, (struct tls_peer_plan){0}, "127.0.0.2",
                   HR_ERR_TLS_CERTIFICATE,
                   "it is not for this address, but for DNS:good.test, IP:127.0.0.1: use such");
    expect_failure((struct hr_tls_options){0}, (struct tls_peer_plan){0}, "a.good.test",
                   HR_ERR_TLS_CERTIFICATE, "it is not for this name, but for DNS:");
}

/* To OpenSSL ".test" is every name below it: a certificate of somebody else would do. */
Test(tls_client, hosts_that_are_no_names_are_refused) {
    NEEDS_KERNEL("sockets of its own");
    static const struct hr_slice hosts[] = {
        {.data = "", .size = 0},
        {.data = ".", .size = 1},
        {.data = ".test", .size = 5},
        {.data = ".good.test", .size = 10},
        {.data = "good.test\0.x", .size = 12},
    };
    begin((struct hr_tls_options){0});
    int fds[2];
    struct seen seen;
    struct hr_stream *below, *made = NULL;
    seen_init(&seen, 1);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    cr_assert_eq(hr__tcp_adopt(reactor, fds[0], &seen_events, &seen, &below), 0);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        cr_assert_eq(
            hr__tls_connect(client_context, below, hosts[i], NULL, &seen_events, &seen, &made),
            -EINVAL, "host %zu", i);
    seen.stream = below;
    close_stream(&seen);
    close(fds[1]);
    hr__tls_context_free(client_context);
    tls_cert_deinit(&test_leaf);
    tls_cert_deinit(&test_ca);
    close_engine();
}

static void with_leaf(const struct tls_cert_plan *cert_plan, struct hr_tls_options options,
                      const char *host, int code, const char *reason) {
    struct tls_cert ca =
        tls_cert_make(&(struct tls_cert_plan){.common_name = "own CA", .ca = true});
    struct tls_cert_plan plan = *cert_plan;
    if (!plan.ca) plan.issuer = &ca;
    plan.ca = false;
    struct tls_cert leaf = tls_cert_make(&plan);
    struct tls_peer_plan served = {.chain_pem = leaf.pem, .key_pem = leaf.key_pem};
    options.ca_pem = hr_slice_of(ca.pem);
    if (code)
        expect_failure(options, served, host, code, reason);
    else
        expect_success(options, served, host);
    tls_cert_deinit(&leaf);
    tls_cert_deinit(&ca);
}

Test(tls_client, certificates) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    struct hr_tls_options none = {0};
    with_leaf(&(struct tls_cert_plan){.common_name = "l", .alt_names = "DNS:*.wild.test"}, none,
              "a.wild.test", 0, NULL);
    with_leaf(&(struct tls_cert_plan){.common_name = "l", .alt_names = "DNS:*.wild.test"}, none,
              "a.b.wild.test", HR_ERR_TLS_CERTIFICATE, "it is not for this name, but for DNS:");
    with_leaf(&(struct tls_cert_plan){.common_name = "l", .alt_names = "DNS:*.wild.test"}, none,
              "a_b.wild.test", 0, NULL);
    with_leaf(&(struct tls_cert_plan){.common_name = "l", .alt_names = "DNS:*.wi_ld.test"}, none,
              "a.wi_ld.test", 0, NULL);
    with_leaf(&(struct tls_cert_plan){.common_name = "l", .alt_names = "DNS:a_b.wild.test"}, none,
              "a_b.wild.test.", 0, NULL);
    with_leaf(&(struct tls_cert_plan){.common_name = "l", .alt_names = "DNS:*.wild.test"}, none,
              "a_b.c.wild.test", HR_ERR_TLS_CERTIFICATE, "it is not for this name");
    with_leaf(&(struct tls_cert_plan){.common_name = "l", .alt_names = "DNS:127.0.0.1"}, none,
              "127.0.0.1", HR_ERR_TLS_CERTIFICATE,
              "it is not for this address, but for DNS:127.0.0.1: an address has to be one of");
    with_leaf(&(struct tls_cert_plan){.common_name = "l", .alt_names = "DNS:f*.wild.test"}, none,
              "foo.wild.test", HR_ERR_TLS_CERTIFICATE, "it is not for this name, but for DNS:");
    with_leaf(&(struct tls_cert_plan){.common_name = "cn.test"}, none, "cn.test",
              HR_ERR_TLS_CERTIFICATE, "common name");
    with_leaf(&(struct tls_cert_plan){.common_name = "l", .alt_names = "IP:::1"}, none, "::1", 0,
              NULL);
    with_leaf(
        &(struct tls_cert_plan){
            .common_name = "l", .alt_names = "DNS:a.test", .begins_s = -7200, .ends_s = -3600},
        none, "a.test", HR_ERR_TLS_CERTIFICATE, "expired (depth 0, CN=l): it has to be renewed");
    with_leaf(
        &(struct tls_cert_plan){
            .common_name = "l", .alt_names = "DNS:a.test", .begins_s = 3600, .ends_s = 7200},
        none, "a.test", HR_ERR_TLS_CERTIFICATE, "not yet valid");
    /* Self-signed (`ca` stands for that here). */
    with_leaf(&(struct tls_cert_plan){.common_name = "l", .alt_names = "DNS:a.test", .ca = true},
              none, "a.test", HR_ERR_TLS_CERTIFICATE, "ca_file");
    with_leaf(&(struct tls_cert_plan){.common_name = "l", .ca = true},
              (struct hr_tls_options){.insecure = true}, "a.test", 0, NULL);
}

Test(tls_client, control_characters_of_a_certificate_are_not_repeated) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    with_leaf(&(struct tls_cert_plan){.common_name = "evil\x1b[31m\nline", .ca = true},
              (struct hr_tls_options){0}, "a.test", HR_ERR_TLS_CERTIFICATE, "CN=evil\\1B");
}

Test(tls_client, pinned_keys) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    begin((struct hr_tls_options){0});
    char *pin = tls_cert_pin(&test_leaf), *other = tls_cert_pin(&test_ca), both[256];
    snprintf(both, sizeof both, "%s;%s", other, pin);
    struct tls_cert ca = test_ca, leaf = test_leaf;
    hr__tls_context_free(client_context);
    const struct {
        const char *pins;
        bool insecure;
        int result;
    } cases[] = {{pin, false, 0},
                 {both, false, 0},
                 {other, false, HR_ERR_TLS_PIN},
                 {other, true, HR_ERR_TLS_PIN},
                 {pin, true, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct visit visit = {0};
        struct tls_peer_plan plan = plan_of_leaf();
        client_context = client_with(&(struct hr_tls_options){.ca_pem = hr_slice_of(ca.pem),
                                                              .pinned_keys = cases[i].pins,
                                                              .insecure = cases[i].insecure});
        peer = tls_peer_start(&plan);
        dial(&visit, tls_peer_port(peer), "good.test", 4096);
        cr_assert_eq(visit.seen.connect_result, cases[i].result, "case %zu: %s", i,
                     visit.seen.reason);
        if (cases[i].result) cr_assert(strstr(visit.seen.reason, "pinned_keys"));
        close_stream(&visit.seen);
        tls_peer_stop(peer, &peer_saw);
        cr_assert_eq(peer_saw.application_bytes, 0);
        hr__tls_context_free(client_context);
    }
    free(pin);
    free(other);
    tls_cert_deinit(&leaf);
    tls_cert_deinit(&ca);
    close_engine();
}

/* ---- Versions and protocols. */

Test(tls_client, versions) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    expect_success((struct hr_tls_options){0},
                   (struct tls_peer_plan){.version_max = TLS1_2_VERSION}, "good.test");
    expect_success((struct hr_tls_options){.version_max = HR_TLS_1_2}, (struct tls_peer_plan){0},
                   "good.test");
    expect_failure((struct hr_tls_options){.version_min = HR_TLS_1_3},
                   (struct tls_peer_plan){.version_max = TLS1_2_VERSION}, "good.test",
                   HR_ERR_TLS_HANDSHAKE, "version");
    expect_failure(
        (struct hr_tls_options){0},
        (struct tls_peer_plan){.version_min = TLS1_VERSION, .version_max = TLS1_1_VERSION},
        "good.test", HR_ERR_TLS_HANDSHAKE, "version");
}

Test(tls_client, alpn) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    expect_success((struct hr_tls_options){0}, (struct tls_peer_plan){.alpn = "http/1.1"},
                   "good.test");
    expect_success((struct hr_tls_options){0}, (struct tls_peer_plan){.alpn = "h2"}, "good.test");
    expect_failure((struct hr_tls_options){0},
                   (struct tls_peer_plan){.alpn = "h2", .alpn_forced = true}, "good.test",
                   HR_ERR_TLS_HANDSHAKE, ""); /* found by OpenSSL itself in later patches of 3.0 */
}

Test(tls_client, says_what_was_agreed_upon) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    struct visit visit = {0};
    begin_with(
        (struct hr_tls_options){.cipher_suites = "TLS_CHACHA20_POLY1305_SHA256", .groups = "P-256"},
        (struct tls_peer_plan){.alpn = "http/1.1"});
    dial(&visit, tls_peer_port(peer), "good.test", 4096);
    cr_assert_str_eq(visit.info.version, "TLSv1.3");
    cr_assert_str_eq(visit.info.cipher, "TLS_CHACHA20_POLY1305_SHA256");
    cr_assert_str_eq(visit.info.alpn, "http/1.1");
    cr_assert(!visit.info.resumed);
    close_stream(&visit.seen);
    end();
}

Test(tls_client, key_update_is_answered) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    struct visit visit = {0};
    begin_with((struct hr_tls_options){0}, (struct tls_peer_plan){.updates_keys = true});
    dial(&visit, tls_peer_port(peer), "good.test", 4096);
    for (int i = 0; i < 3; i++) get_hello(&visit);
    close_stream(&visit.seen);
    end();
}

Test(tls_client, renegotiation_is_refused) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    struct visit visit = {0};
    begin_with((struct hr_tls_options){0},
               (struct tls_peer_plan){.version_max = TLS1_2_VERSION, .renegotiates = true});
    dial(&visit, tls_peer_port(peer), "good.test", 4096);
    ask(&visit);
    TURN_UNTIL(visit.seen.ends == 1);
    cr_assert_lt(visit.seen.end_result, 0, "OpenSSL's server gives up when it is refused");
    cr_assert(strstr(visit.seen.reason, "it wanted to renegotiate"), "%s", visit.seen.reason);
    cr_assert(!strstr(visit.seen.reason, "it may want"), "%s", visit.seen.reason);
    close_stream(&visit.seen);
    end();
}

/* ---- Bytes. */

static void fetch(struct tls_peer_plan plan, size_t direct_piece, size_t take_max) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    struct visit visit = {0};
    size_t wanted = plan.body_size;
    begin_with((struct hr_tls_options){0}, plan);
    dial(&visit, tls_peer_port(peer), "good.test", wanted + 4096);
    visit.seen.direct_piece = direct_piece;
    visit.seen.take_max = take_max;
    ask(&visit);
    char *body = NULL;
    for (int turns = 0;; turns++) {
        cr_assert_lt(turns, 400000, "%zu bytes", visit.seen.size);
        hr_engine_poll(engine, 5);
        if (take_max) CALL(&visit.seen, read_lent);
        if (!body && (body = memmem(visit.seen.data, visit.seen.size, "\r\n\r\n", 4))) body += 4;
        if (body && (size_t)(visit.seen.data + visit.seen.size - body) >= wanted) break;
    }
    for (size_t i = 0; i < wanted; i++)
        cr_assert_eq(body[i], tls_peer_byte(i), "byte %zu differs", i);
    close_stream(&visit.seen);
    end();
}

Test(tls_client, large_body) {
    fetch((struct tls_peer_plan){.body_size = 5000000}, 0, 0);
}

Test(tls_client, large_body_directly) {
    fetch((struct tls_peer_plan){.body_size = 5000000}, 1 << 20, 0);
}

Test(tls_client, large_body_of_1_2_directly_in_odd_pieces) {
    fetch((struct tls_peer_plan){.body_size = 3000000, .version_max = TLS1_2_VERSION}, 100003, 0);
}

Test(tls_client, small_records_taken_in_parts) {
    fetch((struct tls_peer_plan){.body_size = 100000, .record_size = 512}, 0, 100);
}

Test(tls_client, one_byte_at_a_time) {
    fetch((struct tls_peer_plan){.body_size = 3000, .fragment = 1}, 0, 0);
}

Test(tls_client, one_byte_at_a_time_of_1_2) {
    fetch(
        (struct tls_peer_plan){
            .body_size = 3000, .fragment = 1, .version_max = TLS1_2_VERSION, .alpn = "http/1.1"},
        0, 0);
}

/* ---- Ends. */

static void end_as(enum tls_peer_close close, int result) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    struct visit visit = {0};
    begin_with((struct hr_tls_options){0},
               (struct tls_peer_plan){.until_end = true, .close = close});
    dial(&visit, tls_peer_port(peer), "good.test", 4096);
    ask(&visit);
    TURN_UNTIL(visit.seen.ends == 1);
    cr_assert(close == TLS_PEER_RESETS || ends_with_hello(&visit.seen));
    cr_assert_eq(visit.seen.end_result, result, "%s", hr_error_name(visit.seen.end_result));
    close_stream(&visit.seen);
    end();
}

Test(tls_client, orderly_end) {
    end_as(TLS_PEER_NOTIFIES, 0);
}

Test(tls_client, truncation) {
    end_as(TLS_PEER_TRUNCATES, HR_ERR_TLS_TRUNCATED);
}

Test(tls_client, reset) {
    end_as(TLS_PEER_RESETS, -ECONNRESET);
}

Test(tls_client, end_is_held_back_while_paused) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    struct visit visit = {0};
    begin_with((struct hr_tls_options){0}, (struct tls_peer_plan){.until_end = true});
    dial(&visit, tls_peer_port(peer), "good.test", 4096);
    visit.seen.pause_on_lent = true;
    ask(&visit);
    TURN_UNTIL(visit.seen.size > 0);
    turn_until_quiet();
    cr_assert_eq(visit.seen.ends, 0);
    while (visit.seen.ends == 0) {
        CALL(&visit.seen, read_lent);
        turn_until_quiet();
    }
    cr_assert(ends_with_hello(&visit.seen));
    cr_assert_eq(visit.seen.end_result, 0);
    close_stream(&visit.seen);
    end();
}

/* ---- Resumption. */

static void resume(int version, bool no_tickets, bool no_resumption, unsigned wanted) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    struct hr_tls_sessions sessions = {0};
    begin_with((struct hr_tls_options){.no_resumption = no_resumption},
               (struct tls_peer_plan){.version_max = version, .no_tickets = no_tickets});
    unsigned resumed = 0;
    for (int i = 0; i < 5; i++) {
        struct visit visit = {.sessions = &sessions};
        dial(&visit, tls_peer_port(peer), "good.test", 4096);
        cr_assert_eq(visit.seen.connect_result, 0, "%s", visit.seen.reason);
        resumed += visit.info.resumed;
        get_hello(&visit);
        close_stream(&visit.seen);
    }
    hr__tls_sessions_clear(&sessions);
    end();
    cr_assert_eq(resumed, wanted);
    cr_assert_eq(peer_saw.resumed, wanted);
    cr_assert_eq(peer_saw.handshakes, 5);
}

Test(tls_client, resumes_1_3) {
    resume(TLS1_3_VERSION, false, false, 4);
}

Test(tls_client, resumes_1_2_with_tickets) {
    resume(TLS1_2_VERSION, false, false, 4);
}

Test(tls_client, resumes_1_2_by_session_number) {
    resume(TLS1_2_VERSION, true, false, 4);
}

Test(tls_client, does_not_resume_where_that_is_off) {
    resume(TLS1_3_VERSION, false, true, 0);
}

Test(tls_client, tickets_of_1_3_are_used_once) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    struct hr_tls_sessions sessions = {0};
    begin_with((struct hr_tls_options){0}, (struct tls_peer_plan){0});
    struct visit first = {.sessions = &sessions};
    dial(&first, tls_peer_port(peer), "good.test", 4096);
    get_hello(&first);
    close_stream(&first.seen);
    unsigned held = sessions.count;
    cr_assert_eq(held, 2, "OpenSSL's server gives two");
    struct visit second = {.sessions = &sessions};
    dial(&second, tls_peer_port(peer), "good.test", 4096);
    cr_assert_eq(sessions.count, held - 1);
    cr_assert(second.info.resumed);
    close_stream(&second.seen);
    hr__tls_sessions_clear(&sessions);
    end();
}

/* A session ends with the certificates that vouched for it: a resumed handshake shows none. */
static void sessions_end_with(long leaf_ends_s, long ca_ends_s, long at_most_s) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    open_engine(0);
    test_ca = tls_cert_make(&(struct tls_cert_plan){
        .common_name = "test CA", .ca = true, .begins_s = -60, .ends_s = ca_ends_s});
    test_leaf = tls_cert_make(&(struct tls_cert_plan){.common_name = "leaf",
                                                      .alt_names = "DNS:good.test",
                                                      .issuer = &test_ca,
                                                      .begins_s = -60,
                                                      .ends_s = leaf_ends_s});
    client_context = client_with(&(struct hr_tls_options){.ca_pem = hr_slice_of(test_ca.pem)});
    struct tls_peer_plan plan = plan_of_leaf();
    peer = tls_peer_start(&plan);
    struct hr_tls_sessions sessions = {0};
    struct visit visit = {.sessions = &sessions};
    dial(&visit, tls_peer_port(peer), "good.test", 4096);
    get_hello(&visit);
    close_stream(&visit.seen);
    cr_assert_gt(sessions.count, 0);
    for (unsigned i = 0; i < sessions.count; i++) {
        long left_s = (long)(sessions.until_s[i] - time(NULL));
        cr_assert(left_s > at_most_s / 2 && left_s <= at_most_s, "%ld s", left_s);
    }
    hr__tls_sessions_clear(&sessions);
    end();
}

Test(tls_client, a_session_ends_with_the_certificate) {
    sessions_end_with(600, 86400, 600);
}

Test(tls_client, a_session_ends_with_the_certificate_of_the_ca) {
    sessions_end_with(86400, 500, 500);
}

Test(tls_client, all_that_come_of_one_verification_end_after_seven_days) {
    sessions_end_with(8640000, 8640000, 7 * 86400);
}

/* ---- Client certificates. */

Test(tls_client, shows_its_certificate_and_takes_a_changed_one) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    open_engine(0);
    make_certificates();
    struct tls_cert old =
        tls_cert_make(&(struct tls_cert_plan){.common_name = "old client", .issuer = &test_ca});
    struct tls_cert next =
        tls_cert_make(&(struct tls_cert_plan){.common_name = "next client", .issuer = &test_ca});
    char *certificate = tls_file("client.pem", old.pem), *key = tls_file("client.key", old.key_pem);
    struct tls_peer_plan plan = plan_of_leaf();
    plan.wants_client_certificate = true;
    peer = tls_peer_start(&plan);
    client_context = client_with(&(struct hr_tls_options){
        .ca_pem = hr_slice_of(test_ca.pem), .certificate_file = certificate, .key_file = key});
    struct hr_tls_sessions sessions = {0};
    struct visit visit = {.sessions = &sessions};
    dial(&visit, tls_peer_port(peer), "good.test", 4096);
    get_hello(&visit);
    close_stream(&visit.seen);
    tls_peer_stop(peer, &peer_saw);
    cr_assert(strstr(peer_saw.client_subject, "old client"), "%s", peer_saw.client_subject);
    SSL_SESSION *old_session = sessions.list[0];
    cr_assert(SSL_SESSION_up_ref(old_session));

    free(tls_file("client.pem", next.pem));
    free(tls_file("client.key", next.key_pem));
    for (int tries = 0;; tries++) { /* the files are looked at once a second */
        cr_assert_lt(tries, 1000);
        peer = tls_peer_start(&plan);
        visit = (struct visit){0};
        dial(&visit, tls_peer_port(peer), "good.test", 4096);
        get_hello(&visit);
        close_stream(&visit.seen);
        tls_peer_stop(peer, &peer_saw);
        if (strstr(peer_saw.client_subject, "next client")) break;
    }
    peer = tls_peer_start(&plan);
    visit = (struct visit){.sessions = &sessions};
    dial(&visit, tls_peer_port(peer), "good.test", 4096);
    for (unsigned i = 0; i < sessions.count; i++)
        cr_assert_neq(sessions.list[i], old_session, "a session of the old certificate is kept");
    get_hello(&visit);
    close_stream(&visit.seen);
    tls_peer_stop(peer, &peer_saw);
    cr_assert_gt(sessions.count, 0);
    SSL_SESSION_free(old_session);
    hr__tls_sessions_clear(&sessions);
    hr__tls_context_free(client_context);
    free(certificate);
    free(key);
    tls_cert_deinit(&old);
    tls_cert_deinit(&next);
    tls_cert_deinit(&test_leaf);
    tls_cert_deinit(&test_ca);
    close_engine();
}

Test(tls_client, missing_client_certificate_is_named) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    struct visit visit = {0};
    begin_with((struct hr_tls_options){0},
               (struct tls_peer_plan){.wants_client_certificate = true});
    dial(&visit, tls_peer_port(peer), "good.test", 4096);
    cr_assert_eq(visit.seen.connect_result, 0, "a TLS 1.3 client has finished by then");
    TURN_UNTIL(visit.seen.ends == 1);
    cr_assert_eq(visit.seen.end_result, HR_ERR_TLS_PROTOCOL);
    cr_assert(strstr(visit.seen.reason, "\"certificate required\": give certificate_file"), "%s",
              visit.seen.reason);
    close_stream(&visit.seen);
    end();
}

/* ---- Servers that speak something else. */

static void raw_server(const char *text, size_t size, int code, const char *reason) {
    NEEDS_KERNEL("a raw peer");
    struct visit visit = {0};
    begin((struct hr_tls_options){0});
    int fds[2];
    struct hr_stream *below;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    cr_assert_eq(hr__tcp_adopt(reactor, fds[0], NULL, NULL, &below), 0);
    seen_init(&visit.seen, 100);
    cr_assert_eq(hr__tls_connect(client_context, below, hr_slice_of("good.test"), NULL,
                                 &seen_events, &visit.seen, &visit.seen.stream),
                 0);
    CALL(&visit.seen, connect, NULL, 0);
    cr_assert_eq(send(fds[1], text, size, 0), (ssize_t)size);
    cr_assert_eq(shutdown(fds[1], SHUT_WR), 0);
    TURN_UNTIL(visit.seen.connects == 1);
    cr_assert_eq(visit.seen.connect_result, code, "%s", hr_error_name(visit.seen.connect_result));
    cr_assert(strstr(visit.seen.reason, reason), "%s", visit.seen.reason);
    close_stream(&visit.seen);
    close(fds[1]);
    peer = NULL;
    end();
}

Test(tls_client, plain_http_is_named) {
    raw_server("HTTP/1.1 400 Bad Request\r\n\r\n", 28, HR_ERR_TLS_HANDSHAKE, "does not speak TLS");
}

Test(tls_client, end_during_the_handshake_is_named) {
    raw_server("", 0, HR_ERR_TLS_TRUNCATED, "during the handshake");
}

Test(tls_client, alert_is_named) {
    raw_server("\x15\x03\x03\x00\x02\x02\x28", 7, HR_ERR_TLS_HANDSHAKE, "\"handshake failure\"");
}

Test(tls_client, garbage_ends_the_handshake) {
    raw_server("\x16\x03\x03\x00\x05\x02\xff\xff\xff\xff", 10, HR_ERR_TLS_HANDSHAKE, "");
}

/* ---- Options. */

static void expect_refused(struct hr_tls_options options, const char *named) {
    struct hr_error error = {0};
    struct hr_tls_settings *settings;
    cr_assert_eq(hr__tls_settings_new_client(&options, &error, &settings), HR_ERR_TLS_OPTIONS, "%s",
                 named);
    cr_assert(strstr(error.message, named), "%s", error.message);
}

Test(tls_client, unusable_options_are_named) {
    make_certificates();
    char *certificate = tls_file("leaf.pem", test_leaf.pem);
    char *key = tls_file("leaf.key", test_leaf.key_pem),
         *wrong_key = tls_file("ca.key", test_ca.key_pem);
    char *empty = tls_file("empty", "");
    expect_refused((struct hr_tls_options){.ca_file = "/none"},
                   "ca_file /none: No such file or directory");
    expect_refused((struct hr_tls_options){.ca_file = empty}, "no certificate in PEM");
    expect_refused((struct hr_tls_options){.ca_directory = "/none"},
                   "ca_directory /none: No such file or directory");
    expect_refused((struct hr_tls_options){.ca_directory = "/"}, "c_rehash");
    expect_refused((struct hr_tls_options){.ca_pem = hr_slice_of("text")}, "ca_pem");
    expect_refused((struct hr_tls_options){.certificate_file = certificate}, "key_file");
    expect_refused((struct hr_tls_options){.certificate_file = empty, .key_file = key}, "empty");
    expect_refused((struct hr_tls_options){.certificate_file = certificate, .key_file = empty},
                   "empty");
    expect_refused((struct hr_tls_options){.certificate_file = certificate, .key_file = wrong_key},
                   "is not that of the certificate");
    expect_refused((struct hr_tls_options){.pinned_keys = "sha256//AAAA"}, "pinned_keys");
    expect_refused((struct hr_tls_options){.pinned_keys = ""}, "pinned_keys");
    expect_refused((struct hr_tls_options){.server_name = ""}, "server_name");
    expect_refused((struct hr_tls_options){.server_name = ".test"}, "server_name");
    expect_refused((struct hr_tls_options){.ciphers = "NONE"}, "ciphers");
    expect_refused((struct hr_tls_options){.cipher_suites = "NONE"}, "cipher_suites");
    expect_refused((struct hr_tls_options){.groups = "NONE"}, "groups");
    expect_refused((struct hr_tls_options){.version_min = HR_TLS_1_3, .version_max = HR_TLS_1_2},
                   "version_min");
    expect_refused((struct hr_tls_options){.version_min = (enum hr_tls_version)9}, "version_min");
    free(certificate);
    free(key);
    free(wrong_key);
    free(empty);
    tls_cert_deinit(&test_leaf);
    tls_cert_deinit(&test_ca);
}

Test(tls_client, trust_from_files_and_directories) {
    NEEDS_KERNEL("a server of OpenSSL's own");
    struct tls_cert ca =
        tls_cert_make(&(struct tls_cert_plan){.common_name = "own CA", .ca = true});
    struct tls_cert leaf = tls_cert_make(
        &(struct tls_cert_plan){.common_name = "l", .alt_names = "DNS:a.test", .issuer = &ca});
    struct tls_peer_plan served = {.chain_pem = leaf.pem, .key_pem = leaf.key_pem};
    char hash[32];
    snprintf(hash, sizeof hash, "%08lx.0", X509_NAME_hash(X509_get_subject_name(ca.certificate)));
    char *file = tls_file(hash, ca.pem);
    expect_success((struct hr_tls_options){.ca_file = file}, served, "a.test");
    expect_success((struct hr_tls_options){.ca_directory = tls_folder()}, served, "a.test");
    expect_success((struct hr_tls_options){.ca_file = file, .ca_system = true}, served, "a.test");
    setenv("SSL_CERT_FILE", file, 1);
    expect_success((struct hr_tls_options){.ca_pem = hr_slice_of(ca.pem)}, served, "a.test");
    struct hr_tls_options system = {0};
    open_engine(0);
    make_certificates();
    client_context = client_with(&system);
    peer = tls_peer_start(&served);
    struct visit visit = {0};
    dial(&visit, tls_peer_port(peer), "a.test", 4096);
    cr_assert_eq(visit.seen.connect_result, 0, "%s", visit.seen.reason);
    close_stream(&visit.seen);
    end();
    free(file);
    tls_cert_deinit(&leaf);
    tls_cert_deinit(&ca);
}
