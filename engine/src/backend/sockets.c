/* Calls on sockets and open files that do not wait: those of the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "sockets.h"

/* Of TCP_KEEPIDLE and TCP_KEEPINTVL (the kernel's MAX_TCP_KEEPIDLE). */
#define KEEPALIVE_MAX_S 32767

/* The first of a group listens alone before it lets the others of this server in: with SO_REUSEPORT
 * set from the start it would also join the port of another process of the same user, and the
 * kernel would deal connections out to both. */
static int kernel_listen(struct sockaddr_storage *address, socklen_t *size, unsigned backlog,
                         enum hr_listen_share share) {
    int one = 1;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    /* TCP_NODELAY is inherited by what is accepted: once here is cheaper than once a connection. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        (share == HR_LISTEN_NEXT &&
         setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0) ||
        (address->ss_family != AF_UNIX &&
         setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0) ||
        bind(fd, (struct sockaddr *)address, *size) < 0 ||
        listen(fd, backlog < INT_MAX ? (int)backlog : INT_MAX) < 0 ||
        (share == HR_LISTEN_FIRST &&
         setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0))
        goto failed;
    struct sockaddr_storage bound;
    socklen_t bound_size = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &bound_size) < 0) goto failed;
    *address = bound;
    *size = bound_size;
    return fd;
failed:;
    int error = -errno;
    close(fd);
    return error;
}

static void kernel_close(int fd) {
    close(fd);
}

static int kernel_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? 0 : -error;
}

static void set_one(int fd, int level, int name, int value) {
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

static int within(uint32_t value, int most) {
    return value < (uint32_t)most ? (int)value : most;
}

static void kernel_set(int fd, const struct hr_socket_options *options) {
    if (options->no_delay) set_one(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (options->user_timeout_ms)
        set_one(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, within(options->user_timeout_ms, INT_MAX));
    if (!options->keepalive_s) return;
    int idle_s = within(options->keepalive_s, KEEPALIVE_MAX_S);
    set_one(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_one(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
    set_one(fd, IPPROTO_TCP, TCP_KEEPINTVL, idle_s < 4 ? 1 : idle_s / 4);
    set_one(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

static void kernel_info(int fd, struct hr_socket_info *info) {
    socklen_t size = sizeof info->peer;
    int queued = 0, waiting = 0;
    (void)getpeername(fd, (struct sockaddr *)&info->peer, &size);
    if (ioctl(fd, SIOCOUTQ, &queued) == 0 && queued > 0) info->queued = (uint64_t)queued;
    if (ioctl(fd, SIOCINQ, &waiting) == 0 && waiting > 0) info->waiting = (uint64_t)waiting;
}

static int kernel_file_info(int fd, struct hr_file_info *info) {
    struct stat status;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &status) < 0) return -errno;
    info->size = status.st_size > 0 ? (uint64_t)status.st_size : 0;
    info->regular = S_ISREG(status.st_mode);
    info->append = (flags & O_APPEND) != 0;
    return 0;
}

static int kernel_file_truncate(int fd, uint64_t size) {
    return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

const struct hr_sockets hr__sockets_kernel = {
    .listen = kernel_listen,
    .close = kernel_close,
    .error = kernel_error,
    .set = kernel_set,
    .info = kernel_info,
    .file_info = kernel_file_info,
    .file_truncate = kernel_file_truncate,
};
