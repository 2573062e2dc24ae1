/* One attempt, outwards: the head and the body, with a receive standing all the while. */
#include "call.h"

#include <errno.h>

#include "tls.h"

/* One write is at most this much of a body: what is sent shows up in sent_bytes, and a file or a
 * producer is asked for more only when there is room. */
#define WRITE_SIZE_MAX ((size_t)1 << 20)

bool hr__send_complete(const struct hr_call *call) {
    return call->head_sent && call->body_done && !call->write_error && !call->writing &&
           (!call->chunked || call->last_chunk_sent);
}

static struct iovec piece(const void *data, size_t size) {
    return (struct iovec){.iov_base = (void *)(uintptr_t)data, .iov_len = size};
}

/* Fetches the next part of the body behind what is in the vector. Returns how many pieces it added;
 * negative as hr__source_next. */
static int add_body(struct hr_call *call, unsigned used) {
    struct iovec *iov = call->iov;
    unsigned lead = call->chunked ? 1 : 0, count = 0;
    ssize_t size = hr__source_next(&call->source, WRITE_SIZE_MAX, &iov[used + lead],
                                   HR_CALL_IOV - used - lead - 1, &count);
    if (size == -EAGAIN && call->resume_source) {
        call->resume_source = false;
        size = hr__source_next(&call->source, WRITE_SIZE_MAX, &iov[used + lead],
                               HR_CALL_IOV - used - lead - 1, &count);
    }
    if (size < 0) return (int)size;
    call->body_done = call->source.ended;
    call->sending_body = (uint64_t)size;
    if (!call->chunked) return (int)count;
    unsigned added = 0;
    if (size > 0) {
        iov[used] =
            piece(call->chunk_head, hr__http1_write_chunk_head((uint64_t)size, call->chunk_head));
        added = 1 + count;
    }
    if (call->body_done && call->trailer_count == 0) {
        /* The end of this chunk, if there was one, and the chunk of size zero. */
        static const char last[] = "\r\n0\r\n\r\n";
        iov[used + added] = size > 0 ? piece(last, 7) : piece(last + 2, 5);
        call->last_chunk_sent = true;
        return (int)(added + 1);
    }
    if (size == 0) return 0; /* the last chunk goes with the trailers */
    iov[used + added] = piece("\r\n", 2);
    return (int)(added + 1);
}

/* ---- Trailers. */

/* Written when the body has ended, as their values may come of it; behind the head, whose memory
 * they use. */
static bool wants_trailers(const struct hr_call *call) {
    return call->trailer_count > 0 && call->head_sent && call->body_done &&
           !call->last_chunk_sent && !call->send_stopped;
}

bool hr__send_has_more(const struct hr_call *call) {
    return !call->send_stopped && !call->write_error && (!call->body_done || wants_trailers(call));
}

static int add_trailers(struct hr_call *call) {
    static const char last_chunk[] = "0\r\n";
    static const size_t sizes[] = {HR_BLOCK_TINY, HR_BLOCK_MEDIUM, HR_BLOCK_LARGE};
    struct hr_blocks *blocks = &call->shard->blocks;
    ssize_t size = -ENOBUFS;
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes && size == -ENOBUFS; i++) {
        hr__head_give(call);
        call->head = hr__blocks_take(blocks, sizes[i]);
        if (!call->head) return -ENOMEM;
        call->head_block = sizes[i];
        size = hr__http1_write_trailers(call->request->trailers, call->trailer_count, call->head,
                                        sizes[i]);
    }
    if (size < 0) return size == -ENOBUFS ? HR_ERR_HTTP_HEAD_TOO_LARGE : (int)size;
    call->head_size = (size_t)size;
    call->iov[0] = piece(last_chunk, 3);
    call->iov[1] = piece(call->head, call->head_size);
    call->last_chunk_sent = true;
    return 2;
}

static void trailers_failed(struct hr_call *call, int err) {
    call->own_error = true;
    hr__call_fail(call, err, "the trailers of the request: %s", hr_error_text(err));
}

/* ---- Writing. */

