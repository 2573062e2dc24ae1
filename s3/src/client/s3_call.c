/* One request from its start to its end: what is to be sent is hashed, the HTTP client asks, a
 * listing is read page by page. */
#include "s3_call.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <openssl/crypto.h>

/* ---- Memory. */

static struct hr__s3_call *acquire(struct hr__s3_shard *shard) {
    struct hr__s3_call *call = shard->calls_free;
    if (call) {
        assert(shard->calls_kept > 0);
        shard->calls_free = call->next;
        shard->calls_kept--;
    } else {
        call = calloc(1, sizeof *call);
        if (!call) return NULL;
    }
    memset(call, 0, offsetof(struct hr__s3_call, http));
    call->shard = shard;
    call->memory = (struct hr__memory){call->first_memory, sizeof call->first_memory};
    return call;
}

static void free_call(struct hr__s3_call *call) {
    hr_s3_hasher_deinit(&call->hasher);
    hr__s3_body_memory_deinit(&call->body_memory);
    free(call);
}

static void release(struct hr__s3_call *call) {
    struct hr__s3_shard *shard = call->shard;
    /* A document may have been a refusal, which quotes the request, or credentials. */
    if (call->body.data) OPENSSL_cleanse(call->body.data, call->body.capacity);
    hr_buffer_deinit(&call->body);
    hr__s3_body_end(&call->body_memory);
    hr__s3_page_free(&call->page);
    hr__s3_details_free(call->details);
    hr__s3_place_release(call->place);
    hr__s3_session_release(call->session);
    if (call->memory.data != call->first_memory) free(call->memory.data);
    assert(shard->calls_kept <= HR__S3_CALLS_KEPT && !call->invocation.turn.lane);
    free(call->detour); /* where it waited for keys in vain */
    if (shard->calls_kept == HR__S3_CALLS_KEPT) {
        free_call(call);
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
        free_call(call);
    }
    shard->calls_kept = 0;
}

/* ---- The phases. */

static void finish(struct hr__s3_call *call, int result) {
    struct hr_request *request = call->request;
    assert(hr__s3_request_call(request) == call);
    hr__s3_keys_drop(call);
    hr__s3_statistics_end(call, result);
    hr__s3_event_end(call, result);
    hr__s3_request_set_call(request, NULL);
    release(call);
    hr__request_finish(request, result);
}

/* One side speaks TLS and the other does not: a server that waits for TLS
 * closes a connection on which HTTP comes, or responds in TLS. */
static void add_scheme(const struct hr__s3_call *call, struct hr_error *error) {
    bool silent =
        (error->code == HR_ERR_HTTP_TRUNCATED || error->code == -ECONNRESET) && !error->http_status;
    if (hr__s3_call_endpoint(call)->tls) {
        if (error->code == HR_ERR_TLS_HANDSHAKE && strstr(error->message, "does not speak TLS"))
            hr__add_remedy(error, "; if that is plain HTTP, use http://");
    } else if (silent || error->code == HR_ERR_HTTP_MALFORMED) {
        hr__add_remedy(error, "; if TLS is spoken on that port, use https://");
    }
}

static void with_keys(struct hr__s3_call *call);

/* The next page, whose query has another token. */
static void ask_next(struct hr__s3_call *call) {
    int err = hr__s3_request_read(call);
    call->keys.renewed = call->corrected.skewed = false; /* a long listing may outlive several */
    if (err)
        finish(call, err);
    else
        with_keys(call);
}

static void run_page(struct hr_task *task) {
    struct hr__s3_call *call = hr__container_of(task, struct hr__s3_call, page.task);
    assert(call->phase == HR__S3_READING);
    int verdict = call->stop_reason ? call->stop_reason : hr__s3_page_step(call);
    if (verdict < 0)
        finish(call, verdict);
    else if (verdict == HR__S3_PAGE_MORE)
        hr__reactor_post(call->reactor, task); /* in the next turn */
    else if (verdict == HR__S3_PAGE_NEXT)
        ask_next(call);
    else
        finish(call, 0);
}

static void read_page(struct hr__s3_call *call) {
    assert(call->phase == HR__S3_ASKING);
    call->phase = HR__S3_READING;
    int err = hr__s3_page_begin(call);
    if (err) {
        finish(call, err);
        return;
    }
    call->page.task.run = run_page;
    hr__reactor_defer(call->reactor, &call->page.task);
}

