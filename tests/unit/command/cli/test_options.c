/* Words of a command line, as POSIX's utility guidelines, getopt_long and curl read them. */
#include "command_fixture.h"

#include <stddef.h>

struct values {
    const char *name, *host;
    uint64_t count, wait_ms;
    bool fail, loud;
    int mode;
    struct option_list items;
    char front[8];
    struct inner {
        const char *key;
    } inner;
};

#define VALUE(field) offsetof(struct values, field)

static const struct option table[] = {
    {"name", "TEXT", OPTION_STRING, VALUE(name), .short_name = 'n'},
    {"host", "HOST", OPTION_STRING, VALUE(host), .environment = "HEADRACE_UNIT_HOST"},
    {"count", "N", OPTION_UINT, VALUE(count), .standard = "3", .max = 100,
     .environment = "HEADRACE_UNIT_COUNT"},
    {"timeout", "TIME", OPTION_SECONDS, VALUE(wait_ms), .short_name = 'm',
     .aliases = "max-time|wait"},
    {"fail", NULL, OPTION_FLAG, VALUE(fail), .short_name = 'f'},
    {"loud", NULL, OPTION_FLAG, VALUE(loud), .short_name = 'L'},
    {"mode", "MODE", OPTION_CHOICE, VALUE(mode), .choices = "one|two|three", .standard = "two"},
    {"third", NULL, OPTION_CHOICE, VALUE(mode), .choices = "one|two|three", .fixed = "three"},
    {"item", "ITEM", OPTION_LIST, VALUE(items), .short_name = 'i', .tag = 1},
    {"other", "ITEM", OPTION_LIST, VALUE(items), .tag = 2},
    {"url", "URL", OPTION_ARGUMENT, 0, .max = 0},
    {.name = NULL}};

static const struct option inner_table[] = {
    {"key", "KEY", OPTION_STRING, offsetof(struct inner, key), .environment = "HEADRACE_UNIT_KEY",
     .environment_elsewhere = true},
    {.name = NULL}};

static const char *foreign(struct hr_slice name, char letter) {
    if (letter == 'Z') return "not here";
    return hr_slice_equal(name, hr_slice_of("nam")) ? "give --name" : NULL;
}

static const struct command command = {
    .path = "test it",
    .arguments = "FIRST [SECOND]",
    .arguments_min = 1,
    .arguments_max = 2,
    .summary = "A command of a test",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0}, {"Inner", inner_table, VALUE(inner)}},
    .foreign = foreign,
};

static struct values values;
static struct command_call call;
static char why[OPTION_WHY_SIZE];

#define PARSE(...)                                                                                 \
    fixture_parse(&command, &values, &call, (const char *const[]){__VA_ARGS__, NULL}, why)

Test(options, defaults) {
    cr_assert_eq(PARSE("a"), OPTION_PARSED, "%s", why);
    cr_expect_eq(values.count, 3);
    cr_expect_eq(values.mode, 1);
    cr_expect_null(values.name);
    cr_expect_not(values.fail);
    cr_expect_eq(call.argument_count, 1);
    cr_expect_str_eq(call.arguments[0], "a");
    cr_expect_eq(call.values, &values);
}

Test(options, the_command_line_goes_before_the_environment_and_that_before_the_default) {
    setenv("HEADRACE_UNIT_COUNT", "7", 1);
    setenv("HEADRACE_UNIT_HOST", "of.the.environment", 1);
    cr_assert_eq(PARSE("a"), OPTION_PARSED, "%s", why);
    cr_expect_eq(values.count, 7);
    cr_expect_str_eq(values.host, "of.the.environment");
    cr_assert_eq(PARSE("--count", "9", "a"), OPTION_PARSED);
    cr_expect_eq(values.count, 9);
    setenv("HEADRACE_UNIT_COUNT", "", 1);
    cr_assert_eq(PARSE("a"), OPTION_PARSED);
    cr_expect_eq(values.count, 3, "an empty variable says nothing");
    setenv("HEADRACE_UNIT_COUNT", "many", 1);
    cr_assert_eq(PARSE("a"), OPTION_WRONG);
    cr_expect_str_eq(why, "HEADRACE_UNIT_COUNT: 'many' is not a whole number");
}

