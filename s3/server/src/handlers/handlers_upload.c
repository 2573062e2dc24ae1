/* CreateMultipartUpload, UploadPart, AbortMultipartUpload, ListParts, ListMultipartUploads. */
#include "store_call.h"

#include <assert.h>

#include <headrace/text.h>

#define PART_NUMBER_TEXT "Part number must be an integer between 1 and 10000, inclusive"

/* ---- CreateMultipartUpload. */

/* The type that the request names must be one that its algorithm has. */
static enum s3_error read_checksum_type(struct s3_call *call, struct hr_slice text,
                                        struct s3_upload_plan *plan) {
    enum hr_s3_checksum_type type = hr_slice_equal_nocase(text, hr_slice_of("FULL_OBJECT"))
                                        ? HR_S3_CHECKSUM_FULL_OBJECT
                                        : HR_S3_CHECKSUM_COMPOSITE;
    if (!hr_slice_equal_nocase(text, hr_slice_of(hr_s3_checksum_type_name(type))))
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "Value for x-amz-checksum-type header is invalid.");
    if (!hr_s3_checksum_allows(plan->checksum, type))
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "The %s checksum type cannot be used with the %s checksum "
                                 "algorithm.",
                                 hr_s3_checksum_type_name(type),
                                 s3_server__checksum_word(plan->checksum));
    plan->checksum_type = type;
    return S3_OK;
}

static enum s3_error read_checksum_plan(struct s3_call *call, struct s3_upload_plan *plan) {
    struct hr_slice name = s3_server__header(call, "x-amz-checksum-algorithm");
    struct hr_slice type = s3_server__header(call, "x-amz-checksum-type");
    plan->checksum = name.data ? hr_s3_checksum_by_name(name) : HR_S3_CHECKSUM_NONE;
    plan->checksum_type = hr_s3_checksum_traits_of(plan->checksum)->type;
    if (name.data && plan->checksum == HR_S3_CHECKSUM_NONE)
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "Checksum algorithm provided is unsupported.");
    if (type.data && !name.data)
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "The x-amz-checksum-type header can only be used with the "
                                 "x-amz-checksum-algorithm header.");
    return type.data ? read_checksum_type(call, type, plan) : S3_OK;
}

static enum s3_error create_upload(struct s3_call *call) {
    struct s3_upload_plan plan = {0};
    enum s3_error error = s3_server__read_metadata(call);
    if (!error) error = read_checksum_plan(call, &plan);
    if (error) return error;
    plan.key = call->request.key;
    plan.now_ms = s3_server__now_ms(call);
    plan.storage_class = call->plan.storage_class;
    plan.fields = call->plan.fields;
    plan.field_count = call->plan.field_count;
    plan.traits = call->plan.traits;
    char id[S3_UPLOAD_ID_SIZE + 1];
    error = s3_server__store_upload_create(&call->server->store, call->request.bucket, &plan, id);
    if (error) return error;
    if (plan.checksum != HR_S3_CHECKSUM_NONE) {
        s3_server__add_text(call, "x-amz-checksum-algorithm",
                            hr_s3_checksum_traits_of(plan.checksum)->name);
        s3_server__add_text(call, "x-amz-checksum-type",
                            hr_s3_checksum_type_name(plan.checksum_type));
    }
    s3_server__add_encryption(call, plan.fields, plan.field_count);
    struct s3_xml *xml = &call->xml;
    s3_server__xml_begin(xml, "InitiateMultipartUploadResult");
    s3_server__xml_text(xml, "Bucket", call->request.bucket);
    s3_server__xml_text(xml, "Key", call->request.key);
    s3_server__xml_string(xml, "UploadId", id);
    s3_server__xml_close(xml, "InitiateMultipartUploadResult");
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__create_upload = {.end = create_upload};

/* ---- UploadPart. */

enum s3_error s3_server__find_upload(struct s3_call *call) {
    call->upload_name = (struct s3_upload_name){
        .bucket = call->request.bucket,
        .key = call->request.key,
        .id = s3_server__parameter(&call->request, "uploadId"),
    };
    return s3_server__store_upload_get(&call->server->store, &call->upload_name, &call->upload);
}

enum s3_error s3_server__upload_part_begin(struct s3_call *call) {
    uint64_t number;
    struct hr_slice text = s3_server__parameter(&call->request, "partNumber");
    if (hr_text_u64(text, S3_PARTS_MAX, &number) < 0 || number == 0)
        return s3_server__refuse(call, S3_InvalidArgument, PART_NUMBER_TEXT);
    call->part_number = (unsigned)number;
    enum s3_error error = s3_server__find_upload(call);
    if (!error) error = s3_server__check_object_key(call, call->upload.head);
    /* A checksum of the upload's kind is computed of each part, whether its sender gives one or
     * not. */
    if (!error && call->upload.checksum != HR_S3_CHECKSUM_NONE)
        call->digests = 1u << call->upload.checksum;
    return error;
}

static enum s3_error choose_checksum(struct s3_call *call) {
    enum hr_s3_checksum_algorithm claimed = call->body.claimed.algorithm,
                                  wanted = call->upload.checksum;
    call->plan.checksum = call->body.claimed;
    if (wanted == HR_S3_CHECKSUM_NONE || claimed == wanted) return S3_OK;
    if (claimed != HR_S3_CHECKSUM_NONE)
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "Checksum Type mismatch occurred, expected checksum Type: %s, "
                                 "actual checksum Type: %s",
                                 s3_server__checksum_word(wanted),
                                 s3_server__checksum_word(claimed));
    /* A composite checksum is made of the parts' own, so each part has to come with one. */
    if (call->upload.checksum_type == HR_S3_CHECKSUM_COMPOSITE)
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "Checksum Type mismatch occurred, expected checksum Type: %s, "
                                 "actual checksum Type: null",
                                 s3_server__checksum_word(wanted));
    s3_server__digests_value(&call->body.digests, wanted, &call->plan.checksum);
    return S3_OK;
}

