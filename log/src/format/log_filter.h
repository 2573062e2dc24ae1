/* Which records go into the lines of a sink. */
#ifndef HR_LOG_FILTER_H
#define HR_LOG_FILTER_H

#include "log_record.h"

struct hr__log_filter {
    int level;               /* records below it are left out */
    struct hr_slice pattern; /* of names of logs, `*` is any text; data NULL: all */
};

/* Whether logs of this name are wanted. Async-signal-safe. */
bool hr__log_filter_names(const struct hr__log_filter *filter,
                          const struct hr__log_dictionary *dictionary, uint16_t name);
/* Whether the record is wanted. Async-signal-safe. */
bool hr__log_filter_takes(const struct hr__log_filter *filter,
                          const struct hr__log_dictionary *dictionary,
                          const struct hr__log_record *record);

#endif
