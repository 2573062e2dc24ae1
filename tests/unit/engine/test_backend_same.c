/* The same operations in the same random order on both back ends: the same results, byte by byte.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine_fixture.h"
#include "needs_kernel.h"

enum { STEPS = 400, SEEDS = 20 };

struct step {
    int what, result;
    uint32_t data; /* a sum of the bytes */
};

struct place {
    char file[64], other[64];
    int fd, pair[2], tube[2];
    uint32_t random;
};

static unsigned draw(struct place *place, unsigned below) {
    place->random = place->random * 1664525u + 1013904223u;
    return (place->random >> 8) % below;
}

static uint32_t sum(const char *data, size_t size) {
    uint32_t total = 0;
    for (size_t i = 0; i < size; i++) total = total * 31 + (unsigned char)data[i];
    return total;
}

static void move_in_file(struct place *place, struct step *step) {
    char data[512];
    memset(data, (int)draw(place, 256), sizeof data);
    bool reads = draw(place, 2);
    struct hr_operation operation =
        transfer(reads ? HR_OP_READ : HR_OP_WRITE, place->fd, data, draw(place, sizeof data));
    operation.u.buffer.offset = draw(place, 8) ? draw(place, 4096) : UINT64_MAX;
    if (draw(place, 20) == 0) operation.fd = 9999;
    step->result = do_operation(operation);
    step->data = sum(data, sizeof data);
}

static void work_on_file(struct place *place, struct step *step) {
    struct hr_operation operation = {.kind = HR_OP_FSYNC, .fd = place->fd};
    if (draw(place, 2)) {
        operation.kind = HR_OP_FALLOCATE;
        operation.u.range.offset = draw(place, 4096);
        operation.u.range.size = draw(place, 3) * 1000; /* 0 is refused */
    } else {
        operation.u.range.mode = (int)draw(place, 2);
    }
    step->result = do_operation(operation);
}

static void work_on_path(struct place *place, struct step *step) {
    static const enum hr_operation_kind kinds[] = {HR_OP_OPEN, HR_OP_RENAME, HR_OP_UNLINK};
    struct hr_operation operation = {.kind = (uint8_t)kinds[draw(place, 3)]};
    bool swapped = draw(place, 2);
    operation.u.file.path = swapped ? place->other : place->file;
    operation.u.file.to = swapped ? place->file : place->other;
    operation.u.file.mode = 0600;
    if (operation.kind == HR_OP_OPEN) operation.u.file.flags = draw(place, 2) ? O_CREAT : O_RDONLY;
    step->result = do_operation(operation);
    if (operation.kind != HR_OP_OPEN || step->result < 0) return;
    step->result = do_operation((struct hr_operation){.kind = HR_OP_CLOSE, .fd = step->result});
}

/* One that waits: what it waits for comes, or a cancel. */
static void wait_for_bytes(struct place *place, struct step *step) {
    static const enum hr_operation_kind kinds[] = {HR_OP_RECV, HR_OP_RECV_LENT, HR_OP_READ,
                                                   HR_OP_POLL};
    char data[256] = "", sent[128];
    enum hr_operation_kind kind = kinds[draw(place, 4)];
    const int *fds = kind == HR_OP_READ && draw(place, 2) ? place->tube : place->pair;
    struct probe probe = {.operation = transfer(kind, fds[0], data, sizeof data)};
    if (kind == HR_OP_RECV_LENT) memset(&probe.operation.u, 0, sizeof probe.operation.u);
    if (kind == HR_OP_READ) probe.operation.u.buffer.offset = UINT64_MAX;
    if (kind == HR_OP_POLL) probe.operation.u.poll.events = POLLIN;
    if (kind == HR_OP_RECV_LENT) probe.operation.multi = draw(place, 2);
    size_t size = 1 + draw(place, sizeof sent - 1);
    memset(sent, (int)draw(place, 256), sizeof sent);
    bool early = draw(place, 2), cancelled = draw(place, 3) == 0 && !early;
    if (early) cr_assert_eq(write(fds[1], sent, size), (ssize_t)size);
    ask(&probe);
    if (!early) hr_engine_poll(engine, 0);
    if (!early && !cancelled) cr_assert_eq(write(fds[1], sent, size), (ssize_t)size);
    if (!cancelled) TURN_UNTIL(probe.events > 0);
    if (cancelled || probe.operation.multi) hr__operation_cancel(reactor, &probe.operation);
    step->result = ended(&probe);
    step->data = sum(data, sizeof data) + sum(probe.data, sizeof probe.data);
    if (kind == HR_OP_POLL && !cancelled)
        cr_assert_eq(read(fds[0], data, sizeof data), (ssize_t)size);
}

