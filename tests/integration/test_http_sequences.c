/* Every scenario of http1/sequences once: what the client asks of a scripted server, in what order,
 * and what has to come of it.
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

#define NAME      "name.test"
#define STEPS_MAX 32
#define LIMIT_MS  20000

/* What came of one request. */
struct step {
    int result;
    bool at_start; /* refused before anything was sent, or found not to be sendable */
    struct hr_buffer body;
    uint64_t body_bytes;
};

struct run {
    hr_http_client *client;
    uint16_t port;
    struct step steps[STEPS_MAX];
    size_t count;
    char wrong[400];
};

static hr_engine *engine;

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

static bool is_refusal(int result) {
    return result == -EINVAL || result == HR_ERR_URL_MALFORMED || result == HR_ERR_TARGET_INVALID ||
           result == HR_ERR_HEADER_INVALID || result == HR_ERR_METHOD_INVALID;
}

static void ask(struct run *run, struct order *order) {
    struct step *step = &run->steps[run->count++];
    char url[1200];
    char *zeros = order->size > 0 ? calloc(1, order->size) : NULL;
    char *equals = strchr(order->header, '=');
    struct hr_http_field field = {hr_slice_bytes(NULL, 0), hr_slice_bytes(NULL, 0)};
    if (equals) {
        field.name = hr_slice_bytes(order->header, (size_t)(equals - order->header));
        field.value = hr_slice_of(equals + 1);
    }
    if (order->port > 0)
        snprintf(url, sizeof url, "http://" NAME ":%ld%s", order->port, order->path);
    else
        snprintf(url, sizeof url, "http://127.0.0.1:%u%s", run->port, order->path);
    struct hr_http_request request = {
        .request = {.timeout_ms = order->timeout_ms > 0 ? (uint32_t)order->timeout_ms : LIMIT_MS},
        .method = order->method,
        .url = url,
        .fields = &field,
        .field_count = equals ? 1 : 0,
        .body = order->body   ? hr_source_bytes(order->body, strlen(order->body))
                : order->size ? hr_source_bytes(zeros, order->size)
                              : hr_source_none(),
        .sink = order->stream ? hr_sink_consumer(count_only, NULL) : hr_sink_buffer(&step->body, 0),
        .expect_continue = order->expect,
    };
    int err = hr_http_request_start(run->client, &request);
    if (!err && order->cancel_ms > 0) {
        poll(NULL, 0, (int)order->cancel_ms);
        hr_cancel(&request.request);
    }
    step->result = err ? err : hr_wait(&request.request);
    step->at_start = is_refusal(step->result);
    step->body_bytes = request.body_bytes;
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

static long peak_kib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static bool play(const json_t *scenario) {
    const json_t *expect = json_object_get(scenario, "expect");
    struct http_script *server = http_script_start(json_object_get(scenario, "script"));
    struct run run = {.port = http_script_port(server)};
    struct hr_resolve_entry entry = {.host = NAME, .address = "127.0.0.1", .to_port = run.port};
    struct hr_http_client_options options = {.resolve = &entry, .resolve_count = 1};
    struct hr_error error;
    long before = peak_kib();
    if (hr_http_client_new(engine, &options, &error, &run.client)) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    ask_all(&run, json_object_get(scenario, "requests"));
    const json_t *growth = json_object_get(expect, "max_rss_growth_mib");
    if (growth && (peak_kib() - before) / 1024 > json_integer_value(growth))
        wrong(&run, "memory grew", "by more than allowed");
    hr_http_client_close(run.client, NULL, NULL);
    http_script_stop(server);
    judge_steps(&run, expect);
    judge_server(&run, expect, server);
    http_script_free(server);
    for (size_t i = 0; i < run.count; i++) hr_buffer_deinit(&run.steps[i].body);
    if (*run.wrong)
        printf("fail: %s: %s\n", cases_text(scenario, "name"), run.wrong);
    else
        printf("ok: %s\n", cases_text(scenario, "name"));
    return !*run.wrong;
}

int main(int argc, char **argv) {
    json_t *scenarios = cases_load("http1/sequences.given.jsonl"), *one;
    struct hr_engine_options options = {.reactors = 1, .unpinned = true};
    struct hr_error error;
    size_t i, failed = 0;
    if (!scenarios) {
        printf("skip: http1 sequences: there are none, set HR_CASES\n");
        return 77;
    }
    if (hr_engine_new(&options, &error, &engine)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    json_array_foreach(scenarios, i, one) {
        if (argc < 2 || strstr(cases_text(one, "name"), argv[1])) failed += !play(one);
    }
    hr_engine_close(engine, NULL, NULL);
    json_decref(scenarios);
    return failed > 0;
}
