/* Steps of a ramp, and the points of its curve. */
#include "ramp.h"

#include <assert.h>
#include <math.h>

#include "json_put.h"

double perf_ramp_next(const struct perf_ramp *ramp, double rate) {
    assert(ramp->from > 0 && (ramp->factor ? ramp->step > 1 : ramp->step > 0));
    if (rate >= ramp->to) return 0;
    double next = ramp->factor ? rate * ramp->step : rate + ramp->step;
    return next < ramp->to ? next : ramp->to;
}

unsigned perf_ramp_count(const struct perf_ramp *ramp) {
    unsigned count = 0;
    for (double rate = ramp->from; rate > 0 && count <= PERF_RAMP_STEPS_MAX; count++)
        rate = perf_ramp_next(ramp, rate);
    return count;
}

/* The latencies of all kinds as one; 0 where there are none. */
static void latencies_of(const struct perf_result *result, struct perf_ramp_point *point) {
    struct hr_histogram all;
    hr_histogram_init(&all, HR_HISTOGRAM_SECONDS);
    for (size_t i = 0; i < PERF_KINDS; i++) hr_histogram_merge(&all, &result->kind[i].latency_ns);
    point->p50_ns = hr_histogram_quantile(&all, 0.5);
    point->p99_ns = hr_histogram_quantile(&all, 0.99);
    point->max_ns = all.count ? all.max : 0;
}

const struct perf_ramp_point *perf_curve_add(struct perf_ramp_curve *curve, double rate,
                                             const struct perf_loop_report *run) {
    struct perf_totals totals = perf_result_totals(&run->result);
    uint64_t due = run->submitted + run->not_started;
    assert(curve->count < PERF_CURVE_POINTS && rate > 0);
    struct perf_ramp_point *point = &curve->points[curve->count++];
    *point = (struct perf_ramp_point){.rate = rate,
                                      .operations = totals.succeeded,
                                      .errors = totals.failed,
                                      .not_started = run->not_started};
    point->achieved = due ? rate * (double)totals.succeeded / (double)due : 0;
    latencies_of(&run->result, point);
    point->held = totals.succeeded > 0 && point->p99_ns < curve->ramp.p99_ns &&
                  point->achieved >= PERF_RAMP_RATE_LEAST * rate;
    return point;
}

static bool same_rate(const struct perf_ramp_point *a, const struct perf_ramp_point *b) {
    return fabs(a->rate - b->rate) <= 1e-9 * a->rate;
}

double perf_curve_next(const struct perf_ramp_curve *curve) {
    if (curve->count == 0) return curve->ramp.from;
    const struct perf_ramp_point *last = &curve->points[curve->count - 1];
    if (last->held) return perf_ramp_next(&curve->ramp, last->rate);
    return curve->count > 1 && same_rate(last, last - 1) ? 0 : last->rate;
}

const struct perf_ramp_point *perf_curve_best(const struct perf_ramp_curve *curve) {
    const struct perf_ramp_point *best = NULL;
    for (size_t i = 0; i < curve->count; i++)
        if (curve->points[i].held && (!best || curve->points[i].rate > best->rate))
            best = &curve->points[i];
    return best;
}

static void put_ramp(struct hr_json_writer *json, const struct perf_ramp *ramp) {
    json_put_object(json, "ramp");
    json_put_double(json, "from_per_s", ramp->from, 6);
    json_put_double(json, "to_per_s", ramp->to, 6);
    json_put_double(json, ramp->factor ? "step_factor" : "step_per_s", ramp->step, 6);
    json_put_double(json, "step_s", (double)ramp->step_ns / 1e9, 3);
    json_put_double(json, "p99_ms", (double)ramp->p99_ns / 1e6, 3);
    hr_json_end(json);
}

static void put_point(struct hr_json_writer *json, const struct perf_ramp_point *point) {
    hr_json_object(json);
    json_put_double(json, "rate_per_s", point->rate, 6);
    json_put_double(json, "operations_per_s", point->achieved, 6);
    json_put_u64(json, "operations", point->operations);
    json_put_u64(json, "errors", point->errors);
    json_put_u64(json, "not_started", point->not_started);
    json_put_double(json, "p50_ms", point->operations ? (double)point->p50_ns / 1e6 : NAN, 6);
    json_put_double(json, "p99_ms", point->operations ? (double)point->p99_ns / 1e6 : NAN, 6);
    json_put_double(json, "max_ms", point->operations ? (double)point->max_ns / 1e6 : NAN, 6);
    json_put_bool(json, "held", point->held);
    hr_json_end(json);
}

void perf_curve_json(struct hr_json_writer *json, const struct perf_ramp_curve *curve) {
    const struct perf_ramp_point *best = curve ? perf_curve_best(curve) : NULL;
    if (curve)
        put_ramp(json, &curve->ramp);
    else
        json_put_null(json, "ramp");
    json_put_double(json, "highest_rate_per_s", best ? best->rate : NAN, 6);
    json_put_array(json, "curve");
    for (size_t i = 0; curve && i < curve->count; i++) put_point(json, &curve->points[i]);
    hr_json_end(json);
}

void perf_curve_text(FILE *out, const struct perf_ramp_curve *curve) {
    const struct perf_ramp_point *best = perf_curve_best(curve);
    double bound = (double)curve->ramp.p99_ns / 1e6;
    fprintf(out, "\ncurve, per s     asked   achieved     errors    p50 ms    p99 ms    max ms\n");
    for (size_t i = 0; i < curve->count; i++) {
        const struct perf_ramp_point *point = &curve->points[i];
        fprintf(out, "  %-8s  %12.1f %10.1f %10llu %9.3f %9.3f %9.3f\n",
                point->held ? "held" : "missed", point->rate, point->achieved,
                (unsigned long long)point->errors, (double)point->p50_ns / 1e6,
                (double)point->p99_ns / 1e6, (double)point->max_ns / 1e6);
    }
    if (best)
        fprintf(out, "  highest rate with p99 under %g ms: %g/s; all figures above are its own\n",
                bound, best->rate);
    else
        fprintf(out, "  no rate kept p99 under %g ms; the figures above are those of the first\n",
                bound);
}
