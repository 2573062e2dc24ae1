/* A line of a log, read back: JSON, logfmt or text, in the names of the logger's presets. */
#ifndef COMMAND_CAT_LINE_H
#define COMMAND_CAT_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "cat_fields.h"

enum cat_form { CAT_NONE, CAT_JSON, CAT_LOGFMT, CAT_TEXT };

struct cat_line {
    enum cat_form form; /* CAT_NONE: it is no record */
    struct hr_slice raw;
    struct hr_slice time, logger, message;
    uint64_t time_ns; /* Unix time */
    int level;
    struct cat_fields fields; /* all others */
};

/* Reads `raw`, which has no newline and stays where it is. Nothing is guessed: a line that is not
 * all of one form, or lacks time or level, is no record. */
void cat_line_read(struct cat_line *line, struct hr_slice raw);
void cat_line_close(struct cat_line *line);

/* The value of a key, those of the heading by their names in the esper preset too; NULL: it has
 * none. */
const struct cat_field *cat_line_find(const struct cat_line *line, struct hr_slice key,
                                      struct cat_field *made);

#endif
