/* Parts of an upload: where their bytes lie, which are sent at once, and what comes of them. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "journal_contents.h"
#include "part_plan.h"
#include "s3_rows.h"
#include "upload_journal.h"
#include "upload_state.h"

/* ---- What is known of parts that are sent. */

/* A place for the next part; its number is part_count afterwards. */
static struct hr_s3_completed_part *add_part(struct hr__upload *upload) {
    if (upload->part_count == HR_S3_PART_NUMBER_MAX) return NULL;
    if (upload->part_count == upload->part_room) {
        size_t room = upload->part_room ? 2 * upload->part_room : 16;
        struct hr_s3_completed_part *more = realloc(upload->parts, room * sizeof *more);
        if (!more) return NULL;
        upload->parts = more;
        upload->part_room = room;
    }
    struct hr_s3_completed_part *part = &upload->parts[upload->part_count++];
    *part = (struct hr_s3_completed_part){.part_number = (uint32_t)upload->part_count};
    return part;
}

static void fail_part(struct hr__upload *upload) {
    struct hr_error error = {0};
    if (upload->part_count < HR_S3_PART_NUMBER_MAX) {
        hr__upload_fail(upload, -ENOMEM, NULL);
        return;
    }
    hr_error_set(&error, -EFBIG,
                 "the body has more than %d parts: a larger part_size is wanted (it began with "
                 "%llu bytes)",
                 HR_S3_PART_NUMBER_MAX, (unsigned long long)upload->part_size);
    hr__upload_fail(upload, -EFBIG, &error);
}

/* ---- Memory of a producer's parts. */

static void give_back(struct hr__upload *upload, struct hr__upload_slot *slot) {
    if (!slot->memory) return;
    free(slot->memory);
    slot->memory = NULL;
    assert(upload->held > 0);
    upload->held--;
    hr__part_memory_release(&upload->shard->parts, slot->memory_size);
}

static int allocate(struct hr__upload *upload, struct hr__upload_slot *slot, size_t size) {
    slot->memory = malloc(size);
    slot->memory_size = size;
    if (!slot->memory) {
        hr__part_memory_release(&upload->shard->parts, size);
        return -ENOMEM;
    }
    upload->held++;
    return 0;
}

static void read_part(struct hr__upload *upload, struct hr__upload_slot *slot);

static void on_memory(struct hr__part_waiter *waiter) {
    struct hr__upload *upload = hr__container_of(waiter, struct hr__upload, waiter);
    struct hr__upload_slot *slot = upload->reading;
    assert(slot && !upload->failure);
    int err = allocate(upload, slot, waiter->bytes);
    if (!err) {
        read_part(upload, slot);
        return;
    }
    upload->reading = NULL;
    hr__upload_fail(upload, err, NULL);
    upload->step(upload);
}

static void refuse_memory(struct hr__upload *upload, size_t size) {
    struct hr_error error = {0};
    hr_error_set(&error, -ENOBUFS,
                 "a part of %zu bytes is more than the memory for parts, which is %llu bytes: half "
                 "of budget_bytes",
                 size, (unsigned long long)hr__budget_bulk_limit(upload->shard->parts.reactor));
    upload->reading = NULL;
    hr__upload_fail(upload, -ENOBUFS, &error);
}

/* Memory for the next part, now or later; a transfer that has some does not wait. */
static void get_memory(struct hr__upload *upload, struct hr__upload_slot *slot, size_t size) {
    struct hr__part_memory *memory = &upload->shard->parts;
    if (slot->memory && (slot->memory_size != size || hr__budget_bulk_wanted(memory->reactor)))
        give_back(upload, slot);
    int err = slot->memory ? 0 : hr__part_memory_try(memory, size);
    if (!err && !slot->memory) {
        err = allocate(upload, slot, size);
        if (err) hr__upload_fail(upload, err, NULL);
    }
    if (!err) {
        read_part(upload, slot);
        return;
    }
    upload->reading = NULL;
    if (upload->failure || upload->held) return;
    upload->reading = slot;
    upload->waiter.bytes = size;
    upload->waiter.on_granted = on_memory;
    if (hr__part_memory_wait(memory, &upload->waiter)) refuse_memory(upload, size);
}

/* ---- Sending. */

