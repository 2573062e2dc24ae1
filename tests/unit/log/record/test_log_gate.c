#include <criterion/criterion.h>
#include <pthread.h>

#include <headrace/clock.h>

#include "log_lines.h"

static void open_logfmt(struct log_lines *lines) {
    struct hr_log_sink sink = {.format = HR_LOG_FORMAT_LOGFMT};
    struct hr_log_options options = {.ring_bytes = UINT64_C(16) << 20};
    log_lines_open(lines, &sink, &options);
}

/* What stands behind the messages, lines joined by `|`. */
static void expect(struct log_lines *lines, const char *wanted) {
    char *text = log_lines_take(lines), joined[4096] = "", *at = text, *put = joined;
    while ((at = strstr(at, " msg=m"))) {
        at += strlen(" msg=m");
        size_t size = (size_t)(strchr(at, '\n') - at);
        cr_assert_lt(size, (size_t)(joined + sizeof joined - put) - 2);
        memcpy(put, at, size);
        put += size;
        *put++ = '|';
    }
    cr_assert_str_eq(joined, wanted, "%s", text);
    free(text);
}

Test(log_gate, every_nth_says_how_many_it_left_out) {
    struct log_lines lines;
    open_logfmt(&lines);
    int evaluated = 0;
    for (int i = 0; i < 8; i++)
        HR_EVERY_N(3, HR_LOG_INFO, lines.log, "m", "i", i, "evaluated", ++evaluated);
    expect(&lines, " i=0 evaluated=1| i=3 evaluated=2 left_out=2| i=6 evaluated=3 left_out=2|");
    for (int i = 0; i < 3; i++) HR_EVERY_N(1, HR_LOG_INFO, lines.log, "m");
    for (int i = 0; i < 3; i++) HR_EVERY_N(0, HR_LOG_INFO, lines.log, "m");
    expect(&lines, "|||");
    log_lines_close(&lines);
}

Test(log_gate, the_first_ones_and_the_only_one) {
    struct log_lines lines;
    open_logfmt(&lines);
    for (int i = 0; i < 5; i++) {
        HR_FIRST_N(2, HR_LOG_WARNING, lines.log, "m", "first", i);
        HR_ONCE(HR_LOG_INFO, lines.log, "m", "once", i);
        HR_FIRST_N(0, HR_LOG_INFO, lines.log, "m", "none", i);
    }
    expect(&lines, " first=0| once=0| first=1|");
    log_lines_close(&lines);
}

Test(log_gate, calls_below_the_level_do_not_count) {
    struct log_lines lines;
    open_logfmt(&lines);
    for (int i = 0; i < 4; i++) {
        if (i == 2) hr_log_level_set(lines.log, HR_LOG_DEBUG);
        HR_ONCE(HR_LOG_DEBUG, lines.log, "m", "i", i);
        HR_EVERY_N(2, HR_LOG_DEBUG, (hr_log *)NULL, "m", "i", i);
    }
    expect(&lines, " i=2|");
    log_lines_close(&lines);
}

/* Seconds begin at least a second apart, however slow the machine is. */
Test(log_gate, at_most_so_many_a_second) {
    struct log_lines lines;
    open_logfmt(&lines);
    enum { N = 5 };
    uint64_t began = hr_clock_monotonic_ns(), passed, calls = 0;
    do {
        HR_AT_MOST(N, HR_LOG_INFO, lines.log, "m", "n", calls);
        calls++;
        passed = hr_clock_monotonic_ns() - began;
    } while (passed < UINT64_C(2300000000));
    char *text = log_lines_take(&lines), *at = text;
    uint64_t written = 0, left_out = 0;
    for (; (at = strstr(at, " n=")); at++) written++;
    for (at = text; (at = strstr(at, " left_out=")); at++) left_out += strtoull(at + 10, NULL, 10);
    cr_assert_leq(written, N * (passed / UINT64_C(1000000000) + 1));
    cr_assert_gt(written, N);
    cr_assert(left_out > 0 && left_out + written <= calls);
    free(text);
    log_lines_close(&lines);
}

enum { THREADS = 4, CALLS = 10000 };

static void *call_often(void *user) {
    for (int i = 0; i < CALLS; i++) {
        HR_EVERY_N(10, HR_LOG_INFO, (hr_log *)user, "m", "every", 10);
        HR_FIRST_N(100, HR_LOG_INFO, (hr_log *)user, "m", "first", 100);
    }
    return NULL;
}

/* The counts are exact, whoever calls. */
Test(log_gate, threads_share_a_call_site) {
    struct log_lines lines;
    open_logfmt(&lines);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, call_often, lines.log);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    char *text = log_lines_take(&lines), *at;
    unsigned every = 0, first = 0;
    uint64_t left_out = 0;
    for (at = text; (at = strstr(at, " every=")); at++) every++;
    for (at = text; (at = strstr(at, " first=")); at++) first++;
    for (at = text; (at = strstr(at, " left_out=")); at++) left_out += strtoull(at + 10, NULL, 10);
    cr_assert_eq(every, THREADS * CALLS / 10);
    cr_assert_eq(first, 100);
    cr_assert(left_out <= THREADS * CALLS - every && left_out >= THREADS * CALLS - every - 9 - 40,
              "%lu", (unsigned long)left_out);
    free(text);
    log_lines_close(&lines);
}

/* It stands beside what is bound, and never twice. */
Test(log_gate, how_many_were_left_out_is_a_field_like_others) {
    struct log_lines lines;
    open_logfmt(&lines);
    hr_log *with;
    const struct hr_log_field bound = {hr_slice_of("bound"), hr_log_of_i64(1)};
    cr_assert_eq(hr_log_with(lines.log, &bound, 1, &with), 0);
    HR_LOG_CONTEXT("context", 2);
    for (int i = 0; i < 3; i++)
        HR_EVERY_N(2, HR_LOG_INFO, with, "m", "left_out", "x", "api_token", "t");
    expect(&lines, " left_out=x api_token=\"[redacted]\" bound=1 context=2|"
                   " left_out=x api_token=\"[redacted]\" bound=1 context=2 left_out_2=1|");
    hr_log_free(with);
    log_lines_close(&lines);
}
