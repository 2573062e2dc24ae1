/* One request: the loop over its attempts. Order: checks, budget, connection, attempt, verdict,
 * backoff, again. */
#include "http_call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What every request is charged: its call, its head, what its connection may have to spill. */
#define CALL_COST      16384
#define CALLS_PER_SLAB 32

struct hr_call_slab {
    struct hr_call_slab *next;
    struct hr_call calls[CALLS_PER_SLAB];
};

static void attempt_begin(struct hr_call *call);
static void note_timings(struct hr_call *call);
static void attempt_ended(struct hr_call *call);
static void finish(struct hr_call *call, int result);

/* ---- Memory of calls. */

static int more_calls(struct hr_pool_shard *shard) {
    struct hr_call_slab *slab = calloc(1, sizeof *slab);
    if (!slab) return -ENOMEM;
    slab->next = shard->slabs;
    shard->slabs = slab;
    for (unsigned i = 0; i < CALLS_PER_SLAB; i++) {
        slab->calls[i].next = shard->calls_free;
        shard->calls_free = &slab->calls[i];
    }
    return 0;
}

void hr__call_slabs_free(struct hr_pool_shard *shard) {
    while (shard->slabs) {
        struct hr_call_slab *slab = shard->slabs;
        shard->slabs = slab->next;
        free(slab);
    }
}

static void on_timer(struct hr_timer *timer);
static void on_task(struct hr_task *task);
static void on_granted(struct hr_budget_waiter *waiter);

static struct hr_call *take_call(struct hr_pool_shard *shard, struct hr_http_request *request) {
    if (!shard->calls_free && more_calls(shard)) return NULL;
    struct hr_call *call = shard->calls_free;
    shard->calls_free = call->next;
    memset(call, 0, offsetof(struct hr_call, source));
    call->source.block = NULL;
    call->sink.block = NULL;
    call->shard = shard;
    call->request = request;
    call->timer.on_fire = on_timer;
    call->task.run = on_task;
    call->budget.on_granted = on_granted;
    return call;
}

/* ---- Small helpers. */

const char *hr__call_peer(const struct hr_call *call, char *text, size_t size) {
    if (!call->host) return "the server";
    bool v6 = memchr(call->host->name, ':', call->host->name_size) != NULL;
    snprintf(text, size, v6 ? "[%.*s]:%u" : "%.*s:%u", (int)call->host->name_size, call->host->name,
             call->host->port);
    return text;
}

static void set_error(struct hr_call *call, int code, const char *format, va_list arguments) {
    struct hr_error *error = &call->request->request.error;
    char message[sizeof error->message];
    vsnprintf(message, sizeof message, format, arguments);
    hr_error_set(error, code, "%s", message);
}

/* Ends the attempt before it had a connection; nobody is asked about another. */
__attribute__((format(printf, 3, 4))) static void refuse(struct hr_call *call, int result,
                                                         const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set_error(call, result, format, arguments);
    va_end(arguments);
    call->outcome = result;
    call->refused = true;
    attempt_ended(call);
}

static uint64_t now(const struct hr_call *call) {
    return hr__reactor_now(call->shard->reactor);
}

/* ---- An attempt: checks, budget, connection. */

static void acquire(struct hr_call *call) {
    int err = hr__pool_acquire(call);
    if (err == -ENOBUFS)
        refuse(call, err, "%u requests wait for a connection already (queue_max)",
               call->shard->queued);
    else if (err)
        refuse(call, err, "%s", hr_error_text(err));
}

static void refuse_budget(struct hr_call *call, const char *why) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(call->shard->client->engine, &metrics);
    refuse(call, -ENOBUFS,
           "the engine's byte budget (%" PRIu64 " bytes, budget_bytes) %s for the %zu bytes that "
           "this request needs",
           metrics.budget_limit_bytes, why, call->budget.bytes);
}

static void on_granted(struct hr_budget_waiter *waiter) {
    struct hr_call *call = (struct hr_call *)((char *)waiter - offsetof(struct hr_call, budget));
    hr__timer_stop(call->shard->reactor, &call->timer);
    call->reserved = waiter->bytes;
    call->budgeted = true;
    acquire(call);
}

