#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <time.h>

#include "answering.h"
#include "client.h"
#include "client_fixture.h"
#include "needs_kernel.h"
#include "pool_idle.h"
#include "secure_fixture.h"

#define OK(size) "HTTP/1.1 200 OK\r\nContent-Length: " #size "\r\n\r\n"

static const struct peer_script answers[] = {
    {{{PEER_HEAD}, {PEER_SEND, OK(1) "a"}, {PEER_REPEAT}}}};
static const struct peer_script held[] = {
    {{{PEER_HEAD}, {PEER_STALL}, {PEER_SEND, OK(1) "a"}, {PEER_REPEAT}}}};

Test(http_pool, shares_sum_to_the_limit) {
    for (unsigned holders = 1; holders <= 9; holders++) {
        for (unsigned limit = 0; limit <= 40; limit++) {
            for (unsigned offset = 0; offset < holders; offset++) {
                unsigned sum = 0, least = UINT32_MAX, most = 0;
                for (unsigned i = 0; i < holders + 2; i++) {
                    unsigned share = hr__pool_share(limit, holders, offset, i);
                    sum += share;
                    if (i >= holders)
                        cr_assert_eq(share, 0);
                    else {
                        least = share < least ? share : least;
                        most = share > most ? share : most;
                    }
                }
                cr_assert_eq(sum, limit);
                cr_assert_leq(most - least, 1);
                if (limit % holders)
                    cr_assert_eq(hr__pool_share(limit, holders, offset, offset), most);
            }
        }
    }
}

Test(http_pool, hashing_ignores_case) {
    cr_assert_eq(hr__origin_hash(hr_slice_of("A.Test"), 1),
                 hr__origin_hash(hr_slice_of("a.tEST"), 1));
    cr_assert_neq(hr__origin_hash(hr_slice_of("a.test"), 1),
                  hr__origin_hash(hr_slice_of("a.test"), 2));
}

static unsigned finished[64], finished_count;
static void note_finished(struct hr_request *request) {
    cr_assert_eq(request->result, 0, "%s", request->error.message);
    finished[finished_count++] = (unsigned)(uintptr_t)request->user;
}

Test(http_pool, limit_per_host) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.pool.connections_per_origin_max = 2};
    struct fixture f;
    open_all(&f, &options, answers, 1);
    struct hr_http_request requests[40] = {0};
    for (unsigned i = 0; i < 40; i++) {
        requests[i].url = peer_url(f.peer, "/");
        requests[i].request.on_done = note_finished;
        requests[i].request.user = (void *)(uintptr_t)i;
        cr_assert_eq(hr_http_request_start(f.client, &requests[i]), 0);
    }
    while (finished_count < 40) hr_engine_poll(f.engine, 1000);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.connections_peak, 2);
    cr_assert_eq(metrics.connections_opened, 2);
    cr_assert_eq(metrics.waiting_peak, 38);
    cr_assert_eq(metrics.waiting, 0);
    cr_assert_eq(metrics.connections_reused, 38);
    cr_assert_eq(peer_connections(f.peer), 2);
    close_all(&f);
}

Test(http_pool, first_come_first_served) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.pool.connections_per_origin_max = 1};
    struct fixture f;
    open_all(&f, &options, answers, 1);
    struct hr_http_request requests[40] = {0};
    for (unsigned i = 0; i < 40; i++) {
        requests[i].url = peer_url(f.peer, "/");
        requests[i].request.on_done = note_finished;
        requests[i].request.user = (void *)(uintptr_t)i;
        cr_assert_eq(hr_http_request_start(f.client, &requests[i]), 0);
    }
    while (finished_count < 40) hr_engine_poll(f.engine, 1000);
    for (unsigned i = 0; i < 40; i++) cr_assert_eq(finished[i], i);
    close_all(&f);
}

Test(http_pool, waiting_ends_in_a_named_error) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.pool.connections_per_origin_max = 1,
                                             .timeouts.pool_timeout_ms = 50};
    struct fixture f;
    open_all(&f, &options, held, 1);
    struct hr_http_request first = {.url = peer_url(f.peer, "/")};
    struct hr_http_request second = {.url = peer_url(f.peer, "/")};
    cr_assert_eq(hr_http_request_start(f.client, &first), 0);
    cr_assert_eq(run(&f, &second), HR_ERR_POOL_TIMEOUT);
    cr_assert(strstr(second.request.error.message, "pool_timeout_ms"));
    cr_assert_gt(second.request.timings.queue_ns, 40 * 1000000ull);
    peer_release(f.peer);
    cr_assert_eq(hr_wait(&first.request), 0);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.timeouts.pool, 1);
    close_all(&f);
}

