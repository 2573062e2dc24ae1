/* Responses that nobody asked for: whenever they come, the next request is not given them. Over
 * TCP, TLS, and TLS in a proxy's tunnel. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/ssl.h>

#include "client_fixture.h"
#include "needs_kernel.h"
#include "stray_peer.h"
#include "tls_certs.h"

#define ALL SIZE_MAX

enum way { PLAIN, TLS_12, TLS_13, TUNNEL };

static const enum way ways[] = {PLAIN, TLS_12, TLS_13, TUNNEL};

struct world {
    struct fixture f;
    struct stray_peer *peer;
    char url[64];
    struct hr_http_request first, second;
    char memory[8];
    char *large;
    struct tls_cert leaf;
    bool started;
};

static const struct tls_cert *ca(void) {
    static struct tls_cert made;
    if (!made.pem) made = tls_cert_make(&(struct tls_cert_plan){.common_name = "ca", .ca = true});
    return &made;
}

static void begin(struct world *world, enum way way, struct stray_plan plan) {
    memset(world, 0, sizeof *world);
    if (way != PLAIN) {
        world->leaf = tls_cert_make(&(struct tls_cert_plan){
            .common_name = "leaf", .alt_names = "IP:127.0.0.1", .issuer = ca()});
        plan.chain_pem = world->leaf.pem;
        plan.key_pem = world->leaf.key_pem;
        plan.version = way == TLS_12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    }
    plan.tunnel = way == TUNNEL;
    if (plan.body_size == 0) plan.body_size = 3;
    world->peer = stray_peer_start(&plan);
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", stray_peer_port(world->peer));
    snprintf(world->url, sizeof world->url, "%s://127.0.0.1:%u/", way == PLAIN ? "http" : "https",
             stray_peer_port(world->peer));
    struct hr_http_client_options options = {.pool.connections_per_origin_max = 1,
                                             .proxy.url = way == TUNNEL ? proxy : NULL,
                                             .tls.ca_pem = hr_slice_of(ca()->pem)};
    open_engine(&world->f, 0);
    open_client(&world->f, &options);
    world->large = malloc(plan.body_size);
    world->first = (struct hr_http_request){.url = world->url};
    world->first.sink = hr_sink_bytes(world->large, plan.body_size);
    world->second = (struct hr_http_request){.url = world->url};
    world->second.sink = hr_sink_bytes(world->memory, sizeof world->memory);
}

/* Returns what was sent behind the first response; `connections`: how many there have to be. */
static size_t end(struct world *world, unsigned connections) {
    cr_assert_eq(world->second.body_bytes, 4, "%.8s", world->memory);
    cr_assert_eq(memcmp(world->memory, "good", 4), 0, "%.8s", world->memory);
    close_all(&world->f);
    size_t behind;
    cr_assert_eq(stray_peer_stop(world->peer, &behind), connections);
    free(world->large);
    if (world->leaf.pem) tls_cert_deinit(&world->leaf);
    return behind;
}

/* The second request waits for the connection while the first has it. */
static size_t one_behind_the_other(enum way way, struct stray_plan plan, unsigned connections) {
    struct world world;
    begin(&world, way, plan);
    cr_assert_eq(hr_http_request_start(world.f.client, &world.first), 0);
    int result = run(&world.f, &world.second);
    cr_assert_eq(result, 0, "way %d, split %zu: %s", way, plan.split,
                 world.second.request.error.message);
    cr_assert_eq(hr_wait(&world.first.request), 0);
    return end(&world, connections);
}

Test(http_stray, behind_the_first_response, .timeout = 120) {
    NEEDS_KERNEL("a raw peer");
    /* 16,384 bytes with their head: they fill what the TLS filter lends at a time. */
    static const size_t sizes[] = {3, 16384 - 42, 16384 - 43, 300000};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            struct stray_plan plan = {.body_size = sizes[k], .split = ALL};
            one_behind_the_other(ways[i], plan, 2);
            plan.same_record = true;
            one_behind_the_other(ways[i], plan, 2);
        }
    }
}

