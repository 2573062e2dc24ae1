#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "flat_json.h"

static int check(const char *text) {
    return hr__json_check(hr_slice_of(text));
}

Test(flat_json, one_object_and_nothing_else) {
    static const char *const good[] = {"{}", " {\"a\":1}\n", "{\"a\":[1,{\"b\":[]}],\"c\":-0.5e+3}",
                                       "{\"a\":{\"b\":{}},\"c\":[true,false,null]}"};
    static const char *const bad[] = {"",
                                      "[]",
                                      "1",
                                      "{",
                                      "{}x",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{\"a\":01}",
                                      "{\"a\":1.}",
                                      "{\"a\":\"\n\"}",
                                      "{\"a\":\"\\x\"}",
                                      "{\"a\":[1}",
                                      "{\"a\":tru}",
                                      "{\"a\":\"\\u12\"}"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) cr_assert_eq(check(good[i]), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(check(bad[i]), -EINVAL, "%s", bad[i]);
}

Test(flat_json, nested_too_deeply_is_refused) {
    char text[200] = "{\"a\":";
    memset(text + 5, '[', HR__JSON_DEPTH_MAX - 1);
    memset(text + 5 + HR__JSON_DEPTH_MAX - 1, ']', HR__JSON_DEPTH_MAX - 1);
    text[3 + 2 * HR__JSON_DEPTH_MAX] = '}';
    cr_assert_eq(check(text), 0, "%s", text);
    memset(text, 0, sizeof text);
    memcpy(text, "{\"a\":", 5);
    memset(text + 5, '[', HR__JSON_DEPTH_MAX);
    memset(text + 5 + HR__JSON_DEPTH_MAX, ']', HR__JSON_DEPTH_MAX);
    text[5 + 2 * HR__JSON_DEPTH_MAX] = '}';
    cr_assert_eq(check(text), -EINVAL);
}

static const char *text_of(const char *object, const char *name) {
    static char memory[64];
    struct hr__writer out = hr__writer(memory, sizeof memory - 1);
    struct hr_slice text;
    struct hr__json_value value = hr__json_member(hr_slice_of(object), name);
    cr_assert_eq(value.kind, HR__JSON_STRING);
    if (hr__json_text(value.text, &out, &text)) return NULL;
    *out.at = 0;
    return memory;
}

Test(flat_json, members_are_found_in_any_case_and_the_last_counts) {
    cr_assert_str_eq(text_of("{\"b\":{\"a\":\"inner\"},\"A\":\"x\",\"a\":\"y\"}", "a"), "y");
    struct hr_slice object = hr_slice_of("{\"n\":null,\"i\":12,\"o\":{},\"t\":true}");
    cr_assert_eq(hr__json_member(object, "n").kind, HR__JSON_NONE);
    cr_assert_eq(hr__json_member(object, "none").kind, HR__JSON_NONE);
    cr_assert_eq(hr__json_member(object, "i").kind, HR__JSON_NUMBER);
    cr_assert_eq(hr__json_member(object, "o").kind, HR__JSON_OBJECT);
    cr_assert_eq(hr__json_member(object, "t").kind, HR__JSON_OTHER);
}

Test(flat_json, escapes_of_strings) {
    cr_assert_str_eq(text_of("{\"a\":\"\\u004b\\/\\\\\\n\\u00e9\\ud83d\\ude00\"}", "a"),
                     "K/\\\n\xc3\xa9\xf0\x9f\x98\x80");
    cr_assert_null(text_of("{\"a\":\"\\u0000\"}", "a"));
    cr_assert_null(text_of("{\"a\":\"\\ud83d\"}", "a"));
    cr_assert_null(text_of("{\"a\":\"\\ude00\"}", "a"));
    cr_assert_null(text_of("{\"a\":\"\xff\"}", "a"));
}
