/* An exchange: the calls of its handler, and the order in which the handler is called. */
#include "exchange.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <base/slice_copy.h>

#include "exchange_post.h"

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
    ENDED,     /* on_end is due */
    OVER,      /* on_end was called: the memory stays for as long as it is held */
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
    struct hr_exchange_post post; /* of other threads */
    int failure;
    uint8_t state;
    bool task_queued;
    bool detached; /* counted by the shard */
    struct hr_http_field fields[];
};

static void defer(struct hr_http_exchange_s *exchange) {
    if (exchange->task_queued) return;
    exchange->task_queued = true;
    hr__reactor_defer(exchange->shard->reactor, &exchange->task);
}

static bool is_reading(const struct hr_http_exchange_s *exchange) {
    return exchange->body.state == BODY_READING || exchange->body.state == BODY_PAUSED;
}

/* ---- The end. */

/* The shard has to stay for as long as the exchange. */
static void detach(struct hr_http_exchange_s *exchange) {
    if (exchange->detached) return;
    exchange->detached = true;
    exchange->shard->detached++;
}

static void free_unless_held(struct hr_http_exchange_s *exchange) {
    assert(exchange->state == OVER && !exchange->connection && !exchange->task_queued);
    if (!hr__exchange_post_idle(&exchange->post)) {
        detach(exchange);
        return;
    }
    struct hr_server_shard *shard = exchange->shard;
    bool detached = exchange->detached;
    free(exchange);
    if (!detached) return;
    assert(shard->detached > 0);
    shard->detached--;
    shard->on_gone(shard);
}

/* Calls on_end and frees; later when the task is still queued. */
static void end(struct hr_http_exchange_s *exchange, int result) {
    assert(!exchange->connection && exchange->state != OVER);
    assert(hr__exchange_post_claimed(&exchange->post));
    exchange->end.result = result;
    exchange->state = ENDED;
    if (exchange->task_queued) return;
    exchange->state = OVER;
    if (exchange->end.on_end) exchange->end.on_end(exchange->end.user, result);
    free_unless_held(exchange);
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
    end(exchange, exchange->failure);
}

