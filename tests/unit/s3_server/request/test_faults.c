/* Failures on demand: the table, the rates, and bodies that fail. */
#include <criterion/criterion.h>

#include <errno.h>

#include "faults.h"

static struct s3_faults faults;

static bool parse(const char *text, uint64_t seed) {
    struct hr_slice wrong;
    struct hr_slice slice = text ? hr_slice_of(text) : hr_slice_bytes(NULL, 0);
    return s3_server__faults_parse(slice, seed, &faults, &wrong);
}

Test(faults, a_table_that_means_something) {
    cr_assert(parse("SlowDown=0.05,lost=0.000001,stall=0.5", 0));
    cr_expect_eq(faults.rates[S3_FAULT_SLOW_DOWN], 50000);
    cr_expect_eq(faults.rates[S3_FAULT_LOST], 1);
    cr_expect_eq(faults.rates[S3_FAULT_STALL], 500000);
    cr_expect(parse("truncate=1", 0));
    cr_expect(parse(NULL, 0));
    static const char *const wrong[] = {
        "SlowDown",       "slowdown=0.1",      "lost=2",
        "lost=-1",        "lost=0.",           "lost=0.0000001",
        "lost=1,stall=1", "lost=0.1,lost=0.1", "lost=0.1, stall=0.1",
        "lost=.5",        "lost=0.5x",         "=0.1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_not(parse(wrong[i], 0), "%s", wrong[i]);
}

Test(faults, drawn_as_often_as_asked_for_and_the_same_again) {
    enum { DRAWS = 100000 };
    static unsigned char first[DRAWS];
    unsigned counts[S3_FAULT_KINDS] = {0};
    cr_assert(parse("SlowDown=0.1,ExpiredToken=0.02,truncate=0.3", 7));
    for (size_t i = 0; i < DRAWS; i++) {
        first[i] = (unsigned char)s3_server__faults_draw(&faults);
        counts[first[i]]++;
    }
    cr_expect(counts[S3_FAULT_SLOW_DOWN] > 9500 && counts[S3_FAULT_SLOW_DOWN] < 10500);
    cr_expect(counts[S3_FAULT_EXPIRED_TOKEN] > 1800 && counts[S3_FAULT_EXPIRED_TOKEN] < 2200);
    cr_expect(counts[S3_FAULT_TRUNCATE] > 29000 && counts[S3_FAULT_TRUNCATE] < 31000);
    cr_expect_eq(counts[S3_FAULT_LOST] + counts[S3_FAULT_STALL], 0);
    cr_assert(parse("SlowDown=0.1,ExpiredToken=0.02,truncate=0.3", 7));
    for (size_t i = 0; i < DRAWS; i++) cr_assert_eq(first[i], s3_server__faults_draw(&faults));
    cr_assert(parse(NULL, 7));
    for (size_t i = 0; i < 1000; i++) cr_assert_eq(s3_server__faults_draw(&faults), S3_FAULT_NONE);
}

/* All that a body gives in pieces of `step` bytes, and the code behind it. */
static ssize_t drain(struct hr_source source, size_t step, char *text, size_t *size) {
    ssize_t got;
    *size = 0;
    while ((got = source.produce(source.user, text + *size, step)) > 0) *size += (size_t)got;
    return got;
}

Test(faults, bodies_fail_where_they_should) {
    struct iovec parts[] = {{"he", 2}, {"", 0}, {"llo wor", 7}, {"ld", 2}};
    struct hr_source bodies[] = {hr_source_bytes("hello world", 11), hr_source_iovec(parts, 4)};
    static const struct {
        enum s3_fault_kind kind;
        size_t size;
        ssize_t end;
    } rows[] = {{S3_FAULT_LOST, 0, -ECONNRESET},
                {S3_FAULT_TRUNCATE, 5, -ECONNRESET},
                {S3_FAULT_STALL, 0, -EAGAIN}};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 2; k++)
            for (size_t step = 1; step < 12; step += 5) {
                struct s3_arena arena;
                char text[16];
                size_t size;
                s3_server__arena_init(&arena);
                struct hr_source source = s3_server__fault_body(rows[i].kind, bodies[k], &arena);
                cr_assert_eq(source.size, 11, "as long as the whole is told");
                cr_assert_eq(drain(source, step, text, &size), rows[i].end);
                cr_assert_eq(size, rows[i].size);
                cr_assert_eq(memcmp(text, "hello", size), 0);
                s3_server__arena_deinit(&arena);
            }
}
