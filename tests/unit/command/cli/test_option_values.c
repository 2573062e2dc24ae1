/* Sizes in the binary prefixes of IEC 80000-13, durations, and curl's seconds. */
#include "command_fixture.h"

#include <stddef.h>
#include <stdint.h>

struct number_row {
    const char *text;
    int result;
    uint64_t value;
};

static void check_numbers(int (*read)(const char *, uint64_t *), const struct number_row *rows,
                          size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 4711;
        cr_expect_eq(read(rows[i].text, &value), rows[i].result, "'%s'", rows[i].text);
        if (!rows[i].result)
            cr_expect_eq(value, rows[i].value, "'%s' is %llu", rows[i].text,
                         (unsigned long long)value);
    }
}

Test(option_values, sizes) {
    static const struct number_row rows[] = {
        {"0", 0, 0},
        {"4096", 0, 4096},
        {"17B", 0, 17},
        {"1KiB", 0, 1024},
        {"64KiB", 0, 65536},
        {"1MiB", 0, 1048576},
        {"5GiB", 0, 5368709120},
        {"2TiB", 0, 2199023255552},
        {"18446744073709551615", 0, UINT64_MAX},
        {"16777215TiB", 0, 18446742974197923840u},
        {"16777216TiB", -1, 0}, /* 2^64 */
        {"18446744073709551616", -1, 0},
        {"18014398509481984KiB", -1, 0},
        {"", -1, 0},
        {"KiB", -1, 0},
        {"1KB", -1, 0},
        {"1K", -1, 0},
        {"1kib", -1, 0},
        {"1 KiB", -1, 0},
        {"1KiB ", -1, 0},
        {"1.5MiB", -1, 0},
        {"-1", -1, 0},
        {"+1", -1, 0},
        {" 1", -1, 0},
        {"0x10", -1, 0},
        {"1PiB", -1, 0},
    };
    check_numbers(option_read_size, rows, COUNT(rows));
}

Test(option_values, durations) {
    static const struct number_row rows[] = {
        {"0ms", 0, 0},
        {"500ms", 0, 500},
        {"30s", 0, 30000},
        {"5m", 0, 300000},
        {"1h", 0, 3600000},
        {"1d", 0, 86400000},
        {"168h", 0, 604800000},
        {"18446744073709551615ms", 0, UINT64_MAX},
        {"18446744073709552s", -1, 0},
        {"5124095576031h", -1, 0},
        {"30", -1, 0}, /* a unit is wanted */
        {"2.5s", -1, 0},
        {"1w", -1, 0},
        {"1S", -1, 0},
        {"s", -1, 0},
        {"", -1, 0},
        {"-1s", -1, 0},
        {"1m30s", -1, 0},
    };
    check_numbers(option_read_duration, rows, COUNT(rows));
}

/* curl's --max-time: "the maximum time, in seconds", "accepts decimal values". */
Test(option_values, seconds_as_curl_reads_them) {
    static const struct number_row rows[] = {
        {"30", 0, 30000},      {"2.5", 0, 2500},
        {".5", 0, 500},        {"3.", 0, 3000},
        {"0.001", 0, 1},       {"0.0004", 0, 1}, /* what is not nothing is a millisecond at least */
        {"0.0000001", 0, 1},   {"1.0009", 0, 1000},
        {"0", 0, 0},           {"0.0", 0, 0},
        {"0.000", 0, 0},       {"4294967295", 0, 4294967295000},
        {"4294967296", -1, 0}, {"500ms", 0, 500},
        {"2m", 0, 120000},     {".", -1, 0},
        {"", -1, 0},           {"1.5s", -1, 0},
        {"1e3", -1, 0},        {"-1", -1, 0},
        {"1,5", -1, 0},        {"1.2.3", -1, 0},
        {"inf", -1, 0},
    };
    check_numbers(option_read_seconds, rows, COUNT(rows));
}

struct set_values {
    const char *text;
    uint64_t number;
    int choice;
    bool flag;
    struct option_list list;
};

#define SET(field) offsetof(struct set_values, field)

