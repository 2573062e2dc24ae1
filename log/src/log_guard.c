/* hr_log_crash_guard: handlers of the signals of a fault. The first thread in a handler stops the
 * others that log and the drains, completes the files, and lets the signal take its course.
 * Handlers call only functions that signal-safety(7) lists, and system calls. */
#include <assert.h>
#include <errno.h>
#include <execinfo.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "log_core.h"
#include "log_stack.h"

enum { SIGNALS = 5, THREADS_MAX = 4096, FRAMES_MAX = 48, STOP_MS = 1000 };

static const struct {
    int number;
    const char *name;
    bool has_address;
} signals[SIGNALS] = {{SIGSEGV, "SIGSEGV", true},
                      {SIGBUS, "SIGBUS", true},
                      {SIGABRT, "SIGABRT", false},
                      {SIGFPE, "SIGFPE", true},
                      {SIGILL, "SIGILL", true}};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of installing and removing */
static struct hr__log_guard *guards;                     /* read by handlers */
static struct sigaction before[SIGNALS];

/* The thread that completes the files; 0: none yet. A process dies once, so it is never 0 again. */
static int64_t leader;
static int64_t stopped[THREADS_MAX]; /* threads that stand still; 0 behind them */
static uint32_t stopped_count;

static int64_t this_thread(void) {
    return syscall(SYS_gettid);
}

/* ---- Stopping the others. */

/* Stops this thread for good, between two of its instructions. A call that it was in has not
 * returned, and its record is published or it is not. */
__attribute__((noreturn)) static void stop_here(void) {
    uint32_t place = __atomic_fetch_add(&stopped_count, 1, __ATOMIC_ACQ_REL);
    if (place < THREADS_MAX) __atomic_store_n(&stopped[place], this_thread(), __ATOMIC_RELEASE);
    for (;;) (void)poll(NULL, 0, -1);
}

static bool is_stopped(int64_t thread) {
    for (uint32_t i = 0; i < THREADS_MAX; i++) {
        int64_t one = __atomic_load_n(&stopped[i], __ATOMIC_ACQUIRE);
        if (one == thread) return true;
        if (one == 0 && i >= __atomic_load_n(&stopped_count, __ATOMIC_ACQUIRE)) return false;
    }
    return false;
}

static void on_signal(int number, siginfo_t *info, void *context);

/* A signal whose handler is still this one; 0: there is none. */
static int stop_signal(void) {
    struct sigaction now;
    for (unsigned i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i].number, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) &&
            now.sa_sigaction == on_signal)
            return signals[i].number;
    return 0;
}

/* Asks a thread to stop. True: it stands, or has ended, and is not waited for. */
static bool stop(int64_t thread, int number) {
    int64_t first = __atomic_load_n(&leader, __ATOMIC_RELAXED);
    if (thread == 0 || thread == first || is_stopped(thread)) return true;
    return number == 0 || syscall(SYS_tgkill, getpid(), thread, number) != 0; /* it has ended */
}

/* Asks all threads that have a ring or run a drain. True: none is waited for. */
static bool stop_all(int number) {
    bool all = true;
    for (struct hr__log_guard *guard = guards; guard; guard = guard->next) {
        if (hr__log_rings_are_parents(&guard->core->rings)) continue;
        all &= stop(__atomic_load_n(&guard->core->drain.thread, __ATOMIC_ACQUIRE), number);
        const struct hr__log_producer *producer = hr__log_rings_first(&guard->core->rings);
        for (; producer; producer = producer->next)
            if (!hr__log_producer_has_left(producer))
                all &= stop((int64_t)producer->ring.page->thread, number);
    }
    return all;
}

/* Threads are asked again and again, as a pending signal comes once however often it was sent. A
 * thread that the kernel holds does not stop; it is waited for a second. */
static void stop_others(void) {
    int number = stop_signal();
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (unsigned ms = 0; ms < STOP_MS && !stop_all(number); ms++) (void)poll(NULL, 0, 1);
}

/* ---- The handler. */

