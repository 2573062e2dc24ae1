#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shell_words.h"

static char memory[256];

/* The words, each in brackets; or the error. */
static const char *split(const char *command) {
    static char shown[512];
    struct hr__words words = {.memory = memory, .capacity = sizeof memory};
    int err = hr__words_split(hr_slice_of(command), &words);
    if (err) return err == -EINVAL ? "EINVAL" : "E2BIG";
    shown[0] = 0;
    for (size_t i = 0; i < words.count; i++)
        snprintf(shown + strlen(shown), sizeof shown - strlen(shown), "[%s]", words.words[i]);
    cr_assert_null(words.words[words.count]);
    return shown;
}

/* Expected values are those of Python's shlex.split. */
Test(shell_words, as_shlex_splits) {
    cr_assert_str_eq(split(""), "");
    cr_assert_str_eq(split("  a\tb\n c "), "[a][b][c]");
    cr_assert_str_eq(split("a 'b \"c' d"), "[a][b \"c][d]");
    cr_assert_str_eq(split("a\"b c\"'d'e"), "[ab cde]");
    cr_assert_str_eq(split("'' \"\""), "[][]");
    cr_assert_str_eq(split("a\\ b \\'"), "[a b][']");
    cr_assert_str_eq(split("\"a\\\"b\\\\c\\d\""), "[a\"b\\c\\d]");
    cr_assert_str_eq(split("'a\\b'"), "[a\\b]");
    cr_assert_str_eq(split("a | b > c; $(d) `e`"), "[a][|][b][>][c;][$(d)][`e`]");
}

Test(shell_words, malformed_and_too_long) {
    cr_assert_str_eq(split("a 'b"), "EINVAL");
    cr_assert_str_eq(split("a \"b\\"), "EINVAL");
    cr_assert_str_eq(split("a\\"), "EINVAL");
    char long_one[400];
    memset(long_one, 'a', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = 0;
    cr_assert_str_eq(split(long_one), "E2BIG");
    for (size_t i = 1; i < 200; i += 2) long_one[i] = ' ';
    long_one[200] = 0;
    cr_assert_str_eq(split(long_one), "E2BIG");
}
