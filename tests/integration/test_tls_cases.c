/* Every case of tls/limbo and tls/live, against a server of OpenSSL's own: the filter over tcp, and
 * the public client. Limbo's class strict and live have to come out as written; of hardened it is
 * counted how many do; the others are not graded. Where a case fails, not one byte of the
 * application may have been sent, but where a TLS 1.3 client cannot know.
 *
 * usage: test_tls_cases [NAME]  (only the cases whose name has it) */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/clock.h>
#include <headrace/http_client.h>

#include "cases.h"
#include "stream.h"
#include "tls_peer.h"
#include "tls_stream.h"

#include <openssl/ssl.h>

#define CASE_LIMIT_MS 10000
#define HANG_LIMIT_MS 300

static hr_engine *engine;

struct tls_case {
    const char *name, *host;
    char *trusted;
    struct tls_peer_plan plan;
    char *chain, *key;
    bool succeeds;
    bool late; /* the failure comes behind the client's handshake (TLS 1.3, client certificates) */
};

struct outcome {
    bool success;
    int result;
    char reason[300];
    struct tls_peer_seen seen;
};

/* ---- Reading a case. */

/* "key-der-base64:ec-private-key:MHc…" is PEM without its armour. */
static char *armoured(const char *text) {
    static const char prefix[] = "key-der-base64:";
    if (strncmp(text, prefix, sizeof prefix - 1) != 0) return strdup(text);
    const char *kind = text + sizeof prefix - 1, *data = strchr(kind, ':');
    if (!data) abort();
    char label[64];
    snprintf(label, sizeof label, "%.*s", (int)(data - kind), kind);
    for (char *at = label; *at; at++)
        *at = *at == '-' ? ' ' : (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
    char *pem;
    size_t size;
    FILE *out = open_memstream(&pem, &size);
    fprintf(out, "-----BEGIN %s-----\n", label);
    for (data++; *data && *data != '\n';) {
        size_t part = strcspn(data, "\n");
        if (part > 64) part = 64;
        fprintf(out, "%.*s\n", (int)part, data);
        data += part;
    }
    fprintf(out, "-----END %s-----\n", label);
    fclose(out);
    return pem;
}

static char *joined(const char *first, const json_t *more) {
    char *text;
    size_t size, index;
    const json_t *value;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "%s\n", first);
    json_array_foreach(more, index, value) fprintf(out, "%s\n", json_string_value(value));
    fclose(out);
    return text;
}

static int version_of(const char *name) {
    static const struct {
        const char *name;
        int number;
    } versions[] = {{"TLSv1", TLS1_VERSION},
                    {"TLSv1.0", TLS1_VERSION},
                    {"TLSv1.1", TLS1_1_VERSION},
                    {"TLSv1.2", TLS1_2_VERSION},
                    {"TLSv1.3", TLS1_3_VERSION}};
    for (size_t i = 0; name && i < sizeof versions / sizeof *versions; i++)
        if (strcmp(name, versions[i].name) == 0) return versions[i].number;
    return 0;
}

/* What the server of a live case does. False: something that this test does not know. */
static bool read_server(const json_t *server, struct tls_peer_plan *plan) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)server, key, value) {
        const char *text = json_string_value(value);
        size_t number = (size_t)json_integer_value(value);
        if (strcmp(key, "min_version") == 0)
            plan->version_min = version_of(text);
        else if (strcmp(key, "max_version") == 0)
            plan->version_max = version_of(text);
        else if (strcmp(key, "sni") == 0)
            plan->sni = text;
        else if (strcmp(key, "hang") == 0)
            plan->hangs = json_is_true(value);
        else if (strcmp(key, "client_cert_required") == 0)
            plan->wants_client_certificate = json_is_true(value);
        else if (strcmp(key, "record") == 0)
            plan->record_size = number;
        else if (strcmp(key, "fragment") == 0)
            plan->fragment = number ? number : 1;
        else if (strcmp(key, "body_len") == 0)
            plan->body_size = number;
        else if (strcmp(key, "body") == 0)
            plan->until_end = text && strcmp(text, "eof") == 0;
        else if (strcmp(key, "alpn") == 0)
            plan->alpn = json_is_array(value) ? json_string_value(json_array_get(value, 0)) : text;
        else if (strcmp(key, "close") == 0 && text)
            plan->close = strcmp(text, "close_notify") == 0 ? TLS_PEER_NOTIFIES
                          : strcmp(text, "rst") == 0        ? TLS_PEER_RESETS
                                                            : TLS_PEER_TRUNCATES;
        else
            return false;
    }
    return true;
}

