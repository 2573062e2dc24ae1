/* A part of a source: nothing is copied. */
#include "part_source.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static int reserve(struct hr__part_vector *vector, size_t count) {
    if (count <= vector->capacity) return 0;
    struct iovec *more = realloc(vector->iov, count * sizeof *more);
    if (!more) return -ENOMEM;
    vector->iov = more;
    vector->capacity = count;
    return 0;
}

/* Entries from the one that has byte `offset`, which becomes an offset in that. */
static size_t find(const struct hr_source *source, uint64_t *offset) {
    size_t at = 0;
    while (at < source->iov_count && *offset >= source->iov[at].iov_len)
        *offset -= source->iov[at++].iov_len;
    return at;
}

static int part_of_vector(const struct hr_source *source, struct hr_file_range range,
                          struct hr__part_vector *vector, struct hr_source *part) {
    uint64_t offset = range.offset, left = range.size;
    size_t first = find(source, &offset);
    int err = reserve(vector, source->iov_count - first);
    if (err) return err;
    size_t count = 0;
    for (; left > 0; count++) {
        assert(first + count < source->iov_count);
        struct iovec *piece = &vector->iov[count];
        *piece = source->iov[first + count];
        piece->iov_base = (char *)piece->iov_base + offset;
        piece->iov_len -= (size_t)offset;
        if (piece->iov_len > left) piece->iov_len = (size_t)left;
        left -= piece->iov_len;
        offset = 0;
    }
    *part = hr_source_iovec(vector->iov, count);
    return 0;
}

int hr__part_source(const struct hr_source *source, struct hr_file_range range,
                    struct hr__part_vector *vector, struct hr_source *part) {
    assert(source->kind != HR_SOURCE_PRODUCER && range.offset + range.size <= source->size);
    switch (source->kind) {
    case HR_SOURCE_BYTES:
        *part = hr_source_bytes((const char *)source->data + range.offset, (size_t)range.size);
        return 0;
    case HR_SOURCE_IOVEC:
        return part_of_vector(source, range, vector, part);
    case HR_SOURCE_FD:
        range.offset += source->offset;
        *part = hr_source_fd(source->fd, range);
        return 0;
    default:
        *part = hr_source_bytes("", 0);
        return 0;
    }
}

void hr__part_vector_free(struct hr__part_vector *vector) {
    free(vector->iov);
    *vector = (struct hr__part_vector){NULL, 0};
}
