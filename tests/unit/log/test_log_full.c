#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "log_core.h"
#include "log_lines.h"

/* A sink that takes nothing until it is released, as a disk that hangs. */
struct hung {
    struct log_lines lines;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool hangs;
};

static void take(void *user, const char *text, size_t size) {
    struct hung *hung = user;
    pthread_mutex_lock(&hung->lock);
    while (hung->hangs) pthread_cond_wait(&hung->changed, &hung->lock);
    pthread_mutex_unlock(&hung->lock);
    log_lines_add(&hung->lines, text, size);
}

static void release(struct hung *hung) {
    pthread_mutex_lock(&hung->lock);
    hung->hangs = false;
    pthread_cond_broadcast(&hung->changed);
    pthread_mutex_unlock(&hung->lock);
}

static void open_hung(struct hung *hung, struct hr_log_options options, bool hangs) {
    struct hr_log_sink sink = {
        .kind = HR_LOG_SINK_CALLBACK, .format = HR_LOG_FORMAT_LOGFMT, .write = take, .user = hung};
    struct hr_error error = {0};
    *hung = (struct hung){.hangs = hangs};
    pthread_mutex_init(&hung->lock, NULL);
    pthread_cond_init(&hung->changed, NULL);
    options.name = "test";
    options.sinks = &sink;
    options.sink_count = 1;
    options.ring_bytes = 16384;
    int err = hr_log_new(&options, &error, &hung->lines.log);
    cr_assert_eq(err, 0, "%s", error.message);
}

static void close_hung(struct hung *hung) {
    release(hung);
    log_lines_close(&hung->lines);
}

static struct hr_log_statistics statistics_of(const struct hung *hung) {
    struct hr_log_statistics statistics;
    hr_log_statistics_get(hung->lines.log, &statistics);
    return statistics;
}

/* Fills what there is for WARNING, the drain's buffers included. */
static uint64_t fill(struct hung *hung) {
    uint64_t sent = 0;
    for (; statistics_of(hung).messages_dropped == 0; sent++)
        HR_WARN(hung->lines.log, "filling", "n", sent);
    return sent;
}

static unsigned count(const char *text, const char *part) {
    unsigned found = 0;
    for (; (text = strstr(text, part)); text++) found++;
    return found;
}

Test(log_full, a_call_that_may_wait_drops_nothing) {
    enum { RECORDS = 4000 };
    struct hung hung;
    open_hung(&hung, (struct hr_log_options){.full = HR_LOG_FULL_WAIT, .full_timeout_ms = 60000},
              false);
    for (int i = 0; i < RECORDS; i++) HR_INFO(hung.lines.log, "m", "n", i);
    char *text = log_lines_take(&hung.lines);
    cr_assert_eq(statistics_of(&hung).messages_dropped, 0);
    cr_assert_eq(statistics_of(&hung).sync_fallback, 0);
    cr_assert_eq(count(text, "msg=m "), RECORDS);
    free(text);
    close_hung(&hung);
}

Test(log_full, a_call_waits_no_longer_than_the_bound_and_not_again_for_what_is_stuck) {
    struct hung hung;
    open_hung(&hung, (struct hr_log_options){.full = HR_LOG_FULL_WAIT, .full_timeout_ms = 300},
              true);
    uint64_t began = hr_clock_monotonic_ns();
    uint64_t sent = fill(&hung);
    uint64_t after = hr_clock_monotonic_ns();
    cr_assert_geq(after - began, 300 * UINT64_C(1000000));
    for (int i = 0; i < 1000; i++, sent++) HR_ERROR(hung.lines.log, "filling");
    cr_assert_lt(hr_clock_monotonic_ns() - after, 100 * (after - began));
    release(&hung);
    cr_assert_eq(hr_log_flush(hung.lines.log, -1), 0);
    HR_INFO(hung.lines.log, "afterwards"); /* it waits again from now on */
    char *text = log_lines_take(&hung.lines);
    uint64_t dropped = statistics_of(&hung).messages_dropped;
    cr_assert_geq(dropped, 1001);
    cr_assert_eq(count(text, "msg=filling"), sent - dropped);
    cr_assert_eq(count(text, "msg=\"records dropped\""), 1);
    free(text);
    close_hung(&hung);
}

static void *release_once_somebody_waits(void *user) {
    struct hung *hung = user;
    const struct hr_log_view *view = (const struct hr_log_view *)(void *)hung->lines.log;
    while (__atomic_load_n(&view->core->drain.waiting.threads, __ATOMIC_SEQ_CST) == 0)
        sched_yield();
    release(hung);
    return NULL;
}

