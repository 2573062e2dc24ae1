/* .env files: their syntax, what they are over and under, and what is refused. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/config_schema.h>

#include "config_fixture.h"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *value(const struct fixture *fixture, const char *path) {
    return hr_config_text(hr_config_find(fixture->config, path)).data;
}

Test(config_env_file, each_form_of_a_line) {
    struct fixture fixture = {.env_texts = {"\xef\xbb\xbf# a comment\r\n"
                                            "\r\n"
                                            "ESPER_A=plain text \r\n"
                                            "  export ESPER_B = b # a comment\n"
                                            "export\tESPER_C='as \\n $it \"is\"' # a comment\n"
                                            "ESPER_D=\"tab\\t, line\\n, \\\"\\\\\\$\"\n"
                                            "ESPER_E=a#b'c\"\n"
                                            "ESPER_F=#f\n"
                                            "ESPER_G='two\r\nlines'\n"
                                            "ESPER_H='ä'#\n"
                                            "OTHER=x\n"
                                            "ESPER_I=last"}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(value(&fixture, "a"), "plain text");
    cr_assert_str_eq(value(&fixture, "b"), "b");
    cr_assert_str_eq(value(&fixture, "c"), "as \\n $it \"is\"");
    cr_assert_str_eq(value(&fixture, "d"), "tab\t, line\n, \"\\$");
    cr_assert_str_eq(value(&fixture, "e"), "a#b'c\"");
    cr_assert_str_eq(value(&fixture, "f"), "#f");
    cr_assert_str_eq(value(&fixture, "g"), "two\nlines");
    cr_assert_str_eq(value(&fixture, "h"), "ä");
    cr_assert_str_eq(value(&fixture, "i"), "last");
    cr_assert_null(hr_config_find(fixture.config, "other"));
    struct hr_config_origin origin;
    hr_config_origin_of(fixture.config, hr_config_find(fixture.config, "i"), &origin);
    cr_assert_eq(origin.kind, HR_CONFIG_FROM_ENV_FILE);
    cr_assert_str_eq(origin.name, fixture.env_paths[0]);
    cr_assert_eq(origin.line, 13, "lines within values count");
    cr_assert_eq(origin.column, 1);
    hr_config_origin_of(fixture.config, hr_config_find(fixture.config, "b"), &origin);
    cr_assert_eq(origin.line, 4);
    cr_assert_eq(origin.column, 10);
    fixture_free(&fixture);
}

Test(config_env_file, over_files_under_the_environment_and_the_later_one_wins) {
    struct fixture fixture = {.texts = {"a: 1\nb: 1\nc: 1\nd: 1\n"},
                              .env_texts = {"ESPER_B=2\nESPER_C=2\nESPER_D=2\nESPER_E=2\n",
                                            "ESPER_C=3\nESPER_D=3\nESPER_E=three\n"},
                              .options.environment = ENVIRONMENT("ESPER_D=4", "ESPER_B=")};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(value(&fixture, "a"), "1");
    cr_assert_str_eq(value(&fixture, "b"), "2", "an empty variable is none");
    cr_assert_str_eq(value(&fixture, "c"), "3");
    cr_assert_str_eq(value(&fixture, "d"), "4");
    cr_assert_str_eq(value(&fixture, "e"), "three", "a guessed type binds nobody");
    fixture_free(&fixture);
}

Test(config_env_file, references_see_all_names_below_the_environments_own) {
    struct fixture fixture = {
        .texts = {"a: ${ONE}\nb: ${TWO}\nc: ${THREE:-3}\nd: ${FOUR:-4}\n"},
        .env_texts = {"ONE=1\nTWO=no\nFOUR=\n"},
        .options = {.environment = ENVIRONMENT("TWO=2", "ONE="), .substitute = true}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    cr_assert_str_eq(fixture_text(&fixture, "a", HR_CONFIG_INT), "1");
    cr_assert_str_eq(fixture_text(&fixture, "b", HR_CONFIG_INT), "2");
    cr_assert_str_eq(fixture_text(&fixture, "c", HR_CONFIG_INT), "3");
    cr_assert_str_eq(fixture_text(&fixture, "d", HR_CONFIG_INT), "4");
    cr_assert_null(hr_config_find(fixture.config, "one"));
    fixture_free(&fixture);
}

Test(config_env_file, a_bad_line_has_its_place_and_is_not_quoted) {
    struct fixture fixture = {.env_texts = {"ESPER_A=1\n"
                                            "  hunter2\n"
                                            "1A=hunter2\n"
                                            "ä=hunter2\n"
                                            "ESPER_B='ä' hunter2\n"
                                            "ESPER_C=\"ä\\xhunter2\"\n"
                                            "=hunter2\n"
                                            "ESPER_D=\"hunter2\n"}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_says(&fixture, 2, 10, "no NAME=value"));
    cr_assert(fixture_says(&fixture, 3, 3, "no NAME=value"));
    cr_assert(fixture_says(&fixture, 4, 1, "no NAME=value"));
    cr_assert(fixture_says(&fixture, 5, 13, "behind the closing quote"));
    cr_assert(fixture_says(&fixture, 6, 11, "no escape"));
    cr_assert(fixture_says(&fixture, 7, 1, "no NAME=value"));
    cr_assert(fixture_says(&fixture, 8, 9, "not closed"));
    cr_assert_eq(hr_config_problems_count(fixture.problems), 7);
    for (size_t i = 0; i < 7; i++) {
        char text[512];
        hr_config_problem_text(hr_config_problems_at(fixture.problems, i), text, sizeof text);
        cr_assert_null(strstr(text, "hunter2"), "%s", text);
        cr_assert_eq(strncmp(text, fixture.env_paths[0], strlen(fixture.env_paths[0])), 0);
    }
    fixture_free(&fixture);
}

Test(config_env_file, a_value_of_the_wrong_type_has_its_place) {
    struct fixture fixture = {.texts = {"port: 1\n"}, .env_texts = {"\n ESPER_PORT=hunter2\n"}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, HR_ERR_CONFIG);
    cr_assert(fixture_says(&fixture, 2, 2, "not an integer"));
    cr_assert_null(strstr(fixture.error.message, "hunter2"));
    fixture_free(&fixture);
}

Test(config_env_file, a_name_that_is_there_twice_is_warned_of) {
    struct fixture fixture = {.env_texts = {"ESPER_A=1\n#\nESPER_A=2\n", "ESPER_A=3\n"}};
    fixture_load(&fixture);
    cr_assert_eq(fixture.result, 0);
    cr_assert(fixture_says(&fixture, 3, 1, "ESPER_A is there twice, first in line 1"));
    cr_assert_eq(hr_config_problems_count(fixture.problems), 1, "two files may have it");
    cr_assert_str_eq(value(&fixture, "a"), "3");
    fixture_free(&fixture);
}

Test(config_env_file, bytes_that_are_no_text) {
    struct fixture fixture = {.env_texts = {"A=1\nB=ä\xff\n"}};
    fixture_load(&fixture);
    cr_assert(fixture_says(&fixture, 2, 4, "no UTF-8"));
    fixture_free(&fixture);
}

Test(config_env_file, more_variables_than_may_be) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (int i = 0; i <= 10000; i++) fprintf(out, "N%d=\n", i);
    fclose(out);
    struct fixture fixture = {.env_texts = {text}};
    fixture_load(&fixture);
    free(text);
    cr_assert(fixture_says(&fixture, 10001, 1, "more than 10000 variables"));
    fixture_free(&fixture);
}

/* A shell reads what is written so that both can. */
Test(config_env_file, a_shell_reads_the_same) {
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    static const char text[] = "# comment\n"
                               "ESPER_A=plain-text # comment\n"
                               "export ESPER_B='single \"$it\" \\n'\n"
                               "ESPER_C=\"double \\\"x\\\" \\\\ \\$HOME #\" # comment\n"
                               "  ESPER_D=\n"
                               "ESPER_E='two\nlines'\n"
                               "ESPER_F=a#b\n";
    char path[] = "/tmp/hr-config-XXXXXX", command[512], printed[512];
    int fd = mkstemp(path);
    cr_assert_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
    snprintf(command, sizeof command,
             ". %s && printf '%%s\\001' "
             "\"$ESPER_A\" \"$ESPER_B\" \"$ESPER_C\" \"$ESPER_D\" \"$ESPER_E\" \"$ESPER_F\"",
             path);
    FILE *shell = popen(command, "r");
    size_t size = fread(printed, 1, sizeof printed, shell);
    cr_assert_eq(pclose(shell), 0);
    struct fixture fixture = {.env_texts = {text}, .options.empty_is_value = true};
    fixture_load(&fixture);
    unlink(path);
    cr_assert_eq(fixture.result, 0, "%s", fixture.error.message);
    struct hr_slice rest = hr_slice_bytes(printed, size), one;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        cr_assert(hr_slice_cut(&rest, '\001', &one));
        struct hr_slice ours = hr_config_text(hr_config_find(fixture.config, names[i]));
        cr_assert(hr_slice_equal(ours, one), "%s: %.*s", names[i], (int)one.size, one.data);
    }
    fixture_free(&fixture);
}

