/* An attempt, outwards: the head and the body, with a receive standing all the while. */
#include <assert.h>
#include <errno.h>

#include "call.h"

/* One write is at most this much of a body: what is sent shows up in sent_bytes, and a file or a
 * producer is asked for more only when there is room. */
#define WRITE_SIZE_MAX ((size_t)1 << 20)

bool hr__send_complete(const struct hr_call_attempt *attempt) {
    return attempt->sender.state == HR_SENDER_DONE && !attempt->sender.writing;
}

bool hr__send_has_more(const struct hr_call_attempt *attempt) {
    return attempt->sender.state < HR_SENDER_DONE;
}

void hr__send_continue(struct hr_call_attempt *attempt) {
    if (attempt->sender.state == HR_SENDER_AWAIT_100) attempt->sender.state = HR_SENDER_BODY;
}

void hr__send_stop(struct hr_call_attempt *attempt) {
    if (attempt->sender.state <= HR_SENDER_BODY) attempt->sender.state = HR_SENDER_STOPPED;
    attempt->sender.limited = false;
}

static struct iovec piece(const void *data, size_t size) {
    return (struct iovec){.iov_base = (void *)(uintptr_t)data, .iov_len = size};
}

/* ---- The body. */

static ssize_t next_bytes(struct hr_call_attempt *attempt, size_t max, unsigned at,
                          unsigned *count) {
    struct hr_sender *sender = &attempt->sender;
    ssize_t size =
        hr__source_next(&attempt->source, max, &sender->iov[at], HR_SENDER_IOV - at - 1, count);
    if (size != -EAGAIN || !sender->resumed) return size;
    sender->resumed = false;
    return hr__source_next(&attempt->source, max, &sender->iov[at], HR_SENDER_IOV - at - 1, count);
}

/* The same for a body in frames: one of them, with its texts before and behind it. */
static int add_frame(struct hr_call_attempt *attempt, unsigned used) {
    struct hr_sender *sender = &attempt->sender;
    struct hr_http_request *request = attempt->call->request;
    struct hr_http_frame frame;
    unsigned count = 0;
    ssize_t size = next_bytes(attempt, sender->framing->next(request), used + 1, &count);
    if (size < 0) return (int)size;
    assert(size > 0);
    int err = sender->framing->frame(request, &sender->iov[used + 1], count, &frame);
    if (err < 0) return err;
    sender->iov[used] = piece(frame.before.data, frame.before.size);
    sender->iov[used + 1 + count] = piece(frame.behind.data, frame.behind.size);
    sender->body_in_write = (uint64_t)size;
    return (int)count + 2;
}

/* Fetches the next part of the body behind the `used` pieces of the vector. Returns how many pieces
 * it added; negative as hr__source_next. */
static int add_body(struct hr_call_attempt *attempt, unsigned used) {
    struct hr_sender *sender = &attempt->sender;
    unsigned count = 0;
    if (sender->framing) return add_frame(attempt, used);
    size_t most = hr__bandwidth_piece(&attempt->call->shard->client->bandwidth, WRITE_SIZE_MAX);
    ssize_t size = next_bytes(attempt, most, used + (sender->chunked ? 1 : 0), &count);
    if (size < 0) return (int)size;
    sender->body_in_write = (uint64_t)size;
    if (!sender->chunked) return (int)count;
    bool last = attempt->source.ended && sender->trailer_count == 0; /* else it goes with them */
    return (int)hr__http1_frame_chunk(&sender->iov[used], count, (size_t)size, last,
                                      sender->chunk_head);
}

static int say_source_failed(struct hr_call_attempt *attempt, int err) {
    const struct hr_source_reader *reader = &attempt->source;
    attempt->own_error = true;
    if (err == HR_ERR_SOURCE_SHORT)
        return hr__attempt_say(attempt, err, "the source ended after %llu of %llu bytes",
                               (unsigned long long)reader->taken,
                               (unsigned long long)reader->source->size);
    return hr__attempt_say(attempt, err, "the source failed: %s", hr_error_text(err));
}

/* ---- Trailers. */

/* Written when the body has ended, as their values may come of it; behind the head, whose memory
 * they use. */
static int add_trailers(struct hr_call_attempt *attempt) {
    static const char last_chunk[] = "0\r\n";
    static const size_t sizes[] = {HR_BLOCK_TINY, HR_BLOCK_MEDIUM, HR_BLOCK_LARGE};
    struct hr_sender *sender = &attempt->sender;
    struct hr_blocks *blocks = &attempt->call->shard->blocks;
    ssize_t size = -ENOBUFS;
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes && size == -ENOBUFS; i++) {
        hr__head_release(attempt);
        sender->head = hr__blocks_take(blocks, sizes[i]);
        if (!sender->head) return -ENOMEM;
        sender->head_block = sizes[i];
        size = hr__http1_write_trailers(attempt->call->request->trailers, sender->trailer_count,
                                        sender->head, sizes[i]);
    }
    if (size < 0) return size == -ENOBUFS ? HR_ERR_HTTP_HEAD_TOO_LARGE : (int)size;
    sender->head_size = (size_t)size;
    sender->iov[0] = piece(last_chunk, 3);
    sender->iov[1] = piece(sender->head, sender->head_size);
    return 2;
}

