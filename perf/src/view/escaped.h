/* Texts of others inside XML, HTML, Markdown, CSV and OpenMetrics: nothing in them acts. A byte
 * that is no UTF-8 and a control that the form cannot hold become U+FFFD. */
#ifndef PERF_ESCAPED_H
#define PERF_ESCAPED_H

#include <stdio.h>

enum perf_form {
    PERF_FORM_XML,      /* and HTML: in text and in quoted attributes */
    PERF_FORM_MARKDOWN, /* in a cell of a table */
    PERF_FORM_CSV,      /* without the quotes around it */
    PERF_FORM_LABEL,    /* of OpenMetrics, without the quotes around it */
};

void perf_escaped_put(FILE *out, enum perf_form form, const char *text);
/* With the quotes around it, where the form has some. */
void perf_escaped_quoted(FILE *out, enum perf_form form, const char *text);

#endif
