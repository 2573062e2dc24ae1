/* Runs a logger's callers and measures. */
#include "log_driver.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "resources.h"

#define PACE_NS   2000
#define WARM_UPS  3 /* bursts before the first that counts: rings, caches, call sites */
#define RUNS_MAX  64
#define READ_SIZE (1 << 20)

/* ---- Callers. */

struct caller {
    const struct perf_log_subject *subject;
    pthread_t thread;
    pthread_barrier_t *barrier;
    struct perf_samples samples;
    unsigned index, rounds;
    uint32_t count;
    bool pin;
    int err;
};

/* To one core, the last ones first, so that core 0 with most interrupts is the writer's. */
static void pin(unsigned index) {
    cpu_set_t allowed, one;
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    for (size_t core = CPU_SETSIZE; core-- > 0;) {
        if (!CPU_ISSET(core, &allowed) || index-- > 0) continue;
        CPU_SET(core, &one);
        pthread_setaffinity_np(pthread_self(), sizeof one, &one);
        return;
    }
}

/* The threads begin each burst together, and the first waits until all of it is in the file. */
static void *run_bursts(void *user) {
    struct caller *caller = user;
    const struct perf_log_subject *subject = caller->subject;
    if (caller->pin) pin(caller->index);
    for (unsigned i = 0; i < caller->rounds + WARM_UPS; i++) {
        pthread_barrier_wait(caller->barrier);
        subject->put(subject->user, caller->count, i < WARM_UPS ? NULL : &caller->samples, 0);
        pthread_barrier_wait(caller->barrier);
        if (caller->index == 0 && !caller->err) caller->err = subject->flush(subject->user);
    }
    return NULL;
}

static void *run_paced(void *user) {
    struct caller *caller = user;
    const struct perf_log_subject *subject = caller->subject;
    if (caller->pin) pin(caller->index);
    for (unsigned i = 0; i < 2 && !caller->err; i++) { /* all of the ring */
        subject->put(subject->user, caller->count, NULL, 0);
        caller->err = subject->flush(subject->user);
    }
    uint64_t gap = (uint64_t)(PACE_NS * perf_ticks_per_ns());
    subject->put(subject->user, caller->count, &caller->samples, gap);
    if (!caller->err) caller->err = subject->flush(subject->user);
    return NULL;
}

/* Starts the threads, waits for them; the first error. */
static int run_threads(struct caller *callers, unsigned count, void *(*run)(void *)) {
    pthread_barrier_t barrier;
    unsigned started = 0;
    int err = -pthread_barrier_init(&barrier, NULL, count);
    for (unsigned i = 0; i < count && !err; i++) {
        callers[i].barrier = &barrier;
        err = -pthread_create(&callers[i].thread, NULL, run, &callers[i]);
        started += !err;
    }
    /* The threads that did start wait for one that never comes. */
    if (err && started) abort();
    for (unsigned i = 0; i < started; i++) {
        pthread_join(callers[i].thread, NULL);
        if (!err) err = callers[i].err;
    }
    pthread_barrier_destroy(&barrier);
    return err;
}

/* The samples of all threads as one. */
static int gather(struct caller *callers, unsigned count, struct perf_quantiles *quantiles) {
    struct perf_samples all;
    size_t size = 0;
    for (unsigned i = 0; i < count; i++) size += callers[i].samples.count;
    int err = perf_samples_open(&all, size ? size : 1);
    if (err) return err;
    for (unsigned i = 0; i < count; i++) {
        memcpy(all.ticks + all.count, callers[i].samples.ticks,
               callers[i].samples.count * sizeof *all.ticks);
        all.count += callers[i].samples.count;
        assert(all.count <= all.capacity);
    }
    *quantiles = perf_samples_quantiles(&all);
    perf_samples_close(&all);
    return 0;
}

static int measure_callers(const struct perf_log_subject *subject, const struct caller *model,
                           unsigned threads, void *(*run)(void *),
                           struct perf_quantiles *quantiles) {
    struct caller callers[PERF_LOG_THREADS_MAX];
    size_t capacity = (size_t)model->count * (model->rounds ? model->rounds : 1);
    int err = 0;
    assert(threads > 0 && threads <= PERF_LOG_THREADS_MAX);
    for (unsigned i = 0; i < threads; i++) {
        callers[i] = *model;
        callers[i].subject = subject;
        callers[i].index = i;
        callers[i].pin = perf_cores() > threads;
        callers[i].samples = (struct perf_samples){0};
        if (!err) err = perf_samples_open(&callers[i].samples, capacity);
    }
    if (!err) err = run_threads(callers, threads, run);
    if (!err) err = gather(callers, threads, quantiles);
    for (unsigned i = 0; i < threads; i++) perf_samples_close(&callers[i].samples);
    return err;
}

