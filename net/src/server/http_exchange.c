/* An exchange: one request as its handler sees it, from on_request until it is answered.
 *
 * It may outlive its connection: a handler that has not been told keeps it until it responds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http_server_private.h"

struct hr_http_exchange_s {
    struct hr_http_shard *shard;
    struct hr_http_session *session; /* NULL: gone, `failure` says why */
    struct hr_task task;             /* what is owed to the handler, later */
    struct hr_slice method, target;
    struct hr_http_head head; /* fields only */
    uint64_t body_size;
    bool has_body, head_request, http10;
    bool complete;                         /* the parser has seen the end of the request */
    bool reading;                          /* on_body is owed */
    bool paused;                           /* the consumer has pushed back */
    bool responded;                        /* no further response is taken */
    bool resume_due;                       /* hr_http_exchange_resume was called */
    bool resume_consumer, resume_producer; /* … and that side had not pushed back yet */
    bool body_due;                         /* on_body is to be called from the task */
    bool task_queued;
    bool ended;     /* to be freed by the task, which calls on_end */
    bool abandoned; /* counted by the shard */
    int failure, result;
    hr_consume_fn *consume;
    void (*on_body)(void *user, hr_http_exchange *exchange, int result);
    void *body_user;
    void (*on_end)(void *user, int result);
    void *end_user;
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

/* ---- The end. */

/* Tells on_end and frees; later when the task is still queued. */
static void end(struct hr_http_exchange_s *exchange, int result) {
    exchange->result = result;
    exchange->ended = true;
    if (exchange->task_queued) return;
    struct hr_http_shard *shard = exchange->shard;
    if (exchange->on_end) exchange->on_end(exchange->end_user, result);
    bool abandoned = exchange->abandoned;
    free(exchange);
    if (!abandoned) return;
    shard->abandoned--;
    hr__http_shard_check_end(shard);
}

static void tell_body(struct hr_http_exchange_s *exchange, int result) {
    exchange->reading = exchange->body_due = false;
    if (exchange->on_body) exchange->on_body(exchange->body_user, exchange, result);
}

/* A resume does not say whom it is for: a side that does not wait yet keeps it. */
static void go_on(struct hr_http_exchange_s *exchange) {
    bool consumer = exchange->paused;
    bool producer = hr__http_session_producer_waits(exchange->session);
    exchange->resume_consumer = !consumer;
    exchange->resume_producer = !producer;
    exchange->paused = false;
    if (consumer || producer) hr__http_session_resume(exchange->session);
}

static void run_task(struct hr_task *task) {
    struct hr_http_exchange_s *exchange = hr__container_of(task, struct hr_http_exchange_s, task);
    /* Still marked as queued: what the handler does in on_body must not free the exchange here. */
    if (exchange->reading && exchange->body_due) tell_body(exchange, exchange->failure);
    exchange->task_queued = false;
    if (exchange->ended) {
        end(exchange, exchange->result);
        return;
    }
    bool resume = exchange->resume_due;
    exchange->resume_due = false;
    if (resume && exchange->session) go_on(exchange);
}

/* Tells on_body now; what the handler does inside must not free the exchange. */
static void tell_body_held(struct hr_http_exchange_s *exchange, int result) {
    bool was_queued = exchange->task_queued;
    exchange->task_queued = true;
    tell_body(exchange, result);
    exchange->task_queued = was_queued;
    if (exchange->resume_due && !exchange->ended) defer(exchange);
}

void hr__http_exchange_done(struct hr_http_exchange_s *exchange) {
    exchange->session = NULL;
    end(exchange, 0);
}

