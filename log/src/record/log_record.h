/* Reading a record: its head, then its fields one after the other. */
#ifndef HR_LOG_RECORD_H
#define HR_LOG_RECORD_H

#include <errno.h>
#include <string.h>

#include <headrace/log_value.h>

#include "log_dictionary.h"

enum hr__log_record_flags { /* in the word of the site's id, above it */
                            HR_LOG_RECORD_BOUND = UINT32_C(1) << 28,
                            HR_LOG_RECORD_CONTEXT = UINT32_C(1) << 29,
                            HR_LOG_RECORD_LEFT_OUT = UINT32_C(1) << 30,
                            HR_LOG_RECORD_KEPT =
                                UINT32_C(1) << 31, /* kept for a backtrace, and written later */
};

enum { HR_LOG_TYPES_AT = 18 }; /* the byte of a record at which the types of its fields begin */

struct hr__log_record {
    uint64_t ticks;
    uint64_t origin; /* call site, flags and name of the log: hr__log_record_site, _flags, _name */
    int level;
    uint32_t count; /* of its own fields, without those that are bound */
    uint32_t size;  /* bytes in the ring */
    const char *at; /* its first byte there */
    uint32_t ring;  /* the drain's: the index of its ring, */
    uint64_t end;   /* and the position behind the record there */
};

#define HR_LOG_ORIGIN_MAX   ((UINT64_C(1) << 48) - 1)
#define HR_LOG_ORIGIN_PLAIN (HR_LOG_ORIGIN_MAX ^ (UINT32_MAX ^ HR_LOG_SITE_MAX)) /* no flags */
static inline uint32_t hr__log_record_site(const struct hr__log_record *record) {
    return (uint32_t)record->origin & HR_LOG_SITE_MAX;
}
static inline uint32_t hr__log_record_flags(const struct hr__log_record *record) {
    return (uint32_t)record->origin & ~HR_LOG_SITE_MAX;
}
static inline uint16_t hr__log_record_name(const struct hr__log_record *record) {
    return (uint16_t)(record->origin >> 32);
}

/* A field in the ring. */
struct hr__log_read_field {
    struct hr_slice key;
    uint8_t type;     /* enum hr_log_type */
    const char *data; /* the value's bytes */
};

struct hr__log_read_string {
    struct hr_slice text;
    bool cut, none;
};

/* A walk over the fields of a record: its own, those of the log, those of the thread, then numbers.
 */
struct hr__log_cursor {
    const char *at, *end;
    const struct hr__log_record *record;
    const struct hr__log_site *site; /* NULL: keys are in the record */
    uint64_t index, count;           /* of the record's own fields */
    uint64_t block_left;
    unsigned stage;
};
static inline void hr__log_cursor_init(struct hr__log_cursor *cursor,
                                       const struct hr__log_record *record,
                                       const struct hr__log_site *site) {
    *cursor = (struct hr__log_cursor){.at = record->at + hr_log_head_size_(record->count),
                                      .end = record->at + record->size,
                                      .record = record,
                                      .count = record->count,
                                      .site = site};
}
/* Begins the walk over a record that has its message and keys in itself. 0 or -EBADMSG. */
int hr__log_cursor_free(struct hr__log_cursor *cursor, const struct hr__log_record *record,
                        struct hr__log_read_string *message);
/* 1: `field` is the next; 0: there is none; -EBADMSG: the record's bytes are not a record's. */
int hr__log_cursor_next(struct hr__log_cursor *cursor, struct hr__log_read_field *field);

/* Reads a string or BYTES at `*at`, which moves behind it. 0 or -EBADMSG. */
int hr__log_read_string(const char **at, const char *end, struct hr__log_read_string *string);
/* Moves `*at` behind a value of this type. 0, or -EBADMSG where it does not end before `end`. */
int hr__log_skip_value(const char **at, const char *end, uint8_t type);

static inline uint64_t hr__log_read_word(const char *at) {
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

/* The level that a sink's is compared with. A kept record goes to the sinks that get its error. */
static inline int hr__log_record_urgency(const struct hr__log_record *record) {
    bool kept = hr__log_record_flags(record) & HR_LOG_RECORD_KEPT;
    return kept && record->level < 40 ? 40 : record->level;
}

/* Reads the head at `at`, of which `size` bytes are there. 0, or -EBADMSG: it is none. */
static inline int hr__log_record_read(const char *at, uint64_t size,
                                      struct hr__log_record *record) {
    if (size < HR_LOG_HEAD_BYTES) return -EBADMSG;
    uint64_t word = hr__log_read_word(at + 8), head = hr__log_read_word(at + 16);
    record->ticks = hr__log_read_word(at);
    record->origin = word & HR_LOG_ORIGIN_MAX;
    record->size = (uint32_t)(word >> 48) * 8;
    record->level = (int)(head & 0xff);
    record->count = (uint32_t)(head >> 8 & 0xff);
    record->at = at;
    if (record->size > size || record->size < hr_log_head_size_(record->count)) return -EBADMSG;
    return 0;
}

#endif
