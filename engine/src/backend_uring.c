/* The seam over io_uring. The only file that knows it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <liburing.h>

#include <headrace/clock.h>

#include "backend.h"
#include "refusal.h"

#define ENTRIES_MIN       64 /* a smaller ring is not tried when memory is short */
#define COMPLETIONS_TIMES 4  /* completion entries per submission entry: multishots need room */
#define CHAIN_MAX         8  /* operations of one link chain, kept in one submission */
#define LENGTH_MAX        0x7ffff000u /* what one call moves at most (MAX_RW_COUNT) */
#define BUFFER_GROUP      0

/* The backend's own submissions have no slot: the low half of their user_data is 0. */
#define OWN(number)  ((uint64_t)(number) << 32)
#define OWN_WAKE     OWN(1)
#define OWN_CANCEL   OWN(2)
#define OWN_TIMEOUT  OWN(3)
#define OWN_UPDATE   OWN(4)
#define OWN_PROVIDE  OWN(5)
#define IS_OWN(data) ((uint32_t)(data) == 0)

struct uring {
    struct hr_backend base;
    struct io_uring ring;
    unsigned enter_flags;
    int wake_fd;
    uint64_t now_ns;
    uint64_t armed_ns; /* when the kernel time-out of `arm` fires; 0: none */
    bool chain;        /* the last prepared operation is linked to the next */
    bool unwakeable;   /* the poll on wake_fd ended and has to be asked again */
    /* Lent buffers: a ring that the kernel reads, or (`provided`) the older way by submissions. */
    struct io_uring_buf_ring *buffer_ring;
    size_t buffer_ring_bytes;
    char *buffer_memory;
    unsigned buffer_count, buffer_size;
    bool provided;
    uint16_t *unreturned;
    unsigned unreturned_count;
    void (*on_notice)(void *user, const char *text);
    void *user;
};

static struct uring *uring_of(struct hr_backend *backend) {
    return (struct uring *)backend;
}

static void notice(const struct uring *uring, const char *text) {
    if (uring->on_notice) uring->on_notice(uring->user, text);
}

/* One system call: hands over what is prepared and, with `wait_n`, waits. */
static int enter(struct uring *uring, unsigned wait_n, unsigned flags,
                 struct io_uring_getevents_arg *argument) {
    struct io_uring_sq *sq = &uring->ring.sq;
    io_uring_smp_store_release(sq->ktail, sq->sqe_tail);
    unsigned submit = io_uring_sq_ready(&uring->ring);
    flags |= uring->enter_flags | (argument ? IORING_ENTER_EXT_ARG : 0);
    return io_uring_enter2((unsigned)uring->ring.enter_ring_fd, submit, wait_n, flags,
                           (sigset_t *)(void *)argument, argument ? sizeof *argument : _NSIG / 8);
}

/* The next free submission; flushes when the queue is full. NULL: the kernel takes none now. */
static struct io_uring_sqe *next_sqe(struct uring *uring) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);
    if (sqe) return sqe;
    enter(uring, 0, 0, NULL);
    return io_uring_get_sqe(&uring->ring);
}

/* Being woken: a multishot poll on an eventfd that is never read, so each write is one event and
 * waking costs the reactor no submission. */
static int ask_wake(struct uring *uring) {
    struct io_uring_sqe *sqe = next_sqe(uring);
    uring->unwakeable = sqe == NULL;
    if (!sqe) return -EAGAIN;
    io_uring_prep_poll_multishot(sqe, uring->wake_fd, POLLIN);
    io_uring_sqe_set_data64(sqe, OWN_WAKE);
    return 0;
}

static void uring_wake(struct hr_backend *backend) {
    uint64_t one = 1;
    ssize_t written = write(uring_of(backend)->wake_fd, &one, sizeof one);
    (void)written; /* fails only at 2^64 - 1 wakes, when it is readable anyhow */
}

/* Opening. */

static unsigned completions_for(const struct hr_backend_options *options, unsigned entries) {
    return options->completions ? options->completions : entries * COMPLETIONS_TIMES;
}

