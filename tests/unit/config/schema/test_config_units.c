/* Durations and sizes. */
#include <criterion/criterion.h>

#include "config_kind.h"

static uint64_t ns(const char *text) {
    uint64_t value = 0;
    return hr__config_duration(hr_slice_of(text), &value) ? value : UINT64_MAX;
}

static uint64_t bytes(const char *text) {
    uint64_t value = 0;
    return hr__config_size(hr_slice_of(text), &value) ? value : UINT64_MAX;
}

Test(config_units, durations) {
    cr_assert_eq(ns("0"), 0);
    cr_assert_eq(ns("250ms"), 250000000);
    cr_assert_eq(ns("1h30m"), UINT64_C(5400000000000));
    cr_assert_eq(ns("1.5s"), 1500000000);
    cr_assert_eq(ns("7d"), UINT64_C(604800000000000));
    cr_assert_eq(ns("3us"), 3000);
    cr_assert_eq(ns("3µs"), 3000);
    cr_assert_eq(ns("1ns"), 1);
}

Test(config_units, durations_that_are_none) {
    const char *const texts[] = {"",
                                 "5",
                                 "s",
                                 "1S",
                                 "1 s",
                                 "-1s",
                                 "1s1s",
                                 "1s1h",
                                 "1.s",
                                 ".5s",
                                 "1e3s",
                                 "0.5ns",
                                 "1.0000000001s",
                                 "300000000d",
                                 "99999999999999999999s"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_assert_eq(ns(texts[i]), UINT64_MAX, "%s", texts[i]);
}

Test(config_units, sizes) {
    cr_assert_eq(bytes("512"), 512);
    cr_assert_eq(bytes("8MiB"), 8u << 20);
    cr_assert_eq(bytes("10MB"), 10000000);
    cr_assert_eq(bytes("1.5KiB"), 1536);
    cr_assert_eq(bytes("64 KiB"), 65536);
    cr_assert_eq(bytes("18446744073709551614B"), UINT64_MAX - 1);
}

Test(config_units, sizes_that_are_none) {
    const char *const texts[] = {"",       "MiB", "8Mi",   "8mib",        "0.3B",
                                 "1..5KB", "-1",  "1KiB2", "16777216TiB", "18446744073709551616"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_assert_eq(bytes(texts[i]), UINT64_MAX, "%s", texts[i]);
}
