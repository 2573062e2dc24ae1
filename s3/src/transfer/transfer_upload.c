/* An upload: one request for a small body; else create, parts, complete; and abort, where it fails.
 */
#include "upload_state.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "part_plan.h"
#include "s3_prepare.h"
#include "s3_rows.h"
#include "transfer_check.h"
#include "transfer_identity.h"
#include "transfer_pause.h"
#include "upload_journal.h"

static struct hr__upload *of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_upload, request)->call_;
}

/* ---- The end. */

static void finish(struct hr__upload *upload) {
    struct hr_s3_upload *user = upload->user;
    int result = upload->failure;
    assert(upload->active == 0 && !upload->reader.reads);
    hr__upload_journal_close(upload);
    hr__upload_parts_free(upload);
    user->call_ = NULL;
    free(upload);
    hr__request_finish(&user->request, result);
}

/* ---- Requests that are alone. */

static void on_aborted(struct hr_request *request) {
    struct hr__upload *upload = request->user;
    struct hr_s3_upload *user = upload->user;
    upload->active--;
    bool gone = request->result == 0 || hr__upload_is_unknown(request);
    if (!gone) memcpy(user->upload_id_left, upload->upload_id, sizeof user->upload_id_left);
    upload->abort_may_pass = !gone && hr__transfer_may_pass(request->result, &request->error);
    finish(upload);
}

static void abort_upload(struct hr__upload *upload) {
    upload->phase = HR__UPLOAD_ABORTING;
    hr__upload_ask_abort(upload, on_aborted);
    if (!upload->active) finish(upload);
}

static void fail_step(struct hr__upload *upload) {
    if (upload->active || upload->reader.reads) return;
    bool stays = hr__upload_journal_stays(upload);
    if (upload->upload_id[0] && !stays && upload->phase != HR__UPLOAD_ABORTING)
        abort_upload(upload);
    else
        finish(upload);
}

static void step(struct hr__upload *upload);

static void on_completed(struct hr_request *request) {
    struct hr__upload *upload = request->user;
    struct hr_s3_upload *user = upload->user;
    const struct hr_s3_upload_complete *asked = &upload->asked.complete;
    hr__upload_count(upload, request);
    if (request->result < 0) {
        bool unknown = hr__upload_is_unknown(request);
        if (unknown && !upload->failure && hr__upload_journal_lost(upload)) return;
        hr__upload_fail(upload, request->result, &request->error);
        fail_step(upload);
        return;
    }
    memcpy(user->etag, asked->etag, sizeof user->etag);
    memcpy(user->version_id, asked->version_id, sizeof user->version_id);
    upload->failure = 0; /* a cancel has come too late */
    finish(upload);
}

static void complete(struct hr__upload *upload) {
    const struct hr_s3_upload *user = upload->user;
    bool asked_before = hr__upload_journal_complete(upload);
    if (upload->failure) return;
    upload->phase = HR__UPLOAD_COMPLETING;
    memset(&upload->asked, 0, sizeof upload->asked);
    struct hr_s3_upload_complete *ask = &upload->asked.complete;
    ask->bucket = user->bucket;
    ask->key = user->key;
    ask->upload_id = upload->upload_id;
    ask->asked_before = asked_before;
    ask->parts = upload->parts;
    ask->part_count = upload->part_count;
    ask->conditions = user->conditions;
    ask->object_size_bytes = upload->offset;
    ask->checksum_type = upload->algorithm ? upload->type : HR_S3_CHECKSUM_TYPE_NONE;
    ask->customer_key = user->options.encryption.customer_key;
    ask->request_payer = user->options.request_payer;
    ask->expected_owner = user->options.expected_owner;
    hr__upload_ask(upload, HR__S3_UPLOAD_COMPLETE, on_completed);
}

static void on_created(struct hr_request *request) {
    struct hr__upload *upload = request->user;
    hr__upload_count(upload, request);
    if (request->result < 0)
        hr__upload_fail(upload, request->result, &request->error);
    else
        memcpy(upload->upload_id, upload->asked.create.upload_id, sizeof upload->upload_id);
    hr__upload_journal_created(upload);
    upload->phase = HR__UPLOAD_SENDING;
    step(upload);
}

