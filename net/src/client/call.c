/* A call: its memory, its beginning and its end, and what reaches it from outside: the timer,
 * cancel, resume. */
#include "call.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_PER_SLAB 32

struct hr_call_slab {
    struct hr_call_slab *next;
    struct hr_call calls[CALLS_PER_SLAB];
};

/* ---- Memory of calls. */

static int more_calls(struct hr_client_shard *shard) {
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

void hr__call_slabs_free(struct hr_client_shard *shard) {
    while (shard->slabs) {
        struct hr_call_slab *slab = shard->slabs;
        shard->slabs = slab->next;
        free(slab);
    }
}

static void on_timer(struct hr_timer *timer);
static void on_task(struct hr_task *task);

struct hr_call *hr__call_take(struct hr_client_shard *shard, struct hr_http_request *request) {
    if (!shard->calls_free && more_calls(shard)) return NULL;
    struct hr_call *call = shard->calls_free;
    shard->calls_free = call->next;
    memset(call, 0, offsetof(struct hr_call, source));
    call->source.block = NULL;
    call->sink.block = NULL;
    hr__sink_forget(&call->sink);
    call->shard = shard;
    call->request = request;
    call->timer.on_fire = on_timer;
    call->task.run = on_task;
    call->budget.on_granted = hr__call_granted;
    call->waiter.events = &hr__attempt_events;
    call->waiter.times = &call->times.connect;
    call->deadline_ns = HR_FOREVER_NS;
    hr__call_times(&request->timeouts, &shard->client->times, &call->times);
    return call;
}

/* ---- The request's end. */

void hr__call_give(struct hr_call *call) {
    struct hr_client_shard *shard = call->shard;
    hr__head_give(call);
    hr__redirect_free(call);
    hr__decode_free(call);
    if (call->source.block) hr__source_close(&call->source);
    if (call->sink.block) hr__sink_close(&call->sink);
    if (call->budgeted) hr__budget_release(shard->reactor, call->reserved);
    if (call->waiter.origin) hr__origin_release(call->waiter.origin);
    call->source.source = NULL;
    call->sink.on_ready = NULL;
    call->next = shard->calls_free;
    shard->calls_free = call;
}

/* The file of the sink ends where the body does. */
static int cut_file(struct hr_call *call, int result) {
    int err = hr__sink_cut(&call->sink, call->final_head);
    if (!err || result < 0) return result;
    return hr_error_set(&call->request->request.error, err,
                        "cutting what an earlier attempt had written to the sink's file: %s",
                        hr_error_text(err));
}

void hr__call_finish(struct hr_call *call, int result) {
    struct hr_http_request *request = call->request;
    if (call->beginning) {
        call->outcome = result;
        call->state = HR_CALL_ENDING;
        hr__reactor_defer(call->shard->reactor, &call->task);
        return;
    }
    if (call->twin) {
        call->outcome = result;
        call->state = HR_CALL_ENDING;
        call->awaits_twin = true;
        hr__call_stop(call->twin, -ECANCELED); /* may end it, and with it this call */
        return;
    }
    result = cut_file(call, result);
    uint64_t end = hr__reactor_now(call->shard->reactor);
    struct hr_request_end facts = {.result = result, .status = request->status};
    facts.total_ns = end > request->request.started_ns ? end - request->request.started_ns : 0;
    hr__statistics_end(call->shard, &facts);
    hr__call_give(call);
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
        return;
    }
    if (result < 0 && error->code != result) {
        unsigned attempt = error->attempt;
        hr_error_set(error, result, "%s", hr_error_text(result));
        error->attempt = attempt;
        error->http_status = request->status;
    }
    request->request.result = result;
    request->request.total_ns = facts.total_ns;
    request->request.on_done(&request->request);
}

static void on_task(struct hr_task *task) {
    struct hr_call *call = hr__container_of(task, struct hr_call, task);
    call->beginning = false;
    hr__call_finish(call, call->stop_reason ? call->stop_reason : call->outcome);
}

/* ---- Timer, cancel, resume. */

static void on_timer(struct hr_timer *timer) {
    struct hr_call *call = hr__container_of(timer, struct hr_call, timer);
    if (call->state == HR_CALL_BACKOFF)
        hr__call_attempt(call);
    else
        hr__call_waited(call);
}

