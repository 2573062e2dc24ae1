/* Whether an object exists: yes, no, or an error. */
#include <assert.h>

#include <base/error_list.h>

#include "object_options.h"
#include "s3_prepare.h"

static struct hr_s3_exists *of(const struct hr_request *request) {
    return hr__container_of(request, struct hr_s3_exists, request);
}

static const struct hr__s3_operation asking = {.kind = HR__S3_HEAD,
                                               .name = "HeadObject",
                                               .method = "HEAD",
                                               .bucket = true,
                                               .key = true,
                                               .response = HR__S3_RESPONSE_NONE,
                                               .proof = HR__S3_PROOF_META,
                                               .statuses = {200}};

int hr__s3_exists_prepare(struct hr__s3_call *call) {
    struct hr_s3_exists *exists = of(call->request);
    struct hr__s3_adder add = hr__s3_request_adder(call);
    const struct hr_s3_read_options options = {.version_id = exists->version_id,
                                               .customer_key = exists->customer_key,
                                               .request_payer = exists->request_payer,
                                               .expected_owner = exists->expected_owner};
    exists->exists = false;
    call->parameters.operation = &asking;
    hr__add_read_options(&add, &options);
    return add.err;
}

/* Where the bucket was found, the object was not. */
int hr__s3_exists_body(struct hr__s3_call *call, struct hr_error *error) {
    (void)error;
    of(call->request)->exists = !hr__bucket_looked(call);
    return 0;
}

/* A 404 that a store has sent: of the object or of the bucket. */
static bool is_missing(const struct hr__s3_call *call, const struct hr_error *error) {
    return error->code == HR_ERR_S3_SERVICE && error->http_status == 404 &&
           !call->attempt.ids.web_page;
}

bool hr__s3_exists_failed(struct hr__s3_call *call, int *result) {
    struct hr_s3_exists *exists = of(call->request);
    struct hr_error *error = &call->request->error;
    if (hr__bucket_looked(call)) {
        hr__bucket_look_failed(call, error);
        return false;
    }
    if (!is_missing(call, error)) return false;
    struct hr__s3_adder add = hr__s3_request_adder(call);
    hr__error_clear(error);
    hr__s3_details_reset(call->details);
    hr__add_payer(&add, false, exists->expected_owner);
    call->parameters.details = call->details;
    hr__bucket_look(call, call->parameters.bucket);
    if (add.err) *result = add.err;
    return !add.err;
}
