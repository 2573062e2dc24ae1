/* `log ctl` against a socket that answers as it is told. */
#include "command_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "commands.h"
#include "output.h"

TestSuite(log_ctl, .init = fixture_open, .fini = fixture_close);

static int listener;
static char asked[8192];

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(fd, 4), 0);
    return fd;
}

/* One connection: its line, then the answer. */
static void *serve(void *answer) {
    int fd = accept(listener, NULL, NULL);
    size_t size = 0;
    while (size < sizeof asked - 1 && read(fd, asked + size, 1) == 1 && asked[size++] != '\n') {}
    asked[size] = '\0';
    (void)!write(fd, answer, strlen(answer));
    close(fd);
    return NULL;
}

static int ctl(const char *const *words) {
    static char values[4096];
    struct command_call call;
    char why[OPTION_WHY_SIZE];
    int code = -1;
    cr_assert_eq(fixture_parse(&command_log_ctl, values, &call, words, why), OPTION_PARSED, "%s",
                 why);
    CAPTURE(code = command_log_ctl.run(&call));
    return code;
}

static int ask(const char *answer, const char *a, const char *b, const char *c) {
    const char *path = fixture_path("socket");
    pthread_t thread;
    listener = listen_at(path);
    pthread_create(&thread, NULL, serve, (void *)(size_t)answer);
    int code = ctl((const char *const[]){path, a, b, c, NULL});
    pthread_join(thread, NULL);
    close(listener);
    unlink(path);
    return code;
}

Test(log_ctl, answers) {
    static const struct {
        const char *words[3];
        const char *asked, *answer;
        int code;
        const char *out, *err;
    } rows[] = {
        {{"status"}, "status\n", "ok\nrecords 7\n", EXIT_DONE, "records 7\n", ""},
        {{"--json", "status"},
         "json status\n",
         "ok\n{\"records\":7}\n",
         EXIT_DONE,
         "{\"records\":7}\n",
         ""},
        {{"level"}, "level\n", "ok\ninfo\n", EXIT_DONE, "info\n", ""},
        {{"level", "info,s3=debug"}, "level info,s3=debug\n", "ok\n", EXIT_DONE, "", ""},
        {{"reopen"}, "reopen\n", "ok\n", EXIT_DONE, "", ""},
        {{"flush"},
         "flush\n",
         "error 5 the disk is broken\n",
         EXIT_FAILED,
         "",
         "headrace: log ctl: the disk is broken\n"},
        {{"level", "x"},
         "level x\n",
         "error 22 'x' is no level\n",
         EXIT_USAGE,
         "",
         "headrace: log ctl: 'x' is no level\n"},
        {{"flush"},
         "flush\n",
         "",
         EXIT_FAILED,
         "",
         "headrace: log ctl: the response is none of a log's\n"},
        {{"flush"},
         "flush\n",
         "ok",
         EXIT_FAILED,
         "",
         "headrace: log ctl: the response is none of a log's\n"},
        {{"flush"},
         "flush\n",
         "okay\n",
         EXIT_FAILED,
         "",
         "headrace: log ctl: the response is none of a log's\n"},
        {{"flush"},
         "flush\n",
         "error x y\n",
         EXIT_FAILED,
         "",
         "headrace: log ctl: the response is none of a log's\n"},
        {{"flush"},
         "flush\n",
         "error 0 y\n",
         EXIT_FAILED,
         "",
         "headrace: log ctl: the response is none of a log's\n"},
        {{"flush"},
         "flush\n",
         "error 99999 y\n",
         EXIT_FAILED,
         "",
         "headrace: log ctl: the response is none of a log's\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *const *words = rows[i].words;
        cr_expect_eq(ask(rows[i].answer, words[0], words[1], words[2]), rows[i].code, "%zu", i);
        cr_expect_str_eq(asked, rows[i].asked, "%zu: %s", i, asked);
        cr_expect_str_eq(captured_out, rows[i].out, "%zu: %s", i, captured_out);
        cr_expect_str_eq(captured_err, rows[i].err, "%zu: %s", i, captured_err);
    }
}

Test(log_ctl, nobody_there) {
    const char *path = fixture_path("socket");
    cr_expect_eq(ctl((const char *const[]){path, "status", NULL}), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, "no log has its control_path there"), "%s",
                       captured_err);
    close(listen_at(path));
    cr_expect_eq(ctl((const char *const[]){"--json", path, "status", NULL}), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, "its process has ended"), "%s", captured_err);
    json_t *json = json_loads(captured_out, 0, NULL);
    cr_expect_str_eq(json_string_value(json_object_get(json_object_get(json, "error"), "code")),
                     "ECONNREFUSED");
    json_decref(json);
}

/* Nobody accepts: the answer never comes, and --timeout ends the wait. */
Test(log_ctl, a_log_that_does_not_answer) {
    const char *path = fixture_path("socket");
    int fd = listen_at(path);
    cr_expect_eq(ctl((const char *const[]){"--timeout", "20ms", path, "status", NULL}),
                 EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, hr_error_text(-ETIMEDOUT)), "%s", captured_err);
    close(fd);
}

Test(log_ctl, what_is_refused) {
    static char large[5000];
    memset(large, 'x', sizeof large - 1);
    static const struct {
        const char *words[4];
        const char *part;
    } rows[] = {{{"s", "restart"}, "is none of status, level, reopen, flush"},
                {{"s", "status", "x"}, "status takes no argument"},
                {{"s", "level", "a\nflush"}, "are no line"},
                {{"s", "level", large}, "are no line"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_eq(ctl(rows[i].words), EXIT_USAGE, "%zu", i);
        cr_expect_not_null(strstr(captured_err, rows[i].part), "%s", captured_err);
    }
    char path[200];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    cr_expect_eq(ctl((const char *const[]){path, "status", NULL}), EXIT_FAILED);
    cr_expect_not_null(strstr(captured_err, hr_error_text(-ENAMETOOLONG)), "%s", captured_err);
}
