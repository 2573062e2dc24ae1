/* How long an operation took, and whether it failed. */
#ifndef HEADRACE_LOG_TIMER_H
#define HEADRACE_LOG_TIMER_H

#include <headrace/log.h>

#ifdef __cplusplus
#include <exception>

extern "C" {
#endif

/* Its members are the library's. */
struct hr_log_timer {
    hr_log *log;
    const char *operation;
    uint64_t began_ns;
    int level;
    bool ended;
    uint64_t reserved[4];
};

/* Begins an operation. `level` is that of its end where it does not fail; 0 is HR_LOG_INFO. The
 * timer is the caller's; log (NULL: nothing is written) and operation stay valid until it has
 * ended. A timer may be ended by another thread than began it. Any thread. */
HR_API void hr_log_timer_start(struct hr_log_timer *timer, hr_log *log, int level,
                               const char *operation);
/* Writes "Operation completed: X" with the fields `operation` and `duration_ms`, unless the timer
 * has ended already, one way or the other. */
HR_API void hr_log_timer_done(struct hr_log_timer *timer);
/* Writes "Operation failed: X", always as an ERROR, with `error` as well: `text`, or where that is
 * NULL the sentence of hr_error_text(code). */
HR_API void hr_log_timer_fail(struct hr_log_timer *timer, int code, const char *text);
/* Since it began. */
HR_API double hr_log_timer_ms(const struct hr_log_timer *timer);

static inline struct hr_log_timer hr_log_timer_begin_(hr_log *log, int level,
                                                      const char *operation) {
    struct hr_log_timer timer;
    hr_log_timer_start(&timer, log, level, operation);
    return timer;
}

#ifdef __cplusplus
}

/* Ends with its scope: as failed where an exception leaves that. */
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
/* Calls `function` and gives back what it returns. `error` is what() of the exception that leaves
 * it, which goes on to the caller. */
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
/* Declares a timer that ends with the scope, unless it has been ended before:
 *     HR_LOG_TIMER(timer, log, HR_LOG_INFO, "kernel_loading");
 *     …
 *     if (err) return hr_log_timer_fail(&timer, err, NULL), err; */
#define HR_LOG_TIMER(name, log, level, operation)                                                  \
    struct hr_log_timer name __attribute__((cleanup(hr_log_timer_leave_))) =                       \
        hr_log_timer_begin_((log), (level), (operation))

#endif

#endif
