#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

#include "engine_fixture.h"
#include "machine.h"
#include "needs_kernel.h"

TestSuite(reactor, .init = open_default_engine, .fini = close_engine);

struct step {
    struct hr_task task;
    int number;
    struct step *defers;
    bool defers_itself;
};

static int order[64], ran;

static void run_step(struct hr_task *task) {
    struct step *step = (struct step *)task;
    cr_assert_eq(hr__reactor_current(), reactor);
    order[ran++] = step->number;
    if (step->defers) hr__reactor_defer(reactor, &step->defers->task);
    if (step->defers_itself && ran < 10) hr__reactor_defer(reactor, task);
}

Test(reactor, posts_run_in_their_order) {
    struct step steps[20];
    for (int i = 0; i < 20; i++) {
        steps[i] = (struct step){.task.run = run_step, .number = i};
        hr__reactor_post(reactor, &steps[i].task);
    }
    cr_assert_eq(ran, 0, "never from inside");
    cr_assert_eq(hr_engine_poll(engine, -1), 20);
    cr_assert_eq(ran, 20);
    for (int i = 0; i < 20; i++) cr_assert_eq(order[i], i);
}

/* A post of the reactor's own thread, made before the turn has fetched the mailbox. */
struct poster {
    struct hr_operation operation;
    struct hr_task *task;
};

static void on_post_due(struct hr_operation *operation, const struct hr_completion *completion) {
    (void)completion;
    hr__reactor_post(reactor, ((struct poster *)operation)->task);
}

Test(reactor, posts_of_the_own_thread_go_behind_those_that_were_made_before) {
    struct step steps[4];
    for (int i = 0; i < 4; i++) steps[i] = (struct step){.task.run = run_step, .number = i};
    struct poster poster = {.operation = {.kind = HR_OP_NOP, .on_event = on_post_due},
                            .task = &steps[2].task};
    hr__operation_start(reactor, &poster.operation);
    hr__reactor_post(reactor, &steps[0].task);
    hr__reactor_post(reactor, &steps[1].task);
    TURN_UNTIL(ran == 3);
    hr__reactor_post(reactor, &steps[3].task);
    TURN_UNTIL(ran == 4);
    for (int i = 0; i < 4; i++) cr_assert_eq(order[i], i, "%d ran as number %d", order[i], i);
}

/* Two threads in turn, the reactor's own and another, each behind the other. */
static struct step relay[40];
static int relayed;

static void *post_the_next(void *unused) {
    (void)unused;
    hr__reactor_post(reactor, &relay[relayed++].task);
    return NULL;
}

static void on_relay(struct hr_timer *timer) {
    (void)timer;
    while (relayed < 40) {
        pthread_t thread;
        cr_assert_eq(pthread_create(&thread, NULL, post_the_next, NULL), 0);
        pthread_join(thread, NULL);
        post_the_next(NULL);
    }
}

Test(reactor, posts_run_in_their_order_whoever_makes_them) {
    struct hr_timer timer = {.on_fire = on_relay};
    for (int i = 0; i < 40; i++) relay[i] = (struct step){.task.run = run_step, .number = i};
    hr__timer_start(reactor, &timer, hr__reactor_now(reactor));
    TURN_UNTIL(ran == 40);
    for (int i = 0; i < 40; i++) cr_assert_eq(order[i], i, "%d ran as number %d", order[i], i);
}

Test(reactor, what_a_task_defers_runs_later) {
    struct step later = {.task.run = run_step, .number = 3};
    struct step first = {.task.run = run_step, .number = 1, .defers = &later};
    struct step second = {.task.run = run_step, .number = 2};
    hr__reactor_post(reactor, &first.task);
    hr__reactor_post(reactor, &second.task);
    TURN_UNTIL(ran == 3);
    for (int i = 0; i < 3; i++) cr_assert_eq(order[i], i + 1);
}

/* A long job in slices lets the turn end in between. */
Test(reactor, a_task_that_defers_itself_does_not_hold_the_turn) {
    struct step job = {.task.run = run_step, .defers_itself = true};
    hr__reactor_post(reactor, &job.task);
    hr_engine_poll(engine, -1);
    cr_assert_leq(ran, 2);
    while (ran < 10) hr_engine_poll(engine, -1); /* none of them sleeps: this would hang */
}

static void *post_from_outside(void *task) {
    cr_assert_null(hr__reactor_current());
    hr__reactor_post(reactor, task);
    return NULL;
}

