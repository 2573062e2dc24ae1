/* A call: its memory, its beginning and its end, which attempt is made when, and what reaches it
 * from outside: the timer, cancel, resume. */
#include "call.h"
#include "http1_kept.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <base/error_list.h>

#define CALLS_PER_SLAB 32

struct hr_call_slab {
    struct hr_call_slab *next;
    struct hr_call calls[CALLS_PER_SLAB];
};

static void on_timer(struct hr_timer *timer);
static void on_task(struct hr_task *task);
static void on_granted(struct hr_budget_waiter *waiter);
static void start_attempt(struct hr_call *call);
static const struct hr_attempt_events events;

/* ---- Memory of calls. */

static int more_calls(struct hr_client_shard *shard) {
    struct hr_call_slab *slab = calloc(1, sizeof *slab);
    if (!slab) return -ENOMEM;
    slab->next = shard->slabs;
    shard->slabs = slab;
    for (unsigned i = 0; i < CALLS_PER_SLAB; i++) {
        slab->calls[i].next_free = shard->calls_free;
        shard->calls_free = &slab->calls[i];
    }
    return 0;
}

void hr__call_slabs_free(struct hr_client_shard *shard) {
    while (shard->slabs) {
        struct hr_call_slab *slab = shard->slabs;
        shard->slabs = slab->next;
        free(slab);
    }
}

static struct hr_call *acquire(struct hr_client_shard *shard, struct hr_http_request *request) {
    struct hr_call *call = shard->calls_free;
    shard->calls_free = call->next_free;
    memset(call, 0, offsetof(struct hr_call, first));
    call->shard = shard;
    call->request = request;
    call->events = &events;
    call->attempt = &call->first;
    call->timer.on_fire = on_timer;
    call->task.run = on_task;
    call->budget.on_granted = on_granted;
    call->deadline_ns = HR_FOREVER_NS;
    call->settings = shard->settings;
    call->settings->uses++;
    hr__call_times(&request->timeouts, &call->settings->times, &call->times);
    hr__attempt_init(&call->first, call);
    return call;
}

static void release(struct hr_call *call) {
    struct hr_client_shard *shard = call->shard;
    assert(!call->other);
    hr__attempt_release(call->attempt);
    if (call->attempt != &call->first) free(call->attempt);
    hr__route_free(call);
    hr__client_settings_release(call->settings);
    if (call->budgeted) hr__budget_release(shard->reactor, call->reserved);
    call->next_free = shard->calls_free;
    shard->calls_free = call;
}

/* ---- The request's end. */

/* The file of the sink ends where the body does. */
static int cut_file(struct hr_call *call, int result) {
    struct hr_call_attempt *attempt = call->attempt;
    int err = hr__sink_cut(&attempt->sink, attempt->receiver.state >= HR_RECEIVER_BODY);
    if (!err || result < 0) return result;
    return hr_error_set(&call->request->request.error, err,
                        "cutting what an earlier attempt had written to the sink's file: %s",
                        hr_error_text(err));
}

/* Of a request with hooks, which is inside another one. */
static void finish_inner(struct hr_http_request *request, int result, uint64_t total_ns) {
    struct hr_error *error = &request->request.error;
    if (result < 0 && error->code != result) {
        unsigned attempt = error->attempt;
        hr_error_set(error, result, "%s", hr_error_text(result));
        error->attempt = attempt;
        error->http_status = request->status;
    }
    request->request.result = result;
    request->request.total_ns = total_ns;
    request->request.on_done(&request->request);
}

/* Everything is given back, the caller is called. */
static void finish(struct hr_call *call, int result) {
    struct hr_http_request *request = call->request;
    if (call->beginning || call->other) {
        call->outcome = result;
        call->state = HR_CALL_ENDING;
        if (call->beginning)
            hr__reactor_defer(call->shard->reactor, &call->task);
        else
            hr__attempt_stop(call->other, -ECANCELED); /* may end it, and with it this call */
        return;
    }
    result = cut_file(call, result);
    uint64_t end = hr__reactor_now(call->shard->reactor);
    struct hr_request_end facts = {.result = result, .status = request->status};
    facts.cancelled = result == -ECANCELED && call->stop_reason == -ECANCELED;
    facts.total_ns = end > request->request.started_ns ? end - request->request.started_ns : 0;
    hr__statistics_end(call->shard, &facts);
    release(call);
    request->private_.call = NULL;
    struct hr_error *error = &request->request.error;
    if (result < 0) {
        error->attempt = request->request.attempts;
        error->http_status = request->status;
    } else {
        hr__error_clear(error);
    }
    if (request->private_.hooks)
        finish_inner(request, result, facts.total_ns);
    else
        hr__request_finish(&request->request, result);
}