static bool read_limbo(const json_t *given, struct tls_case *test) {
    memset(test, 0, sizeof *test);
    test->name = cases_text(given, "name");
    test->host = cases_text(json_object_get(given, "peer_name"), "value");
    test->trusted = joined("", json_object_get(given, "trusted"));
    test->chain = joined(cases_text(given, "leaf"), json_object_get(given, "intermediates"));
    test->key = armoured(cases_text(given, "leaf_key"));
    test->succeeds = strcmp(cases_text(given, "expect"), "SUCCESS") == 0;
    return true;
}

static bool read_live(const json_t *given, struct tls_case *test) {
    memset(test, 0, sizeof *test);
    test->name = cases_text(given, "name");
    test->host = cases_text(given, "host");
    test->trusted = strdup(cases_text(given, "trusted"));
    test->chain = strdup(cases_text(given, "chain"));
    test->key = armoured(cases_text(given, "key"));
    test->succeeds = strcmp(cases_text(given, "expect"), "SUCCESS") == 0;
    bool known = read_server(json_object_get(given, "server"), &test->plan);
    test->late = test->plan.wants_client_certificate || test->plan.until_end;
    return known;
}

static void free_case(struct tls_case *test) {
    free(test->trusted);
    free(test->chain);
    free(test->key);
}

/* ---- The filter, on an engine that this thread runs. */

struct link {
    struct hr_tls_context *context;
    struct hr_stream *stream;
    const struct tls_case *test;
    struct outcome *out;
    struct iovec iov;
    char head[4096];
    size_t head_size, body_size;
    bool in_body, over, closed;
};

static void finish(struct link *link, int result, bool success) {
    if (link->over) return;
    link->over = true;
    link->out->result = result;
    link->out->success = success;
    const char *reason = hr__tls_reason(link->stream);
    snprintf(link->out->reason, sizeof link->out->reason, "%s%s%s",
             result ? hr_error_name(result) : "", *reason ? ": " : "", reason);
}

static void tls_connected(struct hr_stream *stream, int result) {
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    struct link *link = stream->owner;
    if (result) {
        finish(link, result, false);
        return;
    }
    link->iov.iov_base = (void *)request;
    link->iov.iov_len = sizeof request - 1;
    stream->vtable->write(stream, &link->iov, 1);
    stream->vtable->read_lent(stream);
}

static bool is_body_right(const struct link *link, const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        size_t at = link->body_size + i;
        char wanted = link->test->plan.body_size ? tls_peer_byte(at) : "hello"[at % 5];
        if (data[i] != wanted) return false;
    }
    return true;
}

static size_t tls_lent(struct hr_stream *stream, const char *data, size_t size) {
    struct link *link = stream->owner;
    size_t at = 0;
    while (!link->in_body && at < size && link->head_size < sizeof link->head) {
        link->head[link->head_size++] = data[at++];
        link->in_body =
            link->head_size >= 4 && memcmp(link->head + link->head_size - 4, "\r\n\r\n", 4) == 0;
    }
    if (!is_body_right(link, data + at, size - at)) finish(link, HR_ERR_HTTP_MALFORMED, false);
    link->body_size += size - at;
    size_t wanted = link->test->plan.body_size ? link->test->plan.body_size : 5;
    if (!link->test->plan.until_end && link->in_body && link->body_size == wanted)
        finish(link, 0, true);
    return size;
}

static void tls_end(struct hr_stream *stream, int result) {
    struct link *link = stream->owner;
    finish(link, result, result == 0 && link->test->plan.until_end && link->body_size == 5);
}

static void tls_written(struct hr_stream *stream, int result) {
    (void)stream;
    (void)result; /* a server that has gone is found by the reading side */
}

static void tls_closed(struct hr_stream *stream) {
    ((struct link *)stream->owner)->closed = true;
}

static const struct hr_stream_events tls_events = {
    .on_connected = tls_connected,
    .on_lent = tls_lent,
    .on_end = tls_end,
    .on_written = tls_written,
    .on_closed = tls_closed,
};

