/* Linked into unit tests: with HEADRACE_TEST_KERNEL=simulated their engines run on the simulated
 * kernel, live and without faults. */
#include "kernel.h"
#include "needs_kernel.h"

__attribute__((constructor)) static void choose_kernel(void) {
    if (!kernel_is_simulated()) return;
    sim_open(&(struct sim_options){.seed = 1, .live = true});
    hr__engine_default_tuning = sim_tuning();
}
