/* A folder of secrets, one file a key, as Kubernetes and Docker mount it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <headrace/error.h>
#include <headrace/text.h>

#include "config_sources.h"

#define SECRETS_MAX       10000 /* files and folders */
#define SECRETS_DEPTH_MAX 8     /* folders in one another */
#define PROC_SIZE         32

/* A file or folder, by its path within the folder. */
struct entry {
    struct hr_slice path;
    uint32_t depth;
    bool is_file;
};

struct walk {
    struct hr__config_load *load;
    int fd;              /* of the folder */
    char base[PATH_MAX]; /* where it really is */
    struct entry *entries;
    uint32_t count, room;
    bool stop;
};

/* ---- Names and problems. */

/* With the folder in front; "" is the folder itself. */
static struct hr_slice whole_path(const struct walk *walk, struct hr_slice path,
                                  char out[PATH_MAX]) {
    struct hr_slice folder = hr_slice_of(walk->load->options->secrets_folder);
    if (path.size > 0 && folder.size > 0 && folder.data[folder.size - 1] == '/') folder.size--;
    int size = snprintf(out, PATH_MAX, "%.*s%s%.*s", (int)folder.size, folder.data,
                        path.size ? "/" : "", (int)path.size, path.data);
    return hr_slice_bytes(out, size < PATH_MAX ? (size_t)size : PATH_MAX - 1);
}

/* Adds the source of a file. */
static struct hr__config_place source_of(struct walk *walk, struct hr_slice path) {
    char name[PATH_MAX];
    return hr__config_all_of(
        hr__config_source_add(walk->load, HR_CONFIG_FROM_SECRET, whole_path(walk, path, name)));
}

static void see(const struct walk *walk, struct hr_slice path) {
    char name[PATH_MAX];
    if (walk->load->seen)
        hr__config_prints_add(walk->load->seen, whole_path(walk, path, name).data);
}

static void refuse(struct walk *walk, struct hr_slice path, const char *why) {
    hr__config_refuse(walk->load, source_of(walk, path), NULL, hr_slice_bytes(NULL, 0), "%s", why);
}

static void refuse_opening(struct walk *walk, struct hr_slice path, int err) {
    hr__config_refuse(walk->load, source_of(walk, path), NULL, hr_slice_bytes(NULL, 0),
                      "it cannot be opened: %s", hr_error_text(-err));
}

/* ---- Staying inside. */

static const char *proc_path(int fd, char out[PROC_SIZE]) {
    snprintf(out, PROC_SIZE, "/proc/self/fd/%d", fd);
    return out;
}

/* Where an open file really is. False: it cannot be told. */
static bool real_path(int fd, char out[PATH_MAX]) {
    char proc[PROC_SIZE];
    ssize_t size = readlink(proc_path(fd, proc), out, PATH_MAX - 1);
    if (size <= 0) return false;
    out[size] = '\0';
    return size < PATH_MAX - 1;
}

static bool is_inside(const struct walk *walk, int fd) {
    char path[PATH_MAX];
    size_t size = strlen(walk->base);
    return real_path(fd, path) && strncmp(path, walk->base, size) == 0 &&
           (path[size] == '/' || path[size] == '\0');
}

/* Follows links, as long as they end inside, and reads nothing yet. The file descriptor; -1: it has
 * been refused. */
static int open_inside(struct walk *walk, struct hr_slice path) {
    int fd = openat(walk->fd, path.size ? path.data : ".", O_PATH | O_CLOEXEC);
    if (fd < 0) {
        refuse_opening(walk, path, errno);
        return -1;
    }
    if (is_inside(walk, fd)) return fd;
    close(fd);
    refuse(walk, path, "a link that leaves the folder: only files inside of it are read");
    return -1;
}

/* ---- What is in the folder. */

static void add(struct walk *walk, struct hr_slice folder, const char *name, uint32_t depth) {
    struct hr__config_load *load = walk->load;
    size_t size = folder.size + (folder.size > 0) + strlen(name);
    if (walk->count == walk->room) {
        uint32_t room = walk->room ? walk->room * 2 : 32;
        struct entry *entries = realloc(walk->entries, room * sizeof *entries);
        if (entries) {
            walk->entries = entries;
            walk->room = room;
        }
    }
    char *path = hr__config_allocate(&load->scratch, size + 1);
    if (!path || walk->count == walk->room) {
        load->no_memory = true;
        return;
    }
    snprintf(path, size + 1, "%.*s%s%s", (int)folder.size, folder.data, folder.size ? "/" : "",
             name);
    walk->entries[walk->count++] =
        (struct entry){.path = hr_slice_bytes(path, size), .depth = depth};
}

