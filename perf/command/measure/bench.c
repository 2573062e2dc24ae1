/* Running, measuring, publishing. */
#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "bench_require.h"
#include "resources.h"
#include "signals.h"
#include "target_document.h"
#include "wording.h"

#define TICK_MS     200
#define LOOK_NS     100000000u
#define FILES_SPARE 64 /* rings, events, files of the process itself */
#define RATE_MIN    0.001
#define RATE_MAX    10000000.0

int bench_read_rate(const char *text, double *rate) {
    char *end;
    errno = 0;
    *rate = strtod(text, &end);
    bool decimal = *text >= '0' && *text <= '9' && text[strspn(text, "0123456789.eE+-")] == '\0';
    return decimal && !*end && !errno && *rate >= RATE_MIN && *rate <= RATE_MAX ? 0 : -1;
}

int bench_raise_files(unsigned connections, bool json) {
    uint64_t needed = (uint64_t)connections + FILES_SPARE, hard = 0;
    int err = perf_files_raise(needed, &hard);
    if (!err) return EXIT_DONE;
    return output_failed_as(
        EXIT_ENVIRONMENT, json, err,
        "%u connection%s need %llu open files; the hard limit is %llu: raise it to at "
        "least %llu (ulimit -Hn, LimitNOFILE=, --ulimit nofile=)",
        connections, connections == 1 ? "" : "s", (unsigned long long)needed,
        (unsigned long long)hard, (unsigned long long)needed);
}

int bench_run(struct bench *bench, const struct perf_loop_options *options, const char *what) {
    perf_loop *loop = NULL;
    int err = perf_loop_new(options, &loop);
    if (!err && options->collected) bench->watch->begin(bench, loop);
    if (!err) err = perf_loop_start(loop);
    if (err) {
        output_failed(bench->session.json, err, "%s: cannot start: %s", what, hr_error_text(err));
        perf_loop_free(loop);
        return err;
    }
    struct pollfd ready[2] = {{.fd = perf_loop_fd(loop), .events = POLLIN},
                              {.fd = bench->session.signal_fd, .events = POLLIN}};
    if (!options->collected) perf_usage_begin(&bench->usage, hr_clock_monotonic_ns());
    bench_live_begin(&bench->live, bench->progress, hr_clock_monotonic_ns());
    while (!perf_loop_service(loop)) {
        poll(ready, 2, TICK_MS);
        int signal = ready[1].revents ? signals_next(bench->session.signal_fd) : 0;
        if (signal) {
            bench->session.signal = signal;
            perf_loop_stop(loop);
        }
        if (hr_clock_monotonic_ns() >= bench->usage.looked_ns + LOOK_NS)
            perf_usage_look(&bench->usage, hr_clock_monotonic_ns());
        if (options->collected) bench->watch->tick(bench, loop);
        bench_live_show(&bench->live, loop, options, what, hr_clock_monotonic_ns());
    }
    perf_usage_look(&bench->usage, hr_clock_monotonic_ns());
    bench_live_end(&bench->live);
    if (options->collected) bench->watch->end(bench, loop);
    perf_loop_report(loop, &bench->run);
    perf_loop_free(loop);
    return 0;
}

void bench_fill_report(struct bench *bench, const struct engine_options *engine) {
    bench->report.workload = &bench->workload;
    bench->report.concurrency = bench->options.concurrency;
    bench->report.rate = bench->options.rate;
    bench->report.think_ns = bench->options.think_ns;
    bench->report.reactors = hr_engine_reactors(bench->session.on.engine);
    bench->report.spin_us = (unsigned)engine->spin_us;
    bench->report.backend = hr_engine_backend_name(bench->session.on.engine);
    bench->report.backend_cause = bench->session.on.backend_cause;
}

void bench_fill_connections(struct bench *bench, const struct hr_http_client_metrics *before,
                            const struct hr_http_client_metrics *after) {
    struct perf_report *report = &bench->report;
    report->connections_peak = after->connections_peak;
    report->connections_opened = after->connections_opened - before->connections_opened;
    report->handshakes_full = after->handshakes_full - before->handshakes_full;
    report->handshakes_resumed = after->handshakes_resumed - before->handshakes_resumed;
}

void bench_word_errors(struct perf_result *result) {
    for (size_t i = 0; i < result->error_count; i++) {
        struct perf_error_count *error = &result->errors[i];
        char message[sizeof error->example];
        wording_of_command(error->example, message, sizeof message);
        memcpy(error->example, message, sizeof message);
    }
}

int bench_measure(struct bench *bench) {
    struct perf_report *report = &bench->report;
    report->started_at_ms = hr_clock_wall_ns() / 1000000u;
    report->rss_peak.of_run = perf_rss_peak_reset();
    struct hr_http_client_metrics before, after;
    bench->count(bench, &before);
    uint64_t cpu_ns = perf_cpu_ns();
    int err = bench_run(bench, &bench->options, "running");
    if (err) return EXIT_FAILED;
    report->cpu_ns = perf_cpu_ns() - cpu_ns;
    report->rss_peak.bytes = perf_rss_peak_bytes();
    bench->count(bench, &after);
    bench_fill_connections(bench, &before, &after);
    report->loop = &bench->run;
    report->usage = &bench->usage;
    bench_word_errors(&bench->run.result);
    report->stopped_by = bench->session.signal ? output_signal_name(bench->session.signal) : NULL;
    return EXIT_DONE;
}

static int write_json(FILE *file, const void *user) {
    const struct bench_document *document = user;
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, file);
    document->put_json(&json, document->report);
    return output_json_finish(&json, file);
}

int bench_publish_document(const struct bench_document *document, struct session *session,
                           const char *path) {
    const struct target_document written = {path, write_json, document};
    if (path && strcmp(path, "-") == 0) {
        write_json(stdout, document); /* output_finish sees what fails */
        output_json_reported();
        return EXIT_DONE;
    }
    document->print_text(stdout, document->report);
    return path ? target_document(&written, session) : EXIT_DONE;
}

static void put_json(struct hr_json_writer *json, const void *report) {
    perf_report_json(json, report);
}

static void print_text(FILE *out, const void *report) {
    perf_report_text(out, report);
}

int bench_publish(struct bench *bench, const char *path) {
    bench_require_hold(bench);
    const struct bench_document document = {&bench->report, print_text, put_json};
    return bench_publish_document(&document, &bench->session, path);
}
