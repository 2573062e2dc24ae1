/* A process that logs from eight threads on two cores is killed at some instant, again and again;
 * then its files are completed. Every call that had returned stands in them once, each thread's in
 * order, in lines as an unkilled run writes them. The completing is killed, too.
 * test_log_kills [--kills N] [--seed N] [--mode NAME] */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <headrace/log.h>

/* The thread sanitizer puts a handler off until its thread calls something, and takes what a
 * stopped thread has left for a race. */
#ifdef __SANITIZE_THREAD__
enum { CRASHES_TOO = false };
#else
enum { CRASHES_TOO = true };
#endif

enum { THREADS = 8, BURST = 3000, SINKS = 2, RING_BYTES = 1 << 20 };

/* Shared with the process that is killed. */
struct page {
    uint64_t returned[THREADS]; /* calls, by thread */
    uint32_t ready, finished;   /* threads that log; that have logged all of theirs */
    uint32_t ending;            /* SIGTERM has come */
};

/* How a process ends that has the guard. */
enum crash { CRASH_NONE, CRASH_SEGV, CRASH_ABRT, CRASH_FPE, CRASH_IN_DRAIN, CRASHES };

static const struct {
    int number;
    const char *name;
} crashes[CRASHES] = {{SIGKILL, ""},
                      {SIGSEGV, "SIGSEGV address=0x"},
                      {SIGABRT, "SIGABRT address=null"},
                      {SIGFPE, "SIGFPE"},
                      {SIGBUS, "SIGBUS"}};

struct run {
    enum crash crash;
    int crash_thread;
    uint64_t crash_at; /* its call; of the drain: so many buffers */
    bool shared, terminated;
    uint32_t durable_ms;   /* of the second file; 0: it is written through the page cache */
    uint64_t rotate_bytes; /* of the first file; 0: it is not rotated */
    struct page *page;
    char folder[64], rings[64], paths[SINKS][96];
    uint64_t limit; /* calls of a thread; UINT64_MAX: until it is killed */
};

struct tally {
    uint64_t kills, crashes, terminated, commands, rotating, lines, compared, recoveries_killed,
        restarts;
};

static uint64_t random_state;
static char headrace[2048]; /* the program */

static uint64_t random_below(uint64_t limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % limit;
}

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("test_log_kills: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void pause_us(uint64_t us) {
    const struct timespec time = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
    nanosleep(&time, NULL);
}

/* ---- The process that is killed. */

struct writer {
    pthread_t thread;
    struct run *run;
    hr_log *log;
    int index;
};

static const char *text_of(uint64_t n) {
    static const char *const texts[] = {"", "short", "with \"quotes\"", "a text of middling length",
                                        "one that is a good deal longer than all the others are"};
    return texts[n % 5];
}

__attribute__((noreturn)) static void crash_now(enum crash crash) {
    char *closed = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (crash == CRASH_SEGV) *(volatile char *)closed = 1;
    if (crash == CRASH_ABRT) abort();
    raise(crashes[crash].number);
    fail("it lives on");
}

/* The drain's thread, between formatting and writing. */
static void crash_in_drain(void *user, const char *lines, size_t size) {
    struct run *run = user;
    (void)lines;
    (void)size;
    if (run->crash == CRASH_IN_DRAIN && run->crash_at-- == 0) crash_now(CRASH_IN_DRAIN);
}

/* A burst fits into the ring, and the next one begins when it has been written: nothing is dropped,
 * so that every call that returns was accepted. */
