/* Operations in the simulated kernel: from being asked to their events. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_core.h"

static struct sim_kernel *const kernel = &sim__kernel;

static const char *const names[HR_OP_KINDS] = {
    [HR_OP_NOP] = "nop",         [HR_OP_ACCEPT] = "accept", [HR_OP_SOCKET] = "socket",
    [HR_OP_CONNECT] = "connect", [HR_OP_RECV] = "recv",     [HR_OP_RECV_LENT] = "recv_lent",
    [HR_OP_SEND] = "send",       [HR_OP_SENDV] = "sendv",   [HR_OP_SHUTDOWN] = "shutdown",
    [HR_OP_CLOSE] = "close",     [HR_OP_OPEN] = "open",     [HR_OP_READ] = "read",
    [HR_OP_WRITE] = "write",     [HR_OP_FSYNC] = "fsync",   [HR_OP_FALLOCATE] = "fallocate",
    [HR_OP_RENAME] = "rename",   [HR_OP_UNLINK] = "unlink", [HR_OP_POLL] = "poll",
};

static void trace(const struct sim_record *record, const char *what, int32_t result) {
    if (!kernel->options.trace) return;
    sim_trace("reactor %u %s %s #%u fd %d: %d", record->backend->number, what, names[record->kind],
              (unsigned)record->id, record->object ? record->object->fd - SIM_DESCRIPTOR_FIRST : -1,
              result);
}

/* Memory that is being sent. Of much memory a word in SUM_STRIDE bytes: all of it at each step was
 * most of a world's time, and what overwrites memory in use does not stop after a word. */
#define SUM_WHOLE  512
#define SUM_STRIDE 128

static uint64_t sum_more(uint64_t sum, const void *data, size_t size) {
    const unsigned char *bytes = data;
    size_t step = size > SUM_WHOLE ? SUM_STRIDE : 8;
    for (; size >= step; bytes += step, size -= step) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
    }
    for (size_t i = 0; i < size; i++) sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    return sum;
}

static uint64_t sum_of(const struct hr_operation *operation) {
    if (operation->kind == HR_OP_SEND || operation->kind == HR_OP_WRITE)
        return sum_more(1, operation->u.buffer.data, operation->u.buffer.size);
    uint64_t sum = 1;
    for (unsigned i = 0; operation->kind == HR_OP_SENDV && i < operation->u.vector.count; i++)
        sum =
            sum_more(sum, operation->u.vector.iov[i].iov_base, operation->u.vector.iov[i].iov_len);
    return sum;
}

void sim__sum_check(struct sim_record *record) {
    if (record->sum != sum_of(record->operation))
        sim__complain("reactor %u: the memory of %s #%u changed while it was being sent",
                      record->backend->number, names[record->kind], (unsigned)record->id);
}

/* Records. */

bool sim__receives(const struct sim_record *record) {
    return record->kind == HR_OP_RECV || record->kind == HR_OP_RECV_LENT;
}

bool sim__sends(const struct sim_record *record) {
    return record->kind == HR_OP_SEND || record->kind == HR_OP_SENDV;
}

struct sim_record *sim__record_find(const struct sim_backend *backend, uint64_t id) {
    uint32_t slot = (uint32_t)id;
    struct sim_record *record = slot < backend->slot_count ? backend->slots[slot] : NULL;
    return record && record->id == id ? record : NULL;
}

static void put_in_slot(struct sim_backend *backend, struct sim_record *record) {
    uint32_t slot = (uint32_t)record->id;
    if (slot >= backend->slot_count) {
        unsigned count = (slot | 255) + 1;
        backend->slots = sim__grow(backend->slots, count * sizeof(struct sim_record *));
        for (unsigned i = backend->slot_count; i < count; i++) backend->slots[i] = NULL;
        backend->slot_count = count;
    }
    if (backend->slots[slot])
        sim__complain("reactor %u: %s #%u is asked while %s has that number", backend->number,
                      names[record->kind], slot, names[backend->slots[slot]->kind]);
    backend->slots[slot] = record;
}

