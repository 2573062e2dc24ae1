#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "document_events.h"
#include "documents.h"

static char memory[16384];

static int write_keys(const struct hr__delete_key *keys, size_t count, struct hr_slice *written,
                      struct hr_error *error) {
    struct hr__delete_keys all = {.keys = keys, .count = count};
    size_t size = 0;
    int err = hr__write_delete(&all, (struct hr__memory){memory, sizeof memory}, error, &size);
    *written = hr_slice_bytes(memory, size);
    return err;
}

/* As botocore 1.44 writes it. */
Test(write_delete, says_the_same_as_botocore) {
    static const struct hr__delete_key keys[] = {
        {"a & <b> \"c\" 'd'\t\r\nx", "v/1+=", NULL},
        {"\xc3\xa9\xf0\x9f\x98\x80", NULL, "e"},
        {"q", NULL, "\"f\""},
        {"any", NULL, "*"},
    };
    struct hr__delete_keys all = {.keys = keys, .count = 4, .quiet = true};
    struct hr_error error = {0};
    size_t size;
    cr_assert_eq(hr__write_delete(&all, (struct hr__memory){memory, sizeof memory}, &error, &size),
                 0, "%s", error.message);
    document_equal(
        hr_slice_bytes(memory, size),
        "<Delete><Object><Key>a &amp; &lt;b&gt; \"c\" 'd'\t&#xD;&#xA;x</Key><VersionId>v/1+="
        "</VersionId></Object><Object><Key>\xc3\xa9\xf0\x9f\x98\x80</Key><ETag>\"e\"</ETag>"
        "</Object><Object><Key>q</Key><ETag>\"f\"</ETag></Object><Object><Key>any</Key>"
        "<ETag>*</ETag></Object><Quiet>true</Quiet></Delete>");
    cr_assert(
        memmem(memory, size, "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">", 55));
}

Test(write_delete, the_size_is_exact) {
    struct hr__delete_key key = {"key <1>", NULL, NULL};
    struct hr__delete_keys all = {.keys = &key, .count = 1};
    struct hr_error error = {0};
    size_t size, again;
    cr_assert_eq(hr__write_delete(&all, (struct hr__memory){NULL, 0}, &error, &size), -ENOBUFS);
    char *exact = malloc(size);
    cr_assert_eq(hr__write_delete(&all, (struct hr__memory){exact, size}, &error, &again), 0);
    cr_assert_eq(size, again);
    free(exact);
    for (size_t less = 0; less < size; less++) {
        char *small = malloc(less + 1);
        cr_assert_eq(hr__write_delete(&all, (struct hr__memory){small, less}, &error, &again),
                     -ENOBUFS);
        cr_assert_eq(size, again);
        free(small);
    }
}

static const struct {
    struct hr__delete_key key;
    const char *problem;
} refused[] = {
    {{"", NULL, NULL}, "key 0 of those to delete is empty"},
    {{NULL, NULL, NULL}, "is empty"},
    {{"a\x01", NULL, NULL}, "XML cannot hold"},
    {{"\xff", NULL, NULL}, "XML cannot hold"},
    {{"\xef\xbf\xbf", NULL, NULL}, "XML cannot hold"},
    {{"\xed\xa0\x80", NULL, NULL}, "XML cannot hold"},
    {{"a", "\x02", NULL}, "version_id"},
    {{"a", NULL, "\x02"}, "etag"},
};

Test(write_delete, keys_that_cannot_be_written_are_named) {
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct hr_error error = {0};
        struct hr_slice written;
        cr_assert_eq(write_keys(&refused[i].key, 1, &written, &error), HR_ERR_S3_KEY_INVALID);
        cr_assert(strstr(error.message, refused[i].problem), "%s", error.message);
    }
}

Test(write_delete, limits) {
    static char longest[1026];
    static struct hr__delete_key keys[HR__DELETE_KEYS_MAX + 1];
    struct hr_error error = {0};
    struct hr_slice written;
    memset(longest, 'k', 1025);
    keys[0].key = longest;
    cr_assert_eq(write_keys(keys, 1, &written, &error), HR_ERR_S3_KEY_INVALID);
    cr_assert(strstr(error.message, "1024"));
    longest[1024] = 0;
    cr_assert_eq(write_keys(keys, 1, &written, &error), 0);
    for (size_t i = 0; i <= HR__DELETE_KEYS_MAX; i++) keys[i].key = "k";
    cr_assert_eq(write_keys(keys, 0, &written, &error), -EINVAL);
    cr_assert_eq(write_keys(keys, HR__DELETE_KEYS_MAX + 1, &written, &error), -EINVAL);
    cr_assert(strstr(error.message, "1001 keys"), "%s", error.message);
    cr_assert_eq(write_keys(keys, HR__DELETE_KEYS_MAX, &written, &error), -ENOBUFS);
    cr_assert_gt(written.size, sizeof memory);
}