static void tcp_connected(struct hr_stream *below, int result) {
    struct link *link = below->owner;
    struct hr_slice host = hr_slice_of(link->test->host);
    if (result ||
        hr__tls_connect(link->context, below, host, NULL, &tls_events, link, &link->stream))
        abort();
    link->stream->vtable->connect(link->stream, NULL, 0);
}

static const struct hr_stream_events tcp_events = {
    .on_connected = tcp_connected,
    .on_closed = tls_closed,
};

static void run_filter(const struct tls_case *test, uint16_t port, struct outcome *out) {
    struct hr_reactor *reactor = hr__engine_reactor(engine, 0);
    struct link link = {.test = test, .out = out};
    struct hr_tls_options options = {.ca_pem = hr_slice_of(test->trusted)};
    struct hr_error error;
    struct hr_tls_settings *settings;
    int err = hr__tls_settings_new_client(&options, &error, &settings);
    if (err) { /* anchors that OpenSSL does not take */
        out->result = err;
        snprintf(out->reason, sizeof out->reason, "%s", error.message);
        return;
    }
    if (hr__tls_context_new(settings, reactor, &link.context)) abort();
    hr__tls_settings_free(settings);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (hr__tcp_new(reactor, &tcp_events, &link, &link.stream)) abort();
    link.stream->vtable->connect(link.stream, (struct sockaddr *)&address, sizeof address);
    uint64_t limit_ms = test->plan.hangs ? HANG_LIMIT_MS : CASE_LIMIT_MS;
    uint64_t end = hr_clock_monotonic_ns() + limit_ms * 1000000;
    while (!link.over && hr_clock_monotonic_ns() < end) hr_engine_poll(engine, 10);
    finish(&link, HR_ERR_HANDSHAKE_TIMEOUT, false);
    link.stream->vtable->close(link.stream);
    while (!link.closed) hr_engine_poll(engine, 10);
    hr__tls_context_free(link.context);
}

/* ---- The public client. */

static void run_client(const struct tls_case *test, uint16_t port, struct outcome *out) {
    char url[400];
    bool ipv6 = strchr(test->host, ':') != NULL;
    snprintf(url, sizeof url, "https://%s%s%s:%u/", ipv6 ? "[" : "", test->host, ipv6 ? "]" : "",
             port);
    struct hr_resolve_entry entry = {.host = test->host, .port = port, .address = "127.0.0.1"};
    struct hr_http_client_options options = {
        .resolver.entries = &entry,
        .resolver.entry_count = 1,
        .tls.ca_pem = hr_slice_of(test->trusted),
        .timeouts.handshake_timeout_ms = test->plan.hangs ? HANG_LIMIT_MS : CASE_LIMIT_MS,
        .retry.attempts_max = 1,
    };
    struct hr_error error;
    hr_http_client *client;
    if (hr_http_client_new(engine, &options, &error, &client)) {
        out->result = error.code;
        snprintf(out->reason, sizeof out->reason, "%s", error.message);
        return;
    }
    struct hr_buffer body = {0};
    struct hr_http_request request = {
        .request.timeout_ms = CASE_LIMIT_MS,
        .method = "GET",
        .url = url,
        .sink = hr_sink_buffer(&body, 0),
    };
    if (hr_http_request_start(client, &request)) abort();
    out->result = hr_wait(&request.request);
    size_t wanted = test->plan.body_size ? test->plan.body_size : 5;
    out->success = out->result == 0 && request.status == 200 && body.size == wanted;
    for (size_t i = 0; out->success && i < body.size; i++)
        if (body.data[i] != (test->plan.body_size ? tls_peer_byte(i) : "hello"[i]))
            out->success = false;
    snprintf(out->reason, sizeof out->reason, "%s: %s", hr_error_name(out->result),
             request.request.error.message);
    hr_buffer_deinit(&body);
    hr_http_client_close(client, NULL, NULL);
}

/* ---- Judging. */

static const char *judge(const struct tls_case *test, const struct outcome *out) {
    if (out->success != test->succeeds) return test->succeeds ? "did not succeed" : "was accepted";
    if (!test->succeeds && !test->late && out->seen.application_bytes > 0)
        return "application data was sent";
    return NULL;
}

