/* The seam over io_uring: ring, events, wake-ups, lent buffers. With backend_uring_fill.c the only
 * files that know it. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "backend_uring.h"
#include "uring_refusal.h"

#define ENTRIES_MIN       64 /* a smaller ring is not tried when memory is short */
#define COMPLETIONS_TIMES 4  /* completion entries per submission entry: multishots need room */
#define CHAIN_MAX         8  /* operations of one link chain, kept in one submission */
#define ARRIVED_ROUNDS    4  /* newer kernels tell of 20 events in one enter that waits for none */

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
    int ready_fd; /* what a loop of the caller's polls; -1: nobody has asked */
    bool dozing;  /* ready_fd is to tell of new work */
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

/* Has what arrived since the last look told before anything is submitted. In one enter the kernel
 * sends first, and bytes that were there before would be told behind the send, as if they answered
 * it. */
static void take_arrived(const struct uring *uring) {
    const unsigned *flags = uring->ring.sq.kflags;
    for (unsigned i = 0; i < ARRIVED_ROUNDS; i++) {
        if (!(__atomic_load_n(flags, __ATOMIC_RELAXED) & IORING_SQ_TASKRUN)) return;
        io_uring_enter2((unsigned)uring->ring.enter_ring_fd, 0, 0,
                        uring->enter_flags | IORING_ENTER_GETEVENTS, NULL, _NSIG / 8);
    }
}

