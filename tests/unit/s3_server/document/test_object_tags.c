/* Tags: S3's limits (S3 User Guide, "Categorizing your objects using tags") and the kept form. */
#include <criterion/criterion.h>

#include "object_tags.h"

static struct s3_arena arena;

static void setup(void) {
    s3_server__arena_init(&arena);
}

static void teardown(void) {
    s3_server__arena_deinit(&arena);
}

TestSuite(object_tags, .init = setup, .fini = teardown);

/* Parsed, checked and printed again. */
static enum s3_error through(const char *text, struct hr_slice *printed) {
    struct s3_tag_list list;
    enum s3_error error = s3_server__tags_parse(hr_slice_of(text), &arena, &list);
    if (!error) error = s3_server__tags_check(&list, S3_OBJECT_TAGS_MAX);
    return error ? error : s3_server__tags_print(&list, &arena, printed);
}

Test(object_tags, kept_in_one_form) {
    static const char *const rows[][2] = {
        {"", ""},
        {"a=b", "a=b"},
        {"a", "a="},
        {"a=b&&c=d&", "a=b&c=d"},
        {"one+two=%2b%2B+", "one%20two=%2B%2B%20"},
        {"k=a=b", "k=a%3Db"},
        {"%C3%BC=x", "%C3%BC=x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hr_slice printed, again;
        cr_assert_eq(through(rows[i][0], &printed), S3_OK, "%s", rows[i][0]);
        cr_expect(hr_slice_equal(printed, hr_slice_of(rows[i][1])), "'%.*s'", (int)printed.size,
                  printed.data);
        struct hr_slice kept = s3_server__arena_copy(&arena, printed);
        cr_assert_eq(through(kept.data, &again), S3_OK);
        cr_expect(hr_slice_equal(again, printed), "the kept form is its own");
    }
}

Test(object_tags, refused) {
    static const struct {
        const char *text;
        enum s3_error error;
    } rows[] = {
        {"a=%zz", S3_InvalidArgument},  {"a=%f", S3_InvalidArgument},
        {"=x", S3_InvalidTag},          {"a=1&a=2", S3_InvalidTag},
        {"aws:x=1", S3_InvalidTag},     {"AWS:x=1", S3_InvalidTag},
        {"%ff=1", S3_InvalidTag},       {"a=%ff", S3_InvalidTag},
        {"a&b&c&d&e&f&g&h&i&j", S3_OK}, {"a&b&c&d&e&f&g&h&i&j&k", S3_BadRequest},
    };
    struct hr_slice printed;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(through(rows[i].text, &printed), rows[i].error, "%s", rows[i].text);
}

/* Characters count, not bytes: "ü" is two. */
Test(object_tags, lengths_are_of_characters) {
    static const struct {
        size_t key, value;
        enum s3_error error;
    } rows[] = {{128, 256, S3_OK}, {129, 0, S3_InvalidTag}, {1, 257, S3_InvalidTag}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char key[512], value[1024];
        for (size_t k = 0; k < rows[i].key; k++) memcpy(key + 2 * k, "\xc3\xbc", 2);
        for (size_t k = 0; k < rows[i].value; k++) memcpy(value + 2 * k, "\xc3\xbc", 2);
        struct s3_tag tag = {hr_slice_bytes(key, 2 * rows[i].key),
                             hr_slice_bytes(value, 2 * rows[i].value)};
        struct s3_tag_list list = {.tags = &tag, .count = 1};
        cr_expect_eq(s3_server__tags_check(&list, S3_OBJECT_TAGS_MAX), rows[i].error);
    }
}