static enum s3_error upload_part(struct s3_call *call) {
    char etag[S3_ETAG_SIZE];
    s3_server__etag_print(s3_server__digests_md5(&call->body.digests), 0, etag);
    struct s3_piece piece = {.blob = call->body.blob, .size = call->body.blob->size};
    call->plan = (struct s3_object_plan){
        .key = call->request.key,
        .modified_ms = s3_server__now_ms(call),
        .etag = etag,
        .checksum_type = HR_S3_CHECKSUM_FULL_OBJECT,
        .pieces = &piece,
        .piece_count = 1,
    };
    struct s3_store *store = &call->server->store;
    enum s3_error error = choose_checksum(call);
    if (!error) error = s3_server__object_new(&store->account, &call->plan, &call->object);
    if (error) return error;
    assert(call->object->size == call->body.blob->size);
    call->body.blob = NULL; /* the part's now */
    s3_server__object_reference(call->object);
    error = s3_server__store_upload_put_part(store, &call->upload_name, call->part_number,
                                             call->object);
    if (error) {
        s3_server__object_release(call->object);
        return error;
    }
    s3_server__add_text(call, "ETag", call->object->etag);
    s3_server__add_checksum(call, call->object);
    s3_server__add_encryption(call, call->upload.head->fields, call->upload.head->field_count);
    return s3_server__respond_empty(call, 200);
}

const struct s3_handler s3_server__upload_part = {.body = S3_BODY_DATA,
                                                  .digests = S3_DIGEST_MD5,
                                                  .begin = s3_server__upload_part_begin,
                                                  .end = upload_part};

/* ---- AbortMultipartUpload. */

static enum s3_error abort_upload(struct s3_call *call) {
    enum s3_error error =
        s3_server__store_upload_end(&call->server->store, &call->upload_name, NULL, NULL);
    return error ? error : s3_server__respond_empty(call, 204);
}

const struct s3_handler s3_server__abort_upload = {.begin = s3_server__find_upload,
                                                   .end = abort_upload};

/* ---- ListParts. */

static void write_part(struct s3_xml *xml, const struct s3_part_entry *entry) {
    const struct s3_object *part = entry->part;
    s3_server__xml_open(xml, "Part");
    s3_server__xml_u64(xml, "PartNumber", entry->number);
    s3_server__xml_date(xml, "LastModified", part->modified_ms);
    s3_server__xml_string(xml, "ETag", part->etag);
    s3_server__xml_u64(xml, "Size", part->size);
    if (part->checksum.algorithm != HR_S3_CHECKSUM_NONE) {
        char text[HR_S3_CHECKSUM_TEXT_MAX];
        hr_s3_checksum_format(&part->checksum, text);
        s3_server__xml_string(xml, hr_s3_checksum_traits_of(part->checksum.algorithm)->element,
                              text);
    }
    s3_server__xml_close(xml, "Part");
}

