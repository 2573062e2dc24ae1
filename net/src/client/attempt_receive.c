/* An attempt, inwards: heads, the body into its sink, the end. Small responses are lent and parsed
 * where they lie; long bodies of known size are received straight into the sink's memory. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "call.h"
#include "http1_keep_alive.h"
#include "pool_idle.h"

/* From so many bytes on that are still to come, single receives are cheaper than lent ones. */
#define DIRECT_MIN 65536
/* The rest of a response that another attempt follows is received up to this size, so that its
 * connection can be kept; beyond, a new one costs less. */
#define DROPPED_MAX 65536

/* ---- Heads. */

/* The response is nobody's. */
static int drop(struct hr_call_attempt *attempt) {
    static const struct hr_sink nowhere = {.kind = HR_SINK_DISCARD};
    struct hr_client_shard *shard = attempt->call->shard;
    void (*on_ready)(struct hr_sink_writer *) = attempt->receiver.on_ready;
    attempt->receiver.dropped = true;
    hr__send_stop(attempt);
    if (attempt->sink.block) hr__sink_close(&attempt->sink);
    hr__sink_open(&attempt->sink, shard->reactor, &shard->blocks, shard->scratch, &nowhere,
                  on_ready);
    return 0;
}

bool hr__receive_is_abandoned(const struct hr_call_attempt *attempt) {
    const struct hr_receiver *receiver = &attempt->receiver;
    if (!receiver->dropped || receiver->state == HR_RECEIVER_COMPLETE) return false;
    /* A body that runs to the close saves no connection, and a server may forget to close. */
    return hr__http1_parser_runs_to_close(receiver->parser) ||
           receiver->body_bytes + hr__http1_parser_body_left(receiver->parser) > DROPPED_MAX;
}

static void heed_keep_alive(struct hr_call_attempt *attempt, const struct hr_http_head *head) {
    struct hr_http1_keep_alive told = hr__http1_keep_alive_read(head);
    attempt->receiver.last |= told.last;
    if (told.timeout_s)
        hr__idle_announced(attempt->waiter.origin, told.timeout_s * UINT64_C(1000000000));
}

static int say_too_large(struct hr_call_attempt *attempt, int err, uint64_t size) {
    const struct hr_sink *sink = &attempt->sink.sink;
    switch (err) {
    case HR_ERR_SINK_FULL:
        return hr__attempt_say(attempt, err,
                               "a body of %" PRIu64 " bytes, and the sink has room for %zu", size,
                               sink->capacity);
    case -ENOBUFS:
        return hr__attempt_say(attempt, err,
                               "a body of %" PRIu64 " bytes does not fit into the engine's byte "
                               "budget (budget_bytes)",
                               size);
    case HR_ERR_HTTP_BODY_TOO_LARGE:
        return hr__attempt_say(attempt, err,
                               "a body of %" PRIu64 " bytes, and the sink's size_max is %" PRIu64,
                               size, sink->size_max);
    default:
        return err;
    }
}

/* All discarded bodies of a shard are received into the same memory, one over the other: not a body
 * whose bytes a hook reads. */
static bool is_read(const struct hr_call_attempt *attempt) {
    const struct hr_http_hooks *hooks = attempt->call->request->private_.hooks;
    return hooks && hooks->on_body;
}

/* The size of the body is known. */
static int expect(struct hr_call_attempt *attempt, uint64_t size) {
    struct hr_client_shard *shard = attempt->call->shard;
    int err = hr__sink_expect(&attempt->sink, size);
    if (err) return say_too_large(attempt, err, size);
    bool discards = attempt->sink.sink.kind == HR_SINK_DISCARD && !is_read(attempt);
    if (size >= DIRECT_MIN && discards && !shard->scratch) {
        shard->scratch = malloc(HR_SINK_DIRECT_MAX);
        attempt->sink.scratch = shard->scratch;
    }
    return 0;
}

/* on_head may have chosen another sink, one that takes more. */
static int reserve_sink(struct hr_call *call) {
    size_t cost = hr__sink_cost(&call->request->sink);
    size_t base = hr__source_cost(&call->request->body);
    if (cost == 0 || call->reserved >= base + cost) return 0;
    int err = hr__budget_grow(call->shard->reactor, cost);
    if (!err) call->reserved += cost;
    return err;
}

