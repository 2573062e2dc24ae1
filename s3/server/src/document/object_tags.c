/* Tags of objects and buckets. Source: the S3 User Guide, "Categorizing your objects using tags".
 */
#include "object_tags.h"

#include <headrace/text.h>
#include <headrace/url.h>

#include "route.h"

static size_t characters(struct hr_slice text) {
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) count += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return count;
}

static bool is_valid(const struct s3_tag *tag) {
    return tag->key.size > 0 && hr_utf8_valid(tag->key) && hr_utf8_valid(tag->value) &&
           characters(tag->key) <= S3_TAG_KEY_MAX && characters(tag->value) <= S3_TAG_VALUE_MAX &&
           !s3_server__has_prefix_nocase(tag->key, "aws:");
}

enum s3_error s3_server__tags_check(const struct s3_tag_list *list, size_t most) {
    if (list->count > most) return S3_BadRequest;
    for (size_t i = 0; i < list->count; i++) {
        if (!is_valid(&list->tags[i])) return S3_InvalidTag;
        for (size_t k = 0; k < i; k++)
            if (hr_slice_equal(list->tags[i].key, list->tags[k].key)) return S3_InvalidTag;
    }
    return S3_OK;
}

static enum s3_error decode(struct hr_slice text, struct s3_arena *arena, struct hr_slice *out) {
    char *memory = s3_server__arena_allocate(arena, text.size + 1);
    if (!memory) return S3_InternalError;
    size_t size;
    if (!s3_server__percent_decode(text, true, memory, &size)) return S3_InvalidArgument;
    *out = hr_slice_bytes(memory, size);
    return S3_OK;
}

size_t s3_server__tags_count(struct hr_slice text) {
    size_t count = text.size > 0;
    for (size_t i = 0; i < text.size; i++) count += text.data[i] == '&';
    return count;
}

enum s3_error s3_server__tags_parse(struct hr_slice text, struct s3_arena *arena,
                                    struct s3_tag_list *list) {
    size_t most = s3_server__tags_count(text);
    *list = (struct s3_tag_list){.count = 0};
    if (most > S3_TAGS_READ_MAX) return S3_BadRequest;
    list->tags = s3_server__arena_allocate(arena, (most + 1) * sizeof *list->tags);
    if (!list->tags) return S3_InternalError;
    struct hr_slice pair, key;
    while (hr_slice_cut(&text, '&', &pair)) {
        if (pair.size == 0) continue;
        hr_slice_cut(&pair, '=', &key);
        struct s3_tag *tag = &list->tags[list->count++];
        enum s3_error error = decode(key, arena, &tag->key);
        if (!error) error = decode(pair, arena, &tag->value);
        if (error) return error;
    }
    return S3_OK;
}

static size_t encode(struct hr_slice text, char *out, size_t capacity) {
    size_t size = 0;
    (void)hr_percent_encode(text, HR_PERCENT_STRICT, out, capacity, &size); /* always fits */
    return size;
}

enum s3_error s3_server__tags_print(const struct s3_tag_list *list, struct s3_arena *arena,
                                    struct hr_slice *text) {
    size_t capacity = 1, size = 0;
    for (size_t i = 0; i < list->count; i++)
        capacity += 3 * (list->tags[i].key.size + list->tags[i].value.size) + 2;
    char *out = s3_server__arena_allocate(arena, capacity);
    if (!out) return S3_InternalError;
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0) out[size++] = '&';
        size += encode(list->tags[i].key, out + size, capacity - size);
        out[size++] = '=';
        size += encode(list->tags[i].value, out + size, capacity - size);
    }
    *text = hr_slice_bytes(out, size);
    return S3_OK;
}
