/* The options of bench config. */
#include "command_fixture.h"

#include "commands.h"

static const char *parse(const char *const *words, enum option_result wanted) {
    static char why[OPTION_WHY_SIZE];
    struct command_call call;
    void *values = calloc(1, command_bench_config.values_size);
    why[0] = '\0';
    cr_expect_eq(fixture_parse(&command_bench_config, values, &call, words, why), wanted, "%s: %s",
                 words[0], why);
    free(values);
    return why;
}

Test(bench_config, its_options_are_taken) {
    static const char *const rows[][4] = {
        {"--keys", "1000"},  {"--keys", "10000000"},     {"--repeat", "60"},
        {"--readers", "16"}, {"--directory", "/tmp"},    {"--peers", "/usr"},
        {"--no-peers"},      {"--python", "python3.13"}, {"--json", "-"},
        {"--json=file"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) parse(rows[i], OPTION_PARSED);
}

Test(bench_config, numbers_outside_their_bounds_are_refused_by_name) {
    static const char *const rows[][4] = {
        {"--keys", "999"},  {"--keys", "10000001"}, {"--keys", "x"},     {"--repeat", "0"},
        {"--repeat", "61"}, {"--readers", "0"},     {"--readers", "17"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *why = parse(rows[i], OPTION_WRONG);
        cr_expect_not_null(strstr(why, rows[i][0]), "%s", why);
    }
}

Test(bench_config, it_takes_no_argument) {
    static const char *const words[] = {"file.yaml", NULL};
    const char *why = parse(words, OPTION_WRONG);
    cr_expect_not_null(strstr(why, "file.yaml"), "%s", why);
}
