/* Calls that write only some of their records. */
#ifndef HEADRACE_LOG_GATE_H
#define HEADRACE_LOG_GATE_H

#include <headrace/log_macros.h>

/* HR_EVERY_N(100, HR_LOG_INFO, log, "message", "key", value, …): a call as HR_INFO is one, behind a
 * count and a constant level. Of the records of one place in the source, over all threads and logs,
 * only some are written:
 *     HR_EVERY_N   the first and every n-th after it
 *     HR_AT_MOST   n in the second that begins with the first of them, then n in the next second
 *     HR_FIRST_N   the first n
 *     HR_ONCE      the first
 * The field `left_out` of the next record says how many HR_EVERY_N or HR_AT_MOST have left out.
 * Values are evaluated only for a record that is written. Calls below the log's level do not count.
 * n of 0 writes none. Takes no lock. Any thread. */
#define HR_EVERY_N(n, severity, log, ...)                                                          \
    HR_LOG_GATED_(hr_log_gate_every_(&hr_gate_, (uint32_t)(n)), severity, log, __VA_ARGS__)
#define HR_AT_MOST(n, severity, log, ...)                                                          \
    HR_LOG_GATED_(hr_log_gate_at_most_(&hr_gate_, (uint32_t)(n)), severity, log, __VA_ARGS__)
#define HR_FIRST_N(n, severity, log, ...)                                                          \
    HR_LOG_GATED_(hr_log_gate_first_(&hr_gate_, (uint32_t)(n)), severity, log, __VA_ARGS__)
#define HR_ONCE(severity, log, ...) HR_FIRST_N(1, severity, log, __VA_ARGS__)

#ifdef __cplusplus
extern "C" {
#endif

/* The counters of a call site: its state, and the records that were left out since the last one. */
struct hr_log_gate {
    uint64_t state, left_out;
};

HR_API bool hr_log_gate_every_(struct hr_log_gate *gate, uint32_t n);
HR_API bool hr_log_gate_at_most_(struct hr_log_gate *gate, uint32_t n);
HR_API bool hr_log_gate_first_(struct hr_log_gate *gate, uint32_t n);
HR_API void hr_log_write_gated_(const struct hr_log_view *view, struct hr_log_site *site,
                                const struct hr_log_value *values, struct hr_log_gate *gate);

#ifdef __cplusplus
}
#endif

#ifndef __cplusplus

#define HR_LOG_WRITE_GATED_(...)                                                                   \
    do {                                                                                           \
        HR_LOG_EACH_(HR_LOG_DECLARE_, __VA_ARGS__)                                                 \
        const struct hr_log_value hr_values_[] = {                                                 \
            HR_LOG_EACH_(HR_LOG_VALUE_, __VA_ARGS__){0, 0, 0, 0, 0, 0}};                           \
        hr_log_write_gated_(hr_view_, &hr_site_, hr_values_, &hr_gate_);                           \
    } while (0)

#else

struct hr_log_cpp_gated {
    template <class... Values>
    hr_log_cpp_gated(const hr_log_view *view, hr_log_site *site, hr_log_gate *gate,
                     const Values &...values) {
        const hr_log_value all[] = {values..., hr_log_of_null()};
        hr_log_write_gated_(view, site, all, gate);
    }
};
#define HR_LOG_WRITE_GATED_(...)                                                                   \
    static_cast<void>(hr_log_cpp_gated{hr_view_, &hr_site_,                                        \
                                       &hr_gate_ HR_LOG_EACH_(HR_LOG_ARGUMENT_, __VA_ARGS__)})

#endif

#define HR_LOG_GATED_(open, severity, log, ...)                                                    \
    do {                                                                                           \
        HR_LOG_STATIC_ASSERT_(HR_LOG_ARGUMENTS_(__VA_ARGS__) % 2 == 1, "a key without a value");   \
        const struct hr_log_view *const hr_view_ = HR_LOG_VIEW_(log);                              \
        static struct hr_log_gate hr_gate_;                                                        \
        if ((severity) >= HR_LOG_FLOOR && hr_log_enabled_(hr_view_, (severity)) && (open)) {       \
            enum { hr_count_ = HR_LOG_PAIRS_(__VA_ARGS__) };                                       \
            HR_LOG_SITE_(severity, __VA_ARGS__)                                                    \
            HR_LOG_WRITE_GATED_(__VA_ARGS__);                                                      \
        }                                                                                          \
    } while (0)

#endif