static void create(struct hr__upload *upload) {
    const struct hr_s3_upload *user = upload->user;
    upload->phase = HR__UPLOAD_CREATING;
    memset(&upload->asked, 0, sizeof upload->asked);
    struct hr_s3_upload_create *ask = &upload->asked.create;
    ask->bucket = user->bucket;
    ask->key = user->key;
    ask->content_type =
        hr__s3_content_type(user->content_type, &user->body, user->fields, user->field_count);
    ask->metadata = user->metadata;
    ask->metadata_count = user->metadata_count;
    ask->fields = user->fields;
    ask->field_count = user->field_count;
    ask->options = user->options;
    ask->checksum_algorithm = upload->algorithm;
    ask->checksum_type = upload->algorithm ? upload->type : HR_S3_CHECKSUM_TYPE_NONE;
    hr__upload_ask(upload, HR__S3_UPLOAD_CREATE, on_created);
}

static void tell_whole(struct hr__upload *upload, uint64_t size) {
    struct hr_s3_upload *user = upload->user;
    user->progress = (struct hr_s3_progress){.bytes = size, .size_bytes = size, .parts = 1};
    int err = user->on_progress ? user->on_progress(user, &user->progress) : 0;
    if (err < 0) hr__upload_fail(upload, err, NULL);
}

static void on_put(struct hr_request *request) {
    struct hr__upload *upload = request->user;
    struct hr_s3_upload *user = upload->user;
    const struct hr_s3_put *asked = &upload->asked.put;
    hr__upload_count(upload, request);
    if (request->result < 0) {
        hr__upload_fail(upload, request->result, &request->error);
    } else {
        memcpy(user->etag, asked->etag, sizeof user->etag);
        memcpy(user->version_id, asked->version_id, sizeof user->version_id);
        upload->failure = 0; /* a cancel has come too late */
        tell_whole(upload, asked->body.size);
    }
    finish(upload);
}

static void put(struct hr__upload *upload, const struct hr_source *body) {
    const struct hr_s3_upload *user = upload->user;
    upload->phase = HR__UPLOAD_PUTTING;
    upload->cut = true;
    memset(&upload->asked, 0, sizeof upload->asked);
    struct hr_s3_put *ask = &upload->asked.put;
    ask->bucket = user->bucket;
    ask->key = user->key;
    ask->body = *body;
    ask->content_type = user->content_type;
    ask->metadata = user->metadata;
    ask->metadata_count = user->metadata_count;
    ask->fields = user->fields;
    ask->field_count = user->field_count;
    ask->payload = user->payload;
    ask->expect_continue = user->expect_continue;
    ask->options = user->options;
    ask->conditions = user->conditions;
    ask->checksum_algorithm = user->checksum_algorithm;
    hr__upload_ask(upload, HR__S3_PUT, on_put);
}

/* ---- Phases. */

static void step(struct hr__upload *upload) {
    bool paused = hr__transfer_is_paused(&upload->user->paused_);
    bool sends = upload->phase == HR__UPLOAD_SENDING && !paused;
    if (!upload->failure && sends) hr__upload_parts_pump(upload);
    if (!upload->failure && sends && upload->cut && !upload->active && !upload->reading)
        complete(upload);
    if (upload->failure) fail_step(upload);
}

static void first_read(struct hr__upload *upload) {
    struct hr__upload_slot *slot = upload->reading;
    assert(upload->phase == HR__UPLOAD_READING && slot);
    if (upload->reader.ended) { /* no bytes in memory of the user's, whose type is a default */
        upload->whole = (struct iovec){slot->memory, (size_t)slot->size};
        struct hr_source body = hr_source_iovec(&upload->whole, 1);
        upload->reading = NULL;
        put(upload, &body);
    } else {
        create(upload);
    }
}

static void read_first(struct hr__upload *upload) {
    hr__upload_parts_pump(upload);
    if (upload->failure) fail_step(upload);
}

/* Nothing of it is at the store. */
static void anew(struct hr__upload *upload) {
    const struct hr_source *body = &upload->user->body;
    if (body->size <= upload->part_size)
        put(upload, body);
    else
        create(upload);
    if (upload->failure) fail_step(upload);
}

