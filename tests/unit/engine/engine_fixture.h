/* A caller-driven engine, operations that note what they are told, and a request class of timers.
 */
#ifndef HR_TESTS_ENGINE_FIXTURE_H
#define HR_TESTS_ENGINE_FIXTURE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <engine/request_core.h>
#include <headrace/clock.h>

#include "engine_core.h"

#define PATIENCE_TURNS 2000 /* of at most 5 ms each */
#define UNUSED         __attribute__((unused))

static hr_engine *engine;
static struct hr_reactor *reactor;

UNUSED static void open_engine(struct hr_engine_options options,
                               const struct hr_engine_tuning *tuning) {
    options.mode = HR_ENGINE_CALLER;
    struct hr_error error = {0};
    int result = hr__engine_new(&options, tuning, &error, &engine);
    cr_assert_eq(result, 0, "%s", error.message);
    reactor = hr__engine_reactor(engine, 0);
}

UNUSED static void open_default_engine(void) {
    open_engine((struct hr_engine_options){0}, NULL);
}

UNUSED static void close_engine(void) {
    cr_assert_eq(reactor->slab.live, 0, "an operation was left");
    cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0);
}

#define TURN_UNTIL(condition)                                                                      \
    do {                                                                                           \
        int turns_ = 0;                                                                            \
        while (!(condition)) {                                                                     \
            cr_assert_lt(turns_++, PATIENCE_TURNS, "never happened: %s", #condition);              \
            hr_engine_poll(engine, 5);                                                             \
        }                                                                                          \
    } while (0)

UNUSED static struct hr_engine_metrics metrics(void) {
    struct hr_engine_metrics now;
    hr_engine_metrics_get(engine, &now);
    return now;
}

/* An operation that notes what it is told. */
struct probe {
    struct hr_operation operation;
    int events;   /* all of them */
    int finals;   /* those without more */
    int result;   /* of the last one */
    size_t bytes; /* sum of the positive results */
    char data[256];
};

UNUSED static void on_probe(struct hr_operation *operation,
                            const struct hr_completion *completion) {
    struct probe *probe = (struct probe *)operation;
    probe->events++;
    probe->result = completion->result;
    if (completion->data)
        for (int i = 0; i < completion->result; i++)
            if (probe->bytes + (size_t)i < sizeof probe->data)
                probe->data[probe->bytes + (size_t)i] = completion->data[i];
    if (completion->result > 0) probe->bytes += (size_t)completion->result;
    if (!completion->more) {
        probe->finals++;
        cr_assert(!hr__operation_active(operation));
    }
}

UNUSED static void ask(struct probe *probe) {
    probe->operation.on_event = on_probe;
    hr__operation_start(reactor, &probe->operation);
    cr_assert(hr__operation_active(&probe->operation));
    cr_assert_eq(probe->finals, 0, "called back from inside the start");
}

UNUSED static int ended(struct probe *probe) {
    TURN_UNTIL(probe->finals > 0);
    cr_assert_eq(probe->finals, 1);
    return probe->result;
}

/* Asks and waits. */
UNUSED static int do_operation(struct hr_operation operation) {
    struct probe probe = {.operation = operation};
    ask(&probe);
    return ended(&probe);
}

UNUSED static struct hr_operation transfer(enum hr_operation_kind kind, int fd, const void *data,
                                           size_t size) {
    struct hr_operation operation = {.kind = (uint8_t)kind, .fd = fd};
    operation.u.buffer.data = (void *)(uintptr_t)data;
    operation.u.buffer.size = size;
    return operation;
}

/* Sockets of the kernel as peers. */

UNUSED static void make_pair(int fds[2]) {
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
}

UNUSED static int make_listener(struct sockaddr_in *address) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof *address;
    cr_assert_eq(bind(fd, (struct sockaddr *)address, size), 0);
    cr_assert_eq(listen(fd, 512), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)address, &size), 0);
    return fd;
}

/* A request that ends after `delay_ns`, or when it is stopped. */
struct timer_request {
    struct hr_request request;
    struct hr_timer timer;
    uint64_t delay_ns;
    int starts, stops, resumes, dones; /* calls */
    int reason;
    bool finish_on_resume, deaf; /* deaf: does not end when stopped */
};

#define NEVER_NS (3600 * UINT64_C(1000000000))

UNUSED static void timer_request_fire(struct hr_timer *timer) {
    struct timer_request *self =
        (struct timer_request *)((char *)timer - offsetof(struct timer_request, timer));
    hr__request_finish(&self->request, 0);
}

UNUSED static void timer_request_start(struct hr_request *request) {
    struct timer_request *self = (struct timer_request *)request;
    struct hr_reactor *own = hr__reactor_current();
    self->starts++;
    self->timer = (struct hr_timer){.on_fire = timer_request_fire};
    if (self->delay_ns == 0)
        hr__request_finish(request, 0);
    else
        hr__timer_start(own, &self->timer, hr__reactor_now(own) + self->delay_ns);
}

UNUSED static void timer_request_stop(struct hr_request *request, int reason) {
    struct timer_request *self = (struct timer_request *)request;
    self->stops++;
    self->reason = reason;
    cr_assert_eq(hr__request_stopping(request), reason);
    if (self->deaf) return;
    hr__timer_stop(hr__reactor_current(), &self->timer);
    hr__request_finish(request, reason);
}

UNUSED static void timer_request_resume(struct hr_request *request) {
    struct timer_request *self = (struct timer_request *)request;
    self->resumes++;
    if (!self->finish_on_resume) return;
    hr__timer_stop(hr__reactor_current(), &self->timer);
    hr__request_finish(request, 0);
}

UNUSED static const struct hr_request_class timer_request_class = {
    .name = "timer",
    .start = timer_request_start,
    .stop = timer_request_stop,
    .resume = timer_request_resume,
};

UNUSED static void timer_request_done(struct hr_request *request) {
    ((struct timer_request *)request)->dones++;
}

UNUSED static int submit(struct timer_request *self) {
    return hr__request_submit(&self->request, hr__engine_pick(engine), &timer_request_class, self);
}

#endif