static bool run(struct tls_case *test, bool graded, bool through_client) {
    struct outcome out = {0};
    test->plan.chain_pem = test->chain;
    test->plan.key_pem = test->key;
    struct tls_peer *peer = tls_peer_start(&test->plan);
    if (!peer) {
        if (graded) fprintf(stderr, "%s: cannot be served\n", test->name);
        return false;
    }
    if (through_client)
        run_client(test, tls_peer_port(peer), &out);
    else
        run_filter(test, tls_peer_port(peer), &out);
    tls_peer_stop(peer, &out.seen);
    const char *wrong = judge(test, &out);
    const char *how = through_client ? "client" : "filter";
    if (graded && wrong) fprintf(stderr, "%s, %s: %s (%s)\n", test->name, how, wrong, out.reason);
    if (getenv("HR_TLS_VERBOSE")) printf("# %s, %s: %s\n", test->name, how, out.reason);
    return !wrong;
}

struct count {
    size_t all, good;
};

static void add(struct count *count, bool good) {
    count->all++;
    count->good += good;
}

/* An address cannot be connected to elsewhere: the filter alone judges those. */
static bool is_for_client(const struct tls_case *test) {
    unsigned char address[16];
    return inet_pton(AF_INET, test->host, address) != 1 &&
           inet_pton(AF_INET6, test->host, address) != 1;
}

static struct count strict, hardened, live, strict_client, live_client;

static void run_limbo(const json_t *cases, const char *only, bool through_client) {
    size_t index;
    const json_t *given;
    json_array_foreach(cases, index, given) {
        const char *class = cases_text(given, "class");
        bool is_strict = strcmp(class, "strict") == 0, is_hardened = strcmp(class, "hardened") == 0;
        struct tls_case test;
        if (!is_strict && !is_hardened) continue;
        if (only && !strstr(cases_text(given, "name"), only)) continue;
        read_limbo(given, &test);
        if (!through_client)
            add(is_strict ? &strict : &hardened, run(&test, is_strict, false));
        else if (is_strict && is_for_client(&test))
            add(&strict_client, run(&test, true, true));
        free_case(&test);
    }
}

static void run_live(const json_t *cases, const char *only, bool through_client) {
    size_t index;
    const json_t *given;
    json_array_foreach(cases, index, given) {
        struct tls_case test;
        if (only && !strstr(cases_text(given, "name"), only)) continue;
        bool known = read_live(given, &test);
        if (!known) fprintf(stderr, "%s: a server that this test does not know\n", test.name);
        if (!through_client)
            add(&live, known && run(&test, true, false));
        else if (is_for_client(&test))
            add(&live_client, known && run(&test, true, true));
        free_case(&test);
    }
}

static void run_both(json_t *limbo, json_t *lives, const char *only, bool through_client) {
    struct hr_engine_options options = {.reactors = 1};
    if (!through_client) options = (struct hr_engine_options){.mode = HR_ENGINE_CALLER};
    struct hr_error error;
    if (hr_engine_new(&options, &error, &engine)) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    run_limbo(limbo, only, through_client);
    run_live(lives, only, through_client);
    hr_engine_close(engine, NULL, NULL);
}

int main(int argc, char **argv) {
    json_t *limbo = cases_load("tls/limbo.given.jsonl"),
           *lives = cases_load("tls/live.given.jsonl");
    if (!limbo || !lives) {
        printf("skip: tls cases: there are none, set HR_CASES\n");
        return 77;
    }
    const char *only = argc > 1 ? argv[1] : NULL;
    run_both(limbo, lives, only, false);
    bool passed = strict.good == strict.all && live.good == live.all;
    printf(
        "%s: tls cases, the filter: limbo strict %zu of %zu, live %zu of %zu; not graded: hardened "
        "%zu of %zu\n",
        passed ? "ok" : "fail", strict.good, strict.all, live.good, live.all, hardened.good,
        hardened.all);
    run_both(limbo, lives, only, true);
    bool client_passed =
        strict_client.good == strict_client.all && live_client.good == live_client.all;
    printf("%s: tls cases, the client: limbo strict %zu of %zu, live %zu of %zu\n",
           client_passed ? "ok" : "fail", strict_client.good, strict_client.all, live_client.good,
           live_client.all);
    json_decref(limbo);
    json_decref(lives);
    return passed && client_passed ? 0 : 1;
}