Test(http_pool, the_queue_is_bounded) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.pool.connections_per_origin_max = 1,
                                             .pool.queue_max = 2};
    struct fixture f;
    open_all(&f, &options, held, 1);
    struct hr_http_request requests[4] = {0};
    for (int i = 0; i < 4; i++) {
        requests[i].url = peer_url(f.peer, "/");
        cr_assert_eq(hr_http_request_start(f.client, &requests[i]), 0);
    }
    cr_assert_eq(hr_wait(&requests[3].request), -ENOBUFS);
    cr_assert(strstr(requests[3].request.error.message, "pool.queue_max"), "%s",
              requests[3].request.error.message);
    peer_release(f.peer);
    for (int i = 0; i < 3; i++) cr_assert_eq(hr_wait(&requests[i].request), 0);
    close_all(&f);
}

Test(http_pool, a_waiting_request_can_be_cancelled) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.pool.connections_per_origin_max = 1};
    struct fixture f;
    open_all(&f, &options, held, 1);
    struct hr_http_request requests[3] = {0};
    for (int i = 0; i < 3; i++) {
        requests[i].url = peer_url(f.peer, "/");
        cr_assert_eq(hr_http_request_start(f.client, &requests[i]), 0);
    }
    cr_assert(peer_connections(f.peer) <= 1);
    hr_engine_poll(f.engine, 1000);
    hr_cancel(&requests[1].request);
    cr_assert_eq(hr_wait(&requests[1].request), -ECANCELED);
    peer_release(f.peer);
    cr_assert_eq(hr_wait(&requests[0].request), 0);
    cr_assert_eq(hr_wait(&requests[2].request), 0);
    cr_assert_eq(peer_connections(f.peer), 1);
    close_all(&f);
}

Test(http_pool, an_unused_connection_of_another_host_makes_room) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.pool.connections_max = 1};
    struct fixture f;
    open_all(&f, &options, answers, 1);
    struct peer *other = peer_start(answers, 1);
    for (int i = 0; i < 6; i++) {
        struct hr_http_request request = {.url = peer_url(i % 2 ? other : f.peer, "/")};
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        struct hr_http_client_metrics metrics;
        hr_http_client_metrics_get(f.client, &metrics);
        cr_assert_eq(metrics.connections_peak, 1);
    }
    cr_assert_eq(peer_connections(f.peer), 3);
    cr_assert_eq(peer_connections(other), 3);
    /* And under load, from both sides at once. */
    struct hr_http_request requests[20] = {0};
    for (int i = 0; i < 20; i++) {
        requests[i].url = peer_url(i % 2 ? other : f.peer, "/");
        cr_assert_eq(hr_http_request_start(f.client, &requests[i]), 0);
    }
    for (int i = 0; i < 20; i++) cr_assert_eq(hr_wait(&requests[i].request), 0);
    close_all(&f);
    peer_stop(other);
}

Test(http_pool, the_last_used_is_the_first_reused_and_the_idle_close) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.pool.idle_timeout_ms = 1000};
    struct fixture f;
    open_all(&f, &options, answers, 1);
    struct hr_http_request requests[4] = {0};
    for (int i = 0; i < 4; i++) {
        requests[i].url = peer_url(f.peer, "/");
        cr_assert_eq(hr_http_request_start(f.client, &requests[i]), 0);
    }
    for (int i = 0; i < 4; i++) cr_assert_eq(hr_wait(&requests[i].request), 0);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.connections_open, 4);
    /* One goes on; the three beside it are not touched and close. */
    do {
        struct hr_http_request request = {.url = peer_url(f.peer, "/")};
        cr_assert_eq(run(&f, &request), 0);
        cr_assert(request.connection.reused);
        hr_http_client_metrics_get(f.client, &metrics);
    } while (metrics.connections_open > 1);
    cr_assert_eq(metrics.connections_opened, 4);
    do {
        hr_engine_poll(f.engine, 1000);
        hr_http_client_metrics_get(f.client, &metrics);
    } while (metrics.connections_open > 0);
    cr_assert_eq(metrics.connections_idle, 0);
    close_all(&f);
}

