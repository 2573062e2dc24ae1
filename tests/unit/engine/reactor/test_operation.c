#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <engine/socket.h>

#include "engine_fixture.h"
#include "needs_kernel.h"

TestSuite(operation, .init = open_default_engine, .fini = close_engine);

Test(operation, nop_and_unknown_kind) {
    cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_NOP}), 0);
    cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_KINDS}), -EINVAL);
}

Test(operation, socket_connect_accept_send_receive_close) {
    NEEDS_KERNEL("descriptors of the kernel");
    struct sockaddr_in address;
    int listener = make_listener(&address);
    struct probe accepting = {.operation = {.kind = HR_OP_ACCEPT, .fd = listener}};
    ask(&accepting);
    struct hr_operation make = {.kind = HR_OP_SOCKET};
    make.u.socket.family = AF_INET;
    make.u.socket.type = SOCK_STREAM;
    int fd = do_operation(make);
    cr_assert_geq(fd, 0);
    cr_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
    cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    struct hr_operation connecting = {.kind = HR_OP_CONNECT, .fd = fd};
    memcpy(&connecting.u.connect.address, &address, sizeof address);
    connecting.u.connect.size = sizeof address;
    cr_assert_eq(do_operation(connecting), 0);
    int peer = ended(&accepting);
    cr_assert_geq(peer, 0);
    cr_assert(fcntl(peer, F_GETFL) & O_NONBLOCK);
    cr_assert_eq(do_operation(transfer(HR_OP_SEND, fd, "to and fro", 10)), 10);
    char data[16] = "";
    cr_assert_eq(recv(peer, data, sizeof data, 0), 10); /* has arrived: loopback is synchronous */
    cr_assert_str_eq(data, "to and fro");
    struct probe receiving = {.operation = transfer(HR_OP_RECV, fd, data, sizeof data)};
    ask(&receiving);
    cr_assert_eq(send(peer, "back", 4, 0), 4);
    cr_assert_eq(ended(&receiving), 4);
    cr_assert_eq(memcmp(data, "back", 4), 0);
    struct hr_operation shutting = {.kind = HR_OP_SHUTDOWN, .fd = fd};
    shutting.u.shutdown.how = SHUT_WR;
    cr_assert_eq(do_operation(shutting), 0);
    cr_assert_eq(recv(peer, data, sizeof data, MSG_DONTWAIT), 0);
    cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_CLOSE, .fd = fd}), 0);
    cr_assert_eq(fcntl(fd, F_GETFD), -1);
    close(peer);
    close(listener);
}

/* Its address is its owner's: there is no room for it in an operation. */
Test(operation, a_unix_socket) {
    char folder[] = "/tmp/hr-unix-XXXXXX";
    cr_assert(mkdtemp(folder));
    struct sockaddr_storage bound = {.ss_family = AF_UNIX};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    snprintf(local.sun_path, sizeof local.sun_path, "%s/socket", folder);
    memcpy(&bound, &local, sizeof local);
    socklen_t size = sizeof local;
    int listener = hr__socket_listen(engine, &bound, &size, 8, HR_LISTEN_ALONE);
    cr_assert_geq(listener, 0);
    struct probe accepting = {.operation = {.kind = HR_OP_ACCEPT, .fd = listener}};
    ask(&accepting);
    struct hr_operation make = {.kind = HR_OP_SOCKET};
    make.u.socket.family = AF_UNIX;
    make.u.socket.type = SOCK_STREAM;
    int fd = do_operation(make);
    cr_assert_geq(fd, 0);
    struct hr_operation connecting = {.kind = HR_OP_CONNECT, .fd = fd};
    connecting.u.connect.local = &local;
    connecting.u.connect.size = sizeof local;
    cr_assert_eq(do_operation(connecting), 0);
    int peer = ended(&accepting);
    cr_assert_geq(peer, 0);
    char data[16] = "";
    struct probe receiving = {.operation = transfer(HR_OP_RECV, peer, data, sizeof data)};
    ask(&receiving);
    cr_assert_eq(do_operation(transfer(HR_OP_SEND, fd, "to and fro", 10)), 10);
    cr_assert_eq(ended(&receiving), 10);
    cr_assert_str_eq(data, "to and fro");
    hr__socket_close(engine, listener);
    cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_CLOSE, .fd = fd}), 0);
    cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_CLOSE, .fd = peer}), 0);
    fd = do_operation(make);
    cr_assert_geq(fd, 0);
    connecting.fd = fd;
    cr_assert_eq(do_operation(connecting), -ECONNREFUSED);
    cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_CLOSE, .fd = fd}), 0);
    unlink(local.sun_path);
    rmdir(folder);
}

