/* A store that answers late, and its client. */
#include "hedge_store.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls_certs.h"

struct hedge_store hedge_store;
#define self (&hedge_store)

/* ---- Answers. */

static ssize_t produce_two(void *user, void *buffer, size_t capacity) {
    unsigned *asked = user;
    if (++*asked > 1 || capacity < 2) return *asked == 2 ? -EAGAIN : -EIO;
    memcpy(buffer, "he", 2);
    return 2;
}

#define FIELD(name, value)                                                                         \
    {                                                                                              \
        {name, sizeof name - 1}, {                                                                 \
            value, sizeof value - 1                                                                \
        }                                                                                          \
    }
static const struct hr_http_field object[] = {
    FIELD("x-amz-request-id", "R1"), FIELD("ETag", "\"e1\""),
    FIELD("x-amz-checksum-crc32", "NhCmhg=="), FIELD("Content-Range", "bytes 2-4/5")};
static const struct hr_http_field region[] = {FIELD("x-amz-request-id", "R1"),
                                              FIELD("x-amz-bucket-region", "eu-west-1")};

static struct hr_http_response refusal(int status, const char *text) {
    return (struct hr_http_response){.status = status,
                                     .fields = region,
                                     .field_count = status == 301 ? 2 : 1,
                                     .body = hr_source_bytes(text, strlen(text))};
}

static struct hr_http_response response_of(char letter) {
    static unsigned asked;
    struct hr_http_response good = {
        .status = 200, .fields = object, .field_count = 3, .body = hr_source_bytes("hello", 5)};
    switch (letter) {
    case 'b':
        asked = 0;
        good.body = hr_source_producer(produce_two, NULL, &asked, 5);
        return good;
    case 'f':
        good.body = hr_source_bytes("hellp", 5);
        return good;
    case 'r':
        good.status = 206;
        good.field_count = 4;
        good.body = hr_source_bytes("llo", 3);
        return good;
    case 'p':
        good.field_count = 2;
        good.body = hr_source_bytes("", 0);
        return good;
    case 'i':
        return refusal(500, "<Error><Code>InternalError</Code></Error>");
    case 's':
        return refusal(503, "<Error><Code>SlowDown</Code></Error>");
    case 'n':
        return refusal(404, "<Error><Code>NoSuchKey</Code></Error>");
    case 'm':
        return refusal(301, "<Error><Code>PermanentRedirect</Code></Error>");
    default:
        return good;
    }
}

static ssize_t break_at_once(void *user, void *buffer, size_t capacity) {
    (void)user, (void)buffer, (void)capacity;
    return -EIO;
}

static void respond(hr_http_exchange *exchange, char letter) {
    struct hr_http_response response = response_of(letter);
    if (letter == 'b') self->broken = exchange;
    if (letter == 'x') response.body = hr_source_producer(break_at_once, NULL, NULL, 5);
    cr_assert_eq(hr_http_exchange_respond(exchange, &response), 0);
}

static void on_gone(void *user, int result) {
    (void)result;
    *(hr_http_exchange **)user = NULL;
}

static void hold(hr_http_exchange *exchange) {
    cr_assert_lt(self->held_count, HEDGE_STORE_HELD);
    hr_http_exchange **held = &self->held[self->held_count++];
    *held = exchange;
    hr_http_exchange_on_end(exchange, on_gone, held);
}

void hedge_store_answer(unsigned held, char letter) {
    hr_http_exchange *exchange = self->held[held];
    self->held[held] = NULL;
    if (exchange) respond(exchange, letter);
}

static void note(char *out, size_t capacity, const hr_http_exchange *exchange, const char *name) {
    struct hr_slice value = hr_http_exchange_find(exchange, name);
    snprintf(out, capacity, "%.*s", (int)value.size, value.size ? value.data : "");
}

static void on_asked(hr_http_exchange *exchange, int server) {
    unsigned n = self->asked++;
    self->last_server = (unsigned)server;
    if (n < HEDGE_STORE_WARM) {
        respond(exchange, 'g');
        return;
    }
    n -= HEDGE_STORE_WARM;
    cr_assert_lt(n, strlen(self->script), "one request too many");
    struct hedge_store_seen *seen = &self->seen[n];
    note(seen->authorization, sizeof seen->authorization, exchange, "Authorization");
    note(seen->invocation, sizeof seen->invocation, exchange, "amz-sdk-invocation-id");
    note(seen->range, sizeof seen->range, exchange, "Range");
    seen->server = server;
    if (server == self->broken_server)
        respond(exchange, self->broken_letter);
    else if (self->script[n] == '-' || server == self->slow)
        hold(exchange);
    else
        respond(exchange, self->script[n]);
}

static void on_first(void *user, hr_http_exchange *exchange) {
    (void)user;
    on_asked(exchange, 0);
}

static void on_second(void *user, hr_http_exchange *exchange) {
    (void)user;
    on_asked(exchange, 1);
}

/* ---- Opening. */