/* Once per request, before it owns anything; the attempts that follow keep it. */
static void reserve(struct hr_call *call) {
    struct hr_pool_shard *shard = call->shard;
    call->budget.bytes =
        CALL_COST + hr__source_cost(&call->request->body) + hr__sink_cost(&call->request->sink);
    if (hr__budget_reserve(shard->reactor, call->budget.bytes) == 0) {
        call->reserved = call->budget.bytes;
        call->budgeted = true;
        acquire(call);
        return;
    }
    call->state = HR_CALL_BUDGET;
    if (hr__budget_wait(shard->reactor, &call->budget)) {
        refuse_budget(call, "is too small");
        return;
    }
    if (shard->client->pool_timeout_ns != HR_FOREVER_NS)
        hr__timer_start(shard->reactor, &call->timer, now(call) + shard->client->pool_timeout_ns);
}

static void clear_attempt(struct hr_call *call) {
    struct hr_http_request *request = call->request;
    if (request->request.error.code)
        memset(&request->request.error, 0, sizeof request->request.error);
    request->status = 0;
    request->body_bytes = 0;
    request->sent_bytes = 0;
    request->reused = false;
    call->outcome = 0;
    call->refused = false;
    call->write_error = 0;
    call->head_sent = call->body_done = call->await_continue = call->send_stopped = false;
    call->source_paused = call->sink_paused = call->resume_sticky = false;
    call->answered = call->interim_seen = call->final_head = call->answer_complete = false;
    call->answer_waits = call->poisoned = call->flushing = call->last_chunk_sent = false;
    call->sending_body = 0;
    call->direct = call->held = NULL;
    call->held_size = 0;
    call->acquired_ns = call->connect_begun_ns = call->write_ns = call->first_byte_ns = 0;
}

static int rewind_source(struct hr_call *call) {
    if (call->source.source) return hr__source_rewind(&call->source);
    hr__source_open(&call->source, call->shard->reactor, &call->shard->blocks, &call->request->body,
                    hr__send_ready);
    return 0;
}

static void attempt_begin(struct hr_call *call) {
    struct hr_http_request *request = call->request;
    unsigned attempt = ++request->request.attempts;
    clear_attempt(call);
    call->begun_ns = attempt == 1 ? request->request.started_ns : now(call);
    hr__count(&hr__reactor_counters(call->shard->reactor)->attempts, 1);
    if (request->hooks_) {
        int err = request->hooks_->prepare_attempt(request, attempt);
        if (err < 0) {
            call->outcome = err;
            note_timings(call);
            finish(call, err);
            return;
        }
    }
    if (request->sink.kind == HR_SINK_BUFFER && request->sink.buffer)
        request->sink.buffer->size = 0;
    int err = hr__prepare(call);
    if (!err) err = rewind_source(call);
    if (err) {
        struct hr_error *error = &request->request.error;
        if (error->code == err) {
            call->outcome = err;
            call->refused = true;
            attempt_ended(call);
        } else {
            refuse(call, err, "%s", hr_error_text(err));
        }
        return;
    }
    call->body_done = call->source.ended;
    if (call->budgeted)
        acquire(call);
    else
        reserve(call);
}

void hr__call_connected(struct hr_call *call, struct hr_http_connection *connection) {
    call->state = HR_CALL_ACTIVE;
    call->acquired_ns = now(call);
    call->fresh = false;
    call->request->reused = connection->served;
    hr__http1_parser_begin(connection->parser, call->head_request);
    hr__send_begin(call);
}

/* ---- Its end. */

void hr__call_fail(struct hr_call *call, int result, const char *format, ...) {
    if (call->state == HR_CALL_CLOSING) return;
    if (!call->request->request.error.code || call->request->request.error.code != result) {
        va_list arguments;
        va_start(arguments, format);
        set_error(call, result, format, arguments);
        va_end(arguments);
    }
    call->outcome = result;
    call->state = HR_CALL_CLOSING;
    if (hr__source_busy(&call->source)) hr__source_stop(&call->source);
    if (hr__sink_busy(&call->sink)) hr__sink_stop(&call->sink);
    if (call->connection) hr__connection_close(call->connection);
    hr__call_settle(call);
}

