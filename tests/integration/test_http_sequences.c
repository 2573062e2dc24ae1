/* Every scenario of http1/sequences, plain and over TLS: what the client asks of a scripted server,
 * in what order, and what has to come of it.
 *
 * usage: test_http_sequences [NAME]  (only the scenarios whose name has it) */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include <headrace/http_client.h>

#include "cases.h"
#include "http_script.h"
#include "tls_certs.h"
#include "tls_front.h"

#define NAME      "name.test"
#define STEPS_MAX 32
#define LIMIT_MS  60000
#define LATE_NS   (UINT64_C(30) * 1000000000) /* far above what any of them has to wait for */

/* What came of one request. */
struct step {
    int result;
    bool at_start; /* refused before anything was sent, or found not to be sendable */
    struct hr_buffer body;
    uint64_t body_bytes;
    uint64_t took_ns;
    char trailers[200]; /* "name: value" each, with a line end */
};

struct run {
    hr_http_client *client;
    uint16_t port;
    bool tls;
    struct step steps[STEPS_MAX];
    size_t count;
    uint64_t uploaded; /* bytes of the bodies that were given to requests that went well */
    char wrong[400];
};

static hr_engine *engine;
static struct tls_cert ca, leaf;

static void wrong(struct run *run, const char *what, const char *detail) {
    if (!*run->wrong) snprintf(run->wrong, sizeof run->wrong, "%s: %.300s", what, detail);
}

/* ---- Asking. */

/* "\r" and "\n" written as two characters become what they mean. */
static void unescape(char *text) {
    char *out = text;
    for (const char *at = text; *at; at++) {
        bool escape = at[0] == '\\' && (at[1] == 'r' || at[1] == 'n');
        *out++ = (char)(!escape ? *at : at[1] == 'r' ? '\r' : '\n');
        at += escape;
    }
    *out = 0;
}

struct order {
    char method[16], path[1024], header[1024];
    const char *body; /* of "PUT-expect:body" */
    uint64_t size;    /* of "PUT:size" */
    long timeout_ms, cancel_ms, port;
    bool expect, stream;
};

/* "PUT-expect:body", "GET-stream", "PUT:123", "GET name:value…"; header and path take the rest. */
static void read_order(char *text, struct order *order) {
    memset(order, 0, sizeof *order);
    snprintf(order->path, sizeof order->path, "/");
    char *options = strchr(text, ' ');
    if (options) *options++ = 0;
    char *colon = strchr(text, ':'), *dash = strchr(text, '-');
    if (colon) *colon++ = 0;
    if (dash) *dash++ = 0;
    snprintf(order->method, sizeof order->method, "%.15s", text);
    order->expect = dash && strcmp(dash, "expect") == 0;
    order->stream = dash && strcmp(dash, "stream") == 0;
    if (order->expect)
        order->body = colon ? colon : "";
    else if (colon)
        order->size = strtoull(colon, NULL, 10);
    while (options && *options) {
        char *value = strchr(options, ':');
        if (!value) break;
        *value++ = 0;
        char *rest = strchr(value, ' ');
        if (strcmp(options, "header") == 0 || strcmp(options, "path") == 0) rest = NULL;
        if (rest) *rest++ = 0;
        unescape(value);
        if (strcmp(options, "timeout") == 0) order->timeout_ms = strtol(value, NULL, 10);
        if (strcmp(options, "cancel-after") == 0) order->cancel_ms = strtol(value, NULL, 10);
        if (strcmp(options, "port") == 0) order->port = strtol(value, NULL, 10);
        if (strcmp(options, "header") == 0)
            snprintf(order->header, sizeof order->header, "%s", value);
        if (strcmp(options, "path") == 0) snprintf(order->path, sizeof order->path, "%s", value);
        options = rest;
    }
}

static ssize_t count_only(void *user, const void *data, size_t size) {
    (void)user;
    (void)data;
    return (ssize_t)size;
}

static void note_trailers(struct hr_http_request *request, const struct hr_http_field *fields,
                          size_t count) {
    struct step *step = request->request.user;
    for (size_t i = 0; i < count; i++) {
        size_t at = strlen(step->trailers);
        snprintf(step->trailers + at, sizeof step->trailers - at, "%.*s: %.*s\r\n",
                 (int)fields[i].name.size, fields[i].name.data, (int)fields[i].value.size,
                 fields[i].value.data);
    }
}

