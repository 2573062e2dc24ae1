/* An attempt: the events of its connection, its beginning and its end. The parts say what has
 * happened; which of them acts next is decided here. */
#include "attempt.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "call.h"
#include "pool_idle.h"
#include "retry.h"

/* A connection that was dead when it was used fails within a round trip; what fails later has
 * failed for another reason. */
#define LOSS_SEEN_WITHIN_NS UINT64_C(1000000000)

static uint64_t now(const struct hr_call_attempt *attempt) {
    return hr__reactor_now(attempt->call->shard->reactor);
}

/* ---- Its end. */

static void end(struct hr_call_attempt *attempt) {
    assert(!attempt->waiter.connection);
    attempt->state = HR_ATTEMPT_NONE;
    attempt->call->events->on_ended(attempt);
}

/* Goes on once the kernel holds nothing of it. */
static void settle(struct hr_call_attempt *attempt) {
    assert(attempt->state == HR_ATTEMPT_CLOSING);
    if (attempt->waiter.connection || hr__source_busy(&attempt->source) ||
        hr__sink_busy(&attempt->sink))
        return;
    end(attempt);
}

/* A file keeps what had come. What may wait for somebody who reads is not waited for, nor anything
 * once the attempt is to stop. */
static void end_sink(struct hr_call_attempt *attempt) {
    if (attempt->receiver.state < HR_RECEIVER_BODY) return;
    if (!hr__sink_busy(&attempt->sink)) {
        if (!attempt->own_error) hr__sink_finish(&attempt->sink);
    } else if (attempt->stop_reason || attempt->sink.touched) {
        hr__sink_stop(&attempt->sink);
    }
}

/* The first sentence is kept. */
static void fail(struct hr_call_attempt *attempt, int result) {
    if (attempt->state == HR_ATTEMPT_CLOSING) return;
    assert(attempt->state == HR_ATTEMPT_ACQUIRING || attempt->state == HR_ATTEMPT_ACTIVE);
    attempt->outcome = hr__attempt_say_code(attempt, result);
    attempt->state = HR_ATTEMPT_CLOSING;
    if (hr__source_busy(&attempt->source)) hr__source_stop(&attempt->source);
    end_sink(attempt);
    if (attempt->waiter.connection) hr__connection_close(attempt->waiter.connection);
    settle(attempt);
}

void hr__attempt_refuse(struct hr_call_attempt *attempt, int result) {
    attempt->outcome = hr__attempt_say_code(attempt, result);
    attempt->refused = true;
    end(attempt);
}

void hr__attempt_stop(struct hr_call_attempt *attempt, int reason) {
    if (attempt->stop_reason) return;
    attempt->stop_reason = reason;
    attempt->own_error |= reason == -ETIMEDOUT && hr__watch_is_own(attempt);
    if (hr__admit_cancel(attempt))
        hr__attempt_refuse(attempt, reason);
    else if (attempt->state == HR_ATTEMPT_ACQUIRING || attempt->state == HR_ATTEMPT_ACTIVE)
        fail(attempt, reason);
}

/* ---- The response is complete. */

static void send_on(struct hr_call_attempt *attempt) {
    int err = hr__send_more(attempt);
    if (err)
        fail(attempt, err);
    else
        hr__watch_set(attempt);
}

/* An early response that is neither an error nor the connection's last does not say that the server
 * wants no more of the body (RFC 9112 9.5): all that the source has is sent. Nobody waits for a
 * producer that has nothing at that moment. */
static bool is_sending(struct hr_call_attempt *attempt) {
    const struct hr_sender *sender = &attempt->sender;
    if (!sender->writing && (!hr__send_has_more(attempt) || sender->paused)) return false;
    attempt->receiver.waiting = true;
    if (sender->writing || hr__source_busy(&attempt->source)) {
        hr__watch_set(attempt);
        return true;
    }
    send_on(attempt);
    return attempt->state != HR_ATTEMPT_ACTIVE || sender->writing || sender->limited ||
           hr__source_busy(&attempt->source);
}

