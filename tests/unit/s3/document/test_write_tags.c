#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "document_events.h"
#include "documents.h"

static char memory[65536];

static int write_tags(const struct hr_s3_tag *tags, size_t count, struct hr_slice *written,
                      struct hr_error *error) {
    struct hr__tags all = {tags, count};
    size_t size = 0;
    int err = hr__write_tags(&all, (struct hr__memory){memory, sizeof memory}, error, &size);
    *written = hr_slice_bytes(memory, size);
    return err;
}

/* As botocore 1.44 writes it. */
Test(write_tags, says_the_same_as_botocore) {
    static const struct hr_s3_tag tags[] = {{"k1", "v <1>"}, {"k2", ""}};
    struct hr_error error = {0};
    struct hr_slice written;
    cr_assert_eq(write_tags(tags, 2, &written, &error), 0, "%s", error.message);
    document_equal(written,
                   "<Tagging><TagSet><Tag><Key>k1</Key><Value>v &lt;1&gt;</Value></Tag><Tag>"
                   "<Key>k2</Key><Value /></Tag></TagSet></Tagging>");
    cr_assert_eq(write_tags(NULL, 0, &written, &error), 0);
    document_equal(written, "<Tagging><TagSet/></Tagging>");
}

static char *repeat(const char *text, size_t count) {
    static char all[2048];
    size_t size = strlen(text);
    for (size_t i = 0; i < count; i++) memcpy(all + i * size, text, size);
    all[count * size] = 0;
    return all;
}

/* Lengths count UTF-16 units, as S3 does. */
Test(write_tags, lengths) {
    static const struct {
        const char *text;
        size_t key_count, value_count;
    } cases[] = {{"k", 128, 256}, {"\xc3\xa9", 128, 256}, {"\xf0\x9f\x98\x80", 64, 128}};
    struct hr_error error = {0};
    struct hr_slice written;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr_s3_tag tag = {repeat(cases[i].text, cases[i].key_count), "v"};
        cr_assert_eq(write_tags(&tag, 1, &written, &error), 0, "%s", error.message);
        tag.key = repeat(cases[i].text, cases[i].key_count + 1);
        cr_assert_eq(write_tags(&tag, 1, &written, &error), -EINVAL);
        cr_assert(strstr(error.message, "a key of more than 128"), "%s", error.message);
        tag = (struct hr_s3_tag){"k", repeat(cases[i].text, cases[i].value_count)};
        cr_assert_eq(write_tags(&tag, 1, &written, &error), 0, "%s", error.message);
        tag.value = repeat(cases[i].text, cases[i].value_count + 1);
        cr_assert_eq(write_tags(&tag, 1, &written, &error), -EINVAL);
        cr_assert(strstr(error.message, "a value of more than 256"), "%s", error.message);
    }
}

Test(write_tags, others_are_named) {
    static const struct {
        struct hr_s3_tag tags[2];
        const char *problem;
    } refused[] = {
        {{{"a", "1"}, {"", "1"}}, "tag 1 has no key"},
        {{{"a", "1"}, {"a", "2"}}, "tag 1 has the key of another one"},
        {{{"a\x01", "1"}, {"b", "2"}}, "tag 0 has bytes"},
        {{{"a", "\xff"}, {"b", "2"}}, "tag 0 has bytes"},
    };
    struct hr_error error = {0};
    struct hr_slice written;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        cr_assert_eq(write_tags(refused[i].tags, 2, &written, &error), -EINVAL);
        cr_assert(strstr(error.message, refused[i].problem), "%s", error.message);
    }
    cr_assert_eq(write_tags(refused[0].tags, 11, &written, &error), -EINVAL);
    cr_assert(strstr(error.message, "11 tags"), "%s", error.message);
}

struct kept {
    char text[64];
};

static int keep(void *user, const struct hr_s3_tag *tag) {
    struct kept *kept = user;
    snprintf(kept->text, sizeof kept->text, "%s|%s", tag->key, tag->value);
    return 0;
}

Test(write_tags, are_read_as_they_were) {
    static const struct hr_s3_tag tag = {" a\r\n\t<&>\"' ", "\r \xe2\x82\xac\x7f]]>"};
    struct hr_error error = {0};
    struct hr_slice written;
    struct kept kept;
    cr_assert_eq(write_tags(&tag, 1, &written, &error), 0);
    cr_assert_eq(hr__read_tags(written, &(struct hr__tags_sink){keep, &kept}, &error), 0, "%s",
                 error.message);
    cr_assert_str_eq(kept.text, " a\r\n\t<&>\"' |\r \xe2\x82\xac\x7f]]>");
}
