/* What a machine can do at this hour, and whether it changed. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "calibration.h"
#include "calibration_samples.h"

static const struct perf_calibrations steady = {{{4e8, 9e9, 800, 30000}},
                                                {{4.4e8, 8.5e9, 900, 29000}}};

Test(calibration, all_four_are_measured_and_soon) {
    struct perf_calibration made;
    uint64_t begin = hr_clock_monotonic_ns();
    perf_calibrate(".", &made);
    cr_expect_lt(hr_clock_monotonic_ns() - begin, 60000000000u); /* 0.6 s where it is idle */
    for (unsigned i = 0; i < PERF_CALIBRATION_FIGURES; i++)
        cr_expect_gt(made.rates[i], 0, "figure %u", i);
    cr_expect_gt(made.rates[PERF_CALIBRATION_LOOP], made.rates[PERF_CALIBRATION_LOOPBACK]);
}

Test(calibration, a_folder_that_is_none_leaves_the_disk_alone) {
    cr_expect_lt(perf_calibrate_disk("no/such/folder"), 0);
}

static int fail_at_the_third(void *user) {
    return ++*(int *)user == 3 ? -1 : 0;
}

Test(calibration, a_load_that_fails_has_no_rate) {
    int calls = 0;
    cr_expect_lt(perf_calibration_rate(fail_at_the_third, &calls, 1), 0);
    cr_expect_eq(calls, 3);
}

static int sleep_a_little(void *user) {
    (void)user;
    return usleep(1000);
}

/* The thing measured is a clock: a sleep is never shorter than it was asked for. */
Test(calibration, a_rate_is_an_amount_by_time) {
    double rate = perf_calibration_rate(sleep_a_little, NULL, 2);
    cr_expect(rate > 0 && rate <= 2000, "%f", rate);
}

Test(calibration, little_changes_are_not_told) {
    char text[PERF_CALIBRATION_TEXT];
    cr_expect_float_eq(perf_calibration_change(&steady, PERF_CALIBRATION_LOOP), 0.1, 1e-9);
    cr_expect_eq(perf_calibration_most(&steady), PERF_CALIBRATION_DISK);
    perf_calibration_warning(&steady, text);
    cr_expect_str_eq(text, "");
}

Test(calibration, the_largest_change_is_told_with_its_figures) {
    struct perf_calibrations both = steady;
    char text[PERF_CALIBRATION_TEXT];
    both.after.rates[PERF_CALIBRATION_LOOP] = 3e8;
    perf_calibration_warning(&both, text);
    cr_expect_str_eq(text, "the machine changed by 25 % during the run: bare loop 400 -> 300 M/s");
    both.after.rates[PERF_CALIBRATION_LOOP] = -1; /* not measured: it tells nothing */
    perf_calibration_warning(&both, text);
    cr_expect_str_eq(text, "");
}

Test(calibration, as_json) {
    char memory[1024];
    struct hr_json_writer json;
    struct perf_calibrations both = steady;
    both.before.rates[PERF_CALIBRATION_DISK] = -1;
    hr_json_init(&json, memory, sizeof memory, NULL, NULL);
    hr_json_object(&json);
    perf_calibration_json(&json, &both);
    hr_json_end(&json);
    cr_assert_eq(hr_json_finish(&json), 0);
    memory[json.size] = '\0';
    cr_expect_str_eq(
        memory,
        "{\"calibration\":{\"before\":{\"loop_per_s\":400000000,\"memcpy_bytes_per_s\":9000000000,"
        "\"disk_syncs_per_s\":null,\"loopback_trips_per_s\":30000},\"after\":{\"loop_per_s\":"
        "440000000,\"memcpy_bytes_per_s\":8500000000,\"disk_syncs_per_s\":900,"
        "\"loopback_trips_per_s\":29000},\"change\":0.1,\"warning\":null}}");
}
