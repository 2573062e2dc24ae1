/* From a member to the struct that it is in. */
#ifndef HR_BASE_CONTAINER_OF_H
#define HR_BASE_CONTAINER_OF_H

#include <stddef.h>

/* The `type` whose `member` is at `pointer`; a pointer of another type than the member's is a
 * warning. */
#define hr__container_of(pointer, type, member)                                                    \
    ((void)sizeof((pointer) == &((type *)NULL)->member),                                           \
     (type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
