/* hr_error_set for functions that have their arguments as a list, and an error that is over. */
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

#endif
