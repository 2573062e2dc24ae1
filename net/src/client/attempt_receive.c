/* One attempt, inwards: heads, the body into its sink, the end. Small answers are lent and parsed
 * where they lie; long bodies of known size are received straight into the sink's memory. */
#include "call.h"
#include "http1_keep_alive.h"
#include "pool_idle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* From so many bytes on that are still to come, single receives are cheaper than lent ones. */
#define DIRECT_MIN 65536
/* The rest of an answer that another attempt follows is received up to this size, so that its
 * connection can be kept; beyond, a new one costs less. */
#define DROPPED_MAX 65536

/* ---- What the parser tells. */

static int use_sink(struct hr_call *call, const struct hr_http1_message *message);

static void sink_ready(struct hr_sink_writer *writer);

/* An answer that another attempt follows. */
static int drop_answer(struct hr_call *call) {
    static const struct hr_sink nowhere = {.kind = HR_SINK_DISCARD};
    struct hr_client_shard *shard = call->shard;
    call->final_head = true;
    if (call->await_continue || !call->body_done) call->send_stopped = true;
    if (call->sink.block) hr__sink_close(&call->sink);
    hr__sink_open(&call->sink, shard->reactor, &shard->blocks, shard->scratch, &nowhere,
                  sink_ready);
    return 0;
}

/* Whether too much of it is still to come, or all that the server leaves open: one that runs to the
 * close saves no connection, and a server may forget to close. */
static bool is_abandoned(const struct hr_call *call) {
    if (!call->intercepted || call->answer_complete) return false;
    const struct hr_http1_parser *parser = call->parser;
    return hr__http1_parser_runs_to_close(parser) ||
           call->request->body_bytes + hr__http1_parser_body_left(parser) > DROPPED_MAX;
}

static void heed_keep_alive(struct hr_call *call, const struct hr_http_head *head) {
    struct hr_http1_keep_alive told = hr__http1_keep_alive_read(head);
    call->spent |= told.last;
    if (told.timeout_s)
        hr__idle_announced(call->waiter.origin, told.timeout_s * UINT64_C(1000000000));
}

static int on_head(void *user, const struct hr_http1_message *message) {
    struct hr_call *call = ((struct hr_call *)user);
    struct hr_http_request *request = call->request;
    int status = message->head.status;
    if (status == 101) {
        hr_error_set(&request->request.error, HR_ERR_HTTP_UNEXPECTED,
                     "101 Switching Protocols, which was not asked for");
        return HR_ERR_HTTP_UNEXPECTED;
    }
    if (status >= 200) {
        heed_keep_alive(call, &message->head);
        int followed = hr__redirect_intercept(call, &message->head);
        if (followed < 0) return followed;
        if (followed || hr__call_drops_expect(call, &message->head) ||
            hr__call_intercept(call, &message->head))
            return drop_answer(call);
        request = call->request; /* a hedge that has won has taken its place */
    }
    if (request->on_head) {
        if (status >= 200) request->status = status;
        int err = request->on_head(request, &message->head);
        call->own_error = err < 0;
        if (err < 0) return err;
    }
    if (status < 200) {
        call->interim_seen = true;
        if (status == 100) call->await_continue = false;
        return 0;
    }
    request->status = status;
    call->final_head = true;
    /* An error while the body is still on its way: no more of it. Nor of one that waits for a 100
     * that will not come. */
    if (call->await_continue || (status >= 400 && !call->body_done)) call->send_stopped = true;
    return use_sink(call, message);
}

