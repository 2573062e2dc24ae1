/* Formatting: a record out of a ring becomes a line in the style of a sink. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "log_format.h"
#include "log_out.h"

int hr__log_formatter_open(struct hr__log_formatter *formatter, const struct hr__log_style *style,
                           const struct hr__log_dictionary *dictionary,
                           struct hr__log_ticks *ticks) {
    *formatter = (struct hr__log_formatter){
        .style = *style, .dictionary = dictionary, .ticks = ticks, .quick = UINT64_MAX};
    formatter->chunks = (HR_LOG_SITE_MAX + 1) / HR_LOG_CHUNK / 256;
    formatter->layouts = calloc(formatter->chunks, sizeof *formatter->layouts);
    int err = formatter->layouts ? hr__log_keys_open(&formatter->keys) : -ENOMEM;
    if (err) hr__log_formatter_close(formatter);
    return err;
}

int hr__log_formatter_open_safe(struct hr__log_formatter *formatter,
                                const struct hr__log_style *style,
                                const struct hr__log_dictionary *dictionary,
                                struct hr__log_ticks *ticks, struct hr__log_arena *arena) {
    int err = hr__log_formatter_open(formatter, style, dictionary, ticks);
    if (err) return err;
    hr__log_keys_close(&formatter->keys);
    formatter->arena = arena;
    formatter->time.fixed = true;
    err = hr__log_keys_open_fixed(&formatter->keys);
    if (err) hr__log_formatter_close(formatter);
    return err;
}

void hr__log_formatter_close(struct hr__log_formatter *formatter) {
    for (uint32_t i = 0; formatter->layouts && !formatter->arena && i < formatter->chunks; i++) {
        struct hr__log_layout **chunk = formatter->layouts[i];
        for (uint32_t k = 0; chunk && k < HR_LOG_CHUNK; k++) hr__log_layout_free(chunk[k]);
        free(chunk);
    }
    free(formatter->layouts);
    formatter->layouts = NULL;
    hr__log_keys_close(&formatter->keys);
}

static struct hr__log_layout *find_layout(struct hr__log_formatter *formatter, uint32_t id) {
    if (id < HR_LOG_SITE_FIRST || id / HR_LOG_CHUNK >= formatter->chunks) return NULL;
    struct hr__log_layout ***chunk = &formatter->layouts[id / HR_LOG_CHUNK];
    if (!*chunk) *chunk = hr__log_arena_take(formatter->arena, HR_LOG_CHUNK * sizeof **chunk);
    if (!*chunk) return NULL;
    struct hr__log_layout **layout = &(*chunk)[id % HR_LOG_CHUNK];
    if (*layout) return *layout;
    const struct hr__log_site *site = hr__log_site_find(formatter->dictionary, id);
    if (site)
        *layout = hr__log_layout_new(&formatter->style, site, &formatter->keys, formatter->arena);
    if (*layout) __atomic_store_n(&formatter->misses, formatter->misses + 1, __ATOMIC_RELAXED);
    assert(!*layout || (*layout)->site == site);
    return *layout;
}

/* The layout of a site, made at its first record. NULL: no memory, or no such site. */
static struct hr__log_layout *layout_of(struct hr__log_formatter *formatter, uint32_t id) {
    if (formatter->last_site == id && formatter->last) return formatter->last;
    formatter->last_site = id;
    formatter->last = find_layout(formatter, id);
    assert(!formatter->last || formatter->last->site->id == id);
    formatter->quick = UINT64_MAX;
    return formatter->last;
}

static bool is_several(uint8_t type) {
    return type == HR_LOG_ARRAY || type == HR_LOG_GROUP || type == HR_LOG_FAILURE;
}

/* Whether the layout of the record's site has all keys of its line. */
static bool has_plain_keys(const struct hr__log_record *record) {
    if (hr__log_record_flags(record) || hr__log_record_site(record) < HR_LOG_SITE_FIRST)
        return false;
    for (uint32_t i = 0; i < record->count; i++)
        if (is_several((uint8_t)record->at[HR_LOG_TYPES_AT + i])) return false;
    return true;
}

/* Begins to read the fields. 0; -EBADMSG: they cannot be read. */
static int open_cursor(const struct hr__log_formatter *formatter,
                       const struct hr__log_record *record, struct hr__log_cursor *cursor,
                       struct hr__log_read_string *message) {
    if (hr__log_record_site(record) == HR_LOG_SITE_FREE)
        return hr__log_cursor_free(cursor, record, message);
    const struct hr__log_site *site =
        hr__log_site_find(formatter->dictionary, hr__log_record_site(record));
    if (!site) return -EBADMSG;
    hr__log_cursor_init(cursor, record, site);
    return 0;
}

