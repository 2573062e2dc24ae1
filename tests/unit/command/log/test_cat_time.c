/* RFC 3339, and how long ago; seconds are those of `date -u -d TIME +%s`. */
#include "cat_fixture.h"

#include "cat_time.h"

#include <errno.h>

#define S UINT64_C(1000000000)

Test(cat_time, points_in_time) {
    static const struct {
        const char *text;
        uint64_t ns;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1985-04-12T23:20:50.52Z", 482196050 * S + 520000000}, /* RFC 3339 5.8 */
        {"1996-12-19T16:39:57-08:00", 851042397 * S},
        {"1990-12-31T23:59:60Z", 662688000 * S}, /* the leap second of it */
        {"1990-12-31T15:59:60-08:00", 662688000 * S},
        {"1937-01-01T12:00:27.87+00:20", UINT64_MAX}, /* before 1970 */
        {"2000-02-29", 951782400 * S},
        {"2026-11-22T10:00:00", 1795341600 * S},
        {"2026-11-22 10:00", 1795341600 * S},
        {"2026-11-22T10:00Z", 1795341600 * S},
        {"2026-11-22T10:00:00.000000001Z", 1795341600 * S + 1},
        {"2026-11-22T10:00:00.1+05:30", 1795321800 * S + 100000000},
        {"2026-11-22T10:00:00.1234567890Z", UINT64_MAX}, /* ten digits */
        {"2026-11-22T10:00:00.Z", UINT64_MAX},
        {"2026-11-22T24:00:00Z", UINT64_MAX},
        {"2026-11-22T10:60:00Z", UINT64_MAX},
        {"2026-11-22T10:00:61Z", UINT64_MAX},
        {"2026-11-22T10", UINT64_MAX},
        {"2026-11-22T", UINT64_MAX},
        {"2026-11-22Z", UINT64_MAX}, /* a day has no zone */
        {"2026-06-31", UINT64_MAX},
        {"2026-02-29", UINT64_MAX},
        {"1900-02-28", UINT64_MAX},
        {"2026-00-01", UINT64_MAX},
        {"2026-13-01", UINT64_MAX},
        {"2026-01-00", UINT64_MAX},
        {"2026-1-01", UINT64_MAX},
        {"2026/01/01", UINT64_MAX},
        {"2026-01-01T00:00:00+0530", UINT64_MAX},
        {"2026-01-01T00:00:00+24:00", UINT64_MAX},
        {"2026-01-01T00:00:00+05:60", UINT64_MAX},
        {"2026-01-01T00:00:00Zx", UINT64_MAX},
        {"1970-01-01T00:00:00+00:01", UINT64_MAX},
        {"1970-01-01T00:00:00-00:01", 60 * S},
        {"9999-12-31T23:59:59Z", UINT64_MAX}, /* more nanoseconds than 64 bits hold */
        {"", UINT64_MAX},
        {"now", UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t ns = 4711;
        int result = cat_time_parse(hr_slice_of(rows[i].text), &ns);
        cr_expect_eq(result, rows[i].ns == UINT64_MAX ? -EINVAL : 0, "%s", rows[i].text);
        if (!result) cr_expect_eq(ns, rows[i].ns, "%s: %llu", rows[i].text, (unsigned long long)ns);
    }
}

Test(cat_time, how_long_ago) {
    const uint64_t now = 1795341600 * S + 5;
    static const struct {
        const char *text;
        uint64_t seconds; /* UINT64_MAX: refused */
    } rows[] = {{"30s", 30},
                {"10m", 600},
                {"2h", 7200},
                {"1d", 86400},
                {"1w", 604800},
                {"0s", 0},
                {"1795341600s", 1795341600},
                {"1795341601s", UINT64_MAX},
                {"99999999999999999999d", UINT64_MAX},
                {"10", UINT64_MAX},
                {"m", UINT64_MAX},
                {"10x", UINT64_MAX},
                {"-1m", UINT64_MAX},
                {"1.5h", UINT64_MAX},
                {"10ms", UINT64_MAX},
                {"10 m", UINT64_MAX}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t ns = 0;
        int result = cat_time_parse_option(rows[i].text, now, &ns);
        cr_expect_eq(result, rows[i].seconds == UINT64_MAX ? -EINVAL : 0, "%s", rows[i].text);
        if (!result) cr_expect_eq(ns, now - rows[i].seconds * S, "%s", rows[i].text);
    }
    uint64_t ns = 0;
    cr_expect_eq(cat_time_parse_option("2026-11-22", now, &ns), 0);
    cr_expect_eq(ns, 1795305600 * S);
}