static enum s3_error list_parts(struct s3_call *call) {
    uint64_t after, most;
    bool url;
    enum s3_error error =
        s3_server__number_parameter(call, "part-number-marker", 0, S3_PARTS_MAX, &after);
    if (!error)
        error = s3_server__number_parameter(call, "max-parts", S3_PAGE_MAX, S3_PAGE_MAX, &most);
    if (!error) error = s3_server__encoding_parameter(call, &url);
    if (!error) error = s3_server__check_given_key(call, call->upload.head);
    struct s3_part_entry *parts;
    size_t count;
    bool truncated;
    if (!error)
        error =
            s3_server__store_upload_parts(&call->server->store, &call->upload_name, (unsigned)after,
                                          (size_t)most, &call->arena, &parts, &count, &truncated);
    if (error) return error;
    struct s3_xml *xml = &call->xml;
    s3_server__xml_begin(xml, "ListPartsResult");
    s3_server__xml_text(xml, "Bucket", call->request.bucket);
    s3_server__xml_key(xml, "Key", call->request.key, url);
    s3_server__xml_text(xml, "UploadId", call->upload_name.id);
    s3_server__xml_person(xml, "Initiator");
    s3_server__xml_person(xml, "Owner");
    s3_server__xml_class(xml, call->upload.head->storage_class);
    s3_server__xml_u64(xml, "PartNumberMarker", after);
    s3_server__xml_u64(xml, "NextPartNumberMarker", count > 0 ? parts[count - 1].number : 0);
    s3_server__xml_u64(xml, "MaxParts", most);
    s3_server__xml_bool(xml, "IsTruncated", truncated);
    if (call->upload.checksum != HR_S3_CHECKSUM_NONE) {
        s3_server__xml_string(xml, "ChecksumAlgorithm",
                              hr_s3_checksum_traits_of(call->upload.checksum)->name);
        s3_server__xml_string(xml, "ChecksumType",
                              hr_s3_checksum_type_name(call->upload.checksum_type));
    }
    for (size_t i = 0; i < count; i++) write_part(xml, &parts[i]);
    s3_server__xml_close(xml, "ListPartsResult");
    s3_server__store_upload_parts_release(parts, count);
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__list_parts = {.begin = s3_server__find_upload,
                                                 .end = list_parts};

/* ---- ListMultipartUploads. */

static void write_upload(struct s3_xml *xml, const struct s3_upload_entry *entry, bool url) {
    s3_server__xml_open(xml, "Upload");
    s3_server__xml_key(xml, "Key", entry->name, url);
    s3_server__xml_text(xml, "UploadId", entry->id);
    s3_server__xml_person(xml, "Initiator");
    s3_server__xml_person(xml, "Owner");
    s3_server__xml_class(xml, entry->storage_class);
    s3_server__xml_date(xml, "Initiated", entry->created_ms);
    s3_server__xml_close(xml, "Upload");
}

static void write_uploads(struct s3_call *call, const struct s3_upload_list_query *query,
                          const struct s3_upload_entry *entries, size_t count, bool truncated,
                          bool url) {
    struct s3_xml *xml = &call->xml;
    s3_server__xml_begin(xml, "ListMultipartUploadsResult");
    s3_server__xml_text(xml, "Bucket", call->request.bucket);
    s3_server__xml_key(xml, "KeyMarker", query->key_after, url);
    s3_server__xml_text(xml, "UploadIdMarker", query->id_after);
    if (truncated && count > 0) {
        s3_server__xml_key(xml, "NextKeyMarker", entries[count - 1].name, url);
        s3_server__xml_text(xml, "NextUploadIdMarker", entries[count - 1].id);
    }
    s3_server__xml_key(xml, "Prefix", query->prefix, url);
    if (query->delimiter.size > 0) s3_server__xml_key(xml, "Delimiter", query->delimiter, url);
    s3_server__xml_u64(xml, "MaxUploads", query->count_max);
    if (url) s3_server__xml_string(xml, "EncodingType", "url");
    s3_server__xml_bool(xml, "IsTruncated", truncated);
    for (size_t i = 0; i < count; i++)
        if (entries[i].id.size > 0) write_upload(xml, &entries[i], url);
    for (size_t i = 0; i < count; i++)
        if (entries[i].id.size == 0) s3_server__xml_prefix(xml, entries[i].name, url);
    s3_server__xml_close(xml, "ListMultipartUploadsResult");
}

static enum s3_error list_uploads(struct s3_call *call) {
    const struct s3_request *request = &call->request;
    struct s3_upload_list_query query = {
        .prefix = s3_server__parameter(request, "prefix"),
        .delimiter = s3_server__parameter(request, "delimiter"),
        .key_after = s3_server__parameter(request, "key-marker"),
        .id_after = s3_server__parameter(request, "upload-id-marker"),
    };
    uint64_t most;
    bool url, truncated;
    enum s3_error error =
        s3_server__number_parameter(call, "max-uploads", S3_PAGE_MAX, S3_PAGE_MAX, &most);
    if (!error) error = s3_server__encoding_parameter(call, &url);
    query.count_max = (size_t)most;
    struct s3_upload_entry *entries;
    size_t count;
    if (!error)
        error = s3_server__store_uploads(&call->server->store, request->bucket, &query,
                                         &call->arena, &entries, &count, &truncated);
    if (error) return error;
    write_uploads(call, &query, entries, count, truncated, url);
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__list_uploads = {.end = list_uploads};