static int say_trailers_failed(struct hr_call_attempt *attempt, int err) {
    attempt->own_error = true;
    return hr__attempt_say(attempt, err, "the trailers of the request: %s", hr_error_text(err));
}

/* ---- Writing. */

static void write_out(struct hr_call_attempt *attempt, unsigned count) {
    struct hr_stream *stream = attempt->waiter.connection->stream;
    struct hr_sender *sender = &attempt->sender;
    struct hr_stream_order order;
    stream->vtable->order(stream, &order);
    sender->writing = true;
    sender->sent_mark = order.sent;
    if (!attempt->times.write_ns)
        attempt->times.write_ns = hr__reactor_now(attempt->call->shard->reactor);
    stream->vtable->write(stream, sender->iov, count);
}

/* Behind what has been handed over. */
static enum hr_sender_state next_state(const struct hr_call_attempt *attempt) {
    const struct hr_sender *sender = &attempt->sender;
    if (!attempt->source.ended)
        return sender->state == HR_SENDER_HEAD && sender->expects ? HR_SENDER_AWAIT_100
                                                                  : HR_SENDER_BODY;
    return sender->chunked && sender->trailer_count > 0 ? HR_SENDER_TRAILERS : HR_SENDER_DONE;
}

/* Head and body, as much as there is. Returns how many pieces; negative as hr__source_next. */
static int gather(struct hr_call_attempt *attempt) {
    struct hr_sender *sender = &attempt->sender;
    unsigned used = 0;
    if (sender->state == HR_SENDER_HEAD)
        sender->iov[used++] = piece(sender->head, sender->head_size);
    if (attempt->source.ended || (sender->state == HR_SENDER_HEAD && sender->expects))
        return (int)used;
    int added = add_body(attempt, used);
    if (added >= 0) return (int)used + added;
    if (added != -EAGAIN) return added;
    sender->paused = true;
    return (int)used;
}

int hr__send_more(struct hr_call_attempt *attempt) {
    struct hr_sender *sender = &attempt->sender;
    assert(attempt->state == HR_ATTEMPT_ACTIVE);
    if (sender->writing || sender->state == HR_SENDER_FAILED) return 0;
    sender->paused = false;
    sender->limited = sender->state == HR_SENDER_BODY && hr__watch_turn_ns(attempt) > 0;
    if (sender->limited) return 0;
    int used = 0;
    sender->body_in_write = 0;
    if (sender->state == HR_SENDER_HEAD || sender->state == HR_SENDER_BODY) {
        used = gather(attempt);
        /* A producer may say the same, and then it is an error. */
        if (used == -EINPROGRESS && hr__source_busy(&attempt->source)) return 0;
        if (used < 0) return say_source_failed(attempt, used);
        sender->state = (uint8_t)next_state(attempt);
    }
    if (used == 0 && sender->state == HR_SENDER_TRAILERS) {
        used = add_trailers(attempt);
        if (used < 0) return say_trailers_failed(attempt, used);
        sender->state = HR_SENDER_DONE;
    }
    if (used > 0) write_out(attempt, (unsigned)used);
    return 0;
}

static void head_written(struct hr_call_attempt *attempt) {
    const struct hr_connection *connection = attempt->waiter.connection;
    struct hr_stream_order order = {0};
    if (connection->served) connection->stream->vtable->order(connection->stream, &order);
    attempt->sender.received_before = order.before;
    attempt->sender.head_sent = true;
}

void hr__send_written(struct hr_call_attempt *attempt, int result) {
    struct hr_sender *sender = &attempt->sender;
    assert(sender->writing);
    sender->writing = false;
    if (result < 0) {
        sender->error = result;
        sender->state = HR_SENDER_FAILED;
        return;
    }
    if (!sender->head_sent) head_written(attempt);
    hr__head_release(attempt);
    sender->sent_bytes += sender->body_in_write;
    if (hr__bandwidth_limited(&attempt->call->shard->client->bandwidth))
        hr__watch_spend(attempt, sender->body_in_write);
    hr__count(&attempt->call->shard->counters.bytes_sent, sender->body_in_write);
    sender->body_in_write = 0;
    hr__attempt_show(attempt);
}
