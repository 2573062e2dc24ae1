/* A simulated world of a test's own, on any kernel that the program was started on: its steps, and
 * its end. */
#ifndef TEST_OWN_WORLD_H
#define TEST_OWN_WORLD_H

#include <criterion/criterion.h>
#include <stdbool.h>

#include <headrace/engine.h>

#include "engine_core.h"
#include "kernel.h"
#include "needs_kernel.h"

/* An engine of one reactor in a new world, which the caller's steps drive. */
static inline hr_engine *own_world_open(const struct sim_options *world) {
    const struct hr_engine_options options = {.mode = HR_ENGINE_CALLER, .reactors = 1};
    struct hr_error error;
    hr_engine *engine = NULL;
    if (kernel_is_simulated()) sim_close();
    sim_open(world);
    cr_assert_eq(hr__engine_new(&options, sim_tuning(), &error, &engine), 0, "%s", error.message);
    sim_engine_add(engine);
    return engine;
}

static inline void step_until(const bool *done) {
    while (!*done) cr_assert_eq(sim_step(), SIM_RAN, "nothing can happen any more");
}

/* An on_closed, on_done, … whose `user` is a bool. */
static inline void set_true(void *user) {
    *(bool *)user = true;
}

/* Closes the engine, which is the last of this world. */
static inline void own_world_close(hr_engine *engine) {
    bool ended = false;
    cr_assert_eq(hr_engine_close(engine, set_true, &ended), 0);
    step_until(&ended);
    cr_assert_null(sim_complaint());
    sim_close();
    if (kernel_is_simulated()) sim_open(&(struct sim_options){.seed = 1, .live = true});
}

#endif
