#include <criterion/criterion.h>
#include <string.h>

#include "endpoint.h"

/* scheme://authority/path of a bucket. */
static const char *url_of(const struct hr__endpoint *endpoint, const char *bucket) {
    static char text[1024];
    struct hr__writer out = hr__writer(text, sizeof text - 1);
    hr__put_text(&out, endpoint->tls ? "https://" : "http://");
    hr__endpoint_put_host(endpoint, hr_slice_of(bucket), &out);
    hr__put_text(&out, endpoint->port_suffix);
    hr__endpoint_put_path(endpoint, hr_slice_of(bucket), &out);
    cr_assert(!out.full);
    *out.at = 0;
    return text;
}

static const struct {
    const char *endpoint, *region;
    enum hr_s3_addressing addressing;
    const char *bucket, *url;
} cases[] = {
    /* AWS: a virtual host where the name allows it. */
    {NULL, NULL, HR_S3_ADDRESSING_AUTO, "bucket", "https://bucket.s3.us-east-1.amazonaws.com"},
    {NULL, "eu-west-1", HR_S3_ADDRESSING_AUTO, "my.dots",
     "https://s3.eu-west-1.amazonaws.com/my.dots"},
    {NULL, "cn-north-1", HR_S3_ADDRESSING_PATH, "bucket",
     "https://s3.cn-north-1.amazonaws.com.cn/bucket"},
    {NULL, "us-isob-east-1", HR_S3_ADDRESSING_AUTO, NULL,
     "https://s3.us-isob-east-1.sc2s.sgov.gov"},
    {NULL, "aws-global", HR_S3_ADDRESSING_AUTO, "bucket", "https://bucket.s3.amazonaws.com"},
    {"http://s3.eu-west-1.amazonaws.com", NULL, HR_S3_ADDRESSING_AUTO, "my.dots",
     "http://my.dots.s3.eu-west-1.amazonaws.com"},
    /* Others: path, unless the endpoint or the caller says otherwise. */
    {"http://store.example:9000", NULL, HR_S3_ADDRESSING_AUTO, "bucket",
     "http://store.example:9000/bucket"},
    {"http://store.example:9000/", NULL, HR_S3_ADDRESSING_VIRTUAL, "bucket",
     "http://bucket.store.example:9000"},
    {"http://{bucket}.store.example:9000", NULL, HR_S3_ADDRESSING_AUTO, "bucket",
     "http://bucket.store.example:9000"},
    {"http://{bucket}.store.example", NULL, HR_S3_ADDRESSING_AUTO, "No_Host",
     "http://store.example/No_Host"},
    {"http://{bucket}.store.example", NULL, HR_S3_ADDRESSING_AUTO, NULL, "http://store.example"},
    {"http://{bucket}.store.example", NULL, HR_S3_ADDRESSING_PATH, "bucket",
     "http://store.example/bucket"},
    {"http://evilamazonaws.com", NULL, HR_S3_ADDRESSING_AUTO, "bucket",
     "http://evilamazonaws.com/bucket"},
    {"http://com", NULL, HR_S3_ADDRESSING_AUTO, "bucket", "http://com/bucket"},
    {"http://localhost:1/base/", NULL, HR_S3_ADDRESSING_AUTO, "bucket",
     "http://localhost:1/base/bucket"},
    {"http://localhost:1/base", NULL, HR_S3_ADDRESSING_VIRTUAL, "bucket",
     "http://bucket.localhost:1/base"},
    {"http://127.0.0.1:9000", NULL, HR_S3_ADDRESSING_VIRTUAL, "bucket",
     "http://127.0.0.1:9000/bucket"},
    {"http://[::1]:9000", NULL, HR_S3_ADDRESSING_VIRTUAL, "bucket", "http://[::1]:9000/bucket"},
    {"http://store.example:80", NULL, HR_S3_ADDRESSING_AUTO, "b/../c d", /* encoded, whatever */
     "http://store.example/b%2F..%2Fc%20d"},
};

