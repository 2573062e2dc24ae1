/* Runs simulated worlds, one a seed, in worker processes: a seed that crashes or hangs is a finding
 * too, and the rest goes on. Use run.sh. */
#include <getopt.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "scenario.h"
#include "world.h"

#define JOBS_MAX       64
#define PROGRESS_S     10
#define WATCHDOG_S     60 /* for one seed; a usual one takes some milliseconds */
#define EXIT_USAGE     2
#define TELL_BYTES_MAX 2048

struct options {
    uint64_t first, count;
    unsigned jobs;
    bool trace, twice;
    const char *profile;
    const struct scenario_kind *scenario; /* NULL: worlds */
};

/* What a worker tells the one that watches over it. Shared memory. */
struct worker {
    pid_t pid;
    uint64_t seed; /* the one it is at */
    uint64_t done;
    struct scenario_tally tally;
    int said; /* its standard error, a memory file */
};

/* ---- A worker. */

static size_t allocated(void) {
    return mallinfo2().uordblks;
}

/* Of the worker's scenarios; once more for a comparison, which does not count. */
static struct scenario_tally *tally, uncounted;

static void run_one(const struct options *options, uint64_t seed, FILE *trace) {
    if (options->scenario)
        scenario_run(options->scenario, seed, trace, tally);
    else
        world_run(seed, world_profile_find(options->profile, seed), trace);
}

/* Memory that grows again when the seed is run again is lost; once may be a cache that was filled.
 */
static void run_leak_checked(const struct options *options, uint64_t seed, FILE *trace) {
    size_t before = allocated();
    run_one(options, seed, trace);
    for (unsigned again = 0; allocated() > before; again++) {
        size_t grown = allocated() - before;
        if (again == 3) oracle_finding("%zu bytes are not freed", grown);
        before = allocated();
        tally = &uncounted;
        run_one(options, seed, NULL);
    }
}

/* The same seed has to give the same run. */
static void compare_twice(const struct options *options, uint64_t seed) {
    char *text[2];
    size_t size[2];
    for (unsigned i = 0; i < 2; i++) {
        FILE *trace = open_memstream(&text[i], &size[i]);
        if (!trace) abort();
        run_one(options, seed, trace);
        fclose(trace);
    }
    size_t at = 0;
    while (at < size[0] && at < size[1] && text[0][at] == text[1][at]) at++;
    if (at < size[0] || at < size[1]) {
        while (at > 0 && text[0][at - 1] != '\n') at--;
        oracle_finding("two runs differ at byte %zu of the trace: %.100s / %.100s", at,
                       text[0] + at, text[1] + at);
    }
    free(text[0]);
    free(text[1]);
}

static void work(const struct options *options, struct worker *worker, uint64_t end,
                 uint64_t stride) {
    FILE *trace = options->trace ? stdout : NULL;
    for (; worker->seed < end; worker->seed += stride) {
        alarm(WATCHDOG_S);
        tally = &worker->tally;
        if (options->twice)
            compare_twice(options, worker->seed);
        else
            run_leak_checked(options, worker->seed, trace);
        worker->done++;
    }
    exit(0); /* so that a leak checker looks */
}

/* ---- Watching over them. */

static void start_worker(const struct options *options, struct worker *worker, uint64_t end) {
    fflush(NULL);
    if (ftruncate(worker->said, 0) < 0 || lseek(worker->said, 0, SEEK_SET) < 0) abort();
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        exit(1);
    }
    if (pid == 0) {
        signal(SIGALRM, SIG_DFL); /* the watchdog of a seed ends it */
        dup2(worker->said, STDERR_FILENO);
        work(options, worker, end, options->jobs);
    }
    worker->pid = pid;
}

/* The line of what it said that tells most. */
static void print_reason(const char *text, int status) {
    static const char *const marks[] = {"finding: ", "Assertion", "ERROR: ", "runtime error"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *at = strstr(text, marks[i]);
        if (!at) continue;
        if (i == 0)
            at += strlen(marks[0]);
        else
            while (at > text && at[-1] != '\n') at--;
        printf("%.*s\n", (int)strcspn(at, "\n"), at);
        return;
    }
    if (WIFSIGNALED(status))
        printf("crashes: %s\n", strsignal(WTERMSIG(status)));
    else
        printf("ends with %d and says nothing\n", WEXITSTATUS(status));
}

