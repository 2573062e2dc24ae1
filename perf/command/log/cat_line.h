/* A line of a log, read back: JSON, logfmt or text, in the names of the logger's presets. */
#ifndef COMMAND_CAT_LINE_H
#define COMMAND_CAT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/slice.h>

#define CAT_FIELDS_MAX 4096
#define CAT_DEPTH_MAX  64   /* of JSON within JSON */
#define CAT_PATH_MAX   1024 /* bytes of "outer.inner"; an object beyond stays one value */

enum cat_form { CAT_NONE, CAT_JSON, CAT_LOGFMT, CAT_TEXT };

/* Names and strings are decoded; a value that is no string is as it stood: 1.50, true, [1,2]. */
struct cat_field {
    struct hr_slice key, value;
    bool string;
};

struct cat_line {
    enum cat_form form; /* CAT_NONE: it is no record */
    struct hr_slice raw;
    struct hr_slice time, logger, message;
    uint64_t time_ns; /* Unix time */
    int level;
    struct cat_field *fields; /* all others; an object's are "outer.inner" */
    size_t count, capacity;
    struct cat_chunk *chunks; /* memory of what is decoded, until the next line */
    bool failed;              /* there was no memory: the line counts as no record */
};

/* Reads `raw`, which has no newline and stays where it is. Nothing is guessed: a line that is not
 * all of one form, or lacks time or level, is no record. */
void cat_line_read(struct cat_line *line, struct hr_slice raw);
void cat_line_close(struct cat_line *line);

/* The value of a key, those of the heading by their names in the esper preset too; NULL: it has
 * none. */
const struct cat_field *cat_line_find(const struct cat_line *line, struct hr_slice key,
                                      struct cat_field *made);

/* ---- For the readers of the forms. */
char *cat_line_memory(struct cat_line *line, size_t size); /* NULL: none left */
bool cat_line_add(struct cat_line *line, const struct cat_field *field);

/* ---- cat_json.c. True: all of `text` is one JSON object, and its members are fields. */
bool cat_json_read(struct cat_line *line, struct hr_slice text);
/* The size of the JSON value at the front; 0: there is none. */
size_t cat_json_value(struct hr_slice text);
/* Decodes the string literal at the front (its quotes included); its size there, 0: it is none. */
size_t cat_json_string(struct cat_line *line, struct hr_slice text, struct hr_slice *decoded);

/* ---- cat_logfmt.c. The same for fields key=value between single blanks. */
bool cat_logfmt_read(struct cat_line *line, struct hr_slice text);
/* TIME - NAME - LEVEL - MESSAGE [key=value …] */
bool cat_text_read(struct cat_line *line, struct hr_slice text);

/* ---- cat_time.c */
/* 2026-11-22T10:00:00.123Z, with a blank for the T, without what is behind the day or the minute,
 * zone Z, +hh:mm or none (UTC). 0 or -EINVAL. */
int cat_time_parse(struct hr_slice text, uint64_t *unix_ns);
/* That, or how long ago: 10m, 2h, 1d, 30s. */
int cat_time_parse_option(const char *text, uint64_t now_ns, uint64_t *unix_ns);

#endif
