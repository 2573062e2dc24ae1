/* The options of an engine. */
#include <headrace/engine.h>

#include "option_rows.h"

static const struct hr_config_choice backends[] = {{"auto", HR_BACKEND_AUTO},
                                                   {"io_uring", HR_BACKEND_IO_URING},
                                                   {"epoll", HR_BACKEND_EPOLL},
                                                   {.name = NULL}};

static const struct hr_config_field fields[] = {
    HR_FIELD(struct hr_engine_options, backend, HR_CHOICE, .choices = backends, .restart = true,
             .doc =
                 "The interface of the kernel: auto is io_uring, or epoll where that is refused."),
    HR__COUNT("reactors", struct hr_engine_options, reactors, 1024, .restart = true,
              .doc = "Reactors, each a thread; one per core where it is not given."),
    HR__COUNT("ring_entries", struct hr_engine_options, ring_entries, 32768, .restart = true,
              .doc = "Submission entries of a reactor; 1024."),
    HR__COUNT("buffer_count", struct hr_engine_options, buffer_count, 32768, .restart = true,
              .doc = "Receive buffers of a reactor, a power of two; 128."),
    HR__BYTES("buffer_size", struct hr_engine_options, buffer_size_bytes, 1 << 20, .restart = true,
              .doc = "Size of each of them; 8KiB."),
    HR__COUNT("requests_max", struct hr_engine_options, requests_max, UINT32_MAX, .restart = true,
              .doc = "Requests in progress; 65536."),
    HR__BYTES("budget", struct hr_engine_options, budget_bytes, HR__BYTES_MAX, .restart = true,
              .doc = "Memory that requests may hold; a quarter of the control group's, or of the "
                     "machine's."),
    HR_FIELD(struct hr_engine_options, pinned, HR_BOOL, .restart = true,
             .doc = "Each reactor's thread stays on a core of its own."),
    HR_NAMED("spin", struct hr_engine_options, spin_us, HR_DURATION, .unit_ns = 1000, .min = 0,
             .max = 1000, .restart = true,
             .doc = "A reactor looks for events this long before it sleeps; 0."),
};

const struct hr_config_schema hr_engine_schema = {
    .title = "engine", HR_FIELDS(fields), .size = sizeof(struct hr_engine_options)};