void hr__exchange_fail(struct hr_http_exchange_s *exchange, int reason) {
    assert(exchange->connection && !exchange->detached && exchange->state != ENDED);
    exchange->connection = NULL;
    exchange->failure = reason;
    detach(exchange);
    if (is_reading(exchange)) report_body_held(exchange, reason);
    /* A handler that has said where it wants to hear of the end hears of it now; another one when
     * it responds. A response that another thread has given is in the mail, and ends it then. */
    bool ends = exchange->state != RUNNING;
    if (!ends && exchange->end.on_end) ends = hr__exchange_post_claim(&exchange->post);
    if (ends) end(exchange, reason);
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
    exchange->request.method = hr__slice_copy(&text, message->method);
    exchange->request.target = hr__slice_copy(&text, message->target);
    for (size_t i = 0; i < count; i++) {
        exchange->fields[i].name = hr__slice_copy(&text, message->head.fields[i].name);
        exchange->fields[i].value = hr__slice_copy(&text, message->head.fields[i].value);
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

static void on_mail(struct hr_task *task);

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
    exchange->post.task.run = on_mail;
    exchange->post.reactor = shard->reactor;
    set_request(exchange, message);
    *out = exchange;
    return 0;
}

static void resume(struct hr_http_exchange_s *exchange) {
    if (exchange->state == OVER) return;
    exchange->resume.due = true;
    defer(exchange);
}

/* A side has pushed back: it goes on where a resume has been kept for it. */
static void resume_if(struct hr_http_exchange_s *exchange, bool *kept) {
    if (*kept) resume(exchange);
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

void hr_http_exchange_peer(const hr_http_exchange *exchange, struct sockaddr_storage *peer) {
    if (exchange->connection)
        exchange->events->peer(exchange->connection, peer);
    else
        *peer = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
}

int hr_http_exchange_read(hr_http_exchange *exchange, hr_consume_fn *consume,
                          void (*on_body)(void *user, hr_http_exchange *exchange, int result),
                          void *user) {
    if (exchange->body.state != BODY_UNREAD) return -EALREADY;
    if (hr__exchange_post_claimed(&exchange->post)) return -EALREADY;
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

static struct hr_response_plan plan_of(const struct hr_http_exchange_s *exchange,
                                       const struct hr_http_response *response) {
    return (struct hr_response_plan){
        .status = response->status,
        .fields = response->fields,
        .field_count = response->field_count,
        .body = &response->body,
        .head_request = exchange->request.is_head,
        .http10 = exchange->request.is_http10,
        .close = response->close,
    };
}

static int make_response(const struct hr_http_exchange_s *exchange,
                         const struct hr_http_response *response, struct hr_response **made) {
    struct hr_response_plan plan = plan_of(exchange, response);
    if (exchange->connection && exchange->events->must_close(exchange->connection))
        plan.close = true;
    return hr__response_new(exchange->shard, &plan, made);
}

/* Hands it to the connection, if there still is one. */
static void pass_on(struct hr_http_exchange_s *exchange, const struct hr_http_response *response,
                    struct hr_response *made) {
    set_responded(exchange, response);
    if (exchange->connection) {
        exchange->events->on_respond(exchange->connection, made);
    } else {
        hr__response_free(made);
        end_detached(exchange);
    }
}

int hr_http_exchange_respond(hr_http_exchange *exchange, const struct hr_http_response *response) {
    struct hr_exchange_post *post = &exchange->post;
    if (hr__exchange_post_claimed(post)) return -EALREADY;
    if (!hr__exchange_post_is_local(post)) {
        struct hr_response_plan plan = plan_of(exchange, response);
        int err = hr__response_check(&plan);
        return err && err != -ENOMEM ? err : hr__exchange_post_respond(post, response);
    }
    struct hr_response *made;
    int err = make_response(exchange, response, &made);
    if (err == -ENOMEM && response->close && hr__exchange_post_claim(post))
        give_up(exchange, response);
    if (err) return err;
    if (!hr__exchange_post_claim(post)) {
        hr__response_free(made);
        return -EALREADY;
    }
    pass_on(exchange, response, made);
    return 0;
}

/* ---- From other threads. */

/* The call has returned 0 long ago: where the response cannot be made, the client gets another one
 * and on_end says why. */
static void respond_posted(struct hr_http_exchange_s *exchange,
                           const struct hr_http_response *response) {
    struct hr_response *made;
    int err = make_response(exchange, response, &made);
    struct hr_http_response instead = {.status = 503, .body = hr_source_none(), .close = true};
    if (err) {
        if (exchange->connection) exchange->failure = err;
        instead.on_end = response->on_end;
        instead.user = response->user;
        response = &instead;
        err = make_response(exchange, response, &made);
    }
    if (err)
        give_up(exchange, response);
    else
        pass_on(exchange, response, made);
}

static void on_mail(struct hr_task *task) {
    struct hr_http_exchange_s *exchange =
        hr__container_of(task, struct hr_http_exchange_s, post.task);
    struct hr_exchange_mail mail = hr__exchange_post_open(&exchange->post);
    struct hr_http_response *response = exchange->post.response;
    if (mail.response && response) {
        respond_posted(exchange, response);
        free(response);
    } else if (mail.response) {
        struct hr_http_response none = {.on_end = exchange->post.on_end,
                                        .user = exchange->post.user};
        give_up(exchange, &none);
    }
    if (mail.resume) resume(exchange);
    hr__exchange_post_close(&exchange->post, &mail);
    if (exchange->state == OVER) free_unless_held(exchange);
}

void hr_http_exchange_resume(hr_http_exchange *exchange) {
    if (hr__exchange_post_is_local(&exchange->post))
        resume(exchange);
    else
        hr__exchange_post_resume(&exchange->post);
}

void hr_http_exchange_hold(hr_http_exchange *exchange) {
    hr__exchange_post_hold(&exchange->post);
}

void hr_http_exchange_release(hr_http_exchange *exchange) {
    if (exchange) hr__exchange_post_release(&exchange->post);
}
