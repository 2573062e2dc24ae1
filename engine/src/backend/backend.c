/* Which back end an engine takes, and what every one has to pass. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"

#define PROBE_TURNS 100

int hr__backend_probe(struct hr_backend *backend, struct hr_error *error) {
    struct hr_operation nop = {.kind = HR_OP_NOP, .fd = -1, .id = 1};
    struct hr_event event = {.result = -EIO};
    int result = backend->vtable->prepare(backend, &nop);
    for (int turns = 0; result == 0 && turns < PROBE_TURNS; turns++) /* a signal ends one early */
        result = backend->vtable->turn(backend, HR_NO_DEADLINE, 1, &event, 1);
    if (result == 1) result = event.user_data == nop.id ? event.result : -EIO;
    if (result < 0)
        hr_error_set(error, result, "%s: a first operation failed: %s", backend->vtable->name,
                     hr_error_text(result));
    return result;
}

/* The environment decides only where the program leaves it open. */
int hr__backend_choose(enum hr_engine_backend *choice, struct hr_error *error) {
    static const char *const names[] = {"auto", "io_uring", "epoll"};
    if ((unsigned)*choice > HR_BACKEND_EPOLL)
        return hr_error_set(error, -EINVAL, "engine: unknown backend %d", (int)*choice);
    const char *wanted = getenv("HEADRACE_BACKEND");
    if (*choice != HR_BACKEND_AUTO || !wanted || !*wanted) return 0;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(wanted, names[i]) != 0) continue;
        *choice = (enum hr_engine_backend)i;
        return 0;
    }
    return hr_error_set(error, -EINVAL,
                        "HEADRACE_BACKEND is \"%.32s\"; it can be auto, io_uring or epoll", wanted);
}
