/* The place of one bucket, against the rule set's own test cases. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "endpoint_bucket.h"

/* scheme://authority/path of a bucket. */
static const char *url_of(const struct hr__endpoint *endpoint, struct hr_slice bucket) {
    static char text[1024];
    struct hr__writer out = hr__writer(text, sizeof text - 1);
    hr__put_text(&out, endpoint->tls ? "https://" : "http://");
    hr__endpoint_put_host(endpoint, bucket, &out);
    hr__put_text(&out, endpoint->port_suffix);
    hr__endpoint_put_path(endpoint, bucket, &out);
    cr_assert(!out.full);
    *out.at = 0;
    return text;
}

static bool flag(const json_t *params, const char *name) {
    return json_is_true(json_object_get(params, name));
}

static struct hr__endpoint_settings settings_of(const json_t *params) {
    /* The rules put a bucket into any host; so does this client when it is told to. */
    bool path = flag(params, "ForcePathStyle");
    return (struct hr__endpoint_settings){
        .url = cases_text(params, "Endpoint"),
        .source = "endpoint",
        .region = cases_text(params, "Region"),
        .addressing = path ? HR_S3_ADDRESSING_PATH : HR_S3_ADDRESSING_VIRTUAL,
        .fips = flag(params, "UseFIPS"),
        .dual_stack = flag(params, "UseDualStack"),
        .accelerate = flag(params, "Accelerate"),
        .global = flag(params, "UseGlobalEndpoint"),
        .no_arn_region = json_is_false(json_object_get(params, "UseArnRegion")),
    };
}

static int resolve(const json_t *params, struct hr_slice bucket, struct hr_error *error,
                   struct hr__endpoint *resolved) {
    struct hr__endpoint_settings settings = settings_of(params);
    struct hr__endpoint_use use = {
        .bucket_itself = flag(params, "UseS3ExpressControlEndpoint"),
        .no_access_points = flag(params, "DisableAccessPoints"),
        .no_session = flag(params, "DisableS3ExpressSessionAuth"),
    };
    struct hr__endpoint endpoint;
    if (flag(params, "UseObjectLambdaEndpoint")) return -1; /* no operation of this client's */
    int err = bucket.size > 0 ? hr__bucket_check(bucket, error) : 0;
    if (!err) err = hr__endpoint_make(&settings, error, &endpoint);
    if (err) return err;
    if (bucket.size == 0 && use.bucket_itself)
        return hr__endpoint_express_resolve(&endpoint, bucket, &use, error, resolved);
    return hr__endpoint_bucket_resolve(&endpoint, bucket, &use, error, resolved);
}

/* True: as the case expects it. */
static bool check_case(const json_t *one) {
    const json_t *params = json_object_get(one, "params"), *expect = json_object_get(one, "expect");
    const char *name = cases_text(one, "name"), *url = cases_text(expect, "url");
    const char *scheme = cases_text(expect, "auth_scheme"), *class = cases_text(one, "class");
    struct hr_slice bucket = cases_slice(params, "Bucket");
    struct hr_error error = {0};
    struct hr__endpoint resolved;
    int err = resolve(params, bucket, &error, &resolved);
    if (err) {
        bool choice = class && strcmp(class, "choice") == 0;
        cr_expect(!url || choice, "%s: %s", name, error.message);
        cr_expect(error.message[0] || err == -1, "%s", name);
        return !url || choice;
    }
    const char *made = url_of(&resolved, bucket);
    bool good = url && strcmp(made, url) == 0 &&
                strcmp(resolved.region, cases_text(expect, "signing_region")) == 0 &&
                strcmp(resolved.service, cases_text(expect, "signing_name")) == 0 &&
                (!scheme || (strcmp(scheme, "sigv4-s3express") == 0) == resolved.session);
    cr_expect(good, "%s: %s for %s", name, made, resolved.region);
    return good;
}

static void check_file(const char *path, size_t count_min) {
    json_t *all = cases_load(path);
    if (!all) cr_skip_test("no conformance cases: %s", path);
    size_t index, counted = 0;
    json_t *one;
    json_array_foreach(all, index, one) {
        counted += check_case(one);
    }
    cr_assert_eq(counted, json_array_size(all), "%zu of %zu", counted, json_array_size(all));
    cr_assert_geq(counted, count_min);
    json_decref(all);
}

Test(endpoint_bucket, cases_given) {
    check_file("s3/endpoint.given.jsonl", 95);
}

Test(endpoint_bucket, cases_given_of_s3_express) {
    check_file("s3/endpoint-express.given.jsonl", 45);
}

Test(endpoint_bucket, cases_given_of_arns) {
    check_file("s3/endpoint-arn.given.jsonl", 57);
}

