/* The contents of a transfer's journal: one table of the kinds of records, read and written. */
#include "journal_contents.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

/* ---- Fields. */

static bool is_word(struct hr_slice field, const char *word) {
    return field.size == strlen(word) && memcmp(field.data, word, field.size) == 0;
}

/* A text without NUL, whole. */
static bool read_text(struct hr_slice field, char *text, size_t capacity) {
    if (field.size >= capacity || memchr(field.data, 0, field.size)) return false;
    memcpy(text, field.data, field.size);
    text[field.size] = '\0';
    return true;
}

static bool read_digest(struct hr_slice field, char text[HR__JOURNAL_DIGEST + 1]) {
    return field.size == HR__JOURNAL_DIGEST && read_text(field, text, HR__JOURNAL_DIGEST + 1);
}

static bool read_number(struct hr_slice field, uint64_t max, uint64_t *number) {
    return hr_text_u64(field, max, number) == 0;
}

/* "NAME" and its text, both empty where there is none. */
static bool read_checksum(struct hr_slice name, struct hr_slice text,
                          struct hr_s3_checksum *value) {
    *value = (struct hr_s3_checksum){.algorithm = HR_S3_CHECKSUM_NONE};
    if (!name.size) return text.size == 0;
    return hr_s3_checksum_parse(hr_s3_checksum_by_name(name), text, value) == 0;
}

/* ---- Records; false: it does not belong there. */

static bool take_begin(const struct hr_slice *fields, struct hr__journal_contents *contents) {
    if (contents->begun) return false;
    contents->is_upload = is_word(fields[0], "upload");
    if (!contents->is_upload && !is_word(fields[0], "download")) return false;
    contents->begun = read_digest(fields[1], contents->target) &&
                      read_digest(fields[2], contents->source) &&
                      read_number(fields[3], UINT64_MAX, &contents->begun_s) &&
                      read_text(fields[4], contents->name, sizeof contents->name);
    return contents->begun;
}

static bool take_upload(const struct hr_slice *fields, struct hr__journal_contents *contents) {
    if (!contents->is_upload || contents->upload_id[0] || !fields[0].size) return false;
    return read_text(fields[0], contents->upload_id, sizeof contents->upload_id);
}

static bool take_object(const struct hr_slice *fields, struct hr__journal_contents *contents) {
    if (contents->is_upload || contents->etag[0] || !fields[0].size) return false;
    return read_number(fields[1], UINT64_MAX, &contents->object_size) &&
           read_number(fields[2], UINT64_MAX, &contents->range_size) && contents->range_size &&
           read_text(fields[3], contents->boot, sizeof contents->boot) &&
           read_text(fields[0], contents->etag, sizeof contents->etag);
}

static struct hr__journal_part *add_part(struct hr__journal_contents *contents) {
    size_t count = contents->part_count;
    if ((count & (count - 1)) == 0) { /* room is a power of two */
        size_t room = count ? 2 * count : 1;
        struct hr__journal_part *more = realloc(contents->parts, room * sizeof *more);
        if (!more) return NULL;
        contents->parts = more;
    }
    return &contents->parts[count];
}

static bool take_part(const struct hr_slice *fields, struct hr__journal_contents *contents) {
    struct hr__journal_part part = {0};
    uint64_t number, max = contents->is_upload ? HR_S3_PART_NUMBER_MAX : UINT32_MAX;
    bool there = contents->is_upload ? contents->upload_id[0] != 0 : contents->etag[0] != 0;
    if (!there || !read_number(fields[0], max, &number) || number == 0 ||
        !read_number(fields[1], UINT64_MAX, &part.size) || fields[2].size > 255 ||
        memchr(fields[2].data, 0, fields[2].size) ||
        !read_checksum(fields[3], fields[4], &part.checksum))
        return false;
    struct hr__journal_part *place = add_part(contents);
    part.number = (uint32_t)number;
    part.etag = place ? strndup(fields[2].data, fields[2].size) : NULL;
    contents->no_memory = !part.etag;
    if (!part.etag) return false;
    *place = part;
    contents->part_count++;
    return true;
}

static bool take_complete(const struct hr_slice *fields, struct hr__journal_contents *contents) {
    (void)fields;
    if (!contents->upload_id[0]) return false;
    contents->completing = true;
    return true;
}

static const struct {
    const char *kind;
    unsigned count;
    bool (*take)(const struct hr_slice *fields, struct hr__journal_contents *contents);
} kinds[] = {{"begin", 5, take_begin},
             {"upload", 1, take_upload},
             {"object", 4, take_object},
             {"part", 5, take_part},
             {"complete", 0, take_complete}};

