/* From records to lines. */
#ifndef HR_LOG_FORMAT_H
#define HR_LOG_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log_keys.h"
#include "log_record.h"
#include "log_ticks.h"
#include "log_time.h"

enum { HR_LOG_QUICK_BYTES = 256 }; /* the largest record whose line is bounded without reading it */

enum hr__log_form { HR__LOG_TEXT, HR__LOG_JSON, HR__LOG_LOGFMT };
enum hr__log_names { HR__LOG_NAMES_ESPER, HR__LOG_NAMES_ECS, HR__LOG_NAMES_OTEL };

struct hr__log_style {
    enum hr__log_form form;
    enum hr__log_names names;
    struct hr__log_time_style time;
    bool source;  /* lines show file and line of the call */
    bool colours; /* levels are coloured, in text */
};

/* A layout: the literals of a call site as they stand in lines of one style. */
struct hr__log_layout {
    const struct hr__log_site *site;
    struct hr_slice before_time, before_name, after_name; /* the message is in after_name */
    struct hr_slice named; /* before_name, the name of the last log, after_name */
    char *named_memory;
    size_t named_capacity;
    uint32_t named_id;                       /* of that log's name; UINT32_MAX: there is none yet */
    struct hr_slice keys[HR_LOG_FIELDS_MAX]; /* all that stands before a value */
    struct hr_slice plain_keys[HR_LOG_FIELDS_MAX]; /* the key, with the number that sets it apart
                                                      from an equal one before */
    struct hr_slice shown_keys[HR_LOG_FIELDS_MAX]; /* the same escaped, without quotes */
    uint32_t bytes;                                /* that all of them take at most */
    uint32_t quick_bytes;      /* that a short line takes at most but for name and parts, */
    uint32_t quick_part_bytes; /* and each of its parts */
};

/* An arena: memory for layouts that is taken piece by piece and never given back. A handler of
 * signals has one, as it may not ask the C library for memory. */
struct hr__log_arena {
    char *at, *end;
};

struct hr__log_formatter {
    struct hr__log_arena *arena; /* NULL: the C library's */
    struct hr__log_style style;
    const struct hr__log_dictionary *dictionary;
    struct hr__log_ticks *ticks;
    struct hr__log_time_cache time;
    struct hr__log_keys keys; /* of the line at hand, where its layout does not have them all */
    struct hr__log_layout ***layouts; /* chunks, by site */
    uint32_t chunks;
    uint64_t hits, misses;       /* layouts found, and made; read by any thread */
    struct hr__log_layout *last; /* the layout that was used last; NULL: none */
    uint32_t last_site;
    uint64_t quick; /* the origin of records without flags whose heading is in `last`; UINT64_MAX:
                       no record's */
    uint64_t time_from, time_span; /* time.whole is the text of these ticks, */
    uint64_t time_base;            /* as long as ticks->base_ticks is this */
};

/* Dictionary and ticks are borrowed until it is closed. 0 or -ENOMEM. */
int hr__log_formatter_open(struct hr__log_formatter *formatter, const struct hr__log_style *style,
                           const struct hr__log_dictionary *dictionary,
                           struct hr__log_ticks *ticks);
/* Opens a formatter whose lines are async-signal-safe: its layouts come out of `arena`, and its
 * local time is time.offset_s east of UTC. */
int hr__log_formatter_open_safe(struct hr__log_formatter *formatter,
                                const struct hr__log_style *style,
                                const struct hr__log_dictionary *dictionary,
                                struct hr__log_ticks *ticks, struct hr__log_arena *arena);
void hr__log_formatter_close(struct hr__log_formatter *formatter);

/* The most bytes that the line of this record can take, worked out from the whole record. */
size_t hr__log_format_bound_of(struct hr__log_formatter *formatter,
                               const struct hr__log_record *record);
/* The same or more. A short record of the last call site and log is not read: each of its parts
 * counts as if it repeated the longest key. */
