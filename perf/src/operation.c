/* One S3 operation in a slot: started, ended, judged. */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include <headrace/clock.h>

#include "loop_private.h"

#define LIST_PAGE_SIZE 100

void perf_slot_lock(struct perf_slot *slot) {
    while (atomic_flag_test_and_set_explicit(&slot->lock, memory_order_acquire)) sched_yield();
}

void perf_slot_unlock(struct perf_slot *slot) {
    atomic_flag_clear_explicit(&slot->lock, memory_order_release);
}

/* On the reactor: compares as it comes. */
static ssize_t verify_body(void *user, const void *data, size_t size) {
    struct perf_slot *slot = user;
    if (slot->position + size > slot->loop->options.workload->size_bytes ||
        !perf_workload_body_matches(slot->loop->options.workload, slot->step.index, slot->position,
                                    data, size)) {
        slot->differs = true;
        return -EBADMSG;
    }
    slot->position += size;
    return (ssize_t)size;
}

/* Another attempt begins at the first byte. */
static int verify_head(struct hr_s3_get *get, const struct hr_http_head *head) {
    struct perf_slot *slot = get->request.user;
    (void)head;
    slot->position = 0;
    return 0;
}

static void judge(struct perf_slot *slot, struct perf_outcome *outcome) {
    uint64_t size = slot->loop->options.workload->size_bytes, got;
    struct hr_error *error = &slot->any.request.error;
    outcome->error = error;
    if (slot->differs) {
        outcome->result = hr_error_set(error, -EBADMSG,
                                       "the body of %s is not what was written, from byte %llu on",
                                       slot->key, (unsigned long long)slot->position);
        return;
    }
    if (outcome->result) return;
    switch (slot->step.kind) {
    case PERF_PUT:
        outcome->bytes = size;
        return;
    case PERF_GET:
        outcome->bytes = got = slot->any.get.body_bytes;
        break;
    case PERF_HEAD:
        got = slot->any.head.info.size_bytes;
        break;
    default:
        return;
    }
    if (got != size)
        outcome->result =
            hr_error_set(error, HR_ERR_S3_RESPONSE, "%s has %llu bytes, %llu were expected",
                         slot->key, (unsigned long long)got, (unsigned long long)size);
}

static void count(struct perf_slot *slot, struct perf_outcome *outcome, uint64_t now_ns) {
    struct perf_shard *shard = perf_loop_shard(slot->loop);
    judge(slot, outcome);
    perf_result_record(&shard->result, outcome);
    shard->ended_ns = now_ns;
    atomic_uint_fast64_t *live = outcome->result == 0            ? &shard->succeeded
                                 : outcome->result == -ECANCELED ? &shard->cancelled
                                                                 : &shard->failed;
    atomic_fetch_add_explicit(live, 1, memory_order_relaxed);
}

static void on_done(struct hr_request *request) {
    struct perf_slot *slot = request->user;
    perf_loop *loop = slot->loop;
    uint64_t now = hr_clock_monotonic_ns();
    struct perf_outcome outcome = {
        .kind = slot->step.kind,
        .result = request->result,
        .attempts = request->attempts,
        .latency_ns = now - slot->begun_ns,
    };
    count(slot, &outcome, now);
    if (slot->gated && !slot->arrived) perf_gate_arrive(slot);
    perf_slot_lock(slot);
    slot->busy = slot->gated = false;
    bool more = loop->options.rate > 0 ? perf_open_next(slot, now) : perf_closed_next(slot, now);
    perf_slot_unlock(slot);
    if (!more) perf_loop_release(loop);
}

static void prepare(struct perf_slot *slot, struct hr_request *request) {
    request->on_done = on_done;
    request->user = slot;
    request->timeout_ms = slot->loop->options.timeout_ms;
}

static int start_put(struct perf_slot *slot) {
    const struct perf_loop_options *options = &slot->loop->options;
    struct hr_s3_put *put = &slot->any.put;
    memset(put, 0, sizeof *put);
    prepare(slot, &put->request);
    put->bucket = options->workload->bucket;
    put->key = slot->key;
    put->payload = options->payload;
    put->body = slot->gated ? perf_gate_source(slot)
                            : perf_workload_body(options->workload, slot->step.index, slot->iov);
    return hr_s3_put_start(options->client, put);
}

static int start_get(struct perf_slot *slot) {
    const struct perf_loop_options *options = &slot->loop->options;
    struct hr_s3_get *get = &slot->any.get;
    memset(get, 0, sizeof *get);
    prepare(slot, &get->request);
    get->bucket = options->workload->bucket;
    get->key = slot->key;
    if (options->verify) {
        get->sink = hr_sink_consumer(verify_body, slot);
        get->on_head = verify_head;
    }
    return hr_s3_get_start(options->client, get);
}

static int start_head(struct perf_slot *slot) {
    struct hr_s3_head *head = &slot->any.head;
    memset(head, 0, sizeof *head);
    prepare(slot, &head->request);
    head->bucket = slot->loop->options.workload->bucket;
    head->key = slot->key;
    return hr_s3_head_start(slot->loop->options.client, head);
}

static int start_list(struct perf_slot *slot) {
    struct hr_s3_list *list = &slot->any.list;
    memset(list, 0, sizeof *list);
    prepare(slot, &list->request);
    list->bucket = slot->loop->options.workload->bucket;
    list->prefix = slot->key;
    list->page_size = LIST_PAGE_SIZE;
    list->one_page = true;
    return hr_s3_list_start(slot->loop->options.client, list);
}

static int start_delete(struct perf_slot *slot) {
    struct hr_s3_delete *remove = &slot->any.remove;
    memset(remove, 0, sizeof *remove);
    prepare(slot, &remove->request);
    remove->bucket = slot->loop->options.workload->bucket;
    remove->key = slot->key;
    return hr_s3_delete_start(slot->loop->options.client, remove);
}

int perf_slot_start(struct perf_slot *slot, uint64_t number, uint64_t begun_ns) {
    static int (*const start[PERF_KINDS])(struct perf_slot *) = {start_put, start_get, start_head,
                                                                 start_list, start_delete};
    perf_loop *loop = slot->loop;
    const struct perf_workload *workload = loop->options.workload;
    loop->options.choose(workload, number, &slot->step);
    if (slot->step.kind == PERF_LIST)
        perf_workload_prefix(workload, slot->step.index, slot->key);
    else
        perf_workload_key(workload, slot->step.index, slot->key);
    slot->begun_ns = begun_ns;
    slot->position = 0;
    slot->pass = 0;
    slot->differs = false;
    slot->gated = slot->gated && slot->step.kind == PERF_PUT;
    slot->busy = true;
    atomic_fetch_add_explicit(&loop->submitted, 1, memory_order_relaxed);
    int err = start[slot->step.kind](slot);
    if (!err) return 0;
    slot->busy = false;
    struct perf_outcome outcome = {.kind = slot->step.kind, .result = err};
    hr_error_set(&slot->any.request.error, err, "the request was refused: %s", hr_error_text(err));
    count(slot, &outcome, hr_clock_monotonic_ns());
    return err;
}