/* Its record begins before the second request is sent, and ends behind that. */
Test(http_stray, a_record_that_is_split_anywhere, .timeout = 300) {
    NEEDS_KERNEL("a raw peer");
    for (size_t i = 1; i < sizeof ways / sizeof *ways; i++) {
        size_t whole = 2;
        for (size_t split = 1; split < whole; split += split < 8 ? 1 : 13)
            whole = one_behind_the_other(ways[i], (struct stray_plan){.split = split}, 2);
        cr_assert_gt(whole, 60);
        one_behind_the_other(ways[i], (struct stray_plan){.split = whole - 1}, 2);
    }
}

Test(http_stray, what_tls_says_to_itself_is_none, .timeout = 300) {
    NEEDS_KERNEL("a raw peer");
    static const enum stray_behind kinds[] = {STRAY_TICKETS, STRAY_KEYS, STRAY_KEYS_ASKED};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct stray_plan plan = {.behind = kinds[i], .split = ALL};
        size_t whole = one_behind_the_other(TLS_13, plan, 1);
        plan.body_size = 300000;
        one_behind_the_other(TLS_13, plan, 1);
        plan.body_size = 3;
        for (plan.split = 0; plan.split < whole; plan.split += 1 + plan.split / 3)
            one_behind_the_other(plan.split % 2 ? TUNNEL : TLS_13, plan, 1);
    }
}

/* The first request's callback has it sent, and starts the second when the kernel has it: it is
 * there before anything of the second has left, and the client has not been told yet. */
static void start_second(struct hr_request *request) {
    struct world *world = request->user;
    stray_peer_go_on(world->peer);
    cr_assert_eq(hr_http_request_start(world->f.client, &world->second), 0);
    world->started = true;
}

static int run_both(struct world *world) {
    world->first.request.on_done = start_second;
    world->first.request.user = world;
    cr_assert_eq(hr_http_request_start(world->f.client, &world->first), 0);
    while (!world->started) hr_engine_poll(world->f.engine, 5);
    return hr_wait(&world->second.request);
}

Test(http_stray, it_is_there_when_the_next_begins, .timeout = 60) {
    NEEDS_KERNEL("a raw peer");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct world world;
        begin(&world, ways[i], (struct stray_plan){.later = true, .split = ALL});
        int result = run_both(&world);
        cr_assert_eq(result, 0, "way %d: %s", ways[i], world.second.request.error.message);
        end(&world, 2);
    }
}

/* Nobody has looked at the engine since the first was done. */
Test(http_stray, it_comes_while_the_connection_is_idle, .timeout = 60) {
    NEEDS_KERNEL("a raw peer");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct world world;
        begin(&world, ways[i], (struct stray_plan){.later = true, .split = ALL});
        cr_assert_eq(run(&world.f, &world.first), 0);
        stray_peer_go_on(world.peer);
        cr_assert_eq(run(&world.f, &world.second), 0, "%s", world.second.request.error.message);
        end(&world, 2);
    }
}

/* The body of the second request has not come yet, so that its head waits too. */
static ssize_t not_yet(void *user, void *buffer, size_t capacity) {
    (void)capacity;
    bool *there = user;
    if (!*there) return -EAGAIN;
    ((char *)buffer)[0] = 'b';
    return 1;
}

Test(http_stray, while_the_next_is_sent, .timeout = 60) {
    NEEDS_KERNEL("a raw peer");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct world world;
        bool there = true;
        begin(&world, ways[i], (struct stray_plan){.later = true, .split = ALL});
        world.second.method = "PUT";
        world.second.body = hr_source_producer(not_yet, NULL, &there, 1);
        int result = run_both(&world);
        /* A producer cannot begin again: the request fails, and is not given the response. */
        cr_assert(result < 0, "way %d", ways[i]);
        cr_assert_eq(world.second.status, 0);
        close_all(&world.f);
        stray_peer_stop(world.peer, NULL);
        free(world.large);
        if (world.leaf.pem) tls_cert_deinit(&world.leaf);
    }
}
