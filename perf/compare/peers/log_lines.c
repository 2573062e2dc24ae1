/* The lower limit of a logger that writes into a file: a line that is ready is copied into a buffer
 * of its thread, which write(2) takes when it is full. Nothing is formatted, and no call waits for
 * another. A peer of `headrace bench log --beside`: docs/peers.md. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "log_task.h"

#define BUFFER_SIZE    (1 << 18)
#define LINE_MAX_BYTES 256

struct lines {
    int fd, error;
    size_t size;
    char line[LINE_MAX_BYTES];
};

static int open_file(void *user, const struct perf_log_setup *setup) {
    static const char *const forms[] = {
        [PERF_LOG_TEXT] = "2026-01-01 00:00:00.000 - " PERF_LOG_NAME " - INFO - " PERF_LOG_MESSAGE
                          " [request=1000000 seconds=0.001 client=client-0a1b2c3d4]\n",
        [PERF_LOG_JSON] = "{\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"level\":\"INFO\","
                          "\"logger\":\"" PERF_LOG_NAME "\",\"message\":\"" PERF_LOG_MESSAGE
                          "\",\"request\":1000000,\"seconds\":0.001,"
                          "\"client\":\"client-0a1b2c3d4\"}\n"};
    struct lines *lines = user;
    lines->size = strlen(forms[setup->form]);
    memcpy(lines->line, forms[setup->form], lines->size);
    lines->fd = open(setup->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return lines->fd < 0 ? -errno : 0;
}

static void write_all(struct lines *lines, const char *data, size_t size) {
    while (size > 0) {
        ssize_t count = write(lines->fd, data, size);
        if (count < 0 && errno != EINTR) {
            lines->error = -errno;
            return;
        }
        if (count > 0) {
            data += count;
            size -= (size_t)count;
        }
    }
}

static void put(void *user, uint32_t count, struct perf_samples *samples, uint64_t gap) {
    static __thread char buffer[BUFFER_SIZE];
    struct lines *lines = user;
    size_t used = 0;
    (void)gap;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t before = perf_ticks_fenced();
        if (used + lines->size > sizeof buffer) {
            write_all(lines, buffer, used);
            used = 0;
        }
        memcpy(buffer + used, lines->line, lines->size);
        used += lines->size;
        perf_samples_add(samples, perf_ticks_fenced() - before);
    }
    write_all(lines, buffer, used);
}

static int flush(void *user) {
    return ((struct lines *)user)->error;
}

static uint64_t none_dropped(void *user) {
    (void)user;
    return 0;
}

static void close_file(void *user) {
    close(((struct lines *)user)->fd);
}

int main(void) {
    static struct lines lines;
    static const struct perf_task_fact versions[] = {{"lines", "1"}, {NULL, NULL}};
    static const struct perf_task_fact settings[] = {
        {"write", "ready lines, 256 KiB at a time"}, {"formatting", "none"}, {NULL, NULL}};
    const struct perf_log_subject subject = {.user = &lines,
                                             .forms = {true, true, false},
                                             .open = open_file,
                                             .put = put,
                                             .flush = flush,
                                             .dropped = none_dropped,
                                             .close = close_file};
    const struct perf_log_task_texts texts = {"lines", versions, settings};
    return perf_log_task_serve(&subject, &texts);
}
