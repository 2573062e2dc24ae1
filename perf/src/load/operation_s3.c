/* S3 operations. */
#include <errno.h>
#include <string.h>

#include "loop_private.h"

#define LIST_PAGE_SIZE 100

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
    if (slot->step.kind == PERF_LIST) hr_s3_list_deinit(&slot->any.list);
    uint64_t size = slot->loop->options.workload->size_bytes, got;
    struct hr_error *error = &slot->any.request.error;
    if (slot->differs) {
        outcome->result = hr_error_set(error, -EBADMSG,
                                       "the body of %s is not what was written, from byte %llu on",
                                       slot->key, (unsigned long long)slot->position);
        return;
    }
    if (outcome->result) return;
    switch (slot->step.kind) {
    case PERF_PUT:
        outcome->bytes_sent = size;
        return;
    case PERF_GET:
        outcome->bytes_received = got = slot->any.get.body_bytes;
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

static int start_put(struct perf_slot *slot) {
    const struct perf_loop_options *options = &slot->loop->options;
    struct hr_s3_put *put = &slot->any.put;
    memset(put, 0, sizeof *put);
    perf_slot_prepare(slot, &put->request);
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
    perf_slot_prepare(slot, &get->request);
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
    perf_slot_prepare(slot, &head->request);
    head->bucket = slot->loop->options.workload->bucket;
    head->key = slot->key;
    return hr_s3_head_start(slot->loop->options.client, head);
}

static int start_list(struct perf_slot *slot) {
    struct hr_s3_list *list = &slot->any.list;
    memset(list, 0, sizeof *list);
    perf_slot_prepare(slot, &list->request);
    list->bucket = slot->loop->options.workload->bucket;
    list->prefix = slot->key;
    list->page_size = LIST_PAGE_SIZE;
    list->one_page = true;
    return hr_s3_list_start(slot->loop->options.client, list);
}

static int start_delete(struct perf_slot *slot) {
    struct hr_s3_delete *remove = &slot->any.remove;
    memset(remove, 0, sizeof *remove);
    perf_slot_prepare(slot, &remove->request);
    remove->bucket = slot->loop->options.workload->bucket;
    remove->key = slot->key;
    return hr_s3_delete_start(slot->loop->options.client, remove);
}

static int start(struct perf_slot *slot) {
    static int (*const starts[PERF_KINDS])(struct perf_slot *) = {start_put, start_get, start_head,
                                                                  start_list, start_delete};
    const struct perf_workload *workload = slot->loop->options.workload;
    if (slot->step.kind == PERF_LIST)
        perf_workload_prefix(workload, slot->step.index, slot->key);
    else
        perf_workload_key(workload, slot->step.index, slot->key);
    return starts[slot->step.kind](slot);
}

const struct perf_protocol perf_protocol_s3 = {.start = start, .judge = judge};
