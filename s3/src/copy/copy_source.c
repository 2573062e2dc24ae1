/* The source of a copy in parts: the header fields and tags that a CopyObject would have kept. */
#include "copy_source.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

static const char *const content_fields[] = {"content-type",     "content-encoding",
                                             "content-language", "content-disposition",
                                             "cache-control",    "expires"};
#define CONTENT_FIELDS (sizeof content_fields / sizeof content_fields[0])

static bool is_metadata(struct hr_slice name) {
    struct hr_slice prefix = hr_slice_of("x-amz-meta-");
    return name.size > prefix.size &&
           hr_slice_equal_nocase(hr_slice_bytes(name.data, prefix.size), prefix);
}

static bool is_kept(struct hr_slice name) {
    for (size_t i = 0; i < CONTENT_FIELDS; i++)
        if (hr_slice_equal_nocase(name, hr_slice_of(content_fields[i]))) return true;
    return is_metadata(name);
}

static bool has_name(const struct hr_http_field *fields, size_t count, struct hr_slice name) {
    for (size_t i = 0; i < count; i++)
        if (hr_slice_equal_nocase(fields[i].name, name)) return true;
    return false;
}

static struct hr_slice put(char **at, struct hr_slice text) {
    struct hr_slice copy = hr_slice_bytes(*at, text.size);
    if (text.size) memcpy(*at, text.data, text.size);
    *at += text.size;
    return copy;
}

int hr__copy_source_keep(struct hr__copy_source *source, const struct hr_http_head *head,
                         const struct hr_http_field *own, size_t own_count) {
    size_t count = own_count, bytes = 0;
    for (size_t i = 0; i < head->field_count; i++) {
        const struct hr_http_field *field = &head->fields[i];
        if (!is_kept(field->name)) continue;
        count++;
        bytes += field->name.size + field->value.size;
    }
    free(source->fields);
    source->field_count = 0;
    source->fields = malloc(count * sizeof *source->fields + bytes + 1);
    if (!source->fields) return -ENOMEM;
    char *at = (char *)(source->fields + count);
    for (size_t i = 0; i < head->field_count; i++) {
        const struct hr_http_field *field = &head->fields[i];
        if (!is_kept(field->name) || has_name(own, own_count, field->name)) continue;
        struct hr_slice name = put(&at, field->name);
        source->fields[source->field_count++] =
            (struct hr_http_field){name, put(&at, field->value)};
    }
    for (size_t i = 0; i < own_count; i++) source->fields[source->field_count++] = own[i];
    assert(source->field_count <= count);
    source->hidden = 0;
    hr_text_u64(hr_http_head_find(head, "x-amz-missing-meta"), UINT64_MAX, &source->hidden);
    return 0;
}

int hr__copy_source_add_tag(struct hr__copy_source *source, const struct hr_s3_tag *tag) {
    if (source->tag_count == HR_S3_TAGS_MAX) return 0;
    struct hr_s3_tag *kept = &source->tags[source->tag_count++];
    kept->key = strdup(tag->key);
    kept->value = strdup(tag->value);
    return kept->key && kept->value ? 0 : -ENOMEM;
}

void hr__copy_source_free(struct hr__copy_source *source) {
    free(source->fields);
    for (size_t i = 0; i < source->tag_count; i++) {
        free((void *)(uintptr_t)source->tags[i].key);
        free((void *)(uintptr_t)source->tags[i].value);
    }
}
