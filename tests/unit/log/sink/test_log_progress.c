#include <criterion/criterion.h>

#include "log_progress.h"

static struct hr__log_reach reach(uint64_t offset, uint64_t sequence, uint64_t *rings,
                                  uint32_t count) {
    return (struct hr__log_reach){.offset = offset,
                                  .sequence = sequence,
                                  .ticks = 10 * sequence,
                                  .rings = rings,
                                  .rings_count = count};
}

Test(log_progress, a_ring_never_goes_back) {
    struct hr__log_progress progress = {.syncs = false};
    uint64_t rings[3] = {8, 16, 24};
    struct hr__log_reach first = reach(100, 1, rings, 2);
    hr__log_progress_wrote(&progress, &first);
    cr_assert_eq(hr__log_progress_of_ring(&progress, 1), 16);
    cr_assert_eq(hr__log_progress_of_ring(&progress, 2), 0); /* it came later */
    rings[0] = 4;
    struct hr__log_reach second = reach(200, 2, rings, 3);
    hr__log_progress_wrote(&progress, &second);
    cr_assert_eq(hr__log_progress_of_ring(&progress, 0), 8);
    cr_assert_eq(hr__log_progress_of_ring(&progress, 2), 24);
    cr_assert(progress.done.offset == 200 && progress.done.ticks == 20);
    hr__log_progress_close(&progress);
}

Test(log_progress, lines_that_were_given_up_leave_the_file_where_it_was) {
    struct hr__log_progress progress = {.syncs = false};
    uint64_t rings[1] = {8};
    struct hr__log_reach first = reach(100, 1, rings, 1);
    hr__log_progress_wrote(&progress, &first);
    rings[0] = 32;
    struct hr__log_reach second = reach(100, 2, rings, 1);
    hr__log_progress_passed(&progress, &second);
    cr_assert(progress.done.sequence == 1 && progress.done.offset == 100);
    cr_assert_eq(hr__log_progress_of_ring(&progress, 0), 32);
    hr__log_progress_close(&progress);
}

/* A sync is for the bytes that were written when it began. */
Test(log_progress, durable_mode_counts_what_is_on_the_disk) {
    struct hr__log_progress progress = {.syncs = true, .unsynced = true};
    uint64_t rings[1] = {8};
    struct hr__log_reach first = reach(100, 1, rings, 1);
    hr__log_progress_wrote(&progress, &first);
    cr_assert_eq(hr__log_progress_of_ring(&progress, 0), 0);
    hr__log_progress_sync_begins(&progress);
    rings[0] = 16;
    struct hr__log_reach second = reach(200, 2, rings, 1);
    hr__log_progress_wrote(&progress, &second);
    hr__log_progress_synced(&progress, false);
    cr_assert(hr__log_progress_of_ring(&progress, 0) == 8 && progress.done.offset == 100);
    cr_assert(progress.unsynced);
    hr__log_progress_sync_begins(&progress);
    hr__log_progress_synced(&progress, true);
    cr_assert(hr__log_progress_of_ring(&progress, 0) == 16 && progress.done.offset == 200);
    cr_assert_not(progress.unsynced);
    hr__log_progress_close(&progress);
}