/* From the first byte of the body. */
static bool rewind_body(const struct hr_source *body) {
    if (body->kind != HR_SOURCE_PRODUCER || body->size == 0) return true;
    return body->rewind && body->rewind(body->user) >= 0;
}

/* The request is there again behind a HEAD in between; its refusal stands in `base`, unless it was
 * stopped meanwhile. */
static bool return_to_it(struct hr__s3_call *call, struct hr_request *base) {
    struct hr_error refusal;
    bool again = hr__s3_region_return(call, &refusal);
    if (call->stop_reason) return false;
    base->error = refusal;
    base->result = refusal.code;
    return again;
}

/* Whether the request was refused for a reason that is put right now: it has had no effect,
 * whatever it asks for, and this is no retry. */
static bool once_more(struct hr__s3_call *call, struct hr_request *base) {
    bool again;
    if (call->detour)
        again = return_to_it(call, base);
    else
        again = base->result < 0 && call->attempt.bad_status && !call->stop_reason &&
                (hr__s3_keys_renew(call, &base->error) || hr__s3_region_again(call) ||
                 hr__s3_skew_again(call));
    if (!again || !rewind_body(&call->http.body)) return false;
    assert(call->phase == HR__S3_ASKING);
    call->phase = HR__S3_STARTING;
    return true;
}

/* The end, or something else is asked. */
static void fail(struct hr__s3_call *call, int result) {
    bool more = call->row->failed && !call->stop_reason && call->row->failed(call, &result);
    if (!more) {
        finish(call, result);
        return;
    }
    call->phase = HR__S3_STARTING;
    with_keys(call);
}

static void on_asked(struct hr_request *base) {
    struct hr__s3_call *call = hr__container_of(base, struct hr__s3_call, http.request);
    struct hr_request *request = call->request;
    request->attempts += base->attempts;
    request->timings = base->timings;
    if (call->row->answer_end) call->row->answer_end(call);
    if (once_more(call, base)) {
        with_keys(call);
    } else if (base->result < 0) {
        request->error = base->error;
        request->error.attempt = request->attempts;
        add_scheme(call, &request->error);
        fail(call, base->result);
    } else if (call->row->operation.response == HR__S3_RESPONSE_LISTING) {
        read_page(call);
    } else {
        int err = call->row->answer_body ? call->row->answer_body(call, &request->error) : 0;
        finish(call, err < 0 ? err : 0);
    }
}

static const struct hr_http_hooks *hooks_of(const struct hr__s3_call *call) {
    if (call->parameters.operation->kind == HR__S3_SESSION) return &hr__s3_secret_hooks;
    return call->body_plan.is_chunked ? &hr__s3_chunked_hooks : &hr__s3_attempt_hooks;
}

static void ask_now(struct hr__s3_call *call) {
    struct hr_request *request = call->request;
    assert(call->phase != HR__S3_ASKING && !call->stop_reason);
    call->phase = HR__S3_ASKING;
    call->http.request.on_done = on_asked;
    call->http.on_head = hr__s3_attempt_head;
    call->http.private_.hooks = hooks_of(call);
    call->http.method = call->parameters.operation->method;
    call->http.repeat = call->parameters.operation->repeat == HR__S3_REPEAT_NEVER
                            ? HR_HTTP_REPEAT_FORBIDDEN
                            : HR_HTTP_REPEAT_ALLOWED;
    /* The log goes on where the page before ended. */
    bool room = request->attempt_log && request->attempts < request->attempt_log_size;
    call->http.request.attempt_log = room ? request->attempt_log + request->attempts : NULL;
    call->http.request.attempt_log_size = room ? request->attempt_log_size - request->attempts : 0;
    hr__http_request_begin(call->client->http, call->reactor, &call->http);
}

static void on_turn(struct hr__s3_turn *turn) {
    ask_now(hr__s3_call_of_turn(turn));
}

/* At once, unless the store has asked to go slower. */
static void ask(struct hr__s3_call *call) {
    call->phase = HR__S3_PACED;
    if (!hr__s3_call_holds(call, on_turn)) ask_now(call);
}

static void on_keys(struct hr__s3_call *call, int result) {
    assert(call->phase == HR__S3_WAITING && !call->stop_reason);
    if (result < 0)
        finish(call, result);
    else
        ask(call);
}

