/* The store of a bench that was given none: `serve s3` as a child. */
#ifndef COMMAND_BENCH_STORE_H
#define COMMAND_BENCH_STORE_H

#include <headrace/s3.h>

#include "child.h"
#include "session.h"

/* Options that need a store of the user's. EXIT_DONE, or EXIT_USAGE after a complaint. */
int bench_store_check(const char *command, const struct connection_options *connection);

/* Starts it with room for so many bytes, off the first `cores_left` cores, and points `client` at
 * it. EXIT_DONE, or the exit code after a complaint. */
int bench_store_start(struct perf_child *child, uint64_t bytes, unsigned cores_left, bool json,
                      struct hr_s3_client_options *client);

/* Ends it, where one was started; a server that had ended before turns EXIT_DONE into
 * EXIT_FAILED. */
int bench_store_stop(struct perf_child *child, int code);

#endif
