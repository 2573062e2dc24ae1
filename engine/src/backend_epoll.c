/* The seam over epoll. */
#include <errno.h>

#include "backend.h"

static int epoll_open(const struct hr_backend_options *options, struct hr_error *error,
                      struct hr_backend **backend) {
    (void)options;
    (void)backend;
    return hr_error_set(error, -ENOSYS, "epoll: not there yet");
}

const struct hr_backend_vtable hr__backend_epoll = {.name = "epoll", .open = epoll_open};