/* One way of calling, with a logger of its own. */
static int measure_latency(const struct perf_log_subject *subject, const struct perf_log_plan *plan,
                           const struct caller *model, unsigned threads, void *(*run)(void *),
                           struct perf_quantiles *quantiles, struct perf_log_figures *figures) {
    /* A paced run goes on for longer than a writer may be kept from running. */
    const struct perf_log_setup setup = {
        .path = plan->path, .threads = threads, .records = run == run_paced ? model->count : 0};
    int err = subject->open(subject->user, &setup);
    if (err) return err;
    err = measure_callers(subject, model, threads, run, quantiles);
    figures->dropped += (double)subject->dropped(subject->user);
    subject->close(subject->user);
    unlink(plan->path);
    return err;
}

static int measure_latencies(const struct perf_log_subject *subject,
                             const struct perf_log_plan *plan, struct perf_log_figures *figures) {
    const struct caller paced = {.count = plan->paced},
                        burst = {.count = PERF_LOG_BURST, .rounds = plan->bursts};
    int err = measure_latency(subject, plan, &paced, 1, run_paced, &figures->paced, figures);
    if (!err)
        err = measure_latency(subject, plan, &burst, 1, run_bursts, &figures->burst_1, figures);
    if (!err)
        err = measure_latency(subject, plan, &burst, 4, run_bursts, &figures->burst_4, figures);
    return err;
}

/* ---- Records a second. */

struct run {
    double seconds, cpu_s;
};

static int count_lines(const char *path, uint64_t *lines) {
    char *block = malloc(READ_SIZE);
    int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
    ssize_t size = 0;
    *lines = 0;
    if (fd < 0 || !block) err = block ? -errno : -ENOMEM;
    while (!err && (size = read(fd, block, READ_SIZE)) > 0)
        for (const char *at = block; (at = memchr(at, '\n', (size_t)(block + size - at))); at++)
            ++*lines;
    if (size < 0) err = -errno;
    if (fd >= 0) close(fd);
    free(block);
    return err;
}

/* One thread of a run: its share, without a clock. */
static void *run_share(void *user) {
    struct caller *caller = user;
    pthread_barrier_wait(caller->barrier);
    caller->subject->put(caller->subject->user, caller->count, NULL, 0);
    return NULL;
}

/* Threads that stay over all runs, as those of a service do: a run begins and ends at a barrier. */
struct crew {
    struct caller callers[PERF_LOG_THREADS_MAX];
    pthread_barrier_t begin, end;
    unsigned rounds;
};

struct member {
    struct crew *crew;
    struct caller *caller;
};

static void *run_member(void *user) {
    struct member *member = user;
    member->caller->barrier = &member->crew->begin;
    for (unsigned i = 0; i < member->crew->rounds; i++) {
        run_share(member->caller);
        pthread_barrier_wait(&member->crew->end);
    }
    return NULL;
}

/* One run: from the first call until all is in the file; then its lines are counted and taken away.
 */
static int measure_run(const struct perf_log_subject *subject, const struct perf_log_plan *plan,
                       struct crew *crew, uint32_t expected, struct run *run) {
    uint64_t lines = 0, cpu_ns = perf_cpu_ns(), start_ns = hr_clock_monotonic_ns();
    pthread_barrier_wait(&crew->begin);
    pthread_barrier_wait(&crew->end);
    int err = subject->flush(subject->user);
    run->seconds = (double)(hr_clock_monotonic_ns() - start_ns) / 1e9;
    run->cpu_s = (double)(perf_cpu_ns() - cpu_ns) / 1e9;
    if (!err) err = count_lines(plan->path, &lines);
    if (!err && lines != expected) err = -EBADMSG;
    if (!err && truncate(plan->path, 0) != 0) err = -errno;
    return err;
}

static int by_seconds(const void *a, const void *b) {
    double left = ((const struct run *)a)->seconds, right = ((const struct run *)b)->seconds;
    return (left > right) - (left < right);
}

