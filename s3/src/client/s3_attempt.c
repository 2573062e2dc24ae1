/* One attempt: it is written and signed, its head is read, its end classified. */
#include "s3_call.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "s3_classify.h"
#include "xml.h"

static struct hr__s3_call *of_http(struct hr_http_request *http) {
    return hr__container_of(http, struct hr__s3_call, http);
}

static int grow_memory(struct hr__s3_call *call) {
    size_t capacity = call->memory.capacity < HR__S3_MESSAGE_NEXT  ? HR__S3_MESSAGE_NEXT
                      : call->memory.capacity < HR__S3_MESSAGE_MAX ? HR__S3_MESSAGE_MAX
                                                                   : 0;
    if (capacity == 0) return -EMSGSIZE;
    char *memory = malloc(capacity);
    if (!memory) return -ENOMEM;
    if (call->memory.data != call->first_memory) free(call->memory.data);
    assert(capacity > call->memory.capacity);
    call->memory = (struct hr__memory){memory, capacity};
    return 0;
}

/* When the request's time ends, by the store's clock; 0: it has no end. */
static uint64_t end_s(const struct hr__s3_call *call) {
    uint64_t timeout_ns = hr__request_timeout_ns(call->request);
    uint64_t end_ns = call->request->started_ns + timeout_ns, now = hr__reactor_now(call->reactor);
    if (timeout_ns == UINT64_MAX) return 0;
    return hr__s3_skew_time_s(call) + (end_ns > now ? (end_ns - now) / 1000000000u : 0);
}

static int add_invocation(struct hr__s3_call *call, unsigned attempt,
                          struct hr__s3_message *message) {
    const struct hr__s3_invocation *of = &call->invocation;
    bool repeated = call->parameters.operation->repeat != HR__S3_REPEAT_NEVER;
    uint32_t max = hr__http_client_attempts_max(call->client->http, call->reactor);
    struct hr__invocation invocation = {
        .id = {of->id[0], of->id[1]},
        .attempt = call->request->attempts - of->attempts_before + attempt,
        .attempts_max = repeated ? max : 1,
        .until_s = end_s(call),
    };
    return hr__invocation_add(&invocation, &call->shard->until, message);
}

static int write_message(struct hr__s3_call *call, struct hr__s3_message *message) {
    struct hr_s3_client_s *client = call->client;
    const struct hr__endpoint *endpoint = hr__s3_call_endpoint(call);
    int err = hr__s3_write(&call->parameters, endpoint, call->memory.data, call->memory.capacity,
                           message);
    if (err) return err;
    if (client->anonymous) return hr__s3_body_begin(call, NULL, message);
    call->corrected.signed_s = hr__s3_skew_time_s(call);
    call->corrected.signed_ns = hr__reactor_now(call->reactor);
    struct hr__s3_signing signing = {
        .signer = call->shard->signer,
        .credentials = &call->keys.held->keys,
        .region = hr_slice_of(endpoint->region),
        .service = hr_slice_of(endpoint->service),
        .time_s = call->corrected.signed_s,
        .payload_hash = hr__s3_body_hash(call),
        .session = call->session != NULL,
    };
    err = hr__s3_sign(&call->parameters, &signing, message);
    return err ? err : hr__s3_body_begin(call, &signing, message);
}

static int write_whole(struct hr__s3_call *call, unsigned attempt, struct hr__s3_message *message) {
    int err = write_message(call, message);
    return err ? err : add_invocation(call, attempt, message);
}

/* Keeps the body of this attempt, which is not the user's. */
static void capture(struct hr__s3_call *call, uint64_t size_max) {
    call->http.sink = hr_sink_buffer(&call->body, size_max);
}

/* The most that is kept of a good response. */
static uint64_t body_max(const struct hr__s3_operation *operation) {
    if (operation->response == HR__S3_RESPONSE_LISTING) return HR__S3_PAGE_MAX;
    return operation->response == HR__S3_RESPONSE_DOCUMENT ? HR__S3_DOCUMENT_MAX : HR__S3_ERROR_MAX;
}

