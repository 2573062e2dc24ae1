/* A client's connection: what arrives goes through the parser to the exchange, one request at a
 * time; what comes behind it waits in the stream until the response has been written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http_server_private.h"

/* Chunk sizes and extensions that a body may cost: this, and so much for each byte of it. */
#define FRAMING_BYTES_FREE   (64u * 1024)
#define FRAMING_PER_BYTE_MAX 16u
/* Connections over the limit that are told so at the same time; more are closed at once. */
#define OVER_LIMIT_MAX 64

#define NO_MORE_DROPPED (-E2BIG) /* of the parser's on_body */

static const struct hr_stream_events stream_events;
static const struct hr_http1_events parser_events;

static const struct hr_http_server_options *options_of(const struct hr_http_session *session) {
    return &session->shard->server->options;
}

static void watch(struct hr_http_session *session, enum hr_http_watch what) {
    hr__http_watch_set(session, what);
}

static void read_on(struct hr_http_session *session) {
    session->stream->vtable->read_lent(session->stream);
}

/* ---- The end of a connection. */

/* When the stream is closed and the kernel reads no file into the answer any more. */
static void free_when_idle(struct hr_http_session *session) {
    if (session->stream) return;
    if (session->answer && hr__http_answer_busy(session->answer)) return;
    struct hr_http_shard *shard = session->shard;
    if (session->next) session->next->prev = session->prev;
    if (session->prev)
        session->prev->next = session->next;
    else
        shard->connections = session->next;
    if (session->over_limit)
        shard->over_limit--;
    else
        __atomic_sub_fetch(&shard->server->connections, 1, __ATOMIC_RELAXED);
    hr__http_answer_free(session->answer);
    hr__http1_parser_free(session->parser);
    shard->abandoned++; /* the last exchange must not end the shard under us */
    if (session->exchange) hr__http_exchange_fail(session->exchange, session->reason);
    shard->abandoned--;
    free(session);
    hr__http_shard_check_end(shard);
}

static void on_closed(struct hr_stream *stream) {
    struct hr_http_session *session = stream->owner;
    session->stream = NULL;
    if (session->answer && hr__http_answer_busy(session->answer))
        hr__http_answer_stop(session->answer);
    free_when_idle(session);
}

void hr__http_session_kill(struct hr_http_session *session, int reason) {
    if (session->phase == HR_HTTP_PHASE_CLOSING) return;
    session->phase = HR_HTTP_PHASE_CLOSING;
    session->reason = reason;
    watch(session, HR_HTTP_WATCH_NONE);
    hr__timer_stop(session->shard->reactor, &session->timer);
    session->stream->vtable->close(session->stream);
}

/* All is said: the peer is to read it before anything makes its kernel drop it, as a close with
 * bytes unread would. So only the sending side ends, and what still comes is dropped for a while.
 */
static void linger(struct hr_http_session *session) {
    session->phase = HR_HTTP_PHASE_LINGER;
    if (session->peer_ended) {
        hr__http_session_kill(session, 0);
        return;
    }
    session->dropped = 0;
    watch(session, HR_HTTP_WATCH_LINGER);
    session->stream->vtable->shutdown(session->stream);
    read_on(session);
}

void hr__http_session_finish(struct hr_http_session *session) {
    session->close_after = true;
    if (session->phase == HR_HTTP_PHASE_HANDSHAKE || session->phase == HR_HTTP_PHASE_HEAD)
        hr__http_session_kill(session, -ESHUTDOWN);
}

/* ---- Answers. */

static void next_request(struct hr_http_session *session) {
    session->phase = HR_HTTP_PHASE_HEAD;
    session->line_begun = session->line_ended = session->complete = session->expects = false;
    session->keep_alive = true;
    session->body_bytes = session->wire_bytes = 0;
    session->dropped = session->head_bytes = 0;
    session->refuse_status = 0;
    hr__http1_parser_begin(session->parser, false);
    watch(session, HR_HTTP_WATCH_IDLE);
    read_on(session);
}

