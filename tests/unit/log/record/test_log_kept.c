#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "log_lines.h"

static void open_with(struct log_lines *lines, enum hr_log_format format,
                      struct hr_log_options options) {
    struct hr_log_sink sink = {.format = format};
    log_lines_open(lines, &sink, &options);
}

/* The lines have these parts, one after the other. */
static void in_order(struct log_lines *lines, const char *const *parts) {
    char *text = log_lines_take(lines), *at = text;
    for (unsigned i = 0; parts[i]; i++) {
        at = strstr(at, parts[i]);
        cr_assert_not_null(at, "no %s in %s", parts[i], text);
        at += strlen(parts[i]);
    }
    free(text);
}

static unsigned lines_of(struct log_lines *lines) {
    char *text = log_lines_take(lines);
    unsigned count = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++) count++;
    free(text);
    return count;
}

Test(log_kept, the_last_records_below_the_level_stand_before_an_error) {
    struct log_lines lines;
    open_with(&lines, HR_LOG_FORMAT_LOGFMT, (struct hr_log_options){.backtrace = 3});
    cr_assert_eq(hr_log_level_get(lines.log), HR_LOG_INFO);
    for (int i = 0; i < 10; i++) HR_DEBUG(lines.log, "step", "i", i);
    HR_INFO(lines.log, "info");
    HR_WARN(lines.log, "warning");
    {
        HR_LOG_CONTEXT("id", 7);
        HR_DEBUG(lines.log, "step", "g", HR_GROUP("a", 1, "b", "text"));
    }
    cr_assert_eq(lines_of(&lines), 2);
    HR_ERROR(lines.log, "error");
    in_order(&lines,
             (const char *const[]){
                 "level=DEBUG logger=test msg=\"backtrace of the next error\" records=3 ago_ms=",
                 "level=DEBUG logger=test msg=step i=8 ago_ms=",
                 "level=DEBUG logger=test msg=step i=9 ago_ms=",
                 "level=DEBUG logger=test msg=step g.a=1 g.b=text id=7 ago_ms=",
                 "level=ERROR logger=test msg=error\n", NULL});
    HR_ERROR(lines.log, "error"); /* once */
    cr_assert_eq(lines_of(&lines), 1);
    log_lines_close(&lines);
}

static double behind(const char *text, const char *key) {
    const char *at = strstr(text, key);
    return at ? strtod(at + strlen(key), NULL) : -1;
}

Test(log_kept, the_function_form_is_kept_too_and_lines_stay_in_order_of_time) {
    struct log_lines lines;
    open_with(&lines, HR_LOG_FORMAT_JSON, (struct hr_log_options){.backtrace = 2});
    const struct hr_log_field field = {hr_slice_of("ago_ms"), hr_log_of_i64(1)};
    hr_log_write(lines.log, HR_LOG_DEBUG, hr_slice_of("kept"), &field, 1);
    HR_INFO(lines.log, "between");
    cr_assert_eq(lines_of(&lines), 1);
    hr_log_write(lines.log, HR_LOG_CRITICAL, hr_slice_of("critical"), NULL, 0);
    char *text = log_lines_take(&lines), before[32] = "";
    cr_assert_not_null(strstr(text, "\"message\":\"kept\",\"ago_ms\":1,\"ago_ms_2\":"), "%s", text);
    cr_assert_geq(behind(text, "\"ago_ms_2\":"), 0);
    for (char *at = text; *at; at = strchr(at, '\n') + 1) {
        char time[32];
        snprintf(time, sizeof time, "%.24s", at + strlen("{\"timestamp\":\""));
        cr_assert(strcmp(before, time) <= 0, "%s", text);
        memcpy(before, time, sizeof before);
    }
    free(text);
    log_lines_close(&lines);
}

