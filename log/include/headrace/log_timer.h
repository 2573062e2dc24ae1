/* Timers of operations: a record of how long an operation took, and whether it failed. */
#ifndef HEADRACE_LOG_TIMER_H
#define HEADRACE_LOG_TIMER_H

#include <headrace/log.h>

#ifdef __cplusplus
#include <exception>

extern "C" {
#endif

/* A timer, in the caller's memory. Its members are the library's. */
struct hr_log_timer {
    hr_log *log;
    const char *operation;
    uint64_t began_ns;
    int level;
    bool ended;
    uint64_t reserved[4];
};

/* Begins an operation. Its record has this level where the operation does not fail; 0 is
 * HR_LOG_INFO. `log` (NULL: nothing is written) and `operation` are borrowed until the timer has
 * ended. Any thread may end it. Any thread. */
HR_API void hr_log_timer_start(struct hr_log_timer *timer, hr_log *log, int level,
                               const char *operation);
/* Ends the timer with a record "Operation completed: X" and the fields `operation` and
 * `duration_ms`. Does nothing where it has ended before, or is NULL. */
HR_API void hr_log_timer_done(struct hr_log_timer *timer);
/* Ends the timer with a record "Operation failed: X" of level ERROR, and `error` beside the fields
 * above: `text`, or the sentence of hr_error_text(code) where text is NULL. Does nothing where it
 * has ended before, or is NULL. */
HR_API void hr_log_timer_fail(struct hr_log_timer *timer, int code, const char *text);
/* The milliseconds since the timer began. */
HR_API double hr_log_timer_ms(const struct hr_log_timer *timer);

static inline struct hr_log_timer hr_log_timer_begin_(hr_log *log, int level,
                                                      const char *operation) {
    struct hr_log_timer timer;
    hr_log_timer_start(&timer, log, level, operation);
    return timer;
}

#ifdef __cplusplus
}

/* A timer that ends with its scope, as failed where an exception leaves the scope. */
class hr_log_timer_scope {
  public:
    hr_log_timer_scope(hr_log *log, const char *operation, int level = HR_LOG_INFO)
        : timer_(hr_log_timer_begin_(log, level, operation)), exceptions_(exceptions()) {}
    ~hr_log_timer_scope() {
        if (exceptions() > exceptions_) fail(0, "an exception");
        hr_log_timer_done(&timer_);
    }
    hr_log_timer_scope(const hr_log_timer_scope &) = delete;
    hr_log_timer_scope &operator=(const hr_log_timer_scope &) = delete;
    void done() { hr_log_timer_done(&timer_); }
    void fail(int code, const char *text = nullptr) { hr_log_timer_fail(&timer_, code, text); }

  private:
    static int exceptions() {
#if __cplusplus >= 201703L
        return std::uncaught_exceptions();
#else
        return std::uncaught_exception();
#endif
    }
    hr_log_timer timer_;
    int exceptions_;
};

#ifdef __cpp_exceptions
/* Calls `function` under a timer and returns its result. An exception that leaves the function ends
 * the timer with its what() as `error`, and goes on to the caller. */
template <class Function>
auto hr_log_timed(hr_log *log, const char *operation, Function &&function, int level = HR_LOG_INFO)
    -> decltype(function()) {
    hr_log_timer_scope timer(log, operation, level);
    try {
        return function();
    } catch (const std::exception &failure) {
        timer.fail(0, failure.what());
        throw;
    }
}
#endif

#else

static inline void hr_log_timer_leave_(struct hr_log_timer *timer) {
    hr_log_timer_done(timer);
}
/* Declares a timer that ends with the scope where it has not ended before:
 *     HR_LOG_TIMER(timer, log, HR_LOG_INFO, "kernel_loading");
 *     …
 *     if (err) return hr_log_timer_fail(&timer, err, NULL), err; */
#define HR_LOG_TIMER(name, log, level, operation)                                                  \
    struct hr_log_timer name __attribute__((cleanup(hr_log_timer_leave_))) =                       \
        hr_log_timer_begin_((log), (level), (operation))

#endif

#endif
