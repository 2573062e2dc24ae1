/* A block: fields that many records bear, encoded once. A word has their number, and each follows
 * as hr__log_field_put writes it. */
#ifndef HR_LOG_BLOCK_H
#define HR_LOG_BLOCK_H

#include <headrace/log_call.h>

struct hr__log_block {
    uint32_t size; /* 0: no fields */
    char bytes[];
};

/* Makes a block of the fields of `under` (NULL: none) whose keys are not in `fields`, and of
 * `fields` behind them. It is freed with free(). 0, -ENOMEM, or -E2BIG: it takes more than
 * `bytes_max`. */
struct hr__log_block_limits {
    uint32_t string_bytes, bytes_max;
};
int hr__log_block_new(const struct hr__log_block *under, const struct hr_log_field *fields,
                      unsigned count, const struct hr__log_block_limits *limits,
                      struct hr__log_block **block);

#endif