static int use_sink(struct hr_call *call, const struct hr_http1_message *message) {
    struct hr_client_shard *shard = call->shard;
    struct hr_http_request *request = call->request;
    int err = hr__sink_check(&request->sink);
    if (err) return err;
    /* on_head may have chosen another sink, one that takes more. */
    size_t cost = hr__sink_cost(&request->sink);
    size_t base = hr__source_cost(&request->body);
    if (cost > 0 && call->reserved < base + cost) {
        err = hr__budget_grow(shard->reactor, cost);
        if (err) return err;
        call->reserved += cost;
    }
    if (call->sink.block) hr__sink_close(&call->sink);
    hr__sink_open(&call->sink, shard->reactor, &shard->blocks, shard->scratch, &request->sink,
                  sink_ready);
    err = hr__decode_open(call, &message->head);
    int status = message->head.status;
    if (err || call->decode || !message->head.has_content_length || call->head_request ||
        status == 204 || status == 304)
        return err;
    uint64_t size = message->head.content_length;
    err = hr__sink_expect(&call->sink, size);
    if (err == HR_ERR_SINK_FULL)
        hr_error_set(&request->request.error, err,
                     "a body of %" PRIu64 " bytes, and the sink has room for %zu", size,
                     request->sink.capacity);
    else if (err == -ENOBUFS)
        hr_error_set(&request->request.error, err,
                     "a body of %" PRIu64 " bytes does not fit into the engine's byte budget "
                     "(budget_bytes)",
                     size);
    else if (err == HR_ERR_HTTP_BODY_TOO_LARGE)
        hr_error_set(&request->request.error, err,
                     "a body of %" PRIu64 " bytes, and the sink's size_max is %" PRIu64, size,
                     call->sink.sink.size_max);
    if (!err && size >= DIRECT_MIN && request->sink.kind == HR_SINK_DISCARD && !shard->scratch) {
        shard->scratch = malloc(HR_SINK_DIRECT_MAX);
        call->sink.scratch = shard->scratch;
    }
    return err;
}

void hr__receive_count(struct hr_call *call, size_t size) {
    call->request->body_bytes += size;
    hr__count(&call->shard->counters.bytes_received, size);
}

static ssize_t on_body(void *user, const char *data, size_t size) {
    struct hr_call *call = ((struct hr_call *)user);
    if (call->decode) return hr__decode_take(call, data, size); /* and counts, in failing too */
    ssize_t taken = hr__sink_take(&call->sink, data, size);
    if (taken < 0) call->own_error = true;
    if (taken <= 0) return taken;
    hr__receive_count(call, (size_t)taken);
    call->request->decoded_bytes += (uint64_t)taken;
    return taken;
}

static int on_trailers(void *user, const struct hr_http_field *fields, size_t count) {
    struct hr_http_request *request = ((struct hr_call *)user)->request;
    if (request->on_trailers) request->on_trailers(request, fields, count);
    return 0;
}

static int on_complete(void *user) {
    ((struct hr_call *)user)->answer_complete = true;
    return 0;
}

const struct hr_http1_events hr__receive_events = {
    .on_head = on_head,
    .on_body = on_body,
    .on_trailers = on_trailers,
    .on_complete = on_complete,
};

/* ---- Failures. */

static void feed_failed(struct hr_call *call, int err) {
    char peer[300];
    const char *reason = hr__http1_parser_reason(call->parser);
    const char *line = hr__http1_parser_line(call->parser);
    hr__call_peer(call, peer, sizeof peer);
    bool malformed = err == HR_ERR_HTTP_MALFORMED || err == HR_ERR_HTTP_HEAD_TOO_LARGE;
    if (malformed && !call->own_error)
        hr__call_fail(call, err, *line ? "the answer of %s: %s: \"%s\"" : "the answer of %s: %s",
                      peer, reason[0] ? reason : hr_error_text(err), line);
    else if (err == HR_ERR_SINK_FULL)
        hr__call_fail(call, err, "the body is larger than the sink's %zu bytes",
                      call->request->sink.capacity);
    else if (err == -ENOBUFS)
        hr__call_fail(call, err,
                      "after %" PRIu64 " bytes the sink could not grow within the engine's byte "
                      "budget (budget_bytes)",
                      call->request->body_bytes);
    else
        hr__call_fail(call, err, "%s", hr_error_text(err));
}

/* ---- Bytes in. */

