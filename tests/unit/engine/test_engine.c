#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

#include "engine_fixture.h"

static void refused(struct hr_engine_options options, const char *name) {
    struct hr_error error = {0};
    hr_engine *made = NULL;
    cr_assert_eq(hr_engine_new(&options, &error, &made), -EINVAL);
    cr_assert_null(made, "untouched on error");
    cr_assert_eq(error.code, -EINVAL);
    cr_assert_not_null(strstr(error.message, name), "%s", error.message);
}

Test(engine, bad_options_are_named) {
    refused((struct hr_engine_options){.mode = 7}, "mode 7");
    refused((struct hr_engine_options){.mode = HR_ENGINE_CALLER, .reactors = 2}, "1 reactor");
    refused((struct hr_engine_options){.reactors = 100000}, "100000 reactors");
    refused((struct hr_engine_options){.ring_entries = 65536}, "ring_entries");
    refused((struct hr_engine_options){.buffer_count = 100}, "buffer_count 100");
    refused((struct hr_engine_options){.buffer_count = 65536}, "buffer_count");
    refused((struct hr_engine_options){.buffer_size_bytes = 1}, "buffer_size_bytes 1");
    refused((struct hr_engine_options){.buffer_size_bytes = 2u << 20}, "buffer_size_bytes");
    refused((struct hr_engine_options){.reserved[6] = 1}, "hr_engine_options");
    struct hr_error error = {0};
    cr_assert_eq(hr_engine_new(NULL, &error, NULL), -EINVAL);
    cr_assert_eq(error.code, -EINVAL);
    cr_assert_eq(hr_engine_close(NULL, NULL, NULL), 0);
}

