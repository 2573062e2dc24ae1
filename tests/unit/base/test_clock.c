#include <criterion/criterion.h>
#include <errno.h>
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
                         "Sunday, 06-Nov-94 08:49:37 GMT"};
    uint64_t value = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(hr_date_parse(hr_slice_of(bad[i]), &value), -EINVAL, "%s", bad[i]);
    cr_assert_eq(value, 7);
}

Test(clock, monotonic_does_not_go_back_and_wall_is_time) {
    uint64_t a = hr_clock_monotonic_ns(), b = hr_clock_monotonic_ns();
    cr_assert_leq(a, b);
    uint64_t now = (uint64_t)time(NULL), wall = hr_clock_wall_ns() / 1000000000u;
    cr_assert(wall >= now - 1 && wall <= now + 1);
}
