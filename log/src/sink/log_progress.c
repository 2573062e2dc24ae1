/* Progress of a sink: what was written, what is on the disk. */
#include "log_progress.h"

#include <assert.h>
#include <stdlib.h>

static void reach_rings(struct hr__log_reach *reach, const uint64_t *rings, uint32_t count) {
    assert(count == 0 || rings);
    if (count > reach->rings_count) {
        uint64_t *grown = realloc(reach->rings, count * sizeof *grown);
        if (!grown) return; /* the next buffer's will do */
        for (uint32_t i = reach->rings_count; i < count; i++) grown[i] = 0;
        reach->rings = grown;
        reach->rings_count = count;
    }
    for (uint32_t i = 0; i < count; i++)
        if (rings[i] > reach->rings[i]) reach->rings[i] = rings[i];
}

static void reach_as(struct hr__log_reach *reach, const struct hr__log_reach *other) {
    assert(other->sequence >= reach->sequence);
    reach->offset = other->offset;
    reach->sequence = other->sequence;
    reach->ticks = other->ticks;
    reach_rings(reach, other->rings, other->rings_count);
}

static struct hr__log_reach *of_writes(struct hr__log_progress *progress) {
    return progress->syncs ? &progress->written : &progress->done;
}

void hr__log_progress_wrote(struct hr__log_progress *progress, const struct hr__log_reach *to) {
    reach_as(of_writes(progress), to);
}

void hr__log_progress_passed(struct hr__log_progress *progress, const struct hr__log_reach *to) {
    struct hr__log_reach *reach = of_writes(progress);
    assert(to->sequence > reach->sequence);
    reach_rings(reach, to->rings, to->rings_count);
}

void hr__log_progress_sync_begins(struct hr__log_progress *progress) {
    assert(progress->syncs && progress->unsynced);
    reach_as(&progress->syncing, &progress->written);
}

void hr__log_progress_synced(struct hr__log_progress *progress, bool all) {
    assert(progress->syncs && progress->unsynced);
    reach_as(&progress->done, &progress->syncing);
    if (all) progress->unsynced = false;
}

void hr__log_progress_close(struct hr__log_progress *progress) {
    free(progress->done.rings);
    free(progress->written.rings);
    free(progress->syncing.rings);
}
