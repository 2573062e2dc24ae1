/* Names of entries: their order, and which of them can be files. */
#include <string.h>

#include "tree_entry.h"

#define PART_MAX 255 /* NAME_MAX of Linux's file systems */

int tree_name_compare(struct hr_slice a, struct hr_slice b) {
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size ? memcmp(a.data, b.data, size) : 0;
    if (order) return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

static const char *part_refused(const char *part, size_t size) {
    if (size == 0) return "a part of its name is empty";
    if (size == 1 && part[0] == '.') return "a part of its name is '.'";
    if (size == 2 && part[0] == '.' && part[1] == '.') return "a part of its name is '..'";
    if (size > PART_MAX) return "a part of its name is longer than 255 bytes";
    return NULL;
}

const char *tree_name_refused(struct hr_slice name) {
    const char *at = name.data, *end = name.data + name.size, *why = NULL;
    if (name.size == 0) return "its name is empty";
    if (memchr(name.data, '\0', name.size)) return "its name has a NUL";
    while (!why) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        why = part_refused(at, (size_t)((slash ? slash : end) - at));
        if (!slash) break;
        at = slash + 1;
    }
    return why;
}
