/* Linked into unit tests: with HEADRACE_TEST_KERNEL=simulated their engines run on the simulated
 * kernel, live and without faults. */
#include "kernel.h"
#include "needs_kernel.h"
#include "resolver.h"

/* There are no name servers. */
static void ask(void *user, struct hr_resolver *resolver, const char *name) {
    (void)user;
    hr__resolver_answer(resolver, name, HR_ERR_NAME_UNRESOLVED, NULL, 0);
}

static const struct hr_resolver_source no_names = {.ask = ask};

__attribute__((constructor)) static void choose_kernel(void) {
    if (!kernel_is_simulated()) return;
    sim_open(&(struct sim_options){.seed = 1, .live = true});
    hr__engine_default_tuning = sim_tuning();
    hr__resolver_default_source = &no_names;
}
