/* A whole service: made from one file, following it, and ended. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <headrace/service.h>

#include "scratch_folder.h"

#define TEXT_SIZE 65536

/* A service of a file in the scratch folder, which logs to another one there. */
struct made {
    char config_path[SCRATCH_PATH_SIZE], log_path[SCRATCH_PATH_SIZE];
    const char *files[1], *sets[1];
    char set[SCRATCH_PATH_SIZE + 16];
    struct hr_config_options config;
    struct hr_service_options options;
    hr_config_problems *problems;
    struct hr_error error;
    hr_service *service;
    unsigned changes;
    char changed[256];
};

static void on_change(void *user, const struct hr_config_change *changes, size_t count) {
    struct made *made = user;
    made->changes++;
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(made->changed);
        snprintf(made->changed + size, sizeof made->changed - size, "%s ", changes[i].path);
    }
}

static int make(struct made *made, const char *text) {
    setenv("AWS_ACCESS_KEY_ID", "a", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "b", 1);
    scratch_make();
    scratch_write("service.yaml", text);
    snprintf(made->config_path, sizeof made->config_path, "%s", scratch_at("service.yaml"));
    snprintf(made->log_path, sizeof made->log_path, "%s", scratch_at("service.log"));
    snprintf(made->set, sizeof made->set, "logging.file=%s", made->log_path);
    made->files[0] = made->config_path;
    made->sets[0] = made->set;
    made->config = (struct hr_config_options){.files = made->files,
                                              .file_count = 1,
                                              .sets = made->sets,
                                              .set_count = 1,
                                              .no_environment = true};
    made->options.config = &made->config;
    made->options.on_change = on_change;
    made->options.user = made;
    return hr_service_new(&made->options, &made->problems, &made->error, &made->service);
}

static void rewrite(const char *text) {
    unlink(scratch_at("service.yaml"));
    scratch_write("service.yaml", text);
}

