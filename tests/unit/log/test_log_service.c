#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_lines.h"

static char *read_text(const char *path) {
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    char *text = calloc(1, 1 << 20);
    cr_assert_lt(fread(text, 1, (1 << 20) - 1, file), (1 << 20) - 1);
    fclose(file);
    return text;
}

static bool fits(const char *text, const char *pattern) {
    regex_t compiled;
    cr_assert_eq(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool found = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return found;
}

/* The console is a file that stands in the descriptor's place. */
struct service {
    char folder[32], console[64], file[64];
    struct hr_log_service_options options;
    hr_log *log;
};

static void prepare(struct service *service, int descriptor) {
    *service = (struct service){.folder = "/tmp/headrace-service-XXXXXX"};
    cr_assert_not_null(mkdtemp(service->folder));
    snprintf(service->console, sizeof service->console, "%s/console", service->folder);
    snprintf(service->file, sizeof service->file, "%s/file", service->folder);
    int fd = open(service->console, O_WRONLY | O_CREAT | O_APPEND, 0600);
    cr_assert_geq(fd, 0);
    dup2(fd, descriptor);
    close(fd);
    service->options.name = "tamiyo";
}

static void make(struct service *service) {
    struct hr_error error = {0};
    int err = hr_log_service(&service->options, &error, &service->log);
    cr_assert_eq(err, 0, "%s", error.message);
}

static void clean(struct service *service) {
    unlink(service->console);
    unlink(service->file);
    rmdir(service->folder);
}

#define TIME "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}"

Test(log_service, the_defaults_are_the_seeds) {
    struct service service;
    prepare(&service, STDERR_FILENO);
    make(&service);
    cr_assert_eq(hr_log_level_get(service.log), HR_LOG_INFO);
    cr_assert_eq(hr_log_start(service.log), 0);
    HR_INFO(service.log, "Processing health signal", "layer_id", 5, "health_score", 0.85);
    HR_DEBUG(service.log, "hidden");
    cr_assert_eq(hr_log_stop(service.log, -1), 0);
    cr_assert_eq(hr_log_close(service.log), 0);
    char *text = read_text(service.console);
    cr_assert(fits(text, TIME " - tamiyo - INFO - Processing health signal \\[layer_id=5 "
                              "health_score=0.85\\]\n$"),
              "%s", text);
    free(text);
    clean(&service);
}

/* The seeds' asynchronous logger forgot both. */
Test(log_service, format_and_file_hold_in_both_modes) {
    static const struct {
        const char *format, *line;
    } cases[] = {{"JSON",
                  "^\\{\"timestamp\":\"[-0-9: .]{23}\",\"level\":\"ERROR\",\"logger\":\"tamiyo\","
                  "\"message\":\"broken\",\"code\":7\\}\n$"},
                 {"logfmt", "^ts=\"[-0-9: .]{23}\" level=ERROR logger=tamiyo msg=broken code=7\n$"},
                 {"Structured", TIME " - tamiyo - ERROR - broken \\[code=7\\]\n$"}};
    for (unsigned i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        struct service service;
        prepare(&service, STDOUT_FILENO);
        service.options.format = cases[i / 2].format;
        service.options.file = service.file;
        service.options.to_stdout = true;
        service.options.level = "warning";
        service.options.synchronous = i % 2;
        make(&service);
        cr_assert_eq(hr_log_start(service.log), 0);
        HR_INFO(service.log, "below");
        HR_ERROR(service.log, "broken", "code", 7);
        if (!service.options.synchronous) cr_assert_eq(hr_log_stop(service.log, -1), 0);
        char *file = read_text(service.file);
        cr_assert_eq(hr_log_stop(service.log, -1), 0); /* it may have been slower than the bound */
        char *console = read_text(service.console);
        cr_assert(fits(console, cases[i / 2].line), "%s", console);
        cr_assert_str_eq(console, file);
        free(console);
        free(file);
        cr_assert_eq(hr_log_close(service.log), 0);
        clean(&service);
    }
}

/* The seeds' layout cache kept the first message of a level. */
Test(log_service, every_line_has_its_own_message) {
    struct log_lines lines;
    struct hr_log_sink sink = {0};
    struct hr_log_options options = {0};
    log_lines_open(&lines, &sink, &options);
    for (int i = 0; i < 3; i++) {
        char message[16];
        snprintf(message, sizeof message, "number %d", i);
        hr_log_write(lines.log, HR_LOG_INFO, hr_slice_of(message), NULL, 0);
    }
    char *text = log_lines_take(&lines);
    for (int i = 0; i < 3; i++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, " - number %d\n", i);
        cr_assert_not_null(strstr(text, wanted), "%s", text);
    }
    free(text);
    log_lines_close(&lines);
}

/* In the seeds a second set-up of a name wrote each line twice, once to each handler. */
Test(log_service, a_second_setup_of_a_name_does_not_double_lines) {
    struct service service;
    hr_log *second;
    prepare(&service, STDERR_FILENO);
    make(&service);
    cr_assert_eq(hr_log_service(&service.options, NULL, &second), 0);
    HR_INFO(service.log, "once");
    cr_assert_eq(hr_log_close(second), 0);
    cr_assert_eq(hr_log_close(service.log), 0);
    char *text = read_text(service.console);
    cr_assert_eq(strstr(text, "once"), strrchr(text, 'o'), "%s", text);
    free(text);
    clean(&service);
}

