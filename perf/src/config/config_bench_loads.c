/* Loads of files, with and without a schema, and with variables above them. */
#include "config_bench_measure.h"

#include <headrace/clock.h>

#include "config_bench_schema.h"
#include "spread.h"

#define SEED_LOADS 10
#define VARIABLES  100

uint32_t perf_config_loads(const struct perf_config_plan *plan, uint32_t keys) {
    uint32_t loads = plan->keys / keys;
    if (loads < PERF_CONFIG_LOADS_MIN) return PERF_CONFIG_LOADS_MIN;
    return loads < PERF_CONFIG_LOADS_MAX ? loads : PERF_CONFIG_LOADS_MAX;
}

/* A file and how it is loaded. The process's variables are looked through; none has the prefix. */
struct source {
    const char *path;
    struct hr_config_options options;
};

static void open_source(struct source *source, const struct perf_config_plan *plan,
                        enum perf_config_document document, bool schema) {
    source->path = plan->files->paths[document];
    source->options = (struct hr_config_options){.files = &source->path,
                                                 .file_count = 1,
                                                 .prefix = PERF_CONFIG_PREFIX,
                                                 .schema = schema ? &perf_config_schema : NULL};
}

/* One load in milliseconds, without the end of the configuration. */
static int time_load(const struct source *source, double *ms, struct hr_error *error) {
    hr_config *config = NULL;
    uint64_t start_ns = hr_clock_monotonic_ns();
    int err = hr_config_load(&source->options, NULL, error, &config);
    *ms = (double)(hr_clock_monotonic_ns() - start_ns) / 1e6;
    hr_config_free(config);
    return err;
}

/* ---- Files. */

static const struct load_case {
    enum perf_config_figure figure;
    enum perf_config_document document;
    bool schema;
} cases[] = {
    {PERF_CONFIG_LOAD_SMALL, PERF_CONFIG_SMALL, true},
    {PERF_CONFIG_LOAD_MEDIUM, PERF_CONFIG_MEDIUM, true},
    {PERF_CONFIG_LOAD_LARGE, PERF_CONFIG_LARGE, true},
    {PERF_CONFIG_TREE_SMALL, PERF_CONFIG_SMALL, false},
    {PERF_CONFIG_TREE_MEDIUM, PERF_CONFIG_MEDIUM, false},
    {PERF_CONFIG_TREE_LARGE, PERF_CONFIG_LARGE, false},
    {PERF_CONFIG_FLAT_1000_MS, PERF_CONFIG_FLAT_1000, false},
    {PERF_CONFIG_FLAT_10000_MS, PERF_CONFIG_FLAT_10000, false},
    {PERF_CONFIG_VALIDATE, PERF_CONFIG_ENTRIES_500, true},
    {PERF_CONFIG_DEFAULTS, PERF_CONFIG_SPARSE_500, true},
};

/* The median; the first load, which brings the file into the page cache, does not count. */
static int measure_case(const struct perf_config_plan *plan, const struct load_case *row,
                        double *ms, struct hr_error *error) {
    double each[PERF_CONFIG_LOADS_MAX], first;
    uint32_t loads = perf_config_loads(plan, perf_config_document_keys(row->document));
    struct source source;
    open_source(&source, plan, row->document, row->schema);
    int err = time_load(&source, &first, error);
    for (uint32_t i = 0; i < loads && !err; i++) err = time_load(&source, &each[i], error);
    if (!err) *ms = perf_spread_of(each, loads).median;
    return err;
}

/* ---- The seeds' way: the mean of ten. */

static const struct load_case seeds[] = {
    {PERF_CONFIG_SEED_1, PERF_CONFIG_KEYS_1, true},
    {PERF_CONFIG_SEED_100, PERF_CONFIG_KEYS_100, true},
    {PERF_CONFIG_SEED_1000, PERF_CONFIG_MEDIUM, true},
};

static int measure_seed(const struct perf_config_plan *plan, const struct load_case *row,
                        double *ms, struct hr_error *error) {
    double sum = 0, one;
    struct source source;
    open_source(&source, plan, row->document, row->schema);
    int err = time_load(&source, &one, error);
    for (unsigned i = 0; i < SEED_LOADS && !err; i++) {
        err = time_load(&source, &one, error);
        sum += one;
    }
    if (!err) *ms = sum / SEED_LOADS;
    return err;
}

/* ---- Variables. */

struct environment {
    char texts[VARIABLES][PERF_CONFIG_VARIABLE];
    const char *all[VARIABLES + 1];
};

static void fill_environment(struct environment *environment) {
    for (uint32_t i = 0; i < VARIABLES; i++) {
        perf_config_variable(i, environment->texts[i]);
        environment->all[i] = environment->texts[i];
    }
    environment->all[VARIABLES] = NULL;
}

/* Loads with the variables and without, in turn: their cost is the difference of the medians. */
static int measure_variables(const struct perf_config_plan *plan,
                             struct perf_config_figures *figures, struct hr_error *error) {
    static const char *const none[] = {NULL};
    double with[PERF_CONFIG_LOADS_MAX], without[PERF_CONFIG_LOADS_MAX], first;
    uint32_t loads = perf_config_loads(plan, perf_config_document_keys(PERF_CONFIG_KEYS_100));
    struct environment environment;
    struct source plain, overridden;
    fill_environment(&environment);
    open_source(&plain, plan, PERF_CONFIG_KEYS_100, true);
    overridden = plain;
    overridden.options.files = &overridden.path;
    plain.options.environment = none;
    overridden.options.environment = environment.all;
    int err = time_load(&overridden, &first, error);
    for (uint32_t i = 0; i < loads && !err; i++) {
        err = time_load(&plain, &without[i], error);
        if (!err) err = time_load(&overridden, &with[i], error);
    }
    if (err) return err;
    double more = perf_spread_of(with, loads).median, less = perf_spread_of(without, loads).median;
    figures->of[PERF_CONFIG_OVERRIDDEN] = more;
    figures->of[PERF_CONFIG_OVERRIDES] = more > less ? more - less : 0;
    return 0;
}

int perf_config_measure_loads(const struct perf_config_plan *plan,
                              struct perf_config_figures *figures, struct hr_error *error) {
    int err = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases && !err; i++)
        err = measure_case(plan, &cases[i], &figures->of[cases[i].figure], error);
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds && !err; i++)
        err = measure_seed(plan, &seeds[i], &figures->of[seeds[i].figure], error);
    return err ? err : measure_variables(plan, figures, error);
}