/* No more of the response comes, or is wanted. */
static void done(struct hr_call_attempt *attempt) {
    struct hr_connection *connection = attempt->waiter.connection;
    int flushed = hr__receive_flush(attempt);
    if (flushed < 0) {
        fail(attempt, flushed);
        return;
    }
    if (flushed == 0) {
        hr__watch_set(attempt);
        return;
    }
    bool keep = hr__receive_keeps(attempt), sent = hr__send_complete(attempt);
    if (keep && !sent && attempt->sender.state != HR_SENDER_STOPPED &&
        attempt->receiver.status < 400 && is_sending(attempt))
        return;
    attempt->outcome = 0;
    attempt->state = HR_ATTEMPT_CLOSING;
    if (hr__source_busy(&attempt->source)) hr__source_stop(&attempt->source);
    if (keep && sent) {
        hr__pool_release(connection);
    } else {
        /* The kernel may still read the request's memory: then the attempt waits for the close. */
        if (!attempt->sender.writing) hr__connection_detach(connection);
        hr__connection_close(connection);
    }
    settle(attempt);
}

/* Bytes have come, or may go. */
static void go_on(struct hr_call_attempt *attempt) {
    const struct hr_sender *sender = &attempt->sender;
    if (attempt->receiver.state == HR_RECEIVER_COMPLETE)
        done(attempt);
    else if (sender->state == HR_SENDER_BODY && !sender->paused && !sender->writing &&
             !hr__source_busy(&attempt->source))
        send_on(attempt);
    else
        hr__watch_set(attempt);
}

/* As go_on, where the receiver may have failed or a callback have ended the attempt. */
static void received(struct hr_call_attempt *attempt, int err) {
    if (err)
        fail(attempt, err);
    else if (attempt->state == HR_ATTEMPT_ACTIVE)
        go_on(attempt);
}

/* ---- Events of the stream. */

static size_t on_lent(struct hr_stream *stream, const char *data, size_t size) {
    struct hr_call_attempt *attempt = stream->owner;
    if (attempt->receiver.state == HR_RECEIVER_COMPLETE) {
        attempt->receiver.poisoned = true;
        return size;
    }
    size_t used = size;
    int err = hr__receive_lent(attempt, data, size, &used);
    if (!err && attempt->state == HR_ATTEMPT_ACTIVE && hr__receive_is_abandoned(attempt)) {
        done(attempt);
        return size;
    }
    if (err || attempt->state != HR_ATTEMPT_ACTIVE) used = size;
    received(attempt, err);
    return used;
}

static void on_direct(struct hr_stream *stream, size_t size) {
    struct hr_call_attempt *attempt = stream->owner;
    received(attempt, hr__receive_direct(attempt, size));
}

static void on_end(struct hr_stream *stream, int result) {
    struct hr_call_attempt *attempt = stream->owner;
    attempt->receiver.ended = true;
    if (attempt->receiver.state == HR_RECEIVER_COMPLETE) {
        attempt->receiver.poisoned = true;
        if (attempt->receiver.waiting) done(attempt);
        return;
    }
    int err = hr__receive_end(attempt, result);
    if (err < 0)
        fail(attempt, err);
    else
        done(attempt);
}

/* An error on this side alone: the peer knows nothing of it and waits for the rest. Else the peer
 * may have said before why it took no more, and the response is waited for. */
static void write_failed(struct hr_call_attempt *attempt, int result) {
    char peer[HR_ORIGIN_TEXT_MAX];
    if (hr__retry_lost(result))
        hr__watch_set(attempt);
    else
        fail(attempt,
             hr__attempt_say(attempt, result, "sending to %s: %s",
                             hr__attempt_peer(attempt, peer, sizeof peer), hr_error_text(result)));
}

static void on_written(struct hr_stream *stream, int result) {
    struct hr_call_attempt *attempt = stream->owner;
    hr__send_written(attempt, result);
    enum hr_sender_state state = attempt->sender.state;
    if (attempt->receiver.state == HR_RECEIVER_COMPLETE)
        done(attempt);
    else if (result < 0)
        write_failed(attempt, result);
    else if (state == HR_SENDER_BODY || state == HR_SENDER_TRAILERS)
        send_on(attempt);
    else
        hr__watch_set(attempt);
}

static const struct hr_stream_events stream_events = {
    .on_lent = on_lent,
    .on_direct = on_direct,
    .on_end = on_end,
    .on_written = on_written,
};

