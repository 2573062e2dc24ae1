#include "faulty_backend.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "fault.h"

#define WAITING_MAX 64

/* An operation that ended here and not in the kernel, or whose result is to be another. */
struct verdict {
    uint64_t id;
    int32_t result;
    bool asked; /* the kernel has it: its event comes, with `result` in it */
};

struct faulty {
    struct hr_backend base;
    struct hr_backend *inner;
    struct verdict waiting[WAITING_MAX];
    unsigned count;
};

static const struct hr_backend_vtable *real;

static struct faulty *faulty_of(struct hr_backend *backend) {
    return (struct faulty *)backend;
}

static void mirror(struct faulty *faulty) {
    faulty->base.capabilities = faulty->inner->capabilities;
    faulty->base.overflows = faulty->inner->overflows;
}

/* What each kind can end with. */

#define LIST(...)                                                                                  \
    (const int[]) {                                                                                \
        __VA_ARGS__, 0                                                                             \
    }
#define EVERY -ENOMEM, -ECANCELED
static const int *const errors_of[HR_OP_KINDS] = {
    [HR_OP_NOP] = LIST(EVERY, -EPERM),
    [HR_OP_ACCEPT] = LIST(EVERY, -EMFILE, -ENFILE, -ENOBUFS, -ECONNABORTED, -EPERM),
    [HR_OP_SOCKET] = LIST(EVERY, -EMFILE, -ENFILE, -ENOBUFS, -EACCES, -EAFNOSUPPORT),
    [HR_OP_CONNECT] =
        LIST(EVERY, -ECONNREFUSED, -ETIMEDOUT, -EHOSTUNREACH, -ENETUNREACH, -EADDRNOTAVAIL, -EPERM),
    [HR_OP_RECV] = LIST(EVERY, -ECONNRESET, -ENOBUFS, -EIO, -ETIMEDOUT),
    [HR_OP_RECV_LENT] = LIST(EVERY, -ECONNRESET, -ENOBUFS, -EIO, -ETIMEDOUT),
    [HR_OP_SEND] = LIST(EVERY, -ECONNRESET, -EPIPE, -ENOBUFS, -EIO),
    [HR_OP_SENDV] = LIST(EVERY, -ECONNRESET, -EPIPE, -ENOBUFS, -EIO),
    [HR_OP_SHUTDOWN] = LIST(EVERY, -ENOTCONN),
    [HR_OP_CLOSE] = LIST(EVERY, -EIO, -ENOSPC),
    [HR_OP_OPEN] = LIST(EVERY, -EMFILE, -EACCES, -EIO),
    [HR_OP_READ] = LIST(EVERY, -EIO, -EISDIR, -EAGAIN),
    [HR_OP_WRITE] = LIST(EVERY, -EIO, -ENOSPC, -EDQUOT, -EFBIG, -EAGAIN),
    [HR_OP_FSYNC] = LIST(EVERY, -EIO, -ENOSPC),
    [HR_OP_FALLOCATE] = LIST(EVERY, -EIO, -ENOSPC, -EOPNOTSUPP),
    [HR_OP_RENAME] = LIST(EVERY, -EIO, -ENOSPC, -EXDEV),
    [HR_OP_UNLINK] = LIST(EVERY, -EIO, -ENOENT),
    [HR_OP_POLL] = LIST(EVERY, -EBADF),
};

static void judge(struct faulty *faulty, const struct hr_operation *operation, int32_t result,
                  bool asked) {
    assert(faulty->count < WAITING_MAX);
    faulty->waiting[faulty->count++] =
        (struct verdict){.id = operation->id, .result = result, .asked = asked};
}

/* Makes a transfer one of a single byte; false: it is none. */
static bool shorten(struct hr_operation *operation) {
    bool transfer = operation->kind == HR_OP_RECV || operation->kind == HR_OP_SEND ||
                    operation->kind == HR_OP_READ || operation->kind == HR_OP_WRITE;
    if (!transfer || operation->u.buffer.size < 2 || operation->link) return false;
    return fault_here(FAULT_SHORT, NULL, NULL);
}

