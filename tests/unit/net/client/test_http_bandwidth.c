/* The bandwidth of a client, on the simulated kernel's clock. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <headrace/http_client.h>
#include <headrace/http_server.h>

#include "own_world.h"

#define SECOND UINT64_C(1000000000)
#define MS     UINT64_C(1000000)
#define MIB    (UINT64_C(1) << 20)

static hr_engine *engine;
static hr_http_server *server;
static hr_http_client *client;
static char *body, url[64];
static uint64_t arrived; /* bytes of bodies, at the server */

/* ---- The server: 4 MiB to a GET; a body is read, and nothing comes back. */

static void respond(hr_http_exchange *exchange, size_t size) {
    const struct hr_http_response response = {.status = 200, .body = hr_source_bytes(body, size)};
    cr_assert_eq(hr_http_exchange_respond(exchange, &response), 0);
}

static ssize_t consume(void *user, const void *data, size_t size) {
    (void)user, (void)data;
    arrived += size;
    return (ssize_t)size;
}

static void on_body(void *user, hr_http_exchange *exchange, int result) {
    (void)user, (void)result;
    respond(exchange, 0); /* where the connection is gone, it is dropped */
}

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    if (hr_slice_equal(hr_http_exchange_method(exchange), hr_slice_of("PUT")))
        cr_assert_eq(hr_http_exchange_read(exchange, consume, on_body, NULL), 0);
    else if (hr_slice_equal(hr_http_exchange_target(exchange), hr_slice_of("/small")))
        respond(exchange, 20000);
    else
        respond(exchange, 4 * MIB);
}

/* ---- Steps. */

static void make_client(uint64_t bytes_per_second) {
    struct hr_error error = {0};
    /* Far shorter than the waiting is. */
    const struct hr_http_client_options options = {.rate.bytes_per_second_max = bytes_per_second,
                                                   .timeouts = {.stall_timeout_ms = 20,
                                                                .first_byte_timeout_ms = 20,
                                                                .throughput_min = 1 << 22,
                                                                .throughput_window_ms = 20},
                                                   .retry.attempts_max = HR_NO_RETRY};
    cr_assert_eq(hr_http_client_new(engine, &options, &error, &client), 0, "%s", error.message);
}

static void open_all(void) {
    struct hr_error error = {0};
    engine = own_world_open(&(struct sim_options){.seed = 7});
    const struct hr_http_server_options http = {.listen = "127.0.0.1:0", .on_request = on_request};
    cr_assert_eq(hr_http_server_new(engine, &http, &error, &server), 0, "%s", error.message);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", hr_http_server_port(server));
    body = calloc(1, 4 * MIB);
    arrived = 0;
}

static void close_all(void) {
    bool client_closed = false, closed = false;
    hr_http_client_close(client, set_true, &client_closed);
    step_until(&client_closed);
    hr_http_server_close(server, set_true, &closed);
    step_until(&closed);
    own_world_close(engine);
    free(body);
}

TestSuite(http_bandwidth, .init = open_all, .fini = close_all);

/* ---- Requests. */

struct transfer {
    struct hr_http_request request;
    bool done;
};

static void on_done(struct hr_request *request) {
    hr__container_of(request, struct transfer, request.request)->done = true;
}

static void start_at(struct transfer *one, const char *method, const char *address) {
    one->request.method = method;
    one->request.url = address;
    one->request.request.on_done = on_done;
    if (*method == 'P') one->request.body = hr_source_bytes(body, 4 * MIB);
    one->request.sink = hr_sink_discard();
    cr_assert_eq(hr_http_request_start(client, &one->request), 0);
}

static void start(struct transfer *one, const char *method) {
    start_at(one, method, url);
}

/* Runs them all; how long it takes. */
static double run(struct transfer *all, unsigned count) {
    uint64_t begun_ns = sim_now_ns();
    for (unsigned i = 0; i < count; i++) {
        step_until(&all[i].done);
        cr_assert_eq(all[i].request.request.result, 0, "%s", all[i].request.request.error.message);
    }
    return (double)(sim_now_ns() - begun_ns) / 1e9;
}

