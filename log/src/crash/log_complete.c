/* Finding the file that a commit page names, and writing it on. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_complete.h"

#define OPEN_FLAGS (O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

static bool is_file(const struct stat *facts, const struct hr__log_commit_state *state) {
    return S_ISREG(facts->st_mode) && facts->st_dev == state->device &&
           facts->st_ino == state->inode;
}

/* Opens `path` if it is the file. -ENOENT: it is another, or there is none. */
static int open_same(const char *path, const struct hr__log_commit_state *state) {
    struct stat facts;
    int fd = open(path, OPEN_FLAGS);
    if (fd < 0) return errno == EACCES ? -EACCES : -ENOENT;
    if (fstat(fd, &facts) == 0 && is_file(&facts, state)) return fd;
    close(fd);
    return -ENOENT;
}

/* Finds the file by its inode. Rotation gives it another name in its folder, and a kill may come
 * before the commit page names the new file. */
static int find_renamed(struct hr__log_complete *file, const struct hr__log_commit_state *state) {
    char *slash = strrchr(file->path, '/');
    if (!slash) return -ENOENT;
    size_t folder_size = (size_t)(slash - file->path) + 1;
    char *folder = strndup(file->path, folder_size);
    DIR *entries = folder ? opendir(folder) : NULL;
    int fd = folder ? -ENOENT : -ENOMEM;
    for (struct dirent *entry = entries ? readdir(entries) : NULL; entry && fd == -ENOENT;
         entry = readdir(entries)) {
        if (entry->d_ino != state->inode) continue;
        size_t size = folder_size + strlen(entry->d_name) + 1;
        char *path = malloc(size);
        if (!path) {
            fd = -ENOMEM;
            break;
        }
        memcpy(path, folder, folder_size);
        memcpy(path + folder_size, entry->d_name, size - folder_size);
        fd = open_same(path, state);
        if (fd >= 0) {
            free(file->path);
            file->path = path;
        } else {
            free(path);
        }
    }
    if (entries) closedir(entries);
    free(folder);
    return fd;
}

static void commit_file(struct hr__log_complete *file, struct hr__log_commit *commit) {
    assert(file->fd >= 0);
    file->state.offset = file->offset;
    hr__log_commit_put(commit, &file->state);
    hr__log_commit_reach(commit, file->offset);
}

/* The file was deleted, or moved and compressed: lines go to the end of the file that has its name
 * now. Nothing is written before the page names that. */
static int open_new(struct hr__log_complete *file, struct hr__log_commit *commit, unsigned mode) {
    assert(file->fd < 0);
    struct stat facts;
    int fd = open(file->path, OPEN_FLAGS | O_CREAT, mode);
    if (fd < 0) return -errno;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(fd);
        return -EINVAL;
    }
    file->fd = fd;
    file->offset = (uint64_t)facts.st_size;
    file->state.device = facts.st_dev;
    file->state.inode = facts.st_ino;
    commit_file(file, commit);
    return 0;
}

/* Whether the file's whole part ends with a line, as it does unless another process has shifted it.
 */
static bool ends_with_a_line(const struct hr__log_complete *file) {
    char last;
    if (file->offset == 0) return true;
    return pread(file->fd, &last, 1, (off_t)(file->offset - 1)) == 1 && last == '\n';
}

/* Cuts off bytes behind the whole part. Bytes behind all that the process may have written are
 * somebody else's, and are not cut. */
static int cut(struct hr__log_complete *file, struct hr__log_commit *commit,
               struct hr__log_problems *problems) {
    struct stat facts;
    if (fstat(file->fd, &facts) != 0) return -errno;
    uint64_t size = (uint64_t)facts.st_size, reach = hr__log_commit_reached(commit);
    bool longer = size > reach && size > file->offset;
    if (longer || (size >= file->offset && !ends_with_a_line(file))) {
        hr__log_problem(problems,
                        "%s was written to by somebody else %s byte %llu: move it away, and the "
                        "rest will go to a new file of that name",
                        file->path, longer ? "behind" : "before",
                        (unsigned long long)(longer ? reach : file->offset));
        return -EBADMSG;
    }
    if (size > file->offset && ftruncate(file->fd, (off_t)file->offset) != 0) return -errno;
    if (size >= file->offset) return 0;
    file->offset = size; /* somebody has cut it */
    commit_file(file, commit);
    return 0;
}

int hr__log_complete_open(struct hr__log_complete *file, struct hr__log_commit *commit,
                          const struct hr__log_commit_state *state, unsigned mode,
                          struct hr__log_problems *problems) {
    file->fd = -1;
    file->state = *state;
    file->offset = state->offset;
    file->path = strndup(state->path.data, state->path.size);
    if (!file->path) return -ENOMEM;
    file->state.path = hr_slice_of(file->path);
    int fd = open_same(file->path, state);
    if (fd == -ENOENT) {
        char *named = strdup(file->path); /* the page goes on naming the path of the sink */
        if (!named) return -ENOMEM;
        free(file->named);
        file->named = named;
        file->state.path = hr_slice_of(named);
        fd = find_renamed(file, state);
    }
    if (fd == -ENOENT) return open_new(file, commit, mode);
    if (fd < 0) return fd;
    file->fd = fd;
    int err = cut(file, commit, problems);
    if (err) {
        close(file->fd);
        file->fd = -1;
    }
    return err;
}

int hr__log_complete_write(struct hr__log_complete *file, struct hr__log_commit *commit,
                           const char *data, size_t size) {
    assert(file->fd >= 0);
    hr__log_commit_reach(commit, file->offset + size);
    uint64_t at = file->offset, end = at + size;
    while (at < end) {
        ssize_t written = pwrite(file->fd, data + (at - file->offset), end - at, (off_t)at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return written < 0 ? -errno : -EIO;
        at += (uint64_t)written;
    }
    file->offset = end;
    return 0;
}

void hr__log_complete_commit(struct hr__log_complete *file, struct hr__log_commit *commit,
                             const uint64_t *positions, uint32_t count) {
    assert(file->fd >= 0);
    file->state.offset = file->offset;
    file->state.positions = positions;
    file->state.count = count;
    hr__log_commit_put(commit, &file->state);
}

int hr__log_complete_end(struct hr__log_complete *file) {
    return fdatasync(file->fd) == 0 ? 0 : -errno;
}

void hr__log_complete_close(struct hr__log_complete *file) {
    if (file->fd >= 0) close(file->fd);
    free(file->path);
    free(file->named);
    file->fd = -1;
    file->path = file->named = NULL;
}