static bool is_refusal(int result) {
    return result == -EINVAL || result == HR_ERR_URL_MALFORMED || result == HR_ERR_TARGET_INVALID ||
           result == HR_ERR_HEADER_INVALID || result == HR_ERR_METHOD_INVALID;
}

/* Before this no request of the kind may be over: its time-out, or the wait for a 100 Continue that
 * the script does not send. */
static uint64_t order_wait_ns(const struct order *order) {
    return (uint64_t)(order->cancel_ms > 0 ? order->cancel_ms : order->timeout_ms) * 1000000;
}

static void ask(struct run *run, struct order *order) {
    struct step *step = &run->steps[run->count++];
    char url[1200];
    const char *scheme = run->tls ? "https" : "http";
    char *zeros = order->size > 0 ? calloc(1, order->size) : NULL;
    char *equals = strchr(order->header, '=');
    struct hr_http_field field = {hr_slice_bytes(NULL, 0), hr_slice_bytes(NULL, 0)};
    if (equals) {
        field.name = hr_slice_bytes(order->header, (size_t)(equals - order->header));
        field.value = hr_slice_of(equals + 1);
    }
    if (order->port > 0)
        snprintf(url, sizeof url, "%s://" NAME ":%ld%s", scheme,
                 run->tls && order->port == 80 ? 443 : order->port, order->path);
    else
        snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", scheme, run->port, order->path);
    struct hr_http_request request = {
        .request = {.timeout_ms = order->timeout_ms > 0 ? (uint32_t)order->timeout_ms : LIMIT_MS,
                    .user = step},
        .method = order->method,
        .url = url,
        .fields = &field,
        .field_count = equals ? 1 : 0,
        .body = order->body   ? hr_source_bytes(order->body, strlen(order->body))
                : order->size ? hr_source_bytes(zeros, order->size)
                              : hr_source_none(),
        .sink = order->stream ? hr_sink_consumer(count_only, NULL) : hr_sink_buffer(&step->body, 0),
        .expect_continue = order->expect,
        .on_trailers = note_trailers,
    };
    int err = hr_http_request_start(run->client, &request);
    if (!err && order->cancel_ms > 0) {
        poll(NULL, 0, (int)order->cancel_ms);
        hr_cancel(&request.request);
    }
    step->result = err ? err : hr_wait(&request.request);
    step->at_start = is_refusal(step->result);
    step->body_bytes = request.body_bytes;
    step->took_ns = request.request.total_ns;
    if (step->result == 0 && request.body.kind != HR_SOURCE_NONE)
        run->uploaded += request.body.size;
    if (step->took_ns < order_wait_ns(order))
        wrong(run, "a request ended before its time", order->method);
    if (step->took_ns > LATE_NS) wrong(run, "a request took long", order->method);
    free(zeros);
}

static void ask_all(struct run *run, const json_t *requests) {
    const json_t *one;
    size_t i;
    json_array_foreach(requests, i, one) {
        char text[2048];
        snprintf(text, sizeof text, "%s", json_string_value(one));
        struct order order;
        if (strncmp(text, "sleep:", 6) == 0) {
            poll(NULL, 0, (int)strtol(text + 6, NULL, 10));
            continue;
        }
        read_order(text, &order);
        if (run->count < STEPS_MAX) ask(run, &order);
    }
}

/* ---- Judging. */

static bool body_is(const struct step *step, const char *wanted) {
    return step->body.size == strlen(wanted) &&
           (step->body.size == 0 || memcmp(step->body.data, wanted, step->body.size) == 0);
}

static bool result_is(const struct step *step, const char *wanted) {
    if (strcmp(wanted, "timeout") == 0)
        return step->result == -ETIMEDOUT || step->result == HR_ERR_FIRST_BYTE_TIMEOUT ||
               step->result == HR_ERR_STALL_TIMEOUT;
    if (strcmp(wanted, "cancelled") == 0) return step->result == -ECANCELED;
    if (strcmp(wanted, "rejected-by-api") == 0) return step->at_start;
    if (strcmp(wanted, "error") == 0) return step->result < 0;
    if (strcmp(wanted, "ok") == 0) return step->result == 0;
    if (strncmp(wanted, "ok:", 3) == 0) return step->result == 0 && body_is(step, wanted + 3);
    return false;
}