static void note_part(struct hr__upload *upload, struct hr__upload_slot *slot) {
    struct hr_s3_upload *user = upload->user;
    struct hr_s3_completed_part *part = &upload->parts[slot->part.part_number - 1];
    part->etag = strdup(slot->part.etag);
    part->checksum = slot->part.sent_checksum;
    part->size_bytes = slot->size;
    user->progress.bytes += slot->size;
    user->progress.parts++;
    int err = part->etag ? 0 : -ENOMEM;
    if (!err && user->on_progress) err = user->on_progress(user, &user->progress);
    if (err < 0) hr__upload_fail(upload, err, NULL);
}

static void on_part(struct hr_request *request) {
    struct hr__upload_slot *slot = request->user;
    struct hr__upload *upload = slot->upload;
    assert(slot->state == HR__SLOT_SENDING);
    slot->state = HR__SLOT_FREE;
    hr__upload_count(upload, request);
    if (request->result >= 0) hr__upload_journal_part(upload, slot);
    if (request->result < 0 && !upload->failure && upload->user->request.refusal)
        *upload->user->request.refusal = slot->refusal;
    if (request->result < 0)
        hr__upload_fail(upload, request->result, &request->error);
    else if (!upload->failure)
        note_part(upload, slot);
    if (upload->failure) give_back(upload, slot);
    upload->step(upload);
}

static void send_part(struct hr__upload *upload, struct hr__upload_slot *slot,
                      const struct hr_source *body) {
    const struct hr_s3_upload *user = upload->user;
    const struct hr_s3_completed_part *part = add_part(upload);
    if (!part) {
        fail_part(upload);
        return;
    }
    memset(&slot->part, 0, sizeof slot->part);
    struct hr_s3_upload_part *ask = &slot->part;
    ask->request.on_done = on_part;
    ask->request.user = slot;
    ask->request.refusal = user->request.refusal ? &slot->refusal : NULL;
    ask->bucket = user->bucket;
    ask->key = user->key;
    ask->upload_id = upload->upload_id;
    ask->part_number = part->part_number;
    ask->body = *body;
    ask->payload = user->payload;
    ask->checksum_algorithm = upload->algorithm;
    ask->customer_key = user->options.encryption.customer_key;
    ask->request_payer = user->options.request_payer;
    ask->expected_owner = user->options.expected_owner;
    int err = hr__s3_begin(upload->client, HR__S3_UPLOAD_PART, &ask->request);
    if (err) {
        hr__upload_fail(upload, err, &ask->request.error);
        return;
    }
    slot->state = HR__SLOT_SENDING;
    upload->active++;
}

/* ---- Bodies that lie somewhere. */

static void send_next(struct hr__upload *upload, struct hr__upload_slot *slot) {
    const struct hr_source *body = &upload->user->body;
    struct hr_source part;
    struct hr_file_range range = {upload->offset, body->size - upload->offset};
    if (range.size > upload->part_size) range.size = upload->part_size;
    slot->size = range.size;
    int err = hr__part_source(body, range, &slot->vector, &part);
    if (err) {
        hr__upload_fail(upload, err, NULL);
        return;
    }
    upload->offset += range.size;
    upload->cut = upload->offset == body->size;
    send_part(upload, slot, &part);
}

/* It is at the store since an earlier run. */
static void keep_next(struct hr__upload *upload, const struct hr__journal_part *kept) {
    struct hr_s3_upload *user = upload->user;
    struct hr_s3_completed_part *part = add_part(upload);
    if (!part) {
        fail_part(upload);
        return;
    }
    part->etag = strdup(kept->etag);
    part->checksum = kept->checksum;
    part->size_bytes = kept->size;
    upload->offset += kept->size;
    upload->cut = upload->offset == user->body.size;
    user->progress.bytes += kept->size;
    user->progress.parts++;
    user->progress.parts_kept++;
    if (!part->etag) hr__upload_fail(upload, -ENOMEM, NULL);
}

/* ---- Bodies that are produced. */

static void send_filled(struct hr__upload *upload, struct hr__upload_slot *slot) {
    struct hr_source part = hr_source_bytes(slot->memory, (size_t)slot->size);
    slot->state = HR__SLOT_FREE;
    upload->offset += slot->size;
    send_part(upload, slot, &part);
}

