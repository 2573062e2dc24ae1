/* Objects copied inside the store, whole and as parts of an upload. */
#include <errno.h>

#include "document_checksum.h"
#include "object_options.h"
#include "s3_prepare.h"

#define COPY_SOURCE_MAX (3 * (HR__BUCKET_MAX + HR__KEY_MAX) + 32)

static int check_source(struct hr_request *request, const struct hr_s3_copy_source *source) {
    if (!source->bucket || !source->key)
        return hr__request_refuse(request, -EINVAL, "source.%s is NULL",
                                  source->bucket ? "key" : "bucket");
    size_t key = strlen(source->key), bucket = strlen(source->bucket);
    if (key == 0 || key > HR__KEY_MAX || bucket == 0 || bucket > HR__BUCKET_MAX)
        return hr__request_refuse(request, -EINVAL,
                                  "source.bucket or source.key is empty, or longer than %d and %d "
                                  "bytes",
                                  HR__BUCKET_MAX, HR__KEY_MAX);
    return 0;
}

/* bucket/key, percent-encoded; an access point's ARN has /object/ between them. */
static void put_source(struct hr__writer *out, const struct hr_s3_copy_source *source) {
    hr__put_percent(out, hr_slice_of(source->bucket), HR_PERCENT_PATH);
    hr__put_text(out, strncmp(source->bucket, "arn:", 4) == 0 ? "/object/" : "/");
    hr__put_percent(out, hr_slice_of(source->key), HR_PERCENT_PATH);
    if (!source->version_id) return;
    hr__put_text(out, "?versionId=");
    hr__put_percent(out, hr_slice_of(source->version_id), HR_PERCENT_STRICT);
}

static void add_copy_source(struct hr__s3_adder *add, const struct hr_s3_copy_source *source) {
    size_t size = COPY_SOURCE_MAX + (source->version_id ? 3 * strlen(source->version_id) : 0);
    char *memory = hr__add_memory(add, size);
    if (!memory) return;
    struct hr__writer out = hr__writer(memory, size);
    put_source(&out, source);
    hr__add_field(add, "x-amz-copy-source", hr__written(&out));
    hr__add_conditions(add, &hr__conditions_source, &source->conditions);
    hr__add_source_key(add, source->customer_key);
    hr__add_field_text(add, "x-amz-source-expected-bucket-owner", source->expected_owner);
}

static struct hr_s3_copy *of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_copy, request);
}

/* S3 passes over what it is given without a directive: a copy that lacks its metadata. */
static int check_directives(struct hr_s3_copy *copy) {
    const struct hr_s3_object_options *options = &copy->options;
    bool described = copy->content_type || copy->metadata_count || options->content_encoding ||
                     options->content_language || options->content_disposition ||
                     options->cache_control || options->expires_s;
    if (described && !copy->replace_metadata)
        return hr__request_refuse(&copy->request, -EINVAL,
                                  "type, metadata and the like are the source's: set "
                                  "replace_metadata to give others");
    if (options->tag_count > 0 && !copy->replace_tags)
        return hr__request_refuse(&copy->request, -EINVAL,
                                  "the tags are the source's: set replace_tags to give others");
    return 0;
}

int hr__s3_copy_check(struct hr_request *request) {
    struct hr_s3_copy *copy = of(request);
    int err = check_source(request, &copy->source);
    if (!err) err = check_directives(copy);
    if (!err) err = hr__s3_check_algorithm(request, copy->checksum_algorithm);
    if (!err) err = hr__s3_check_metadata(request, copy->metadata, copy->metadata_count);
    return err ? err : hr__s3_check_fields(request, copy->fields, copy->field_count);
}