/* All of the response is with the kernel. */
static void answered(struct hr_http_session *session) {
    struct hr_http_exchange_s *exchange = session->exchange;
    session->close_after |= hr__http_answer_closes(session->answer);
    hr__http_answer_free(session->answer);
    session->answer = NULL;
    session->exchange = NULL;
    if (session->close_after || session->peer_ended || session->shard->closing)
        linger(session);
    else if (session->complete)
        next_request(session);
    else
        watch(session, HR_HTTP_WATCH_BODY); /* the rest of it is dropped */
    if (exchange) hr__http_exchange_done(exchange);
}

static void pump(struct hr_http_session *session) {
    session->producer_waits = false;
    int result = hr__http_answer_next(session->answer, session->stream);
    if (result == 1) {
        session->writing = HR_HTTP_WRITING_RESPONSE;
        if (session->watch != HR_HTTP_WATCH_RESPONSE) watch(session, HR_HTTP_WATCH_RESPONSE);
    } else if (result == 0) {
        answered(session);
    } else if (result == -EAGAIN || result == -EINPROGRESS) {
        session->producer_waits = result == -EAGAIN;
        watch(session, HR_HTTP_WATCH_NONE);
        if (session->producer_waits && session->exchange)
            hr__http_exchange_producer_waits(session->exchange);
    } else {
        hr__http_session_kill(session, result);
    }
}

void hr__http_session_on_ready(struct hr_http_session *session) {
    if (session->phase == HR_HTTP_PHASE_CLOSING)
        free_when_idle(session);
    else
        pump(session);
}

void hr__http_session_answer(struct hr_http_session *session, struct hr_http_answer *answer) {
    hr__http_answer_set_session(answer, session);
    session->answer = answer;
    if (session->phase == HR_HTTP_PHASE_CLOSING) return;
    if (session->writing == HR_HTTP_WRITING_NONE) pump(session);
    /* What nobody will take is dropped from now on. */
    if (!session->complete && session->phase == HR_HTTP_PHASE_REQUEST) read_on(session);
}

bool hr__http_session_must_close(const struct hr_http_session *session) {
    if (!session->keep_alive || session->close_after || session->peer_ended) return true;
    if (session->shard->closing) return true;
    if (session->complete || !session->exchange) return false;
    /* A client that was not told to continue may send the body or leave it out: what comes next
     * cannot be told apart. */
    if (session->expects) return true;
    uint64_t size = hr_http_exchange_body_size(session->exchange);
    return size != HR_SIZE_UNKNOWN && size - session->body_bytes > HR_HTTP_DROP_MAX;
}

void hr__http_session_resume(struct hr_http_session *session) {
    if (session->phase == HR_HTTP_PHASE_CLOSING) return;
    if (session->answer) {
        if (session->producer_waits) pump(session);
        return;
    }
    if (session->complete) return;
    watch(session, HR_HTTP_WATCH_BODY);
    read_on(session);
}

void hr__http_session_continue(struct hr_http_session *session) {
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    static const struct iovec interim = {.iov_base = (void *)text, .iov_len = sizeof text - 1};
    if (!session->expects || session->phase != HR_HTTP_PHASE_REQUEST) return;
    session->expects = false;
    session->writing = HR_HTTP_WRITING_INTERIM;
    session->stream->vtable->write(session->stream, &interim, 1);
}

static void on_written(struct hr_stream *stream, int result) {
    struct hr_http_session *session = stream->owner;
    session->writing = HR_HTTP_WRITING_NONE;
    if (result < 0)
        hr__http_session_kill(session, result);
    else if (session->answer)
        pump(session);
}

/* The server itself answers, and the connection ends behind it. A response that is on its way
 * already is all that the client gets. */