/* ---- Pipes. */

static int load_env(const char *path, struct hr_config_limits limits, struct hr_error *error,
                    hr_config **config) {
    const struct hr_config_options options = {
        .env_files = &path, .env_file_count = 1, .no_environment = true, .limits = limits};
    return hr_config_load(&options, NULL, error, config);
}

static void *write_pipe(void *path) {
    int fd = open(path, O_WRONLY);
    const char text[] = "ESPER_A=from a pipe\n";
    cr_assert_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
    return NULL;
}

Test(config_env_file, a_pipe_is_read_to_its_end) {
    char folder[] = "/tmp/hr-config-XXXXXX", path[64];
    struct hr_error error;
    hr_config *config = NULL;
    pthread_t writer;
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/pipe", folder);
    cr_assert_eq(mkfifo(path, 0600), 0);
    pthread_create(&writer, NULL, write_pipe, path);
    int err = load_env(path, (struct hr_config_limits){.pipe_wait_ms = 60000}, &error, &config);
    pthread_join(writer, NULL);
    cr_assert_eq(err, 0, "%s", error.message);
    cr_assert_str_eq(hr_config_text(hr_config_find(config, "a")).data, "from a pipe");
    hr_config_free(config);
    unlink(path);
    rmdir(folder);
}

Test(config_env_file, a_pipe_that_does_not_end_or_is_too_long) {
    char folder[] = "/tmp/hr-config-XXXXXX", path[64], bytes[64] = {0};
    struct hr_error error;
    hr_config *config = NULL;
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/pipe", folder);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(load_env(path, (struct hr_config_limits){.pipe_wait_ms = 1}, &error, &config),
                 HR_ERR_CONFIG);
    cr_assert(strstr(error.message, "within 1 ms (limits.pipe_wait_ms)"), "%s", error.message);
    int fd = open(path, O_RDWR); /* there is a writer from the beginning */
    cr_assert_eq(write(fd, bytes, sizeof bytes), (ssize_t)sizeof bytes);
    cr_assert_eq(load_env(path, (struct hr_config_limits){.file_bytes_max = 16}, &error, &config),
                 HR_ERR_CONFIG);
    cr_assert(strstr(error.message, "more than 16 bytes"), "%s", error.message);
    close(fd);
    unlink(path);
    cr_assert_eq(load_env(path, (struct hr_config_limits){0}, &error, &config), HR_ERR_CONFIG);
    cr_assert(strstr(error.message, "cannot be opened"));
    cr_assert_eq(load_env(folder, (struct hr_config_limits){0}, &error, &config), HR_ERR_CONFIG);
    cr_assert(strstr(error.message, "a folder"));
    cr_assert_eq(load_env("/dev/zero", (struct hr_config_limits){0}, &error, &config),
                 HR_ERR_CONFIG);
    cr_assert(strstr(error.message, "a device"));
    rmdir(folder);
}