struct sim_record *sim__record_new(struct sim_backend *backend, struct hr_operation *operation) {
    struct sim_record *record = kernel->records;
    if (record)
        kernel->records = record->next;
    else
        record = sim__allocate(sizeof *record);
    *record = (struct sim_record){.operation = operation,
                                  .id = operation->id,
                                  .backend = backend,
                                  .kind = operation->kind,
                                  .multi = operation->multi,
                                  .link = operation->link};
    record->sum = sum_of(operation);
    put_in_slot(backend, record);
    kernel->records_used++;
    return record;
}

void sim__wait_in(struct sim_queue *queue, struct sim_record *record) {
    record->queue = queue;
    record->next = NULL;
    record->prev = queue->last;
    if (queue->last)
        queue->last->next = record;
    else
        queue->first = record;
    queue->last = record;
}

static void stop_waiting(struct sim_record *record) {
    if (!record->queue) return;
    if (record->prev)
        record->prev->next = record->next;
    else
        record->queue->first = record->next;
    if (record->next)
        record->next->prev = record->prev;
    else
        record->queue->last = record->prev;
    record->queue = NULL;
}

/* Its final event has been collected, or its back end closes over it. */
void sim__record_free(struct sim_record *record) {
    struct sim_backend *backend = record->backend;
    stop_waiting(record);
    if (backend->slots[(uint32_t)record->id] == record) backend->slots[(uint32_t)record->id] = NULL;
    if (record->object) {
        if (sim__receives(record)) record->object->receiving--;
        if (sim__sends(record)) record->object->sending--;
        sim__object_pin(record->object);
        if (!record->done) sim__object_unuse(record->object);
        sim__object_unpin(record->object);
        sim__object_unpin(record->object);
    }
    record->next = kernel->records;
    kernel->records = record;
    kernel->records_used--;
}

/* Events. */

/* What must not change is the order of one operation's own, and that a send is told before the
 * bytes that may answer it. */
static bool has_to_wait(const struct sim_record *record) {
    return record->delayed > 0 ||
           (sim__receives(record) && record->object && record->object->sent_delayed > 0);
}

static void post_later(const struct sim_completion *completion, uint64_t due_ns) {
    struct sim_record *record = completion->record;
    struct sim_object *object = record->object;
    if (due_ns < record->due_ns) due_ns = record->due_ns;
    if (object && sim__receives(record) && due_ns < object->sent_due_ns)
        due_ns = object->sent_due_ns;
    record->due_ns = due_ns;
    record->delayed++;
    if (object && sim__sends(record)) {
        object->sent_delayed++;
        object->sent_due_ns = due_ns;
    }
    uint64_t now_ns = sim_now_ns();
    struct sim_event *event =
        sim__event_add(SIM_EVENT_COMPLETION, due_ns > now_ns ? due_ns - now_ns : 0);
    event->of.backend = record->backend;
    event->completion = *completion;
}

static void post(struct sim_record *record, int32_t result, unsigned flags, int buffer) {
    const struct sim_faults *faults = &kernel->options.faults;
    struct sim_completion completion = {.record = record};
    completion.event.user_data = record->id;
    completion.event.result = result;
    completion.event.flags = (uint16_t)(flags | (buffer >= 0 ? HR_EVENT_BUFFER : 0));
    completion.event.buffer = (uint16_t)(buffer >= 0 ? buffer : 0);
    if (record->kind != HR_OP_NOP && sim_chance(faults->delay))
        post_later(&completion,
                   sim_now_ns() + 1 + sim__below(faults->delay_us_max * UINT64_C(1000) + 1));
    else if (has_to_wait(record))
        post_later(&completion, sim_now_ns());
    else
        sim__completion_add(record->backend, &completion);
}

void sim__deliver(const struct sim_completion *completion) {
    struct sim_record *record = completion->record;
    record->delayed--;
    if (record->object && sim__sends(record)) record->object->sent_delayed--;
    sim__completion_add(record->backend, completion);
}

bool sim__tell(struct sim_record *record, int32_t result, int buffer) {
    const struct sim_backend *backend = record->backend;
    if (backend->count >= backend->completions_max ||
        sim_chance(kernel->options.faults.queue_full)) {
        sim__finish(record, result, buffer);
        return false;
    }
    trace(record, "has", result);
    post(record, result, HR_EVENT_MORE, buffer);
    return true;
}

