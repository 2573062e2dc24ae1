/* Look-ups again: the same nodes as at first, whatever the table of paths holds. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/config_schema.h>

#include "config_fixture.h"

#define MAPS 3000u /* with two keys each: more paths than the table takes */

static char *many_maps(void) {
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (unsigned i = 0; i < MAPS; i++) fprintf(out, "map_%u: {one: %u, two: -%u}\n", i, i, i);
    fclose(out);
    return text;
}

/* Whether a path leads to that text. */
static bool leads_to(const hr_config *config, const char *form, unsigned i, const char *text_form) {
    char path[64], text[32];
    snprintf(path, sizeof path, form, i);
    snprintf(text, sizeof text, text_form, i);
    const struct hr_config_node *node = hr_config_find(config, path);
    return node && strcmp(hr_config_text(node).data, text) == 0;
}

static void *look_at_all(void *config) {
    uintptr_t wrong = 0;
    char path[64];
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < MAPS; i++) {
            wrong += !leads_to(config, "map_%u.one", i, "%u");
            wrong += !leads_to(config, "map_%u.two", i, "-%u");
            snprintf(path, sizeof path, "map_%u.three", i);
            wrong += hr_config_find(config, path) != NULL;
        }
    return (void *)wrong;
}

Test(config_memo, four_threads_find_the_same_in_more_paths_than_it_holds) {
    char *text = many_maps();
    struct fixture fixture = {.texts = {text}};
    pthread_t threads[4];
    fixture_load(&fixture);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, look_at_all, fixture.config), 0);
    for (int i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        cr_assert_null(wrong);
    }
    fixture_free(&fixture);
    free(text);
}

/* 47 bytes are kept, 48 are not; one that begins another is another. */
Test(config_memo, long_paths_and_beginnings_are_told_apart) {
    char text[400], key[64];
    size_t size = 0;
    struct fixture fixture = {.texts = {text}};
    for (unsigned length = 1; length < sizeof key; length++) {
        memset(key, 'k', length);
        key[length] = '\0';
        if (length < 4 || (length > 44 && length < 50))
            size += (size_t)snprintf(text + size, sizeof text - size, "%s: %u\n", key, length);
    }
    fixture_load(&fixture);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned length = 1; length < sizeof key; length++) {
            int64_t value;
            memset(key, 'k', length);
            key[length] = '\0';
            bool there = length < 4 || (length > 44 && length < 50);
            const struct hr_config_node *node = hr_config_find(fixture.config, key);
            cr_assert_eq(node != NULL, there, "%u bytes", length);
            if (there) cr_assert(hr_config_i64(node, &value) == 0 && value == length);
        }
    fixture_free(&fixture);
}

Test(config_memo, the_root_a_list_and_escapes_are_found_again) {
    struct fixture fixture = {.texts = {"list: [7, 8]\na.b: 9\n"}};
    fixture_load(&fixture);
    for (unsigned round = 0; round < 2; round++) {
        cr_assert_eq(hr_config_find(fixture.config, ""), hr_config_root(fixture.config));
        cr_assert_str_eq(hr_config_text(hr_config_find(fixture.config, "list.1")).data, "8");
        cr_assert_str_eq(hr_config_text(hr_config_find(fixture.config, "a\\.b")).data, "9");
        cr_assert_null(hr_config_find(fixture.config, "a.b"));
        cr_assert_null(hr_config_find(fixture.config, "list.2"));
    }
    fixture_free(&fixture);
}
