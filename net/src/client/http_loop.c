/* The loop over the attempts of a request. Order: checks, byte budget, rate limit, breaker,
 * connection, attempt, verdict (http_retry.c), backoff, again.
 *
 * The breaker is asked before the wait for a connection and told at the attempt's end, so its one
 * probe is one attempt, and who waits when it opens is told at once (http_host.c). */
#include "http_call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What every request is charged: its call, its head, what its connection may have to spill. */
#define CALL_COST 16384

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
    hr__call_refuse_said(call, result);
}

void hr__call_refuse_said(struct hr_call *call, int result) {
    call->outcome = result;
    call->refused = true;
    attempt_ended(call);
}

static uint64_t now(const struct hr_call *call) {
    return hr__reactor_now(call->shard->reactor);
}

/* ---- An attempt: checks, budget, connection. */

static void enter(struct hr_call *call) {
    int err = hr__host_enter(call);
    if (err == HR_ERR_BREAKER_OPEN) {
        hr__call_refuse_said(call, err);
        return;
    }
    if (!err) err = hr__pool_acquire(call);
    if (err == -ENOBUFS)
        hr__call_refuse(call, err, "%u requests wait for a connection already (queue_max)",
                        call->shard->queued);
    else if (err)
        hr__call_refuse(call, err, "%s", hr_error_text(err));
}

static void acquire(struct hr_call *call) {
    uint64_t wait_ns = 0;
    int err = hr__host_rate(call, &wait_ns);
    if (err == HR_ERR_RATE_LIMIT) {
        hr__call_refuse_said(call, err);
    } else if (err) {
        hr__call_refuse(call, err, "%s", hr_error_text(err));
    } else if (wait_ns) {
        call->state = HR_CALL_RATE;
        hr__timer_start(call->shard->reactor, &call->timer, now(call) + wait_ns);
    } else {
        enter(call);
    }
}

/* What it has waited for is none of the host's slowness. */
void hr__call_rated(struct hr_call *call) {
    call->asked_ns = now(call);
    hr__timer_stop(call->shard->reactor, &call->hedge_timer);
    hr__hedge_arm(call);
    enter(call);
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
    struct hr_call *call = hr__container_of(waiter, struct hr_call, budget);
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
    request->decoded_bytes = 0;
    request->sent_bytes = 0;
    request->reused = false;
    call->outcome = 0;
    call->refused = call->own_error = false;
    call->write_error = 0;
    call->head_sent = call->body_done = call->await_continue = call->send_stopped = false;
    call->source_paused = call->sink_paused = call->resume_source = call->resume_sink = false;
    call->answered = call->interim_seen = call->final_head = call->answer_complete = false;
    call->answer_waits = call->poisoned = call->flushing = call->last_chunk_sent = false;
    call->sending_body = 0;
    call->direct = call->held = NULL;
    call->held_size = 0;
    call->acquired_ns = call->connect_begun_ns = call->write_ns = call->first_byte_ns = 0;
    call->resolve_ns = call->tls_ns = 0;
    call->idle_ns = 0;
    call->window_runs = false;
    call->hedging = call->is_hedge;
    call->window_left_ns = 0;
    call->intercepted = call->retry_decided = call->budget_refused = false;
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
    /* A hedge of the attempt before is none of this one. */
    if (call->twin && !call->is_hedge) hr__call_stop(call->twin, -ECANCELED);
    clear_attempt(call);
    call->begun_ns = attempt == 1 && !call->is_hedge ? request->request.started_ns : now(call);
    if (!call->is_hedge) call->asked_ns = call->begun_ns;
    hr__count(&call->shard->metrics.attempts, 1);
    hr__count(&hr__reactor_counters(call->shard->reactor)->attempts, 1);
    if (request->hooks_) {
        int err = request->hooks_->prepare_attempt(request, attempt);
        if (err < 0) {
            call->outcome = err;
            hr__call_note(call, err);
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
        if (error->code == err)
            hr__call_refuse_said(call, err);
        else
            hr__call_refuse(call, err, "%s", hr_error_text(err));
        return;
    }
    call->body_done = call->source.ended;
    hr__hedge_arm(call);
    if (call->budgeted)
        acquire(call);
    else
        reserve(call);
}

void hr__call_connected(struct hr_call *call, struct hr_http_connection *connection) {
    call->state = HR_CALL_ACTIVE;
    call->acquired_ns = now(call);
    call->begun_in_flight = call->host->in_flight;
    call->fresh = false;
    call->request->reused = connection->served;
    hr__http1_parser_begin(connection->parser, call->head_request);
    int err = hr__prepare_deadline(call);
    if (err) {
        hr__call_fail(call, err, "%s", hr_error_text(err));
        return;
    }
    hr__send_begin(call);
}

/* ---- Its end. */

/* A file keeps what had come. What may wait for somebody who reads is not waited for, nor anything
 * once the request is to stop. */
static void end_sink(struct hr_call *call) {
    if (!call->final_head) return;
    if (!hr__sink_busy(&call->sink)) {
        if (!call->own_error) hr__sink_finish(&call->sink);
    } else if (call->stop_reason || call->sink.touched) {
        hr__sink_stop(&call->sink);
    }
}

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
    end_sink(call);
    if (call->connection) hr__connection_close(call->connection);
    hr__call_settle(call);
}

