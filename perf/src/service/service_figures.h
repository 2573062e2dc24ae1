/* Figures with names, in parts: the result of `headrace bench service`. */
#ifndef PERF_SERVICE_FIGURES_H
#define PERF_SERVICE_FIGURES_H

#include <stddef.h>
#include <stdio.h>

#include <headrace/json_write.h>

#define PERF_SERVICE_FIGURES_MAX 96

struct perf_service_figure {
    const char *part, *name; /* "log", "call_mean_ms": the unit is the name's end */
    double value;
};

/* Figures of a part stand together, in the order in which they were measured. */
struct perf_service_figures {
    struct perf_service_figure list[PERF_SERVICE_FIGURES_MAX];
    size_t count;
};

void perf_service_put(struct perf_service_figures *figures, const char *part, const char *name,
                      double value);

/* {"log": {"call_mean_ms": 0.1, …}, …}: members of the object that is open. */
void perf_service_figures_json(struct hr_json_writer *json,
                               const struct perf_service_figures *figures);
void perf_service_figures_text(FILE *out, const struct perf_service_figures *figures);

#endif