static void on_due(struct hr_deadline *deadline) {
    const struct hr_connection *connection =
        hr__container_of(deadline, struct hr_connection, deadline);
    struct hr_call_attempt *attempt =
        hr__container_of(connection->waiter, struct hr_call_attempt, waiter);
    int result = hr__watch_due(attempt);
    if (result > 0) attempt->sender.limited = false; /* until it is found to be again */
    if (result < 0)
        fail(attempt, result);
    else if (result > 0 && attempt->receiver.limited)
        received(attempt, hr__receive_go_on(attempt));
    else if (result > 0)
        go_on(attempt);
}

/* ---- Events of source, sink and decoder. */

void hr__attempt_body_ready(struct hr_source_reader *reader) {
    struct hr_call_attempt *attempt = hr__container_of(reader, struct hr_call_attempt, source);
    if (attempt->state != HR_ATTEMPT_ACTIVE)
        settle(attempt);
    else if (attempt->receiver.state != HR_RECEIVER_COMPLETE || attempt->receiver.waiting)
        send_on(attempt);
}

static void on_sink_ready(struct hr_sink_writer *writer) {
    struct hr_call_attempt *attempt = hr__container_of(writer, struct hr_call_attempt, sink);
    if (attempt->state != HR_ATTEMPT_ACTIVE)
        settle(attempt);
    else if (writer->error)
        fail(attempt, hr__receive_file_failed(attempt, writer->error));
    else if (attempt->receiver.flushing)
        done(attempt);
    else if (attempt->receiver.paused)
        received(attempt, hr__receive_go_on(attempt));
}

static void on_turn(struct hr_call_attempt *attempt) {
    if (attempt->state == HR_ATTEMPT_ACTIVE && attempt->receiver.paused)
        received(attempt, hr__receive_go_on(attempt));
}

void hr__attempt_resume(struct hr_call_attempt *attempt) {
    bool active = attempt->state == HR_ATTEMPT_ACTIVE, source = active && attempt->sender.paused;
    bool sink = active && attempt->receiver.paused && attempt->sink.pushed_back;
    /* It does not say whom it is for: a side that does not wait yet keeps it. */
    attempt->sender.resumed = !source;
    attempt->receiver.resumed = !sink;
    if (source && attempt->receiver.state != HR_RECEIVER_COMPLETE) send_on(attempt);
    if (!sink || attempt->state != HR_ATTEMPT_ACTIVE) return;
    attempt->sink.pushed_back = false;
    received(attempt, hr__receive_go_on(attempt));
}

/* ---- Its connection. */

void hr__attempt_describe(const struct hr_call_attempt *attempt) {
    const struct hr_connection *connection = attempt->waiter.connection;
    struct hr_http_request *request = attempt->call->request;
    bool held = attempt->waiter.state == HR_WAITER_HOLDING;
    request->connection.reused = attempt->reused;
    request->connection.peer.ss_family = AF_UNSPEC;
    if (held && connection->peer.any.sa_family)
        memcpy(&request->connection.peer, &connection->peer, hr__address_size(&connection->peer));
    if (held && connection->origin->key.tls)
        hr__tls_info(connection->stream, &request->connection.tls);
    else
        request->connection.tls = (struct hr_tls_info){0};
}

/* The head as it goes out, and the certificate of the server that it goes to. */
static void show_attempt(const struct hr_call_attempt *attempt) {
    struct hr_http_request *request = attempt->call->request;
    struct hr_tls_certificate certificate;
    struct hr_http_attempt shown = {
        .head = hr_slice_bytes(attempt->sender.head, attempt->sender.head_size)};
    if (hr__tls_certificate(attempt->waiter.connection->stream, &certificate))
        shown.certificate = &certificate;
    request->on_attempt(request, &shown);
}

void hr__attempt_connected(struct hr_call_attempt *attempt) {
    struct hr_call *call = attempt->call;
    struct hr_connection *connection = attempt->waiter.connection;
    assert(attempt->state == HR_ATTEMPT_ACQUIRING && attempt->waiter.state == HR_WAITER_HOLDING);
    connection->stream->events = &stream_events;
    connection->stream->owner = attempt;
    connection->deadline.on_due = on_due;
    attempt->state = HR_ATTEMPT_ACTIVE;
    attempt->times.acquired_ns = now(attempt);
    attempt->begun_in_flight = connection->origin->in_flight;
    attempt->waiter.fresh = false;
    attempt->reused = connection->served;
    if (connection->origin->shared->outliers && !connection->origin->proxy)
        attempt->peer = connection->peer;
    bool own = hr__attempt_is_own(attempt);
    if (own) hr__attempt_describe(attempt);
    int err = hr__http1_parser_acquire(&call->shard->parsers, &call->settings->response, attempt,
                                       &attempt->receiver.parser);
    if (!err) hr__http1_parser_begin(attempt->receiver.parser, call->head_request);
    if (!err) err = hr__head_update(attempt);
    if (err) {
        fail(attempt, err);
        return;
    }
    if (own && call->request->on_attempt) show_attempt(attempt);
    if (hr__attempt_secret(attempt) == HR_HTTP_SECRET_ALL)
        connection->stream->vtable->wipe(connection->stream);
    send_on(attempt);
}

