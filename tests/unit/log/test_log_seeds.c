/* The seeds' own tests of their logger, under their names, with their limits. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/http_server.h>
#include <headrace/log_hooks.h>
#include <headrace/s3.h>

#include "log_lines.h"

#define SECOND  UINT64_C(1000000000)
#define MIB     (1024.0 * 1024.0)
#define LATENCY 100000 /* ns: 0.1 ms a call */

/* A service's log into a file of its own; standard error stays the test's. */
struct seed_log {
    char folder[32], path[64];
    hr_log *log;
};

static void setup_logging(struct seed_log *seed, const char *name, const char *level) {
    snprintf(seed->folder, sizeof seed->folder, "/tmp/headrace-seeds-XXXXXX");
    cr_assert_not_null(mkdtemp(seed->folder));
    snprintf(seed->path, sizeof seed->path, "%s/log", seed->folder);
    struct hr_error error = {0};
    struct hr_log_service_options options = {
        .name = name, .level = level, .file = seed->path, .no_console = true};
    int err = hr_log_service(&options, &error, &seed->log);
    cr_assert_eq(err, 0, "%s", error.message);
    cr_assert_eq(hr_log_start(seed->log), 0);
}

/* Stops it; `lines` of them are in the file, and none was dropped. */
static void finish_logging(struct seed_log *seed, unsigned lines) {
    struct hr_log_statistics statistics;
    cr_assert_eq(hr_log_stop(seed->log, -1), 0);
    hr_log_statistics_get(seed->log, &statistics);
    cr_assert_eq(statistics.messages_dropped, 0);
    cr_assert_eq(statistics.messages_processed, lines);
    cr_assert_eq(hr_log_close(seed->log), 0);
    FILE *file = fopen(seed->path, "r");
    unsigned found = 0;
    for (int c; (c = getc(file)) != EOF;) found += c == '\n';
    fclose(file);
    cr_assert_eq(found, lines);
    unlink(seed->path);
    rmdir(seed->folder);
}