/* Options that are zero are the defaults; so are options that are not there, as of a client. */
Test(engine, no_options_are_the_defaults) {
    struct hr_error error = {0};
    cr_assert_eq(hr_engine_new(NULL, &error, &engine), 0, "%s", error.message);
    struct timer_request request = {.delay_ns = 1000000};
    cr_assert_eq(submit(&request), 0);
    cr_assert_eq(hr_wait(&request.request), 0);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

/* Unless it is asked for: two programs would both take the first cores of the machine. */
Test(engine, a_reactor_per_core_bound_to_none) {
    cpu_set_t cores;
    sched_getaffinity(0, sizeof cores, &cores);
    cr_assert_eq(hr_engine_new(NULL, NULL, &engine), 0);
    cr_assert_eq(hr_engine_reactors(engine), (unsigned)CPU_COUNT(&cores));
    for (unsigned i = 0; i < hr_engine_reactors(engine); i++) {
        cpu_set_t bound;
        struct hr_reactor *one = hr__engine_reactor(engine, i);
        cr_assert_eq(pthread_getaffinity_np(one->thread.id, sizeof bound, &bound), 0);
        cr_assert(CPU_EQUAL(&bound, &cores));
    }
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

Test(engine, a_reactor_per_core_each_on_its_own) {
    cpu_set_t cores;
    sched_getaffinity(0, sizeof cores, &cores);
    const struct hr_engine_options options = {.mode = HR_ENGINE_THREADS, .pinned = true};
    cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
    cr_assert_eq(hr_engine_reactors(engine), (unsigned)CPU_COUNT(&cores));
    for (unsigned i = 0; i < hr_engine_reactors(engine); i++) {
        cpu_set_t bound;
        struct hr_reactor *one = hr__engine_reactor(engine, i);
        cr_assert_eq(pthread_getaffinity_np(one->thread.id, sizeof bound, &bound), 0);
        cr_assert_eq(CPU_COUNT(&bound), 1);
        cr_assert(CPU_ISSET((size_t)one->thread.core, &cores));
    }
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

Test(engine, more_reactors_than_cores) {
    const struct hr_engine_options options = {.reactors = 9};
    cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
    struct timer_request requests[100] = {{.starts = 0}};
    for (int i = 0; i < 100; i++) {
        requests[i].delay_ns = 1000000;
        cr_assert_eq(submit(&requests[i]), 0);
    }
    for (int i = 0; i < 100; i++) cr_assert_eq(hr_wait(&requests[i].request), 0);
    cr_assert_eq(metrics().succeeded, 100);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

Test(engine, pick_takes_the_less_loaded) {
    const struct hr_engine_options options = {.reactors = 2};
    cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
    struct timer_request requests[50] = {{.starts = 0}};
    for (int i = 0; i < 50; i++) {
        requests[i].delay_ns = NEVER_NS;
        cr_assert_eq(submit(&requests[i]), 0);
    }
    for (unsigned i = 0; i < 2; i++) cr_assert_eq(hr__engine_reactor(engine, i)->mail.load, 25);
    for (int i = 0; i < 50; i++) hr_cancel(&requests[i].request);
    for (int i = 0; i < 50; i++) cr_assert_eq(hr_wait(&requests[i].request), -ECANCELED);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

/* Closing. */

static uint32_t closed;
static void on_closed(void *user) {
    cr_assert_eq(user, &closed);
    __atomic_store_n(&closed, 1, __ATOMIC_RELEASE);
}

Test(engine, close_waits_for_what_is_in_progress) {
    const struct hr_engine_options options = {.reactors = 2};
    cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
    struct timer_request running = {.request.on_done = timer_request_done, .delay_ns = 50000000};
    cr_assert_eq(submit(&running), 0);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    cr_assert_eq(running.dones, 1);
}

Test(engine, close_with_a_callback_returns_at_once) {
    const struct hr_engine_options options = {.reactors = 3};
    cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
    struct timer_request running = {.delay_ns = NEVER_NS};
    cr_assert_eq(submit(&running), 0);
    cr_assert_eq(hr_engine_close(engine, on_closed, &closed), 0);
    struct timer_request late = {.delay_ns = 1};
    cr_assert_eq(submit(&late), -ESHUTDOWN);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), -EBUSY, "once");
    cr_assert_eq(__atomic_load_n(&closed, __ATOMIC_ACQUIRE), 0);
    hr_cancel(&running.request);
    while (!__atomic_load_n(&closed, __ATOMIC_ACQUIRE)) sched_yield();
    cr_assert_eq(hr_wait(&running.request), -ECANCELED);
}

Test(engine, an_open_handle_refuses_the_close) {
    const struct hr_engine_options options = {.reactors = 1};
    cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
    cr_assert_eq(hr__engine_handle_open(engine), 0);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), -EBUSY);
    struct timer_request still = {.delay_ns = 1};
    cr_assert_eq(submit(&still), 0, "nothing has changed");
    cr_assert_eq(hr_wait(&still.request), 0);
    hr__engine_handle_closing(engine);
    cr_assert_eq(hr_engine_close(engine, on_closed, &closed), 0);
    cr_assert_eq(hr__engine_handle_open(engine), -ESHUTDOWN);
    cr_assert_eq(__atomic_load_n(&closed, __ATOMIC_ACQUIRE), 0, "it waits for the handle");
    hr__engine_handle_closed(engine);
    while (!__atomic_load_n(&closed, __ATOMIC_ACQUIRE)) sched_yield();
}

static void close_inside(struct hr_request *request) {
    (void)request;
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), -EDEADLK);
    cr_assert_eq(hr_engine_close(engine, on_closed, &closed), 0);
}

Test(engine, close_from_a_callback) {
    for (unsigned mode = 0; mode < 2; mode++) {
        struct hr_engine_options options = {.mode = (enum hr_engine_mode)mode};
        closed = 0;
        cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
        struct timer_request last = {.request.on_done = close_inside};
        cr_assert_eq(submit(&last), 0);
        if (mode == HR_ENGINE_CALLER) cr_assert_eq(hr_engine_run(engine), 0);
        while (!__atomic_load_n(&closed, __ATOMIC_ACQUIRE)) sched_yield();
    }
}

Test(engine, caller_mode_closes_inside_when_nothing_is_in_progress) {
    open_default_engine();
    cr_assert_eq(hr_engine_close(engine, on_closed, &closed), 0);
    cr_assert_eq(closed, 1);
}

Test(engine, caller_mode_closes_in_poll_and_in_wait) {
    for (int how = 0; how < 2; how++) {
        closed = 0;
        open_default_engine();
        struct timer_request running = {.delay_ns = 10000000};
        cr_assert_eq(submit(&running), 0);
        cr_assert_eq(hr_engine_close(engine, on_closed, &closed), 0);
        cr_assert_eq(closed, 0);
        if (how == 0) cr_assert_eq(hr_wait(&running.request), 0);
        for (int i = 0; i < PATIENCE_TURNS && !closed; i++) hr_engine_poll(engine, 5);
        cr_assert_eq(closed, 1);
        cr_assert_eq(running.request.result, 0);
    }
}

