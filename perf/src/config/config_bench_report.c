/* The report of bench config. */
#include "config_bench_report.h"

#include <string.h>

#include "json_put.h"
#include "rounds_head.h"

/* How a comparison is called, by its subject. */
static const char *const relations[PERF_CONFIG_SUBJECTS] = {"ratios", "slower", "faster"};

/* ---- JSON. */

static void put_spread(struct hr_json_writer *json, const char *name,
                       const struct perf_spread *spread, unsigned decimals) {
    json_put_object(json, name);
    json_put_double(json, "least", spread->least, decimals);
    json_put_double(json, "median", spread->median, decimals);
    json_put_double(json, "most", spread->most, decimals);
    hr_json_end(json);
}

/* The measured figures, each in its group's object: the medians, or all of the spread. */
static void put_figures(struct hr_json_writer *json, const struct perf_spread *figures,
                        bool spread) {
    const char *group = "";
    for (unsigned i = 0; i < PERF_CONFIG_FIGURES; i++) {
        const struct perf_config_name *name = &perf_config_names[i];
        if (figures[i].median < 0) continue;
        if (strcmp(group, name->group) != 0) {
            if (*group) hr_json_end(json);
            if (*name->group) json_put_object(json, name->group);
            group = name->group;
        }
        if (spread)
            put_spread(json, name->name, &figures[i], name->decimals);
        else
            json_put_double(json, name->name, figures[i].median, name->decimals);
    }
    if (*group) hr_json_end(json);
}

static void put_comparisons(struct hr_json_writer *json, const struct perf_config_report *report,
                            enum perf_config_subject subject) {
    json_put_object(json, relations[subject]);
    for (unsigned i = 0; i < PERF_CONFIG_COMPARISONS; i++)
        if (perf_config_comparisons[i].with == subject && report->rounds.comparisons[i].median >= 0)
            put_spread(json, perf_config_comparisons[i].name, &report->rounds.comparisons[i], 2);
    hr_json_end(json);
}

static void put_all_figures(struct hr_json_writer *json, const struct perf_config_report *report,
                            enum perf_config_subject subject) {
    const struct perf_spread *figures = report->rounds.figures[subject];
    put_figures(json, figures, false);
    json_put_object(json, "spread");
    put_figures(json, figures, true);
    hr_json_end(json);
    put_comparisons(json, report, subject);
}

