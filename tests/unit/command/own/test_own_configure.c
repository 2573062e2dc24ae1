/* Values of headrace.yaml and of variables do to a command what its options do. */
#include "own_fixture.h"

#include <ctype.h>

#include "http_call.h"
#include "own_keys.h"

TestSuite(own_configure, .init = own_fixture_open, .fini = own_fixture_close);

static struct command_call call;
static char why[OPTION_WHY_SIZE];

/* ---- Every option of every command. */

/* Texts of which each option takes one. */
static const char *const candidates[] = {"x",          "2",
                                         "100",        "1000",
                                         "20000",      "3s",
                                         "200ms",      "4KiB",
                                         "1MiB",       "1.5",
                                         "X-A: b",     "a=b",
                                         "put=1",      "a:1:127.0.0.1",
                                         "info",       "2026-01-01T00:00:00Z",
                                         "level=info", "file:x",
                                         "CRC32",      "zipf",
                                         "retries<1",  "20",
                                         "0.1",        "http://h/,5",
                                         "8MiB"};

static bool takes(const struct option_group *group, const struct option *option, const char *text) {
    static char scratch[1 << 17];
    char reason[OPTION_WHY_SIZE];
    memset(scratch, 0, sizeof scratch);
    return option_fill(group, option, scratch, text, false, reason) == 0;
}

/* Not its default; NULL: none of the candidates is any. */
static const char *value_for(const struct option_group *group, const struct option *option) {
    if (option->type == OPTION_FLAG) return "true";
    if (option->type == OPTION_CHOICE)
        return strrchr(option->choices, '|') ? strrchr(option->choices, '|') + 1 : option->choices;
    for (size_t i = 0; i < COUNT(candidates); i++)
        if (takes(group, option, candidates[i])) return candidates[i];
    return NULL;
}

static bool same_list(const struct option_list *a, const struct option_list *b) {
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->items[i], b->items[i]) == 0 && a->tags[i] == b->tags[i];
    return same;
}

static bool same_variable(const struct option *option, const void *a, const void *b) {
    const char *const *text_a = a, *const *text_b = b;
    switch (option->type) {
    case OPTION_STRING:
        return *text_a && *text_b ? strcmp(*text_a, *text_b) == 0 : *text_a == *text_b;
    case OPTION_FLAG:
        return *(const bool *)a == *(const bool *)b;
    case OPTION_CHOICE:
        return *(const int *)a == *(const int *)b;
    case OPTION_LIST:
        return same_list(a, b);
    case OPTION_ARGUMENT:
        return true;
    default:
        return *(const uint64_t *)a == *(const uint64_t *)b;
    }
}

static void expect_same(const struct command *command, const struct option *changed,
                        const char *flag, const char *other, const char *by) {
    for (const struct option_group *group = command->groups; group->title; group++)
        for (const struct option *option = group->options; option->name; option++) {
            size_t at = group->base + option->offset;
            cr_expect(same_variable(option, flag + at, other + at), "%s: --%s by %s: --%s differs",
                      command->path, changed->name, by, option->name);
        }
}

static const char *words[8];

/* The words of a command with as many arguments as it needs, behind `count` others. */
static void add_arguments(const struct command *command, size_t count) {
    for (size_t i = 0; i < command->arguments_min; i++) words[count++] = "x";
    words[count] = NULL;
}

static void parse_ok(const struct command *command, void *values, const char *by) {
    enum option_result result = own_fixture_parse(command, values, &call, words, why);
    cr_expect_eq(result, OPTION_PARSED, "%s by %s: %s", command->path, by, why);
}

static void parse_flag(const struct command *command, const struct option *option, const char *text,
                       void *values) {
    static char word[OWN_PATH_SIZE]; /* values point into it */
    bool flag = option->type == OPTION_FLAG;
    snprintf(word, sizeof word, "--%s%s%s", option->name, flag ? "" : "=", flag ? "" : text);
    words[0] = word;
    add_arguments(command, 1);
    parse_ok(command, values, word);
}

