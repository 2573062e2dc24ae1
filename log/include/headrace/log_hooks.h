/* Events of the other parts of headrace, put into a log: functions for their options, and macros
 * for their structs. Nothing of HTTP or S3 is included here. */
#ifndef HEADRACE_LOG_HOOKS_H
#define HEADRACE_LOG_HOOKS_H

#include <headrace/client_event.h>
#include <headrace/log.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Logs an event at its level, with its text as message and its members as fields: for `on_event` of
 * an HTTP or S3 client, with the log as `event_user`. The log outlives the client. A NULL log takes
 * nothing. Any thread; never blocks on a reactor's. */
HR_API void hr_log_on_event(void *log, const struct hr_client_event *event);

/* Logs a notice as WARNING: for `on_notice` of an engine or a client, with the log as its user. Any
 * thread; never blocks on a reactor's. */
HR_API void hr_log_on_notice(void *log, const char *text);

/* Logs a struct hr_http_health that has ended: healthy as INFO, degraded as WARNING, unhealthy and
 * unknown as ERROR. Evaluates the struct's address once. */
#define HR_LOG_HEALTH(log, health_of)                                                              \
    do {                                                                                           \
        const struct hr_http_health *const hr_health_ = (health_of);                               \
        if (hr_health_->request.result < 0)                                                        \
            HR_ERROR(log, "health unknown", "url", hr_log_url_(hr_health_->url), "error",          \
                     HR_ERRNO(hr_health_->request.result));                                        \
        else if (hr_health_->health == HR_HEALTHY)                                                 \
            HR_INFO(log, "healthy", HR_LOG_HEALTH_FIELDS_(hr_health_));                            \
        else if (hr_health_->health == HR_DEGRADED)                                                \
            HR_WARN(log, "degraded", HR_LOG_HEALTH_FIELDS_(hr_health_));                           \
        else                                                                                       \
            HR_ERROR(log, "unhealthy", HR_LOG_HEALTH_FIELDS_(hr_health_));                         \
    } while (0)
#define HR_LOG_HEALTH_FIELDS_(health_of)                                                           \
    "url", hr_log_url_((health_of)->url), "status", (health_of)->status, "latency_ms",             \
        (health_of)->latency_ms, "reason", (const char *)(health_of)->reason

/* Logs a struct hr_breaker_status: closed as INFO, else as WARNING. Evaluates its address once. */
#define HR_LOG_BREAKER(log, name, status_of)                                                       \
    do {                                                                                           \
        const struct hr_breaker_status *const hr_breaker_ = (status_of);                           \
        if (hr_breaker_->state == HR_BREAKER_CLOSED)                                               \
            HR_INFO(log, "breaker", HR_LOG_BREAKER_FIELDS_(name, hr_breaker_));                    \
        else                                                                                       \
            HR_WARN(log, "breaker", HR_LOG_BREAKER_FIELDS_(name, hr_breaker_));                    \
    } while (0)
#define HR_LOG_BREAKER_FIELDS_(name, status_of)                                                    \
    "name", (name), "state", hr_breaker_state_name((status_of)->state), "failures",                \
        (status_of)->failures, "rejected", (status_of)->rejected, "opened", (status_of)->opened,   \
        "retry_after_ms", (status_of)->retry_after_ms

/* The part of a URL that holds no secret: without user information, query and fragment. */
HR_API struct hr_slice hr_log_url_(const char *url);

#ifdef __cplusplus
}
#endif

#endif