/* Every attempt is written and signed anew: a signature is valid for minutes only. */
static int prepare_attempt(struct hr_http_request *http, unsigned attempt) {
    struct hr__s3_call *call = of_http(http);
    struct hr__s3_message message;
    assert(call->phase == HR__S3_ASKING);
    int err = hr__s3_keys_take(call);
    if (err) return hr_error_set(&http->request.error, err, "%s", hr_error_text(err));
    while ((err = write_whole(call, attempt, &message)) == -ENOBUFS)
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
    hr__s3_refusal_begin(call);
    if (call->sink)
        hr__s3_resume_prepare(call, &http->sink);
    else
        capture(call, body_max(call->parameters.operation));
    return 0;
}

/* Objects alone are asked for a second time: how long other operations take says little about
 * those. Not where an attempt goes on behind bytes that the sink has, and not in S3 Express. */
static bool may_hedge(struct hr_http_request *http) {
    const struct hr__s3_call *call = of_http(http);
    enum hr__s3_kind kind = call->parameters.operation->kind;
    return (kind == HR__S3_GET || kind == HR__S3_HEAD || kind == HR__S3_EXISTS) &&
           strcmp(hr__s3_call_endpoint(call)->service, "s3") == 0 && !hr__s3_resume_asks(call) &&
           !hr__s3_pace_active(&call->shard->pace); /* a hedge would not wait for its turn */
}

static bool is_empty(const struct hr__s3_call *call, const struct hr_http_head *head) {
    if (head->status != 416 || call->row->operation.kind != HR__S3_GET) return false;
    if (hr__s3_resume_asks(call)) return false;
    return hr__s3_response_empty(head, hr__container_of(call->request, struct hr_s3_get, request));
}

static int answer_head(struct hr__s3_call *call, const struct hr_http_head *head,
                       struct hr_error *error) {
    int err =
        hr__genuine_head(call->parameters.operation, head->status, &call->attempt.marks, error);
    if (!err) err = hr__s3_body_head(call, head, error);
    if (err || !call->row->answer_head) return err;
    return hr__s3_resume_asks(call) ? hr__s3_resume_head(call, head, error)
                                    : call->row->answer_head(call, head, error);
}

int hr__s3_attempt_head(struct hr_http_request *http, const struct hr_http_head *head) {
    struct hr__s3_call *call = of_http(http);
    if (head->status < 200) return 0;
    assert(!call->attempt.refused && !call->attempt.bad_status);
    hr__s3_response_ids(head, &call->attempt.ids);
    if (call->parameters.operation->response == HR__S3_RESPONSE_DOCUMENT)
        hr__s3_response_host_id(head, &call->attempt.ids); /* it may be an <Error> */
    hr__s3_skew_note(call, head);
    hr__marks_of(head, &call->attempt.marks);
    call->attempt.ids.web_page = call->attempt.marks.web_page && !call->attempt.marks.vendor;
    call->attempt.empty = is_empty(call, head);
    if (call->attempt.empty) {
        capture(call, HR__S3_ERROR_MAX);
    } else if (!hr__s3_status_good(call->parameters.operation, head->status)) {
        call->attempt.ids.now_s = hr__reactor_wall_ns(call->reactor) / 1000000000u;
        call->attempt.bad_status = true;
        call->attempt.retry_after_ms = hr__s3_classify_retry_after_ms(head);
        capture(call, HR__S3_ERROR_MAX);
        return 0;
    }
    int err = answer_head(call, head, &http->request.error);
    call->attempt.refused = err < 0;
    return err < 0 ? err : 0;
}

/* An operation whose second attempt could have a second effect has none. A conflict with another
 * write is over when it is repeated. */
static enum hr_http_verdict may_repeat(const struct hr__s3_call *call,
                                       enum hr_http_verdict verdict) {
    enum hr__s3_repeat repeat = call->parameters.operation->repeat;
    if (repeat == HR__S3_REPEAT_NEVER) return HR_HTTP_FINAL;
    const char *code = call->http.request.error.service_code;
    bool conflict = strcmp(code, "ConditionalRequestConflict") == 0;
    return conflict && repeat == HR__S3_REPEAT_CONFLICT ? HR_HTTP_TRANSIENT : verdict;
}

