#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <headrace/clock.h>

/* The C library's calendar, over 250 years in odd steps. */
Test(clock, dates_agree_with_the_c_library_both_ways) {
    for (uint64_t at = 0; at < UINT64_C(7900000000); at += 86399 * 7 + 13) {
        time_t seconds = (time_t)at;
        struct tm tm;
        char expected[40], http[HR_DATE_HTTP_SIZE], iso[HR_DATE_ISO_SIZE], basic[17];
        gmtime_r(&seconds, &tm);
        uint64_t back = 1;
        strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        hr_date_http(at, http);
        cr_assert_str_eq(http, expected);
        cr_assert_eq(hr_date_parse(hr_slice_of(http), &back), 0);
        cr_assert_eq(back, at);
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.042Z", &tm);
        hr_date_iso(at * 1000 + 42, iso);
        cr_assert_str_eq(iso, expected);
        cr_assert_eq(hr_date_parse(hr_slice_of(iso), &back), 0);
        cr_assert_eq(back, at);
        strftime(expected, sizeof expected, "%Y%m%dT%H%M%SZ", &tm);
        hr_date_basic(at, basic);
        cr_assert_str_eq(basic, expected);
        cr_assert_eq(hr_date_parse(hr_slice_of(basic), &back), 0);
        cr_assert_eq(back, at);
    }
}

Test(clock, what_is_no_date_is_refused) {
    const char *bad[] = {"",
                         "Sun, 06 Nov 1994 08:49:37 UTC",
                         "Sun, 06 Nov 1994 08:49:37 GMT ",
                         "2023-02-29T00:00:00Z",
                         "2023-13-01T00:00:00Z",
                         "2023-00-01T00:00:00Z",
                         "20230101T240000Z",
                         "20230101T000000",
                         "2023-01-01T00:00:00.Z",
                         "2023-01-01 00:00:00Z",
                         "1969-12-31T23:59:59Z",
                         "1970-01-01T00:00:00+00:01",
                         "2023-01-01T00:00:00",
                         "2023-01-01T00:00:00+",
                         "2023-01-01T00:00:00+1",
                         "2023-01-01T00:00:00+01:",
                         "2023-01-01T00:00:00+01:0",
                         "2023-01-01T00:00:00+01:000",
                         "2023-01-01T00:00:00+24:00",
                         "2023-01-01T00:00:00+01:60",
                         "2023-01-01T00:00:00Z+01:00",
                         "2023-01-01T00:00:00 +01:00",
                         "2023-01-01T00:00:00,Z",
                         "20230101t000000Z",
                         "Sunday, 06-Nov-1994 08:49:37 GMT",
                         "Saturn, 06-Nov-94 08:49:37 GMT",
                         "Sun Nov 6 08:49:37 1994",
                         "Sun Nov  6 08:49:37 1994 GMT"};
    uint64_t value = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(hr_date_parse(hr_slice_of(bad[i]), &value), -EINVAL, "%s", bad[i]);
    cr_assert_eq(value, 7);
}

/* RFC 9110 5.6.7's own example in its three forms; RFC 3339 5.8's; and what stores write. */
Test(clock, every_form_of_a_date) {
    static const struct {
        const char *text;
        uint64_t unix_s;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Wed Nov 16 08:49:37 1994", 784975777},
        {"1985-04-12T23:20:50.52Z", 482196050},
        {"1996-12-19T16:39:57-08:00", 851042397},
        {"1990-12-31T23:59:60Z", 662688000},
        {"1990-12-31T15:59:60-08:00", 662688000},
        {"1937-01-01T12:00:27.87+00:20", 0}, /* before 1970 */
        {"2026-01-02T03:04:05+02:00", 1767315845},
        {"2026-01-02T03:04:05+0200", 1767315845},
        {"2026-01-02T03:04:05+02", 1767315845},
        {"2026-01-02T06:34:05.123456789+05:30", 1767315845},
        {"2026-01-02T01:04:05,5-00:00", 1767315845},
        {"2026-01-01t21:04:05-04:00", 1767315845},
        {"2026-01-02t01:04:05z", 1767315845},
        {"20260102T030405+0200", 1767315845},
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T14:00:00+14:00", 0},
        {"9999-12-31T23:59:59-23:59", 253402387139},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 0;
        int expected = strncmp(rows[i].text, "1937", 4) == 0 ? -EINVAL : 0;
        cr_assert_eq(hr_date_parse(hr_slice_of(rows[i].text), &value), expected, "%s",
                     rows[i].text);
        cr_assert_eq(value, rows[i].unix_s, "%s: %llu", rows[i].text, (unsigned long long)value);
    }
}

/* The C library writes the forms that we read, in zones all round the earth. */
Test(clock, forms_of_the_c_library) {
    for (uint64_t at = 100000; at < UINT64_C(4000000000); at += 86399 * 97 + 13) {
        long east = (long)(at % 109) * 900 - 12 * 3600;
        time_t seconds = (time_t)at, local = seconds + east;
        struct tm tm;
        char text[64];
        uint64_t back = 1;
        gmtime_r(&local, &tm);
        size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(text + size, sizeof text - size, "%c%02ld:%02ld", east < 0 ? '-' : '+',
                 labs(east) / 3600, labs(east) / 60 % 60);
        cr_assert_eq(hr_date_parse(hr_slice_of(text), &back), 0, "%s", text);
        cr_assert_eq(back, at, "%s", text);
        gmtime_r(&seconds, &tm);
        strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &tm);
        cr_assert_eq(hr_date_parse(hr_slice_of(text), &back), 0, "%s", text);
        cr_assert_eq(back, at, "%s", text);
        if (at > 3300000000) continue; /* more than 50 years ahead */
        if (tm.tm_year < 78) continue; /* more than 50 years ago */
        strftime(text, sizeof text, "%A, %d-%b-%y %H:%M:%S GMT", &tm);
        cr_assert_eq(hr_date_parse(hr_slice_of(text), &back), 0, "%s", text);
        cr_assert_eq(back, at, "%s", text);
    }
}

Test(clock, monotonic_does_not_go_back_and_wall_is_time) {
    uint64_t a = hr_clock_monotonic_ns(), b = hr_clock_monotonic_ns();
    cr_assert_leq(a, b);
    uint64_t now = (uint64_t)time(NULL), wall = hr_clock_wall_ns() / 1000000000u;
    cr_assert(wall >= now - 1 && wall <= now + 1);
}
