/* The parser of one connection: which part of a message is being read, and who reads it. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include <headrace/body.h>

#include "excerpt.h"
#include "http1_chunk.h"
#include "http1_head.h"
#include "http1_plain.h"
#include "http1_scan.h"

/* More interim responses than any server has a reason to send. */
#define INTERIM_MAX 100
/* Fields of a usual head stand on the stack, those of a larger one in memory for the call. */
#define FIELDS_FIXED       64
#define HEAD_MEMORY_MIN    1024
#define HEAD_BYTES_CEILING (64u << 20)

enum state { HEAD, BODY_SIZED, BODY_TO_CLOSE, CHUNK_LINE, CHUNK_DATA, TRAILERS, COMPLETE, FAILED };

struct hr_http1_parser {
    struct hr_http1_parser *next; /* free */
    const struct hr_http1_events *events;
    void *user;
    struct hr_http1_scan_limits limits;
    enum hr_http1_kind kind;
    enum state state;
    bool head_request, to_connect, begun, keep_alive;
    unsigned interims;
    uint64_t left; /* of a sized body or of a chunk's data */
    struct hr_http1_scan scan;
    struct hr_http1_chunk chunk;
    char *memory; /* a head or trailers that came in pieces */
    size_t capacity;
    int error;
    const char *reason;
    char *shown; /* the line that was refused; NULL: none, or no memory to show it */
};

static_assert(sizeof(struct hr_http1_parser) <= 512, "one stays with each connection of a server");

static void set_limits(struct hr_http1_parser *parser, const struct hr_http1_limits *limits) {
    parser->limits = (struct hr_http1_scan_limits){
        .bytes_max = limits->head_bytes_max < HEAD_BYTES_CEILING ? limits->head_bytes_max
                                                                 : HEAD_BYTES_CEILING,
        .fields_max = limits->head_fields_max,
        .lenient = limits->lenient,
    };
}

int hr__http1_parser_new(enum hr_http1_kind kind, const struct hr_http1_limits *limits,
                         const struct hr_http1_events *events, void *user,
                         struct hr_http1_parser **out) {
    struct hr_http1_parser *parser = calloc(1, sizeof *parser);
    if (!parser) return -ENOMEM;
    parser->kind = kind;
    parser->events = events;
    parser->user = user;
    set_limits(parser, limits);
    hr__http1_parser_begin(parser, false);
    *out = parser;
    return 0;
}

static void free_memory(struct hr_http1_parser *parser) {
    /* Heads that came in pieces, which may have credentials or cookies. */
    if (parser->memory) explicit_bzero(parser->memory, parser->capacity);
    free(parser->memory);
    parser->memory = NULL;
    parser->capacity = 0;
}

static void forget_line(struct hr_http1_parser *parser) {
    if (parser->shown) explicit_bzero(parser->shown, HR_EXCERPT_SIZE);
    free(parser->shown);
    parser->shown = NULL;
}

void hr__http1_parser_free(struct hr_http1_parser *parser) {
    if (!parser) return;
    free_memory(parser);
    forget_line(parser);
    free(parser);
}

int hr__http1_parser_acquire(struct hr_http1_parsers *parsers, const struct hr_http1_limits *limits,
                             void *user, struct hr_http1_parser **parser) {
    struct hr_http1_parser *found = parsers->free;
    if (!found) return hr__http1_parser_new(parsers->kind, limits, parsers->events, user, parser);
    parsers->free = found->next;
    found->next = NULL;
    found->user = user;
    set_limits(found, limits);
    *parser = found;
    return 0;
}

void hr__http1_parser_release(struct hr_http1_parsers *parsers, struct hr_http1_parser *parser) {
    if (!parser) return;
    assert(!parser->next);
    free_memory(parser);
    parser->next = parsers->free;
    parsers->free = parser;
}

void hr__http1_parsers_free(struct hr_http1_parsers *parsers) {
    while (parsers->free) {
        struct hr_http1_parser *parser = parsers->free;
        parsers->free = parser->next;
        hr__http1_parser_free(parser);
    }
}

void hr__http1_parser_begin(struct hr_http1_parser *parser, bool head_request) {
    free_memory(parser);
    parser->state = HEAD;
    parser->head_request = head_request;
    parser->to_connect = parser->begun = parser->keep_alive = false;
    parser->interims = 0;
    parser->left = 0;
    memset(&parser->scan, 0, sizeof parser->scan);
    parser->error = 0;
    parser->reason = "";
    forget_line(parser);
}