/* Refusals that a program acts upon have results of their own, also behind a status of 200. */
static int result_of(int status, const char *code) {
    if (status == 304) return HR_ERR_S3_NOT_MODIFIED;
    if (status == 412 || strcmp(code, "PreconditionFailed") == 0) return HR_ERR_S3_PRECONDITION;
    if (strcmp(code, "ConditionalRequestConflict") == 0) return HR_ERR_S3_CONFLICT;
    return HR_ERR_S3_SERVICE;
}

static enum hr_http_verdict classify_error(struct hr__s3_call *call,
                                           struct hr_http_outcome *outcome) {
    struct hr_error *error = &call->http.request.error;
    hr__s3_request_mend_answer(call);
    struct hr_slice body = outcome->result == 0 ? hr_slice_bytes(call->body.data, call->body.size)
                                                : hr_slice_bytes(NULL, 0);
    hr__s3_response_error(call->parameters.operation->name, outcome->status, &call->attempt.ids,
                          body, error);
    /* It may quote the request, with its token. */
    if (body.size > 0) OPENSSL_cleanse(call->body.data, body.size);
    outcome->result = error->code = result_of(outcome->status, error->service_code);
    outcome->retry_after_ms = call->attempt.retry_after_ms;
    enum hr_http_verdict verdict =
        hr__s3_classify_response(outcome->status, hr_slice_of(error->service_code));
    call->attempt.slow = verdict == HR_HTTP_THROTTLED;
    return may_repeat(call, verdict);
}

static enum hr_http_verdict classify_failure(const struct hr__s3_call *call, int result) {
    bool repeated = call->parameters.operation->repeat != HR__S3_REPEAT_NEVER;
    return repeated ? hr__s3_classify_failure(result) : HR_HTTP_FINAL;
}

/* A store that has other bytes than ours. */
static enum hr_http_verdict classify_stored(struct hr__s3_call *call,
                                            struct hr_http_outcome *outcome) {
    bool again;
    outcome->result = hr__s3_body_compare(call, &call->http.request.error, &again);
    return again ? HR_HTTP_TRANSIENT : HR_HTTP_FINAL;
}

/* A store under load may end a document before its end. */
static bool is_cut(const struct hr__s3_call *call, struct hr_slice body) {
    enum hr__s3_response response = call->parameters.operation->response;
    return (response == HR__S3_RESPONSE_DOCUMENT || response == HR__S3_RESPONSE_LISTING) &&
           hr__xml_is_cut(body);
}

static enum hr_http_verdict classify_cut(struct hr__s3_call *call,
                                         struct hr_http_outcome *outcome) {
    const struct hr__s3_operation *operation = call->parameters.operation;
    struct hr_error *error = &call->http.request.error;
    outcome->result =
        hr_error_set(error, HR_ERR_S3_RESPONSE,
                     "the response to %s breaks off inside of its document", operation->name);
    error->http_status = outcome->status;
    return operation->repeat == HR__S3_REPEAT_NEVER ? HR_HTTP_FINAL : HR_HTTP_TRANSIENT;
}

/* The end of a response with a good status and without an object: final, or the transport failed.
 */
static enum hr_http_verdict classify_end(struct hr__s3_call *call,
                                         struct hr_http_outcome *outcome) {
    struct hr_slice body = hr_slice_bytes(call->body.data, call->body.size);
    /* A web page is not S3's, however much of it came. */
    bool checked = outcome->result == 0 || call->attempt.marks.web_page;
    int err = checked ? hr__genuine_end(call->parameters.operation, outcome->status,
                                        &call->attempt.marks, body, &call->http.request.error)
                      : 0;
    if (err) outcome->result = err;
    if (outcome->result == 0)
        return is_cut(call, body) ? classify_cut(call, outcome) : classify_stored(call, outcome);
    if (err || outcome->own_error) return HR_HTTP_FINAL;
    return classify_failure(call, outcome->result);
}

/* An object that is not the one its checksum is of comes once more, from its first byte: it may be
 * a bit that flipped on the way. */
static enum hr_http_verdict classify_whole(struct hr__s3_call *call,
                                           struct hr_http_outcome *outcome) {
    struct hr_s3_get *get = hr__container_of(call->request, struct hr_s3_get, request);
    int err = hr__s3_validate_end(call, get, &call->http.request.error);
    if (err) outcome->result = err;
    if (err != HR_ERR_S3_CHECKSUM || call->validation.mismatches > 1) return HR_HTTP_FINAL;
    return hr__s3_resume_again(call);
}