void hr__call_stop(struct hr_call *call, int reason) {
    if (call->stop_reason) return;
    call->stop_reason = reason;
    call->own_error |= reason == -ETIMEDOUT && hr__call_holds_itself_up(call);
    hr__timer_stop(call->shard->reactor, &call->hedge_timer);
    if (call->twin && !call->is_hedge) hr__call_stop(call->twin, -ECANCELED);
    if (hr__call_unwait(call)) {
        hr__call_refuse(call, reason, "%s", hr_error_text(reason));
    } else if (call->state == HR_CALL_BACKOFF) {
        hr__timer_stop(call->shard->reactor, &call->timer);
        hr__call_finish(call, reason); /* its attempts are all in the log */
    } else if (call->state == HR_CALL_ACQUIRING || call->state == HR_CALL_ACTIVE) {
        hr__call_fail(call, reason, "%s", hr_error_text(reason));
    }
}

uint64_t hr__call_remaining_ms(const struct hr_call *call) {
    if (call->deadline_ns == HR_FOREVER_NS) return UINT64_MAX;
    uint64_t now = hr__reactor_now(call->shard->reactor);
    return call->deadline_ns > now ? (call->deadline_ns - now) / 1000000 : 0;
}

/* ---- Beginning. */

static void clear_out(struct hr_http_request *request) {
    request->call_ = NULL;
    request->status = 0;
    request->body_bytes = 0;
    request->decoded_bytes = 0;
    request->sent_bytes = 0;
    request->reused = false;
    request->hedged = false;
    request->retry_after_ms = 0;
}

/* From outside. */
static void stop(struct hr_http_request *request, int reason) {
    struct hr_call *call = request->call_;
    if (!call) return;
    bool first = !call->stop_reason && call->state != HR_CALL_ENDING;
    if (first && reason == -ETIMEDOUT) hr__count(&call->shard->counters.timeouts_total, 1);
    hr__call_stop(call, reason);
}

static void run_no_memory(struct hr_task *task) {
    struct hr_http_request *request =
        hr__container_of((void *)task, struct hr_http_request, reserved);
    request->request.result =
        hr_error_set(&request->request.error, -ENOMEM, "%s", hr_error_text(-ENOMEM));
    request->request.on_done(&request->request);
}

static void begin(struct hr_client_shard *shard, struct hr_http_request *request) {
    struct hr_call *call = hr__call_take(shard, request);
    bool inside = request->hooks_ != NULL;
    request->call_ = call;
    call->beginning = inside;
    hr__statistics_begin(shard);
    if (!inside) {
        uint64_t timeout_ns = hr__request_timeout_ns(&request->request);
        if (timeout_ns != HR_FOREVER_NS)
            call->deadline_ns = request->request.started_ns + timeout_ns;
    }
    hr__call_attempt(call);
    /* While it begins a call only queues its end, so it is still there. */
    if (inside && call->state != HR_CALL_ENDING) call->beginning = false;
}

static void class_start(struct hr_request *base) {
    struct hr_http_request *request = (struct hr_http_request *)base;
    hr_http_client *client = base->private_.owner;
    struct hr_client_shard *shard = client->shards[hr__reactor_index(base->private_.reactor)];
    clear_out(request);
    if (!shard->calls_free && more_calls(shard)) {
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

static uint64_t class_timeout_ns(const struct hr_request *base) {
    const hr_http_client *client = base->private_.owner;
    if (base->timeout_ms == 0) return client->timeout_ns;
    return base->timeout_ms == HR_NO_TIMEOUT ? HR_FOREVER_NS : base->timeout_ms * UINT64_C(1000000);
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
    stop(request, reason);
}

void hr__http_request_resume(struct hr_http_request *request) {
    if (request->call_) hr__receive_resume(request->call_);
}

static void class_ended(void *owner) {
    hr__client_release(owner);
}

const struct hr_request_class hr__http_request_class = {
    .name = "http",
    .start = class_start,
    .stop = class_stop,
    .resume = class_resume,
    .ended = class_ended,
    .timeout_ns = class_timeout_ns,
};
