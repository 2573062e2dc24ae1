#include <criterion/criterion.h>
#include <stdio.h>

#include "walk.h"

static const char *step(struct hr_s3_walk *walk, const char *names, size_t objects,
                        const char *token) {
    struct hr__page page = {.digest = HR__DIGEST_EMPTY};
    for (const char *at = names; *at; at++) {
        page.digest = hr__digest(page.digest, hr_slice_bytes(at, 1));
        page.entries++;
    }
    page.objects = objects;
    return hr__walk_step(walk, &page, hr_slice_of(token));
}

/* Goes on until it is stopped; the number of pages, or `most`. */
static unsigned walk_on(unsigned tail, unsigned cycle, bool fresh_tokens, unsigned most,
                        const char **problem) {
    struct hr_s3_walk walk = {.pages = 0};
    *problem = NULL;
    for (unsigned page = 0; page < most; page++) {
        unsigned place = page < tail ? page : tail + (page - tail) % cycle;
        char token[32], names[8];
        snprintf(token, sizeof token, "%u", fresh_tokens ? page : place);
        snprintf(names, sizeof names, "%u", place);
        if ((*problem = step(&walk, fresh_tokens ? names : "", fresh_tokens, token))) return page;
    }
    return most;
}

Test(walk, every_cycle_is_noticed_soon) {
    const char *problem;
    for (unsigned fresh = 0; fresh < 2; fresh++)
        for (unsigned tail = 0; tail < 40; tail++)
            for (unsigned cycle = 1; cycle < 40; cycle++) {
                unsigned pages = walk_on(tail, cycle, fresh, 10000, &problem);
                cr_assert_leq(pages, 3 * (tail > cycle ? tail : cycle) + cycle + 3, "%u %u", tail,
                              cycle);
                cr_assert(strstr(problem, "again"), "%s", problem);
            }
}

Test(walk, a_long_listing_is_none) {
    const char *problem;
    cr_assert_eq(walk_on(300000, 1, true, 300000, &problem), 300000);
    cr_assert_null(problem);
}

/* As below a prefix with many delete markers; and a store that repeats a common prefix. */
Test(walk, pages_without_news) {
    for (unsigned repeated = 0; repeated < 2; repeated++) {
        struct hr_s3_walk walk = {.pages = 0};
        char token[32];
        const char *problem = NULL;
        unsigned pages = 0;
        for (; pages < 900; pages++) {
            snprintf(token, sizeof token, "%u", pages);
            cr_assert_null(step(&walk, repeated ? "p" : "", 0, token));
        }
        cr_assert_null(step(&walk, "a", 1, "new"));
        for (; pages < 5000 && !problem; pages++) {
            snprintf(token, sizeof token, "%u", pages);
            problem = step(&walk, repeated ? "p" : "", 0, token);
        }
        cr_assert_not_null(problem);
        cr_assert(strstr(problem, repeated ? "again" : "1000 pages"), "%s", problem);
    }
}

Test(walk, a_digest_knows_where_names_end) {
    uint64_t one = hr__digest(hr__digest(HR__DIGEST_EMPTY, hr_slice_of("ab")), hr_slice_of("c"));
    uint64_t two = hr__digest(hr__digest(HR__DIGEST_EMPTY, hr_slice_of("a")), hr_slice_of("bc"));
    cr_assert_neq(one, two);
}

/* A caller who goes on all the same is told again. */
Test(walk, refused_again) {
    struct hr_s3_walk walk = {.pages = 0};
    char token[32];
    unsigned refused = 0;
    for (unsigned page = 0; page < 1100; page++) {
        snprintf(token, sizeof token, "%u", page);
        refused += step(&walk, "", 0, token) != NULL;
    }
    cr_assert_gt(refused, 50);
}