/* What the log has written. */
static const char *logged(struct made *made) {
    static char text[TEXT_SIZE];
    hr_log_flush(hr_service_log(made->service), -1);
    FILE *file = fopen(made->log_path, "r");
    cr_assert_not_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void end(struct made *made) {
    cr_assert_eq(hr_service_close(made->service), 0);
    hr_config_problems_free(made->problems);
    scratch_remove();
}

#define QUIET "engine: {reactors: 1}\nlogging: {no_console: true}\n"

Test(service, all_parts_are_made_from_one_file) {
    struct made made = {.options.own_signals = true};
    cr_assert_eq(make(&made, "name: tamiyo\n" QUIET), 0, "%s", made.error.message);
    cr_assert_eq(hr_engine_reactors(hr_service_engine(made.service)), 1);
    cr_assert_not_null(hr_service_http(made.service));
    cr_assert_not_null(hr_service_s3(made.service));
    HR_INFO(hr_service_log(made.service), "hello");
    cr_assert_not_null(strstr(logged(&made), " - tamiyo - INFO - hello"));
    end(&made);
}

Test(service, parts_that_are_not_wanted_are_not_made) {
    struct made made = {.options = {.own_signals = true, .without_http = true, .without_s3 = true}};
    cr_assert_eq(make(&made, "name: x\n" QUIET), 0, "%s", made.error.message);
    cr_assert_null(hr_service_http(made.service));
    cr_assert_null(hr_service_s3(made.service));
    end(&made);
}

Test(service, an_error_names_the_part) {
    struct made made = {.options.own_signals = true};
    cr_assert_eq(make(&made, "name: x\nhttp: {rate: {burst: 3}}\n" QUIET), -EINVAL);
    cr_assert_eq(strncmp(made.error.message, "http: rate.burst is 3", 21), 0, "%s",
                 made.error.message);
    cr_assert_null(made.service);
    scratch_remove();
}

Test(service, a_bad_file_is_refused_with_all_problems) {
    struct made made = {.options.own_signals = true};
    cr_assert_eq(make(&made, "nam: x\ndatabase: {port: 0}\n"), HR_ERR_CONFIG);
    cr_assert_eq(hr_config_problems_of(made.problems, HR_CONFIG_ERROR), 3);
    hr_config_problems_free(made.problems);
    scratch_remove();
}

Test(service, warnings_of_the_load_are_in_the_log) {
    struct made made = {.options.own_signals = true};
    cr_assert_eq(make(&made, "name: x\ndatabase: {password: changeme}\n" QUIET), 0);
    const char *text = logged(&made);
    cr_assert_not_null(strstr(text, "WARNING - configuration"), "%s", text);
    cr_assert_not_null(strstr(text, "database.password"));
    cr_assert_null(strstr(text, "changeme"));
    end(&made);
}

Test(service, a_load_that_takes_longer_than_is_allowed_is_warned_of) {
    struct made made = {.options.own_signals = true};
    char *text = malloc(4 << 20);
    size_t size = (size_t)snprintf(
        text, 4 << 20, "name: x\nperformance: {load_time_max: 1ms}\n" QUIET "training:\n");
    for (unsigned i = 0; i < 50000; i++)
        size += (size_t)snprintf(text + size, 64, "  key_%u: value_%u\n", i, i);
    cr_assert_eq(make(&made, text), 0, "%s", made.error.message);
    free(text);
    cr_assert_not_null(strstr(logged(&made), "the configuration took long to load"));
    end(&made);
}

/* ---- Following. */

Test(service, a_changed_file_changes_the_level_and_is_told) {
    struct made made = {.options.own_signals = true};
    cr_assert_eq(make(&made, "name: x\n" QUIET), 0);
    hr_log *log = hr_service_log(made.service);
    cr_assert_eq(hr_log_level_get(log), HR_LOG_INFO);
    rewrite("name: x\nengine: {reactors: 2}\nlogging: {no_console: true, level: DEBUG}\n");
    while (!made.changes) {
        struct pollfd ready = {.fd = hr_service_fd(made.service), .events = POLLIN};
        cr_assert_eq(poll(&ready, 1, 20000), 1);
        cr_assert_eq(hr_service_poll(made.service), 0);
    }
    cr_assert_eq(hr_log_level_get(log), HR_LOG_DEBUG);
    cr_assert_not_null(strstr(made.changed, "engine.reactors"));
    cr_assert_not_null(strstr(made.changed, "logging.level"));
    const char *text = logged(&made);
    cr_assert_not_null(strstr(text, "configuration reloaded"));
    cr_assert_not_null(strstr(text, "counts after a restart [path=engine.reactors"), "%s", text);
    end(&made);
}

Test(service, a_bad_change_leaves_all_as_it_is_and_is_in_the_log) {
    struct made made = {.options.own_signals = true};
    cr_assert_eq(make(&made, "name: x\n" QUIET), 0);
    rewrite("name: x\ndatabase: {port: 0}\n");
    const char *text = "";
    while (!strstr(text, "configuration refused")) {
        struct pollfd ready = {.fd = hr_service_fd(made.service), .events = POLLIN};
        cr_assert_eq(poll(&ready, 1, 20000), 1);
        hr_service_poll(made.service);
        text = logged(&made);
    }
    cr_assert_not_null(strstr(text, "database.port"));
    cr_assert_eq(made.changes, 0);
    const struct hr_esper *esper = hr_config_values(hr_config_get());
    cr_assert_eq(esper->database.port, 5432);
    end(&made);
}

/* A port that takes connections, and says nothing. */
static int listen_in_silence(char url[64]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(fd, 8), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(url, 64, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    return fd;
}

Test(service, clients_follow_a_changed_time_out) {
    struct made made = {.options.own_signals = true};
    char url[64];
    int fd = listen_in_silence(url);
    cr_assert_eq(make(&made, "name: x\nhttp: {timeout: none}\n" QUIET), 0);
    rewrite("name: x\nhttp: {timeout: 50ms, retry: {attempts_max: 1}}\n" QUIET);
    cr_assert_eq(hr_config_watch_reload(hr_service_watch(made.service), NULL, NULL), 0);
    struct hr_http_request request = {.url = url};
    cr_assert_eq(hr_http_request_start(hr_service_http(made.service), &request), 0);
    cr_assert_eq(hr_wait(&request.request), -ETIMEDOUT, "%s", request.request.error.message);
    close(fd);
    end(&made);
}

/* ---- Signals. */

Test(service, sighup_reloads_and_sigterm_ends_the_run) {
    struct made made = {.changes = 0};
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    cr_assert_eq(make(&made, "name: x\n" QUIET), 0, "%s", made.error.message);
    rewrite("name: x\ndebug: true\n" QUIET);
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGTERM);
    cr_assert_eq(hr_service_run(made.service), SIGTERM);
    cr_assert_eq(made.changes, 0, "an end goes before a reload");
    kill(getpid(), SIGHUP);
    struct pollfd ready = {.fd = hr_service_fd(made.service), .events = POLLIN};
    cr_assert_eq(poll(&ready, 1, 20000), 1);
    cr_assert_eq(hr_service_poll(made.service), 0);
    cr_assert_eq(made.changes, 1);
    cr_assert_eq(hr_log_level_get(hr_service_log(made.service)), HR_LOG_DEBUG);
    kill(getpid(), SIGINT); /* asks for the end that comes */
    end(&made);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < 32; number++)
        cr_assert_eq(sigismember(&before, number), sigismember(&after, number), "%d", number);
}

