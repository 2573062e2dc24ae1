/* One attempt: its beginning, its connection, its end.
 *
 * While it holds a connection the events of the stream are its own. Order of an attempt: checks and
 * head (call_head.c), admission (call_admit.c), connection, verdict (call_retry.c). */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "pool_idle.h"

static uint64_t now(const struct hr_call *call) {
    return hr__reactor_now(call->shard->reactor);
}

static void attempt_ended(struct hr_call *call);

/* ---- Its beginning. */

static void clear_attempt(struct hr_call *call) {
    struct hr_http_request *request = call->request;
    if (request->request.error.code)
        memset(&request->request.error, 0, sizeof request->request.error);
    request->status = 0;
    request->body_bytes = 0;
    request->decoded_bytes = 0;
    request->sent_bytes = 0;
    request->reused = false;
    call->outcome = 0;
    call->refused = call->own_error = false;
    call->write_error = 0;
    call->head_sent = call->body_done = call->await_continue = call->send_stopped = false;
    call->source_paused = call->sink_paused = call->resume_source = call->resume_sink = false;
    call->answered = call->interim_seen = call->final_head = call->answer_complete = false;
    call->answer_waits = call->poisoned = call->flushing = call->last_chunk_sent = false;
    call->sending_body = 0;
    call->direct = call->held = NULL;
    call->held_size = 0;
    call->writing = call->ended = call->spent = false;
    call->acquired_ns = call->write_ns = call->first_byte_ns = 0;
    call->waiter.connect_begun_ns = call->waiter.resolve_ns = call->waiter.tls_ns = 0;
    call->waiter.idle_ns = 0;
    call->window_runs = false;
    call->hedging = call->is_hedge;
    call->window_left_ns = 0;
    call->intercepted = call->retry_decided = call->budget_refused = false;
}

static int rewind_source(struct hr_call *call) {
    if (call->source.source) return hr__source_rewind(&call->source);
    hr__source_open(&call->source, call->shard->reactor, &call->shard->blocks, &call->request->body,
                    hr__send_ready);
    return 0;
}

void hr__call_attempt(struct hr_call *call) {
    struct hr_http_request *request = call->request;
    unsigned attempt = ++request->request.attempts;
    /* A hedge of the attempt before is none of this one. */
    if (call->twin && !call->is_hedge) hr__call_stop(call->twin, -ECANCELED);
    clear_attempt(call);
    call->begun_ns = attempt == 1 && !call->is_hedge ? request->request.started_ns : now(call);
    if (!call->is_hedge) call->asked_ns = call->begun_ns;
    hr__count(&call->shard->counters.attempts, 1);
    hr__count(&hr__reactor_counters(call->shard->reactor)->attempts, 1);
    if (request->hooks_) {
        int err = request->hooks_->prepare_attempt(request, attempt);
        if (err < 0) {
            call->outcome = err;
            hr__call_note(call, err);
            hr__call_finish(call, err);
            return;
        }
    }
    if (request->sink.kind == HR_SINK_BUFFER && request->sink.buffer)
        request->sink.buffer->size = 0;
    int err = hr__prepare(call);
    if (!err) err = rewind_source(call);
    if (err) {
        struct hr_error *error = &request->request.error;
        if (error->code == err)
            hr__call_refuse_said(call, err);
        else
            hr__call_refuse(call, err, "%s", hr_error_text(err));
        return;
    }
    call->body_done = call->source.ended;
    hr__hedge_arm(call);
    hr__call_admit(call);
}

/* Ends the attempt before it had a connection; nobody is asked about another. */
void hr__call_refuse(struct hr_call *call, int result, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    hr__call_say(call, result, format, arguments);
    va_end(arguments);
    hr__call_refuse_said(call, result);
}

void hr__call_refuse_said(struct hr_call *call, int result) {
    call->outcome = result;
    call->refused = true;
    attempt_ended(call);
}

/* ---- Its connection. */

static size_t on_lent(struct hr_stream *stream, const char *data, size_t size) {
    return hr__receive_lent(stream->owner, data, size);
}

static void on_direct(struct hr_stream *stream, size_t size) {
    hr__receive_direct(stream->owner, size);
}

static void on_end(struct hr_stream *stream, int result) {
    struct hr_call *call = stream->owner;
    call->ended = true;
    hr__receive_end(call, result);
}