static enum hr_http_verdict classify_object(struct hr__s3_call *call,
                                            struct hr_http_outcome *outcome) {
    int err = hr__s3_resume_end(call, outcome, &call->http.request.error);
    if (err) outcome->result = err;
    if (err || (outcome->result < 0 && outcome->own_error)) return HR_HTTP_FINAL;
    if (outcome->result == 0) return classify_whole(call, outcome);
    enum hr_http_verdict verdict = classify_failure(call, outcome->result);
    if (verdict != HR_HTTP_FINAL) outcome->goes_on = hr__s3_resume_go_on(call);
    return verdict;
}

static enum hr_http_verdict classify_attempt(struct hr__s3_call *call,
                                             struct hr_http_outcome *outcome) {
    if (call->attempt.refused) return hr__s3_resume_refused(call);
    /* The status counts, also where the error document broke off or is too large. */
    if (call->attempt.bad_status)
        return hr__s3_resume_status(call, outcome, classify_error(call, outcome));
    enum hr__s3_response response = call->parameters.operation->response;
    if (outcome->result == 0 && response != HR__S3_RESPONSE_OBJECT &&
        hr__xml_is_error(hr_slice_bytes(call->body.data, call->body.size)))
        return classify_error(call, outcome);
    if (response != HR__S3_RESPONSE_OBJECT && outcome->status > 0)
        return classify_end(call, outcome);
    if (call->row->operation.kind == HR__S3_GET && !call->attempt.empty)
        return classify_object(call, outcome);
    if (outcome->result < 0 && !outcome->own_error) return classify_failure(call, outcome->result);
    return HR_HTTP_FINAL;
}

static void tell_pace(const struct hr__s3_call *call, int status) {
    const struct hr__prefix prefix = {call->parameters.bucket, call->parameters.key};
    const struct hr__s3_said said = {
        .slow = call->attempt.slow, .status = status, .sent_ns = call->invocation.turn.sent_ns};
    hr__s3_pace_note(&call->shard->pace, &prefix, &said);
}

static enum hr_http_verdict classify(struct hr_http_request *http,
                                     struct hr_http_outcome *outcome) {
    struct hr__s3_call *call = of_http(http);
    enum hr_http_verdict verdict = classify_attempt(call, outcome);
    bool busy = call->attempt.slow || (call->attempt.bad_status && outcome->status == 503);
    if (busy || hr__s3_pace_active(&call->shard->pace)) tell_pace(call, outcome->status);
    return verdict;
}

static void go_on(struct hr__s3_turn *turn) {
    hr__http_request_go_on(&hr__s3_call_of_turn(turn)->http);
}

static bool hold(struct hr_http_request *http) {
    return hr__s3_call_holds(of_http(http), go_on);
}

static void see_body(struct hr_http_request *http, const char *data, size_t size) {
    struct hr__s3_call *call = of_http(http);
    if (call->attempt.bad_status) return; /* an error's, between two pieces of the object */
    size_t seen = hr__s3_resume_body(call, size);
    hr__s3_validate_body(call, data + seen, size - seen);
}

static const struct hr_url *parts_of_url(struct hr_http_request *http) {
    return &of_http(http)->url;
}

#define HOOKS                                                                                      \
    .prepare_attempt = prepare_attempt, .parts = parts_of_url, .classify = classify,               \
    .on_body = see_body, .on_retry = hr__s3_event_retry, .hold = hold, .may_hedge = may_hedge,     \
    .fields_checked = true

const struct hr_http_hooks hr__s3_attempt_hooks = {HOOKS, .secret = HR_HTTP_SECRET_REFUSALS};
const struct hr_http_hooks hr__s3_secret_hooks = {HOOKS, .secret = HR_HTTP_SECRET_ALL};
const struct hr_http_hooks hr__s3_chunked_hooks = {HOOKS, .secret = HR_HTTP_SECRET_REFUSALS,
                                                   .framing = &hr__s3_body_framing};
