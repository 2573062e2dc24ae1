/* What a reactor's thread logs bears the time of its turn. */
#include <pthread.h>
#include <stdio.h>

#include <engine/reactor.h>
#include <headrace/clock.h>

#include "log_lines.h"
#include "log_ticks.h"

#define PAUSE_NS UINT64_C(2000000)

struct turns {
    struct hr_operation operation;
    struct hr_task first, posted;
    hr_log *log;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
};

static struct turns turns = {.lock = PTHREAD_MUTEX_INITIALIZER,
                             .changed = PTHREAD_COND_INITIALIZER};

static void pass_time(void) {
    uint64_t until = hr_clock_monotonic_ns() + PAUSE_NS;
    while (hr_clock_monotonic_ns() < until) {}
}

static void on_posted(struct hr_task *task) {
    (void)task;
    HR_INFO(turns.log, "posted");
    pthread_mutex_lock(&turns.lock);
    turns.done = true;
    pthread_cond_signal(&turns.changed);
    pthread_mutex_unlock(&turns.lock);
}

static void *post(void *reactor) {
    hr__reactor_post(reactor, &turns.posted);
    return NULL;
}

/* The post of another thread is fetched in this very turn. */
static void on_event(struct hr_operation *operation, const struct hr_completion *completion) {
    (void)operation, (void)completion;
    HR_INFO(turns.log, "event");
    pass_time();
    HR_INFO(turns.log, "the same event");
    pthread_t thread;
    if (pthread_create(&thread, NULL, post, hr__reactor_current()) != 0) abort();
    pthread_join(thread, NULL);
}

static void on_first(struct hr_task *task) {
    (void)task;
    HR_INFO(turns.log, "first");
    pass_time();
    hr__operation_start(hr__reactor_current(), &turns.operation);
}

/* Nanoseconds of the line's second. */
static int64_t time_of(const char **text) {
    const char *point = strchr(*text, '.');
    cr_assert_not_null(point);
    *text = strchr(point, '\n') + 1;
    return strtoll(point + 1, NULL, 10);
}

static uint64_t passed(int64_t from, int64_t to) {
    return (uint64_t)(to - from + 1000000000) % 1000000000;
}

Test(log_turn, a_record_has_its_turns_time_and_one_behind_a_post_a_later_one) {
    if (!hr__log_counter_is_invariant()) cr_skip_test("the counter is no clock here");
    struct log_lines lines;
    hr_engine *engine;
    struct hr_error error = {0};
    const struct hr_engine_options options = {.reactors = 1};
    log_lines_open(&lines, &(struct hr_log_sink){.time_digits = 9}, &(struct hr_log_options){0});
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
    turns.log = lines.log;
    turns.operation.kind = HR_OP_NOP;
    turns.operation.on_event = on_event;
    turns.first.run = on_first;
    turns.posted.run = on_posted;
    hr__reactor_post(hr__engine_reactor(engine, 0), &turns.first);
    pthread_mutex_lock(&turns.lock);
    while (!turns.done) pthread_cond_wait(&turns.changed, &turns.lock);
    pthread_mutex_unlock(&turns.lock);
    char *text = log_lines_take(&lines);
    const char *at = text;
    int64_t first = time_of(&at), event = time_of(&at), same = time_of(&at), posted = time_of(&at);
    cr_assert_geq(passed(first, event), PAUSE_NS * 9 / 10, "%s", text);
    cr_assert_eq(same, event, "%s", text);
    cr_assert_geq(passed(event, posted), PAUSE_NS * 9 / 10, "%s", text);
    free(text);
    hr_engine_close(engine, NULL, NULL);
    log_lines_close(&lines);
}
