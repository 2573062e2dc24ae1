/* Reads records out of a ring. The ring may be one of a process that was killed, or a file that
 * somebody else wrote, so nothing is believed before it is checked. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "log_record.h"

static uint8_t type_of(const struct hr__log_record *record, uint32_t index) {
    return (uint8_t)record->at[HR_LOG_TYPES_AT + index];
}

int hr__log_cursor_free(struct hr__log_cursor *cursor, const struct hr__log_record *record,
                        struct hr__log_read_string *message) {
    const char *at = record->at + HR_LOG_HEAD_BYTES, *end = record->at + record->size;
    if (hr__log_read_string(&at, end, message) != 0 || end - at < 8) return -EBADMSG;
    *cursor = (struct hr__log_cursor){
        .at = at + 8, .end = end, .record = record, .count = hr__log_read_word(at)};
    return 0;
}

int hr__log_read_string(const char **at, const char *end, struct hr__log_read_string *string) {
    assert(*at <= end);
    uint32_t word;
    if (end - *at < 8) return -EBADMSG;
    memcpy(&word, *at, 4);
    uint32_t size = word & ((UINT32_C(1) << HR_LOG_STRING_FLAGS) - 1);
    uint32_t flags = word >> HR_LOG_STRING_FLAGS;
    if (size > HR_LOG_RECORD_MAX || hr_log_padded_(size + 4) > (uint64_t)(end - *at))
        return -EBADMSG;
    string->text = hr_slice_bytes(*at + 4, size);
    string->cut = flags & HR_LOG_CUT;
    string->none = flags & HR_LOG_NONE;
    *at += hr_log_padded_(size + 4);
    return 0;
}

static int skip_words(const char **at, const char *end, uint64_t count) {
    if (count > (uint64_t)(end - *at) / 8) return -EBADMSG;
    *at += count * 8;
    return 0;
}

static int skip_string(const char **at, const char *end) {
    struct hr__log_read_string string;
    return hr__log_read_string(at, end, &string);
}

/* An array: a word with count and type of its elements, then these. */
static int skip_array(const char **at, const char *end) {
    if (end - *at < 8) return -EBADMSG;
    uint64_t word = hr__log_read_word(*at);
    uint32_t count = (uint32_t)word;
    *at += 8;
    if ((uint8_t)(word >> 32) != HR_LOG_STRING) return skip_words(at, end, count);
    int err = 0;
    for (uint32_t i = 0; i < count && !err; i++) err = skip_string(at, end);
    return err;
}

/* A value of a kind that may stand in a group. */
static int skip_simple(const char **at, const char *end, uint8_t type) {
    switch (type) {
    case HR_LOG_NULL:
    case HR_LOG_SECRET:
        return 0;
    case HR_LOG_BOOL:
    case HR_LOG_I64:
    case HR_LOG_U64:
    case HR_LOG_DOUBLE:
    case HR_LOG_POINTER:
    case HR_LOG_ERRNO:
        return skip_words(at, end, 1);
    case HR_LOG_STRING:
    case HR_LOG_BYTES:
        return skip_string(at, end);
    case HR_LOG_ARRAY:
        return skip_array(at, end);
    case HR_LOG_FAILURE: {
        int err = skip_words(at, end, 1);
        if (!err) err = skip_string(at, end);
        if (!err) err = skip_string(at, end);
        if (!err && end - *at < 8) err = -EBADMSG;
        if (err) return err;
        uint64_t count = hr__log_read_word(*at);
        *at += 8;
        return skip_words(at, end, count);
    }
    default:
        return -EBADMSG;
    }
}

int hr__log_skip_value(const char **at, const char *end, uint8_t type) {
    if (type != HR_LOG_GROUP) return skip_simple(at, end, type);
    if (end - *at < 8) return -EBADMSG;
    uint64_t count = hr__log_read_word(*at);
    *at += 8;
    int err = 0;
    for (uint64_t i = 0; i < count && !err; i++) {
        err = skip_string(at, end);
        if (!err && end - *at < 8) err = -EBADMSG;
        if (err) return err;
        uint8_t inner = (uint8_t) * *at;
        *at += 8;
        err = skip_simple(at, end, inner);
    }
    return err;
}

/* Reads a field that has its key in front. */
static int next_keyed(struct hr__log_cursor *cursor, struct hr__log_read_field *field) {
    assert(cursor->at <= cursor->end);
    struct hr__log_read_string key;
    int err = hr__log_read_string(&cursor->at, cursor->end, &key);
    if (err || cursor->end - cursor->at < 8) return -EBADMSG;
    field->key = key.text;
    field->type = (uint8_t)*cursor->at;
    field->data = cursor->at + 8;
    cursor->at += 8;
    return hr__log_skip_value(&cursor->at, cursor->end, field->type);
}

static int next_own(struct hr__log_cursor *cursor, struct hr__log_read_field *field) {
    assert(cursor->at <= cursor->end);
    if (!cursor->site) return next_keyed(cursor, field);
    if (cursor->index >= cursor->site->count) return -EBADMSG;
    field->key = cursor->site->keys[cursor->index];
    field->type = type_of(cursor->record, (uint32_t)cursor->index);
    field->data = cursor->at;
    return hr__log_skip_value(&cursor->at, cursor->end, field->type);
}

enum { BLOCKS = 2 }; /* stages of a cursor before the numbers */

/* Opens the next block of bound fields. 1; 0: there is none; -EBADMSG. */
static int next_block(struct hr__log_cursor *cursor) {
    assert(cursor->block_left == 0);
    static const uint32_t blocks[] = {HR_LOG_RECORD_BOUND, HR_LOG_RECORD_CONTEXT};
    while (cursor->stage < BLOCKS) {
        uint32_t flag = blocks[cursor->stage++];
        if (!(hr__log_record_flags(cursor->record) & flag)) continue;
        if (cursor->end - cursor->at < 8) return -EBADMSG;
        cursor->block_left = hr__log_read_word(cursor->at);
        cursor->at += 8;
        if (cursor->block_left) return 1;
    }
    return 0;
}

/* Reads the next of the numbers behind the blocks, which have their keys here. */
static int next_number(struct hr__log_cursor *cursor, struct hr__log_read_field *field) {
    assert(cursor->stage >= BLOCKS && cursor->at <= cursor->end);
    static const struct {
        uint32_t flag;
        uint8_t type;
        const char *key;
    } numbers[] = {{HR_LOG_RECORD_LEFT_OUT, HR_LOG_U64, "left_out"},
                   {HR_LOG_RECORD_KEPT, HR_LOG_DOUBLE, "ago_ms"}};
    while (cursor->stage < BLOCKS + sizeof numbers / sizeof *numbers) {
        unsigned index = cursor->stage++ - BLOCKS;
        if (!(hr__log_record_flags(cursor->record) & numbers[index].flag)) continue;
        field->key = hr_slice_of(numbers[index].key);
        field->type = numbers[index].type;
        field->data = cursor->at;
        return skip_words(&cursor->at, cursor->end, 1) ? -EBADMSG : 1;
    }
    return 0;
}

int hr__log_cursor_next(struct hr__log_cursor *cursor, struct hr__log_read_field *field) {
    if (cursor->index < cursor->count) {
        int err = next_own(cursor, field);
        cursor->index++;
        return err ? err : 1;
    }
    if (cursor->block_left == 0) {
        int found = next_block(cursor);
        if (found < 0) return found;
        if (found == 0) return next_number(cursor, field);
    }
    cursor->block_left--;
    int err = next_keyed(cursor, field);
    return err ? err : 1;
}