void hr__http_exchange_fail(struct hr_http_exchange_s *exchange, int reason) {
    exchange->session = NULL;
    exchange->failure = reason;
    /* Until its end the shard must not go away under it. */
    exchange->abandoned = true;
    exchange->shard->abandoned++;
    if (exchange->reading) tell_body_held(exchange, reason);
    /* A handler that has said where it wants to hear of the end hears of it now; another one when
     * it responds. */
    if (exchange->ended || exchange->responded || exchange->on_end) end(exchange, reason);
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

int hr__http_exchange_new(struct hr_http_session *session, const struct hr_http1_message *message,
                          struct hr_http_exchange_s **out) {
    struct hr_http_exchange_s *exchange = malloc(size_of(message));
    if (!exchange) return -ENOMEM;
    memset(exchange, 0, sizeof *exchange);
    size_t count = message->head.field_count;
    char *text = (char *)&exchange->fields[count];
    exchange->shard = session->shard;
    exchange->session = session;
    exchange->task.run = run_task;
    exchange->method = keep(&text, message->method);
    exchange->target = keep(&text, message->target);
    for (size_t i = 0; i < count; i++) {
        exchange->fields[i].name = keep(&text, message->head.fields[i].name);
        exchange->fields[i].value = keep(&text, message->head.fields[i].value);
    }
    exchange->head.fields = exchange->fields;
    exchange->head.field_count = count;
    exchange->has_body = message->chunked || message->head.has_content_length;
    exchange->body_size = message->chunked                   ? HR_SIZE_UNKNOWN
                          : message->head.has_content_length ? message->head.content_length
                                                             : 0;
    if (exchange->body_size == 0) exchange->has_body = false;
    exchange->head_request = hr_slice_equal(exchange->method, hr_slice_of("HEAD"));
    exchange->http10 = message->head.minor_version == 0;
    *out = exchange;
    return 0;
}

/* A side has pushed back: it goes on where a resume has been kept for it. */
static void resume_if(struct hr_http_exchange_s *exchange, bool *kept) {
    if (*kept) hr_http_exchange_resume(exchange);
    *kept = false;
}

ssize_t hr__http_exchange_take(struct hr_http_exchange_s *exchange, const char *data, size_t size) {
    if (!exchange->reading || exchange->paused) return 0;
    ssize_t taken = exchange->consume(exchange->body_user, data, size);
    if (taken > (ssize_t)size) return -EOVERFLOW;
    if (taken < 0) return taken;
    /* It may have responded inside: then the rest is dropped, not pushed back. */
    if ((size_t)taken == size || !exchange->reading) return taken;
    exchange->paused = true;
    resume_if(exchange, &exchange->resume_consumer);
    return taken;
}

void hr__http_exchange_producer_waits(struct hr_http_exchange_s *exchange) {
    resume_if(exchange, &exchange->resume_producer);
}

void hr__http_exchange_complete(struct hr_http_exchange_s *exchange) {
    exchange->complete = true;
    if (exchange->reading) tell_body_held(exchange, 0);
}

bool hr__http_exchange_responded(const struct hr_http_exchange_s *exchange) {
    return exchange->responded;
}

bool hr__http_exchange_takes_body(const struct hr_http_exchange_s *exchange) {
    return exchange->reading && !exchange->paused;
}

/* ---- The public face. */

struct hr_slice hr_http_exchange_method(const hr_http_exchange *exchange) {
    return exchange->method;
}

struct hr_slice hr_http_exchange_target(const hr_http_exchange *exchange) {
    return exchange->target;
}

const struct hr_http_field *hr_http_exchange_fields(const hr_http_exchange *exchange,
                                                    size_t *count) {
    *count = exchange->head.field_count;
    return exchange->fields;
}

struct hr_slice hr_http_exchange_find(const hr_http_exchange *exchange, const char *name) {
    return hr_http_head_find(&exchange->head, name);
}

uint64_t hr_http_exchange_body_size(const hr_http_exchange *exchange) {
    return exchange->body_size;
}

bool hr_http_exchange_has_body(const hr_http_exchange *exchange) {
    return exchange->has_body;
}

void hr_http_exchange_read(hr_http_exchange *exchange, hr_consume_fn *consume,
                           void (*on_body)(void *user, hr_http_exchange *exchange, int result),
                           void *user) {
    if (exchange->consume || exchange->responded) return;
    exchange->consume = consume;
    exchange->on_body = on_body;
    exchange->body_user = user;
    exchange->reading = true;
    if (!exchange->session || exchange->complete || !exchange->has_body) {
        if (exchange->session) hr__http_session_continue(exchange->session);
        exchange->body_due = true;
        defer(exchange);
        return;
    }
    hr__http_session_continue(exchange->session);
    hr__http_session_resume(exchange->session);
}

void hr_http_exchange_resume(hr_http_exchange *exchange) {
    exchange->resume_due = true;
    defer(exchange);
}

void hr_http_exchange_on_end(hr_http_exchange *exchange, void (*on_end)(void *user, int result),
                             void *user) {
    exchange->on_end = on_end;
    exchange->end_user = user;
}

static void answered_without_connection(struct hr_http_exchange_s *exchange) {
    exchange->ended = true;
    exchange->result = exchange->failure;
    defer(exchange);
}

/* Nothing smaller is left to try, and the peer would wait for an answer that cannot be made. */
static void give_up(struct hr_http_exchange_s *exchange, const struct hr_http_response *response) {
    exchange->responded = true;
    exchange->reading = exchange->paused = false;
    if (response->on_end) hr_http_exchange_on_end(exchange, response->on_end, response->user);
    if (exchange->session)
        hr__http_session_kill(exchange->session, -ENOMEM);
    else
        answered_without_connection(exchange);
}

int hr_http_exchange_respond(hr_http_exchange *exchange, const struct hr_http_response *response) {
    if (exchange->responded) return -EALREADY;
    struct hr_http_session *session = exchange->session;
    struct hr_http_answer_plan plan = {
        .status = response->status,
        .fields = response->fields,
        .field_count = response->field_count,
        .body = response->body,
        .head_request = exchange->head_request,
        .http10 = exchange->http10,
        .close = response->close || (session && hr__http_session_must_close(session)),
    };
    struct hr_http_answer *answer;
    int err = hr__http_answer_new(exchange->shard, &plan, &answer);
    if (err == -ENOMEM && response->close) give_up(exchange, response);
    if (err) return err;
    exchange->responded = true;
    exchange->reading = exchange->paused = false;
    if (response->on_end) hr_http_exchange_on_end(exchange, response->on_end, response->user);
    if (session) {
        hr__http_session_answer(session, answer);
    } else {
        hr__http_answer_free(answer);
        answered_without_connection(exchange);
    }
    return 0;
}
