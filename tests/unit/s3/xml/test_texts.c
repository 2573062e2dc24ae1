#include <criterion/criterion.h>
#include <string.h>

#include "texts.h"

Test(texts, stay_where_they_are) {
    static char text[5000];
    struct hr__texts texts = {NULL};
    const char *first = hr__texts_add(&texts, hr_slice_of("first"));
    const char *copies[20];
    for (size_t i = 0; i < 20; i++) {
        memset(text, (int)('a' + i), sizeof text);
        copies[i] = hr__texts_add(&texts, hr_slice_bytes(text, i * 250));
    }
    cr_assert_str_eq(first, "first");
    for (size_t i = 0; i < 20; i++) {
        cr_assert_eq(strlen(copies[i]), i * 250);
        for (size_t at = 0; at < i * 250; at++) cr_assert_eq(copies[i][at], (char)('a' + i));
    }
    hr__texts_free(&texts);
    cr_assert_null(texts.blocks);
}

Test(texts, an_empty_one_is_a_text) {
    struct hr__texts texts = {NULL};
    const char *copy = hr__texts_add(&texts, hr_slice_bytes(NULL, 0));
    cr_assert_str_eq(copy, "");
    hr__texts_free(&texts);
    hr__texts_free(&texts);
}

Test(texts, memory_is_used_again) {
    struct hr__texts texts = {NULL};
    hr__texts_clear(&texts);
    const char *first = hr__texts_add(&texts, hr_slice_of("one"));
    hr__texts_clear(&texts);
    cr_assert_eq(hr__texts_add(&texts, hr_slice_of("two")), first);
    hr__texts_free(&texts);
}