/* "a: {b: {key: value}}" of the path a.b.key. */
static void write_file(const struct command *command, const struct option *option, const char *text,
                       bool family) {
    char path[OWN_PATH_SIZE], yaml[512];
    own_path(command, option, family, path);
    bool plain = option->type == OPTION_FLAG || option->type == OPTION_UINT;
    bool list = option->type == OPTION_LIST;
    size_t size = 0, depth = 0;
    for (const char *at = path; *at; at++) {
        if (*at == '.') depth++;
        size += (size_t)snprintf(yaml + size, sizeof yaml - size, *at == '.' ? ": {" : "%c", *at);
    }
    size += (size_t)snprintf(yaml + size, sizeof yaml - size, ": %s%s%s%s%s%s\n", list ? "[" : "",
                             plain ? "" : "\"", text, plain ? "" : "\"", list ? "]" : "",
                             depth == 2 ? "}}" : "}");
    fixture_text("headrace.yaml", yaml);
}

static void parse_file(const struct command *command, const struct option *option, const char *text,
                       bool family, void *values) {
    write_file(command, option, text, family);
    add_arguments(command, 0);
    parse_ok(command, values, "headrace.yaml");
    cr_expect(option_given(option->name), "%s: --%s", command->path, option->name);
    unlink("headrace.yaml");
}

static void parse_variable(const struct command *command, const struct option *option,
                           const char *text, bool family, void *values) {
    char path[OWN_PATH_SIZE], name[OWN_PATH_SIZE + 8];
    own_path(command, option, family, path);
    snprintf(name, sizeof name, "ESPER_%s", path);
    for (char *at = name; *at; at++) *at = *at == '.' ? '_' : (char)toupper((unsigned char)*at);
    setenv(name, text, 1);
    add_arguments(command, 0);
    parse_ok(command, values, name);
    unsetenv(name);
}

static void compare_all(const struct command *command, const struct option_group *group,
                        const struct option *option) {
    const char *text = value_for(group, option);
    char *flag = calloc(1, command->values_size), *other = calloc(1, command->values_size);
    cr_assert(text && flag && other, "%s: --%s", command->path, option->name);
    parse_flag(command, option, text, flag);
    for (int family = 0; family < 2; family++) {
        parse_file(command, option, text, family, other);
        expect_same(command, option, flag, other, family ? "the family's map" : "the file");
        parse_variable(command, option, text, family, other);
        expect_same(command, option, flag, other, family ? "the family's variable" : "variable");
    }
    free(flag);
    free(other);
}

Test(own_configure, each_option_of_each_command_by_file_and_variable_is_as_by_flag) {
    size_t count = 0;
    for (size_t i = 0; i < COUNT(own_all); i++)
        for (const struct option_group *group = own_all[i]->groups; group->title; group++)
            for (const struct option *option = group->options; option->name; option++)
                if (own_is_key(option)) {
                    compare_all(own_all[i], group, option);
                    count++;
                }
    cr_expect_gt(count, 250);
}

/* ---- Order. */

static struct http_values http;

#define HTTP(...)                                                                                  \
    own_fixture_parse(&command_http, &http, &call,                                                 \
                      (const char *const[]){__VA_ARGS__, "http://x", NULL}, why)

Test(own_configure, flags_win_over_variables_over_files_over_defaults) {
    fixture_text("headrace.yaml", "http: {retry: 5, timeout: 5s, location: true}\n");
    cr_assert_eq(HTTP("-s"), OPTION_PARSED, "%s", why);
    cr_expect_eq(http.policy.retry, 5);
    cr_expect_eq(http.policy.timeout_ms, 5000);
    cr_expect(http.policy.location);
    setenv("ESPER_HTTP_RETRY", "6", 1);
    setenv("esper_http_location", "no", 1);
    cr_assert_eq(HTTP("-s"), OPTION_PARSED, "%s", why);
    cr_expect_eq(http.policy.retry, 6);
    cr_expect_eq(http.policy.timeout_ms, 5000);
    cr_expect_not(http.policy.location);
    cr_assert_eq(HTTP("--retry", "7", "-L"), OPTION_PARSED, "%s", why);
    cr_expect_eq(http.policy.retry, 7);
    cr_expect(http.policy.location);
    cr_assert_eq(HTTP("--no-config"), OPTION_PARSED, "%s", why);
    cr_expect_eq(http.policy.retry, 0);
    cr_assert_eq(HTTP("-q"), OPTION_PARSED, "%s", why);
    cr_expect_eq(http.policy.retry, 0);
}

Test(own_configure, a_flag_that_a_file_sets_is_switched_off_by_no) {
    fixture_text("headrace.yaml", "http: {location: true}\n");
    cr_assert_eq(HTTP("--no-location"), OPTION_PARSED, "%s", why);
    cr_expect_not(http.policy.location);
}