static void *write_records(void *user) {
    struct writer *writer = user;
    struct page *page = writer->run->page;
    hr_log *log = writer->log;
    __atomic_add_fetch(&page->ready, 1, __ATOMIC_SEQ_CST);
    for (uint64_t n = 0; n < writer->run->limit; n++) {
        if (__atomic_load_n(&page->ending, __ATOMIC_RELAXED)) break;
        if (n % 7 == 3)
            HR_WARN(log, "warned", "thread", writer->index, "n", n, "half", (double)n / 2);
        else
            HR_INFO(log, "counted", "thread", writer->index, "n", n, "text", text_of(n));
        __atomic_store_n(&page->returned[writer->index], n + 1, __ATOMIC_RELEASE);
        if (writer->run->crash_thread == writer->index && n == writer->run->crash_at)
            crash_now(writer->run->crash);
        if (n % BURST == BURST - 1) hr_log_flush(log, -1);
    }
    __atomic_add_fetch(&page->finished, 1, __ATOMIC_SEQ_CST);
    /* A ring that is handed on still holds what its first thread has left there. */
    while (__atomic_load_n(&page->finished, __ATOMIC_SEQ_CST) < THREADS) pause_us(200);
    return NULL;
}

static hr_log *open_log(struct run *run, const char *rings, struct hr_error *error) {
    const struct hr_log_sink sinks[SINKS + 1] = {
        {.kind = HR_LOG_SINK_FILE, .path = run->paths[0], .rotate_bytes = run->rotate_bytes},
        {.kind = HR_LOG_SINK_FILE,
         .path = run->paths[1],
         .format = HR_LOG_FORMAT_JSON,
         .level = HR_LOG_WARNING,
         .logger = "kill*",
         .durable_ms = run->durable_ms,
         .source = true},
        {.kind = HR_LOG_SINK_CALLBACK, .write = crash_in_drain, .user = run}};
    const struct hr_log_options options = {.name = "kill",
                                           .sinks = sinks,
                                           .sink_count = run->crash ? SINKS + 1 : SINKS,
                                           .ring_bytes = RING_BYTES,
                                           .rings_directory = rings};
    hr_log *log = NULL;
    if (hr_log_new(&options, error, &log) != 0) return NULL;
    return log;
}

/* The signals' own actions, not those of a sanitizer, and no core on the disk. */
static void guard(hr_log *log) {
    const struct rlimit none = {0, 0};
    const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
    struct sigaction action = {.sa_handler = SIG_DFL};
    setrlimit(RLIMIT_CORE, &none);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
    if (hr_log_crash_guard(log) != 0) fail("hr_log_crash_guard");
}

static void two_cores(void) {
    cpu_set_t all, two;
    CPU_ZERO(&all);
    CPU_ZERO(&two);
    if (sched_getaffinity(0, sizeof all, &all) != 0) return;
    for (size_t cpu = 0, count = 0; cpu < CPU_SETSIZE && count < 2; cpu++)
        if (CPU_ISSET(cpu, &all)) {
            CPU_SET(cpu, &two);
            count++;
        }
    sched_setaffinity(0, sizeof two, &two);
}

/* Never returns: it is killed, or told to end by itself. */
__attribute__((noreturn)) static void be_killed(struct run *run, bool close) {
    struct hr_error error = {0};
    struct writer writers[THREADS];
    two_cores();
    if (run->terminated) {
        sigset_t term;
        sigemptyset(&term);
        sigaddset(&term, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &term, NULL);
    }
    hr_log *log = open_log(run, run->shared ? run->rings : NULL, &error);
    if (!log) fail("hr_log_new: %s", error.message);
    if (run->crash) guard(log);
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.run = run, .log = log, .index = i};
        if (pthread_create(&writers[i].thread, NULL, write_records, &writers[i]) != 0)
            fail("no thread");
    }
    if (run->terminated) {
        sigset_t term;
        int number;
        sigemptyset(&term);
        sigaddset(&term, SIGTERM);
        sigwait(&term, &number);
        __atomic_store_n(&run->page->ending, 1, __ATOMIC_RELAXED);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(writers[i].thread, NULL);
    if (close) {
        hr_log_close(log);
        _exit(0);
    }
    for (;;) pause();
}

/* ---- The files. */

static char *read_all(const char *path, size_t *size) {
    FILE *file = fopen(path, "r");
    if (!file) fail("%s: %s", path, strerror(errno));
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*size + 1);
    if (!text || fread(text, 1, *size, file) != *size) fail("%s cannot be read", path);
    text[*size] = 0;
    fclose(file);
    return text;
}

