/* Limits smaller than the number of reactors: every hop of a redirect, whichever reactor holds the
 * next origin's places, reaches it, and no limit is exceeded. */
#include <errno.h>
#include <stdio.h>

#include "client.h"
#include "client_fixture.h"
#include "needs_kernel.h"
#include "secure_fixture.h"

#define ORIGINS  4
#define REQUESTS 24
#define REACTORS 4
#define OK       "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere"

struct chain {
    struct fixture f;
    struct peer *peers[ORIGINS];
    struct secure secure[ORIGINS];
    char answers[ORIGINS][200], urls[ORIGINS][64];
    bool tls;
};

static void open_reactors(struct fixture *f, struct hr_http_client_options options, bool tls) {
    struct hr_engine_options engine = {.reactors = REACTORS};
    cr_assert_eq(hr_engine_new(&engine, NULL, &f->engine), 0);
    if (tls) options.tls.ca_pem = hr_slice_of(secure_ca()->pem);
    open_client(f, &options);
}

/* Each origin leads to the next, the last one answers. */
static void chain_open(struct chain *chain, struct hr_http_client_options options, bool tls) {
    memset(chain, 0, sizeof *chain);
    chain->tls = tls;
    for (int i = ORIGINS - 1; i >= 0; i--) {
        if (i == ORIGINS - 1)
            snprintf(chain->answers[i], sizeof chain->answers[i], OK);
        else
            snprintf(chain->answers[i], sizeof chain->answers[i],
                     "HTTP/1.1 307 Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
                     chain->urls[i + 1]);
        struct peer_script script = {{{PEER_HEAD}, {PEER_SEND, chain->answers[i]}, {PEER_REPEAT}}};
        chain->peers[i] = peer_start(&script, 1);
        snprintf(chain->urls[i], sizeof chain->urls[i], "%s", peer_url(chain->peers[i], "/"));
        if (!tls) continue;
        secure_open(&chain->secure[i], chain->peers[i], false);
        snprintf(chain->urls[i], sizeof chain->urls[i], "%s", chain->secure[i].url);
    }
    options.redirects.max = ORIGINS;
    open_reactors(&chain->f, options, tls);
}

static void close_engine(struct fixture *f) {
    hr_http_client_close(f->client, NULL, NULL);
    cr_assert_eq(hr_engine_close(f->engine, NULL, NULL), 0);
}

static void chain_close(struct chain *chain) {
    close_engine(&chain->f);
    for (int i = 0; i < ORIGINS; i++) {
        if (chain->tls) secure_close(&chain->secure[i]);
        peer_stop(chain->peers[i]);
    }
}

static void follow_all(struct chain *chain, const char *what) {
    struct hr_http_request requests[REQUESTS] = {0};
    char bodies[REQUESTS][8] = {{0}};
    for (int i = 0; i < REQUESTS; i++) {
        requests[i].url = chain->urls[0];
        requests[i].sink = hr_sink_bytes(bodies[i], sizeof bodies[i]);
        requests[i].request.timeout_ms = 60000;
        cr_assert_eq(hr_http_request_start(chain->f.client, &requests[i]), 0);
    }
    for (int i = 0; i < REQUESTS; i++) {
        cr_assert_eq(hr_wait(&requests[i].request), 0, "%s: %s", what,
                     requests[i].request.error.message);
        cr_assert_eq(requests[i].redirects.followed, ORIGINS - 1);
        cr_assert_str_eq(bodies[i], "here");
    }
}

static void check_limits(bool tls) {
    for (unsigned limit = 1; limit <= 3; limit++) {
        struct chain chain;
        char what[40];
        snprintf(what, sizeof what, "limit %u", limit);
        chain_open(&chain,
                   (struct hr_http_client_options){.pool.connections_per_origin_max = limit}, tls);
        for (int round = 0; round < 2; round++) follow_all(&chain, what);
        struct hr_http_client_metrics metrics;
        hr_http_client_metrics_get(chain.f.client, &metrics);
        cr_assert_leq(metrics.connections_peak, (uint64_t)limit * ORIGINS);
        cr_assert_eq(metrics.waiting, 0);
        chain_close(&chain);
    }
}

Test(http_loan, redirects_across_origins) {
    NEEDS_KERNEL("raw peers");
    check_limits(false);
}

Test(http_loan, redirects_across_origins_over_tls) {
    NEEDS_KERNEL("OpenSSL's server");
    check_limits(true);
}

/* Fewer connections in all than reactors: some of those hold none for anybody. */
Test(http_loan, fewer_connections_than_reactors) {
    NEEDS_KERNEL("raw peers");
    for (unsigned limit = 1; limit <= 3; limit++) {
        for (unsigned adaptive = 0; adaptive < 2; adaptive++) {
            struct chain chain;
            chain_open(&chain,
                       (struct hr_http_client_options){.pool.connections_max = limit,
                                                       .pool.adaptive_concurrency = adaptive},
                       false);
            follow_all(&chain, "fewer connections");
            struct hr_http_client_metrics metrics;
            hr_http_client_metrics_get(chain.f.client, &metrics);
            cr_assert_leq(metrics.connections_peak, limit);
            chain_close(&chain);
        }
    }
}

/* ---- Asked for on a reactor that holds none. */

struct start {
    struct hr_task task;
    struct fixture *f;
    struct hr_http_request *requests;
    unsigned count;
    bool *done;
};

static int prepare_nothing(struct hr_http_request *request, unsigned attempt) {
    (void)request, (void)attempt;
    return 0;
}

