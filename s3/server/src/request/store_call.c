/* The way of a request through the server, and the answers that all operations share. */
#include "store_call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <headrace/clock.h>
#include <headrace/text.h>

#include "presigned.h"
#include "vocabulary.h"

uint64_t s3_server__now_ms(const struct s3_call *call) {
    return hr_clock_wall_ns() / 1000000 + call->server->time_offset_s * 1000;
}

const char *s3_server__region(const struct s3_call *call) {
    return call->server->region ? call->server->region : S3_REGION_DEFAULT;
}

const char *s3_server__bucket_region_of(struct s3_call *call) {
    char *region = call->bucket_region;
    if (s3_server__store_bucket_region(&call->server->store, call->request.bucket, region))
        return NULL;
    return region[0] ? region : s3_server__region(call);
}

struct hr_slice s3_server__header(const struct s3_call *call, const char *name) {
    return s3_server__field_of(&call->request, name);
}

/* ---- Answers. */

void s3_server__add_field(struct s3_call *call, struct hr_slice name, struct hr_slice value) {
    if (call->field_count == call->field_capacity) {
        size_t capacity = call->field_capacity ? call->field_capacity * 2 : 24;
        struct hr_http_field *fields =
            s3_server__arena_allocate(&call->arena, capacity * sizeof *fields);
        if (!fields) return;
        if (call->field_count > 0) memcpy(fields, call->fields, call->field_count * sizeof *fields);
        call->fields = fields;
        call->field_capacity = capacity;
    }
    call->fields[call->field_count++] = (struct hr_http_field){.name = name, .value = value};
}

void s3_server__add(struct s3_call *call, const char *name, struct hr_slice value) {
    s3_server__add_field(call, hr_slice_of(name), value);
}

void s3_server__add_text(struct s3_call *call, const char *name, const char *value) {
    s3_server__add_field(call, hr_slice_of(name), hr_slice_of(value));
}

void s3_server__add_checksum(struct s3_call *call, const struct s3_object *object) {
    if (object->checksum.kind == S3_CHECKSUM_NONE) return;
    char text[S3_CHECKSUM_TEXT_MAX];
    s3_server__checksum_print(&object->checksum, text);
    bool composite = object->checksum_type == S3_COMPOSITE;
    struct hr_slice value =
        composite ? s3_server__arena_print(&call->arena, "%s-%u", text, object->part_count)
                  : s3_server__arena_copy(&call->arena, hr_slice_of(text));
    s3_server__add(call, s3_server__checksum_header(object->checksum.kind), value);
    s3_server__add_text(call, "x-amz-checksum-type", composite ? "COMPOSITE" : "FULL_OBJECT");
}

void s3_server__xml_checksum(struct s3_xml *xml, const struct s3_object *object, bool with_type) {
    if (object->checksum.kind == S3_CHECKSUM_NONE) return;
    char text[S3_CHECKSUM_TEXT_MAX + 8];
    s3_server__checksum_print(&object->checksum, text);
    bool composite = object->checksum_type == S3_COMPOSITE;
    if (composite)
        snprintf(text + strlen(text), sizeof text - strlen(text), "-%u", object->part_count);
    s3_server__xml_string(xml, s3_server__checksum_element(object->checksum.kind), text);
    if (with_type)
        s3_server__xml_string(xml, "ChecksumType", composite ? "COMPOSITE" : "FULL_OBJECT");
}

static void on_end(void *user, int result) {
    (void)result;
    struct s3_call *call = user;
    s3_server__object_release(call->object);
    s3_server__object_release(call->upload.head);
    s3_server__xml_deinit(&call->xml);
    s3_server__body_deinit(&call->body);
    s3_server__arena_deinit(&call->arena);
    free(call);
}