static void pass(uint64_t ns) {
    uint64_t until_ns = sim_now_ns() + ns;
    while (sim_now_ns() < until_ns) cr_assert_eq(sim_step(), SIM_RAN);
}

static bool is_about(double seconds, double expected) {
    return seconds > expected * 0.95 - 0.05 && seconds < expected * 1.05 + 0.01;
}

Test(http_bandwidth, four_mib_come_in_two_seconds_at_two_mib_a_second) {
    struct transfer one = {0};
    make_client(2 * MIB);
    start(&one, "GET");
    double seconds = run(&one, 1);
    cr_expect(is_about(seconds, 2), "%g s", seconds);
    cr_expect_eq(one.request.body_bytes, 4 * MIB);
}

Test(http_bandwidth, four_mib_go_in_two_seconds_at_two_mib_a_second) {
    struct transfer one = {0};
    make_client(2 * MIB);
    start(&one, "PUT");
    double seconds = run(&one, 1);
    cr_expect(is_about(seconds, 2), "%g s", seconds);
    cr_expect_eq(arrived, 4 * MIB);
}

Test(http_bandwidth, several_transfers_both_ways_share_it) {
    struct transfer all[4] = {0};
    make_client(4 * MIB);
    for (unsigned i = 0; i < 4; i++) start(&all[i], i % 2 ? "GET" : "PUT");
    double seconds = run(all, 4);
    cr_expect(is_about(seconds, 4), "%g s", seconds);
}

Test(http_bandwidth, small_bodies_one_after_the_other_are_counted) {
    char small[80];
    snprintf(small, sizeof small, "%s/small", url);
    make_client(MIB / 4);
    uint64_t begun_ns = sim_now_ns();
    for (unsigned i = 0; i < 50; i++) {
        struct transfer one = {0};
        start_at(&one, "GET", small);
        run(&one, 1);
    }
    double seconds = (double)(sim_now_ns() - begun_ns) / 1e9;
    cr_expect(is_about(seconds, 50.0 * 20000 / (MIB / 4)), "%g s", seconds);
}

Test(http_bandwidth, a_transfer_that_waits_can_be_cancelled) {
    for (unsigned i = 0; i < 2; i++) {
        struct transfer one = {0};
        if (i == 0) make_client(64 << 10);
        start(&one, i ? "PUT" : "GET");
        pass(500 * MS);
        cr_assert_not(one.done);
        uint64_t asked_ns = sim_now_ns();
        hr_cancel(&one.request.request);
        step_until(&one.done);
        cr_expect_eq(one.request.request.result, -ECANCELED);
        cr_expect_lt(sim_now_ns() - asked_ns, 5 * MS);
    }
}

Test(http_bandwidth, the_time_of_a_request_goes_on) {
    struct transfer one = {.request.request.timeout_ms = 300};
    make_client(64 << 10);
    start(&one, "GET");
    step_until(&one.done);
    cr_expect_eq(one.request.request.result, -ETIMEDOUT);
    cr_expect_lt(one.request.request.total_ns, 310 * MS);
}

Test(http_bandwidth, another_limit_is_followed) {
    struct transfer one = {0}, two = {0}, waiting = {0};
    struct hr_error error = {0};
    make_client(1 << 10); /* more than an hour's */
    start(&one, "GET");
    pass(SECOND);
    start(&waiting, "GET");
    pass(SECOND);
    cr_assert_not(one.done || waiting.done);
    struct hr_http_client_options options = {.rate.bytes_per_second_max = 0};
    cr_assert_eq(hr_http_client_adjust(client, &options, &error), 0);
    double seconds = run(&one, 1);
    cr_expect_lt(seconds, 1.5, "%g s", seconds);
    cr_expect_lt(run(&waiting, 1), 1.5);
    start(&two, "GET");
    cr_expect_lt(run(&two, 1), 0.1);
}

Test(http_bandwidth, without_a_limit_nothing_waits) {
    struct transfer one = {0};
    make_client(0);
    start(&one, "GET");
    cr_expect_lt(run(&one, 1), 0.1);
}
