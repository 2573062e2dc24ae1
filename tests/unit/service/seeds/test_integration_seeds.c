/* The seeds' test of all parts together, by its name, with its limits; those of two parts are in
 * test_log_seeds.c. */
#include <criterion/criterion.h>
#include <stdio.h>

#include <headrace/config.h>

#include "seeds_store.h"

Test(integration_seeds, test_performance_under_integration) {
    static const char *const sets[] = {"name=perf_test",
                                       "services.service_0.port=7000",
                                       "services.service_1.port=7001",
                                       "services.service_2.port=7002",
                                       "services.service_3.port=7003",
                                       "services.service_4.port=7004"};
    const struct hr_config_options config_options = {
        .sets = sets, .set_count = 6, .no_environment = true};
    struct hr_error error = {0};
    hr_config *config;
    double start = seeds_now_s();
    cr_assert_eq(hr_config_load(&config_options, NULL, &error, &config), 0, "%s", error.message);
    struct seeds_log log = seeds_log_open("performance_integration_test", NULL);
    struct seeds_store store = seeds_store_open(NULL, NULL);
    double ready = seeds_now_s();
    for (unsigned i = 0; i < 50; i++) {
        char path[48];
        uint64_t port = 0;
        HR_DEBUG(log.log, "Operation starting", "i", i);
        snprintf(path, sizeof path, "services.service_%u.port", i % 5);
        cr_assert_eq(hr_config_u64(hr_config_find(config, path), &port), 0);
        cr_expect_eq(port, 7000 + i % 5);
        cr_expect_eq(seeds_upload(&store, "perf", i), 0);
        HR_DEBUG(log.log, "Operation completed", "i", i);
    }
    double end = seeds_now_s();
    cr_expect_lt(ready - start, 0.5);
    cr_expect_lt(end - ready, 2.0);
    cr_expect_lt(end - start, 2.5);
    seeds_store_close(&store);
    seeds_log_close(&log);
    hr_config_free(config);
}
