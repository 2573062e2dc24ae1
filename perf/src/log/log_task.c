/* A run of a logger whose every call is timed, and its result. */
#include "log_task.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <headrace/clock.h>

#include "resources.h"
#include "result_members.h"

static const char *const form_names[] = {[PERF_LOG_TEXT] = "text", [PERF_LOG_JSON] = "json"};
#define FORMS (sizeof form_names / sizeof *form_names)

/* ---- The workload. */

static int read_form(const json_t *workload, enum perf_log_form *form, struct hr_error *error) {
    const char *text;
    int err = perf_task_text(workload, "form", &text, error);
    for (size_t i = 0; i < FORMS && !err; i++) {
        if (strcmp(text, form_names[i]) != 0) continue;
        *form = (enum perf_log_form)i;
        return 0;
    }
    return err ? err : perf_member_refuse(error, "form is neither text nor json");
}

static int read_numbers(const json_t *workload, struct perf_log_task *task,
                        struct hr_error *error) {
    uint64_t threads = 0, records = 0;
    int err =
        perf_task_number(workload, "threads",
                         (struct perf_task_bounds){1, PERF_LOG_TASK_THREADS_MAX}, &threads, error);
    if (!err)
        err = perf_task_number(workload, "operations",
                               (struct perf_task_bounds){threads, PERF_LOG_TASK_RECORDS_MAX},
                               &records, error);
    if (!err && records % threads)
        err = perf_member_refuse(error, "operations is no multiple of threads");
    task->threads = (unsigned)threads;
    task->records = (uint32_t)records;
    return err;
}

int perf_log_task_read(FILE *in, struct perf_log_task *task, struct hr_error *error) {
    json_t *workload = NULL;
    int err = perf_task_read(in, "log", &workload, error);
    if (!err) err = perf_task_path(workload, task->path, error);
    if (!err) err = read_form(workload, &task->form, error);
    if (!err) err = read_numbers(workload, task, error);
    json_decref(workload);
    return err;
}

/* ---- The run. */

struct caller {
    const struct perf_log_subject *subject;
    pthread_barrier_t *begin;
    pthread_t thread;
    struct perf_samples samples;
};

static void *run_caller(void *user) {
    struct caller *caller = user;
    pthread_barrier_wait(caller->begin);
    caller->subject->put(caller->subject->user, (uint32_t)caller->samples.capacity,
                         &caller->samples, 0);
    return NULL;
}

/* A thread that does not come would be waited for at the barrier for ever. */
static void start(struct caller *caller) {
    if (pthread_create(&caller->thread, NULL, run_caller, caller) != 0) abort();
}

static int make_callers(const struct perf_log_subject *subject, const struct perf_log_task *task,
                        pthread_barrier_t *begin, struct caller *callers) {
    for (unsigned i = 0; i < task->threads; i++) {
        callers[i] = (struct caller){.subject = subject, .begin = begin};
        int err = perf_samples_open(&callers[i].samples, task->records / task->threads);
        if (err) return err;
    }
    return 0;
}

static void count_samples(const struct perf_samples *samples, struct hr_histogram *latency_ns) {
    double rate = perf_ticks_per_ns();
    for (size_t i = 0; i < samples->count; i++)
        hr_histogram_record(latency_ns, (uint64_t)(samples->ticks[i] / rate));
}

/* The time of the callers and of the writing behind them. */
static int time_callers(const struct perf_log_subject *subject, const struct perf_log_task *task,
                        pthread_barrier_t *begin, struct caller *callers,
                        struct perf_log_done *done) {
    for (unsigned i = 0; i < task->threads; i++) start(&callers[i]);
    uint64_t cpu_ns = perf_cpu_ns(), start_ns = hr_clock_monotonic_ns();
    pthread_barrier_wait(begin);
    for (unsigned i = 0; i < task->threads; i++) pthread_join(callers[i].thread, NULL);
    int err = subject->flush(subject->user);
    done->duration_s = (double)(hr_clock_monotonic_ns() - start_ns) / 1e9;
    done->cpu_s = (double)(perf_cpu_ns() - cpu_ns) / 1e9;
    done->rss_peak_bytes = perf_rss_peak_bytes();
    done->dropped = subject->dropped(subject->user);
    return err;
}

static uint64_t size_of(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 ? (uint64_t)facts.st_size : 0;
}

int perf_log_task_run(const struct perf_log_subject *subject, const struct perf_log_task *task,
                      struct perf_log_done *done) {
    static struct caller callers[PERF_LOG_TASK_THREADS_MAX];
    const struct perf_log_setup setup = {
        .path = task->path, .form = task->form, .threads = task->threads};
    pthread_barrier_t begin;
    assert(task->threads > 0 && task->threads <= PERF_LOG_TASK_THREADS_MAX);
    memset(callers, 0, sizeof callers);
    memset(done, 0, sizeof *done);
    hr_histogram_init(&done->latency_ns, HR_HISTOGRAM_SECONDS);
    int err = subject->open(subject->user, &setup);
    if (err) return err;
    pthread_barrier_init(&begin, NULL, task->threads + 1);
    err = make_callers(subject, task, &begin, callers);
    if (!err) err = time_callers(subject, task, &begin, callers, done);
    pthread_barrier_destroy(&begin);
    subject->close(subject->user);
    done->bytes = size_of(task->path);
    for (unsigned i = 0; i < task->threads; i++) {
        if (!err) count_samples(&callers[i].samples, &done->latency_ns);
        perf_samples_close(&callers[i].samples);
    }
    return err;
}

/* ---- A peer. */

static int fail(const struct perf_log_task_texts *texts, const char *why) {
    fprintf(stderr, "%s: %s\n", texts->name, why);
    return 1;
}

static int lacks_form(const struct perf_log_task_texts *texts, enum perf_log_form form) {
    char reason[128], instead[64];
    snprintf(reason, sizeof reason, "%s writes no lines of the form %s", texts->name,
             form_names[form]);
    snprintf(instead, sizeof instead, "headrace bench log --form %s",
             form_names[form == PERF_LOG_TEXT ? PERF_LOG_JSON : PERF_LOG_TEXT]);
    perf_task_put_missing(stdout, reason, instead);
    return PERF_TASK_EXIT_LACKS;
}

/* A record that was dropped was not logged, however short its call was: then there is no result. */
static int put_done(const struct perf_log_task_texts *texts, const struct perf_log_task *task,
                    const struct perf_log_done *done) {
    if (done->dropped) {
        char why[64];
        snprintf(why, sizeof why, "%llu records were dropped", (unsigned long long)done->dropped);
        return fail(texts, why);
    }
    const struct perf_task_result result = {
        .versions = texts->versions,
        .settings = texts->settings,
        .succeeded = task->records,
        .duration_s = done->duration_s,
        .cpu_s = done->cpu_s,
        .bytes_sent = done->bytes,
        .rss_peak_bytes = done->rss_peak_bytes,
        .latency_ns = &done->latency_ns,
    };
    return perf_task_put_result(stdout, &result) == 0 ? 0 : fail(texts, "no result was written");
}

int perf_log_task_serve(const struct perf_log_subject *subject,
                        const struct perf_log_task_texts *texts) {
    static struct perf_log_task task;
    static struct perf_log_done done;
    struct hr_error error = {.code = 0};
    if (perf_log_task_read(stdin, &task, &error) != 0) return fail(texts, error.message);
    if (!subject->forms[task.form]) return lacks_form(texts, task.form);
    int err = perf_log_task_run(subject, &task, &done);
    return err ? fail(texts, hr_error_text(err)) : put_done(texts, &task, &done);
}
