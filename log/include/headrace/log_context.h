/* Fields bound to a thread for a while: the request that it works on, a trace. */
#ifndef HEADRACE_LOG_CONTEXT_H
#define HEADRACE_LOG_CONTEXT_H

#include <headrace/export.h>
#include <headrace/log_macros.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_LOG_CONTEXT_BYTES_MAX 16384 /* of all that is bound to a thread, encoded */

/* Binds fields to this thread: its records, to whichever log, bear them behind their own fields and
 * those of their log. A key that is bound to the thread already has the new value until that is
 * popped. Fields are copied (strings up to 1 KiB), and redacted by key as others are. Returns the
 * depth, from 1 on, for hr_log_context_pop; or -EINVAL, -ENOMEM, -E2BIG, and nothing has happened.
 * Any thread; on a reactor's, a callback pops before it returns what it has pushed. */
HR_API int hr_log_context_push(const struct hr_log_field *fields, unsigned count);
/* Takes off the fields that were pushed at this depth, and all above it. A depth that is not there,
 * 0 and an error do nothing. On the thread that pushed them; a thread that ends drops all of its
 * own. */
HR_API void hr_log_context_pop(int depth);

/* The ids of a trace (W3C Trace Context). Lines show them as `trace_id`, `span_id` and
 * `trace_flags`, in lower-case hexadecimal digits, at their top level in every format. */
struct hr_log_trace {
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t flags; /* 1: sampled */
    uint8_t reserved[7];
};

/* Reads the value of a `traceparent` header: of version 00, or the part of a later version that is
 * like it. 0, or -EINVAL for a malformed one and for ids of zeros, which the standard has ignored.
 * Any thread. */
HR_API int hr_log_trace_parse(struct hr_slice traceparent, struct hr_log_trace *trace);
/* Binds the three fields of a trace, as hr_log_context_push does. Fields of these names that a
 * program pushes as text (in capitals too), as bytes or as a number are written in the same form.
 */
HR_API int hr_log_trace_push(const struct hr_log_trace *trace);

#ifdef __cplusplus
}
#endif

/* Binds fields until the end of the scope: HR_LOG_CONTEXT("request_id", id, "user", name); */
#ifndef __cplusplus

static inline void hr_log_context_leave_(const int *depth) {
    hr_log_context_pop(*depth);
}
#define HR_LOG_CONTEXT(...) HR_LOG_CONTEXT_AT_(__COUNTER__, __VA_ARGS__)
#define HR_LOG_CONTEXT_AT_(n, ...)                                                                 \
    const int HR_LOG_NAME_(hr_context_, n, _)                                                      \
        __attribute__((cleanup(hr_log_context_leave_), unused)) = hr_log_context_push(             \
            (const struct hr_log_field[]){HR_LOG_EACH_(HR_LOG_FIELD_, 0, __VA_ARGS__)},            \
            HR_LOG_PAIRS_(0, __VA_ARGS__))

#else

/* Fields bound to the thread for as long as the object lives. */
class hr_log_context_scope {
  public:
    template <class... Arguments> explicit hr_log_context_scope(const Arguments &...arguments) {
        const auto group = hr_log_group_of(arguments...);
        depth_ = hr_log_context_push(group.fields, sizeof...(Arguments) / 2);
    }
    explicit hr_log_context_scope(const hr_log_trace &trace) : depth_(hr_log_trace_push(&trace)) {}
    ~hr_log_context_scope() { hr_log_context_pop(depth_); }
    hr_log_context_scope(const hr_log_context_scope &) = delete;
    hr_log_context_scope &operator=(const hr_log_context_scope &) = delete;

  private:
    int depth_;
};
#define HR_LOG_CONTEXT(...) HR_LOG_CONTEXT_AT_(__COUNTER__, __VA_ARGS__)
#define HR_LOG_CONTEXT_AT_(n, ...)                                                                 \
    const hr_log_context_scope HR_LOG_NAME_(hr_context_, n, _) {                                   \
        __VA_ARGS__                                                                                \
    }

#endif

#endif
