/* S3 operations. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "loop_core.h"
#include "protocols.h"

#define LIST_PAGE_SIZE 100

struct s3_slot {
    struct perf_slot slot;
    union {
        struct hr_s3_put put;
        struct hr_s3_get get;
        struct hr_s3_head head;
        struct hr_s3_list list;
        struct hr_s3_delete remove;
    } any;               /* of the step's kind */
    enum perf_kind held; /* the kind of the step before */
    bool differs;        /* the body that was read is not the one that was written */
    uint64_t position;   /* in the body that is read */
    char key[PERF_KEY_SIZE];
};
_Static_assert(offsetof(struct s3_slot, slot) == 0, "a loop sees the beginning of its slots");

static struct s3_slot *s3_slot_of(struct perf_slot *slot) {
    return (struct s3_slot *)slot;
}

static const struct perf_s3_target *target_of(const struct s3_slot *s3) {
    return s3->slot.loop->options.target;
}

static const struct perf_workload *workload_of(const struct s3_slot *s3) {
    return s3->slot.loop->options.workload;
}

/* Compares a body as it comes; runs on the reactor. */
static ssize_t verify_body(void *user, const void *data, size_t size) {
    struct s3_slot *s3 = user;
    const struct perf_workload *workload = workload_of(s3);
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
    if (slot->step.kind == PERF_LIST) hr_s3_list_deinit(&s3->any.list);
    uint64_t size = perf_workload_size(workload_of(s3), slot->step.body), got;
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
        outcome->bytes_sent = size;
        outcome->size_class = perf_slot_size_class(slot);
        return;
    case PERF_GET:
        outcome->bytes_received = got = s3->any.get.body_bytes;
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
    static const size_t sizes[PERF_KINDS] = {sizeof s3->any.put, sizeof s3->any.get,
                                             sizeof s3->any.head, sizeof s3->any.list,
                                             sizeof s3->any.remove};
    if (s3->held != kind || kind == PERF_LIST) memset(&s3->any, 0, sizes[kind]);
    s3->held = kind;
}

static int start_put(struct s3_slot *s3) {
    const struct perf_s3_target *target = target_of(s3);
    const struct perf_workload *workload = workload_of(s3);
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
    get->bucket = workload_of(s3)->bucket;
    get->key = s3->key;
    if (target_of(s3)->verify) {
        get->sink = hr_sink_consumer(verify_body, s3);
        get->on_head = verify_head;
    }
    return hr_s3_get_start(target_of(s3)->client, get);
}

static int start_head(struct s3_slot *s3) {
    struct hr_s3_head *head = &s3->any.head;
    perf_slot_prepare(&s3->slot, &head->request);
    head->bucket = workload_of(s3)->bucket;
    head->key = s3->key;
    return hr_s3_head_start(target_of(s3)->client, head);
}

static int start_list(struct s3_slot *s3) {
    struct hr_s3_list *list = &s3->any.list;
    perf_slot_prepare(&s3->slot, &list->request);
    list->bucket = workload_of(s3)->bucket;
    list->prefix = s3->key;
    list->page_size = LIST_PAGE_SIZE;
    list->one_page = true;
    return hr_s3_list_start(target_of(s3)->client, list);
}

static int start_delete(struct s3_slot *s3) {
    struct hr_s3_delete *remove = &s3->any.remove;
    perf_slot_prepare(&s3->slot, &remove->request);
    remove->bucket = workload_of(s3)->bucket;
    remove->key = s3->key;
    return hr_s3_delete_start(target_of(s3)->client, remove);
}

static int start(struct perf_slot *slot) {
    static int (*const starts[PERF_KINDS])(struct s3_slot *) = {start_put, start_get, start_head,
                                                                start_list, start_delete};
    struct s3_slot *s3 = s3_slot_of(slot);
    clear(s3, slot->step.kind);
    s3->differs = false;
    s3->position = 0;
    if (slot->step.kind == PERF_LIST)
        perf_workload_prefix(workload_of(s3), slot->step.index, s3->key);
    else
        perf_workload_key(workload_of(s3), slot->step.index, s3->key);
    return starts[slot->step.kind](s3);
}

const struct perf_protocol perf_protocol_s3 = {
    .slot_size = sizeof(struct s3_slot), .start = start, .classify = classify};