static int set_up(struct uring *uring, const struct hr_backend_options *options, unsigned entries) {
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
        .cq_entries = completions_for(options, entries),
    };
    return io_uring_queue_init_params(entries, &uring->ring, &params);
}

/* Halves the ring as long as memory is short. Returns the entries it got or negative. */
static int set_up_or_smaller(struct uring *uring, const struct hr_backend_options *options,
                             struct hr_error *error) {
    unsigned entries = options->entries;
    int result;
    while ((result = set_up(uring, options, entries)) == -ENOMEM && entries / 2 >= ENTRIES_MIN)
        entries /= 2;
    uint64_t bytes = hr__ring_bytes(entries, completions_for(options, entries));
    if (result < 0) return hr__ring_refused(result, entries, bytes, error);
    if (entries == options->entries) return 0;
    char text[HR_NOTICE_SIZE];
    bytes = hr__ring_bytes(options->entries, completions_for(options, options->entries));
    hr__ring_smaller(entries, options->entries, bytes, text);
    notice(uring, text);
    return 0;
}

static void uring_close(struct hr_backend *backend) {
    struct uring *uring = uring_of(backend);
    if (!uring) return;
    io_uring_queue_exit(&uring->ring);
    if (uring->wake_fd >= 0) close(uring->wake_fd);
    if (uring->buffer_ring) munmap(uring->buffer_ring, uring->buffer_ring_bytes);
    free(uring->unreturned);
    free(uring);
}

static int uring_open(const struct hr_backend_options *options, struct hr_error *error,
                      struct hr_backend **backend) {
    struct uring *uring = calloc(1, sizeof *uring);
    if (!uring) return hr_error_set(error, -ENOMEM, "no memory for a ring");
    uring->base.vtable = &hr__backend_uring;
    uring->base.capabilities = HR_CAPABILITY_LENT_MULTI | HR_CAPABILITY_REGISTERED;
    uring->on_notice = options->on_notice;
    uring->user = options->user;
    int result = set_up_or_smaller(uring, options, error);
    if (result < 0) {
        free(uring);
        return result;
    }
    uring->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    result = uring->wake_fd < 0 ? -errno : ask_wake(uring);
    if (result == 0 && io_uring_register_ring_fd(&uring->ring) == 1)
        uring->enter_flags = IORING_ENTER_REGISTERED_RING; /* looked up once, not in every enter */
    if (result == 0) result = enter(uring, 0, 0, NULL);    /* what a filter may refuse alone */
    if (result < 0) {
        uring_close(&uring->base);
        return hr__ring_refused(result, options->entries, 0, error);
    }
    uring->now_ns = hr_clock_monotonic_ns();
    *backend = &uring->base;
    return 0;
}

/* Operations to submissions. */

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
    io_uring_prep_connect(sqe, operation->fd, (struct sockaddr *)&operation->u.connect.address,
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

static int uring_prepare(struct hr_backend *backend, struct hr_operation *operation) {
    struct uring *uring = uring_of(backend);
    if (operation->kind >= HR_OP_KINDS) return -EINVAL;
    /* A chain must not be torn by a flush in its middle. */
    if (operation->link && !uring->chain && io_uring_sq_space_left(&uring->ring) < CHAIN_MAX)
        enter(uring, 0, 0, NULL);
    struct io_uring_sqe *sqe = next_sqe(uring);
    if (!sqe) return -EAGAIN;
    fillers[operation->kind](sqe, operation);
    if (operation->link) sqe->flags |= IOSQE_IO_LINK;
    uring->chain = operation->link;
    io_uring_sqe_set_data64(sqe, operation->id);
    return 0;
}

static int uring_cancel(struct hr_backend *backend, uint64_t user_data) {
    struct io_uring_sqe *sqe = next_sqe(uring_of(backend));
    if (!sqe) return -EAGAIN;
    io_uring_prep_cancel64(sqe, user_data, 0);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(sqe, OWN_CANCEL);
    return 0;
}

/* Lent buffers and registered memory. */

static void go_on_unregistered(struct uring *uring, const char *what, int result) {
    char text[HR_NOTICE_SIZE];
    hr__unregistered(what, result, text);
    notice(uring, text);
    uring->base.capabilities &= ~(unsigned)HR_CAPABILITY_REGISTERED;
}

static int open_buffer_ring(struct uring *uring) {
    size_t bytes = uring->buffer_count * sizeof(struct io_uring_buf);
    struct io_uring_buf_ring *ring =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED) return -ENOMEM;
    struct io_uring_buf_reg registration = {
        .ring_addr = (uint64_t)(uintptr_t)ring,
        .ring_entries = uring->buffer_count,
        .bgid = BUFFER_GROUP,
    };
    int result = io_uring_register_buf_ring(&uring->ring, &registration, 0);
    if (result < 0) {
        munmap(ring, bytes);
        return result;
    }
    io_uring_buf_ring_init(ring);
    uring->buffer_ring = ring;
    uring->buffer_ring_bytes = bytes;
    return 0;
}

