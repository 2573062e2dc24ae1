/* A download under way: its failure, the requests that it counts, and the object that it is of. */
#include "download_state.h"

#include <assert.h>

static void cancel_all(struct hr__download *download) {
    for (unsigned i = 0; i < download->slot_count; i++)
        if (download->slots[i].busy) hr_cancel(&download->slots[i].get.request);
}

void hr__download_fail(struct hr__download *download, int code, const struct hr_error *error) {
    assert(code < 0);
    if (download->failure) return;
    download->failure = code;
    struct hr_error *own = &download->user->request.error; /* a callback may have said more */
    if (error && own->code != code) *own = *error;
    cancel_all(download);
}

void hr__download_count(struct hr__download *download, const struct hr_request *request) {
    assert(download->active > 0);
    download->active--;
    download->user->request.attempts += request->attempts;
    download->user->request.timings = request->timings;
}

int hr__download_tell(struct hr__download *download) {
    struct hr_s3_download *user = download->user;
    if (download->known) return 0;
    download->known = true;
    user->progress.size_bytes = user->info.size_unknown ? HR_SIZE_UNKNOWN : user->info.size_bytes;
    int err = user->on_object ? user->on_object(user) : 0;
    return err < 0 ? err : 0;
}

int hr__download_changed(struct hr_error *error) {
    return hr_error_set(error, HR_ERR_S3_CHANGED,
                        "the object changed while its ranges were on the way; get it anew");
}