static void print_finding(const struct options *options, const struct worker *worker, int status) {
    static char text[1 << 20];
    ssize_t size = pread(worker->said, text, sizeof text - 1, 0);
    text[size > 0 ? size : 0] = '\0';
    const char *profile = options->scenario
                              ? options->scenario->name
                              : world_profile_find(options->profile, worker->seed)->name;
    printf("finding: seed %" PRIu64 " (%s): ", worker->seed, profile);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        printf("hangs: not done after %d s\n", WATCHDOG_S);
    else
        print_reason(text, status);
    printf("%.*s", options->trace ? (int)sizeof text : TELL_BYTES_MAX, text);
    printf("  replay: bash tests/sim/run.sh --first-seed %" PRIu64 " --seeds 1%s%s --trace\n",
           worker->seed,
           options->scenario  ? " --scenario "
           : options->profile ? " --profile "
                              : "",
           options->scenario  ? options->scenario->name
           : options->profile ? options->profile
                              : "");
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* False: the scenario's seeds together are not good enough. */
static bool judge(const struct options *options, const struct worker *workers) {
    if (!options->scenario) return true;
    struct scenario_tally sum = {0};
    for (unsigned i = 0; i < options->jobs; i++) {
        const struct scenario_tally *each = &workers[i].tally;
        sum.requests += each->requests;
        sum.succeeded += each->succeeded;
        sum.attempts += each->attempts;
        sum.retries += each->retries;
        sum.rejected += each->rejected;
        sum.opened += each->opened;
        sum.hedges += each->hedges;
        sum.hedges_won += each->hedges_won;
        sum.hedged += each->hedged;
        sum.strays += each->strays;
        sum.records += each->records;
        sum.dropped += each->dropped;
        sum.lines += each->lines;
        if (each->slowest_ns > sum.slowest_ns) sum.slowest_ns = each->slowest_ns;
    }
    return options->scenario->judge(&sum);
}

static uint64_t done_by(const struct worker *workers, unsigned count) {
    uint64_t done = 0;
    for (unsigned i = 0; i < count; i++)
        done += __atomic_load_n(&workers[i].done, __ATOMIC_RELAXED);
    return done;
}

static void on_alarm(int number) {
    (void)number; /* only to interrupt the wait */
}

/* One worker has ended. A finding: another goes on behind it. Whether there is no more to do. */
static bool reap(const struct options *options, struct worker *worker, int status, uint64_t end,
                 uint64_t *findings) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    ++*findings;
    if (worker->seed < end) {
        print_finding(options, worker, status);
    } else {
        printf("finding: a leak at the end of a worker\n");
        return true;
    }
    worker->done++;
    worker->seed += options->jobs;
    if (worker->seed >= end) return true;
    start_worker(options, worker, end);
    return false;
}

static uint64_t run_all(const struct options *options, struct worker *workers, double begun) {
    uint64_t end = options->first + options->count, findings = 0;
    for (unsigned i = 0; i < options->jobs; i++) {
        workers[i].seed = options->first + i;
        workers[i].said = memfd_create("said", MFD_CLOEXEC);
        start_worker(options, &workers[i], end);
    }
    unsigned running = options->jobs;
    while (running) {
        int status;
        alarm(PROGRESS_S);
        pid_t pid = wait(&status);
        if (pid < 0) {
            uint64_t done = done_by(workers, options->jobs);
            fprintf(stderr, "%" PRIu64 " seeds, %" PRIu64 " findings, %.1f seeds/s\n", done,
                    findings, (double)done / (seconds() - begun));
            continue;
        }
        for (unsigned i = 0; i < options->jobs; i++)
            if (workers[i].pid == pid && reap(options, &workers[i], status, end, &findings))
                running--;
        fflush(stdout);
    }
    alarm(0);
    return findings;
}

/* ---- The command line. */

static int usage(void) {
    fprintf(stderr, "usage: sim --first-seed N --seeds M [--jobs J] [--trace] [--twice] "
                    "[--profile NAME | --scenario NAME]\n");
    return EXIT_USAGE;
}

static bool parse(int count, char **words, struct options *options) {
    static const struct option names[] = {{"first-seed", required_argument, NULL, 'f'},
                                          {"seeds", required_argument, NULL, 's'},
                                          {"jobs", required_argument, NULL, 'j'},
                                          {"trace", no_argument, NULL, 't'},
                                          {"twice", no_argument, NULL, '2'},
                                          {"profile", required_argument, NULL, 'p'},
                                          {"scenario", required_argument, NULL, 'c'},
                                          {NULL, 0, NULL, 0}};
    for (int name; (name = getopt_long(count, words, "", names, NULL)) != -1;) {
        if (name == 'f') options->first = strtoull(optarg, NULL, 10);
        if (name == 's') options->count = strtoull(optarg, NULL, 10);
        if (name == 'j') options->jobs = (unsigned)strtoul(optarg, NULL, 10);
        if (name == 't') options->trace = true;
        if (name == '2') options->twice = true;
        if (name == 'p') options->profile = optarg;
        if (name == 'c' && !(options->scenario = scenario_find(optarg))) return false;
        if (name == '?') return false;
    }
    if (options->jobs > options->count) options->jobs = (unsigned)options->count;
    if (options->trace) options->jobs = 1;
    return options->first && options->count && options->jobs && options->jobs <= JOBS_MAX &&
           optind == count && world_profile_find(options->profile, 1);
}

/* What malloc keeps for each thread counts as allocated: without that, what is lost can be seen. */
static void without_thread_caches(char **words) {
    if (getenv("GLIBC_TUNABLES")) return;
    setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
    execv("/proc/self/exe", words);
}

int main(int count, char **words) {
    without_thread_caches(words);
    mallopt(M_PERTURB, 0x5a); /* memory that is freed is not what it was: its late use shows */
    struct options options = {.first = 1, .count = 100, .jobs = 1};
    if (!parse(count, words, &options)) return usage();
    struct worker *workers = mmap(NULL, JOBS_MAX * sizeof *workers, PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (workers == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    struct sigaction action = {.sa_handler = on_alarm}; /* without SA_RESTART */
    sigaction(SIGALRM, &action, NULL);
    double begun = seconds();
    uint64_t findings = run_all(&options, workers, begun);
    bool good = judge(&options, workers);
    printf("%" PRIu64 " seeds, %" PRIu64 " findings, %.1f seeds/s\n", options.count, findings,
           (double)options.count / (seconds() - begun));
    return findings || !good ? 1 : 0;
}
