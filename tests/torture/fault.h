/* The one fault of a round: the n-th chance of its kind to go wrong, counted while it is armed. Any
 * thread. */
#ifndef HR_TORTURE_FAULT_H
#define HR_TORTURE_FAULT_H

#include <stdbool.h>

enum fault_kind {
    FAULT_NONE,
    FAULT_ALLOCATION, /* malloc and its kin find no memory */
    FAULT_SYSTEM,    /* a call of our own objects to the kernel, made at once: mmap, eventfd, … */
    FAULT_OPERATION, /* an operation ends with an error instead of reaching the kernel */
    FAULT_SHORT,     /* a transfer moves one byte */
    FAULT_PREPARE,   /* the back end's own calls refuse */
    FAULT_CANCEL,
    FAULT_TURN,
    FAULT_ARM,
    FAULT_SET_UP, /* open, buffers_open, memory_register */
    FAULT_SOCKET, /* hr_sockets */
    FAULT_KINDS,
};

struct fault {
    enum fault_kind kind;
    unsigned nth;     /* from 1 */
    unsigned variant; /* which of the errors that such a thing can end with */
    bool lasting;     /* every later one too */
    bool own_only;    /* libraries' chances do not count */
};

/* What a round met. */
struct fault_report {
    unsigned own, library; /* chances seen; by who asked, where that differs */
    unsigned hits;
    unsigned variants; /* that the thing hit has; 0: nothing was hit */
};

/* Only threads that have called one of these meet faults: a sanitizer allocates while one starts
 * and must not fail. */
void fault_join(void);
void fault_arm(const struct fault *fault);
void fault_disarm(void);
struct fault_report fault_report(void);
unsigned fault_hits(void);

/* A chance: true, and the variant, when it is the one to go wrong. `caller` is an address in the
 * code that asked; NULL: ours. */
bool fault_here(enum fault_kind kind, const void *caller, unsigned *variant);
/* As fault_here for a thing that fails with one of `errors` (negative, 0 behind the last): that
 * error, or 0. */
int fault_error(enum fault_kind kind, const int *errors);

#endif