Test(log_full, an_error_that_finds_even_the_reserve_full_is_there_when_the_call_returns) {
    struct hung hung;
    open_hung(&hung, (struct hr_log_options){.full_timeout_ms = 60000}, true);
    uint64_t sent = fill(&hung);
    pthread_t releasing;
    pthread_create(&releasing, NULL, release_once_somebody_waits, &hung);
    HR_ERROR(hung.lines.log, "urgent", "code", 7);
    pthread_join(releasing, NULL);
    cr_assert_eq(count(hung.lines.text, "level=ERROR logger=test msg=urgent code=7\n"), 1);
    cr_assert_eq(statistics_of(&hung).sync_fallback, 1);
    cr_assert_eq(statistics_of(&hung).messages_dropped, 1); /* the last WARNING */
    cr_assert_eq(count(hung.lines.text, "msg=filling"), sent - 1);
    cr_assert_eq(count(hung.lines.text, "msg=\"records dropped\" dropped=1 "), 1);
    cr_assert_lt(strstr(hung.lines.text, "records dropped"), strstr(hung.lines.text, "urgent"));
    close_hung(&hung);
}

Test(log_full, an_error_drops_where_the_options_say_so) {
    struct hung hung;
    open_hung(&hung, (struct hr_log_options){.errors_drop = true, .full_timeout_ms = 600000}, true);
    fill(&hung);
    HR_CRITICAL(hung.lines.log, "urgent");
    cr_assert_eq(statistics_of(&hung).messages_dropped, 2);
    cr_assert_eq(statistics_of(&hung).sync_fallback, 0);
    close_hung(&hung);
}

struct on_reactor {
    struct hr_task task;
    struct hung *hung;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
};

static void log_on_reactor(struct hr_task *task) {
    struct on_reactor *on = (struct on_reactor *)task;
    fill(on->hung);
    HR_ERROR(on->hung->lines.log, "urgent");
    pthread_mutex_lock(&on->lock);
    on->done = true;
    pthread_cond_signal(&on->changed);
    pthread_mutex_unlock(&on->lock);
}

Test(log_full, nothing_waits_on_a_reactors_thread) {
    struct hung hung;
    open_hung(&hung,
              (struct hr_log_options){
                  .full = HR_LOG_FULL_WAIT, .full_timeout_ms = 600000, .sync_level = HR_LOG_DEBUG},
              true);
    hr_engine *engine;
    struct hr_error error = {0};
    const struct hr_engine_options options = {.reactors = 1};
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
    struct on_reactor on = {.task.run = log_on_reactor,
                            .hung = &hung,
                            .lock = PTHREAD_MUTEX_INITIALIZER,
                            .changed = PTHREAD_COND_INITIALIZER};
    hr__reactor_post(hr__engine_reactor(engine, 0), &on.task);
    pthread_mutex_lock(&on.lock);
    while (!on.done) pthread_cond_wait(&on.changed, &on.lock); /* the sink hangs all the while */
    pthread_mutex_unlock(&on.lock);
    cr_assert_eq(statistics_of(&hung).messages_dropped, 2);
    cr_assert_eq(statistics_of(&hung).sync_fallback, 0);
    hr_engine_close(engine, NULL, NULL);
    close_hung(&hung);
}

/* Its callback logs, on the thread that alone makes room (log4j2's issue 2893). */
struct logging_sink {
    hr_log *log;
    bool busy;
    uint64_t calls;
};

static void log_from_sink(void *user, const char *text, size_t size) {
    struct logging_sink *sink = user;
    (void)text, (void)size;
    if (sink->busy) return;
    sink->busy = true;
    struct hr_log_statistics statistics;
    do {
        HR_ERROR(sink->log, "from the sink");
        sink->calls++;
        hr_log_statistics_get(sink->log, &statistics);
    } while (statistics.messages_dropped == 0);
}

Test(log_full, a_sink_that_logs_does_not_wait_for_itself) {
    struct logging_sink user = {.busy = false};
    struct hr_log_sink sink = {.kind = HR_LOG_SINK_CALLBACK, .write = log_from_sink, .user = &user};
    struct hr_log_options options = {.sinks = &sink,
                                     .sink_count = 1,
                                     .full = HR_LOG_FULL_WAIT,
                                     .full_timeout_ms = 600000,
                                     .unstarted = true,
                                     .ring_bytes = 16384};
    struct hr_error error = {0};
    cr_assert_eq(hr_log_new(&options, &error, &user.log), 0, "%s", error.message);
    HR_INFO(user.log, "m");
    cr_assert_eq(hr_log_start(user.log), 0);
    cr_assert_eq(hr_log_flush(user.log, -1), 0);
    cr_assert_eq(hr_log_close(user.log), 0);
    cr_assert_gt(user.calls, 1);
}

