/* CompleteMultipartUpload: the parts become one object, without moving a byte. */
#include "store_call.h"

#include <assert.h>

#include <headrace/encode.h>
#include <headrace/text.h>

/* The parts of the upload, and those that the client has chosen. */
struct completion {
    struct s3_complete_request request;
    struct s3_part_entry *parts; /* references */
    size_t part_count;
    struct s3_object **chosen; /* request.count of them, of `parts` */
    uint64_t *sizes;
    uint64_t size;
    char etag[S3_ETAG_SIZE];
};

static struct hr_slice without_quotes(struct hr_slice etag) {
    if (etag.size >= 2 && etag.data[0] == '"' && etag.data[etag.size - 1] == '"')
        return hr_slice_bytes(etag.data + 1, etag.size - 2);
    return etag;
}

static enum s3_error check_part(struct s3_call *call, const struct s3_complete_part *wanted,
                                const struct s3_object *part) {
    if (!hr_slice_equal(without_quotes(wanted->etag), without_quotes(hr_slice_of(part->etag))))
        return S3_InvalidPart;
    const struct s3_upload_info *upload = &call->upload;
    bool is_needed = upload->checksum != HR_S3_CHECKSUM_NONE &&
                     upload->checksum_type == HR_S3_CHECKSUM_COMPOSITE;
    if (wanted->checksum_kind == HR_S3_CHECKSUM_NONE && is_needed)
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "The upload was created using a %s checksum. The complete "
                                 "request must include the checksum for each part. It was missing "
                                 "for part %u in the request.",
                                 s3_server__checksum_word(upload->checksum), wanted->number);
    if (wanted->checksum_kind == HR_S3_CHECKSUM_NONE) return S3_OK;
    struct hr_s3_checksum value;
    if (hr_s3_checksum_parse(wanted->checksum_kind, wanted->checksum, &value) == 0 &&
        hr_s3_checksum_equal(&value, &part->checksum))
        return S3_OK;
    s3_server__add_detail(call, "PartNumber",
                          s3_server__arena_print(&call->arena, "%u", wanted->number));
    return S3_InvalidPart;
}

/* Both lists are sorted by number, unless the client's is wrong. */
static enum s3_error choose_parts(struct s3_call *call, struct completion *work) {
    size_t count = work->request.count, at = 0;
    work->chosen = s3_server__arena_allocate(&call->arena, count * sizeof *work->chosen);
    work->sizes = s3_server__arena_allocate(&call->arena, count * sizeof *work->sizes);
    if (!work->chosen || !work->sizes) return S3_InternalError;
    for (size_t i = 1; i < count; i++)
        if (work->request.parts[i].number <= work->request.parts[i - 1].number)
            return S3_InvalidPartOrder;
    for (size_t i = 0; i < count; i++) {
        const struct s3_complete_part *wanted = &work->request.parts[i];
        while (at < work->part_count && work->parts[at].number < wanted->number) at++;
        if (at == work->part_count || work->parts[at].number != wanted->number)
            return S3_InvalidPart;
        struct s3_object *part = work->parts[at].part;
        enum s3_error error = check_part(call, wanted, part);
        if (error) return error;
        if (i + 1 < count && part->size < S3_PART_SIZE_MIN) {
            s3_server__add_detail(call, "PartNumber",
                                  s3_server__arena_print(&call->arena, "%u", wanted->number));
            return S3_EntityTooSmall;
        }
        work->chosen[i] = part;
        work->sizes[i] = part->size;
        work->size += part->size;
    }
    return S3_OK;
}

/* S3's tag of an upload in parts: the MD5 of the parts' MD5s and how many they are. */
static enum s3_error make_etag(struct completion *work) {
    struct s3_digests digests;
    if (s3_server__digests_init(&digests, S3_DIGEST_MD5) < 0) return S3_InternalError;
    int err = 0;
    for (size_t i = 0; i < work->request.count && !err; i++) {
        uint8_t md5[16] = {0};
        struct hr_slice hex = without_quotes(work->request.parts[i].etag);
        size_t size;
        (void)hr_hex_decode(hex, md5, sizeof md5,
                            &size); /* cannot fail: the server wrote the tag */
        err = s3_server__digests_update(&digests, md5, sizeof md5);
    }
    if (!err) err = s3_server__digests_finish(&digests);
    if (!err)
        s3_server__etag_print(s3_server__digests_md5(&digests), (unsigned)work->request.count,
                              work->etag);
    s3_server__digests_deinit(&digests);
    return err ? S3_InternalError : S3_OK;
}

