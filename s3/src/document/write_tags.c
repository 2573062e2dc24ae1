/* The body of PutObjectTagging, and the limits of tags. */
#include <headrace/text.h>

#include "write_document.h"

/* SIZE_MAX: it is no UTF-8. */
static size_t utf16_units(struct hr_slice text) {
    size_t units = 0;
    for (size_t at = 0; at < text.size;) {
        size_t size = hr_utf8_next(text.data + at, text.size - at);
        if (size == 0) return SIZE_MAX;
        units += size == 4 ? 2 : 1;
        at += size;
    }
    return units;
}

static int refuse_tag(struct hr_error *error, size_t index, const char *why) {
    return hr_error_set(error, -EINVAL, "tag %zu %s", index, why);
}

static bool is_repeated(const struct hr__tags *tags, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (strcmp(tags->tags[i].key, tags->tags[index].key) == 0) return true;
    return false;
}

static int check_tag(const struct hr__tags *tags, size_t index, struct hr_error *error) {
    struct hr_slice key = hr_slice_of(tags->tags[index].key);
    struct hr_slice value = hr_slice_of(tags->tags[index].value);
    if (key.size == 0) return refuse_tag(error, index, "has no key");
    if (!hr__xml_can_hold(key) || !hr__xml_can_hold(value))
        return refuse_tag(error, index, "has bytes that are not UTF-8, or control characters");
    if (utf16_units(key) > HR_S3_TAG_KEY_MAX)
        return refuse_tag(error, index, "has a key of more than 128 characters");
    if (utf16_units(value) > HR_S3_TAG_VALUE_MAX)
        return refuse_tag(error, index, "has a value of more than 256 characters");
    if (is_repeated(tags, index)) return refuse_tag(error, index, "has the key of another one");
    return 0;
}

int hr__tags_check(const struct hr__tags *tags, struct hr_error *error) {
    if (tags->count > HR_S3_TAGS_MAX)
        return hr_error_set(error, -EINVAL, "%zu tags: an object has at most %d", tags->count,
                            HR_S3_TAGS_MAX);
    int err = 0;
    for (size_t i = 0; i < tags->count && !err; i++) err = check_tag(tags, i, error);
    return err;
}

int hr__write_tags(const struct hr__tags *tags, struct hr__memory memory, struct hr_error *error,
                   size_t *size) {
    int err = hr__tags_check(tags, error);
    if (err) return err;
    struct hr__xml_writer writer = hr__xml_into(memory);
    hr__xml_open_root(&writer, "Tagging");
    hr__xml_open(&writer, "TagSet");
    for (size_t i = 0; i < tags->count; i++) {
        hr__xml_open(&writer, "Tag");
        hr__xml_text(&writer, "Key", hr_slice_of(tags->tags[i].key));
        hr__xml_text(&writer, "Value", hr_slice_of(tags->tags[i].value));
        hr__xml_close(&writer, "Tag");
    }
    hr__xml_close(&writer, "TagSet");
    hr__xml_close(&writer, "Tagging");
    return hr__xml_done(&writer, size);
}
