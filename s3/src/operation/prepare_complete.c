/* The parts of an upload put together; and the look at the object where the store's answer was
 * lost. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include <openssl/evp.h>

#include <base/error_list.h>
#include <headrace/encode.h>

#include "complete_checksum.h"
#include "document_checksum.h"
#include "object_options.h"
#include "s3_prepare.h"

#define MD5_SIZE 16
#define ETAG_MAX 48 /* 32 digits, a hyphen, a count */

/* The value that the object must have, and the second request of a call: a HEAD of the object. */
struct hr__s3_completion {
    struct hr_s3_checksum expected;
    bool looks;            /* that HEAD; the rest is its */
    struct hr_error error; /* of complete */
    struct hr_refusal refusal;
    int result;
    char etag[ETAG_MAX]; /* that the object has if these parts made it */
    bool found;
};

static struct hr_s3_upload_complete *of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_upload_complete, request);
}

int hr__s3_complete_check(struct hr_request *request) {
    struct hr_s3_upload_complete *complete = of(request);
    int err = hr__s3_check_part(request, complete->upload_id, 1);
    if (err) return err;
    if (!complete->parts || complete->part_count == 0 ||
        complete->part_count > HR_S3_PART_NUMBER_MAX)
        return hr__request_refuse(request, -EINVAL, "parts: there have to be 1 to %d",
                                  HR_S3_PART_NUMBER_MAX);
    for (size_t i = 0; i < complete->part_count; i++)
        if (!complete->parts[i].etag)
            return hr__request_refuse(request, -EINVAL, "parts[%zu] has no etag", i);
    err = hr__complete_checksum_check(complete);
    if (err) return err;
    return hr__s3_check_fields(request, complete->fields, complete->field_count);
}

/* The text of a part's value; data NULL: it has none, or an error has been met. */
static struct hr_slice add_value(struct hr__s3_adder *add, const struct hr_s3_checksum *value) {
    char text[HR_S3_CHECKSUM_TEXT_MAX];
    size_t size = hr_s3_checksum_format(value, text);
    char *memory = size > 0 ? hr__add_memory(add, size) : NULL;
    if (memory) memcpy(memory, text, size);
    return hr_slice_bytes(memory, memory ? size : 0);
}

/* The document, out of an array of the writer's own structs. */
static void add_document(struct hr__s3_call *call, struct hr__s3_adder *add,
                         const struct hr_s3_upload_complete *complete) {
    struct hr__completed_part *parts =
        (void *)hr__add_memory(add, complete->part_count * sizeof *parts);
    if (!parts) return;
    for (size_t i = 0; i < complete->part_count; i++) {
        const struct hr_s3_completed_part *part = &complete->parts[i];
        const char *algorithm = hr_s3_checksum_traits_of(part->checksum.algorithm)->name;
        parts[i] =
            (struct hr__completed_part){part->part_number, hr_slice_of(part->etag),
                                        hr_slice_of(algorithm), add_value(add, &part->checksum)};
    }
    const struct hr__completed_parts all = {parts, complete->part_count};
    size_t size = 0;
    int err = hr__write_completed_parts(&all, (struct hr__memory){NULL, 0}, add->error, &size);
    struct hr__memory memory = hr__s3_request_memory(add, err, size);
    if (!memory.data) return;
    hr__write_completed_parts(&all, memory, add->error, &size);
    hr__s3_request_document(call, hr_slice_bytes(memory.data, size));
}