/* The checksum of the whole, where every part has one of the upload's kind. */
static enum s3_error make_checksum(struct s3_call *call, const struct completion *work) {
    size_t count = work->request.count;
    enum hr_s3_checksum_algorithm kind = call->upload.checksum;
    if (kind == HR_S3_CHECKSUM_NONE) return S3_OK;
    struct hr_s3_checksum_part *parts =
        s3_server__arena_allocate(&call->arena, count * sizeof *parts);
    struct hr_s3_checksum *values = s3_server__arena_allocate(&call->arena, count * sizeof *values);
    if (!parts || !values) return S3_InternalError;
    for (size_t i = 0; i < count; i++) {
        if (work->chosen[i]->checksum.algorithm != kind) return S3_OK; /* a part that was copied */
        parts[i].value = values[i] = work->chosen[i]->checksum;
        parts[i].size = work->chosen[i]->size;
    }
    call->plan.part_checksums = values;
    call->plan.checksum_type = call->upload.checksum_type;
    int err = call->upload.checksum_type == HR_S3_CHECKSUM_FULL_OBJECT
                  ? hr_s3_checksum_full_object(parts, count, &call->plan.checksum)
                  : hr_s3_checksum_composite(parts, count, &call->plan.checksum);
    return err < 0 ? S3_InternalError : S3_OK;
}

/* A composite value may be claimed without its number of parts. */
static bool is_same(const struct hr_s3_checksum *made, struct hr_slice text) {
    struct hr_s3_checksum claimed;
    if (hr_s3_checksum_parse(made->algorithm, text, &claimed) < 0) return false;
    if (claimed.parts == 0) claimed.parts = made->parts;
    return hr_s3_checksum_equal(&claimed, made);
}

static enum s3_error check_checksum(struct s3_call *call, enum hr_s3_checksum_algorithm algorithm,
                                    struct hr_slice text) {
    const struct hr_s3_checksum *made = &call->plan.checksum;
    const char *name = hr_s3_checksum_traits_of(algorithm)->name;
    if (made->algorithm == HR_S3_CHECKSUM_NONE)
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "The upload was created without a checksum algorithm, so that "
                                 "its %s is not known.",
                                 name);
    if (algorithm != made->algorithm || !is_same(made, text))
        return s3_server__refuse(call, S3_BadDigest,
                                 "The %s you specified did not match the calculated checksum.",
                                 name);
    return S3_OK;
}

/* x-amz-checksum-type must be that of the upload's creation. */
static enum s3_error check_type(struct s3_call *call) {
    struct hr_slice type = s3_server__header(call, "x-amz-checksum-type");
    bool has_checksum = call->plan.checksum.algorithm != HR_S3_CHECKSUM_NONE;
    const char *own = has_checksum ? hr_s3_checksum_type_name(call->upload.checksum_type) : "no";
    if (!type.data || hr_slice_equal_nocase(type, hr_slice_of(own))) return S3_OK;
    return s3_server__refuse(call, has_checksum ? S3_BadDigest : S3_InvalidRequest,
                             "The upload was created using the %s checksum type. The complete "
                             "request must use the same checksum type.",
                             own);
}

/* The client's claims about the whole: its checksum ("BASE64" or "BASE64-PARTS") and its size. */
static enum s3_error check_claims(struct s3_call *call, const struct completion *work) {
    enum s3_error error = S3_OK;
    for (size_t i = 0; i < call->request.field_count && !error; i++) {
        const struct hr_http_field *field = &call->request.fields[i];
        enum hr_s3_checksum_algorithm algorithm = hr_s3_checksum_by_header(field->name);
        if (algorithm != HR_S3_CHECKSUM_NONE) error = check_checksum(call, algorithm, field->value);
    }
    if (!error) error = check_type(call);
    if (error) return error;
    struct hr_slice size_text = s3_server__header(call, "x-amz-mp-object-size");
    uint64_t size;
    if (size_text.data && (hr_text_u64(size_text, INT64_MAX, &size) < 0 || size != work->size))
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "The provided 'x-amz-mp-object-size' header does not match what "
                                 "was computed.");
    return S3_OK;
}

static enum s3_error make_object(struct s3_call *call, struct completion *work) {
    size_t piece_count = 0, made = 0;
    for (size_t i = 0; i < work->request.count; i++) piece_count += work->chosen[i]->piece_count;
    struct s3_piece *pieces =
        s3_server__arena_allocate(&call->arena, (piece_count + 1) * sizeof *pieces);
    if (!pieces) return S3_InternalError;
    for (size_t i = 0; i < work->request.count; i++)
        for (size_t k = 0; k < work->chosen[i]->piece_count; k++) {
            pieces[made] = work->chosen[i]->pieces[k];
            s3_server__blob_reference(pieces[made++].blob);
        }
    const struct s3_object *head = call->upload.head;
    call->plan.key = head->key;
    call->plan.modified_ms = s3_server__now_ms(call);
    call->plan.etag = work->etag;
    call->plan.part_sizes = work->sizes;
    call->plan.part_count = (unsigned)work->request.count;
    call->plan.storage_class = head->storage_class;
    call->plan.upload_id = call->upload_name.id;
    call->plan.fields = head->fields;
    call->plan.field_count = head->field_count;
    call->plan.traits = head->traits;
    call->plan.pieces = pieces;
    call->plan.piece_count = made;
    assert(!call->object && made == piece_count);
    enum s3_error error =
        s3_server__object_new(&call->server->store.account, &call->plan, &call->object);
    for (size_t i = 0; error && i < made; i++) s3_server__blob_release(pieces[i].blob);
    return error;
}

