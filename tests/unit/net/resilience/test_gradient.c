/* The limit against a host that is simulated in a line: it serves so many at once in its own time,
 * and what is beyond stands in line. */
#include <criterion/criterion.h>

#include "gradient.h"

#define MS UINT64_C(1000000)

static uint64_t random_state = 1;

static double uniform(void) {
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(random_state >> 11) / 9007199254740992.0;
}

struct host {
    double service_ns;
    double serves; /* at once */
    double noise;  /* of a latency, either way */
};

/* `turns` times as many requests as the limit lets through, or as there are. */
static void load(struct hr_gradient *gradient, const struct host *host, unsigned turns,
                 uint32_t offered) {
    for (unsigned turn = 0; turn < turns; turn++) {
        uint32_t limit = hr__gradient_limit(gradient);
        uint32_t in_flight = limit < offered ? limit : offered;
        double latency = host->service_ns;
        if (in_flight > host->serves) latency *= in_flight / host->serves;
        for (uint32_t i = 0; i < in_flight; i++) {
            double noisy = latency * (1 + host->noise * (2 * uniform() - 1));
            hr__gradient_add(gradient, &(struct hr_gradient_sample){.latency_ns = (uint64_t)noisy,
                                                                    .in_flight = in_flight});
        }
    }
}

Test(gradient, begins_at_twenty_or_what_is_allowed) {
    struct hr_gradient gradient;
    hr__gradient_init(&gradient, 1, 100);
    cr_assert_eq(hr__gradient_limit(&gradient), 20);
    hr__gradient_init(&gradient, 1, 7);
    cr_assert_eq(hr__gradient_limit(&gradient), 7);
    hr__gradient_init(&gradient, 50, 100);
    cr_assert_eq(hr__gradient_limit(&gradient), 50);
    hr__gradient_init(&gradient, 1, 1);
    cr_assert_eq(hr__gradient_limit(&gradient), 1);
}

Test(gradient, grows_to_the_top_under_constant_latency) {
    struct hr_gradient gradient;
    hr__gradient_init(&gradient, 4, 100);
    const struct host host = {.service_ns = 10 * MS, .serves = 1e9, .noise = 0.5};
    uint32_t before = hr__gradient_limit(&gradient);
    for (unsigned i = 0; i < 10; i++) {
        load(&gradient, &host, 11, UINT32_MAX);
        cr_assert_gt(hr__gradient_limit(&gradient), before);
        before = hr__gradient_limit(&gradient);
    }
    load(&gradient, &host, 50, UINT32_MAX);
    cr_assert_eq(hr__gradient_limit(&gradient), 100);
}

Test(gradient, one_request_at_a_time_is_enough_to_grow_from_one) {
    struct hr_gradient gradient;
    hr__gradient_init(&gradient, 1, 2);
    for (unsigned i = 0; i < 100; i++)
        hr__gradient_add(&gradient, &(struct hr_gradient_sample){.in_flight = 2, .dropped = true});
    cr_assert_eq(hr__gradient_limit(&gradient), 1);
    for (unsigned i = 0; i < 100; i++)
        hr__gradient_add(&gradient, &(struct hr_gradient_sample){5 * MS, 1, false});
    cr_assert_eq(hr__gradient_limit(&gradient), 2);
}

Test(gradient, does_not_grow_while_it_is_not_used) {
    struct hr_gradient gradient;
    hr__gradient_init(&gradient, 4, 100);
    const struct host host = {.service_ns = 10 * MS, .serves = 1e9};
    load(&gradient, &host, 1000, 9);
    cr_assert_eq(hr__gradient_limit(&gradient), 20);
}

Test(gradient, shrinks_when_latency_doubles_and_recovers) {
    struct hr_gradient gradient;
    hr__gradient_init(&gradient, 4, 100);
    struct host host = {.service_ns = 10 * MS, .serves = 1e9, .noise = 0.2};
    load(&gradient, &host, 200, UINT32_MAX);
    cr_assert_eq(hr__gradient_limit(&gradient), 100);
    host.service_ns *= 2;
    load(&gradient, &host, 20, UINT32_MAX);
    uint32_t shrunk = hr__gradient_limit(&gradient);
    cr_assert(shrunk < 60, "%u", shrunk);
    host.service_ns /= 2;
    load(&gradient, &host, 150, UINT32_MAX);
    cr_assert_eq(hr__gradient_limit(&gradient), 100);
}