Test(log_service, what_it_cannot_be_is_refused_by_name) {
    static const struct hr_log_options named = {.name = "other"};
    static const struct {
        struct hr_log_service_options options;
        const char *why;
    } wrong[] = {{{.name = NULL}, "name"},
                 {{.name = ""}, "name"},
                 {{.name = "s", .level = "loud"}, "level: loud is no level: DEBUG, INFO"},
                 {{.name = "s", .format = "xml"}, "structured, json, logfmt"},
                 {{.name = "s", .no_console = true}, "no_console"},
                 {{.name = "s", .file = ""}, "file"},
                 {{.name = "s", .file = "/nowhere/at/all"}, "/nowhere/at/all"},
                 {{.name = "s", .log = &named}, "log"}};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct hr_error error = {0};
        hr_log *log = NULL;
        cr_assert_lt(hr_log_service(&wrong[i].options, &error, &log), 0, "%u", i);
        cr_assert_not_null(strstr(error.message, wrong[i].why), "%s", error.message);
        cr_assert_null(log);
    }
}

/* ---- Start and stop. */

static void open_unstarted(struct log_lines *lines) {
    struct hr_log_sink sink = {0};
    struct hr_log_options options = {.unstarted = true};
    log_lines_open(lines, &sink, &options);
}

static unsigned count_of(const char *text, const char *part) {
    unsigned found = 0;
    for (; text && (text = strstr(text, part)); text++) found++;
    return found;
}

/* A member that only a later version has. */
Test(log_service, a_later_versions_options_are_refused) {
    struct hr_log_service_options service = {.name = "svc", .reserved = {[7] = 1}};
    struct hr_log_options own = {.reserved = {[1] = 1}};
    struct hr_log_sink sinks[2] = {{.kind = HR_LOG_SINK_STDERR},
                                   {.kind = HR_LOG_SINK_STDERR, .reserved = {[3] = 1}}};
    struct hr_log_options sunk = {.sinks = sinks, .sink_count = 2};
    struct hr_error error = {0};
    hr_log *log = NULL;
    cr_assert_eq(hr_log_service(&service, &error, &log), -EINVAL);
    cr_assert(strstr(error.message, "hr_log_service_options "), "%s", error.message);
    cr_assert_eq(hr_log_new(&own, &error, &log), -EINVAL);
    cr_assert(strstr(error.message, "hr_log_options "), "%s", error.message);
    cr_assert_eq(hr_log_new(&sunk, &error, &log), -EINVAL);
    cr_assert(strstr(error.message, "hr_log_sink "), "%s", error.message);
    cr_assert_null(log);
}

Test(log_service, records_before_the_start_are_kept_and_restart_goes_on) {
    struct log_lines lines;
    open_unstarted(&lines);
    HR_INFO(lines.log, "before");
    HR_ERROR(lines.log, "before too"); /* wakes the drain */
    cr_assert_eq(hr_log_flush(lines.log, -1), -EAGAIN);
    cr_assert_null(lines.text);
    cr_assert_eq(hr_log_start(lines.log), 0);
    cr_assert_eq(hr_log_start(lines.log), 0);
    HR_INFO(lines.log, "after");
    cr_assert_eq(hr_log_stop(lines.log, -1), 0);
    cr_assert_eq(count_of(lines.text, "\n"), 3);
    cr_assert_lt(strstr(lines.text, "before too"), strstr(lines.text, "after"));
    HR_INFO(lines.log, "between");
    cr_assert_eq(hr_log_stop(lines.log, -1), 0);
    cr_assert_eq(count_of(lines.text, "between"), 0);
    cr_assert_eq(hr_log_start(lines.log), 0);
    cr_assert_eq(hr_log_flush(lines.log, -1), 0);
    cr_assert_eq(count_of(lines.text, "between"), 1);
    log_lines_close(&lines);
}

Test(log_service, closing_writes_what_was_never_started) {
    struct service service;
    prepare(&service, STDERR_FILENO);
    make(&service);
    for (int i = 0; i < 100; i++) HR_INFO(service.log, "kept", "i", i);
    cr_assert_eq(hr_log_close(service.log), 0);
    char *text = read_text(service.console);
    cr_assert_eq(count_of(text, " - kept [i="), 100);
    free(text);
    clean(&service);
}

/* The sink's function waits at the gate, so that a flush in time is impossible. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open, reached;
    uint64_t lines;
};

static void wait_at_gate(void *user, const char *lines, size_t size) {
    struct gate *gate = user;
    pthread_mutex_lock(&gate->lock);
    gate->reached = true;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open) pthread_cond_wait(&gate->changed, &gate->lock);
    for (size_t i = 0; i < size; i++) gate->lines += lines[i] == '\n';
    pthread_mutex_unlock(&gate->lock);
}

static void *open_gate_when_stopped(void *user) {
    struct gate *gate = ((void **)user)[0];
    hr_log *log = ((void **)user)[1];
    while (hr_log_flush(log, 0) != -EAGAIN) sched_yield();
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
    return NULL;
}

Test(log_service, a_stop_that_cannot_end_says_how_many_are_left_and_keeps_them) {
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct hr_log_sink sink = {.kind = HR_LOG_SINK_CALLBACK, .write = wait_at_gate, .user = &gate};
    struct hr_log_options options = {.sinks = &sink, .sink_count = 1};
    hr_log *log;
    pthread_t thread;
    cr_assert_eq(hr_log_new(&options, NULL, &log), 0);
    void *both[] = {&gate, log};
    HR_INFO(log, "holds the drain");
    pthread_mutex_lock(&gate.lock);
    while (!gate.reached) pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    for (int i = 0; i < 50; i++) HR_INFO(log, "waits", "i", i);
    cr_assert_eq(pthread_create(&thread, NULL, open_gate_when_stopped, both), 0);
    int left = hr_log_stop(log, 1);
    pthread_join(thread, NULL);
    cr_assert_geq(left, 50);
    cr_assert_leq(left, 51);
    cr_assert_eq(hr_log_stop(log, 0), 0);
    cr_assert_eq(hr_log_close(log), 0);
    cr_assert_eq(gate.lines, 51);
}