Test(http_pool, many_hosts_are_forgotten) {
    NEEDS_KERNEL("a raw peer");
    struct hr_resolve_entry all = {.host = "*.many.test"};
    struct hr_http_client_options options = {
        .resolver.entries = &all, .resolver.entry_count = 1, .pool.connections_max = 8};
    all.address = "127.0.0.1";
    struct fixture f;
    open_all(&f, &options, answers, 1);
    for (int i = 0; i < 1000; i++) {
        char url[128];
        snprintf(url, sizeof url, "http://h%d.many.test:%u/", i, peer_port(f.peer));
        struct hr_http_request request = {.url = url};
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    }
    cr_assert_leq(f.client->pool.shards[0]->origin_count, 300);
    close_all(&f);
}

Test(http_pool, limits_below_the_reactors_still_serve) {
    NEEDS_KERNEL("a raw peer");
    struct hr_engine_options engine_options = {.reactors = 3};
    struct hr_http_client_options options = {.pool.connections_max = 2,
                                             .pool.connections_per_origin_max = 1};
    struct fixture f = {0};
    cr_assert_eq(hr_engine_new(&engine_options, NULL, &f.engine), 0);
    open_client(&f, &options);
    f.peer = peer_start(answers, 1);
    struct hr_http_request requests[30] = {0};
    for (int i = 0; i < 30; i++) {
        requests[i].url = peer_url(f.peer, "/");
        cr_assert_eq(hr_http_request_start(f.client, &requests[i]), 0);
    }
    for (int i = 0; i < 30; i++)
        cr_assert_eq(hr_wait(&requests[i].request), 0, "%s", requests[i].request.error.message);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.connections_peak, 1);
    hr_http_client_close(f.client, NULL, NULL);
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
    peer_stop(f.peer);
}

/* A request that a kept connection lost goes on before those that came after it, however many keep
 * coming, and however full the queue is: it was accepted. */
#define LATER 40
static struct hr_http_request later[LATER];
static unsigned later_started, later_done, done_before_lost;
static struct fixture lost_fixture;

static void start_later(void) {
    struct hr_http_request *request = &later[later_started++];
    cr_assert_eq(hr_http_request_start(lost_fixture.client, request), 0);
}

static void one_later_done(struct hr_request *request) {
    cr_assert_eq(request->result, 0, "%s", request->error.message);
    later_done++;
    if (later_started < LATER) start_later();
}

static void lost_done(struct hr_request *request) {
    cr_assert_eq(request->result, 0, "%s", request->error.message);
    done_before_lost = later_done;
    *(bool *)request->user = true;
}

Test(http_pool, a_lost_request_is_not_starved) {
    NEEDS_KERNEL("a raw peer");
    static const struct peer_script scripts[] = {
        {{{PEER_HEAD}, {PEER_SEND, OK(1) "a"}, {PEER_HEAD}, {PEER_CLOSE}}},
        {{{PEER_HEAD}, {PEER_SEND, OK(1) "a"}, {PEER_REPEAT}}}};
    struct hr_http_client_options options = {.pool.connections_per_origin_max = 1,
                                             .pool.queue_max = 3};
    struct fixture *f = &lost_fixture;
    open_all(f, &options, scripts, 2);
    struct hr_http_request warm = {.url = peer_url(f->peer, "/")};
    cr_assert_eq(run(f, &warm), 0);
    bool over = false;
    struct hr_http_request lost = {.url = peer_url(f->peer, "/")};
    lost.request.on_done = lost_done;
    lost.request.user = &over;
    cr_assert_eq(hr_http_request_start(f->client, &lost), 0);
    for (int i = 0; i < LATER; i++) {
        later[i].url = lost.url;
        later[i].request.on_done = one_later_done;
    }
    for (int i = 0; i < 3; i++) start_later();
    while (!over || later_done < LATER) hr_engine_poll(f->engine, 1000);
    cr_assert(lost.request.attempts == 2 && done_before_lost == 0, "%u were served before it",
              done_before_lost);
    close_all(f);
}

/* Its life ends it although its idle time-out is far away. */
Test(http_pool, a_connection_has_a_lifetime) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.pool.lifetime_ms = 40,
                                             .pool.idle_timeout_ms = 600000};
    struct fixture f;
    open_all(&f, &options, answers, 1);
    struct hr_http_request request = {.url = peer_url(f.peer, "/")};
    cr_assert_eq(run(&f, &request), 0);
    struct hr_http_client_metrics metrics;
    do {
        hr_engine_poll(f.engine, 1000);
        hr_http_client_metrics_get(f.client, &metrics);
    } while (metrics.connections_open > 0);
    cr_assert_eq(run(&f, &request), 0);
    cr_assert_not(request.connection.reused);
    close_all(&f);
}