static double resident_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;
    cr_assert_eq(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

Test(log_seeds, test_logging_latency_target) {
    struct seed_log seed;
    setup_logging(&seed, "performance_test", NULL);
    for (int i = 0; i < 100; i++) HR_INFO(seed.log, "Warm up message");
    uint64_t start = hr_clock_monotonic_ns();
    for (int i = 0; i < 1000; i++) HR_INFO(seed.log, "Performance test message", "i", i);
    uint64_t mean = (hr_clock_monotonic_ns() - start) / 1000;
    cr_assert_lt(mean, LATENCY);
    finish_logging(&seed, 1100);
}

Test(log_seeds, test_high_frequency_logging_stability) {
    struct seed_log seed;
    setup_logging(&seed, "stability_test", "DEBUG");
    uint64_t start = hr_clock_monotonic_ns();
    for (int i = 0; i < 10000; i++) HR_DEBUG(seed.log, "High frequency message", "i", i);
    cr_assert_lt(hr_clock_monotonic_ns() - start, 5 * SECOND);
    finish_logging(&seed, 10000);
}

Test(log_seeds, test_logging_memory_efficiency) {
    struct seed_log seed;
    double before = resident_bytes();
    setup_logging(&seed, "memory_test", NULL);
    for (int i = 0; i < 10000; i++) HR_INFO(seed.log, "Memory test message", "i", i);
    double grown = (resident_bytes() - before) / MIB;
    cr_assert_lt(grown, 10.0, "%.1f MiB", grown);
    finish_logging(&seed, 10000);
}

Test(log_seeds, test_logging_memory_stability) {
    struct seed_log seed;
    setup_logging(&seed, "memory_stability_test", NULL);
    double first = 0;
    for (int i = 0; i < 10000; i++) {
        HR_INFO(seed.log, "Stability test message", "i", i);
        if (i % 1000 != 0) continue;
        cr_assert_eq(hr_log_flush(seed.log, -1), 0);
        if (i == 0) first = resident_bytes();
        cr_assert_lt((resident_bytes() - first) / MIB, 5.0);
    }
    finish_logging(&seed, 10000);
}

struct worker {
    pthread_t thread;
    hr_log *log;
    int id;
    uint64_t took_ns;
};

static void *log_worker(void *user) {
    struct worker *worker = user;
    uint64_t start = hr_clock_monotonic_ns();
    for (int i = 0; i < 250; i++) HR_INFO(worker->log, "Worker message", "id", worker->id, "i", i);
    worker->took_ns = hr_clock_monotonic_ns() - start;
    return NULL;
}

Test(log_seeds, test_concurrent_logging_performance) {
    struct seed_log seed;
    struct worker workers[4];
    setup_logging(&seed, "concurrent_test", NULL);
    for (int i = 0; i < 4; i++) {
        workers[i] = (struct worker){.log = seed.log, .id = i};
        cr_assert_eq(pthread_create(&workers[i].thread, NULL, log_worker, &workers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(workers[i].thread, NULL);
        cr_assert_lt(workers[i].took_ns, SECOND);
    }
    finish_logging(&seed, 1000);
}

Test(log_seeds, test_cross_platform_compatibility) {
    struct seed_log seed;
    setup_logging(&seed, "cross_platform_test_Linux", NULL);
    HR_INFO(seed.log, "Standard info message");
    HR_WARN(seed.log, "Warning with unicode: \xe6\xb5\x8b\xe8\xaf\x95");
    HR_ERROR(seed.log, "Error with special chars: !@#$%^&*()");
    cr_assert_eq(hr_log_flush(seed.log, -1), 0);
    char text[1024] = "";
    FILE *file = fopen(seed.path, "r");
    cr_assert_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    cr_assert_not_null(strstr(text, " - INFO - Standard info message\n"));
    cr_assert_not_null(
        strstr(text, " - WARNING - Warning with unicode: \xe6\xb5\x8b\xe8\xaf\x95\n"));
    cr_assert_not_null(strstr(text, " - ERROR - Error with special chars: !@#$%^&*()\n"));
    finish_logging(&seed, 3);
}

Test(log_seeds, test_performance_regression_check) {
    struct seed_log seed;
    setup_logging(&seed, "regression_test", NULL);
    HR_INFO(seed.log, "Standard message");
    HR_WARN(seed.log, "Warning message");
    HR_ERROR(seed.log, "Error message");
    uint64_t start = hr_clock_monotonic_ns();
    for (int i = 0; i < 100; i++) HR_INFO(seed.log, "Regression test message");
    cr_assert_lt((hr_clock_monotonic_ns() - start) / 100, LATENCY);
    finish_logging(&seed, 103);
}

static int by_size(const void *a, const void *b) {
    uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

Test(log_seeds, test_logging_benchmark_suite) {
    struct seed_log seed;
    static uint64_t times[1000];
    uint64_t sum = 0;
    setup_logging(&seed, "benchmark_test", NULL);
    for (int i = 0; i < 1000; i++) {
        uint64_t start = hr_clock_monotonic_ns();
        HR_INFO(seed.log, "Benchmark message");
        times[i] = hr_clock_monotonic_ns() - start;
        sum += times[i];
    }
    qsort(times, 1000, sizeof *times, by_size);
    cr_assert_lt(sum / 1000, LATENCY);
    cr_assert_lt(times[949], 2 * LATENCY);
    finish_logging(&seed, 1000);
}

/* The configuration is what a service reads: text. */
Test(log_seeds, test_config_logging_integration) {
    const struct { const char *level, *service_name; } config = {"INFO", "test_service"};
    struct seed_log seed;
    setup_logging(&seed, config.service_name, config.level);
    HR_INFO(seed.log, "Configuration-driven logging test");
    HR_DEBUG(seed.log, "This should be filtered based on config");
    finish_logging(&seed, 1);
}

static void answer(void *user, hr_http_exchange *exchange) {
    static const struct hr_http_field etag = {{"ETag", 4}, {"\"01\"", 4}};
    struct hr_http_response response = {.status = 200, .fields = &etag, .field_count = 1};
    (void)user;
    cr_assert_eq(hr_http_exchange_respond(exchange, &response), 0);
}

/* The seeds' store was a mock; this one is asked over a socket. */
Test(log_seeds, test_logging_s3_integration) {
    struct seed_log seed;
    struct hr_error error = {0};
    struct hr_engine_options engine_options = {.reactors = 1};
    struct hr_http_server_options server_options = {.on_request = answer};
    hr_engine *engine;
    hr_http_server *server;
    hr_s3_client *client;
    char endpoint[64];
    setup_logging(&seed, "integration_test", "DEBUG");
    cr_assert_eq(hr_engine_new(&engine_options, &error, &engine), 0, "%s", error.message);
    cr_assert_eq(hr_http_server_new(engine, &server_options, &error, &server), 0);
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", hr_http_server_port(server));
    struct hr_s3_client_options options = {.endpoint = endpoint,
                                           .anonymous = true,
                                           .http.on_event = hr_log_on_event,
                                           .http.event_user = seed.log};
    cr_assert_eq(hr_s3_client_new(engine, &options, &error, &client), 0, "%s", error.message);
    for (int i = 0; i < 100; i++) {
        char key[64], data[64];
        snprintf(key, sizeof key, "integration_test_%d.txt", i);
        snprintf(data, sizeof data, "integration_test_%d", i);
        struct hr_s3_put put = {.bucket = "seeds", .key = key};
        put.body = hr_source_bytes(data, strlen(data));
        HR_INFO(seed.log, "Starting S3 operation", "i", i);
        cr_assert_eq(hr_s3_put_start(client, &put), 0);
        cr_assert_eq(hr_wait(&put.request), 0, "%s", put.request.error.message);
        HR_INFO(seed.log, "S3 operation completed successfully", "i", i);
    }
    hr_s3_client_close(client, NULL, NULL);
    hr_http_server_close(server, NULL, NULL);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    finish_logging(&seed, 300);
}
