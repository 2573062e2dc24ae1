/* Where a section of lines ends (a head, the trailers), and whether its lines have their form. It
 * goes byte by byte in order, so what it finds does not depend on how the bytes were cut. */
#ifndef HR_NET_HTTP1_SCAN_H
#define HR_NET_HTTP1_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include <headrace/slice.h>

enum hr_http1_section { HR_HTTP1_REQUEST_HEAD, HR_HTTP1_RESPONSE_HEAD, HR_HTTP1_TRAILERS };

/* Zeroed before a section. Offsets count from where the section's memory begins. */
struct hr_http1_scan {
    size_t scanned; /* bytes looked at */
    size_t start;   /* of the section itself, behind blank lines that were skipped */
    size_t line;    /* of the line that is being read */
    size_t fields;  /* complete field lines */
    bool started;   /* the start line is complete */
    /* After an error: the line that is refused, in the section's memory, and the one before it. */
    struct hr_slice bad_line, line_before;
};

struct hr_http1_scan_limits {
    size_t bytes_max, fields_max;
    bool lenient; /* a line of a head may end with a bare LF */
};

/* Looks at `data` from scan->scanned to `size`. 1: the section ends at scan->scanned; 0: more is
 * needed; HR_ERR_HTTP_MALFORMED or HR_ERR_HTTP_HEAD_TOO_LARGE with *reason. Never looks further
 * than one byte behind bytes_max. */
int hr__http1_scan(struct hr_http1_scan *scan, enum hr_http1_section section,
                   const struct hr_http1_scan_limits *limits, const char *data, size_t size,
                   const char **reason);

#endif