static struct hr_call_attempt *of(struct hr_pool_waiter *waiter) {
    return hr__container_of(waiter, struct hr_call_attempt, waiter);
}

static void on_ready(struct hr_pool_waiter *waiter) {
    hr__attempt_connected(of(waiter));
}

static void on_failed(struct hr_pool_waiter *waiter, int result, const char *reason) {
    struct hr_call_attempt *attempt = of(waiter);
    if (attempt->state == HR_ATTEMPT_CLOSING)
        settle(attempt);
    else if (result == HR_ERR_POOL_TIMEOUT)
        hr__attempt_refuse(attempt, hr__attempt_say_unconnected(attempt, result, reason));
    else if (!waiter->connect_begun_ns)
        hr__attempt_refuse(attempt, result);
    else
        fail(attempt, hr__attempt_say_unconnected(attempt, result, reason));
}

static void on_closed(struct hr_pool_waiter *waiter) {
    settle(of(waiter));
}

static const struct hr_waiter_events waiter_events = {
    .on_ready = on_ready, .on_failed = on_failed, .on_closed = on_closed};

/* ---- Its beginning. */

void hr__attempt_init(struct hr_call_attempt *attempt, struct hr_call *call) {
    memset(attempt, 0, offsetof(struct hr_call_attempt, sender.iov));
    attempt->call = call;
    attempt->waiter.events = &waiter_events;
    attempt->waiter.times = &call->times.connect;
    attempt->source.source = NULL;
    attempt->source.block = NULL;
    attempt->sink.on_ready = NULL;
    attempt->sink.block = NULL;
    /* A file that another attempt has begun may be cut by one that never opened its sink. */
    attempt->sink.reactor = call->shard->reactor;
    hr__sink_forget(&attempt->sink);
}

void hr__attempt_clear(struct hr_call_attempt *attempt, uint64_t begun_ns) {
    assert(attempt->state == HR_ATTEMPT_NONE && !attempt->sender.head);
    attempt->outcome = attempt->stop_reason = 0;
    attempt->refused = attempt->own_error = attempt->reused = false;
    attempt->times = (struct hr_attempt_times){.begun_ns = begun_ns};
    attempt->peer.any.sa_family = AF_UNSPEC;
    attempt->watch = (struct hr_watch){.awaited = HR_AWAITED_NOBODY};
    attempt->receiver = (struct hr_receiver){.on_ready = on_sink_ready, .on_turn = on_turn};
    memset(&attempt->sender, 0, offsetof(struct hr_sender, iov));
    struct hr_pool_waiter *waiter = &attempt->waiter;
    waiter->connect_begun_ns = waiter->resolve_ns = waiter->tls_ns = waiter->idle_ns = 0;
}

int hr__attempt_prepare(struct hr_call_attempt *attempt) {
    struct hr_client_shard *shard = attempt->call->shard;
    int err = hr__head_prepare(attempt);
    if (err) return err;
    if (attempt->source.source) {
        err = hr__source_rewind(&attempt->source);
    } else {
        hr__source_open(&attempt->source, shard->reactor, &shard->blocks,
                        &attempt->call->request->body, hr__attempt_body_ready);
    }
    attempt->source.whole = attempt->sender.framing != NULL;
    return err;
}

/* ---- After its end. */

static void split_connect(const struct hr_pool_waiter *waiter, struct hr_timings *timings) {
    if (waiter->resolve_ns + waiter->tls_ns > timings->connect_ns) return;
    timings->resolve_ns = waiter->resolve_ns;
    timings->tls_ns = waiter->tls_ns;
    timings->connect_ns -= waiter->resolve_ns + waiter->tls_ns;
}

