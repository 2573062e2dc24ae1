/* A slice: bytes that somebody else owns. Not NUL-terminated. */
#ifndef HEADRACE_SLICE_H
#define HEADRACE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hr_slice {
    const char *data; /* may be NULL when size is 0 */
    size_t size;
};

static inline struct hr_slice hr_slice_bytes(const char *data, size_t size) {
    struct hr_slice slice;
    slice.data = data;
    slice.size = size;
    return slice;
}

/* A NUL-terminated string as a slice; NULL gives the empty slice. */
static inline struct hr_slice hr_slice_of(const char *text) {
    return hr_slice_bytes(text, text ? strlen(text) : 0);
}

static inline bool hr_slice_equal(struct hr_slice a, struct hr_slice b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* ASCII letters compare without case, all other bytes exactly (header names, RFC 9110 5.1). */
static inline bool hr_slice_equal_nocase(struct hr_slice a, struct hr_slice b) {
    if (a.size != b.size) return false;
    for (size_t i = 0; i < a.size; i++) {
        unsigned char x = (unsigned char)a.data[i], y = (unsigned char)b.data[i];
        if (x == y) continue;
        /* A letter and its capital differ by one bit. */
        if ((x ^ y) != 0x20 || (unsigned char)((x | 0x20) - 'a') > 25) return false;
    }
    return true;
}

#ifdef __cplusplus
}
#endif

#endif
