/* Alternate stacks of the threads that log, on which a handler runs when a stack has overflowed. */
#ifndef HR_LOG_STACK_H
#define HR_LOG_STACK_H

/* From now on each thread that gets a ring gets a stack, unless it has one. Any thread. */
void hr__log_stacks_on(void);
/* Makes one for this thread, unless it has one. 0 or -ENOMEM. */
int hr__log_stack_open(void);
/* Frees that of this thread; nothing where it has none. */
void hr__log_stack_close(void);

/* Makes one for this thread where they are on. */
void hr__log_stack_of_new_thread(void);

#endif
