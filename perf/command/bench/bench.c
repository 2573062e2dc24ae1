/* Running, measuring, publishing. */
#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "resources.h"
#include "signals.h"
#include "target.h"
#include "wording.h"

#define TICK_MS     200
#define FILES_SPARE 64 /* rings, events, files of the process itself */
#define RATE_MAX    10000000.0

int bench_read_rate(const char *text, double *rate) {
    char *end;
    errno = 0;
    *rate = strtod(text, &end);
    return *text >= '0' && *text <= '9' && !*end && !errno && *rate > 0 && *rate <= RATE_MAX ? 0
                                                                                             : -1;
}

int bench_check_rate(const char *text, char *why, size_t why_size) {
    double rate;
    if (bench_read_rate(text, &rate) == 0) return 0;
    snprintf(why, why_size, "'%s' is not a number of operations a second, at most 10000000", text);
    return -1;
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

static void show_live(perf_loop *loop, struct output_progress *progress, const char *what,
                      uint64_t *last_ns, uint64_t *last_count) {
    struct perf_totals live = perf_loop_live(loop);
    uint64_t count = live.succeeded + live.failed + live.cancelled, now = hr_clock_monotonic_ns();
    if (now - *last_ns < TICK_MS * 1000000ull) return;
    char text[160];
    snprintf(text, sizeof text, "%s: %llu operations, %.0f/s, %llu failed", what,
             (unsigned long long)count,
             (double)(count - *last_count) * 1e9 / (double)(now - *last_ns),
             (unsigned long long)live.failed);
    output_progress_text(progress, text);
    *last_ns = now;
    *last_count = count;
}

int bench_run(struct bench *bench, const struct perf_loop_options *options, const char *what) {
    perf_loop *loop = NULL;
    int err = perf_loop_new(options, &loop);
    if (!err) err = perf_loop_start(loop);
    if (err) {
        output_failed(bench->session.json, err, "%s: cannot start: %s", what, hr_error_text(err));
        perf_loop_free(loop);
        return err;
    }
    struct output_progress progress = {0};
    struct pollfd ready[2] = {{.fd = perf_loop_fd(loop), .events = POLLIN},
                              {.fd = bench->session.signal_fd, .events = POLLIN}};
    uint64_t last_ns = hr_clock_monotonic_ns(), last_count = 0;
    while (!perf_loop_service(loop)) {
        poll(ready, 2, TICK_MS);
        int signal = ready[1].revents ? signals_next(bench->session.signal_fd) : 0;
        if (signal) {
            bench->session.signal = signal;
            perf_loop_stop(loop);
        }
        show_live(loop, &progress, what, &last_ns, &last_count);
    }
    output_progress_end(&progress);
    perf_loop_report(loop, &bench->run);
    perf_loop_free(loop);
    return 0;
}

void bench_fill_report(struct bench *bench, const struct engine_options *engine) {
    bench->report.workload = &bench->workload;
    bench->report.concurrency = bench->options.concurrency;
    bench->report.rate = bench->options.rate;
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

int bench_measure(struct bench *bench) {
    struct perf_report *report = &bench->report;
    report->started_at_s = hr_clock_wall_ns() / 1000000000u;
    report->rss_peak_of_run = perf_rss_peak_reset();
    uint64_t cpu_ns = perf_cpu_ns();
    int err = bench_run(bench, &bench->options, "running");
    if (err) return EXIT_FAILED;
    report->cpu_ns = perf_cpu_ns() - cpu_ns;
    report->rss_peak_bytes = perf_rss_peak_bytes();
    report->loop = &bench->run;
    for (size_t i = 0; i < bench->run.result.error_count; i++) {
        struct perf_error_count *error = &bench->run.result.errors[i];
        char message[sizeof error->example];
        wording_of_command(error->example, message, sizeof message);
        memcpy(error->example, message, sizeof message);
    }
    report->stopped_by = bench->session.signal ? output_signal_name(bench->session.signal) : NULL;
    return EXIT_DONE;
}

static int write_json(const struct bench_document *document, FILE *file) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, file);
    document->put_json(&json, document->report);
    return output_json_finish(&json, file);
}

int bench_publish_document(const struct bench_document *document, struct session *session,
                           const char *path) {
    if (path && strcmp(path, "-") == 0) {
        write_json(document, stdout); /* output_finish sees what fails */
        output_json_reported();
        return EXIT_DONE;
    }
    document->print_text(stdout, document->report);
    if (!path) return EXIT_DONE;
    struct local_target target;
    const struct target_options options = {.path = path, .name = ""};
    fflush(stdout); /* which PATH may lead to */
    int code = target_open(&options, session, &target);
    if (code) return code;
    FILE *file = fdopen(dup(target.fd), "w");
    int err = file ? write_json(document, file) : -errno;
    off_t size = file && !target.direct ? ftello(file) : 0;
    if (file && fclose(file) != 0 && !err) err = -errno;
    int closed = target_close(&target, err == 0, size > 0 ? (uint64_t)size : 0);
    if (!err) err = closed;
    if (!err) return EXIT_DONE;
    output_complain("cannot write %s: %s", path, hr_error_text(err));
    return EXIT_FAILED;
}

static void put_json(struct hr_json_writer *json, const void *report) {
    perf_report_json(json, report);
}

static void print_text(FILE *out, const void *report) {
    perf_report_text(out, report);
}

int bench_publish(struct bench *bench, const char *path) {
    const struct bench_document document = {&bench->report, print_text, put_json};
    return bench_publish_document(&document, &bench->session, path);
}