/* What an `expect` may ask for. One that asks for more is not taken for met. */
static void judge_words(struct run *run, const json_t *expect) {
    static const char known[] = "|bodies|results|body_len|never|connections|body_received|"
                                "request_has|request_has_not|max_rss_growth_mib|note|";
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)expect, key, value) {
        char word[64];
        (void)value;
        snprintf(word, sizeof word, "|%.60s|", key);
        if (!strstr(known, word)) wrong(run, "nobody looks at what is expected as", key);
    }
}

/* The trailers of all replies are what on_trailers was told, in order. */
static void judge_trailers(struct run *run, const json_t *script) {
    const json_t *replies, *reply;
    char sent[200] = "", shown[200] = "";
    size_t i, j;
    json_array_foreach(script, i, replies) {
        json_array_foreach(replies, j, reply) {
            const char *text = json_string_value(reply), *last = strstr(text, "\r\n0\r\n");
            if (!last || !strstr(text, "chunked")) continue;
            size_t at = strlen(sent), size = strlen(last + 5);
            snprintf(sent + at, sizeof sent - at, "%.*s", (int)(size - 2), last + 5);
        }
    }
    for (i = 0; i < run->count; i++) {
        size_t at = strlen(shown);
        snprintf(shown + at, sizeof shown - at, "%s", run->steps[i].trailers);
    }
    if (strcmp(sent, shown) != 0) wrong(run, "other trailers were shown", shown);
}

static void judge_steps(struct run *run, const json_t *expect) {
    const json_t *list, *one;
    size_t i;
    list = json_object_get(expect, "bodies");
    json_array_foreach(list, i, one) {
        const struct step *step = &run->steps[i];
        if (i >= run->count || step->result || !body_is(step, json_string_value(one)))
            wrong(run, "a request did not get", json_string_value(one));
        if (i < run->count && step->result) wrong(run, "failed", hr_error_name(step->result));
    }
    list = json_object_get(expect, "results");
    json_array_foreach(list, i, one) {
        if (i >= run->count || !result_is(&run->steps[i], json_string_value(one)))
            wrong(run, "a request did not end as", json_string_value(one));
    }
    const json_t *size = json_object_get(expect, "body_len");
    if (size &&
        (run->steps[0].result || run->steps[0].body_bytes != (uint64_t)json_integer_value(size)))
        wrong(run, "the body was not all there", hr_error_name(run->steps[0].result));
    const char *never = cases_text(expect, "never");
    for (i = 0; never && i < run->count; i++)
        if (run->steps[i].body.size > 0 &&
            memmem(run->steps[i].body.data, run->steps[i].body.size, never, strlen(never)))
            wrong(run, "the client was given", never);
}

/* Whether the heads that the server got have `wanted`, NAME being the host's. */
static bool heads_have(const struct http_script *server, const char *wanted) {
    char line[256], *name = strstr(wanted, "NAME");
    if (name)
        snprintf(line, sizeof line, "%.*s" NAME "\r\n", (int)(name - wanted), wanted);
    else
        snprintf(line, sizeof line, "%s", wanted);
    return strcasestr(http_script_heads(server), line) != NULL;
}

static void judge_server(struct run *run, const json_t *expect, const struct http_script *server) {
    const json_t *connections = json_object_get(expect, "connections"), *list, *one;
    size_t i, size;
    char text[64];
    snprintf(text, sizeof text, "%u", http_script_connections(server));
    if (connections && json_integer_value(connections) != http_script_connections(server))
        wrong(run, "another number of connections", text);
    const char *never = cases_text(expect, "never"), *body = cases_text(expect, "body_received");
    if (never && strstr(http_script_heads(server), never)) wrong(run, "the server was sent", never);
    const char *bodies = http_script_bodies(server, &size);
    snprintf(text, sizeof text, "%zu bytes", size);
    if (size != run->uploaded) wrong(run, "the server got another amount of bodies", text);
    if (body && strcmp(bodies, body) != 0) wrong(run, "the server got another body", bodies);
    list = json_object_get(expect, "request_has");
    json_array_foreach(list, i, one) {
        if (!heads_have(server, json_string_value(one)))
            wrong(run, "no request had", json_string_value(one));
    }
    list = json_object_get(expect, "request_has_not");
    json_array_foreach(list, i, one) {
        if (heads_have(server, json_string_value(one)))
            wrong(run, "a request had", json_string_value(one));
    }
}

