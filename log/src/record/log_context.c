/* Fields that a program binds to a thread, among them the ids of a trace. */
#include <errno.h>

#include <base/reserved.h>
#include <headrace/log_context.h>

#include "log_context_stack.h"
#include "log_producer.h"

enum { DIGITS_MAX = 32 };

/* ---- Ids of a trace: lower-case digits, as many as the standard has. */

struct id {
    const char *key;
    unsigned digits;
};
static const struct id ids[] = {{"trace_id", 32}, {"span_id", 16}, {"trace_flags", 2}};

static const struct id *id_of(struct hr_slice key) {
    for (unsigned i = 0; i < sizeof ids / sizeof *ids; i++)
        if (hr_slice_equal(hr_slice_of(ids[i].key), key)) return &ids[i];
    return NULL;
}

static int digit_of(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool text_to_digits(struct hr_slice text, char out[DIGITS_MAX]) {
    for (size_t i = 0; i < text.size; i++) {
        int digit = digit_of(text.data[i]);
        if (digit < 0) return false;
        out[i] = "0123456789abcdef"[digit];
    }
    return true;
}

/* The value of an id in the standard's form; a value that is no id stays as it is. */
static struct hr_log_value id_value(const struct id *id, struct hr_log_value value,
                                    char out[DIGITS_MAX]) {
    struct hr_slice data = hr_slice_bytes((const char *)(uintptr_t)value.bits, value.size);
    switch (value.type) {
    case HR_LOG_STRING:
        if (data.size != id->digits || !text_to_digits(data, out)) return value;
        break;
    case HR_LOG_I64:
    case HR_LOG_U64:
        if (id->digits < 16 && value.bits >> (4 * id->digits)) return value;
        for (unsigned i = 0; i < id->digits; i++) {
            unsigned shift = 4 * (id->digits - 1 - i);
            out[i] = "0123456789abcdef"[shift < 64 ? value.bits >> shift & 15 : 0];
        }
        break;
    default:
        return value; /* BYTES are written so anyhow */
    }
    return hr_log_of_slice(hr_slice_bytes(out, id->digits));
}

/* ---- Pushing and popping. */

/* The macros' short way is closed while anything is bound. */
static void show_size(void) {
    const struct hr__log_block *block = hr__log_context();
    hr__log_thread_set_context(block ? block->size : 0);
}

static int push(const struct hr_log_field *fields, unsigned count) {
    int err = hr__log_thread_keep();
    if (err) return err;
    int depth = hr__log_context_put(fields, count);
    if (depth > 0) show_size();
    return depth;
}

int hr_log_context_push(const struct hr_log_field *fields, unsigned count) {
    if (count && !fields) return -EINVAL;
    if (count > HR_LOG_ELEMENTS_MAX) return -E2BIG;
    char digits[sizeof ids / sizeof *ids][DIGITS_MAX];
    struct hr_log_field written[HR_LOG_ELEMENTS_MAX];
    unsigned seen = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct id *id = id_of(fields[i].key);
        written[i] = fields[i];
        if (id && !(seen & 1u << (id - ids)))
            written[i].value = id_value(id, fields[i].value, digits[id - ids]);
        if (id) seen |= 1u << (id - ids);
    }
    return push(written, count);
}

void hr_log_context_pop(int depth) {
    if (hr__log_context_drop(depth)) show_size();
}

/* ---- traceparent: version-trace_id-span_id-flags. */

static bool read_hex(const char *text, unsigned bytes, uint8_t *out) {
    for (unsigned i = 0; i < 2 * bytes; i++) {
        int digit = text[i] >= 'A' && text[i] <= 'F' ? -1 : digit_of(text[i]);
        if (digit < 0) return false;
        out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | digit : digit << 4);
    }
    return true;
}

int hr_log_trace_parse(struct hr_slice traceparent, struct hr_log_trace *trace) {
    enum { SIZE = 55, TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53 };
    const char *text = traceparent.data;
    struct hr_log_trace read = {.flags = 0};
    uint8_t version;
    if (!trace || traceparent.size < SIZE || !read_hex(text, 1, &version)) return -EINVAL;
    if (version == 0xff || (version == 0 && traceparent.size != SIZE)) return -EINVAL;
    if (traceparent.size > SIZE && text[SIZE] != '-') return -EINVAL;
    if (text[TRACE_AT - 1] != '-' || text[SPAN_AT - 1] != '-' || text[FLAGS_AT - 1] != '-' ||
        !read_hex(text + TRACE_AT, sizeof read.trace_id, read.trace_id) ||
        !read_hex(text + SPAN_AT, sizeof read.span_id, read.span_id) ||
        !read_hex(text + FLAGS_AT, 1, &read.flags))
        return -EINVAL;
    if (hr__is_zero(read.trace_id, sizeof read.trace_id) ||
        hr__is_zero(read.span_id, sizeof read.span_id))
        return -EINVAL;
    *trace = read;
    return 0;
}

int hr_log_trace_push(const struct hr_log_trace *trace) {
    if (!trace) return -EINVAL;
    const struct hr_log_field fields[] = {
        {hr_slice_of("trace_id"), hr_log_of_bytes(trace->trace_id, sizeof trace->trace_id)},
        {hr_slice_of("span_id"), hr_log_of_bytes(trace->span_id, sizeof trace->span_id)},
        {hr_slice_of("trace_flags"), hr_log_of_bytes(&trace->flags, 1)},
    };
    return push(fields, 3);
}
