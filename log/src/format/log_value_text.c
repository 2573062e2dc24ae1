/* Values as text. */
#include <headrace/error.h>

#include "log_format.h"
#include "log_out.h"

#define LITERAL(out, text) hr__log_copy(out, text, sizeof(text) - 1)

static char *put_text(char *out, enum hr__log_form form, struct hr_slice text) {
    if (form != HR__LOG_JSON) return hr__log_put_quoted(out, text);
    *out++ = '"';
    out = hr__log_put_escaped(out, text);
    *out++ = '"';
    return out;
}

static char *put_string(char *out, enum hr__log_form form, const char **data, const char *end) {
    struct hr__log_read_string string;
    if (hr__log_read_string(data, end, &string) != 0 || string.none) return LITERAL(out, "null");
    if (!string.cut) return put_text(out, form, string.text);
    /* A cut may have gone through a character; what is left of it is replaced. */
    *out++ = '"';
    out = hr__log_put_escaped(out, string.text);
    return LITERAL(out, HR_LOG_CUT_MARK "\"");
}

static char *put_bytes(char *out, const char *data, const char *end) {
    struct hr__log_read_string string;
    if (hr__log_read_string(&data, end, &string) != 0) return LITERAL(out, "null");
    *out++ = '"';
    out = hr__log_put_bytes(out, string.text);
    if (string.cut) out = LITERAL(out, HR_LOG_CUT_MARK);
    *out++ = '"';
    return out;
}

static char *put_double(char *out, enum hr__log_form form, double number) {
    char text[HR_LOG_NUMBER_BYTES], *end = hr__log_put_double(text, number);
    struct hr_slice slice = hr_slice_bytes(text, (size_t)(end - text));
    bool finite = text[0] != 'n' && text[0] != 'i' && text[1] != 'i';
    return finite ? hr__log_copy_slice(out, slice) : put_text(out, form, slice);
}

/* Writes a number of eight bytes. */
static char *put_word(char *out, enum hr__log_form form, uint8_t type, uint64_t word) {
    char text[HR_LOG_NUMBER_BYTES];
    double number;
    switch (type) {
    case HR_LOG_BOOL:
        return word ? LITERAL(out, "true") : LITERAL(out, "false");
    case HR_LOG_I64:
        return hr__log_put_i64(out, (int64_t)word);
    case HR_LOG_U64:
        return hr__log_put_u64(out, word);
    case HR_LOG_DOUBLE:
        memcpy(&number, &word, 8);
        return put_double(out, form, number);
    case HR_LOG_POINTER:
        if (!word) return LITERAL(out, "null");
        return put_text(out, form,
                        hr_slice_bytes(text, (size_t)(hr__log_put_hex(text, word) - text)));
    default:
        return put_text(out, form, hr_slice_of(hr_error_name((int)(int64_t)word)));
    }
}

/* Writes a value that is no group, failure or array. */
static char *put_simple(char *out, enum hr__log_form form, uint8_t type, const char *data,
                        const char *end) {
    switch (type) {
    case HR_LOG_NULL:
        return LITERAL(out, "null");
    case HR_LOG_SECRET:
        return put_text(out, form, hr_slice_of("[redacted]"));
    case HR_LOG_STRING:
        return put_string(out, form, &data, end);
    case HR_LOG_BYTES:
        return put_bytes(out, data, end);
    default:
        return put_word(out, form, type, hr__log_read_word(data));
    }
}

/* ---- Arrays. */

struct array {
    const char *at, *end;
    uint32_t count;
    uint8_t element;
    bool cut;
};

static struct array read_array(const char *data, const char *end) {
    uint64_t word = hr__log_read_word(data);
    return (struct array){.at = data + 8,
                          .end = end,
                          .count = (uint32_t)word,
                          .element = (uint8_t)(word >> 32),
                          .cut = word >> 40 & HR_LOG_CUT};
}

static char *put_element(char *out, enum hr__log_form form, struct array *array) {
    if (array->element == HR_LOG_STRING) return put_string(out, form, &array->at, array->end);
    out = put_word(out, form, array->element, hr__log_read_word(array->at));
    array->at += 8;
    return out;
}

static char *put_array(char *out, enum hr__log_form form, struct array array) {
    *out++ = '[';
    for (uint32_t i = 0; i < array.count; i++) {
        if (i) *out++ = ',';
        out = put_element(out, form, &array);
    }
    if (array.cut) out = array.count ? LITERAL(out, ",\"[cut]\"") : LITERAL(out, "\"[cut]\"");
    *out++ = ']';
    return out;
}

/* ---- Values of several parts: in JSON an object, elsewhere a field for each part,
 * `key.part=value`. */

struct parts {
    const struct hr__log_place *place;
    uint32_t object; /* in JSON */
    bool any;
};

static char *put_json_part(char *out, struct parts *parts, struct hr_slice name) {
    if (parts->any) *out++ = ',';
    parts->any = true;
    *out++ = '"';
    struct hr__log_shown shown = {.text = hr_slice_bytes(out, 0)};
    out = hr__log_put_escaped(out, name);
    out = hr__log_put_number_behind(out, parts->place->line->keys, parts->object, &shown);
    return LITERAL(out, "\":");
}

