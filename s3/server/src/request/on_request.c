/* The way of a request through the server: head, sender, operation, body. */
#include "store_call.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <headrace/encode.h>
#include <headrace/text.h>

#include "presigned.h"
#include "vocabulary.h"

static void end(struct s3_call *call) {
    enum s3_error error = call->handler->end(call);
    if (error) s3_server__fail(call, error);
}

/* The operation is done when its body is where it belongs. */
static void flush(struct s3_call *call) {
    enum s3_error error;
    if (!s3_server__body_flush(&call->body, &error)) return;
    if (error)
        s3_server__fail(call, error);
    else
        end(call);
}

static ssize_t on_data(void *user, const void *data, size_t size) {
    struct s3_call *call = user;
    if (s3_server__body_is_full(&call->body)) return 0; /* until on_ready */
    call->record.bytes_in += size;
    s3_server__body_feed(&call->body, data, size);
    return (ssize_t)size;
}

static void on_body(void *user, hr_http_exchange *exchange, int result) {
    (void)exchange;
    struct s3_call *call = user;
    if (result < 0) return; /* the connection is gone; s3_server__call_end comes */
    enum s3_error error = s3_server__body_finish(&call->body);
    if (error)
        s3_server__fail(call, error);
    else
        flush(call);
}

/* A write of the body has ended. */
static void on_ready(void *user) {
    struct s3_call *call = user;
    if (call->responded) return;
    if (call->body.finished)
        flush(call);
    else
        hr_http_exchange_resume(call->exchange);
}

static bool goes_to_disk(const struct s3_call *call) {
    return call->handler->body == S3_BODY_DATA && !call->handler->in_memory;
}

static enum s3_error begin_body(struct s3_call *call) {
    struct s3_body_plan plan = {
        .request = &call->request,
        .identity = &call->identity,
        .auth = &call->server->auth,
        .account = &call->server->store.account,
        .disk = goes_to_disk(call) ? call->server->store.disk : NULL,
        .on_ready = on_ready,
        .user = call,
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

/* The AWS SDK for Java sends the checksum of nothing with a GetObject. */
static enum s3_error check_no_body(struct s3_call *call) {
    for (size_t i = 0; i < call->request.field_count; i++) {
        if (hr_s3_checksum_by_header(call->request.fields[i].name) == HR_S3_CHECKSUM_NONE) continue;
        enum s3_error error = begin_body(call);
        return error ? error : s3_server__body_finish(&call->body);
    }
    return S3_OK;
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

enum s3_error s3_server__check_key(struct s3_call *call, enum s3_operation operation) {
    const struct s3_key *key = call->identity.key;
    bool reads = s3_server__operation_traits(operation)->effect == S3_EFFECT_READS;
    if (reads || !key || !key->read_only) return S3_OK;
    return s3_server__refuse(call, S3_AccessDenied, "This access key may only read.");
}

/* Checks of every operation, once it is known who asks. */
static enum s3_error check_call(struct s3_call *call) {
    enum s3_error error = find_operation(call);
    if (error) return call->identity.is_anonymous ? S3_AccessDenied : error;
    if (call->request.bucket.size > 0 && !s3_server__bucket_name_valid(call->request.bucket))
        return S3_InvalidBucketName;
    if (!is_owner(s3_server__header(call, "x-amz-expected-bucket-owner")) ||
        !is_owner(s3_server__header(call, "x-amz-source-expected-bucket-owner")))
        return S3_AccessDenied;
    struct hr_slice version = s3_server__parameter(&call->request, "versionId");
    error = version.data ? s3_server__check_version_id(call, version) : S3_OK;
    if (!error) error = s3_server__check_key(call, call->operation);
    if (!error && call->identity.is_anonymous) error = s3_server__check_anonymous(call);
    return error;
}

/* "41 57 53": characters that look alike are told apart. */
static void add_bytes_detail(struct s3_call *call, const char *name, struct hr_slice text) {
    char *out = s3_server__arena_allocate(&call->arena, 3 * text.size + 1);
    if (!out) return;
    for (size_t i = 0; i < text.size; i++) {
        hr_hex_encode(&text.data[i], 1, out + 3 * i);
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
    if (!error || call->identity.is_anonymous) return S3_OK;
    hr_text_copy(call->message, sizeof call->message, hr_slice_of(call->identity.message));
    bool is_malformed =
        error == S3_AuthorizationHeaderMalformed || error == S3_AuthorizationQueryParametersError;
    if (is_malformed && server->region)
        s3_server__add_detail(call, "Region", hr_slice_of(server->region));
    if (error == S3_SignatureDoesNotMatch) explain_mismatch(call);
    return error;
}

static enum s3_error begin(struct s3_call *call) {
    enum s3_error error = call->handler->begin ? call->handler->begin(call) : S3_OK;
    if (error) return error;
    return call->handler->body == S3_BODY_NONE ? check_no_body(call) : begin_body(call);
}

/* Of requests that would else succeed. A HEAD has no body that could fail. */
static enum s3_error draw_fault(struct s3_call *call) {
    enum s3_fault_kind fault = s3_server__faults_draw(&call->server->faults);
    enum s3_error error = s3_server__fault_error(fault);
    bool has_body = !hr_slice_equal(call->request.method, hr_slice_of("HEAD")) &&
                    !hr_slice_equal(call->request.method, hr_slice_of("DELETE"));
    if (!error && has_body) call->fault = fault;
    return error;
}

static enum s3_error start(struct s3_call *call) {
    enum s3_error error =
        s3_server__request_parse(&call->request, &call->arena, hr_slice_of(call->server->domain));
    if (!error) error = s3_server__check_unsigned(call);
    if (error) return error;
    if (call->handler) return begin(call);
    error = verify(call);
    if (!error) error = check_call(call);
    if (!error) error = draw_fault(call);
    if (error) return error;
    assert(!call->handler && call->operation < S3_OPERATIONS);
    call->handler = call->server->handlers[call->operation];
    return begin(call);
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
    call->operation = S3_OPERATIONS;
    call->exchange = exchange;
    call->request.method = hr_http_exchange_method(exchange);
    call->request.target = hr_http_exchange_target(exchange);
    call->request.fields = hr_http_exchange_fields(exchange, &call->request.field_count);
    snprintf(call->request_id, sizeof call->request_id, "%016llX",
             (unsigned long long)s3_server__store_random(&call->server->store));
    s3_server__record_begin(call);
    hr_http_exchange_on_end(exchange, s3_server__call_end, call);
    enum s3_error error = start(call);
    if (error)
        s3_server__fail(call, error);
    else if (call->handler->body == S3_BODY_NONE)
        end(call);
    else
        hr_http_exchange_read(exchange, on_data, on_body, call);
}
