/* How long connections stand idle: what the server announces, and what a loss teaches. */
#include <errno.h>
#include <stdio.h>

#include <headrace/clock.h>

#include "client.h"
#include "client_fixture.h"
#include "needs_kernel.h"
#include "pool_idle.h"
#include "secure_fixture.h"

#define MS UINT64_C(1000000)
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"

static const struct hr_http_client_options patient = {.pool.idle_timeout_ms = 60000};

static struct hr_http_request post(const char *url) {
    return (struct hr_http_request){
        .url = url, .method = "POST", .body = hr_source_bytes("once", 4)};
}

/* Lets the engine run for a time; what it does meanwhile is what is looked at. */
static void stand_idle(struct fixture *f, uint64_t ms) {
    uint64_t until = hr_clock_monotonic_ns() + ms * MS;
    while (hr_clock_monotonic_ns() < until) hr_engine_poll(f->engine, 5);
}

Test(http_idle, what_the_server_announces) {
    NEEDS_KERNEL("a raw peer");
    static const struct {
        const char *fields;
        uint64_t timeout_ms; /* 0: the connection is not kept */
    } rows[] = {
        {"", 60000},
        {"Keep-Alive: timeout=1\r\n", 500},
        {"Keep-Alive: timeout=2\r\n", 1000},
        {"Keep-Alive: timeout=3\r\n", 2000},
        {"keep-alive: Timeout=30, max=100\r\n", 29000},
        {"Keep-Alive: max=1,\ttimeout = 5 \r\n", 4000},
        {"Keep-Alive: timeout=\"5\"\r\n", 4000},
        {"Keep-Alive: timeout=5\r\nKeep-Alive: timeout=7\r\n", 4000},
        {"Keep-Alive: timeout=300\r\n", 60000},
        {"Keep-Alive: timeout=99999999999999999999\r\n", 60000},
        {"Keep-Alive: timeout=18446744073709551615\r\n", 60000},
        {"Keep-Alive: timeout=-1\r\n", 60000},
        {"Keep-Alive: timeout\r\n", 60000},
        {"Keep-Alive: =5, , timeout=x, xtimeout=1\r\n", 60000},
        {"Keep-Alive:\r\n", 60000},
        {"Keep-Alive: timeout=0\r\n", 0},
        {"Keep-Alive: timeout=5, max=0\r\n", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char answer[300];
        snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\n%sContent-Length: 1\r\n\r\na",
                 rows[i].fields);
        const struct peer_script script[] = {{{{PEER_HEAD}, {PEER_SEND, answer}, {PEER_REPEAT}}}};
        struct fixture f;
        open_all(&f, &patient, script, 1);
        for (unsigned round = 1; round <= 2; round++) {
            struct hr_http_request request = {.url = peer_url(f.peer, "/")};
            cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
            const struct hr_pool_shard *shard = f.client->pool.shards[0];
            const struct hr_connection *kept = shard->idle_newest;
            cr_assert_eq(kept != NULL, rows[i].timeout_ms > 0, "%s", rows[i].fields);
            cr_assert_eq(peer_connections(f.peer), kept ? 1 : round, "%s", rows[i].fields);
            if (!kept) continue;
            cr_assert_eq(hr__idle_timeout_ns(kept->origin), rows[i].timeout_ms * MS, "%s: %lu",
                         rows[i].fields, hr__idle_timeout_ns(kept->origin));
            cr_assert_eq(kept->deadline.due_ns, kept->idle_since_ns + rows[i].timeout_ms * MS);
        }
        close_all(&f);
    }
}

/* No POST is lost to a server that says when it closes, though its close is never seen before. */
Test(http_idle, nothing_is_sent_over_what_is_about_to_close) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {
        {{{PEER_HEAD},
          {PEER_BODY, .count = 4},
          {PEER_SEND, "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 1\r\n\r\na"},
          {PEER_HEAD},
          {PEER_RESET}}}};
    struct fixture f;
    open_all(&f, &patient, script, 1);
    for (unsigned i = 1; i <= 3; i++) {
        struct hr_http_request request = post(peer_url(f.peer, "/"));
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(peer_connections(f.peer), i);
        /* Nobody polls: neither the timer nor a FIN has been seen when the next one comes. */
        uint64_t until = hr_clock_monotonic_ns() + 520 * MS;
        while (hr_clock_monotonic_ns() < until) sched_yield();
    }
    close_all(&f);
}