void hr__call_settle(struct hr_call *call) {
    if (call->connection || hr__source_busy(&call->source) || hr__sink_busy(&call->sink)) return;
    attempt_ended(call);
}

void hr__call_connection_gone(struct hr_call *call, int result) {
    char peer[300];
    if (call->state == HR_CALL_CONNECTING) {
        if (result == HR_ERR_CONNECT_TIMEOUT) {
            hr__count(&call->shard->metrics.timeouts_connect, 1);
            hr__call_fail(call, result,
                          "%s did not answer within %" PRIu64 " ms (connect_timeout_ms)",
                          hr__call_peer(call, peer, sizeof peer),
                          call->shard->client->connect_timeout_ns / 1000000);
        } else {
            hr__call_fail(call, result, "connecting to %s: %s",
                          hr__call_peer(call, peer, sizeof peer), hr_error_text(result));
        }
        return;
    }
    hr__call_settle(call);
}

static void note_timings(struct hr_call *call) {
    struct hr_request *request = &call->request->request;
    uint64_t end = now(call), got = call->acquired_ns ? call->acquired_ns : end;
    struct hr_timings *timings = &request->timings;
    memset(timings, 0, sizeof *timings);
    timings->total_ns = end - call->begun_ns;
    uint64_t connect_begun = call->connect_begun_ns ? call->connect_begun_ns : got;
    timings->queue_ns = connect_begun - call->begun_ns;
    timings->connect_ns = got - connect_begun;
    if (call->first_byte_ns) {
        timings->first_byte_ns =
            call->first_byte_ns - (call->write_ns ? call->write_ns : call->acquired_ns);
        timings->body_ns = end - call->first_byte_ns;
    }
    if (!request->attempt_log || request->attempts > request->attempt_log_size) return;
    struct hr_attempt *entry = &request->attempt_log[request->attempts - 1];
    entry->result = call->outcome;
    entry->http_status = call->request->status;
    entry->backoff_ns = call->backoff_ns;
    entry->timings = *timings;
}

/* A kept connection was lost before it answered: over another one at once, if that is safe. */
static bool retry_stale(struct hr_call *call) {
    const struct hr_http_request *request = call->request;
    if (call->shard->client->no_stale_retry || !call->source.source) return false;
    struct hr_retry_stale facts = {
        .result = call->outcome,
        .reused = request->reused && call->acquired_ns,
        .answered = call->answered,
        .replayable = hr__source_replayable(&call->source),
        .idempotent = call->idempotent,
        .unsent = call->write_ns == 0,
    };
    if (!hr__retry_is_stale(&facts)) return false;
    hr__count(&call->shard->metrics.stale_retries, 1);
    call->fresh = true;
    call->backoff_ns = 0;
    attempt_begin(call);
    return true;
}

/* Whether another attempt could be made at all: the source can begin again and nobody has seen a
 * part of this answer. */
static bool repeatable(const struct hr_call *call) {
    if (!call->source.source || !hr__source_replayable(&call->source)) return false;
    return !(call->sink.on_ready && call->final_head && call->sink.touched);
}

static bool retry_after_backoff(struct hr_call *call, enum hr_http_verdict verdict,
                                uint64_t retry_after_ms) {
    hr_http_client *client = call->shard->client;
    struct hr_request *request = &call->request->request;
    const struct hr_retry_rules *rules = &hr__retry_rules_default;
    if (verdict == HR_HTTP_FINAL || request->attempts >= client->policy.attempts_max ||
        !repeatable(call))
        return false;
    int64_t cost = verdict == HR_HTTP_THROTTLED ? rules->cost_throttled : rules->cost_transient;
    uint64_t in_progress = __atomic_load_n(&client->pending, __ATOMIC_RELAXED);
    if (!hr__retry_take(&client->quota, rules, cost, in_progress)) return false;
    hr__count(&call->shard->metrics.retries, 1);
    hr__count(&hr__reactor_counters(call->shard->reactor)->retries, 1);
    call->retry_count++;
    call->retry_throttled = verdict == HR_HTTP_THROTTLED;
    call->backoff_ns =
        hr__retry_backoff_ns(&client->policy, request->attempts,
                             hr__reactor_random(call->shard->reactor), retry_after_ms);
    call->state = HR_CALL_BACKOFF;
    hr__timer_start(call->shard->reactor, &call->timer, now(call) + call->backoff_ns);
    return true;
}