static void complete_files(int number, const siginfo_t *info) {
    void *frames[FRAMES_MAX];
    struct hr__log_death death = {.number = number, .name = "signal", .thread = this_thread()};
    for (unsigned i = 0; i < SIGNALS; i++)
        if (signals[i].number == number) {
            death.name = signals[i].name;
            death.has_address = signals[i].has_address && info->si_code > 0;
        }
    death.address = death.has_address ? (uintptr_t)info->si_addr : 0;
    for (struct hr__log_guard *guard = guards; guard; guard = guard->next)
        if (!hr__log_rings_are_parents(&guard->core->rings)) {
            hr__log_guard_drain(guard);
            hr__log_guard_end(guard);
        }
    /* Comes last, as walking a damaged stack may end the process. */
    int count = backtrace(frames, FRAMES_MAX);
    death.frames = frames;
    death.frame_count = count > 0 ? (unsigned)count : 0;
    for (struct hr__log_guard *guard = guards; guard; guard = guard->next)
        if (!hr__log_rings_are_parents(&guard->core->rings)) {
            hr__log_guard_tell(guard, &death);
            hr__log_guard_end(guard);
        }
}

/* Restores the action of before. A fault then comes again when the handler returns, with its own
 * address; a signal that was sent is sent once more, and arrives when the handler's mask is lifted.
 */
static void go_on(int number, const siginfo_t *info) {
    for (unsigned i = 0; i < SIGNALS; i++)
        if (signals[i].number == number) (void)sigaction(number, &before[i], NULL);
    if (info->si_code <= 0) (void)syscall(SYS_tgkill, getpid(), this_thread(), number);
}

static void on_signal(int number, siginfo_t *info, void *context) {
    (void)context;
    int saved = errno;
    int64_t none = 0, me = this_thread();
    if (!__atomic_compare_exchange_n(&leader, &none, me, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        if (none != me) stop_here();
        go_on(number, info); /* the action before has caused another one */
        errno = saved;
        return;
    }
    __atomic_store_n(&hr__log_dying, 1, __ATOMIC_SEQ_CST);
    stop_others();
    complete_files(number, info);
    go_on(number, info);
    errno = saved;
}

/* ---- Installing. */

static int install(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    for (unsigned i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i].number, &action, &before[i]) != 0) return -errno;
    return 0;
}

/* Restores the actions of before, but where another handler was installed since. */
static void uninstall(void) {
    struct sigaction now;
    for (unsigned i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i].number, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) &&
            now.sa_sigaction == on_signal)
            (void)sigaction(signals[i].number, &before[i], NULL);
}

int hr_log_crash_guard(hr_log *log) {
    void *frame;
    if (!log) return 0;
    struct hr_log_core *core = log->view.core;
    if (hr__log_rings_are_parents(&core->rings)) return -ESHUTDOWN;
    int err = hr__log_stack_open();
    if (!err) err = hr__log_thread_keep();
    if (err) return err;
    hr__log_stacks_on();
    (void)backtrace(&frame, 1); /* loads its library, which a handler may not */
    pthread_mutex_lock(&lock);
    struct hr__log_guard *guard = core->guard ? NULL : calloc(1, sizeof *guard);
    if (!guard && !core->guard) err = -ENOMEM;
    if (guard) {
        guard->core = core;
        guard->name = log->view.id;
        err = hr__log_guard_open(guard);
        if (!err && !guards) err = install();
        if (err) {
            hr__log_guard_free(guard);
        } else {
            core->guard = guard;
            guard->next = guards;
            __atomic_store_n(&guards, guard, __ATOMIC_RELEASE);
        }
    }
    pthread_mutex_unlock(&lock);
    return err;
}

void hr__log_guard_close(struct hr__log_guard *guard) {
    if (!guard) return;
    pthread_mutex_lock(&lock);
    struct hr__log_guard **link = &guards;
    while (*link != guard) link = &(*link)->next;
    assert(*link);
    __atomic_store_n(link, guard->next, __ATOMIC_RELEASE);
    if (!guards) uninstall();
    pthread_mutex_unlock(&lock);
    hr__log_guard_free(guard);
}