/* As io_uring: a link holds when all that was asked was done. */
static bool link_holds(const struct sim_record *record) {
    bool moves = record->kind == HR_OP_READ || record->kind == HR_OP_WRITE;
    return record->result >= 0 &&
           (!moves || (size_t)record->result == record->operation->u.buffer.size);
}

static void begin(struct sim_record *record);

static void follow(struct sim_record *before, struct sim_record *record, bool holds) {
    if (record->due_ns < before->due_ns) record->due_ns = before->due_ns;
    if (holds && !record->cancelled)
        begin(record);
    else
        sim__finish(record, -ECANCELED, SIM_NO_BUFFER);
}

void sim__finish(struct sim_record *record, int32_t result, int buffer) {
    trace(record, "ends", result);
    stop_waiting(record);
    record->result = result;
    bool holds = record->link && link_holds(record);
    record->cancelled = !holds; /* for one that is linked to it later */
    record->done = true;
    post(record, result, 0, buffer);
    if (record->object) sim__object_unuse(record->object);
    struct sim_record *follower = record->follower;
    record->follower = NULL;
    if (follower) follow(record, follower, holds);
}

/* Beginning. */

static bool take_object(struct sim_record *record) {
    int fd = record->operation->fd;
    record->object = sim__descriptor(fd);
    if (!record->object) {
        sim__complain("reactor %u: %s #%u on descriptor %d, which is not open",
                      record->backend->number, names[record->kind], (unsigned)record->id,
                      fd - SIM_DESCRIPTOR_FIRST);
        sim__finish(record, -EBADF, SIM_NO_BUFFER);
        return false;
    }
    struct sim_object *object = record->object;
    sim__object_use(object);
    sim__object_pin(object);
    if (sim__receives(record) && object->receiving++)
        sim__complain("reactor %u: two receives on descriptor %d", record->backend->number,
                      fd - SIM_DESCRIPTOR_FIRST);
    if (sim__sends(record) && object->sending++)
        sim__complain("reactor %u: two sends on descriptor %d", record->backend->number,
                      fd - SIM_DESCRIPTOR_FIRST);
    return true;
}

static void begin_close(struct sim_record *record) {
    int fd = record->operation->fd;
    int result = sim__descriptor_close(fd);
    if (result < 0)
        sim__complain("reactor %u: descriptor %d is closed and not open", record->backend->number,
                      fd - SIM_DESCRIPTOR_FIRST);
    sim__finish(record, result, SIM_NO_BUFFER);
}

static void begin(struct sim_record *record) {
    record->begun = true;
    switch (record->kind) {
    case HR_OP_NOP:
        sim__finish(record, 0, SIM_NO_BUFFER);
        return;
    case HR_OP_CLOSE:
        begin_close(record);
        return;
    case HR_OP_OPEN:
    case HR_OP_RENAME:
    case HR_OP_UNLINK:
        sim__file_begin(record);
        return;
    case HR_OP_SOCKET:
        sim__socket_begin(record);
        return;
    default:
        break;
    }
    if (!take_object(record)) return;
    trace(record, "asks", 0);
    if (record->object->kind == SIM_FILE)
        sim__file_begin(record);
    else
        sim__socket_begin(record);
}

void sim__submit(struct sim_record *record) {
    struct sim_record *before = record->backend->chain;
    record->backend->chain = record->link ? record : NULL;
    record->linked = before != NULL;
    if (!before)
        begin(record);
    else if (before->done)
        follow(before, record, !before->cancelled);
    else
        before->follower = record;
}

/* Cancelling. */

void sim__cancel(struct sim_backend *backend, uint64_t id) {
    struct sim_record *record = sim__record_find(backend, id);
    if (!record || record->done) return;
    record->cancelled = true;
    if (!record->begun) return; /* ends with the one it is linked to */
    sim__finish(record, record->moved ? (int32_t)record->moved : -ECANCELED, SIM_NO_BUFFER);
}