static void refund(struct hr_call *call) {
    const struct hr_retry_rules *rules = &hr__retry_rules_default;
    int64_t tokens = rules->refund;
    if (call->retry_count)
        tokens = call->retry_throttled ? rules->cost_throttled : rules->cost_transient;
    hr__retry_refund(&call->shard->client->quota, tokens);
}

static void attempt_ended(struct hr_call *call) {
    struct hr_http_request *request = call->request;
    note_timings(call);
    if (call->stop_reason) {
        finish(call, call->stop_reason);
        return;
    }
    if (retry_stale(call)) return;
    struct hr_http_outcome outcome = {.result = call->outcome, .status = request->status};
    enum hr_http_verdict verdict = HR_HTTP_FINAL;
    if (call->refused) {
        verdict = HR_HTTP_FINAL;
    } else if (request->hooks_) {
        verdict = request->hooks_->classify(request, &outcome);
    } else if (outcome.result < 0 && call->idempotent && hr__retry_transient(outcome.result)) {
        verdict = HR_HTTP_TRANSIENT;
    }
    if (retry_after_backoff(call, verdict, outcome.retry_after_ms)) return;
    if (outcome.result == 0 && verdict == HR_HTTP_FINAL) refund(call);
    finish(call, outcome.result);
}

/* ---- The request's end. */

static void give_back(struct hr_call *call) {
    struct hr_pool_shard *shard = call->shard;
    hr__blocks_give(&shard->blocks, call->head, call->head_block);
    if (call->source.block) hr__source_close(&call->source);
    if (call->sink.block) hr__sink_close(&call->sink);
    if (call->budgeted) hr__budget_release(shard->reactor, call->reserved);
    if (call->host) hr__pool_host_put(call->host);
    call->source.source = NULL;
    call->sink.on_ready = NULL;
    call->next = shard->calls_free;
    shard->calls_free = call;
}

static void finish(struct hr_call *call, int result) {
    struct hr_http_request *request = call->request;
    if (call->beginning) {
        call->outcome = result;
        call->state = HR_CALL_ENDING;
        hr__reactor_defer(call->shard->reactor, &call->task);
        return;
    }
    hr_http_client *client = call->shard->client;
    uint64_t end = now(call);
    give_back(call);
    request->call_ = NULL;
    struct hr_error *error = &request->request.error;
    if (result < 0) {
        error->attempt = request->request.attempts;
        error->http_status = request->status;
    } else if (error->code) {
        memset(error, 0, sizeof *error);
    }
    if (!request->hooks_) {
        hr__request_finish(&request->request, result);
        hr__client_release(client);
        return;
    }
    if (result < 0 && error->code != result) {
        unsigned attempt = error->attempt;
        hr_error_set(error, result, "%s", hr_error_text(result));
        error->attempt = attempt;
        error->http_status = request->status;
    }
    request->request.result = result;
    request->request.total_ns = end - request->request.started_ns;
    request->request.on_done(&request->request);
}

static void on_task(struct hr_task *task) {
    struct hr_call *call = (struct hr_call *)((char *)task - offsetof(struct hr_call, task));
    call->beginning = false;
    finish(call, call->stop_reason ? call->stop_reason : call->outcome);
}

/* ---- Timer, cancel, resume. */

static void on_timer(struct hr_timer *timer) {
    struct hr_call *call = (struct hr_call *)((char *)timer - offsetof(struct hr_call, timer));
    char peer[300];
    uint64_t ms = call->shard->client->pool_timeout_ns / 1000000;
    if (call->state == HR_CALL_BACKOFF) {
        attempt_begin(call);
    } else if (call->state == HR_CALL_QUEUED) {
        hr__pool_unwait(call);
        hr__count(&call->shard->metrics.timeouts_pool, 1);
        refuse(call, HR_ERR_POOL_TIMEOUT,
               "no connection to %s became free within %" PRIu64 " ms (pool_timeout_ms)",
               hr__call_peer(call, peer, sizeof peer), ms);
    } else if (call->state == HR_CALL_BUDGET) {
        hr__budget_unwait(call->shard->reactor, &call->budget);
        refuse_budget(call, "had no room within pool_timeout_ms");
    }
}

