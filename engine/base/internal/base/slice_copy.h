/* Texts that are kept one behind the other in one piece of memory. */
#ifndef HR_BASE_SLICE_COPY_H
#define HR_BASE_SLICE_COPY_H

#include <string.h>

#include <headrace/slice.h>

/* Copies the text to `*to`, where it has room, and moves that behind it. Returns the copy. */
static inline struct hr_slice hr__slice_copy(char **to, struct hr_slice text) {
    struct hr_slice copy = hr_slice_bytes(*to, text.size);
    if (text.size > 0) memcpy(*to, text.data, text.size);
    *to += text.size;
    return copy;
}

#endif