static int use_sink(struct hr_call_attempt *attempt, const struct hr_http_head *head) {
    struct hr_call *call = attempt->call;
    struct hr_client_shard *shard = call->shard;
    int err = hr__sink_check(&call->request->sink);
    if (!err) err = reserve_sink(call);
    if (err) return err;
    if (attempt->sink.block) hr__sink_close(&attempt->sink);
    char *scratch = is_read(attempt) ? NULL : shard->scratch;
    hr__sink_open(&attempt->sink, shard->reactor, &shard->blocks, scratch, &call->request->sink,
                  attempt->receiver.on_ready);
    err = hr__decode_open(attempt, head, attempt->receiver.on_turn);
    if (err || attempt->receiver.decode || !head->has_content_length || call->head_request ||
        head->status == 204 || head->status == 304)
        return err;
    return expect(attempt, head->content_length);
}

static int tell_head(struct hr_call_attempt *attempt, const struct hr_http_head *head) {
    struct hr_http_request *request = attempt->call->request;
    if (!request->on_head || !hr__attempt_is_own(attempt)) return 0;
    int err = request->on_head(request, head);
    attempt->own_error = err < 0;
    return err < 0 ? err : 0;
}

static int interim_head(struct hr_call_attempt *attempt, const struct hr_http_head *head) {
    int err = tell_head(attempt, head);
    if (err) return err;
    attempt->receiver.state = HR_RECEIVER_INTERIM;
    if (head->status == 100) hr__send_continue(attempt);
    return 0;
}

/* The rest of the connection's life, too: refusals are rare. */
static void heed_refusal(struct hr_call_attempt *attempt, int status) {
    struct hr_stream *stream = attempt->waiter.connection->stream;
    if (status <= 403 && hr__attempt_secret(attempt) == HR_HTTP_SECRET_REFUSALS)
        stream->vtable->wipe(stream);
}

static int final_head(struct hr_call_attempt *attempt, const struct hr_http_head *head) {
    struct hr_receiver *receiver = &attempt->receiver;
    int err = 0;
    heed_keep_alive(attempt, head);
    receiver->status = head->status;
    if (head->status >= 400) heed_refusal(attempt, head->status);
    enum hr_head_verdict verdict = attempt->call->events->on_head(attempt, head, &err);
    if (verdict == HR_HEAD_FAIL) return err;
    if (verdict == HR_HEAD_DROP) {
        receiver->state = HR_RECEIVER_BODY;
        return drop(attempt);
    }
    attempt->call->request->status = head->status;
    if (attempt->call->request->kept.names) hr_http_head_keep(head, &attempt->call->request->kept);
    err = tell_head(attempt, head);
    if (err) return err;
    receiver->state = HR_RECEIVER_BODY;
    /* An error while the body is still on its way: no more of it. Nor of one that waits for a 100
     * that will not come. */
    if (head->status >= 400 || attempt->sender.state == HR_SENDER_AWAIT_100) hr__send_stop(attempt);
    return use_sink(attempt, head);
}

static int on_head(void *user, const struct hr_http1_message *message) {
    struct hr_call_attempt *attempt = user;
    if (message->head.status == 101)
        return hr__attempt_say(attempt, HR_ERR_HTTP_UNEXPECTED,
                               "101 Switching Protocols, which was not asked for");
    return message->head.status < 200 ? interim_head(attempt, &message->head)
                                      : final_head(attempt, &message->head);
}

/* ---- The body. */

static ssize_t take_body(struct hr_call_attempt *attempt, const char *data, size_t size) {
    struct hr_receiver *receiver = &attempt->receiver;
    if (receiver->decode) return hr__decode_take(attempt, data, size); /* counts in failing too */
    ssize_t taken = hr__sink_take(&attempt->sink, data, size);
    if (taken < 0) attempt->own_error = true;
    if (taken <= 0) return taken;
    receiver->decoded_bytes += (uint64_t)taken;
    hr__attempt_count_body(attempt, (uint64_t)taken);
    return taken;
}

static ssize_t on_body(void *user, const char *data, size_t size) {
    struct hr_call_attempt *attempt = user;
    struct hr_http_request *request = attempt->call->request;
    const struct hr_http_hooks *hooks = request->private_.hooks;
    ssize_t taken = take_body(attempt, data, size);
    bool shown = taken > 0 && hooks && hooks->on_body && !attempt->receiver.dropped;
    if (shown && hr__attempt_is_own(attempt)) hooks->on_body(request, data, (size_t)taken);
    return taken;
}

