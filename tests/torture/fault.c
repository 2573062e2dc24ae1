#include "fault.h"

#include <stdint.h>
#include <string.h>

/* Atomics: an engine's threads meet the fault too. */
static struct fault armed;
static uint32_t own, library, hits, variants;

static _Thread_local bool joined;

extern char __executable_start, etext; /* of the linker: our own code */

void fault_join(void) {
    joined = true;
}

void fault_arm(const struct fault *fault) {
    joined = true;
    armed = *fault;
    own = library = hits = variants = 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void fault_disarm(void) {
    __atomic_store_n((unsigned *)&armed.kind, FAULT_NONE, __ATOMIC_SEQ_CST);
}

struct fault_report fault_report(void) {
    return (struct fault_report){
        .own = own, .library = library, .hits = hits, .variants = variants};
}

unsigned fault_hits(void) {
    return __atomic_load_n(&hits, __ATOMIC_SEQ_CST);
}

static bool is_ours(const void *caller) {
    uintptr_t at = (uintptr_t)caller;
    return !caller || (at >= (uintptr_t)&__executable_start && at < (uintptr_t)&etext);
}

bool fault_here(enum fault_kind kind, const void *caller, unsigned *variant) {
    if (__atomic_load_n((unsigned *)&armed.kind, __ATOMIC_RELAXED) != kind || !joined) return false;
    if (armed.own_only && !is_ours(caller)) return false;
    unsigned number = __atomic_add_fetch(is_ours(caller) ? &own : &library, 1, __ATOMIC_SEQ_CST);
    number = __atomic_load_n(&own, __ATOMIC_SEQ_CST) + __atomic_load_n(&library, __ATOMIC_SEQ_CST);
    if (armed.lasting ? number < armed.nth : number != armed.nth) return false;
    __atomic_add_fetch(&hits, 1, __ATOMIC_SEQ_CST);
    if (variants == 0) variants = 1;
    if (variant) *variant = armed.variant;
    return true;
}

int fault_error(enum fault_kind kind, const int *errors) {
    unsigned variant = 0, count = 0;
    if (!fault_here(kind, NULL, &variant)) return 0;
    while (errors[count]) count++;
    variants = count;
    return errors[variant < count ? variant : 0];
}