static void refuse(struct hr_http_session *session, int status, int reason) {
    session->close_after = true;
    session->phase = HR_HTTP_PHASE_LINGER;
    session->dropped = 0;
    if (session->answer) return;
    struct hr_http_exchange_s *exchange = session->exchange;
    session->exchange = NULL;
    struct hr_http_answer_plan plan = {.status = status, .close = true, .body = hr_source_none()};
    struct hr_http_answer *answer;
    int err = hr__http_answer_new(session->shard, &plan, &answer);
    if (err)
        hr__http_session_kill(session, reason);
    else
        hr__http_session_answer(session, answer);
    if (exchange) hr__http_exchange_fail(exchange, reason);
}

void hr__http_session_timed_out(struct hr_http_session *session, enum hr_http_watch what) {
    if (what == HR_HTTP_WATCH_HEAD)
        refuse(session, 408, -ETIMEDOUT);
    else if (what == HR_HTTP_WATCH_IDLE || what == HR_HTTP_WATCH_LINGER)
        hr__http_session_kill(session, 0);
    else if (what == HR_HTTP_WATCH_HANDSHAKE)
        hr__http_session_kill(session, HR_ERR_HANDSHAKE_TIMEOUT);
    else
        hr__http_session_kill(session, HR_ERR_STALL_TIMEOUT);
}

/* ---- Requests: what the parser finds. */

/* The status that a head is to be refused with although it is well-formed, or 0. */
static int judge_head(const struct hr_http_session *session,
                      const struct hr_http1_message *message) {
    const struct hr_http_head *head = &message->head;
    bool expects = hr_http_head_find(head, "Expect").data != NULL;
    if (expects && !message->expect_continue && head->minor_version > 0) return 417;
    if (head->has_content_length && head->content_length > options_of(session)->body_bytes_max)
        return 413;
    return 0;
}

static int on_head(void *user, const struct hr_http1_message *message) {
    struct hr_http_session *session = user;
    session->phase = HR_HTTP_PHASE_REQUEST;
    session->refuse_status = judge_head(session, message);
    if (session->refuse_status) return HR_ERR_HTTP_MALFORMED;
    struct hr_http_exchange_s *exchange;
    int err = hr__http_exchange_new(session, message, &exchange);
    if (err) {
        session->refuse_status = 503;
        return err;
    }
    session->exchange = exchange;
    session->keep_alive = message->keep_alive && message->head.minor_version > 0;
    /* Of an empty body, too: botocore takes a final answer in its place for the answer of the next
     * request on the connection, as well. */
    session->expects = message->expect_continue && message->head.minor_version > 0;
    watch(session, HR_HTTP_WATCH_NONE);
    options_of(session)->on_request(options_of(session)->user, exchange);
    return 0;
}

static ssize_t on_body(void *user, const char *data, size_t size) {
    struct hr_http_session *session = user;
    struct hr_http_exchange_s *exchange = session->exchange;
    session->expects = false;
    if (!exchange || hr__http_exchange_responded(exchange)) {
        session->dropped += (uint32_t)size;
        if (session->dropped > HR_HTTP_DROP_MAX) return NO_MORE_DROPPED;
        session->body_bytes += size;
        return (ssize_t)size;
    }
    if (size > options_of(session)->body_bytes_max - session->body_bytes) {
        session->refuse_status = 413;
        return HR_ERR_HTTP_BODY_TOO_LARGE;
    }
    ssize_t taken = hr__http_exchange_take(exchange, data, size);
    if (taken < 0)
        session->consumer_failed = true;
    else
        session->body_bytes += (size_t)taken;
    return taken;
}

static int on_complete(void *user) {
    struct hr_http_session *session = user;
    session->complete = true;
    session->expects = false;
    if (!session->answer) watch(session, HR_HTTP_WATCH_NONE);
    if (session->exchange) hr__http_exchange_complete(session->exchange);
    return 0;
}

/* Trailers have been checked and counted; no handler asks for them. */
static int on_trailers(void *user, const struct hr_http_field *fields, size_t count) {
    (void)user;
    (void)fields;
    (void)count;
    return 0;
}

