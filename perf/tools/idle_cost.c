/* The cost of the library while nothing happens: memory of idle connections, CPU of an idle engine.
 * perf/compare/idle_cost.py runs it. Prints one JSON object.
 *
 * usage: idle_cost memory BACKEND PORT CONNECTIONS AT_ONCE
 *        idle_cost cpu BACKEND SECONDS */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <headrace/engine.h>
#include <headrace/http_client.h>

#include "resources.h"
#include "tool_client.h"

#define CPU_REACTORS 2
#define WAIT_S       60
#define WARM_UP      100 /* requests: what the engine itself has by then is no connection's */

struct memory {
    uint64_t private_dirty, pss; /* bytes */
};

static struct tool_wait wait_for = TOOL_WAIT_INITIALIZER;
static struct {
    size_t count;
    char why[224];
} failed; /* the reactor's; read when nothing is left */

static struct memory measure(void) {
    return (struct memory){perf_memory_bytes("Private_Dirty"), perf_memory_bytes("Pss")};
}

static void on_done(struct hr_request *request) {
    struct hr_http_request *http = (struct hr_http_request *)(void *)request;
    if (request->result != 0 || http->status != 200) {
        failed.count++;
        snprintf(failed.why, sizeof failed.why, "%s", request->error.message);
    }
    tool_wait_end(&wait_for);
}

/* Starts so many requests at once and waits until all have ended. Their memory is the caller's, so
 * it is taken from the kernel and given back. */
static int ask(hr_http_client *client, const char *url, size_t count) {
    size_t size = count * sizeof(struct hr_http_request);
    struct hr_http_request *requests =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (requests == MAP_FAILED) return tool_fail("memory", strerror(errno));
    tool_wait_begin(&wait_for, count);
    for (size_t i = 0; i < count; i++) {
        requests[i].url = url;
        requests[i].request.on_done = on_done;
        int err = hr_http_request_start(client, &requests[i]);
        if (err) return tool_fail("a request was refused", hr_error_text(err));
    }
    if (tool_wait_all(&wait_for, WAIT_S) != 0) return 1;
    munmap(requests, size);
    return failed.count ? tool_fail("a request failed", failed.why) : 0;
}

/* Each group of requests goes to an origin of its own, so that it does not take the connections
 * that the groups before it left idle. */
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
    if (tool_open_engine(backend, 1, &engine) != 0) return 1;
    if (hr_http_client_new(engine, &options, NULL, &client) != 0)
        return tool_fail("client", "refused");
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
    tool_close_client(&wait_for, client);
    return hr_engine_close(engine, NULL, NULL) == 0 ? 0 : 1;
}

static int run_cpu(const char *backend, double seconds) {
    hr_engine *engine;
    if (tool_open_engine(backend, CPU_REACTORS, &engine) != 0) return 1;
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
