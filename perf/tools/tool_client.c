/* An engine and a client of a small program. */
#include "tool_client.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int tool_fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
    return 1;
}

int tool_open_engine(const char *backend, unsigned reactors, hr_engine **engine) {
    const struct hr_engine_options options = {
        .backend = strcmp(backend, "epoll") == 0 ? HR_BACKEND_EPOLL : HR_BACKEND_IO_URING,
        .reactors = reactors,
    };
    struct hr_error error = {0};
    return hr_engine_new(&options, &error, engine) == 0 ? 0 : tool_fail("engine", error.message);
}

void tool_wait_begin(struct tool_wait *wait, size_t count) {
    pthread_mutex_lock(&wait->lock);
    assert(wait->left == 0);
    wait->left = count;
    pthread_mutex_unlock(&wait->lock);
}

void tool_wait_end(struct tool_wait *wait) {
    pthread_mutex_lock(&wait->lock);
    assert(wait->left > 0);
    if (--wait->left == 0) pthread_cond_signal(&wait->changed);
    pthread_mutex_unlock(&wait->lock);
}

int tool_wait_all(struct tool_wait *wait, unsigned seconds) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    int err = 0;
    pthread_mutex_lock(&wait->lock);
    while (wait->left && !err) err = pthread_cond_timedwait(&wait->changed, &wait->lock, &until);
    pthread_mutex_unlock(&wait->lock);
    return err ? tool_fail("requests", "not answered in time") : 0;
}

static void on_closed(void *user) {
    struct tool_wait *wait = user;
    pthread_mutex_lock(&wait->lock);
    wait->closed = true;
    pthread_cond_signal(&wait->changed);
    pthread_mutex_unlock(&wait->lock);
}

void tool_close_client(struct tool_wait *wait, hr_http_client *client) {
    hr_http_client_close(client, on_closed, wait);
    pthread_mutex_lock(&wait->lock);
    while (!wait->closed) pthread_cond_wait(&wait->changed, &wait->lock);
    pthread_mutex_unlock(&wait->lock);
}
