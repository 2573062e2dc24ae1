/* How rough a world is. Where a profile is calm every request has to succeed: what it has of faults
 * then are only those that the engine promises to hide. */
#include <stddef.h>
#include <string.h>

#include "world.h"

/* Nobody above the engine may see these. */
static const struct sim_faults hidden = {.short_read = 20000,
                                         .short_write = 20000,
                                         .split = 20000,
                                         .merge = 20000,
                                         .no_buffers = 4000,
                                         .interrupted = 4000,
                                         .try_again = 6000,
                                         .delay = 8000,
                                         .reorder = 8000,
                                         .cancel_late = 30000,
                                         .queue_full = 4000,
                                         .delay_us_max = 3000};

static const struct world_profile profiles[] = {
    {.name = "calm",
     .meddles = 12000,
     .calm = true,
     .push_backs = 12000,
     .closes = 6000,
     .pause_ms_max = 3,
     .faults = {.latency_us_max = 2000}},
    {.name = "hidden",
     .meddles = 12000,
     .calm = true,
     .push_backs = 12000,
     .closes = 6000,
     .pause_ms_max = 3,
     .hides = true,
     .faults = {.latency_us_max = 2000}},
    {.name = "tight",
     .meddles = 16000,
     .leaves = 6000,
     .small = true,
     .cancels = 12000,
     .timeouts = 6000,
     .push_backs = 16000,
     .closes = 6000,
     .pause_ms_max = 40,
     .hides = true,
     .faults = {.latency_us_max = 2000}},
    {.name = "lossy",
     .meddles = 16000,
     .leaves = 12000,
     .cancels = 8000,
     .timeouts = 6000,
     .push_backs = 8000,
     .closes = 6000,
     .pause_ms_max = 10,
     .hides = true,
     .faults = {.latency_us_max = 2000,
                .reset = 500,
                .refuse = 6000,
                .black_hole = 2000,
                .accept_fails = 6000,
                .no_space = 1500,
                .io_error = 1500}},
    {.name = "slow",
     .meddles = 16000,
     .leaves = 6000,
     .cancels = 6000,
     .timeouts = 10000,
     .push_backs = 8000,
     .closes = 6000,
     .pause_ms_max = 4000,
     .hides = true,
     .faults = {.stall = 600, .stall_ms_max = 20000, .latency_us_max = 200000}},
    {.name = "hostile",
     .meddles = 16000,
     .leaves = 16000,
     .small = true,
     .cancels = 20000,
     .timeouts = 12000,
     .push_backs = 16000,
     .closes = 12000,
     .pause_ms_max = 400,
     .hides = true,
     .faults = {.latency_us_max = 2000,
                .reset = 700,
                .refuse = 8000,
                .black_hole = 4000,
                .stall = 400,
                .stall_ms_max = 8000,
                .accept_fails = 8000,
                .no_space = 2000,
                .io_error = 2000,
                .clock_jump = 60,
                .jump_ms_max = 4000}},
};

const struct world_profile *world_profile_find(const char *name, uint64_t seed) {
    size_t count = sizeof profiles / sizeof *profiles;
    if (!name) return &profiles[seed % count];
    for (size_t i = 0; i < count; i++)
        if (strcmp(profiles[i].name, name) == 0) return &profiles[i];
    return NULL;
}

static uint16_t draw(struct world *world, uint16_t most) {
    return world_chance(world, 22000) ? 0 : (uint16_t)world_below(world, most + 1u);
}

struct sim_faults world_profile_draw(struct world *world) {
    const struct sim_faults *own = &world->profile->faults;
    static const struct sim_faults none;
    const struct sim_faults *shared = world->profile->hides ? &hidden : &none;
    return (struct sim_faults){
        .short_read = draw(world, shared->short_read),
        .short_write = draw(world, shared->short_write),
        .split = draw(world, shared->split),
        .merge = draw(world, shared->merge),
        .no_buffers = draw(world, shared->no_buffers),
        .interrupted = draw(world, shared->interrupted),
        .try_again = draw(world, shared->try_again),
        .delay = draw(world, shared->delay),
        .reorder = draw(world, shared->reorder),
        .cancel_late = draw(world, shared->cancel_late),
        .queue_full = draw(world, shared->queue_full),
        .delay_us_max = shared->delay_us_max,
        .reset = draw(world, own->reset),
        .refuse = draw(world, own->refuse),
        .black_hole = draw(world, own->black_hole),
        .stall = draw(world, own->stall),
        .stall_ms_max = own->stall_ms_max,
        .accept_fails = draw(world, own->accept_fails),
        .no_space = draw(world, own->no_space),
        .io_error = draw(world, own->io_error),
        .clock_jump = draw(world, own->clock_jump),
        .jump_ms_max = own->jump_ms_max,
        .latency_us_max = (unsigned)world_below(world, own->latency_us_max + 1u),
        .window_bytes = world_chance(world, 32768) ? 0 : 1024u << world_below(world, 7),
    };
}