static void on_written(struct hr_stream *stream, int result) {
    struct hr_call *call = stream->owner;
    call->writing = false;
    hr__send_written(call, result);
}

static const struct hr_stream_events stream_events = {
    .on_lent = on_lent,
    .on_direct = on_direct,
    .on_end = on_end,
    .on_written = on_written,
};

/* What a request is told of its connection. */
static void describe(const struct hr_connection *connection, struct hr_http_request *request) {
    request->peer.ss_family = AF_UNSPEC;
    if (connection->peer.any.sa_family)
        memcpy(&request->peer, &connection->peer, hr__address_size(&connection->peer));
    if (connection->origin->key.tls)
        hr__tls_info(connection->stream, &request->tls);
    else
        request->tls = (struct hr_tls_info){0};
}

void hr__attempt_connected(struct hr_call *call) {
    struct hr_connection *connection = call->waiter.connection;
    assert(call->state == HR_CALL_ACQUIRING && call->waiter.state == HR_WAITER_HOLDING);
    connection->stream->events = &stream_events;
    connection->stream->owner = call;
    connection->deadline.on_due = hr__watch_due;
    call->state = HR_CALL_ACTIVE;
    call->acquired_ns = now(call);
    call->begun_in_flight = connection->origin->in_flight;
    call->waiter.fresh = false;
    describe(connection, call->request);
    call->request->reused = connection->served;
    int err = hr__http1_parser_acquire(&call->shard->parsers, call, &call->parser);
    if (!err) hr__http1_parser_begin(call->parser, call->head_request);
    if (!err) err = hr__prepare_deadline(call);
    if (err) {
        hr__call_fail(call, err, "%s", hr_error_text(err));
        return;
    }
    hr__send_begin(call);
}

static void on_ready(struct hr_pool_waiter *waiter) {
    hr__attempt_connected(hr__container_of(waiter, struct hr_call, waiter));
}

static void on_failed(struct hr_pool_waiter *waiter, int result, const char *reason) {
    struct hr_call *call = hr__container_of(waiter, struct hr_call, waiter);
    if (call->state != HR_CALL_ACQUIRING) {
        hr__call_settle(call); /* it had been given up */
    } else if (result == HR_ERR_POOL_TIMEOUT) {
        hr__call_refuse_said(call, hr__call_say_unconnected(call, result, reason));
    } else if (!waiter->connect_begun_ns) {
        hr__call_refuse(call, result, "%s", hr_error_text(result));
    } else {
        hr__call_say_unconnected(call, result, reason);
        hr__call_fail(call, result, "%s", hr_error_text(result));
    }
}

static void on_closed(struct hr_pool_waiter *waiter) {
    hr__call_settle(hr__container_of(waiter, struct hr_call, waiter));
}

const struct hr_waiter_events hr__attempt_events = {
    .on_ready = on_ready, .on_failed = on_failed, .on_closed = on_closed};

/* ---- Its end. */

/* A file keeps what had come. What may wait for somebody who reads is not waited for, nor anything
 * once the request is to stop. */
static void end_sink(struct hr_call *call) {
    if (!call->final_head) return;
    if (!hr__sink_busy(&call->sink)) {
        if (!call->own_error) hr__sink_finish(&call->sink);
    } else if (call->stop_reason || call->sink.touched) {
        hr__sink_stop(&call->sink);
    }
}

void hr__call_fail(struct hr_call *call, int result, const char *format, ...) {
    if (call->state == HR_CALL_CLOSING) return;
    if (!call->request->request.error.code || call->request->request.error.code != result) {
        va_list arguments;
        va_start(arguments, format);
        hr__call_say(call, result, format, arguments);
        va_end(arguments);
    }
    call->outcome = result;
    call->state = HR_CALL_CLOSING;
    if (hr__source_busy(&call->source)) hr__source_stop(&call->source);
    end_sink(call);
    if (call->waiter.connection) hr__connection_close(call->waiter.connection);
    hr__call_settle(call);
}

void hr__call_settle(struct hr_call *call) {
    if (call->waiter.connection || hr__source_busy(&call->source) || hr__sink_busy(&call->sink))
        return;
    attempt_ended(call);
}