/* A POST that a kept connection loses is not repeated, and teaches; the next one goes elsewhere. */
static void lose_one(struct fixture *f, const char *url, unsigned losses) {
    struct hr_http_request request = post(url);
    cr_assert_eq(run(f, &request), 0, "%s", request.request.error.message);
    stand_idle(f, 200);
    request = post(url);
    cr_assert_lt(run(f, &request), 0);
    cr_assert(hr__retry_lost(request.request.result), "%d", request.request.result);
    cr_assert(request.connection.reused);
    cr_assert_eq(request.request.attempts, 1);
    uint64_t learned = hr__idle_timeout_ns(f->client->pool.shards[0]->origin_last);
    cr_assert_geq(learned, 160 * MS);
    cr_assert_lt(learned, 60000 * MS);
    for (unsigned i = 0; i < 2; i++) {
        request = post(url);
        cr_assert_eq(run(f, &request), 0, "%u: %s", i, request.request.error.message);
        cr_assert_not(request.connection.reused);
        while (f->client->pool.shards[0]->open > 0) hr_engine_poll(f->engine, 10);
    }
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f->client, &metrics);
    cr_assert_eq(metrics.failed, losses);
}

Test(http_idle, a_lost_request_teaches) {
    NEEDS_KERNEL("a raw peer");
    static const enum peer_kind ends[] = {PEER_RESET, PEER_CLOSE, PEER_END};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const struct peer_script script[] = {
            {{{PEER_HEAD}, {PEER_BODY, .count = 4}, {PEER_SEND, OK}, {PEER_HEAD}, {ends[i]}}}};
        struct fixture f;
        open_all(&f, &patient, script, 1);
        lose_one(&f, peer_url(f.peer, "/"), 1);
        close_all(&f);
    }
}

Test(http_idle, a_request_lost_over_tls_teaches) {
    NEEDS_KERNEL("OpenSSL's server");
    static const struct peer_script script[] = {
        {{{PEER_HEAD}, {PEER_BODY, .count = 4}, {PEER_SEND, OK}, {PEER_HEAD}, {PEER_CLOSE}}}};
    struct fixture f = {.peer = peer_start(script, 1)};
    struct secure secure;
    secure_open(&secure, f.peer, false);
    open_secure(&f, patient);
    lose_one(&f, secure.url, 1);
    secure_close(&secure);
    close_all(&f);
}

/* A 408 that comes while the connection stands idle is a close, and answers nothing. */
Test(http_idle, a_408_to_nobody_teaches) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {
        {{{PEER_HEAD},
          {PEER_SEND, OK},
          {PEER_STALL},
          {PEER_SEND, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"},
          {PEER_DRAIN}}}};
    struct fixture f;
    open_all(&f, &patient, script, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    cr_assert_eq(run(&f, &request), 0);
    stand_idle(&f, 150);
    peer_release(f.peer);
    while (f.client->pool.shards[0]->open > 0) hr_engine_poll(f.engine, 10);
    cr_assert_lt(hr__idle_timeout_ns(f.client->pool.shards[0]->origin_last), 60000 * MS);
    request = (struct hr_http_request){.url = peer_url(f.peer, "/")};
    cr_assert_eq(run(&f, &request), 0);
    cr_assert_eq(request.status, 200);
    close_all(&f);
}

/* What one reactor has learned counts for all of them. */
Test(http_idle, reactors_share_what_they_learn) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script script[] = {{{{PEER_HEAD}, {PEER_SEND, OK}, {PEER_REPEAT}}}};
    struct fixture f = {.peer = peer_start(script, 1)};
    struct hr_engine_options engine = {.reactors = 2};
    cr_assert_eq(hr_engine_new(&engine, NULL, &f.engine), 0);
    open_client(&f, &patient);
    struct hr_http_request requests[20] = {0};
    for (int i = 0; i < 20; i++) {
        requests[i].url = peer_url(f.peer, "/");
        cr_assert_eq(hr_http_request_start(f.client, &requests[i]), 0);
    }
    for (int i = 0; i < 20; i++) cr_assert_eq(hr_wait(&requests[i].request), 0);
    const struct hr_origin *hosts[2] = {f.client->pool.shards[0]->origin_last,
                                        f.client->pool.shards[1]->origin_last};
    if (hosts[0] && hosts[1]) cr_assert_eq(hosts[0]->shared, hosts[1]->shared);
    hr_http_client_close(f.client, NULL, NULL);
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
    peer_stop(f.peer);
}
