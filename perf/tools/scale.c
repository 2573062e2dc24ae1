/* Many connections on one reactor: the latency of the active ones without idle ones and beside
 * them, the memory of an idle one, and over time nothing that grows. The server is the library's
 * own, on one reactor in a process of its own. Prints one JSON object; perf/compare/scale.sh and
 * perf/compare/soak.sh run it.
 *
 * usage: scale BACKEND IDLE ACTIVE SECONDS */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/http_client.h>
#include <headrace/http_server.h>

#include "resources.h"
#include "tool_client.h"

#define GROUP      500      /* idle connections made at a time */
#define SPARE_FDS  200      /* of what is no connection */
#define LONG_MS    3600000u /* longer than any run */
#define PATIENCE_S 120

enum { CONNECTIONS_MAX = 100000 };

/* The server: answers /hold/COUNT when COUNT of them are there, and all else at once. */

static hr_http_exchange *held[CONNECTIONS_MAX];
static size_t held_count;

static void respond(hr_http_exchange *exchange) {
    const struct hr_http_response response = {.status = 200, .body = hr_source_bytes("ok", 2)};
    hr_http_exchange_respond(exchange, &response);
}

static void on_request(void *user, hr_http_exchange *exchange) {
    (void)user;
    struct hr_slice target = hr_http_exchange_target(exchange);
    if (target.size <= 6 || target.size > 16 || memcmp(target.data, "/hold/", 6) != 0) {
        respond(exchange);
        return;
    }
    char number[16] = "";
    memcpy(number, target.data + 6, target.size - 6);
    held[held_count++] = exchange;
    if (held_count < strtoul(number, NULL, 10)) return;
    for (size_t i = 0; i < held_count; i++) respond(held[i]);
    held_count = 0;
}

static int serve(const char *backend, int port_fd, int end_fd) {
    hr_engine *engine;
    hr_http_server *server;
    const struct hr_http_server_options options = {
        .connections_max = CONNECTIONS_MAX, .idle_timeout_ms = LONG_MS, .on_request = on_request};
    struct hr_error error = {0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (tool_open_engine(backend, 1, &engine) != 0) return 1;
    if (hr_http_server_new(engine, &options, &error, &server) < 0)
        return tool_fail("server", error.message);
    uint16_t port = hr_http_server_port(server);
    if (write(port_fd, &port, sizeof port) != sizeof port) return 1;
    char end;
    while (read(end_fd, &end, 1) < 0 && errno == EINTR) {}
    hr_http_server_close(server, NULL, NULL);
    return hr_engine_close(engine, NULL, NULL) == 0 ? 0 : 1;
}

/* The client: requests that are started again from their callback until `until_ns`. */

static struct {
    struct tool_wait wait;
    uint64_t until_ns, done, failed; /* the reactor's; read when nothing is left */
    struct hr_histogram latency;
    hr_http_client *client;
} state = {.wait = TOOL_WAIT_INITIALIZER};

static void ended(struct hr_http_request *request) {
    if (request->request.result != 0 || request->status != 200) {
        if (state.failed++ == 0) tool_fail("a request", request->request.error.message);
    }
    state.done++;
    tool_wait_end(&state.wait);
}

static void on_done(struct hr_request *base) {
    struct hr_http_request *request = (struct hr_http_request *)(void *)base;
    if (base->result == 0 && request->status == 200) {
        hr_histogram_record(&state.latency, base->total_ns);
        if (hr_clock_monotonic_ns() < state.until_ns &&
            hr_http_request_start(state.client, request) == 0) {
            state.done++;
            return;
        }
    }
    ended(request);
}

/* `count` requests at once; in a closed loop for `seconds`, or each of them once. */
static int ask(const char *url, size_t count, double seconds) {
    struct hr_http_request *requests = calloc(count, sizeof *requests);
    if (!requests) return tool_fail("memory", "there is none");
    hr_histogram_init(&state.latency, HR_HISTOGRAM_SECONDS);
    tool_wait_begin(&state.wait, count);
    state.until_ns = seconds > 0 ? hr_clock_monotonic_ns() + (uint64_t)(seconds * 1e9) : 0;
    for (size_t i = 0; i < count; i++) {
        requests[i].url = url;
        requests[i].request.on_done = on_done;
        int err = hr_http_request_start(state.client, &requests[i]);
        if (err) return tool_fail("a request was refused", hr_error_text(err));
    }
    if (tool_wait_all(&state.wait, (unsigned)seconds + PATIENCE_S) != 0) return 1;
    free(requests);
    return state.failed ? tool_fail("requests failed", "see above") : 0;
}

/* Each group has an origin of its own, so that it does not take the connections of those before it.
 */
static int make_idle(unsigned port, size_t count) {
    for (size_t made = 0; made < count;) {
        size_t group = count - made < GROUP ? count - made : GROUP;
        char url[64];
        snprintf(url, sizeof url, "http://idle-%zu.test:%u/hold/%zu", made, port, group);
        if (ask(url, group, 0) != 0) return 1;
        made += group;
    }
    return 0;
}

struct figures {
    uint64_t requests, p50, p99, p999;
};

static struct figures read_figures(void) {
    return (struct figures){.requests = state.latency.count,
                            .p50 = hr_histogram_quantile(&state.latency, 0.5),
                            .p99 = hr_histogram_quantile(&state.latency, 0.99),
                            .p999 = hr_histogram_quantile(&state.latency, 0.999)};
}

static void print_figures(const char *name, const struct figures *figures) {
    printf(", \"%s\": {\"requests\": %llu, \"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f}",
           name, (unsigned long long)figures->requests, (double)figures->p50 / 1e3,
           (double)figures->p99 / 1e3, (double)figures->p999 / 1e3);
}

static int measure(const char *backend, unsigned port, size_t idle, size_t active, double seconds) {
    char url[64];
    snprintf(url, sizeof url, "http://active.test:%u/", port);
    if (ask(url, active, seconds / 10) != 0 || ask(url, active, seconds) != 0) return 1;
    struct figures alone = read_figures(), beside = {0};
    uint64_t before = perf_memory_bytes("Private_Dirty"), bytes = 0;
    if (idle > 0) {
        if (make_idle(port, idle) != 0) return 1;
        bytes = (perf_memory_bytes("Private_Dirty") - before) / idle;
        if (ask(url, active, seconds / 10) != 0 || ask(url, active, seconds) != 0) return 1;
        beside = read_figures();
    }
    struct hr_http_client_metrics pool;
    hr_http_client_metrics_get(state.client, &pool);
    printf("{\"backend\": \"%s\", \"idle\": %zu, \"active\": %zu, \"connections_open\": %llu, "
           "\"percentile_error\": %.4f",
           backend, idle, active, (unsigned long long)pool.connections_open,
           hr_histogram_error(&state.latency));
    print_figures("alone", &alone);
    if (idle > 0) {
        print_figures("beside_idle", &beside);
        printf(", \"bytes_per_idle\": %llu", (unsigned long long)bytes);
    }
    if (pool.connections_open < idle + active)
        return tool_fail("connections", "fewer are open than were made");
    return 0;
}

static int check_counters(hr_engine *engine) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(engine, &metrics);
    bool good = metrics.submitted == state.done && metrics.succeeded == state.done &&
                metrics.in_progress == 0 && metrics.budget_used_bytes == 0;
    printf(", \"submitted\": %llu, \"done\": %llu, \"counters\": \"%s\"}\n",
           (unsigned long long)metrics.submitted, (unsigned long long)state.done,
           good ? "add up" : "DO NOT ADD UP");
    return good ? 0 : 1;
}

