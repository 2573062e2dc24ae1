#include <criterion/criterion.h>

#include <headrace/s3.h>

static const struct {
    const char *uri;
    int result;
    const char *bucket, *key;
} cases[] = {
    {"s3://b/k", 0, "b", "k"},
    {"S3://b/k", 0, "b", "k"}, /* schemes have no case (RFC 3986 3.1) */
    {"s3://b/a/b//c", 0, "b", "a/b//c"},
    {"s3://b//k", 0, "b", "/k"},
    {"s3://b/../k", 0, "b", "../k"},
    {"s3://b/q?x#y%20", 0, "b", "q?x#y%20"}, /* as it stands */
    {"s3://b/ ", 0, "b", " "},
    {"", HR_ERR_S3_URI_SCHEME, NULL, NULL},
    {"s3:/b/k", HR_ERR_S3_URI_SCHEME, NULL, NULL},
    {"http://b/k", HR_ERR_S3_URI_SCHEME, NULL, NULL},
    {"b/k", HR_ERR_S3_URI_SCHEME, NULL, NULL},
    {" s3://b/k", HR_ERR_S3_URI_SCHEME, NULL, NULL},
    {"s3://", HR_ERR_S3_URI_BUCKET, NULL, NULL},
    {"s3:///k", HR_ERR_S3_URI_BUCKET, NULL, NULL},
    {"s3://b", HR_ERR_S3_URI_KEY, "b", ""},
    {"s3://b/", HR_ERR_S3_URI_KEY, "b", ""},
};

Test(uri, table) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr_s3_uri uri = {{NULL, 0}, {NULL, 0}};
        cr_assert_eq(hr_s3_parse_uri(hr_slice_of(cases[i].uri), &uri), cases[i].result, "%s",
                     cases[i].uri);
        cr_assert(hr_slice_equal(uri.bucket, hr_slice_of(cases[i].bucket)), "%s", cases[i].uri);
        cr_assert(hr_slice_equal(uri.key, hr_slice_of(cases[i].key)), "%s", cases[i].uri);
    }
}

Test(uri, a_key_may_hold_any_byte) {
    struct hr_s3_uri uri;
    cr_assert_eq(hr_s3_parse_uri(hr_slice_bytes("s3://b/\xff\0\n", 10), &uri), 0);
    cr_assert(hr_slice_equal(uri.key, hr_slice_bytes("\xff\0\n", 3)));
}
