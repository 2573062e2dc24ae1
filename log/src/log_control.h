/* The control socket of a log: `headrace log ctl` asks there. */
#ifndef HR_LOG_CONTROL_H
#define HR_LOG_CONTROL_H

#include "log_core.h"

#define HR_LOG_ANSWER_BYTES (256u * 1024)

struct hr__log_control;

/* Binds the path; nothing is answered before hr__log_control_start. May block for a moment. -EINVAL
 * (no path of a socket), -EADDRINUSE (a living process answers there), -EEXIST (something else is
 * there), what binding met; `error` names the path. Not on a reactor. */
int hr__log_control_open(const char *path, struct hr_error *error,
                         struct hr__log_control **control);
/* From now on questions about `first`, the log that hr_log_new made, are answered on its drain's
 * reactor. Any thread. */
void hr__log_control_start(struct hr__log_control *control, hr_log *first);
/* Ends all talks, takes the path away if it is still this one's, frees. NULL is ignored. Waits for
 * the reactor where it was started, for five seconds and `timeout_ms`. 0, or -ETIMEDOUT: something
 * holds the reactor up, and nothing that it knows may be freed. */
int hr__log_control_close(struct hr__log_control *control, uint32_t timeout_ms);

/* ---- log_report.c */
/* An answer, as it is written; what does not fit is left out, and the text says so. */
struct hr__log_answer {
    char *data; /* HR_LOG_ANSWER_BYTES */
    size_t size;
};
void hr__log_answer_ok(struct hr__log_answer *answer, const char *body);
void hr__log_answer_error(struct hr__log_answer *answer, int code, const char *text);
void hr__log_answer_status(struct hr__log_answer *answer, hr_log *first, bool json);
void hr__log_answer_levels(struct hr__log_answer *answer, hr_log *first, bool json);

#endif