/* The most bytes of keys that are repeated with each part of a value. */
static size_t repeated_keys(struct hr__log_formatter *formatter,
                            const struct hr__log_record *record,
                            const struct hr__log_layout *layout) {
    struct hr__log_cursor cursor;
    struct hr__log_read_field field;
    struct hr__log_read_string message;
    size_t bytes = 0;
    if (open_cursor(formatter, record, &cursor, &message) != 0) return 0;
    for (uint32_t i = 0; hr__log_cursor_next(&cursor, &field) > 0; i++) {
        if (!is_several(field.type)) continue;
        bool own = layout && i < record->count && i < HR_LOG_FIELDS_MAX;
        size_t key = own ? layout->plain_keys[i].size : field.key.size;
        bytes += ((size_t)(cursor.at - field.data) / 8 + 1) * HR_LOG_ESCAPE_GROWTH * key;
    }
    return bytes;
}

/* Each part of a value takes at least 8 bytes of the record, or it takes none and its key has a
 * word of its own. */
size_t hr__log_format_bound_of(struct hr__log_formatter *formatter,
                               const struct hr__log_record *record) {
    uint64_t misses = formatter->misses;
    const struct hr__log_layout *layout = layout_of(formatter, hr__log_record_site(record));
    if (layout && misses == formatter->misses)
        __atomic_store_n(&formatter->hits, formatter->hits + 1, __ATOMIC_RELAXED);
    struct hr_slice name = hr__log_name_find(formatter->dictionary, hr__log_record_name(record));
    size_t parts = record->size / 8 + record->count;
    size_t keys = has_plain_keys(record) ? 0 : repeated_keys(formatter, record, layout);
    size_t heading = layout ? layout->bytes : 512;
    return heading + keys + HR_LOG_TIME_BYTES + HR_LOG_AHEAD +
           HR_LOG_ESCAPE_GROWTH * (record->size + name.size) + parts * HR_LOG_PART_BYTES;
}

/* Notes how many ticks from these on have the same text. n ticks take at most n * rate / 2^32 + 1
 * ns, as both times are rounded down. */
static void keep_time(struct hr__log_formatter *formatter, uint64_t ticks, uint64_t wall_ns) {
    assert(wall_ns - formatter->time.from_ns < formatter->time.span_ns);
    const struct hr__log_time_cache *time = &formatter->time;
    uint64_t left = time->from_ns + time->span_ns - wall_ns, rate = formatter->ticks->rate;
    formatter->time_from = ticks;
    formatter->time_base = formatter->ticks->base_ticks;
    formatter->time_span = left > 2 && rate ? ((left - 2) << 32) / rate : 0;
}

static __attribute__((noinline)) char *put_time_anew(struct hr__log_formatter *formatter,
                                                     uint64_t ticks, char *out) {
    uint64_t wall_ns = hr__log_wall_ns(formatter->ticks, ticks);
    out = hr__log_put_time(out, &formatter->time, &formatter->style.time, wall_ns);
    keep_time(formatter, ticks, wall_ns);
    return out;
}

static inline char *put_time(struct hr__log_formatter *formatter,
                             const struct hr__log_record *record, char *out) {
    const struct hr__log_time_cache *time = &formatter->time;
    if (record->ticks - formatter->time_from >= formatter->time_span ||
        formatter->time_base != formatter->ticks->base_ticks)
        return put_time_anew(formatter, record->ticks, out);
    memcpy(out, time->whole, sizeof time->whole);
    return out + time->whole_size;
}

/* Time, name and the text around them, of a record that has its heading in itself. */
static char *put_heading(struct hr__log_formatter *formatter, const struct hr__log_record *record,
                         const struct hr__log_heading *heading, char *out) {
    out = hr__log_put_before_time(out, &formatter->style);
    out = put_time(formatter, record, out);
    out = hr__log_put_before_name(out, &formatter->style, heading);
    out = hr__log_put_name(out, &formatter->style,
                           hr__log_name_find(formatter->dictionary, hr__log_record_name(record)));
    return hr__log_put_after_name(out, &formatter->style, heading);
}

static struct hr__log_line begin_line(struct hr__log_formatter *formatter) {
    struct hr__log_line line = {.style = &formatter->style, .keys = &formatter->keys};
    hr__log_line_begin(&line);
    return line;
}

