/* Alternate stacks of the threads that log, for who handles a signal that a stack's end caused. */
#ifndef HR_LOG_STACK_H
#define HR_LOG_STACK_H

/* From now on each thread that gets a ring gets one, unless it has one of its own. Any thread. */
void hr__log_stacks_on(void);
/* Of this thread. 0 or -ENOMEM. */
int hr__log_stack_open(void);
/* The thread ends, or has none. */
void hr__log_stack_close(void);

/* Where they are on. */
void hr__log_stack_of_new_thread(void);

#endif
