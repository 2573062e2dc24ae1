/* Whether a checkpoint is of the workload that is asked for. */
#ifndef PERF_SOAK_WORKLOAD_H
#define PERF_SOAK_WORKLOAD_H

#include <jansson.h>

#include "soak_state.h"

/* 0; -EINVAL with the first member that differs and both its values in `error`; -ENOMEM. */
int soak_workload_compare(const json_t *saved, const struct perf_soak_workload *asked,
                          struct hr_error *error);

#endif