static char *put_number(char *out, struct hr__log_line *line, const char *key, uint64_t number) {
    struct hr__log_shown shown;
    out = hr__log_put_key(out, line, hr_slice_of(key), &shown);
    return hr__log_put_u64(out, number);
}

/* The line of a record of drops: how many of which level, and over how long. */
static char *format_dropped(struct hr__log_formatter *formatter,
                            const struct hr__log_record *record, char *out) {
    static const char *const keys[] = {"dropped",         "dropped_lower",   "dropped_debug",
                                       "dropped_info",    "dropped_warning", "dropped_error",
                                       "dropped_critical"};
    struct hr__log_heading heading = {.level = 30, .message = hr_slice_of("records dropped")};
    if (record->size < HR_LOG_HEAD_BYTES + 9 * 8) return out;
    const char *at = record->at + HR_LOG_HEAD_BYTES;
    struct hr__log_line line = begin_line(formatter);
    out = put_heading(formatter, record, &heading, out);
    for (unsigned i = 0; i < 7; i++) {
        uint64_t number = hr__log_read_word(at + 8 * i);
        if (i == 0 || number) out = put_number(out, &line, keys[i], number);
    }
    uint64_t first = hr__log_wall_ns(formatter->ticks, hr__log_read_word(at + 56));
    uint64_t last = hr__log_wall_ns(formatter->ticks, hr__log_read_word(at + 64));
    out = put_number(out, &line, "span_ms", (last - first) / 1000000);
    return hr__log_put_line_end(out, &formatter->style, true);
}

/* Writes fields whose keys are all in the layout. */
static char *put_plain_fields(char *out, const struct hr__log_layout *layout,
                              struct hr__log_line *line, struct hr__log_cursor *cursor) {
    struct hr__log_read_field field;
    for (uint64_t i = cursor->index; hr__log_cursor_next(cursor, &field) > 0; i++) {
        const struct hr__log_place place = {
            .line = line, .key = layout->plain_keys[i], .before = layout->keys[i]};
        out = hr__log_put_field(out, &place, field.type, field.data, cursor->end);
    }
    return out;
}

/* Writes fields some of whose keys are only in the record. Those of the site keep their keys. */
static char *put_fields(char *out, const struct hr__log_layout *layout, struct hr__log_line *line,
                        struct hr__log_cursor *cursor) {
    struct hr__log_read_field field;
    uint32_t own = layout ? cursor->site->count : 0;
    for (uint32_t i = 0; i < own; i++) hr__log_keys_add(line->keys, 0, layout->shown_keys[i]);
    for (uint64_t i = cursor->index; hr__log_cursor_next(cursor, &field) > 0; i++) {
        struct hr__log_place place = {.line = line, .key = field.key};
        if (i < own && i < cursor->record->count) {
            place.key = layout->plain_keys[i];
            place.before = layout->keys[i];
        }
        out = hr__log_put_field(out, &place, field.type, field.data, cursor->end);
    }
    return out;
}

/* The line of a record that has level, message and keys in itself. */
static char *format_free(struct hr__log_formatter *formatter, const struct hr__log_record *record,
                         char *out) {
    struct hr__log_cursor cursor;
    struct hr__log_read_string message;
    if (hr__log_cursor_free(&cursor, record, &message) != 0) return out;
    struct hr__log_heading heading = {
        .level = record->level, .message = message.text, .cut = message.cut};
    struct hr__log_line line = begin_line(formatter);
    out = put_heading(formatter, record, &heading, out);
    out = put_fields(out, NULL, &line, &cursor);
    return hr__log_put_line_end(out, &formatter->style, line.any);
}

/* ---- The short way, for values that most records have. */

/* Writes a string that was not cut, and moves `*at` behind it. NULL: it is not for the short way.
 */
static char *put_string(char *out, enum hr__log_form form, const char **at, const char *end) {
    uint32_t size; /* flags, which such a string has not, would make it too large */
    memcpy(&size, *at, 4);
    if (size > HR_LOG_RECORD_MAX || hr_log_padded_(size + 4) > (uint64_t)(end - *at)) return NULL;
    struct hr_slice text = hr_slice_bytes(*at + 4, size);
    bool json = form == HR__LOG_JSON;
    *at += hr_log_padded_(size + 4);
    if (!hr__log_copy_plain(out + json, text, !json)) {
        if (!json) return hr__log_put_quoted(out, text);
        *out++ = '"';
        out = hr__log_put_escaped(out, text);
        *out++ = '"';
        return out;
    }
    if (!json) return out + size;
    out[0] = out[1 + size] = '"';
    return out + size + 2;
}

