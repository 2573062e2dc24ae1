/* Reading a trace. */
#include "trace.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#define HEAD        "time,operation,key,size"
#define HEAD_HTTP   "time,method,path,size"
#define NANO_DIGITS 9
#define SECOND_NS   1000000000u
#define SHOWN       60
#define SLOTS_LEAST 16u

struct reading {
    struct perf_trace *trace;
    uint32_t line; /* from 1 */
    char *why;
    size_t why_size;
};

__attribute__((format(printf, 2, 3))) static int refuse(const struct reading *reading,
                                                        const char *format, ...) {
    int size = snprintf(reading->why, reading->why_size, "line %u: ", reading->line);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reading->why + size, reading->why_size - (size_t)size, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

static int shown(struct hr_slice text) {
    return (int)(text.size < SHOWN ? text.size : SHOWN);
}

/* "12.345678" into nanoseconds; digits beyond the ninth are left out. */
static int read_time(struct hr_slice text, uint64_t *time_ns) {
    struct hr_slice whole;
    uint64_t seconds = 0, fraction = 0;
    bool point = text.size && memchr(text.data, '.', text.size);
    if (!hr_slice_cut(&text, '.', &whole) ||
        hr_text_u64(whole, PERF_TRACE_TIME_MAX, &seconds) != 0 || (point && text.size == 0))
        return -1;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9') return -1;
    for (size_t i = 0; i < NANO_DIGITS; i++)
        fraction = fraction * 10 + (i < text.size ? (uint64_t)(text.data[i] - '0') : 0);
    *time_ns = seconds * SECOND_NS + fraction;
    return 0;
}

static bool is_head(struct hr_slice line) {
    return hr_slice_equal(line, hr_slice_of(HEAD)) || hr_slice_equal(line, hr_slice_of(HEAD_HTTP));
}

static int read_kind(struct hr_slice text, enum perf_kind *kind) {
    for (unsigned i = 0; i < PERF_TRACE_KINDS; i++) {
        if (!hr_slice_equal_nocase(text, hr_slice_of(perf_kind_names[i]))) continue;
        *kind = (enum perf_kind)i;
        return 0;
    }
    return -1;
}

/* FNV-1a (Fowler, Noll, Vo). */
static uint64_t hash(struct hr_slice text) {
    uint64_t value = 0xcbf29ce484222325u;
    for (size_t i = 0; i < text.size; i++)
        value = (value ^ (unsigned char)text.data[i]) * 0x100000001b3u;
    return value;
}

/* The key's index, a new one where it comes for the first time. There is room: a slot more than
 * twice as many as lines. */
static uint32_t intern(struct perf_trace *trace, struct hr_slice name) {
    uint64_t at = hash(name) % trace->slot_count;
    for (; trace->slots[at]; at = (at + 1) % trace->slot_count) {
        const struct perf_trace_key *key = &trace->keys[trace->slots[at] - 1];
        if (hr_slice_equal(hr_slice_bytes(key->name, key->size), name)) return trace->slots[at] - 1;
    }
    trace->keys[trace->key_count] = (struct perf_trace_key){
        .name = name.data, .size = (uint32_t)name.size, .first = trace->count};
    trace->slots[at] = ++trace->key_count;
    return trace->key_count - 1;
}

static int read_size(const struct reading *reading, struct hr_slice text,
                     struct perf_trace_entry *entry) {
    entry->size = PERF_TRACE_ANY_SIZE;
    if (text.size == 0 && entry->kind != PERF_PUT) return 0;
    if (text.size == 0) return refuse(reading, "a put needs a size");
    if (hr_text_u64(text, PERF_TRACE_SIZE_MAX, &entry->size) == 0) return 0;
    return refuse(reading, "'%.*s' is no size in bytes, up to %llu", shown(text), text.data,
                  PERF_TRACE_SIZE_MAX);
}

/* Cuts a line at its commas. */
static int cut_fields(const struct reading *reading, struct hr_slice line,
                      struct hr_slice field[4]) {
    size_t count = 0;
    for (const char *at = line.data, *end = line.data + line.size; at <= end && count <= 4;) {
        const char *comma = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;
        if (!comma) comma = end;
        if (count < 4) field[count] = hr_slice_trim(hr_slice_bytes(at, (size_t)(comma - at)));
        count++;
        at = comma + 1;
    }
    if (count == 3) field[count++] = hr_slice_bytes("", 0);
    return count == 4 ? 0 : refuse(reading, "4 fields are wanted: %s", HEAD);
}

static int read_fields(const struct reading *reading, const struct hr_slice field[4],
                       struct perf_trace_entry *entry) {
    const struct perf_trace *trace = reading->trace;
    struct hr_slice key = field[2];
    if (read_time(field[0], &entry->due_ns) != 0)
        return refuse(reading, "'%.*s' is no time in seconds, as 12.345", shown(field[0]),
                      field[0].data);
    if (trace->count > 0 && entry->due_ns < trace->entries[trace->count - 1].due_ns)
        return refuse(reading, "the time %.*s is before that of the line above: sort the trace",
                      shown(field[0]), field[0].data);
    if (read_kind(field[1], &entry->kind) != 0)
        return refuse(reading, "'%.*s' is no operation; there are put, get, head, list and delete",
                      shown(field[1]), field[1].data);
    if (key.size == 0 || key.size > PERF_TRACE_KEY_MAX)
        return refuse(reading, "a key has 1 to %d bytes", PERF_TRACE_KEY_MAX);
    if (memchr(key.data, '"', key.size) || memchr(key.data, '\0', key.size))
        return refuse(reading, "a key has no quote and no zero byte");
    return read_size(reading, field[3], entry);
}

static int read_line(const struct reading *reading, struct hr_slice line) {
    struct perf_trace *trace = reading->trace;
    struct perf_trace_entry entry = {.due_ns = 0};
    struct hr_slice field[4];
    if (trace->count == PERF_TRACE_LINES_MAX)
        return refuse(reading, "there are more than %u lines", PERF_TRACE_LINES_MAX);
    int err = cut_fields(reading, line, field);
    if (!err) err = read_fields(reading, field, &entry);
    if (err) return err;
    entry.key = intern(trace, field[2]);
    struct perf_trace_key *key = &trace->keys[entry.key];
    if (entry.size != PERF_TRACE_ANY_SIZE && entry.size > key->bytes) key->bytes = entry.size;
    trace->kinds[entry.kind]++;
    trace->entries[trace->count++] = entry;
    return 0;
}

static int read_lines(struct reading *reading, struct hr_slice rest) {
    struct hr_slice line;
    while (hr_slice_cut(&rest, '\n', &line)) {
        reading->line++;
        if (line.size && line.data[line.size - 1] == '\r') line.size--;
        line = hr_slice_trim(line);
        if (line.size == 0 || (reading->line == 1 && is_head(line))) continue;
        int err = read_line(reading, line);
        if (err) return err;
    }
    return reading->trace->count ? 0 : refuse(reading, "the trace has no operation");
}

/* The entries behind the last: what each key is before its first one. */
static void add_fills(struct perf_trace *trace, uint64_t fill_bytes) {
    for (uint32_t i = 0; i < trace->key_count; i++) {
        struct perf_trace_key *key = &trace->keys[i];
        struct perf_trace_entry *fill = &trace->entries[trace->count + i];
        *fill = (struct perf_trace_entry){
            .size = trace->entries[key->first].size, .key = i, .kind = PERF_PUT};
        if (fill->size == PERF_TRACE_ANY_SIZE) fill->size = fill_bytes;
        if (fill->size > key->bytes) key->bytes = fill->size;
        if (key->bytes > trace->largest) trace->largest = key->bytes;
    }
}

static uint32_t count_lines(const char *text, size_t size) {
    uint32_t count = 1;
    for (size_t i = 0; i < size && count <= PERF_TRACE_LINES_MAX; i++) count += text[i] == '\n';
    return count;
}

int perf_trace_read(struct perf_trace *trace, const char *text, size_t size, uint64_t fill_bytes,
                    char *why, size_t why_size) {
    uint32_t lines = count_lines(text, size);
    struct reading reading = {.trace = trace, .why = why, .why_size = why_size};
    *trace = (struct perf_trace){.slot_count = 2 * lines + SLOTS_LEAST};
    trace->entries = calloc(2 * (size_t)lines, sizeof *trace->entries);
    trace->keys = calloc(lines, sizeof *trace->keys);
    trace->slots = calloc(trace->slot_count, sizeof *trace->slots);
    int err = !trace->entries || !trace->keys || !trace->slots
                  ? -ENOMEM
                  : read_lines(&reading, hr_slice_bytes(text, size));
    if (err)
        perf_trace_free(trace);
    else
        add_fills(trace, fill_bytes);
    return err;
}

void perf_trace_free(struct perf_trace *trace) {
    free(trace->entries);
    free(trace->keys);
    free(trace->slots);
    *trace = (struct perf_trace){.count = 0};
}

uint32_t perf_trace_due(const struct perf_trace *trace, uint64_t time_ns) {
    uint32_t low = 0, high = trace->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (trace->entries[middle].due_ns <= time_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
