/* The figures of bench log by name. */
#include "log_figures.h"

#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 64

const char *const perf_log_case_names[PERF_LOG_CASES] = {"text_1", "text_4", "json_1", "json_4",
                                                         "logfmt_1"};

#define QUANTILES(field)                                                                           \
    {"caller_ns", #field, "p50", offsetof(struct perf_log_figures, field.p50), 1},                 \
        {"caller_ns", #field, "p99", offsetof(struct perf_log_figures, field.p99), 1},             \
        {"caller_ns", #field, "p999", offsetof(struct perf_log_figures, field.p999), 1}, {         \
        "caller_ns", #field, "max", offsetof(struct perf_log_figures, field.max), 1                \
    }
#define CASES(field, decimals)                                                                     \
    {#field, NULL, "text_1", offsetof(struct perf_log_figures, field[PERF_LOG_TEXT_1]), decimals}, \
        {#field, NULL, "text_4", offsetof(struct perf_log_figures, field[PERF_LOG_TEXT_4]),        \
         decimals},                                                                                \
        {#field, NULL, "json_1", offsetof(struct perf_log_figures, field[PERF_LOG_JSON_1]),        \
         decimals},                                                                                \
        {#field, NULL, "json_4", offsetof(struct perf_log_figures, field[PERF_LOG_JSON_4]),        \
         decimals},                                                                                \
    {                                                                                              \
#field, NULL, "logfmt_1", offsetof(struct perf_log_figures, field[PERF_LOG_LOGFMT_1]),     \
            decimals                                                                               \
    }

const struct perf_log_name perf_log_names[PERF_LOG_NAMES] = {
    QUANTILES(paced),
    QUANTILES(burst_1),
    QUANTILES(burst_4),
    CASES(records_per_s, 0),
    CASES(cpu_s_per_million, 4),
    {NULL, NULL, "idle_cpu_percent", offsetof(struct perf_log_figures, idle_cpu_percent), 4},
    {NULL, NULL, "queued_10000_bytes", offsetof(struct perf_log_figures, queued_10000_bytes), 0},
    {NULL, NULL, "dropped", offsetof(struct perf_log_figures, dropped), 0},
};

static double *at(struct perf_log_figures *figures, const struct perf_log_name *name) {
    return (double *)(void *)((char *)figures + name->offset);
}

void perf_log_figures_init(struct perf_log_figures *figures) {
    for (unsigned i = 0; i < PERF_LOG_NAMES; i++) *at(figures, &perf_log_names[i]) = -1;
}

double perf_log_figure(const struct perf_log_figures *figures, const struct perf_log_name *name) {
    return *(const double *)(const void *)((const char *)figures + name->offset);
}

static void full_name(const struct perf_log_name *name, char text[NAME_SIZE]) {
    snprintf(text, NAME_SIZE, "%s%s%s%s%s", name->group ? name->group : "", name->group ? "." : "",
             name->subgroup ? name->subgroup : "", name->subgroup ? "." : "", name->name);
}

void perf_log_figures_print(const struct perf_log_figures *figures, FILE *out) {
    for (unsigned i = 0; i < PERF_LOG_NAMES; i++) {
        char text[NAME_SIZE];
        double figure = perf_log_figure(figures, &perf_log_names[i]);
        full_name(&perf_log_names[i], text);
        if (figure >= 0) fprintf(out, "%s %.9g\n", text, figure);
    }
}

bool perf_log_figures_read(struct perf_log_figures *figures, const char *line) {
    size_t size = strcspn(line, " ");
    for (unsigned i = 0; i < PERF_LOG_NAMES && line[size]; i++) {
        char text[NAME_SIZE], *end;
        full_name(&perf_log_names[i], text);
        if (strlen(text) != size || memcmp(text, line, size) != 0) continue;
        double figure = strtod(line + size + 1, &end);
        if (end == line + size + 1 || !(figure >= 0)) return false;
        *at(figures, &perf_log_names[i]) = figure;
        return true;
    }
    return false;
}