void hr__call_settle(struct hr_call *call) {
    if (call->connection || hr__source_busy(&call->source) || hr__sink_busy(&call->sink)) return;
    attempt_ended(call);
}

/* What the dial says of itself, or what its code means. */
static const char *or_text(const char *reason, int result) {
    return reason[0] ? reason : hr_error_text(result);
}

static void resolve_failed(struct hr_call *call, int result, const char *reason) {
    const struct hr_proxy *proxy = call->host->proxy;
    int size = proxy ? (int)strlen(proxy->host) : (int)call->host->name_size;
    const char *name = proxy ? proxy->host : call->host->name;
    if (result != HR_ERR_RESOLVE_TIMEOUT) {
        hr__call_fail(call, result, "resolving '%.*s': %s", size, name, or_text(reason, result));
        return;
    }
    hr__count(&call->shard->metrics.timeouts_resolve, 1);
    hr__call_fail(call, result,
                  "the name '%.*s' was not resolved within %" PRIu64 " ms (resolve_timeout_ms)",
                  size, name, call->times.resolve_ns / 1000000);
}

static void proxy_failed(struct hr_call *call, int result, const char *reason) {
    char peer[150];
    const struct hr_proxy *proxy = call->host->proxy;
    hr__call_peer(call, peer, sizeof peer);
    hr__call_fail(call, result, "the proxy %s:%u, asked for %s: %s%s", proxy ? proxy->host : "",
                  proxy ? proxy->port : 0, peer, or_text(reason, result),
                  result == HR_ERR_PROXY_AUTH ? " (user and password stand in the proxy's URL)"
                                              : "");
}

/* No connection came about. */
static void connecting_failed(struct hr_call *call, int result, const char *reason) {
    char peer[300];
    hr__call_peer(call, peer, sizeof peer);
    switch (result) {
    case HR_ERR_RESOLVE_TIMEOUT:
    case HR_ERR_NAME_UNRESOLVED:
    case HR_ERR_NAME_SERVERS:
        resolve_failed(call, result, reason);
        return;
    case HR_ERR_CONNECT_TIMEOUT:
        hr__count(&call->shard->metrics.timeouts_connect, 1);
        if (reason[0])
            hr__call_fail(call, result, "connecting to %s: %s", peer, reason);
        else
            hr__call_fail(call, result,
                          "%s did not answer within %" PRIu64 " ms (connect_timeout_ms)", peer,
                          call->times.connect_ns / 1000000);
        return;
    case HR_ERR_HANDSHAKE_TIMEOUT:
        hr__count(&call->shard->metrics.timeouts_handshake, 1);
        hr__call_fail(call, result,
                      "the TLS handshake with %s did not end within %" PRIu64
                      " ms (handshake_timeout_ms)",
                      peer, call->times.handshake_ns / 1000000);
        return;
    case HR_ERR_TLS_CERTIFICATE:
        hr__call_fail(call, result, "the certificate of %s: %s%s", peer, or_text(reason, result),
                      reason[0] ? "" : " (an authority of your own is given as ca_file)");
        return;
    case HR_ERR_PROXY_AUTH:
    case HR_ERR_PROXY_REFUSED:
        proxy_failed(call, result, reason);
        return;
    default:
        hr__call_fail(call, result, "connecting to %s: %s", peer, or_text(reason, result));
    }
}