static int on_trailers(void *user, const struct hr_http_field *fields, size_t count) {
    struct hr_call_attempt *attempt = user;
    struct hr_http_request *request = attempt->call->request;
    if (request->on_trailers && hr__attempt_is_own(attempt))
        request->on_trailers(request, fields, count);
    return 0;
}

static int on_complete(void *user) {
    struct hr_call_attempt *attempt = user;
    assert(attempt->receiver.state == HR_RECEIVER_BODY);
    attempt->receiver.state = HR_RECEIVER_COMPLETE;
    return 0;
}

const struct hr_http1_events hr__receive_events = {
    .on_head = on_head,
    .on_body = on_body,
    .on_trailers = on_trailers,
    .on_complete = on_complete,
};

/* ---- Failures. */

static int say_failed(struct hr_call_attempt *attempt, int err) {
    char peer[HR_ORIGIN_TEXT_MAX];
    const char *reason = hr__http1_parser_reason(attempt->receiver.parser);
    bool secret = hr__attempt_secret(attempt) == HR_HTTP_SECRET_ALL;
    const char *line = secret ? "" : hr__http1_parser_line(attempt->receiver.parser);
    bool malformed = err == HR_ERR_HTTP_MALFORMED || err == HR_ERR_HTTP_HEAD_TOO_LARGE;
    if (hr__attempt_error(attempt)->code == err) return err;
    if (malformed && !attempt->own_error)
        return hr__attempt_say(attempt, err,
                               *line ? "the response of %s: %s: \"%s\"" : "the response of %s: %s",
                               hr__attempt_peer(attempt, peer, sizeof peer),
                               reason[0] ? reason : hr_error_text(err), line);
    if (err == HR_ERR_SINK_FULL)
        return hr__attempt_say(attempt, err, "the body is larger than the sink's %zu bytes",
                               attempt->sink.sink.capacity);
    if (err == -ENOBUFS)
        return hr__attempt_say(attempt, err,
                               "after %" PRIu64 " bytes the sink could not grow within the "
                               "engine's byte budget (budget_bytes)",
                               attempt->receiver.body_bytes);
    return hr__attempt_say_code(attempt, err);
}

int hr__receive_file_failed(struct hr_call_attempt *attempt, int err) {
    attempt->own_error = true;
    return hr__attempt_say(attempt, err, "writing the sink's file: %s", hr_error_text(err));
}

/* ---- Bytes in. */

/* Gives them to the parser and on to the sink; `*done` of them were used. Fewer than `size`: the
 * message is complete, or the sink takes no more for now. */
static int feed(struct hr_call_attempt *attempt, const char *data, size_t size, size_t *done) {
    struct hr_receiver *receiver = &attempt->receiver;
    *done = 0;
    for (;;) {
        size_t used = 0;
        int err = hr__http1_parser_execute(receiver->parser, data + *done, size - *done, &used);
        *done += used;
        if (err) return say_failed(attempt, err);
        if (receiver->state == HR_RECEIVER_COMPLETE || *done == size ||
            attempt->state != HR_ATTEMPT_ACTIVE)
            return 0;
        /* The consumer pushed back, but has been told to go on already. */
        if (!attempt->sink.pushed_back || !receiver->resumed) return 0;
        receiver->resumed = false;
    }
}

static uint64_t body_left(const struct hr_call_attempt *attempt) {
    const struct hr_receiver *receiver = &attempt->receiver;
    if (receiver->state < HR_RECEIVER_BODY || receiver->decode) return 0;
    return hr__http1_parser_body_left(receiver->parser);
}

/* The client's bandwidth lets nothing move for now: the rest stays with the server. */
static bool hold_back(struct hr_call_attempt *attempt) {
    struct hr_stream *stream = attempt->waiter.connection->stream;
    struct hr_receiver *receiver = &attempt->receiver;
    if (!hr__watch_turn_ns(attempt)) return false;
    receiver->paused = receiver->limited = true;
    stream->vtable->pause(stream);
    return true;
}

/* Chooses how the next bytes come in. */
static void receive_next(struct hr_call_attempt *attempt) {
    struct hr_stream *stream = attempt->waiter.connection->stream;
    struct hr_receiver *receiver = &attempt->receiver;
    if (hold_back(attempt)) return;
    uint64_t left = body_left(attempt);
    bool direct = receiver->direct || left >= DIRECT_MIN;
    if (!direct || left == 0 || !hr__sink_is_direct(&attempt->sink, left)) {
        receiver->direct = NULL;
        stream->vtable->read_lent(stream);
        return;
    }
    size_t size = 0;
    receiver->direct = hr__sink_direct(&attempt->sink, left, &size);
    if (receiver->direct) {
        size = hr__bandwidth_piece(&attempt->call->shard->client->bandwidth, size);
        stream->vtable->read_direct(stream, receiver->direct, size);
    } else if (!hr__sink_busy(&attempt->sink)) {
        stream->vtable->read_lent(stream); /* no memory: the sink says so when it is given bytes */
    } else {
        receiver->paused = true; /* a file is being written */
        stream->vtable->pause(stream);
    }
}

