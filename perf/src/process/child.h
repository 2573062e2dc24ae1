/* The server that a harness measures against: this program itself, as a child. */
#ifndef PERF_CHILD_H
#define PERF_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#define PERF_CHILD_TEXT 128
#define PERF_CHILD_LINE 1024

struct perf_child {
    pid_t pid;  /* 0: none */
    int output; /* its standard output */
    char endpoint[PERF_CHILD_TEXT];
    char access_key[PERF_CHILD_TEXT];
    char secret_key[PERF_CHILD_TEXT];
    char refusal[PERF_CHILD_LINE]; /* the {"error":…} line that it printed instead; or "" */
};

struct perf_child_plan {
    uint64_t store_bytes; /* of all objects, at most */
    unsigned cores_left;  /* the first so many cores are not for it, where there are enough */
    const char *certificate_file, *key_file; /* both: over TLS */
};

/* Starts `serve s3` on a free loopback port with credentials of its own. Before this process has a
 * second thread. The child ends with this process. 0, -ETIMEDOUT (not ready within 10 s), or
 * another negative code; *exit_code (0 when none) is the child's where it ended instead. */
int perf_child_start(struct perf_child *child, const struct perf_child_plan *plan, int *exit_code);

/* SIGTERM; after 10 s SIGKILL. 0 when it ended as it should, else its exit code, or 128 + the
 * number of the signal that had ended it. Zeroed: nothing. */
int perf_child_stop(struct perf_child *child);

#endif
