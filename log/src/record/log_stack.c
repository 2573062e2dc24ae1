/* Alternate stacks of threads. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log_stack.h"

#define STACK_BYTES (128 * 1024)
#define GUARD_BYTES 4096

static bool on;
static __thread char *stack __attribute__((tls_model("initial-exec")));

void hr__log_stacks_on(void) {
    __atomic_store_n(&on, true, __ATOMIC_RELAXED);
}

int hr__log_stack_open(void) {
    stack_t now;
    if (stack || (sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE))) return 0;
    /* Its lowest page stays closed: what goes below it ends there, and not in other memory. */
    char *memory = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return -ENOMEM;
    const stack_t own = {.ss_sp = memory + GUARD_BYTES, .ss_size = STACK_BYTES};
    if (mprotect(memory, GUARD_BYTES, PROT_NONE) != 0 || sigaltstack(&own, NULL) != 0) {
        munmap(memory, GUARD_BYTES + STACK_BYTES);
        return -ENOMEM;
    }
    stack = memory;
    return 0;
}

void hr__log_stack_close(void) {
    stack_t now;
    const stack_t none = {.ss_flags = SS_DISABLE};
    if (!stack) return;
    bool ours = sigaltstack(NULL, &now) == 0 && now.ss_sp == stack + GUARD_BYTES;
    if (ours && sigaltstack(&none, NULL) != 0) return; /* in use: it stays */
    munmap(stack, GUARD_BYTES + STACK_BYTES);
    stack = NULL;
}

void hr__log_stack_of_new_thread(void) {
    if (__atomic_load_n(&on, __ATOMIC_RELAXED)) (void)hr__log_stack_open();
}