void hr__http1_parser_begin_tunnel(struct hr_http1_parser *parser) {
    hr__http1_parser_begin(parser, true);
    parser->to_connect = true;
}

/* Keeps an excerpt of the line that is refused, while its bytes are there. */
static void show_line(struct hr_http1_parser *parser, struct hr_slice line,
                      struct hr_slice before) {
    if (line.size == 0) return;
    parser->shown = malloc(HR_EXCERPT_SIZE);
    if (parser->shown) hr__excerpt_line(line, before, parser->shown);
}

static int fail(struct hr_http1_parser *parser, int error) {
    free_memory(parser);
    parser->state = FAILED;
    parser->error = error;
    return error;
}

/* Failing for a reason of our own. */
static int refuse(struct hr_http1_parser *parser, int error, const char *reason) {
    parser->reason = reason;
    return fail(parser, error);
}

/* A step returns 0 to go on, STOP for back to the caller, or an error. */
#define STOP 1

static int complete(struct hr_http1_parser *parser) {
    free_memory(parser);
    parser->state = COMPLETE;
    int result = parser->events->on_complete(parser->user);
    return result < 0 ? fail(parser, result) : STOP;
}

/* ---- Sections of lines: heads and trailers. */

/* Room for `size` bytes in all, never more than the limit needs. */
static int reserve(struct hr_http1_parser *parser, size_t size) {
    if (size <= parser->capacity) return 0;
    size_t capacity = parser->capacity ? parser->capacity : HEAD_MEMORY_MIN;
    while (capacity < size) capacity *= 2;
    if (capacity > parser->limits.bytes_max + 1) capacity = parser->limits.bytes_max + 1;
    char *memory = malloc(capacity);
    if (!memory) return -ENOMEM;
    if (parser->memory) memcpy(memory, parser->memory, parser->capacity);
    free_memory(parser);
    parser->memory = memory;
    parser->capacity = capacity;
    return 0;
}

/* Goes on with the section: 1 when it is complete (then *section is all of it, in `data` itself
 * where that holds all of it), 0 when more is needed. */
static int gather(struct hr_http1_parser *parser, enum hr_http1_section kind, const char *data,
                  size_t size, size_t *used, struct hr_slice *section) {
    struct hr_http1_scan *scan = &parser->scan;
    size_t before = scan->scanned;
    const char *memory = data;
    size_t filled = size;
    if (before > 0) {
        size_t room = parser->limits.bytes_max + 1 - before;
        size_t added = size < room ? size : room;
        int err = reserve(parser, before + added);
        if (err) return fail(parser, err);
        memcpy(parser->memory + before, data, added);
        memory = parser->memory;
        filled = before + added;
    }
    int result = hr__http1_scan(scan, kind, &parser->limits, memory, filled, &parser->reason);
    if (result == HR_ERR_HTTP_MALFORMED) show_line(parser, scan->bad_line, scan->line_before);
    if (result < 0) return fail(parser, result);
    *used = scan->scanned - before;
    *section = hr_slice_bytes(memory + scan->start, scan->scanned - scan->start);
    if (result == 1 || before > 0) return result;
    int err = reserve(parser, scan->scanned);
    if (err) return fail(parser, err);
    memcpy(parser->memory, data, scan->scanned);
    return 0;
}

static int with_fields(struct hr_http1_parser *parser, struct hr_slice section,
                       int (*use)(struct hr_http1_parser *parser, struct hr_slice section,
                                  struct hr_http1_fields *fields)) {
    struct hr_http_field fixed[FIELDS_FIXED];
    struct hr_http1_fields fields = {.items = fixed, .capacity = parser->scan.fields};
    struct hr_http_field *memory = NULL;
    if (fields.capacity > FIELDS_FIXED) {
        memory = malloc(fields.capacity * sizeof *memory);
        if (!memory) return fail(parser, -ENOMEM);
        fields.items = memory;
    }
    int result = use(parser, section, &fields);
    free(memory);
    return result;
}

static void next_section(struct hr_http1_parser *parser) {
    free_memory(parser);
    memset(&parser->scan, 0, sizeof parser->scan);
}

