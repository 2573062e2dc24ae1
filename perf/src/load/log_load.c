/* A thread that logs at a rate. */
#include "log_load.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <headrace/clock.h>
#include <headrace/log.h>

#include "loop_core.h"

#define FLUSH_MS 60000
#define SLEEP_NS 50000000u /* at most, so that it ends in time */

struct perf_log_load_s {
    hr_log *log;
    double rate;
    pthread_t thread;
    atomic_bool stopping;
    uint64_t started_ns;
    struct perf_log_load_report report;
};

static void call(perf_log_load *load, uint64_t now_ns) {
    HR_INFO(load->log, "request has been answered after its upstream gave a response", "request",
            load->report.called, "client", "client-0a1b2c3d4");
    hr_histogram_record(&load->report.call_ns, hr_clock_monotonic_ns() - now_ns);
    load->report.called++;
}

static void *run(void *user) {
    perf_log_load *load = user;
    do {
        uint64_t now_ns = hr_clock_monotonic_ns();
        uint64_t due_ns =
            load->started_ns + (uint64_t)((double)load->report.called / load->rate * 1e9);
        if (due_ns <= now_ns)
            call(load, now_ns);
        else
            perf_starter_sleep(due_ns < now_ns + SLEEP_NS ? due_ns : now_ns + SLEEP_NS);
    } while (!atomic_load(&load->stopping));
    return NULL;
}

static int open_log(const struct perf_log_load_options *options, struct hr_error *error,
                    hr_log **log) {
    const struct hr_log_sink sink = {.kind = HR_LOG_SINK_FILE, .path = options->path};
    const struct hr_log_options all = {
        .name = "bench", .sinks = &sink, .sink_count = 1, .engine = options->engine};
    return hr_log_new(&all, error, log);
}

int perf_log_load_start(const struct perf_log_load_options *options, struct hr_error *error,
                        perf_log_load **out) {
    perf_log_load *load = calloc(1, sizeof *load);
    if (!load) return hr_error_set(error, -ENOMEM, "out of memory");
    load->rate = options->rate;
    hr_histogram_init(&load->report.call_ns, HR_HISTOGRAM_SECONDS);
    int err = open_log(options, error, &load->log);
    load->started_ns = hr_clock_monotonic_ns();
    if (!err) err = -pthread_create(&load->thread, NULL, run, load);
    if (!err) {
        *out = load;
        return 0;
    }
    if (load->log) hr_error_set(error, err, "no thread can be started: %s", hr_error_text(err));
    hr_log_close(load->log);
    free(load);
    return err;
}

void perf_log_load_stop(perf_log_load *load, struct perf_log_load_report *report) {
    struct hr_log_statistics statistics;
    if (!load) return;
    atomic_store(&load->stopping, true);
    pthread_join(load->thread, NULL);
    hr_log_flush(load->log, FLUSH_MS);
    load->report.duration_s = (double)(hr_clock_monotonic_ns() - load->started_ns) / 1e9;
    hr_log_statistics_get(load->log, &statistics);
    load->report.written = statistics.messages_processed;
    load->report.dropped = statistics.messages_dropped;
    hr_log_close(load->log);
    *report = load->report;
    free(load);
}
