/* The signals that would end the command: blocked, and read from a descriptor, so that what is
 * unfinished is cleaned up first. */
#ifndef COMMAND_SIGNALS_H
#define COMMAND_SIGNALS_H

#include <signal.h>

/* Every signal whose default is to end the process and that is at its default: one that is ignored
 * (nohup, a background job) or handled stays as it is. */
void signals_ending(sigset_t *set);

/* Blocks those for this process's threads and returns a signalfd for them, or -1 with errno. Before
 * the first thread. */
int signals_open(void);

/* The number of the next signal; 0: none has come. */
int signals_next(int fd);

#endif