void hr__attempt_log(const struct hr_call_attempt *attempt, int result) {
    const struct hr_attempt_times *times = &attempt->times;
    const struct hr_pool_waiter *waiter = &attempt->waiter;
    struct hr_request *request = &attempt->call->request->request;
    struct hr_timings *timings = &request->timings;
    if (!hr__attempt_is_own(attempt)) return;
    uint64_t end_ns = now(attempt), got_ns = times->acquired_ns ? times->acquired_ns : end_ns;
    uint64_t connect_ns = waiter->connect_begun_ns ? waiter->connect_begun_ns : got_ns;
    memset(timings, 0, sizeof *timings);
    timings->total_ns = end_ns - times->begun_ns;
    timings->queue_ns = connect_ns - times->begun_ns;
    timings->connect_ns = got_ns - connect_ns;
    split_connect(waiter, timings);
    if (times->first_byte_ns) {
        uint64_t sent_ns = times->write_ns ? times->write_ns : times->acquired_ns;
        timings->first_byte_ns = times->first_byte_ns - sent_ns;
        timings->body_ns = end_ns - times->first_byte_ns;
    }
    if (!request->attempt_log || request->attempts > request->attempt_log_size) return;
    request->attempt_log[request->attempts - 1] = (struct hr_attempt){
        .result = result,
        .status = attempt->receiver.status,
        .backoff_ns = attempt->hedging ? 0 : attempt->call->backoff_ns, /* a hedge had none */
        .timings = *timings,
    };
}

/* Whether its end says nothing about the origin: it never got as far, this side wanted no more of
 * it, failed or kept it waiting, or a kept connection had been closed in the meantime. */
static bool says_nothing(const struct hr_call_attempt *attempt, bool stale) {
    if (attempt->refused || attempt->own_error || stale ||
        (attempt->stop_reason && attempt->stop_reason != -ETIMEDOUT))
        return true;
    return !attempt->times.acquired_ns && !attempt->waiter.connect_begun_ns;
}

/* The adaptive limit learns from how long it took from the connection on, and from whether the
 * origin dropped it. */
static void sample_gradient(struct hr_call_attempt *attempt) {
    const struct hr_pool_shard *shard = attempt->call->shard->pool;
    if (!shard->limits.adaptive_concurrency || !attempt->times.acquired_ns) return;
    int status = attempt->receiver.status;
    struct hr_breaker_result result = {.code = attempt->outcome, .http_status = status};
    if (hr_breaker_classify(result) == HR_BREAKER_IGNORED) return;
    struct hr_gradient_sample sample = {
        .latency_ns = now(attempt) - attempt->times.acquired_ns,
        .in_flight = attempt->begun_in_flight,
        .dropped = hr__retry_transient(attempt->outcome) || status == 429 || status == 503,
    };
    hr__gradient_add(&attempt->waiter.origin->gradient, &sample);
}

static void teach_idle_time(const struct hr_call_attempt *attempt) {
    bool unanswered =
        attempt->receiver.state == HR_RECEIVER_NONE && hr__retry_lost(attempt->outcome);
    if (!unanswered || attempt->own_error || attempt->stop_reason ||
        now(attempt) - attempt->times.acquired_ns > LOSS_SEEN_WITHIN_NS)
        return;
    hr__idle_lost(attempt->waiter.origin, attempt->waiter.idle_ns);
}

void hr__attempt_account(struct hr_call_attempt *attempt, bool stale) {
    bool nothing = says_nothing(attempt, stale);
    assert(attempt->state == HR_ATTEMPT_NONE);
    teach_idle_time(attempt);
    if (!nothing) sample_gradient(attempt);
    if (!nothing && attempt->peer.any.sa_family) hr__admit_note_address(attempt);
    hr__admit_leave(attempt, nothing);
    hr__decode_free(attempt);
    hr__head_release(attempt);
    hr__http1_parser_release(&attempt->call->shard->parsers, attempt->receiver.parser);
    attempt->receiver.parser = NULL;
}

void hr__attempt_release(struct hr_call_attempt *attempt) {
    assert(attempt->state == HR_ATTEMPT_NONE);
    hr__head_release(attempt);
    if (attempt->source.block) hr__source_close(&attempt->source);
    if (attempt->sink.block) hr__sink_close(&attempt->sink);
    if (attempt->waiter.origin) hr__origin_release(attempt->waiter.origin);
    attempt->waiter.origin = NULL;
    attempt->source.source = NULL;
    attempt->sink.on_ready = NULL;
}
