/* PutObject, DeleteObject, DeleteObjects. */
#include "store_call.h"

#include <assert.h>

/* ---- PutObject. */

static enum s3_error put_begin(struct s3_call *call) {
    enum s3_error error = s3_server__read_metadata(call);
    if (!error) error = s3_server__store_bucket_check(&call->server->store, call->request.bucket);
    s3_server__conditions_parse(&call->request, "", &call->conditions);
    return error;
}

static enum s3_error put_end(struct s3_call *call) {
    char etag[S3_ETAG_SIZE];
    s3_server__etag_print(s3_server__digests_md5(&call->body.digests), 0, etag);
    struct s3_piece piece = {.blob = call->body.blob, .size = call->body.blob->size};
    call->plan.modified_ms = s3_server__now_ms(call);
    call->plan.etag = etag;
    call->plan.checksum = call->body.claimed;
    call->plan.checksum_type = HR_S3_CHECKSUM_FULL_OBJECT;
    call->plan.pieces = &piece;
    call->plan.piece_count = 1;
    struct s3_store *store = &call->server->store;
    enum s3_error error = s3_server__object_new(&store->account, &call->plan, &call->object);
    if (error) return error;
    assert(call->object->size == call->body.blob->size);
    call->body.blob = NULL; /* the object's now */
    s3_server__object_reference(call->object);
    error =
        s3_server__store_object_put(store, call->request.bucket, &call->conditions, call->object);
    if (error) {
        s3_server__object_release(call->object);
        return error;
    }
    s3_server__add_text(call, "ETag", call->object->etag);
    s3_server__add_version(call, call->object);
    s3_server__add_checksum(call, call->object);
    s3_server__add_encryption(call, call->object->fields, call->object->field_count);
    return s3_server__respond_empty(call, 200);
}

const struct s3_handler s3_server__put_object = {
    .body = S3_BODY_DATA, .digests = S3_DIGEST_MD5, .begin = put_begin, .end = put_end};

/* ---- DeleteObject. */

static enum s3_error delete_object(struct s3_call *call) {
    s3_server__conditions_parse(&call->request, "", &call->conditions);
    s3_server__name_object(call);
    struct s3_removal removal = {.name = call->name,
                                 .conditions = &call->conditions,
                                 .now_ms = s3_server__now_ms(call),
                                 .bypass = s3_server__bypasses_retention(call)};
    struct s3_removed removed;
    enum s3_error error = s3_server__store_object_delete(&call->server->store, &removal, &removed);
    if (error) return error;
    if (removed.is_marker) s3_server__add_text(call, "x-amz-delete-marker", "true");
    if (removed.id[0])
        s3_server__add(call, "x-amz-version-id",
                       s3_server__arena_copy(&call->arena, hr_slice_of(removed.id)));
    return s3_server__respond_empty(call, 204);
}

const struct s3_handler s3_server__delete_object = {.end = delete_object};

/* ---- DeleteObjects. */

static enum s3_error delete_many_begin(struct s3_call *call) {
    bool has_digest = s3_server__header(call, "content-md5").data != NULL ||
                      s3_server__header(call, "x-amz-trailer").data != NULL;
    for (size_t i = 0; i < call->request.field_count && !has_digest; i++)
        has_digest = hr_s3_checksum_by_header(call->request.fields[i].name) != HR_S3_CHECKSUM_NONE;
    if (!has_digest)
        return s3_server__refuse(call, S3_InvalidRequest,
                                 "Missing required header for this request: Content-MD5 or a "
                                 "checksum");
    return s3_server__store_bucket_check(&call->server->store, call->request.bucket);
}

static enum s3_error delete_one(struct s3_call *call, const struct s3_delete_entry *entry,
                                struct s3_removed *removed) {
    struct s3_conditions conditions = {.if_match = entry->etag};
    if (entry->version_id.size > 0 && !s3_server__is_version_id(entry->version_id))
        return S3_NoSuchVersion;
    struct s3_removal removal = {.name = {call->request.bucket, entry->key, entry->version_id},
                                 .conditions = &conditions,
                                 .now_ms = s3_server__now_ms(call),
                                 .bypass = s3_server__bypasses_retention(call)};
    return s3_server__store_object_delete(&call->server->store, &removal, removed);
}

static void write_failed(struct s3_xml *xml, const struct s3_delete_entry *entry,
                         enum s3_error error) {
    s3_server__xml_open(xml, "Error");
    s3_server__xml_text(xml, "Key", entry->key);
    if (entry->version_id.size > 0) s3_server__xml_text(xml, "VersionId", entry->version_id);
    s3_server__xml_string(xml, "Code", s3_server__error(error)->code);
    s3_server__xml_string(xml, "Message", s3_server__error(error)->message);
    s3_server__xml_close(xml, "Error");
}

/* Without a version in the request, one that is told is that of a new delete marker. */
static void write_deleted(struct s3_xml *xml, const struct s3_delete_entry *entry,
                          const struct s3_removed *removed) {
    s3_server__xml_open(xml, "Deleted");
    s3_server__xml_text(xml, "Key", entry->key);
    if (entry->version_id.size > 0) s3_server__xml_text(xml, "VersionId", entry->version_id);
    if (removed->is_marker) {
        s3_server__xml_bool(xml, "DeleteMarker", true);
        s3_server__xml_string(xml, "DeleteMarkerVersionId", removed->id);
    }
    s3_server__xml_close(xml, "Deleted");
}

static enum s3_error delete_many_end(struct s3_call *call) {
    struct s3_delete_request request;
    struct hr_slice unknown = {NULL, 0};
    struct hr_slice document = hr_slice_bytes(call->body.blob->data, call->body.blob->size);
    enum s3_error error = s3_server__xml_read_delete(document, &call->arena, &request, &unknown);
    if (error) return s3_server__refuse_document(call, error, unknown);
    struct s3_xml *xml = &call->xml;
    s3_server__xml_begin(xml, "DeleteResult");
    for (size_t i = 0; i < request.count; i++) {
        const struct s3_delete_entry *entry = &request.entries[i];
        struct s3_removed removed;
        error = delete_one(call, entry, &removed);
        if (error)
            write_failed(xml, entry, error);
        else if (!request.quiet)
            write_deleted(xml, entry, &removed);
    }
    s3_server__xml_close(xml, "DeleteResult");
    return s3_server__respond_xml(call);
}

const struct s3_handler s3_server__delete_objects = {
    .body = S3_BODY_XML, .begin = delete_many_begin, .end = delete_many_end};
