/* The request lines of the cases given, made of the users' structs. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "prepared.h"

static union {
    struct hr_s3_put put;
    struct hr_s3_get get;
    struct hr_s3_head head;
    struct hr_s3_list list;
    struct hr_s3_bucket_head bucket;
    struct hr_s3_bucket_list buckets;
    struct hr_s3_tags_delete tags_delete;
    struct hr_s3_part_list parts;
    struct hr_s3_upload_create create;
    struct hr_s3_upload_abort abort;
} any;

static const char *text(const json_t *params, const char *name) {
    return cases_text(params, name);
}

static uint32_t number(const json_t *params, const char *name) {
    return (uint32_t)json_integer_value(json_object_get(params, name));
}

/* Bucket and key stand behind `request` in every struct. */
static void fill_place(const json_t *params) {
    any.get.bucket = text(params, "Bucket");
    any.get.key = text(params, "Key");
}

static void fill_list(const json_t *params) {
    any.list =
        (struct hr_s3_list){.bucket = text(params, "Bucket"),
                            .prefix = text(params, "Prefix"),
                            .delimiter = text(params, "Delimiter"),
                            .start_after = text(params, "StartAfter"),
                            .page_size = number(params, "MaxKeys"),
                            .next_token = (char *)(uintptr_t)text(params, "ContinuationToken")};
}

static void fill_buckets(const json_t *params) {
    (void)params;
}

static void fill_get(const json_t *params) {
    fill_place(params);
    any.get.options.part_number = number(params, "PartNumber");
    any.get.options.version_id = text(params, "VersionId");
}

static void fill_head(const json_t *params) {
    fill_place(params);
    any.head.options.part_number = number(params, "PartNumber");
    any.head.options.version_id = text(params, "VersionId");
}

static void fill_parts(const json_t *params) {
    fill_place(params);
    any.parts.upload_id = text(params, "UploadId");
    any.parts.page_size = number(params, "MaxParts");
    any.parts.part_number_after = number(params, "PartNumberMarker");
}

static void fill_abort(const json_t *params) {
    fill_place(params);
    any.abort.upload_id = text(params, "UploadId");
}

static const struct filler {
    const char *operation;
    enum hr__s3_kind kind;
    void (*fill)(const json_t *params);
} fillers[] = {
    {"PutObject", HR__S3_PUT, fill_place},
    {"GetObject", HR__S3_GET, fill_get},
    {"HeadObject", HR__S3_HEAD, fill_head},
    {"ListObjectsV2", HR__S3_LIST, fill_list},
    {"HeadBucket", HR__S3_BUCKET_HEAD, fill_place},
    {"ListBuckets", HR__S3_BUCKET_LIST, fill_buckets},
    {"DeleteObjectTagging", HR__S3_TAGS_DELETE, fill_place},
    {"ListParts", HR__S3_PART_LIST, fill_parts},
    {"CreateMultipartUpload", HR__S3_UPLOAD_CREATE, fill_place},
    {"AbortMultipartUpload", HR__S3_UPLOAD_ABORT, fill_abort},
};

static const struct filler *filler_of(const char *operation) {
    for (size_t i = 0; i < sizeof fillers / sizeof fillers[0]; i++)
        if (strcmp(fillers[i].operation, operation) == 0) return &fillers[i];
    return NULL;
}

/* A page is asked for by its token; start-after is for the first. */
static bool is_of_the_first_page(const char *parameter, const json_t *params) {
    return strncmp(parameter, "start-after=", 12) == 0 && text(params, "ContinuationToken");
}

static bool has_parameter(struct hr_slice query, const char *wanted) {
    struct hr_slice one;
    while (hr_slice_cut(&query, '&', &one))
        if (hr_slice_equal(one, hr_slice_of(wanted))) return true;
    return false;
}

static size_t count_parameters(struct hr_slice query) {
    struct hr_slice one;
    size_t count = 0;
    while (hr_slice_cut(&query, '&', &one)) count++;
    return count;
}

/* The parameters expected and no others, but for encoding-type, which a listing always has here. */
static bool check_query(const json_t *expected, const json_t *params, struct hr_slice query) {
    size_t index, count = 0;
    json_t *wanted;
    bool encoded = has_parameter(query, "encoding-type=url");
    json_array_foreach(expected, index, wanted) {
        const char *one = json_string_value(wanted);
        if (is_of_the_first_page(one, params)) continue;
        if (!has_parameter(query, one)) return false;
        if (strcmp(one, "encoding-type=url") == 0) encoded = false;
        count++;
    }
    return count_parameters(query) == count + encoded;
}

static enum hr_s3_addressing addressing_of(const char *style) {
    if (style && strcmp(style, "path") == 0) return HR_S3_ADDRESSING_PATH;
    return style && strcmp(style, "virtual") == 0 ? HR_S3_ADDRESSING_VIRTUAL
                                                  : HR_S3_ADDRESSING_AUTO;
}

static void check_case(const json_t *one) {
    const json_t *params = json_object_get(one, "params"), *expect = json_object_get(one, "expect");
    const json_t *client = json_object_get(json_object_get(one, "config"), "client");
    const json_t *s3 = json_object_get(client, "s3");
    const char *name = text(one, "name");
    const struct filler *filler = filler_of(text(one, "operation"));
    cr_assert(filler, "%s: no operation %s", name, text(one, "operation"));
    memset(&any, 0, sizeof any);
    filler->fill(params);
    struct prepared made = {
        .region = text(client, "region"),
        .addressing = addressing_of(text(s3, "addressing_style")),
        .dual_stack = json_is_true(json_object_get(s3, "use_dualstack_endpoint")),
        .accelerate = json_is_true(json_object_get(s3, "use_accelerate_endpoint"))};
    int err = prepared_make(&made, filler->kind, &any, text(client, "endpoint_url"));
    if (text(expect, "error") || text(one, "error")) { /* botocore's own rules: either is right */
        prepared_free(&made);
        return;
    }
    cr_assert_eq(err, 0, "%s: %s", name, made.error.message);
    const struct hr_url *parts = &made.message.parts;
    cr_assert_str_eq(made.call->parameters.operation->method, text(expect, "method"), "%s", name);
    cr_assert(hr_slice_equal(parts->path, cases_slice(expect, "uri")), "%s: %.*s", name,
              (int)parts->path.size, parts->path.data);
    cr_assert(hr_slice_equal(parts->authority, cases_slice(expect, "host")), "%s: %.*s", name,
              (int)parts->authority.size, parts->authority.data);
    cr_assert(check_query(json_object_get(expect, "query"), params, parts->query), "%s: %.*s", name,
              (int)parts->query.size, parts->query.data);
    prepared_free(&made);
}

Test(s3_request_cases, given) {
    json_t *all = cases_load("s3/request.given.jsonl");
    if (!all) cr_skip_test("no conformance cases: s3/request");
    size_t index, counted = 0;
    json_t *one;
    json_array_foreach(all, index, one) {
        check_case(one);
        counted++;
    }
    cr_assert_geq(counted, 51);
    json_decref(all);
}
