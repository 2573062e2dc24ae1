/* logfmt, and text: fields are the same in both. */
#include <string.h>

#include <headrace/log_level.h>
#include <headrace/text.h>

#include "cat_forms.h"
#include "cat_line.h"
#include "cat_time.h"

/* A bare word: as the logger writes them, without blanks, controls, quotes, equal signs, brackets.
 */
static size_t bare(struct hr_slice text) {
    size_t at = 0;
    while (at < text.size) {
        unsigned char byte = (unsigned char)text.data[at];
        if (byte <= 0x20 || byte == 0x7f || memchr("\"\\=[]", byte, 5)) break;
        at++;
    }
    return at;
}

static struct hr_slice behind(struct hr_slice text, size_t size) {
    return hr_slice_bytes(text.data + size, text.size - size);
}

/* The size of a value at the front, 0: there is none. */
static size_t read_value(struct cat_fields *fields, struct hr_slice text, struct cat_field *field) {
    if (text.size == 0) return 0;
    if (text.data[0] == '"') {
        field->string = true;
        return cat_json_string(fields, text, &field->value);
    }
    size_t size = bare(text), json = cat_json_value(text);
    bool whole = json > size || (json > 0 && json == size);
    if (whole) size = json;
    field->value = hr_slice_bytes(text.data, size);
    field->string = !whole;
    return size;
}

/* One field; its size, 0: it is none. */
static size_t read_field(struct cat_fields *fields, struct hr_slice text, struct cat_field *field) {
    size_t key =
        text.size && text.data[0] == '"' ? cat_json_string(fields, text, &field->key) : bare(text);
    if (!key || key >= text.size || text.data[key] != '=') return 0;
    if (text.data[0] != '"') field->key = hr_slice_bytes(text.data, key);
    size_t value = read_value(fields, behind(text, key + 1), field);
    return value ? key + 1 + value : 0;
}

bool cat_logfmt_read(struct cat_fields *fields, struct hr_slice text) {
    if (!hr_utf8_valid(text)) return false;
    for (;;) {
        struct cat_field field;
        size_t size = read_field(fields, text, &field);
        if (!size || !cat_fields_add(fields, &field)) return false;
        text = behind(text, size);
        if (text.size == 0) return true;
        if (text.data[0] != ' ') return false;
        text = behind(text, 1);
    }
}

/* ---- Text. */

static const char separator[] = " - ";

/* The text before the next separator, which is taken away with it; false: there is none. */
static bool read_part(struct hr_slice *text, struct hr_slice *part) {
    const char *found = memmem(text->data, text->size, separator, sizeof separator - 1);
    if (!found) return false;
    *part = hr_slice_bytes(text->data, (size_t)(found - text->data));
    *text = behind(*text, part->size + sizeof separator - 1);
    return true;
}

/* The text without the colours around it. */
static struct hr_slice uncoloured(struct hr_slice text) {
    const char *end = text.size && text.data[0] == 0x1b ? memchr(text.data, 'm', text.size) : NULL;
    if (!end) return text;
    text = behind(text, (size_t)(end + 1 - text.data));
    const char *escape = memchr(text.data, 0x1b, text.size);
    return escape ? hr_slice_bytes(text.data, (size_t)(escape - text.data)) : text;
}

/* Names as the logger writes them, in capitals. */
static bool is_level(struct hr_slice text, int *level) {
    char name[HR_LOG_LEVEL_BYTES];
    if (hr_log_level_parse(text, NULL, level) != 0) return false;
    hr_log_level_name(*level, name);
    return hr_slice_equal(hr_slice_of(name), text);
}

/* The name is all before the first level between separators: it may have separators in itself. */
static bool read_heading(struct cat_line *line, struct hr_slice *text) {
    struct hr_slice part;
    const char *name = NULL;
    if (!read_part(text, &line->time) || cat_time_parse(line->time, &line->time_ns) != 0)
        return false;
    name = text->data;
    if (!read_part(text, &part)) return false;
    for (;;) {
        line->logger = hr_slice_bytes(name, (size_t)(part.data + part.size - name));
        if (!read_part(text, &part)) return false;
        if (is_level(uncoloured(part), &line->level)) return true;
    }
}

/* The fields in brackets at the end of the line, `[k=v …]`. */
static bool read_bracket(struct cat_fields *fields, struct hr_slice text) {
    size_t before = fields->count;
    for (;;) {
        struct cat_field field;
        size_t size = read_field(fields, text, &field);
        if (!size || size >= text.size || !cat_fields_add(fields, &field)) break;
        text = behind(text, size);
        if (text.size == 1 && text.data[0] == ']') return true;
        if (text.data[0] != ' ') break;
        text = behind(text, 1);
    }
    fields->count = before;
    return false;
}

bool cat_text_read(struct cat_line *line, struct hr_slice text) {
    /* The logger writes no controls but colours; looked at before anything is searched for. */
    if (!hr_utf8_valid(text) || !read_heading(line, &text)) return false;
    line->message = text;
    if (text.size == 0 || text.data[text.size - 1] != ']') return true;
    size_t at = 0;
    unsigned tries = 0;
    for (const char *found; tries < 64; tries++, at = (size_t)(found + 2 - text.data)) {
        found = at > text.size ? NULL : memmem(text.data + at, text.size - at, " [", 2);
        if (!found) break;
        if (!read_bracket(&line->fields, behind(text, (size_t)(found + 2 - text.data)))) continue;
        line->message = hr_slice_bytes(text.data, (size_t)(found - text.data));
        break;
    }
    return true;
}
