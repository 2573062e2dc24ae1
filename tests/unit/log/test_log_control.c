#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log_lines.h"

struct controlled {
    char folder[32], path[64];
    struct log_lines lines;
};

static void make_folder(struct controlled *controlled) {
    snprintf(controlled->folder, sizeof controlled->folder, "/tmp/headrace-ctl-XXXXXX");
    cr_assert_not_null(mkdtemp(controlled->folder));
    snprintf(controlled->path, sizeof controlled->path, "%s/socket", controlled->folder);
}

static void open_log(struct controlled *controlled, bool unstarted) {
    struct hr_log_sink sink = {0};
    struct hr_log_options options = {.control_path = controlled->path, .unstarted = unstarted};
    log_lines_open(&controlled->lines, &sink, &options);
}

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0, "%s: %s", path,
                 strerror(errno));
    return fd;
}

static char *read_answer(int fd) {
    char *answer = calloc(1, 1 << 20);
    size_t size = 0;
    ssize_t got;
    while ((got = recv(fd, answer + size, (1 << 20) - 1 - size, 0)) > 0) size += (size_t)got;
    close(fd);
    return answer;
}

/* The answer; its memory lasts until the next one. */
static const char *ask(const struct controlled *controlled, const char *question) {
    static char *answer;
    int fd = connect_to(controlled->path);
    cr_assert_eq(send(fd, question, strlen(question), 0), (ssize_t)strlen(question));
    shutdown(fd, SHUT_WR);
    free(answer);
    return answer = read_answer(fd);
}

static void close_all(struct controlled *controlled) {
    log_lines_close(&controlled->lines);
    cr_assert_eq(access(controlled->path, F_OK), -1);
    cr_assert_eq(rmdir(controlled->folder), 0);
}

Test(log_control, only_its_owner_reaches_it) {
    struct controlled controlled;
    struct stat facts;
    make_folder(&controlled);
    mode_t before = umask(0);
    open_log(&controlled, false);
    umask(before);
    cr_assert_eq(stat(controlled.path, &facts), 0);
    cr_assert(S_ISSOCK(facts.st_mode));
    cr_assert_eq(facts.st_mode & 0777, 0600, "%o", facts.st_mode);
    close_all(&controlled);
}

Test(log_control, levels_are_shown_and_set) {
    struct controlled controlled;
    hr_log *s3, *later;
    make_folder(&controlled);
    open_log(&controlled, false);
    cr_assert_eq(hr_log_child(controlled.lines.log, ".s3", &s3), 0);
    cr_assert_str_eq(ask(&controlled, "level\n"), "ok\ntest INFO\ntest.s3 INFO\n");
    cr_assert_str_eq(ask(&controlled, "level warning,s3=Debug\n"),
                     "ok\ntest WARNING\ntest.s3 DEBUG\n");
    cr_assert_eq(hr_log_level_get(s3), HR_LOG_DEBUG);
    cr_assert_eq(hr_log_child(s3, ".later", &later), 0);
    cr_assert_eq(hr_log_level_get(later), HR_LOG_DEBUG);
    const char *answer = ask(&controlled, "level loud\n");
    cr_assert_eq(strncmp(answer, "error 22 levels: loud is no level: DEBUG, INFO", 46), 0, "%s",
                 answer);
    cr_assert_eq(hr_log_level_get(s3), HR_LOG_DEBUG);
    hr_log_free(later);
    hr_log_free(s3);
    close_all(&controlled);
}

