/* Threads that read a watch: what a read costs them, and reloads while they read. */
#include "config_bench_measure.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#include <headrace/clock.h>
#include <headrace/config_watch.h>

#include "config_bench_schema.h"
#include "spread.h"

#define READS_A_KEY  200u
#define READS_A_LOOK 1024u /* of a value, between two looks at whether it is over */

enum phase { WAIT, READ, END };

/* Readers of one watch, which begin together. */
struct crew {
    hr_config_watch *watch;
    enum phase phase; /* changed by the main thread */
    uint64_t reads;   /* of each thread; 0: until the end */
    unsigned count;
    struct member {
        struct crew *crew;
        pthread_t thread;
        double ns;     /* CPU time of a read */
        uint64_t torn; /* values that were of two configurations */
    } members[PERF_CONFIG_READERS_MAX];
};

static uint64_t thread_cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static enum phase phase_of(struct crew *crew) {
    return __atomic_load_n(&crew->phase, __ATOMIC_ACQUIRE);
}

static void await_begin(struct crew *crew) {
    while (phase_of(crew) == WAIT) sched_yield();
}

/* Reads the snapshot alone, so many times. */
static void *read_snapshots(void *user) {
    struct member *member = user;
    struct hr_config_reader reader;
    hr_config_reader_open(member->crew->watch, &reader);
    await_begin(member->crew);
    uint64_t start_ns = thread_cpu_ns();
    for (uint64_t i = 0; i < member->crew->reads; i++) {
        const hr_config *config = hr_config_read(&reader);
        __asm__ volatile("" : "+r"(config)::"memory");
    }
    member->ns = (double)(thread_cpu_ns() - start_ns) / (double)member->crew->reads;
    hr_config_reader_close(&reader);
    return NULL;
}

/* Reads values at both ends of the configuration until it is told to end. */
static void *read_values(void *user) {
    struct member *member = user;
    struct hr_config_reader reader;
    hr_config_reader_open(member->crew->watch, &reader);
    await_begin(member->crew);
    while (phase_of(member->crew) == READ) {
        for (uint32_t i = 0; i < READS_A_LOOK; i++) {
            const struct perf_config_values *values = hr_config_values(hr_config_read(&reader));
            member->torn += values->revision != values->revision_again;
        }
    }
    hr_config_reader_close(&reader);
    return NULL;
}

/* Starts the threads, which leave signals to the main thread; where one cannot be started those
 * that were are ended. */
