#include <criterion/criterion.h>
#include <string.h>

#include "cases.h"
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

Test(endpoint, table) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr__endpoint endpoint;
        struct hr_error error = {0};
        cr_assert_eq(hr__endpoint_make(cases[i].endpoint, "endpoint", cases[i].region,
                                       cases[i].addressing, &error, &endpoint),
                     0, "%s: %s", cases[i].endpoint, error.message);
        cr_assert_str_eq(url_of(&endpoint, cases[i].bucket), cases[i].url);
    }
}

Test(endpoint, names_that_no_host_has) {
    struct hr__endpoint endpoint;
    cr_assert_eq(hr__endpoint_make("http://s3.amazonaws.com", "endpoint", NULL,
                                   HR_S3_ADDRESSING_VIRTUAL, NULL, &endpoint),
                 0);
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
        cr_assert_eq(hr__endpoint_make(bad[i].endpoint, "endpoint", bad[i].region,
                                       HR_S3_ADDRESSING_AUTO, &error, &endpoint),
                     bad[i].result, "%s", bad[i].endpoint);
        cr_assert(error.message[0] != 0);
        cr_assert(strstr(error.message,
                         bad[i].result == HR_ERR_S3_REGION_INVALID ? "region" : "endpoint"));
    }
    struct hr__endpoint endpoint;
    cr_assert_eq(hr__endpoint_make(NULL, "", NULL, (enum hr_s3_addressing)9, NULL, &endpoint),
                 HR_ERR_S3_ENDPOINT_INVALID);
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

static bool has_feature(const json_t *one, const char *name) {
    size_t index;
    json_t *feature;
    json_array_foreach(json_object_get(one, "features"), index, feature) {
        if (strcmp(json_string_value(feature), name) == 0) return true;
    }
    return false;
}

/* 0: not ours (FIPS, dual stack, acceleration, S3 Express). */
static int check_case(const json_t *one) {
    if (has_feature(one, "fips") || has_feature(one, "dualstack") || has_feature(one, "accelerate"))
        return 0;
    const json_t *params = json_object_get(one, "params"), *expect = json_object_get(one, "expect");
    const char *name = cases_text(one, "name"), *endpoint_text = cases_text(params, "Endpoint"),
               *region = cases_text(params, "Region"), *bucket = cases_text(params, "Bucket");
    if (bucket && strstr(bucket, "--xa-s3") && !endpoint_text) return 0;
    bool global = json_is_true(json_object_get(params, "UseGlobalEndpoint"));
    /* AWS's old global endpoint is asked for by name. */
    if (global && !endpoint_text && strcmp(region, "us-east-1") == 0)
        endpoint_text = "https://s3.amazonaws.com";
    /* The rules address any host by virtual host; so does this client when it is told to. */
    bool path = json_is_true(json_object_get(params, "ForcePathStyle"));
    struct hr__endpoint endpoint;
    struct hr_error error = {0};
    int err = hr__endpoint_make(endpoint_text, "endpoint", region,
                                path ? HR_S3_ADDRESSING_PATH : HR_S3_ADDRESSING_VIRTUAL, &error,
                                &endpoint);
    const char *url = cases_text(expect, "url");
    if (!url) {
        cr_assert_lt(err, 0, "%s", name);
        return 1;
    }
    cr_assert_eq(err, 0, "%s: %s", name, error.message);
    /* The rules put the bucket before a base path of the endpoint's, where it is a host. */
    cr_assert_str_eq(url_of(&endpoint, bucket), url, "%s", name);
    cr_assert_str_eq(endpoint.region, cases_text(expect, "signing_region"), "%s", name);
    return 1;
}

Test(endpoint, cases_given) {
    json_t *all = cases_load("s3/endpoint.given.jsonl");
    if (!all) cr_skip_test("no conformance cases: s3/endpoint");
    size_t index, counted = 0;
    json_t *one;
    json_array_foreach(all, index, one) {
        counted += (size_t)check_case(one);
    }
    cr_assert_geq(counted, 30);
    json_decref(all);
}
