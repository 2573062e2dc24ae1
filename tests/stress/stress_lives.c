/* Engines made, used once and closed, 10,000 times by their caller and 1,000 times with threads, on
 * each back end. Descriptors, threads and memory stay what they were.
 *
 * usage: stress_lives [--lives N]     (10000) */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <engine/reactor.h>
#include <engine/request_core.h>

#define LIVES         10000
#define WARM_UP       100
#define THREADS_SHARE 10 /* an engine with threads for so many without */
#define RSS_MORE_KIB  2048
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* their own memory grows */
#else
#define SANITIZED 0
#endif

static void start(struct hr_request *request) {
    hr__request_finish(request, 0);
}

static void stop(struct hr_request *request, int reason) {
    (void)request, (void)reason;
}

static const struct hr_request_class request_class = {
    .name = "life", .start = start, .stop = stop, .resume = NULL};

static int live(const struct hr_engine_options *options) {
    struct hr_error error = {.code = 0};
    struct hr_request request = {.result = 1};
    hr_engine *engine;
    if (hr_engine_new(options, &error, &engine) < 0) {
        fprintf(stderr, "stress_lives: %s\n", error.message);
        return 1;
    }
    int result = hr__request_submit(&request, hr__engine_pick(engine), &request_class, NULL);
    if (result == 0) result = hr_wait(&request);
    if (result == 0) result = hr_engine_close(engine, NULL, NULL);
    if (result < 0) fprintf(stderr, "stress_lives: %s\n", hr_error_name(result));
    return result < 0;
}

static unsigned entries(const char *path) {
    unsigned count = 0;
    DIR *folder = opendir(path);
    while (folder && readdir(folder)) count++;
    if (folder) closedir(folder);
    return count;
}

static uint64_t rss_kib(void) {
    unsigned long long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fscanf(file, "%llu %llu", &size, &resident) != 2) resident = 0;
    if (file) fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* A thread that was joined may stand in /proc for a moment longer. */
static unsigned threads_at_rest(unsigned expected) {
    unsigned count = 0;
    for (int i = 0; i < 1000 && (count = entries("/proc/self/task")) > expected; i++) usleep(1000);
    return count;
}

static int live_often(enum hr_engine_backend backend, enum hr_engine_mode mode,
                      unsigned long lives) {
    struct hr_engine_options options = {
        .backend = backend, .mode = mode, .reactors = mode == HR_ENGINE_CALLER ? 1 : 2};
    unsigned fds = 0, threads = 0;
    uint64_t rss = 0;
    for (unsigned long i = 0; i < WARM_UP + lives; i++) {
        if (live(&options) != 0) return 1;
        if (i + 1 != WARM_UP) continue;
        fds = entries("/proc/self/fd");
        threads = entries("/proc/self/task");
        rss = rss_kib();
    }
    unsigned fds_after = entries("/proc/self/fd"), threads_after = threads_at_rest(threads);
    uint64_t rss_after = rss_kib();
    bool good = fds_after <= fds && threads_after <= threads &&
                (SANITIZED || rss_after <= rss + RSS_MORE_KIB);
    printf("stress_lives: %s, %s, %s: %lu engines, descriptors %u to %u, threads %u to %u, RSS "
           "%" PRIu64 " to %" PRIu64 " KiB\n",
           good ? "ok" : "FAILED", backend == HR_BACKEND_EPOLL ? "epoll" : "io_uring",
           mode == HR_ENGINE_CALLER ? "caller" : "threads", lives, fds, fds_after, threads,
           threads_after, rss, rss_after);
    return good ? 0 : 1;
}

int main(int argc, char **argv) {
    unsigned long lives = argc == 3 ? strtoul(argv[2], NULL, 10) : LIVES;
    if ((argc != 1 && (argc != 3 || strcmp(argv[1], "--lives") != 0)) || lives < THREADS_SHARE) {
        fputs("usage: stress_lives [--lives N]\n", stderr);
        return 2;
    }
    int failed = 0;
    for (int i = 0; i < 2; i++) {
        enum hr_engine_backend backend = i ? HR_BACKEND_EPOLL : HR_BACKEND_IO_URING;
        failed += live_often(backend, HR_ENGINE_CALLER, lives);
        failed += live_often(backend, HR_ENGINE_THREADS, lives / THREADS_SHARE);
    }
    return failed ? 1 : 0;
}
