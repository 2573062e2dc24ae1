/* Merged streams against a naive join of the same names. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tree_merge.h"

#define NAMES_MAX 24

/* A stream over sorted names; every other call says "later". */
struct list {
    struct tree_source source; /* first */
    char names[NAMES_MAX][8];
    size_t count, at;
    bool later;
    int breaks; /* at the end */
};

static int next(struct tree_source *source, struct tree_entry *entry, struct hr_error *error) {
    struct list *list = (void *)source;
    (void)error;
    list->later = !list->later;
    if (list->later) return -EAGAIN;
    if (list->at == list->count) return list->breaks;
    *entry = (struct tree_entry){.name = hr_slice_of(list->names[list->at++])};
    return 1;
}

static bool has(const struct list *list, const char *name) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->names[i], name) == 0) return true;
    return false;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(a, b);
}

static void fill(struct list *list, unsigned *seed) {
    static const char letters[] = "ab/.-0";
    *list = (struct list){.source = {next}};
    size_t count = (size_t)rand_r(seed) % NAMES_MAX;
    for (size_t i = 0; i < count; i++) {
        char name[8] = "";
        size_t size = 1 + (size_t)rand_r(seed) % 3;
        for (size_t at = 0; at < size; at++) name[at] = letters[rand_r(seed) % 6];
        if (!has(list, name)) memcpy(list->names[list->count++], name, sizeof name);
    }
    qsort(list->names, list->count, sizeof *list->names, by_bytes);
}

static void merge_to(struct list *left, struct list *right, char *text, size_t size, int *end) {
    struct tree_merge merge = {.left = &left->source, .right = &right->source};
    struct tree_pair pair;
    struct hr_error error = {0};
    size_t used = 0;
    while ((*end = tree_merge_next(&merge, &pair, &error)) == 1 || *end == -EAGAIN) {
        if (*end == -EAGAIN) continue;
        const struct tree_entry *entry = pair.left ? pair.left : pair.right;
        char side = pair.left && pair.right ? '=' : pair.left ? '<' : '>';
        used += (size_t)snprintf(text + used, size - used, "%c%.*s ", side, (int)entry->name.size,
                                 entry->name.data);
    }
}

/* All names of both, sorted, each looked for on both sides. */
static void join_to(const struct list *left, const struct list *right, char *text, size_t size) {
    char all[2 * NAMES_MAX][8];
    size_t count = 0, used = 0;
    for (size_t i = 0; i < left->count; i++) memcpy(all[count++], left->names[i], 8);
    for (size_t i = 0; i < right->count; i++)
        if (!has(left, right->names[i])) memcpy(all[count++], right->names[i], 8);
    qsort(all, count, sizeof *all, by_bytes);
    for (size_t i = 0; i < count; i++) {
        bool in_left = has(left, all[i]), in_right = has(right, all[i]);
        char side = in_left && in_right ? '=' : in_left ? '<' : '>';
        used += (size_t)snprintf(text + used, size - used, "%c%s ", side, all[i]);
    }
}

Test(tree_merge, joins_as_a_naive_one_does) {
    for (unsigned seed = 1; seed <= 500; seed++) {
        unsigned state = seed;
        struct list left, right;
        char merged[1024] = "", joined[1024] = "";
        int end;
        fill(&left, &state);
        fill(&right, &state);
        merge_to(&left, &right, merged, sizeof merged, &end);
        join_to(&left, &right, joined, sizeof joined);
        cr_assert_eq(end, 0);
        cr_assert_str_eq(merged, joined, "seed %u: %s, not %s", seed, merged, joined);
    }
}

/* The end of a side that broke off is not known: nothing of the other may pass as missing there. */
Test(tree_merge, passes_nothing_behind_a_side_that_breaks) {
    struct list left = {.source = {next}, .names = {"a"}, .count = 1, .breaks = -EIO};
    struct list right = {.source = {next}, .names = {"a", "b"}, .count = 2};
    char text[64] = "";
    int end;
    merge_to(&left, &right, text, sizeof text, &end);
    cr_assert_eq(end, -EIO);
    cr_assert_str_eq(text, "=a ");
}

Test(tree_name, refuses_what_cannot_be_a_file) {
    static const char *const good[] = {"a", "a/b", "...", "a/..b", " ", "\xff"};
    static const char *const bad[] = {"", ".", "..", "a/../b", "/a", "a//b", "a/", "./a", "a/."};
    char part[300];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect_null(tree_name_refused(hr_slice_of(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not_null(tree_name_refused(hr_slice_of(bad[i])), "%s", bad[i]);
    memset(part, 'x', sizeof part);
    cr_expect_null(tree_name_refused(hr_slice_bytes(part, 255)));
    cr_expect_not_null(tree_name_refused(hr_slice_bytes(part, 256)));
    cr_expect_not_null(tree_name_refused(hr_slice_bytes("a\0b", 3)));
}
