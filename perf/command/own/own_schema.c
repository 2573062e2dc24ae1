/* The schema of headrace.yaml: the table of options, and their check. */
#include "own_table.h"

const struct hr_config_schema *own_schema(void) {
    static struct hr_config_schema schema;
    const struct own_table *table = own_table();
    if (!table) return NULL;
    schema = table->schema;
    schema.check = own_check;
    return &schema;
}