static int crew_start(struct crew *crew, unsigned readers, void *(*run)(void *)) {
    sigset_t all, before;
    int err = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    assert(readers > 0 && readers <= PERF_CONFIG_READERS_MAX);
    for (unsigned i = 0; i < readers && !err; i++) {
        crew->members[i] = (struct member){.crew = crew};
        err = -pthread_create(&crew->members[i].thread, NULL, run, &crew->members[i]);
        crew->count += !err;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (err) crew->reads = 0;
    __atomic_store_n(&crew->phase, err ? END : READ, __ATOMIC_RELEASE);
    return err;
}

static void crew_join(struct crew *crew) {
    for (unsigned i = 0; i < crew->count; i++) pthread_join(crew->members[i].thread, NULL);
}

static int open_watch(const struct hr_config_options *load, hr_config_watch **watch,
                      struct hr_error *error) {
    const struct hr_config_watch_options options = {.load = load};
    return hr_config_watch_new(&options, NULL, error, watch);
}

/* ---- Snapshots. */

static int measure_snapshots(const struct perf_config_plan *plan,
                             const struct hr_config_options *load,
                             struct perf_config_figures *figures, struct hr_error *error) {
    struct crew crew = {.reads = (uint64_t)plan->keys * READS_A_KEY};
    int err = open_watch(load, &crew.watch, error);
    if (err) return err;
    err = crew_start(&crew, plan->readers, read_snapshots);
    if (err) hr_error_set(error, err, "no thread for a reader: %s", hr_error_text(err));
    crew_join(&crew);
    hr_config_watch_close(crew.watch);
    double sum = 0;
    for (unsigned i = 0; i < crew.count; i++) sum += crew.members[i].ns;
    if (!err) figures->of[PERF_CONFIG_SNAPSHOT] = sum / plan->readers;
    return err;
}

/* ---- Reloads. */

struct reloads {
    double ms[PERF_CONFIG_LOADS_MAX], cpu_ms[PERF_CONFIG_LOADS_MAX];
    uint32_t count;
};

/* Each reads a file that has changed in one value at either end. */
static int reload(const struct perf_config_plan *plan, hr_config_watch *watch,
                  struct reloads *reloads, struct hr_error *error) {
    int err = perf_config_files_revise(plan->files, reloads->count + 1);
    if (err) return hr_error_set(error, err, "%.150s: %s", plan->files->folder, hr_error_text(err));
    uint64_t start_ns = hr_clock_monotonic_ns(), cpu_ns = thread_cpu_ns();
    err = hr_config_watch_reload(watch, NULL, error);
    reloads->cpu_ms[reloads->count] = (double)(thread_cpu_ns() - cpu_ns) / 1e6;
    reloads->ms[reloads->count++] = (double)(hr_clock_monotonic_ns() - start_ns) / 1e6;
    return err;
}

static int check_readers(const struct crew *crew, const struct reloads *reloads,
                         struct hr_error *error) {
    struct hr_config_reader reader;
    uint64_t torn = 0;
    for (unsigned i = 0; i < crew->count; i++) torn += crew->members[i].torn;
    if (torn > 0)
        return hr_error_set(error, -EBADMSG, "readers saw %llu values of two configurations",
                            (unsigned long long)torn);
    hr_config_reader_open(crew->watch, &reader);
    const struct perf_config_values *values = hr_config_values(hr_config_read(&reader));
    uint32_t revision = values->revision;
    hr_config_reader_close(&reader);
    if (revision == reloads->count) return 0;
    return hr_error_set(error, -EBADMSG, "after %u reloads revision %u is in force", reloads->count,
                        revision);
}

static int measure_reloads(const struct perf_config_plan *plan,
                           const struct hr_config_options *load,
                           struct perf_config_figures *figures, struct hr_error *error) {
    struct crew crew = {.reads = 0};
    struct reloads reloads = {.count = 0};
    uint32_t loads = perf_config_loads(plan, perf_config_document_keys(PERF_CONFIG_RELOADED));
    int err = open_watch(load, &crew.watch, error);
    if (err) return err;
    err = crew_start(&crew, plan->readers, read_values);
    if (err) hr_error_set(error, err, "no thread for a reader: %s", hr_error_text(err));
    while (reloads.count < loads && !err) err = reload(plan, crew.watch, &reloads, error);
    __atomic_store_n(&crew.phase, END, __ATOMIC_RELEASE);
    crew_join(&crew);
    if (!err) err = check_readers(&crew, &reloads, error);
    hr_config_watch_close(crew.watch);
    if (err) return err;
    figures->of[PERF_CONFIG_RELOAD] = perf_spread_of(reloads.ms, loads).median;
    figures->of[PERF_CONFIG_RELOAD_CPU] = perf_spread_of(reloads.cpu_ms, loads).median;
    return 0;
}

int perf_config_measure_readers(const struct perf_config_plan *plan,
                                struct perf_config_figures *figures, struct hr_error *error) {
    const char *path = plan->files->paths[PERF_CONFIG_RELOADED];
    const struct hr_config_options load = {.files = &path,
                                           .file_count = 1,
                                           .prefix = PERF_CONFIG_PREFIX,
                                           .schema = &perf_config_schema};
    int err = perf_config_files_revise(plan->files, 0);
    if (err) return hr_error_set(error, err, "%.150s: %s", plan->files->folder, hr_error_text(err));
    err = measure_snapshots(plan, &load, figures, error);
    return err ? err : measure_reloads(plan, &load, figures, error);
}
