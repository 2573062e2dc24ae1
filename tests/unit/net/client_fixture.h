/* A client on an engine that the test's own thread runs, and a scripted peer. */
#ifndef TEST_CLIENT_FIXTURE_H
#define TEST_CLIENT_FIXTURE_H

#include <criterion/criterion.h>
#include <string.h>

#include <headrace/engine.h>
#include <headrace/http_client.h>

#include "peer.h"

/* A script is a table: what a step does not need is zero and not written. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct fixture {
    hr_engine *engine;
    hr_http_client *client;
    struct peer *peer;
};

static inline void open_engine(struct fixture *fixture, uint64_t budget_bytes) {
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER, .budget_bytes = budget_bytes};
    struct hr_error error = {0};
    cr_assert_eq(hr_engine_new(&options, &error, &fixture->engine), 0, "%s", error.message);
}

static inline void open_client(struct fixture *fixture,
                               const struct hr_http_client_options *options) {
    struct hr_error error = {0};
    cr_assert_eq(hr_http_client_new(fixture->engine, options, &error, &fixture->client), 0, "%s",
                 error.message);
}

static inline void open_all(struct fixture *fixture, const struct hr_http_client_options *options,
                            const struct peer_script *scripts, size_t count) {
    memset(fixture, 0, sizeof *fixture);
    open_engine(fixture, 0);
    open_client(fixture, options);
    if (scripts) fixture->peer = peer_start(scripts, count);
}

/* At rest nothing is in progress and nothing is held. */
static inline void close_all(struct fixture *fixture) {
    hr_http_client_close(fixture->client, NULL, NULL);
    while (fixture->client) {
        struct hr_engine_metrics metrics;
        hr_engine_poll(fixture->engine, 0);
        hr_engine_metrics_get(fixture->engine, &metrics);
        if (metrics.connections_open > 0) continue;
        cr_assert_eq(metrics.in_progress, 0);
        cr_assert_eq(metrics.submitted, metrics.succeeded + metrics.failed + metrics.cancelled);
        break;
    }
    for (int i = 0; i < 3; i++) hr_engine_poll(fixture->engine, 0);
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(fixture->engine, &metrics);
    cr_assert_eq(metrics.budget_used_bytes, 0, "%lu bytes of the budget are still held",
                 (unsigned long)metrics.budget_used_bytes);
    cr_assert_eq(hr_engine_close(fixture->engine, NULL, NULL), 0);
    peer_stop(fixture->peer);
}

/* Starts and waits. */
static inline int run(struct fixture *fixture, struct hr_http_request *request) {
    int err = hr_http_request_start(fixture->client, request);
    cr_assert_eq(err, 0, "start: %d", err);
    return hr_wait(&request->request);
}

#endif
