/* A folder of secrets, as Kubernetes and Docker mount it, and variables NAME_FILE. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/config_schema.h>

#include "config_fixture.h"
#include "scratch_folder.h"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})
#define PATH_SIZE        SCRATCH_PATH_SIZE

static const char *value(const struct fixture *fixture, const char *path) {
    return hr_config_text(hr_config_find(fixture->config, path)).data;
}

/* No problem has the words, in any form. */
static bool is_silent(const struct fixture *fixture, const char *words) {
    for (size_t i = 0; i < hr_config_problems_count(fixture->problems); i++) {
        char text[2048];
        hr_config_problem_text(hr_config_problems_at(fixture->problems, i), text, sizeof text);
        if (strstr(text, words)) return false;
    }
    return !strstr(fixture->error.message, words);
}

TestSuite(config_secret_folder, .init = scratch_make, .fini = scratch_remove);

Test(config_secret_folder, each_file_is_a_key) {
    scratch_write("name", "me\n");
    scratch_write("database_password", "yes\n\n");
    scratch_write("database__port", "5433");
    scratch_write("TOKEN", "0123\r\n");
    scratch_write("tls.crt", "a\nb\n");
    scratch_write("empty", "\n");
    scratch_write(".hidden", "x");
    cr_assert_eq(mkdir(scratch_at("redis"), 0700), 0);
    scratch_write("redis/password", "p");
    struct fixture fixture = {.texts = {"database: {password: null, port: 1}\n"},
                              .options.secrets_folder = scratch_folder};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_null(fixture.problems);
    cr_assert_str_eq(value(&fixture, "name"), "me");
    cr_assert_str_eq(fixture_text(&fixture, "database.password", HR_CONFIG_STRING), "yes\n",
                     "one line end is removed, and a secret stays as it is");
    cr_assert_str_eq(fixture_text(&fixture, "database.port", HR_CONFIG_INT), "5433");
    cr_assert_str_eq(value(&fixture, "token"), "0123");
    cr_assert_str_eq(value(&fixture, "tls\\.crt"), "a\nb");
    cr_assert_str_eq(value(&fixture, "redis.password"), "p");
    cr_assert_null(hr_config_find(fixture.config, "empty"));
    cr_assert_eq(hr_config_count(hr_config_root(fixture.config)), 5);
    struct hr_config_origin origin;
    const struct hr_config_node *node = hr_config_find(fixture.config, "redis.password");
    hr_config_origin_of(fixture.config, node, &origin);
    cr_assert_eq(origin.kind, HR_CONFIG_FROM_SECRET);
    cr_assert_str_eq(origin.name, scratch_at("redis/password"));
    cr_assert_eq(origin.line, 0);
    cr_assert(hr_config_is_secret(node));
    cr_assert_not(hr_config_is_secret(hr_config_root(fixture.config)));
    cr_assert_not(hr_config_is_secret(NULL));
    fixture_free(&fixture);
}

