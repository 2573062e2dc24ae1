/* A suite's outcomes as a table and as JSON. */
#include <math.h>
#include <string.h>

#include "json_put.h"
#include "rounds_head.h"
#include "suite_run.h"

#define DECIMALS 9

static const char *const words[PERF_COMPARISONS] = {
    [PERF_LESS] = "<",      [PERF_AT_MOST] = "<=", [PERF_MORE] = ">",
    [PERF_AT_LEAST] = ">=", [PERF_EQUAL] = "=",
};

double perf_suite_margin(const struct perf_requirement *requirement) {
    double bound = requirement->bound, rest = bound - requirement->value;
    if (!requirement->measured || !(fabs(bound) > 0) || requirement->comparison == PERF_EQUAL)
        return NAN;
    bool from_below =
        requirement->comparison == PERF_LESS || requirement->comparison == PERF_AT_MOST;
    return 100 * (from_below ? rest : -rest) / fabs(bound);
}

/* ---- JSON. */

static void put_number(struct hr_json_writer *json, const char *name, double value, bool is_one) {
    if (is_one && isfinite(value))
        json_put_double(json, name, value, DECIMALS);
    else
        json_put_null(json, name);
}

static void put_outcome(struct hr_json_writer *json, const struct perf_suite_outcome *outcome) {
    const struct perf_requirement *requirement = &outcome->requirement;
    double margin = perf_suite_margin(requirement);
    hr_json_object(json);
    json_put_text(json, "name", outcome->check->name);
    if (outcome->check->criterion) json_put_text(json, "criterion", outcome->check->criterion);
    put_number(json, "value", requirement->value, requirement->measured);
    json_put_text(json, "unit", outcome->check->unit);
    json_put_double(json, "target", requirement->bound, DECIMALS);
    json_put_text(json, "comparison", words[requirement->comparison]);
    put_number(json, "margin_percent", margin, !isnan(margin));
    if (outcome->state == PERF_SUITE_NOT_RUN || outcome->state == PERF_SUITE_NOT_ASKED)
        json_put_text(json, "passed", "not run");
    else
        json_put_bool(json, "passed", outcome->state == PERF_SUITE_PASSED);
    if (*outcome->why) json_put_text(json, "why", outcome->why);
    json_put_text(json, "command", outcome->command);
    hr_json_end(json);
}

void perf_suite_json(struct hr_json_writer *json, const struct perf_suite_run *run) {
    hr_json_object(json);
    json_put_text(json, "kind", "suite");
    json_put_u64(json, "protocol", 1);
    json_put_text(json, "name", run->plan->name);
    json_put_text(json, "title", run->plan->title);
    perf_rounds_head(json, "suite", run->started_at_ms);
    json_put_double(json, "duration_s", run->duration_s, 3);
    json_put_bool(json, "passed", perf_suite_is_good(run));
    json_put_array(json, "checks");
    for (size_t i = 0; i < run->count; i++) put_outcome(json, &run->outcomes[i]);
    hr_json_end(json);
    hr_json_end(json);
}

/* ---- Text. */

static const char *mark_of(enum perf_suite_state state) {
    return state == PERF_SUITE_PASSED ? "ok" : state == PERF_SUITE_MISSED ? "MISSED" : "not run";
}

static void print_outcome(FILE *out, const struct perf_suite_outcome *outcome) {
    const struct perf_requirement *requirement = &outcome->requirement;
    double margin = perf_suite_margin(requirement);
    char value[32] = "-", target[32];
    if (requirement->measured) snprintf(value, sizeof value, "%.6g", requirement->value);
    snprintf(target, sizeof target, "%s %.9g", words[requirement->comparison], requirement->bound);
    fprintf(out, "  %-8s %-38s %12s %-2s  ", mark_of(outcome->state), outcome->check->name, value,
            outcome->check->unit);
    if (isnan(margin))
        fprintf(out, "%s\n", target);
    else
        fprintf(out, "%-14s margin %.4g %%\n", target, margin);
    if (*outcome->why) fprintf(out, "           %s\n", outcome->why);
    if (outcome->state == PERF_SUITE_MISSED || outcome->state == PERF_SUITE_NOT_RUN)
        fprintf(out, "           %s\n", outcome->command);
}

void perf_suite_text(FILE *out, const struct perf_suite_run *run) {
    fprintf(out, "%s: %zu of %zu checks passed, %.1f s\n", run->plan->name,
            perf_suite_count(run, PERF_SUITE_PASSED), run->count, run->duration_s);
    for (size_t i = 0; i < run->count; i++) print_outcome(out, &run->outcomes[i]);
}
