/* S3 operations. */
#include <errno.h>
#include <string.h>

#include "s3_slot.h"

#define LIST_PAGE_SIZE 100

/* Compares a body as it comes; runs on the reactor. */
static ssize_t verify_body(void *user, const void *data, size_t size) {
    struct s3_slot *s3 = user;
    const struct perf_workload *workload = s3_workload_of(s3);
    if (s3->position + size > perf_workload_size(workload, s3->slot.step.body) ||
        !perf_workload_body_matches(workload, s3->slot.step.body, s3->position, data, size)) {
        s3->differs = true;
        return -EBADMSG;
    }
    s3->position += size;
    return (ssize_t)size;
}

/* Another attempt begins at the first byte. */
static int verify_head(struct hr_s3_get *get, const struct hr_http_head *head) {
    (void)head;
    s3_slot_of(get->request.user)->position = 0;
    return 0;
}

static void classify(struct perf_slot *slot, struct perf_outcome *outcome) {
    struct s3_slot *s3 = s3_slot_of(slot);
    bool transfer = slot->step.kind == PERF_UPLOAD || slot->step.kind == PERF_DOWNLOAD;
    if (slot->step.kind == PERF_LIST) hr_s3_list_deinit(&s3->any.list);
    if (transfer) s3_transfer_ended(s3, outcome);
    uint64_t size = perf_workload_size(s3_workload_of(s3), slot->step.body), got;
    struct hr_error *error = &slot->request->error;
    if (s3->differs) {
        outcome->result = hr_error_set(error, -EBADMSG,
                                       "the body of %s is not what was written, from byte %llu on",
                                       s3->key, (unsigned long long)s3->position);
        return;
    }
    if (outcome->result) return;
    switch (slot->step.kind) {
    case PERF_PUT:
    case PERF_UPLOAD:
        outcome->bytes_sent = size;
        outcome->size_class = perf_slot_size_class(slot);
        return;
    case PERF_GET:
        outcome->bytes_received = got = s3->any.get.body_bytes;
        outcome->size_class = perf_slot_size_class(slot);
        break;
    case PERF_DOWNLOAD:
        outcome->bytes_received = got = s3->any.download.progress.bytes;
        outcome->size_class = perf_slot_size_class(slot);
        break;
    case PERF_HEAD:
        got = s3->any.head.info.size_bytes;
        break;
    default:
        return;
    }
    if (got != size && size != PERF_TRACE_ANY_SIZE)
        outcome->result =
            hr_error_set(error, HR_ERR_S3_RESPONSE, "%s has %llu bytes, %llu were expected",
                         s3->key, (unsigned long long)got, (unsigned long long)size);
}

/* As a service does it: a struct is cleared once and used again as it is, but where its request
 * leaves results in it that are memory. */
static void clear(struct s3_slot *s3, enum perf_kind kind) {
    static const size_t sizes[PERF_KINDS] = {
        sizeof s3->any.put,    sizeof s3->any.get,    sizeof s3->any.head,    sizeof s3->any.list,
        sizeof s3->any.remove, sizeof s3->any.upload, sizeof s3->any.download};
    if (s3->held != kind || kind == PERF_LIST) memset(&s3->any, 0, sizes[kind]);
    s3->held = kind;
}

static int start_put(struct s3_slot *s3) {
    const struct perf_s3_target *target = s3_target_of(s3);
    const struct perf_workload *workload = s3_workload_of(s3);
    struct perf_slot *slot = &s3->slot;
    struct hr_s3_put *put = &s3->any.put;
    perf_slot_prepare(slot, &put->request);
    put->bucket = workload->bucket;
    put->key = s3->key;
    put->payload = target->payload;
    put->checksum_algorithm = target->checksum;
    put->body = slot->gate.waits ? perf_gate_source(slot, target->payload == HR_S3_PAYLOAD_SIGNED)
                                 : perf_workload_body(workload, slot->step.body, slot->iov);
    return hr_s3_put_start(target->client, put);
}

static int start_get(struct s3_slot *s3) {
    struct hr_s3_get *get = &s3->any.get;
    perf_slot_prepare(&s3->slot, &get->request);
    get->bucket = s3_workload_of(s3)->bucket;
    get->key = s3->key;
    if (s3_target_of(s3)->verify) {
        get->sink = hr_sink_consumer(verify_body, s3);
        get->on_head = verify_head;
    }
    return hr_s3_get_start(s3_target_of(s3)->client, get);
}

static int start_head(struct s3_slot *s3) {
    struct hr_s3_head *head = &s3->any.head;
    perf_slot_prepare(&s3->slot, &head->request);
    head->bucket = s3_workload_of(s3)->bucket;
    head->key = s3->key;
    return hr_s3_head_start(s3_target_of(s3)->client, head);
}

static int start_list(struct s3_slot *s3) {
    struct hr_s3_list *list = &s3->any.list;
    perf_slot_prepare(&s3->slot, &list->request);
    list->bucket = s3_workload_of(s3)->bucket;
    list->prefix = s3->key;
    list->page_size = LIST_PAGE_SIZE;
    list->one_page = true;
    return hr_s3_list_start(s3_target_of(s3)->client, list);
}

static int start_delete(struct s3_slot *s3) {
    struct hr_s3_delete *remove = &s3->any.remove;
    perf_slot_prepare(&s3->slot, &remove->request);
    remove->bucket = s3_workload_of(s3)->bucket;
    remove->key = s3->key;
    return hr_s3_delete_start(s3_target_of(s3)->client, remove);
}

static int start(struct perf_slot *slot) {
    static int (*const starts[PERF_KINDS])(struct s3_slot *) = {
        start_put,    start_get,       start_head,       start_list,
        start_delete, s3_start_upload, s3_start_download};
    struct s3_slot *s3 = s3_slot_of(slot);
    clear(s3, slot->step.kind);
    s3->differs = false;
    s3->position = 0;
    if (slot->step.kind == PERF_LIST)
        perf_workload_prefix(s3_workload_of(s3), slot->step.index, s3->key);
    else
        perf_workload_key(s3_workload_of(s3), slot->step.index, s3->key);
    return starts[slot->step.kind](s3);
}

const struct perf_protocol perf_protocol_s3 = {
    .slot_size = sizeof(struct s3_slot), .start = start, .classify = classify};
