#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/log.h>

static char *read_all(const char *path, size_t *size) {
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*size + 1);
    cr_assert_eq(fread(text, 1, *size, file), *size);
    text[*size] = 0;
    fclose(file);
    return text;
}

Test(log, a_file_has_every_record_in_order) {
    char folder[] = "/tmp/headrace-log-XXXXXX", path[64];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    struct hr_log_sink sink = {
        .kind = HR_LOG_SINK_FILE, .path = path, .format = HR_LOG_FORMAT_LOGFMT};
    struct hr_log_options options = {.name = "test", .sinks = &sink, .sink_count = 1};
    struct hr_error error;
    hr_log *log;
    int err = hr_log_new(&options, &error, &log);
    cr_assert_eq(err, 0, "%s", error.message);
    enum { RECORDS = 5000 };
    for (int i = 0; i < RECORDS; i++) HR_INFO(log, "counted", "i", i, "half", i * 0.5);
    HR_DEBUG(log, "below the level");
    cr_assert_eq(hr_log_flush(log, -1), 0);
    cr_assert_eq(hr_log_close(log), 0);
    size_t size;
    char *text = read_all(path, &size), *at = text;
    for (int i = 0; i < RECORDS; i++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, " level=INFO logger=test msg=counted i=%d half=", i);
        char *end = strchr(at, '\n');
        cr_assert_not_null(end);
        *end = 0;
        cr_assert_not_null(strstr(at, wanted), "%s has no %s", at, wanted);
        at = end + 1;
    }
    cr_assert_eq(at, text + size);
    free(text);
    unlink(path);
    rmdir(folder);
}

static sem_t unhang;

static void hang(void *user, const char *lines, size_t size) {
    (void)user, (void)lines, (void)size;
    while (sem_wait(&unhang) != 0) {}
}

/* Calls go on, flush and close come back. */
Test(log, a_sink_that_hangs_stalls_nobody) {
    sem_init(&unhang, 0, 0);
    const struct hr_log_sink sink = {.kind = HR_LOG_SINK_CALLBACK, .write = hang};
    const struct hr_log_options options = {
        .sinks = &sink, .sink_count = 1, .ring_bytes = 16384, .close_timeout_ms = 1};
    struct hr_error error = {0};
    hr_log *log;
    cr_assert_eq(hr_log_new(&options, &error, &log), 0, "%s", error.message);
    for (int i = 0; i < 10000; i++) HR_INFO(log, "m", "n", i);
    cr_assert_eq(hr_log_flush(log, 1), -ETIMEDOUT);
    struct hr_log_statistics statistics;
    hr_log_statistics_get(log, &statistics);
    cr_assert_gt(statistics.messages_dropped, 0);
    cr_assert_eq(hr_log_close(log), -ETIMEDOUT);
    sem_post(&unhang);
}