/* Where this client differs from the rules on purpose. */
static const struct {
    const char *bucket, *url, *region;
    enum hr_s3_addressing addressing;
    bool bucket_itself, accelerate;
    const char *place; /* NULL: refused */
    const char *reason;
} differs[] = {
    {"arn:aws:s3:us-east-1:123456789012:accesspoint/ap", "http://127.0.0.1:9000", "us-east-1",
     HR_S3_ADDRESSING_AUTO, false, false, NULL, "nothing can stand in front of an address"},
    {"a.b.c", "http://127.0.0.1:9000", "us-east-1", HR_S3_ADDRESSING_VIRTUAL, false, false,
     "http://127.0.0.1:9000/a.b.c", "nothing can stand in front of an address"},
    {"b--usw2-az1--x-s3", "http://store:9000", "us-west-2", HR_S3_ADDRESSING_AUTO, false, false,
     "http://store:9000/b--usw2-az1--x-s3", "the suffix means nothing to other stores"},
    {"b--usw2-az1--x-s3", "http://store:9000", "us-west-2", HR_S3_ADDRESSING_PATH, false, false,
     "http://store:9000/b--usw2-az1--x-s3", "path means path"},
    {"b--usw2-az1--x-s3", NULL, "aws-global", HR_S3_ADDRESSING_AUTO, false, false,
     "https://b--usw2-az1--x-s3.s3express-usw2-az1.us-east-1.amazonaws.com",
     "aws-global is no region of a zone"},
    {"bucket", NULL, "us-east-1", HR_S3_ADDRESSING_AUTO, true, true,
     "https://bucket.s3.us-east-1.amazonaws.com", "buckets themselves are not accelerated"},
};

Test(endpoint_bucket, differs_from_the_rules_with_a_reason) {
    for (size_t i = 0; i < sizeof differs / sizeof differs[0]; i++) {
        struct hr__endpoint_settings settings = {.url = differs[i].url,
                                                 .source = "endpoint",
                                                 .region = differs[i].region,
                                                 .addressing = differs[i].addressing,
                                                 .accelerate = differs[i].accelerate};
        struct hr__endpoint_use use = {.bucket_itself = differs[i].bucket_itself};
        struct hr_slice bucket = hr_slice_of(differs[i].bucket);
        struct hr__endpoint endpoint, resolved;
        cr_assert_eq(hr__endpoint_make(&settings, NULL, &endpoint), 0);
        int err = hr__endpoint_bucket_resolve(&endpoint, bucket, &use, NULL, &resolved);
        cr_assert_eq(err == 0, differs[i].place != NULL, "%s", differs[i].reason);
        if (!err) cr_assert_str_eq(url_of(&resolved, bucket), differs[i].place);
    }
}

static int resolve_at_aws(const char *bucket, struct hr_error *error,
                          struct hr__endpoint *resolved) {
    struct hr__endpoint_settings settings = {.region = "us-east-1"};
    struct hr__endpoint_use use = {.bucket_itself = false};
    struct hr__endpoint endpoint;
    cr_assert_eq(hr__endpoint_make(&settings, error, &endpoint), 0);
    return hr__endpoint_bucket_resolve(&endpoint, hr_slice_of(bucket), &use, error, resolved);
}

Test(endpoint_bucket, names_what_is_not_supported) {
    static const struct {
        const char *bucket, *words;
    } rows[] = {
        {"arn:aws:s3::123456789012:accesspoint:m.mrap", "multi-region"},
        {"arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/a", "Object Lambda"},
        {"arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-1/accesspoint/a", "Outposts"},
        {"test-accessp-e0000075431d83bebde8xz5w8ijx1qzlbp3i3kuse10--op-s3", "outpost"},
        {"arn:aws:s3:::bucket", "access points"},
        {"arn:aws:sqs:us-east-1:123456789012:accesspoint/a", "not one of S3"},
        {"arn:aws:s3:us-east-1:123456789012:accesspoint/a/object/b", "more than one part"},
        {"arn:aws:s3:us-east-1", "no ARN"},
        {"b--nowhere--x-s3", "zone"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hr_error error = {0};
        struct hr__endpoint resolved = {.host = "untouched"};
        cr_assert_eq(resolve_at_aws(rows[i].bucket, &error, &resolved), HR_ERR_S3_BUCKET_INVALID);
        cr_assert(strstr(error.message, rows[i].words), "%s", error.message);
        cr_assert_str_eq(resolved.host, "untouched");
    }
}

Test(endpoint_bucket, nothing_of_an_arn_becomes_another_host) {
    static const char *const bad[] = {
        "arn:aws:s3:evil.example/:123456789012:accesspoint/a",
        "arn:aws:s3:evil.example:123456789012:accesspoint/a",
        "arn:aws:s3:us-east-1:evil.example#:accesspoint/a",
        "arn:aws:s3:us-east-1:1@evil:accesspoint/a",
        "arn:aws:s3:us-east-1:123456789012:accesspoint/evil.example",
        "arn:aws:s3:us-east-1:123456789012:accesspoint/a?b",
        "arn:aws:s3:us-east-1:-:accesspoint/a",
        /* Name and account are one label together. */
        "arn:aws:s3:us-east-1:123456789012:accesspoint/"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaa",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hr_error error = {0};
        struct hr__endpoint resolved;
        cr_assert_eq(resolve_at_aws(bad[i], &error, &resolved), HR_ERR_S3_BUCKET_INVALID, "%s",
                     bad[i]);
    }
}
