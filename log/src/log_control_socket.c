/* The path of a control socket: bound for its owner alone, where no living process has it. */
#include "log_control_socket.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG    16
#define LOCK_TRIES 100
#define LOCK_NS    10000000 /* between them */

/* Whether the process that listens there lives. A child that has inherited the listener does not
 * count: the kernel names the process that called listen. */
static bool is_alive(const struct sockaddr_un *address) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return true;
    bool alive = true;
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0)
        alive = errno != ECONNREFUSED && errno != ENOENT;
    else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0)
        alive = kill(peer.pid, 0) == 0 || errno != ESRCH;
    close(fd);
    return alive;
}

/* Removes the socket of a process that is gone. 0, or a negative code where something else is
 * there. */
static int replace(const struct sockaddr_un *address, struct hr_error *error) {
    struct stat facts;
    if (lstat(address->sun_path, &facts) != 0) return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(facts.st_mode))
        return hr_error_set(error, -EEXIST, "control_path: %s is there and is no socket",
                            address->sun_path);
    if (is_alive(address))
        return hr_error_set(error, -EADDRINUSE,
                            "control_path: a running process answers at %s; each log needs a path "
                            "of its own",
                            address->sun_path);
    return unlink(address->sun_path) == 0 || errno == ENOENT ? 0 : -errno;
}

/* Locks the folder of the path, so that two processes that start at once do not take each other's
 * socket for a dead one. A lock that is held for longer than a second is none of theirs, and not
 * waited for. */
static int lock_folder(const char *path) {
    char folder[sizeof((struct sockaddr_un *)0)->sun_path];
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 0;
    memcpy(folder, path, size);
    folder[size] = '\0';
    int fd = open(size ? folder : slash ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; fd >= 0 && i < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        const struct timespec pause = {0, LOCK_NS};
        if (errno != EWOULDBLOCK) break;
        nanosleep(&pause, NULL);
    }
    return fd;
}

/* The file that bind makes has the socket's mode, so that nobody else reaches it even for a moment.
 */
static int bind_and_listen(struct hr__log_control_socket *made, const struct sockaddr_un *address) {
    assert(address->sun_path[0]);
    struct stat facts;
    made->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made->fd < 0) return -errno;
    if (fchmod(made->fd, 0600) == 0 &&
        bind(made->fd, (const struct sockaddr *)address, sizeof *address) == 0 &&
        lstat(address->sun_path, &facts) == 0) {
        made->device = facts.st_dev;
        made->inode = facts.st_ino;
        if (listen(made->fd, BACKLOG) == 0) return 0;
    }
    int err = -errno;
    close(made->fd);
    made->fd = -1;
    return err;
}

int hr__log_control_socket_open(struct hr__log_control_socket *made, const char *path,
                                struct hr_error *error) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof address.sun_path)
        return hr_error_set(error, -EINVAL, "control_path: a socket's path has 1 to %zu bytes: %s",
                            sizeof address.sun_path - 1, path);
    memcpy(address.sun_path, path, size);
    char *kept = strdup(path);
    if (!kept) return hr_error_set(error, -ENOMEM, "no memory for a log's control socket");
    int lock = lock_folder(path), err = replace(&address, error);
    bool told = err == -EEXIST || err == -EADDRINUSE;
    if (!err) err = bind_and_listen(made, &address);
    if (lock >= 0) close(lock);
    if (err) free(kept);
    if (err && !told) hr_error_set(error, err, "control_path: %s: %s", path, hr_error_text(err));
    if (!err) made->path = kept;
    return err;
}

void hr__log_control_socket_remove(const struct hr__log_control_socket *made) {
    struct stat facts;
    if (lstat(made->path, &facts) == 0 && facts.st_dev == made->device &&
        facts.st_ino == made->inode)
        unlink(made->path);
}