static void on_filled(struct hr__part_reader *reader, int result) {
    struct hr__upload *upload = hr__container_of(reader, struct hr__upload, reader);
    struct hr__upload_slot *slot = upload->reading;
    assert(slot);
    slot->size = reader->filled;
    if (result < 0) {
        struct hr_error error = {0};
        hr_error_set(&error, result, "the body's producer: %s", hr_error_text(result));
        hr__upload_fail(upload, result, &error);
    }
    if (upload->failure) {
        upload->reading = NULL;
        give_back(upload, slot);
        upload->step(upload);
        return;
    }
    slot->state = HR__SLOT_FILLED;
    if (upload->phase == HR__UPLOAD_READING) upload->first_read(upload);
    if (upload->phase == HR__UPLOAD_SENDING || upload->failure) upload->step(upload);
}

static void read_part(struct hr__upload *upload, struct hr__upload_slot *slot) {
    upload->reading = slot;
    upload->reader.on_filled = on_filled;
    hr__part_reader_begin(&upload->reader, slot->memory, slot->memory_size);
}

static uint64_t next_size(const struct hr__upload *upload) {
    uint64_t size = upload->user->body.size;
    if (size == HR_SIZE_UNKNOWN) {
        uint64_t part = hr__part_size_growing(upload->part_size, (uint32_t)upload->part_count + 1);
        uint64_t limit = hr__budget_bulk_limit(upload->shard->parts.reactor);
        return part > limit && limit > upload->part_size ? limit : part;
    }
    uint64_t left = size - upload->reader.taken;
    return left && left < upload->part_size ? left : upload->part_size;
}

/* The part that the reader has filled goes out; an end behind the last part leaves nothing. */
static void take_filled(struct hr__upload *upload) {
    struct hr__upload_slot *slot = upload->reading;
    upload->reading = NULL;
    upload->cut = upload->reader.ended;
    if (slot->size > 0) {
        send_filled(upload, slot);
        return;
    }
    slot->state = HR__SLOT_FREE;
    give_back(upload, slot);
}

/* Rather one that has memory. */
static struct hr__upload_slot *free_slot(struct hr__upload *upload) {
    struct hr__upload_slot *unused = NULL;
    for (unsigned i = 0; i < upload->slot_count; i++) {
        struct hr__upload_slot *slot = &upload->slots[i];
        slot->upload = upload;
        if (slot->state != HR__SLOT_FREE || slot == upload->reading) continue;
        if (slot->memory) return slot;
        if (!unused) unused = slot;
    }
    return unused;
}

/* Memory that nothing lies in is for others. */
static void give_back_idle(struct hr__upload *upload) {
    for (unsigned i = 0; i < upload->slot_count; i++) {
        struct hr__upload_slot *slot = &upload->slots[i];
        if (slot->state == HR__SLOT_FREE && slot != upload->reading) give_back(upload, slot);
    }
}

static void pump_produced(struct hr__upload *upload) {
    if (upload->reading && upload->reading->state == HR__SLOT_FILLED) take_filled(upload);
    struct hr__upload_slot *slot = free_slot(upload);
    if (!upload->failure && !upload->cut && !upload->reading && slot)
        get_memory(upload, slot, (size_t)next_size(upload));
    give_back_idle(upload);
}

static void pump_lying(struct hr__upload *upload) {
    struct hr__upload_slot *slot = free_slot(upload);
    while (slot && !upload->failure && !upload->cut) {
        const struct hr__journal_part *kept = hr__upload_journal_kept(upload);
        if (kept)
            keep_next(upload, kept);
        else
            send_next(upload, slot);
        slot = free_slot(upload);
    }
}

void hr__upload_parts_pump(struct hr__upload *upload) {
    if (hr__upload_produced(upload))
        pump_produced(upload);
    else
        pump_lying(upload);
}

/* ---- The end. */

void hr__upload_parts_free(struct hr__upload *upload) {
    for (unsigned i = 0; i < upload->slot_count; i++) {
        give_back(upload, &upload->slots[i]);
        hr__part_vector_free(&upload->slots[i].vector);
    }
    for (size_t i = 0; i < upload->part_count; i++) free((void *)(uintptr_t)upload->parts[i].etag);
    free(upload->parts);
}