Test(log_full, a_level_that_is_synchronous_is_written_when_the_call_returns) {
    struct hung hung;
    open_hung(&hung,
              (struct hr_log_options){.sync_level = HR_LOG_INFO,
                                      .level = HR_LOG_DEBUG,
                                      .full_timeout_ms = 60000,
                                      .flush_interval_ms = 60000},
              false);
    HR_DEBUG(hung.lines.log, "m", "n", 0);
    for (unsigned i = 1; i <= 3; i++) {
        HR_INFO(hung.lines.log, "m", "n", i);
        cr_assert_eq(count(hung.lines.text, "msg=m "), i + 1);
    }
    hr_log_write(hung.lines.log, HR_LOG_WARNING, hr_slice_of("w"), NULL, 0);
    cr_assert_eq(count(hung.lines.text, "msg=w"), 1);
    close_hung(&hung);
}

Test(log_full, a_synchronous_service_has_its_line_in_the_file_when_the_call_returns) {
    char folder[] = "/tmp/headrace-log-XXXXXX", path[64], text[512] = "";
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    const struct hr_log_service_options options = {
        .name = "s", .synchronous = true, .file = path, .no_console = true};
    struct hr_error error = {0};
    hr_log *log;
    cr_assert_eq(hr_log_service(&options, &error, &log), 0, "%s", error.message);
    HR_INFO(log, "m", "n", 1);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    cr_assert_not_null(fgets(text, sizeof text, file));
    fclose(file);
    cr_assert_not_null(strstr(text, " - s - INFO - m [n=1]\n"), "%s", text);
    cr_assert_eq(hr_log_close(log), 0);
    unlink(path);
    rmdir(folder);
}

Test(log_full, a_synchronous_call_waits_no_longer_than_the_bound) {
    struct hung hung;
    open_hung(&hung, (struct hr_log_options){.sync_level = HR_LOG_INFO, .full_timeout_ms = 200},
              true);
    uint64_t began = hr_clock_monotonic_ns();
    HR_INFO(hung.lines.log, "m");
    uint64_t first = hr_clock_monotonic_ns() - began;
    cr_assert_geq(first, 200 * UINT64_C(1000000));
    close_hung(&hung);
}

Test(log_full, a_record_that_no_ring_can_hold_is_counted_and_told) {
    struct hung hung;
    open_hung(&hung, (struct hr_log_options){.string_bytes_max = 65536, .full = HR_LOG_FULL_WAIT},
              false);
    char *large = malloc(5000);
    memset(large, 'x', 4999);
    large[4999] = 0;
    HR_INFO(hung.lines.log, "first");
    HR_INFO(hung.lines.log, "m", "large", large);
    HR_INFO(hung.lines.log, "last");
    char *text = log_lines_take(&hung.lines);
    cr_assert_eq(statistics_of(&hung).messages_dropped, 1);
    cr_assert_not_null(strstr(text, "dropped=1 dropped_info=1 "), "%s", text);
    free(text);
    free(large);
    close_hung(&hung);
}

Test(log_full, options_that_mean_nothing_are_refused_by_name) {
    struct hr_error error;
    hr_log *log = NULL;
    struct hr_log_options options = {.sync_level = 256};
    cr_assert_eq(hr_log_new(&options, &error, &log), -EINVAL);
    cr_assert_not_null(strstr(error.message, "sync_level"));
    options = (struct hr_log_options){.full = (enum hr_log_full)2};
    cr_assert_eq(hr_log_new(&options, &error, &log), -EINVAL);
    cr_assert_not_null(strstr(error.message, "full"));
    cr_assert_null(log);
}

static void *log_too_much(void *user) {
    for (int n = 0; n < 2000; n++) HR_INFO((hr_log *)user, "m", "n", n);
    return NULL;
}

/* Threads that are gone have no next record that could tell of it. */
Test(log_full, what_the_last_records_of_threads_dropped_is_told_at_the_close) {
    struct hung hung;
    open_hung(&hung, (struct hr_log_options){.level = HR_LOG_INFO}, true);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, log_too_much, hung.lines.log);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    uint64_t dropped = statistics_of(&hung).messages_dropped, told = 0;
    cr_assert_gt(dropped, 0);
    release(&hung);
    cr_assert_eq(hr_log_close(hung.lines.log), 0);
    for (char *at = hung.lines.text; (at = strstr(at, " dropped=")); at++)
        told += strtoull(at + 9, NULL, 10);
    cr_assert_eq(told, dropped);
    free(hung.lines.text);
}