static void send_bytes(struct place *place, struct step *step) {
    char data[256];
    memset(data, (int)draw(place, 256), sizeof data);
    const struct iovec iov[2] = {{data, draw(place, 128)}, {data, 1 + draw(place, 128)}};
    struct hr_operation operation = {.kind = HR_OP_SENDV, .fd = place->pair[0]};
    operation.u.vector.iov = iov;
    operation.u.vector.count = 2;
    if (draw(place, 2))
        operation = transfer(HR_OP_SEND, draw(place, 10) ? place->pair[0] : place->fd, data,
                             1 + draw(place, 255));
    step->result = do_operation(operation);
    if (step->result <= 0) return;
    cr_assert_eq(read(place->pair[1], data, sizeof data), step->result);
    step->data = sum(data, (size_t)step->result);
}

static void chain(struct place *place, struct step *step) {
    struct probe probes[3];
    char data[64] = "";
    for (int i = 0; i < 3; i++) {
        bool reads = draw(place, 3) == 0;
        probes[i] = (struct probe){
            .operation = transfer(reads ? HR_OP_READ : HR_OP_WRITE, place->fd, data, 8)};
        probes[i].operation.u.buffer.offset = draw(place, 6000); /* behind the end: short */
        if (draw(place, 10) == 0) probes[i].operation.fd = 9999;
        probes[i].operation.link = i < 2;
    }
    for (int i = 0; i < 3; i++) ask(&probes[i]);
    for (int i = 0; i < 3; i++) step->data = step->data * 1000 + (uint32_t)ended(&probes[i]);
}

static void (*const works[])(struct place *, struct step *) = {
    move_in_file, work_on_file, work_on_path, wait_for_bytes, send_bytes, chain,
};

static void run(enum hr_engine_backend backend, uint32_t seed, struct step *steps) {
    char folder[] = "/tmp/hr-same-XXXXXX";
    struct place place = {.random = seed};
    cr_assert_not_null(mkdtemp(folder));
    snprintf(place.file, sizeof place.file, "%s/file", folder);
    snprintf(place.other, sizeof place.other, "%s/other", folder);
    open_engine((struct hr_engine_options){.backend = backend}, NULL);
    place.fd = open(place.file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    make_pair(place.pair);
    cr_assert_eq(pipe2(place.tube, O_CLOEXEC), 0);
    for (int i = 0; i < STEPS; i++) {
        steps[i].what = (int)draw(&place, sizeof works / sizeof *works);
        works[steps[i].what](&place, &steps[i]);
    }
    close_engine();
    const int fds[] = {place.fd, place.pair[0], place.pair[1], place.tube[0], place.tube[1]};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) close(fds[i]);
    unlink(place.file);
    unlink(place.other);
    rmdir(folder);
}

Test(backend_same, random_operations_have_the_same_results) {
    NEEDS_KERNEL("a back end of the kernel");
    static struct step ring[STEPS], epoll[STEPS];
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        memset(ring, 0, sizeof ring);
        memset(epoll, 0, sizeof epoll);
        run(HR_BACKEND_IO_URING, seed, ring);
        run(HR_BACKEND_EPOLL, seed, epoll);
        for (int i = 0; i < STEPS; i++) {
            cr_assert_eq(ring[i].what, epoll[i].what);
            cr_assert_eq(ring[i].result, epoll[i].result, "seed %u, step %d of kind %d: %d and %d",
                         seed, i, ring[i].what, ring[i].result, epoll[i].result);
            cr_assert_eq(ring[i].data, epoll[i].data, "seed %u, step %d of kind %d", seed, i,
                         ring[i].what);
        }
    }
}
