/* Completes the files of a process that was killed, out of its directory of rings. */
#ifndef HR_LOG_RECOVER_H
#define HR_LOG_RECOVER_H

#include <headrace/log.h>

#include "log_directory.h"

/* hr_log_recover in a directory that is open and locked already. */
int hr__log_recover(const struct hr__log_directory *directory,
                    const struct hr_log_recover_options *options, struct hr_error *error,
                    struct hr_log_recovery *recovery);

#endif
