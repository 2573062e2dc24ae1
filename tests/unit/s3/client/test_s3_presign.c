/* Presigned URLs with parameters and header fields. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "needs_kernel.h"
#include "scripted.h"

TestSuite(s3_presign, .init = scripted_begin, .fini = scripted_end);

#define TEXT(text)                                                                                 \
    { text, sizeof(text) - 1 }

static char url[65536];

static void serve_nothing(void) {
    const struct scripted_turn turns[] = {{.status = "200 OK"}};
    scripted_serve(turns, 1);
}

static int presign(struct hr_s3_presign_options options) {
    options.bucket = "b";
    options.key = "k";
    options.expires_s = 60;
    return hr_s3_presign(scripted_client, &options, url, sizeof url);
}

static int presign_field(const char *name) {
    const struct hr_http_field field = {hr_slice_of(name), TEXT("v")};
    return presign((struct hr_s3_presign_options){.fields = &field, .field_count = 1});
}

static int presign_parameter(const char *name) {
    const struct hr_s3_query one = {hr_slice_of(name), TEXT("v")};
    return presign((struct hr_s3_presign_options){.query = &one, .query_count = 1});
}

Test(s3_presign, a_part_has_its_upload_and_number) {
    NEEDS_KERNEL("a raw peer");
    static const struct hr_s3_query part[] = {{TEXT("uploadId"), TEXT("u/1=")},
                                              {TEXT("partNumber"), TEXT("3")}};
    serve_nothing();
    cr_assert_eq(
        presign((struct hr_s3_presign_options){.method = "PUT", .query = part, .query_count = 2}),
        0);
    const char *path = strstr(url, "/b/k?X-Amz-Algorithm=");
    cr_assert(path && strchr(url, '?') == path + 4, "%s", url);
    cr_assert(strstr(url, "&partNumber=3&uploadId=u%2F1%3D&X-Amz-Signature="), "%s", url);
}

Test(s3_presign, a_name_alone_is_a_parameter_too) {
    NEEDS_KERNEL("a raw peer");
    static const struct hr_s3_query tagging = {TEXT("tagging"), {NULL, 0}};
    serve_nothing();
    cr_assert_eq(presign((struct hr_s3_presign_options){.query = &tagging, .query_count = 1}), 0);
    cr_assert(strstr(url, "&tagging=&X-Amz-Signature="), "%s", url);
}

Test(s3_presign, fields_are_named_as_signed) {
    NEEDS_KERNEL("a raw peer");
    static const struct hr_http_field fields[] = {{TEXT("x-amz-meta-A"), TEXT("1")},
                                                  {TEXT("Content-Type"), TEXT("a/b")},
                                                  {TEXT("Content-Length"), TEXT("5")}};
    serve_nothing();
    cr_assert_eq(presign((struct hr_s3_presign_options){
                     .method = "PUT", .fields = fields, .field_count = 3}),
                 0);
    cr_assert(strstr(url, "&X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3B"
                          "x-amz-meta-a&"),
              "%s", url);
}

Test(s3_presign, the_signature_s_own_parameters_are_refused) {
    NEEDS_KERNEL("a raw peer");
    static const char *const own[] = {"X-Amz-Signature", "x-amz-expires", "X-Amz-Security-Token",
                                      "X-AMZ-DATE", ""};
    serve_nothing();
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        cr_assert_eq(presign_parameter(own[i]), -EINVAL, "%s", own[i]);
    cr_assert_eq(presign((struct hr_s3_presign_options){.query_count = 1}), -EINVAL);
    cr_assert_eq(presign((struct hr_s3_presign_options){.field_count = 1}), -EINVAL);
    cr_assert_eq(presign_parameter("x-amz-checksum-crc32"), 0, "S3 takes it as a field");
}

Test(s3_presign, fields_that_nobody_would_check_are_refused) {
    NEEDS_KERNEL("a raw peer");
    static const char *const names[] = {"User-Agent", "expect",     "Authorization",
                                        "Host",       "x-amz-date", "two words"};
    serve_nothing();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_assert_eq(presign_field(names[i]), HR_ERR_HEADER_INVALID, "%s", names[i]);
    cr_assert_eq(presign_field("x-amz-acl"), 0);
}

Test(s3_presign, as_many_parameters_as_the_limit_says) {
    NEEDS_KERNEL("a raw peer");
    static struct hr_s3_query many[HR_S3_QUERY_COUNT_MAX + 1];
    static char names[HR_S3_QUERY_COUNT_MAX + 1], value[65536];
    memset(value, 'v', sizeof value);
    for (size_t i = 0; i <= HR_S3_QUERY_COUNT_MAX; i++) {
        names[i] = (char)('0' + i);
        many[i] = (struct hr_s3_query){{&names[i], 1}, TEXT("v")};
    }
    serve_nothing();
    struct hr_s3_presign_options options = {.query = many, .query_count = HR_S3_QUERY_COUNT_MAX};
    cr_assert_eq(presign(options), 0);
    options.query_count++;
    cr_assert_eq(presign(options), -EINVAL);
    many[0].value = hr_slice_bytes(value, sizeof value);
    options.query_count = 1;
    cr_assert_eq(presign(options), -EMSGSIZE);
}
