/* A JSON Schema that is being read into tables of fields: its document, the memory of the tables,
 * and the first thing in it that a table cannot say. */
#ifndef COMMAND_SCHEMA_READING_H
#define COMMAND_SCHEMA_READING_H

#include <headrace/config_schema.h>

struct schema_block;
struct schema_entries;

struct schema_reading {
    const char *path;    /* of the file; the caller's */
    hr_config *document; /* names and texts of the tables lie in it */
    struct schema_block *blocks;
    struct schema_entries *entries; /* maps that the tables do not check */
    struct hr_error error;          /* of the first refusal */
    int result;                     /* 0, or its code */
};

/* Loads the document. 0, or a negative code and the sentence in reading->error; release it in any
 * case. */
int schema_reading_open(struct schema_reading *reading, const char *path);
void schema_reading_release(struct schema_reading *reading);

/* Zeroed memory that lives as long as the reading. NULL: none is left, which is the result then. */
void *schema_reading_take(struct schema_reading *reading, size_t size);
/* A copy of a text with NUL behind it, each control in it a blank. NULL: no memory. */
const char *schema_reading_copy(struct schema_reading *reading, struct hr_slice text);

/* "FILE:LINE:COLUMN: PATH: …" as the error of the reading, unless it has one; always false. */
bool schema_refuse(struct schema_reading *reading, const struct hr_config_node *node,
                   const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The value of a keyword; NULL: it is not there. */
static inline const struct hr_config_node *schema_keyword(const struct schema_reading *reading,
                                                          const struct hr_config_node *node,
                                                          const char *name) {
    return hr_config_child(reading->document, node, hr_slice_of(name));
}
bool schema_text_is(const struct hr_config_node *node, const char *text);

#endif