Test(config_secret_folder, over_files_and_under_variables) {
    scratch_write("a", "2");
    scratch_write("b", "2");
    scratch_write("c", "2");
    scratch_write("d", "2");
    struct fixture fixture = {.texts = {"a: 1\nb: 1\n"},
                              .env_texts = {"ESPER_B=3\n"},
                              .options = {.secrets_folder = scratch_folder,
                                          .environment = ENVIRONMENT("ESPER_C=yes"),
                                          .sets = (const char *const[]){"d=hunter2"},
                                          .set_count = 1}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(value(&fixture, "a"), "2");
    cr_assert_str_eq(value(&fixture, "b"), "3");
    cr_assert_str_eq(value(&fixture, "c"), "yes");
    cr_assert_str_eq(value(&fixture, "d"), "hunter2");
    cr_assert(hr_config_is_secret(hr_config_find(fixture.config, "c")),
              "a key that a secret had stays one");
    struct hr_config_origin origin;
    hr_config_origin_of(fixture.config, hr_config_find(fixture.config, "d"), &origin);
    cr_assert_str_eq(origin.name, "d", "the setting without its value");
    fixture_free(&fixture);
}

/* kubelet: the names are links over ..data, which is a link to a folder of one version. */
Test(config_secret_folder, as_kubernetes_mounts_it) {
    cr_assert_eq(mkdir(scratch_at("..2026_11_29"), 0700), 0);
    cr_assert_eq(mkdir(scratch_at("..2026_11_29/database"), 0700), 0);
    scratch_write("..2026_11_29/name", "one");
    scratch_write("..2026_11_29/database/password", "two");
    cr_assert_eq(symlink("..2026_11_29", scratch_at("..data")), 0);
    cr_assert_eq(symlink("..data/name", scratch_at("name")), 0);
    cr_assert_eq(symlink("..data/database", scratch_at("database")), 0);
    struct fixture fixture = {.options.secrets_folder = scratch_folder};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(value(&fixture, "name"), "one");
    cr_assert_str_eq(value(&fixture, "database.password"), "two");
    cr_assert_eq(hr_config_count(hr_config_root(fixture.config)), 2);
    fixture_free(&fixture);
}

Test(config_secret_folder, links_that_leave_it_are_refused) {
    char beside[PATH_SIZE + 8];
    snprintf(beside, sizeof beside, "%s-beside", scratch_folder);
    cr_assert_eq(mkdir(beside, 0700), 0);
    cr_assert_eq(symlink("/etc/hostname", scratch_at("file")), 0);
    cr_assert_eq(symlink("/dev", scratch_at("devices")), 0);
    cr_assert_eq(symlink(beside, scratch_at("beside")), 0);
    cr_assert_eq(symlink("nowhere", scratch_at("dangling")), 0);
    cr_assert_eq(symlink(".", scratch_at("loop")), 0);
    struct fixture fixture = {.options.secrets_folder = scratch_folder};
    fixture_load(&fixture);
    rmdir(beside);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_blames(&fixture, scratch_at("file"), "leaves the folder"));
    cr_assert(fixture_blames(&fixture, scratch_at("devices"), "leaves the folder"));
    cr_assert(fixture_blames(&fixture, scratch_at("beside"), "leaves the folder"));
    cr_assert(fixture_blames(&fixture, scratch_at("dangling"), "cannot be opened"));
    cr_assert(fixture_blames(&fixture, scratch_at("loop/loop/loop/loop/loop/loop/loop/loop"),
                             "more than 8 folders"));
    fixture_free(&fixture);
}

Test(config_secret_folder, nothing_of_a_secret_gets_into_a_problem) {
    scratch_write_bytes("binary", "hunter2\xff", 8);
    scratch_write_bytes("nul", "hunter2\0", 8);
    scratch_write("port", "hunter2");
    scratch_write("map", "hunter2");
    scratch_write("name__first", "hunter2");
    struct fixture fixture = {.texts = {"port: 1\nmap: {a: 1}\nname: x\n"},
                              .options.secrets_folder = scratch_folder};
    fixture_load(&fixture);
    cr_assert(fixture_blames(&fixture, scratch_at("binary"), "not UTF-8"));
    cr_assert(fixture_blames(&fixture, scratch_at("nul"), "a NUL"));
    cr_assert(fixture_blames(&fixture, scratch_at("port"), "not an integer"));
    cr_assert(fixture_blames(&fixture, scratch_at("map"), "a map is there"));
    cr_assert(fixture_blames(&fixture, scratch_at("name__first"), "name, which is a string"));
    cr_assert(is_silent(&fixture, "hunter2"));
    fixture_free(&fixture);
}