static bool readable(int timeout_ms) {
    struct pollfd entry = {.fd = hr_engine_fd(engine), .events = POLLIN};
    return poll(&entry, 1, timeout_ms) == 1 && (entry.revents & POLLIN);
}

/* Turns until the descriptor is quiet: it may be readable with nothing visible. */
static void become_quiet(void) {
    for (int i = 0; i < 10 && readable(0); i++) hr_engine_poll(engine, 0);
    cr_assert_not(readable(0));
}

Test(reactor, the_descriptor_tells_of_a_post_from_another_thread) {
    NEEDS_KERNEL("a descriptor that can be polled");
    become_quiet();
    struct step step = {.task.run = run_step};
    pthread_t thread;
    pthread_create(&thread, NULL, post_from_outside, &step.task);
    cr_assert(readable(10000));
    pthread_join(thread, NULL);
    while (ran == 0) hr_engine_poll(engine, 0);
    become_quiet();
}

static int fired;
static uint64_t fired_ns;
static void fire(struct hr_timer *timer) {
    (void)timer;
    fired++;
    fired_ns = hr_clock_monotonic_ns();
}

Test(reactor, the_descriptor_tells_of_a_timer) {
    NEEDS_KERNEL("a descriptor that can be polled");
    struct hr_timer far = {.on_fire = fire}, near = {.on_fire = fire};
    uint64_t now = hr_clock_monotonic_ns();
    hr__timer_start(reactor, &far, now + NEVER_NS);
    hr_engine_poll(engine, 0); /* a kernel time-out for the far one stands */
    hr__timer_start(reactor, &near, now + 30000000);
    hr_engine_poll(engine, 0);
    while (fired == 0) {
        cr_assert(readable(10000));
        hr_engine_poll(engine, 0);
    }
    cr_assert_geq(fired_ns, now + 30000000);
    hr__timer_stop(reactor, &far);
}

struct late_writer {
    pid_t sleeper; /* the thread to wait for */
    int fd;
};

/* Writes only once the other thread sleeps in the kernel. */
static void *write_to_a_sleeper(void *argument) {
    const struct late_writer *writer = argument;
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)writer->sleeper);
    for (const char *name_end = NULL; !name_end || name_end[2] != 'S';) {
        cr_assert_gt(hr__read_file(path, text, sizeof text), 0);
        name_end = strrchr(text, ')');
    }
    cr_assert_eq(write(writer->fd, "x", 1), 1);
    return NULL;
}

/* With DEFER_TASKRUN the ring's own descriptor does not: nothing posts the completion. */
Test(reactor, the_descriptor_wakes_who_sleeps_on_it) {
    NEEDS_KERNEL("a descriptor that can be polled");
    int fds[2];
    make_pair(fds);
    struct probe receiving = {.operation = {.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[0]}};
    ask(&receiving);
    become_quiet();
    for (size_t round = 1; round <= 20; round++) {
        struct late_writer writer = {.sleeper = gettid(), .fd = fds[1]};
        pthread_t thread;
        pthread_create(&thread, NULL, write_to_a_sleeper, &writer);
        while (receiving.bytes < round) {
            cr_assert(readable(10000));
            hr_engine_poll(engine, 0);
        }
        pthread_join(thread, NULL);
        become_quiet();
    }
    hr__operation_cancel(reactor, &receiving.operation);
    cr_assert_eq(ended(&receiving), -ECANCELED);
    close(fds[0]);
    close(fds[1]);
}

Test(reactor, the_descriptor_tells_of_an_event) {
    NEEDS_KERNEL("a descriptor that can be polled");
    int fds[2];
    make_pair(fds);
    struct probe receiving = {.operation = {.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[0]}};
    ask(&receiving);
    hr_engine_poll(engine, 0);
    become_quiet();
    for (size_t i = 1; i <= 3; i++) {
        cr_assert_eq(write(fds[1], "x", 1), 1);
        cr_assert(readable(10000));
        while (receiving.bytes < i) hr_engine_poll(engine, 0);
        become_quiet();
    }
    close(fds[1]);
    cr_assert(readable(10000));
    cr_assert_eq(ended(&receiving), 0);
    close(fds[0]);
}

Test(reactor, the_descriptor_tells_of_a_task_left_for_the_next_turn) {
    NEEDS_KERNEL("a descriptor that can be polled");
    struct step job = {.task.run = run_step, .defers_itself = true};
    hr__reactor_post(reactor, &job.task);
    while (ran < 10) {
        cr_assert(readable(10000));
        hr_engine_poll(engine, 0);
    }
}

