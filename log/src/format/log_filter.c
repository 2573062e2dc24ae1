/* Filters of sinks: by level, and by the names of logs. */
#include "log_filter.h"
#include "log_redact.h"

bool hr__log_filter_names(const struct hr__log_filter *filter,
                          const struct hr__log_dictionary *dictionary, uint16_t name) {
    return !filter->pattern.data ||
           hr__log_pattern_fits(filter->pattern, hr__log_name_find(dictionary, name));
}

bool hr__log_filter_takes(const struct hr__log_filter *filter,
                          const struct hr__log_dictionary *dictionary,
                          const struct hr__log_record *record) {
    return hr__log_record_urgency(record) >= filter->level &&
           hr__log_filter_names(filter, dictionary, hr__log_record_name(record));
}
