/* A test that needs something which the simulated kernel is not: a real descriptor, a raw peer, a
 * process of its own. There Criterion skips it, and the runner counts it by these words. */
#ifndef TEST_NEEDS_KERNEL_H
#define TEST_NEEDS_KERNEL_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static inline int kernel_is_simulated(void) {
    const char *kernel = getenv("HEADRACE_TEST_KERNEL");
    return kernel && strcmp(kernel, "simulated") == 0;
}

#define NEEDS_KERNEL(why)                                                                          \
    do {                                                                                           \
        if (kernel_is_simulated()) cr_skip_test("not on the simulated kernel: " why);              \
    } while (0)

#endif
