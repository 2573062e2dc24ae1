/* What every back end has to pass. */
#include <errno.h>

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
