/* libyaml's events of a file and nothing else, as `headrace bench config` measures them: the lower
 * limit of a loader that stands on it. Prints a line a figure; without arguments it is a peer of
 * `bench config --beside` (docs/peers.md).
 *
 * usage: config_libyaml [FOLDER KEYS] */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <yaml.h>

#include "config_task.h"

#define LOADS_MIN 3 /* as perf_config_loads has it */
#define LOADS_MAX 1000

static const struct {
    const char *figure, *file;
    unsigned keys;
} cases[] = {
    {"load_ms.small", "small", 50},
    {"load_ms.medium", "medium", 1000},
    {"load_ms.large", "large", 10000},
    {"flat_ms.keys_1000", "flat_1000", 1000},
    {"flat_ms.keys_10000", "flat_10000", 10000},
    {"validate_500_ms", "entries_500", 1000},
    {"defaults_500_ms", "sparse_500", 1000},
};

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* All of a file, with its size; NULL: it cannot be read. The caller frees it. */
static unsigned char *read_file(const char *path, size_t *size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts = {.st_size = 0};
    if (fd < 0) return NULL;
    size_t room = fstat(fd, &facts) == 0 ? (size_t)facts.st_size : 0;
    unsigned char *text = room ? malloc(room) : NULL;
    ssize_t count = text ? read(fd, text, room) : -1;
    close(fd);
    if (count < 0) {
        free(text);
        return NULL;
    }
    *size = (size_t)count;
    return text;
}

/* The number of events; 0: it is no YAML. */
static unsigned run_events(const unsigned char *text, size_t size) {
    yaml_parser_t parser;
    yaml_event_t event;
    unsigned count = 0;
    bool done = false;
    if (!yaml_parser_initialize(&parser)) return 0;
    yaml_parser_set_input_string(&parser, text, size);
    while (!done) {
        if (!yaml_parser_parse(&parser, &event)) {
            count = 0;
            break;
        }
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        count++;
    }
    yaml_parser_delete(&parser);
    return count;
}

static int by_size(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Milliseconds of one; negative: it failed. */
static double time_load(const char *path) {
    size_t size = 0;
    double start = now_ms();
    unsigned char *text = read_file(path, &size);
    unsigned events = text ? run_events(text, size) : 0;
    double end = now_ms();
    free(text);
    return events ? end - start : -1;
}

static int measure(const char *path, const char *figure, unsigned loads) {
    double each[LOADS_MAX];
    if (time_load(path) < 0) { /* the first does not count */
        fprintf(stderr, "%s: cannot be read as YAML\n", path);
        return 1;
    }
    for (unsigned i = 0; i < loads; i++) each[i] = time_load(path);
    qsort(each, loads, sizeof *each, by_size);
    if (each[0] < 0) return 1;
    printf("%s %.6f\n", figure, (each[(loads - 1) / 2] + each[loads / 2]) / 2);
    return 0;
}

/* ---- A peer. */

static int load_events(const struct perf_config_task *task, struct hr_error *error) {
    return time_load(task->path) < 0
               ? hr_error_set(error, -EBADMSG, "%s: cannot be read as YAML", task->path)
               : 0;
}

static int serve(void) {
    const struct perf_task_fact versions[] = {{"libyaml", yaml_get_version_string()}, {NULL, NULL}};
    static const struct perf_task_fact settings[] = {{"events", "alone, nothing is kept"},
                                                     {NULL, NULL}};
    const struct perf_config_loader loader = {"libyaml", versions, settings, load_events};
    return perf_config_task_serve(&loader);
}

int main(int argc, char **argv) {
    if (argc == 1) return serve();
    unsigned long keys = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (keys == 0) {
        fputs("usage: config_libyaml [FOLDER KEYS]\n", stderr);
        return 2;
    }
    printf("version %s\n", yaml_get_version_string());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[4096];
        unsigned long loads = keys / cases[i].keys;
        loads = loads < LOADS_MIN ? LOADS_MIN : loads < LOADS_MAX ? loads : LOADS_MAX;
        snprintf(path, sizeof path, "%s/%s.yaml", argv[1], cases[i].file);
        if (measure(path, cases[i].figure, (unsigned)loads)) return 1;
    }
    return 0;
}
