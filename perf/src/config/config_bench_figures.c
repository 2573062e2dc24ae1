/* The figures of bench config: their names, and reading what a peer prints. */
#include "config_bench_figures.h"

#include <stdlib.h>
#include <string.h>

#define ROW(tag, group, name, decimals) {group, name, decimals},
const struct perf_config_name perf_config_names[PERF_CONFIG_FIGURES] = {
    PERF_CONFIG_FIGURE_LIST(ROW)};

void perf_config_figures_init(struct perf_config_figures *figures) {
    for (unsigned i = 0; i < PERF_CONFIG_FIGURES; i++) figures->of[i] = -1;
}

void perf_config_figure_name(enum perf_config_figure figure, char text[PERF_CONFIG_NAME]) {
    const struct perf_config_name *name = &perf_config_names[figure];
    snprintf(text, PERF_CONFIG_NAME, "%s%s%s", name->group, *name->group ? "." : "", name->name);
}

bool perf_config_figures_read(struct perf_config_figures *figures, const char *line) {
    size_t size = strcspn(line, " ");
    for (unsigned i = 0; i < PERF_CONFIG_FIGURES && line[size]; i++) {
        char text[PERF_CONFIG_NAME], *end;
        perf_config_figure_name((enum perf_config_figure)i, text);
        if (strlen(text) != size || memcmp(text, line, size) != 0) continue;
        double figure = strtod(line + size + 1, &end);
        if (end == line + size + 1 || *end || !(figure >= 0)) return false;
        figures->of[i] = figure;
        return true;
    }
    return false;
}
