/* One run of a program that is measured: its input, its output, what the kernel says of it. */
#ifndef PERF_BESIDE_RUN_H
#define PERF_BESIDE_RUN_H

#include <stdint.h>

#include <headrace/error.h>
#include <headrace/slice.h>

#define PERF_BESIDE_OUTPUT_MAX (1u << 20) /* of a result */

struct perf_beside_program {
    const char *const *arguments; /* the program first; ended by NULL */
    struct hr_slice input;        /* its standard input */
    uint64_t limit_ms;            /* then it is ended, and that is an error */
    int signal_fd;                /* becomes readable when it shall be ended; -1: never */
};

struct perf_beside_output {
    char *text; /* of the standard output; the caller frees it */
    size_t size;
    int status;              /* as of waitpid */
    uint64_t rss_peak_bytes; /* of the whole program, its start included */
    double cpu_s;            /* the same, of those of its own children that it waited for too */
};

/* Starts it in a process group of its own, and waits for its end. Its standard error is ours. 0;
 * -ETIMEDOUT, -ECANCELED (signal_fd; its process group has ended, too), -EMSGSIZE (it wrote too
 * much), -ENOMEM or what starting it said, in `error` with the name of the program. How it ended is
 * in `status`. SIGPIPE is ignored by the process, as a program may end without reading its input;
 * and no thread waits for any child meanwhile. */
int perf_beside_run(const struct perf_beside_program *program, struct perf_beside_output *output,
                    struct hr_error *error);

#endif
