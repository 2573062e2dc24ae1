/* The seeds' benchmarks of their S3 client and of configurations, by their names, with their
 * limits; that of their logger is in test_log_seeds.c. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <headrace/config.h>

#include "seeds_store.h"

Test(benchmark_seeds, test_s3_client_benchmark_suite) {
    struct seeds_store store = seeds_store_open(NULL, NULL);
    double start = seeds_now_s(), slowest_s = 0;
    for (unsigned i = 0; i < 100; i++) cr_assert_eq(seeds_upload(&store, "benchmark", i), 0);
    double mean_ms = (seeds_now_s() - start) * 1e3 / 100;
    cr_expect_lt(mean_ms, 10.0, "%.3f ms", mean_ms);
    unsigned good = seeds_upload_all(&store, (struct seeds_crowd){10, 50}, &slowest_s);
    cr_expect_lt(slowest_s, 5.0, "%.3f s", slowest_s);
    cr_expect_eq(good, 500, "of which the seeds want 95 %%: %u", good);
    seeds_store_close(&store);
}

struct size {
    const char *name;
    unsigned params;
    double limit_ms;
};

static void write_config(const char *path, const struct size *size) {
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fprintf(file, "name: %s\ntraining:\n", size->name);
    for (unsigned i = 0; i < size->params; i++) fprintf(file, "  param_%u: value_%u\n", i, i);
    cr_assert_eq(fclose(file), 0);
}

static double mean_load_ms(const char *path, unsigned params) {
    enum { LOADS = 10 };
    const struct hr_config_options options = {
        .files = &path, .file_count = 1, .no_environment = true};
    struct hr_error error = {0};
    double spent = 0;
    for (unsigned i = 0; i < LOADS; i++) {
        hr_config *config;
        double start = seeds_now_s();
        cr_assert_eq(hr_config_load(&options, NULL, &error, &config), 0, "%s", error.message);
        spent += seeds_now_s() - start;
        cr_expect_eq(hr_config_count(hr_config_find(config, "training")), params);
        hr_config_free(config);
    }
    return spent * 1e3 / LOADS;
}

Test(benchmark_seeds, test_config_loading_benchmark_suite) {
    static const struct size sizes[] = {
        {"small", 1, 10.0}, {"medium", 100, 50.0}, {"large", 1000, 100.0}};
    char path[] = "/tmp/hr-seeds-config-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    for (unsigned i = 0; i < 3; i++) {
        write_config(path, &sizes[i]);
        double mean_ms = mean_load_ms(path, sizes[i].params);
        cr_expect_lt(mean_ms, sizes[i].limit_ms, "%s: %.3f ms", sizes[i].name, mean_ms);
    }
    unlink(path);
}
