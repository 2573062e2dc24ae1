/* Which signals end a process: the table of signal(7). */
#include "command_fixture.h"

#include <poll.h>
#include <signal.h>

#include "output.h"
#include "signals.h"

Test(signals, those_whose_default_ends_the_process) {
    static const int ending[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE,   SIGALRM,
                                 SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF,
                                 SIGXCPU, SIGXFSZ, SIGPWR,  SIGIO,     SIGSYS};
    static const int others[] = {SIGCHLD, SIGCONT, SIGSTOP,  SIGTSTP, SIGTTIN,
                                 SIGTTOU, SIGURG,  SIGWINCH, SIGKILL};
    sigset_t set;
    for (size_t i = 0; i < COUNT(ending); i++) signal(ending[i], SIG_DFL);
    signals_ending(&set);
    for (size_t i = 0; i < COUNT(ending); i++)
        cr_expect_eq(sigismember(&set, ending[i]), 1, "%s", strsignal(ending[i]));
    for (size_t i = 0; i < COUNT(others); i++)
        cr_expect_eq(sigismember(&set, others[i]), 0, "%s", strsignal(others[i]));
    cr_expect_eq(sigismember(&set, SIGRTMIN), 1);
    cr_expect_eq(sigismember(&set, SIGRTMAX), 1);
}

static void handle(int number) {
    (void)number;
}

/* nohup(1) and a shell's background jobs ignore what they are to outlive. */
Test(signals, what_is_ignored_or_handled_stays_so) {
    sigset_t set;
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR1, handle);
    signals_ending(&set);
    cr_expect_eq(sigismember(&set, SIGHUP), 0);
    cr_expect_eq(sigismember(&set, SIGUSR1), 0);
    cr_expect_eq(sigismember(&set, SIGTERM), 1);
}

Test(signals, are_read_one_by_one) {
    signal(SIGUSR2, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    int fd = signals_open();
    cr_assert(fd >= 0);
    cr_expect_eq(signals_next(fd), 0, "none has come");
    raise(SIGUSR2);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    cr_expect_eq(poll(&ready, 1, 0), 1);
    cr_expect_eq(signals_next(fd), SIGUSR2);
    cr_expect_eq(signals_next(fd), 0);
    raise(SIGTERM);
    cr_expect_eq(signals_next(fd), SIGTERM);
    close(fd);
}

Test(signals, names) {
    static const struct {
        int number;
        const char *name;
    } rows[] = {{SIGINT, "SIGINT"},   {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"},
                {SIGUSR1, "SIGUSR1"}, {SIGPWR, "SIGPWR"},   {SIGXCPU, "SIGXCPU"},
                {0, "a signal"},      {SIGCHLD, "a signal"}};
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_expect_str_eq(output_signal_name(rows[i].number), rows[i].name);
    cr_expect_str_eq(output_signal_name(SIGRTMIN + 1), "a real-time signal");
}
