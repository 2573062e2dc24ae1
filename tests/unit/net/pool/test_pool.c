/* The pool without any HTTP: waiters of the test's own, and a peer that says nothing. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "client_fixture.h"
#include "connection.h"
#include "needs_kernel.h"
#include "network.h"
#include "pool.h"

#define MS UINT64_C(1000000)

struct visit {
    struct hr_pool_waiter waiter;
    int ready, failed, closed, result;
};

struct place {
    hr_engine *engine;
    struct hr_pool pool;
    int listener;
    uint16_t port;
    bool pool_closed;
    struct hr_task task;
    void (*step)(struct place *place);
    bool stepped;
    struct visit visits[3];
    int got[3];
};

static struct visit *of(struct hr_pool_waiter *waiter) {
    return hr__container_of(waiter, struct visit, waiter);
}

static void on_ready(struct hr_pool_waiter *waiter) {
    of(waiter)->ready++;
}

static void on_failed(struct hr_pool_waiter *waiter, int result, const char *reason) {
    (void)reason;
    of(waiter)->failed++;
    of(waiter)->result = result;
}

static void on_closed(struct hr_pool_waiter *waiter) {
    of(waiter)->closed++;
}

static const struct hr_waiter_events events = {
    .on_ready = on_ready, .on_failed = on_failed, .on_closed = on_closed};

static void run_step(struct hr_task *task) {
    struct place *place = hr__container_of(task, struct place, task);
    place->step(place);
    place->stepped = true;
}

/* Runs a step on the reactor. */
static void on_reactor(struct place *place, void (*step)(struct place *place)) {
    place->step = step;
    place->stepped = false;
    place->task.run = run_step;
    hr__reactor_post(hr__engine_reactor(place->engine, 0), &place->task);
    while (!place->stepped) hr_engine_poll(place->engine, 1000);
}

static void on_pool_closed(struct hr_pool *pool) {
    hr__container_of(pool, struct place, pool)->pool_closed = true;
}

static void listen_on_loopback(struct place *place) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    place->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(place->listener, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(place->listener, 16), 0);
    cr_assert_eq(getsockname(place->listener, (struct sockaddr *)&address, &size), 0);
    place->port = ntohs(address.sin_port);
}

static void open_place(struct place *place, unsigned connections_max, uint64_t pool_ns) {
    static const struct hr_resolver_options resolver;
    static const struct hr_http_proxy_options proxy;
    static const struct hr_tls_options tls;
    const struct hr_network_options network = {.resolver = &resolver, .proxy = &proxy, .tls = &tls};
    struct hr_pool_options options = {
        .settings = {.limits = {.connections_max = connections_max,
                                .connections_per_origin_max = connections_max,
                                .queue_max = 1,
                                .idle_timeout_ns = HR_FOREVER_NS,
                                .lifetime_ns = HR_FOREVER_NS},
                     .times = {HR_FOREVER_NS, HR_FOREVER_NS, HR_FOREVER_NS, pool_ns}},
        .network = &network,
    };
    struct hr_engine_options engine = {.mode = HR_ENGINE_CALLER};
    struct hr_error error = {0};
    memset(place, 0, sizeof *place);
    listen_on_loopback(place);
    cr_assert_eq(hr_engine_new(&engine, &error, &place->engine), 0, "%s", error.message);
    cr_assert_eq(hr__pool_open(&place->pool, place->engine, &options, &error), 0, "%s",
                 error.message);
    place->pool.on_closed = on_pool_closed;
}

static void acquire(struct place *place, unsigned which) {
    struct hr_origin_key key = {.name = hr_slice_of("127.0.0.1"), .port = place->port};
    struct hr_pool_waiter *waiter = &place->visits[which].waiter;
    waiter->events = &events;
    waiter->times = &place->pool.shards[0]->times;
    cr_assert_eq(hr__origin_acquire(place->pool.shards[0], &key, &waiter->origin), 0);
    cr_assert_eq(hr__origin_share(waiter->origin), 0);
    place->got[which] = hr__pool_acquire(waiter);
}

static void first_comes(struct place *place) {
    acquire(place, 0);
}

static void two_more_come(struct place *place) {
    acquire(place, 1);
    acquire(place, 2);
}

static void first_leaves(struct place *place) {
    hr__pool_release(place->visits[0].waiter.connection);
}

static void second_closes(struct place *place) {
    hr__connection_close(place->visits[1].waiter.connection);
}

static void close_place(struct place *place) {
    for (unsigned i = 0; i < 3; i++)
        if (place->visits[i].waiter.origin) hr__origin_release(place->visits[i].waiter.origin);
    hr__pool_close(&place->pool);
    while (!place->pool_closed) hr_engine_poll(place->engine, 1000);
    hr__pool_free(&place->pool);
    cr_assert_eq(hr_engine_close(place->engine, NULL, NULL), 0);
    close(place->listener);
}

Test(pool, a_connection_goes_from_waiter_to_waiter) {
    NEEDS_KERNEL("a listening socket");
    struct place place;
    struct visit *visits = place.visits;
    open_place(&place, 1, HR_FOREVER_NS);
    on_reactor(&place, first_comes);
    cr_assert_eq(place.got[0], 0);
    cr_assert_eq(visits[0].waiter.state, HR_WAITER_DIALLING);
    while (!visits[0].ready) hr_engine_poll(place.engine, 1000);
    cr_assert_eq(visits[0].waiter.state, HR_WAITER_HOLDING);
    struct hr_connection *connection = visits[0].waiter.connection;
    cr_assert(connection->stream && !connection->served);

    on_reactor(&place, two_more_come);
    cr_assert_eq(place.got[1], 0);
    cr_assert_eq(visits[1].waiter.state, HR_WAITER_QUEUED);
    cr_assert_eq(place.got[2], -ENOBUFS, "one may wait");
    cr_assert_eq(visits[2].waiter.state, HR_WAITER_NONE);

    on_reactor(&place, first_leaves);
    cr_assert_eq(visits[1].ready, 1);
    cr_assert_eq(visits[1].waiter.connection, connection);
    cr_assert(connection->served);
    cr_assert_null(visits[0].waiter.connection);
    cr_assert_eq(place.pool.connections_open, 1);

    on_reactor(&place, second_closes);
    while (!visits[1].closed) hr_engine_poll(place.engine, 1000);
    cr_assert_eq(visits[1].waiter.state, HR_WAITER_NONE);
    cr_assert_eq(visits[0].failed + visits[1].failed + visits[2].failed, 0);
    cr_assert_eq(visits[0].closed, 0, "it had left");
    close_place(&place);
}

Test(pool, a_wait_has_an_end) {
    NEEDS_KERNEL("a listening socket");
    struct place place;
    open_place(&place, 1, 20 * MS);
    on_reactor(&place, first_comes);
    while (!place.visits[0].ready) hr_engine_poll(place.engine, 1000);
    on_reactor(&place, two_more_come);
    while (!place.visits[1].failed) hr_engine_poll(place.engine, 1000);
    cr_assert_eq(place.visits[1].result, HR_ERR_POOL_TIMEOUT);
    cr_assert_eq(place.visits[1].waiter.state, HR_WAITER_NONE);
    on_reactor(&place, first_leaves);
    cr_assert_eq(place.visits[1].ready, 0);
    cr_assert_eq(place.pool.shards[0]->counters.connections_idle, 1);
    close_place(&place);
}
