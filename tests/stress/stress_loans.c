/* Redirects over several origins with limits below the number of reactors: places for connections
 * are lent between reactors all the time, while requests are cancelled and the client closes. Every
 * request ends, the limits hold, and everything can be closed. On both back ends. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/http_client.h>

#include "chained_origins.h"

enum { REACTORS = 4, ORIGINS = 4, REQUESTS = 48, ROUNDS = 6 };

static struct origin origins[ORIGINS];
static uint32_t done;

static void on_done(struct hr_request *request) {
    if (request->result < 0 && request->result != -ECANCELED)
        fail("a request: %s", request->error.message);
    __atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
}

/* `cancels`: every third one, at once or a little later; and the client closes meanwhile. */
static void run_round(hr_engine *engine, unsigned limit, bool in_all, bool cancels) {
    static struct hr_http_request requests[REQUESTS];
    const struct hr_http_client_options options = {
        .pool.connections_per_origin_max = in_all ? 0 : limit,
        .pool.connections_max = in_all ? limit : 0,
        .redirects.max = ORIGINS,
        .timeout_ms = 60000,
    };
    struct hr_error error = {0};
    hr_http_client *client;
    if (hr_http_client_new(engine, &options, &error, &client) < 0) fail("%s", error.message);
    memset(requests, 0, sizeof requests);
    __atomic_store_n(&done, 0, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < REQUESTS; i++) {
        requests[i].url = origins[i % (ORIGINS - 1)].url;
        requests[i].request.on_done = on_done;
        if (hr_http_request_start(client, &requests[i]) < 0) fail("a request was refused");
        if (cancels && i % 6 == 0) hr_cancel(&requests[i].request);
    }
    for (unsigned i = 3; cancels && i < REQUESTS; i += 6) {
        usleep(300);
        hr_cancel(&requests[i].request);
    }
    if (cancels) hr_http_client_close(client, NULL, NULL);
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) != REQUESTS) usleep(200);
    if (cancels) return;
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(client, &metrics);
    unsigned most = in_all ? limit : limit * ORIGINS;
    if (metrics.connections_peak > most)
        fail("limit %u %s: %" PRIu64 " connections", limit, in_all ? "in all" : "per host",
             metrics.connections_peak);
    hr_http_client_close(client, NULL, NULL);
}

static void run_on(enum hr_engine_backend backend) {
    hr_engine *servers = open_engine(backend, 1), *engine = open_engine(backend, REACTORS);
    open_origins(servers, origins, ORIGINS);
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned limit = 1; limit < REACTORS; limit++)
            run_round(engine, limit, round % 3 == 2, round % 2);
    if (hr_engine_close(engine, NULL, NULL)) fail("the engine does not close");
    close_origins(servers, origins, ORIGINS);
}

int main(void) {
    run_on(HR_BACKEND_IO_URING);
    run_on(HR_BACKEND_EPOLL);
    puts("stress_loans: every redirect has ended, and no limit was exceeded");
    return 0;
}