static inline size_t hr__log_format_bound(struct hr__log_formatter *formatter,
                                          const struct hr__log_record *record) {
    if (record->origin != formatter->quick || record->size > HR_LOG_QUICK_BYTES)
        return hr__log_format_bound_of(formatter, record);
    const struct hr__log_layout *layout = formatter->last;
    __atomic_store_n(&formatter->hits, formatter->hits + 1, __ATOMIC_RELAXED);
    return layout->quick_bytes + layout->named.size +
           (record->size / 8 + record->count) * layout->quick_part_bytes;
}
/* Writes the line with its newline, and returns its end. Nothing is written where the record refers
 * to what the dictionary does not have. */
char *hr__log_format(struct hr__log_formatter *formatter, const struct hr__log_record *record,
                     char *out);

/* ---- log_layout.c: the text around time, name and fields. */

/* NULL: there is no memory. */
struct hr__log_layout *hr__log_layout_new(const struct hr__log_style *style,
                                          const struct hr__log_site *site,
                                          struct hr__log_keys *keys, struct hr__log_arena *arena);
void hr__log_layout_free(struct hr__log_layout *layout);
/* Makes `named` for a log of this name, escaped as the style has it. False: there is no memory. */
bool hr__log_layout_name(struct hr__log_layout *layout, const struct hr__log_style *style,
                         uint16_t id, struct hr_slice name);
char *hr__log_put_name(char *out, const struct hr__log_style *style, struct hr_slice name);
/* Memory of zeros, of the C library where `arena` is NULL. NULL: there is none. */
void *hr__log_arena_take(struct hr__log_arena *arena, size_t size);

struct hr__log_heading {
    int level;
    struct hr_slice message;
    bool cut;             /* the message was longer */
    struct hr_slice file; /* empty: the source is not shown */
    uint32_t line;
};
char *hr__log_put_before_time(char *out, const struct hr__log_style *style);
char *hr__log_put_before_name(char *out, const struct hr__log_style *style,
                              const struct hr__log_heading *heading);
char *hr__log_put_after_name(char *out, const struct hr__log_style *style,
                             const struct hr__log_heading *heading);
static inline char *hr__log_put_line_end(char *out, const struct hr__log_style *style,
                                         bool has_fields) {
    if (style->form == HR__LOG_JSON) *out++ = '}';
    if (style->form == HR__LOG_TEXT && has_fields) *out++ = ']';
    *out++ = '\n';
    return out;
}
/* The most bytes that all texts of a heading take. */
size_t hr__log_heading_bound(const struct hr__log_heading *heading);

/* A line whose fields are being written. */
struct hr__log_line {
    const struct hr__log_style *style;
    struct hr__log_keys *keys;
    bool any; /* a field stands in it */
};
/* Begins the fields: in logfmt the names that the line begins with count as keys that are there. */
void hr__log_line_begin(const struct hr__log_line *line);

/* A key as it stands in the line, without quotes, and the number that was put behind it: 0 (none),
 * or from 2 on. */
struct hr__log_shown {
    struct hr_slice text;
    unsigned number;
};
/* Writes a key, escaped, with the marks that separate it from the field before and from its value.
 * It gets "fields." in front where the line begins with such a name, and a number behind it where a
 * field has it already. */
char *hr__log_put_key(char *out, struct hr__log_line *line, struct hr_slice key,
                      struct hr__log_shown *shown);
/* Puts a number behind the key that ends at `out` until no other key of its object is equal. */
char *hr__log_put_number_behind(char *out, struct hr__log_keys *keys, uint32_t object,
                                struct hr__log_shown *shown);

/* ---- log_value_text.c: values in a style. */
struct hr__log_place {
    struct hr__log_line *line;
    struct hr_slice key;
    struct hr_slice before; /* the key with what stands around it; empty: it is made of `key` */
};
/* Writes key and value. In logfmt and text a group, a failure and an array of strings become a
 * field for each of their parts. */
char *hr__log_put_field(char *out, const struct hr__log_place *place, uint8_t type,
                        const char *data, const char *end);

#endif
