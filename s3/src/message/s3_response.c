/* The head of a response: the object, its range, and the server that sent it. */
#include "s3_response.h"

#include <errno.h>
#include <inttypes.h>

#include <headrace/clock.h>
#include <headrace/text.h>

#include "host_label.h"

struct hr_slice hr__unquote(struct hr_slice text) {
    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"')
        return hr_slice_bytes(text.data + 1, text.size - 2);
    return text;
}

bool hr__copy_whole(char *out, size_t capacity, struct hr_slice text) {
    bool fits = text.size < capacity;
    hr_text_copy(out, capacity, fits ? text : hr_slice_bytes(NULL, 0));
    return fits;
}

#define PARTS_MAX 10000 /* of an object */

int hr__content_range_parse(struct hr_slice text, struct hr__content_range *range) {
    static const struct hr_slice unit = {"bytes ", 6};
    if (text.size < unit.size || !hr_slice_equal_nocase(hr_slice_bytes(text.data, unit.size), unit))
        return -EINVAL;
    const char *at = text.data + unit.size, *end = text.data + text.size;
    const char *dash = memchr(at, '-', (size_t)(end - at));
    const char *slash = memchr(at, '/', (size_t)(end - at));
    if (!dash || !slash || dash > slash) return -EINVAL;
    struct hr_slice size = hr_slice_bytes(slash + 1, (size_t)(end - slash - 1));
    range->sized = !hr_slice_equal(size, hr_slice_bytes("*", 1));
    range->size = 0;
    int err = hr_text_u64(hr_slice_bytes(at, (size_t)(dash - at)), UINT64_MAX, &range->first);
    if (!err)
        err = hr_text_u64(hr_slice_bytes(dash + 1, (size_t)(slash - dash - 1)), UINT64_MAX,
                          &range->last);
    if (!err && range->sized) err = hr_text_u64(size, UINT64_MAX, &range->size);
    if (err || range->last < range->first) return -EINVAL;
    return range->sized && range->last >= range->size ? -EINVAL : 0;
}

static int refuse_range(struct hr_error *error, struct hr_slice text) {
    return hr_error_set(error, HR_ERR_S3_RESPONSE,
                        "the store's Content-Range \"%.*s\" is malformed",
                        (int)(text.size < 80 ? text.size : 80), text.size ? text.data : "");
}

int hr__s3_response_object(const struct hr_http_head *head, struct hr_error *error,
                           struct hr_s3_object_info *info) {
    struct hr_s3_object_info made = {.size_unknown = !head->has_content_length};
    if (head->has_content_length) made.size_bytes = head->content_length;
    struct hr_slice text = hr_http_head_find(head, "content-range");
    if (head->status == 206 && text.data) {
        struct hr__content_range range;
        if (hr__content_range_parse(text, &range) != 0) return refuse_range(error, text);
        made.size_bytes = range.sized ? range.size : 0;
        made.size_unknown = !range.sized;
    }
    text = hr_http_head_find(head, "last-modified");
    if (text.size == 0 || hr_date_parse(text, &made.last_modified_s) != 0) made.last_modified_s = 0;
    bool whole =
        hr__copy_whole(made.etag, sizeof made.etag, hr__unquote(hr_http_head_find(head, "etag")));
    whole &= hr__copy_whole(made.content_type, sizeof made.content_type,
                            hr_http_head_find(head, "content-type"));
    whole &= hr__copy_whole(made.version_id, sizeof made.version_id,
                            hr_http_head_find(head, "x-amz-version-id"));
    whole &= hr__copy_whole(made.storage_class, sizeof made.storage_class,
                            hr_http_head_find(head, "x-amz-storage-class"));
    made.cut = !whole;
    *info = made;
    return 0;
}

uint32_t hr__s3_response_parts(const struct hr_http_head *head) {
    uint64_t parts;
    struct hr_slice text = hr_http_head_find(head, "x-amz-mp-parts-count");
    return text.size > 0 && hr_text_u64(text, PARTS_MAX, &parts) == 0 ? (uint32_t)parts : 0;
}

bool hr__s3_response_empty(const struct hr_http_head *head, const struct hr_s3_get *get) {
    if (head->status != 416 || !get->ranged || get->range_first != 0) return false;
    return hr_slice_equal_nocase(hr_http_head_find(head, "content-range"),
                                 hr_slice_bytes("bytes */0", 9));
}

int hr__s3_response_range(const struct hr_http_head *head, const struct hr_s3_get *get,
                          struct hr_error *error) {
    if (!get->ranged && !get->options.part_number && head->status == 206)
        return hr_error_set(error, HR_ERR_HTTP_UNEXPECTED,
                            "the store sent a part of the object; all of it was asked for");
    if (!get->ranged) return 0;
    if (head->status != 206)
        return hr_error_set(error, HR_ERR_HTTP_UNEXPECTED,
                            "the store ignored the range and sent the whole object");
    struct hr_slice text = hr_http_head_find(head, "content-range");
    struct hr__content_range range;
    if (!text.data || hr__content_range_parse(text, &range) != 0) return refuse_range(error, text);
    if (range.first != get->range_first || range.last > get->range_last)
        return hr_error_set(error, HR_ERR_S3_RESPONSE,
                            "the store sent bytes %" PRIu64 "-%" PRIu64
                            ", which are not those that were asked for",
                            range.first, range.last);
    /* A reader that puts ranges together relies on each having all its bytes. */
    if (head->has_content_length &&
        (head->content_length == 0 || head->content_length - 1 != range.last - range.first))
        return hr_error_set(error, HR_ERR_S3_RESPONSE,
                            "the store sent %" PRIu64 " bytes as bytes %" PRIu64 "-%" PRIu64,
                            head->content_length, range.first, range.last);
    return 0;
}

void hr__s3_response_ids(const struct hr_http_head *head, struct hr__s3_response_ids *ids) {
    struct hr_slice id = hr_http_head_find(head, "x-amz-request-id");
    hr_text_shorten(ids->request_id, sizeof ids->request_id, id);
    struct hr_slice region = hr_http_head_find(head, "x-amz-bucket-region");
    ids->region[0] = 0;
    if (hr__host_label(region)) hr__copy_whole(ids->region, sizeof ids->region, region);
    ids->date_s = 0;
    if (head->status < 300) return; /* the clock explains a refusal */
    struct hr_slice date = hr_http_head_find(head, "date");
    if (date.size == 0 || hr_date_parse(date, &ids->date_s) != 0) ids->date_s = 0;
}
