/* A download: what the object is, then ranges of it beside each other, or all of it by one GET. */
#include "download_journal.h"
#include "download_state.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <net/source_check.h>

#include "s3_prepare.h"
#include "s3_rows.h"
#include "transfer_check.h"
#include "transfer_pause.h"

static struct hr__download *of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_download, request)->call_;
}

/* ---- The end. */

static void finish(struct hr__download *download) {
    struct hr_s3_download *user = download->user;
    int result = download->failure;
    assert(download->active == 0);
    hr__download_journal_close(download);
    user->call_ = NULL;
    free(download->sums);
    free(download);
    hr__request_finish(&user->request, result);
}

/* ---- One GET. */

/* Ranges that come beside each other have each its place. */
static bool has_places(const struct hr_sink *sink) {
    return sink->kind == HR_SINK_FD || sink->kind == HR_SINK_BYTES || sink->kind == HR_SINK_DISCARD;
}

static void step(struct hr__download *download);

static void begin_ranges(struct hr__download *download) {
    download->phase = HR__DOWNLOAD_RANGES;
    int err = hr__download_ranges_open(download);
    if (err) hr__download_fail(download, err, NULL);
    step(download);
}

static void on_whole(struct hr_request *request) {
    struct hr__download *download = request->user;
    struct hr_s3_download *user = download->user;
    struct hr__download_slot *slot = download->slots;
    slot->busy = false;
    hr__download_count(download, request);
    user->verified = slot->get.verified;
    int result = request->result;
    if (download->left && result < 0 && !download->failure) {
        begin_ranges(download);
        return;
    }
    if (result == HR_ERR_S3_PRECONDITION && download->matches)
        result = hr__download_changed(&request->error);
    if (result < 0) {
        hr__download_fail(download, result, &request->error);
    } else {
        download->failure = 0;       /* a cancel has come too late */
        user->info = slot->get.info; /* of another object, where it was replaced on the way */
        uint64_t size = slot->get.body_bytes;
        user->progress = (struct hr_s3_progress){.bytes = size, .size_bytes = size, .parts = 1};
        int err = user->on_progress ? user->on_progress(user, &user->progress) : 0;
        if (err < 0) hr__download_fail(download, err, NULL);
    }
    finish(download);
}

/* The value of the whole object that ranges can be compared with: a CRC. */
static int read_checksum(struct hr__download *download, const struct hr_http_head *head) {
    const struct hr__checksum_response response = {
        .status = 200, .fields = head->fields, .field_count = head->field_count};
    if (!download->client->validates) return 0;
    enum hr__checksum_verdict verdict = hr__checksum_classify(&response, &download->expected);
    if (verdict == HR__CHECKSUM_MALFORMED)
        return hr__checksum_malformed(&download->expected, &download->user->request.error);
    if (verdict == HR__CHECKSUM_NOT_VERIFIED) download->expected.algorithm = HR_S3_CHECKSUM_NONE;
    return 0;
}

/* Small objects, those that ranges could not be told from another's of, and those whose checksum
 * cannot be made of ranges'. */
static bool is_whole(const struct hr__download *download) {
    const struct hr_s3_object_info *info = &download->user->info;
    enum hr_s3_checksum_algorithm algorithm = download->expected.algorithm;
    if (!has_places(&download->user->sink)) return true;
    if (info->size_unknown || info->size_bytes <= download->part_size) return true;
    if (!hr__download_has_etag(download)) return true;
    return algorithm && !hr_s3_checksum_traits_of(algorithm)->full_object;
}

/* A GET of an object that is larger than a range is cancelled, which is no error of the store's. It
 * may have come whole before that. */
static int on_whole_head(struct hr_s3_get *get, const struct hr_http_head *head) {
    struct hr__download *download = get->request.user;
    if (download->known) return 0;
    int err = read_checksum(download, head);
    if (err) return err;
    download->user->info = get->info;
    err = hr__download_tell(download);
    if (!err) err = hr__download_journal_head(download);
    if (err) return err;
    download->left = !is_whole(download);
    if (download->left) hr_cancel(&get->request);
    return 0;
}

