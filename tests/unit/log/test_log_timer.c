#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>

#include <headrace/clock.h>
#include <headrace/log_timer.h>

#include "log_lines.h"

static void open_json(struct log_lines *lines) {
    struct hr_log_sink sink = {.format = HR_LOG_FORMAT_JSON};
    struct hr_log_options options = {.level = HR_LOG_DEBUG};
    log_lines_open(lines, &sink, &options);
}

/* The only line that was written since the last call. The caller gives it back. */
static json_t *only_line(struct log_lines *lines) {
    char *text = log_lines_take(lines);
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "%s: %s", error.text, text);
    free(text);
    return root;
}

static const char *text_of(json_t *root, const char *key) {
    json_t *value = json_object_get(root, key);
    cr_assert(json_is_string(value), "%s", key);
    return json_string_value(value);
}

Test(log_timer, an_operation_completes_at_its_level_with_its_duration) {
    struct log_lines lines;
    open_json(&lines);
    struct hr_log_timer timer;
    uint64_t before = hr_clock_monotonic_ns();
    hr_log_timer_start(&timer, lines.log, 0, "kernel_loading");
    while (hr_log_timer_ms(&timer) < 1.5) continue;
    hr_log_timer_done(&timer);
    double all = (double)(hr_clock_monotonic_ns() - before) / 1e6;
    hr_log_timer_done(&timer);
    hr_log_timer_fail(&timer, -EIO, NULL);
    json_t *root = only_line(&lines);
    cr_assert_str_eq(text_of(root, "message"), "Operation completed: kernel_loading");
    cr_assert_str_eq(text_of(root, "level"), "INFO");
    cr_assert_str_eq(text_of(root, "operation"), "kernel_loading");
    cr_assert(json_is_real(json_object_get(root, "duration_ms")));
    double ms = json_real_value(json_object_get(root, "duration_ms"));
    cr_assert(ms >= 1.5 && ms <= all, "%f of %f", ms, all);
    cr_assert_null(json_object_get(root, "error"));
    json_decref(root);
    log_lines_close(&lines);
}

Test(log_timer, a_failure_is_an_error_whatever_the_level) {
    struct log_lines lines;
    open_json(&lines);
    struct hr_log_timer timer;
    hr_log_timer_start(&timer, lines.log, HR_LOG_DEBUG, "kernel_loading");
    hr_log_timer_fail(&timer, 0, "no such kernel\n");
    hr_log_timer_done(&timer);
    json_t *root = only_line(&lines);
    cr_assert_str_eq(text_of(root, "message"), "Operation failed: kernel_loading");
    cr_assert_str_eq(text_of(root, "level"), "ERROR");
    cr_assert_str_eq(text_of(root, "error"), "no such kernel\n");
    cr_assert(json_is_number(json_object_get(root, "duration_ms")));
    json_decref(root);
    hr_log_timer_start(&timer, lines.log, HR_LOG_DEBUG, "kernel_loading");
    hr_log_timer_fail(&timer, -ECONNRESET, NULL);
    root = only_line(&lines);
    cr_assert_str_eq(text_of(root, "error"), hr_error_text(-ECONNRESET));
    json_decref(root);
    log_lines_close(&lines);
}

static int in_a_scope(hr_log *log, int err) {
    HR_LOG_TIMER(timer, log, HR_LOG_WARNING, "scoped");
    if (err) return hr_log_timer_fail(&timer, err, NULL), err;
    return 0;
}

Test(log_timer, it_ends_with_its_scope) {
    struct log_lines lines;
    open_json(&lines);
    cr_assert_eq(in_a_scope(lines.log, 0), 0);
    json_t *root = only_line(&lines);
    cr_assert_str_eq(text_of(root, "message"), "Operation completed: scoped");
    cr_assert_str_eq(text_of(root, "level"), "WARNING");
    json_decref(root);
    cr_assert_eq(in_a_scope(lines.log, -EIO), -EIO);
    root = only_line(&lines);
    cr_assert_str_eq(text_of(root, "message"), "Operation failed: scoped");
    json_decref(root);
    cr_assert_eq(in_a_scope(NULL, 0), 0);
    log_lines_close(&lines);
}

Test(log_timer, an_operation_with_a_long_name_or_none) {
    struct log_lines lines;
    open_json(&lines);
    char *name = malloc(5001);
    memset(name, 'x', 5000);
    name[5000] = 0;
    struct hr_log_timer timer;
    hr_log_timer_start(&timer, lines.log, 0, name);
    hr_log_timer_done(&timer);
    json_t *root = only_line(&lines);
    const char *message = text_of(root, "message");
    cr_assert_str_eq(message + strlen(message) - strlen("[cut]"), "[cut]");
    json_decref(root);
    hr_log_timer_start(&timer, lines.log, 0, NULL);
    hr_log_timer_done(&timer);
    root = only_line(&lines);
    cr_assert_str_eq(text_of(root, "operation"), "");
    json_decref(root);
    free(name);
    log_lines_close(&lines);
}
