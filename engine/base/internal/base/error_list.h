/* hr_error_set for functions that have their arguments as a list, an error that is over, and one
 * that is told in other words. */
#ifndef HR_BASE_ERROR_LIST_H
#define HR_BASE_ERROR_LIST_H

#include <stdarg.h>
#include <string.h>

#include <headrace/error.h>

/* Returns `code`. NULL error: nothing is kept. */
int hr__error_set_list(struct hr_error *error, int code, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* Writes nothing where nothing is: an error is six cache lines. */
static inline void hr__error_clear(struct hr_error *error) {
    if (error->code || error->message[0]) memset(error, 0, sizeof *error);
}

/* The response of a service that refused: it is in `error`, too, whose message says it otherwise.
 */
static inline void hr__error_keep_refusal(const struct hr_error *refusal, struct hr_error *error) {
    error->http_status = refusal->http_status;
    memcpy(error->service_code, refusal->service_code, sizeof error->service_code);
    memcpy(error->request_id, refusal->request_id, sizeof error->request_id);
}

#endif
