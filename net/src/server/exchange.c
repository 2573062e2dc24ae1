/* An exchange: the calls of its handler, and the order in which the handler is called. */
#include "exchange.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The way of the request's body to the handler. */
enum body_state {
    BODY_UNREAD,
    BODY_READING, /* on_body is owed */
    BODY_PAUSED,  /* the same; the consumer has pushed back */
    BODY_ENDED,   /* on_body was called, or is to be called no more */
};

enum state {
    RUNNING,   /* the handler has to respond */
    RESPONDED, /* no further response is taken */
    ENDED,     /* on_end is due, and the memory goes with it */
};

struct hr_http_exchange_s {
    struct hr_server_shard *shard;
    const struct hr_exchange_events *events;
    void *connection;    /* NULL: gone, `failure` says why */
    struct hr_task task; /* calls that are owed to the handler, later */
    struct {
        struct hr_slice method, target;
        struct hr_http_head head; /* fields only */
        uint64_t body_size;
        bool has_body, is_head, is_http10;
    } request;
    struct {
        hr_consume_fn *consume;
        void (*on_body)(void *user, hr_http_exchange *exchange, int result);
        void *user;
        uint8_t state;
        bool complete; /* the parser has seen the end of the request */
        bool due;      /* on_body is to be called from the task */
    } body;
    struct {
        bool due;                /* hr_http_exchange_resume was called */
        bool consumer, producer; /* … and that side had not pushed back yet */
    } resume;
    struct {
        void (*on_end)(void *user, int result);
        void *user;
        int result;
    } end;
    int failure;
    uint8_t state;
    bool task_queued;
    bool detached; /* counted by the shard */
    struct hr_http_field fields[];
};

static struct hr_slice keep(char **to, struct hr_slice from) {
    struct hr_slice kept = hr_slice_bytes(*to, from.size);
    if (from.size > 0) memcpy(*to, from.data, from.size);
    *to += from.size;
    return kept;
}

static void defer(struct hr_http_exchange_s *exchange) {
    if (exchange->task_queued) return;
    exchange->task_queued = true;
    hr__reactor_defer(exchange->shard->reactor, &exchange->task);
}

static bool is_reading(const struct hr_http_exchange_s *exchange) {
    return exchange->body.state == BODY_READING || exchange->body.state == BODY_PAUSED;
}

/* ---- The end. */

/* Tells on_end and frees; later when the task is still queued. */
static void end(struct hr_http_exchange_s *exchange, int result) {
    assert(!exchange->connection);
    exchange->end.result = result;
    exchange->state = ENDED;
    if (exchange->task_queued) return;
    struct hr_server_shard *shard = exchange->shard;
    if (exchange->end.on_end) exchange->end.on_end(exchange->end.user, result);
    bool detached = exchange->detached;
    free(exchange);
    if (!detached) return;
    assert(shard->detached > 0);
    shard->detached--;
    shard->on_gone(shard);
}

static void report_body(struct hr_http_exchange_s *exchange, int result) {
    assert(is_reading(exchange));
    exchange->body.state = BODY_ENDED;
    exchange->body.due = false;
    if (exchange->body.on_body) exchange->body.on_body(exchange->body.user, exchange, result);
}

/* A resume does not say which side it is for: a side that does not wait yet keeps it. */
static void go_on(struct hr_http_exchange_s *exchange) {
    bool consumer = exchange->body.state == BODY_PAUSED;
    bool producer = exchange->events->producer_waits(exchange->connection);
    exchange->resume.consumer = !consumer;
    exchange->resume.producer = !producer;
    if (consumer) exchange->body.state = BODY_READING;
    if (consumer || producer) exchange->events->on_resume(exchange->connection);
}

static void run_task(struct hr_task *task) {
    struct hr_http_exchange_s *exchange = hr__container_of(task, struct hr_http_exchange_s, task);
    assert(exchange->task_queued);
    /* Still marked as queued: a call that the handler makes in on_body must not free the exchange
     * here. */
    if (exchange->body.due && is_reading(exchange)) report_body(exchange, exchange->failure);
    exchange->task_queued = false;
    if (exchange->state == ENDED) {
        end(exchange, exchange->end.result);
        return;
    }
    bool resume = exchange->resume.due;
    exchange->resume.due = false;
    if (resume && exchange->connection) go_on(exchange);
}