Test(log_control, status_counts_in_text_and_json) {
    struct controlled controlled;
    make_folder(&controlled);
    open_log(&controlled, true);
    for (int i = 0; i < 10; i++) HR_INFO(controlled.lines.log, "counted", "i", i);
    HR_ERROR(controlled.lines.log, "counted too");
    for (int started = 0; started < 2; started++) {
        json_error_t why;
        const char *answer = ask(&controlled, "json status");
        cr_assert_eq(strncmp(answer, "ok\n{", 4), 0, "%s", answer);
        json_t *status = json_loads(answer + 3, 0, &why), *counts, *sinks, *levels;
        const char *name, *level;
        int queued, processed, errors, lines, process, misses, hits;
        cr_assert_not_null(status, "%s: %s", why.text, answer);
        cr_assert_eq(json_unpack(status, "{s:s s:i s:o s:o s:o}", "logger", &name, "process",
                                 &process, "statistics", &counts, "sinks", &sinks, "levels",
                                 &levels),
                     0);
        cr_assert_str_eq(name, "test");
        cr_assert_eq(process, getpid());
        cr_assert_eq(json_unpack(counts, "{s:i s:i s:i s:i s:{s:i}}", "queue_size", &queued,
                                 "messages_processed", &processed, "cache_misses", &misses,
                                 "cache_hits", &hits, "processed_by_level", "ERROR", &errors),
                     0);
        cr_assert_eq(json_is_true(json_object_get(counts, "running")), started);
        cr_assert_eq(queued, started ? 0 : 11);
        cr_assert_eq(processed, started ? 11 : 0);
        cr_assert_eq(misses, started ? 2 : 0, "%s", answer);
        cr_assert_eq(hits, started ? 9 : 0);
        cr_assert_eq(errors, started);
        cr_assert_eq(json_unpack(sinks, "[{s:i}]", "lines", &lines), 0);
        cr_assert_eq(lines, processed);
        cr_assert_eq(json_unpack(levels, "[{s:s}]", "level", &level), 0);
        cr_assert_str_eq(level, "INFO");
        json_decref(status);
        answer = ask(&controlled, "status\r\n");
        cr_assert_not_null(strstr(answer, started ? "test: running, process" : "test: stopped,"),
                           "%s", answer);
        cr_assert_not_null(strstr(answer, started ? "\nqueue_size 0\n" : "\nqueue_size 11\n"));
        answer = ask(&controlled, "flush");
        cr_assert_str_eq(answer,
                         started ? "ok\nflushed\n" : "error 11 flush: the log is not started\n");
        cr_assert_eq(hr_log_start(controlled.lines.log), 0);
        cr_assert_eq(hr_log_flush(controlled.lines.log, -1), 0);
    }
    close_all(&controlled);
}

/* More than an answer has room for: what is shown is whole, and says that it is not all. */
Test(log_control, very_many_logs_with_long_names) {
    struct controlled controlled;
    static hr_log *children[1500];
    char name[200];
    json_error_t why;
    make_folder(&controlled);
    open_log(&controlled, false);
    for (unsigned i = 0; i < 1500; i++) {
        snprintf(name, sizeof name, ".%u%0150d\x01", i, 7);
        cr_assert_eq(hr_log_child(controlled.lines.log, name, &children[i]), 0);
    }
    static const char *const questions[] = {"json status", "json level"};
    for (unsigned i = 0; i < 2; i++) {
        const char *answer = ask(&controlled, questions[i]);
        cr_assert_eq(strncmp(answer, "ok\n{", 4), 0, "%.100s", answer);
        json_t *root = json_loads(answer + 3, 0, &why);
        cr_assert_not_null(root, "%s", why.text);
        cr_assert(json_is_true(json_object_get(root, "levels_cut")));
        cr_assert_gt(json_array_size(json_object_get(root, "levels")), 50);
        json_decref(root);
    }
    const char *answer = ask(&controlled, "status");
    cr_assert_str_eq(answer + strlen(answer) - 11, "and others\n");
    for (unsigned i = 0; i < 1500; i++) hr_log_free(children[i]);
    close_all(&controlled);
}

Test(log_control, flush_writes_what_was_logged_before_it) {
    struct controlled controlled;
    make_folder(&controlled);
    open_log(&controlled, false);
    for (int i = 0; i < 100; i++) HR_INFO(controlled.lines.log, "now", "i", i);
    cr_assert_str_eq(ask(&controlled, "json flush\n"), "ok\n{\"flushed\":true}\n");
    cr_assert_not_null(strstr(controlled.lines.text, "[i=99]"));
    cr_assert_str_eq(ask(&controlled, "reopen\n"), "ok\nreopened\n");
    close_all(&controlled);
}