static int measure_runs(const struct perf_log_subject *subject, const struct perf_log_plan *plan,
                        unsigned threads, struct run *median) {
    struct crew crew = {.rounds = plan->repeat + subject->warm_ups};
    struct member members[PERF_LOG_THREADS_MAX];
    struct run runs[RUNS_MAX], warm;
    uint32_t share = plan->records / threads;
    assert(plan->repeat > 0 && plan->repeat <= RUNS_MAX && threads <= PERF_LOG_THREADS_MAX);
    pthread_barrier_init(&crew.begin, NULL, threads + 1);
    pthread_barrier_init(&crew.end, NULL, threads + 1);
    for (unsigned i = 0; i < threads; i++) {
        crew.callers[i] = (struct caller){.subject = subject, .index = i, .count = share};
        members[i] = (struct member){&crew, &crew.callers[i]};
        if (pthread_create(&crew.callers[i].thread, NULL, run_member, &members[i]) != 0) abort();
    }
    int err = 0;
    for (unsigned i = 0; i < crew.rounds; i++) {
        bool counts = i >= subject->warm_ups;
        int failed = measure_run(subject, plan, &crew, share * threads,
                                 counts ? &runs[i - subject->warm_ups] : &warm);
        if (!err) err = failed;
    }
    for (unsigned i = 0; i < threads; i++) pthread_join(crew.callers[i].thread, NULL);
    pthread_barrier_destroy(&crew.begin);
    pthread_barrier_destroy(&crew.end);
    qsort(runs, plan->repeat, sizeof *runs, by_seconds);
    *median = runs[plan->repeat / 2];
    return err;
}

#define CASE(form, name, threads) {PERF_LOG_##form, threads},
static int measure_rate(const struct perf_log_subject *subject, const struct perf_log_plan *plan,
                        enum perf_log_case index, struct perf_log_figures *figures) {
    static const struct {
        enum perf_log_form form;
        unsigned threads;
    } cases[PERF_LOG_CASES] = {PERF_LOG_CASE_LIST(CASE)};
    unsigned threads = cases[index].threads;
    const struct perf_log_setup setup = {plan->path, cases[index].form, threads,
                                         plan->records / threads};
    struct run median = {0, 0};
    if (!subject->forms[setup.form]) return 0;
    int err = subject->open(subject->user, &setup);
    if (err) return err;
    err = measure_runs(subject, plan, threads, &median);
    figures->dropped += (double)subject->dropped(subject->user);
    subject->close(subject->user);
    unlink(plan->path);
    if (err) return err;
    double records = (double)setup.records * threads;
    figures->records_per_s[index] = records / median.seconds;
    figures->cpu_s_per_million[index] = median.cpu_s * 1e6 / records;
    return 0;
}

/* ---- Idle. */

static int measure_idle(const struct perf_log_subject *subject, const struct perf_log_plan *plan,
                        struct perf_log_figures *figures) {
    const struct perf_log_setup setup = {.path = plan->path, .threads = 1};
    const struct timespec pause = {(time_t)(plan->idle_ms / 1000),
                                   (long)(plan->idle_ms % 1000) * 1000000};
    int err = subject->open(subject->user, &setup);
    if (err) return err;
    subject->put(subject->user, 1, NULL, 0);
    err = subject->flush(subject->user);
    uint64_t cpu_ns = perf_cpu_ns(), start_ns = hr_clock_monotonic_ns();
    nanosleep(&pause, NULL);
    uint64_t passed_ns = hr_clock_monotonic_ns() - start_ns;
    figures->idle_cpu_percent = 100 * (double)(perf_cpu_ns() - cpu_ns) / (double)passed_ns;
    subject->close(subject->user);
    unlink(plan->path);
    return err;
}

int perf_log_measure(const struct perf_log_subject *subject, const struct perf_log_plan *plan,
                     struct perf_log_figures *figures) {
    bool has_file = subject->forms[PERF_LOG_TEXT];
    figures->dropped = 0;
    int err = plan->rates_only ? 0 : measure_latencies(subject, plan, figures);
    for (int index = 0; index < PERF_LOG_CASES && !err && has_file; index++)
        err = measure_rate(subject, plan, (enum perf_log_case)index, figures);
    if (!err && has_file && plan->idle_ms && !plan->rates_only)
        err = measure_idle(subject, plan, figures);
    return err;
}
