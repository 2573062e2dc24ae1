/* Memory for parts that a producer gives: bulk of the engine's budget. A transfer waits for its
 * first part, in the order of asking on its reactor, and takes more only where nobody waits: none
 * can starve another. Reactor thread. */
#ifndef HR_S3_PART_MEMORY_H
#define HR_S3_PART_MEMORY_H

#include <engine/budget.h>
#include <engine/reactor.h>

struct hr__part_waiter {
    struct hr__part_waiter *next;
    size_t bytes;
    bool waits;
    void (*on_granted)(struct hr__part_waiter *waiter); /* from a timer */
};

/* One per client and reactor. */
struct hr__part_memory {
    struct hr_reactor *reactor;
    struct hr__part_waiter *first, **last;
    struct hr_timer timer; /* looks for what others have given back */
};

void hr__part_memory_open(struct hr__part_memory *memory, struct hr_reactor *reactor);
/* At once, or -ENOBUFS: it is not there, or somebody waits. */
int hr__part_memory_try(struct hr__part_memory *memory, size_t bytes);
/* Only where the transfer holds none. 0: on_granted comes, unless it is taken back; -ENOBUFS: more
 * than there can ever be. */
int hr__part_memory_wait(struct hr__part_memory *memory, struct hr__part_waiter *waiter);
void hr__part_memory_unwait(struct hr__part_memory *memory, struct hr__part_waiter *waiter);
void hr__part_memory_release(struct hr__part_memory *memory, size_t bytes);

#endif
