/* The checksum and the size of an object that parts make. */
#include "complete_checksum.h"

#include <errno.h>

#include <engine/request_core.h>

#include "composite.h"
#include "response_checksum.h"

/* Of all values that are given; NONE: there are none. */
static enum hr_s3_checksum_algorithm algorithm_of(const struct hr_s3_upload_complete *complete) {
    if (complete->checksum) return complete->checksum->algorithm;
    for (size_t i = 0; i < complete->part_count; i++)
        if (complete->parts[i].checksum.algorithm) return complete->parts[i].checksum.algorithm;
    return HR_S3_CHECKSUM_NONE;
}

enum hr_s3_checksum_type hr__complete_checksum_type(const struct hr_s3_upload_complete *complete) {
    if (complete->checksum_type) return complete->checksum_type;
    if (complete->checksum) return HR_S3_CHECKSUM_FULL_OBJECT;
    return hr_s3_checksum_traits_of(algorithm_of(complete))->type;
}

/* ---- Checks. */

static int check_parts(struct hr_s3_upload_complete *complete,
                       enum hr_s3_checksum_algorithm algorithm) {
    for (size_t i = 0; i < complete->part_count; i++) {
        const struct hr_s3_checksum *value = &complete->parts[i].checksum;
        if (!value->algorithm) continue;
        if (value->algorithm != algorithm)
            return hr__request_refuse(&complete->request, -EINVAL,
                                      "parts[%zu].checksum is no %s, as the others are", i,
                                      hr_s3_checksum_traits_of(algorithm)->name);
        if (value->parts)
            return hr__request_refuse(&complete->request, -EINVAL,
                                      "parts[%zu].checksum is composite", i);
    }
    return 0;
}

int hr__complete_checksum_check(struct hr_s3_upload_complete *complete) {
    struct hr_request *request = &complete->request;
    enum hr_s3_checksum_algorithm algorithm = algorithm_of(complete);
    enum hr_s3_checksum_type type = hr__complete_checksum_type(complete);
    const char *name = hr_s3_checksum_traits_of(algorithm)->name;
    if (complete->checksum && (!*name || complete->checksum->parts))
        return hr__request_refuse(request, -EINVAL, "checksum is composite, or of no algorithm");
    if (complete->checksum && type != HR_S3_CHECKSUM_FULL_OBJECT)
        return hr__request_refuse(request, -EINVAL,
                                  "checksum is of the whole object, and checksum_type COMPOSITE");
    if (complete->checksum_type && !*hr_s3_checksum_type_name(complete->checksum_type))
        return hr__request_refuse(request, -EINVAL,
                                  "checksum_type is %d, which enum hr_s3_checksum_type has not",
                                  (int)complete->checksum_type);
    if (algorithm && !hr_s3_checksum_allows(algorithm, type))
        return hr__request_refuse(request, -EINVAL, "checksum_type %s cannot be used with %s",
                                  hr_s3_checksum_type_name(type), *name ? name : "no algorithm");
    return check_parts(complete, algorithm);
}

/* ---- The value. */

static bool all_have_values(const struct hr_s3_upload_complete *complete, bool sizes) {
    for (size_t i = 0; i < complete->part_count; i++)
        if (!complete->parts[i].checksum.algorithm || (sizes && !complete->parts[i].size_bytes))
            return false;
    return complete->part_count > 0;
}

/* Two at a time, as 10,000 of them are much memory. */
static int combine(const struct hr_s3_upload_complete *complete, struct hr_s3_checksum *value) {
    struct hr_s3_checksum_part two[2] = {{complete->parts[0].checksum, 0}};
    int err = 0;
    for (size_t i = 1; i < complete->part_count && !err; i++) {
        two[1] = (struct hr_s3_checksum_part){complete->parts[i].checksum,
                                              complete->parts[i].size_bytes};
        err = hr_s3_checksum_full_object(two, 2, &two[0].value);
    }
    *value = two[0].value;
    return err;
}

int hr__complete_checksum_expect(const struct hr_s3_upload_complete *complete,
                                 struct hr_error *error, struct hr_s3_checksum *value) {
    bool full = hr__complete_checksum_type(complete) == HR_S3_CHECKSUM_FULL_OBJECT;
    *value = (struct hr_s3_checksum){.parts = 0};
    if (!all_have_values(complete, full)) {
        if (complete->checksum) *value = *complete->checksum;
        return 0;
    }
    int err = full ? combine(complete, value)
                   : hr__checksum_compose(&complete->parts->checksum, sizeof *complete->parts,
                                          complete->part_count, value);
    if (err || !complete->checksum) return err;
    return hr__checksum_compare(complete->checksum, value, error);
}

uint64_t hr__complete_size(const struct hr_s3_upload_complete *complete) {
    uint64_t size = 0;
    if (complete->object_size_bytes) return complete->object_size_bytes;
    for (size_t i = 0; i < complete->part_count; i++) {
        if (!complete->parts[i].size_bytes) return 0;
        size += complete->parts[i].size_bytes;
    }
    return size;
}

int hr__complete_checksum_compare(const struct hr_s3_checksum *expected,
                                  const struct hr_s3_checksum *stored, struct hr_error *error) {
    bool alike = expected->algorithm && expected->algorithm == stored->algorithm &&
                 expected->parts == stored->parts;
    return alike ? hr__checksum_compare(expected, stored, error) : 0;
}