Test(config_secret_folder, a_folder_that_is_missing_is_an_error_unless_it_may_be) {
    struct fixture missing = {.options.secrets_folder = scratch_at("none")},
                   allowed = {
                       .options = {.secrets_folder = scratch_at("none"), .secrets_optional = true}};
    fixture_load(&missing);
    fixture_load(&allowed);
    cr_assert(fixture_blames(&missing, scratch_at("none"), "cannot be opened"));
    cr_assert_eq(allowed.result, 0, "%s", allowed.error.message);
    fixture_free(&missing);
    fixture_free(&allowed);
}

Test(config_secret_folder, sixteen_mebibytes_in_all) {
    int fd = open(scratch_at("large"), O_WRONLY | O_CREAT, 0600);
    cr_assert_eq(ftruncate(fd, (16 << 20) + 1), 0);
    close(fd);
    struct fixture fixture = {.options.secrets_folder = scratch_folder};
    fixture_load(&fixture);
    cr_assert(fixture_blames(&fixture, scratch_at("large"), "of 16 MiB for all secrets"));
    fixture_free(&fixture);
}

Test(config_secret_folder, more_files_than_may_be) {
    char name[16];
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "f%d", i);
        cr_assert_eq(mknod(scratch_at(name), S_IFREG | 0600, 0), 0);
    }
    struct fixture fixture = {.options.secrets_folder = scratch_folder};
    fixture_load(&fixture);
    cr_assert(fixture_blames(&fixture, scratch_folder, "more than 10000"));
    fixture_free(&fixture);
}

/* ---- Permissions. */

Test(config_secret_folder, what_others_can_write_is_refused) {
    scratch_write("a", "1");
    cr_assert_eq(chmod(scratch_at("a"), 0602), 0);
    struct fixture fixture = {.options.secrets_folder = scratch_folder};
    fixture_load(&fixture);
    cr_assert(fixture_blames(&fixture, scratch_at("a"), "all users can write it"));
    fixture_free(&fixture);
}

Test(config_secret_folder, what_others_can_read_is_warned_of_and_refused_when_strict) {
    scratch_write("a", "1");
    scratch_write("b", "1");
    cr_assert_eq(chmod(scratch_at("a"), 0644) | chmod(scratch_at("b"), 0620), 0);
    struct fixture usual = {.options.secrets_folder = scratch_folder},
                   strict = {.options = {.secrets_folder = scratch_folder, .strict = true}};
    fixture_load(&usual);
    fixture_load(&strict);
    cr_assert_eq(usual.result, 0, "%s", usual.error.message);
    cr_assert(fixture_blames(&usual, scratch_at("a"), "as 1 more"));
    cr_assert_eq(hr_config_problems_count(usual.problems), 1);
    cr_assert(fixture_blames(&strict, scratch_at("a"), "others can read it"));
    cr_assert(fixture_blames(&strict, scratch_at("b"), "its group write it"));
    fixture_free(&usual);
    fixture_free(&strict);
}

Test(config_secret_folder, what_another_user_owns_is_refused) {
    scratch_write("a", "1");
    if (chown(scratch_at("a"), 12345, (gid_t)-1) != 0) cr_skip_test("not root");
    struct fixture fixture = {.options.secrets_folder = scratch_folder};
    fixture_load(&fixture);
    cr_assert(fixture_blames(&fixture, scratch_at("a"), "another user owns it"));
    fixture_free(&fixture);
}

/* ---- Pipes. */

static void *write_pipe(void *unused) {
    (void)unused;
    int fd = open(scratch_at("pipe"), O_WRONLY);
    cr_assert_eq(write(fd, "from a pipe\n", 12), 12);
    close(fd);
    return NULL;
}

Test(config_secret_folder, a_pipe_is_read) {
    pthread_t writer;
    cr_assert_eq(mkfifo(scratch_at("pipe"), 0600), 0);
    pthread_create(&writer, NULL, write_pipe, NULL);
    struct fixture fixture = {
        .options = {.secrets_folder = scratch_folder, .limits.pipe_wait_ms = 60000}};
    fixture_load(&fixture);
    pthread_join(writer, NULL);
    cr_assert_str_eq(value(&fixture, "pipe"), "from a pipe");
    fixture_free(&fixture);
}

