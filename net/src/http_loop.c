/* The loop over the attempts of a request. Order: checks, budget, connection, attempt, verdict,
 * backoff, again. */
#include "http_call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What every request is charged: its call, its head, what its connection may have to spill. */
#define CALL_COST 16384

static void note_timings(struct hr_call *call);
static void attempt_ended(struct hr_call *call);

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
void hr__call_refuse(struct hr_call *call, int result, const char *format, ...) {
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
        hr__call_refuse(call, err, "%u requests wait for a connection already (queue_max)",
                        call->shard->queued);
    else if (err)
        hr__call_refuse(call, err, "%s", hr_error_text(err));
}

void hr__call_refuse_budget(struct hr_call *call, const char *why) {
    struct hr_engine_metrics metrics;
    hr_engine_metrics_get(call->shard->client->engine, &metrics);
    hr__call_refuse(call, -ENOBUFS,
                    "the engine's byte budget (%" PRIu64
                    " bytes, budget_bytes) %s for the %zu bytes that "
                    "this request needs",
                    metrics.budget_limit_bytes, why, call->budget.bytes);
}

void hr__call_granted(struct hr_budget_waiter *waiter) {
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
        hr__call_refuse_budget(call, "is too small");
        return;
    }
    if (call->times.pool_ns != HR_FOREVER_NS)
        hr__timer_start(shard->reactor, &call->timer, now(call) + call->times.pool_ns);
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
    call->source_paused = call->sink_paused = call->resume_source = call->resume_sink = false;
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

void hr__call_attempt(struct hr_call *call) {
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
            hr__call_finish(call, err);
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
            hr__call_refuse(call, err, "%s", hr_error_text(err));
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

void hr__call_connection_gone(struct hr_call *call, int result, const char *reason) {
    char peer[300];
    if (call->state == HR_CALL_CONNECTING) {
        if (result == HR_ERR_CONNECT_TIMEOUT) {
            hr__count(&call->shard->metrics.timeouts_connect, 1);
            hr__call_fail(call, result,
                          "%s did not answer within %" PRIu64 " ms (connect_timeout_ms)",
                          hr__call_peer(call, peer, sizeof peer), call->times.connect_ns / 1000000);
        } else {
            hr__call_fail(call, result, "connecting to %s: %s",
                          hr__call_peer(call, peer, sizeof peer),
                          reason[0] ? reason : hr_error_text(result));
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
    hr__call_attempt(call);
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
        hr__call_finish(call, call->stop_reason);
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
    hr__call_finish(call, outcome.result);
}
