/* Look-ups by path, the first of each and the second, and reads of a bound field. */
#include "config_bench_measure.h"

#include <errno.h>

#include <headrace/clock.h>

#include "config_bench_schema.h"
#include "spread.h"

#define PATHS       1000u
#define STRIDE      617u /* has no divisor in common with PATHS: neighbours are far from it */
#define BATCHES     50u
#define READS_A_KEY 2u /* in a batch */

struct paths {
    char of[PATHS][PERF_CONFIG_PATH];
};

static void fill_paths(struct paths *paths) {
    for (uint32_t i = 0; i < PATHS; i++) perf_config_path(i * STRIDE % PATHS, paths->of[i]);
}

/* Nanoseconds for each path, once; negative: one was not found. */
static double time_pass(const hr_config *config, const struct paths *paths) {
    uint32_t found = 0;
    uint64_t start_ns = hr_clock_monotonic_ns();
    for (uint32_t i = 0; i < PATHS; i++) found += hr_config_find(config, paths->of[i]) != NULL;
    uint64_t end_ns = hr_clock_monotonic_ns();
    return found == PATHS ? (double)(end_ns - start_ns) / PATHS : -1;
}

struct passes {
    double first, second;
};

/* Nanoseconds of a look-up in the first and in the second pass over a configuration that has just
 * been loaded. */
static int measure_passes(const struct hr_config_options *options, const struct paths *paths,
                          struct passes *passes, struct hr_error *error) {
    hr_config *config = NULL;
    int err = hr_config_load(options, NULL, error, &config);
    if (err) return err;
    passes->first = time_pass(config, paths);
    passes->second = time_pass(config, paths);
    hr_config_free(config);
    return passes->first < 0 || passes->second < 0
               ? hr_error_set(error, -ENOENT, "a path was not found")
               : 0;
}

static int measure_lookups(const struct perf_config_plan *plan,
                           const struct hr_config_options *options,
                           struct perf_config_figures *figures, struct hr_error *error) {
    double first[PERF_CONFIG_LOADS_MAX], second[PERF_CONFIG_LOADS_MAX];
    static struct paths paths;
    uint32_t loads = perf_config_loads(plan, PATHS);
    int err = 0;
    fill_paths(&paths);
    for (uint32_t i = 0; i < loads && !err; i++) {
        struct passes passes = {-1, -1};
        err = measure_passes(options, &paths, &passes, error);
        first[i] = passes.first;
        second[i] = passes.second;
    }
    if (err) return err;
    figures->of[PERF_CONFIG_LOOKUP_FIRST] = perf_spread_of(first, loads).median;
    figures->of[PERF_CONFIG_LOOKUP] = perf_spread_of(second, loads).median;
    return 0;
}

/* Nanoseconds of a read, which the compiler has to make each time. */
static double time_reads(const struct perf_config_values *values, uint64_t reads) {
    uint64_t sum = 0, start_ns = hr_clock_monotonic_ns();
    for (uint64_t i = 0; i < reads; i++) {
        __asm__ volatile("" : "+r"(values)::"memory");
        sum += values->services.count;
    }
    uint64_t end_ns = hr_clock_monotonic_ns();
    __asm__ volatile("" : "+r"(sum));
    return (double)(end_ns - start_ns) / (double)reads;
}

/* The median of several batches. */
static int measure_bound(const struct perf_config_plan *plan,
                         const struct hr_config_options *options,
                         struct perf_config_figures *figures, struct hr_error *error) {
    double batches[BATCHES];
    hr_config *config = NULL;
    int err = hr_config_load(options, NULL, error, &config);
    if (err) return err;
    for (unsigned i = 0; i < BATCHES; i++)
        batches[i] = time_reads(hr_config_values(config), (uint64_t)plan->keys * READS_A_KEY);
    hr_config_free(config);
    figures->of[PERF_CONFIG_BOUND] = perf_spread_of(batches, BATCHES).median;
    return 0;
}

int perf_config_measure_lookups(const struct perf_config_plan *plan,
                                struct perf_config_figures *figures, struct hr_error *error) {
    const char *path = plan->files->paths[PERF_CONFIG_MEDIUM];
    const struct hr_config_options options = {.files = &path,
                                              .file_count = 1,
                                              .prefix = PERF_CONFIG_PREFIX,
                                              .schema = &perf_config_schema};
    int err = measure_lookups(plan, &options, figures, error);
    return err ? err : measure_bound(plan, &options, figures, error);
}