Test(options, a_variable_that_the_library_reads_is_left_to_it) {
    setenv("HEADRACE_UNIT_KEY", "value", 1);
    cr_assert_eq(PARSE("a"), OPTION_PARSED);
    cr_expect_null(values.inner.key);
    cr_assert_eq(PARSE("--key", "k", "a"), OPTION_PARSED);
    cr_expect_str_eq(values.inner.key, "k", "a group has its own place in the values");
}

Test(options, forms_of_a_value) {
    static const char *const forms[][4] = {
        {"--name", "x", "a"}, {"--name=x", "a"}, {"-n", "x", "a"}, {"-nx", "a"},
        {"a", "--name", "x"}, {"a", "-nx"},      {"-fnx", "a"},    {"-fLn", "x", "a"},
    };
    for (size_t i = 0; i < COUNT(forms); i++) {
        cr_expect_eq(fixture_parse(&command, &values, &call, forms[i], why), OPTION_PARSED,
                     "%zu: %s", i, why);
        cr_expect_str_eq(values.name, "x", "%zu", i);
        cr_expect_eq(call.argument_count, 1, "%zu", i);
        cr_expect_eq(values.fail, i >= 6, "%zu", i);
        cr_expect_eq(values.loud, i == 7, "%zu", i);
    }
}

Test(options, a_value_may_be_empty_or_look_like_an_option) {
    cr_assert_eq(PARSE("--name=", "a"), OPTION_PARSED, "%s", why);
    cr_expect_str_eq(values.name, "");
    cr_assert_eq(PARSE("--name", "--fail", "a"), OPTION_PARSED, "%s", why);
    cr_expect_str_eq(values.name, "--fail");
    cr_expect_not(values.fail);
    cr_assert_eq(PARSE("--name=a=b", "a"), OPTION_PARSED, "%s", why);
    cr_expect_str_eq(values.name, "a=b");
}

/* Guideline 10: what stands behind -- is an operand; guideline 13: so is a single dash. */
Test(options, the_end_of_options) {
    cr_assert_eq(PARSE("--", "--fail", "-f"), OPTION_PARSED, "%s", why);
    cr_expect_eq(call.argument_count, 2);
    cr_expect_str_eq(call.arguments[0], "--fail");
    cr_expect_str_eq(call.arguments[1], "-f");
    cr_expect_not(values.fail);
    cr_assert_eq(PARSE("-", "-f"), OPTION_PARSED, "%s", why);
    cr_expect_str_eq(call.arguments[0], "-");
    cr_expect(values.fail);
    cr_assert_eq(PARSE("--", "--"), OPTION_PARSED, "%s", why);
    cr_expect_str_eq(call.arguments[0], "--");
}

Test(options, the_last_one_counts) {
    cr_assert_eq(PARSE("--count", "1", "--count", "2", "a"), OPTION_PARSED);
    cr_expect_eq(values.count, 2);
    cr_assert_eq(PARSE("--third", "--mode", "one", "a"), OPTION_PARSED);
    cr_expect_eq(values.mode, 0);
    cr_assert_eq(PARSE("--mode", "one", "--third", "a"), OPTION_PARSED);
    cr_expect_eq(values.mode, 2, "an option without a value stands for its own");
}