static void put_peers(struct hr_json_writer *json, const struct perf_config_report *report) {
    json_put_object(json, "peers");
    for (unsigned i = PERF_CONFIG_LIBYAML; i < PERF_CONFIG_SUBJECTS && report->rounds.peers_asked;
         i++) {
        const struct perf_peer_program *peer = &report->rounds.peers[i];
        json_put_object(json, peer->name);
        if (peer->version[0]) json_put_text(json, "version", peer->version);
        if (peer->missing[0])
            json_put_text(json, "missing", peer->missing);
        else
            put_all_figures(json, report, (enum perf_config_subject)i);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static double value_of(const struct perf_config_report *report,
                       const struct perf_config_limit *limit) {
    const struct perf_config_rounds *rounds = &report->rounds;
    return limit->figure >= 0 ? rounds->figures[PERF_CONFIG_HEADRACE][limit->figure].median
                              : rounds->comparisons[limit->comparison].median;
}

static void put_limit(struct hr_json_writer *json, const struct perf_config_limit *limit,
                      double value) {
    enum perf_config_verdict verdict = perf_config_verdict_of(limit, value);
    json_put_object(json, limit->name);
    json_put_double(json, limit->at_least ? "at_least" : "at_most", limit->bound, 2);
    if (verdict == PERF_CONFIG_UNKNOWN) {
        json_put_null(json, "value");
        json_put_null(json, "met");
    } else {
        json_put_double(json, "value", value, 4);
        json_put_bool(json, "met", verdict == PERF_CONFIG_MET);
    }
    hr_json_end(json);
}

static void put_limits(struct hr_json_writer *json, const struct perf_config_report *report,
                       const char *name, bool goals) {
    json_put_object(json, name);
    for (unsigned i = 0; i < PERF_CONFIG_LIMITS; i++)
        if (perf_config_limits[i].goal == goals)
            put_limit(json, &perf_config_limits[i], value_of(report, &perf_config_limits[i]));
    hr_json_end(json);
}

static void put_head(struct hr_json_writer *json, const struct perf_config_report *report) {
    perf_rounds_head(json, "config", report->started_at_ms);
    json_put_u64(json, "keys", report->plan.keys);
    json_put_u64(json, "repeat", report->plan.repeat);
    json_put_u64(json, "readers", report->plan.readers);
    json_put_text(json, "page_cache", "warm");
}

void perf_config_report_json(struct hr_json_writer *json, const struct perf_config_report *report) {
    json->pretty = true;
    hr_json_object(json);
    put_head(json, report);
    put_all_figures(json, report, PERF_CONFIG_HEADRACE);
    put_peers(json, report);
    put_limits(json, report, "limits", false);
    put_limits(json, report, "goals", true);
    hr_json_end(json);
}

/* ---- Text. */

static void print_cell(FILE *out, const struct perf_spread *spread, unsigned decimals) {
    char range[48];
    if (spread->median < 0) {
        fprintf(out, " %10s %-20s", "-", "");
        return;
    }
    snprintf(range, sizeof range, "(%.*f-%.*f)", (int)decimals, spread->least, (int)decimals,
             spread->most);
    fprintf(out, " %10.*f %-20s", (int)decimals, spread->median, range);
}

/* The figures of all: a line each. */
static void print_figures(FILE *out, const struct perf_config_report *report) {
    unsigned subjects = report->rounds.peers_asked ? PERF_CONFIG_SUBJECTS : 1;
    fprintf(out, "%-20s %10s %-20s", "", "headrace", "");
    for (unsigned s = 1; s < subjects; s++)
        fprintf(out, " %10s %-20s", report->rounds.peers[s].name, "");
    fputc('\n', out);
    for (unsigned i = 0; i < PERF_CONFIG_FIGURES; i++) {
        char name[PERF_CONFIG_NAME];
        perf_config_figure_name((enum perf_config_figure)i, name);
        fprintf(out, "%-20s", name);
        for (unsigned s = 0; s < subjects; s++)
            print_cell(out, &report->rounds.figures[s][i], perf_config_names[i].decimals);
        fputc('\n', out);
    }
}

static void print_comparisons(FILE *out, const struct perf_config_report *report) {
    for (unsigned i = 0; i < PERF_CONFIG_COMPARISONS; i++) {
        const struct perf_config_comparison *comparison = &perf_config_comparisons[i];
        const struct perf_spread *times = &report->rounds.comparisons[i];
        if (times->median < 0) continue;
        fprintf(out, "%-20s %.2f times (%.2f-%.2f)", comparison->name, times->median, times->least,
                times->most);
        if (comparison->with != PERF_CONFIG_HEADRACE)
            fprintf(out, " %s than %s", relations[comparison->with],
                    report->rounds.peers[comparison->with].name);
        fputc('\n', out);
    }
}

static void print_limits(FILE *out, const struct perf_config_report *report) {
    static const char *const verdicts[] = {"not measured", "met", "missed"};
    for (unsigned i = 0; i < PERF_CONFIG_LIMITS; i++) {
        const struct perf_config_limit *limit = &perf_config_limits[i];
        double value = value_of(report, limit);
        fprintf(out, "%-6s %-26s %s %-7g %s", limit->goal ? "goal" : "limit", limit->name,
                limit->at_least ? ">=" : "<=", limit->bound,
                verdicts[perf_config_verdict_of(limit, value)]);
        if (value >= 0) fprintf(out, ", %.4g", value);
        fputc('\n', out);
    }
}

void perf_config_report_text(FILE *out, const struct perf_config_report *report) {
    fprintf(out, "page cache warm; %u round%s: median (least-most)\n", report->plan.repeat,
            report->plan.repeat == 1 ? "" : "s");
    print_figures(out, report);
    print_comparisons(out, report);
    print_limits(out, report);
    for (unsigned i = 1; i < PERF_CONFIG_SUBJECTS && report->rounds.peers_asked; i++)
        if (report->rounds.peers[i].missing[0])
            fprintf(out, "%s is missing: %s\n", report->rounds.peers[i].name,
                    report->rounds.peers[i].missing);
}
