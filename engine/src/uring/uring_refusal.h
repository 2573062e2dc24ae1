/* Why the kernel refused a ring or a part of it, in words that name the cause and the remedy. */
#ifndef HR_ENGINE_URING_REFUSAL_H
#define HR_ENGINE_URING_REFUSAL_H

#include <stdint.h>

#include <headrace/error.h>

/* `result` is what io_uring_setup or the first enter answered for a ring of `entries` that needs
 * `bytes` of locked memory. Fills `error` and returns the code to hand on: -EPERM, -ENOSYS, -ENOMEM
 * or `result`. */
int hr__ring_refused(int result, unsigned entries, uint64_t bytes, struct hr_error *error);

/* The bytes that a ring of this size is charged to RLIMIT_MEMLOCK on kernels that charge it. */
uint64_t hr__ring_bytes(uint64_t entries, uint64_t completions);

/* The notices of going on with less. */
#define HR_NOTICE_SIZE 224
void hr__ring_smaller(unsigned entries, unsigned wanted, uint64_t bytes, char text[HR_NOTICE_SIZE]);
void hr__unregistered(const char *what, int result, char text[HR_NOTICE_SIZE]);

#endif
