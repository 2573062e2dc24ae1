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

enum { HR_LOG_QUICK_BYTES = 256 }; /* of a record whose line is bounded in a hurry */

enum hr__log_form { HR__LOG_TEXT, HR__LOG_JSON, HR__LOG_LOGFMT };
enum hr__log_names { HR__LOG_NAMES_ESPER, HR__LOG_NAMES_ECS, HR__LOG_NAMES_OTEL };

struct hr__log_style {
    enum hr__log_form form;
    enum hr__log_names names;
    struct hr__log_time_style time;
    bool source;  /* where the call stands: file and line */
    bool colours; /* of levels, in text */
};

/* A call site's literals as they stand in the lines of one style. */
struct hr__log_layout {
    const struct hr__log_site *site;
    struct hr_slice before_time, before_name, after_name; /* the last one with the message */
    struct hr_slice named; /* before_name, the name of the log that wrote here last, after_name */
    char *named_memory;
    size_t named_capacity;
    uint32_t named_id; /* of that log's name; above all of them: of none yet */
    struct hr_slice keys[HR_LOG_FIELDS_MAX]; /* what stands before each value, its key included */
    struct hr_slice plain_keys[HR_LOG_FIELDS_MAX]; /* the key alone, with the number behind it that
                                                      sets it apart from one before */
    struct hr_slice shown_keys[HR_LOG_FIELDS_MAX]; /* the same as it is shown, without quotes */
    uint32_t bytes;                                /* of all of them */
    uint32_t quick_bytes, quick_part_bytes; /* of a short line: what it takes but for its name, and
                                               each part at most */
};

/* Memory for layouts that is taken piece by piece and never given back: for a handler of signals,
 * which may ask the C library for none. */
struct hr__log_arena {
    char *at, *end;
};

struct hr__log_formatter {
    struct hr__log_arena *arena; /* NULL: the C library's */
    struct hr__log_style style;
    const struct hr__log_dictionary *dictionary;
    struct hr__log_ticks *ticks;
    struct hr__log_time_cache time;
    struct hr__log_keys keys; /* of the line at hand, where its call site does not say them all */
    struct hr__log_layout ***layouts; /* chunks, by site */
    uint32_t chunks;
    uint64_t hits, misses;       /* layouts found, and made; read by any thread */
    struct hr__log_layout *last; /* the one that was used last; NULL: none */
    uint32_t last_site;
    uint64_t quick; /* origin of the records without flags whose heading is in `last`; UINT64_MAX:
                       of none */
    uint64_t time_from, time_span; /* ticks that time.whole is the text of, */
    uint64_t time_base;            /* as long as the ticks' line begins here */
};

int hr__log_formatter_open(struct hr__log_formatter *formatter, const struct hr__log_style *style,
                           const struct hr__log_dictionary *dictionary,
                           struct hr__log_ticks *ticks);
/* One whose lines are async-signal-safe: layouts out of `arena`, a local time that is `offset_s`
 * east of UTC. Opened beforehand. */
int hr__log_formatter_open_safe(struct hr__log_formatter *formatter,
                                const struct hr__log_style *style,
                                const struct hr__log_dictionary *dictionary,
                                struct hr__log_ticks *ticks, struct hr__log_arena *arena);
void hr__log_formatter_close(struct hr__log_formatter *formatter);

/* The most bytes that the line of this record can take, worked out from all of it. */
size_t hr__log_format_bound_of(struct hr__log_formatter *formatter,
                               const struct hr__log_record *record);
/* The same, or more: for a short record of the call site and the log that were here last, as if
 * each of its parts repeated the longest key. */
static inline size_t hr__log_format_bound(struct hr__log_formatter *formatter,
                                          const struct hr__log_record *record) {
    if (record->origin != formatter->quick || record->size > HR_LOG_QUICK_BYTES)
        return hr__log_format_bound_of(formatter, record);
    const struct hr__log_layout *layout = formatter->last;
    __atomic_store_n(&formatter->hits, formatter->hits + 1, __ATOMIC_RELAXED);
    return layout->quick_bytes + layout->named.size +
           (record->size / 8 + record->count) * layout->quick_part_bytes;
}
/* Writes the line, with its newline. Where the record is damaged, a line that says so. */
char *hr__log_format(struct hr__log_formatter *formatter, const struct hr__log_record *record,
                     char *out);

/* ---- log_layout.c: what stands around time, name and fields. */
struct hr__log_layout *hr__log_layout_new(const struct hr__log_style *style,
                                          const struct hr__log_site *site,
                                          struct hr__log_keys *keys, struct hr__log_arena *arena);
void hr__log_layout_free(struct hr__log_layout *layout);
/* Makes `named` for this name: its text, escaped as the style has it. False: no memory. */
bool hr__log_layout_name(struct hr__log_layout *layout, const struct hr__log_style *style,
                         uint16_t id, struct hr_slice name);
char *hr__log_put_name(char *out, const struct hr__log_style *style, struct hr_slice name);
/* Zeroed; NULL: there is none. */
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
/* All of these take so many bytes at the most, keys aside. */
size_t hr__log_heading_bound(const struct hr__log_heading *heading);

/* A line whose fields are being put. */
struct hr__log_line {
    const struct hr__log_style *style;
    struct hr__log_keys *keys;
    bool any; /* a field stands in it */
};
/* Takes the names that the line begins with for keys that are there. */
void hr__log_line_begin(const struct hr__log_line *line);

/* A key as it stands in the line, without quotes, and the number that was put behind it: 0 or from
 * 2 on. */
struct hr__log_shown {
    struct hr_slice text;
    unsigned number;
};
/* A key as a line may bear it: with "fields." in front where the line begins with it, with a number
 * behind it where a field has it already. Escaped, with what separates it from the field before and
 * from its value. */
char *hr__log_put_key(char *out, struct hr__log_line *line, struct hr_slice key,
                      struct hr__log_shown *shown);
/* Puts a number behind the key that stands from `from` to `out` while it is not the only one. */
char *hr__log_put_number_behind(char *out, struct hr__log_keys *keys, uint32_t object,
                                struct hr__log_shown *shown);

/* ---- log_value_text.c: values in a style. */
struct hr__log_place {
    struct hr__log_line *line;
    struct hr_slice key;
    struct hr_slice before; /* the key with what stands around it; empty: it is made of `key` */
};
/* Key and value; in logfmt and text a group, a failure and an array of strings become a field for
 * each of their parts. */
char *hr__log_put_field(char *out, const struct hr__log_place *place, uint8_t type,
                        const char *data, const char *end);

#endif
