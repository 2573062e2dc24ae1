/* Opening what a body is written to, and putting it in its place. */
#include "target.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "signals.h"
#include "target_path.h"

#define KEPT_OPENS     16 /* a run that ends renames the file between our open and our lock */
#define LOCK_WAIT_MS   3000
#define LOCK_TICK_MS   20
#define READER_TICK_MS 20 /* a named pipe does not tell that somebody has opened it */

static int failed(const struct local_target *target, const struct session *session, int reason) {
    return output_failed(session->json, -reason, "cannot write %s: %s", target->path,
                         strerror(reason));
}

/* ---- Pipes, devices, descriptors. */

static bool is_same_file(int one, int other) {
    struct stat first, second;
    return fstat(one, &first) == 0 && fstat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* `flags`: O_TRUNC where it may be a plain file. Not blocking until it is open: signals are
 * blocked, and some devices wait for their other side. */
static int open_direct(struct local_target *target, int flags) {
    target->fd = open(target->place, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
    if (target->fd < 0 || fcntl(target->fd, F_SETFL, 0) != 0) return -errno;
    return 0;
}

static int opened_direct(struct local_target *target, const struct session *session, int err) {
    if (err) return failed(target, session, -err);
    target->is_standard = is_same_file(target->fd, STDOUT_FILENO);
    return EXIT_DONE;
}

/* A named pipe can be opened once somebody reads it. */
static int open_pipe(struct local_target *target, struct session *session) {
    struct pollfd ready = {.fd = session->signal_fd, .events = POLLIN};
    int err;
    while ((err = open_direct(target, 0)) == -ENXIO) {
        if (poll(&ready, 1, READER_TICK_MS) <= 0) continue;
        session->signal = signals_next(session->signal_fd);
        if (!session->signal) continue;
        output_failed(session->json, -ECANCELED, "stopped by %s before anybody read %s",
                      output_signal_name(session->signal), target->path);
        return 128 + session->signal;
    }
    return opened_direct(target, session, err);
}

/* ---- Folders. */

/* Makes the folders of `place` that are missing, and keeps what has to be removed again. */
static int make_folders(struct local_target *target) {
    char path[LOCAL_PATH_SIZE];
    size_t size = target_path_folder(target->place);
    memcpy(path, target->place, size);
    path[size] = '\0';
    for (size_t i = 1; i < size; i++) {
        if (path[i] != '/' || path[i - 1] == '/') continue;
        path[i] = '\0';
        bool made = mkdir(path, 0777) == 0;
        if (!made && errno != EEXIST && access(path, F_OK) != 0) return -errno;
        if (made) {
            target->folders++;
            memcpy(target->folder, path, i + 1);
        }
        path[i] = '/';
    }
    return 0;
}

/* The targets that are still empty. */
static void remove_folders(struct local_target *target) {
    for (; target->folders && rmdir(target->folder) == 0; target->folders--) {
        size_t size = target_path_folder(target->folder);
        while (size && target->folder[size - 1] == '/') size--;
        target->folder[size] = '\0';
    }
    target->folders = 0;
}

/* ---- Plain files. */

/* The umask can only be read by setting it; no other thread of the command makes files. */
static mode_t current_umask(void) {
    mode_t mask = umask(0);
    umask(mask);
    return mask;
}

/* Gives the file at `fd` the owner of another; false: this user may not. */
static bool copy_owner(int fd, const struct stat *from) {
    struct stat info;
    if (fstat(fd, &info) != 0) return false;
    if (info.st_uid == from->st_uid && info.st_gid == from->st_gid) return true;
    return fchown(fd, from->st_uid, from->st_gid) == 0;
}

/* A file that replaces another has its mode and owner, as far as this user and the file system can.
 * Under another owner, set-id bits and the rights of the group would be somebody else's. */
static void copy_attributes(int fd, const struct stat *before) {
    mode_t mode = before ? before->st_mode & 07777 : 0666 & ~current_umask();
    if (before && !copy_owner(fd, before)) mode &= 0707;
    (void)!fchmod(fd, mode);
}

/* A file that is a mount point itself (one that a container was given) cannot be replaced. */
static bool is_mount_point(const char *path) {
    struct statx info;
    if (statx(AT_FDCWD, path, 0, STATX_TYPE, &info) != 0) return false;
    return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

static int open_in_place(struct local_target *target, const struct session *session, bool resume) {
    struct stat info;
    assert(target->fd < 0 && !target->temporary[0]);
    target->in_place = true;
    target->fd = open(target->place, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (target->fd < 0 && errno == ENOENT && resume) {
        target->fd = open(target->place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        target->is_new = target->fd >= 0;
    }
    if (target->fd < 0 || fstat(target->fd, &info) != 0) return failed(target, session, errno);
    if (resume) target->offset = (uint64_t)info.st_size;
    return EXIT_DONE;
}

/* Of a killed process the lock is there until the kernel has ended its last write (io_uring), which
 * is soon; a signal ends the waiting. 0 or -errno. */
static int lock_file(int fd, const struct session *session) {
    struct pollfd ready = {.fd = session->signal_fd, .events = POLLIN};
    for (int waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited_ms += LOCK_TICK_MS) {
        if (errno != EWOULDBLOCK) return -errno;
        if (waited_ms >= LOCK_WAIT_MS || poll(&ready, 1, LOCK_TICK_MS) > 0) return -EBUSY;
    }
    return 0;
}

/* A file of our own, as another run may have left it. 0 with the lock, 1: once more, or -errno. */
static int open_locked(struct local_target *target, const struct session *session) {
    struct stat info, named;
    target->fd =
        open(target->temporary, O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
    if (target->fd < 0 || fstat(target->fd, &info) != 0) return -errno;
    if (!S_ISREG(info.st_mode) || info.st_uid != geteuid() || info.st_nlink > 1) return -EEXIST;
    int err = lock_file(target->fd, session);
    if (err) return err;
    bool there = lstat(target->temporary, &named) == 0 && named.st_ino == info.st_ino &&
                 named.st_dev == info.st_dev;
    return there ? 0 : 1;
}

/* errno says why not. */
static void open_kept(struct local_target *target, const struct session *session,
                      const char *kept) {
    int result = 1;
    snprintf(target->temporary, sizeof target->temporary, "%.*s.headrace-%.32s",
             (int)target_path_folder(target->place), target->place, kept);
    for (int i = 0; i < KEPT_OPENS && result == 1; i++) {
        result = open_locked(target, session);
        if (result == 0) break;
        if (target->fd >= 0) close(target->fd);
        target->fd = -1;
    }
    target->keeps = result == 0;
    errno = result == 1 ? EBUSY : -result;
}

/* Where the name that is kept is somebody else's, any other does. */
static void open_temporary(struct local_target *target, const struct session *session,
                           const char *kept) {
    if (kept) open_kept(target, session, kept);
    if (target->keeps || (kept && errno == EBUSY)) return;
    snprintf(target->temporary, sizeof target->temporary, "%.*s.headrace-XXXXXX",
             (int)target_path_folder(target->place), target->place);
    target->fd = mkostemp(target->temporary, O_CLOEXEC);
}

/* `before`: what is there; NULL: nothing. */
static int open_beside(struct local_target *target, const struct session *session,
                       const struct stat *before, const char *kept) {
    assert(target->fd < 0 && !target->in_place);
    /* A file that its mode protects is not replaced behind its back. */
    if (before && faccessat(AT_FDCWD, target->place, W_OK, AT_EACCESS) != 0 &&
        (errno == EACCES || errno == EROFS))
        return failed(target, session, errno);
    open_temporary(target, session, kept);
    if (target->fd >= 0) {
        copy_attributes(target->fd, before);
        return EXIT_DONE;
    }
    target->temporary[0] = '\0';
    if (errno == EBUSY)
        return output_failed(session->json, -EBUSY,
                             "cannot write %s: another process is getting it", target->path);
    if (before && (errno == EACCES || errno == EPERM || errno == EROFS))
        return open_in_place(target, session, false);
    return failed(target, session, errno);
}

static int refuse_resume(const struct local_target *target) {
    output_complain("%s is no plain file: what it was given cannot be continued", target->path);
    return EXIT_USAGE;
}

static int open_file(const struct target_options *options, struct local_target *target,
                     struct session *session) {
    struct stat info;
    bool exists = stat(target->place, &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) return failed(target, session, EISDIR);
    target->direct = exists && !S_ISREG(info.st_mode);
    if (target->direct && options->resume) return refuse_resume(target);
    if (target->direct && S_ISFIFO(info.st_mode)) return open_pipe(target, session);
    if (target->direct) return opened_direct(target, session, open_direct(target, 0));
    int err = !exists && options->make_folders ? make_folders(target) : 0;
    if (err) return failed(target, session, -err);
    if (options->resume || (exists && is_mount_point(target->place)))
        return open_in_place(target, session, options->resume);
    return open_beside(target, session, exists ? &info : NULL, options->kept);
}

/* ---- All. */

/* Sets the path: with the name where it is a folder. */
static int set_path(const struct target_options *options, struct local_target *target,
                    const struct session *session) {
    struct stat info;
    const char *path = options->path, *name = options->name;
    size_t size = strlen(path);
    bool ends = size && path[size - 1] == '/';
    bool folder = ends || (stat(path, &info) == 0 && S_ISDIR(info.st_mode));
    if (folder && (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)) {
        output_complain("'%s' is a folder, and what is copied ends in no file name: name the file",
                        path);
        return EXIT_USAGE;
    }
    int length = snprintf(target->path, sizeof target->path, "%s%s%s", path,
                          folder && !ends ? "/" : "", folder ? name : "");
    if (length >= 0 && (size_t)length < sizeof target->path) return EXIT_DONE;
    return output_failed(session->json, -ENAMETOOLONG, "cannot write %s: %s", path,
                         strerror(ENAMETOOLONG));
}

static int open_any(const struct target_options *options, struct session *session,
                    struct local_target *target) {
    int descriptor = -1, kind = target_path_follow(target->place, &descriptor);
    if (kind < 0) return failed(target, session, -kind);
    if (kind == TARGET_PATH_FILE) return open_file(options, target, session);
    target->direct = true;
    if (options->resume) return refuse_resume(target);
    int err = 0;
    if (kind == TARGET_PATH_FOREIGN)
        err = open_direct(target, O_TRUNC);
    else if ((target->fd = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) < 0)
        err = -errno;
    return opened_direct(target, session, err);
}

int target_open(const struct target_options *options, struct session *session,
                struct local_target *target) {
    *target = (struct local_target){.fd = -1};
    int code = set_path(options, target, session);
    if (code) return code;
    memcpy(target->place, target->path, sizeof target->place);
    code = open_any(options, session, target);
    if (code) target_close(target, false, 0);
    return code;
}

/* A file written in place: not longer than the body. Nothing is cut before a byte of it came. */
static int end_in_place(const struct local_target *target, bool keep, uint64_t bytes) {
    struct stat info;
    assert(target->in_place && !target->temporary[0]);
    if (!keep && target->is_new && fstat(target->fd, &info) == 0 && info.st_size == 0)
        unlink(target->place);
    if (!keep) return 0;
    return ftruncate(target->fd, (off_t)(target->offset + bytes)) == 0 ? 0 : -errno;
}

/* The file under its temporary name becomes the target, or goes. A kept one is renamed while it is
 * locked: nobody who waits for its name writes into the target. */
static int end_beside(struct local_target *target, bool keep, uint64_t bytes) {
    int err = 0;
    if (keep && target->keeps && ftruncate(target->fd, (off_t)bytes) != 0) err = -errno;
    if (!err && keep && rename(target->temporary, target->place) != 0) err = -errno;
    if (err || (!keep && !target->leave)) unlink(target->temporary);
    target->temporary[0] = '\0';
    return err;
}

int target_close(struct local_target *target, bool keep, uint64_t bytes) {
    int err = target->in_place && target->fd >= 0 ? end_in_place(target, keep, bytes) : 0;
    if (target->keeps) err = end_beside(target, keep, bytes);
    if (target->fd >= 0 && close(target->fd) != 0 && !err) err = -errno;
    target->fd = -1;
    if (target->temporary[0]) {
        int ended = end_beside(target, keep && !err, bytes);
        if (!err) err = ended;
    }
    if (err || (!keep && !target->leave)) remove_folders(target);
    return err;
}