/* Gives them to the parser and on to the sink; returns how many were used. Fewer than `size`: the
 * message is complete, or the sink takes no more for now. */
static size_t feed(struct hr_call *call, const char *data, size_t size, int *err) {
    struct hr_http1_parser *parser = call->parser;
    size_t done = 0;
    for (;;) {
        size_t used = 0;
        *err = hr__http1_parser_execute(parser, data + done, size - done, &used);
        done += used;
        if (*err || call->answer_complete || done == size || call->state != HR_CALL_ACTIVE)
            return done;
        /* The consumer pushed back, but has been told to go on already. */
        if (!call->sink.pushed_back || !call->resume_sink) return done;
        call->resume_sink = false;
    }
}

/* Chooses how the next bytes come in. */
static void receive_next(struct hr_call *call) {
    struct hr_stream *stream = call->waiter.connection->stream;
    uint64_t left = 0;
    if (call->final_head && !call->decode) left = hr__http1_parser_body_left(call->parser);
    bool direct = call->direct || left >= DIRECT_MIN;
    if (!direct || left == 0 || !hr__sink_is_direct(&call->sink, left)) {
        call->direct = NULL;
        stream->vtable->read_lent(stream);
        return;
    }
    size_t size = 0;
    call->direct = hr__sink_direct(&call->sink, left, &size);
    if (call->direct) {
        stream->vtable->read_direct(stream, call->direct, size);
    } else if (!hr__sink_busy(&call->sink)) {
        stream->vtable->read_lent(stream); /* no memory: the sink says so when it is given bytes */
    } else {
        call->sink_paused = true; /* a file is being written */
        stream->vtable->pause(stream);
    }
}

/* After bytes have been fed and the connection goes on. */
static void went_on(struct hr_call *call) {
    if (call->answer_complete) {
        hr__receive_done(call);
        return;
    }
    /* 100 Continue: the body may go. */
    if (call->head_sent && !call->await_continue && !call->body_done && !call->send_stopped &&
        !call->source_paused && !call->writing && !hr__source_busy(&call->source)) {
        hr__send_more(call);
        return;
    }
    hr__watch_attempt(call);
}

static void note_byte(struct hr_call *call) {
    if (call->answered) return;
    call->answered = true;
    call->first_byte_ns = hr__reactor_now(call->shard->reactor);
}

/* Whether the first bytes, or of TLS a part of their record, were received before the request began
 * to leave, on a connection that has served before: they were sent behind the response to another.
 * Back ends tell of bytes received before what is sent in the same turn, and of a send before the
 * response to it. */
static bool is_stray(const struct hr_call *call) {
    const struct hr_connection *connection = call->waiter.connection;
    if (!connection->served || call->answered) return false;
    if (!call->writing && !call->head_sent && !call->write_error) return true;
    struct hr_stream_order order;
    connection->stream->vtable->order(connection->stream, &order);
    return order.at < (call->head_sent ? call->received_before : order.before);
}

/* A direct receive ends with its message: what came behind that is still in the socket, or in the
 * TLS filter, which delivers it before anything is sent. */
static bool is_followed(const struct hr_call *call) {
    if (!call->direct) return false;
    struct hr_stream_info info;
    call->waiter.connection->stream->vtable->info(call->waiter.connection->stream, &info);
    return info.bytes_waiting > 0;
}

