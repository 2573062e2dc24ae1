/* Members that structs of a caller keep for later versions. They are zero, so that a program built
 * against a later header is refused where it asks for something that this version does not know. */
#ifndef HR_BASE_RESERVED_H
#define HR_BASE_RESERVED_H

#include <stdbool.h>
#include <stddef.h>

#include <headrace/error.h>

/* The `reserved` of one struct. */
struct hr_reserved {
    const char *of; /* the struct's name, without "struct" */
    const void *bytes;
    size_t size;
};

/* 0, or -EINVAL, and the error names the first struct whose bytes are not zero. */
int hr__reserved_check(const struct hr_reserved *structs, size_t count, struct hr_error *error);

static inline bool hr__is_zero(const void *bytes, size_t size) {
    const unsigned char *each = (const unsigned char *)bytes;
    for (size_t i = 0; i < size; i++)
        if (each[i]) return false;
    return true;
}

#endif
