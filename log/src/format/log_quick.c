/* Numbers and plain strings of a call site: the short way through the fields of a record. */
#include <math.h>

#include "log_format.h"
#include "log_out.h"

/* A string that is all there, not cut, and needs no escapes; NULL: it is none. `*at` moves on. */
static char *put_string(char *out, enum hr__log_form form, const char **at, const char *end) {
    uint32_t size; /* with flags, which a quick one has not */
    memcpy(&size, *at, 4);
    if (size > HR_LOG_RECORD_MAX || hr_log_padded_(size + 4) > (uint64_t)(end - *at)) return NULL;
    struct hr_slice text = hr_slice_bytes(*at + 4, size);
    bool json = form == HR__LOG_JSON;
    if (!json && size == 0) return NULL;
    if (!hr__log_copy_plain(out + json, text, !json)) return NULL;
    *at += hr_log_padded_(size + 4);
    if (!json) return out + size;
    out[0] = out[1 + size] = '"';
    return out + size + 2;
}

/* One value of eight bytes; NULL: it is not for the short way. */
static char *put_word(char *out, uint8_t type, uint64_t word) {
    double number;
    switch (type) {
    case HR_LOG_I64:
        return hr__log_put_i64(out, (int64_t)word);
    case HR_LOG_U64:
        return hr__log_put_u64(out, word);
    case HR_LOG_BOOL:
        return word ? hr__log_copy(out, "true", 4) : hr__log_copy(out, "false", 5);
    case HR_LOG_DOUBLE:
        memcpy(&number, &word, 8);
        return isfinite(number) ? hr__log_put_double(out, number) : NULL;
    default:
        return NULL;
    }
}

char *hr__log_put_quick(char *out, const struct hr__log_layout *layout, enum hr__log_form form,
                        struct hr__log_cursor *cursor) {
    const struct hr__log_record *record = cursor->record;
    const char *at = cursor->at, *end = cursor->end;
    uint32_t count = record->count <= layout->site->count ? record->count : 0, i = 0;
    for (; i < count && end - at >= 8; i++) {
        uint8_t type = (uint8_t)record->at[HR_LOG_TYPES_AT + i];
        char *value = hr__log_copy_ahead(out, layout->keys[i]);
        if (type == HR_LOG_STRING) {
            value = put_string(value, form, &at, end);
        } else {
            value = put_word(value, type, hr__log_read_word(at));
            at += 8;
        }
        if (!value) break;
        out = value;
        cursor->at = at;
    }
    cursor->index = i;
    return out;
}
