/* The last records of a thread that were below its logs' levels. They are written when an error
 * comes. */
#ifndef HR_LOG_KEPT_H
#define HR_LOG_KEPT_H

#include <stdint.h>

struct hr__log_kept_record {
    char *bytes; /* the record as it would stand in the ring */
    uint32_t capacity;
    uint64_t made_ns;
};

struct hr__log_kept {
    struct hr__log_kept_record *records; /* NULL: none was kept yet */
    uint32_t capacity, count, next;
};

/* Returns memory for a record of `size` bytes, in place of the oldest of `capacity`. NULL: there is
 * none.
 */
char *hr__log_keep(struct hr__log_kept *kept, uint32_t capacity, uint32_t size);
/* The kept record of an index, 0 being the oldest. */
const struct hr__log_kept_record *hr__log_kept_at(const struct hr__log_kept *kept, uint32_t index);
void hr__log_kept_free(struct hr__log_kept *kept);

#endif
