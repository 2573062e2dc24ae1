/* The figures of bench log by name. */
#include "log_figures.h"

#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 64

#define NAME(form, name, threads) #name "_" #threads,
const char *const perf_log_case_names[PERF_LOG_CASES] = {PERF_LOG_CASE_LIST(NAME)};

#define AT(field) offsetof(struct perf_log_figures, field)
#define QUANTILES(field)                                                                           \
    {"caller_ns", #field, "p50", AT(field.p50), 1},                                                \
        {"caller_ns", #field, "p99", AT(field.p99), 1},                                            \
        {"caller_ns", #field, "p999", AT(field.p999), 1},                                          \
        {"caller_ns", #field, "max", AT(field.max), 1},
#define EACH(field, form, name, threads, decimals)                                                 \
    {#field, NULL, #name "_" #threads, AT(field[PERF_LOG_##form##_##threads]), decimals},
#define RATE(form, name, threads) EACH(records_per_s, form, name, threads, 0)
#define CPU(form, name, threads)  EACH(cpu_s_per_million, form, name, threads, 4)

/* clang-format off */
const struct perf_log_name perf_log_names[PERF_LOG_NAMES] = {
    QUANTILES(paced)
    QUANTILES(burst_1)
    QUANTILES(burst_4)
    PERF_LOG_CASE_LIST(RATE)
    PERF_LOG_CASE_LIST(CPU)
    {NULL, NULL, "idle_cpu_percent", AT(idle_cpu_percent), 4},
    {NULL, NULL, "queued_10000_bytes", AT(queued_10000_bytes), 0},
    {NULL, NULL, "dropped", AT(dropped), 0},
};
/* clang-format on */

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
