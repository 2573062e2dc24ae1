/* The kinds of operations. */
#ifndef PERF_KINDS_H
#define PERF_KINDS_H

enum perf_kind {
    PERF_PUT,
    PERF_GET,
    PERF_HEAD,
    PERF_LIST,
    PERF_DELETE,
    PERF_UPLOAD, /* of any size, in parts; from here on no trace and no peer has it */
    PERF_DOWNLOAD,
    PERF_KINDS
};
#define PERF_TRACE_KINDS PERF_UPLOAD

extern const char *const perf_kind_names[PERF_KINDS]; /* "put", … */

#endif