/* ---- The head. */

static int begin_body(struct hr_http1_parser *parser, const struct hr_http1_message *message,
                      bool has_body) {
    next_section(parser);
    parser->keep_alive = message->keep_alive;
    if (!has_body) return complete(parser);
    if (message->chunked) {
        parser->chunk = (struct hr_http1_chunk){.lenient = parser->limits.lenient};
        parser->state = CHUNK_LINE;
    } else if (message->head.has_content_length) {
        parser->state = BODY_SIZED;
        parser->left = message->head.content_length;
        if (parser->left == 0) return complete(parser);
    } else {
        parser->state = BODY_TO_CLOSE;
    }
    return 0;
}

/* Whether a body follows, and what the message says in the end about the connection. */
static bool settle(const struct hr_http1_parser *parser, struct hr_http1_message *message) {
    bool sized = message->chunked || message->head.has_content_length;
    if (parser->kind == HR_HTTP1_REQUEST) return sized;
    int status = message->head.status;
    if (!parser->head_request && !hr__http1_status_has_no_body(status)) {
        if (!sized) message->keep_alive = false;
        return true;
    }
    /* A 204 that announces a body may well be followed by one. */
    if (status == 204 && (message->chunked || message->head.content_length > 0))
        message->keep_alive = false;
    message->chunked = false;
    return false;
}

static int take_head(struct hr_http1_parser *parser, struct hr_http1_message *message) {
    bool has_body = settle(parser, message);
    bool interim = parser->kind == HR_HTTP1_RESPONSE && message->head.status < 200;
    if (interim && ++parser->interims > INTERIM_MAX)
        return refuse(parser, HR_ERR_HTTP_MALFORMED, "more than 100 interim responses");
    int result = parser->events->on_head(parser->user, message);
    if (result < 0) return fail(parser, result);
    if (!interim) return begin_body(parser, message, has_body);
    next_section(parser);
    return 0;
}

static int fail_reading(struct hr_http1_parser *parser, const struct hr_http1_reading *reading,
                        int err) {
    parser->reason = reading->reason;
    show_line(parser, reading->bad_line, hr_slice_bytes("", 0));
    return fail(parser, err);
}

static int use_head(struct hr_http1_parser *parser, struct hr_slice section,
                    struct hr_http1_fields *fields) {
    struct hr_http1_message message;
    struct hr_http1_reading reading = {
        .kind = parser->kind, .lenient = parser->limits.lenient, .to_connect = parser->to_connect};
    int err = hr__http1_head_read(&reading, section, fields, &message);
    int result = err ? fail_reading(parser, &reading, err) : take_head(parser, &message);
    hr__http1_plain_free(reading.plain);
    return result;
}

/* Whether the message begins here, and is read as it stands. */
static bool may_be_plain(const struct hr_http1_parser *parser) {
    return parser->kind == HR_HTTP1_RESPONSE && parser->scan.scanned == 0 &&
           !parser->limits.lenient && !parser->to_connect;
}

/* Whether it is a usual head, which came whole. */
static bool read_plain(struct hr_http1_parser *parser, const char *data, size_t size, size_t *used,
                       int *result) {
    const struct hr_http1_scan_limits *limits = &parser->limits;
    struct hr_http_field items[FIELDS_FIXED];
    struct hr_http1_fields fields = {.items = items, .capacity = FIELDS_FIXED};
    struct hr_http1_message message;
    if (fields.capacity > limits->fields_max) fields.capacity = limits->fields_max;
    if (size > limits->bytes_max) size = limits->bytes_max;
    *used = hr__http1_head_read_plain(hr_slice_bytes(data, size), &fields, &message);
    if (*used == 0) return false;
    *result = take_head(parser, &message);
    return true;
}

static int read_head(struct hr_http1_parser *parser, const char *data, size_t size, size_t *used) {
    struct hr_slice section;
    int result;
    if (may_be_plain(parser) && read_plain(parser, data, size, used, &result)) return result;
    result = gather(
        parser, parser->kind == HR_HTTP1_REQUEST ? HR_HTTP1_REQUEST_HEAD : HR_HTTP1_RESPONSE_HEAD,
        data, size, used, &section);
    return result == 1 ? with_fields(parser, section, use_head) : result;
}

/* ---- The body and what follows it. */