Test(own_configure, a_list_of_the_command_line_takes_the_place_of_one_of_the_file) {
    fixture_text("headrace.yaml", "http:\n  header: ['A: 1', 'B: 2']\n");
    cr_assert_eq(HTTP("-s"), OPTION_PARSED, "%s", why);
    cr_assert_eq(http.request.headers.count, 2);
    cr_expect_str_eq(http.request.headers.items[1], "B: 2");
    cr_assert_eq(HTTP("-H", "C: 3", "-H", "D: 4"), OPTION_PARSED, "%s", why);
    cr_assert_eq(http.request.headers.count, 2);
    cr_expect_str_eq(http.request.headers.items[0], "C: 3");
    setenv("ESPER_HTTP_HEADER", "E: 5, F: 6", 1);
    cr_assert_eq(HTTP("-s"), OPTION_PARSED, "%s", why);
    cr_assert_eq(http.request.headers.count, 2);
    cr_expect_str_eq(http.request.headers.items[1], "F: 6");
}

Test(own_configure, the_map_of_a_command_wins_over_its_family_s_and_variables_over_both) {
    struct connection_options *options = calloc(1, command_s3_rm.values_size);
    const char *const rm[] = {"s3://b/k", NULL};
    fixture_text("headrace.yaml", "s3: {attempts: 7, region: r, rm: {attempts: 8}, ls: {attempts: "
                                  "9}}\n");
    cr_assert_eq(own_fixture_parse(&command_s3_rm, options, &call, rm, why), OPTION_PARSED, "%s",
                 why);
    cr_expect_eq(options->attempts, 8);
    cr_expect_str_eq(options->region, "r");
    setenv("ESPER_S3_ATTEMPTS", "10", 1);
    cr_assert_eq(own_fixture_parse(&command_s3_rm, options, &call, rm, why), OPTION_PARSED, "%s",
                 why);
    cr_expect_eq(options->attempts, 10);
    free(options);
}

/* The library reads AWS_REGION itself, where it is given none. */
Test(own_configure, a_file_gives_way_to_variables_that_the_library_reads) {
    struct connection_options *options = calloc(1, command_s3_rm.values_size);
    const char *const rm[] = {"s3://b/k", NULL};
    fixture_text("headrace.yaml",
                 "s3: {region: r, endpoint: 'http://x', access_key: a, secret_key: s}\n");
    setenv("AWS_DEFAULT_REGION", "x", 1);
    setenv("AWS_ACCESS_KEY_ID", "x", 1);
    setenv("AWS_ENDPOINT_URL", "", 1);
    cr_assert_eq(own_fixture_parse(&command_s3_rm, options, &call, rm, why), OPTION_PARSED, "%s",
                 why);
    cr_expect_null(options->region);
    cr_expect_str_eq(options->endpoint, "http://x");
    cr_expect_null(options->access_key);
    cr_expect_null(options->secret_key, "keys go together");
    free(options);
}

Test(own_configure, variables_of_the_options_themselves_win_over_esper_variables) {
    char *values = calloc(1, command_bench_log.values_size);
    const struct option_group *group;
    const struct option directory = {.name = "directory"};
    const struct option *option = own_find(&command_bench_log, &directory, &group);
    setenv("ESPER_BENCH_LOG_DIRECTORY", "/esper", 1);
    setenv("TMPDIR", "/own", 1);
    const char *const none[] = {NULL};
    cr_assert_eq(own_fixture_parse(&command_bench_log, values, &call, none, why), OPTION_PARSED);
    cr_expect_str_eq(*(const char **)(void *)(values + group->base + option->offset), "/own");
    unsetenv("TMPDIR");
    cr_assert_eq(own_fixture_parse(&command_bench_log, values, &call, none, why), OPTION_PARSED);
    cr_expect_str_eq(*(const char **)(void *)(values + group->base + option->offset), "/esper");
    free(values);
}

/* ---- Faults. */

#define REFUSED(...) CAPTURE(cr_expect_eq(HTTP(__VA_ARGS__), OPTION_WRONG))

