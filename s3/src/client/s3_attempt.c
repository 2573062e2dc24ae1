/* One attempt: it is written and signed, its head is read, its end classified. */
#include "s3_call.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "s3_classify.h"
#include "xml.h"

static struct hr__s3_call *of_http(struct hr_http_request *http) {
    return hr__container_of(http, struct hr__s3_call, http);
}

static int grow_memory(struct hr__s3_call *call) {
    size_t capacity = call->capacity < HR__S3_MESSAGE_NEXT  ? HR__S3_MESSAGE_NEXT
                      : call->capacity < HR__S3_MESSAGE_MAX ? HR__S3_MESSAGE_MAX
                                                            : 0;
    if (capacity == 0) return -EMSGSIZE;
    char *memory = malloc(capacity);
    if (!memory) return -ENOMEM;
    if (call->memory != call->first_memory) free(call->memory);
    assert(capacity > call->capacity);
    call->memory = memory;
    call->capacity = capacity;
    return 0;
}

static struct hr_slice payload_hash(const struct hr__s3_call *call) {
    if (call->http.body.kind == HR_SOURCE_NONE || call->http.body.size == 0)
        return hr_slice_bytes(NULL, 0);
    if (call->signed_payload) return hr_slice_bytes(call->payload.hex, HR_SIGV4_HEX_SIZE);
    return hr_slice_of("UNSIGNED-PAYLOAD");
}

static int write_message(struct hr__s3_call *call, struct hr__s3_message *message) {
    struct hr_s3_client_s *client = call->client;
    int err =
        hr__s3_write(&call->parameters, &client->endpoint, call->memory, call->capacity, message);
    if (err || client->anonymous) return err;
    struct hr__s3_signing signing = {
        .signer = call->shard->signer,
        .credentials = &call->keys.held->keys,
        .region = hr_slice_of(client->endpoint.region),
        .time_s = hr__reactor_wall_ns(call->reactor) / 1000000000u,
        .payload_hash = payload_hash(call),
    };
    return hr__s3_sign(&call->parameters, &signing, message);
}

/* Keeps the body of this attempt, which is not the user's. */
static void capture(struct hr__s3_call *call, uint64_t size_max) {
    call->http.sink = hr_sink_buffer(&call->body, size_max);
}

/* Every attempt is written and signed anew: a signature is valid for minutes only. */
static int prepare_attempt(struct hr_http_request *http, unsigned attempt) {
    (void)attempt;
    struct hr__s3_call *call = of_http(http);
    struct hr__s3_message message;
    assert(call->phase == HR__S3_ASKING);
    int err = hr__s3_keys_take(call);
    if (err) return hr_error_set(&http->request.error, err, "%s", hr_error_text(err));
    while ((err = write_message(call, &message)) == -ENOBUFS)
        if ((err = grow_memory(call)) != 0) break;
    if (err == -EMSGSIZE)
        return hr_error_set(&http->request.error, HR_ERR_HEADER_INVALID,
                            "URL, header fields and metadata have more than %d bytes",
                            HR__S3_MESSAGE_MAX);
    if (err) return hr_error_set(&http->request.error, err, "the request could not be signed");
    http->url = message.url.data;
    call->url = message.parts;
    http->fields = message.fields;
    http->field_count = message.field_count;
    memset(&call->attempt, 0, sizeof call->attempt);
    if (call->parameters.kind == HR__S3_GET) {
        http->sink = hr__container_of(call->request, struct hr_s3_get, request)->sink;
    } else {
        capture(call, hr__s3_operations[call->parameters.kind].response == HR__S3_RESPONSE_LISTING
                          ? HR__S3_PAGE_MAX
                          : HR__S3_ERROR_MAX);
    }
    return 0;
}

int hr__s3_attempt_head(struct hr_http_request *http, const struct hr_http_head *head) {
    struct hr__s3_call *call = of_http(http);
    if (head->status < 200) return 0;
    assert(!call->attempt.refused && !call->attempt.bad_status);
    hr__s3_response_ids(head, &call->attempt.ids);
    hr__marks_of(head, &call->attempt.marks);
    call->attempt.ids.web_page = call->attempt.marks.web_page && !call->attempt.marks.vendor;
    if (!hr__s3_status_good(&hr__s3_operations[call->parameters.kind], head->status)) {
        call->attempt.ids.now_s = hr__reactor_wall_ns(call->reactor) / 1000000000u;
        call->attempt.bad_status = true;
        call->attempt.retry_after_ms = hr__s3_classify_retry_after_ms(head);
        capture(call, HR__S3_ERROR_MAX);
        return 0;
    }
    int err = hr__genuine_head(call->parameters.kind, head->status, &call->attempt.marks,
                               &http->request.error);
    if (!err) err = hr__s3_request_fill_head(call, head, &http->request.error);
    call->attempt.refused = err < 0;
    return err;
}

static enum hr_http_verdict classify_error(struct hr__s3_call *call,
                                           struct hr_http_outcome *outcome) {
    struct hr_error *error = &call->http.request.error;
    struct hr_slice body = outcome->result == 0 ? hr_slice_bytes(call->body.data, call->body.size)
                                                : hr_slice_bytes(NULL, 0);
    hr__s3_response_error(hr__s3_operations[call->parameters.kind].name, outcome->status,
                          &call->attempt.ids, body, error);
    outcome->result = HR_ERR_S3_SERVICE;
    outcome->retry_after_ms = call->attempt.retry_after_ms;
    return hr__s3_classify_response(outcome->status, hr_slice_of(error->service_code));
}

/* The end of a response with a good status and without an object: final, or the transport failed.
 */
static enum hr_http_verdict classify_end(struct hr__s3_call *call,
                                         struct hr_http_outcome *outcome) {
    struct hr_slice body = hr_slice_bytes(call->body.data, call->body.size);
    /* A web page is not S3's, however much of it came. */
    bool checked = outcome->result == 0 || call->attempt.marks.web_page;
    int err = checked ? hr__genuine_end(call->parameters.kind, outcome->status,
                                        &call->attempt.marks, body, &call->http.request.error)
                      : 0;
    if (err) outcome->result = err;
    if (err || outcome->result == 0 || outcome->own_error) return HR_HTTP_FINAL;
    return hr__s3_classify_failure(outcome->result);
}

static enum hr_http_verdict classify(struct hr_http_request *http,
                                     struct hr_http_outcome *outcome) {
    struct hr__s3_call *call = of_http(http);
    if (call->attempt.refused) return HR_HTTP_FINAL;
    /* The status counts, also where the error document broke off or is too large. */
    if (call->attempt.bad_status) return classify_error(call, outcome);
    enum hr__s3_response response = hr__s3_operations[call->parameters.kind].response;
    if (outcome->result == 0 && response != HR__S3_RESPONSE_OBJECT &&
        hr__xml_is_error(hr_slice_bytes(call->body.data, call->body.size)))
        return classify_error(call, outcome);
    if (response != HR__S3_RESPONSE_OBJECT && outcome->status > 0)
        return classify_end(call, outcome);
    if (outcome->result < 0 && !outcome->own_error) return hr__s3_classify_failure(outcome->result);
    return HR_HTTP_FINAL;
}

static const struct hr_url *parts_of_url(struct hr_http_request *http) {
    return &of_http(http)->url;
}

const struct hr_http_hooks hr__s3_attempt_hooks = {.prepare_attempt = prepare_attempt,
                                                   .parts = parts_of_url,
                                                   .classify = classify,
                                                   .on_retry = hr__s3_event_retry};
