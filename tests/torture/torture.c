/* Torture: each allocation, each call to the kernel and each operation of a scenario fails once in
 * turn. Whatever fails, it has to end with success or a named error, leave no memory and no
 * descriptor behind, and an engine that does the same without a fault right afterwards. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "fault.h"
#include "torture_scenario.h"
#include "torture_store.h"

#define ROUND_SECONDS_MAX 15
#define LEAKS_EVERY       16 /* rounds: a look takes as long as several of them */

static const char *const kind_names[FAULT_KINDS] = {
    [FAULT_NONE] = "nothing",
    [FAULT_ALLOCATION] = "allocation",
    [FAULT_SYSTEM] = "system call",
    [FAULT_OPERATION] = "operation",
    [FAULT_SHORT] = "short",
    [FAULT_PREPARE] = "prepare",
    [FAULT_CANCEL] = "cancel",
    [FAULT_TURN] = "turn",
    [FAULT_ARM] = "arm",
    [FAULT_SET_UP] = "set-up",
    [FAULT_SOCKET] = "socket call",
};

static const struct hr_backend_vtable *inner;
static struct store store;
static int file;
static char round_name[160]; /* what runs, for a failure's message */
static unsigned rounds, allocation_points[2], operation_points, named_errors, hidden;
static bool verbose;

void torture_failed(const char *format, ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fault_disarm();
    fprintf(stderr, "torture: %s: %s\n", round_name, text);
    abort();
}

static void stuck(int number) {
    (void)number;
    static const char text[] = "torture: no end of ";
    ssize_t size = write(STDERR_FILENO, text, sizeof text - 1);
    size += write(STDERR_FILENO, round_name, strlen(round_name));
    size += write(STDERR_FILENO, "\n", 1);
    (void)size; /* nothing can be done about it */
    abort();
}

static unsigned descriptors(void) {
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) abort();
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

static void look_for_leaks(void) {
#ifdef __SANITIZE_ADDRESS__
    if (__lsan_do_recoverable_leak_check())
        torture_failed("memory was lost, here or a little before");
#endif
}

/* A failure has to have a cause and a name. */
static void judge(const char *what, int result, const struct hr_error *error) {
    if (result == 0) return;
    if (fault_hits() == 0)
        torture_failed("%s fails without a fault: %s: %s", what, hr_error_name(result),
                       error->message);
    if (result > 0 || strcmp(hr_error_name(result), "UNKNOWN") == 0)
        torture_failed("%s ends with %d, which is no error", what, result);
    if (error->code != result || !*error->message)
        torture_failed("%s ends with %s, its error says %s \"%s\"", what, hr_error_name(result),
                       hr_error_name(error->code), error->message);
    if (result == -ETIMEDOUT && strstr(error->message, "not done within"))
        torture_failed("%s sees the fault only through its time-out", what);
    named_errors++;
    if (verbose) printf("  %s: %s: %s\n", what, hr_error_name(result), error->message);
}

static void check_counters(const struct subject *subject) {
    struct hr_engine_metrics now;
    hr_engine_metrics_get(subject->engine, &now);
    if (now.submitted != now.succeeded + now.failed + now.cancelled || now.in_progress != 0)
        torture_failed("%llu submitted, %llu + %llu + %llu done, %llu in progress",
                       (unsigned long long)now.submitted, (unsigned long long)now.succeeded,
                       (unsigned long long)now.failed, (unsigned long long)now.cancelled,
                       (unsigned long long)now.in_progress);
    if (now.budget_used_bytes != 0)
        torture_failed("%llu bytes of budget are not given back",
                       (unsigned long long)now.budget_used_bytes);
    if (now.budget_peak_bytes > now.budget_limit_bytes) torture_failed("more than the budget");
    unsigned sides = subject->server || subject->secure_server ? 2 : 1;
    if (now.connections_peak > CONNECTIONS_MAX * sides)
        torture_failed("%llu connections", (unsigned long long)now.connections_peak);
}

static void steps(struct subject *subject, const struct scenario *scenario) {
    for (step_fn *const *step = scenario->steps; *step; step++) {
        struct hr_error error = {.code = 0};
        char what[32];
        snprintf(what, sizeof what, "step %d", (int)(step - scenario->steps) + 1);
        judge(what, (*step)(subject, &error), &error);
    }
}

/* Once without a fault: the engine still does what it is for. */
static void again(struct subject *subject, const struct scenario *scenario) {
    for (step_fn *const *step = scenario->steps; *step; step++) {
        struct hr_error error = {.code = 0};
        int result = (*step)(subject, &error);
        if (result < 0)
            torture_failed("step %d fails after the fault: %s: %s",
                           (int)(step - scenario->steps) + 1, hr_error_name(result), error.message);
    }
}