/* Whether the first bytes, or of TLS a part of their record, were received before the request began
 * to leave, on a connection that has served before: they were sent behind the response to another.
 * Back ends tell of bytes received before what is sent in the same turn, and of a send before the
 * response to it. */
static bool is_stray(const struct hr_call_attempt *attempt) {
    const struct hr_connection *connection = attempt->waiter.connection;
    const struct hr_sender *sender = &attempt->sender;
    if (!connection->served || attempt->receiver.state != HR_RECEIVER_NONE) return false;
    if (!sender->writing && !sender->head_sent && !sender->error) return true;
    struct hr_stream_order order;
    connection->stream->vtable->order(connection->stream, &order);
    return order.at < (sender->head_sent ? sender->received_before : order.before);
}

static void first_byte(struct hr_call_attempt *attempt) {
    if (attempt->receiver.state != HR_RECEIVER_NONE) return;
    attempt->receiver.state = HR_RECEIVER_BEGUN;
    attempt->times.first_byte_ns = hr__reactor_now(attempt->call->shard->reactor);
}

int hr__receive_lent(struct hr_call_attempt *attempt, const char *data, size_t size, size_t *used) {
    struct hr_receiver *receiver = &attempt->receiver;
    assert(receiver->state != HR_RECEIVER_COMPLETE);
    *used = size;
    if (is_stray(attempt)) {
        char peer[HR_ORIGIN_TEXT_MAX];
        return hr__attempt_say(attempt, -ECONNABORTED, "%s sent what no request had asked for",
                               hr__attempt_peer(attempt, peer, sizeof peer));
    }
    first_byte(attempt);
    int err = feed(attempt, data, size, used);
    if (err || attempt->state != HR_ATTEMPT_ACTIVE) return err;
    if (receiver->state == HR_RECEIVER_COMPLETE || hr__receive_is_abandoned(attempt)) {
        receiver->poisoned = *used < size || receiver->state != HR_RECEIVER_COMPLETE;
        *used = size;
        return 0;
    }
    receiver->paused = *used < size; /* the stream keeps the rest and stops by itself */
    if (!receiver->paused && hr__decode_waits(attempt)) {
        struct hr_stream *stream = attempt->waiter.connection->stream;
        stream->vtable->pause(stream);
        receiver->paused = true;
    }
    if (receiver->paused || hold_back(attempt)) return 0;
    if (body_left(attempt) >= DIRECT_MIN) receive_next(attempt);
    return 0;
}

/* Bytes in memory of the sink. */
static int feed_held(struct hr_call_attempt *attempt) {
    struct hr_receiver *receiver = &attempt->receiver;
    size_t used = 0;
    int err = feed(attempt, receiver->held, receiver->held_size, &used);
    receiver->held += used;
    receiver->held_size -= used;
    if (err || attempt->state != HR_ATTEMPT_ACTIVE) return err;
    bool complete = receiver->state == HR_RECEIVER_COMPLETE;
    receiver->paused = !complete && receiver->held_size > 0;
    if (!receiver->paused && !complete) receive_next(attempt);
    return 0;
}

int hr__receive_direct(struct hr_call_attempt *attempt, size_t size) {
    attempt->receiver.held = attempt->receiver.direct;
    attempt->receiver.held_size = size;
    return feed_held(attempt);
}

int hr__receive_go_on(struct hr_call_attempt *attempt) {
    struct hr_receiver *receiver = &attempt->receiver;
    receiver->paused = receiver->limited = false;
    if (receiver->state == HR_RECEIVER_COMPLETE || hold_back(attempt)) return 0;
    int ready = receiver->decode ? hr__decode_run(attempt) : 1;
    if (ready < 0) return say_failed(attempt, ready);
    if (ready == 0) {
        receiver->paused = true;
        return 0;
    }
    if (receiver->held_size > 0) return feed_held(attempt);
    receive_next(attempt);
    return 0;
}

/* ---- The end. */

