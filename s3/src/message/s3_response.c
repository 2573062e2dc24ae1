/* The head of a response: the object, its range, and the server that sent it. */
#include "s3_response.h"

#include <errno.h>
#include <inttypes.h>

#include <headrace/clock.h>
#include <headrace/text.h>
#include <net/chars.h>

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

/* The values of fields that describe an object, found in one pass. */
struct known {
    struct hr_slice content_range, content_type, etag, last_modified, storage_class, version_id;
};

static struct hr_slice *place_of(struct known *known, struct hr_slice name) {
    switch (name.size) {
    case 4:
        return hr__http1_is(name, "ETag") ? &known->etag : NULL;
    case 12:
        return hr__http1_is(name, "Content-Type") ? &known->content_type : NULL;
    case 13:
        if (hr__http1_is(name, "Last-Modified")) return &known->last_modified;
        return hr__http1_is(name, "Content-Range") ? &known->content_range : NULL;
    case 16:
        return hr__http1_is(name, "x-amz-version-id") ? &known->version_id : NULL;
    case 19:
        return hr__http1_is(name, "x-amz-storage-class") ? &known->storage_class : NULL;
    default:
        return NULL;
    }
}

/* Of several fields of one name the first counts, as for hr_http_head_find. */
static struct known read_known(const struct hr_http_head *head) {
    struct known known = {.etag = {NULL, 0}};
    for (size_t i = 0; i < head->field_count; i++) {
        struct hr_slice *place = place_of(&known, head->fields[i].name);
        if (place && !place->data) *place = head->fields[i].value;
    }
    return known;
}

static void read_texts(const struct known *known, struct hr_s3_object_info *info) {
    bool whole = hr__copy_whole(info->etag, sizeof info->etag, hr__unquote(known->etag));
    whole &= hr__copy_whole(info->content_type, sizeof info->content_type, known->content_type);
    whole &= hr__copy_whole(info->version_id, sizeof info->version_id, known->version_id);
    whole &= hr__copy_whole(info->storage_class, sizeof info->storage_class, known->storage_class);
    info->cut = !whole;
}

int hr__s3_response_object(const struct hr_http_head *head, struct hr_error *error,
                           struct hr_s3_object_info *info) {
    const struct known known = read_known(head);
    struct hr__content_range range = {.size = head->has_content_length ? head->content_length : 0,
                                      .sized = head->has_content_length};
    if (head->status == 206 && known.content_range.data &&
        hr__content_range_parse(known.content_range, &range) != 0)
        return refuse_range(error, known.content_range);
    info->size_bytes = range.size;
    info->size_unknown = !range.sized;
    if (known.last_modified.size == 0 ||
        hr_date_parse(known.last_modified, &info->last_modified_s) != 0)
        info->last_modified_s = 0;
    read_texts(&known, info);
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

void hr__s3_response_host_id(const struct hr_http_head *head, struct hr__s3_response_ids *ids) {
    hr_text_shorten(ids->host_id, sizeof ids->host_id, hr_http_head_find(head, "x-amz-id-2"));
}

/* The first of each, in one pass. */
static void find_ids(const struct hr_http_head *head, struct hr_slice *id,
                     struct hr_slice *region) {
    for (size_t i = 0; i < head->field_count; i++) {
        const struct hr_http_field *field = &head->fields[i];
        if (!id->data && hr__http1_is(field->name, "x-amz-request-id")) *id = field->value;
        if (!region->data && hr__http1_is(field->name, "x-amz-bucket-region"))
            *region = field->value;
    }
}

void hr__s3_response_ids(const struct hr_http_head *head, struct hr__s3_response_ids *ids) {
    struct hr_slice id = {NULL, 0}, region = {NULL, 0};
    find_ids(head, &id, &region);
    hr_text_shorten(ids->request_id, sizeof ids->request_id, id);
    ids->region[0] = 0;
    if (hr__host_label(region)) hr__copy_whole(ids->region, sizeof ids->region, region);
    ids->date_s = 0;
    ids->host_id[0] = 0;
    if (head->status < 300) return; /* the clock explains a refusal */
    hr__s3_response_host_id(head, ids);
    struct hr_slice date = hr_http_head_find(head, "date");
    if (date.size == 0 || hr_date_parse(date, &ids->date_s) != 0) ids->date_s = 0;
}