static int use_trailers(struct hr_http1_parser *parser, struct hr_slice section,
                        struct hr_http1_fields *fields) {
    struct hr_http1_reading reading = {.kind = parser->kind};
    int err = hr__http1_trailers_read(&reading, section, fields);
    if (err) return fail_reading(parser, &reading, err);
    if (fields->count > 0) {
        int result = parser->events->on_trailers(parser->user, fields->items, fields->count);
        if (result < 0) return fail(parser, result);
    }
    return complete(parser);
}

static int read_trailers(struct hr_http1_parser *parser, const char *data, size_t size,
                         size_t *used) {
    struct hr_slice section;
    int result = gather(parser, HR_HTTP1_TRAILERS, data, size, used, &section);
    return result == 1 ? with_fields(parser, section, use_trailers) : result;
}

static int read_chunk_line(struct hr_http1_parser *parser, const char *data, size_t size,
                           size_t *used) {
    int result = hr__http1_chunk_line(&parser->chunk, data, size, used, &parser->reason);
    if (result < 0) return fail(parser, result);
    if (result == 1) {
        parser->left = parser->chunk.size;
        parser->state = parser->left > 0 ? CHUNK_DATA : TRAILERS;
    }
    return 0;
}

static int read_body(struct hr_http1_parser *parser, const char *data, size_t size, size_t *used) {
    bool counted = parser->state != BODY_TO_CLOSE;
    size_t offered = counted && parser->left < size ? (size_t)parser->left : size;
    ssize_t taken = parser->events->on_body(parser->user, data, offered);
    if (taken < 0) return fail(parser, (int)taken);
    assert((size_t)taken <= offered);
    *used = (size_t)taken;
    if (counted) parser->left -= (uint64_t)taken;
    if ((size_t)taken < offered) return STOP;
    if (!counted || parser->left > 0) return 0;
    if (parser->state == BODY_SIZED) return complete(parser);
    hr__http1_chunk_data_done(&parser->chunk);
    parser->state = CHUNK_LINE;
    return 0;
}

static int step(struct hr_http1_parser *parser, const char *data, size_t size, size_t *used) {
    switch (parser->state) {
    case HEAD:
        return read_head(parser, data, size, used);
    case CHUNK_LINE:
        return read_chunk_line(parser, data, size, used);
    case TRAILERS:
        return read_trailers(parser, data, size, used);
    default:
        return read_body(parser, data, size, used);
    }
}

int hr__http1_parser_execute(struct hr_http1_parser *parser, const char *data, size_t size,
                             size_t *consumed) {
    *consumed = 0;
    if (parser->state == FAILED) return parser->error;
    if (size > 0) parser->begun = true;
    if (parser->state == COMPLETE) return 0;
    int result = 0;
    while (result == 0 && *consumed < size) {
        size_t used = 0;
        result = step(parser, data + *consumed, size - *consumed, &used);
        *consumed += used;
    }
    return result < 0 ? result : 0;
}

int hr__http1_parser_finish(struct hr_http1_parser *parser) {
    if (parser->state == FAILED) return parser->error;
    if (parser->state == COMPLETE || hr__http1_parser_idle(parser)) return 0;
    if (parser->state == BODY_TO_CLOSE) {
        int result = complete(parser);
        return result < 0 ? result : 0;
    }
    return refuse(parser, HR_ERR_HTTP_TRUNCATED,
                  parser->state == HEAD ? "the connection closed within the head"
                                        : "the connection closed within the body");
}

bool hr__http1_parser_keep_alive(const struct hr_http1_parser *parser) {
    return parser->state == COMPLETE && parser->keep_alive;
}

bool hr__http1_parser_idle(const struct hr_http1_parser *parser) {
    return parser->state == HEAD && !parser->begun;
}

bool hr__http1_parser_runs_to_close(const struct hr_http1_parser *parser) {
    return parser->state == BODY_TO_CLOSE;
}

uint64_t hr__http1_parser_body_left(const struct hr_http1_parser *parser) {
    return parser->state == BODY_SIZED ? parser->left : 0;
}

const char *hr__http1_parser_reason(const struct hr_http1_parser *parser) {
    return parser->reason ? parser->reason : "";
}

const char *hr__http1_parser_line(const struct hr_http1_parser *parser) {
    return parser->shown ? parser->shown : "";
}