enum { ROTATED_MAX = 400 };

static bool rotated_path(char path[128], const struct run *run, int number) {
    struct stat facts;
    snprintf(path, 128, "%s.%d", run->paths[0], number);
    return stat(path, &facts) == 0;
}

/* The rotated files, the oldest first, and the file itself, which is not there where the process
 * was killed between two names. */
static char *read_files(const struct run *run, int sink, size_t *size) {
    char *all = calloc(1, 1), path[128];
    *size = 0;
    for (int number = ROTATED_MAX; number >= 0; number--) {
        bool there = number && sink == 0 ? rotated_path(path, run, number)
                                         : number == 0 && access(run->paths[sink], F_OK) == 0;
        if (!there) continue;
        size_t more;
        char *text = read_all(number ? path : run->paths[sink], &more);
        all = realloc(all, *size + more + 1);
        if (!all) fail("no memory");
        memcpy(all + *size, text, more + 1);
        *size += more;
        free(text);
    }
    return all;
}

/* The line without its time, as docs/log.md says it: written here a second time, by printf. */
static void text_line(char *line, size_t size, int thread, uint64_t n) {
    if (n % 7 == 3)
        snprintf(line, size, " - kill - WARNING - warned [thread=%d n=%" PRIu64 " half=%.1f]",
                 thread, n, (double)n / 2);
    else if (strchr(text_of(n), ' ') || !text_of(n)[0])
        snprintf(line, size, " - kill - INFO - counted [thread=%d n=%" PRIu64 " text=%s]", thread,
                 n,
                 n % 5 == 2   ? "\"with \\\"quotes\\\"\""
                 : n % 5 == 3 ? "\"a text of middling length\""
                 : n % 5 == 4 ? "\"one that is a good deal longer than all the others are\""
                              : "\"\"");
    else
        snprintf(line, size, " - kill - INFO - counted [thread=%d n=%" PRIu64 " text=%s]", thread,
                 n, text_of(n));
}

static void json_line(char *line, size_t size, int thread, uint64_t n) {
    snprintf(line, size,
             "\"level\":\"WARNING\",\"logger\":\"kill\",\"message\":\"warned\",\"source\":\"*\","
             "\"thread\":%d,\"n\":%" PRIu64 ",\"half\":%.1f}",
             thread, n, (double)n / 2);
}

static uint64_t number_behind(const char *line, const char *key) {
    const char *at = strstr(line, key);
    return at ? strtoull(at + strlen(key), NULL, 10) : UINT64_MAX;
}

/* The line number of the source is this file's business, not the format's. */
static void hide_source(char *line) {
    char *at = strstr(line, "test_log_kills.c:");
    char *end = at ? strchr(at, '"') : NULL;
    if (!end) return;
    *at = '*';
    memmove(at + 1, end, strlen(end) + 1);
}

/* Every call that had returned, once and in order, and at most the one beside it that was going
 * on. */