static void look_when_closed(void *user) {
    struct hr_engine_metrics now;
    hr_engine_metrics_get(engine, &now);
    cr_assert_eq(now.in_progress, 0);
    cr_assert_eq(hr__engine_handle_open(engine), -ESHUTDOWN);
    cr_assert_lt(hr_engine_close(engine, NULL, NULL), 0, "once");
    cr_assert_lt(hr_engine_fd(engine), 0);
    cr_assert_eq(hr_engine_reactors(engine), 1);
    on_closed(user);
}

Test(engine, lives_until_on_closed_has_returned) {
    for (unsigned mode = 0; mode < 2; mode++) {
        const struct hr_engine_options options = {.mode = (enum hr_engine_mode)mode, .reactors = 1};
        closed = 0;
        cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
        struct timer_request running = {.delay_ns = 1000000};
        cr_assert_eq(submit(&running), 0);
        cr_assert_eq(hr_wait(&running.request), 0);
        cr_assert_eq(hr_engine_close(engine, look_when_closed, &closed), 0);
        while (!__atomic_load_n(&closed, __ATOMIC_ACQUIRE)) sched_yield();
    }
}

Test(engine, caller_mode_close_runs_the_loop) {
    open_default_engine();
    struct timer_request running = {.request.on_done = timer_request_done, .delay_ns = 10000000};
    cr_assert_eq(submit(&running), 0);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    cr_assert_eq(running.dones, 1);
}

Test(engine, many_engines_on_one_thread) {
    hr_engine *engines[5];
    struct timer_request requests[5] = {{.starts = 0}};
    for (int i = 0; i < 5; i++) {
        open_default_engine();
        engines[i] = engine;
        requests[i].delay_ns = 1000000;
        cr_assert_eq(submit(&requests[i]), 0);
    }
    for (int i = 4; i >= 0; i--) cr_assert_eq(hr_wait(&requests[i].request), 0);
    for (int i = 0; i < 5; i++) cr_assert_eq(hr_engine_close(engines[i], NULL, NULL), 0);
}

/* A child has neither the threads nor the ring. */
static int in_child(void) {
    struct timer_request request = {.delay_ns = 1};
    if (submit(&request) != -ESHUTDOWN) return 1;
    if (hr__engine_handle_open(engine) != -ESHUTDOWN) return 2;
    if (engine->options.mode == HR_ENGINE_CALLER) {
        if (hr_engine_poll(engine, 0) != -ESHUTDOWN) return 3;
        if (hr_engine_run(engine) != -ESHUTDOWN) return 4;
    }
    return hr_engine_close(engine, NULL, NULL) == 0 ? 0 : 5;
}

Test(engine, a_forked_child_is_refused) {
    for (unsigned mode = 0; mode < 2; mode++) {
        const struct hr_engine_options options = {.mode = (enum hr_engine_mode)mode};
        cr_assert_eq(hr_engine_new(&options, NULL, &engine), 0);
        pid_t child = fork();
        if (child == 0) _exit(in_child());
        int status;
        waitpid(child, &status, 0);
        cr_assert_eq(status, 0);
        struct timer_request request = {.delay_ns = 1};
        cr_assert_eq(submit(&request), 0, "the parent goes on");
        cr_assert_eq(hr_wait(&request.request), 0);
        cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
    }
}

static void *drive_from_outside(void *unused) {
    (void)unused;
    cr_assert_eq(hr_engine_poll(engine, 0), -EPERM);
    cr_assert_eq(hr_engine_run(engine), -EPERM);
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), -EPERM);
    return NULL;
}

Test(engine, only_its_owner_drives_it) {
    open_default_engine();
    pthread_t thread;
    pthread_create(&thread, NULL, drive_from_outside, NULL);
    pthread_join(thread, NULL);
    close_engine();
}

Test(engine, connections_and_their_peak) {
    open_default_engine();
    for (int i = 0; i < 3; i++) hr__engine_connection_opened(reactor);
    hr__engine_connection_closed(reactor);
    hr__engine_connection_opened(reactor);
    cr_assert_eq(metrics().connections_open, 3);
    cr_assert_eq(metrics().connections_peak, 3);
    cr_assert_eq(metrics().connections_opened, 4);
    for (int i = 0; i < 3; i++) hr__engine_connection_closed(reactor);
    close_engine();
}
