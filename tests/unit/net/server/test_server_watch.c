/* The time-outs of a server's connection alone, on an engine that the test runs. */
#include <criterion/criterion.h>
#include <string.h>

#include <headrace/engine.h>
#include <headrace/http_client.h>

#include "server_watch.h"

#define PERIOD_MS 20

struct scene {
    hr_engine *engine;
    struct hr_http_server_options options;
    struct hr_server_watch_plan plan;
    struct hr_server_watch watch;
    uint64_t bytes, step; /* moved; more of them at each look */
    unsigned looks, time_outs;
    enum hr_server_watch_kind kind; /* of the last time-out */
};

static uint64_t moved(const struct hr_server_watch *watch) {
    struct scene *scene = hr__container_of(watch, struct scene, watch);
    scene->looks++;
    scene->bytes += scene->step;
    return scene->bytes;
}

static void on_time_out(struct hr_server_watch *watch, enum hr_server_watch_kind kind) {
    struct scene *scene = hr__container_of(watch, struct scene, watch);
    scene->time_outs++;
    scene->kind = kind;
}

static const struct hr_server_watch_events events = {.moved = moved, .on_time_out = on_time_out};

static void plan(struct scene *scene) {
    hr__server_watch_plan(&scene->plan, hr__engine_reactor(scene->engine, 0), &scene->options,
                          &events);
}

static void scene_open(struct scene *scene, uint32_t timeout_ms) {
    memset(scene, 0, sizeof *scene);
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER};
    cr_assert_eq(hr_engine_new(&options, NULL, &scene->engine), 0);
    scene->options.head_timeout_ms = scene->options.handshake_timeout_ms = timeout_ms;
    scene->options.idle_timeout_ms = scene->options.stall_timeout_ms = timeout_ms;
    scene->options.body_grace_ms = timeout_ms;
    scene->options.body_rate_min = 1000;
    hr__server_watch_init(&scene->watch, &scene->plan);
    plan(scene);
}

static void scene_close(struct scene *scene) {
    hr__server_watch_stop(&scene->watch);
    cr_assert_eq(hr_engine_close(scene->engine, NULL, NULL), 0);
}

static void run_until_time_out(struct scene *scene) {
    unsigned before = scene->time_outs;
    while (scene->time_outs == before) hr_engine_poll(scene->engine, 1000);
}

Test(server_watch, each_kind_has_its_period) {
    struct scene scene;
    scene_open(&scene, PERIOD_MS);
    static const enum hr_server_watch_kind kinds[] = {
        HR_SERVER_WATCH_HANDSHAKE, HR_SERVER_WATCH_IDLE,     HR_SERVER_WATCH_HEAD,
        HR_SERVER_WATCH_BODY,      HR_SERVER_WATCH_RESPONSE, HR_SERVER_WATCH_LINGER};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        hr_engine_poll(scene.engine, 0); /* the clock as of now */
        uint64_t begun = hr__reactor_now(scene.plan.reactor);
        hr__server_watch_set(&scene.watch, kinds[i]);
        run_until_time_out(&scene);
        cr_assert_eq(scene.kind, kinds[i]);
        cr_assert_geq(hr__reactor_now(scene.plan.reactor) - begun, PERIOD_MS * UINT64_C(1000000));
    }
    scene_close(&scene);
}

Test(server_watch, none_at_all) {
    struct scene scene;
    scene_open(&scene, HR_NO_TIMEOUT);
    for (int kind = HR_SERVER_WATCH_NONE; kind < HR_SERVER_WATCH_LINGER; kind++) {
        hr__server_watch_set(&scene.watch, (enum hr_server_watch_kind)kind);
        cr_assert(!hr__timer_running(&scene.watch.deadline.timer), "kind %d", kind);
    }
    hr__server_watch_set(&scene.watch, HR_SERVER_WATCH_LINGER);
    cr_assert(hr__timer_running(&scene.watch.deadline.timer), "a peer that is let go is not kept");
    scene_close(&scene);
}

Test(server_watch, zero_is_the_default_of_each) {
    struct scene scene;
    scene_open(&scene, 0);
    const uint64_t *periods_ns = scene.plan.periods_ns, ms = 1000000;
    cr_assert_eq(periods_ns[HR_SERVER_WATCH_HEAD], 10000 * ms);
    cr_assert_eq(periods_ns[HR_SERVER_WATCH_HANDSHAKE], 10000 * ms);
    cr_assert_eq(periods_ns[HR_SERVER_WATCH_IDLE], 60000 * ms);
    cr_assert_eq(scene.plan.stall_ns, 30000 * ms);
    cr_assert_eq(scene.plan.grace_ns, 10000 * ms);
    scene_close(&scene);
}

/* The timer of what was watched over before is left running, and does no harm. */
Test(server_watch, a_longer_period_follows_a_shorter_one) {
    struct scene scene;
    scene_open(&scene, PERIOD_MS);
    scene.options.idle_timeout_ms = HR_NO_TIMEOUT;
    scene.options.handshake_timeout_ms = 3 * PERIOD_MS;
    plan(&scene);
    hr__server_watch_set(&scene.watch, HR_SERVER_WATCH_HEAD);
    hr__server_watch_set(&scene.watch, HR_SERVER_WATCH_IDLE);
    while (hr__timer_running(&scene.watch.deadline.timer)) hr_engine_poll(scene.engine, 100);
    cr_assert_eq(scene.time_outs, 0);
    hr__server_watch_set(&scene.watch, HR_SERVER_WATCH_HEAD);
    hr__server_watch_set(&scene.watch, HR_SERVER_WATCH_HANDSHAKE);
    run_until_time_out(&scene);
    cr_assert_eq(scene.kind, HR_SERVER_WATCH_HANDSHAKE);
    scene_close(&scene);
}

/* A body that moves fast enough goes on; without a grace time any speed will do. */
Test(server_watch, bodies_have_to_move) {
    struct scene scene;
    scene_open(&scene, PERIOD_MS);
    scene.options.stall_timeout_ms = 1000 * PERIOD_MS;
    plan(&scene);
    scene.step = 1000;
    hr__server_watch_set(&scene.watch, HR_SERVER_WATCH_BODY);
    while (scene.looks < 30) hr_engine_poll(scene.engine, 100);
    cr_assert_eq(scene.time_outs, 0);
    scene.step = 0;
    run_until_time_out(&scene);
    cr_assert_eq(scene.kind, HR_SERVER_WATCH_BODY);

    scene.options.body_grace_ms = HR_NO_TIMEOUT;
    scene.options.stall_timeout_ms = PERIOD_MS;
    plan(&scene);
    scene.step = 1;
    scene.looks = scene.time_outs = 0;
    hr__server_watch_set(&scene.watch, HR_SERVER_WATCH_RESPONSE);
    while (scene.looks < 30) hr_engine_poll(scene.engine, 100);
    cr_assert_eq(scene.time_outs, 0);
    scene_close(&scene);
}
