/* A log whose lines come back to the test. */
#ifndef HR_TEST_LOG_LINES_H
#define HR_TEST_LOG_LINES_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/log.h>

struct log_lines {
    hr_log *log;
    char *text;
    size_t size;
};

static inline void log_lines_add(void *user, const char *lines, size_t size) {
    struct log_lines *kept = user;
    kept->text = realloc(kept->text, kept->size + size + 1);
    memcpy(kept->text + kept->size, lines, size);
    kept->size += size;
    kept->text[kept->size] = 0;
}

/* `sink` and `options` may be filled beforehand; name, sinks and callback are set here. */
static inline void log_lines_open(struct log_lines *lines, struct hr_log_sink *sink,
                                  struct hr_log_options *options) {
    struct hr_error error = {0};
    memset(lines, 0, sizeof *lines);
    sink->kind = HR_LOG_SINK_CALLBACK;
    sink->write = log_lines_add;
    sink->user = lines;
    options->name = "test";
    options->sinks = sink;
    options->sink_count = 1;
    int err = hr_log_new(options, &error, &lines->log);
    cr_assert_eq(err, 0, "%s", error.message);
}

/* All that was logged so far; then none of it. The caller frees it. */
static inline char *log_lines_take(struct log_lines *lines) {
    cr_assert_eq(hr_log_flush(lines->log, -1), 0);
    char *text = lines->text ? lines->text : calloc(1, 1);
    lines->text = NULL;
    lines->size = 0;
    return text;
}

static inline void log_lines_close(struct log_lines *lines) {
    cr_assert_eq(hr_log_close(lines->log), 0);
    free(lines->text);
}

#endif