static int prepare(struct hr_backend *backend, struct hr_operation *operation) {
    static const int refusals[] = {-EAGAIN, -ENOMEM, -EINVAL, 0};
    struct faulty *faulty = faulty_of(backend);
    int refusal = fault_error(FAULT_PREPARE, refusals);
    if (refusal) return refusal;
    int error = fault_error(FAULT_OPERATION, errors_of[operation->kind]);
    if (error && operation->kind != HR_OP_CLOSE) { /* a close that fails has closed */
        bool send = operation->kind == HR_OP_SEND || operation->kind == HR_OP_SENDV;
        if (send && (error == -ECONNRESET || error == -EPIPE)) /* then nothing comes in either */
            shutdown(operation->fd, SHUT_RDWR);
        judge(faulty, operation, error, false);
        return 0;
    }
    size_t size = operation->u.buffer.size;
    bool shorter = shorten(operation);
    if (shorter) operation->u.buffer.size = 1;
    int result = real->prepare(faulty->inner, operation);
    if (shorter) operation->u.buffer.size = size;
    if (result == 0 && error) judge(faulty, operation, error, true);
    return result;
}

static int cancel(struct hr_backend *backend, uint64_t id) {
    static const int refusals[] = {-EAGAIN, 0};
    struct faulty *faulty = faulty_of(backend);
    int refusal = fault_error(FAULT_CANCEL, refusals);
    if (refusal) return refusal;
    for (unsigned i = 0; i < faulty->count; i++)
        if (faulty->waiting[i].id == id && !faulty->waiting[i].asked) return 0;
    return real->cancel(faulty->inner, id);
}

static bool any_ended(const struct faulty *faulty) {
    for (unsigned i = 0; i < faulty->count; i++)
        if (!faulty->waiting[i].asked) return true;
    return false;
}

static void rewrite(struct faulty *faulty, struct hr_event *event) {
    for (unsigned i = 0; i < faulty->count; i++) {
        struct verdict *verdict = &faulty->waiting[i];
        if (verdict->id != event->user_data || !verdict->asked) continue;
        event->result = verdict->result;
        *verdict = faulty->waiting[--faulty->count];
        return;
    }
}

static int turn(struct hr_backend *backend, uint64_t deadline_ns, unsigned wait_n,
                struct hr_event *events, unsigned max) {
    static const int failures[] = {-ENOMEM, -EBADF, -EIO, 0};
    struct faulty *faulty = faulty_of(backend);
    int failure = fault_error(FAULT_TURN, failures);
    if (failure) return failure;
    bool ended = any_ended(faulty);
    int count = real->turn(faulty->inner, ended ? 0 : deadline_ns, wait_n, events, max);
    mirror(faulty);
    for (int i = 0; i < count; i++) rewrite(faulty, &events[i]);
    if (!ended || count < 0) return count;
    for (unsigned i = 0; i < faulty->count && (unsigned)count < max;) {
        if (faulty->waiting[i].asked) {
            i++;
            continue;
        }
        events[count++] = (struct hr_event){.user_data = faulty->waiting[i].id,
                                            .result = faulty->waiting[i].result};
        faulty->waiting[i] = faulty->waiting[--faulty->count];
    }
    return count;
}

/* The rest hands on. */

static int open_backend(const struct hr_backend_options *options, struct hr_error *error,
                        struct hr_backend **backend) {
    static const int refusals[] = {-ENOMEM, -EMFILE, -EPERM, 0};
    int refusal = fault_error(FAULT_SET_UP, refusals);
    if (refusal) return hr_error_set(error, refusal, "refused on purpose");
    struct faulty *faulty = calloc(1, sizeof *faulty);
    if (!faulty) return hr_error_set(error, -ENOMEM, "no memory for the faulty back end");
    int result = real->open(options, error, &faulty->inner);
    if (result < 0) {
        free(faulty);
        return result;
    }
    faulty->base.vtable = faulty_backend(real);
    mirror(faulty);
    *backend = &faulty->base;
    return 0;
}

static void close_backend(struct hr_backend *backend) {
    struct faulty *faulty = faulty_of(backend);
    if (!faulty) return;
    real->close(faulty->inner);
    free(faulty);
}