/* Calls on_body now; a call that the handler makes inside must not free the exchange. */
static void report_body_held(struct hr_http_exchange_s *exchange, int result) {
    bool was_queued = exchange->task_queued;
    exchange->task_queued = true;
    report_body(exchange, result);
    exchange->task_queued = was_queued;
    if (exchange->resume.due && exchange->state != ENDED) defer(exchange);
}

void hr__exchange_done(struct hr_http_exchange_s *exchange) {
    assert(exchange->state == RESPONDED);
    exchange->connection = NULL;
    end(exchange, 0);
}

void hr__exchange_fail(struct hr_http_exchange_s *exchange, int reason) {
    assert(exchange->connection && !exchange->detached && exchange->state != ENDED);
    exchange->connection = NULL;
    exchange->failure = reason;
    /* Until its end the shard must not go away under it. */
    exchange->detached = true;
    exchange->shard->detached++;
    if (is_reading(exchange)) report_body_held(exchange, reason);
    /* A handler that has said where it wants to hear of the end hears of it now; another one when
     * it responds. */
    if (exchange->state != RUNNING || exchange->end.on_end) end(exchange, reason);
}

/* ---- From the connection. */

static size_t size_of(const struct hr_http1_message *message) {
    size_t size = sizeof(struct hr_http_exchange_s) +
                  message->head.field_count * sizeof(struct hr_http_field);
    size += message->method.size + message->target.size;
    for (size_t i = 0; i < message->head.field_count; i++)
        size += message->head.fields[i].name.size + message->head.fields[i].value.size;
    return size;
}

static void set_request(struct hr_http_exchange_s *exchange,
                        const struct hr_http1_message *message) {
    size_t count = message->head.field_count;
    char *text = (char *)&exchange->fields[count];
    exchange->request.method = keep(&text, message->method);
    exchange->request.target = keep(&text, message->target);
    for (size_t i = 0; i < count; i++) {
        exchange->fields[i].name = keep(&text, message->head.fields[i].name);
        exchange->fields[i].value = keep(&text, message->head.fields[i].value);
    }
    exchange->request.head.fields = exchange->fields;
    exchange->request.head.field_count = count;
    exchange->request.body_size = message->chunked                   ? HR_SIZE_UNKNOWN
                                  : message->head.has_content_length ? message->head.content_length
                                                                     : 0;
    exchange->request.has_body = exchange->request.body_size != 0;
    exchange->request.is_head = hr_slice_equal(exchange->request.method, hr_slice_of("HEAD"));
    exchange->request.is_http10 = message->head.minor_version == 0;
}

int hr__exchange_new(struct hr_server_shard *shard, const struct hr_http1_message *message,
                     const struct hr_exchange_events *events, void *connection,
                     struct hr_http_exchange_s **out) {
    struct hr_http_exchange_s *exchange = malloc(size_of(message));
    if (!exchange) return -ENOMEM;
    memset(exchange, 0, sizeof *exchange);
    exchange->shard = shard;
    exchange->events = events;
    exchange->connection = connection;
    exchange->task.run = run_task;
    set_request(exchange, message);
    *out = exchange;
    return 0;
}

/* A side has pushed back: it goes on where a resume has been kept for it. */
static void resume_if(struct hr_http_exchange_s *exchange, bool *kept) {
    if (*kept) hr_http_exchange_resume(exchange);
    *kept = false;
}

ssize_t hr__exchange_take(struct hr_http_exchange_s *exchange, const char *data, size_t size) {
    if (exchange->body.state != BODY_READING) return 0;
    ssize_t taken = exchange->body.consume(exchange->body.user, data, size);
    if (taken > (ssize_t)size) return -EOVERFLOW;
    if (taken < 0) return taken;
    /* It may have responded inside: then the rest is dropped, not pushed back. */
    if ((size_t)taken == size || !is_reading(exchange)) return taken;
    exchange->body.state = BODY_PAUSED;
    resume_if(exchange, &exchange->resume.consumer);
    return taken;
}

void hr__exchange_on_producer_waits(struct hr_http_exchange_s *exchange) {
    assert(exchange->state == RESPONDED);
    resume_if(exchange, &exchange->resume.producer);
}