static int refuse_empty(const char *text, char *why, size_t why_size) {
    if (*text) return 0;
    snprintf(why, why_size, "it is empty");
    return -1;
}

static int refuse_all(const char *text, char *why, size_t why_size) {
    snprintf(why, why_size, "'%s' is not wanted", text);
    return -1;
}

static const struct option number_option = {"count",     "N",      OPTION_UINT,
                                            SET(number), .min = 2, .max = 10};

static int set(const struct option *option, struct set_values *values, const char *text,
               char why[OPTION_WHY_SIZE]) {
    const struct option_group group = {"Options", option, 0};
    why[0] = '\0';
    return option_set(&group, option, values, "--it", text, why);
}

Test(option_values, limits_are_said_in_the_unit_of_the_option) {
    static const struct {
        struct option option;
        const char *text, *why;
    } rows[] = {
        {{"n", "N", OPTION_UINT, SET(number), .min = 2, .max = 10},
         "1",
         "--it: '1' is not within 2 and 10"},
        {{"n", "N", OPTION_UINT, SET(number), .min = 2, .max = 10},
         "11",
         "--it: '11' is not within 2 and 10"},
        {{"n", "N", OPTION_UINT, SET(number), .min = 2}, "1", "--it: '1' is less than 2"},
        {{"n", "N", OPTION_SIZE, SET(number), .min = 1, .max = 1024},
         "2KiB",
         "--it: '2KiB' is not within 1 and 1024 bytes"},
        {{"n", "N", OPTION_SIZE, SET(number), .min = 7}, "6B", "--it: '6B' is less than 7 bytes"},
        {{"n", "N", OPTION_DURATION, SET(number), .min = 1, .max = 604800000},
         "0s",
         "--it: '0s' is not within 1ms and 168h"},
        {{"n", "N", OPTION_SECONDS, SET(number), .min = 1000, .max = 90000},
         "91",
         "--it: '91' is not within 1s and 90s"},
        {{"n", "N", OPTION_DURATION, SET(number), .min = 60000, .max = 120000},
         "1s",
         "--it: '1s' is not within 1m and 2m"},
        {{"n", "N", OPTION_UINT, SET(number), .max = 0}, "x", "--it: 'x' is not a whole number"},
        {{"n", "N", OPTION_UINT, SET(number), .max = 0},
         "1.5",
         "--it: '1.5' is not a whole number"},
        {{"n", "N", OPTION_UINT, SET(number), .max = 0},
         "18446744073709551616",
         "--it: '18446744073709551616' is not a whole number"},
        {{"n", "N", OPTION_SIZE, SET(number), .max = 0},
         "1KB",
         "--it: '1KB' is not a size such as 4096, 64KiB, 1MiB or 5GiB"},
        {{"n", "N", OPTION_DURATION, SET(number), .max = 0},
         "30",
         "--it: '30' is not a duration such as 500ms, 30s or 5m"},
        {{"n", "N", OPTION_SECONDS, SET(number), .max = 0},
         "soon",
         "--it: 'soon' is not a number of seconds, or a duration such as 500ms, 30s or 5m"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct set_values values = {.number = 4711};
        char why[OPTION_WHY_SIZE];
        cr_expect_eq(set(&rows[i].option, &values, rows[i].text, why), -1, "%s", rows[i].text);
        cr_expect_str_eq(why, rows[i].why);
        cr_expect_eq(values.number, 4711, "an error leaves the variable");
    }
}

Test(option_values, both_ends_of_the_limits_are_within) {
    struct set_values values = {0};
    char why[OPTION_WHY_SIZE];
    cr_expect_eq(set(&number_option, &values, "2", why), 0, "%s", why);
    cr_expect_eq(values.number, 2);
    cr_expect_eq(set(&number_option, &values, "10", why), 0, "%s", why);
    cr_expect_eq(values.number, 10);
}

Test(option_values, choices) {
    static const struct option option = {"c", "C", OPTION_CHOICE, SET(choice),
                                         .choices = "auto|path|virtual"};
    static const struct {
        const char *text;
        int index;
    } rows[] = {{"auto", 0}, {"path", 1},  {"virtual", 2}, {"virtua", -1},   {"virtuals", -1},
                {"", -1},    {"Auto", -1}, {"|", -1},      {"auto|path", -1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct set_values values = {.choice = 7};
        char why[OPTION_WHY_SIZE], wanted[OPTION_WHY_SIZE];
        int result = set(&option, &values, rows[i].text, why);
        cr_expect_eq(result, rows[i].index < 0 ? -1 : 0, "%s", rows[i].text);
        cr_expect_eq(values.choice, rows[i].index < 0 ? 7 : rows[i].index, "%s", rows[i].text);
        snprintf(wanted, sizeof wanted, "--it: '%s' is none of auto|path|virtual", rows[i].text);
        if (result) cr_expect_str_eq(why, wanted);
    }
}

Test(option_values, a_list_keeps_order_and_tags_and_has_a_limit) {
    static const struct option one = {"a", "A", OPTION_LIST, SET(list), .tag = 1};
    static const struct option two = {"b", "B", OPTION_LIST, SET(list), .tag = 2};
    struct set_values values = {0};
    char why[OPTION_WHY_SIZE];
    cr_assert_eq(set(&one, &values, "x", why), 0);
    cr_assert_eq(set(&two, &values, "y", why), 0);
    cr_expect_str_eq(values.list.items[0], "x");
    cr_expect_str_eq(values.list.items[1], "y");
    cr_expect_eq(values.list.tags[0], 1);
    cr_expect_eq(values.list.tags[1], 2);
    while (values.list.count < OPTION_LIST_MAX) cr_assert_eq(set(&one, &values, "z", why), 0);
    cr_expect_eq(set(&one, &values, "z", why), -1);
    cr_expect_str_eq(why, "--it: given more than 128 times");
    cr_expect_eq(values.list.count, OPTION_LIST_MAX);
}

Test(option_values, a_check_refuses_before_anything_is_set) {
    static const struct option option = {"s", "S", OPTION_STRING, SET(text), .check = refuse_empty};
    struct set_values values = {.text = "before"};
    char why[OPTION_WHY_SIZE];
    cr_expect_eq(set(&option, &values, "", why), -1);
    cr_expect_str_eq(why, "--it: it is empty");
    cr_expect_str_eq(values.text, "before");
    cr_expect_eq(set(&option, &values, "after", why), 0);
    cr_expect_str_eq(values.text, "after");
}

Test(option_values, a_secret_in_a_url_is_not_repeated) {
    struct set_values values = {0};
    char why[OPTION_WHY_SIZE];
    cr_expect_eq(set(&number_option, &values, "http://me:secret@host/", why), -1);
    cr_expect_null(strstr(why, "secret"), "%s", why);
}

Test(option_values, a_hidden_text_is_in_no_sentence) {
    static const struct option checked = {"s", "S", OPTION_STRING, SET(text), .check = refuse_all};
    static const struct option choice = {"c", "C", OPTION_CHOICE, SET(choice), .choices = "a|b"};
    static const struct option_group group = {"Options", NULL, 0};
    const struct option *const options[] = {&number_option, &checked, &choice};
    static const char *const wanted[] = {"the value is not a whole number",
                                         "the value is no S that --s takes",
                                         "the value is none of a|b"};
    struct set_values values = {0};
    char why[OPTION_WHY_SIZE];
    for (size_t i = 0; i < COUNT(options); i++) {
        cr_expect_eq(option_fill(&group, options[i], &values, "hunter2", true, why), -1);
        cr_expect_str_eq(why, wanted[i]);
        cr_expect_eq(option_fill(&group, options[i], &values, "hunter2", false, why), -1);
        cr_expect_not_null(strstr(why, "'hunter2'"), "%s", why);
    }
}

Test(option_values, a_flag_is_off_by_false_alone) {
    static const struct option flag = {"f", NULL, OPTION_FLAG, SET(flag), .choices = NULL};
    struct set_values values = {0};
    char why[OPTION_WHY_SIZE];
    cr_assert_eq(set(&flag, &values, "", why), 0);
    cr_expect(values.flag);
    cr_assert_eq(set(&flag, &values, "false", why), 0);
    cr_expect_not(values.flag);
}