static void open_upload(struct hr__upload *upload) {
    const struct hr_s3_upload *user = upload->user;
    upload->algorithm = user->checksum_algorithm;
    if (!upload->algorithm)
        upload->algorithm = hr__s3_body_usual(upload->client, hr_slice_of(user->bucket));
    const struct hr_s3_checksum_traits *traits = hr_s3_checksum_traits_of(upload->algorithm);
    upload->type = user->checksum_type;
    if (!upload->type)
        upload->type = traits->full_object ? HR_S3_CHECKSUM_FULL_OBJECT : traits->type;
    upload->part_size = hr__part_size(user->body.size, user->transfer.part_size);
    upload->reader.reactor = user->request.private_.reactor;
    upload->reader.source = &user->body;
}

static unsigned slots_of(const struct hr_s3_upload *user) {
    return user->transfer.parallel ? user->transfer.parallel : HR_S3_TRANSFER_PARALLEL_USUAL;
}

static void class_start(struct hr_request *request) {
    struct hr_s3_upload *user = hr__container_of(request, struct hr_s3_upload, request);
    unsigned slots = slots_of(user);
    user->etag[0] = user->version_id[0] = user->upload_id_left[0] = 0;
    user->resumable = false;
    user->progress = (struct hr_s3_progress){.size_bytes = user->body.size};
    struct hr__upload *upload = calloc(1, sizeof *upload + slots * sizeof upload->slots[0]);
    if (!upload) {
        hr__request_finish(request, -ENOMEM);
        return;
    }
    user->call_ = upload;
    upload->user = user;
    upload->client = request->private_.owner;
    upload->shard = &upload->client->shards[hr__reactor_index(request->private_.reactor)];
    upload->step = step;
    upload->first_read = first_read;
    upload->anew = anew;
    upload->phase = HR__UPLOAD_READING;
    upload->slot_count = slots;
    open_upload(upload);
    if (hr__upload_produced(upload))
        read_first(upload);
    else if (!user->transfer.journal)
        anew(upload);
    else
        hr__upload_journal_open(upload);
}

/* An upload that was created is aborted also where the time is over; with a journal it stays then.
 */
static void class_stop(struct hr_request *request, int reason) {
    struct hr__upload *upload = of(request);
    hr__upload_fail(upload, reason, NULL);
    if (upload->phase != HR__UPLOAD_ABORTING) fail_step(upload);
}

static void class_resume(struct hr_request *request) {
    struct hr__upload *upload = of(request);
    hr__part_reader_resume(&upload->reader);
    if (upload->phase == HR__UPLOAD_SENDING && !upload->failure) step(upload);
}

static const struct hr_request_class upload_class = {.name = "s3 upload",
                                                     .start = class_start,
                                                     .stop = class_stop,
                                                     .resume = class_resume,
                                                     .ended = hr__s3_call_ended};

/* ---- The start. */

static int check_body(struct hr_s3_upload *upload) {
    struct hr_request *request = &upload->request;
    const struct hr_source *body = &upload->body;
    bool unknown = body->kind == HR_SOURCE_PRODUCER && body->size == HR_SIZE_UNKNOWN;
    if (unknown && !body->produce)
        return hr__request_refuse(request, -EINVAL, "body is a producer without `produce`");
    int err = unknown ? 0 : hr__s3_check_source(request, body);
    if (!err) err = hr__s3_check_algorithm(request, upload->checksum_algorithm);
    if (!err) err = hr__transfer_check(request, &upload->transfer, HR_S3_PART_SIZE_MIN);
    if (!err && upload->transfer.journal && body->kind != HR_SOURCE_FD)
        err = hr__request_refuse(request, -EINVAL,
                                 "transfer.journal is for a body that is a file: by hr_source_fd");
    if (err || hr__part_size(body->size, upload->transfer.part_size)) return err;
    return hr__request_refuse(request, -EINVAL,
                              "the body has %" PRIu64 " bytes, which are more than %d parts of "
                              "%" PRIu64 " bytes",
                              body->size, HR_S3_PART_NUMBER_MAX,
                              upload->transfer.part_size ? upload->transfer.part_size
                                                         : HR_S3_PART_SIZE_MAX);
}

int hr_s3_upload_start(hr_s3_client *client, struct hr_s3_upload *upload) {
    if (!upload) return -EINVAL;
    const struct hr__s3_given given = {client, upload->bucket, upload->key, upload->reserved};
    int err = hr__s3_check_given(&upload->request, &given);
    if (!err) err = check_body(upload);
    if (!err)
        err =
            hr__s3_check_type(&upload->request, upload->checksum_algorithm, upload->checksum_type);
    return err ? err : hr__s3_submit(client, &upload_class, &upload->request, upload->bucket);
}
