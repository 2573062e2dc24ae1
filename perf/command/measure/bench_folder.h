/* A folder for the files of a bench. */
#ifndef COMMAND_BENCH_FOLDER_H
#define COMMAND_BENCH_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct bench_folder {
    const char *directory; /* the option --directory */
    const char *name;      /* "headrace-bench-log" */
    uint64_t needed_bytes; /* that must be free there */
    const char *fewer;     /* the option that would need less; NULL: none */
};

/* Makes it. EXIT_DONE, or EXIT_FAILED or EXIT_ENVIRONMENT after a complaint. */
int bench_folder_make(const struct bench_folder *folder, bool json, char path[PATH_MAX]);

/* On SIGINT and SIGTERM `tidy_up` is called, and then the signal ends the process. Before the
 * folder is made, so that no signal comes between: its name stands in `path` before it exists. */
void bench_folder_guard(void (*tidy_up)(void));

#endif