Test(options, aliases_are_the_option) {
    static const char *const names[] = {"--timeout", "--max-time", "--wait", "-m"};
    for (size_t i = 0; i < COUNT(names); i++) {
        cr_expect_eq(PARSE(names[i], "2.5", "a"), OPTION_PARSED, "%s", why);
        cr_expect_eq(values.wait_ms, 2500, "%s", names[i]);
        cr_expect(option_given("timeout"), "%s", names[i]);
    }
    cr_expect_eq(PARSE("--max", "1", "a"), OPTION_WRONG, "no part of an alias is one");
    cr_expect_eq(PARSE("--wait", "x", "a"), OPTION_WRONG);
    cr_expect_eq(strncmp(why, "--wait: ", 8), 0, "an error names it as it was given: %s", why);
}

/* curl: --no-NAME switches a boolean option off. */
Test(options, a_flag_is_switched_off_again) {
    cr_assert_eq(PARSE("--fail", "--no-fail", "a"), OPTION_PARSED, "%s", why);
    cr_expect_not(values.fail);
    cr_assert_eq(PARSE("--no-fail", "--fail", "a"), OPTION_PARSED, "%s", why);
    cr_expect(values.fail);
    cr_expect_eq(PARSE("--no-name", "a"), OPTION_WRONG, "only flags have that");
    cr_expect_eq(PARSE("--no-", "a"), OPTION_WRONG);
    cr_expect_eq(PARSE("--no-fail=1", "a"), OPTION_WRONG);
}

Test(options, lists_of_several_options_keep_the_order_of_the_command_line) {
    cr_assert_eq(PARSE("-i", "1", "--other=2", "--item", "3", "a"), OPTION_PARSED, "%s", why);
    cr_assert_eq(values.items.count, 3);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(values.items.items[i][0], (char)('1' + i));
        cr_expect_eq(values.items.tags[i], i == 1 ? 2 : 1);
    }
}

Test(options, an_argument_by_an_option_stands_in_its_place) {
    cr_assert_eq(PARSE("a", "--url", "b"), OPTION_PARSED, "%s", why);
    cr_assert_eq(call.argument_count, 2);
    cr_expect_str_eq(call.arguments[1], "b");
    cr_assert_eq(PARSE("--url=b", "a"), OPTION_PARSED, "%s", why);
    cr_expect_str_eq(call.arguments[0], "b");
}

Test(options, faults_are_named) {
    static const struct {
        const char *words[4];
        const char *why;
    } rows[] = {
        {{"--count"}, "--count needs a value: N"},
        {{"a", "-n"}, "--name needs a value: TEXT"},
        {{"-fn"}, "--name needs a value: TEXT"},
        {{"--fail=1", "a"}, "--fail takes no value"},
        {{"--third=one", "a"}, "--third takes no value"},
        {{"--cuont", "1", "a"}, "unknown option '--cuont', did you mean '--count'?"},
        {{"--hots", "h", "a"}, "unknown option '--hots', did you mean '--host'?"},
        {{"--helf", "a"}, "unknown option '--helf', did you mean '--help'?"},
        {{"--quiet", "a"}, "unknown option '--quiet'"},
        {{"--nam", "x"}, "--nam: give --name"},
        {{"--=x", "a"}, "unknown option '--'"},
        {{"-x", "a"}, "unknown option '-x'"},
        {{"-fx", "a"}, "unknown option '-x' in '-fx'"},
        {{"-Z", "a"}, "-Z: not here"},
        {{"-fZ", "a"}, "-Z: not here"},
        {{"--fail"}, "an argument is missing: FIRST [SECOND]"},
        {{"a", "b", "c"}, "'c' is one argument too many"},
        {{"--mode", "four", "a"}, "--mode: 'four' is none of one|two|three"},
        {{"--count", "101", "a"}, "--count: '101' is not within 0 and 100"},
        {{"--count=x", "--mode=y", "a"}, "--count: 'x' is not a whole number"}, /* the first */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_eq(fixture_parse(&command, &values, &call, rows[i].words, why), OPTION_WRONG,
                     "%zu", i);
        cr_expect_str_eq(why, rows[i].why, "%zu: %s", i, why);
    }
}

