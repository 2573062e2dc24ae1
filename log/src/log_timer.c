/* Timers: a record at the end of an operation. */
#include <assert.h>
#include <string.h>

#include <headrace/clock.h>
#include <headrace/log_timer.h>

enum { OPERATION_BYTES_MAX = 1024 };
#define CUT "\xe2\x80\xa6[cut]"

void hr_log_timer_start(struct hr_log_timer *timer, hr_log *log, int level, const char *operation) {
    memset(timer, 0, sizeof *timer);
    timer->log = log;
    timer->operation = operation ? operation : "";
    timer->level = level ? level : HR_LOG_INFO;
    timer->began_ns = hr_clock_monotonic_ns();
}

double hr_log_timer_ms(const struct hr_log_timer *timer) {
    return (double)(hr_clock_monotonic_ns() - timer->began_ns) / 1e6;
}

static char *append(char *at, const char *text, size_t size) {
    memcpy(at, text, size);
    return at + size;
}

/* Writes the record; `error` NULL: the operation did not fail. */
static void end(struct hr_log_timer *timer, const char *front, const char *error) {
    assert(timer->ended);
    char message[64 + OPERATION_BYTES_MAX + sizeof CUT], *at = message;
    size_t size = strlen(timer->operation);
    bool cut = size > OPERATION_BYTES_MAX;
    at = append(at, front, strlen(front));
    at = append(at, timer->operation, cut ? OPERATION_BYTES_MAX : size);
    if (cut) at = append(at, CUT, strlen(CUT));
    const struct hr_log_field fields[] = {
        {hr_slice_of("operation"), hr_log_of_text(timer->operation)},
        {hr_slice_of("duration_ms"), hr_log_of_double(hr_log_timer_ms(timer))},
        {hr_slice_of("error"), hr_log_of_text(error)},
    };
    hr_log_write(timer->log, error ? HR_LOG_ERROR : timer->level,
                 hr_slice_bytes(message, (size_t)(at - message)), fields, error ? 3 : 2);
}

void hr_log_timer_done(struct hr_log_timer *timer) {
    if (!timer || timer->ended) return;
    timer->ended = true;
    end(timer, "Operation completed: ", NULL);
}

void hr_log_timer_fail(struct hr_log_timer *timer, int code, const char *text) {
    if (!timer || timer->ended) return;
    timer->ended = true;
    end(timer, "Operation failed: ", text ? text : hr_error_text(code));
}
