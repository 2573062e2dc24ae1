/* Looks at memory and what else a process holds, and the slope of it. */
#include "service_growth.h"

#include <assert.h>
#include <math.h>

#include "resources.h"
#include "service_tools.h"

void perf_growth_look(struct perf_growth *growth, double work) {
    assert(growth->count < PERF_GROWTH_LOOKS_MAX);
    growth->work[growth->count] = work;
    growth->bytes[growth->count++] = (double)perf_memory_bytes("Rss");
}

double perf_growth_most(const struct perf_growth *growth) {
    double most = 0;
    for (unsigned i = 1; i < growth->count; i++)
        most = fmax(most, growth->bytes[i] - growth->bytes[0]);
    return most;
}

struct perf_slope perf_growth_slope(const struct perf_growth *growth) {
    return perf_slope_of((struct perf_line){growth->work, growth->bytes, growth->count});
}

struct perf_holdings perf_holdings_now(void) {
    uint64_t mappings = 0; /* where they cannot be read as well */
    (void)perf_service_count_lines("/proc/self/maps", &mappings);
    return (struct perf_holdings){.descriptors = perf_descriptors(),
                                  .threads = perf_threads(),
                                  .mappings = (unsigned)mappings};
}
