/* Operations to submissions of io_uring: the tagged union, kind by kind. */
#include <assert.h>
#include <fcntl.h>
#include <string.h>

#include "backend_uring.h"

#define LENGTH_MAX 0x7ffff000u /* what one call moves at most (MAX_RW_COUNT) */

static unsigned length_of(size_t size) {
    return size > LENGTH_MAX ? LENGTH_MAX : (unsigned)size;
}

/* NOP, SHUTDOWN, CLOSE. */
static void fill_plain(struct io_uring_sqe *sqe, struct hr_operation *operation) {
    if (operation->kind == HR_OP_NOP)
        io_uring_prep_nop(sqe);
    else if (operation->kind == HR_OP_SHUTDOWN)
        io_uring_prep_shutdown(sqe, operation->fd, operation->u.shutdown.how);
    else
        io_uring_prep_close(sqe, operation->fd);
}

static void fill_accept(struct io_uring_sqe *sqe, struct hr_operation *operation) {
    io_uring_prep_accept(sqe, operation->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (operation->multi) sqe->ioprio |= IORING_ACCEPT_MULTISHOT;
}

static void fill_socket(struct io_uring_sqe *sqe, struct hr_operation *operation) {
    io_uring_prep_socket(sqe, operation->u.socket.family,
                         operation->u.socket.type | SOCK_NONBLOCK | SOCK_CLOEXEC,
                         operation->u.socket.protocol, 0);
}

static void fill_connect(struct io_uring_sqe *sqe, struct hr_operation *operation) {
    io_uring_prep_connect(sqe, operation->fd, hr__operation_address(operation),
                          operation->u.connect.size);
}

/* RECV, SEND. */
static void fill_message(struct io_uring_sqe *sqe, struct hr_operation *operation) {
    void *data = operation->u.buffer.data;
    unsigned size = length_of(operation->u.buffer.size);
    int flags = operation->u.buffer.flags;
    if (operation->kind == HR_OP_RECV)
        io_uring_prep_recv(sqe, operation->fd, data, size, flags);
    else
        io_uring_prep_send(sqe, operation->fd, data, size, flags | MSG_NOSIGNAL);
}

static void fill_recv_lent(struct io_uring_sqe *sqe, struct hr_operation *operation) {
    io_uring_prep_recv(sqe, operation->fd, NULL, 0, operation->u.buffer.flags);
    if (operation->multi) sqe->ioprio |= IORING_RECV_MULTISHOT;
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = BUFFER_GROUP;
    /* A standing receive mostly finds nothing yet: the first try is saved, and with it the failure
     * of an idle socket on an empty buffer ring. */
    sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
}

static void fill_sendv(struct io_uring_sqe *sqe, struct hr_operation *operation) {
    struct msghdr *message = &operation->u.vector.message;
    memset(message, 0, sizeof *message);
    message->msg_iov = (struct iovec *)(uintptr_t)operation->u.vector.iov; /* only read */
    message->msg_iovlen = operation->u.vector.count;
    io_uring_prep_sendmsg(sqe, operation->fd, message,
                          (unsigned)operation->u.vector.flags | MSG_NOSIGNAL);
}

/* OPEN, RENAME, UNLINK. */
static void fill_path(struct io_uring_sqe *sqe, struct hr_operation *operation) {
    int directory = operation->u.file.directory ? operation->u.file.directory : AT_FDCWD;
    const char *path = operation->u.file.path, *to = operation->u.file.to;
    int flags = operation->u.file.flags;
    if (operation->kind == HR_OP_OPEN)
        io_uring_prep_openat(sqe, directory, path, flags | O_CLOEXEC, operation->u.file.mode);
    else if (operation->kind == HR_OP_RENAME)
        io_uring_prep_renameat(sqe, directory, path, directory, to, (unsigned)flags);
    else
        io_uring_prep_unlinkat(sqe, directory, path, flags);
}

/* READ, WRITE; from registered memory where `fixed` says so. */
static void fill_transfer(struct io_uring_sqe *sqe, struct hr_operation *operation) {
    int fd = operation->fd, fixed = operation->u.buffer.fixed;
    void *data = operation->u.buffer.data;
    unsigned size = length_of(operation->u.buffer.size);
    uint64_t offset = operation->u.buffer.offset;
    bool read = operation->kind == HR_OP_READ;
    if (read)
        io_uring_prep_read(sqe, fd, data, size, offset);
    else
        io_uring_prep_write(sqe, fd, data, size, offset);
    assert(fixed >= 0);
    if (!fixed) return;
    sqe->opcode = read ? IORING_OP_READ_FIXED : IORING_OP_WRITE_FIXED;
    sqe->buf_index = (uint16_t)(fixed - 1);
}

/* FSYNC, FALLOCATE. */
static void fill_range(struct io_uring_sqe *sqe, struct hr_operation *operation) {
    int mode = operation->u.range.mode;
    if (operation->kind == HR_OP_FSYNC)
        io_uring_prep_fsync(sqe, operation->fd, mode == 1 ? IORING_FSYNC_DATASYNC : 0);
    else
        io_uring_prep_fallocate(sqe, operation->fd, mode, (off_t)operation->u.range.offset,
                                (off_t)operation->u.range.size);
}

static void fill_poll(struct io_uring_sqe *sqe, struct hr_operation *operation) {
    if (operation->multi)
        io_uring_prep_poll_multishot(sqe, operation->fd, operation->u.poll.events);
    else
        io_uring_prep_poll_add(sqe, operation->fd, operation->u.poll.events);
}

static void (*const fillers[HR_OP_KINDS])(struct io_uring_sqe *, struct hr_operation *) = {
    [HR_OP_NOP] = fill_plain,       [HR_OP_ACCEPT] = fill_accept,
    [HR_OP_SOCKET] = fill_socket,   [HR_OP_CONNECT] = fill_connect,
    [HR_OP_RECV] = fill_message,    [HR_OP_RECV_LENT] = fill_recv_lent,
    [HR_OP_SEND] = fill_message,    [HR_OP_SENDV] = fill_sendv,
    [HR_OP_SHUTDOWN] = fill_plain,  [HR_OP_CLOSE] = fill_plain,
    [HR_OP_OPEN] = fill_path,       [HR_OP_READ] = fill_transfer,
    [HR_OP_WRITE] = fill_transfer,  [HR_OP_FSYNC] = fill_range,
    [HR_OP_FALLOCATE] = fill_range, [HR_OP_RENAME] = fill_path,
    [HR_OP_UNLINK] = fill_path,     [HR_OP_POLL] = fill_poll,
};

void hr__uring_fill(struct io_uring_sqe *sqe, struct hr_operation *operation) {
    assert(operation->kind < HR_OP_KINDS && fillers[operation->kind]);
    fillers[operation->kind](sqe, operation);
}
