/* Ranges of an object that come beside each other, each to its place. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <engine/file.h>

#include "download_journal.h"
#include "download_state.h"
#include "journal_contents.h"
#include "part_plan.h"
#include "s3_rows.h"
#include "transfer_pause.h"

/* ---- Places. */

static struct hr_sink place_of(const struct hr_sink *whole, uint64_t offset, uint64_t size) {
    struct hr_sink place = *whole;
    if (place.kind == HR_SINK_BYTES) {
        place.data = (char *)place.data + offset;
        place.capacity = (size_t)size;
    }
    place.offset += offset;
    return place;
}

/* A file is as long as the object before ranges are written, so that none cuts what another has
 * written behind it. */
static int lengthen(struct hr__download *download) {
    const struct hr_sink *sink = &download->user->sink;
    hr_engine *engine = hr__reactor_engine(download->user->request.private_.reactor);
    uint64_t end = sink->offset + download->user->info.size_bytes;
    struct hr_file_info info;
    int err = hr__file_info(engine, sink->fd, &info);
    if (!err && info.regular && info.append)
        return hr_error_set(&download->user->request.error, -EINVAL,
                            "the sink's file is open with O_APPEND: ranges have their places");
    if (!err && info.regular && info.size < end) err = hr__file_truncate(engine, sink->fd, end);
    return err;
}

static int check_room(struct hr__download *download) {
    const struct hr_sink *sink = &download->user->sink;
    uint64_t size = download->user->info.size_bytes;
    if (sink->kind == HR_SINK_FD) return lengthen(download);
    if (sink->kind != HR_SINK_BYTES || size <= sink->capacity) return 0;
    return hr_error_set(&download->user->request.error, HR_ERR_SINK_FULL,
                        "the object has %" PRIu64 " bytes, the sink room for %zu", size,
                        sink->capacity);
}

int hr__download_ranges_open(struct hr__download *download) {
    uint64_t size = download->user->info.size_bytes;
    if (!download->user->transfer.part_size) download->part_size = hr__part_size(size, 0);
    uint64_t part = download->part_size;
    uint64_t count = part ? size / part + (size % part != 0) : UINT64_MAX;
    if (count > UINT32_MAX)
        return hr_error_set(&download->user->request.error, -EFBIG,
                            "the object has %" PRIu64 " bytes, too many for its ranges", size);
    download->range_count = (uint32_t)count;
    if (download->expected.algorithm) {
        download->sums = calloc(count, sizeof *download->sums);
        if (!download->sums) return -ENOMEM;
    }
    int err = hr__download_journal_object(download);
    return err ? err : check_room(download);
}

/* ---- Ranges. */

/* The store refuses the ETag, or has another one. */
static int judge(const struct hr__download_slot *slot, struct hr_error *error) {
    const struct hr_s3_object_info *info = &slot->download->user->info;
    const struct hr_s3_get *get = &slot->get;
    if (get->request.result == HR_ERR_S3_PRECONDITION && slot->download->known)
        return hr__download_changed(error);
    if (get->request.result < 0) return get->request.result;
    if (get->info.size_bytes != info->size_bytes || strcmp(get->info.etag, info->etag) != 0)
        return hr__download_changed(error);
    if (get->body_bytes == slot->size) return 0;
    return hr_error_set(error, HR_ERR_S3_RESPONSE,
                        "the store was asked for %" PRIu64 " bytes of the object and sent %" PRIu64,
                        slot->size, get->body_bytes);
}

static void note_range(struct hr__download *download, const struct hr__download_slot *slot) {
    struct hr_s3_download *user = download->user;
    if (download->sums)
        download->sums[slot->index] = (struct hr_s3_checksum_part){slot->measure.value, slot->size};
    user->progress.bytes += slot->size;
    user->progress.parts++;
    int err = user->on_progress ? user->on_progress(user, &user->progress) : 0;
    if (err < 0) hr__download_fail(download, err, NULL);
}

static void on_range(struct hr_request *request) {
    struct hr__download_slot *slot = request->user;
    struct hr__download *download = slot->download;
    assert(slot->busy);
    slot->busy = false;
    hr__download_count(download, request);
    if (download->alone && request->result < 0 && !download->failure) {
        download->take_alone(download);
        return;
    }
    int err = judge(slot, &request->error);
    if (!err) hr__download_journal_range(download, slot);
    if (err && !download->failure && download->user->request.refusal)
        *download->user->request.refusal = slot->refusal;
    if (err)
        hr__download_fail(download, err, &request->error);
    else if (!download->failure)
        note_range(download, slot);
    download->step(download);
}

