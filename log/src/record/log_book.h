/* The dictionary as a file beside the rings: an entry for each call site and each name, appended
 * before a record can refer to it. Whoever reads the rings later finds every literal there. */
#ifndef HR_LOG_BOOK_H
#define HR_LOG_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/log_call.h>

/* A call site with copies of its literals. */
struct hr__log_site {
    uint32_t id, line;
    int32_t level;
    uint32_t count;
    struct hr_slice message, file, function;
    struct hr_slice keys[];
};

/* A call site whose literals stand somewhere else: in a program, or in a book. */
struct hr__log_literals {
    uint32_t id, line;
    int32_t level;
    uint32_t count; /* of keys */
    struct hr_slice message, file, function;
    struct hr_slice keys[HR_LOG_FIELDS_MAX];
};

/* ---- Writing: under the dictionary's lock. */

struct hr__log_book {
    int fd;
    int lock; /* of the directory; a forked child closes it */
    uint64_t size;
    struct hr__log_book *next;
};

/* 0 or a negative code of the write; after an error the book ends where it ended before. */
int hr__log_book_site(struct hr__log_book *book, const struct hr__log_site *site);
int hr__log_book_name(struct hr__log_book *book, uint16_t id, struct hr_slice text);

/* ---- Reading: bytes of a file that anybody may have written. */

struct hr__log_book_entry {
    bool is_name;
    uint32_t id;                  /* of the name or the site; any number */
    struct hr_slice name;         /* of a log */
    struct hr__log_literals site; /* slices of the book's bytes */
};

/* The position of the first entry. 0, or -EBADMSG: it is no book. An empty file is an empty book.
 */
int hr__log_book_begin(struct hr_slice book, uint64_t *at);
/* Reads the entry at `*at` and moves `*at` behind it. False: there is none, or it is not whole. A
 * writer that was killed in the middle of an entry had no record refer to it. */
bool hr__log_book_next(struct hr_slice book, uint64_t *at, struct hr__log_book_entry *entry);

/* The checksum of words of 8 bytes, the last one filled up with zeros. It finds torn writes, not
 * forgeries. */
uint64_t hr__log_checksum(const void *data, uint64_t size, uint64_t seed);

#endif