/* Attempts of one question have one name. */
static void begin_invocation(struct hr__s3_call *call) {
    call->invocation = (struct hr__s3_invocation){
        .id = {hr__reactor_random(call->reactor), hr__reactor_random(call->reactor)},
        .attempts_before = call->request->attempts};
}

/* Asks as soon as there are credentials to sign with. */
static void with_keys(struct hr__s3_call *call) {
    begin_invocation(call);
    call->phase = HR__S3_WAITING;
    int result = hr__s3_keys_wait(call, on_keys);
    if (result != 0) on_keys(call, result);
}

static void hashed(struct hr__s3_call *call, int result) {
    if (result < 0 && result != call->stop_reason)
        hr_error_set(&call->request->error, result, "reading the body to sign it: %s",
                     hr_error_text(result));
    if (result < 0) {
        finish(call, result);
        return;
    }
    hr__s3_body_was_read(call);
    with_keys(call);
}

static void on_hashed(struct hr__payload *payload, int result) {
    hashed(hr__container_of(payload, struct hr__s3_call, body_memory.payload), result);
}

static void begin_payload(struct hr__s3_call *call) {
    int err = hr__s3_body_plan(call);
    if (err) {
        finish(call, err);
        return;
    }
    if (!hr__s3_body_is_read_first(call)) {
        with_keys(call);
        return;
    }
    assert(call->phase == HR__S3_STARTING);
    call->phase = HR__S3_HASHING;
    int result = hr__s3_body_read(call, on_hashed);
    if (result) hashed(call, result);
}

static int prepare(struct hr__s3_call *call) {
    bool listing = call->row->operation.response == HR__S3_RESPONSE_LISTING;
    call->parameters.operation = &call->row->operation; /* for reports of what fails first, too */
    int err = listing ? hr__s3_page_open(call) : 0;
    if (!err) err = hr__s3_request_read(call);
    if (!err) err = hr__s3_check(&call->parameters, &call->request->error);
    return err ? err : hr__s3_region_locate(call);
}

void hr__s3_call_start(struct hr_request *request) {
    struct hr_s3_client_s *client = request->private_.owner;
    struct hr_reactor *reactor = request->private_.reactor;
    struct hr__s3_call *call = acquire(&client->shards[hr__reactor_index(reactor)]);
    if (!call) {
        hr__request_finish(request, -ENOMEM);
        return;
    }
    call->client = client;
    call->reactor = reactor;
    call->request = request;
    call->row = hr__s3_request_row(request);
    hr__s3_request_set_call(request, call);
    hr__s3_refusal_begin(call); /* one of before is over */
    call->http.body = hr_source_none();
    call->http.expect_continue = false;
    int err = prepare(call);
    if (err)
        finish(call, err);
    else
        begin_payload(call);
}

void hr__s3_call_ended(void *client) {
    hr__http_client_leave(((hr_s3_client *)client)->http); /* the client may go now */
}

uint64_t hr__s3_call_timeout_ns(const struct hr_request *request) {
    const hr_s3_client *client = request->private_.owner;
    return hr__http_client_timeout_ns(client->http, request->private_.reactor);
}

void hr__s3_call_stop(struct hr_request *request, int reason) {
    struct hr__s3_call *call = hr__s3_request_call(request);
    assert(!call->stop_reason && reason < 0);
    call->stop_reason = reason;
    switch (call->phase) {
    case HR__S3_STARTING: /* over before start returns */
        break;
    case HR__S3_HASHING:
        hr__payload_stop(&call->body_memory.payload, reason);
        break;
    case HR__S3_WAITING:
        finish(call, reason);
        break;
    case HR__S3_PACED:
        hr__s3_pace_leave(&call->shard->pace, &call->invocation.turn);
        finish(call, reason);
        break;
    case HR__S3_ASKING:
        hr__s3_pace_leave(&call->shard->pace, &call->invocation.turn);
        hr__http_request_abort(&call->http, reason);
        break;
    case HR__S3_READING:
        break; /* its task sees it */
    }
}

void hr__s3_call_resume(struct hr_request *request) {
    struct hr__s3_call *call = hr__s3_request_call(request);
    if (call->phase == HR__S3_HASHING)
        hr__payload_resume(&call->body_memory.payload);
    else if (call->phase == HR__S3_ASKING)
        hr__http_request_resume(&call->http);
}
