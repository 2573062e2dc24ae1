/* Files and other things that are read and written behind the epoll back end. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend_epoll.h"

#define HERE UINT64_MAX /* the offset that means the file's own position */

static int32_t of(ssize_t result) {
    return result < 0 ? -errno : (int32_t)result;
}

static size_t length_of(const struct hr_operation *operation) {
    const size_t max = 0x7ffff000; /* what one call moves at most (MAX_RW_COUNT) */
    return operation->u.buffer.size < max ? operation->u.buffer.size : max;
}

static int32_t transfer_plainly(const struct hr_operation *operation, size_t size) {
    void *data = operation->u.buffer.data;
    int fd = operation->fd;
    uint64_t offset = operation->u.buffer.offset;
    bool reads = operation->kind == HR_OP_READ;
    if (offset != HERE) {
        int32_t result = of(reads ? pread(fd, data, size, (off_t)offset)
                                  : pwrite(fd, data, size, (off_t)offset));
        if (result != -ESPIPE) return result;
    }
    return of(reads ? read(fd, data, size) : write(fd, data, size));
}

/* -EOPNOTSUPP: that kind of file does not know how. */
static int32_t transfer_at_once(const struct hr_operation *operation, uint64_t offset) {
    const struct iovec iov = {operation->u.buffer.data, length_of(operation)};
    return of(operation->kind == HR_OP_READ
                  ? preadv2(operation->fd, &iov, 1, (off_t)offset, RWF_NOWAIT)
                  : pwritev2(operation->fd, &iov, 1, (off_t)offset, RWF_NOWAIT));
}

static int32_t transfer_socket(const struct hr_operation *operation) {
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    size_t size = length_of(operation);
    return of(operation->kind == HR_OP_READ
                  ? recv(operation->fd, operation->u.buffer.data, size, flags)
                  : send(operation->fd, operation->u.buffer.data, size, flags));
}

/* Pipes, terminals, eventfds; whether or not they are non-blocking. */
static int32_t transfer_pollable(const struct hr_operation *operation) {
    int32_t result = transfer_at_once(operation, HERE);
    if (result != -EOPNOTSUPP) return result;
    bool reads = operation->kind == HR_OP_READ;
    struct pollfd entry = {.fd = operation->fd, .events = reads ? POLLIN : POLLOUT};
    if (poll(&entry, 1, 0) <= 0) return -EAGAIN;
    size_t size = length_of(operation);
    /* A pipe that is writable takes that many without blocking. */
    return transfer_plainly(operation, reads || size < PIPE_BUF ? size : PIPE_BUF);
}

int32_t hr__epoll_transfer(const struct hr_operation *operation) {
    struct stat status;
    int32_t result;
    if (fstat(operation->fd, &status) < 0) return -errno;
    if (S_ISREG(status.st_mode)) {
        /* Cached bytes need no helper. */
        if (operation->kind == HR_OP_WRITE || operation->u.buffer.offset == HERE)
            return -EINPROGRESS;
        result = transfer_at_once(operation, operation->u.buffer.offset);
        return result == (int32_t)length_of(operation) ? result : -EINPROGRESS;
    }
    if (S_ISBLK(status.st_mode) || S_ISDIR(status.st_mode)) return -EINPROGRESS;
    do {
        result =
            S_ISSOCK(status.st_mode) ? transfer_socket(operation) : transfer_pollable(operation);
    } while (result == -EINTR);
    return result;
}

static int32_t work_on_path(const struct hr_operation *operation) {
    int directory = operation->u.file.directory ? operation->u.file.directory : AT_FDCWD;
    const char *path = operation->u.file.path;
    int flags = operation->u.file.flags;
    if (operation->kind == HR_OP_OPEN)
        return of(openat(directory, path, flags | O_CLOEXEC, operation->u.file.mode));
    if (operation->kind == HR_OP_UNLINK) return of(unlinkat(directory, path, flags));
    return of(renameat2(directory, path, directory, operation->u.file.to, (unsigned)flags));
}

static int32_t work_on_range(const struct hr_operation *operation) {
    int mode = operation->u.range.mode, fd = operation->fd;
    if (operation->kind == HR_OP_FSYNC) return of(mode == 1 ? fdatasync(fd) : fsync(fd));
    return of(
        fallocate(fd, mode, (off_t)operation->u.range.offset, (off_t)operation->u.range.size));
}

static int32_t work(const struct hr_operation *operation) {
    switch (operation->kind) {
    case HR_OP_READ:
    case HR_OP_WRITE:
        return transfer_plainly(operation, length_of(operation));
    case HR_OP_FSYNC:
    case HR_OP_FALLOCATE:
        return work_on_range(operation);
    default:
        return work_on_path(operation);
    }
}

static void run(struct hr_file_job *job) {
    struct hr_epoll_slot *slot = (struct hr_epoll_slot *)job;
    assert(slot->helped && !slot->done);
    do {
        slot->result = work(slot->operation);
    } while (slot->result == -EINTR);
}

void hr__epoll_help(struct hr_epoll *epoll, struct hr_epoll_slot *slot) {
    assert(!slot->queue && !slot->helped && !slot->done);
    slot->helped = true;
    slot->job.run = run;
    hr__file_threads_submit(epoll->pool, &slot->job);
}
