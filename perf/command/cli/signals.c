/* Signals that end the command: which they are, and how they are waited for. */
#include "signals.h"

#include <stdbool.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* signal(7): the default of all others, the real-time ones among them, is to end the process. */
static bool ends_by_default(int number) {
    switch (number) {
    case SIGKILL:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGCONT:
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
        return false;
    default:
        return true;
    }
}

void signals_ending(sigset_t *set) {
    sigemptyset(set);
    for (int number = 1; number <= SIGRTMAX; number++) {
        struct sigaction action;
        /* The numbers that the C library keeps to itself are refused here. */
        if (!ends_by_default(number) || sigaction(number, NULL, &action) != 0) continue;
        if (action.sa_handler == SIG_DFL) sigaddset(set, number);
    }
}

int signals_open(void) {
    sigset_t set;
    signals_ending(&set);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int signals_next(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}