static int option(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    cr_assert_eq(getsockopt(fd, level, name, &value, &size), 0);
    return value;
}

Test(operation, socket_options_are_set_where_wished) {
    NEEDS_KERNEL("getsockopt");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct hr_socket_options options = {0};
    hr__socket_set(engine, fd, &options);
    cr_assert_eq(option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
    cr_assert_eq(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
    cr_assert_eq(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
    options =
        (struct hr_socket_options){.no_delay = true, .keepalive_s = 60, .user_timeout_ms = 30000};
    hr__socket_set(engine, fd, &options);
    cr_assert_eq(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    cr_assert_eq(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    cr_assert_eq(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 60);
    cr_assert_eq(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 15);
    cr_assert_eq(option(fd, IPPROTO_TCP, TCP_KEEPCNT), 4);
    cr_assert_eq(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 30000);
    options.keepalive_s = UINT32_MAX - 1;
    hr__socket_set(engine, fd, &options);
    cr_assert_eq(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 32767);
    close(fd);
}

Test(operation, a_refused_connect_says_so) {
    NEEDS_KERNEL("descriptors of the kernel");
    struct sockaddr_in address;
    close(make_listener(&address));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct hr_operation connecting = {.kind = HR_OP_CONNECT, .fd = fd};
    memcpy(&connecting.u.connect.address, &address, sizeof address);
    connecting.u.connect.size = sizeof address;
    cr_assert_eq(do_operation(connecting), -ECONNREFUSED);
    close(fd);
}

Test(operation, accept_many) {
    NEEDS_KERNEL("descriptors of the kernel");
    struct sockaddr_in address;
    int listener = make_listener(&address), clients[20];
    struct probe accepting = {.operation = {.kind = HR_OP_ACCEPT, .multi = true, .fd = listener}};
    ask(&accepting);
    for (int i = 0; i < 20; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        cr_assert_eq(connect(clients[i], (struct sockaddr *)&address, sizeof address), 0);
    }
    TURN_UNTIL(accepting.events == 20);
    cr_assert_eq(accepting.finals, 0);
    hr__operation_cancel(reactor, &accepting.operation);
    cr_assert_eq(ended(&accepting), -ECANCELED);
    for (int i = 0; i < 20; i++) close(clients[i]);
    close(listener);
}

Test(operation, receive_lent_until_the_end) {
    NEEDS_KERNEL("descriptors of the kernel");
    int fds[2];
    make_pair(fds);
    struct probe receiving = {.operation = {.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[0]}};
    ask(&receiving);
    for (int i = 1; i <= 5; i++) {
        cr_assert_eq(write(fds[1], "abcde", 5), 5);
        TURN_UNTIL(receiving.bytes == 5 * (size_t)i);
    }
    cr_assert_eq(receiving.finals, 0);
    close(fds[1]);
    cr_assert_eq(ended(&receiving), 0);
    cr_assert_eq(memcmp(receiving.data, "abcdeabcdeabcdeabcdeabcde", 25), 0);
    close(fds[0]);
}

static struct probe *brought;
static size_t bytes_at_sent;

static void on_sent_first(struct hr_operation *operation, const struct hr_completion *completion) {
    on_probe(operation, completion);
    bytes_at_sent = brought->bytes;
}

Test(operation, a_send_is_told_before_what_it_brings) {
    NEEDS_KERNEL("descriptors of the kernel");
    int fds[2];
    make_pair(fds);
    struct probe receiving = {.operation = {.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[0]}};
    brought = &receiving;
    ask(&receiving);
    for (size_t i = 0; i < 8; i++) {
        struct probe sending = {.operation = transfer(HR_OP_SEND, fds[1], "abcde", 5)};
        sending.operation.on_event = on_sent_first;
        hr__operation_start(reactor, &sending.operation);
        cr_assert_eq(ended(&sending), 5);
        cr_assert_eq(bytes_at_sent, 5 * i);
        TURN_UNTIL(receiving.bytes == 5 * (i + 1));
    }
    close(fds[1]);
    cr_assert_eq(ended(&receiving), 0);
    close(fds[0]);
}

Test(operation, receive_lent_once) {
    NEEDS_KERNEL("descriptors of the kernel");
    int fds[2];
    make_pair(fds);
    struct probe receiving = {.operation = {.kind = HR_OP_RECV_LENT, .fd = fds[0]}};
    ask(&receiving);
    cr_assert_eq(write(fds[1], "abcde", 5), 5);
    cr_assert_eq(ended(&receiving), 5);
    cr_assert_eq(memcmp(receiving.data, "abcde", 5), 0);
    close(fds[0]);
    close(fds[1]);
}

Test(operation, send_a_vector) {
    NEEDS_KERNEL("descriptors of the kernel");
    int fds[2];
    make_pair(fds);
    struct iovec iov[2] = {{.iov_base = "ab", .iov_len = 2}, {.iov_base = "cde", .iov_len = 3}};
    struct hr_operation sending = {.kind = HR_OP_SENDV, .fd = fds[0]};
    sending.u.vector.iov = iov;
    sending.u.vector.count = 2;
    cr_assert_eq(do_operation(sending), 5);
    char data[8];
    cr_assert_eq(read(fds[1], data, sizeof data), 5);
    cr_assert_eq(memcmp(data, "abcde", 5), 0);
    close(fds[1]);
    cr_assert_eq(do_operation(sending), -EPIPE); /* and no SIGPIPE */
    close(fds[0]);
}

Test(operation, files) {
    NEEDS_KERNEL("files of the kernel");
    char folder[] = "/tmp/hr-operation-XXXXXX", from[64], to[64], data[16] = "";
    cr_assert_not_null(mkdtemp(folder));
    snprintf(from, sizeof from, "%s/from", folder);
    snprintf(to, sizeof to, "%s/to", folder);
    struct hr_operation file = {.kind = HR_OP_OPEN};
    file.u.file.path = from;
    file.u.file.flags = O_RDWR | O_CREAT;
    file.u.file.mode = 0600;
    int fd = do_operation(file);
    cr_assert_geq(fd, 0);
    cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    struct hr_operation range = {.kind = HR_OP_FALLOCATE, .fd = fd};
    range.u.range.size = 4096;
    cr_assert_eq(do_operation(range), 0);
    struct stat status;
    fstat(fd, &status);
    cr_assert_eq(status.st_size, 4096);
    /* Linked: in this order, in one submission. */
    struct probe chain[3] = {{.operation = transfer(HR_OP_WRITE, fd, "first ", 6)},
                             {.operation = transfer(HR_OP_WRITE, fd, "second", 6)},
                             {.operation = {.kind = HR_OP_FSYNC, .fd = fd}}};
    chain[0].operation.link = chain[1].operation.link = true;
    chain[1].operation.u.buffer.offset = 6;
    chain[2].operation.u.range.mode = 1;
    for (int i = 0; i < 3; i++) ask(&chain[i]);
    cr_assert_eq(ended(&chain[2]), 0);
    cr_assert_eq(chain[0].finals + chain[1].finals, 2);
    cr_assert_eq(do_operation(transfer(HR_OP_READ, fd, data, 12)), 12);
    cr_assert_str_eq(data, "first second");
    file.kind = HR_OP_RENAME;
    file.u.file.to = to;
    file.u.file.flags = 0;
    cr_assert_eq(do_operation(file), 0);
    cr_assert_eq(access(to, F_OK), 0);
    cr_assert_eq(do_operation(file), -ENOENT);
    file.kind = HR_OP_UNLINK;
    file.u.file.path = to;
    cr_assert_eq(do_operation(file), 0);
    cr_assert_eq(access(to, F_OK), -1);
    close(fd);
    rmdir(folder);
}

Test(operation, poll_says_readable) {
    NEEDS_KERNEL("descriptors of the kernel");
    int fds[2];
    make_pair(fds);
    struct probe polling = {.operation = {.kind = HR_OP_POLL, .fd = fds[0]}};
    polling.operation.u.poll.events = POLLIN;
    ask(&polling);
    hr_engine_poll(engine, 0);
    cr_assert_eq(polling.events, 0);
    cr_assert_eq(write(fds[1], "x", 1), 1);
    cr_assert_eq(ended(&polling) & POLLIN, POLLIN);
    close(fds[0]);
    close(fds[1]);
}

/* Every kind that can stand: cancelled before the kernel saw it, and while it stands. */
static void cancel_after(int turns, struct hr_operation operation, const char *name) {
    struct probe probe = {.operation = operation};
    ask(&probe);
    for (int i = 0; i < turns; i++) hr_engine_poll(engine, 0);
    cr_assert_eq(probe.events, 0, "%s", name);
    hr__operation_cancel(reactor, &probe.operation);
    hr__operation_cancel(reactor, &probe.operation); /* again: nothing more */
    cr_assert_eq(probe.events, 0, "called back from inside the cancel");
    cr_assert_eq(ended(&probe), -ECANCELED, "%s: %d", name, probe.result);
    hr__operation_cancel(reactor, &probe.operation); /* idle: ignored */
}

static void cancel_both_ways(struct hr_operation operation, const char *name) {
    for (int turns = 0; turns <= 2; turns++) cancel_after(turns, operation, name);
}

Test(operation, cancel_of_each_kind_that_stands) {
    NEEDS_KERNEL("descriptors of the kernel");
    int fds[2], full[2], tube[2];
    struct sockaddr_in address;
    make_pair(fds);
    make_pair(full);
    cr_assert_eq(pipe2(tube, O_NONBLOCK), 0);
    int listener = make_listener(&address);
    char data[4096] = "";
    while (send(full[0], data, sizeof data, MSG_DONTWAIT) > 0) {}
    cancel_both_ways((struct hr_operation){.kind = HR_OP_ACCEPT, .fd = listener}, "accept");
    cancel_both_ways((struct hr_operation){.kind = HR_OP_ACCEPT, .multi = true, .fd = listener},
                     "accept multi");
    cancel_both_ways(transfer(HR_OP_RECV, fds[0], data, sizeof data), "recv");
    cancel_both_ways((struct hr_operation){.kind = HR_OP_RECV_LENT, .fd = fds[0]}, "recv lent");
    cancel_both_ways((struct hr_operation){.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[0]},
                     "recv lent multi");
    cancel_both_ways(transfer(HR_OP_SEND, full[0], data, sizeof data), "send");
    struct iovec iov = {.iov_base = data, .iov_len = sizeof data};
    struct hr_operation vector = {.kind = HR_OP_SENDV, .fd = full[0]};
    vector.u.vector.iov = &iov;
    vector.u.vector.count = 1;
    cancel_both_ways(vector, "sendv");
    struct hr_operation polling = {.kind = HR_OP_POLL, .fd = fds[0]};
    polling.u.poll.events = POLLIN;
    cancel_both_ways(polling, "poll");
    struct hr_operation reading = transfer(HR_OP_READ, fds[0], data, sizeof data);
    reading.u.buffer.offset = UINT64_MAX;
    cancel_both_ways(reading, "read of a socket");
    int held[] = {fds[0], fds[1], full[0], full[1], tube[0], tube[1], listener};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) close(held[i]);
}

Test(operation, cancel_of_a_connect) {
    NEEDS_KERNEL("descriptors of the kernel");
    /* A listener whose queue is full leaves the next connect standing. */
    struct sockaddr_in address;
    int listener = make_listener(&address), clients[8];
    cr_assert_eq(listen(listener, 0), 0);
    for (int i = 0; i < 8; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(clients[i], (struct sockaddr *)&address, sizeof address);
    }
    for (int turns = 0; turns <= 2; turns++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        struct hr_operation connecting = {.kind = HR_OP_CONNECT, .fd = fd};
        memcpy(&connecting.u.connect.address, &address, sizeof address);
        connecting.u.connect.size = sizeof address;
        cancel_after(turns, connecting, "connect");
        close(fd);
    }
    for (int i = 0; i < 8; i++) close(clients[i]);
    close(listener);
}

Test(operation, a_cancel_that_comes_too_late_keeps_the_result) {
    struct probe probe = {.operation = {.kind = HR_OP_NOP}};
    ask(&probe);
    hr__operation_cancel(reactor, &probe.operation);
    int result = ended(&probe);
    cr_assert(result == 0 || result == -ECANCELED);
    cr_assert_eq(do_operation((struct hr_operation){.kind = HR_OP_NOP}), 0);
}

Test(operation, a_late_completion_never_hits_the_next_owner_of_the_slot) {
    NEEDS_KERNEL("descriptors of the kernel");
    struct probe first = {.operation = {.kind = HR_OP_NOP}};
    ask(&first);
    uint64_t old = first.operation.id;
    cr_assert_eq(ended(&first), 0);
    int fds[2];
    make_pair(fds);
    struct probe next = {.operation = {.kind = HR_OP_RECV_LENT, .multi = true, .fd = fds[0]}};
    ask(&next);
    cr_assert_eq((uint32_t)next.operation.id, (uint32_t)old, "the slot is used again");
    cr_assert_neq(next.operation.id, old, "with another generation");
    const struct hr_event late = {.user_data = old, .result = 7};
    hr__reactor_dispatch(reactor, &late);
    const struct hr_event nobody = {.user_data = UINT64_C(1) << 32 | 0xfffff0, .result = 7};
    hr__reactor_dispatch(reactor, &nobody);
    cr_assert_eq(next.events, 0);
    hr__operation_cancel(reactor, &next.operation);
    cr_assert_eq(ended(&next), -ECANCELED);
    close(fds[0]);
    close(fds[1]);
}

struct restarting {
    struct hr_operation operation;
    int left;
};

static void start_again(struct hr_operation *operation, const struct hr_completion *completion) {
    struct restarting *self = (struct restarting *)operation;
    cr_assert_eq(completion->result, 0);
    if (--self->left > 0) hr__operation_start(reactor, operation);
}

Test(operation, restarted_from_its_final_event) {
    struct restarting self = {.operation = {.kind = HR_OP_NOP, .on_event = start_again},
                              .left = 1000};
    hr__operation_start(reactor, &self.operation);
    TURN_UNTIL(self.left == 0);
    cr_assert_eq(reactor->slab.live, 0);
}

Test(operation, more_than_the_submission_queue_holds, .init = NULL) {
    open_engine((struct hr_engine_options){.ring_entries = 8}, NULL);
    enum { COUNT = 3000 };
    struct probe *probes = calloc(COUNT, sizeof *probes);
    for (int i = 0; i < COUNT; i++) {
        probes[i].operation = (struct hr_operation){.kind = HR_OP_NOP};
        ask(&probes[i]);
    }
    for (int i = 0; i < COUNT; i++) cr_assert_eq(ended(&probes[i]), 0);
    free(probes);
}
