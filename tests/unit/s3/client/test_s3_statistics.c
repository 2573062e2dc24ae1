/* What a client counts of its operations. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <headrace/clock.h>
#include <headrace/s3.h>

#include "needs_kernel.h"
#include "scripted.h"

#define OK_PUT  "HTTP/1.1 200 OK\r\nETag: \"abc\"\r\nContent-Length: 0\r\n\r\n"
#define OK_GET  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define MISSING "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

TestSuite(s3_statistics, .init = scripted_begin, .fini = scripted_end);

/* Every request, a head and `body` bytes, gets the same answer. */
static void open_client(const char *answer, uint64_t body) {
    struct peer_script script = {0};
    size_t at = 0;
    script.steps[at++] = (struct peer_step){.kind = PEER_HEAD};
    if (body) script.steps[at++] = (struct peer_step){.kind = PEER_BODY, .count = body};
    script.steps[at++] = (struct peer_step){.kind = PEER_SEND, .text = answer};
    script.steps[at++] = (struct peer_step){.kind = PEER_REPEAT};
    scripted_listen(&script, 1);
    scripted_connect((struct hr_s3_client_options){.http.pool.connections_max = 7});
}

static int get(const char *key) {
    char memory[64];
    struct hr_s3_get get = {.bucket = "bucket", .key = key};
    get.sink = hr_sink_bytes(memory, sizeof memory);
    cr_assert_eq(hr_s3_get_start(scripted_client, &get), 0);
    return hr_wait(&get.request);
}

static int put(const char *key) {
    struct hr_s3_put put = {.bucket = "bucket", .key = key, .body = hr_source_bytes("1234567", 7)};
    cr_assert_eq(hr_s3_put_start(scripted_client, &put), 0);
    return hr_wait(&put.request);
}

Test(s3_statistics, a_client_that_has_done_nothing_divides_by_nothing) {
    NEEDS_KERNEL("a raw peer");
    struct hr_s3_statistics statistics;
    struct hr_s3_report report;
    struct hr_s3_history_entry entry;
    open_client(OK_GET, 0);
    hr_s3_statistics_get(scripted_client, &statistics);
    hr_s3_report_get(scripted_client, &report);
    cr_assert_eq(statistics.operation_count, 0);
    cr_assert_eq(statistics.error_rate, 0);
    cr_assert_eq(statistics.avg_operation_time_ms, 0);
    cr_assert_eq(statistics.throughput_mbps, 0);
    cr_assert_eq(statistics.max_pool_connections, 7);
    cr_assert_eq(report.success_rate, 0);
    cr_assert_str_eq(hr_s3_trend_name(report.performance_trend), "insufficient_data");
    cr_assert_eq(hr_s3_history_get(scripted_client, &entry, 1), 0);
}

Test(s3_statistics, gets_are_counted_with_their_bytes_and_their_time) {
    NEEDS_KERNEL("a raw peer");
    struct hr_s3_statistics statistics;
    struct hr_s3_report report;
    open_client(OK_GET, 0);
    uint64_t begun_ns = hr_clock_monotonic_ns();
    for (unsigned i = 0; i < 12; i++) cr_assert_eq(get("key"), 0);
    double seconds = (double)(hr_clock_monotonic_ns() - begun_ns) / 1e9;
    hr_s3_statistics_get(scripted_client, &statistics);
    cr_assert_eq(statistics.operation_count, 12);
    cr_assert_eq(statistics.error_count, 0);
    cr_assert_eq(statistics.total_bytes_transferred, 60);
    cr_assert(statistics.total_operation_time > 0 && statistics.total_operation_time <= seconds);
    cr_assert_float_eq(statistics.avg_operation_time_ms,
                       statistics.total_operation_time * 1000 / 12, 1e-9);
    cr_assert_float_eq(statistics.throughput_mbps, 60 / 1048576.0 / statistics.total_operation_time,
                       1e-6);
    hr_s3_report_get(scripted_client, &report);
    cr_assert_eq(report.total_operations, 12);
    cr_assert_eq(report.success_rate, 1);
    cr_assert_eq(report.average_latency_ms, statistics.avg_operation_time_ms);
    cr_assert_eq(report.total_data_transferred_mb, 60 / 1048576.0);
    cr_assert_eq(report.recent_operations, 12);
    cr_assert_eq(report.performance_trend, HR_S3_TREND_EXCELLENT);
}

