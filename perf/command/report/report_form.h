/* The forms that a report is written in, by the ending of a file's name. */
#ifndef COMMAND_REPORT_FORM_H
#define COMMAND_REPORT_FORM_H

#include "summary_view.h"

struct report_form {
    const char *ending;                        /* ".html" */
    int (*write)(FILE *out, const void *view); /* of a struct perf_view */
    bool is_single;                            /* holds the latencies of one result alone */
};

/* NULL: none ends so. */
const struct report_form *report_form_of(const char *path);

/* "md, html, …" */
extern const char report_form_endings[];

#endif
