/* Series put together: rows of the longer step, and rates of them. */
#include "report_fixture.h"

#include "summary_parts.h"

static void read_rows(struct perf_subject *subject, const char *text) {
    struct hr_error error = {0};
    json_t *root = json_loads(text, 0, NULL);
    cr_assert_not_null(root);
    const struct perf_source source = {"a.json", root, &error};
    cr_assert_eq(perf_read_series(&source, subject), 0, "%s", error.message);
    json_decref(root);
}

#define ROW(second, operations, rate)                                                              \
    "{\"second\":" second ",\"operations\":" operations ",\"errors\":1,\"rate\":" rate "}"

/* Three and a half seconds in rows of one, and the same in rows of two: as many a second. */
Test(summary_series, rows_of_two_lengths_become_rows_of_the_longer) {
    static struct perf_subject one, two;
    read_rows(&one, "{\"series_step_s\":1,\"series\":[" ROW("0", "10", "10") "," ROW(
                        "1", "20", "20") "," ROW("2", "30", "30") "," ROW("3", "20", "40") "]}");
    read_rows(&two, "{\"series_step_s\":2,\"series\":[" ROW("0", "30", "15") "," ROW(
                        "2", "50", "33.333333") "]}");
    cr_assert_eq(perf_points_merge(&one.series, &two.series), 0);
    cr_assert_eq(one.series.count, 2);
    const struct perf_point *rows = one.series.list;
    cr_expect_float_eq(rows[0].operations, 60, 1e-9);
    cr_expect_float_eq(rows[0].errors, 3, 1e-9);
    cr_expect_float_eq(rows[0].rate, 30, 1e-6);
    cr_expect_float_eq(rows[1].second, 2, 1e-9);
    cr_expect_float_eq(rows[1].rate, 2 * 50 / 1.5, 1e-4);
    free(one.series.list);
    free(two.series.list);
}

Test(summary_series, rows_of_one_length_stay_as_long) {
    static struct perf_subject one, two;
    const char *text =
        "{\"series_step_s\":4,\"series\":[" ROW("0", "8", "2") "," ROW("4", "4", "1") "]}";
    read_rows(&one, text);
    read_rows(&two, text);
    two.series.list[0].second += 1.5; /* it began later */
    two.series.list[1].second += 1.5;
    cr_assert_eq(perf_points_merge(&one.series, &two.series), 0);
    cr_assert_eq(one.series.count, 2);
    cr_expect_float_eq(one.series.list[0].rate, 4, 1e-9);
    cr_expect_float_eq(one.series.list[1].operations, 8, 1e-9);
    free(one.series.list);
    free(two.series.list);
}
