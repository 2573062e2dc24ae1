/* A folder of its own for a test's log files, and what is in them. */
#ifndef HR_TEST_LOG_FOLDER_H
#define HR_TEST_LOG_FOLDER_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/log.h>

struct log_folder {
    char folder[40], path[64];
};

static inline void log_folder_open(struct log_folder *place) {
    snprintf(place->folder, sizeof place->folder, "/tmp/headrace-log-XXXXXX");
    cr_assert_not_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/service.log", place->folder);
}

static inline char *log_folder_read(const char *path, size_t *size) {
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*size + 1);
    cr_assert_eq(fread(text, 1, *size, file), *size);
    text[*size] = 0;
    fclose(file);
    return text;
}

/* How many names of the folder have this in them. */
static inline unsigned log_folder_count(const struct log_folder *place, const char *part) {
    DIR *folder = opendir(place->folder);
    unsigned count = 0;
    struct dirent *entry;
    while ((entry = readdir(folder)))
        count += entry->d_name[0] != '.' && strstr(entry->d_name, part) != NULL;
    closedir(folder);
    return count;
}

static inline void log_folder_close(const struct log_folder *place) {
    DIR *folder = opendir(place->folder);
    struct dirent *entry;
    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.') unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    cr_assert_eq(rmdir(place->folder), 0);
}

static inline hr_log *log_folder_log(const struct log_folder *place, struct hr_log_sink *sink) {
    struct hr_error error = {0};
    hr_log *log = NULL;
    sink->kind = HR_LOG_SINK_FILE;
    sink->path = place->path;
    sink->format = HR_LOG_FORMAT_LOGFMT;
    struct hr_log_options options = {.name = "test", .sinks = sink, .sink_count = 1};
    int err = hr_log_new(&options, &error, &log);
    cr_assert_eq(err, 0, "%s", error.message);
    return log;
}

/* Each "i=N" of a text, in order from `next` on; the next one that is to come. Every line is whole.
 */
static inline int log_folder_numbers(const char *text, size_t size, int next) {
    const char *at = text, *end = text + size;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at)), *number = strstr(at, " i=");
        cr_assert_not_null(line_end, "half a line: %s", at);
        cr_assert(memcmp(at, "ts=", 3) == 0, "torn: %.100s", at);
        cr_assert(number && number < line_end, "%.100s", at);
        cr_assert_eq(strtol(number + 3, NULL, 10), next,
                     "%d is missing or stands elsewhere: %.100s", next, at);
        next++;
        at = line_end + 1;
    }
    return next;
}

#endif
