#include <criterion/criterion.h>
#include <errno.h>

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

static int format(struct hr_slice bucket, struct hr_slice key, char *text, size_t capacity,
                  size_t *size) {
    struct hr_s3_uri uri = {bucket, key};
    return hr_s3_format_uri(&uri, text, capacity, size);
}

Test(uri, formatted) {
    char text[16];
    size_t size;
    cr_assert_eq(format(hr_slice_of("b"), hr_slice_of("a//k?#%"), text, sizeof text, &size), 0);
    cr_assert_str_eq(text, "s3://b/a//k?#%");
    cr_assert_eq(size, 14);
    cr_assert_eq(format(hr_slice_of("b"), hr_slice_of("12345678"), text, sizeof text, &size), 0);
    cr_assert_eq(format(hr_slice_of("b"), hr_slice_of("123456789"), text, sizeof text, &size),
                 -ENOBUFS);
    cr_assert_eq(size, 15);
    cr_assert_eq(format(hr_slice_of(""), hr_slice_of("k"), text, sizeof text, &size),
                 HR_ERR_S3_URI_BUCKET);
    cr_assert_eq(format(hr_slice_of("a/b"), hr_slice_of("k"), text, sizeof text, &size),
                 HR_ERR_S3_URI_BUCKET);
    cr_assert_eq(format(hr_slice_of("b"), hr_slice_of(""), text, sizeof text, &size),
                 HR_ERR_S3_URI_KEY);
}

/* Any bytes, of any length up to 200; the sequence is the same each time. */
static size_t any_bytes(uint64_t *state, char *out) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    size_t size = 1 + (*state >> 33) % 200;
    for (size_t i = 0; i < size; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        out[i] = (char)(*state >> 56);
    }
    return size;
}

Test(uri, any_bucket_and_key_come_back) {
    uint64_t state = 1;
    for (unsigned i = 0; i < 20000; i++) {
        char bucket[200], key[200], text[407];
        struct hr_slice made[2] = {hr_slice_bytes(bucket, any_bytes(&state, bucket)),
                                   hr_slice_bytes(key, any_bytes(&state, key))};
        for (size_t at = 0; at < made[0].size; at++)
            if (bucket[at] == '/') bucket[at] = '-';
        size_t size;
        struct hr_s3_uri uri;
        cr_assert_eq(format(made[0], made[1], text, sizeof text, &size), 0);
        cr_assert_eq(hr_s3_parse_uri(hr_slice_bytes(text, size), &uri), 0);
        cr_assert(hr_slice_equal(uri.bucket, made[0]) && hr_slice_equal(uri.key, made[1]));
    }
}
