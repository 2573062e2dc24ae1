/* Parts of a copy: how the source is cut, which are asked for at once, and what comes of them. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "copy_state.h"
#include "part_plan.h"
#include "s3_rows.h"

int hr__copy_parts_open(struct hr__copy *copy) {
    const struct hr_s3_transfer_copy *user = copy->user;
    uint64_t size = user->source_info.size_bytes, wanted = user->transfer.part_size;
    uint64_t part = hr__part_size(size, wanted);
    if (part == 0)
        return hr_error_set(&copy->user->request.error, -EFBIG,
                            "the source has %" PRIu64 " bytes, which are more than %d parts of "
                            "%" PRIu64 " bytes",
                            size, HR_S3_PART_NUMBER_MAX, wanted ? wanted : HR_S3_PART_SIZE_MAX);
    if (!wanted && part < HR_S3_COPY_PART_SIZE_DEFAULT) part = HR_S3_COPY_PART_SIZE_DEFAULT;
    copy->part_size = part;
    copy->part_count = (size_t)(size / part + (size % part != 0));
    copy->parts = calloc(copy->part_count, sizeof *copy->parts);
    return copy->parts ? 0 : -ENOMEM;
}

/* ---- What comes of a part. */

/* The value of a part goes into the complete where it is of the upload's algorithm. */
static void note_part(struct hr__copy *copy, struct hr__copy_slot *slot) {
    struct hr_s3_completed_part *part = &copy->parts[slot->part.part_number - 1];
    part->part_number = slot->part.part_number;
    part->etag = strdup(slot->part.etag);
    part->size_bytes = slot->size;
    if (copy->type && slot->part.checksum.algorithm == copy->user->checksum_algorithm)
        part->checksum = slot->part.checksum;
    if (part->etag)
        hr__copy_progress(copy, slot->size);
    else
        hr__copy_fail(copy, -ENOMEM, NULL);
}

static void on_part(struct hr_request *request) {
    struct hr__copy_slot *slot = request->user;
    struct hr__copy *copy = slot->copy;
    assert(slot->busy);
    slot->busy = false;
    hr__copy_count(copy, request);
    int result = request->result;
    if (result == HR_ERR_S3_PRECONDITION) result = hr__copy_changed(&request->error);
    if (result < 0 && !copy->failure && copy->user->request.refusal)
        *copy->user->request.refusal = slot->refusal;
    if (result < 0)
        hr__copy_fail(copy, result, &request->error);
    else if (!copy->failure)
        note_part(copy, slot);
    copy->step(copy);
}

/* ---- Asking. */

static void ask(struct hr__copy *copy, struct hr__copy_slot *slot) {
    const struct hr_s3_transfer_copy *user = copy->user;
    struct hr_s3_upload_part_copy *part = &slot->part;
    uint64_t left = user->source_info.size_bytes - copy->offset;
    memset(part, 0, sizeof *part);
    slot->copy = copy;
    slot->size = left < copy->part_size ? left : copy->part_size;
    part->request.on_done = on_part;
    part->request.user = slot;
    part->request.refusal = user->request.refusal ? &slot->refusal : NULL;
    part->bucket = user->bucket;
    part->key = user->key;
    part->upload_id = copy->upload_id;
    part->part_number = (uint32_t)(copy->offset / copy->part_size) + 1;
    part->source = hr__copy_source_now(copy);
    part->ranged = true;
    part->range_first = copy->offset;
    part->range_last = copy->offset + slot->size - 1;
    part->customer_key = user->options.encryption.customer_key;
    part->request_payer = user->options.request_payer;
    part->expected_owner = user->options.expected_owner;
}

static void begin_part(struct hr__copy *copy, struct hr__copy_slot *slot) {
    int err = hr__s3_begin(copy->client, HR__S3_UPLOAD_PART_COPY, &slot->part.request);
    if (err) {
        hr__copy_fail(copy, err, &slot->part.request.error);
        return;
    }
    slot->busy = true;
    copy->active++;
    copy->offset += slot->size;
}

static struct hr__copy_slot *free_slot(struct hr__copy *copy) {
    for (unsigned i = 0; i < copy->slot_count; i++)
        if (!copy->slots[i].busy) return &copy->slots[i];
    return NULL;
}

void hr__copy_parts_pump(struct hr__copy *copy) {
    struct hr__copy_slot *slot = free_slot(copy);
    while (slot && !copy->failure && copy->offset < copy->user->source_info.size_bytes) {
        ask(copy, slot);
        begin_part(copy, slot);
        slot = free_slot(copy);
    }
}

void hr__copy_parts_free(struct hr__copy *copy) {
    for (size_t i = 0; copy->parts && i < copy->part_count; i++)
        free((void *)(uintptr_t)copy->parts[i].etag);
    free(copy->parts);
}
