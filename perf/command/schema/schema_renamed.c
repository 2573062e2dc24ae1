/* {"not": {"allOf": [A, B]}, "anyOf": [A, B]}, where A and B say that there is a value at a path.
 */
#include "schema_renamed.h"

#include <stdio.h>
#include <string.h>

#define PATH_SIZE 1024

static bool is_not_null(const struct schema_reading *reading, const struct hr_config_node *node) {
    const struct hr_config_node *not = schema_keyword(reading, node, "not");
    return hr_config_count(node) == 1 && hr_config_count(not ) == 1 &&
           schema_text_is(schema_keyword(reading, not, "type"), "null");
}

/* {"type": "object", "required": ["a"], "properties": {"a": …}} or {"not": {"type": "null"}}: the
 * path that leads to the latter. NULL: it is no such rule. */
static const char *presence_of(struct schema_reading *reading, const struct hr_config_node *node) {
    char path[PATH_SIZE];
    size_t size = 0;
    while (node && !is_not_null(reading, node)) {
        const struct hr_config_node *properties = schema_keyword(reading, node, "properties"),
                                    *required = schema_keyword(reading, node, "required"),
                                    *key = hr_config_first(required);
        if (hr_config_count(node) != 3 || hr_config_count(properties) != 1 ||
            hr_config_count(required) != 1)
            return NULL;
        int more = snprintf(path + size, sizeof path - size, "%s%s", size ? "." : "",
                            hr_config_text(key).data);
        if (more < 0 || (size_t)more >= sizeof path - size) return NULL;
        size += (size_t)more;
        node = hr_config_child(reading->document, properties, hr_config_text(key));
    }
    return node && size > 0 ? schema_reading_copy(reading, hr_slice_bytes(path, size)) : NULL;
}

static bool read_rule(struct schema_reading *reading, const struct hr_config_node *rule,
                      struct schema_renamed *renamed) {
    const struct hr_config_node *both =
        schema_keyword(reading, schema_keyword(reading, rule, "not"), "allOf");
    const struct hr_config_node *first = hr_config_first(both);
    renamed->needed = schema_keyword(reading, rule, "anyOf");
    if (hr_config_count(both) != 2 || hr_config_count(rule) != 1u + renamed->needed) return false;
    renamed->was = presence_of(reading, first);
    renamed->is = presence_of(reading, hr_config_next(first));
    return renamed->was && renamed->is;
}

bool schema_renamed_read(struct schema_reading *reading, struct schema_renames *renames) {
    const struct hr_config_node *rules =
        schema_keyword(reading, hr_config_root(reading->document), "allOf");
    *renames = (struct schema_renames){.count = 0};
    if (!rules) return true;
    renames->items = schema_reading_take(reading, hr_config_count(rules) * sizeof *renames->items);
    if (!renames->items) return false;
    const struct hr_config_node *rule = hr_config_first(rules);
    for (; rule; rule = hr_config_next(rule))
        if (!read_rule(reading, rule, &renames->items[renames->count++]))
            return schema_refuse(reading, rule,
                                 "a sum of schemas has no place in a table of fields");
    return true;
}