size_t hr__receive_lent(struct hr_call *call, const char *data, size_t size) {
    if (call->state != HR_CALL_ACTIVE || call->answer_complete) {
        call->poisoned = true; /* bytes behind the answer */
        return size;
    }
    if (is_stray(call)) {
        char peer[300];
        hr__call_fail(call, -ECONNABORTED, "%s sent what no request had asked for",
                      hr__call_peer(call, peer, sizeof peer));
        return size;
    }
    note_byte(call);
    int err = 0;
    size_t used = feed(call, data, size, &err);
    if (err) {
        feed_failed(call, err);
        return size;
    }
    if (call->state != HR_CALL_ACTIVE) return size;
    if (call->answer_complete || is_abandoned(call)) {
        call->poisoned = used < size || !call->answer_complete;
        hr__receive_done(call);
        return size;
    }
    call->sink_paused = used < size; /* the stream keeps the rest and stops by itself */
    if (!call->sink_paused && hr__decode_waits(call)) {
        struct hr_stream *stream = call->waiter.connection->stream;
        stream->vtable->pause(stream);
        call->sink_paused = true;
    }
    if (!call->sink_paused && !call->decode && call->final_head &&
        hr__http1_parser_body_left(call->parser) >= DIRECT_MIN)
        receive_next(call);
    went_on(call);
    return used;
}

/* Bytes in memory of the sink, `call->held`. */
static void feed_held(struct hr_call *call) {
    int err = 0;
    size_t used = feed(call, call->held, call->held_size, &err);
    call->held += used;
    call->held_size -= used;
    if (err) {
        feed_failed(call, err);
        return;
    }
    if (call->state != HR_CALL_ACTIVE) return;
    call->sink_paused = !call->answer_complete && call->held_size > 0;
    if (!call->sink_paused && !call->answer_complete) receive_next(call);
    went_on(call);
}

void hr__receive_direct(struct hr_call *call, size_t size) {
    if (call->state != HR_CALL_ACTIVE) return;
    call->held = call->direct;
    call->held_size = size;
    feed_held(call);
}

static void go_on(struct hr_call *call) {
    call->sink_paused = false;
    if (call->answer_complete) {
        hr__receive_done(call);
        return;
    }
    int ready = call->decode ? hr__decode_run(call) : 1;
    if (ready < 0) {
        feed_failed(call, ready);
        return;
    }
    if (ready == 0) {
        call->sink_paused = true;
        return;
    }
    if (call->held_size > 0) {
        feed_held(call);
        return;
    }
    receive_next(call);
    hr__watch_attempt(call);
}

static void file_failed(struct hr_call *call, int err) {
    call->own_error = true;
    hr__call_fail(call, err, "writing the sink's file: %s", hr_error_text(err));
}

static void sink_ready(struct hr_sink_writer *writer) {
    struct hr_call *call = hr__container_of(writer, struct hr_call, sink);
    if (call->state != HR_CALL_ACTIVE || !call->waiter.connection)
        hr__call_settle(call);
    else if (writer->error)
        file_failed(call, writer->error);
    else if (call->flushing)
        hr__receive_done(call);
    else if (call->sink_paused)
        go_on(call);
}

void hr__receive_go_on(struct hr_call *call) {
    if (call->state == HR_CALL_ACTIVE && call->waiter.connection && call->sink_paused) go_on(call);
}

void hr__receive_resume(struct hr_call *call) {
    bool active = call->state == HR_CALL_ACTIVE, source = active && call->source_paused;
    bool sink = active && call->sink_paused && call->sink.pushed_back;
    /* It does not say whom it is for: a side that does not wait yet keeps it. */
    call->resume_source = !source;
    call->resume_sink = !sink;
    if (source && !call->answer_complete) hr__send_more(call);
    if (!sink || call->state != HR_CALL_ACTIVE) return;
    call->sink.pushed_back = false;
    go_on(call);
}

/* ---- The end. */

