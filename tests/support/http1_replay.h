/* Feeds bytes to an HTTP/1.1 parser, cut in a given way, and keeps what it says. Each piece is heap
 * memory of exactly its size, so that a sanitizer sees every look beside it. */
#ifndef HR_TEST_HTTP1_REPLAY_H
#define HR_TEST_HTTP1_REPLAY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http1_parse.h"

struct replay_text {
    char *data;
    size_t size, capacity;
};

struct replay {
    struct hr_http1_parser *parser;
    struct replay_text heads;  /* all that came but the body, as text */
    struct replay_text fields; /* "name: value\n" of the final head */
    struct replay_text trailers;
    struct replay_text body;
    struct replay_text interim; /* "100 102 " */
    int result, status;
    bool complete, keep_alive;
    size_t consumed;
    size_t body_max; /* of what on_body takes in one call; 0: all */
    unsigned executes;
    char method[32], target[512], reason[128];
};

static inline void replay_add(struct replay_text *text, const char *data, size_t size) {
    if (text->size + size + 1 > text->capacity) {
        text->capacity = (text->size + size + 1) * 2;
        text->data = realloc(text->data, text->capacity);
    }
    if (size > 0) memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = 0;
}

static inline void replay_add_field(struct replay_text *text, const struct hr_http_field *field) {
    replay_add(text, field->name.data, field->name.size);
    replay_add(text, ": ", 2);
    replay_add(text, field->value.data, field->value.size);
    replay_add(text, "\n", 1);
}

static inline void replay_copy(char *out, size_t capacity, struct hr_slice text) {
    size_t size = text.size < capacity ? text.size : capacity - 1;
    if (size > 0) memcpy(out, text.data, size);
    out[size] = 0;
}

static int replay_on_head(void *user, const struct hr_http1_message *message) {
    struct replay *replay = user;
    const struct hr_http_head *head = &message->head;
    char line[160];
    int size =
        snprintf(line, sizeof line, "HEAD %d 1.%u %s%s%s length %d %llu\n", head->status,
                 head->minor_version, message->chunked ? "chunked " : "",
                 message->expect_continue ? "expect " : "", message->keep_alive ? "keep" : "close",
                 head->has_content_length, (unsigned long long)head->content_length);
    replay_add(&replay->heads, line, (size_t)size);
    replay_add(&replay->heads, message->method.data, message->method.size);
    replay_add(&replay->heads, message->target.data, message->target.size);
    replay_add(&replay->heads, head->reason.data, head->reason.size);
    replay_add(&replay->heads, "\n", 1);
    for (size_t i = 0; i < head->field_count; i++)
        replay_add_field(&replay->heads, &head->fields[i]);
    replay_copy(replay->method, sizeof replay->method, message->method);
    replay_copy(replay->target, sizeof replay->target, message->target);
    replay_copy(replay->reason, sizeof replay->reason, head->reason);
    if (head->status >= 100 && head->status < 200) {
        size = snprintf(line, sizeof line, "%d ", head->status);
        replay_add(&replay->interim, line, (size_t)size);
        return 0;
    }
    replay->status = head->status;
    for (size_t i = 0; i < head->field_count; i++)
        replay_add_field(&replay->fields, &head->fields[i]);
    return 0;
}

static ssize_t replay_on_body(void *user, const char *data, size_t size) {
    struct replay *replay = user;
    if (replay->body_max > 0 && size > replay->body_max) size = replay->body_max;
    replay_add(&replay->body, data, size);
    return (ssize_t)size;
}

static int replay_on_trailers(void *user, const struct hr_http_field *fields, size_t count) {
    struct replay *replay = user;
    for (size_t i = 0; i < count; i++) replay_add_field(&replay->trailers, &fields[i]);
    return 0;
}

static int replay_on_complete(void *user) {
    ((struct replay *)user)->complete = true;
    return 0;
}

static const struct hr_http1_events replay_events = {
    .on_head = replay_on_head,
    .on_body = replay_on_body,
    .on_trailers = replay_on_trailers,
    .on_complete = replay_on_complete,
};

static inline void replay_init(struct replay *replay, enum hr_http1_kind kind,
                               const struct hr_http1_limits *limits, bool head_request) {
    static const struct hr_http1_limits usual = {.head_bytes_max = 65536, .head_fields_max = 128};
    memset(replay, 0, sizeof *replay);
    if (hr__http1_parser_new(kind, limits ? limits : &usual, &replay_events, replay,
                             &replay->parser))
        abort();
    hr__http1_parser_begin(replay->parser, head_request);
    replay_add(&replay->heads, "", 0);
    replay_add(&replay->fields, "", 0);
    replay_add(&replay->trailers, "", 0);
    replay_add(&replay->interim, "", 0);
    replay_add(&replay->body, "", 0);
}

static inline void replay_deinit(struct replay *replay) {
    hr__http1_parser_free(replay->parser);
    free(replay->heads.data);
    free(replay->fields.data);
    free(replay->trailers.data);
    free(replay->interim.data);
    free(replay->body.data);
}

/* One piece. What on_body pushed back is offered again at once. */
static inline void replay_feed(struct replay *replay, const char *data, size_t size) {
    char *piece = malloc(size > 0 ? size : 1);
    if (size > 0) memcpy(piece, data, size);
    size_t at = 0;
    while (replay->result == 0 && !replay->complete && at < size) {
        size_t used;
        replay->executes++;
        replay->result = hr__http1_parser_execute(replay->parser, piece + at, size - at, &used);
        if (used > size - at) abort();
        if (replay->result == 0 && !replay->complete && used == 0) abort();
        at += used;
        replay->consumed += used;
    }
    free(piece);
}

/* The end: of the bytes, and with `closed` of the connection. */
static inline void replay_end(struct replay *replay, bool closed) {
    if (replay->result == 0 && closed) replay->result = hr__http1_parser_finish(replay->parser);
    replay->keep_alive = hr__http1_parser_keep_alive(replay->parser);
}

/* All of it, in pieces of `piece` bytes (0: in one), the first one of `first` (0: like the rest).
 */
static inline void replay_all(struct replay *replay, struct hr_slice bytes, size_t first,
                              size_t piece, bool closed) {
    size_t at = 0;
    while (at < bytes.size && replay->result == 0 && !replay->complete) {
        size_t size = at == 0 && first > 0 ? first : piece > 0 ? piece : bytes.size;
        if (size > bytes.size - at) size = bytes.size - at;
        replay_feed(replay, bytes.data + at, size);
        at += size;
    }
    replay_end(replay, closed);
}

static inline bool replay_text_equal(const struct replay_text *a, const struct replay_text *b) {
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

static inline bool replay_equal(const struct replay *a, const struct replay *b) {
    return a->result == b->result && a->complete == b->complete && a->keep_alive == b->keep_alive &&
           replay_text_equal(&a->heads, &b->heads) && replay_text_equal(&a->body, &b->body) &&
           replay_text_equal(&a->trailers, &b->trailers) &&
           (!a->complete || a->consumed == b->consumed);
}

#endif
