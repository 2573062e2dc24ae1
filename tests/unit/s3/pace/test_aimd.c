/* A send rate against a server that takes so many requests a second, and refuses the rest. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "aimd.h"

#define SECOND UINT64_C(1000000000)
#define MS     UINT64_C(1000000)

/* Of a request that was sent just now. */
static void note(struct hr__aimd *aimd, uint64_t now_ns, bool refused) {
    struct hr__aimd_outcome outcome = {now_ns, now_ns, refused};
    hr__aimd_note(aimd, &outcome);
}

/* One outcome a millisecond, each so-and-so-many-th of them a refusal. */
static uint64_t note_all(struct hr__aimd *aimd, uint64_t now_ns, unsigned ms, unsigned every) {
    for (unsigned i = 0; i < ms; i++) note(aimd, now_ns += MS, every && i % every == 0);
    return now_ns;
}

Test(aimd, without_a_refusal_nothing_waits) {
    struct hr__aimd aimd = {0};
    uint64_t now_ns = note_all(&aimd, SECOND, 5000, 0);
    for (unsigned i = 0; i < 1000; i++) cr_assert_eq(hr__aimd_take(&aimd, now_ns), 0);
    cr_assert(hr__aimd_over(&aimd, now_ns + HR__AIMD_OVER_NS));
}

Test(aimd, a_window_with_refusals_leaves_what_the_server_took) {
    struct hr__aimd aimd = {0};
    note_all(&aimd, SECOND, 200, 2);
    cr_assert_float_eq(aimd.per_second, 0, 1e-9, "the window goes on");
    note_all(&aimd, SECOND + 200 * MS, 51, 2);
    cr_assert_float_eq(aimd.before, 1000, 10);
    cr_assert_float_eq(aimd.per_second, 0.95 * 500, 10);
}

Test(aimd, one_cut_leaves_a_quarter_at_least) {
    struct hr__aimd aimd = {0};
    note_all(&aimd, SECOND, 251, 1);
    cr_assert_float_eq(aimd.per_second, 250, 2);
}

Test(aimd, refusals_of_what_was_sent_before_a_cut_are_ignored) {
    struct hr__aimd aimd = {0};
    uint64_t cut_ns = note_all(&aimd, SECOND, 251, 2);
    double rate = aimd.per_second;
    for (unsigned i = 1; i < 3000; i++) {
        struct hr__aimd_outcome echo = {cut_ns + i * MS, cut_ns - i, true};
        hr__aimd_note(&aimd, &echo);
    }
    cr_assert_float_eq(aimd.per_second, rate, 1e-9);
}

Test(aimd, a_few_refusals_change_nothing) {
    struct hr__aimd aimd = {0};
    uint64_t now_ns = note_all(&aimd, SECOND, 10000, 50);
    cr_assert_float_eq(aimd.per_second, 0, 1e-9);
    for (unsigned i = 0; i < 4; i++) note(&aimd, now_ns + 30 * SECOND + i, true);
    cr_assert_float_eq(aimd.per_second, 0, 1e-9, "four are no window");
}

/* A store that fails at random: less load would help nobody. */
Test(aimd, refusals_that_less_load_does_not_lessen_are_no_reason_to_wait) {
    struct hr__aimd aimd = {0};
    uint64_t now_ns = note_all(&aimd, SECOND, 4000, 10);
    cr_assert_float_eq(aimd.per_second, 0, 1e-9);
    now_ns = note_all(&aimd, now_ns, 10000, 10);
    cr_assert_float_eq(aimd.per_second, 0, 1e-9);
    cr_assert_eq(hr__aimd_take(&aimd, now_ns), 0);
    note_all(&aimd, now_ns, 600, 3);
    cr_assert_gt(aimd.per_second, 0, "many more of them are");
}

Test(aimd, a_server_that_takes_nothing_gets_one_a_second) {
    struct hr__aimd aimd = {0};
    uint64_t now_ns = note_all(&aimd, SECOND, 20000, 1);
    cr_assert_float_eq(aimd.per_second, 1, 1e-9);
    cr_assert_eq(hr__aimd_take(&aimd, now_ns), 0);
    while (hr__aimd_take(&aimd, now_ns) == 0) {}
    cr_assert_leq(hr__aimd_take(&aimd, now_ns), SECOND);
}

Test(aimd, as_many_go_as_the_rate_says) {
    struct hr__aimd aimd = {.per_second = 500, .before = 500, .due_ns = SECOND};
    unsigned sent = 0;
    for (uint64_t now = SECOND; now < 3 * SECOND; now += 3 * MS)
        while (hr__aimd_take(&aimd, now) == 0) sent++;
    cr_assert(sent >= 990 && sent <= 1010, "%u in two seconds at 500", sent);
    cr_assert_leq(hr__aimd_take(&aimd, 3 * SECOND), 2 * MS);
    /* A pause is not saved up. */
    sent = 0;
    while (hr__aimd_take(&aimd, 60 * SECOND) == 0) sent++;
    cr_assert_leq(sent, 6);
}