void hr__exchange_complete(struct hr_http_exchange_s *exchange) {
    assert(!exchange->body.complete);
    exchange->body.complete = true;
    if (is_reading(exchange)) report_body_held(exchange, 0);
}

bool hr__exchange_responded(const struct hr_http_exchange_s *exchange) {
    return exchange->state != RUNNING;
}

bool hr__exchange_takes_body(const struct hr_http_exchange_s *exchange) {
    return exchange->body.state == BODY_READING;
}

/* ---- For the handler. */

struct hr_slice hr_http_exchange_method(const hr_http_exchange *exchange) {
    return exchange->request.method;
}

struct hr_slice hr_http_exchange_target(const hr_http_exchange *exchange) {
    return exchange->request.target;
}

const struct hr_http_field *hr_http_exchange_fields(const hr_http_exchange *exchange,
                                                    size_t *count) {
    *count = exchange->request.head.field_count;
    return exchange->fields;
}

struct hr_slice hr_http_exchange_find(const hr_http_exchange *exchange, const char *name) {
    return hr_http_head_find(&exchange->request.head, name);
}

uint64_t hr_http_exchange_body_size(const hr_http_exchange *exchange) {
    return exchange->request.body_size;
}

bool hr_http_exchange_has_body(const hr_http_exchange *exchange) {
    return exchange->request.has_body;
}

int hr_http_exchange_read(hr_http_exchange *exchange, hr_consume_fn *consume,
                          void (*on_body)(void *user, hr_http_exchange *exchange, int result),
                          void *user) {
    if (exchange->body.state != BODY_UNREAD || exchange->state != RUNNING) return -EALREADY;
    exchange->body.consume = consume;
    exchange->body.on_body = on_body;
    exchange->body.user = user;
    exchange->body.state = BODY_READING;
    if (exchange->connection) exchange->events->on_read(exchange->connection);
    if (!exchange->connection || exchange->body.complete || !exchange->request.has_body) {
        exchange->body.due = true;
        defer(exchange);
    } else {
        exchange->events->on_resume(exchange->connection);
    }
    return 0;
}

void hr_http_exchange_resume(hr_http_exchange *exchange) {
    exchange->resume.due = true;
    defer(exchange);
}

void hr_http_exchange_on_end(hr_http_exchange *exchange, void (*on_end)(void *user, int result),
                             void *user) {
    exchange->end.on_end = on_end;
    exchange->end.user = user;
}

/* From now on no response is taken, and none of the body is wanted. */
static void set_responded(struct hr_http_exchange_s *exchange,
                          const struct hr_http_response *response) {
    assert(exchange->state == RUNNING);
    exchange->state = RESPONDED;
    exchange->body.state = BODY_ENDED;
    if (response->on_end) hr_http_exchange_on_end(exchange, response->on_end, response->user);
}

/* A response that no connection waits for. */
static void end_detached(struct hr_http_exchange_s *exchange) {
    assert(exchange->detached);
    exchange->state = ENDED;
    exchange->end.result = exchange->failure;
    defer(exchange);
}

/* Nothing smaller is left to try, and the peer would wait for a response that cannot be made. */
static void give_up(struct hr_http_exchange_s *exchange, const struct hr_http_response *response) {
    set_responded(exchange, response);
    if (exchange->connection)
        exchange->events->on_give_up(exchange->connection, -ENOMEM);
    else
        end_detached(exchange);
}

int hr_http_exchange_respond(hr_http_exchange *exchange, const struct hr_http_response *response) {
    if (exchange->state != RUNNING) return -EALREADY;
    void *connection = exchange->connection;
    struct hr_response_plan plan = {
        .status = response->status,
        .fields = response->fields,
        .field_count = response->field_count,
        .body = response->body,
        .head_request = exchange->request.is_head,
        .http10 = exchange->request.is_http10,
        .close = response->close || (connection && exchange->events->must_close(connection)),
    };
    struct hr_response *made;
    int err = hr__response_new(exchange->shard, &plan, &made);
    if (err == -ENOMEM && response->close) give_up(exchange, response);
    if (err) return err;
    set_responded(exchange, response);
    if (connection) {
        exchange->events->on_respond(connection, made);
    } else {
        hr__response_free(made);
        end_detached(exchange);
    }
    return 0;
}
