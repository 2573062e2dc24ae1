/* TLS streams on an engine that the test's own thread runs: what they tell, and a pair of them. */
#ifndef TEST_TLS_FIXTURE_H
#define TEST_TLS_FIXTURE_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <headrace/engine.h>

#include "needs_kernel.h"
#include "stream.h"
#include "tls_certs.h"
#include "tls_stream.h"

#define PATIENCE_TURNS 2000 /* of at most 5 ms each */

struct seen {
    struct hr_stream *stream;
    char *data;
    size_t size, capacity;
    size_t take_max;     /* of each on_lent; 0: no limit */
    size_t direct_piece; /* go on directly, so much at a time; 0: lent */
    bool read_at_once, pause_on_lent, close_on_lent;
    bool checked; /* the pattern; the bytes are not kept */
    bool calling; /* inside a call on the stream */
    bool closed;
    int connects, connect_result, ends, end_result, writes, write_result, closes, directs, lents;
    char reason[200];
};

static hr_engine *engine;
static struct hr_reactor *reactor;

static inline void open_engine(uint64_t budget_bytes) {
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER, .budget_bytes = budget_bytes};
    struct hr_error error = {0};
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
    reactor = hr__engine_reactor(engine, 0);
}

static inline void close_engine(void) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(engine, &metrics);
    cr_assert_eq(metrics.budget_used_bytes, 0);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