static void *change_folder(void *unused) {
    int fd = open(scratch_at("pipe"), O_WRONLY); /* it is being read */
    scratch_write("later", "x");
    close(fd);
    return unused;
}

Test(config_secret_folder, a_folder_that_changes_while_it_is_read) {
    pthread_t writer;
    cr_assert_eq(mkfifo(scratch_at("pipe"), 0600), 0);
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    cr_assert_eq(utimensat(AT_FDCWD, scratch_folder, times, 0), 0);
    pthread_create(&writer, NULL, change_folder, NULL);
    struct fixture fixture = {
        .options = {.secrets_folder = scratch_folder, .limits.pipe_wait_ms = 60000}};
    fixture_load(&fixture);
    pthread_join(writer, NULL);
    cr_assert(fixture_blames(&fixture, scratch_folder, "changed while it was read"));
    fixture_free(&fixture);
}

/* ---- NAME_FILE. */

static const char *variable(const char *name, const char *file) {
    static char texts[4][PATH_SIZE * 2];
    static unsigned next;
    char *text = texts[next++ % 4];
    snprintf(text, sizeof texts[0], "%s=%s", name, scratch_at(file));
    return text;
}

Test(config_secret_folder, a_variable_names_a_file_with_the_value) {
    scratch_write("x", "hunter2\n");
    scratch_write("port", "5433\n");
    char env_text[PATH_SIZE * 2];
    snprintf(env_text, sizeof env_text, "ESPER_TOKEN_FILE='%s'\n", scratch_at("x"));
    struct fixture fixture = {.texts = {"database: {password: null, port: 1}\n"},
                              .env_texts = {env_text},
                              .options.environment =
                                  ENVIRONMENT(variable("ESPER_DATABASE_PASSWORD_FILE", "x"),
                                              variable("esper_database__port_file", "port"),
                                              "ESPER_OTHER_FILE=")};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(value(&fixture, "database.password"), "hunter2");
    cr_assert_str_eq(value(&fixture, "token"), "hunter2");
    cr_assert_str_eq(fixture_text(&fixture, "database.port", HR_CONFIG_INT), "5433");
    cr_assert_null(hr_config_find(fixture.config, "other"));
    struct hr_config_origin origin;
    const struct hr_config_node *node = hr_config_find(fixture.config, "database.password");
    hr_config_origin_of(fixture.config, node, &origin);
    cr_assert_eq(origin.kind, HR_CONFIG_FROM_SECRET);
    cr_assert_str_eq(origin.name, scratch_at("x"));
    cr_assert(hr_config_is_secret(node));
    fixture_free(&fixture);
}

Test(config_secret_folder, a_key_that_ends_in_file_is_that_key) {
    struct fixture fixture = {.texts = {"log_file: a\npid: {file: null}\nlog: {level: info}\n"},
                              .options.environment = ENVIRONMENT(
                                  "ESPER_LOG_FILE=/var/log/esper", "ESPER_PID_FILE=/run/esper.pid",
                                  "ESPER_TRACE__FILE=/var/log/trace", "ESPER_FILE=x")};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(value(&fixture, "log_file"), "/var/log/esper");
    cr_assert_str_eq(value(&fixture, "pid.file"), "/run/esper.pid");
    cr_assert_str_eq(value(&fixture, "trace.file"), "/var/log/trace");
    cr_assert_str_eq(value(&fixture, "file"), "x");
    fixture_free(&fixture);
}

Test(config_secret_folder, a_map_has_no_value_in_a_file) {
    struct fixture fixture = {.texts = {"log: {level: info}\n"},
                              .options.environment = ENVIRONMENT("ESPER_LOG_FILE=/var/log/esper")};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(value(&fixture, "log.file"), "/var/log/esper");
    fixture_free(&fixture);
}

