/* Signals of the threads that the library starts. */
#ifndef HR_THREAD_SIGNALS_H
#define HR_THREAD_SIGNALS_H

#include <signal.h>
#include <stddef.h>

/* All but those of a fault are left to the program's own threads. A fault's signal that is blocked
 * would end the process before a handler of the program's could look at it. */
static inline void hr__thread_signals(sigset_t *blocked) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    sigfillset(blocked);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(blocked, faults[i]);
}

#endif