#define TURN_UNTIL(condition)                                                                      \
    do {                                                                                           \
        int turned = 0;                                                                            \
        while (!(condition)) {                                                                     \
            cr_assert_lt(turned++, PATIENCE_TURNS, "never happened: %s", #condition);              \
            hr_engine_poll(engine, 5);                                                             \
        }                                                                                          \
    } while (0)

static inline void turn_until_quiet(void) {
    for (int quiet = 0; quiet < 3;) quiet = hr_engine_poll(engine, 5) > 0 ? 0 : quiet + 1;
}

static inline char pattern(size_t at) {
    return (char)(at * 31 + at / 251);
}

static inline char *pattern_new(size_t size) {
    char *data = malloc(size ? size : 1);
    for (size_t i = 0; i < size; i++) data[i] = pattern(i);
    return data;
}

/* ---- What the streams tell. */

/* Every call on a stream goes through this: nothing may be told from inside. */
#define CALL(whose, method, ...)                                                                   \
    do {                                                                                           \
        struct seen *called = (whose);                                                             \
        bool before = called->calling;                                                             \
        called->calling = true;                                                                    \
        called->stream->vtable->method(called->stream, ##__VA_ARGS__);                             \
        called->calling = before;                                                                  \
    } while (0)

static inline struct seen *told(struct hr_stream *stream) {
    struct seen *seen = stream->owner;
    cr_assert(!seen->calling, "told from inside a call");
    cr_assert(!seen->closed, "told something behind close");
    cr_assert_eq(seen->closes, 0);
    return seen;
}

static inline void ask_again(struct seen *seen) {
    if (seen->direct_piece && seen->size < seen->capacity) {
        size_t left = seen->capacity - seen->size;
        if (left > seen->direct_piece) left = seen->direct_piece;
        CALL(seen, read_direct, seen->data + seen->size, left);
    } else {
        CALL(seen, read_lent);
    }
}

static void saw_connected(struct hr_stream *stream, int result) {
    struct seen *seen = told(stream);
    seen->connects++;
    seen->connect_result = result;
    snprintf(seen->reason, sizeof seen->reason, "%s", hr__tls_reason(stream));
    if (result == 0 && seen->read_at_once) ask_again(seen);
}

static size_t saw_lent(struct hr_stream *stream, const char *data, size_t size) {
    struct seen *seen = told(stream);
    cr_assert_eq(seen->ends, 0, "bytes after the end");
    cr_assert_gt(size, 0);
    seen->lents++;
    if (seen->take_max && size > seen->take_max) size = seen->take_max;
    if (seen->checked) {
        for (size_t i = 0; i < size; i++)
            cr_assert_eq(data[i], pattern(seen->size + i), "byte %zu differs", seen->size + i);
    } else {
        cr_assert_leq(seen->size + size, seen->capacity);
        memcpy(seen->data + seen->size, data, size);
    }
    seen->size += size;
    if (seen->pause_on_lent) CALL(seen, pause);
    if (seen->close_on_lent) {
        CALL(seen, close);
        seen->closed = true;
    }
    return size;
}

static void saw_direct(struct hr_stream *stream, size_t size) {
    struct seen *seen = told(stream);
    cr_assert_gt(size, 0);
    seen->directs++;
    seen->size += size;
    ask_again(seen);
}

static void saw_end(struct hr_stream *stream, int result) {
    struct seen *seen = told(stream);
    seen->ends++;
    seen->end_result = result;
    snprintf(seen->reason, sizeof seen->reason, "%s", hr__tls_reason(stream));
}

static void saw_written(struct hr_stream *stream, int result) {
    struct seen *seen = told(stream);
    seen->writes++;
    seen->write_result = result;
}

static void saw_closed(struct hr_stream *stream) {
    struct seen *seen = stream->owner;
    cr_assert(!seen->calling);
    seen->closes++;
    seen->stream = NULL;
}

static const struct hr_stream_events seen_events = {saw_connected, saw_lent,    saw_direct,
                                                    saw_end,       saw_written, saw_closed};

static inline void seen_init(struct seen *seen, size_t capacity) {
    memset(seen, 0, sizeof *seen);
    seen->capacity = capacity;
    seen->data = malloc(capacity ? capacity : 1);
    seen->read_at_once = true;
}

static inline void close_stream(struct seen *seen) {
    if (!seen->closed) CALL(seen, close);
    seen->closed = true;
    TURN_UNTIL(seen->closes == 1);
    free(seen->data);
}

/* ---- Settings. */

static struct tls_cert test_ca, test_leaf;
static struct hr_tls_context *client_context, *server_context;

static inline struct hr_tls_context *client_with(const struct hr_tls_options *options) {
    struct hr_error error = {0};
    struct hr_tls_settings *settings;
    struct hr_tls_context *context;
    cr_assert_eq(hr__tls_settings_new_client(options, &error, &settings), 0, "%s", error.message);
    cr_assert_eq(hr__tls_context_new(settings, reactor, &context), 0);
    hr__tls_settings_free(settings);
    return context;
}

static inline struct hr_tls_context *server_with(const struct hr_tls_server_options *options) {
    struct hr_error error = {0};
    struct hr_tls_settings *settings;
    struct hr_tls_context *context;
    cr_assert_eq(hr__tls_settings_new_server(options, &error, &settings), 0, "%s", error.message);
    cr_assert_eq(hr__tls_context_new(settings, reactor, &context), 0);
    hr__tls_settings_free(settings);
    return context;
}

static inline void make_certificates(void) {
    test_ca = tls_cert_make(&(struct tls_cert_plan){.common_name = "test CA", .ca = true});
    test_leaf = tls_cert_make(&(struct tls_cert_plan){
        .common_name = "leaf", .alt_names = "DNS:good.test,IP:127.0.0.1", .issuer = &test_ca});
}

/* Zeroed options: a client that trusts the test's CA, a server with the test's leaf. */
static inline void open_contexts(struct hr_tls_options client,
                                 struct hr_tls_server_options server) {
    make_certificates();
    char *certificate = tls_file("leaf.pem", test_leaf.pem);
    char *key = tls_file("leaf.key", test_leaf.key_pem);
    if (!client.ca_file) client.ca_pem = hr_slice_of(test_ca.pem);
    if (!server.certificate_file) {
        server.certificate_file = certificate;
        server.key_file = key;
    }
    client_context = client_with(&client);
    server_context = server_with(&server);
    free(certificate);
    free(key);
}

static inline void close_contexts(void) {
    hr__tls_context_free(client_context);
    hr__tls_context_free(server_context);
    tls_cert_deinit(&test_leaf);
    tls_cert_deinit(&test_ca);
}

/* ---- A client and a server filter over one pair of sockets. */

static inline void open_tls_pair(struct seen *client, struct seen *server, const char *host,
                                 struct hr_tls_sessions *sessions) {
    int fds[2];
    struct hr_stream *below[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(hr__tcp_adopt(reactor, fds[i], NULL, NULL, &below[i]), 0);
    cr_assert_eq(hr__tls_connect(client_context, below[0], hr_slice_of(host), sessions,
                                 &seen_events, client, &client->stream),
                 0);
    cr_assert_eq(hr__tls_accept(server_context, below[1], &seen_events, server, &server->stream),
                 0);
    CALL(server, connect, NULL, 0);
    CALL(client, connect, NULL, 0);
}

static inline void shake_hands(struct seen *client, struct seen *server) {
    TURN_UNTIL(client->connects == 1 && server->connects == 1);
    cr_assert_eq(client->connect_result, 0, "%s", client->reason);
    cr_assert_eq(server->connect_result, 0, "%s", server->reason);
}

#endif
