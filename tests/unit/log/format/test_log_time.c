#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "log_time.h"

/* The C library's calendar, every so many seconds up to the year 2400, and around each new year. */
Test(log_time, dates_are_those_of_the_c_library) {
    const struct hr__log_time_style style = {.esper = true, .digits = 3};
    const time_t last = (time_t)13569465600;
    for (time_t at = 0, step = 0; at < last; at += step) {
        struct hr__log_time_cache cache = {0};
        char text[HR_LOG_TIME_BYTES + 1], wanted[64];
        struct tm tm;
        char *end = hr__log_put_time(text, &cache, &style, (uint64_t)at * 1000000000 + 7000000);
        *end = 0;
        gmtime_r(&at, &tm);
        strftime(wanted, sizeof wanted, "%Y-%m-%d %H:%M:%S.007", &tm);
        cr_assert_str_eq(text, wanted);
        bool turn = (tm.tm_mon == 1 && tm.tm_mday > 26) || tm.tm_yday > 363 || tm.tm_yday < 2;
        step = turn ? 39119 : 86400 + 1811;
    }
}

Test(log_time, an_offset_that_is_given_needs_no_time_zone) {
    const struct hr__log_time_style style = {.local = true, .digits = 3};
    struct hr__log_time_cache cache = {.fixed = true, .offset_s = -(3 * 3600 + 30 * 60)};
    char text[HR_LOG_TIME_BYTES + 1];
    *hr__log_put_time(text, &cache, &style, UINT64_C(1709164800123000000)) = 0;
    cr_assert_str_eq(text, "2024-02-28T20:30:00.123-03:30");
}