Test(options, help_goes_before_what_is_wrong) {
    static const char *const lines[][4] = {
        {"--help"},           {"-h"}, {"--count", "x", "--help"}, {"-fh"}, {"a", "b", "c", "-h"},
        {"--nonsense", "-h"},
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        const char *words[5] = {lines[i][0], lines[i][1], lines[i][2], lines[i][3], NULL};
        cr_expect_eq(fixture_parse(&command, &values, &call, words, why), OPTION_HELP, "%zu", i);
    }
    cr_expect_eq(PARSE("--", "--help"), OPTION_PARSED, "behind -- it is an argument");
    cr_expect_eq(PARSE("--name", "--help", "a"), OPTION_PARSED, "and a value where one is due");
}

Test(options, what_was_given_and_what_there_is) {
    cr_assert_eq(PARSE("--count", "3", "-f", "a"), OPTION_PARSED);
    cr_expect(option_given("count"), "given, although it is the default");
    cr_expect(option_given("fail"));
    cr_expect_not(option_given("mode"));
    cr_expect_not(option_given("nonsense"));
    cr_expect(option_exists("mode"));
    cr_expect(option_exists("key"), "of another group");
    cr_expect_not(option_exists("max-time"), "an alias is no option of its own");
    cr_assert_eq(PARSE("a"), OPTION_PARSED);
    cr_expect_not(option_given("count"), "each parse begins anew");
}

/* The optimal string alignment distance, its textbook examples among them. */
Test(options, distance_of_words) {
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"kitten", "sitting", 3},
        {"saturday", "sunday", 3},
        {"flaw", "lawn", 2},
        {"ca", "ac", 1},
        {"ca", "abc", 3}, /* restricted: no edit within a swap */
        {"verbose", "verbsoe", 1},
        {"same", "same", 0},
        {"Same", "same", 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_eq(option_distance(rows[i].a, rows[i].b), rows[i].distance, "%s %s", rows[i].a,
                     rows[i].b);
        cr_expect_eq(option_distance(rows[i].b, rows[i].a), rows[i].distance, "%s %s", rows[i].b,
                     rows[i].a);
    }
    char longest[64];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    cr_expect(option_distance(longest, "a") >= 48, "a word that is too long is never near");
}

Test(options, the_limit_of_arguments_holds_for_a_whole_command_line) {
    const char *words[OPTION_ARGUMENT_MAX];
    for (size_t i = 0; i < 62; i++) words[i] = "-f";
    words[61] = "a";
    words[62] = NULL;
    cr_expect_eq(fixture_parse(&command, &values, &call, words, why), OPTION_PARSED, "%s", why);
    cr_expect(values.fail);
}

/* ---- Configuration. */

static const char *configured_item;

/* As a configuration would: --name and a list. */
static int configure(const struct command_call *made, void *filled, char reason[OPTION_WHY_SIZE]) {
    const struct option_group *group = made->command->groups;
    if (made->common.config && strcmp(made->common.config, "bad") == 0) {
        snprintf(reason, OPTION_WHY_SIZE, "bad: it is");
        return -1;
    }
    if (option_set(group, &table[2], filled, "file", "50", reason) != 0) return -1;
    option_configured(&table[2]);
    if (!configured_item) return 0;
    option_list_clear(group, &table[8], filled);
    option_configured(&table[8]);
    return option_set(group, &table[8], filled, "file", configured_item, reason);
}

static enum option_result parse_configured(const char *const *words) {
    static char *argv[16];
    int count = 0;
    for (; words[count]; count++) argv[count] = (char *)(size_t)words[count];
    memset(&values, 0, sizeof values);
    call = (struct command_call){.command = &command, .configure = configure};
    why[0] = '\0';
    return option_parse(&call, &values, count, argv, why);
}
#define CONFIGURED(...) parse_configured((const char *const[]){__VA_ARGS__, NULL})

