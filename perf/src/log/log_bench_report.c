/* The report of bench log. */
#include "log_bench_report.h"

#include <string.h>

#include "json_put.h"
#include "rounds_head.h"

/* ---- JSON. */

static bool differ(const char *a, const char *b) {
    return a != b && (!a || !b || strcmp(a, b) != 0);
}

/* The measured loggers, each in its group's object. */
static void put_figures(struct hr_json_writer *json, const struct perf_log_figures *figures) {
    const char *group = NULL, *subgroup = NULL;
    for (unsigned i = 0; i < PERF_LOG_NAMES; i++) {
        const struct perf_log_name *name = &perf_log_names[i];
        double figure = perf_log_figure(figures, name);
        if (figure < 0) continue;
        bool other = differ(group, name->group);
        if (subgroup && (other || differ(subgroup, name->subgroup))) {
            hr_json_end(json);
            subgroup = NULL;
        }
        if (other && group) hr_json_end(json);
        if (other && name->group) {
            json_put_object(json, name->group);
        }
        group = name->group;
        if (name->subgroup && !subgroup) {
            json_put_object(json, name->subgroup);
            subgroup = name->subgroup;
        }
        json_put_double(json, name->name, figure, name->decimals);
    }
    if (subgroup) hr_json_end(json);
    if (group) hr_json_end(json);
}

/* Our rate by the peer's, in the same round each. */
static void put_times(struct hr_json_writer *json, const struct perf_spread *times) {
    bool any = false;
    for (unsigned i = 0; i < PERF_LOG_CASES; i++) {
        if (times[i].median < 0) continue;
        if (!any) {
            json_put_object(json, "times");
            any = true;
        }
        json_put_object(json, perf_log_case_names[i]);
        json_put_double(json, "least", times[i].least, 2);
        json_put_double(json, "median", times[i].median, 2);
        json_put_double(json, "most", times[i].most, 2);
        hr_json_end(json);
    }
    if (any) hr_json_end(json);
}

static void put_peers(struct hr_json_writer *json, const struct perf_log_report *report) {
    json_put_object(json, "peers");
    for (unsigned i = 0; i < PERF_LOG_PEERS && report->rounds.peers_asked; i++) {
        const struct perf_log_peer *peer = &report->rounds.peers[i];
        json_put_object(json, peer->program.name);
        if (peer->program.missing[0]) json_put_text(json, "missing", peer->program.missing);
        if (peer->program.version[0]) json_put_text(json, "version", peer->program.version);
        put_figures(json, &peer->figures);
        put_times(json, report->rounds.times[i]);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void put_limits(struct hr_json_writer *json, const struct perf_log_limits *limits) {
    json_put_object(json, "limits");
    json_put_object(json, "memcpy_ring");
    put_figures(json, &limits->memcpy_ring);
    hr_json_end(json);
    json_put_double(json, "write_records_per_s", limits->write_records_per_s, 0);
    hr_json_end(json);
}

void perf_log_report_json(struct hr_json_writer *json, const struct perf_log_report *report) {
    json->pretty = true;
    hr_json_object(json);
    perf_rounds_head(json, "log", report->started_at_ms);
    json_put_u64(json, "records", report->plan.records);
    json_put_u64(json, "repeat", report->plan.repeat);
    put_figures(json, &report->rounds.headrace);
    put_limits(json, &report->rounds.limits);
    put_peers(json, report);
    hr_json_end(json);
}

/* ---- Text: a column each, and how many times a peer's figure ours is. */

static void put_cell(FILE *out, double figure, unsigned decimals) {
    if (figure < 0)
        fprintf(out, " %12s", "-");
    else
        fprintf(out, " %12.*f", (int)decimals, figure);
}

/* Callers and CPU: how many times theirs is more; records a second: how many times ours is. */
static void put_ratio(FILE *out, const struct perf_log_name *name, double ours, double theirs) {
    bool more_is_better = name->group && strcmp(name->group, "records_per_s") == 0;
    double above = more_is_better ? ours : theirs, below = more_is_better ? theirs : ours;
    if (ours < 0 || theirs < 0 || below <= 0 || !name->group)
        fprintf(out, " %8s", "");
    else
        fprintf(out, " %7.*fx", above / below < 10 ? 1 : 0, above / below);
}

static void put_line(FILE *out, const struct perf_log_report *report,
                     const struct perf_log_name *name) {
    char text[64];
    double ours = perf_log_figure(&report->rounds.headrace, name);
    snprintf(text, sizeof text, "%s%s%s%s%s", name->group ? name->group : "",
             name->group ? " " : "", name->subgroup ? name->subgroup : "",
             name->subgroup ? " " : "", name->name);
    fprintf(out, "%-26s", text);
    put_cell(out, ours, name->decimals);
    put_cell(out, perf_log_figure(&report->rounds.limits.memcpy_ring, name), name->decimals);
    for (unsigned i = 0; i < PERF_LOG_PEERS && report->rounds.peers_asked; i++) {
        double theirs = perf_log_figure(&report->rounds.peers[i].figures, name);
        put_cell(out, theirs, name->decimals);
        put_ratio(out, name, ours, theirs);
    }
    fputc('\n', out);
}

static void put_spread(FILE *out, const char *peer, const struct perf_spread *times) {
    for (unsigned i = 0; i < PERF_LOG_CASES; i++)
        if (times[i].median >= 0)
            fprintf(out, "%-6s records/s of %s, in the same round: %.1f times (%.1f to %.1f)\n",
                    perf_log_case_names[i], peer, times[i].median, times[i].least, times[i].most);
}

void perf_log_report_text(FILE *out, const struct perf_log_report *report) {
    fprintf(out, "%-26s %12s %12s", "", "headrace", "memcpy");
    for (unsigned i = 0; i < PERF_LOG_PEERS && report->rounds.peers_asked; i++)
        fprintf(out, " %12s %8s", report->rounds.peers[i].program.name, "");
    fputc('\n', out);
    for (unsigned i = 0; i < PERF_LOG_NAMES; i++) put_line(out, report, &perf_log_names[i]);
    fprintf(out, "%-26s %12.0f records/s\n", "write(2) of ready lines",
            report->rounds.limits.write_records_per_s);
    for (unsigned i = 0; i < PERF_LOG_PEERS && report->rounds.peers_asked; i++)
        put_spread(out, report->rounds.peers[i].program.name, report->rounds.times[i]);
    for (unsigned i = 0; i < PERF_LOG_PEERS && report->rounds.peers_asked; i++)
        if (report->rounds.peers[i].program.missing[0])
            fprintf(out, "%s is missing: %s\n", report->rounds.peers[i].program.name,
                    report->rounds.peers[i].program.missing);
}