/* Of an object that is known already nothing else will do. */
static void get_whole(struct hr__download *download) {
    const struct hr_s3_download *user = download->user;
    struct hr_s3_get *get = &download->slots[0].get;
    memset(get, 0, sizeof *get);
    download->phase = HR__DOWNLOAD_WHOLE;
    get->request.on_done = on_whole;
    get->request.user = download;
    get->request.refusal = user->request.refusal;
    get->bucket = user->bucket;
    get->key = user->key;
    get->sink = user->sink;
    get->options = user->options;
    get->on_head = on_whole_head;
    download->matches = download->known && hr__download_has_etag(download);
    if (download->matches) get->options.conditions.if_match = user->info.etag;
    int err = hr__s3_begin(download->client, HR__S3_GET, &get->request);
    if (err) {
        hr__download_fail(download, err, &get->request.error);
        return;
    }
    download->slots[0].busy = true;
    download->active++;
}

static void end_ranges(struct hr__download *download) {
    int err = hr__download_ranges_verify(download);
    if (err && !download->failure) download->failure = err;
    finish(download);
}

static void step(struct hr__download *download) {
    bool ranges = download->phase == HR__DOWNLOAD_RANGES;
    if (ranges && !download->failure) hr__download_ranges_pump(download);
    if (download->active) return;
    if (download->failure)
        finish(download);
    else if (ranges && download->offset == download->user->info.size_bytes) /* else it is paused */
        end_ranges(download);
}

/* With a journal the object is looked at before a range of it is asked for. */
static void begin(struct hr__download *download) {
    bool looks = download->client->validates || download->user->transfer.journal;
    int err = hr__download_journal_open(download);
    if (err)
        hr__download_fail(download, err, NULL);
    else if (!has_places(&download->user->sink) || looks)
        get_whole(download);
    else
        hr__download_ranges_first(download);
    if (download->failure && !download->active) finish(download);
}

static unsigned slots_of(const struct hr_s3_download *user) {
    if (!has_places(&user->sink)) return 1;
    return user->transfer.parallel ? user->transfer.parallel : HR_S3_TRANSFER_PARALLEL_USUAL;
}

static void take_alone(struct hr__download *download) {
    get_whole(download);
    if (download->failure) finish(download);
}

static void class_start(struct hr_request *request) {
    struct hr_s3_download *user = hr__container_of(request, struct hr_s3_download, request);
    unsigned slots = slots_of(user);
    memset(&user->info, 0, sizeof user->info);
    user->resumable = false;
    user->verified = HR_S3_CHECKSUM_NONE;
    user->progress = (struct hr_s3_progress){.size_bytes = HR_SIZE_UNKNOWN};
    struct hr__download *download = calloc(1, sizeof *download + slots * sizeof download->slots[0]);
    if (!download) {
        hr__request_finish(request, -ENOMEM);
        return;
    }
    user->call_ = download;
    download->user = user;
    download->client = request->private_.owner;
    download->step = step;
    download->take_alone = take_alone;
    download->slot_count = slots;
    download->part_size =
        user->transfer.part_size ? user->transfer.part_size : HR_S3_PART_SIZE_DEFAULT;
    begin(download);
}

static void class_stop(struct hr_request *request, int reason) {
    struct hr__download *download = of(request);
    hr__download_fail(download, reason, NULL);
    if (!download->active) finish(download);
}

static void class_resume(struct hr_request *request) {
    struct hr__download *download = of(request);
    if (download->slots[0].busy) hr_resume(&download->slots[0].get.request);
    if (download->phase == HR__DOWNLOAD_RANGES && !download->failure) step(download);
}

static const struct hr_request_class download_class = {.name = "s3 download",
                                                       .start = class_start,
                                                       .stop = class_stop,
                                                       .resume = class_resume,
                                                       .ended = hr__s3_call_ended};

/* ---- The start. */

static int check(struct hr_s3_download *download) {
    struct hr_request *request = &download->request;
    if (download->options.part_number)
        return hr__request_refuse(request, -EINVAL,
                                  "part_number is %u: a download is of the whole object",
                                  download->options.part_number);
    if (hr__sink_check(&download->sink))
        return hr__request_refuse(request, -EINVAL, "sink is none that a body can go to");
    if (download->transfer.journal && download->sink.kind != HR_SINK_FD)
        return hr__request_refuse(request, -EINVAL,
                                  "transfer.journal is for a sink that is a file: of hr_sink_fd");
    return hr__transfer_check(request, &download->transfer, 1);
}

int hr_s3_download_start(hr_s3_client *client, struct hr_s3_download *download) {
    if (!download) return -EINVAL;
    const struct hr__s3_given given = {client, download->bucket, download->key, download->reserved};
    int err = hr__s3_check_given(&download->request, &given);
    if (!err) err = check(download);
    return err ? err : hr__s3_submit(client, &download_class, &download->request, download->bucket);
}