static void *stop_it(void *user) {
    hr_service_stop(user);
    return NULL;
}

Test(service, another_thread_stops_the_run) {
    struct made made = {.options.own_signals = true};
    pthread_t thread;
    cr_assert_eq(make(&made, "name: x\n" QUIET), 0);
    pthread_create(&thread, NULL, stop_it, made.service);
    cr_assert_eq(hr_service_run(made.service), 0);
    pthread_join(thread, NULL);
    end(&made);
}

/* ---- The process's configuration. */

struct reading {
    pthread_barrier_t barrier;
    bool debug_before, debug_after;
};

static bool is_debug(void) {
    return ((const struct hr_esper *)hr_config_values(hr_config_get()))->debug;
}

static void *read_twice(void *user) {
    struct reading *reading = user;
    reading->debug_before = is_debug();
    pthread_barrier_wait(&reading->barrier);
    pthread_barrier_wait(&reading->barrier);
    reading->debug_after = is_debug();
    return NULL;
}

Test(service, every_thread_reads_the_configuration_in_force) {
    struct made made = {.options.own_signals = true};
    struct reading reading = {.debug_before = true};
    pthread_t thread;
    pthread_barrier_init(&reading.barrier, NULL, 2);
    cr_assert_null(hr_config_get());
    cr_assert_eq(make(&made, "name: x\n" QUIET), 0);
    pthread_create(&thread, NULL, read_twice, &reading);
    pthread_barrier_wait(&reading.barrier);
    rewrite("name: x\ndebug: true\n" QUIET);
    cr_assert_eq(hr_config_watch_reload(hr_service_watch(made.service), NULL, NULL), 0);
    pthread_barrier_wait(&reading.barrier);
    pthread_join(thread, NULL);
    cr_assert_not(reading.debug_before);
    cr_assert(reading.debug_after);
    cr_assert(is_debug());
    end(&made);
    cr_assert_null(hr_config_get());
}

Test(service, a_second_service_is_the_one_that_is_read) {
    struct made first = {.options.own_signals = true}, second = {.options.own_signals = true};
    cr_assert_eq(make(&first, "name: one\n" QUIET), 0);
    const struct hr_esper *esper = hr_config_values(hr_config_get());
    cr_assert_str_eq(esper->name, "one");
    char folder[SCRATCH_PATH_SIZE];
    memcpy(folder, scratch_folder, sizeof folder);
    cr_assert_eq(make(&second, "name: two\n" QUIET), 0);
    esper = hr_config_values(hr_config_get());
    cr_assert_str_eq(esper->name, "two");
    end(&second);
    cr_assert_null(hr_config_get());
    memcpy(scratch_folder, folder, sizeof folder);
    end(&first);
}

Test(service, null_is_refused_or_ignored) {
    hr_service *service = NULL;
    struct hr_error error;
    cr_assert_eq(hr_service_new(NULL, NULL, &error, &service), -EINVAL);
    struct hr_service_options options = {.config = NULL};
    cr_assert_eq(hr_service_new(&options, NULL, &error, &service), -EINVAL);
    cr_assert_eq(hr_service_close(NULL), 0);
}
