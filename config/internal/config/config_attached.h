/* State of modules above that belongs to a configuration, and ends with it. */
#ifndef HR_CONFIG_ATTACHED_H
#define HR_CONFIG_ATTACHED_H

#include <headrace/config.h>

/* The state that `make` has made for this configuration, at this call or an earlier one; NULL: no
 * memory. `drop` frees it with the configuration. All callers name the same functions. Any thread.
 */
void *hr__config_attached(const hr_config *config, void *(*make)(void), void (*drop)(void *));

#endif
