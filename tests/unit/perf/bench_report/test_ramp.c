/* Steps of a ramp, and which rate of a curve is the answer. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ramp.h"

#define MILLISECOND 1000000ull

Test(ramp, steps) {
    static const struct {
        struct perf_ramp ramp;
        double rates[8]; /* ended by 0 */
    } rows[] = {
        {{.from = 100, .to = 400, .step = 100}, {100, 200, 300, 400}},
        {{.from = 100, .to = 350, .step = 100}, {100, 200, 300, 350}},
        {{.from = 100, .to = 101, .step = 100}, {100, 101}},
        {{.from = 1, .to = 10, .step = 2, .factor = true}, {1, 2, 4, 8, 10}},
        {{.from = 2, .to = 8, .step = 2, .factor = true}, {2, 4, 8}},
        {{.from = 0.5, .to = 1.125, .step = 1.5, .factor = true}, {0.5, 0.75, 1.125}},
    };
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        double rate = rows[row].ramp.from;
        unsigned count = 0;
        for (; rate > 0; rate = perf_ramp_next(&rows[row].ramp, rate), count++)
            cr_expect_float_eq(rate, rows[row].rates[count], 1e-9, "row %zu", row);
        cr_expect_eq(rows[row].rates[count], 0, "row %zu", row);
        cr_expect_eq(perf_ramp_count(&rows[row].ramp), count);
    }
}

Test(ramp, more_steps_than_there_may_be_are_not_counted) {
    struct perf_ramp ramp = {.from = 1, .to = 1e7, .step = 1};
    cr_expect_eq(perf_ramp_count(&ramp), PERF_RAMP_STEPS_MAX + 1);
}

/* Of `succeeded` operations, all with one latency. */
static const struct perf_ramp_point *add(struct perf_ramp_curve *curve, double rate,
                                         unsigned succeeded, unsigned not_started,
                                         uint64_t latency_ns) {
    struct perf_loop_report *run = calloc(1, sizeof *run);
    perf_result_init(&run->result);
    run->submitted = succeeded;
    run->not_started = not_started;
    for (unsigned i = 0; i < succeeded; i++)
        perf_result_record(&run->result,
                           &(struct perf_outcome){.kind = PERF_GET, .latency_ns = latency_ns});
    const struct perf_ramp_point *point = perf_curve_add(curve, rate, run);
    free(run);
    return point;
}

static struct perf_ramp_curve *curve_of(void) {
    struct perf_ramp_curve *curve = calloc(1, sizeof *curve);
    curve->ramp = (struct perf_ramp){
        .from = 100, .to = 400, .step = 2, .factor = true, .p99_ns = 10 * MILLISECOND};
    return curve;
}

Test(ramp, a_rate_is_held_by_its_latency_and_by_what_was_achieved) {
    struct perf_ramp_curve *curve = curve_of();
    cr_expect(add(curve, 100, 100, 0, MILLISECOND)->held);
    cr_expect(add(curve, 100, 99, 1, MILLISECOND)->held, "99 %%");
    cr_expect_not(add(curve, 100, 98, 2, MILLISECOND)->held);
    cr_expect_not(add(curve, 100, 100, 0, 12 * MILLISECOND)->held);
    cr_expect_not(add(curve, 100, 0, 0, 0)->held, "nothing was done");
    cr_expect_float_eq(curve->points[1].achieved, 99, 1e-9);
    cr_expect_eq(curve->points[3].max_ns, 12 * MILLISECOND);
    free(curve);
}

Test(ramp, a_missed_step_is_tried_once_more) {
    struct perf_ramp_curve *curve = curve_of();
    cr_expect_eq(perf_curve_next(curve), 100);
    cr_expect_null(perf_curve_best(curve));
    add(curve, 100, 100, 0, MILLISECOND);
    cr_expect_eq(perf_curve_next(curve), 200);
    add(curve, 200, 100, 100, MILLISECOND);
    cr_expect_eq(perf_curve_next(curve), 200, "once more");
    add(curve, 200, 200, 0, MILLISECOND);
    cr_expect_eq(perf_curve_next(curve), 400);
    add(curve, 400, 1, 399, MILLISECOND);
    add(curve, 400, 1, 399, MILLISECOND);
    cr_expect_eq(perf_curve_next(curve), 0, "missed twice");
    cr_expect_eq(perf_curve_best(curve)->rate, 200);
    free(curve);
}

Test(ramp, the_first_step_may_be_missed_for_good) {
    struct perf_ramp_curve *curve = curve_of();
    add(curve, 100, 1, 99, MILLISECOND);
    cr_expect_eq(perf_curve_next(curve), 100);
    add(curve, 100, 1, 99, MILLISECOND);
    cr_expect_eq(perf_curve_next(curve), 0);
    cr_expect_null(perf_curve_best(curve));
    free(curve);
}

Test(ramp, it_ends_at_its_last_rate) {
    struct perf_ramp_curve *curve = curve_of();
    add(curve, 400, 400, 0, MILLISECOND);
    cr_expect_eq(perf_curve_next(curve), 0);
    cr_expect_eq(perf_curve_best(curve)->rate, 400);
    free(curve);
}

static json_t *json_of(const struct perf_ramp_curve *curve) {
    static char text[4096];
    struct hr_json_writer json;
    hr_json_init(&json, text, sizeof text, NULL, NULL);
    hr_json_object(&json);
    perf_curve_json(&json, curve);
    hr_json_end(&json);
    cr_assert_eq(hr_json_finish(&json), 0);
    json_t *found = json_loadb(text, json.size, 0, NULL);
    cr_assert_not_null(found);
    return found;
}

Test(ramp, both_forms_have_the_curve) {
    struct perf_ramp_curve *curve = curve_of();
    char *text = NULL;
    size_t size = 0;
    add(curve, 100, 100, 0, MILLISECOND);
    add(curve, 200, 0, 200, 0);
    json_t *found = json_of(curve), *points = json_object_get(found, "curve");
    cr_expect_eq(json_number_value(json_object_get(found, "highest_rate_per_s")), 100);
    cr_expect_eq(json_array_size(points), 2);
    cr_expect_eq(json_number_value(json_object_get(json_array_get(points, 0), "p99_ms")), 1);
    cr_expect(json_is_true(json_object_get(json_array_get(points, 0), "held")));
    cr_expect(json_is_null(json_object_get(json_array_get(points, 1), "p99_ms")));
    cr_expect_eq(json_integer_value(json_object_get(json_array_get(points, 1), "not_started")),
                 200);
    json_decref(found);
    FILE *out = open_memstream(&text, &size);
    perf_curve_text(out, curve);
    fclose(out);
    cr_expect_not_null(strstr(text, "highest rate with p99 under 10 ms: 100/s"), "%s", text);
    free(text);
    free(curve);
    found = json_of(NULL);
    cr_expect(json_is_null(json_object_get(found, "ramp")));
    cr_expect(json_is_null(json_object_get(found, "highest_rate_per_s")));
    cr_expect_eq(json_array_size(json_object_get(found, "curve")), 0);
    json_decref(found);
}
