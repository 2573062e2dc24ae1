/* Threads change the options of a client, over and over, while others start requests, which are
 * redirected over several origins, cancel some, and the client closes at last. Limits go below the
 * number of reactors and back, so that places move and are lent all the time. Every request ends;
 * when all have taken what came last, the limits hold that came last. On both back ends.
 *
 * usage: stress_adjust [--seconds N]     (6) */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/http_client.h>

#include "chained_origins.h"

enum { REACTORS = 4, ORIGINS = 3, STARTERS = 3, ADJUSTERS = 2, SLOTS = 16, SECONDS = 6 };
#define SECOND_NS UINT64_C(1000000000)

struct worker {
    pthread_t thread;
    uint32_t random;
    uint64_t count;
};

static struct origin origins[ORIGINS];
static hr_http_client *client;
static uint32_t over;

static uint32_t draw(struct worker *worker, uint32_t limit) { /* Numerical Recipes' LCG */
    worker->random = worker->random * 1664525u + 1013904223u;
    return (worker->random >> 8) % limit;
}

static bool is_over(void) {
    return __atomic_load_n(&over, __ATOMIC_ACQUIRE);
}

/* ---- Those who change options. */

static struct hr_http_client_options draw_options(struct worker *worker) {
    struct hr_http_client_options options = {
        .timeout_ms = 60000 + draw(worker, 1000),
        .timeouts.pool_timeout_ms = 60000,
        .pool.connections_per_origin_max = draw(worker, REACTORS + 3),
        .pool.connections_max = draw(worker, REACTORS + 5),
        .pool.queue_max = draw(worker, 2) ? 0 : 1000,
        .pool.idle_timeout_ms = draw(worker, 2) ? 0 : 1 + draw(worker, 50),
        .pool.lifetime_ms = draw(worker, 2) ? 0 : 20 + draw(worker, 100),
        .redirects.max = ORIGINS,
        .retry.attempts_max = 1 + draw(worker, 4),
        .retry.budget_percent = 1 + draw(worker, 100),
        .hedge.quantile_percent = draw(worker, 2) ? 0 : 95,
        .rate.attempts_per_second_max = draw(worker, 4) ? 0 : 100000,
        .response.head_bytes_max = 1000 + draw(worker, 1000),
        .breaker.failures_max = 1000 + draw(worker, 1000),
    };
    return options;
}

static void *change(void *user) {
    struct worker *worker = user;
    while (!is_over()) {
        const struct hr_http_client_options options = draw_options(worker);
        struct hr_error error = {0};
        if (hr_http_client_adjust(client, &options, &error)) fail("refused: %s", error.message);
        worker->count++;
        if (draw(worker, 4) == 0) usleep(draw(worker, 2000));
    }
    return NULL;
}

/* ---- Those who make requests. */

static void *ask(void *user) {
    struct worker *worker = user;
    while (!is_over()) {
        struct hr_http_request requests[SLOTS] = {0};
        for (unsigned i = 0; i < SLOTS; i++) {
            requests[i].url = origins[draw(worker, ORIGINS)].url;
            if (hr_http_request_start(client, &requests[i]) < 0) fail("a request was refused");
        }
        if (draw(worker, 2)) hr_cancel(&requests[draw(worker, SLOTS)].request);
        for (unsigned i = 0; i < SLOTS; i++) {
            int result = hr_wait(&requests[i].request);
            if (result < 0 && result != -ECANCELED)
                fail("a request: %s", requests[i].request.error.message);
        }
        worker->count += SLOTS;
    }
    return NULL;
}

/* ---- All of it. */

static void run(struct worker *workers, unsigned count, void *(*work)(void *)) {
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) fail("no thread");
}

static uint64_t join(struct worker *workers, unsigned count) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        pthread_join(workers[i].thread, NULL);
        sum += workers[i].count;
    }
    return sum;
}

/* What is too much closes when it is idle, soon. */
static void check_limit(unsigned limit) {
    struct hr_http_client_metrics metrics;
    uint64_t end_ns = hr_clock_monotonic_ns() + 20 * SECOND_NS;
    do {
        hr_http_client_metrics_get(client, &metrics);
        if (metrics.connections_open <= limit && metrics.waiting == 0) return;
        usleep(1000);
    } while (hr_clock_monotonic_ns() < end_ns);
    fail("%" PRIu64 " connections, and %" PRIu64 " requests that wait; the limit is %u",
         metrics.connections_open, metrics.waiting, limit);
}

static void run_on(enum hr_engine_backend backend, unsigned seconds) {
    hr_engine *servers = open_engine(backend, 1), *engine = open_engine(backend, REACTORS);
    struct worker starters[STARTERS] = {{.random = 1}, {.random = 2}, {.random = 3}};
    struct worker adjusters[ADJUSTERS] = {{.random = 4}, {.random = 5}};
    struct hr_http_client_options options = draw_options(&adjusters[0]);
    struct hr_error error = {0};
    open_origins(servers, origins, ORIGINS);
    if (hr_http_client_new(engine, &options, &error, &client) < 0) fail("%s", error.message);
    __atomic_store_n(&over, 0, __ATOMIC_RELEASE);
    run(starters, STARTERS, ask);
    run(adjusters, ADJUSTERS, change);
    for (unsigned i = 0; i < seconds * 10; i++) usleep(100000);
    __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
    uint64_t requests = join(starters, STARTERS), changes = join(adjusters, ADJUSTERS);
    options.pool.connections_max = 2;
    if (hr_http_client_adjust(client, &options, &error)) fail("%s", error.message);
    check_limit(2);
    if (hr_http_client_adjust(client, NULL, &error)) fail("%s", error.message);
    hr_http_client_close(client, NULL, NULL);
    if (hr_engine_close(engine, NULL, NULL)) fail("the engine does not close");
    close_origins(servers, origins, ORIGINS);
    printf("stress_adjust: %" PRIu64 " requests, %" PRIu64 " changes\n", requests, changes);
}

int main(int argc, char **argv) {
    unsigned seconds = SECONDS;
    if (argc == 3 && strcmp(argv[1], "--seconds") == 0)
        seconds = (unsigned)strtoul(argv[2], NULL, 10);
    run_on(HR_BACKEND_IO_URING, seconds / 2);
    run_on(HR_BACKEND_EPOLL, seconds - seconds / 2);
    return 0;
}
