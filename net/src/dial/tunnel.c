/* One request and one response, then the stream is given away. */
#include "proxy.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/slice_copy.h>

#include "url_authority.h"

/* Of the proxy's response. */
#define HEAD_BYTES_MAX  65536
#define HEAD_FIELDS_MAX 128
/* Of its reason phrase, as far as it is repeated. */
#define PHRASE_MAX 60

static struct hr_tunnel *of(const struct hr_stream *stream) {
    return stream->owner;
}

/* ---- The end. */

static void let_go(struct hr_tunnel *tunnel) {
    if (tunnel->head) explicit_bzero(tunnel->head, tunnel->iov.iov_len);
    free(tunnel->head);
    hr__http1_parser_free(tunnel->parser);
    tunnel->head = NULL;
    tunnel->parser = NULL;
}

static void on_closed(struct hr_stream *stream) {
    struct hr_tunnel *tunnel = of(stream);
    assert(tunnel->result < 0);
    let_go(tunnel);
    tunnel->on_done(tunnel, tunnel->result, NULL);
}

static void fail(struct hr_tunnel *tunnel, int result) {
    if (tunnel->closing) return;
    tunnel->closing = true;
    tunnel->result = result;
    tunnel->stream->vtable->close(tunnel->stream);
}

static void run_done(struct hr_task *task) {
    struct hr_tunnel *tunnel = hr__container_of(task, struct hr_tunnel, task);
    if (tunnel->closing) return;
    let_go(tunnel);
    tunnel->on_done(tunnel, 0, tunnel->stream);
}

/* Its last byte is written and the response is there. From the FIFO: the stream is calling us. */
static void finish(struct hr_tunnel *tunnel) {
    if (tunnel->closing || !tunnel->written || !tunnel->answered) return;
    hr__reactor_defer(tunnel->stream->reactor, &tunnel->task);
}

/* ---- The response. */

/* Into `text` what of it a terminal can be shown. */
static void copy_phrase(struct hr_slice phrase, char text[PHRASE_MAX]) {
    size_t size = phrase.size < PHRASE_MAX - 1 ? phrase.size : PHRASE_MAX - 1;
    for (size_t i = 0; i < size; i++)
        text[i] = phrase.data[i] >= ' ' && phrase.data[i] < 0x7f ? phrase.data[i] : '?';
    text[size] = 0;
}

static int on_head(void *user, const struct hr_http1_message *message) {
    struct hr_tunnel *tunnel = user;
    int status = message->head.status;
    if (status < 300 && status != 101) return 0; /* interim ones too */
    char phrase[PHRASE_MAX];
    copy_phrase(message->head.reason, phrase);
    if (status == 407) {
        snprintf(tunnel->reason, sizeof tunnel->reason, "%s (407 %s)",
                 tunnel->proxy->authorization
                     ? "it does not take this user and password"
                     : "it wants user and password (http://user:password@…)",
                 phrase);
        return HR_ERR_PROXY_AUTH;
    }
    snprintf(tunnel->reason, sizeof tunnel->reason, "it answered CONNECT with %d %s", status,
             phrase);
    return HR_ERR_PROXY_REFUSED;
}

/* Never called: a 2xx to CONNECT has no body, whatever its fields say (RFC 9110 9.3.6). */
static ssize_t on_body(void *user, const char *data, size_t size) {
    (void)user, (void)data, (void)size;
    return HR_ERR_HTTP_MALFORMED;
}

static int on_trailers(void *user, const struct hr_http_field *fields, size_t count) {
    (void)user, (void)fields, (void)count;
    return HR_ERR_HTTP_MALFORMED;
}

static int on_complete(void *user) {
    struct hr_tunnel *tunnel = user;
    tunnel->answered = true;
    return 0;
}

static const struct hr_http1_events answer_events = {
    .on_head = on_head,
    .on_body = on_body,
    .on_trailers = on_trailers,
    .on_complete = on_complete,
};

static void say_malformed(struct hr_tunnel *tunnel, int err) {
    if (err == HR_ERR_HTTP_HEAD_TOO_LARGE) { /* the parser's reason names an option of responses */
        snprintf(tunnel->reason, sizeof tunnel->reason,
                 "its response to CONNECT has a head of more than %d bytes or %d fields",
                 HEAD_BYTES_MAX, HEAD_FIELDS_MAX);
        return;
    }
    const char *line = hr__http1_parser_line(tunnel->parser);
    snprintf(tunnel->reason, sizeof tunnel->reason,
             *line ? "its response to CONNECT: %s: \"%s\"" : "its response to CONNECT: %s",
             hr__http1_parser_reason(tunnel->parser), line);
}

