/* Which checksum of a response is of its body, and whether it is right. */
#include "response_checksum.h"

#include <assert.h>

#define TYPE_FIELD "x-amz-checksum-type"

/* The fastest first, as botocore's; S3 itself sends one. */
static const enum hr_s3_checksum_algorithm preferred[] = {
    HR_S3_CHECKSUM_XXHASH128, HR_S3_CHECKSUM_XXHASH3, HR_S3_CHECKSUM_CRC64NVME,
    HR_S3_CHECKSUM_XXHASH64,  HR_S3_CHECKSUM_CRC32C,  HR_S3_CHECKSUM_CRC32,
    HR_S3_CHECKSUM_SHA1,      HR_S3_CHECKSUM_SHA256,  HR_S3_CHECKSUM_SHA512,
    HR_S3_CHECKSUM_MD5,
};
#define PREFERRED (sizeof preferred / sizeof preferred[0])

static const struct hr_http_field *find(const struct hr__checksum_response *response,
                                        const char *name) {
    for (size_t i = 0; i < response->field_count; i++)
        if (hr_slice_equal_nocase(response->fields[i].name, hr_slice_of(name)))
            return &response->fields[i];
    return NULL;
}

/* Most responses have no value at all, and that is told without a look for each algorithm. */
static bool has_value(const struct hr__checksum_response *response) {
    static const struct hr_slice prefix = {"x-amz-checksum-", 15};
    for (size_t i = 0; i < response->field_count; i++) {
        struct hr_slice name = response->fields[i].name;
        if (name.size > prefix.size &&
            hr_slice_equal_nocase(hr_slice_bytes(name.data, prefix.size), prefix))
            return true;
    }
    return false;
}

/* A value of digests: '-' is no character of base64. */
static bool is_composite(struct hr_slice text) {
    return text.size > 0 && memchr(text.data, '-', text.size);
}

/* Whether a value without a number of parts is of the bytes that were sent. Of a part only where
 * the object's own value is composite: else it may be that of the whole. */
static bool is_of_body(const struct hr__checksum_response *response) {
    const struct hr_http_field *field = find(response, TYPE_FIELD);
    enum hr_s3_checksum_type type =
        field ? hr_s3_checksum_type_by_name(field->value) : HR_S3_CHECKSUM_TYPE_NONE;
    if (response->has_range) return false;
    if (response->has_part && response->status == 206) return type == HR_S3_CHECKSUM_COMPOSITE;
    return response->status == 200 && (!field || type == HR_S3_CHECKSUM_FULL_OBJECT);
}

enum hr__checksum_verdict hr__checksum_classify(const struct hr__checksum_response *response,
                                                struct hr_s3_checksum *expected) {
    if (!has_value(response) || !is_of_body(response)) return HR__CHECKSUM_NOT_VERIFIED;
    for (size_t i = 0; i < PREFERRED; i++) {
        const struct hr_http_field *field =
            find(response, hr_s3_checksum_traits_of(preferred[i])->header);
        if (!field || is_composite(field->value)) continue;
        if (hr_s3_checksum_parse(preferred[i], hr_slice_trim(field->value), expected) == 0)
            return HR__CHECKSUM_VERIFY;
        *expected = (struct hr_s3_checksum){.algorithm = preferred[i]};
        return HR__CHECKSUM_MALFORMED;
    }
    return HR__CHECKSUM_NOT_VERIFIED;
}

int hr__checksum_compare(const struct hr_s3_checksum *expected,
                         const struct hr_s3_checksum *computed, struct hr_error *error) {
    assert(expected->algorithm == computed->algorithm);
    if (hr_s3_checksum_equal(expected, computed)) return 0;
    char wanted[HR_S3_CHECKSUM_TEXT_MAX], got[HR_S3_CHECKSUM_TEXT_MAX];
    hr_s3_checksum_format(expected, wanted);
    hr_s3_checksum_format(computed, got);
    return hr_error_set(error, HR_ERR_S3_CHECKSUM, "%s of the body: %s, expected %s",
                        hr_s3_checksum_traits_of(expected->algorithm)->name, got, wanted);
}

int hr__checksum_malformed(const struct hr_s3_checksum *expected, struct hr_error *error) {
    return hr_error_set(error, HR_ERR_S3_RESPONSE, "%s of the response is no %s in base64",
                        hr_s3_checksum_traits_of(expected->algorithm)->header,
                        hr_s3_checksum_traits_of(expected->algorithm)->name);
}
