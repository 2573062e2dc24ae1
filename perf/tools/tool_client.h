/* The base of small programs with a client: complaints, an engine, waiting for requests. */
#ifndef PERF_TOOL_CLIENT_H
#define PERF_TOOL_CLIENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <headrace/engine.h>
#include <headrace/http_client.h>

/* "PROGRAM: WHAT: WHY" on standard error. 1. */
int tool_fail(const char *what, const char *why);

/* `backend` is io_uring or epoll. 0, or 1 after a complaint. */
int tool_open_engine(const char *backend, unsigned reactors, hr_engine **engine);

/* Requests in progress. */
struct tool_wait {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t left;
    bool closed;
};
#define TOOL_WAIT_INITIALIZER                                                                      \
    { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER }

void tool_wait_begin(struct tool_wait *wait, size_t count);
/* One has ended. Any thread. */
void tool_wait_end(struct tool_wait *wait);
/* Waits until all have ended, for at most so many seconds. 0, or 1 after a complaint. */
int tool_wait_all(struct tool_wait *wait, unsigned seconds);

/* Closes the client and waits until it is closed. */
void tool_close_client(struct tool_wait *wait, hr_http_client *client);

#endif