Test(log_kept, levels_can_be_set_and_what_is_below_the_backtraces_is_not_kept) {
    struct log_lines lines;
    open_with(&lines, HR_LOG_FORMAT_LOGFMT,
              (struct hr_log_options){.backtrace = 9, .backtrace_level = HR_LOG_INFO});
    int calls = 0;
    hr_log *child;
    cr_assert_eq(hr_log_child(lines.log, ".part", &child), 0);
    hr_log_level_set(lines.log, HR_LOG_ERROR);
    cr_assert_eq(hr_log_level_get(child), HR_LOG_ERROR);
    HR_DEBUG(child, "below", "calls", ++calls);
    HR_INFO(child, "kept", "calls", ++calls);
    HR_WARN(lines.log, "kept", "calls", ++calls);
    hr_log_level_set(child, HR_LOG_DEBUG);
    HR_DEBUG(child, "written", "calls", ++calls);
    hr_log_level_set(lines.log, HR_LOG_OFF);
    HR_CRITICAL(lines.log, "off", "calls", ++calls);
    HR_ERROR(child, "error", "calls", ++calls);
    in_order(&lines,
             (const char *const[]){"level=DEBUG logger=test.part msg=written calls=3\n",
                                   "level=WARNING logger=test.part msg=\"backtrace of the next "
                                   "error\" records=2 ago_ms=",
                                   "level=INFO logger=test.part msg=kept calls=1 ago_ms=",
                                   "level=WARNING logger=test msg=kept calls=2 ago_ms=",
                                   "level=ERROR logger=test.part msg=error calls=4\n", NULL});
    hr_log_free(child);
    log_lines_close(&lines);
}

/* As an error-level sink wants it (spdlog's issues 2287 and 2740). */
Test(log_kept, a_sink_that_gets_the_error_gets_its_backtrace) {
    for (int level = HR_LOG_INFO; level <= HR_LOG_CRITICAL; level += 10) {
        struct log_lines lines;
        struct hr_log_sink sink = {.level = level};
        struct hr_log_options options = {.backtrace = 3};
        log_lines_open(&lines, &sink, &options);
        HR_DEBUG(lines.log, "m");
        HR_INFO(lines.log, "m");
        HR_ERROR(lines.log, "m");
        unsigned wanted = level <= HR_LOG_ERROR ? 3 : 0; /* mark, kept one, error */
        cr_assert_eq(lines_of(&lines), wanted + (level <= HR_LOG_INFO));
        log_lines_close(&lines);
    }
}

static void *keep_elsewhere(void *user) {
    HR_DEBUG((hr_log *)user, "elsewhere");
    return NULL;
}

static void *fail_elsewhere(void *user) {
    HR_ERROR((hr_log *)user, "error");
    return NULL;
}

Test(log_kept, a_thread_has_its_own_and_leaves_none_to_the_next_of_its_ring) {
    struct log_lines lines;
    open_with(&lines, HR_LOG_FORMAT_LOGFMT, (struct hr_log_options){.backtrace = 3});
    pthread_t thread;
    pthread_create(&thread, NULL, keep_elsewhere, lines.log);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, fail_elsewhere, lines.log);
    pthread_join(thread, NULL);
    HR_ERROR(lines.log, "error");
    cr_assert_eq(lines_of(&lines), 2);
    log_lines_close(&lines);
}

Test(log_kept, without_it_nothing_below_the_level_is_looked_at) {
    struct log_lines lines;
    open_with(&lines, HR_LOG_FORMAT_LOGFMT, (struct hr_log_options){.backtrace = 0});
    int calls = 0;
    HR_DEBUG(lines.log, "m", "calls", ++calls);
    HR_ERROR(lines.log, "error");
    cr_assert_eq(lines_of(&lines), 1);
    cr_assert_eq(calls, 0);
    log_lines_close(&lines);
    struct hr_error error;
    hr_log *log = NULL;
    const struct hr_log_options many = {.backtrace = 5000};
    cr_assert_eq(hr_log_new(&many, &error, &log), -EINVAL);
    cr_assert_not_null(strstr(error.message, "backtrace"));
}

/* More than the ring has room for is dropped and told of, and the error itself comes. */
Test(log_kept, a_backtrace_that_is_larger_than_the_ring_leaves_room_for_the_error) {
    struct log_lines lines;
    open_with(&lines, HR_LOG_FORMAT_LOGFMT,
              (struct hr_log_options){.backtrace = 4096, .ring_bytes = 16384});
    for (int i = 0; i < 4096; i++) HR_DEBUG(lines.log, "step", "i", i);
    HR_ERROR(lines.log, "error");
    char *text = log_lines_take(&lines);
    struct hr_log_statistics statistics;
    hr_log_statistics_get(lines.log, &statistics);
    uint64_t kept = 0;
    for (const char *at = text; (at = strstr(at, "msg=step")); at++) kept++;
    cr_assert_not_null(strstr(text, "msg=error"));
    cr_assert_eq(kept + statistics.messages_dropped, 4096);
    if (statistics.messages_dropped) cr_assert_not_null(strstr(text, "records dropped"));
    free(text);
    log_lines_close(&lines);
}
