/* A copy as one CopyObject, and what is checked before its start. */
#include "copy_check.h"

#include <errno.h>
#include <inttypes.h>

#include "s3_prepare.h"
#include "transfer_check.h"

void hr__copy_describe(const struct hr_s3_transfer_copy *user, struct hr_s3_copy *whole) {
    whole->bucket = user->bucket;
    whole->key = user->key;
    whole->replace_metadata = user->replace_metadata;
    whole->replace_tags = user->replace_tags;
    whole->content_type = user->content_type;
    whole->metadata = user->metadata;
    whole->metadata_count = user->metadata_count;
    whole->fields = user->fields;
    whole->field_count = user->field_count;
    whole->options = user->options;
    whole->conditions = user->conditions;
    whole->checksum_algorithm = user->checksum_algorithm;
}

/* As of one CopyObject, so that nothing is refused in one form alone. */
static int check_whole(struct hr_s3_transfer_copy *copy) {
    struct hr_s3_copy whole = {.source = copy->source};
    hr__copy_describe(copy, &whole);
    int err = hr__s3_copy_check(&whole.request);
    return err ? hr__request_refuse(&copy->request, err, "%s", whole.request.error.message) : 0;
}

static int check_sizes(struct hr_s3_transfer_copy *copy) {
    struct hr_request *request = &copy->request;
    int err = hr__transfer_check(request, &copy->transfer, HR_S3_PART_SIZE_MIN);
    if (err || copy->threshold <= HR_S3_COPY_WHOLE_MAX) return err;
    return hr__request_refuse(request, -EINVAL,
                              "threshold is %" PRIu64 ": one CopyObject takes %" PRIu64
                              " bytes at most",
                              copy->threshold, HR_S3_COPY_WHOLE_MAX);
}

int hr__copy_check(struct hr_s3_transfer_copy *copy) {
    int err = check_whole(copy);
    if (!err) err = check_sizes(copy);
    if (err) return err;
    return hr__s3_check_type(&copy->request, copy->checksum_algorithm, copy->checksum_type);
}