Test(reactor, a_poll_waits_no_longer_than_told) {
    uint64_t before = hr_clock_monotonic_ns();
    cr_assert_eq(hr_engine_poll(engine, 0), 0);
    cr_assert_eq(hr_engine_poll(engine, 20), 0);
    cr_assert_geq(hr_clock_monotonic_ns() - before, 19000000);
}

static int from_inside[4];
static void call_from_inside(struct hr_task *task) {
    (void)task;
    from_inside[0] = hr_engine_poll(engine, 0);
    from_inside[1] = hr_engine_run(engine);
    from_inside[2] = hr_engine_close(engine, NULL, NULL);
    hr_engine_stop(engine);
    from_inside[3] = 1;
}

Test(reactor, run_until_stopped_and_nothing_from_inside) {
    struct hr_task task = {.run = call_from_inside};
    hr__reactor_post(reactor, &task);
    cr_assert_eq(hr_engine_run(engine), 0);
    for (int i = 0; i < 3; i++) cr_assert_eq(from_inside[i], -EDEADLK);
    cr_assert_eq(from_inside[3], 1);
    hr_engine_stop(engine); /* sticky */
    cr_assert_eq(hr_engine_run(engine), 0);
}

static void *stop_from_outside(void *unused) {
    (void)unused;
    hr_engine_stop(engine);
    return NULL;
}

Test(reactor, stop_from_another_thread_wakes) {
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, stop_from_outside, NULL);
        cr_assert_eq(hr_engine_run(engine), 0);
        pthread_join(thread, NULL);
    }
}

Test(reactor, clocks_and_random) {
    hr_engine_poll(engine, 0);
    uint64_t now = hr__reactor_now(reactor);
    cr_assert_leq(now, hr_clock_monotonic_ns());
    uint64_t wall = hr__reactor_wall_ns(reactor), real = hr_clock_wall_ns();
    cr_assert_leq(real - wall, UINT64_C(10000000000));
    cr_assert_eq(hr__reactor_wall_ns(reactor), wall, "one reading a turn");
    uint64_t ones = 0, zeros = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t random = hr__reactor_random(reactor);
        ones |= random;
        zeros |= ~random;
    }
    cr_assert_eq(ones, UINT64_MAX);
    cr_assert_eq(zeros, UINT64_MAX);
}

/* Two reactors that wake each other: no wake is lost. */
static struct hr_reactor *sides[2];
struct ball {
    struct hr_task task;
    int at, left;
    uint32_t done;
};

static void hit(struct hr_task *task) {
    struct ball *ball = (struct ball *)task;
    cr_assert_eq(hr__reactor_current(), sides[ball->at]);
    if (--ball->left == 0) {
        __atomic_store_n(&ball->done, 1, __ATOMIC_RELEASE);
        return;
    }
    ball->at = !ball->at;
    hr__reactor_post(sides[ball->at], task);
}

Test(reactor, threads_that_wake_each_other) {
    hr_engine *both;
    const struct hr_engine_options options = {.reactors = 2};
    cr_assert_eq(hr_engine_new(&options, NULL, &both), 0);
    cr_assert_eq(hr_engine_reactors(both), 2);
    cr_assert_eq(hr_engine_fd(both), -EINVAL);
    cr_assert_eq(hr_engine_poll(both, 0), -EINVAL);
    cr_assert_eq(hr_engine_run(both), -EINVAL);
    for (unsigned i = 0; i < 2; i++) {
        sides[i] = hr__engine_reactor(both, i);
        cr_assert_eq(hr__reactor_index(sides[i]), i);
        cr_assert_eq(hr__reactor_engine(sides[i]), both);
    }
    struct ball balls[3];
    for (int i = 0; i < 3; i++) {
        balls[i] = (struct ball){.task.run = hit, .at = i % 2, .left = 20000};
        hr__reactor_post(sides[i % 2], &balls[i].task);
    }
    for (int i = 0; i < 3; i++)
        while (!__atomic_load_n(&balls[i].done, __ATOMIC_ACQUIRE)) sched_yield();
    cr_assert_eq(hr_engine_close(both, NULL, NULL), 0);
}

/* A ring that fails for good. */

static struct hr_backend_vtable breaking;
static const struct hr_backend_vtable *unbroken;
static bool is_broken;

