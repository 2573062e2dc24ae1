/* Simulated files: a flat table of paths, each with its bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include <linux/falloc.h>
#include <linux/fs.h>

#include "kernel_core.h"

#define PATH_BYTES 1024
#define CURRENT    UINT64_MAX /* the offset that means the file's position */
#define FILE_BYTES (UINT64_C(1) << 32)
#define ROOT       "/"
#define WORKING    "/tmp"

struct node {
    struct node *next;
    char path[PATH_BYTES];
    uint64_t number;
    bool directory, linked; /* it has a name */
    unsigned opens;
    char *bytes;
    uint64_t size, capacity;
};

struct sim_file {
    struct sim_object object;
    struct node *node;
    uint64_t position;
    int flags;
};

static struct node *nodes;
static uint64_t numbers;

static struct node *find(const char *path) {
    for (struct node *each = nodes; each; each = each->next)
        if (each->linked && strcmp(each->path, path) == 0) return each;
    return NULL;
}

static struct node *make(const char *path, bool directory) {
    struct node *node = sim__allocate(sizeof *node);
    memcpy(node->path, path, strlen(path) + 1);
    node->directory = directory;
    node->linked = true;
    node->number = ++numbers;
    node->next = nodes;
    nodes = node;
    return node;
}

static void free_node(struct node *node) {
    struct node **link = &nodes;
    if (node->linked || node->opens) return;
    while (*link != node) link = &(*link)->next;
    *link = node->next;
    free(node->bytes);
    free(node);
}

void sim__files_free(void) {
    while (nodes) {
        nodes->linked = false;
        nodes->opens = 0;
        free_node(nodes);
    }
}

static void make_roots(void) {
    if (!find(ROOT)) make(ROOT, true);
    if (!find(WORKING)) make(WORKING, true);
}

void sim_directory(const char *path) {
    sim__lock();
    make_roots();
    if (strlen(path) < PATH_BYTES && !find(path)) make(path, true);
    sim__unlock();
}

/* Files that are there at once, for those who make a world. */

int sim_file_new(const void *bytes, uint64_t size) {
    sim__lock();
    struct node *node = make("", false);
    struct sim_file *file = sim__allocate(sizeof *file);
    node->linked = false;
    node->opens = 1;
    node->bytes = sim__grow(NULL, size ? size : 1);
    node->size = node->capacity = size;
    if (size) memcpy(node->bytes, bytes, size);
    *file = (struct sim_file){.object.kind = SIM_FILE, .node = node, .flags = O_RDWR};
    sim__kernel.files_open++;
    int fd = sim__descriptor_new(&file->object);
    sim__unlock();
    return fd;
}

const void *sim_file_bytes(int fd, uint64_t *size) {
    sim__lock();
    const struct sim_object *object = sim__descriptor(fd);
    const struct node *node = ((const struct sim_file *)object)->node;
    *size = node->size;
    sim__unlock();
    return node->bytes;
}

void sim_file_close(int fd) {
    sim__lock();
    sim__descriptor_close(fd);
    sim__unlock();
}

int sim__file_info(int fd, struct hr_file_info *info) {
    sim__lock();
    struct sim_object *object = sim__descriptor(fd);
    int result = object ? 0 : -EBADF;
    if (object) *info = (struct hr_file_info){.regular = object->kind == SIM_FILE};
    if (object && info->regular) {
        struct sim_file *file = (struct sim_file *)object;
        info->size = file->node->size;
        info->append = (file->flags & O_APPEND) != 0;
    }
    sim__unlock();
    return result;
}

int sim__file_truncate(int fd, uint64_t size) {
    sim__lock();
    struct sim_object *object = sim__descriptor(fd);
    bool regular = object && object->kind == SIM_FILE;
    struct node *node = regular ? ((struct sim_file *)object)->node : NULL;
    if (node && size < node->size) {
        memset(node->bytes + size, 0, node->size - size);
        node->size = size;
    }
    sim__unlock();
    return !object ? -EBADF : !node ? -EINVAL : 0;
}

/* Paths. */

static int absolute(int directory, const char *path, char out[PATH_BYTES]) {
    const char *base = WORKING;
    make_roots();
    if (directory) {
        struct sim_object *object = sim__descriptor(directory);
        if (!object) return -EBADF;
        if (object->kind != SIM_FILE) return -ENOTDIR;
        base = ((struct sim_file *)object)->node->path;
    }
    while (strncmp(path, "./", 2) == 0) path += 2;
    const char *format = path[0] == '/' ? "%.0s%s" : strcmp(path, ".") == 0 ? "%s%.0s" : "%s/%s";
    int size = snprintf(out, PATH_BYTES, format, base, path);
    if (size >= PATH_BYTES) return -ENAMETOOLONG;
    while (size > 1 && out[size - 1] == '/') out[--size] = '\0';
    return 0;
}

