/* One request: hash what is to be sent, ask (the HTTP client makes the attempts), read the answer.
 */
#include "s3_call.h"

#include <errno.h>
#include <stdlib.h>

#include "errors.h"
#include "xml.h"

static struct hr__s3_call *of_http(struct hr_http_request *http) {
    return (struct hr__s3_call *)(void *)http;
}

/* ---- Memory. */

static struct hr__s3_call *take_call(struct hr__s3_shard *shard) {
    struct hr__s3_call *call = shard->calls_free;
    if (call) {
        shard->calls_free = call->next;
        shard->calls_kept--;
    } else {
        call = malloc(sizeof *call);
        if (!call) return NULL;
    }
    memset(call, 0, offsetof(struct hr__s3_call, configuration));
    call->shard = shard;
    call->memory = call->first_memory;
    call->capacity = sizeof call->first_memory;
    return call;
}

static void give_call(struct hr__s3_call *call) {
    struct hr__s3_shard *shard = call->shard;
    hr_buffer_deinit(&call->body);
    hr__listing_free(call->listing);
    free(call->token);
    if (call->memory != call->first_memory) free(call->memory);
    if (shard->calls_kept >= HR__S3_CALLS_KEPT) {
        free(call);
        return;
    }
    call->next = shard->calls_free;
    shard->calls_free = call;
    shard->calls_kept++;
}

void hr__s3_calls_free(struct hr__s3_shard *shard) {
    while (shard->calls_free) {
        struct hr__s3_call *call = shard->calls_free;
        shard->calls_free = call->next;
        free(call);
    }
}

void hr__s3_call_finish(struct hr__s3_call *call, int result) {
    struct hr_request *request = call->request;
    hr__s3_tell_end(call, result);
    hr__s3_set_call(request, NULL);
    give_call(call);
    hr__request_finish(request, result);
}

/* ---- Attempts: the hooks of the HTTP client. */

static int grow_memory(struct hr__s3_call *call) {
    size_t capacity = call->capacity < HR__S3_MESSAGE_NEXT  ? HR__S3_MESSAGE_NEXT
                      : call->capacity < HR__S3_MESSAGE_MAX ? HR__S3_MESSAGE_MAX
                                                            : 0;
    if (capacity == 0) return -EMSGSIZE;
    char *memory = malloc(capacity);
    if (!memory) return -ENOMEM;
    if (call->memory != call->first_memory) free(call->memory);
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
        .credentials = &client->credentials.keys,
        .region = hr_slice_of(client->endpoint.region),
        .time_s = hr__reactor_wall_ns(call->reactor) / 1000000000u,
        .payload_hash = payload_hash(call),
    };
    return hr__s3_sign(&call->parameters, &signing, message);
}

/* Where a body goes that is not the user's. */
static void capture(struct hr__s3_call *call, uint64_t size_max) {
    call->http.sink = hr_sink_buffer(&call->body, size_max);
}

/* Every attempt is written and signed anew: a signature is good for minutes only. */
static int prepare_attempt(struct hr_http_request *http, unsigned attempt) {
    (void)attempt;
    struct hr__s3_call *call = of_http(http);
    struct hr__s3_message message;
    int err;
    while ((err = write_message(call, &message)) == -ENOBUFS)
        if ((err = grow_memory(call)) != 0) break;
    if (err == -EMSGSIZE)
        return hr_error_set(&http->request.error, HR_ERR_HEADER_INVALID,
                            "URL, header fields and metadata have more than %d bytes",
                            HR__S3_MESSAGE_MAX);
    if (err) return hr_error_set(&http->request.error, err, "the request could not be signed");
    http->url = message.url.data;
    http->fields = message.fields;
    http->field_count = message.field_count;
    call->refused = false;
    call->bad_status = false;
    call->retry_after_ms = 0;
    memset(&call->ids, 0, sizeof call->ids);
    memset(&call->marks, 0, sizeof call->marks);
    if (call->parameters.kind == HR__S3_GET) {
        http->sink = ((struct hr_s3_get *)(void *)call->request)->sink;
    } else {
        capture(call, hr__s3_operations[call->parameters.kind].answer == HR__ANSWER_LISTING
                          ? HR__S3_PAGE_MAX
                          : HR__S3_ERROR_MAX);
    }
    return 0;
}

static int on_head(struct hr_http_request *http, const struct hr_http_head *head) {
    struct hr__s3_call *call = of_http(http);
    if (head->status < 200) return 0;
    hr__answer_ids(head, &call->ids);
    hr__marks_of(head, &call->marks);
    call->ids.web_page = call->marks.web_page && !call->marks.vendor;
    if (!hr__s3_status_good(&hr__s3_operations[call->parameters.kind], head->status)) {
        call->ids.now_s = hr__reactor_wall_ns(call->reactor) / 1000000000u;
        call->bad_status = true;
        call->retry_after_ms = hr__s3_retry_after_ms(head);
        capture(call, HR__S3_ERROR_MAX);
        return 0;
    }
    int err =
        hr__genuine_head(call->parameters.kind, head->status, &call->marks, &http->request.error);
    if (!err) err = hr__s3_give_head(call, head, &http->request.error);
    call->refused = err < 0;
    return err;
}