static uint64_t check_file(const struct run *run, int sink, const char *extra_last) {
    size_t size;
    char *text = read_files(run, sink, &size), *at = text;
    uint64_t next[THREADS] = {0}, lines = 0;
    if (strlen(text) != size) fail("%s: a hole at byte %zu", run->paths[sink], strlen(text));
    while (at < text + size) {
        char expected[512], *end = memchr(at, '\n', (size_t)(text + size - at));
        if (!end) fail("%s: half a line: %s", run->paths[sink], at);
        *end = 0;
        if (extra_last && end + 1 == text + size) {
            if (!strstr(at, extra_last) || !strstr(at, "process dies of a signal"))
                fail("the last line is no %s: %s", extra_last, at);
            break;
        }
        if (sink) hide_source(at);
        const char *body = sink ? strstr(at, "\"level\"") : at + 24;
        uint64_t thread = number_behind(at, sink ? "\"thread\":" : "[thread=");
        uint64_t n = number_behind(at, sink ? "\"n\":" : " n=");
        if (!body || (body != at + 40 && body != at + 24) || thread >= THREADS)
            fail("%s: no line of ours: %s", run->paths[sink], at);
        if (sink)
            json_line(expected, sizeof expected, (int)thread, n);
        else
            text_line(expected, sizeof expected, (int)thread, n);
        if (strcmp(body, expected) != 0) fail("a line is\n%s and not\n%s", body, expected);
        uint64_t wanted = next[thread];
        while (sink && wanted % 7 != 3) wanted++;
        if (n != wanted)
            fail("%s: thread %" PRIu64 ": %" PRIu64 " where %" PRIu64 " should be (%" PRIu64
                 " returned)",
                 run->paths[sink], thread, n, wanted, run->page->returned[thread]);
        next[thread] = n + 1;
        lines++;
        at = end + 1;
    }
    for (int i = 0; i < THREADS; i++) {
        uint64_t least = run->page->returned[i], most = least + 1;
        while (sink && least > 0 && (least - 1) % 7 != 3) least--;
        if (next[i] < least)
            fail("%s: thread %d: %" PRIu64 " of %" PRIu64 " are there", run->paths[sink], i,
                 next[i], least);
        if (next[i] > most)
            fail("thread %d: %" PRIu64 " are there, %" PRIu64 " were begun", i, next[i], most);
    }
    free(text);
    return lines;
}

/* ---- Kills. */

static void make_run(struct run *run, uint64_t limit) {
    memset(run, 0, sizeof *run);
    run->crash_thread = -1;
    run->shared = true;
    run->page =
        mmap(NULL, sizeof *run->page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run->page == MAP_FAILED) fail("no memory");
    run->limit = limit;
    snprintf(run->folder, sizeof run->folder, "/tmp/headrace-kills-XXXXXX");
    snprintf(run->rings, sizeof run->rings, "/dev/shm/headrace-kills-XXXXXX");
    if (!mkdtemp(run->folder)) fail("%s: %s", run->folder, strerror(errno));
    if (!mkdtemp(run->rings)) fail("%s: %s", run->rings, strerror(errno));
    snprintf(run->paths[0], sizeof run->paths[0], "%s/text.log", run->folder);
    snprintf(run->paths[1], sizeof run->paths[1], "%s/json.log", run->folder);
}

static void end_run(struct run *run) {
    char lock[96], path[128];
    for (int i = 0; i < SINKS; i++) unlink(run->paths[i]);
    for (int number = 1; number <= ROTATED_MAX; number++)
        if (rotated_path(path, run, number)) unlink(path);
    snprintf(lock, sizeof lock, "%s/lock", run->rings);
    unlink(lock);
    if (rmdir(run->rings) != 0) fail("%s is not empty", run->rings);
    rmdir(run->folder);
    munmap(run->page, sizeof *run->page);
}

static uint64_t returned(const struct run *run) {
    uint64_t all = 0;
    for (int i = 0; i < THREADS; i++)
        all += __atomic_load_n(&run->page->returned[i], __ATOMIC_ACQUIRE);
    return all;
}

/* Waits for a child that has been killed with `number`; any other end is a failure. */
static void reap(pid_t child, int number) {
    int status;
    if (waitpid(child, &status, 0) != child) fail("waitpid: %s", strerror(errno));
    if (!WIFSIGNALED(status) || WTERMSIG(status) != number)
        fail("the child ended with status %x", (unsigned)status);
}

/* Until the child has come that far; it must not end by itself before. */
static void await(pid_t child, const uint32_t *flag, uint32_t value) {
    int status;
    while (__atomic_load_n(flag, __ATOMIC_ACQUIRE) < value) {
        if (waitpid(child, &status, WNOHANG) != 0) fail("the child ended early");
        pause_us(200);
    }
}

static pid_t start_child(void (*body)(struct run *run), struct run *run) {
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) fail("fork: %s", strerror(errno));
    if (child == 0) body(run);
    return child;
}

__attribute__((noreturn)) static void run_recover(struct run *run) {
    struct hr_error error = {0};
    int err = hr_log_recover(run->rings, NULL, &error, NULL);
    if (err) fail("hr_log_recover: %s", error.message);
    _exit(0);
}

