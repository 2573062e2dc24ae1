/* Responses: of operations, and the error document. */
#include "store_call.h"

#include <assert.h>

enum s3_error s3_server__respond(struct s3_call *call, int status, struct hr_source body) {
    assert(!call->responded);
    s3_server__add_cors(call);
    s3_server__add_text(call, "x-amz-request-id", call->request_id);
    s3_server__add_text(call, "x-amz-id-2", call->server->host_id);
    s3_server__add_text(call, "Server", "headrace");
    struct hr_http_response response = {
        .status = status,
        .fields = call->fields,
        .field_count = call->field_count,
        .body = body,
        .on_end = s3_server__call_end,
        .user = call,
    };
    if (call->fault) response.body = s3_server__fault_body(call->fault, body, &call->arena);
    call->responded = true;
    call->record.status = status;
    call->record.bytes_out =
        hr_slice_equal(call->request.method, hr_slice_of("HEAD")) ? 0 : body.size;
    if (hr_http_exchange_respond(call->exchange, &response) == 0) return S3_OK;
    call->record.status = 500;
    call->record.bytes_out = 0;
    /* Something in the fields or memory: without them it goes, or the connection is beyond help. */
    response = (struct hr_http_response){.status = 500,
                                         .body = hr_source_none(),
                                         .close = true,
                                         .on_end = s3_server__call_end,
                                         .user = call};
    hr_http_exchange_respond(call->exchange, &response);
    return S3_OK;
}

enum s3_error s3_server__respond_empty(struct s3_call *call, int status) {
    return s3_server__respond(call, status, hr_source_none());
}

enum s3_error s3_server__respond_xml(struct s3_call *call) {
    if (call->xml.failed) return S3_InternalError;
    s3_server__add_text(call, "Content-Type", "application/xml");
    return s3_server__respond(call, 200, hr_source_bytes(call->xml.data, call->xml.size));
}

/* A delete marker in an object's place shows itself. */
static void add_marker_fields(struct s3_call *call, enum s3_error error) {
    const struct s3_object *marker = call->object;
    if (!marker || !marker->is_marker) return;
    s3_server__add_text(call, "x-amz-delete-marker", "true");
    s3_server__add(call, "x-amz-version-id", s3_server__version_id(marker));
    if (error != S3_MethodNotAllowed) return;
    s3_server__add_text(call, "Allow", "DELETE");
    s3_server__add_modified(call, marker);
}

/* A client needs this to ask again in the right way: the bucket's region where it cannot read it in
 * a document, or signed for another one, and the size of what it wanted a range of. */
static void add_error_fields(struct s3_call *call, enum s3_error error, bool is_head) {
    assert(!call->responded);
    call->field_count = 0;
    bool tells_region = is_head || error == S3_AuthorizationHeaderMalformed ||
                        error == S3_AuthorizationQueryParametersError;
    const char *region =
        tells_region && call->request.bucket.size > 0 ? s3_server__bucket_region_of(call) : NULL;
    if (region) s3_server__add_text(call, "x-amz-bucket-region", region);
    add_marker_fields(call, error);
    if (call->blamed.range.size > 0) s3_server__add(call, "Content-Range", call->blamed.range);
}

void s3_server__fail(struct s3_call *call, enum s3_error error) {
    const struct s3_error_entry *entry = s3_server__error(error);
    call->record.error = entry->code;
    bool is_head = hr_slice_equal(call->request.method, hr_slice_of("HEAD"));
    if (error != S3_NotModified) add_error_fields(call, error, is_head);
    if (is_head || error == S3_NotModified) {
        s3_server__respond_empty(call, entry->status);
        return;
    }
    struct s3_xml *xml = &call->xml;
    s3_server__xml_deinit(xml);
    s3_server__xml_begin(xml, NULL);
    s3_server__xml_open(xml, "Error");
    s3_server__xml_string(xml, "Code", entry->code);
    s3_server__xml_string(xml, "Message", call->message[0] ? call->message : entry->message);
    struct hr_slice bucket = call->request.bucket, key = call->request.key;
    if (call->blamed.bucket.size > 0) bucket = call->blamed.bucket, key = call->blamed.key;
    if (bucket.size > 0) s3_server__xml_text(xml, "BucketName", bucket);
    if (key.size > 0 && key.size <= S3_KEY_MAX) s3_server__xml_text(xml, "Key", key);
    for (size_t i = 0; i < call->detail_count; i++)
        s3_server__xml_text(xml, call->details[i].name, call->details[i].value);
    if (call->request.path.size <= S3_KEY_MAX)
        s3_server__xml_text(xml, "Resource", call->request.path);
    s3_server__xml_string(xml, "RequestId", call->request_id);
    s3_server__xml_string(xml, "HostId", call->server->host_id);
    s3_server__xml_close(xml, "Error");
    s3_server__add_text(call, "Content-Type", "application/xml");
    struct hr_source source =
        xml->failed ? hr_source_none() : hr_source_bytes(xml->data, xml->size);
    s3_server__respond(call, entry->status, source);
}