static void on_task(struct hr_task *task) {
    struct hr_call *call = hr__container_of(task, struct hr_call, task);
    call->beginning = false;
    finish(call, call->stop_reason ? call->stop_reason : call->outcome);
}

/* ---- Attempts. */

static void on_slow(struct hr_timer *timer);

/* By what its admission has said. */
static void admitted(struct hr_call_attempt *attempt, int result) {
    if (result == 1)
        hr__attempt_connected(attempt);
    else if (result < 0)
        hr__attempt_refuse(attempt, result);
}

/* Counted from here on, whatever keeps it from being sent. */
static void begin_attempt(struct hr_call_attempt *attempt, uint64_t begun_ns) {
    struct hr_client_shard *shard = attempt->call->shard;
    hr__attempt_clear(attempt, begun_ns);
    hr__count(&shard->counters.attempts, 1);
    hr__count(&hr__reactor_counters(shard->reactor)->attempts, 1);
}

static void run_attempt(struct hr_call_attempt *attempt) {
    struct hr_call *call = attempt->call;
    int err = hr__attempt_prepare(attempt);
    if (err) {
        hr__attempt_refuse(attempt, err);
        return;
    }
    if (attempt == call->attempt) hr__hedge_arm(call, on_slow);
    admitted(attempt, hr__admit(attempt));
}

/* Of an attempt: nothing is known of it yet. */
static void clear_response(struct hr_http_request *request) {
    request->status = 0;
    request->body_bytes = 0;
    request->decoded_bytes = 0;
    request->sent_bytes = 0;
    request->connection.reused = false;
    request->connection.tls = (struct hr_tls_info){.version = NULL};
    request->connection.peer.ss_family = AF_UNSPEC;
    if (request->kept.head.status) hr__http_kept_clear(&request->kept);
}

static void clear_request(struct hr_http_request *request) {
    hr__error_clear(&request->request.error);
    clear_response(request);
}

/* A growing sink, but for the bytes that stay. */
static void empty(const struct hr_sink *sink) {
    if (sink->buffer->size > sink->offset) sink->buffer->size = (size_t)sink->offset;
}

static void start_attempt(struct hr_call *call) {
    struct hr_http_request *request = call->request;
    struct hr_call_attempt *attempt = call->attempt;
    unsigned number = ++request->request.attempts;
    /* A hedge of the attempt before is none of this one. */
    if (call->other) hr__attempt_stop(call->other, -ECANCELED);
    clear_request(request);
    call->state = HR_CALL_RUNNING;
    call->next = (struct hr_call_next){.decided = false};
    call->asked_ns =
        number == 1 ? request->request.started_ns : hr__reactor_now(call->shard->reactor);
    attempt->hedging = false;
    begin_attempt(attempt, call->asked_ns);
    if (request->private_.hooks) {
        int err = request->private_.hooks->prepare_attempt(request, number);
        if (err < 0) {
            attempt->outcome = err;
            hr__attempt_log(attempt, err);
            finish(call, err);
            return;
        }
    }
    if (request->sink.kind == HR_SINK_BUFFER && request->sink.buffer) empty(&request->sink);
    run_attempt(attempt);
}

/* The attempt takes longer than most. */
static void on_slow(struct hr_timer *timer) {
    struct hr_call *call = hr__container_of(timer, struct hr_call, hedge_timer);
    struct hr_call_attempt *hedge = hr__hedge_open(call);
    if (!hedge) return;
    begin_attempt(hedge, hr__reactor_now(call->shard->reactor));
    run_attempt(hedge);
}

static void on_granted(struct hr_budget_waiter *waiter) {
    struct hr_call *call = hr__container_of(waiter, struct hr_call, budget);
    hr__timer_stop(call->shard->reactor, &call->timer);
    hr__admit_granted(call);
    admitted(call->attempt, hr__admit(call->attempt));
}

static bool is_held_back(const struct hr_call *call) {
    const struct hr_http_hooks *hooks = call->request->private_.hooks;
    return hooks && hooks->hold && hooks->hold(call->request);
}

static void on_timer(struct hr_timer *timer) {
    struct hr_call *call = hr__container_of(timer, struct hr_call, timer);
    struct hr_call_attempt *attempt = call->attempt;
    if (call->state == HR_CALL_BACKOFF) {
        if (!is_held_back(call)) start_attempt(call);
        return;
    }
    if (attempt->state == HR_ATTEMPT_RATE) {
        /* Time spent in the rate limit does not count as the origin's latency. */
        call->asked_ns = hr__reactor_now(call->shard->reactor);
        hr__timer_stop(call->shard->reactor, &call->hedge_timer);
        hr__hedge_arm(call, on_slow);
    }
    admitted(attempt, hr__admit_waited(attempt));
}