static void open_engine(void) {
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER};
    struct hr_error error = {0};
    *self = (struct hedge_store){.slow = -1, .broken_server = -1, .script = ""};
    cr_assert_eq(hr_engine_new(&options, &error, &self->engine), 0, "%s", error.message);
}

static void open_server(unsigned index, struct hr_http_server_options options) {
    struct hr_error error = {0};
    options.on_request = index ? on_second : on_first;
    cr_assert_eq(hr_http_server_new(self->engine, &options, &error, &self->servers[index]), 0, "%s",
                 error.message);
}

static void open_client(const struct hr_http_client_options *http, const char *endpoint) {
    struct hr_error error = {0};
    struct hr_s3_client_options options = {.endpoint = endpoint,
                                           .access_key = "AKIAIOSFODNN7EXAMPLE",
                                           .secret_key = "sesame",
                                           .region = "us-east-1",
                                           .addressing = HR_S3_ADDRESSING_PATH,
                                           .profile = "",
                                           .http = *http};
    cr_assert_eq(hr_s3_client_new(self->engine, &options, &error, &self->client), 0, "%s",
                 error.message);
}

void hedge_store_open(const struct hr_http_client_options *http, const char *script) {
    char endpoint[64];
    open_engine();
    self->script = script;
    open_server(0, (struct hr_http_server_options){.listen = NULL});
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u",
             hr_http_server_port(self->servers[0]));
    open_client(http, endpoint);
}

void hedge_store_warm(void) {
    for (int i = 0; i < HEDGE_STORE_WARM; i++) {
        char body[8];
        struct hr_s3_get get = {.bucket = "b", .key = "k", .sink = hr_sink_bytes(body, 8)};
        cr_assert_eq(hedge_store_wait(hr_s3_get_start(self->client, &get), &get.request), 0, "%s",
                     get.request.error.message);
    }
    cr_assert_eq(hedge_store_metrics().connections_opened, 1);
}

void hedge_store_open_warm(const struct hr_http_client_options *http, const char *script) {
    hedge_store_open(http, script);
    hedge_store_warm();
}

/* Both on one port. */
static uint16_t open_servers(struct hr_http_server_options options) {
    char listen[32];
    open_server(0, options);
    uint16_t port = hr_http_server_port(self->servers[0]);
    snprintf(listen, sizeof listen, "127.0.0.2:%u", port);
    options.listen = listen;
    open_server(1, options);
    return port;
}

void hedge_store_open_two(const struct hr_http_client_options *http, bool tls) {
    char endpoint[64];
    struct tls_cert ca = tls_cert_make(&(struct tls_cert_plan){.common_name = "ca", .ca = true});
    struct tls_cert leaf = tls_cert_make(
        &(struct tls_cert_plan){.common_name = "leaf", .alt_names = "DNS:two.test", .issuer = &ca});
    char *certificate = tls_file("leaf.pem", leaf.pem), *key = tls_file("key.pem", leaf.key_pem);
    char *hosts = tls_file("hosts", "127.0.0.1 two.test\n127.0.0.2 two.test\n");
    struct hr_http_client_options client = *http;
    client.resolver.hosts_file = hosts;
    if (tls) client.tls.ca_pem = hr_slice_of(ca.pem);
    open_engine();
    uint16_t port = open_servers((struct hr_http_server_options){
        .tls.certificate_file = tls ? certificate : NULL, .tls.key_file = tls ? key : NULL});
    snprintf(endpoint, sizeof endpoint, "%s://two.test:%u", tls ? "https" : "http", port);
    open_client(&client, endpoint);
    free(certificate);
    free(key);
    free(hosts);
    tls_cert_deinit(&leaf);
    tls_cert_deinit(&ca);
}

/* ---- Use and closing. */

int hedge_store_wait(int err, struct hr_request *request) {
    return err ? err : hr_wait(request);
}

struct hr_http_client_metrics hedge_store_metrics(void) {
    struct hr_http_client_metrics metrics;
    hr_s3_client_metrics_get(self->client, &metrics);
    return metrics;
}

static void count_closed(void *user) {
    (void)user;
    self->closed++;
}

void hedge_store_close_client(void) {
    hr_s3_client_close(self->client, count_closed, NULL);
    self->client = NULL;
}

void hedge_store_close(void) {
    unsigned parts = 1;
    if (self->client) hedge_store_close_client();
    HEDGE_STORE_UNTIL(self->closed == parts);
    for (unsigned i = 0; i < self->held_count; i++) hedge_store_answer(i, 'g');
    for (unsigned i = 0; i < 2; i++) {
        if (!self->servers[i]) continue;
        parts++;
        hr_http_server_close(self->servers[i], count_closed, NULL);
    }
    HEDGE_STORE_UNTIL(self->closed == parts);
    struct hr_engine_metrics engine;
    hr_engine_metrics_get(self->engine, &engine);
    cr_assert_eq(engine.budget_used_bytes, 0);
    cr_assert_eq(hr_engine_close(self->engine, NULL, NULL), 0);
}