/* Who has waited for room and been served takes no connection away behind that. */
Test(http_pool, a_connection_outlives_the_wait_for_it) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.pool.connections_max = 1};
    struct fixture f;
    open_all(&f, &options, answers, 1);
    struct hr_http_request two[2] = {0}, third = {.url = peer_url(f.peer, "/")};
    for (int i = 0; i < 2; i++) {
        two[i].url = third.url;
        cr_assert_eq(hr_http_request_start(f.client, &two[i]), 0);
    }
    for (int i = 0; i < 2; i++) cr_assert_eq(hr_wait(&two[i].request), 0);
    cr_assert(two[1].connection.reused);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.connections_open, 1);
    cr_assert_eq(metrics.connections_idle, 1);
    cr_assert_eq(run(&f, &third), 0);
    cr_assert(third.connection.reused);
    cr_assert_eq(peer_connections(f.peer), 1);
    close_all(&f);
}

/* A host that is always busy gives way to one that has waited longer for room. */
Test(http_pool, a_busy_host_does_not_starve_another) {
    NEEDS_KERNEL("a raw peer");
    struct hr_http_client_options options = {.pool.connections_max = 1};
    struct fixture *f = &lost_fixture;
    open_all(f, &options, answers, 1);
    struct peer *quiet = peer_start(answers, 1);
    bool over = false;
    struct hr_http_request other = {.url = peer_url(quiet, "/")};
    other.request.on_done = lost_done;
    other.request.user = &over;
    for (int i = 0; i < LATER; i++) {
        later[i].url = peer_url(f->peer, "/");
        later[i].request.on_done = one_later_done;
    }
    for (int i = 0; i < 3; i++) start_later();
    cr_assert_eq(hr_http_request_start(f->client, &other), 0);
    while (!over || later_done < LATER) hr_engine_poll(f->engine, 1000);
    cr_assert_leq(done_before_lost, 8, "%u were served before it", done_before_lost);
    close_all(f);
    peer_stop(quiet);
}

/* A queue shorter than there are reactors is counted over all of them. */
static sem_t queue_ended;
static unsigned queue_refused, queue_served;

static void queue_done(struct hr_request *request) {
    if (request->result == -ENOBUFS)
        __atomic_add_fetch(&queue_refused, 1, __ATOMIC_RELAXED);
    else if (request->result == 0)
        __atomic_add_fetch(&queue_served, 1, __ATOMIC_RELAXED);
    sem_post(&queue_ended);
}

static void wait_for_ends(unsigned count) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    while (count-- > 0) cr_assert_eq(sem_timedwait(&queue_ended, &until), 0, "no end came");
}

Test(http_pool, a_queue_shorter_than_the_reactors) {
    NEEDS_KERNEL("a raw peer");
    struct hr_engine_options engine_options = {.reactors = 4};
    struct hr_http_client_options options = {
        .pool.connections_max = 4, .pool.connections_per_origin_max = 4, .pool.queue_max = 2};
    struct fixture f = {0};
    sem_init(&queue_ended, 0, 0);
    cr_assert_eq(hr_engine_new(&engine_options, NULL, &f.engine), 0);
    open_client(&f, &options);
    f.peer = peer_start(held, 1);
    struct hr_http_request requests[16] = {0};
    for (int i = 0; i < 16; i++) {
        requests[i].url = peer_url(f.peer, "/");
        requests[i].request.on_done = queue_done;
        cr_assert_eq(hr_http_request_start(f.client, &requests[i]), 0);
    }
    wait_for_ends(16 - 4 - 2); /* four are under way, two wait */
    cr_assert_eq(queue_refused, 10);
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.waiting, 2);
    peer_release(f.peer);
    wait_for_ends(6);
    cr_assert_eq(queue_served, 6);
    hr_http_client_close(f.client, NULL, NULL);
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
    peer_stop(f.peer);
}

/* Every reactor may be asked, those that hold no connection too. */
Test(http_pool, a_relative_url_goes_to_a_reactor_that_holds_connections) {
    NEEDS_KERNEL("a raw peer");
    struct hr_engine_options engine_options = {.reactors = 3};
    struct fixture f = {0};
    f.peer = peer_start(answers, 1);
    struct hr_http_client_options options = {.pool.connections_max = 1,
                                             .base_url = peer_url(f.peer, "/base/"),
                                             .timeouts.pool_timeout_ms = 3000};
    cr_assert_eq(hr_engine_new(&engine_options, NULL, &f.engine), 0);
    open_client(&f, &options);
    for (int i = 0; i < 9; i++) {
        struct hr_http_request request = {.url = "thing"};
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
    }
    hr_http_client_close(f.client, NULL, NULL);
    cr_assert_eq(hr_engine_close(f.engine, NULL, NULL), 0);
    peer_stop(f.peer);
}