static struct fault_report run_round(const struct scenario *scenario, const struct fault *fault) {
    struct subject subject = {.file = file};
    struct hr_error error = {.code = 0};
    unsigned before = descriptors(), named = named_errors;
    snprintf(round_name, sizeof round_name, "%s, %s: %s %u%s, variant %u", inner->name,
             scenario->name, kind_names[fault->kind], fault->nth,
             fault->lasting ? " and all behind it" : "", fault->variant);
    alarm(ROUND_SECONDS_MAX);
    if (verbose) printf("%s\n", round_name);
    fault_arm(fault);
    int result = subject_open(&subject, scenario, inner, store.port, &error);
    judge("opening", result, &error);
    if (result == 0) {
        steps(&subject, scenario);
        if (fault_hits()) {
            fault_disarm();
            again(&subject, scenario);
        }
        if (subject.secure_server) secure_settle(&subject);
        check_counters(&subject);
        subject_close(&subject);
    }
    fault_disarm();
    struct fault_report report = fault_report();
    if (report.hits && named == named_errors) hidden++;
    unsigned after = descriptors();
    if (after != before) torture_failed("%u descriptors, %u before", after, before);
    if (++rounds % LEAKS_EVERY == 0) look_for_leaks();
    return report;
}

/* Every point of one kind in a scenario. */
static bool every; /* --long */

static void torture(const struct scenario *scenario, struct fault fault) {
    struct fault_report report;
    unsigned first = rounds;
    /* OpenSSL keeps what it had no memory to read, and makes 4000 allocations a round. */
    fault.own_only = scenario->secure;
    do {
        fault.nth++;
        fault.variant = 0;
        report = run_round(scenario, &fault);
        /* A question that is lost is asked again after a second: the other errors take minutes. */
        unsigned variants = scenario->secure && !every ? 1 : report.variants;
        for (fault.variant = 1; fault.variant < variants; fault.variant++)
            run_round(scenario, &fault);
    } while (report.hits > 0);
    look_for_leaks();
    if (fault.nth == 1) return;
    if (fault.kind == FAULT_ALLOCATION) {
        printf("%s, %s: at least %u allocations%s (own %u, library %u), %u runs\n", inner->name,
               scenario->name, fault.nth - 1, fault.lasting ? " and all behind them" : "",
               report.own, report.library, rounds - first);
        if (!fault.lasting) allocation_points[0] += report.own;
        if (!fault.lasting) allocation_points[1] += report.library;
    } else {
        printf("%s, %s: at least %u points of %s, %u runs\n", inner->name, scenario->name,
               fault.nth - 1, kind_names[fault.kind], rounds - first);
        operation_points += fault.nth - 1;
    }
}

static void torture_all(const struct hr_backend_vtable *backend, const char *only) {
    static const struct fault none = {.kind = FAULT_NONE, .nth = 0};
    inner = backend;
    run_round(&scenario_before, &none);
    for (unsigned i = 0; i < scenario_count; i++) {
        const struct scenario *scenario = &scenarios[i];
        if (only && !strstr(scenario->name, only)) continue;
        run_round(scenario, &none); /* what libraries set up once is not counted */
        for (int kind = FAULT_ALLOCATION; kind < FAULT_KINDS; kind++)
            torture(scenario, (struct fault){.kind = (enum fault_kind)kind});
        if (every) torture(scenario, (struct fault){.kind = FAULT_ALLOCATION, .lasting = true});
    }
}

int main(int count, char **arguments) {
    const char *backend = NULL, *only = NULL;
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--long") == 0)
            every = true;
        else if (strcmp(arguments[i], "--verbose") == 0)
            verbose = true;
        else if (strcmp(arguments[i], "--backend") == 0 && i + 1 < count)
            backend = arguments[++i];
        else if (strcmp(arguments[i], "--only") == 0 && i + 1 < count)
            only = arguments[++i];
        else
            return fputs("usage: torture [--backend io_uring|epoll] [--only SCENARIO] [--long] "
                         "[--verbose]\n",
                         stderr),
                   2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGALRM, stuck);
    signal(SIGPIPE, SIG_IGN);
    file = memfd_create("torture", MFD_CLOEXEC);
    if (file < 0 || store_start(&store) < 0 || secure_prepare() < 0) return 1;
    if (!backend || strcmp(backend, "io_uring") == 0) torture_all(&hr__backend_uring, only);
    if (!backend || strcmp(backend, "epoll") == 0) torture_all(&hr__backend_epoll, only);
    alarm(0);
    /* It was forked later: the store sees no end of its input before it has gone. */
    if (secure_end() != 0)
        return fputs("torture: the name server ended with an error\n", stderr), 1;
    if (store_stop(&store) != 0)
        return fputs("torture: the store ended with an error\n", stderr), 1;
    printf(
        "allocation points: %u (own %u, library %u), operation points: %u, runs %u, named errors "
        "%u, hidden faults %u, all passed\n",
        allocation_points[0] + allocation_points[1], allocation_points[0], allocation_points[1],
        operation_points, rounds, named_errors, hidden);
    return 0;
}