enum s3_error s3_server__respond(struct s3_call *call, int status, struct hr_source body) {
    s3_server__add_text(call, "x-amz-request-id", call->request_id);
    s3_server__add_text(call, "x-amz-id-2", call->server->host_id);
    s3_server__add_text(call, "Server", "headrace");
    struct hr_http_response response = {
        .status = status,
        .fields = call->fields,
        .field_count = call->field_count,
        .body = body,
        .on_end = on_end,
        .user = call,
    };
    if (hr_http_exchange_respond(call->exchange, &response) == 0) return S3_OK;
    /* Something in the fields or memory: without them it goes, or the connection is beyond help. */
    response = (struct hr_http_response){
        .status = 500, .body = hr_source_none(), .close = true, .on_end = on_end, .user = call};
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

enum s3_error s3_server__refuse(struct s3_call *call, enum s3_error error, const char *format,
                                ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(call->message, sizeof call->message, format, arguments);
    va_end(arguments);
    return error;
}

void s3_server__add_detail(struct s3_call *call, const char *name, struct hr_slice value) {
    if (call->detail_count == S3_DETAILS_MAX) return;
    call->details[call->detail_count].name = name;
    call->details[call->detail_count++].value = value;
}

enum s3_error s3_server__refuse_document(struct s3_call *call, enum s3_error error,
                                         struct hr_slice unknown) {
    if (error != S3_NotImplemented) return error;
    s3_server__add_detail(call, "Element", unknown);
    return s3_server__refuse(call, error,
                             "An element you provided implies functionality that is not "
                             "implemented: %.*s",
                             (int)unknown.size, unknown.data);
}

/* A client needs this to ask again in the right way: the bucket's region where it cannot read it in
 * a document, or signed for another one, and the size of what it wanted a range of. */
static void add_error_fields(struct s3_call *call, enum s3_error error, bool is_head) {
    call->field_count = 0;
    bool tells_region = is_head || error == S3_AuthorizationHeaderMalformed ||
                        error == S3_AuthorizationQueryParametersError;
    const char *region =
        tells_region && call->request.bucket.size > 0 ? s3_server__bucket_region_of(call) : NULL;
    if (region) s3_server__add_text(call, "x-amz-bucket-region", region);
    if (call->content_range.size > 0) s3_server__add(call, "Content-Range", call->content_range);
}

/* The error document. A response to HEAD, and 304, have none. */
static void fail(struct s3_call *call, enum s3_error error) {
    const struct s3_error_entry *entry = s3_server__error(error);
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
    if (call->blamed_bucket.size > 0) bucket = call->blamed_bucket, key = call->blamed_key;
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

/* ---- The way in. */

static void end(struct s3_call *call) {
    enum s3_error error = call->handler->end(call);
    if (error) fail(call, error);
}

static ssize_t on_data(void *user, const void *data, size_t size) {
    struct s3_call *call = user;
    s3_server__body_feed(&call->body, data, size);
    return (ssize_t)size;
}

static void on_body(void *user, hr_http_exchange *exchange, int result) {
    (void)exchange;
    struct s3_call *call = user;
    if (result < 0) return; /* the connection is gone; on_end cleans up */
    enum s3_error error = s3_server__body_finish(&call->body);
    if (error)
        fail(call, error);
    else
        end(call);
}

static enum s3_error begin_body(struct s3_call *call) {
    struct s3_body_plan plan = {
        .request = &call->request,
        .identity = &call->identity,
        .auth = &call->server->auth,
        .methods = &call->server->methods,
        .account = &call->server->store.account,
        .arena = &call->arena,
        .wire_size = hr_http_exchange_body_size(call->exchange),
        .size_max = S3_OBJECT_SIZE_MAX,
        .needs_length = call->handler->body == S3_BODY_DATA,
        .digests = call->handler->digests | call->digests,
        .ignore_checksums = call->handler->ignore_checksums,
        .message = call->message,
    };
    if (call->handler->body == S3_BODY_XML) plan.size_max = S3_XML_BYTES_MAX;
    return s3_server__body_begin(&call->body, &plan);
}

#define NAME_SHOWN_MAX 128

/* By name, so that nobody has to guess which of many words it was. */
static enum s3_error refuse_word(struct s3_call *call, enum s3_error error,
                                 const struct s3_refusal *word) {
    struct hr_slice name = word->name;
    int size = name.size < NAME_SHOWN_MAX ? (int)name.size : NAME_SHOWN_MAX;
    if (error == S3_NotImplemented) {
        s3_server__add_detail(call, word->is_parameter ? "Parameter" : "Header", name);
        if (!word->is_parameter) /* S3 says it, too */
            s3_server__add_detail(call, "additionalMessage",
                                  s3_server__arena_print(&call->arena,
                                                         "We don't accept the provided value of "
                                                         "%.*s header for this API",
                                                         size, name.data));
        return s3_server__refuse(call, error,
                                 "A %s you provided implies functionality that is not implemented: "
                                 "%.*s",
                                 word->is_parameter ? "parameter" : "header", size, name.data);
    }
    s3_server__add_detail(call, "ArgumentName", name);
    s3_server__add_detail(call, "ArgumentValue", word->value);
    if (word->is_parameter && hr_slice_equal(name, hr_slice_of("versionId")))
        return s3_server__refuse(call, error, "This operation does not accept a version-id.");
    if (word->is_parameter && hr_slice_equal(name, hr_slice_of("partNumber")))
        return s3_server__refuse(call, error,
                                 "This operation does not accept partNumber without uploadId");
    return s3_server__refuse(call, error, "Invalid Argument: %.*s", size, name.data);
}

/* Which operation it is, and that the request says nothing which the operation does not honour. */
static enum s3_error find_operation(struct s3_call *call) {
    struct s3_refusal word = {.is_parameter = true};
    enum s3_error error = s3_server__request_hoist(&call->request, &call->arena, &word.name);
    if (error == S3_InvalidArgument) return refuse_word(call, error, &word);
    if (!error) error = s3_server__route(&call->request, &call->operation);
    if (error) return error;
    error = s3_server__vocabulary_check(&call->request, call->operation, &word);
    return error ? refuse_word(call, error, &word) : S3_OK;
}

static bool is_owner(struct hr_slice id) {
    return !id.data || hr_slice_equal(id, hr_slice_of(S3_OWNER_ID));
}

/* Checks of every operation, once it is known who asks. */
static enum s3_error check_call(struct s3_call *call) {
    enum s3_error error = find_operation(call);
    if (error) return error;
    if (call->request.bucket.size > 0 && !s3_server__bucket_name_valid(call->request.bucket))
        return S3_InvalidBucketName;
    if (!is_owner(s3_server__header(call, "x-amz-expected-bucket-owner")) ||
        !is_owner(s3_server__header(call, "x-amz-source-expected-bucket-owner")))
        return S3_AccessDenied;
    struct hr_slice version = s3_server__parameter(&call->request, "versionId");
    if (version.data && !hr_slice_equal(version, hr_slice_of("null")))
        return s3_server__refuse(call, S3_InvalidArgument, "Invalid version id specified");
    return S3_OK;
}

/* "41 57 53": characters that look alike are told apart. */
static void add_bytes_detail(struct s3_call *call, const char *name, struct hr_slice text) {
    static const char digits[] = "0123456789abcdef";
    char *out = s3_server__arena_allocate(&call->arena, 3 * text.size + 1);
    if (!out) return;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        out[3 * i] = digits[c >> 4];
        out[3 * i + 1] = digits[c & 15];
        out[3 * i + 2] = ' ';
    }
    s3_server__add_detail(call, name, hr_slice_bytes(out, text.size > 0 ? 3 * text.size - 1 : 0));
}

static void explain_mismatch(struct s3_call *call) {
    const struct s3_identity *identity = &call->identity;
    s3_server__add_detail(call, "AWSAccessKeyId", identity->claimed_access_key);
    s3_server__add_detail(call, "StringToSign", identity->string_to_sign);
    s3_server__add_detail(call, "SignatureProvided", identity->claimed_signature);
    add_bytes_detail(call, "StringToSignBytes", identity->string_to_sign);
    if (identity->canonical_request.size == 0) return; /* the older way has none */
    s3_server__add_detail(call, "CanonicalRequest", identity->canonical_request);
    add_bytes_detail(call, "CanonicalRequestBytes", identity->canonical_request);
}

static enum s3_error verify(struct s3_call *call) {
    struct s3_server_s *server = call->server;
    enum s3_error error =
        s3_server__auth_verify(&server->auth, &call->request, s3_server__now_ms(call) / 1000,
                               &call->arena, &call->identity);
    if (!error) return S3_OK;
    hr_text_copy(call->message, sizeof call->message, hr_slice_of(call->identity.message));
    bool is_malformed =
        error == S3_AuthorizationHeaderMalformed || error == S3_AuthorizationQueryParametersError;
    if (is_malformed && server->region)
        s3_server__add_detail(call, "Region", hr_slice_of(server->region));
    if (error == S3_SignatureDoesNotMatch) explain_mismatch(call);
    return error;
}

static enum s3_error start(struct s3_call *call) {
    enum s3_error error =
        s3_server__request_parse(&call->request, &call->arena, hr_slice_of(call->server->domain));
    if (!error) error = s3_server__check_unsigned(call);
    if (error || call->handler) return error;
    error = verify(call);
    if (!error) error = check_call(call);
    if (error) return error;
    call->handler = call->server->handlers[call->operation];
    if (call->handler->begin) error = call->handler->begin(call);
    if (!error && call->handler->body != S3_BODY_NONE) error = begin_body(call);
    return error;
}

void s3_server__on_request(void *user, hr_http_exchange *exchange) {
    struct s3_call *call = malloc(sizeof *call);
    if (!call) {
        struct hr_http_response response = {.status = 503, .body = hr_source_none(), .close = true};
        hr_http_exchange_respond(exchange, &response);
        return;
    }
    memset(call, 0, offsetof(struct s3_call, arena));
    s3_server__arena_init(&call->arena);
    call->server = user;
    call->exchange = exchange;
    call->request.method = hr_http_exchange_method(exchange);
    call->request.target = hr_http_exchange_target(exchange);
    call->request.fields = hr_http_exchange_fields(exchange, &call->request.field_count);
    snprintf(call->request_id, sizeof call->request_id, "%016llX",
             (unsigned long long)s3_server__store_random(&call->server->store));
    hr_http_exchange_on_end(exchange, on_end, call);
    enum s3_error error = start(call);
    if (error)
        fail(call, error);
    else if (call->handler->body == S3_BODY_NONE)
        end(call);
    else
        hr_http_exchange_read(exchange, on_data, on_body, call);
}
