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

/* Bytewise order: negative, 0 or positive as memcmp; a prefix comes first. */
static inline int hr_slice_compare(struct hr_slice a, struct hr_slice b) {
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size > 0 ? memcmp(a.data, b.data, size) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* Without the blanks and tabs at either end (optional white space, RFC 9110 5.6.3). */
static inline struct hr_slice hr_slice_trim(struct hr_slice text) {
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = hr_slice_bytes(text.data + 1, text.size - 1);
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* Cuts the part before the next separator, or all where there is none, off the front of `rest`, and
 * the separator too. Returns whether there was anything left: a list "a,b" has two parts, "a," one,
 * "" none. */
static inline bool hr_slice_cut(struct hr_slice *rest, char separator, struct hr_slice *part) {
    if (rest->size == 0) return false;
    const char *at = (const char *)memchr(rest->data, separator, rest->size);
    size_t size = at ? (size_t)(at - rest->data) : rest->size;
    size_t past = at ? size + 1 : size;
    *part = hr_slice_bytes(rest->data, size);
    *rest = hr_slice_bytes(rest->data + past, rest->size - past);
    return true;
}

#ifdef __cplusplus
}
#endif

#endif
