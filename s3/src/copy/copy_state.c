/* A copy under way: its failure, the requests that it counts, and the object that it is of. */
#include "copy_state.h"

#include <assert.h>
#include <string.h>

/* A create goes on to its end, or nobody would know the upload that is to be aborted. */
static void cancel_all(struct hr__copy *copy) {
    bool alone = copy->phase == HR__COPY_LOOKING || copy->phase == HR__COPY_WHOLE ||
                 copy->phase == HR__COPY_TAGGING || copy->phase == HR__COPY_COMPLETING;
    if (alone && copy->active) hr_cancel(&copy->asked.head.request); /* the first member of each */
    for (unsigned i = 0; i < copy->slot_count; i++)
        if (copy->slots[i].busy) hr_cancel(&copy->slots[i].part.request);
}

void hr__copy_fail(struct hr__copy *copy, int code, const struct hr_error *error) {
    assert(code < 0);
    if (copy->failure) return;
    copy->failure = code;
    if (error) copy->user->request.error = *error;
    cancel_all(copy);
}

void hr__copy_count(struct hr__copy *copy, const struct hr_request *request) {
    assert(copy->active > 0);
    copy->active--;
    copy->user->request.attempts += request->attempts;
    copy->user->request.timings = request->timings;
}

void hr__copy_progress(struct hr__copy *copy, uint64_t size) {
    struct hr_s3_transfer_copy *user = copy->user;
    user->progress.bytes += size;
    user->progress.parts++;
    int err = user->on_progress ? user->on_progress(user, &user->progress) : 0;
    if (err < 0) hr__copy_fail(copy, err, NULL);
}

int hr__copy_changed(struct hr_error *error) {
    return hr_error_set(error, HR_ERR_S3_CHANGED,
                        "the source changed while it was copied; copy it anew");
}

bool hr__copy_has_etag(const struct hr__copy *copy) {
    const char *etag = copy->user->source_info.etag;
    return *etag && strncmp(etag, "W/", 2) != 0;
}

struct hr_s3_copy_source hr__copy_source_now(const struct hr__copy *copy) {
    struct hr_s3_copy_source source = copy->user->source;
    if (!hr__copy_has_etag(copy)) return source;
    source.conditions = (struct hr_s3_conditions){.if_match = copy->user->source_info.etag};
    return source;
}
