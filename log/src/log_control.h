/* The control socket of a log, to which `headrace log ctl` talks. */
#ifndef HR_LOG_CONTROL_H
#define HR_LOG_CONTROL_H

#include "log_core.h"

#define HR_LOG_ANSWER_BYTES (256u * 1024)

struct hr__log_control;

/* Binds the path; nothing is answered before hr__log_control_start. May block for a moment. 0;
 * -EINVAL (no path of a socket), -EADDRINUSE (a living process answers there), -EEXIST (another
 * file is there), or what binding met; `error` names the path. Not on a reactor's thread. */
int hr__log_control_open(const char *path, struct hr_error *error,
                         struct hr__log_control **control);
/* Answers questions about `first`, the log that hr_log_new made, on its drain's reactor from now
 * on. Any thread. */
void hr__log_control_start(struct hr__log_control *control, hr_log *first);
/* Removes the path if it is still this socket's, ends all talks, and frees the socket. Where it was
 * started, it waits for the reactor for `timeout_ms` and five seconds. 0; -ETIMEDOUT: something
 * holds the reactor up, and nothing that it knows may be freed. NULL is ignored. */
int hr__log_control_close(struct hr__log_control *control, uint32_t timeout_ms);

/* ---- log_report.c */
/* An answer on its way. A status that does not fit is cut, and says so. */
struct hr__log_answer {
    char *data; /* HR_LOG_ANSWER_BYTES */
    size_t size;
};
void hr__log_answer_ok(struct hr__log_answer *answer, const char *body);
void hr__log_answer_error(struct hr__log_answer *answer, int code, const char *text);
void hr__log_answer_status(struct hr__log_answer *answer, hr_log *first, bool json);
void hr__log_answer_levels(struct hr__log_answer *answer, hr_log *first, bool json);

#endif
