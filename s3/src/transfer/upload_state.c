/* An upload under way: its failure, and the requests that it counts. */
#include "upload_state.h"

#include <assert.h>
#include <string.h>

#include "s3_rows.h"

#define ABORT_TIMEOUT_MS 30000

static void stop_reading(struct hr__upload *upload, int reason) {
    if (upload->waiter.waits) {
        hr__part_memory_unwait(&upload->shard->parts, &upload->waiter);
        upload->reading = NULL;
    }
    if (upload->reader.reads) hr__part_reader_stop(&upload->reader, reason);
}

/* A create goes on to its end, or nobody would know the upload that is to be aborted. */
static void cancel_all(struct hr__upload *upload) {
    bool alone = upload->phase == HR__UPLOAD_PUTTING || upload->phase == HR__UPLOAD_COMPLETING ||
                 upload->phase == HR__UPLOAD_RESUMING;
    if (alone && upload->active) hr_cancel(&upload->asked.put.request);
    for (unsigned i = 0; i < upload->slot_count; i++)
        if (upload->slots[i].state == HR__SLOT_SENDING) hr_cancel(&upload->slots[i].part.request);
}

void hr__upload_fail(struct hr__upload *upload, int code, const struct hr_error *error) {
    assert(code < 0);
    if (upload->failure) return;
    upload->failure = code;
    if (error) upload->user->request.error = *error;
    stop_reading(upload, code);
    cancel_all(upload);
}

void hr__upload_count(struct hr__upload *upload, const struct hr_request *request) {
    assert(upload->active > 0);
    upload->active--;
    upload->user->request.attempts += request->attempts;
    upload->user->request.timings = request->timings;
}

void hr__upload_ask(struct hr__upload *upload, enum hr__s3_kind kind,
                    void (*on_done)(struct hr_request *request)) {
    struct hr_request *request = &upload->asked.put.request; /* the first member of each */
    request->on_done = on_done;
    request->user = upload;
    if (kind != HR__S3_UPLOAD_ABORT) request->refusal = upload->user->request.refusal;
    int err = hr__s3_begin(upload->client, kind, request);
    if (err)
        hr__upload_fail(upload, err, &request->error);
    else
        upload->active++;
}

bool hr__upload_is_unknown(const struct hr_request *request) {
    return strcmp(request->error.service_code, "NoSuchUpload") == 0;
}

void hr__upload_ask_abort(struct hr__upload *upload, void (*on_done)(struct hr_request *request)) {
    const struct hr_s3_upload *user = upload->user;
    memset(&upload->asked, 0, sizeof upload->asked);
    struct hr_s3_upload_abort *ask = &upload->asked.abort;
    ask->bucket = user->bucket;
    ask->key = user->key;
    ask->upload_id = upload->upload_id;
    ask->request_payer = user->options.request_payer;
    ask->expected_owner = user->options.expected_owner;
    ask->request.timeout_ms = ABORT_TIMEOUT_MS;
    hr__upload_ask(upload, HR__S3_UPLOAD_ABORT, on_done);
}
