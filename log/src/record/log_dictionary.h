/* The dictionary: the literals of call sites and the names of logs, to which records refer by
 * number. A process has one, which only grows. Recovery reads that of another process from its
 * book. */
#ifndef HR_LOG_DICTIONARY_H
#define HR_LOG_DICTIONARY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <headrace/log_call.h>

#include "log_book.h"

/* Ids in the place of a call site's. */
enum {
    HR_LOG_SITE_FILLER = 0,  /* no record: the rest of the ring is unused */
    HR_LOG_SITE_FREE = 1,    /* the record has level, message and keys in itself */
    HR_LOG_SITE_DROPPED = 2, /* a record of drops */
    HR_LOG_SITE_FIRST = 16,  /* the first id of a call site */
};
#define HR_LOG_SITE_MAX  ((UINT32_C(1) << 28) - 1) /* above it are a record's flags */
#define HR_LOG_NAMES_MAX 65535

struct hr__log_name {
    uint16_t id;
    struct hr_slice text;
};

#define HR_LOG_CHUNK 1024
struct hr__log_dictionary {
    pthread_mutex_t lock; /* of who adds; reading needs none */
    struct hr__log_site **sites[(HR_LOG_SITE_MAX + 1) / HR_LOG_CHUNK / 256]; /* chunks */
    struct hr__log_name **names[HR_LOG_NAMES_MAX / HR_LOG_CHUNK + 1];
    uint32_t site_count, name_count;
    struct hr__log_book *books; /* get every entry before a record can refer to it; under lock */
};

/* The process's own. */
extern struct hr__log_dictionary hr__log_dictionary;

/* Gives a site its id, unless it has one, and marks its redacted keys. Returns the id; 0: no
 * memory, or a book cannot take it (a full disk). Any thread. */
uint32_t hr__log_site_add(struct hr_log_site *site);
const struct hr__log_site *hr__log_site_find(const struct hr__log_dictionary *dictionary,
                                             uint32_t id);
/* The id of a name, the same for equal names. 0, -ENOMEM, -ENOSPC, or what writing to a book met.
 * Any thread. */
int hr__log_name_add(struct hr_slice text, uint16_t *id);
/* Writes all entries of the process's dictionary into the book, and new ones from now on. 0 or what
 * writing met. Any thread. */
int hr__log_dictionary_follow(struct hr__log_book *book);
void hr__log_dictionary_unfollow(struct hr__log_book *book);
/* For pthread_atfork: a child has no part in its parent's books, nor in the locks of their
 * directories.
 */
void hr__log_dictionary_fork_begins(void);
void hr__log_dictionary_forked_parent(void);
void hr__log_dictionary_forked_child(void);

/* Puts the entries of another process's book into an empty dictionary, which its reader alone uses.
 * The first entry that is not whole ends them. 0, -ENOMEM; -EBADMSG: it is no book. */
int hr__log_dictionary_read(struct hr__log_dictionary *dictionary, struct hr_slice book);
void hr__log_dictionary_free(struct hr__log_dictionary *dictionary);
/* The name of an id; empty where there is none. */
struct hr_slice hr__log_name_find(const struct hr__log_dictionary *dictionary, uint16_t id);

#endif