Test(options, a_configuration_stands_between_defaults_and_variables) {
    cr_assert_eq(CONFIGURED("a"), OPTION_PARSED, "%s", why);
    cr_expect_eq(values.count, 50);
    cr_expect(option_given("count"));
    cr_expect_not(option_given("name"));
    setenv("HEADRACE_UNIT_COUNT", "7", 1);
    cr_assert_eq(CONFIGURED("a"), OPTION_PARSED, "%s", why);
    cr_expect_eq(values.count, 7);
    cr_assert_eq(CONFIGURED("--count", "8", "a"), OPTION_PARSED, "%s", why);
    cr_expect_eq(values.count, 8);
}

Test(options, a_list_of_the_command_line_takes_the_place_of_a_configured_one) {
    configured_item = "one";
    cr_assert_eq(CONFIGURED("a"), OPTION_PARSED, "%s", why);
    cr_expect_eq(values.items.count, 1);
    cr_assert_eq(CONFIGURED("--other", "x", "--item", "two", "--item", "three", "a"), OPTION_PARSED,
                 "%s", why);
    cr_assert_eq(values.items.count, 3);
    cr_expect_str_eq(values.items.items[0], "x", "another option's item stays");
    cr_expect_str_eq(values.items.items[2], "three");
}

Test(options, config_and_no_config_stand_anywhere_but_behind_the_end_of_options) {
    cr_assert_eq(CONFIGURED("a", "--config", "file"), OPTION_PARSED, "%s", why);
    cr_expect_str_eq(call.common.config, "file");
    cr_expect_eq(call.argument_count, 1);
    cr_assert_eq(CONFIGURED("--config=bad", "a"), OPTION_WRONG);
    cr_expect_str_eq(why, "bad: it is");
    cr_assert_eq(CONFIGURED("a", "--no-config"), OPTION_PARSED, "%s", why);
    cr_expect_eq(values.count, 3);
    cr_assert_eq(CONFIGURED("--name", "--no-config", "a"), OPTION_PARSED, "%s", why);
    cr_expect_eq(values.count, 50, "a value is no option");
    cr_assert_eq(CONFIGURED("--", "--no-config", "a"), OPTION_PARSED, "%s", why);
    cr_expect_eq(values.count, 50);
    cr_expect_eq(call.argument_count, 2);
    cr_assert_eq(CONFIGURED("--config", "x", "--no-config", "a"), OPTION_WRONG);
    cr_expect_str_eq(why, "--config and --no-config exclude each other");
}

Test(options, nothing_is_configured_where_the_words_are_wrong_or_ask_for_help) {
    cr_expect_eq(CONFIGURED("--config", "bad", "--nam", "a"), OPTION_WRONG);
    cr_expect_str_eq(why, "--nam: give --name");
    cr_expect_eq(CONFIGURED("a", "--config"), OPTION_WRONG);
    cr_expect_str_eq(why, "--config needs a value: FILE");
    cr_expect_eq(CONFIGURED("--config", "bad", "-h"), OPTION_HELP);
}

Test(options, words_in_front_of_a_command) {
    static const struct {
        const char *words[3];
        int used;
        const char *config;
        bool none;
    } rows[] = {{{"--config", "x"}, 2, "x", false},   {{"--config=x"}, 1, "x", false},
                {{"--no-config"}, 1, NULL, true},     {{"--config"}, -1, NULL, false},
                {{"--config="}, -1, NULL, false},     {{"--no-config=1"}, 0, NULL, false},
                {{"--configs", "x"}, 0, NULL, false}, {{"http"}, 0, NULL, false},
                {{"--config", ""}, -1, NULL, false},  {{NULL}, 0, NULL, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct option_common common = {.config = NULL};
        int count = 0;
        while (rows[i].words[count]) count++;
        char **argv = (char **)(size_t)rows[i].words;
        cr_expect_eq(option_common_word(count, argv, &common, why), rows[i].used, "%zu", i);
        cr_expect_eq(common.no_config, rows[i].none, "%zu", i);
        cr_expect_eq(!common.config, !rows[i].config, "%zu", i);
    }
}