static enum hr_http_verdict classify_error(struct hr__s3_call *call,
                                           struct hr_http_outcome *outcome) {
    struct hr_error *error = &call->http.request.error;
    struct hr_slice body = outcome->result == 0 ? hr_slice_bytes(call->body.data, call->body.size)
                                                : hr_slice_bytes(NULL, 0);
    hr__answer_error(hr__s3_operations[call->parameters.kind].name, outcome->status, &call->ids,
                     body, error);
    outcome->result = HR_ERR_S3_SERVICE;
    outcome->retry_after_ms = call->retry_after_ms;
    return hr__s3_verdict_of_answer(outcome->status, hr_slice_of(error->service_code));
}

/* A good status with no object behind it: done, or a listing, where a store says so. */
static enum hr_http_verdict classify_end(struct hr__s3_call *call,
                                         struct hr_http_outcome *outcome) {
    struct hr_slice body = hr_slice_bytes(call->body.data, call->body.size);
    /* A web page is none of S3's, however much of it came. */
    bool judged = outcome->result == 0 || call->marks.web_page;
    int err = judged ? hr__genuine_end(call->parameters.kind, outcome->status, &call->marks, body,
                                       &call->http.request.error)
                     : 0;
    if (err) outcome->result = err;
    if (err || outcome->result == 0 || outcome->own_error) return HR_HTTP_FINAL;
    return hr__s3_verdict_of_failure(outcome->result);
}

static enum hr_http_verdict classify(struct hr_http_request *http,
                                     struct hr_http_outcome *outcome) {
    struct hr__s3_call *call = of_http(http);
    if (call->refused) return HR_HTTP_FINAL;
    /* The store's word counts, also where its error document broke off or is too large. */
    if (call->bad_status) return classify_error(call, outcome);
    enum hr__s3_answer answer = hr__s3_operations[call->parameters.kind].answer;
    if (outcome->result == 0 && answer != HR__ANSWER_OBJECT &&
        hr__xml_is_error(hr_slice_bytes(call->body.data, call->body.size)))
        return classify_error(call, outcome);
    if (answer != HR__ANSWER_OBJECT && outcome->status > 0) return classify_end(call, outcome);
    if (outcome->result < 0 && !outcome->own_error)
        return hr__s3_verdict_of_failure(outcome->result);
    return HR_HTTP_FINAL;
}

static const struct hr_http_hooks hooks = {
    .prepare_attempt = prepare_attempt, .classify = classify, .on_retry = hr__s3_tell_retry};

/* ---- The phases. */

/* One side speaks TLS and the other does not: a server that waits for TLS
 * closes a connection on which HTTP comes, or answers in TLS. */
static void add_scheme(const struct hr__s3_call *call, struct hr_error *error) {
    bool silent =
        (error->code == HR_ERR_HTTP_TRUNCATED || error->code == -ECONNRESET) && !error->http_status;
    if (call->client->endpoint.tls) {
        if (error->code == HR_ERR_TLS_HANDSHAKE && strstr(error->message, "does not speak TLS"))
            hr__add_remedy(error, "; if that is plain HTTP, use http://");
    } else if (silent || error->code == HR_ERR_HTTP_MALFORMED) {
        hr__add_remedy(error, "; if TLS is spoken on that port, use https://");
    }
}

static void on_asked(struct hr_request *base) {
    struct hr__s3_call *call = of_http((struct hr_http_request *)(void *)base);
    struct hr_request *request = call->request;
    request->attempts += base->attempts;
    request->timings = base->timings;
    hr__s3_give_end(call);
    if (base->result < 0) {
        request->error = base->error;
        request->error.attempt = request->attempts;
        add_scheme(call, &request->error);
        hr__s3_call_finish(call, base->result);
    } else if (hr__s3_operations[call->parameters.kind].answer == HR__ANSWER_LISTING) {
        call->phase = HR__S3_READING;
        hr__s3_page_read(call);
    } else {
        hr__s3_call_finish(call, 0);
    }
}

void hr__s3_call_ask(struct hr__s3_call *call) {
    struct hr_request *request = call->request;
    call->phase = HR__S3_ASKING;
    call->http.request.on_done = on_asked;
    call->http.on_head = on_head;
    call->http.hooks_ = &hooks;
    call->http.method = hr__s3_operations[call->parameters.kind].method;
    /* The log goes on where the page before ended. */
    bool room = request->attempt_log && request->attempts < request->attempt_log_size;
    call->http.request.attempt_log = room ? request->attempt_log + request->attempts : NULL;
    call->http.request.attempt_log_size = room ? request->attempt_log_size - request->attempts : 0;
    hr__http_request_begin(call->client->http, call->reactor, &call->http);
}

