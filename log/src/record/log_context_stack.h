/* The fields bound to the calling thread: a stack of blocks. */
#ifndef HR_LOG_CONTEXT_STACK_H
#define HR_LOG_CONTEXT_STACK_H

#include "log_block.h"

/* The fields that hold now; NULL: none. Valid until the thread puts or drops some. */
const struct hr__log_block *hr__log_context(void);
/* Puts these fields on top of those that hold. The new depth, from 1 on, or -ENOMEM, -E2BIG. */
int hr__log_context_put(const struct hr_log_field *fields, unsigned count);
/* Drops what was put at this depth and above it. False: there is no such depth. */
bool hr__log_context_drop(int depth);
/* The thread ends: drops all. */
void hr__log_context_end(void);

#endif