static const struct hr_http1_events parser_events = {
    .on_head = on_head,
    .on_body = on_body,
    .on_trailers = on_trailers,
    .on_complete = on_complete,
};

/* ---- Bytes. */

/* A request line that is too long is 414, other heads 431: looked at only while a head is not
 * complete. */
static void look_for_line_end(struct hr_http_session *session, const char *data, size_t size) {
    size_t left = options_of(session)->head_bytes_max - session->head_bytes;
    if (size > left) size = left;
    session->head_bytes += (uint32_t)size;
    while (size > 0 && hr__http1_parser_idle(session->parser) && (*data == '\r' || *data == '\n')) {
        data++;
        size--;
    }
    if (memchr(data, '\n', size)) session->line_ended = true;
}

/* A chunked body must not be mostly chunk sizes and extensions. */
static bool is_mostly_framing(const struct hr_http_session *session) {
    uint64_t framing = session->wire_bytes - session->body_bytes;
    return framing > FRAMING_BYTES_FREE &&
           (framing - FRAMING_BYTES_FREE) / FRAMING_PER_BYTE_MAX > session->body_bytes;
}

static int parse(struct hr_http_session *session, const char *data, size_t size, size_t *count) {
    bool in_head = session->phase == HR_HTTP_PHASE_HEAD;
    int err = hr__http1_parser_execute(session->parser, data, size, count);
    if (in_head && session->phase == HR_HTTP_PHASE_HEAD) {
        if (!session->line_ended) look_for_line_end(session, data, size);
        if (session->watch == HR_HTTP_WATCH_IDLE) watch(session, HR_HTTP_WATCH_HEAD);
    }
    if (in_head) {
        session->wire_bytes = session->body_bytes; /* of the piece, only this is known */
        return err;
    }
    session->wire_bytes += *count;
    if (!err && is_mostly_framing(session)) return HR_ERR_HTTP_MALFORMED;
    return err;
}

/* What is wrong with a head that the parser refused. */
static int status_of(const struct hr_http_session *session, int err) {
    const char *reason = hr__http1_parser_reason(session->parser);
    if (err == -ENOMEM) return 503;
    if (err == HR_ERR_HTTP_UNEXPECTED) return 501; /* CONNECT, and methods that nobody knows */
    if (err == HR_ERR_HTTP_HEAD_TOO_LARGE)
        return session->phase == HR_HTTP_PHASE_HEAD && !session->line_ended ? 414 : 431;
    if (strcmp(reason, HR_HTTP1_REASON_METHOD) == 0) return 501;
    if (strcmp(reason, HR_HTTP1_REASON_CODING) == 0) return 501;
    if (strcmp(reason, HR_HTTP1_REASON_VERSION) == 0) return 505;
    return 400;
}

static void parse_failed(struct hr_http_session *session, int err) {
    int status = session->refuse_status;
    if (err == NO_MORE_DROPPED && !session->exchange) {
        linger(session);
    } else if (err == NO_MORE_DROPPED) { /* its response is on the way */
        session->close_after = true;
        session->phase = HR_HTTP_PHASE_LINGER;
        session->dropped = 0;
    } else if (session->consumer_failed) {
        hr__http_session_kill(session, err);
    } else {
        refuse(session, status ? status : status_of(session, err), err);
    }
}

static size_t drop(struct hr_http_session *session, size_t size) {
    if (size <= HR_HTTP_DROP_MAX - session->dropped) {
        session->dropped += (uint32_t)size;
        return size;
    }
    if (session->answer) return 0; /* first it is written; meanwhile the stream pushes back */
    hr__http_session_kill(session, 0);
    return size;
}