static bool take(const struct hr__journal_record *record, struct hr__journal_contents *contents) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!is_word(record->kind, kinds[i].kind)) continue;
        if (record->count != kinds[i].count || (i > 0 && !contents->begun)) return false;
        return kinds[i].take(record->fields, contents);
    }
    return false;
}

/* ---- All of it. */

/* The first line, which is written at once: what has a part of it is something else. */
static enum hr__journal_reading read_magic(const char *data, size_t size) {
    static const char magic[] = HR__JOURNAL_MAGIC;
    const size_t whole = sizeof magic - 1, word = strlen("headrace-journal ");
    if (size == 0) return HR__JOURNAL_EMPTY;
    if (size >= whole && memcmp(data, magic, whole) == 0) return HR__JOURNAL_READ;
    if (size > word && memcmp(data, magic, word) == 0) return HR__JOURNAL_VERSION;
    return HR__JOURNAL_FOREIGN;
}

enum hr__journal_reading hr__journal_read(char *data, size_t size,
                                          struct hr__journal_contents *contents) {
    const size_t magic = strlen(HR__JOURNAL_MAGIC);
    struct hr__journal_record record;
    memset(contents, 0, sizeof *contents);
    enum hr__journal_reading reading = read_magic(data, size);
    if (reading != HR__JOURNAL_READ) return reading;
    contents->good = magic;
    while (contents->good < size) {
        size_t line =
            hr__journal_record_read(data + contents->good, size - contents->good, &record);
        if (!line || !take(&record, contents)) break;
        contents->good += line;
    }
    return contents->no_memory ? HR__JOURNAL_NO_MEMORY : HR__JOURNAL_READ;
}

void hr__journal_contents_free(struct hr__journal_contents *contents) {
    for (size_t i = 0; i < contents->part_count; i++) free(contents->parts[i].etag);
    free(contents->parts);
    contents->parts = NULL;
    contents->part_count = 0;
}

/* ---- Writing. */

static struct hr_slice digits(uint64_t number, char text[HR__JOURNAL_NUMBER + 1]) {
    int size = snprintf(text, HR__JOURNAL_NUMBER + 1, "%" PRIu64, number);
    return hr_slice_bytes(text, (size_t)size);
}

size_t hr__journal_write_begin(const struct hr__journal_contents *contents,
                               char line[HR__JOURNAL_LINE]) {
    char begun[HR__JOURNAL_NUMBER + 1];
    const struct hr__journal_record record = {
        hr_slice_of("begin"),
        {hr_slice_of(contents->is_upload ? "upload" : "download"), hr_slice_of(contents->target),
         hr_slice_of(contents->source), digits(contents->begun_s, begun),
         hr_slice_of(contents->name)},
        5};
    return hr__journal_record_write(&record, line);
}

size_t hr__journal_write_upload(const char *upload_id, char line[HR__JOURNAL_LINE]) {
    const struct hr__journal_record record = {hr_slice_of("upload"), {hr_slice_of(upload_id)}, 1};
    return hr__journal_record_write(&record, line);
}

size_t hr__journal_write_object(const struct hr__journal_contents *contents,
                                char line[HR__JOURNAL_LINE]) {
    char size[HR__JOURNAL_NUMBER + 1], range[HR__JOURNAL_NUMBER + 1];
    const struct hr__journal_record record = {
        hr_slice_of("object"),
        {hr_slice_of(contents->etag), digits(contents->object_size, size),
         digits(contents->range_size, range), hr_slice_of(contents->boot)},
        4};
    return hr__journal_record_write(&record, line);
}

size_t hr__journal_write_part(const struct hr__journal_part *part, char line[HR__JOURNAL_LINE]) {
    char number[HR__JOURNAL_NUMBER + 1], size[HR__JOURNAL_NUMBER + 1];
    char value[HR_S3_CHECKSUM_TEXT_MAX];
    size_t value_size = hr_s3_checksum_format(&part->checksum, value);
    const char *name = hr_s3_checksum_traits_of(part->checksum.algorithm)->name;
    const struct hr__journal_record record = {
        hr_slice_of("part"),
        {digits(part->number, number), digits(part->size, size),
         hr_slice_of(part->etag ? part->etag : ""), hr_slice_of(value_size ? name : ""),
         hr_slice_bytes(value, value_size)},
        5};
    return hr__journal_record_write(&record, line);
}

size_t hr__journal_write_complete(char line[HR__JOURNAL_LINE]) {
    const struct hr__journal_record record = {.kind = hr_slice_of("complete")};
    return hr__journal_record_write(&record, line);
}
