/* A place in a vector of memory, whose bytes are used up from the front. */
#ifndef HR_NET_IOV_CURSOR_H
#define HR_NET_IOV_CURSOR_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* The vector is the caller's and stays as it is. */
struct hr_iov_cursor {
    const struct iovec *at, *end; /* the current element, and behind the last one */
    size_t offset;                /* bytes of the current element that are used up */
};

static inline struct hr_iov_cursor hr__iov_begin(const struct iovec *iov, size_t count) {
    return (struct hr_iov_cursor){.at = iov, .end = count > 0 ? iov + count : iov};
}

/* Sets `piece` to what is left of the current element, past elements that have nothing left. False
 * at the end of the vector. */
static inline bool hr__iov_piece(struct hr_iov_cursor *cursor, struct iovec *piece) {
    for (; cursor->at < cursor->end; cursor->at++, cursor->offset = 0) {
        size_t left = cursor->at->iov_len - cursor->offset;
        if (left == 0) continue;
        piece->iov_base = (char *)cursor->at->iov_base + cursor->offset;
        piece->iov_len = left;
        return true;
    }
    return false;
}

/* Uses up `size` bytes, of which there are so many left. */
static inline void hr__iov_advance(struct hr_iov_cursor *cursor, size_t size) {
    while (size > 0) {
        assert(cursor->at < cursor->end);
        size_t left = cursor->at->iov_len - cursor->offset;
        if (size < left) {
            cursor->offset += size;
            return;
        }
        size -= left;
        cursor->at++;
        cursor->offset = 0;
    }
}

#endif