static size_t on_lent(struct hr_stream *stream, const char *data, size_t size) {
    struct hr_http_session *session = stream->owner;
    size_t taken = 0;
    while (taken < size) {
        if (session->phase == HR_HTTP_PHASE_CLOSING) return size;
        if (session->phase == HR_HTTP_PHASE_LINGER) return taken + drop(session, size - taken);
        /* Pipelined: it waits until the response before it has been written. */
        if (session->complete) break;
        size_t count = 0;
        int err = parse(session, data + taken, size - taken, &count);
        taken += count;
        if (err)
            parse_failed(session, err);
        else if (session->complete && !session->exchange)
            next_request(session); /* the response went before the end of the request */
        else if (count == 0)
            break;
    }
    bool waits = session->phase == HR_HTTP_PHASE_REQUEST && !session->complete &&
                 session->exchange && !hr__http_exchange_takes_body(session->exchange);
    if (waits && session->watch == HR_HTTP_WATCH_BODY) watch(session, HR_HTTP_WATCH_NONE);
    return taken;
}

static void on_end(struct hr_stream *stream, int result) {
    struct hr_http_session *session = stream->owner;
    session->peer_ended = true;
    if (result < 0)
        hr__http_session_kill(session, result);
    else if (session->answer)
        return; /* a client may end its side and read on */
    else if (session->phase == HR_HTTP_PHASE_REQUEST && session->complete)
        return;
    else
        hr__http_session_kill(session,
                              session->phase == HR_HTTP_PHASE_REQUEST ? HR_ERR_HTTP_TRUNCATED : 0);
}

/* ---- The beginning. */

static void begin(struct hr_http_session *session) {
    if (session->over_limit)
        refuse(session, 503, -EBUSY);
    else
        next_request(session);
}

/* A client that speaks no TLS, or shows no good certificate, gets the alert and is let go. */
static void on_connected(struct hr_stream *stream, int result) {
    struct hr_http_session *session = stream->owner;
    if (result)
        hr__http_session_kill(session, result);
    else
        begin(session);
}

static const struct hr_stream_events stream_events = {
    .on_connected = on_connected,
    .on_lent = on_lent,
    .on_end = on_end,
    .on_written = on_written,
    .on_closed = on_closed,
};

static void begin_tls(struct hr_http_session *session) {
    struct hr_tls_context *tls = session->shard->tls;
    session->phase = HR_HTTP_PHASE_HANDSHAKE;
    int err = hr__tls_accept(tls, session->stream, &stream_events, session, &session->stream);
    if (err) {
        hr__http_session_kill(session, err);
        return;
    }
    watch(session, HR_HTTP_WATCH_HANDSHAKE);
    session->stream->vtable->connect(session->stream, NULL, 0);
}

static int open_session(struct hr_http_session *session, int fd) {
    const struct hr_http1_limits limits = {
        .head_bytes_max = options_of(session)->head_bytes_max,
        .head_fields_max = options_of(session)->head_fields_max,
    };
    if (!session->over_limit) {
        int err = hr__http1_parser_new(HR_HTTP1_REQUEST, &limits, &parser_events, session,
                                       &session->parser);
        if (err) return err;
    }
    return hr__tcp_adopt(session->shard->reactor, fd, &stream_events, session, &session->stream);
}

void hr__http_session_adopt(struct hr_http_shard *shard, int fd) {
    struct hr_http_server_s *server = shard->server;
    struct hr_http_session *session = calloc(1, sizeof *session);
    if (!session) goto out;
    session->shard = shard;
    session->over_limit =
        __atomic_load_n(&server->connections, __ATOMIC_RELAXED) >= server->options.connections_max;
    if (session->over_limit && shard->over_limit >= OVER_LIMIT_MAX) goto out;
    if (open_session(session, fd)) goto out;
    hr__http_watch_init(session);
    session->next = shard->connections;
    if (session->next) session->next->prev = session;
    shard->connections = session;
    if (session->over_limit)
        shard->over_limit++;
    else
        __atomic_add_fetch(&server->connections, 1, __ATOMIC_RELAXED);
    if (shard->tls)
        begin_tls(session);
    else
        begin(session);
    return;
out:
    if (session) hr__http1_parser_free(session->parser);
    free(session);
    hr__socket_close(hr__reactor_engine(shard->reactor), fd);
}