static void source_failed(struct hr_call *call, int result) {
    const struct hr_source *source = call->source.source;
    call->own_error = true;
    if (result == HR_ERR_SOURCE_SHORT)
        hr__call_fail(call, result, "the source ended after %llu of %llu bytes",
                      (unsigned long long)call->source.taken, (unsigned long long)source->size);
    else
        hr__call_fail(call, result, "the source failed: %s", hr_error_text(result));
}

static void write_out(struct hr_call *call, unsigned count) {
    struct hr_connection *connection = call->waiter.connection;
    struct hr_stream *stream = connection->stream;
    struct hr_stream_order order;
    stream->vtable->order(stream, &order);
    call->writing = true;
    call->sent_mark = order.sent;
    if (!call->write_ns) call->write_ns = hr__reactor_now(call->shard->reactor);
    stream->vtable->write(stream, call->iov, count);
}

void hr__send_more(struct hr_call *call) {
    if (call->writing || call->write_error) return;
    unsigned used = 0;
    call->source_paused = false;
    call->sending_body = 0;
    if (!call->head_sent) call->iov[used++] = piece(call->head, call->head_size);
    bool body = !call->await_continue && !call->send_stopped && !call->body_done;
    if (body) {
        int added = add_body(call, used);
        /* A producer may say the same, and then it is an error. */
        if (added == -EINPROGRESS && hr__source_busy(&call->source)) {
            hr__watch_attempt(call);
            return;
        }
        if (added == -EAGAIN) {
            call->source_paused = true;
        } else if (added < 0) {
            source_failed(call, added);
            return;
        } else {
            used += (unsigned)added;
        }
    }
    if (used == 0 && wants_trailers(call)) {
        int added = add_trailers(call);
        if (added < 0) {
            trailers_failed(call, added);
            return;
        }
        used = (unsigned)added;
    }
    if (used > 0) write_out(call, used);
    hr__watch_attempt(call);
}

/* The head as it goes out, and the certificate of the server that it goes to. */
static void show_attempt(struct hr_call *call) {
    struct hr_tls_certificate certificate;
    struct hr_http_attempt attempt = {.head = hr_slice_bytes(call->head, call->head_size)};
    if (hr__tls_certificate(call->waiter.connection->stream, &certificate))
        attempt.certificate = &certificate;
    call->request->on_attempt(call->request, &attempt);
}

void hr__send_begin(struct hr_call *call) {
    if (call->request->on_attempt) show_attempt(call);
    hr__send_more(call);
}

/* What went wrong is here and the peer knows nothing of it: it waits for the rest. */
static void send_failed(struct hr_call *call, int result) {
    char peer[300];
    hr__call_peer(call, peer, sizeof peer);
    hr__call_fail(call, result, "sending to %s: %s", peer, hr_error_text(result));
}

static void note_head_sent(struct hr_call *call) {
    const struct hr_connection *connection = call->waiter.connection;
    struct hr_stream_order order = {0};
    if (connection->served) connection->stream->vtable->order(connection->stream, &order);
    call->received_before = order.before;
    call->head_sent = true;
}

void hr__send_written(struct hr_call *call, int result) {
    if (call->state != HR_CALL_ACTIVE) return;
    if (result < 0) {
        call->write_error = result;
        if (call->answer_complete)
            hr__receive_done(call);
        else if (hr__retry_lost(result))
            hr__watch_attempt(call); /* the peer may have said why before: the answer then */
        else
            send_failed(call, result);
        return;
    }
    if (!call->head_sent) note_head_sent(call);
    hr__head_give(call);
    call->request->sent_bytes += call->sending_body;
    hr__count(&call->shard->counters.bytes_sent, call->sending_body);
    call->sending_body = 0;
    if (call->answer_complete)
        hr__receive_done(call);
    else if ((call->body_done && !wants_trailers(call)) || call->await_continue ||
             call->send_stopped)
        hr__watch_attempt(call);
    else
        hr__send_more(call);
}

void hr__send_ready(struct hr_source_reader *reader) {
    struct hr_call *call = hr__container_of(reader, struct hr_call, source);
    if (call->state != HR_CALL_ACTIVE || !call->waiter.connection)
        hr__call_settle(call);
    else if (!call->answer_complete || call->answer_waits)
        hr__send_more(call);
}
