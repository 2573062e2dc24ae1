/* The second question of a call: a HEAD of its bucket. */
#include <assert.h>

#include <base/error_list.h>
#include <headrace/text.h>

#include "s3_prepare.h"

static const struct hr__s3_operation looking = {.kind = HR__S3_BUCKET_HEAD,
                                                .name = "HeadBucket",
                                                .method = "HEAD",
                                                .bucket = true,
                                                .response = HR__S3_RESPONSE_NONE,
                                                .proof = HR__S3_PROOF_NO_PAGE,
                                                .statuses = {200}};

void hr__bucket_look(struct hr__s3_call *call, struct hr_slice bucket) {
    assert(bucket.size > 0 && !call->detour);
    call->parameters.operation = &looking;
    call->parameters.bucket = bucket;
    call->parameters.key = hr_slice_bytes(NULL, 0);
}

bool hr__bucket_looked(const struct hr__s3_call *call) {
    return call->parameters.operation == &looking;
}

/* The response to a HEAD has no document, so that its code is made up here. */
void hr__bucket_look_failed(const struct hr__s3_call *call, struct hr_error *error) {
    assert(hr__bucket_looked(call));
    if (error->http_status != 404 || call->attempt.ids.web_page) return;
    const struct hr_error told = *error;
    hr_error_set(error, HR_ERR_S3_SERVICE,
                 "there is no bucket %.63s. Create it, or look at its name and the endpoint",
                 call->parameters.bucket.data);
    hr__error_keep_refusal(&told, error);
    error->attempt = told.attempt;
    hr_text_copy(error->service_code, sizeof error->service_code, hr_slice_of("NoSuchBucket"));
}