static void lost(struct hr_call *call, int result) {
    char peer[300];
    hr__call_peer(call, peer, sizeof peer);
    if (!call->answered && call->write_error) result = call->write_error;
    if (result == -ENOBUFS && result != call->write_error) {
        hr__call_fail(call, result,
                      "what %s sent before the consumer's pause reached it does not fit into the "
                      "engine's byte budget (budget_bytes)",
                      peer);
        return;
    }
    if (result < 0 && result != HR_ERR_TLS_TRUNCATED) {
        const char *why = hr__tls_reason(call->waiter.connection->stream);
        hr__call_fail(call, result, "the connection to %s: %s%s%s", peer, hr_error_text(result),
                      *why ? ": " : "", why);
        return;
    }
    /* What ends before its length or its last chunk is too short, whoever has cut it off. Only
     * where the end of the connection is the end of the body does it matter who that was. */
    int err = hr__http1_parser_finish(call->parser);
    if (err == 0 && call->answer_complete && result == HR_ERR_TLS_TRUNCATED &&
        !call->shard->client->limits.lenient) {
        hr__call_fail(call, result,
                      "the answer of %s, after %" PRIu64
                      " bytes of body, ends with the connection and without the end of TLS "
                      "(close_notify): an attacker may have cut it off",
                      peer, call->request->body_bytes);
        return;
    }
    if (err == 0 && call->answer_complete) {
        hr__receive_done(call); /* a body that runs to the close */
        return;
    }
    if (err < 0 && err != HR_ERR_HTTP_TRUNCATED) {
        feed_failed(call, err);
        return;
    }
    const char *why = hr__tls_reason(call->waiter.connection->stream), *colon = *why ? ": " : "";
    if (!call->answered)
        hr__call_fail(call, HR_ERR_HTTP_TRUNCATED, "%s closed the connection without an answer%s%s",
                      peer, colon, why);
    else
        hr__call_fail(call, HR_ERR_HTTP_TRUNCATED,
                      "%s closed the connection inside the answer, after %" PRIu64
                      " bytes of body%s%s",
                      peer, call->request->body_bytes, colon, why);
}

void hr__receive_end(struct hr_call *call, int result) {
    if (call->state != HR_CALL_ACTIVE) return;
    if (call->answer_complete) {
        call->poisoned = true;
        if (call->answer_waits) hr__receive_done(call);
        return;
    }
    lost(call, result);
}

/* The answer is complete, or no more of it is wanted: into the sink with what is decoded, and with
 * what a file still lacks. True: it goes on later. */
static bool is_flushing(struct hr_call *call) {
    int ready = call->decode ? hr__decode_end(call) : 1;
    if (ready < 0) {
        feed_failed(call, ready);
        return true;
    }
    int err = ready == 1 ? hr__sink_flush(&call->sink) : -EINPROGRESS;
    call->sink_paused = ready == 0;
    call->flushing = err == -EINPROGRESS;
    if (call->flushing)
        hr__watch_attempt(call);
    else if (err)
        file_failed(call, err);
    return err != 0;
}

/* An early answer that is neither an error nor the connection's last does not say that the server
 * wants no more of the body (RFC 9112 9.5): what the source has is sent. Nobody waits for a
 * producer that has nothing at that moment. */
static bool is_sending(struct hr_call *call) {
    if (!call->writing && (!hr__send_has_more(call) || call->source_paused)) return false;
    call->answer_waits = true;
    if (call->writing || hr__source_busy(&call->source)) {
        hr__watch_attempt(call);
        return true;
    }
    hr__send_more(call);
    return call->state != HR_CALL_ACTIVE || call->writing || hr__source_busy(&call->source);
}

void hr__receive_done(struct hr_call *call) {
    struct hr_connection *connection = call->waiter.connection;
    if (is_flushing(call)) return;
    bool keep = hr__http1_parser_keep_alive(call->parser) && !call->poisoned && !call->ended &&
                !call->spent && !call->request->close && !call->write_error && !is_followed(call);
    bool sent = hr__send_complete(call);
    if (keep && !sent && !call->send_stopped && call->request->status < 400 && is_sending(call))
        return;
    call->outcome = 0;
    call->state = HR_CALL_CLOSING;
    if (hr__source_busy(&call->source)) hr__source_stop(&call->source);
    if (keep && sent) {
        hr__pool_release(connection);
    } else {
        /* The kernel may still read the request's memory: then the call waits for the close. */
        if (!call->writing) hr__connection_detach(connection);
        hr__connection_close(connection);
    }
    hr__call_settle(call);
}
