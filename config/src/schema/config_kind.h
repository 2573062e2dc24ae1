/* The kinds of fields: which values they take, and how they stand in a program's struct. */
#ifndef HR_CONFIG_KIND_H
#define HR_CONFIG_KIND_H

#include "config_shape.h"

/* Writes the value of a scalar node to the member of a field. False: the field takes no such value.
 * The text of a string stays the node's. */
bool hr__config_kind_fill(const struct hr_config_field *field, enum hr_config_kind kind,
                          const struct hr_config_node *node, void *member, size_t size);
/* The values that a field takes, as words for a person: "an integer from 1 to 1024". */
void hr__config_kind_allowed(const struct hr_config_field *field, enum hr_config_kind kind,
                             char *out, size_t capacity);
/* Whether it can be compiled at all, which takes too long for each load. */
bool hr__config_pattern_is_good(const char *pattern);
/* Units of durations, in nanoseconds, or of sizes, in bytes: from small to large. */
struct hr__config_unit {
    const char *name;
    uint64_t factor;
};
const struct hr__config_unit *hr__config_units(enum hr_config_kind kind, size_t *count);
/* "30s", "1h30m", "0" in nanoseconds, "8MiB" in bytes. False: it is none, or has no room. */
bool hr__config_duration(struct hr_slice text, uint64_t *ns);
bool hr__config_size(struct hr_slice text, uint64_t *bytes);

#endif
