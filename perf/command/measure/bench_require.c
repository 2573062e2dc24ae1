/* Requirements of a bench's report: looked up before the run, compared behind it. */
#include "bench_require.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_MAX 3

int bench_check_require(const char *text, char *why, size_t why_size) {
    struct perf_requirement requirement;
    return perf_requirement_parse(text, &requirement, why, why_size);
}

/* The report as it will be written, read again. NULL: no memory. */
static perf_members *members_of(const struct perf_report *report) {
    char *text = NULL, window[OUTPUT_WINDOW];
    size_t size = 0;
    struct hr_json_writer json;
    FILE *file = open_memstream(&text, &size);
    if (!file) return NULL;
    output_json_init(&json, window, file);
    perf_report_json(&json, report);
    int err = output_json_finish(&json, file);
    if (fclose(file) != 0) err = -1;
    perf_members *members = err ? NULL : perf_members_read(text, size);
    free(text);
    return members;
}

/* The nearest paths to the one that was meant, the nearest first. */
struct near {
    const char *meant;
    size_t distance[NEAR_MAX];
    char path[NEAR_MAX][PERF_REQUIREMENT_PATH_MAX];
    size_t count;
};

/* Edits from `meant` to the path, or to its end behind a point: "p99" means "latency_ms.p99". */
static size_t distance_to(const char *meant, const char *path) {
    const char *last = strrchr(path, '.');
    size_t whole = option_distance(meant, path);
    size_t end = last ? option_distance(meant, last + 1) + 1 : whole;
    return end < whole ? end : whole;
}

static void look(void *user, const char *path) {
    struct near *near = user;
    size_t distance = distance_to(near->meant, path), at = near->count;
    while (at > 0 && near->distance[at - 1] > distance) at--;
    if (at == NEAR_MAX) return;
    if (near->count < NEAR_MAX) near->count++;
    size_t behind = near->count - at - 1;
    memmove(near->distance + at + 1, near->distance + at, behind * sizeof *near->distance);
    memmove(near->path + at + 1, near->path + at, behind * sizeof *near->path);
    near->distance[at] = distance;
    snprintf(near->path[at], sizeof near->path[at], "%s", path);
}

static int unknown(const perf_members *members, const char *path, bool json) {
    struct near near = {.meant = path};
    perf_members_each(members, look, &near);
    return output_failed_as(EXIT_USAGE, json, -EINVAL,
                            "--require: the report will have no number '%s'; near it are %s, %s "
                            "and %s",
                            path, near.path[0], near.path[1], near.path[2]);
}

/* One success of each kind that the mix has. */
static void pretend(struct bench *bench) {
    memset(&bench->run, 0, sizeof bench->run);
    perf_result_init(&bench->run.result);
    for (size_t i = 0; i < PERF_KINDS; i++) {
        if (bench->workload.mix.weight[i] == 0) continue;
        bench->run.result.kind[i].succeeded = 1;
        hr_histogram_record(&bench->run.result.kind[i].latency_ns, 1);
    }
    bench->report.loop = &bench->run;
    if (bench->curve.ramp.from <= 0) return;
    bench->report.curve = &bench->curve;
    bench->curve.points[0] = (struct perf_ramp_point){.rate = 1, .held = true};
    bench->curve.count = 1;
}

/* A soak that has all of its figures. NULL: no memory. */
static struct perf_soak *pretend_soak(struct bench *bench) {
    struct perf_soak *soak = perf_soak_new(1);
    if (!soak) return NULL;
    perf_soak_join(soak, 1, 0);
    soak->lives[0].measured_ns = 1;
    soak->lives[0].trend.rss_bytes_per_s = (struct perf_slope){0, 0, 0};
    bench->run.series.step_s = 1;
    for (unsigned i = 0; i < 6; i++)
        bench->run.series.list[bench->run.series.count++] =
            (struct perf_series_figure){.operations = 1000, .p50_ns = 1, .p99_ns = 1 + i};
    bench->report.soak = soak;
    return soak;
}

int bench_require_open(struct bench *bench, const struct option_list *texts) {
    int code = EXIT_DONE;
    bench->requirement_count = texts->count;
    if (texts->count == 0) return EXIT_DONE;
    pretend(bench);
    const struct perf_soak *soak = bench->report.soak;
    struct perf_soak *pretended = soak ? pretend_soak(bench) : NULL;
    perf_members *members = members_of(&bench->report);
    bench->report.soak = soak;
    perf_soak_free(pretended);
    if (!members) return output_failed(bench->session.json, -ENOMEM, "out of memory");
    for (size_t i = 0; i < texts->count && !code; i++) {
        struct perf_requirement *one = &bench->requirements[i];
        char why[OPTION_WHY_SIZE];
        perf_requirement_parse(texts->items[i], one, why, sizeof why); /* checked as an option */
        if (!perf_members_may_have(members, one->path))
            code = unknown(members, one->path, bench->session.json);
    }
    perf_members_free(members);
    bench->curve.count = 0;
    return code;
}

void bench_require_hold(struct bench *bench) {
    if (bench->requirement_count == 0) return;
    perf_members *members = members_of(&bench->report);
    if (members) perf_requirements_hold(bench->requirements, bench->requirement_count, members);
    perf_members_free(members);
    bench->report.requirements = bench->requirements;
    bench->report.requirement_count = bench->requirement_count;
}

int bench_verdict(const struct bench *bench) {
    bool allowed = false, missed = false;
    for (size_t i = 0; i < bench->requirement_count; i++) {
        char text[512];
        allowed |= perf_requirement_allows_failures(&bench->requirements[i]);
        if (bench->requirements[i].met) continue;
        perf_requirement_missed(&bench->requirements[i], text, sizeof text);
        output_complain("requirement missed: %s", text);
        missed = true;
    }
    if (bench->report.curve && !perf_curve_best(bench->report.curve)) {
        output_complain("%s", PERF_CURVE_NONE);
        missed = true;
    }
    uint64_t failures = perf_result_totals(&bench->run.result).failed +
                        perf_report_failed_elsewhere(&bench->report);
    bool failed = !allowed && failures > 0;
    return missed || failed ? EXIT_FAILED : EXIT_DONE;
}