static int turn_or_fail(struct hr_backend *backend, uint64_t deadline_ns, unsigned wait_n,
                        struct hr_event *events, unsigned max) {
    if (is_broken) return -EBADF;
    return unbroken->turn(backend, deadline_ns, wait_n, events, max);
}

static void open_breaking(const struct hr_backend_vtable *backend) {
    unbroken = backend;
    breaking = *backend;
    breaking.turn = turn_or_fail;
    const struct hr_engine_tuning tuning = {.backend = &breaking};
    open_engine((struct hr_engine_options){0}, &tuning);
}

static void open_breaking_engine(void) {
    open_breaking(&hr__backend_uring);
}

Test(broken_reactor, ends_its_operations_and_rests, .init = open_breaking_engine,
     .fini = close_engine) {
    int fds[2];
    make_pair(fds);
    struct probe waiting = {.operation = {.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[0]}};
    ask(&waiting);
    hr_engine_poll(engine, 0);
    is_broken = true;
    uint64_t before = hr_clock_monotonic_ns();
    for (int i = 0; i < 20; i++) hr_engine_poll(engine, -1);
    cr_assert_gt(hr_clock_monotonic_ns() - before, 20000000u, "it spins");
    cr_assert_eq(waiting.finals, 0, "a passing failure ends nothing");
    cr_assert_eq(ended(&waiting), -EBADF);
    cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_NOP}), -EBADF);
    struct probe stopped = {.operation = {.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[0]}};
    ask(&stopped);
    hr__operation_cancel(reactor, &stopped.operation);
    cr_assert_lt(ended(&stopped), 0);
    close(fds[0]);
    close(fds[1]);
}

/* The memory of what has ended is its owner's, also where the ring would work again. */
Test(broken_reactor, leaves_the_memory_of_what_has_ended_alone) {
    NEEDS_KERNEL("a ring and an epoll instance of its own");
    const struct hr_backend_vtable *const backends[] = {&hr__backend_uring, &hr__backend_epoll};
    for (int i = 0; i < 2; i++) {
        int fds[2];
        char *memory = calloc(1, 64);
        is_broken = false;
        open_breaking(backends[i]);
        make_pair(fds);
        struct probe waiting = {.operation = transfer(HR_OP_RECV, fds[0], memory, 64)};
        ask(&waiting);
        hr_engine_poll(engine, 0);
        hr_engine_poll(engine, 0);
        is_broken = true;
        cr_assert_eq(ended(&waiting), -EBADF);
        cr_assert_eq(send(fds[1], "late", 4, 0), 4);
        is_broken = false;
        for (int turn = 0; turn < 5; turn++) hr_engine_poll(engine, 0);
        cr_assert_str_empty(memory, "%s: the kernel wrote to it", backends[i]->name);
        cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_NOP}), -EBADF,
                     "a lost ring stays lost");
        free(memory);
        close_engine();
        close(fds[0]);
        close(fds[1]);
    }
}

/* A helper thread of the epoll back end that is at work for an operation is waited for. */

static char fifo_path[64];
static uint32_t fifo_opens;

static void *open_fifo_when_lost(void *unused) {
    while (!((volatile struct hr_reactor *)reactor)->broken) usleep(1000);
    usleep(50000); /* room for an end that comes too early */
    __atomic_store_n(&fifo_opens, 1, __ATOMIC_RELEASE);
    int fd = open(fifo_path, O_WRONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    close(fd);
    return unused;
}

Test(broken_reactor, waits_for_a_helper_thread) {
    NEEDS_KERNEL("an epoll instance of its own");
    pthread_t thread;
    open_breaking(&hr__backend_epoll);
    snprintf(fifo_path, sizeof fifo_path, "/tmp/headrace-fifo-%d", (int)getpid());
    cr_assert_eq(mkfifo(fifo_path, 0600), 0);
    struct probe opening = {.operation = {.kind = HR_OP_OPEN}};
    opening.operation.u.file.path = fifo_path;
    opening.operation.u.file.flags = O_RDONLY;
    ask(&opening);
    hr_engine_poll(engine, 0);
    cr_assert_eq(pthread_create(&thread, NULL, open_fifo_when_lost, NULL), 0);
    is_broken = true;
    cr_assert_eq(ended(&opening), -EBADF);
    cr_assert(__atomic_load_n(&fifo_opens, __ATOMIC_ACQUIRE), "it ended before its helper");
    pthread_join(thread, NULL);
    unlink(fifo_path);
    close_engine();
}
