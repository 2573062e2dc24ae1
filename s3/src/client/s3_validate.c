/* The body of a GetObject is hashed as it comes, and compared at its end. */
#include <assert.h>
#include <errno.h>

#include "s3_call.h"

#define MODE_FIELD "x-amz-checksum-mode"

static const struct hr_http_field *find_mode(const struct hr_http_field *fields, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (hr_slice_equal_nocase(fields[i].name, hr_slice_of(MODE_FIELD))) return &fields[i];
    return NULL;
}

void hr__s3_validate_prepare(struct hr__s3_call *call, const struct hr_http_field *fields,
                             size_t count) {
    bool by_user = find_mode(fields, count) != NULL;
    call->validation.wanted = by_user || call->client->validates;
    call->parameters.checksum_mode = call->client->validates && !by_user;
}

static int begin(struct hr__s3_call *call, enum hr_s3_checksum_algorithm algorithm) {
    int err = hr_s3_hasher_begin(&call->hasher, algorithm);
    call->validation.started = err == 0;
    return err == -ENOTSUP ? 0 : err; /* switched off: then nothing is compared */
}

int hr__s3_validate_head(struct hr__s3_call *call, const struct hr_http_head *head,
                         const struct hr_s3_get *get, struct hr_error *error) {
    struct hr__s3_validation *validation = &call->validation;
    const struct hr__s3_measure *measure = get->measure_;
    validation->started = false;
    validation->err = 0;
    if (measure) return begin(call, measure->algorithm);
    if (!validation->wanted) return 0;
    struct hr__checksum_response response = {.status = head->status,
                                             .has_range = get->ranged,
                                             .has_part = get->options.part_number > 0,
                                             .fields = head->fields,
                                             .field_count = head->field_count};
    enum hr__checksum_verdict verdict = hr__checksum_classify(&response, &validation->expected);
    if (verdict == HR__CHECKSUM_MALFORMED)
        return hr__checksum_malformed(&validation->expected, error);
    if (verdict == HR__CHECKSUM_NOT_VERIFIED) return 0;
    return begin(call, validation->expected.algorithm);
}

void hr__s3_validate_body(struct hr__s3_call *call, const char *data, size_t size) {
    struct hr__s3_validation *validation = &call->validation;
    if (!validation->started || validation->err) return;
    validation->err = hr_s3_hasher_update(&call->hasher, data, size);
}

int hr__s3_validate_end(struct hr__s3_call *call, struct hr_s3_get *get, struct hr_error *error) {
    struct hr__s3_validation *validation = &call->validation;
    struct hr__s3_measure *measure = get->measure_;
    get->verified = HR_S3_CHECKSUM_NONE;
    if (measure) measure->value.algorithm = HR_S3_CHECKSUM_NONE;
    if (!validation->started) return 0;
    validation->started = false;
    struct hr_s3_checksum computed;
    int err = validation->err;
    if (!err) err = hr_s3_hasher_end(&call->hasher, &computed);
    if (err) return hr_error_set(error, err, "hashing the body: %s", hr_error_text(err));
    if (measure) {
        measure->value = computed;
        return 0;
    }
    err = hr__checksum_compare(&validation->expected, &computed, error);
    if (err) validation->mismatches++;
    if (!err) get->verified = computed.algorithm;
    return err;
}