/* The older way: neighbours go back in one submission. What finds no room waits for a turn. */
static void give_unreturned(struct uring *uring) {
    uint16_t *buffers = uring->unreturned;
    unsigned done = 0, total = uring->unreturned_count;
    while (done < total) {
        int run = 1, first = buffers[done], size = (int)uring->buffer_size;
        while (done + (unsigned)run < total && buffers[done + (unsigned)run] == first + run) run++;
        struct io_uring_sqe *sqe = next_sqe(uring);
        if (!sqe) break;
        io_uring_prep_provide_buffers(sqe, uring->buffer_memory + (size_t)first * (size_t)size,
                                      size, run, BUFFER_GROUP, first);
        sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
        io_uring_sqe_set_data64(sqe, OWN_PROVIDE);
        done += (unsigned)run;
    }
    memmove(buffers, buffers + done, (total - done) * sizeof *buffers);
    uring->unreturned_count = total - done;
}

static int uring_buffers_open(struct hr_backend *backend, char *memory, unsigned count,
                              unsigned size) {
    struct uring *uring = uring_of(backend);
    uring->buffer_memory = memory;
    uring->buffer_count = count;
    uring->buffer_size = size;
    uring->unreturned = calloc(count, sizeof(uint16_t));
    if (!uring->unreturned) return -ENOMEM;
    int result = open_buffer_ring(uring);
    uring->provided = result < 0;
    if (result < 0) go_on_unregistered(uring, "buffer ring", result);
    for (unsigned i = 0; i < count; i++) uring->unreturned[i] = (uint16_t)i;
    backend->vtable->buffers_return(backend, uring->unreturned, count);
    return 0;
}

static void uring_buffers_return(struct hr_backend *backend, const uint16_t *buffers,
                                 unsigned count) {
    struct uring *uring = uring_of(backend);
    if (uring->provided) {
        memmove(uring->unreturned + uring->unreturned_count, buffers, count * sizeof *buffers);
        uring->unreturned_count += count;
        give_unreturned(uring);
        return;
    }
    int mask = io_uring_buf_ring_mask(uring->buffer_count);
    for (unsigned i = 0; i < count; i++)
        io_uring_buf_ring_add(uring->buffer_ring,
                              uring->buffer_memory + (size_t)buffers[i] * uring->buffer_size,
                              uring->buffer_size, buffers[i], mask, (int)i);
    io_uring_buf_ring_advance(uring->buffer_ring, (int)count);
}

static int uring_memory_register(struct hr_backend *backend, const struct iovec *iov,
                                 unsigned count) {
    struct uring *uring = uring_of(backend);
    if (!(uring->base.capabilities & HR_CAPABILITY_REGISTERED)) return -ENOTSUP;
    int result = io_uring_register_buffers(&uring->ring, iov, count);
    if (result != -ENOMEM && result != -EPERM) return result;
    go_on_unregistered(uring, "memory", result);
    return -ENOTSUP;
}

/* A turn. */

static void own_completion(struct uring *uring, const struct io_uring_cqe *cqe) {
    if (cqe->user_data == OWN_WAKE && !(cqe->flags & IORING_CQE_F_MORE)) ask_wake(uring);
    if (cqe->user_data == OWN_TIMEOUT) uring->armed_ns = 0;
}

