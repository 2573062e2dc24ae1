/* The cost of the library while nothing happens: memory of idle connections, CPU of an idle engine.
 * perf/compare/idle_cost.py runs it. Prints one JSON object.
 *
 * usage: idle_cost memory BACKEND PORT CONNECTIONS AT_ONCE
 *        idle_cost cpu BACKEND SECONDS */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <headrace/engine.h>
#include <headrace/http_client.h>

#include "resources.h"

#define CPU_REACTORS 2
#define WAIT_S       60
#define WARM_UP      100 /* requests: what the engine itself has by then is no connection's */

struct memory {
    unsigned long long private_dirty, pss; /* bytes */
};

/* Requests in progress, waited for. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t left, failed;
    bool closed;
    char why[224];
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int fail(const char *what, const char *why) {
    fprintf(stderr, "idle_cost: %s: %s\n", what, why);
    return 1;
}

static struct memory measure(void) {
    struct memory found = {0};
    char line[256];
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    while (file && fgets(line, sizeof line, file)) {
        sscanf(line, "Private_Dirty: %llu", &found.private_dirty);
        sscanf(line, "Pss: %llu", &found.pss);
    }
    if (file) fclose(file);
    found.private_dirty <<= 10;
    found.pss <<= 10;
    return found;
}

static int open_engine(const char *backend, unsigned reactors, hr_engine **engine) {
    struct hr_engine_options options = {
        .backend = strcmp(backend, "epoll") == 0 ? HR_BACKEND_EPOLL : HR_BACKEND_IO_URING,
        .reactors = reactors,
    };
    struct hr_error error = {0};
    if (hr_engine_new(&options, &error, engine) == 0) return 0;
    return fail("engine", error.message);
}

static void on_done(struct hr_request *request) {
    pthread_mutex_lock(&state.lock);
    state.left--;
    struct hr_http_request *http = (struct hr_http_request *)(void *)request;
    if (request->result != 0 || http->status != 200) {
        state.failed++;
        snprintf(state.why, sizeof state.why, "%s", request->error.message);
    }
    if (state.left == 0) pthread_cond_signal(&state.changed);
    pthread_mutex_unlock(&state.lock);
}

static void on_closed(void *user) {
    (void)user;
    pthread_mutex_lock(&state.lock);
    state.closed = true;
    pthread_cond_signal(&state.changed);
    pthread_mutex_unlock(&state.lock);
}

/* So many requests at once, until all are answered. Their memory is the caller's, so it is taken
 * from the kernel and given back. */
static int ask(hr_http_client *client, const char *url, size_t count) {
    size_t size = count * sizeof(struct hr_http_request);
    struct hr_http_request *requests =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (requests == MAP_FAILED) return fail("memory", strerror(errno));
    pthread_mutex_lock(&state.lock);
    state.left = count;
    pthread_mutex_unlock(&state.lock);
    for (size_t i = 0; i < count; i++) {
        requests[i].url = url;
        requests[i].request.on_done = on_done;
        int err = hr_http_request_start(client, &requests[i]);
        if (err) return fail("a request was refused", hr_error_text(err));
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    int err = 0;
    pthread_mutex_lock(&state.lock);
    while (state.left && !err) err = pthread_cond_timedwait(&state.changed, &state.lock, &until);
    pthread_mutex_unlock(&state.lock);
    if (err) return fail("requests", "not answered in a minute");
    munmap(requests, size);
    return state.failed ? fail("a request failed", state.why) : 0;
}

/* Each group of requests goes to a host of its own, so that it does not take the connections that
 * the groups before it left idle. */
static int ask_in_groups(hr_http_client *client, const char *port, size_t count, size_t at_once) {
    for (size_t group = 0; group * at_once < count; group++) {
        char url[64];
        snprintf(url, sizeof url, "http://host-%zu.test:%s/", group, port);
        if (ask(client, url, at_once) != 0) return 1;
    }
    return 0;
}

static int run_memory(const char *backend, const char *port, size_t count, size_t at_once) {
    hr_engine *engine;
    hr_http_client *client;
    struct hr_resolve_entry resolve = {.host = "*.test", .address = "127.0.0.1"};
    struct hr_http_client_options options = {
        .resolver.entries = &resolve,
        .resolver.entry_count = 1,
        .pool.connections_per_origin_max = (unsigned)count,
        .pool.connections_max = (unsigned)count + WARM_UP,
        .pool.idle_timeout_ms = HR_NO_TIMEOUT,
        .timeouts.connect_timeout_ms = WAIT_S * 1000,
        .timeouts.pool_timeout_ms = WAIT_S * 1000,
    };
    perf_files_raise_all();
    if (open_engine(backend, 1, &engine) != 0) return 1;
    if (hr_http_client_new(engine, &options, NULL, &client) != 0) return fail("client", "refused");
    char first[64];
    snprintf(first, sizeof first, "http://first.test:%s/", port);
    if (ask(client, first, WARM_UP) != 0) return 1;
    struct memory before = measure();
    if (ask_in_groups(client, port, count, at_once) != 0) return 1;
    struct memory after = measure();
    malloc_trim(0);
    struct memory trimmed = measure();
    struct hr_http_client_metrics metrics;
    hr_http_client_metrics_get(client, &metrics);
    double more = (double)metrics.connections_idle - WARM_UP;
    printf("{\"backend\": \"%s\", \"connections_idle\": %llu, \"at_once\": %zu, \"bytes\": %.0f, "
           "\"bytes_pss\": %.0f, "
           "\"bytes_trimmed\": %.0f}\n",
           hr_engine_backend_name(engine), (unsigned long long)metrics.connections_idle, at_once,
           ((double)after.private_dirty - (double)before.private_dirty) / more,
           ((double)after.pss - (double)before.pss) / more,
           ((double)trimmed.private_dirty - (double)before.private_dirty) / more);
    hr_http_client_close(client, on_closed, NULL);
    pthread_mutex_lock(&state.lock);
    while (!state.closed) pthread_cond_wait(&state.changed, &state.lock);
    pthread_mutex_unlock(&state.lock);
    return hr_engine_close(engine, NULL, NULL) == 0 ? 0 : 1;
}

static int run_cpu(const char *backend, double seconds) {
    hr_engine *engine;
    if (open_engine(backend, CPU_REACTORS, &engine) != 0) return 1;
    uint64_t before = perf_cpu_ns();
    struct timespec time = {.tv_sec = (time_t)seconds,
                            .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&time, &time) != 0 && errno == EINTR) {}
    printf("{\"backend\": \"%s\", \"reactors\": %u, \"seconds\": %g, \"cpu_ms\": %.3f}\n",
           hr_engine_backend_name(engine), hr_engine_reactors(engine), seconds,
           (double)(perf_cpu_ns() - before) / 1e6);
    return hr_engine_close(engine, NULL, NULL) == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc == 6 && strcmp(argv[1], "memory") == 0 && strtoul(argv[5], NULL, 10) > 0)
        return run_memory(argv[2], argv[3], strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10));
    if (argc == 4 && strcmp(argv[1], "cpu") == 0) return run_cpu(argv[2], strtod(argv[3], NULL));
    fputs("usage: idle_cost memory BACKEND PORT CONNECTIONS AT_ONCE | cpu BACKEND SECONDS\n",
          stderr);
    return 2;
}
