/* The fields bound to this thread. */
#ifndef HR_LOG_CONTEXT_INTERNAL_H
#define HR_LOG_CONTEXT_INTERNAL_H

#include "log_block.h"

/* NULL: nothing. Valid until the thread pushes or pops. */
const struct hr__log_block *hr__log_context(void);
/* The thread ends. */
void hr__log_context_end(void);

#endif