void hr__call_connection_gone(struct hr_call *call, int result, const char *reason) {
    if (call->state == HR_CALL_CONNECTING)
        connecting_failed(call, result, reason);
    else
        hr__call_settle(call);
}

void hr__call_note(struct hr_call *call, int result) {
    struct hr_request *request = &call->request->request;
    uint64_t end = now(call), got = call->acquired_ns ? call->acquired_ns : end;
    struct hr_timings *timings = &request->timings;
    memset(timings, 0, sizeof *timings);
    timings->total_ns = end - call->begun_ns;
    uint64_t connect_begun = call->connect_begun_ns ? call->connect_begun_ns : got;
    timings->queue_ns = connect_begun - call->begun_ns;
    timings->connect_ns = got - connect_begun;
    if (call->resolve_ns + call->tls_ns <= timings->connect_ns) {
        timings->resolve_ns = call->resolve_ns;
        timings->tls_ns = call->tls_ns;
        timings->connect_ns -= call->resolve_ns + call->tls_ns;
    }
    if (call->first_byte_ns) {
        timings->first_byte_ns =
            call->first_byte_ns - (call->write_ns ? call->write_ns : call->acquired_ns);
        timings->body_ns = end - call->first_byte_ns;
    }
    if (!request->attempt_log || request->attempts > request->attempt_log_size) return;
    struct hr_attempt *entry = &request->attempt_log[request->attempts - 1];
    entry->result = result;
    entry->http_status = call->request->status;
    entry->backoff_ns = call->backoff_ns;
    entry->timings = *timings;
}

/* ---- The verdict. */

/* Whether its end says nothing about the host: it never got as far, this side wanted no more of it,
 * failed or kept it waiting, or a kept connection had been closed in the meantime. */
static bool says_nothing(const struct hr_call *call, bool stale) {
    if (call->refused || call->own_error || stale ||
        (call->stop_reason && call->stop_reason != -ETIMEDOUT))
        return true;
    return !call->acquired_ns && !call->connect_begun_ns;
}

/* What the adaptive limit learns from: how long it took from the connection on, and whether the
 * host dropped it. */
static void sample_gradient(struct hr_call *call) {
    if (!call->shard->client->adaptive_concurrency || !call->acquired_ns) return;
    int status = call->request->status;
    if (hr_breaker_classify(call->outcome, status) == HR_BREAKER_IGNORED) return;
    struct hr_gradient_sample sample = {
        .latency_ns = now(call) - call->acquired_ns,
        .in_flight = call->begun_in_flight,
        .dropped = hr__retry_transient(call->outcome) || status == 429 || status == 503,
    };
    hr__gradient_add(&call->host->gradient, &sample);
}

static void attempt_ended(struct hr_call *call) {
    hr__timer_stop(call->shard->reactor, &call->hedge_timer);
    hr__call_note(call, call->outcome);
    bool stale =
        !call->stop_reason && !call->refused && !call->own_error && hr__call_is_stale(call);
    hr__idle_lost(call);
    bool nothing = says_nothing(call, stale);
    if (!nothing) sample_gradient(call);
    hr__host_leave(call, nothing);
    hr__decode_free(call);
    hr__head_give(call);
    if (call->is_hedge)
        hr__hedge_gone(call);
    else if (call->stop_reason)
        hr__call_finish(call, call->stop_reason);
    else if (hr__redirect_follow(call) || hr__call_repeat_unexpected(call))
        return;
    else if (call->outcome < 0 && !call->own_error && hr__hedge_takes_over(call))
        hr__hedge_gone(call);
    else if (stale)
        hr__call_retry_stale(call);
    else
        hr__call_judge(call);
}