/* ---- One scenario. */

/* What AddressSanitizer keeps of freed memory would count as growth: OpenSSL frees a lot. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "quarantine_size_mb=8";
}

static long peak_kib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void play_with(struct run *run, const json_t *scenario, uint16_t port) {
    struct hr_resolve_entry entry = {.host = NAME, .address = "127.0.0.1", .to_port = port};
    struct hr_http_client_options options = {
        .resolver.entries = &entry, .resolver.entry_count = 1, .tls.ca_pem = hr_slice_of(ca.pem)};
    struct hr_error error;
    long before = peak_kib();
    run->port = port;
    if (hr_http_client_new(engine, &options, &error, &run->client)) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    ask_all(run, json_object_get(scenario, "requests"));
    const json_t *growth =
        json_object_get(json_object_get(scenario, "expect"), "max_rss_growth_mib");
    if (growth && (peak_kib() - before) / 1024 > json_integer_value(growth))
        wrong(run, "memory grew", "by more than allowed");
    hr_http_client_close(run->client, NULL, NULL);
}

static bool play(const json_t *scenario, bool tls) {
    const json_t *expect = json_object_get(scenario, "expect");
    const json_t *script = json_object_get(scenario, "script");
    const char *name = cases_text(scenario, "name"), *how = tls ? "over TLS" : "plain";
    struct http_script *server = http_script_start(script);
    struct tls_front_plan plan = {
        .chain_pem = leaf.pem, .key_pem = leaf.key_pem, .server_port = http_script_port(server)};
    struct tls_front *front = tls ? tls_front_start(&plan) : NULL;
    struct run run = {.tls = tls};
    play_with(&run, scenario, front ? tls_front_port(front) : plan.server_port);
    http_script_stop(server);
    tls_front_stop(front);
    judge_words(&run, expect);
    judge_steps(&run, expect);
    judge_trailers(&run, script);
    judge_server(&run, expect, server);
    http_script_free(server);
    for (size_t i = 0; i < run.count; i++) hr_buffer_deinit(&run.steps[i].body);
    if (*run.wrong)
        printf("fail: %s, %s: %s\n", name, how, run.wrong);
    else
        printf("ok: %s, %s\n", name, how);
    return !*run.wrong;
}

/* Returns how many went wrong. */
static size_t play_all(const json_t *scenarios, const char *name) {
    const json_t *one;
    size_t i, ran = 0, failed = 0;
    json_array_foreach(scenarios, i, one) {
        if (name && !strstr(cases_text(one, "name"), name)) continue;
        failed += (size_t)!play(one, false) + (size_t)!play(one, true);
        ran++;
    }
    printf("http1 sequences: %zu of %zu scenarios, each plain and over TLS, %zu failed\n", ran,
           json_array_size(scenarios), failed);
    return failed;
}

int main(int argc, char **argv) {
    json_t *scenarios = cases_load("http1/sequences.given.jsonl");
    struct hr_engine_options options = {.reactors = 1};
    struct hr_error error;
    if (!scenarios) {
        printf("skip: http1 sequences: there are none, set HR_CASES\n");
        return 77;
    }
    if (hr_engine_new(&options, &error, &engine)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    ca = tls_cert_make(&(struct tls_cert_plan){.common_name = "ca", .ca = true});
    leaf = tls_cert_make(&(struct tls_cert_plan){
        .common_name = "leaf", .alt_names = "DNS:" NAME ",IP:127.0.0.1", .issuer = &ca});
    size_t failed = play_all(scenarios, argc > 1 ? argv[1] : NULL);
    tls_cert_deinit(&leaf);
    tls_cert_deinit(&ca);
    hr_engine_close(engine, NULL, NULL);
    json_decref(scenarios);
    return failed > 0;
}