/* Writes the key in front of a part. */
static char *put_part(char *out, struct parts *parts, struct hr_slice name) {
    const struct hr__log_place *place = parts->place;
    struct hr__log_line *line = place->line;
    if (line->style->form == HR__LOG_JSON) return put_json_part(out, parts, name);
    *out++ = ' ';
    if (!line->any && line->style->form == HR__LOG_TEXT) *out++ = '[';
    line->any = true;
    bool bare = hr__log_is_bare(place->key) && hr__log_is_bare(name);
    if (!bare) *out++ = '"';
    struct hr__log_shown shown = {.text = hr_slice_bytes(out, 0)};
    out = hr__log_put_escaped(out, place->key);
    *out++ = '.';
    out = hr__log_put_escaped(out, name);
    out = hr__log_put_number_behind(out, line->keys, 0, &shown);
    if (!bare) *out++ = '"';
    *out++ = '=';
    return out;
}

static char *put_group(char *out, struct parts *parts, const char *data, const char *end) {
    enum hr__log_form form = parts->place->line->style->form;
    uint64_t count = hr__log_read_word(data);
    data += 8;
    for (uint64_t i = 0; i < count; i++) {
        struct hr__log_read_string key;
        if (hr__log_read_string(&data, end, &key) != 0) return out;
        uint8_t type = (uint8_t)*data;
        const char *value = data + 8;
        data = value;
        if (hr__log_skip_value(&data, end, type) != 0) return out;
        out = put_part(out, parts, key.text);
        out = type == HR_LOG_ARRAY     ? put_array(out, form, read_array(value, end))
              : type == HR_LOG_FAILURE ? LITERAL(out, "null")
                                       : put_simple(out, form, type, value, end);
    }
    return out;
}

static char *put_failure(char *out, struct parts *parts, const char *data, const char *end) {
    enum hr__log_form form = parts->place->line->style->form;
    int64_t code = (int64_t)hr__log_read_word(data);
    data += 8;
    if (code) {
        out = put_part(out, parts, hr_slice_of("code"));
        out = put_text(out, form, hr_slice_of(hr_error_name((int)code)));
    }
    out = put_part(out, parts, hr_slice_of("text"));
    out = put_string(out, form, &data, end);
    struct hr__log_read_string cause;
    const char *at = data;
    if (hr__log_read_string(&at, end, &cause) == 0 && !cause.none) {
        out = put_part(out, parts, hr_slice_of("cause"));
        out = put_string(out, form, &data, end);
    }
    uint64_t count = hr__log_read_word(at);
    if (!count) return out;
    out = put_part(out, parts, hr_slice_of("stack"));
    struct array stack = {at + 8, end, (uint32_t)count, HR_LOG_POINTER, false};
    return put_array(out, form, stack);
}

static char *put_strings(char *out, struct parts *parts, struct array array) {
    for (uint32_t i = 0; i < array.count; i++) {
        char number[HR_LOG_NUMBER_BYTES], *end = hr__log_put_u64(number, i);
        out = put_part(out, parts, hr_slice_bytes(number, (size_t)(end - number)));
        out = put_element(out, parts->place->line->style->form, &array);
    }
    return out;
}

static char *put_several(char *out, struct parts *parts, uint8_t type, const char *data,
                         const char *end) {
    bool json = parts->place->line->style->form == HR__LOG_JSON;
    if (json) {
        parts->object = hr__log_keys_object(parts->place->line->keys);
        *out++ = '{';
    }
    out = type == HR_LOG_GROUP ? put_group(out, parts, data, end)
                               : put_failure(out, parts, data, end);
    if (json) *out++ = '}';
    return out;
}

char *hr__log_put_field(char *out, const struct hr__log_place *place, uint8_t type,
                        const char *data, const char *end) {
    enum hr__log_form form = place->line->style->form;
    bool json = form == HR__LOG_JSON, strings = false;
    struct array array = {0};
    if (type == HR_LOG_ARRAY) {
        array = read_array(data, end);
        strings = !json && array.element == HR_LOG_STRING && array.count > 0;
    }
    bool empty = type == HR_LOG_GROUP && hr__log_read_word(data) == 0;
    bool several = !empty && (type == HR_LOG_GROUP || type == HR_LOG_FAILURE);
    struct parts parts = {.place = place};
    if (json || (!several && !strings)) {
        struct hr__log_shown shown;
        out = place->before.size ? hr__log_copy_slice(out, place->before)
                                 : hr__log_put_key(out, place->line, place->key, &shown);
        place->line->any = true;
    }
    if (empty) return LITERAL(out, "{}");
    if (strings) return put_strings(out, &parts, array);
    if (type == HR_LOG_ARRAY) return put_array(out, form, array);
    return several ? put_several(out, &parts, type, data, end)
                   : put_simple(out, form, type, data, end);
}
