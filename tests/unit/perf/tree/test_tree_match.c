/* Patterns against fnmatch(3), which has the same ones, and rules. */
#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "tree_match.h"

static bool matches(const char *pattern, const char *name) {
    return tree_match(hr_slice_of(pattern), hr_slice_of(name));
}

Test(tree_match, matches_as_fnmatch_does) {
    static const char letters[] = "ab*?/", names[] = "ab/";
    unsigned seed = 7;
    for (int round = 0; round < 20000; round++) {
        char pattern[8] = "", name[8] = "";
        size_t sizes[2] = {(size_t)rand_r(&seed) % 7, (size_t)rand_r(&seed) % 7};
        for (size_t i = 0; i < sizes[0]; i++) pattern[i] = letters[rand_r(&seed) % 5];
        for (size_t i = 0; i < sizes[1]; i++) name[i] = names[rand_r(&seed) % 3];
        cr_assert_eq(matches(pattern, name), fnmatch(pattern, name, 0) == 0, "%s over %s", pattern,
                     name);
    }
}

Test(tree_match, knows_sets_and_escapes) {
    static const char *const rows[][2] = {{"[a-c]x", "bx"},    {"[!a-c]x", "bx"}, {"[]]", "]"},
                                          {"[a", "[a"},        {"\\*", "*"},      {"\\*", "a"},
                                          {"*.[ch]", "d/x.c"}, {"[a-]", "-"},     {"[^a]", "b"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool expected = strcmp(rows[i][0], "[a") == 0 || fnmatch(rows[i][0], rows[i][1], 0) == 0;
        cr_expect_eq(matches(rows[i][0], rows[i][1]), expected, "%s over %s", rows[i][0],
                     rows[i][1]);
    }
}

/* One place to go back to: a pattern of asterisks takes no exponential time. */
Test(tree_match, takes_little_time_for_asterisks, .timeout = 20) {
    char name[1024], pattern[256];
    memset(name, 'a', sizeof name);
    for (size_t i = 0; i < sizeof pattern; i++) pattern[i] = i % 2 ? 'a' : '*';
    pattern[sizeof pattern - 1] = 'b';
    cr_assert_not(
        tree_match(hr_slice_bytes(pattern, sizeof pattern), hr_slice_bytes(name, sizeof name)));
}

Test(tree_match, rules_end_with_the_last_that_matches) {
    static const struct tree_rule rules[] = {{"*", false}, {"*.jpg", true}, {"secret/*", false}};
    cr_expect(tree_rules_pass(rules, 3, hr_slice_of("a/b.jpg")));
    cr_expect_not(tree_rules_pass(rules, 3, hr_slice_of("a/b.txt")));
    cr_expect_not(tree_rules_pass(rules, 3, hr_slice_of("secret/b.jpg")));
    cr_expect(tree_rules_pass(rules, 0, hr_slice_of("x")));
}