/* With the program itself; false: it is not there. */
static bool by_command(const struct run *run) {
    char command[2200], answer[4096];
    if (access(headrace, X_OK) != 0) return false;
    snprintf(command, sizeof command, "%s log recover --json %s", headrace, run->rings);
    FILE *pipe = popen(command, "r");
    if (!pipe) fail("popen: %s", strerror(errno));
    size_t size = fread(answer, 1, sizeof answer - 1, pipe);
    answer[size] = 0;
    if (pclose(pipe) != 0) fail("%s: %s", command, answer);
    if (!strstr(answer, "\"problems\":[]") || !strstr(answer, "\"error\":null}"))
        fail("%s: %s", command, answer);
    return true;
}

/* Completes the files, after having been killed in it up to three times. */
static void recover(struct run *run, struct tally *tally) {
    uint64_t kills = random_below(4);
    for (uint64_t i = 0; i < kills; i++) {
        int status;
        pid_t child = start_child(run_recover, run);
        pause_us(random_below(i ? 3000 : 30000));
        kill(child, SIGKILL);
        if (waitpid(child, &status, 0) != child) fail("waitpid");
        if (WIFSIGNALED(status))
            tally->recoveries_killed++;
        else if (status != 0)
            fail("recovering ended with status %x", (unsigned)status);
    }
    struct hr_error error = {0};
    uint64_t way = random_below(3);
    if (way == 1 && by_command(run)) {
        tally->commands++;
    } else if (way == 0) { /* the service starts again */
        hr_log *log = open_log(run, run->rings, &error);
        if (!log) fail("starting again: %s", error.message);
        if (hr_log_close(log) != 0) fail("closing");
        tally->restarts++;
    } else if (hr_log_recover(run->rings, NULL, &error, NULL) != 0) {
        fail("hr_log_recover: %s", error.message);
    }
    struct hr_log_recovery again = {0};
    if (hr_log_recover(run->rings, NULL, &error, &again) != 0 || again.lines != 0)
        fail("a second time: %s, %" PRIu64 " lines", error.message, again.lines);
}

__attribute__((noreturn)) static void kill_me(struct run *run) {
    be_killed(run, false);
}

/* The bytes that the process had written are those that completing writes there. */
static void compare(const char *before, size_t before_size, const struct run *run,
                    struct tally *tally) {
    size_t size;
    char *after = read_all(run->paths[0], &size);
    if (size < before_size) fail("%s is shorter than it was", run->paths[0]);
    for (size_t i = 0; i < before_size; i++)
        if (before[i] && before[i] != after[i])
            fail("%s: byte %zu was something else before it was recovered", run->paths[0], i);
    tally->compared += before_size;
    free(after);
}

static void kill_once(struct tally *tally, bool at_rest) {
    struct run run;
    make_run(&run, at_rest ? 500 + random_below(BURST) : UINT64_MAX);
    if (random_below(2)) run.rotate_bytes = 30000 + random_below(300000);
    if (random_below(3) == 0) run.durable_ms = 1 + (uint32_t)random_below(10);
    pid_t child = start_child(kill_me, &run);
    await(child, &run.page->ready, THREADS);
    if (at_rest)
        await(child, &run.page->finished, THREADS);
    else
        for (uint64_t wanted = random_below(THREADS * BURST * 3); returned(&run) < wanted;)
            pause_us(50);
    pause_us(random_below(at_rest ? 300 : 4000));
    kill(child, SIGKILL);
    reap(child, SIGKILL);
    size_t size;
    char *before = run.rotate_bytes ? NULL : read_all(run.paths[0], &size);
    recover(&run, tally);
    for (int sink = 0; sink < SINKS; sink++) tally->lines += check_file(&run, sink, NULL);
    if (before) compare(before, size, &run, tally);
    if (run.rotate_bytes) tally->rotating++;
    free(before);
    tally->kills++;
    end_run(&run);
}

