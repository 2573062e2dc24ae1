/* An upload under way: its failure, and the requests that it counts. */
#include "upload_state.h"

#include <assert.h>

static void stop_reading(struct hr__upload *upload, int reason) {
    if (upload->waiter.waits) {
        hr__part_memory_unwait(&upload->shard->parts, &upload->waiter);
        upload->reading = NULL;
    }
    if (upload->reader.reads) hr__part_reader_stop(&upload->reader, reason);
}

/* A create goes on to its end, or nobody would know the upload that is to be aborted. */
static void cancel_all(struct hr__upload *upload) {
    bool alone = upload->phase == HR__UPLOAD_PUTTING || upload->phase == HR__UPLOAD_COMPLETING;
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
