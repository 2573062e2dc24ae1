/* The name that somebody may have meant. */
#ifndef HR_CONFIG_NEAREST_H
#define HR_CONFIG_NEAREST_H

#include <headrace/config_schema.h>

/* The field whose name differs least from `key`, in no more than a third of its characters; NULL:
 * none is near. */
const char *hr__config_nearest(struct hr_slice key, const struct hr_config_field *fields,
                               size_t count);

#endif