/* ---- A response has come. */

/* Where a final head leads. */
enum lead { TO_CALLER, ELSEWHERE, WITHOUT_EXPECT, TO_RETRY };

static enum lead lead_of(const struct hr_call_attempt *attempt, const struct hr_http_head *head) {
    if (hr__route_leads(attempt->call, head)) return ELSEWHERE;
    if (hr__repeat_without_expect(attempt, head)) return WITHOUT_EXPECT;
    if (!attempt->call->request->private_.hooks && hr__retry_status(head->status)) return TO_RETRY;
    return TO_CALLER;
}

/* Whether it is the request's, rather than the other attempt's. Where there are hooks they decide
 * about another attempt at the end of this one; a status that is repeated leaves the field all the
 * same. */
static bool has_won(struct hr_call_attempt *attempt, const struct hr_http_head *head,
                    enum lead lead) {
    bool hooks = attempt->call->request->private_.hooks;
    if (hooks && !attempt->call->hedgeable) return true;
    return hr__hedge_arbitrate(attempt,
                               lead != TO_RETRY && !(hooks && hr__retry_status(head->status)));
}

static enum hr_head_verdict on_head(struct hr_call_attempt *attempt,
                                    const struct hr_http_head *head, int *err) {
    struct hr_call *call = attempt->call;
    enum lead lead = lead_of(attempt, head);
    if (!has_won(attempt, head, lead)) return HR_HEAD_DROP;
    if (call->other && lead != TO_RETRY) hr__attempt_stop(call->other, -ECANCELED);
    call->request->status = head->status;
    switch (lead) {
    case ELSEWHERE:
        *err = hr__route_plan(call, head);
        return *err ? HR_HEAD_FAIL : HR_HEAD_DROP;
    case WITHOUT_EXPECT:
        call->next.without_expect = call->expect_refused = true;
        return HR_HEAD_DROP;
    case TO_RETRY:
        return hr__repeat_after_head(call, head) ? HR_HEAD_DROP : HR_HEAD_DELIVER;
    default:
        return HR_HEAD_DELIVER;
    }
}

/* ---- An attempt has ended. */

static void start_at_once(struct hr_call *call, bool fresh) {
    call->attempt->waiter.fresh = fresh;
    call->backoff_ns = 0;
    start_attempt(call);
}

static void back_off(struct hr_call *call, int result) {
    struct hr_reactor *reactor = call->shard->reactor;
    hr__count(&call->shard->counters.retries, 1);
    hr__count(&hr__reactor_counters(reactor)->retries, 1);
    call->retries.count++;
    call->attempt->waiter.fresh = false;
    call->backoff_ns = call->next.wait_ns;
    call->state = HR_CALL_BACKOFF;
    hr__client_tell_retry(call, result, false);
    hr__timer_start(reactor, &call->timer, hr__reactor_now(reactor) + call->backoff_ns);
}

static void repeat_stale(struct hr_call *call) {
    hr__count(&call->shard->counters.stale_retries, 1);
    call->retries.stale++;
    hr__client_tell_retry(call, call->attempt->outcome, true);
    start_at_once(call, true);
}

/* The other attempt is over. */
static void other_ended(struct hr_call *call) {
    hr__hedge_close(call);
    if (call->state == HR_CALL_ENDING && !call->beginning) finish(call, call->outcome);
}

static void on_ended(struct hr_call_attempt *attempt) {
    struct hr_call *call = attempt->call;
    bool own = attempt == call->attempt;
    if (own) hr__timer_stop(call->shard->reactor, &call->hedge_timer);
    hr__attempt_log(attempt, attempt->outcome);
    bool stale = hr__repeat_is_stale(attempt);
    hr__attempt_account(attempt, stale);
    int result = 0;
    if (!own)
        other_ended(call);
    else if (call->stop_reason)
        finish(call, call->stop_reason);
    else if (hr__route_take(call) || call->next.without_expect)
        start_at_once(call, false);
    else if (attempt->outcome < 0 && !attempt->own_error && hr__hedge_takes_over(call))
        other_ended(call);
    else if (stale)
        repeat_stale(call);
    else if (hr__repeat_after_end(call, &result))
        back_off(call, result);
    else
        finish(call, result);
}