static void stop(struct hr_call *call, int reason) {
    if (!call || call->stop_reason) return;
    call->stop_reason = reason;
    switch ((enum hr_call_state)call->state) {
    case HR_CALL_BUDGET:
        hr__timer_stop(call->shard->reactor, &call->timer);
        hr__budget_unwait(call->shard->reactor, &call->budget);
        break;
    case HR_CALL_QUEUED:
        hr__pool_unwait(call);
        break;
    case HR_CALL_BACKOFF:
        hr__timer_stop(call->shard->reactor, &call->timer);
        finish(call, reason); /* its attempts are all in the log */
        return;
    case HR_CALL_CONNECTING:
    case HR_CALL_ACTIVE:
        hr__call_fail(call, reason, "%s", hr_error_text(reason));
        return;
    case HR_CALL_CLOSING:
    case HR_CALL_ENDING:
        return;
    }
    refuse(call, reason, "%s", hr_error_text(reason));
}

/* ---- Beginning. */

static void clear_out(struct hr_http_request *request) {
    request->call_ = NULL;
    request->status = 0;
    request->body_bytes = 0;
    request->sent_bytes = 0;
    request->reused = false;
}

static void run_no_memory(struct hr_task *task) {
    struct hr_http_request *request =
        (struct hr_http_request *)((char *)task - offsetof(struct hr_http_request, reserved));
    request->request.result =
        hr_error_set(&request->request.error, -ENOMEM, "%s", hr_error_text(-ENOMEM));
    request->request.on_done(&request->request);
}

static void begin(struct hr_pool_shard *shard, struct hr_http_request *request) {
    struct hr_call *call = take_call(shard, request);
    bool inside = request->hooks_ != NULL;
    request->call_ = call;
    call->beginning = inside;
    attempt_begin(call);
    /* While it begins a call only queues its end, so it is still there. */
    if (inside && call->state != HR_CALL_ENDING) call->beginning = false;
}

static void class_start(struct hr_request *base) {
    struct hr_http_request *request = (struct hr_http_request *)base;
    hr_http_client *client = base->private_.owner;
    struct hr_pool_shard *shard = client->shards[hr__reactor_index(base->private_.reactor)];
    clear_out(request);
    if (!shard->calls_free && more_calls(shard)) {
        hr__request_finish(base, -ENOMEM);
        hr__client_release(client);
        return;
    }
    begin(shard, request);
}

static void class_stop(struct hr_request *base, int reason) {
    struct hr_call *call = ((struct hr_http_request *)base)->call_;
    stop(call, reason);
}

static void class_resume(struct hr_request *base) {
    hr__http_request_resume((struct hr_http_request *)base);
}

void hr__http_request_begin(hr_http_client *client, struct hr_reactor *reactor,
                            struct hr_http_request *request) {
    struct hr_pool_shard *shard = client->shards[hr__reactor_index(reactor)];
    struct hr_request *base = &request->request;
    base->result = 0;
    base->attempts = 0;
    base->total_ns = 0;
    base->started_ns = hr__reactor_now(reactor);
    memset(&base->error, 0, sizeof base->error);
    clear_out(request);
    if (shard->calls_free || more_calls(shard) == 0) {
        begin(shard, request);
        return;
    }
    /* Without memory for a call there is still the request's own: it ends from the FIFO. */
    struct hr_task *task = (struct hr_task *)(void *)request->reserved;
    _Static_assert(sizeof *task <= sizeof request->reserved, "a task fits");
    task->run = run_no_memory;
    hr__reactor_defer(reactor, task);
}

void hr__http_request_abort(struct hr_http_request *request, int reason) {
    stop(request->call_, reason);
}

void hr__http_request_resume(struct hr_http_request *request) {
    if (request->call_) hr__receive_resume(request->call_);
}

const struct hr_request_class hr__http_request_class = {
    .name = "http",
    .start = class_start,
    .stop = class_stop,
    .resume = class_resume,
};
