/* The kinds of operations. */
#ifndef PERF_KINDS_H
#define PERF_KINDS_H

enum perf_kind { PERF_PUT, PERF_GET, PERF_HEAD, PERF_LIST, PERF_DELETE, PERF_KINDS };

extern const char *const perf_kind_names[PERF_KINDS]; /* "put", … */

#endif