static void ask(struct hr__download *download, struct hr__download_slot *slot, uint64_t size) {
    const struct hr_s3_download *user = download->user;
    struct hr_s3_get *get = &slot->get;
    memset(get, 0, sizeof *get);
    slot->download = download;
    slot->size = size;
    slot->index = (uint32_t)(download->offset / download->part_size);
    slot->measure.algorithm = download->expected.algorithm;
    if (slot->measure.algorithm) get->measure_ = &slot->measure;
    get->request.on_done = on_range;
    get->request.user = slot;
    get->request.refusal = user->request.refusal ? &slot->refusal : NULL;
    get->bucket = user->bucket;
    get->key = user->key;
    get->ranged = true;
    get->range_first = download->offset;
    get->range_last = download->offset + size - 1;
    get->sink = place_of(&user->sink, download->offset, size);
    get->options = user->options;
    if (download->known) {
        memset(&get->options.conditions, 0, sizeof get->options.conditions);
        get->options.conditions.if_match = user->info.etag;
    }
}

static void begin_range(struct hr__download *download, struct hr__download_slot *slot,
                        uint64_t size) {
    int err = hr__s3_begin(download->client, HR__S3_GET, &slot->get.request);
    if (err) {
        hr__download_fail(download, err, &slot->get.request.error);
        return;
    }
    slot->busy = true;
    download->active++;
    download->offset += size;
}

static struct hr__download_slot *free_slot(struct hr__download *download) {
    for (unsigned i = 0; i < download->slot_count; i++)
        if (!download->slots[i].busy) return &download->slots[i];
    return NULL;
}

/* The next range is in the file since an earlier run. */
static bool keep_next(struct hr__download *download) {
    struct hr_s3_progress *progress = &download->user->progress;
    uint32_t index = (uint32_t)(download->offset / download->part_size);
    const struct hr__journal_part *kept = hr__download_journal_kept(download, index);
    if (!kept) return false;
    if (download->sums)
        download->sums[index] = (struct hr_s3_checksum_part){kept->checksum, kept->size};
    download->offset += kept->size;
    progress->bytes += kept->size;
    progress->parts++;
    progress->parts_kept++;
    return true;
}

void hr__download_ranges_pump(struct hr__download *download) {
    uint64_t end = download->user->info.size_bytes;
    bool paused = hr__transfer_is_paused(&download->user->paused_);
    while (!paused && !download->failure && download->offset < end) {
        if (keep_next(download)) continue;
        struct hr__download_slot *slot = free_slot(download);
        if (!slot) break;
        uint64_t left = end - download->offset;
        uint64_t size = left < download->part_size ? left : download->part_size;
        ask(download, slot, size);
        begin_range(download, slot, size);
    }
}

/* ---- The first range. */

/* Its response tells the object; the other ranges begin beside its body. */
static int on_first_head(struct hr_s3_get *get, const struct hr_http_head *head) {
    struct hr__download_slot *slot = get->request.user;
    struct hr__download *download = slot->download;
    (void)head;
    if (download->known) return 0;
    if (get->info.size_unknown)
        return hr_error_set(&get->request.error, HR_ERR_S3_RESPONSE,
                            "the store does not tell the size of the object in Content-Range");
    download->user->info = get->info;
    int err = hr__download_tell(download);
    if (err) return err;
    uint64_t size = get->info.size_bytes;
    if (size > slot->size && !hr__download_has_etag(download)) {
        download->alone = true;
        return -ECANCELED;
    }
    if (size < slot->size) download->offset = slot->size = size;
    err = size ? hr__download_ranges_open(download) : 0;
    if (err) return err;
    download->phase = HR__DOWNLOAD_RANGES;
    hr__download_ranges_pump(download);
    return 0;
}

void hr__download_ranges_first(struct hr__download *download) {
    struct hr__download_slot *slot = &download->slots[0];
    download->phase = HR__DOWNLOAD_FIRST;
    ask(download, slot, download->part_size);
    slot->get.on_head = on_first_head;
    if (slot->get.sink.kind == HR_SINK_BYTES)
        slot->get.sink.capacity = download->user->sink.capacity;
    begin_range(download, slot, slot->size);
}

/* ---- All of them. */

/* Two at a time, as there may be many. */
int hr__download_ranges_verify(struct hr__download *download) {
    struct hr_s3_checksum_part two[2];
    if (!download->sums) return 0;
    two[0] = download->sums[0];
    int err = two[0].value.algorithm ? 0 : -ENOTSUP;
    for (uint32_t i = 1; i < download->range_count && !err; i++) {
        two[1] = download->sums[i];
        err = hr_s3_checksum_full_object(two, 2, &two[0].value);
        two[0].size += two[1].size;
    }
    if (err) return 0; /* there was no hash: nothing is compared */
    err = hr__checksum_compare(&download->expected, &two[0].value, &download->user->request.error);
    /* Kept ranges have not been read: only their records were compared. */
    if (!err && !download->user->progress.parts_kept)
        download->user->verified = two[0].value.algorithm;
    return err;
}
