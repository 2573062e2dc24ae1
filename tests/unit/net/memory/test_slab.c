/* Against the kernel's count of what is mapped, and against a model of who has which bytes. */
#include <criterion/criterion.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slab.h"

#define SIZE  1700
#define COUNT 2000

static long mapped_kib(void) {
    long kib = -1;
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) sscanf(line, "VmSize: %ld", &kib);
    if (file) fclose(file);
    return kib;
}

Test(slab, a_burst_goes_back_to_the_kernel) {
    struct hr_slabs slab = {NULL};
    static char *things[COUNT];
    hr__slab_give(&slab, hr__slab_take(&slab, SIZE)); /* the one piece that stays */
    long before = mapped_kib();
    for (unsigned i = 0; i < COUNT; i++) cr_assert((things[i] = hr__slab_take(&slab, SIZE)));
    cr_assert_geq(mapped_kib() - before, COUNT * SIZE / 1024 - 64);
    for (unsigned i = 0; i < COUNT; i++) hr__slab_give(&slab, things[i * 7 % COUNT]);
    cr_assert_leq(mapped_kib() - before, 0);
    hr__slab_deinit(&slab);
    cr_assert_leq(mapped_kib() - before, -64);
}

static bool holds(const char *thing, char byte) {
    for (unsigned i = 0; i < SIZE; i++)
        if (thing[i] != byte) return false;
    return true;
}

Test(slab, each_has_its_bytes_and_they_begin_as_zero) {
    struct hr_slabs slab = {NULL};
    static char *things[200];
    unsigned random = 1;
    for (unsigned step = 0; step < 20000; step++) {
        random = random * 1664525 + 1013904223;
        unsigned at = (random >> 16) % 200;
        char byte = (char)(1 + at % 100);
        if (things[at]) {
            cr_assert(holds(things[at], byte));
            hr__slab_give(&slab, things[at]);
            things[at] = NULL;
        } else {
            things[at] = hr__slab_take(&slab, SIZE);
            cr_assert(things[at]);
            cr_assert_eq((uintptr_t)things[at] % 16, 0);
            cr_assert(holds(things[at], 0));
            memset(things[at], byte, SIZE);
        }
    }
    for (unsigned i = 0; i < 200; i++)
        if (things[i]) hr__slab_give(&slab, things[i]);
    hr__slab_deinit(&slab);
}
