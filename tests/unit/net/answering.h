/* A client and a server of the library on one engine that the test's own thread runs, so on every
 * back end: the test decides for each request what is answered, and when. */
#ifndef TEST_ANSWERING_H
#define TEST_ANSWERING_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <headrace/engine.h>
#include <headrace/http_client.h>
#include <headrace/http_server.h>

#define HELD_MAX 64

struct answering {
    hr_engine *engine;
    hr_http_client *client;
    hr_http_server *server;
    char url[64], peer[32]; /* "http://127.0.0.1:PORT/", "127.0.0.1:PORT" */
    /* What request number `n` (1 is the first) is answered; 0: held until answering_release. */
    int (*decide)(struct answering *self, unsigned n);
    const char *retry_after;
    const char *listen; /* NULL: one address of the loopback's */
    unsigned asked;
    hr_http_exchange *held[HELD_MAX]; /* NULL: answered, or gone */
    unsigned held_count;              /* that there ever were */
};

static inline void answering_respond(hr_http_exchange *exchange, const struct answering *self,
                                     int status) {
    struct hr_http_field after = {hr_slice_of("Retry-After"), {0}};
    if (self->retry_after) after.value = hr_slice_of(self->retry_after);
    static const int known[] = {200, 404, 429, 500, 503};
    static const char bodies[][4] = {"200", "404", "429", "500", "503"};
    const char *body = "???";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] == status) body = bodies[i];
    struct hr_http_response response = {.status = status,
                                        .fields = &after,
                                        .field_count = self->retry_after ? 1 : 0,
                                        .body = hr_source_bytes(body, 3)};
    cr_assert_eq(hr_http_exchange_respond(exchange, &response), 0);
}

/* The last touch of one that is held: its connection is gone. */
static inline void answering_gone(void *user, int result) {
    (void)result;
    *(hr_http_exchange **)user = NULL;
}

static inline void answering_on_request(void *user, hr_http_exchange *exchange) {
    struct answering *self = user;
    int status = self->decide(self, ++self->asked);
    if (status) {
        answering_respond(exchange, self, status);
        return;
    }
    cr_assert_lt(self->held_count, HELD_MAX);
    hr_http_exchange **held = &self->held[self->held_count++];
    *held = exchange;
    hr_http_exchange_on_end(exchange, answering_gone, held);
}

static inline void answering_open(struct answering *self,
                                  const struct hr_http_client_options *options) {
    struct hr_error error = {0};
    struct hr_engine_options engine = {.mode = HR_ENGINE_CALLER};
    struct hr_http_server_options server = {
        .on_request = answering_on_request, .user = self, .listen = self->listen};
    cr_assert_eq(hr_engine_new(&engine, &error, &self->engine), 0, "%s", error.message);
    cr_assert_eq(hr_http_server_new(self->engine, &server, &error, &self->server), 0, "%s",
                 error.message);
    cr_assert_eq(hr_http_client_new(self->engine, options, &error, &self->client), 0, "%s",
                 error.message);
    snprintf(self->peer, sizeof self->peer, "127.0.0.1:%u", hr_http_server_port(self->server));
    snprintf(self->url, sizeof self->url, "http://%s/", self->peer);
}

static inline void answering_answer(struct answering *self, unsigned held, int status) {
    hr_http_exchange *exchange = self->held[held];
    self->held[held] = NULL;
    if (exchange) answering_respond(exchange, self, status);
}

/* Answers all that is held. */
static inline void answering_release(struct answering *self, int status) {
    for (unsigned i = 0; i < self->held_count; i++) answering_answer(self, i, status);
}

static inline struct hr_http_client_metrics answering_metrics(const struct answering *self) {
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(self->client, &metrics);
    return metrics;
}

static inline void answering_count_closed(void *user) {
    ++*(unsigned *)user;
}

static inline void answering_close(struct answering *self) {
    unsigned closed = 0;
    struct hr_http_client_metrics metrics = answering_metrics(self);
    cr_assert_eq(metrics.requests, metrics.succeeded + metrics.failed + metrics.cancelled);
    uint64_t by_status = 0;
    for (int i = 0; i < 6; i++) by_status += metrics.by_status[i];
    cr_assert_eq(metrics.requests, by_status);
    hr_http_client_close(self->client, answering_count_closed, &closed);
    while (closed < 1) hr_engine_poll(self->engine, 1000);
    answering_release(self, 200);
    hr_http_server_close(self->server, answering_count_closed, &closed);
    while (closed < 2) hr_engine_poll(self->engine, 1000);
    struct hr_engine_metrics engine;
    hr_engine_metrics_get(self->engine, &engine);
    cr_assert_eq(engine.budget_used_bytes, 0);
    cr_assert_eq(hr_engine_close(self->engine, NULL, NULL), 0);
}

/* Starts and waits. */
static inline int answering_run(struct answering *self, struct hr_http_request *request) {
    if (!request->url) request->url = self->url;
    int err = hr_http_request_start(self->client, request);
    cr_assert_eq(err, 0, "start: %d", err);
    return hr_wait(&request->request);
}

#define POLL_UNTIL(self, condition)                                                                \
    while (!(condition)) hr_engine_poll((self)->engine, 100)

#endif