Test(config_secret_folder, a_value_and_a_file_with_one_are_too_many) {
    scratch_write("x", "hunter2\n");
    char env_text[PATH_SIZE * 2];
    snprintf(env_text, sizeof env_text, "ESPER_B=1\nESPER_B_FILE=%s\nESPER_C_FILE=%s\n",
             scratch_at("x"), scratch_at("x"));
    struct fixture fixture = {.texts = {"database: {password: null}\n"},
                              .env_texts = {env_text},
                              .options.environment =
                                  ENVIRONMENT("ESPER_DATABASE__PASSWORD=1",
                                              variable("ESPER_DATABASE_PASSWORD_FILE", "x"),
                                              "ESPER_C=environment")};
    fixture_load(&fixture);
    cr_assert(fixture_blames(&fixture, "ESPER_DATABASE_PASSWORD_FILE",
                             "ESPER_DATABASE_PASSWORD_FILE and ESPER_DATABASE__PASSWORD"));
    cr_assert(fixture_says(&fixture, 2, 1, "ESPER_B_FILE, and line 1 of "));
    cr_assert_eq(hr_config_problems_count(fixture.problems), 2,
                 "the environment may replace what a .env file has");
    cr_assert(is_silent(&fixture, "hunter2"));
    fixture_free(&fixture);
}

Test(config_secret_folder, a_file_that_a_variable_names_and_that_cannot_be_read) {
    struct fixture fixture = {.options.environment = ENVIRONMENT("ESPER_PASSWORD_FILE=hunter2",
                                                                 "ESPER_ZERO_FILE=/dev/zero",
                                                                 "ESPER_FOLDER_FILE=/tmp")};
    fixture_load(&fixture);
    cr_assert(fixture_blames(&fixture, "ESPER_PASSWORD_FILE", "names: it cannot be opened"));
    cr_assert(fixture_blames(&fixture, "ESPER_ZERO_FILE", "a device"));
    cr_assert(fixture_blames(&fixture, "ESPER_FOLDER_FILE", "a folder"));
    cr_assert(is_silent(&fixture, "hunter2"), "by mistake the value itself may be there");
    fixture_free(&fixture);
}

struct service {
    const char *password, *log_file;
    uint32_t port;
};

Test(config_secret_folder, a_schema_tells_which_names_are_keys) {
    static const struct hr_config_field fields[] = {
        HR_FIELD(struct service, password, HR_SECRET),
        HR_FIELD(struct service, log_file, HR_STRING),
        HR_FIELD(struct service, port, HR_UINT),
    };
    static const struct hr_config_schema schema = HR_SCHEMA(struct service, fields);
    scratch_write("x", "123\n");
    scratch_write("y", "hunter2\n");
    struct fixture good = {
        .options = {.schema = &schema,
                    .environment = ENVIRONMENT(variable("ESPER_PASSWORD_FILE", "x"),
                                               "ESPER_LOG_FILE=/var/log/esper",
                                               variable("ESPER_PORT_FILE", "x"))}};
    struct fixture bad = {
        .options = {.schema = &schema,
                    .environment = ENVIRONMENT(variable("ESPER_PORT_FILE", "y"))}};
    fixture_load(&good);
    fixture_load(&bad);
    cr_assert_eq(good.result, 0, "%s", good.error.message);
    const struct service *service = hr_config_values(good.config);
    cr_assert_str_eq(service->password, "123");
    cr_assert_str_eq(service->log_file, "/var/log/esper");
    cr_assert_eq(service->port, 123);
    cr_assert(hr_config_is_secret(hr_config_find(good.config, "password")));
    cr_assert_not(hr_config_is_secret(hr_config_find(good.config, "log_file")));
    cr_assert_eq(bad.result, HR_ERR_CONFIG);
    cr_assert(is_silent(&bad, "hunter2"));
    fixture_free(&good);
    fixture_free(&bad);
}
