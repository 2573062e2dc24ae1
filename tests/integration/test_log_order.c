/* Four threads log a million records into one file of JSON lines: each is there once, no thread's
 * are out of its order, and no line's time is before that of the line above it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/log.h>

enum { THREADS = 4, RECORDS = 250000, TIME_BYTES = 24 };

static hr_log *log_;
static char path[] = "/tmp/log-order-XXXXXX";

static void fail(const char *what, const char *line) {
    printf("fail: order of a million records: %s: %.200s\n", what, line);
    unlink(path);
    exit(1);
}

/* Waits where the ring is half full: nothing is to be dropped. */
static void *log_records(void *user) {
    uintptr_t thread = (uintptr_t)user;
    for (unsigned n = 0; n < RECORDS; n++) {
        HR_INFO(log_, "ordered", "thread", thread, "n", n, "text", "sixteen letters.");
        if (n % 4096 == 4095 && hr_log_flush(log_, -1) != 0) fail("flush", "");
    }
    return NULL;
}

static unsigned long number_behind(const char *line, const char *key) {
    const char *at = strstr(line, key);
    if (!at) fail("a line of another kind", line);
    return strtoul(at + strlen(key), NULL, 10);
}

int main(void) {
    const struct hr_log_sink sink = {
        .kind = HR_LOG_SINK_FILE, .path = path, .format = HR_LOG_FORMAT_JSON};
    const struct hr_log_options options = {.name = "order", .sinks = &sink, .sink_count = 1};
    struct hr_error error;
    pthread_t threads[THREADS];
    static char lines[1 << 16], line[512], before[TIME_BYTES];
    unsigned long next[THREADS] = {0}, total = 0;
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (!file || hr_log_new(&options, &error, &log_) != 0) fail("no log", path);
    for (uintptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, log_records, (void *)i) != 0) fail("a thread", "");
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    if (hr_log_close(log_) != 0) fail("the close leaves records", "");
    setvbuf(file, lines, _IOFBF, sizeof lines);
    static const char first[] = "{\"timestamp\":\"";
    for (; fgets(line, sizeof line, file); total++) {
        if (strncmp(line, first, sizeof first - 1) != 0) fail("a torn line", line);
        if (memcmp(line + sizeof first - 1, before, TIME_BYTES) < 0) fail("out of time", line);
        memcpy(before, line + sizeof first - 1, TIME_BYTES);
        unsigned long thread = number_behind(line, "\"thread\":");
        if (thread >= THREADS || number_behind(line, "\"n\":") != next[thread]++)
            fail("out of its thread's order", line);
    }
    fclose(file);
    unlink(path);
    if (total != (unsigned long)THREADS * RECORDS) fail("lines are missing", line);
    printf("ok: order of a million records of four threads\n");
    return 0;
}