static const struct hr_attempt_events events = {.on_head = on_head, .on_ended = on_ended};

/* ---- From outside. */

static void stop(struct hr_http_request *request, int reason) {
    struct hr_call *call = request->private_.call;
    if (!call || call->stop_reason) return;
    if (call->state != HR_CALL_ENDING && reason == -ETIMEDOUT)
        hr__count(&call->shard->counters.timeouts.total, 1);
    call->stop_reason = reason;
    hr__timer_stop(call->shard->reactor, &call->hedge_timer);
    if (call->other) hr__attempt_stop(call->other, -ECANCELED);
    if (call->state == HR_CALL_RUNNING) {
        hr__attempt_stop(call->attempt, reason);
    } else if (call->state == HR_CALL_BACKOFF) {
        hr__timer_stop(call->shard->reactor, &call->timer);
        finish(call, reason); /* its attempts are all in the log */
    }
}

/* ---- Beginning. */

static void clear_out(struct hr_http_request *request) {
    request->private_.call = NULL;
    request->hedged = false;
    request->retry_after_ms = 0;
}

static void run_no_memory(struct hr_task *task) {
    struct hr_http_request *request =
        hr__container_of((void *)task, struct hr_http_request, private_.task);
    request->request.result =
        hr_error_set(&request->request.error, -ENOMEM, "%s", hr_error_text(-ENOMEM));
    request->request.on_done(&request->request);
}

static void begin(struct hr_client_shard *shard, struct hr_http_request *request) {
    struct hr_call *call = acquire(shard, request);
    bool inside = request->private_.hooks != NULL;
    request->private_.call = call;
    call->beginning = inside;
    hr__statistics_begin(shard);
    if (!inside) {
        uint64_t timeout_ns = hr__request_timeout_ns(&request->request);
        if (timeout_ns != HR_FOREVER_NS)
            call->deadline_ns = request->request.started_ns + timeout_ns;
    }
    start_attempt(call);
    /* While it begins a call only queues its end, so it is still there. */
    if (inside && call->state != HR_CALL_ENDING) call->beginning = false;
}

static void class_start(struct hr_request *base) {
    struct hr_http_request *request = (struct hr_http_request *)base;
    hr_http_client *client = base->private_.owner;
    struct hr_client_shard *shard = client->shards[hr__reactor_index(base->private_.reactor)];
    clear_out(request);
    if (!shard->calls_free && more_calls(shard)) {
        clear_response(request);
        hr__statistics_begin(shard);
        hr__statistics_end(shard, &(struct hr_request_end){.result = -ENOMEM});
        hr__request_finish(base, -ENOMEM);
        return;
    }
    begin(shard, request);
}

static void class_stop(struct hr_request *base, int reason) {
    stop((struct hr_http_request *)base, reason);
}

static void class_resume(struct hr_request *base) {
    hr__http_request_resume((struct hr_http_request *)base);
}

void hr__http_request_begin(hr_http_client *client, struct hr_reactor *reactor,
                            struct hr_http_request *request) {
    struct hr_client_shard *shard = client->shards[hr__reactor_index(reactor)];
    struct hr_request *base = &request->request;
    base->result = 0;
    base->attempts = 0;
    base->total_ns = 0;
    base->started_ns = hr__reactor_now(reactor);
    hr__error_clear(&base->error);
    base->timings = (struct hr_timings){.total_ns = 0};
    clear_out(request);
    if (shard->calls_free || more_calls(shard) == 0) {
        begin(shard, request);
        return;
    }
    clear_response(request);
    /* Without memory for a call there is still the request's own: it ends from the FIFO. */
    struct hr_task *task = (struct hr_task *)(void *)request->private_.task;
    _Static_assert(sizeof *task <= sizeof request->private_.task, "a task fits");
    task->run = run_no_memory;
    hr__reactor_defer(reactor, task);
}

void hr__http_request_abort(struct hr_http_request *request, int reason) {
    stop(request, reason);
}

void hr__http_request_go_on(struct hr_http_request *request) {
    struct hr_call *call = request->private_.call;
    assert(call && call->state == HR_CALL_BACKOFF && !call->stop_reason);
    start_attempt(call);
}

void hr__http_request_resume(struct hr_http_request *request) {
    struct hr_call *call = request->private_.call;
    if (call) hr__attempt_resume(call->attempt);
}

const struct hr_request_class hr__http_request_class = {
    .name = "http",
    .start = class_start,
    .stop = class_stop,
    .resume = class_resume,
    .ended = hr__client_ended,
    .timeout_ns = hr__client_timeout_ns,
};
