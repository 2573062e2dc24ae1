/* A loader of configurations as a program of `bench config --beside`: a file is loaded again and
 * again. docs/peers.md has the workload of kind "config". */
#ifndef PERF_CONFIG_TASK_H
#define PERF_CONFIG_TASK_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include <headrace/error.h>

#include "beside_task.h"

#define PERF_CONFIG_TASK_LOADS_MAX 1000000

struct perf_config_task {
    char path[PATH_MAX];
    bool schema; /* checked and filled into a struct; false: a tree of its values */
    uint32_t loads;
};

/* 0, or a negative code with the reason in `error`. */
int perf_config_task_read(FILE *in, struct perf_config_task *task, struct hr_error *error);

/* A loader. */
struct perf_config_loader {
    const char *name; /* "libyaml" */
    const struct perf_task_fact *versions, *settings;
    /* One load, all of it freed again; 0, or a negative code with the reason in `error`. */
    int (*load)(const struct perf_config_task *task, struct hr_error *error);
};

/* Reads the workload from standard input, does it and writes the result to standard output; the
 * exit code of the peer. The first load, which brings the file into the page cache, is not counted.
 */
int perf_config_task_serve(const struct perf_config_loader *loader);

/* This library as such a program. */
int perf_config_serve_headrace(void);

#endif