/* A host that is ten times slower for an hour is not held to what it was: the average follows. */
Test(gradient, a_slower_host_becomes_the_normal_one_and_back) {
    struct hr_gradient gradient;
    hr__gradient_init(&gradient, 4, 100);
    struct host host = {.service_ns = 10 * MS, .serves = 1e9};
    load(&gradient, &host, 200, UINT32_MAX);
    host.service_ns *= 10;
    load(&gradient, &host, 20, UINT32_MAX);
    cr_assert_lt(hr__gradient_limit(&gradient), 20);
    load(&gradient, &host, 3000, UINT32_MAX);
    cr_assert_eq(hr__gradient_limit(&gradient), 100);
    host.service_ns /= 10;
    load(&gradient, &host, 40, UINT32_MAX);
    cr_assert_lt(gradient.long_ns, 25.0 * MS, "and the average comes down quickly");
}

/* The point of it: of a host that serves 30 at once, no long line is made. */
Test(gradient, finds_what_a_host_can_serve) {
    struct hr_gradient gradient;
    hr__gradient_init(&gradient, 4, 1000);
    const struct host host = {.service_ns = 10 * MS, .serves = 30, .noise = 0.2};
    load(&gradient, &host, 200, UINT32_MAX);
    uint32_t limit = hr__gradient_limit(&gradient);
    cr_assert(limit >= 30 && limit < 120, "%u", limit);
}

Test(gradient, drops_shrink_it_once_a_turn) {
    struct hr_gradient gradient;
    hr__gradient_init(&gradient, 4, 100);
    const struct host host = {.service_ns = 10 * MS, .serves = 1e9};
    load(&gradient, &host, 200, UINT32_MAX);
    /* All that is under way is reset at once. */
    for (unsigned i = 0; i < 100; i++)
        hr__gradient_add(&gradient,
                         &(struct hr_gradient_sample){.in_flight = 100, .dropped = true});
    cr_assert_eq(hr__gradient_limit(&gradient), 90);
    /* One in each turn. */
    for (unsigned turn = 0; turn < 5; turn++) {
        hr__gradient_add(&gradient, &(struct hr_gradient_sample){.in_flight = 1, .dropped = true});
        load(&gradient, &host, 1, UINT32_MAX);
    }
    uint32_t limit = hr__gradient_limit(&gradient);
    cr_assert(limit > 50 && limit < 62, "%u", limit);
    for (unsigned i = 0; i < 10000; i++)
        hr__gradient_add(&gradient, &(struct hr_gradient_sample){.in_flight = 1, .dropped = true});
    cr_assert_eq(hr__gradient_limit(&gradient), 4);
}

Test(gradient, always_between_its_bounds) {
    for (unsigned seed = 1; seed <= 100; seed++) {
        random_state = seed;
        struct hr_gradient gradient;
        hr__gradient_init(&gradient, 3, 40);
        for (unsigned i = 0; i < 20000; i++) {
            double kind = uniform();
            uint64_t latency = kind < 0.02   ? 0
                               : kind < 0.04 ? UINT64_MAX
                                             : (uint64_t)(uniform() * 1e9);
            hr__gradient_add(&gradient,
                             &(struct hr_gradient_sample){.latency_ns = latency,
                                                          .in_flight = (uint32_t)(uniform() * 50),
                                                          .dropped = uniform() < 0.01});
            uint32_t limit = hr__gradient_limit(&gradient);
            cr_assert(limit >= 3 && limit <= 40, "%u", limit);
        }
    }
}

Test(gradient, another_top_bounds_it_at_once_and_lets_it_grow) {
    struct hr_gradient gradient;
    const struct host host = {.service_ns = 10 * MS, .serves = 1e9, .noise = 0};
    hr__gradient_init(&gradient, 1, 100);
    hr__gradient_bound(&gradient, 5);
    cr_assert_eq(hr__gradient_limit(&gradient), 5);
    load(&gradient, &host, 100, UINT32_MAX);
    cr_assert_eq(hr__gradient_limit(&gradient), 5);
    hr__gradient_bound(&gradient, 8);
    load(&gradient, &host, 100, UINT32_MAX);
    cr_assert_eq(hr__gradient_limit(&gradient), 8);
}