static int make(const char *url, const char *region, enum hr_s3_addressing addressing,
                struct hr_error *error, struct hr__endpoint *endpoint) {
    struct hr__endpoint_settings settings = {
        .url = url, .source = "endpoint", .region = region, .addressing = addressing};
    return hr__endpoint_make(&settings, error, endpoint);
}

Test(endpoint, table) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr__endpoint endpoint;
        struct hr_error error = {0};
        const char *region = cases[i].region ? cases[i].region : "us-east-1";
        cr_assert_eq(make(cases[i].endpoint, region, cases[i].addressing, &error, &endpoint), 0,
                     "%s: %s", cases[i].endpoint, error.message);
        cr_assert_str_eq(url_of(&endpoint, cases[i].bucket), cases[i].url);
    }
}

Test(endpoint, names_that_no_host_has) {
    struct hr__endpoint endpoint;
    cr_assert_eq(
        make("http://s3.amazonaws.com", "us-east-1", HR_S3_ADDRESSING_VIRTUAL, NULL, &endpoint), 0);
    char long_name[65];
    memset(long_name, 'a', 64);
    long_name[64] = 0;
    const char *const names[] = {"aa",     "Upper",   "under_score", "-a-b",  "a-b-",
                                 "a..b",   ".abc",    "abc.",        "a b c", "192.168.1.1",
                                 "a.-b.c", long_name, "ünïcödé"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_assert(!hr__endpoint_virtual(&endpoint, hr_slice_of(names[i])), "%s", names[i]);
    cr_assert(hr__endpoint_virtual(&endpoint, hr_slice_of("a1b")));
    cr_assert(hr__endpoint_virtual(&endpoint, hr_slice_of("123")));
    cr_assert(hr__endpoint_virtual(&endpoint, hr_slice_of("a.b.c")));
    cr_assert(hr__endpoint_virtual(&endpoint, hr_slice_bytes(long_name, 63)));
}

Test(endpoint, refuses) {
    static const struct {
        const char *endpoint, *region;
        int result;
    } bad[] = {
        {"", NULL, HR_ERR_S3_ENDPOINT_INVALID},
        {"127.0.0.1:9000", NULL, HR_ERR_S3_ENDPOINT_INVALID},
        {"ftp://h", NULL, HR_ERR_S3_ENDPOINT_INVALID},
        {"http://", NULL, HR_ERR_S3_ENDPOINT_INVALID},
        {"http://h:99999", NULL, HR_ERR_S3_ENDPOINT_INVALID},
        {"http://h:0", NULL, HR_ERR_S3_ENDPOINT_INVALID},
        {"http://h/?a=b", NULL, HR_ERR_S3_ENDPOINT_INVALID},
        {"http://h/#f", NULL, HR_ERR_S3_ENDPOINT_INVALID},
        {"http://u:p@h/", NULL, HR_ERR_S3_ENDPOINT_INVALID},
        {"http://h\r\nX: y/", NULL, HR_ERR_S3_ENDPOINT_INVALID},
        {"http://h/a b", NULL, HR_ERR_S3_ENDPOINT_INVALID},
        {"http://a{bucket}.h/", NULL, HR_ERR_S3_ENDPOINT_INVALID},
        {"http://h", "a b", HR_ERR_S3_REGION_INVALID},
        {"http://h", "", HR_ERR_S3_REGION_INVALID},
        {"http://h", "-a", HR_ERR_S3_REGION_INVALID},
        {"http://h", "a.b", HR_ERR_S3_REGION_INVALID},
        {"http://h", "a/b\n", HR_ERR_S3_REGION_INVALID},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hr__endpoint endpoint;
        struct hr_error error = {0};
        const char *region = bad[i].region ? bad[i].region : "us-east-1";
        cr_assert_eq(make(bad[i].endpoint, region, HR_S3_ADDRESSING_AUTO, &error, &endpoint),
                     bad[i].result, "%s", bad[i].endpoint);
        cr_assert(error.message[0] != 0);
        cr_assert(strstr(error.message,
                         bad[i].result == HR_ERR_S3_REGION_INVALID ? "region" : "endpoint"));
    }
}

Test(endpoint, refuses_settings_that_contradict) {
    static const struct hr__endpoint_settings bad[] = {
        {.region = "us-east-1", .addressing = (enum hr_s3_addressing)9},
        {.url = "http://h", .source = "x", .region = "us-east-1", .fips = true},
        {.url = "http://h", .source = "x", .region = "us-east-1", .dual_stack = true},
        {.url = "http://h", .source = "x", .region = "us-east-1", .accelerate = true},
        {.region = "us-east-1", .fips = true, .accelerate = true},
        {.region = "cn-north-1", .fips = true},
        {.region = "us-east-1", .accelerate = true, .addressing = HR_S3_ADDRESSING_PATH},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hr__endpoint endpoint;
        struct hr_error error = {0};
        cr_assert_eq(hr__endpoint_make(&bad[i], &error, &endpoint), HR_ERR_S3_ENDPOINT_INVALID,
                     "%zu", i);
        cr_assert(error.message[0] != 0);
    }
    struct hr__endpoint_settings none = {.region = NULL};
    struct hr__endpoint endpoint;
    cr_assert_eq(hr__endpoint_make(&none, NULL, &endpoint), HR_ERR_S3_REGION_INVALID);
}

Test(endpoint, in_another_region_only_awss_own_host_changes) {
    struct hr__endpoint endpoint, moved;
    struct hr_slice there = hr_slice_of("eu-west-1");
    struct hr__endpoint_settings settings = {
        .region = "us-east-1", .dual_stack = true, .fips = true, .global = true};
    cr_assert_eq(hr__endpoint_make(&settings, NULL, &endpoint), 0);
    cr_assert_eq(hr__endpoint_in_region(&endpoint, there, &moved), 0);
    cr_assert_str_eq(url_of(&moved, "bucket"),
                     "https://bucket.s3-fips.dualstack.eu-west-1.amazonaws.com");
    cr_assert_str_eq(moved.region, "eu-west-1");
    cr_assert_eq(
        make("http://store:9000/base", "us-east-1", HR_S3_ADDRESSING_AUTO, NULL, &endpoint), 0);
    cr_assert_eq(hr__endpoint_in_region(&endpoint, there, &moved), 0);
    cr_assert_str_eq(url_of(&moved, "bucket"), "http://store:9000/base/bucket");
    cr_assert_str_eq(moved.region, "eu-west-1");
}

Test(endpoint, no_region_that_could_become_another_host) {
    struct hr__endpoint endpoint, moved = {.host = "untouched"};
    cr_assert_eq(make(NULL, "us-east-1", HR_S3_ADDRESSING_AUTO, NULL, &endpoint), 0);
    static const char *const bad[] = {"",       "evil.example/",  "evil.example", "eu-west-1#",
                                      "a@evil", "eu-west-1:8080", "cn-north-1",   "us-gov-east-1",
                                      "-a",     "eu west 1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(hr__endpoint_in_region(&endpoint, hr_slice_of(bad[i]), &moved),
                     HR_ERR_S3_REGION_INVALID, "%s", bad[i]);
    cr_assert_str_eq(moved.host, "untouched");
}

Test(endpoint, bucket_names_that_do_no_harm) {
    struct hr_error error;
    char name[256];
    memset(name, 'a', sizeof name);
    cr_assert_eq(hr__bucket_check(hr_slice_bytes(name, 255), &error), 0);
    cr_assert_eq(hr__bucket_check(hr_slice_bytes(name, 256), &error), HR_ERR_S3_BUCKET_INVALID);
    cr_assert_eq(hr__bucket_check(hr_slice_of("bucket name!"), &error), 0);
    const char *const bad[] = {"", ".", "..", "a/b", "a\nb", "a\x7f"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(hr__bucket_check(hr_slice_of(bad[i]), &error), HR_ERR_S3_BUCKET_INVALID);
}