static int run(const char *backend, unsigned port, size_t idle, size_t active, double seconds) {
    hr_engine *engine;
    const struct hr_resolve_entry resolve = {.host = "*.test", .address = "127.0.0.1"};
    const struct hr_http_client_options options = {
        .resolver.entries = &resolve,
        .resolver.entry_count = 1,
        .pool.connections_per_origin_max = (unsigned)(active > GROUP ? active : GROUP),
        .pool.connections_max = (unsigned)(idle + active),
        .pool.idle_timeout_ms = HR_NO_TIMEOUT,
        .timeouts.connect_timeout_ms = PATIENCE_S * 1000};
    if (tool_open_engine(backend, 1, &engine) != 0) return 1;
    if (hr_http_client_new(engine, &options, NULL, &state.client) != 0)
        return tool_fail("client", "refused");
    if (measure(backend, port, idle, active, seconds) != 0) return 1;
    int result = check_counters(engine);
    tool_close_client(&state.wait, state.client);
    return hr_engine_close(engine, NULL, NULL) == 0 ? result : 1;
}

/* A core each where there are two: the client has the first, the server the last. */
static void pin_to_core(bool last) {
    cpu_set_t all, one;
    int core = -1;
    if (sched_getaffinity(0, sizeof all, &all) != 0) return;
    for (int i = 0; i < CPU_SETSIZE && (core < 0 || last); i++)
        if (CPU_ISSET((size_t)i, &all)) core = i;
    CPU_ZERO(&one);
    CPU_SET((size_t)core, &one);
    sched_setaffinity(0, sizeof one, &one);
}

/* Client and server are forked before either has an engine. */
static int run_both(const char *backend, size_t idle, size_t active, double seconds) {
    int port_pipe[2], end_pipe[2];
    uint16_t port;
    if (pipe2(port_pipe, O_CLOEXEC) != 0 || pipe2(end_pipe, O_CLOEXEC) != 0)
        return tool_fail("pipe", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        close(end_pipe[1]);
        pin_to_core(true);
        _exit(serve(backend, port_pipe[1], end_pipe[0]));
    }
    close(port_pipe[1]);
    close(end_pipe[0]);
    if (child < 0 || read(port_pipe[0], &port, sizeof port) != sizeof port)
        return tool_fail("server", "did not start");
    pin_to_core(false);
    int status = 0, result = run(backend, port, idle, active, seconds);
    close(end_pipe[1]);
    waitpid(child, &status, 0);
    return result ? result : status != 0 ? tool_fail("server", "did not end well") : 0;
}

int main(int argc, char **argv) {
    size_t idle = argc == 5 ? strtoul(argv[2], NULL, 10) : 0;
    size_t active = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
    double seconds = argc == 5 ? strtod(argv[4], NULL) : 0;
    if (active == 0 || !(seconds > 0) || idle + active > CONNECTIONS_MAX) {
        fputs("usage: scale io_uring|epoll IDLE ACTIVE SECONDS\n", stderr);
        return 2;
    }
    uint64_t hard = 0;
    if (perf_files_raise(idle + active + SPARE_FDS, &hard) != 0) {
        if (hard < active + SPARE_FDS)
            return tool_fail("open files", "the hard limit is too low"), 3;
        fprintf(stderr,
                "scale: the hard limit of %llu open files has room for %llu idle, not %zu\n",
                (unsigned long long)hard, (unsigned long long)(hard - active - SPARE_FDS), idle);
        idle = (size_t)hard - active - SPARE_FDS;
        perf_files_raise_all();
    }
    return run_both(argv[1], idle, active, seconds);
}
