/* The options of an engine: defaults where they say nothing, and limits. */
#include <base/reserved.h>
#include <errno.h>

#include "engine_core.h"
#include "machine.h"

static bool power_of_two(unsigned number) {
    return number && (number & (number - 1)) == 0;
}

int hr__engine_options_complete(struct hr_engine_options *options, unsigned cores, bool stepped,
                                struct hr_error *error) {
    const struct hr_reserved reserved = {"hr_engine_options", options->reserved,
                                         sizeof options->reserved};
    bool caller = options->mode == HR_ENGINE_CALLER;
    int err = hr__reserved_check(&reserved, 1, error);
    if (err) return err;
    if (options->mode != HR_ENGINE_THREADS && !caller)
        return hr_error_set(error, -EINVAL, "engine: unknown mode %d", (int)options->mode);
    if (caller && options->reactors > 1 && !stepped)
        return hr_error_set(error, -EINVAL, "engine: a caller-driven one has 1 reactor, not %u",
                            options->reactors);
    if (options->reactors > HR_REACTORS_MAX)
        return hr_error_set(error, -EINVAL, "engine: %u reactors, the limit is %u",
                            options->reactors, HR_REACTORS_MAX);
    if (options->spin_us > HR_SPIN_US_MAX)
        return hr_error_set(error, -EINVAL, "engine: spin_us %u, the limit is %u", options->spin_us,
                            HR_SPIN_US_MAX);
    if (options->ring_entries > HR_RING_ENTRIES_MAX)
        return hr_error_set(error, -EINVAL, "engine: ring_entries %u, the limit is %u",
                            options->ring_entries, HR_RING_ENTRIES_MAX);
    if (options->reactors == 0) options->reactors = caller || cores == 0 ? 1 : cores;
    if (options->ring_entries == 0) options->ring_entries = HR_RING_ENTRIES;
    if (options->buffer_count == 0) options->buffer_count = HR_BUFFERS;
    if (options->buffer_size_bytes == 0) options->buffer_size_bytes = HR_BUFFER_BYTES;
    if (options->requests_max == 0) options->requests_max = HR_REQUESTS;
    if (options->budget_bytes == 0) options->budget_bytes = hr__budget_default_bytes("");
    if (!power_of_two(options->buffer_count) || options->buffer_count > HR_BUFFERS_MAX)
        return hr_error_set(error, -EINVAL,
                            "engine: buffer_count %u is not a power of two up to %u",
                            options->buffer_count, HR_BUFFERS_MAX);
    if (options->buffer_size_bytes < HR_BUFFER_BYTES_MIN ||
        options->buffer_size_bytes > HR_BUFFER_BYTES_MAX)
        return hr_error_set(error, -EINVAL, "engine: buffer_size_bytes %u is not in %u to %u",
                            options->buffer_size_bytes, HR_BUFFER_BYTES_MIN, HR_BUFFER_BYTES_MAX);
    return 0;
}