/* ---- The adaptive limit. */

static int hold(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 0;
}

/* It begins at 20 (test_gradient.c): the others wait although connections could be had, and come
 * one by one as those before them end. */
Test(http_pool, the_adaptive_limit_holds_back_and_lets_go) {
    struct hr_http_client_options options = {.pool.adaptive_concurrency = true};
    struct answering a = {.decide = hold};
    answering_open(&a, &options);
    struct hr_http_request requests[30] = {0};
    for (int i = 0; i < 30; i++) {
        requests[i].url = a.url;
        cr_assert_eq(hr_http_request_start(a.client, &requests[i]), 0);
    }
    POLL_UNTIL(&a, a.asked == 20);
    for (int i = 0; i < 20; i++) hr_engine_poll(a.engine, 0);
    cr_assert_eq(a.asked, 20);
    cr_assert_eq(answering_metrics(&a).waiting, 10);
    cr_assert_eq(answering_metrics(&a).connections_opened, 20);
    answering_answer(&a, 0, 200);
    POLL_UNTIL(&a, a.asked >= 21);
    cr_assert_lt(a.asked, 25, "one has ended, %u came", a.asked - 20);
    while (answering_metrics(&a).succeeded < 30) {
        answering_release(&a, 200);
        hr_engine_poll(a.engine, 100);
    }
    for (int i = 0; i < 30; i++) cr_assert_eq(hr_wait(&requests[i].request), 0);
    cr_assert_eq(answering_metrics(&a).waiting, 0);
    answering_close(&a);
}

/* ---- What a host teaches. */

static int at_once(struct answering *self, unsigned n) {
    (void)self, (void)n;
    return 200;
}

/* The server closes after 300 ms: the next ones are closed by us before that. */
Test(http_pool, an_idle_timeout_is_learned) {
    struct hr_http_server_options quick = {.idle_timeout_ms = 300};
    struct answering a = {.decide = at_once};
    answering_open(&a, NULL);
    quick.on_request = answering_on_request;
    quick.user = &a;
    hr_http_server *server;
    unsigned closed = 0;
    cr_assert_eq(hr_http_server_new(a.engine, &quick, NULL, &server), 0);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hr_http_server_port(server));
    uint64_t learned_ns[3];
    for (int i = 0; i < 3; i++) {
        struct hr_http_request request = {.url = url};
        cr_assert_eq(answering_run(&a, &request), 0);
        cr_assert_not(request.connection.reused);
        POLL_UNTIL(&a, answering_metrics(&a).connections_open == 0);
        learned_ns[i] = hr__idle_timeout_ns(a.client->pool.shards[0]->origin_last);
    }
    /* Four fifths of what was seen, and no less than 300 ms was. */
    cr_assert_geq(learned_ns[0], 238000000ull);
    cr_assert_lt(learned_ns[0], 4000000000ull);
    if (learned_ns[0] < 280000000ull) /* the machine was not too slow to see it */
        cr_assert_eq(learned_ns[2], learned_ns[0]);
    hr_http_server_close(server, answering_count_closed, &closed);
    POLL_UNTIL(&a, closed == 1);
    answering_close(&a);
}

/* ---- Handshakes. */

Test(http_pool, full_and_resumed_handshakes_are_counted) {
    NEEDS_KERNEL("OpenSSL's server");
    static const struct peer_script closing[] = {
        {{{PEER_HEAD},
          {PEER_SEND, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"}}}};
    struct fixture f = {.peer = peer_start(closing, 1)};
    struct secure secure;
    secure_open(&secure, f.peer, false);
    open_secure(&f, (struct hr_http_client_options){.retry.attempts_max = HR_NO_RETRY});
    for (int i = 0; i < 4; i++) {
        struct hr_http_request request = {.url = secure.url};
        cr_assert_eq(run(&f, &request), 0, "%s", request.request.error.message);
        cr_assert_eq(request.connection.tls.resumed, i > 0);
    }
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(f.client, &metrics);
    cr_assert_eq(metrics.handshakes_full, 1);
    cr_assert_eq(metrics.handshakes_resumed, 3);
    cr_assert_eq(metrics.connections_opened, 4);
    close_all(&f);
    secure_close(&secure);
}