/* Size and checksum of the object, by which the store knows whether it has all of it. */
static int add_whole(struct hr__s3_adder *add, const struct hr_s3_upload_complete *complete,
                     struct hr_s3_checksum *value) {
    enum hr_s3_checksum_type type = hr__complete_checksum_type(complete);
    uint64_t size = hr__complete_size(complete);
    int err = hr__complete_checksum_expect(complete, add->error, value);
    if (err) return err;
    bool full = value->algorithm && type == HR_S3_CHECKSUM_FULL_OBJECT;
    if (full)
        hr__add_field(add, hr_s3_checksum_traits_of(value->algorithm)->header,
                      add_value(add, value));
    if (full || complete->checksum_type)
        hr__add_field_text(add, "x-amz-checksum-type", hr_s3_checksum_type_name(type));
    if (size) hr__add_field_u64(add, "x-amz-mp-object-size", size);
    return 0;
}

static struct hr__s3_completion *add_completion(struct hr__s3_call *call,
                                                struct hr__s3_adder *add) {
    call->completion = (void *)hr__add_memory(add, sizeof *call->completion);
    if (call->completion) *call->completion = (struct hr__s3_completion){.looks = false};
    return call->completion;
}

int hr__s3_complete_prepare(struct hr__s3_call *call) {
    struct hr_s3_upload_complete *complete = of(call->request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    complete->etag[0] = complete->version_id[0] = 0;
    memset(&complete->object_checksum, 0, sizeof complete->object_checksum);
    complete->looked_up = false;
    call->parameters.fields = complete->fields;
    call->parameters.field_count = complete->field_count;
    hr__add_query_text(&add, "uploadId", complete->upload_id);
    hr__add_conditions(&add, &hr__conditions_write, &complete->conditions);
    struct hr__s3_completion *completion = add_completion(call, &add);
    int err = completion ? add_whole(&add, complete, &completion->expected) : add.err;
    if (err) return err;
    hr__add_customer_key(&add, complete->customer_key);
    hr__add_payer(&add, complete->request_payer, complete->expected_owner);
    add_document(call, &add, complete);
    return add.err;
}

/* Where an ETag tells nothing about the parts, their number and the size have to do. */
static bool has_etag(const struct hr__s3_call *call, const struct hr_s3_object_info *info) {
    if (call->completion->etag[0]) return strcmp(info->etag, call->completion->etag) == 0;
    const char *count = strrchr(info->etag, '-');
    char parts[24];
    snprintf(parts, sizeof parts, "-%zu", of(call->request)->part_count);
    return info->etag[0] && (!count || strcmp(count, parts) == 0);
}

static int look_head(struct hr__s3_call *call, const struct hr_http_head *head,
                     struct hr_error *error) {
    struct hr_s3_upload_complete *complete = of(call->request);
    struct hr_s3_object_info info = {0};
    int err = hr__s3_response_object(head, error, &info);
    if (err) return err;
    uint64_t size = hr__complete_size(complete);
    bool sized = !size || info.size_bytes == size;
    call->completion->found = sized && has_etag(call, &info);
    if (!call->completion->found) return 0;
    complete->looked_up = true;
    memcpy(complete->etag, info.etag, sizeof complete->etag);
    memcpy(complete->version_id, info.version_id, sizeof complete->version_id);
    return 0;
}

int hr__s3_complete_head(struct hr__s3_call *call, const struct hr_http_head *head,
                         struct hr_error *error) {
    struct hr_s3_upload_complete *complete = of(call->request);
    if (call->completion->looks) return look_head(call, head, error);
    hr__copy_whole(complete->version_id, sizeof complete->version_id,
                   hr_http_head_find(head, "x-amz-version-id"));
    return 0;
}

/* The first error is the one that counts: the object is another. */
static int give_up(struct hr__s3_call *call, struct hr_error *error) {
    *error = call->completion->error;
    hr__s3_refusal_return(call, &call->completion->refusal);
    return call->completion->result;
}

int hr__s3_complete_body(struct hr__s3_call *call, struct hr_error *error) {
    struct hr_s3_upload_complete *complete = of(call->request);
    if (call->completion->looks) return call->completion->found ? 0 : give_up(call, error);
    hr__s3_request_mend_answer(call);
    struct hr__texts texts = {NULL};
    struct hr__upload_completed completed;
    int err = hr__read_upload_completed(hr__s3_request_answer(call), &texts, error, &completed);
    if (!err) {
        hr__copy_whole(complete->etag, sizeof complete->etag, completed.etag);
        err = hr__checksum_of_document(&completed.checksums, error, &complete->object_checksum);
    }
    hr__texts_free(&texts);
    if (err) return err;
    return hr__complete_checksum_compare(&call->completion->expected, &complete->object_checksum,
                                         error);
}

/* ---- The look. */

/* The MD5 of the parts' MD5s and their number, as S3 makes it. False: a part's ETag is no MD5. */
static bool expect_etag(const struct hr_s3_upload_complete *complete, char etag[ETAG_MAX]) {
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool good = hash && EVP_DigestInit_ex(hash, EVP_md5(), NULL);
    uint8_t digest[MD5_SIZE];
    for (size_t i = 0; good && i < complete->part_count; i++) {
        size_t size = 0;
        struct hr_slice part = hr__unquote(hr_slice_of(complete->parts[i].etag));
        good = hr_hex_decode(part, digest, sizeof digest, &size) == 0 && size == sizeof digest &&
               EVP_DigestUpdate(hash, digest, size);
    }
    good = good && EVP_DigestFinal_ex(hash, digest, NULL);
    EVP_MD_CTX_free(hash);
    if (!good) return false;
    hr_hex_encode(digest, sizeof digest, etag);
    snprintf(etag + 2 * MD5_SIZE, ETAG_MAX - 2 * MD5_SIZE, "-%zu", complete->part_count);
    return true;
}

static const struct hr__s3_operation looking = {.kind = HR__S3_UPLOAD_COMPLETE,
                                                .name = "HeadObject",
                                                .method = "HEAD",
                                                .bucket = true,
                                                .key = true,
                                                .response = HR__S3_RESPONSE_DOCUMENT,
                                                .proof = HR__S3_PROOF_META,
                                                .statuses = {200}};

static bool has_opaque_etag(const struct hr__s3_call *call) {
    return call->client->quirks.opaque_etag ||
           hr__endpoint_bucket_express(&call->client->endpoint, call->parameters.bucket);
}

/* The object of an earlier process's complete is also what if_none_match is refused for. */
static bool may_have_ended(const struct hr__s3_call *call) {
    const struct hr_request *request = call->request;
    bool before = of(request)->asked_before;
    if (before && request->error.http_status == 412) return true;
    return (before || request->attempts > 1) &&
           strcmp(request->error.service_code, "NoSuchUpload") == 0;
}

/* An upload that is not there, though it was when it was first asked for: complete may have
 * succeeded. */
bool hr__s3_complete_failed(struct hr__s3_call *call, int *result) {
    struct hr_s3_upload_complete *complete = of(call->request);
    struct hr_error *error = &call->request->error;
    if (call->completion->looks) {
        *result = give_up(call, error);
        return false;
    }
    if (!may_have_ended(call)) return false;
    struct hr__s3_adder add = hr__s3_request_adder(call);
    hr__s3_details_reset(call->details);
    struct hr__s3_completion *look = add_completion(call, &add);
    if (!look) return false;
    look->error = *error;
    look->result = *result;
    hr__s3_refusal_keep(call, &look->refusal);
    bool opaque = has_opaque_etag(call);
    if (!opaque && !expect_etag(complete, look->etag)) return false;
    /* Nothing would tell the object from an older one of that size. */
    if (opaque && (complete->asked_before || complete->object_size_bytes == 0)) return false;
    assert(!add.err);
    hr__add_customer_key(&add, complete->customer_key);
    hr__add_payer(&add, complete->request_payer, complete->expected_owner);
    look->looks = true;
    call->parameters.operation = &looking;
    call->parameters.field_count = 0;
    call->http.body = hr_source_none();
    hr__error_clear(error);
    return !add.err;
}
