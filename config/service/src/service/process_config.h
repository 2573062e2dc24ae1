/* The configuration of the process: that of the service which was made last. */
#ifndef HR_PROCESS_CONFIG_H
#define HR_PROCESS_CONFIG_H

#include <headrace/config_watch.h>

/* From now on hr_config_get reads it. Any thread. */
void hr__process_config_set(hr_config_watch *watch);
/* hr_config_get reads it no more, and no thread has one of its configurations. Any thread. */
void hr__process_config_end(hr_config_watch *watch);

#endif