Test(own_configure, all_faults_of_a_file_are_told_at_once_with_their_places) {
    fixture_text("headrace.yaml", "http:\n"
                                  "  retry: 100\n"
                                  "  retyr: 1\n"
                                  "  timeout: 3x\n"
                                  "  resolve: [nope]\n"
                                  "s3:\n"
                                  "  ls: {attempts: none, region: ''}\n"
                                  "bench:\n"
                                  "  http: {size: 10MB}\n");
    REFUSED("-s");
    static const char *const lines[] = {
        "headrace.yaml:2:10: error: http.retry: 100 is there",
        "headrace.yaml:3:3: error: http.retyr: there is no such key: is \"retry\" meant?",
        "headrace.yaml:4:12: error: http.timeout: '3x' is not a number of seconds",
        "headrace.yaml:5:13: error: http.resolve.0: 'nope' is not HOST:PORT:ADDRESS",
        "headrace.yaml:7:18: error: s3.ls.attempts: ",
        "headrace.yaml:7:32: error: s3.ls.region: the value is empty",
        "headrace.yaml:9:16: error: bench.http.size: '10MB' is not a size"};
    for (size_t i = 0; i < COUNT(lines); i++)
        cr_expect_not_null(strstr(captured_err, lines[i]), "%s in %s", lines[i], captured_err);
    cr_expect_str_eq(why, "headrace.yaml has 7 errors; --no-config does without it");
}

Test(own_configure, a_file_whose_only_faults_are_what_options_say_is_refused) {
    fixture_text("headrace.yaml", "http: {timeout: 3x}\n");
    REFUSED("-s");
    cr_expect_not_null(strstr(captured_err, "headrace.yaml:1:17: error: http.timeout: '3x'"));
    cr_expect_str_eq(why, "headrace.yaml has 1 error; --no-config does without it");
}

Test(own_configure, a_secret_is_shown_in_no_message) {
    fixture_text("headrace.yaml", "http:\n  header: [hunter2]\n  user: {a: hunter2}\n");
    REFUSED("-s");
    cr_expect_not_null(strstr(captured_err, "http.header.0: "), "%s", captured_err);
    cr_expect_null(strstr(captured_err, "hunter2"), "%s", captured_err);
    unlink("headrace.yaml");
    setenv("ESPER_HTTP_HEADER", "hunter2", 1);
    REFUSED("-s");
    cr_expect_not_null(strstr(why, "ESPER_HTTP_HEADER"), "%s", why);
    cr_expect_null(strstr(why, "hunter2"), "%s", why);
    cr_expect_null(strstr(captured_err, "hunter2"), "%s", captured_err);
}

Test(own_configure, a_bad_variable_is_named_and_its_value_is_not_shown) {
    setenv("ESPER_HTTP_TIMEOUT", "tenfold", 1);
    REFUSED("-s");
    cr_expect_str_eq(why, "ESPER_HTTP_TIMEOUT: the value is not a number of seconds, or a duration "
                          "such as 500ms, 30s or 5m");
    unsetenv("ESPER_HTTP_TIMEOUT");
    setenv("ESPER_HTTP_RETRY", "tenfold", 1);
    REFUSED("-s");
    cr_expect_not_null(strstr(captured_err, "variable ESPER_HTTP_RETRY: error: http.retry"));
    cr_expect_null(strstr(captured_err, "tenfold"), "%s", captured_err);
}

Test(own_configure, variables_of_services_and_other_commands_are_nothing_to_this_one) {
    setenv("ESPER_HTTP_LISTEN", "0.0.0.0:80", 1);
    setenv("ESPER_HTTP_RETRY_MAX", "x", 1);
    setenv("ESPER_S3_ATTEMPTS", "x", 1);
    setenv("ESPER_RETRY", "x", 1);
    setenv("ESPER_", "x", 1);
    CAPTURE(cr_expect_eq(HTTP("-s"), OPTION_PARSED, "%s", why));
    cr_expect_str_empty(captured_err);
    cr_expect_eq(http.policy.retry, 0);
}

Test(own_configure, what_is_wrong_with_the_command_line_is_told_before_a_file_is_read) {
    fixture_text("headrace.yaml", "nonsense: [\n");
    CAPTURE(cr_expect_eq(HTTP("--retyr", "1"), OPTION_WRONG));
    cr_expect_str_eq(why, "unknown option '--retyr', did you mean '--retry'?");
    cr_expect_str_empty(captured_err);
    CAPTURE(cr_expect_eq(HTTP("--help"), OPTION_HELP));
    cr_expect_str_empty(captured_err);
}

Test(own_configure, a_value_may_come_from_a_file_that_a_variable_names) {
    setenv("ESPER_HTTP_USER_FILE", fixture_text("secret", "me:hunter2\n"), 1);
    cr_assert_eq(chmod(fixture_path("secret"), 0600), 0);
    cr_assert_eq(HTTP("-s"), OPTION_PARSED, "%s", why);
    cr_expect_str_eq(http.request.user, "me:hunter2");
}