static int check_parent(const char *path) {
    char parent[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t size = slash == path ? 1 : (size_t)(slash - path);
    memcpy(parent, path, size);
    parent[size] = '\0';
    const struct node *node = find(parent);
    if (!node) return -ENOENT;
    return node->directory ? 0 : -ENOTDIR;
}

/* OPEN, RENAME, UNLINK. */

static int32_t open_node(const char *path, int flags, struct node **found) {
    struct node *node = find(path);
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    if (!node) {
        int result = check_parent(path);
        if (result < 0) return result;
        if (!(flags & O_CREAT)) return -ENOENT;
        if (sim_chance(sim__kernel.options.faults.no_space)) return -ENOSPC;
        node = make(path, false);
    } else if (flags & O_CREAT && flags & O_EXCL) {
        return -EEXIST;
    } else if (node->directory && writes) {
        return -EISDIR;
    } else if (!node->directory && (flags & O_DIRECTORY) == O_DIRECTORY) {
        return -ENOTDIR;
    } else if (flags & O_TRUNC && writes) {
        node->size = 0;
    }
    *found = node;
    return 0;
}

static int32_t open_path(const char *path, int flags) {
    struct node *node;
    int32_t result = open_node(path, flags, &node);
    if (result < 0) return result;
    struct sim_file *file = sim__allocate(sizeof *file);
    file->object.kind = SIM_FILE;
    file->node = node;
    file->flags = flags;
    node->opens++;
    sim__kernel.files_open++;
    return sim__descriptor_new(&file->object);
}

static int32_t open_file(const struct hr_operation *operation) {
    char path[PATH_BYTES];
    int32_t result = absolute(operation->u.file.directory, operation->u.file.path, path);
    return result < 0 ? result : open_path(path, operation->u.file.flags);
}

static int32_t rename_path(const char *from, const char *to, int flags) {
    int32_t result = check_parent(to);
    if (result < 0) return result;
    struct node *node = find(from), *over = find(to);
    if (!node) return -ENOENT;
    if (over && flags & RENAME_NOREPLACE) return -EEXIST;
    if (over == node) return 0;
    if (over && over->directory != node->directory) return over->directory ? -EISDIR : -ENOTDIR;
    if (over) {
        over->linked = false;
        free_node(over);
    }
    memcpy(node->path, to, strlen(to) + 1);
    return 0;
}

static int32_t rename_file(const struct hr_operation *operation) {
    char from[PATH_BYTES], to[PATH_BYTES];
    int32_t result = absolute(operation->u.file.directory, operation->u.file.path, from);
    if (result == 0) result = absolute(operation->u.file.directory, operation->u.file.to, to);
    return result < 0 ? result : rename_path(from, to, operation->u.file.flags);
}

static int32_t unlink_path(const char *path, bool directory) {
    struct node *node = find(path);
    if (!node) return -ENOENT;
    if (node->directory != directory) return directory ? -ENOTDIR : -EISDIR;
    node->linked = false;
    free_node(node);
    return 0;
}

static int32_t unlink_file(const struct hr_operation *operation) {
    char path[PATH_BYTES];
    int32_t result = absolute(operation->u.file.directory, operation->u.file.path, path);
    return result < 0 ? result : unlink_path(path, operation->u.file.flags & AT_REMOVEDIR);
}

void sim__file_released(struct sim_object *object) {
    struct sim_file *file = (struct sim_file *)object;
    file->node->opens--;
    free_node(file->node);
    file->node = NULL;
}

/* READ, WRITE, FSYNC, FALLOCATE. */

static int32_t grow(struct node *node, uint64_t size) {
    if (size > FILE_BYTES) return -EFBIG;
    if (size > node->capacity) {
        uint64_t capacity = node->capacity ? node->capacity : 4096;
        while (capacity < size) capacity *= 2;
        node->bytes = sim__grow(node->bytes, capacity);
        memset(node->bytes + node->capacity, 0, capacity - node->capacity);
        node->capacity = capacity;
    }
    if (size > node->size) node->size = size;
    return 0;
}

static size_t shorter(size_t size, uint16_t chance) {
    return size > 1 && sim_chance(chance) ? 1 + sim__below(size - 1) : size;
}

static int32_t read_file(struct sim_file *file, const struct hr_operation *operation) {
    uint64_t offset = operation->u.buffer.offset, at = offset == CURRENT ? file->position : offset;
    if ((file->flags & O_ACCMODE) == O_WRONLY) return -EBADF;
    if (file->node->directory) return -EISDIR;
    uint64_t left = at < file->node->size ? file->node->size - at : 0;
    size_t size = operation->u.buffer.size < left ? operation->u.buffer.size : left;
    size = shorter(size, sim__kernel.options.faults.short_read);
    if (size) memcpy(operation->u.buffer.data, file->node->bytes + at, size);
    if (offset == CURRENT) file->position += size;
    return (int32_t)size;
}

static int32_t write_file(struct sim_file *file, struct sim_record *record) {
    const struct hr_operation *operation = record->operation;
    uint64_t offset = operation->u.buffer.offset, at = offset == CURRENT ? file->position : offset;
    if ((file->flags & O_ACCMODE) == O_RDONLY) return -EBADF;
    if (sim_chance(sim__kernel.options.faults.no_space)) return -ENOSPC;
    if (file->flags & O_APPEND) at = file->node->size;
    size_t size = shorter(operation->u.buffer.size, sim__kernel.options.faults.short_write);
    uint64_t before = file->node->size;
    int32_t result = grow(file->node, at + size);
    if (result < 0) return result;
    if (at > before) memset(file->node->bytes + before, 0, at - before);
    sim__sum_check(record);
    if (size) memcpy(file->node->bytes + at, operation->u.buffer.data, size);
    if (offset == CURRENT) file->position = at + size;
    return (int32_t)size;
}

static int32_t allocate_range(struct sim_file *file, const struct hr_operation *operation) {
    uint64_t size = file->node->size;
    if (operation->u.range.mode & ~FALLOC_FL_KEEP_SIZE) return -EOPNOTSUPP;
    if (sim_chance(sim__kernel.options.faults.no_space)) return -ENOSPC;
    int32_t result = grow(file->node, operation->u.range.offset + operation->u.range.size);
    if (operation->u.range.mode & FALLOC_FL_KEEP_SIZE) file->node->size = size;
    return result;
}

static int32_t carry_out(struct sim_record *record) {
    const struct hr_operation *operation = record->operation;
    struct sim_file *file = (struct sim_file *)record->object;
    bool fails = sim_chance(sim__kernel.options.faults.io_error);
    switch (record->kind) {
    case HR_OP_OPEN:
        return open_file(operation);
    case HR_OP_RENAME:
        return rename_file(operation);
    case HR_OP_UNLINK:
        return unlink_file(operation);
    case HR_OP_READ:
        return fails ? -EIO : read_file(file, operation);
    case HR_OP_WRITE:
        return fails ? -EIO : write_file(file, record);
    case HR_OP_FSYNC:
        return fails ? -EIO : 0;
    case HR_OP_FALLOCATE:
        return fails ? -EIO : allocate_range(file, operation);
    default:
        return -ENOTSOCK;
    }
}

void sim__file_begin(struct sim_record *record) {
    sim__finish(record, carry_out(record), SIM_NO_BUFFER);
}

/* By path and at once. */

int sim_path_open(const char *path, int flags) {
    sim__lock();
    make_roots();
    const uint16_t no_space = sim__kernel.options.faults.no_space;
    sim__kernel.options.faults.no_space = 0;
    int result = open_path(path, flags);
    sim__kernel.options.faults.no_space = no_space;
    sim__unlock();
    return result;
}

static void describe(const struct node *node, struct stat *facts) {
    memset(facts, 0, sizeof *facts);
    facts->st_dev = 1;
    facts->st_ino = node->number;
    facts->st_mode = node->directory ? S_IFDIR | 0755 : S_IFREG | 0640;
    facts->st_nlink = node->linked;
    facts->st_size = (off_t)node->size;
}

int sim_path_stat(const char *path, struct stat *facts) {
    sim__lock();
    make_roots();
    const struct node *node = find(path);
    if (node) describe(node, facts);
    sim__unlock();
    return node ? 0 : -ENOENT;
}

int sim_file_stat(int fd, struct stat *facts) {
    sim__lock();
    struct sim_object *object = sim__descriptor(fd);
    bool file = object && object->kind == SIM_FILE;
    if (file) describe(((struct sim_file *)object)->node, facts);
    sim__unlock();
    return file ? 0 : -EBADF;
}

int sim_path_rename(const char *from, const char *to) {
    sim__lock();
    int result = rename_path(from, to, 0);
    sim__unlock();
    return result;
}

int sim_path_unlink(const char *path) {
    sim__lock();
    int result = unlink_path(path, false);
    sim__unlock();
    return result;
}

const char *sim_path_bytes(const char *path, uint64_t *size) {
    sim__lock();
    const struct node *node = find(path);
    *size = node ? node->size : 0;
    const char *bytes = !node ? NULL : node->bytes ? node->bytes : "";
    sim__unlock();
    return bytes;
}