static unsigned collect(struct uring *uring, struct hr_event *events, unsigned max) {
    unsigned head, seen = 0, count = 0;
    struct io_uring_cqe *cqe;
    io_uring_for_each_cqe(&uring->ring, head, cqe) {
        if (count == max) break;
        seen++;
        if (IS_OWN(cqe->user_data)) {
            own_completion(uring, cqe);
            continue;
        }
        struct hr_event *event = &events[count++];
        event->user_data = cqe->user_data;
        event->result = cqe->res;
        event->flags = (uint16_t)((cqe->flags & IORING_CQE_F_MORE ? HR_EVENT_MORE : 0) |
                                  (cqe->flags & IORING_CQE_F_BUFFER ? HR_EVENT_BUFFER : 0));
        event->buffer = (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
    }
    io_uring_cq_advance(&uring->ring, seen);
    return count;
}

static int uring_turn(struct hr_backend *backend, uint64_t deadline_ns, unsigned wait_n,
                      struct hr_event *events, unsigned max) {
    struct uring *uring = uring_of(backend);
    if (uring->unreturned_count) give_unreturned(uring);
    if (uring->unwakeable) ask_wake(uring);
    struct __kernel_timespec wait = {.tv_sec = 0};
    struct io_uring_getevents_arg argument = {.ts = (uint64_t)(uintptr_t)&wait};
    bool limited = false;
    if (deadline_ns <= uring->now_ns || io_uring_cq_ready(&uring->ring) > 0 || uring->unwakeable) {
        wait_n = 0;
    } else if (deadline_ns != HR_NO_DEADLINE) {
        uint64_t left = deadline_ns - uring->now_ns;
        wait.tv_sec = (int64_t)(left / 1000000000u);
        wait.tv_nsec = (int64_t)(left % 1000000000u);
        limited = true;
    }
    int result = enter(uring, wait_n, IORING_ENTER_GETEVENTS, limited ? &argument : NULL);
    if (io_uring_cq_has_overflow(&uring->ring)) backend->overflows++;
    unsigned count = collect(uring, events, max);
    bool broken = result < 0 && result != -ETIME && result != -EINTR && result != -EAGAIN;
    return broken && count == 0 && result != -EBUSY ? result : (int)count;
}

static uint64_t uring_now(struct hr_backend *backend) {
    struct uring *uring = uring_of(backend);
    return uring->now_ns = hr_clock_monotonic_ns();
}

static int uring_fd(struct hr_backend *backend) {
    return uring_of(backend)->ring.ring_fd;
}

static int uring_arm(struct hr_backend *backend, uint64_t deadline_ns) {
    struct uring *uring = uring_of(backend);
    bool earlier =
        deadline_ns != HR_NO_DEADLINE && (uring->armed_ns == 0 || deadline_ns < uring->armed_ns);
    struct __kernel_timespec at = {.tv_sec = (int64_t)(deadline_ns / 1000000000u),
                                   .tv_nsec = (int64_t)(deadline_ns % 1000000000u)};
    if (earlier) {
        struct io_uring_sqe *sqe = next_sqe(uring);
        if (!sqe) return -EAGAIN;
        if (uring->armed_ns == 0)
            io_uring_prep_timeout(sqe, &at, 0, IORING_TIMEOUT_ABS);
        else
            io_uring_prep_timeout_update(sqe, &at, OWN_TIMEOUT, IORING_TIMEOUT_ABS);
        io_uring_sqe_set_data64(sqe, uring->armed_ns == 0 ? OWN_TIMEOUT : OWN_UPDATE);
        uring->armed_ns = deadline_ns;
    }
    int result = io_uring_sq_ready(&uring->ring) > 0 || earlier ? enter(uring, 0, 0, NULL) : 0;
    return result < 0 && result != -EINTR ? result : 0;
}

const struct hr_backend_vtable hr__backend_uring = {
    .name = "io_uring",
    .open = uring_open,
    .close = uring_close,
    .prepare = uring_prepare,
    .cancel = uring_cancel,
    .turn = uring_turn,
    .wake = uring_wake,
    .buffers_open = uring_buffers_open,
    .buffers_return = uring_buffers_return,
    .memory_register = uring_memory_register,
    .now = uring_now,
    .fd = uring_fd,
    .arm = uring_arm,
};