static bool is_secret(const struct fixture *fixture, const char *path) {
    const struct hr_config_node *node = hr_config_find(fixture->config, path);
    cr_assert(node, "%s", path);
    return hr_config_is_secret(node);
}

struct account {
    const char *user, *password;
    struct hr_config_items hosts;
    const struct hr_config_node *extra;
};
static const struct hr_config_field fields[] = {
    HR_FIELD(struct account, user, HR_STRING),
    HR_FIELD(struct account, password, HR_SECRET),
    HR_FIELD(struct account, hosts, HR_LIST, HR_ITEMS(const char *, HR_STRING)),
    HR_FIELD(struct account, extra, HR_OPEN),
};
static const struct hr_config_schema schema = HR_SCHEMA(struct account, fields);

Test(config_env_file, its_values_are_secrets_unless_the_schema_knows_better) {
    const char *texts = "ESPER_USER=me\nESPER_PASSWORD=x\nESPER_HOSTS=a,b\nESPER_EXTRA__TOKEN=y\n";
    struct fixture bare = {.texts = {"level: low\n"}, .env_texts = {texts}};
    struct fixture known = {.env_texts = {texts}, .options.schema = &schema};
    fixture_load(&bare);
    fixture_load(&known);
    cr_assert(is_secret(&bare, "user") && is_secret(&bare, "password"));
    cr_assert(is_secret(&bare, "hosts") && is_secret(&bare, "extra.token"));
    cr_assert_not(is_secret(&bare, "level"));
    cr_assert_not(is_secret(&known, "user"));
    cr_assert_not(is_secret(&known, "hosts.1"));
    cr_assert(is_secret(&known, "password") && is_secret(&known, "extra.token"));
    fixture_free(&bare);
    fixture_free(&known);
}

Test(config_env_file, what_a_reference_brings_of_it_is_a_secret_too) {
    struct fixture fixture = {
        .texts = {"url: postgres://me:${PW}@db\nhome: ${HOME_OF}\nplain: "
                  "${NONE:-x}\nlist: [\"${PW}\"]\n"},
        .env_texts = {"PW=x\nHOME_OF=y\n"},
        .options = {.substitute = true, .environment = ENVIRONMENT("HOME_OF=/home")}};
    fixture_load(&fixture);
    cr_assert(is_secret(&fixture, "url") && is_secret(&fixture, "list.0"));
    cr_assert_not(is_secret(&fixture, "home"), "the environment's is the one that counts");
    cr_assert_not(is_secret(&fixture, "plain"));
    fixture_free(&fixture);
}

Test(config_env_file, its_values_have_the_types_of_variables) {
    struct fixture fixture = {.env_texts = {"ESPER_A=yes\nESPER_B=17\n"}};
    fixture_load(&fixture);
    cr_assert(fixture_text(&fixture, "a", HR_CONFIG_BOOL));
    cr_assert(fixture_text(&fixture, "b", HR_CONFIG_INT));
    fixture_free(&fixture);
}