/* One system call, mostly: hands over what is prepared and, with `wait_n`, waits. */
static int enter(struct uring *uring, unsigned wait_n, unsigned flags,
                 struct io_uring_getevents_arg *argument) {
    struct io_uring_sq *sq = &uring->ring.sq;
    io_uring_smp_store_release(sq->ktail, sq->sqe_tail);
    unsigned submit = io_uring_sq_ready(&uring->ring);
    if (submit > 0) take_arrived(uring);
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

static void raise_eventfd(int fd) {
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    (void)written; /* fails only at 2^64 - 1, when it is readable anyhow */
}

/* Being woken: a multishot poll on an eventfd that is never read, so each write is one event and
 * waking costs the reactor no submission. */
static int ask_wake(struct uring *uring) {
    struct io_uring_sqe *sqe = next_sqe(uring);
    assert(uring->wake_fd >= 0);
    uring->unwakeable = sqe == NULL;
    if (!sqe) return -EAGAIN;
    io_uring_prep_poll_multishot(sqe, uring->wake_fd, POLLIN);
    io_uring_sqe_set_data64(sqe, OWN_WAKE);
    return 0;
}

static void uring_wake(struct hr_backend *backend) {
    struct uring *uring = uring_of(backend);
    raise_eventfd(uring->wake_fd);
    /* A caller that sleeps in a loop of its own is told directly: a ring does not signal its
     * eventfd from inside the signal of another more than once (Linux 6.18). */
    int ready_fd = __atomic_load_n(&uring->ready_fd, __ATOMIC_ACQUIRE);
    if (ready_fd >= 0) raise_eventfd(ready_fd);
}

/* Opening. */

static unsigned completions_for(const struct hr_backend_options *options, unsigned entries) {
    return options->completions ? options->completions : entries * COMPLETIONS_TIMES;
}

static int set_up(struct uring *uring, const struct hr_backend_options *options, unsigned entries) {
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
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
    if (uring->ready_fd >= 0) close(uring->ready_fd);
    if (uring->buffer_ring) munmap(uring->buffer_ring, uring->buffer_ring_bytes);
    free(uring->unreturned);
    free(uring);
}

static int uring_open(const struct hr_backend_options *options, struct hr_error *error,
                      struct hr_backend **backend) {
    struct uring *uring = calloc(1, sizeof *uring);
    if (!uring) return hr_error_set(error, -ENOMEM, "no memory for a ring");
    uring->base.vtable = &hr__backend_uring;
    uring->ready_fd = -1;
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

static int uring_prepare(struct hr_backend *backend, struct hr_operation *operation) {
    struct uring *uring = uring_of(backend);
    assert(!IS_OWN(operation->id));
    if (operation->kind >= HR_OP_KINDS) return -EINVAL;
    /* A chain must not be torn by a flush in its middle. */
    if (operation->link && !uring->chain && io_uring_sq_space_left(&uring->ring) < CHAIN_MAX)
        enter(uring, 0, 0, NULL);
    struct io_uring_sqe *sqe = next_sqe(uring);
    if (!sqe) return -EAGAIN;
    hr__uring_fill(sqe, operation);
    if (operation->link) sqe->flags |= IOSQE_IO_LINK;
    uring->chain = operation->link;
    io_uring_sqe_set_data64(sqe, operation->id);
    return 0;
}

static int uring_cancel(struct hr_backend *backend, uint64_t user_data) {
    assert(!IS_OWN(user_data));
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
    assert(result < 0);
    hr__unregistered(what, result, text);
    notice(uring, text);
    uring->base.capabilities &= ~(unsigned)HR_CAPABILITY_REGISTERED;
}

static int open_buffer_ring(struct uring *uring) {
    assert(!uring->buffer_ring);
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
    assert(done <= total);
    memmove(buffers, buffers + done, (total - done) * sizeof *buffers);
    uring->unreturned_count = total - done;
}

static int uring_buffers_open(struct hr_backend *backend, char *memory, unsigned count,
                              unsigned size) {
    struct uring *uring = uring_of(backend);
    assert(!uring->buffer_memory);
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
        assert(uring->unreturned_count + count <= uring->buffer_count);
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

static void stop_dozing(struct uring *uring);

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
        assert(!(event->flags & HR_EVENT_BUFFER) || event->buffer < uring->buffer_count);
    }
    io_uring_cq_advance(&uring->ring, seen);
    return count;
}

/* A submission that fails here is made again by the next turn, which says so. */
static void uring_submit(struct hr_backend *backend) {
    (void)enter(uring_of(backend), 0, 0, NULL);
}

static int uring_turn(struct hr_backend *backend, uint64_t deadline_ns, unsigned wait_n,
                      struct hr_event *events, unsigned max) {
    struct uring *uring = uring_of(backend);
    assert(max > 0);
    if (uring->dozing) stop_dozing(uring);
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

/* Sleeping in a loop of the caller's. The descriptor for it is an eventfd that the ring signals
 * when there is work. The ring's own would not do: with DEFER_TASKRUN poll(2) on it is woken by
 * posted completions only, and these are posted by the very thread that sleeps (seen on
 * Linux 6.18). */

static void stop_dozing(struct uring *uring) {
    uint64_t signals;
    assert(uring->dozing && uring->ready_fd >= 0);
    uring->dozing = false;
    io_uring_cq_eventfd_toggle(&uring->ring, false);
    ssize_t drained = read(uring->ready_fd, &signals, sizeof signals);
    (void)drained; /* nothing to drain: the caller came by itself */
}

static int uring_fd(struct hr_backend *backend) {
    struct uring *uring = uring_of(backend);
    if (uring->ready_fd >= 0) return uring->ready_fd;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) return -errno;
    int result = io_uring_register_eventfd(&uring->ring, fd);
    if (result < 0) {
        close(fd);
        return result;
    }
    assert(!uring->dozing);
    __atomic_store_n(&uring->ready_fd, fd, __ATOMIC_RELEASE);
    uring->dozing = true;
    raise_eventfd(fd); /* what came before it was there */
    return fd;
}

static int ask_timeout(struct uring *uring, uint64_t deadline_ns) {
    struct __kernel_timespec at = {.tv_sec = (int64_t)(deadline_ns / 1000000000u),
                                   .tv_nsec = (int64_t)(deadline_ns % 1000000000u)};
    struct io_uring_sqe *sqe = next_sqe(uring);
    if (!sqe) return -EAGAIN;
    assert(uring->armed_ns == 0 || deadline_ns < uring->armed_ns);
    if (uring->armed_ns == 0)
        io_uring_prep_timeout(sqe, &at, 0, IORING_TIMEOUT_ABS);
    else
        io_uring_prep_timeout_update(sqe, &at, OWN_TIMEOUT, IORING_TIMEOUT_ABS);
    io_uring_sqe_set_data64(sqe, uring->armed_ns == 0 ? OWN_TIMEOUT : OWN_UPDATE);
    uring->armed_ns = deadline_ns;
    int result = enter(uring, 0, 0, NULL); /* `at` is read now */
    return result < 0 && result != -EINTR ? result : 0;
}

static int uring_arm(struct hr_backend *backend, uint64_t deadline_ns) {
    struct uring *uring = uring_of(backend);
    bool earlier =
        deadline_ns != HR_NO_DEADLINE && (uring->armed_ns == 0 || deadline_ns < uring->armed_ns);
    int result = earlier ? ask_timeout(uring, deadline_ns) : 0;
    if (result < 0) return result;
    if (uring->ready_fd < 0) {
        result = io_uring_sq_ready(&uring->ring) > 0 ? enter(uring, 0, 0, NULL) : 0;
        return result < 0 && result != -EINTR ? result : 0;
    }
    /* Signals first, then a look at what is there: work that came in between does both, none
     * does neither. */
    uring->dozing = true;
    io_uring_cq_eventfd_toggle(&uring->ring, true);
    result = enter(uring, 0, IORING_ENTER_GETEVENTS, NULL);
    if (io_uring_cq_ready(&uring->ring) > 0 || io_uring_cq_has_overflow(&uring->ring))
        raise_eventfd(uring->ready_fd);
    return result < 0 && result != -EINTR ? result : 0;
}

const struct hr_backend_vtable hr__backend_uring = {
    .name = "io_uring",
    .open = uring_open,
    .close = uring_close,
    .prepare = uring_prepare,
    .cancel = uring_cancel,
    .turn = uring_turn,
    .submit = uring_submit,
    .wake = uring_wake,
    .buffers_open = uring_buffers_open,
    .buffers_return = uring_buffers_return,
    .memory_register = uring_memory_register,
    .now = uring_now,
    .fd = uring_fd,
    .arm = uring_arm,
};