/* Writes a value of eight bytes. NULL: it is not for the short way. */
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

/* Writes the fields from `index` on; the value of the first of them is at `at`. */
static __attribute__((noinline)) char *put_rest(char *out, struct hr__log_formatter *formatter,
                                                const struct hr__log_layout *layout,
                                                const struct hr__log_record *record, uint32_t index,
                                                const char *at) {
    struct hr__log_line line = {
        .style = &formatter->style, .keys = &formatter->keys, .any = index > 0};
    struct hr__log_cursor cursor;
    hr__log_cursor_init(&cursor, record, layout->site);
    cursor.index = index;
    cursor.at = at;
    if (has_plain_keys(record)) {
        out = put_plain_fields(out, layout, &line, &cursor);
    } else {
        hr__log_line_begin(&line);
        out = put_fields(out, layout, &line, &cursor);
    }
    return hr__log_put_line_end(out, &formatter->style, line.any);
}

/* Writes the fields behind the heading, on the short way as far as they are numbers and whole
 * strings.
 */
static inline char *put_all_fields(char *out, struct hr__log_formatter *formatter,
                                   const struct hr__log_layout *layout,
                                   const struct hr__log_record *record) {
    enum hr__log_form form = formatter->style.form;
    const char *types = record->at + HR_LOG_TYPES_AT, *end = record->at + record->size;
    const char *at = record->at + hr_log_head_size_(record->count);
    uint32_t count = record->count <= layout->site->count ? record->count : 0, i = 0;
    for (; i < count && end - at >= 8; i++) {
        uint8_t type = (uint8_t)types[i];
        const char *value = at;
        char *next = hr__log_copy_ahead(out, layout->keys[i]);
        if (type == HR_LOG_STRING) {
            next = put_string(next, form, &at, end);
        } else {
            next = put_word(next, type, hr__log_read_word(at));
            at += 8;
        }
        if (!next) {
            at = value;
            break;
        }
        out = next;
    }
    if (i < record->count || hr__log_record_flags(record))
        return put_rest(out, formatter, layout, record, i, at);
    return hr__log_put_line_end(out, &formatter->style, i > 0);
}

/* Writes the text between time and fields. */
static char *put_middle(struct hr__log_formatter *formatter, struct hr__log_layout *layout,
                        const struct hr__log_record *record, char *out) {
    uint16_t id = hr__log_record_name(record);
    struct hr_slice name = hr__log_name_find(formatter->dictionary, id);
    if (layout->named_id == id ||
        (!formatter->arena && hr__log_layout_name(layout, &formatter->style, id, name))) {
        formatter->quick = record->origin & HR_LOG_ORIGIN_PLAIN;
        return hr__log_copy_ahead(out, layout->named);
    }
    out = hr__log_copy_slice(out, layout->before_name);
    out = hr__log_put_name(out, &formatter->style, name);
    return hr__log_copy_slice(out, layout->after_name);
}

/* The line of a record of another call site or log than the last. */
static __attribute__((noinline)) char *
format_other(struct hr__log_formatter *formatter, const struct hr__log_record *record, char *out) {
    uint32_t site = hr__log_record_site(record);
    if (site == HR_LOG_SITE_DROPPED) return format_dropped(formatter, record, out);
    if (site == HR_LOG_SITE_FREE) return format_free(formatter, record, out);
    /* A layout for which there was no memory when the line was bounded has no room in the line now.
     */
    struct hr__log_layout *layout =
        formatter->last_site == site ? formatter->last : layout_of(formatter, site);
    if (!layout) return out;
    out = hr__log_copy_slice(out, layout->before_time);
    out = put_time(formatter, record, out);
    out = put_middle(formatter, layout, record, out);
    return put_all_fields(out, formatter, layout, record);
}

char *hr__log_format(struct hr__log_formatter *formatter, const struct hr__log_record *record,
                     char *out) {
    if (record->origin != formatter->quick) return format_other(formatter, record, out);
    const struct hr__log_layout *layout = formatter->last;
    if (formatter->style.form != HR__LOG_TEXT) out = hr__log_copy_ahead(out, layout->before_time);
    out = put_time(formatter, record, out);
    out = hr__log_copy_ahead(out, layout->named);
    return put_all_fields(out, formatter, layout, record);
}