Test(s3_statistics, an_error_body_is_no_object_and_ten_failures_are_degraded) {
    NEEDS_KERNEL("a raw peer");
    struct hr_s3_statistics statistics;
    struct hr_s3_report report;
    open_client(MISSING, 0);
    for (unsigned i = 0; i < 10; i++) cr_assert_eq(get("key"), HR_ERR_S3_SERVICE);
    hr_s3_statistics_get(scripted_client, &statistics);
    hr_s3_report_get(scripted_client, &report);
    cr_assert_eq(statistics.error_count, 10);
    cr_assert_eq(statistics.error_rate, 1);
    cr_assert_eq(statistics.total_bytes_transferred, 0);
    cr_assert_eq(report.performance_trend, HR_S3_TREND_DEGRADED);
}

Test(s3_statistics, the_history_has_the_last_ones_oldest_first) {
    NEEDS_KERNEL("a raw peer");
    static struct hr_s3_history_entry entries[HR_S3_HISTORY_MAX];
    char key[300];
    open_client(OK_PUT, 7);
    uint64_t begun_ms = hr_clock_wall_ns() / 1000000u;
    for (unsigned i = 0; i < HR_S3_HISTORY_MAX + 5; i++) {
        snprintf(key, sizeof key, "key-%u", i);
        cr_assert_eq(put(key), 0);
    }
    cr_assert_eq(hr_s3_history_get(scripted_client, entries, SIZE_MAX), HR_S3_HISTORY_MAX);
    for (unsigned i = 0; i < HR_S3_HISTORY_MAX; i++) {
        snprintf(key, sizeof key, "key-%u", i + 5);
        cr_assert_str_eq(entries[i].key, key);
        cr_assert(entries[i].success && entries[i].bytes == 7 && entries[i].latency_ms > 0);
        cr_assert_str_eq(entries[i].operation, "PutObject");
        cr_assert_geq(entries[i].timestamp_ms, begun_ms);
    }
    memset(key, 'k', 200);
    key[200] = '\0';
    cr_assert_eq(put(key), 0);
    cr_assert_eq(hr_s3_history_get(scripted_client, entries, 2), 2);
    cr_assert_str_eq(entries[0].key, "key-1004");
    cr_assert_eq(strlen(entries[1].key), HR_S3_HISTORY_KEY - 1);
    cr_assert_str_eq(entries[1].key + HR_S3_HISTORY_KEY - 4, "…");
}

Test(s3_statistics, latencies_of_an_operation_are_its_own) {
    NEEDS_KERNEL("a raw peer");
    static struct hr_histogram latency, other;
    open_client(OK_GET, 0);
    for (unsigned i = 0; i < 3; i++) cr_assert_eq(get("key"), 0);
    cr_assert_eq(hr_s3_operation_latency_merge(scripted_client, "GetObject", &latency), 0);
    cr_assert_eq(hr_s3_operation_latency_merge(scripted_client, "PutObject", &other), 0);
    cr_assert_eq(hr_s3_operation_latency_merge(scripted_client, "Get", &other), -EINVAL);
    cr_assert_eq(latency.count, 3);
    cr_assert_eq(latency.unit, HR_HISTOGRAM_SECONDS);
    cr_assert_eq(other.count, 0);
}

Test(s3_statistics, a_cancelled_operation_counts_nowhere) {
    NEEDS_KERNEL("a raw peer");
    struct hr_s3_statistics statistics;
    open_client(OK_PUT, 1 << 20); /* which never comes */
    struct hr_s3_put put = {.bucket = "bucket", .key = "key", .body = hr_source_bytes("1", 1)};
    cr_assert_eq(hr_s3_put_start(scripted_client, &put), 0);
    hr_cancel(&put.request);
    cr_assert_eq(hr_wait(&put.request), -ECANCELED);
    hr_s3_statistics_get(scripted_client, &statistics);
    cr_assert_eq(statistics.operation_count, 0);
}
