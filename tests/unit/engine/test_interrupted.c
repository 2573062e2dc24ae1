/* A timer's signal without SA_RESTART every 200 µs, on the thread that drives the engine and on the
 * one that waits: no operation, no request and no call ends with -EINTR. On both back ends. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#include "engine_fixture.h"
#include "needs_kernel.h"

#define ROUNDS        200
#define PIECE         4096
#define SIGNALS_LEAST 20

static volatile sig_atomic_t signals;

static void on_alarm(int number) {
    (void)number;
    signals++;
}

static void shower(long interval_us) {
    struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval timer = {{0, interval_us}, {0, interval_us}};
    if (interval_us == 0) action.sa_handler = SIG_IGN;
    cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
    cr_assert_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void open_with(unsigned backend, enum hr_engine_mode mode) {
    const struct hr_engine_options options = {
        .backend = backend ? HR_BACKEND_EPOLL : HR_BACKEND_IO_URING, .mode = mode, .reactors = 1};
    struct hr_error error = {0};
    cr_assert_eq(hr_engine_new(&options, &error, &engine), 0, "%s", error.message);
    reactor = hr__engine_reactor(engine, 0);
}

/* The poll must say nothing of signals either. */
static int ended_under_fire(struct probe *probe) {
    for (int turns = 0; probe->finals == 0; turns++) {
        cr_assert_lt(turns, 20 * PATIENCE_TURNS);
        cr_assert_geq(hr_engine_poll(engine, 5), 0);
    }
    return probe->result;
}

static int do_under_fire(struct hr_operation operation) {
    struct probe probe = {.operation = operation};
    ask(&probe);
    return ended_under_fire(&probe);
}

static void connect_and_talk(int listener, const struct sockaddr_in *address) {
    struct probe accepting = {.operation = {.kind = HR_OP_ACCEPT, .fd = listener}};
    ask(&accepting);
    struct hr_operation operation = {.kind = HR_OP_SOCKET};
    operation.u.socket.family = AF_INET;
    operation.u.socket.type = SOCK_STREAM;
    int fd = do_under_fire(operation);
    cr_assert_geq(fd, 0, "socket: %d", fd);
    operation = (struct hr_operation){.kind = HR_OP_CONNECT, .fd = fd};
    memcpy(&operation.u.connect.address, address, sizeof *address);
    operation.u.connect.size = sizeof *address;
    cr_assert_eq(do_under_fire(operation), 0);
    int peer = ended_under_fire(&accepting);
    cr_assert_geq(peer, 0, "accept: %d", peer);
    char data[16];
    struct probe receiving = {.operation = transfer(HR_OP_RECV, peer, data, sizeof data)};
    ask(&receiving);
    int turned = hr_engine_poll(engine, 1); /* a signal or two while it sleeps */
    cr_assert_geq(turned, 0);
    cr_assert_eq(do_under_fire(transfer(HR_OP_SEND, fd, "ping", 4)), 4);
    cr_assert_eq(ended_under_fire(&receiving), 4);
    cr_assert_eq(do_under_fire((struct hr_operation){.kind = HR_OP_CLOSE, .fd = fd}), 0);
    cr_assert_eq(do_under_fire((struct hr_operation){.kind = HR_OP_CLOSE, .fd = peer}), 0);
}

static void write_and_read(int fd) {
    char data[PIECE] = "text";
    int written = do_under_fire(transfer(HR_OP_WRITE, fd, data, sizeof data));
    cr_assert_eq(written, PIECE, "write: %d", written);
    cr_assert_eq(do_under_fire((struct hr_operation){.kind = HR_OP_FSYNC, .fd = fd}), 0);
    cr_assert_eq(do_under_fire(transfer(HR_OP_READ, fd, data, sizeof data)), PIECE);
    cr_assert_str_eq(data, "text");
}

Test(signals, no_operation_ends_with_eintr) {
    NEEDS_KERNEL("descriptors of the kernel");
    for (unsigned backend = 0; backend < 2; backend++) {
        struct sockaddr_in address;
        char path[] = "/tmp/hr-signals-XXXXXX";
        int file = mkstemp(path), listener = make_listener(&address);
        cr_assert_geq(file, 0);
        unlink(path);
        signals = 0;
        shower(200);
        open_with(backend, HR_ENGINE_CALLER);
        for (int i = 0; i < ROUNDS || signals < SIGNALS_LEAST; i++) {
            connect_and_talk(listener, &address);
            write_and_read(file);
        }
        close_engine();
        shower(0);
        close(file);
        close(listener);
    }
}

Test(signals, no_request_and_no_wait_ends_with_eintr) {
    for (unsigned i = 0; i < 4; i++) {
        signals = 0;
        shower(200);
        open_with(i / 2, (enum hr_engine_mode)(i % 2));
        for (int round = 0; round < ROUNDS || signals < SIGNALS_LEAST; round++) {
            struct timer_request request = {.delay_ns = 1000000};
            cr_assert_eq(submit(&request), 0);
            int result = hr_wait(&request.request);
            cr_assert_eq(result, 0, "%s", hr_error_name(result));
        }
        struct timer_request last = {.delay_ns = 20000000};
        cr_assert_eq(submit(&last), 0);
        cr_assert_eq(hr_engine_close(engine, NULL, NULL), 0, "with a request in progress");
        cr_assert_eq(last.request.result, 0);
        shower(0);
    }
}

static void stop_it(struct hr_request *request) {
    (void)request;
    hr_engine_stop(engine);
}

Test(signals, a_run_goes_on) {
    for (unsigned backend = 0; backend < 2; backend++) {
        signals = 0;
        open_with(backend, HR_ENGINE_CALLER);
        shower(200);
        struct timer_request request = {.delay_ns = 20000000, .request.on_done = stop_it};
        cr_assert_eq(submit(&request), 0);
        cr_assert_eq(hr_engine_run(engine), 0);
        cr_assert_eq(request.request.result, 0);
        cr_assert_gt(signals, 0);
        close_engine();
        shower(0);
    }
}