static void submit(struct hr_backend *backend) {
    if (real->submit) real->submit(faulty_of(backend)->inner);
}

static void wake(struct hr_backend *backend) {
    real->wake(faulty_of(backend)->inner);
}

static int buffers_open(struct hr_backend *backend, char *memory, unsigned count, unsigned size) {
    static const int refusals[] = {-ENOMEM, -EINVAL, 0};
    int refusal = fault_error(FAULT_SET_UP, refusals);
    if (refusal) return refusal;
    int result = real->buffers_open(faulty_of(backend)->inner, memory, count, size);
    mirror(faulty_of(backend));
    return result;
}

static void buffers_return(struct hr_backend *backend, const uint16_t *buffers, unsigned count) {
    real->buffers_return(faulty_of(backend)->inner, buffers, count);
}

static int memory_register(struct hr_backend *backend, const struct iovec *iov, unsigned count) {
    static const int refusals[] = {-ENOMEM, -ENOTSUP, 0};
    int refusal = fault_error(FAULT_SET_UP, refusals);
    if (refusal) return refusal;
    int result = real->memory_register(faulty_of(backend)->inner, iov, count);
    mirror(faulty_of(backend));
    return result;
}

static uint64_t now(struct hr_backend *backend) {
    return real->now(faulty_of(backend)->inner);
}

static int descriptor(struct hr_backend *backend) {
    return real->fd(faulty_of(backend)->inner);
}

static int arm(struct hr_backend *backend, uint64_t deadline_ns) {
    static const int refusals[] = {-EAGAIN, -ENOMEM, 0};
    struct faulty *faulty = faulty_of(backend);
    int refusal = fault_error(FAULT_ARM, refusals);
    /* The kernel knows nothing of what has ended here. */
    return refusal ? refusal : real->arm(faulty->inner, any_ended(faulty) ? 0 : deadline_ns);
}

const struct hr_backend_vtable *faulty_backend(const struct hr_backend_vtable *inner) {
    static struct hr_backend_vtable vtable = {
        .open = open_backend,
        .close = close_backend,
        .prepare = prepare,
        .cancel = cancel,
        .turn = turn,
        .submit = submit,
        .wake = wake,
        .buffers_open = buffers_open,
        .buffers_return = buffers_return,
        .memory_register = memory_register,
        .now = now,
        .fd = descriptor,
        .arm = arm,
    };
    real = inner;
    vtable.name = inner->name;
    return &vtable;
}

/* Sockets. */

static int listen_socket(struct sockaddr_storage *address, socklen_t *size, unsigned backlog,
                         enum hr_listen_share share) {
    static const int errors[] = {-EADDRINUSE, -EMFILE, -EACCES, 0};
    int error = fault_error(FAULT_SOCKET, errors);
    return error ? error : hr__sockets_kernel.listen(address, size, backlog, share);
}

static int socket_error(int fd) {
    static const int errors[] = {-ECONNRESET, -ETIMEDOUT, 0};
    int error = fault_error(FAULT_SOCKET, errors);
    return error ? error : hr__sockets_kernel.error(fd);
}

static void close_socket(int fd) {
    hr__sockets_kernel.close(fd);
}

static void set(int fd, const struct hr_socket_options *options) {
    hr__sockets_kernel.set(fd, options);
}

static void info(int fd, struct hr_socket_info *out) {
    hr__sockets_kernel.info(fd, out);
}

static int file_info(int fd, struct hr_file_info *out) {
    static const int errors[] = {-EIO, 0};
    int error = fault_error(FAULT_SOCKET, errors);
    return error ? error : hr__sockets_kernel.file_info(fd, out);
}

static int file_truncate(int fd, uint64_t size) {
    static const int errors[] = {-EIO, 0};
    int error = fault_error(FAULT_SOCKET, errors);
    return error ? error : hr__sockets_kernel.file_truncate(fd, size);
}

const struct hr_sockets faulty_sockets = {
    .listen = listen_socket,
    .close = close_socket,
    .error = socket_error,
    .set = set,
    .info = info,
    .file_info = file_info,
    .file_truncate = file_truncate,
};
