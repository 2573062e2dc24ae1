/* This library's logger, as bench log measures it. */
#include "log_headrace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <headrace/log.h>
#include <headrace/version.h>

#include "log_task.h"
#include "resources.h"

#define FLUSH_MS       60000
#define RECORD_BYTES   64 /* of the record of log_driver.h in a ring */
#define RING_BYTES_MIN (UINT64_C(1) << 20)
#define MEMORY_TRIES   10
#define MEMORY_RING                                                                                \
    (UINT64_C(4) << 20) /* a quarter of it, which wakes the drain, has room for all */
#define MEMORY_INTERVAL  60000
#define RATE_INTERVAL_MS 1

static void put_one(hr_log *log, uint32_t i) {
    HR_INFO(log, PERF_LOG_MESSAGE, "request", perf_log_integer(i), "seconds", perf_log_double(i),
            "client", perf_log_string(i));
}

static void put_timed(hr_log *log, uint32_t count, struct perf_samples *samples, uint64_t gap) {
    uint64_t due = perf_ticks();
    for (uint32_t i = 0; i < count; i++, due += gap) {
        if (gap) perf_ticks_await(due);
        uint64_t before = perf_ticks_fenced();
        put_one(log, i);
        perf_samples_add(samples, perf_ticks_fenced() - before);
    }
}

static void put(void *user, uint32_t count, struct perf_samples *samples, uint64_t gap) {
    hr_log *log = *(hr_log **)user;
    if (samples) {
        put_timed(log, count, samples, gap);
        return;
    }
    for (uint32_t i = 0; i < count; i++) put_one(log, i);
}

static const enum hr_log_format formats[] = {HR_LOG_FORMAT_TEXT, HR_LOG_FORMAT_JSON,
                                             HR_LOG_FORMAT_LOGFMT};

/* The last eighth of a ring is for warnings. */
static uint64_t ring_for(uint32_t records) {
    uint64_t needed = ((uint64_t)records + 1) * RECORD_BYTES * 8 / 7, ring = RING_BYTES_MIN;
    while (ring < needed) ring *= 2;
    return ring;
}

static int open_log(void *user, const struct perf_log_setup *setup) {
    const struct hr_log_sink sink = {
        .kind = HR_LOG_SINK_FILE, .path = setup->path, .format = formats[setup->form]};
    struct hr_log_options options = {.name = PERF_LOG_NAME, .sinks = &sink, .sink_count = 1};
    if (setup->records) {
        options.ring_bytes = ring_for(setup->records);
        options.rings_bytes_max = options.ring_bytes * (setup->threads + 1);
        options.flush_interval_ms = RATE_INTERVAL_MS;
    }
    return hr_log_new(&options, NULL, (hr_log **)user);
}

static int flush(void *user) {
    return hr_log_flush(*(hr_log **)user, FLUSH_MS);
}

static uint64_t dropped(void *user) {
    struct hr_log_statistics statistics;
    hr_log_statistics_get(*(hr_log **)user, &statistics);
    return statistics.messages_dropped;
}

static void close_log(void *user) {
    hr_log_close(*(hr_log **)user);
}

/* The growth of the process when a burst lies in a ring that was not used before. -EAGAIN: the
 * drain took some of it away. */
static int measure_memory(const struct perf_log_plan *plan, double *bytes) {
    const struct hr_log_sink sink = {.kind = HR_LOG_SINK_FILE, .path = plan->path};
    const struct hr_log_options options = {.name = PERF_LOG_NAME,
                                           .sinks = &sink,
                                           .sink_count = 1,
                                           .ring_bytes = MEMORY_RING,
                                           .flush_interval_ms = MEMORY_INTERVAL};
    struct hr_log_statistics statistics;
    hr_log *log;
    int err = hr_log_new(&options, NULL, &log);
    if (err) return err;
    put(&log, 1, NULL, 0);
    err = hr_log_flush(log, FLUSH_MS);
    uint64_t before = perf_memory_bytes("Rss");
    put(&log, PERF_LOG_BURST, NULL, 0);
    uint64_t after = perf_memory_bytes("Rss");
    hr_log_statistics_get(log, &statistics);
    if (!err && statistics.queue_bytes < (uint64_t)PERF_LOG_BURST * RECORD_BYTES) err = -EAGAIN;
    hr_log_close(log);
    unlink(plan->path);
    if (!err && before && after >= before) *bytes = (double)(after - before);
    return err;
}

int perf_log_measure_headrace(const struct perf_log_plan *plan, struct perf_log_figures *figures) {
    hr_log *log = NULL;
    const struct perf_log_subject subject = {.user = &log,
                                             .forms = {true, true, true},
                                             .warm_ups = 2, /* a ring has room for two runs */
                                             .open = open_log,
                                             .put = put,
                                             .flush = flush,
                                             .dropped = dropped,
                                             .close = close_log};
    int err = perf_log_measure(&subject, plan, figures);
    int queued = -EAGAIN;
    if (plan->rates_only) return err;
    for (unsigned i = 0; i < MEMORY_TRIES && !err && queued == -EAGAIN; i++)
        queued = measure_memory(plan, &figures->queued_10000_bytes);
    return err ? err : queued == -EAGAIN ? 0 : queued;
}

/* ---- Beside other programs. */

static int open_waiting(void *user, const struct perf_log_setup *setup) {
    const struct hr_log_sink sink = {
        .kind = HR_LOG_SINK_FILE, .path = setup->path, .format = formats[setup->form]};
    const struct hr_log_options options = {.name = PERF_LOG_NAME,
                                           .sinks = &sink,
                                           .sink_count = 1,
                                           .full = HR_LOG_FULL_WAIT,
                                           .full_timeout_ms = FLUSH_MS};
    return hr_log_new(&options, NULL, (hr_log **)user);
}

int perf_log_serve_headrace(void) {
    hr_log *log = NULL;
    const struct perf_task_fact versions[] = {{"headrace", hr_version_string()}, {NULL, NULL}};
    static const struct perf_task_fact settings[] = {{"ring", "1 MiB a thread"},
                                                     {"when full", "waits"},
                                                     {"written by", "a thread"},
                                                     {NULL, NULL}};
    const struct perf_log_subject subject = {.user = &log,
                                             .forms = {true, true, false},
                                             .open = open_waiting,
                                             .put = put,
                                             .flush = flush,
                                             .dropped = dropped,
                                             .close = close_log};
    const struct perf_log_task_texts texts = {"headrace", versions, settings};
    return perf_log_task_serve(&subject, &texts);
}