void hr__call_note(struct hr_call *call, int result) {
    struct hr_request *request = &call->request->request;
    uint64_t end = now(call), got = call->acquired_ns ? call->acquired_ns : end;
    struct hr_timings *timings = &request->timings;
    memset(timings, 0, sizeof *timings);
    timings->total_ns = end - call->begun_ns;
    uint64_t connect_begun = call->waiter.connect_begun_ns ? call->waiter.connect_begun_ns : got;
    timings->queue_ns = connect_begun - call->begun_ns;
    timings->connect_ns = got - connect_begun;
    if (call->waiter.resolve_ns + call->waiter.tls_ns <= timings->connect_ns) {
        timings->resolve_ns = call->waiter.resolve_ns;
        timings->tls_ns = call->waiter.tls_ns;
        timings->connect_ns -= call->waiter.resolve_ns + call->waiter.tls_ns;
    }
    if (call->first_byte_ns) {
        timings->first_byte_ns =
            call->first_byte_ns - (call->write_ns ? call->write_ns : call->acquired_ns);
        timings->body_ns = end - call->first_byte_ns;
    }
    if (!request->attempt_log || request->attempts > request->attempt_log_size) return;
    struct hr_attempt *entry = &request->attempt_log[request->attempts - 1];
    entry->result = result;
    entry->http_status = call->request->status;
    entry->backoff_ns = call->backoff_ns;
    entry->timings = *timings;
}

/* ---- The verdict. */

/* Whether its end says nothing about the host: it never got as far, this side wanted no more of it,
 * failed or kept it waiting, or a kept connection had been closed in the meantime. */
static bool says_nothing(const struct hr_call *call, bool stale) {
    if (call->refused || call->own_error || stale ||
        (call->stop_reason && call->stop_reason != -ETIMEDOUT))
        return true;
    return !call->acquired_ns && !call->waiter.connect_begun_ns;
}

/* What the adaptive limit learns from: how long it took from the connection on, and whether the
 * host dropped it. */
static void sample_gradient(struct hr_call *call) {
    if (!call->shard->client->pool.limits.adaptive_concurrency || !call->acquired_ns) return;
    int status = call->request->status;
    if (hr_breaker_classify(call->outcome, status) == HR_BREAKER_IGNORED) return;
    struct hr_gradient_sample sample = {
        .latency_ns = now(call) - call->acquired_ns,
        .in_flight = call->begun_in_flight,
        .dropped = hr__retry_transient(call->outcome) || status == 429 || status == 503,
    };
    hr__gradient_add(&call->waiter.origin->gradient, &sample);
}

/* A connection that was dead when it was used fails within a round trip; what fails later has
 * failed for another reason. */
#define LOSS_SEEN_WITHIN_NS UINT64_C(1000000000)

static void teach_idle_time(struct hr_call *call) {
    bool unanswered = !call->answered && hr__retry_lost(call->outcome);
    if (!unanswered || call->own_error || call->stop_reason || call->waiter.idle_ns == 0 ||
        now(call) - call->acquired_ns > LOSS_SEEN_WITHIN_NS)
        return;
    hr__idle_lost(call->waiter.origin, call->waiter.idle_ns);
}

static void attempt_ended(struct hr_call *call) {
    hr__timer_stop(call->shard->reactor, &call->hedge_timer);
    hr__call_note(call, call->outcome);
    bool stale =
        !call->stop_reason && !call->refused && !call->own_error && hr__call_is_stale(call);
    teach_idle_time(call);
    bool nothing = says_nothing(call, stale);
    if (!nothing) sample_gradient(call);
    hr__call_leave_breaker(call, nothing);
    hr__decode_free(call);
    hr__head_give(call);
    hr__http1_parser_release(&call->shard->parsers, call->parser);
    call->parser = NULL;
    if (call->is_hedge)
        hr__hedge_gone(call);
    else if (call->stop_reason)
        hr__call_finish(call, call->stop_reason);
    else if (hr__redirect_follow(call) || hr__call_repeat_unexpected(call))
        return;
    else if (call->outcome < 0 && !call->own_error && hr__hedge_takes_over(call))
        hr__hedge_gone(call);
    else if (stale)
        hr__call_retry_stale(call);
    else
        hr__call_judge(call);
}