int hr__s3_copy_prepare(struct hr__s3_call *call) {
    struct hr_s3_copy *copy = of(call->request);
    struct hr__s3_parameters *parameters = &call->parameters;
    struct hr__s3_adder add = hr__s3_request_adder(call);
    copy->etag[0] = copy->version_id[0] = 0;
    copy->last_modified_s = 0;
    memset(&copy->checksum, 0, sizeof copy->checksum);
    parameters->content_type = hr_slice_of(copy->content_type);
    parameters->metadata = copy->metadata;
    parameters->metadata_count = copy->metadata_count;
    parameters->fields = copy->fields;
    parameters->field_count = copy->field_count;
    add_copy_source(&add, &copy->source);
    if (copy->replace_metadata) hr__add_field_text(&add, "x-amz-metadata-directive", "REPLACE");
    if (copy->replace_tags) hr__add_field_text(&add, "x-amz-tagging-directive", "REPLACE");
    hr__add_object_options(&add, &copy->options);
    hr__add_checksum_algorithm(&add, copy->checksum_algorithm);
    hr__add_conditions(&add, &hr__conditions_write, &copy->conditions);
    return add.err;
}

int hr__s3_copy_head(struct hr__s3_call *call, const struct hr_http_head *head,
                     struct hr_error *error) {
    struct hr_s3_copy *copy = of(call->request);
    (void)error;
    hr__copy_whole(copy->version_id, sizeof copy->version_id,
                   hr_http_head_find(head, "x-amz-version-id"));
    return 0;
}

int hr__s3_copy_body(struct hr__s3_call *call, struct hr_error *error) {
    struct hr_s3_copy *copy = of(call->request);
    struct hr__texts texts = {NULL};
    struct hr__copied copied;
    int err = hr__read_object_copied(hr__s3_request_answer(call), &texts, error, &copied);
    if (!err) {
        hr__copy_whole(copy->etag, sizeof copy->etag, copied.etag);
        copy->last_modified_s = copied.last_modified_s;
        err = hr__checksum_of_document(&copied.checksums, error, &copy->checksum);
    }
    hr__texts_free(&texts);
    return err;
}

/* ---- A part that is copied. */

static struct hr_s3_upload_part_copy *part_of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_upload_part_copy, request);
}

int hr__s3_part_copy_check(struct hr_request *request) {
    struct hr_s3_upload_part_copy *part = part_of(request);
    int err = check_source(request, &part->source);
    if (err) return err;
    if (part->ranged && part->range_last < part->range_first)
        return hr__request_refuse(request, -EINVAL, "range_last lies before range_first");
    return hr__s3_check_part(request, part->upload_id, part->part_number);
}

static void add_range(struct hr__s3_adder *add, const struct hr_s3_upload_part_copy *part) {
    char *memory = part->ranged ? hr__add_memory(add, 64) : NULL;
    if (!memory) return;
    struct hr__writer out = hr__writer(memory, 64);
    hr__put_text(&out, "bytes=");
    hr__put_u64(&out, part->range_first);
    hr__put_byte(&out, '-');
    hr__put_u64(&out, part->range_last);
    hr__add_field(add, "x-amz-copy-source-range", hr__written(&out));
}

int hr__s3_part_copy_prepare(struct hr__s3_call *call) {
    struct hr_s3_upload_part_copy *part = part_of(call->request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    part->etag[0] = 0;
    part->last_modified_s = 0;
    memset(&part->checksum, 0, sizeof part->checksum);
    hr__add_query_u64(&add, "partNumber", part->part_number);
    hr__add_query_text(&add, "uploadId", part->upload_id);
    add_copy_source(&add, &part->source);
    add_range(&add, part);
    hr__add_customer_key(&add, part->customer_key);
    hr__add_payer(&add, part->request_payer, part->expected_owner);
    return add.err;
}

int hr__s3_part_copy_body(struct hr__s3_call *call, struct hr_error *error) {
    struct hr_s3_upload_part_copy *part = part_of(call->request);
    struct hr__texts texts = {NULL};
    struct hr__copied copied;
    int err = hr__read_part_copied(hr__s3_request_answer(call), &texts, error, &copied);
    if (!err) {
        hr__copy_whole(part->etag, sizeof part->etag, copied.etag);
        part->last_modified_s = copied.last_modified_s;
        err = hr__checksum_of_document(&copied.checksums, error, &part->checksum);
    }
    hr__texts_free(&texts);
    return err;
}
