/* A log into files that are rotated every so often, opened again and moved away, while threads
 * come, log and go, children are made and levels change. In all files together stands every line
 * that was accepted, once, each thread's in order; and memory stays what it was. stress_log_files
 * [--seconds N]; memory is looked at from 20 seconds on, without sanitizers. */
#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <headrace/log.h>

enum { WRITERS = 4, RECORDS = 3000, ROTATE_BYTES = 1 << 20 };
#define GROWTH_MAX_KIB 2048

static char folder[] = "/tmp/headrace-stress-files-XXXXXX", path[64];
static hr_log *log_;
static uint32_t stop;
static uint64_t threads; /* so far; each has a number of its own */

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "stress_log_files: %s: ", folder);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

/* Nothing is dropped: a thread waits before its ring can be full. */
static void *write_records(void *user) {
    (void)user;
    uint64_t thread = __atomic_fetch_add(&threads, 1, __ATOMIC_RELAXED);
    for (int n = 0; n < RECORDS; n++) {
        HR_ERROR(log_, "counted", "thread", thread, "n", n, "text", "some text of some length");
        if (n % 512 == 511 && hr_log_flush(log_, -1)) fail("a flush did not end");
    }
    return NULL;
}

static void *disturb(void *user) {
    char moved[80];
    (void)user;
    for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_ACQUIRE); i++) {
        hr_log *child = NULL;
        hr_log_level_set(log_, i % 2 ? HR_LOG_INFO : HR_LOG_ERROR);
        if (hr_log_child(log_, ".part", &child)) fail("no child");
        HR_DEBUG(child, "never");
        hr_log_free(child);
        if (i % 4 == 0) {
            snprintf(moved, sizeof moved, "%s/moved-%u", folder, i);
            rename(path, moved);
            if (hr_log_reopen(log_)) fail("not opened again");
        }
        if (hr_log_flush(log_, -1)) fail("a flush did not end");
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return NULL;
}

/* ---- What is in the files. Within one, each thread's lines are in order; over all, each is there
 * once. */

static uint8_t *seen; /* by thread and number */

static void read_file(const char *name, uint64_t *lines) {
    char line[512];
    FILE *file = fopen(name, "r");
    if (!file) fail("%s cannot be read", name);
    uint64_t last_thread = UINT64_MAX, last = 0;
    while (fgets(line, sizeof line, file)) {
        const char *at = strstr(line, " thread="), *n_at = strstr(line, " n=");
        if (!at || !n_at || line[strlen(line) - 1] != '\n') fail("%s: a torn line: %s", name, line);
        uint64_t thread = strtoull(at + 8, NULL, 10), n = strtoull(n_at + 3, NULL, 10);
        if (thread >= threads || n >= RECORDS) fail("%s: nobody's line: %s", name, line);
        if (seen[thread * RECORDS + n]++) fail("%s: twice: %s", name, line);
        if (thread == last_thread && n < last) fail("%s: out of order: %s", name, line);
        last_thread = thread;
        last = n;
        (*lines)++;
    }
    fclose(file);
}

static void check_files(void) {
    uint64_t lines = 0;
    unsigned files = 0;
    DIR *entries = opendir(folder);
    seen = calloc(threads, RECORDS);
    if (!entries || !seen) fail("no memory");
    for (struct dirent *entry; (entry = readdir(entries)); files++) {
        char name[400];
        if (entry->d_name[0] == '.') continue;
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        read_file(name, &lines);
        unlink(name);
    }
    closedir(entries);
    rmdir(folder);
    free(seen);
    if (lines != threads * RECORDS)
        fail("%" PRIu64 " lines of %" PRIu64 " in %u files", lines, threads * RECORDS, files);
    printf("%" PRIu64 " threads, %" PRIu64 " lines in %u files\n", threads, lines, files);
}

/* ---- Memory. */

static long resident_kib(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*s %ld", &pages) != 1) fail("no statm");
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static bool is_sanitized(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
}

static void run_threads(void) {
    pthread_t writers[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        if (pthread_create(&writers[i], NULL, write_records, NULL)) fail("no thread");
    for (int i = 0; i < WRITERS; i++) pthread_join(writers[i], NULL);
}

int main(int argc, char **argv) {
    long seconds = argc == 3 && strcmp(argv[1], "--seconds") == 0 ? strtol(argv[2], NULL, 10) : 3;
    if (!mkdtemp(folder)) fail("no folder");
    snprintf(path, sizeof path, "%s/log", folder);
    const struct hr_log_sink sink = {.kind = HR_LOG_SINK_FILE,
                                     .format = HR_LOG_FORMAT_LOGFMT,
                                     .path = path,
                                     .rotate_bytes = ROTATE_BYTES};
    const struct hr_log_options options = {.sinks = &sink, .sink_count = 1};
    struct hr_error error;
    if (hr_log_new(&options, &error, &log_)) fail("%s", error.message);
    pthread_t disturber;
    if (pthread_create(&disturber, NULL, disturb, NULL)) fail("no thread");
    time_t begun = time(NULL);
    long early_kib = 0;
    while (time(NULL) < begun + seconds && threads < (1 << 20)) {
        run_threads();
        if (!early_kib && time(NULL) >= begun + seconds / 4) early_kib = resident_kib();
    }
    long grown = resident_kib() - early_kib;
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    pthread_join(disturber, NULL);
    if (hr_log_close(log_)) fail("lines were lost");
    check_files();
    if (seconds < 20 || is_sanitized()) return 0;
    printf("resident memory grew by %ld KiB from a quarter of the time on\n", grown);
    if (grown > GROWTH_MAX_KIB) fail("memory grows");
    return 0;
}