/* A server with a bucket of `capacity` a second. Each step is a millisecond, in which as many are
 * sent as have come due. */
struct server {
    double capacity, tokens, room;
    unsigned taken, refused;
};

static void answer(struct server *server, struct hr__aimd *aimd, uint64_t now_ns) {
    bool taken = server->tokens >= 1;
    server->tokens -= taken;
    server->taken += taken;
    server->refused += !taken;
    note(aimd, now_ns, !taken);
}

static uint64_t run(struct server *server, struct hr__aimd *aimd, uint64_t from_ns, unsigned ms) {
    for (unsigned i = 0; i < ms; i++) {
        uint64_t now_ns = from_ns + i * MS;
        server->tokens += server->capacity / 1000;
        if (server->tokens > server->room) server->tokens = server->room;
        for (unsigned sent = 0; sent < 10 && hr__aimd_take(aimd, now_ns) == 0; sent++)
            answer(server, aimd, now_ns);
    }
    return from_ns + ms * MS;
}

/* 10,000 a second at first, where the server takes far fewer; it saves up a tenth of a second, or
 * two seconds. */
Test(aimd, it_settles_near_what_the_server_takes) {
    static const double capacities[] = {5, 20, 300, 3500};
    for (size_t i = 0; i < 8; i++) {
        double capacity = capacities[i / 2];
        struct hr__aimd aimd = {0};
        struct server server = {.capacity = capacity, .room = capacity * (i % 2 ? 2 : 0.1) + 1};
        uint64_t now_ns = run(&server, &aimd, SECOND, 10000);
        server.taken = server.refused = 0;
        run(&server, &aimd, now_ns, 60000);
        cr_expect_gt(server.taken, 60 * capacity * 0.9, "%u of %g", server.taken, 60 * capacity);
        cr_expect_lt(server.refused, server.taken / 10, "%u of %u", server.refused, server.taken);
    }
}

Test(aimd, a_server_that_takes_less_is_followed) {
    struct hr__aimd aimd = {0};
    struct server server = {.capacity = 1000, .room = 100};
    uint64_t now_ns = run(&server, &aimd, SECOND, 10000);
    server.capacity = 100;
    now_ns = run(&server, &aimd, now_ns, 5000);
    server.taken = server.refused = 0;
    run(&server, &aimd, now_ns, 20000);
    cr_assert_gt(server.taken, 20 * 90);
    cr_assert_lt(server.refused, server.taken / 15, "%u of %u", server.refused, server.taken);
}

Test(aimd, a_server_that_refuses_no_more_is_forgotten) {
    struct hr__aimd aimd = {0};
    struct server server = {.capacity = 100, .room = 10};
    uint64_t now_ns = run(&server, &aimd, SECOND, 10000);
    server.capacity = server.room = 1e9;
    now_ns = run(&server, &aimd, now_ns, 30000);
    cr_assert_not(hr__aimd_over(&aimd, now_ns));
    now_ns = run(&server, &aimd, now_ns, 31000);
    cr_assert(hr__aimd_over(&aimd, now_ns), "%g after %g", aimd.per_second, aimd.before);
}

Test(aimd, a_pause_raises_no_rate) {
    struct hr__aimd aimd = {0};
    uint64_t now_ns = note_all(&aimd, SECOND, 251, 2) + 3600 * SECOND;
    double rate = aimd.per_second;
    for (unsigned i = 0; i < 100; i++) note(&aimd, now_ns + i, false);
    cr_assert_float_eq(aimd.per_second, rate, 1e-9);
}

/* Of 60,000 and of 600 requests in a minute, one in 50 at random is refused: nearly all go on time.
 */
Test(aimd, refusals_at_random_slow_nobody_down) {
    static const unsigned every_ms[] = {1, 100};
    for (size_t i = 0; i < 2; i++) {
        struct hr__aimd aimd = {0};
        unsigned seed = 5, due = 0, sent = 0;
        for (unsigned ms = 0; ms < 60000; ms++) {
            uint64_t now_ns = SECOND + ms * MS;
            due += ms % every_ms[i] == 0;
            while (sent < due && hr__aimd_take(&aimd, now_ns) == 0) {
                sent++;
                note(&aimd, now_ns, rand_r(&seed) % 50 == 0);
            }
        }
        cr_expect_gt(sent, due - due / 50, "%u of %u", sent, due);
    }
}