int hr__receive_flush(struct hr_call_attempt *attempt) {
    struct hr_receiver *receiver = &attempt->receiver;
    int ready = receiver->decode ? hr__decode_end(attempt) : 1;
    if (ready < 0) return say_failed(attempt, ready);
    int err = ready == 1 ? hr__sink_flush(&attempt->sink) : -EINPROGRESS;
    receiver->paused = ready == 0;
    receiver->flushing = err == -EINPROGRESS;
    if (receiver->flushing) return 0;
    return err ? hr__receive_file_failed(attempt, err) : 1;
}

/* A direct receive ends with its message: bytes behind that are still in the socket, or in the TLS
 * filter, which delivers them before anything is sent. */
static bool is_followed(const struct hr_call_attempt *attempt) {
    const struct hr_stream *stream = attempt->waiter.connection->stream;
    if (!attempt->receiver.direct) return false;
    struct hr_stream_info info;
    stream->vtable->info(stream, &info);
    return info.bytes_waiting > 0;
}

bool hr__receive_keeps(const struct hr_call_attempt *attempt) {
    const struct hr_receiver *receiver = &attempt->receiver;
    return hr__http1_parser_keep_alive(receiver->parser) && !receiver->poisoned &&
           !receiver->ended && !receiver->last && !attempt->call->request->close &&
           !attempt->sender.error && !is_followed(attempt);
}

/* The response has ended with its connection, before its length or its last chunk. */
static int say_truncated(struct hr_call_attempt *attempt) {
    char peer[HR_ORIGIN_TEXT_MAX];
    const char *why = hr__tls_reason(attempt->waiter.connection->stream), *colon = *why ? ": " : "";
    hr__attempt_peer(attempt, peer, sizeof peer);
    if (attempt->receiver.state == HR_RECEIVER_NONE)
        return hr__attempt_say(attempt, HR_ERR_HTTP_TRUNCATED,
                               "%s closed the connection without a response%s%s", peer, colon, why);
    return hr__attempt_say(attempt, HR_ERR_HTTP_TRUNCATED,
                           "%s closed the connection inside the response, after %" PRIu64
                           " bytes of body%s%s",
                           peer, attempt->receiver.body_bytes, colon, why);
}

static int say_lost(struct hr_call_attempt *attempt, int result) {
    char peer[HR_ORIGIN_TEXT_MAX];
    hr__attempt_peer(attempt, peer, sizeof peer);
    if (result == -ENOBUFS && result != attempt->sender.error)
        return hr__attempt_say(attempt, result,
                               "what %s sent before the consumer's pause reached it does not fit "
                               "into the engine's byte budget (budget_bytes)",
                               peer);
    const char *why = hr__tls_reason(attempt->waiter.connection->stream);
    return hr__attempt_say(attempt, result, "the connection to %s: %s%s%s", peer,
                           hr_error_text(result), *why ? ": " : "", why);
}

static int say_cut_off(struct hr_call_attempt *attempt) {
    char peer[HR_ORIGIN_TEXT_MAX];
    return hr__attempt_say(attempt, HR_ERR_TLS_TRUNCATED,
                           "the response of %s, after %" PRIu64
                           " bytes of body, ends with the connection and without the end of TLS "
                           "(close_notify): an attacker may have cut it off",
                           hr__attempt_peer(attempt, peer, sizeof peer),
                           attempt->receiver.body_bytes);
}

/* Only where the end of the connection is the end of the body does it matter who has cut it off:
 * all else that ends before its length or its last chunk is too short anyway. */
int hr__receive_end(struct hr_call_attempt *attempt, int result) {
    struct hr_receiver *receiver = &attempt->receiver;
    const struct hr_sender *sender = &attempt->sender;
    assert(receiver->state != HR_RECEIVER_COMPLETE);
    if (receiver->state == HR_RECEIVER_NONE && sender->error) result = sender->error;
    if (result < 0 && result != HR_ERR_TLS_TRUNCATED) return say_lost(attempt, result);
    int err = hr__http1_parser_finish(receiver->parser);
    bool complete = err == 0 && receiver->state == HR_RECEIVER_COMPLETE;
    if (complete && result == HR_ERR_TLS_TRUNCATED && !attempt->call->settings->response.lenient)
        return say_cut_off(attempt);
    if (complete) return 1; /* a body that runs to the close */
    if (err < 0 && err != HR_ERR_HTTP_TRUNCATED) return say_failed(attempt, err);
    return say_truncated(attempt);
}