static enum hr_http_verdict all_final(struct hr_http_request *request,
                                      struct hr_http_outcome *outcome) {
    (void)request, (void)outcome;
    return HR_HTTP_FINAL;
}

static const struct hr_http_hooks hooks = {.prepare_attempt = prepare_nothing,
                                           .classify = all_final};

static void count_down(struct hr_request *request) {
    __atomic_sub_fetch((unsigned *)request->user, 1, __ATOMIC_ACQ_REL);
}

static void run_start(struct hr_task *task) {
    struct start *start = (struct start *)task;
    for (unsigned i = 0; i < start->count; i++)
        hr__http_request_begin(start->f->client, hr__reactor_current(), &start->requests[i]);
}

/* On each reactor some requests of hooks, as the S3 client makes them, which must not move. */
static void start_on_each(struct fixture *f, struct start starts[REACTORS],
                          struct hr_http_request *requests, unsigned count, unsigned *left) {
    for (unsigned i = 0; i < REACTORS * count; i++) {
        requests[i].private_.hooks = &hooks;
        requests[i].request.on_done = count_down;
        requests[i].request.user = left;
        cr_assert_eq(hr__http_client_enter(f->client), 0);
    }
    __atomic_store_n(left, REACTORS * count, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < REACTORS; i++) {
        starts[i] = (struct start){
            .task.run = run_start, .f = f, .requests = &requests[i * count], .count = count};
        hr__reactor_post(hr__engine_reactor(f->engine, i), &starts[i].task);
    }
}

static void wait_for(const unsigned *left) {
    while (__atomic_load_n(left, __ATOMIC_ACQUIRE) > 0) sched_yield();
}

Test(http_loan, a_hook_leads_to_a_host_of_others) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {{{{PEER_HEAD}, {PEER_SEND, OK}, {PEER_REPEAT}}}};
    struct fixture f = {.peer = peer_start(script, 1)};
    open_reactors(&f, (struct hr_http_client_options){.pool.connections_per_origin_max = 1}, false);
    struct hr_http_request requests[REACTORS * 6] = {0};
    struct start starts[REACTORS];
    unsigned left;
    for (unsigned i = 0; i < REACTORS * 6; i++) requests[i].url = peer_url(f.peer, "/");
    start_on_each(&f, starts, requests, 6, &left);
    wait_for(&left);
    for (unsigned i = 0; i < REACTORS * 6; i++) {
        cr_assert_eq(requests[i].request.result, 0, "%s", requests[i].request.error.message);
        hr__http_client_leave(f.client);
    }
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.connections_peak, 1);
    close_engine(&f);
    peer_stop(f.peer);
}

static void closed_in_time(void *user) {
    (void)user;
}

/* Whoever waits for a loan gives up in time, and what was asked for comes to nobody's harm: the
 * client closes meanwhile. */
Test(http_loan, given_up_while_waiting) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {
        {{{PEER_HEAD}, {PEER_STALL}, {PEER_SEND, OK}, {PEER_REPEAT}}}};
    for (int round = 0; round < 2; round++) {
        struct fixture f = {.peer = peer_start(script, 1)};
        open_reactors(&f,
                      (struct hr_http_client_options){.pool.connections_per_origin_max = 1,
                                                      .timeouts.pool_timeout_ms = 50},
                      false);
        struct hr_http_request first = {.url = peer_url(f.peer, "/")};
        cr_assert_eq(hr_http_request_start(f.client, &first), 0);
        cr_assert(peer_wait_heads(f.peer, 1));
        struct hr_http_request requests[REACTORS * 3] = {0};
        struct start starts[REACTORS];
        unsigned left;
        for (unsigned i = 0; i < REACTORS * 3; i++) requests[i].url = peer_url(f.peer, "/");
        start_on_each(&f, starts, requests, 3, &left);
        wait_for(&left);
        for (unsigned i = 0; i < REACTORS * 3; i++) {
            cr_assert_eq(requests[i].request.result, HR_ERR_POOL_TIMEOUT, "%s",
                         requests[i].request.error.message);
            hr__http_client_leave(f.client);
        }
        /* The close waits for the first one: in one round for its cancellation, in the other for
         * its answer, which must not come before the cancellation did. */
        if (round == 0) hr_cancel(&first.request);
        hr_http_client_close(f.client, closed_in_time, NULL);
        if (round == 0) cr_assert_eq(hr_wait(&first.request), -ECANCELED);
        peer_release(f.peer);
        if (round == 1) cr_assert_eq(hr_wait(&first.request), 0);
        cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
        peer_stop(f.peer);
    }
}

/* A place that was lent comes back, whatever became of the connection. */
Test(http_loan, a_connection_on_loan_that_fails) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {{{{PEER_HEAD}, {PEER_RESET}}}};
    struct fixture f = {.peer = peer_start(script, 1)};
    open_reactors(
        &f,
        (struct hr_http_client_options){.pool.connections_per_origin_max = 1, .no_breaker = true},
        false);
    for (int round = 0; round < 3; round++) {
        struct hr_http_request requests[REACTORS * 2] = {0};
        struct start starts[REACTORS];
        unsigned left;
        for (unsigned i = 0; i < REACTORS * 2; i++) requests[i].url = peer_url(f.peer, "/");
        start_on_each(&f, starts, requests, 2, &left);
        wait_for(&left);
        for (unsigned i = 0; i < REACTORS * 2; i++) {
            cr_assert_eq(requests[i].request.result, -ECONNRESET, "%s",
                         requests[i].request.error.message);
            hr__http_client_leave(f.client);
        }
    }
    close_engine(&f);
    peer_stop(f.peer);
}
