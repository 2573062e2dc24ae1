/* Conditional requests and ranges. */
#include "conditions.h"

#include <errno.h>
#include <stdio.h>

#include <headrace/clock.h>
#include <headrace/text.h>

static struct hr_slice prefixed(const struct s3_request *request, const char *prefix,
                                const char *name) {
    char full[64];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    return s3_server__field_of(request, full);
}

void s3_server__conditions_parse(const struct s3_request *request, const char *prefix,
                                 struct s3_conditions *conditions) {
    *conditions = (struct s3_conditions){
        .if_match = prefixed(request, prefix, "if-match"),
        .if_none_match = prefixed(request, prefix, "if-none-match"),
    };
    struct hr_slice modified = prefixed(request, prefix, "if-modified-since");
    struct hr_slice unmodified = prefixed(request, prefix, "if-unmodified-since");
    conditions->has_modified_since =
        modified.data && hr_date_parse(modified, &conditions->modified_since_s) == 0;
    conditions->has_unmodified_since =
        unmodified.data && hr_date_parse(unmodified, &conditions->unmodified_since_s) == 0;
}

static struct hr_slice without_quotes(struct hr_slice etag) {
    if (etag.size >= 2 && etag.data[0] == 'W' && etag.data[1] == '/')
        etag = hr_slice_bytes(etag.data + 2, etag.size - 2);
    if (etag.size >= 2 && etag.data[0] == '"' && etag.data[etag.size - 1] == '"')
        etag = hr_slice_bytes(etag.data + 1, etag.size - 2);
    return etag;
}

/* "*" or a list of entity tags, with or without quotes. */
static bool matches(struct hr_slice list, const struct s3_object *object) {
    struct hr_slice etag = without_quotes(hr_slice_of(object->etag));
    struct hr_slice one;
    while (hr_slice_cut(&list, ',', &one)) {
        one = hr_slice_trim(one);
        if (hr_slice_equal(one, hr_slice_of("*")) || hr_slice_equal(without_quotes(one), etag))
            return true;
    }
    return false;
}

/* If-Match outranks If-Unmodified-Since, If-None-Match outranks If-Modified-Since (RFC 9110
 * 13.2.2). Sets *unchanged when the second pair says that the client has it already. */
static enum s3_error evaluate(const struct s3_conditions *conditions,
                              const struct s3_object *object, bool *unchanged) {
    uint64_t modified_s = object->modified_ms / 1000;
    *unchanged = false;
    if (conditions->if_match.data) {
        if (!matches(conditions->if_match, object)) return S3_PreconditionFailed;
    } else if (conditions->has_unmodified_since && modified_s > conditions->unmodified_since_s) {
        return S3_PreconditionFailed;
    }
    if (conditions->if_none_match.data)
        *unchanged = matches(conditions->if_none_match, object);
    else if (conditions->has_modified_since)
        *unchanged = modified_s <= conditions->modified_since_s;
    return S3_OK;
}

enum s3_error s3_server__conditions_read(const struct s3_conditions *conditions,
                                         const struct s3_object *object) {
    bool unchanged;
    enum s3_error error = evaluate(conditions, object, &unchanged);
    return error ? error : unchanged ? S3_NotModified : S3_OK;
}

enum s3_error s3_server__conditions_copy(const struct s3_conditions *conditions,
                                         const struct s3_object *object) {
    bool unchanged;
    enum s3_error error = evaluate(conditions, object, &unchanged);
    return error ? error : unchanged ? S3_PreconditionFailed : S3_OK;
}

enum s3_error s3_server__conditions_write(const struct s3_conditions *conditions,
                                          const struct s3_object *object) {
    if (conditions->if_match.data) {
        if (!object) return S3_NoSuchKey;
        if (!matches(conditions->if_match, object)) return S3_PreconditionFailed;
    }
    if (conditions->if_none_match.data && object && matches(conditions->if_none_match, object))
        return S3_PreconditionFailed;
    return S3_OK;
}

/* RFC 9110 13.1.5: the very tag, a weak one never, or the very date. */
bool s3_server__conditions_range(const struct s3_request *request, const struct s3_object *object) {
    struct hr_slice validator = s3_server__field_of(request, "if-range");
    if (!validator.data) return true;
    validator = hr_slice_trim(validator);
    if (validator.size > 0 && validator.data[0] == '"')
        return hr_slice_equal(validator, hr_slice_of(object->etag));
    uint64_t date_s;
    return hr_date_parse(validator, &date_s) == 0 && date_s == object->modified_ms / 1000;
}

enum s3_range_kind s3_server__range_parse(struct hr_slice text, uint64_t size,
                                          struct s3_range *range) {
    static const char unit[] = "bytes=";
    if (!s3_server__has_prefix_nocase(text, unit)) return S3_RANGE_NONE;
    text =
        hr_slice_trim(hr_slice_bytes(text.data + sizeof unit - 1, text.size - (sizeof unit - 1)));
    const char *dash = memchr(text.data, '-', text.size);
    if (!dash || memchr(text.data, ',', text.size)) return S3_RANGE_NONE;
    struct hr_slice first = hr_slice_trim(hr_slice_bytes(text.data, (size_t)(dash - text.data)));
    struct hr_slice last =
        hr_slice_trim(hr_slice_bytes(dash + 1, text.size - (size_t)(dash - text.data) - 1));
    uint64_t from = 0, to = UINT64_MAX;
    int first_err = hr_text_u64(first, UINT64_MAX, &from);
    int last_err = hr_text_u64(last, UINT64_MAX, &to);
    if (first.size == 0) { /* the last so many bytes */
        if (last_err == -EINVAL) return S3_RANGE_NONE;
        if (last_err == -ERANGE) to = UINT64_MAX;
        if (to == 0) return S3_RANGE_UNSATISFIABLE;
        /* As S3 does it: the last bytes of nothing are nothing. */
        if (size == 0) return S3_RANGE_NONE;
        range->size = to < size ? to : size;
        range->offset = size - range->size;
        return S3_RANGE_PART;
    }
    if (first_err == -EINVAL || (last.size > 0 && last_err == -EINVAL)) return S3_RANGE_NONE;
    if (last_err) to = UINT64_MAX;
    if (!first_err && to < from) return S3_RANGE_NONE;
    if (first_err == -ERANGE || from >= size) return S3_RANGE_UNSATISFIABLE;
    range->offset = from;
    range->size = to >= size - 1 ? size - from : to - from + 1;
    return S3_RANGE_PART;
}