/* ---- The stream's events. */

static size_t on_lent(struct hr_stream *stream, const char *data, size_t size) {
    struct hr_tunnel *tunnel = of(stream);
    if (tunnel->closing) return size;
    size_t used = 0;
    int err = tunnel->answered ? 0 : hr__http1_parser_execute(tunnel->parser, data, size, &used);
    if (err) {
        if (!tunnel->reason[0]) say_malformed(tunnel, err);
        fail(tunnel, err);
    } else if (used < size) {
        /* The target speaks second, in TLS as in HTTP: whoever has sent these bytes is not it. */
        snprintf(tunnel->reason, sizeof tunnel->reason,
                 "it sent bytes behind its response to CONNECT");
        fail(tunnel, HR_ERR_HTTP_MALFORMED);
    } else if (tunnel->answered) {
        stream->vtable->pause(stream);
        finish(tunnel);
    }
    return size;
}

static void on_end(struct hr_stream *stream, int result) {
    struct hr_tunnel *tunnel = of(stream);
    if (tunnel->closing) return;
    if (result == 0)
        snprintf(tunnel->reason, sizeof tunnel->reason,
                 "it closed the connection instead of answering CONNECT");
    fail(tunnel, result ? result : HR_ERR_PROXY_REFUSED);
}

static void on_written(struct hr_stream *stream, int result) {
    struct hr_tunnel *tunnel = of(stream);
    if (result < 0) {
        fail(tunnel, result);
        return;
    }
    tunnel->written = true;
    finish(tunnel);
}

static const struct hr_stream_events stream_events = {
    .on_lent = on_lent,
    .on_end = on_end,
    .on_written = on_written,
    .on_closed = on_closed,
};

/* ---- The request. */

static int write_head(struct hr_tunnel *tunnel) {
    static const char field[] = "Proxy-Authorization: ";
    struct hr_slice authorization = hr_slice_of(tunnel->proxy->authorization);
    struct hr_slice host = hr__host_without_zone(tunnel->host), end = hr_slice_of("\r\n");
    /* Into memory of its size at once: what grows leaves copies of the credentials behind. */
    size_t capacity = sizeof "CONNECT  HTTP/1.1Host: " + 2 * (host.size + sizeof "[]:65535");
    capacity += sizeof field + authorization.size + 4 * end.size;
    char *head = malloc(capacity), *at = head;
    if (!head) return -ENOMEM;
    hr__slice_copy(&at, hr_slice_of("CONNECT "));
    size_t room = capacity - (size_t)(at - head);
    struct hr_slice authority = {at, hr__authority_print(host, tunnel->port, at, room)};
    at += authority.size;
    hr__slice_copy(&at, hr_slice_of(" HTTP/1.1\r\nHost: "));
    hr__slice_copy(&at, authority);
    hr__slice_copy(&at, end);
    if (authorization.size > 0) {
        hr__slice_copy(&at, hr_slice_of(field));
        hr__slice_copy(&at, authorization);
        hr__slice_copy(&at, end);
    }
    hr__slice_copy(&at, end);
    assert((size_t)(at - head) <= capacity);
    tunnel->head = head;
    tunnel->iov = (struct iovec){.iov_base = head, .iov_len = (size_t)(at - head)};
    return 0;
}

int hr__tunnel_start(struct hr_tunnel *tunnel, struct hr_stream *stream) {
    static const struct hr_http1_limits limits = {.head_bytes_max = HEAD_BYTES_MAX,
                                                  .head_fields_max = HEAD_FIELDS_MAX};
    tunnel->stream = stream;
    tunnel->parser = NULL;
    tunnel->task = (struct hr_task){.run = run_done};
    tunnel->result = 0;
    tunnel->reason[0] = 0;
    tunnel->answered = tunnel->written = tunnel->closing = false;
    int err = write_head(tunnel);
    if (err) return err;
    err = hr__http1_parser_new(HR_HTTP1_RESPONSE, &limits, &answer_events, tunnel, &tunnel->parser);
    if (err) {
        let_go(tunnel);
        return err;
    }
    hr__http1_parser_begin_tunnel(tunnel->parser);
    stream->events = &stream_events;
    stream->owner = tunnel;
    stream->vtable->read_lent(stream);
    stream->vtable->write(stream, &tunnel->iov, 1);
    return 0;
}

void hr__tunnel_cancel(struct hr_tunnel *tunnel) {
    fail(tunnel, -ECANCELED);
}
