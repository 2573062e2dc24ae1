#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log_lines.h"

Test(log_statistics, a_queue_that_waits_is_counted_record_by_record) {
    struct log_lines lines;
    struct hr_log_sink sink = {0};
    struct hr_log_options options = {.unstarted = true};
    struct hr_log_statistics statistics;
    log_lines_open(&lines, &sink, &options);
    for (int i = 0; i < 1000; i++) HR_INFO(lines.log, "waits", "i", i);
    hr_log_statistics_get(lines.log, &statistics);
    cr_assert_eq(statistics.queue_size, 1000);
    cr_assert_eq(statistics.messages_processed, 0);
    cr_assert_eq(statistics.hit_rate, 0);
    cr_assert_not(statistics.running);
    cr_assert_gt(statistics.max_queue_size, 1000);
    cr_assert_eq(hr_log_start(lines.log), 0);
    cr_assert_eq(hr_log_stop(lines.log, -1), 0);
    hr_log_statistics_get(lines.log, &statistics);
    cr_assert_eq(statistics.queue_size, 0);
    cr_assert_eq(statistics.messages_processed, 1000);
    cr_assert_eq(statistics.processed_by_level[2], 1000);
    cr_assert_eq(statistics.cache_misses, 1);
    cr_assert_eq(statistics.cache_size, 1);
    cr_assert_eq(statistics.cache_hits, 999);
    cr_assert_float_eq(statistics.hit_rate, 0.999, 1e-9);
    cr_assert_gt(statistics.total_processing_time, 0);
    cr_assert_float_eq(statistics.avg_processing_time_ms, statistics.total_processing_time, 1e-9);
    cr_assert_eq(statistics.sink_count, 1);
    cr_assert_str_eq(statistics.sinks[0].kind, "callback");
    cr_assert_eq(statistics.sinks[0].lines, 1000);
    cr_assert_eq(statistics.sinks[0].bytes, lines.size);
    log_lines_close(&lines);
}

Test(log_statistics, what_is_dropped_and_what_is_kept_is_all_there_was) {
    struct log_lines lines;
    struct hr_log_sink sink = {0};
    struct hr_log_options options = {.unstarted = true, .ring_bytes = 16384};
    struct hr_log_statistics full, after;
    log_lines_open(&lines, &sink, &options);
    for (int i = 0; i < 5000; i++) HR_INFO(lines.log, "one of many", "i", i);
    hr_log_statistics_get(lines.log, &full);
    cr_assert_gt(full.messages_dropped, 0);
    cr_assert_eq(full.messages_dropped, full.dropped_by_level[2]);
    cr_assert_eq(full.queue_size + full.messages_dropped, 5000);
    cr_assert_eq(hr_log_start(lines.log), 0);
    cr_assert_eq(hr_log_stop(lines.log, -1), 0);
    hr_log_statistics_get(lines.log, &after);
    cr_assert_eq(after.messages_processed, full.queue_size);
    log_lines_close(&lines);
}

Test(log_statistics, they_are_logged_with_one_macro) {
    struct log_lines lines;
    struct hr_log_sink sink = {.format = HR_LOG_FORMAT_LOGFMT};
    struct hr_log_options options = {0};
    struct hr_log_statistics statistics;
    log_lines_open(&lines, &sink, &options);
    HR_INFO(lines.log, "one");
    cr_assert_eq(hr_log_flush(lines.log, -1), 0);
    hr_log_statistics_get(lines.log, &statistics);
    HR_LOG_STATISTICS(lines.log, &statistics);
    char *text = log_lines_take(&lines);
    cr_assert_not_null(strstr(text,
                              "msg=\"log statistics\" messages_processed=1 messages_dropped=0 "
                              "queue_size=0 max_queue_size="),
                       "%s", text);
    cr_assert_not_null(strstr(text, " running=true sync_fallback=0 cache_hits=0 cache_misses=1 "
                                    "hit_rate=0.0 cache_size=1 "),
                       "%s", text);
    free(text);
    log_lines_close(&lines);
}

static void *ask_again_and_again(void *user) {
    struct hr_log_statistics statistics;
    for (int i = 0; i < 300; i++) hr_log_statistics_get(user, &statistics);
    return NULL;
}

/* Counting holds back the freeing of rings, not those who log, and loses nothing. */
Test(log_statistics, counting_does_not_disturb_who_logs) {
    struct log_lines lines;
    struct hr_log_sink sink = {0};
    struct hr_log_options options = {.ring_bytes = 16384};
    struct hr_log_statistics statistics;
    pthread_t thread;
    log_lines_open(&lines, &sink, &options);
    cr_assert_eq(pthread_create(&thread, NULL, ask_again_and_again, lines.log), 0);
    enum { RECORDS = 20000 };
    for (int i = 0; i < RECORDS; i++) {
        HR_INFO(lines.log, "among counting", "i", i);
        if (i % 100 == 0) cr_assert_eq(hr_log_flush(lines.log, -1), 0);
    }
    pthread_join(thread, NULL);
    cr_assert_eq(hr_log_flush(lines.log, -1), 0);
    hr_log_statistics_get(lines.log, &statistics);
    cr_assert_eq(statistics.messages_processed + statistics.messages_dropped, RECORDS);
    log_lines_close(&lines);
}

Test(log_statistics, no_log_has_none_and_a_forked_child_is_not_held_up) {
    struct log_lines lines;
    struct hr_log_sink sink = {0};
    struct hr_log_options options = {.unstarted = true};
    struct hr_log_statistics statistics = {.rings = 7};
    hr_log_statistics_get(NULL, &statistics);
    cr_assert_eq(statistics.rings, 0);
    log_lines_open(&lines, &sink, &options);
    HR_INFO(lines.log, "of the parent");
    pid_t child = fork();
    if (child == 0) {
        hr_log_statistics_get(lines.log, &statistics);
        _exit(statistics.rings == 1 && statistics.queue_size == 0 ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    log_lines_close(&lines);
}

struct behind {
    hr_log *log;
    uint64_t delivered, fewer; /* how often fewer were counted than had been delivered */
};

static void compare(void *user, const char *lines, size_t size) {
    struct behind *behind = user;
    struct hr_log_statistics statistics;
    for (size_t i = 0; i < size; i++) behind->delivered += lines[i] == '\n';
    hr_log_statistics_get(behind->log, &statistics);
    if (statistics.messages_processed < behind->delivered) behind->fewer++;
}

Test(log_statistics, what_has_been_delivered_has_been_counted) {
    struct behind behind = {0};
    const struct hr_log_sink sink = {
        .kind = HR_LOG_SINK_CALLBACK, .write = compare, .user = &behind};
    const struct hr_log_options options = {
        .name = "test", .sinks = &sink, .sink_count = 1, .unstarted = true, .ring_bytes = 4 << 20};
    cr_assert_eq(hr_log_new(&options, NULL, &behind.log), 0);
    for (int i = 0; i < 20000; i++) HR_INFO(behind.log, "one of many", "i", i);
    cr_assert_eq(hr_log_start(behind.log), 0);
    cr_assert_eq(hr_log_flush(behind.log, -1), 0);
    cr_assert_eq(behind.delivered, 20000);
    cr_assert_eq(behind.fewer, 0);
    cr_assert_eq(hr_log_close(behind.log), 0);
}
