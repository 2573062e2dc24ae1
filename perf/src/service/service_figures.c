/* A list of figures, and its two forms. */
#include "service_figures.h"

#include <assert.h>
#include <string.h>

#include "json_put.h"

#define DECIMALS 6

void perf_service_put(struct perf_service_figures *figures, const char *part, const char *name,
                      double value) {
    assert(figures->count < PERF_SERVICE_FIGURES_MAX);
    figures->list[figures->count++] = (struct perf_service_figure){part, name, value};
}

static bool begins_part(const struct perf_service_figures *figures, size_t index) {
    return index == 0 || strcmp(figures->list[index].part, figures->list[index - 1].part) != 0;
}

void perf_service_figures_json(struct hr_json_writer *json,
                               const struct perf_service_figures *figures) {
    for (size_t i = 0; i < figures->count; i++) {
        const struct perf_service_figure *figure = &figures->list[i];
        if (begins_part(figures, i)) {
            if (i > 0) hr_json_end(json);
            json_put_object(json, figure->part);
        }
        json_put_double(json, figure->name, figure->value, DECIMALS);
    }
    if (figures->count) hr_json_end(json);
}

void perf_service_figures_text(FILE *out, const struct perf_service_figures *figures) {
    for (size_t i = 0; i < figures->count; i++) {
        const struct perf_service_figure *figure = &figures->list[i];
        if (begins_part(figures, i)) fprintf(out, "%s%s\n", i ? "\n" : "", figure->part);
        fprintf(out, "  %-36s %14.6g\n", figure->name, figure->value);
    }
}