static void on_hashed(struct hr__payload *payload, int result) {
    struct hr__s3_call *call = hr__container_of(payload, struct hr__s3_call, payload);
    if (result < 0 && result != call->stop_reason)
        hr_error_set(&call->request->error, result, "reading the body to sign it: %s",
                     hr_error_text(result));
    if (result < 0)
        hr__s3_call_finish(call, result);
    else
        hr__s3_call_ask(call);
}

/* S3 wants to be told where a bucket is to be, unless it is to be in us-east-1; other stores take
 * only their own region for an answer, so they are not told. */
static void configure(struct hr__s3_call *call) {
    const struct hr__endpoint *endpoint = &call->client->endpoint;
    if (!endpoint->aws || strcmp(endpoint->region, "us-east-1") == 0) return;
    struct hr__writer out = hr__writer(call->configuration, sizeof call->configuration);
    hr__put_text(&out, "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/"
                       "\"><LocationConstraint>");
    hr__put_text(&out, endpoint->region);
    hr__put_text(&out, "</LocationConstraint></CreateBucketConfiguration>");
    call->http.body = hr_source_bytes(out.begin, hr__written(&out).size);
}

static void start_put(struct hr__s3_call *call) {
    struct hr_s3_put *put = (struct hr_s3_put *)(void *)call->request;
    enum hr_s3_payload payload = put->payload ? put->payload : call->client->payload;
    call->http.body = put->body;
    call->http.expect_continue = put->expect_continue;
    call->signed_payload = payload == HR_S3_PAYLOAD_SIGNED ||
                           (payload == HR_S3_PAYLOAD_DEFAULT && !call->client->endpoint.tls);
}

static void begin_payload(struct hr__s3_call *call) {
    const struct hr_source *body = &call->http.body;
    if (call->client->anonymous || !call->signed_payload || body->kind == HR_SOURCE_NONE ||
        body->size == 0) {
        hr__s3_call_ask(call);
        return;
    }
    if (hr__payload_check(body) != 0) {
        hr_error_set(&call->request->error, HR_ERR_SOURCE_NOT_REWINDABLE,
                     "a signed payload is read twice and this producer has no rewind; use payload "
                     "unsigned");
        hr__s3_call_finish(call, HR_ERR_SOURCE_NOT_REWINDABLE);
        return;
    }
    call->phase = HR__S3_HASHING;
    call->payload.reactor = call->reactor;
    call->payload.source = body;
    call->payload.spare = &call->shard->hash;
    call->payload.on_done = on_hashed;
    hr__payload_begin(&call->payload);
}

void hr__s3_call_start(struct hr_request *request) {
    struct hr_s3_client_s *client = request->private_.owner;
    struct hr_reactor *reactor = request->private_.reactor;
    struct hr__s3_call *call = take_call(&client->shards[hr__reactor_index(reactor)]);
    if (!call) {
        hr__request_finish(request, -ENOMEM);
        return;
    }
    call->client = client;
    call->reactor = reactor;
    call->request = request;
    hr__s3_set_call(request, call);
    hr__s3_take_parameters(request, &call->parameters);
    int err = hr__s3_check(&call->parameters, &request->error);
    enum hr__s3_kind kind = call->parameters.kind;
    if (!err && hr__s3_operations[kind].answer == HR__ANSWER_LISTING) err = hr__s3_page_open(call);
    if (err) {
        hr__s3_call_finish(call, err);
        return;
    }
    call->http.body = hr_source_none();
    if (kind == HR__S3_PUT) start_put(call);
    if (kind == HR__S3_BUCKET_CREATE) {
        configure(call);
        call->signed_payload = true;
    }
    begin_payload(call);
}

void hr__s3_call_stop(struct hr_request *request, int reason) {
    struct hr__s3_call *call = hr__s3_get_call(request);
    call->stop_reason = reason;
    switch (call->phase) {
    case HR__S3_HASHING:
        hr__payload_stop(&call->payload, reason);
        break;
    case HR__S3_ASKING:
        hr__http_request_abort(&call->http, reason);
        break;
    case HR__S3_READING:
        break; /* its task sees it */
    }
}

void hr__s3_call_resume(struct hr_request *request) {
    struct hr__s3_call *call = hr__s3_get_call(request);
    if (call->phase == HR__S3_HASHING)
        hr__payload_resume(&call->payload);
    else if (call->phase == HR__S3_ASKING)
        hr__http_request_resume(&call->http);
}
