/* Why the kernel refused a ring, in words that name the cause and the remedy. */
#ifndef HR_ENGINE_REFUSAL_H
#define HR_ENGINE_REFUSAL_H

#include <stdint.h>

#include <headrace/error.h>

/* `result` is what io_uring_setup or the first enter answered for a ring of `entries` that needs
 * `bytes` of locked memory. Fills `error` and returns the code to hand on: -EPERM, -ENOSYS, -ENOMEM
 * or `result`. */
int hr__ring_refused(int result, unsigned entries, uint64_t bytes, struct hr_error *error);

#endif
