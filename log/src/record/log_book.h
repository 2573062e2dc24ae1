/* The dictionary as a file beside the rings: an entry for each call site and each name, appended
 * before a record can refer to it, so that whoever reads the rings later finds every literal. */
#ifndef HR_LOG_BOOK_H
#define HR_LOG_BOOK_H

#include <stdint.h>

#include <headrace/slice.h>

struct hr__log_dictionary;
struct hr__log_site;

/* Written under the dictionary's lock. */
struct hr__log_book {
    int fd;
    int lock; /* of the directory: a forked child lets go of it */
    uint64_t size;
    struct hr__log_book *next;
};

/* 0 or what writing met; after an error the book ends where it ended before. */
int hr__log_book_site(struct hr__log_book *book, const struct hr__log_site *site);
int hr__log_book_name(struct hr__log_book *book, uint16_t id, struct hr_slice text);

/* Puts the entries of a book's bytes into an empty dictionary. The first that is not whole ends
 * them: its writer was killed before a record could refer to it. 0, -ENOMEM; -EBADMSG: it is no
 * book. */
int hr__log_book_read(const char *data, uint64_t size, struct hr__log_dictionary *dictionary);

/* Words of 8 bytes, the last one filled up with zeros. For finding torn writes, not forgeries. */
uint64_t hr__log_checksum(const void *data, uint64_t size, uint64_t seed);

#endif
