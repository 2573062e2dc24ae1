/* s3://BUCKET/KEY by the rules of bucket names and keys in the S3 user guide. */
#include "command_fixture.h"

#include "output.h"
#include "s3_place.h"

Test(s3_place, what_is_one) {
    cr_expect(s3_place_is("s3://"));
    cr_expect(s3_place_is("s3://b/k"));
    cr_expect_not(s3_place_is("S3://b/k"));
    cr_expect_not(s3_place_is("s3:/b"));
    cr_expect_not(s3_place_is("s3"));
    cr_expect_not(s3_place_is(""));
    cr_expect_not(s3_place_is(" s3://b"));
}

Test(s3_place, parts) {
    static const struct {
        const char *text;
        enum s3_place_need need;
        const char *bucket, *key;
    } rows[] = {
        {"s3://bucket", S3_PLACE_BUCKET, "bucket", ""},
        {"s3://bucket/", S3_PLACE_BUCKET, "bucket", ""},
        {"s3://bucket", S3_PLACE_ANY, "bucket", ""},
        {"s3://bucket/", S3_PLACE_ANY, "bucket", ""},
        {"s3://bucket/a/b.txt", S3_PLACE_ANY, "bucket", "a/b.txt"},
        {"s3://bucket/key", S3_PLACE_OBJECT, "bucket", "key"},
        {"s3://bucket//key", S3_PLACE_OBJECT, "bucket", "/key"},
        {"s3://bucket/a//b/", S3_PLACE_OBJECT, "bucket", "a//b/"},
        {"s3://bucket/a b+c%20#x", S3_PLACE_OBJECT, "bucket", "a b+c%20#x"}, /* nothing decoded */
        {"s3://bucket/why?", S3_PLACE_OBJECT, "bucket", "why?"},
        {"s3://bucket/a[1]", S3_PLACE_ANY, "bucket", "a[1]"},
        {"s3://bucket/a[", S3_PLACE_REMOVAL, "bucket", "a["},
        {"s3://bucket/a[]b", S3_PLACE_REMOVAL, "bucket", "a[]b"}, /* no character stands in it */
        {"s3://bucket/\xc3\xbc", S3_PLACE_REMOVAL, "bucket", "\xc3\xbc"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct s3_place place;
        int code = -1;
        CAPTURE(code = s3_place_read(rows[i].text, rows[i].need, false, &place));
        cr_assert_eq(code, EXIT_DONE, "%s: %s", rows[i].text, captured_err);
        cr_expect_str_eq(place.bucket, rows[i].bucket);
        cr_expect_str_eq(place.key, rows[i].key);
    }
}

Test(s3_place, what_is_refused) {
    static const struct {
        const char *text;
        enum s3_place_need need;
        const char *part; /* of the complaint */
    } rows[] = {
        {"bucket/key", S3_PLACE_OBJECT, "s3://"},
        {"http://bucket/key", S3_PLACE_OBJECT, "s3://"},
        {"s3://", S3_PLACE_ANY, "bucket"},
        {"s3:///key", S3_PLACE_OBJECT, "bucket"},
        {"s3://bucket", S3_PLACE_OBJECT, "key"},
        {"s3://bucket/", S3_PLACE_OBJECT, "key"},
        {"s3://bucket/", S3_PLACE_REMOVAL, "key"},
        {"s3://bucket/key", S3_PLACE_BUCKET, "a bucket is wanted"},
        {"s3://bucket/*", S3_PLACE_OBJECT, "'*' is refused"},
        {"s3://bucket/a*b", S3_PLACE_ANY, "'*' is refused"},
        {"s3://bucket/a?", S3_PLACE_REMOVAL, "'?' is refused"},
        {"s3://bucket/a[0-9]", S3_PLACE_REMOVAL, "'[' is refused"},
        {"s3://buck*", S3_PLACE_ANY, "'*' is refused"},
        {"s3://buck?t", S3_PLACE_BUCKET, "'?' is refused"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct s3_place place;
        int code = -1;
        CAPTURE(code = s3_place_read(rows[i].text, rows[i].need, false, &place));
        cr_expect_eq(code, EXIT_USAGE, "%s", rows[i].text);
        cr_expect_not_null(strstr(captured_err, rows[i].part), "%s: %s", rows[i].text,
                           captured_err);
    }
}

Test(s3_place, literal_takes_every_byte_as_it_is) {
    static const char *const keys[] = {"*", "a?b", "a[0-9]", "**/x"};
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct s3_place place;
        char text[64];
        snprintf(text, sizeof text, "s3://bucket/%s", keys[i]);
        cr_expect_eq(s3_place_read(text, S3_PLACE_REMOVAL, true, &place), EXIT_DONE);
        cr_expect_str_eq(place.key, keys[i]);
    }
}

/* "The name for a key is a sequence of at most 1,024 bytes." A little more is left to the store. */
Test(s3_place, long_names) {
    static char text[2048];
    struct s3_place place;
    int code = -1;
    memcpy(text, "s3://bucket/", 12);
    memset(text + 12, 'k', 1024);
    cr_expect_eq(s3_place_read(text, S3_PLACE_OBJECT, false, &place), EXIT_DONE);
    cr_expect_eq(strlen(place.key), 1024);
    memset(text + 12, 'k', 1100);
    CAPTURE(code = s3_place_read(text, S3_PLACE_OBJECT, false, &place));
    cr_expect_eq(code, EXIT_USAGE);
    cr_expect_not_null(strstr(captured_err, "1100 bytes"), "%s", captured_err);
    memset(text, 0, sizeof text);
    memcpy(text, "s3://", 5);
    memset(text + 5, 'b', 300);
    CAPTURE(code = s3_place_read(text, S3_PLACE_BUCKET, false, &place));
    cr_expect_eq(code, EXIT_USAGE);
}