static void list(struct walk *walk, DIR *folder, const struct entry *entry) {
    struct hr_slice path = entry->path; /* adding moves the entries */
    uint32_t depth = entry->depth + 1;
    const struct dirent *found;
    while (!walk->load->no_memory && !walk->stop && (found = readdir(folder))) {
        if (found->d_name[0] == '.') continue; /* Kubernetes' own, too */
        walk->stop = walk->count >= SECRETS_MAX;
        if (walk->stop)
            refuse(walk, hr_slice_bytes("", 0), "more than 10000 files and folders are in it");
        else
            add(walk, path, found->d_name, depth);
    }
}

static void enter(struct walk *walk, int path_fd, const struct entry *entry) {
    char proc[PROC_SIZE];
    if (entry->depth == SECRETS_DEPTH_MAX) {
        refuse(walk, entry->path, "more than 8 folders in one another");
        return;
    }
    int fd = open(proc_path(path_fd, proc), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) {
        refuse_opening(walk, entry->path, errno);
        if (fd >= 0) close(fd);
        return;
    }
    list(walk, folder, entry);
    closedir(folder);
}

static void look_at(struct walk *walk, uint32_t index) {
    struct entry *entry = &walk->entries[index];
    struct stat status;
    see(walk, entry->path);
    int fd = open_inside(walk, entry->path);
    if (fd < 0) return;
    entry->is_file = fstat(fd, &status) != 0 || !S_ISDIR(status.st_mode);
    if (!entry->is_file) enter(walk, fd, entry);
    close(fd);
}

/* ---- Values. */

/* The name of a variable that means the same: folders are levels. */
static struct hr_slice name_of(struct walk *walk, struct hr_slice path) {
    char *name = hr__config_allocate(&walk->load->scratch, path.size * 2), *at = name;
    if (!name) {
        walk->load->no_memory = true;
        return hr_slice_bytes("", 0);
    }
    for (size_t i = 0; i < path.size; i++) {
        *at++ = path.data[i] == '/' ? '_' : path.data[i];
        if (path.data[i] == '/') *at++ = '_';
    }
    return hr_slice_bytes(name, (size_t)(at - name));
}

static void assign(struct walk *walk, struct hr_slice path, struct hr__config_place place,
                   struct hr_slice text) {
    if (text.size == 0 && !walk->load->options->empty_is_value) return;
    const struct hr__config_assignment assignment = {
        .place = place, .text = text, .level = HR__CONFIG_SECRETS, .lower = true, .secret = true};
    hr__config_assign_variable(walk->load, name_of(walk, path), &assignment);
}

static void take(struct walk *walk, struct hr_slice path) {
    char proc[PROC_SIZE];
    struct hr__config_file file;
    int fd = open_inside(walk, path);
    if (fd < 0) return;
    struct hr__config_place place = source_of(walk, path);
    if (!hr_utf8_valid(path)) {
        refuse(walk, path, "its name is not UTF-8");
    } else if (!walk->load->no_memory &&
               hr__config_secret_read(walk->load, place, proc_path(fd, proc), &file)) {
        assign(walk, path, place, hr_slice_bytes(file.data, file.size));
        hr__config_file_free(&file);
    }
    close(fd);
}

/* ---- All of it. */

static int by_path(const void *a, const void *b) {
    return hr_slice_compare(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

/* Whether an entry of the folder has been made, removed or replaced, as the link ..data is. */
static bool has_changed(const struct walk *walk, const struct stat *before) {
    struct stat after;
    return fstat(walk->fd, &after) != 0 || before->st_mtim.tv_sec != after.st_mtim.tv_sec ||
           before->st_mtim.tv_nsec != after.st_mtim.tv_nsec;
}

/* In the order of their names, as the folder's own means nothing. */
static void take_all(struct walk *walk) {
    add(walk, hr_slice_bytes("", 0), "", 0);
    for (uint32_t i = 0; i < walk->count && !walk->stop && !walk->load->no_memory; i++)
        look_at(walk, i);
    if (walk->count > 1) qsort(walk->entries, walk->count, sizeof *walk->entries, by_path);
    for (uint32_t i = 0; i < walk->count && !walk->stop && !walk->load->no_memory; i++)
        if (walk->entries[i].is_file) take(walk, walk->entries[i].path);
}

void hr__config_take_secrets(struct hr__config_load *load) {
    struct walk walk = {.load = load};
    see(&walk, hr_slice_bytes("", 0));
    walk.fd = open(load->options->secrets_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (walk.fd < 0) {
        if (errno != ENOENT || !load->options->secrets_optional)
            refuse_opening(&walk, hr_slice_bytes("", 0), errno);
        return;
    }
    struct stat before;
    if (fstat(walk.fd, &before) == 0 && real_path(walk.fd, walk.base)) {
        take_all(&walk);
        if (has_changed(&walk, &before))
            refuse(&walk, hr_slice_bytes("", 0), "it has changed while it was read");
    } else {
        refuse(&walk, hr_slice_bytes("", 0),
               "where it is cannot be told: /proc is needed for that");
    }
    free(walk.entries);
    close(walk.fd);
}