static enum s3_error complete(struct s3_call *call, struct completion *work) {
    enum s3_error error = choose_parts(call, work);
    if (!error) error = make_etag(work);
    if (!error) error = make_checksum(call, work);
    if (!error) error = check_claims(call, work);
    if (!error) error = make_object(call, work);
    if (error) return error;
    s3_server__conditions_parse(&call->request, "", &call->conditions);
    s3_server__object_reference(call->object);
    error = s3_server__store_upload_end(&call->server->store, &call->upload_name, &call->conditions,
                                        call->object);
    if (error) s3_server__object_release(call->object);
    return error;
}

/* ---- A repeated request: its client has lost the response. */

/* The object that this upload has become, unless it has been replaced since. */
static enum s3_error find_completed(struct s3_call *call) {
    struct s3_object *object;
    s3_server__object_release(call->object);
    call->object = NULL;
    if (s3_server__store_object_get(&call->server->store, call->request.bucket, call->request.key,
                                    &object) != S3_OK)
        return S3_NoSuchUpload;
    call->object = object;
    if (object->upload_id.size > 0 && hr_slice_equal(object->upload_id, call->upload_name.id))
        return S3_OK;
    return S3_NoSuchUpload;
}

static enum s3_error complete_begin(struct s3_call *call) {
    enum s3_error error = s3_server__find_upload(call);
    if (error) return error == S3_NoSuchUpload ? find_completed(call) : error;
    return s3_server__check_given_key(call, call->upload.head);
}

/* The conditions held when the upload was completed; the object that it made may contradict them.
 */
static enum s3_error check_repeated(struct s3_call *call, struct completion *work) {
    enum s3_error error = make_etag(work);
    if (error) return error;
    if (!hr_slice_equal(hr_slice_of(work->etag), hr_slice_of(call->object->etag)))
        return S3_NoSuchUpload;
    work->size = call->object->size;
    call->plan.checksum = call->object->checksum;
    call->upload.checksum_type = call->object->checksum_type;
    return check_claims(call, work);
}

static enum s3_error respond(struct s3_call *call) {
    const struct s3_object *object = call->object;
    struct s3_xml *xml = &call->xml;
    struct hr_slice host = s3_server__header(call, "host");
    s3_server__xml_begin(xml, "CompleteMultipartUploadResult");
    s3_server__xml_text(xml, "Location",
                        s3_server__arena_print(
                            &call->arena, "%s://%.*s%.*s", call->server->secure ? "https" : "http",
                            (int)host.size, host.data, (int)call->request.canonical_path.size,
                            call->request.canonical_path.data));
    s3_server__xml_text(xml, "Bucket", call->request.bucket);
    s3_server__xml_text(xml, "Key", object->key);
    s3_server__xml_string(xml, "ETag", object->etag);
    s3_server__xml_checksum(xml, object, true);
    s3_server__xml_close(xml, "CompleteMultipartUploadResult");
    s3_server__add_version(call, object);
    s3_server__add_encryption(call, object->fields, object->field_count);
    return s3_server__respond_xml(call);
}

static enum s3_error complete_first(struct s3_call *call, struct completion *work) {
    bool truncated;
    enum s3_error error =
        s3_server__store_upload_parts(&call->server->store, &call->upload_name, 0, S3_PARTS_MAX,
                                      &call->arena, &work->parts, &work->part_count, &truncated);
    if (error) return error;
    error = complete(call, work);
    s3_server__store_upload_parts_release(work->parts, work->part_count);
    return error;
}

static enum s3_error complete_upload(struct s3_call *call) {
    struct completion work = {.part_count = 0};
    struct hr_slice document = hr_slice_bytes(call->body.blob->data, call->body.blob->size);
    struct hr_slice unknown = {NULL, 0};
    bool is_repeated = call->object != NULL;
    enum s3_error error =
        s3_server__xml_read_complete(document, &call->arena, &work.request, &unknown);
    if (error) return s3_server__refuse_document(call, error, unknown);
    if (!is_repeated) error = complete_first(call, &work);
    /* A second request to complete the same upload may have ended first. */
    if (error == S3_NoSuchUpload && find_completed(call) == S3_OK) {
        is_repeated = true;
        error = S3_OK;
    }
    if (!error && is_repeated) error = check_repeated(call, &work);
    return error ? error : respond(call);
}

const struct s3_handler s3_server__complete_upload = {
    .body = S3_BODY_XML, .ignore_checksums = true, .begin = complete_begin, .end = complete_upload};
