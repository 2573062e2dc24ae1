/* The check of what a presigned POST is asked for. */
#include <errno.h>

#include <headrace/text.h>

#include <base/reserved.h>

#include "post_policy.h"

#define EXPIRES_MAX_S  604800
#define FIELD_NAME_MAX 200

/* Fields and conditions that are written here. */
static bool is_ours(struct hr_slice name) {
    static const char *const ours[] = {
        "bucket",
        "file",
        "key",
        "policy",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-signature",
    };
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (hr_slice_equal_nocase(name, hr_slice_of(ours[i]))) return true;
    return false;
}

static bool is_pair(const char *name, const char *value) {
    struct hr_slice text = hr_slice_of(name);
    if (!name || !value || text.size == 0 || text.size > FIELD_NAME_MAX) return false;
    return hr_utf8_valid(text) && hr_utf8_valid(hr_slice_of(value)) && !is_ours(text);
}

static bool are_pairs(const struct hr_s3_post_options *options) {
    for (size_t i = 0; i < options->field_count; i++)
        if (!is_pair(options->fields[i].name, options->fields[i].value)) return false;
    for (size_t i = 0; i < options->condition_count; i++)
        if (!is_pair(options->conditions[i].field, options->conditions[i].value)) return false;
    return true;
}

int hr__post_check(const struct hr_s3_post_options *options) {
    if (!options->bucket || !options->key || !hr_utf8_valid(hr_slice_of(options->key)))
        return -EINVAL;
    if (options->expires_s == 0 || options->expires_s > EXPIRES_MAX_S) return -EINVAL;
    if (options->size_max_bytes < options->size_min_bytes) return -EINVAL;
    if (options->field_count > HR_S3_POST_FIELDS_MAX ||
        options->condition_count > HR_S3_POST_CONDITIONS_MAX)
        return -EINVAL;
    if (!hr__is_zero(options->reserved, sizeof options->reserved)) return -EINVAL;
    return are_pairs(options) ? 0 : -EINVAL;
}
