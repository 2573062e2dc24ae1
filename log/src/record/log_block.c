/* Fields that are bound to a log or a thread. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "log_block.h"
#include "log_encode.h"
#include "log_record.h"

static bool names(const struct hr_log_field *fields, unsigned count, struct hr_slice key) {
    for (unsigned i = 0; i < count; i++)
        if (hr_slice_equal(fields[i].key, key)) return true;
    return false;
}

/* Reads the key of the field at `at`. Returns where the next field begins. */
static const char *next_field(const char *at, const char *end, struct hr_slice *key) {
    struct hr__log_read_string text = {.cut = false};
    int err = hr__log_read_string(&at, end, &text);
    assert(!err);
    *key = text.text;
    uint8_t type = (uint8_t)*at;
    at += 8;
    err = hr__log_skip_value(&at, end, type);
    assert(!err);
    (void)err;
    return at;
}

/* Copies the fields whose keys are not among the new ones to `out` (NULL: none are copied). Returns
 * their bytes. */
static uint32_t keep(const struct hr__log_block *under, const struct hr_log_field *fields,
                     unsigned count, char *out, uint64_t *kept) {
    uint32_t size = 0;
    if (!under || !under->size) return 0;
    const char *at = under->bytes + 8, *end = under->bytes + under->size;
    while (at < end) {
        struct hr_slice key;
        const char *next = next_field(at, end, &key);
        if (!names(fields, count, key)) {
            uint32_t bytes = (uint32_t)(next - at);
            if (out) memcpy(out + size, at, bytes);
            size += bytes;
            ++*kept;
        }
        at = next;
    }
    return size;
}

int hr__log_block_new(const struct hr__log_block *under, const struct hr_log_field *fields,
                      unsigned count, const struct hr__log_block_limits *limits,
                      struct hr__log_block **block) {
    uint64_t all = count, kept = 0;
    uint64_t under_size = keep(under, fields, count, NULL, &all), size = 8 + under_size;
    for (unsigned i = 0; i < count && size <= limits->bytes_max; i++)
        size += hr__log_field_size(&fields[i], limits->string_bytes);
    if (size > limits->bytes_max) return -E2BIG;
    struct hr__log_block *made = calloc(1, sizeof *made + (size_t)size);
    if (!made) return -ENOMEM;
    made->size = all ? (uint32_t)size : 0;
    memcpy(made->bytes, &all, 8);
    keep(under, fields, count, made->bytes + 8, &kept);
    char *at = made->bytes + 8 + under_size;
    for (unsigned i = 0; i < count; i++)
        at = hr__log_field_put(at, &fields[i], limits->string_bytes);
    assert(at == made->bytes + size);
    *block = made;
    return 0;
}
