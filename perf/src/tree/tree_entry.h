/* One object or file below a folder or a prefix, and streams of them. */
#ifndef PERF_TREE_ENTRY_H
#define PERF_TREE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/error.h>
#include <headrace/slice.h>

enum tree_kind {
    TREE_FILE,    /* a plain file, or an object */
    TREE_MARKER,  /* an object whose key ends in '/': it stands for a folder */
    TREE_SPECIAL, /* a device, a pipe, a socket, a link that is not followed */
    TREE_PROBLEM, /* could not be read: `problem` says why; a folder's name ends in '/' */
};

/* Strings are valid until the next call of the stream's `next`. */
struct tree_entry {
    struct hr_slice name; /* relative to the root, with '/' between its parts; any bytes */
    uint64_t size_bytes;
    uint64_t time_s; /* Unix time of the last change; 0 where it lies before 1970 */
    enum tree_kind kind;
    int problem;          /* a negative code */
    struct hr_slice etag; /* of an object, without quotes */
    int folder_fd;        /* of a file: its folder, open until the next call; else -1 … */
    const char *base;     /* … and its name in there */
};

/* Entries in the order of the bytes of their names, as S3 lists keys. Owned by one thread. */
struct tree_source {
    /* 1: `entry` is filled; 0: the end; -EAGAIN: not yet, something is under way; another negative
     * code: it broke off, and `error` says why. */
    int (*next)(struct tree_source *source, struct tree_entry *entry, struct hr_error *error);
};

/* < 0, 0, > 0 by bytes. */
int tree_name_compare(struct hr_slice a, struct hr_slice b);

/* Why an object of this name cannot become a file below a folder: a part that is empty, "." or
 * "..", longer than 255 bytes, a NUL. NULL: it can. */
const char *tree_name_refused(struct hr_slice name);

#endif