/* The console's lines too, which nothing else waits for. */
Test(log_control, flush_waits_for_the_console) {
    struct controlled controlled;
    char console[80], *text = calloc(1, 1 << 20);
    make_folder(&controlled);
    snprintf(console, sizeof console, "%s/console", controlled.folder);
    int fd = open(console, O_RDWR | O_CREAT | O_APPEND, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
    const struct hr_log_sink sink = {.kind = HR_LOG_SINK_STDOUT};
    const struct hr_log_options options = {
        .sinks = &sink, .sink_count = 1, .control_path = controlled.path};
    hr_log *log;
    cr_assert_eq(hr_log_new(&options, NULL, &log), 0);
    for (int i = 0; i < 1000; i++) HR_INFO(log, "shown", "i", i);
    cr_assert_str_eq(ask(&controlled, "flush"), "ok\nflushed\n");
    cr_assert_gt(pread(fd, text, (1 << 20) - 1, 0), 0);
    cr_assert_not_null(strstr(text, "[i=999]\n"));
    cr_assert_eq(hr_log_close(log), 0);
    free(text);
    unlink(console);
    rmdir(controlled.folder);
}

Test(log_control, odd_questions_are_answered_and_silence_does_not_stop_others) {
    struct controlled controlled;
    make_folder(&controlled);
    open_log(&controlled, false);
    int silent = connect_to(controlled.path), in_pieces = connect_to(controlled.path);
    cr_assert_eq(send(in_pieces, "le", 2, 0), 2);
    static const char *const odd[] = {"\n", "nothing\n", "status now\n", "levels\n", "json\n"};
    for (unsigned i = 0; i < sizeof odd / sizeof *odd; i++)
        cr_assert_eq(strncmp(ask(&controlled, odd[i]), "error 22 ", 9), 0, "%s", odd[i]);
    char *long_one = malloc(5001);
    memset(long_one, 'x', 5000);
    long_one[5000] = 0;
    int fd = connect_to(controlled.path);
    cr_assert_gt(send(fd, long_one, 5000, 0), 0);
    char *answer = read_answer(fd);
    cr_assert_eq(strncmp(answer, "error 7 ", 8), 0, "%s", answer);
    free(answer);
    free(long_one);
    fd = connect_to(controlled.path);
    cr_assert_eq(send(fd, "le\0vel\n", 7, 0), 7);
    answer = read_answer(fd);
    cr_assert_eq(strncmp(answer, "error 22 ", 9), 0, "%s", answer);
    free(answer);
    cr_assert_eq(send(in_pieces, "vel\n", 4, 0), 4);
    answer = read_answer(in_pieces);
    cr_assert_str_eq(answer, "ok\ntest INFO\n");
    free(answer);
    close_all(&controlled); /* the silent one does not hold it up */
    close(silent);
}

Test(log_control, more_talks_than_it_has_places_for_are_turned_away) {
    struct controlled controlled;
    int silent[20];
    make_folder(&controlled);
    open_log(&controlled, false);
    for (unsigned i = 0; i < 20; i++) silent[i] = connect_to(controlled.path);
    char byte;
    unsigned turned_away = 0;
    for (unsigned i = 8; i < 20; i++) turned_away += recv(silent[i], &byte, 1, 0) <= 0;
    cr_assert_eq(turned_away, 12);
    for (unsigned i = 0; i < 20; i++) close(silent[i]);
    close_all(&controlled);
}

/* ---- Who has the path. */

static int try_log(const char *path, struct hr_error *error) {
    struct hr_log_options options = {.control_path = path};
    hr_log *log;
    int err = hr_log_new(&options, error, &log);
    if (!err) hr_log_close(log);
    return err;
}

Test(log_control, a_living_one_is_refused_and_a_dead_one_replaced) {
    struct controlled controlled;
    struct hr_error error = {0};
    make_folder(&controlled);
    open_log(&controlled, false);
    cr_assert_eq(try_log(controlled.path, &error), -EADDRINUSE);
    cr_assert_not_null(strstr(error.message, controlled.path), "%s", error.message);
    cr_assert_eq(strncmp(ask(&controlled, "level"), "ok\n", 3), 0); /* and it is left alone */
    close_all(&controlled);
    make_folder(&controlled);
    pid_t child = fork();
    if (child == 0) {
        struct hr_log_options options = {.control_path = controlled.path};
        hr_log *log;
        _exit(hr_log_new(&options, NULL, &log) != 0); /* leaves its socket behind */
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    cr_assert_eq(access(controlled.path, F_OK), 0);
    open_log(&controlled, false);
    cr_assert_str_eq(ask(&controlled, "level"), "ok\ntest INFO\n");
    close_all(&controlled);
}

/* A worker that the dead process has forked still has its listener. */
Test(log_control, one_that_a_child_has_inherited_is_dead) {
    struct controlled controlled;
    make_folder(&controlled);
    int hold[2], ready[2];
    cr_assert_eq(pipe(hold) | pipe(ready), 0);
    pid_t service = fork();
    if (service == 0) {
        struct hr_log_options options = {.control_path = controlled.path};
        hr_log *log;
        close(hold[1]);
        int err = hr_log_new(&options, NULL, &log);
        if (fork() == 0) { /* the worker: until the test closes the pipe */
            char byte;
            cr_assert_eq(write(ready[1], "r", 1), 1);
            _exit(read(hold[0], &byte, 1) != 0);
        }
        _exit(err != 0);
    }
    int status;
    char byte;
    close(ready[1]);
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    cr_assert_eq(waitpid(service, &status, 0), service);
    cr_assert_eq(status, 0);
    open_log(&controlled, false);
    cr_assert_str_eq(ask(&controlled, "level"), "ok\ntest INFO\n");
    close_all(&controlled);
    close(hold[1]);
}

Test(log_control, what_is_no_socket_is_left_alone) {
    struct controlled controlled;
    struct hr_error error = {0};
    make_folder(&controlled);
    FILE *file = fopen(controlled.path, "w");
    fputs("mine", file);
    fclose(file);
    cr_assert_eq(try_log(controlled.path, &error), -EEXIST);
    cr_assert_not_null(strstr(error.message, controlled.path), "%s", error.message);
    cr_assert_eq(access(controlled.path, F_OK), 0);
    unlink(controlled.path);
    cr_assert_eq(symlink("elsewhere", controlled.path), 0);
    cr_assert_eq(try_log(controlled.path, &error), -EEXIST);
    unlink(controlled.path);
    rmdir(controlled.folder);
    cr_assert_eq(try_log(controlled.path, &error), -ENOENT);
    char path[200];
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = 0;
    cr_assert_eq(try_log(path, &error), -EINVAL);
    cr_assert_eq(try_log("", &error), -EINVAL);
}

Test(log_control, another_path_of_that_name_is_not_taken_away) {
    struct controlled controlled;
    make_folder(&controlled);
    open_log(&controlled, false);
    unlink(controlled.path);
    FILE *file = fopen(controlled.path, "w");
    fclose(file);
    log_lines_close(&controlled.lines);
    cr_assert_eq(unlink(controlled.path), 0);
    rmdir(controlled.folder);
}

static sem_t unhang;

static void hang(void *user, const char *lines, size_t size) {
    (void)user, (void)lines, (void)size;
    while (sem_wait(&unhang) != 0) {}
}

/* Who is held up by a sink cannot answer; closing comes back, and the path is free. */
Test(log_control, a_sink_that_hangs_does_not_hold_up_closing) {
    struct controlled controlled;
    sem_init(&unhang, 0, 0);
    make_folder(&controlled);
    const struct hr_log_sink sink = {.kind = HR_LOG_SINK_CALLBACK, .write = hang};
    const struct hr_log_options options = {
        .sinks = &sink, .sink_count = 1, .close_timeout_ms = 1, .control_path = controlled.path};
    hr_log *log;
    cr_assert_eq(hr_log_new(&options, NULL, &log), 0);
    HR_INFO(log, "hangs");
    cr_assert_eq(hr_log_flush(log, 1), -ETIMEDOUT);
    cr_assert_eq(hr_log_close(log), -ETIMEDOUT);
    cr_assert_eq(access(controlled.path, F_OK), -1);
    rmdir(controlled.folder);
    sem_post(&unhang);
}
