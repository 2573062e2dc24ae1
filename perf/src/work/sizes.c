/* Which body has which size. */
#include "sizes.h"

#include <assert.h>

#include "random.h"

#define STREAM 0x5851f42d4c957f2du /* apart from the draws of operations of the same seed */

size_t perf_sizes_class(const struct perf_sizes *sizes, uint64_t seed, uint32_t index) {
    uint64_t state = (seed ^ STREAM) + (uint64_t)index * 0xd1342543de82ef95u;
    size_t class = 0;
    assert(sizes->count > 0 && sizes->total > 0);
    uint64_t draw = perf_random_next(&state) % sizes->total;
    while (draw >= sizes->list[class].weight) draw -= sizes->list[class ++].weight;
    assert(class < sizes->count);
    return class;
}

uint64_t perf_sizes_largest(const struct perf_sizes *sizes) {
    uint64_t largest = 0;
    for (size_t i = 0; i < sizes->count; i++)
        if (sizes->list[i].bytes > largest) largest = sizes->list[i].bytes;
    return largest;
}