/* The guard has completed the files itself; where rings are shared there is nothing left to do. */
static void crash_once(struct tally *tally) {
    struct run run;
    struct hr_error error = {0};
    struct hr_log_recovery recovery = {0};
    make_run(&run, UINT64_MAX);
    if (random_below(2)) run.rotate_bytes = 30000 + random_below(300000);
    if (random_below(3) == 0) run.durable_ms = 1 + (uint32_t)random_below(10);
    run.crash = (enum crash)(1 + random_below(CRASHES - 1));
    run.crash_thread = run.crash == CRASH_IN_DRAIN ? -1 : (int)random_below(THREADS);
    run.crash_at = random_below(run.crash == CRASH_IN_DRAIN ? 20 : 3 * BURST);
    run.shared = random_below(2);
    pid_t child = start_child(kill_me, &run);
    reap(child, crashes[run.crash].number);
    for (int sink = 0; sink < SINKS; sink++)
        tally->lines += check_file(&run, sink, sink ? "process dies" : crashes[run.crash].name);
    if (run.shared && hr_log_recover(run.rings, NULL, &error, &recovery) != 0)
        fail("hr_log_recover: %s", error.message);
    if (recovery.lines) fail("%" PRIu64 " lines came twice", recovery.lines);
    tally->crashes++;
    end_run(&run);
}

__attribute__((noreturn)) static void close_me(struct run *run) {
    be_killed(run, true);
}

/* SIGTERM as docs/log-crash.md says: wait for it, end the work, close the log. */
static void terminate_once(struct tally *tally) {
    struct run run;
    int status;
    make_run(&run, UINT64_MAX);
    run.terminated = true;
    run.shared = random_below(2);
    pid_t child = start_child(close_me, &run);
    await(child, &run.page->ready, THREADS);
    pause_us(random_below(20000));
    kill(child, SIGTERM);
    if (waitpid(child, &status, 0) != child || status != 0) fail("SIGTERM: %x", (unsigned)status);
    for (int sink = 0; sink < SINKS; sink++) tally->lines += check_file(&run, sink, NULL);
    tally->terminated++;
    end_run(&run);
}

/* An unkilled run, by the same measure. */
static void run_unkilled(void) {
    struct run run;
    int status;
    make_run(&run, 2 * BURST);
    pid_t child = start_child(close_me, &run);
    if (waitpid(child, &status, 0) != child || status != 0) fail("the unkilled run failed");
    for (int sink = 0; sink < SINKS; sink++) check_file(&run, sink, NULL);
    end_run(&run);
}

int main(int count, char **arguments) {
    uint64_t kills = 20;
    const char *given = getenv("HR_HEADRACE");
    snprintf(headrace, sizeof headrace, "%.1000s%s", given ? given : dirname(arguments[0]),
             given ? "" : "/../../perf/headrace");
    struct tally tally = {0};
    random_state = (uint64_t)getpid() * UINT64_C(0x9e3779b97f4a7c15);
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(arguments[i], "--kills") == 0) kills = strtoull(arguments[i + 1], NULL, 10);
        if (strcmp(arguments[i], "--seed") == 0)
            random_state = strtoull(arguments[i + 1], NULL, 10);
    }
    printf("seed %" PRIu64 "\n", random_state);
    run_unkilled();
    for (uint64_t i = 0; i < kills; i++) {
        if (i % 4 == 3 && CRASHES_TOO)
            crash_once(&tally);
        else if (i % 10 == 8)
            terminate_once(&tally);
        else
            kill_once(&tally, i % 5 == 4);
    }
    printf("%" PRIu64 " kills (%" PRIu64 " while files were rotated), %" PRIu64 " crashes, %" PRIu64
           " terminations: %" PRIu64 " lines, each accepted one once and in order\n",
           tally.kills, tally.rotating, tally.crashes, tally.terminated, tally.lines);
    printf("recovering was killed %" PRIu64 " times, the command did it %" PRIu64
           " times and a new start %" PRIu64 " times; %" PRIu64
           " bytes that had been written stayed as they were\n",
           tally.recoveries_killed, tally.commands, tally.restarts, tally.compared);
    return 0;
}
