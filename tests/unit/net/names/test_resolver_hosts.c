/* The hosts file's reading, on the simulated kernel's virtual clock: as slow as it likes. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "kernel.h"
#include "needs_kernel.h"
#include "resolver_hosts.h"

#define PATH "/tmp/hosts"

static hr_engine *engine;
static struct hr_reactor *reactor;
static struct hr_resolver_hosts *hosts;
static struct hr_hosts *first;

static void step_until(const bool *done) {
    while (!*done) cr_assert_eq(sim_step(), SIM_RAN, "nothing can happen any more");
}

/* ---- On the reactor. */

struct command {
    struct hr_task task;
    void (*run)(void);
    bool done;
};

static void run_command(struct hr_task *task) {
    struct command *command = (struct command *)task;
    command->run();
    command->done = true;
}

static void on_reactor(void (*run)(void)) {
    struct command command = {.task.run = run_command, .run = run};
    hr__reactor_post(reactor, &command.task);
    step_until(&command.done);
}

static bool fired;

static void on_alarm(struct hr_timer *timer) {
    (void)timer;
    fired = true;
}

static struct hr_timer alarm_timer = {.on_fire = on_alarm};

static void set_alarm(void) {
    fired = false;
    hr__timer_start(reactor, &alarm_timer, hr__reactor_now(reactor) + HR_HOSTS_INTERVAL_NS);
}

static bool ended;
static int end_result;

static void on_event(struct hr_operation *operation, const struct hr_completion *completion) {
    (void)operation;
    ended = true;
    end_result = completion->result;
}

static struct hr_operation operation = {.on_event = on_event};

static void start_operation(void) {
    ended = false;
    hr__operation_start(reactor, &operation);
}

static int run_operation(enum hr_operation_kind kind) {
    operation.kind = (uint8_t)kind;
    on_reactor(start_operation);
    step_until(&ended);
    cr_assert_geq(end_result, 0);
    return end_result;
}

static void write_file(const char *text) {
    operation.u.file.path = PATH;
    operation.u.file.to = NULL;
    operation.u.file.flags = O_WRONLY | O_CREAT | O_TRUNC;
    operation.u.file.mode = 0600;
    operation.u.file.directory = 0;
    operation.fd = run_operation(HR_OP_OPEN);
    operation.u.buffer.data = (char *)(uintptr_t)text;
    operation.u.buffer.size = strlen(text);
    operation.u.buffer.offset = 0;
    operation.u.buffer.flags = 0;
    operation.u.buffer.fixed = 0;
    run_operation(HR_OP_WRITE);
    run_operation(HR_OP_CLOSE);
}

static bool known;

static void look(void) {
    struct hr_addresses addresses = {.count = 0};
    known = hr__hosts_find(hr__resolver_hosts_get(hosts), hr_slice_of("new.test"), AF_UNSPEC,
                           &addresses) == 1;
}

static bool closed;

static void on_closed(void *user) {
    (void)user;
    closed = true;
}

static void close_hosts(void) {
    closed = false;
    hr__resolver_hosts_close(hosts, on_closed, NULL);
}

static void open_all(uint64_t seed) {
    struct hr_error error = {0};
    if (kernel_is_simulated()) sim_close(); /* that of the runner, which is live */
    sim_open(&(struct sim_options){.seed = seed});
    struct hr_engine_options options = {.mode = HR_ENGINE_CALLER, .reactors = 1};
    cr_assert_eq(hr__engine_new(&options, sim_tuning(), &error, &engine), 0, "%s", error.message);
    sim_engine_add(engine);
    reactor = hr__engine_reactor(engine, 0);
    cr_assert_eq(hr__hosts_new(hr_slice_of(""), &first), 0);
    cr_assert_eq(hr__resolver_hosts_new(PATH, first, reactor, &hosts), 0);
}

static void close_all(void) {
    on_reactor(close_hosts);
    step_until(&closed);
    hr__hosts_free(first);
    closed = false;
    cr_assert_eq(hr_engine_close(engine, on_closed, NULL), 0);
    step_until(&closed);
    cr_assert_null(sim_complaint(), "%s", sim_complaint());
    cr_assert_eq(sim_leftovers().descriptors, 0);
    sim_close();
}

static void wait_interval(void) {
    on_reactor(set_alarm);
    step_until(&fired);
}

Test(resolver_hosts, a_changed_file_is_read_again) {
    open_all(1);
    write_file("192.0.2.1 new.test\n");
    on_reactor(look);
    cr_assert(!known, "nobody has read it yet");
    wait_interval();
    on_reactor(look);
    wait_interval();
    on_reactor(look);
    cr_assert(known);
    close_all();
}

/* A disk that takes longer than the time between two readings. */
Test(resolver_hosts, a_slow_reading_is_ended_before_the_next) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        open_all(seed);
        write_file("192.0.2.1 new.test\n");
        on_reactor(look);
        wait_interval();
        sim_faults_set(&(struct sim_faults){.delay = 65535, .delay_us_max = 30000000});
        for (int i = 0; i < 20; i++) {
            on_reactor(look);
            wait_interval();
        }
        sim_faults_set(&(struct sim_faults){0});
        for (int i = 0; i < 2; i++) {
            wait_interval();
            on_reactor(look);
        }
        cr_assert(known);
        close_all();
    }
}
