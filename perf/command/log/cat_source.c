/* Reading lines, and what follows them. */
#include "cat_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cat_inflate.h"

#define BLOCK_SIZE (64u << 10)

static int open_file(struct cat_source *source) {
    struct stat facts;
    bool input = strcmp(source->path, "-") == 0;
    int fd = input ? STDIN_FILENO : open(source->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return -errno;
    if (fstat(fd, &facts) != 0 || S_ISDIR(facts.st_mode)) {
        int err = S_ISDIR(facts.st_mode) ? -EISDIR : -errno;
        if (!input) close(fd);
        return err;
    }
    source->fd = fd;
    source->regular = S_ISREG(facts.st_mode) && !input;
    source->device = facts.st_dev;
    source->inode = facts.st_ino;
    source->offset = 0;
    source->started = source->ended = false;
    return 0;
}

int cat_source_open(struct cat_source *source, const char *path) {
    *source = (struct cat_source){.path = path, .fd = -1};
    return open_file(source);
}

static void close_file(struct cat_source *source) {
    if (source->fd > STDIN_FILENO) close(source->fd);
    source->fd = -1;
    cat_inflater_close(source->inflater);
    free(source->packed);
    source->inflater = NULL;
    source->packed = NULL;
    source->more = false;
}

void cat_source_close(struct cat_source *source) {
    close_file(source);
    free(source->data);
    source->data = NULL;
}

/* ---- Bytes. */

/* Room for a block more behind what is to be taken. */
static int make_room(struct cat_source *source) {
    if (source->from > 0) {
        source->size -= source->from;
        source->looked -= source->from;
        memmove(source->data, source->data + source->from, source->size);
        source->from = 0;
    }
    if (source->capacity - source->size >= BLOCK_SIZE) return 0;
    size_t capacity = source->capacity ? source->capacity * 2 : 4 * BLOCK_SIZE;
    char *grown = realloc(source->data, capacity);
    if (!grown) return -ENOMEM;
    source->data = grown;
    source->capacity = capacity;
    return 0;
}

static ssize_t read_block(struct cat_source *source, char *block) {
    ssize_t size;
    do {
        size = read(source->fd, block, BLOCK_SIZE);
    } while (size < 0 && errno == EINTR);
    if (size < 0) return -errno;
    source->offset += size;
    return size;
}

/* The first bytes say what the others are; of a pipe they may come one by one. */
static ssize_t read_first(struct cat_source *source, char *block) {
    ssize_t size = 0;
    while (size < 4) {
        ssize_t more = read(source->fd, block + size, BLOCK_SIZE - (size_t)size);
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) return -errno;
        if (more == 0) break;
        size += more;
        if (block[0] != '\x1f' && block[0] != '\x28') break;
    }
    source->offset += size;
    if (size == 0) return 0;
    source->started = true;
    int err = cat_inflater_open(block, (size_t)size, &source->inflater);
    return err < 0 ? err : size;
}

/* Reads as much as there is room for. */
static int inflate_some(struct cat_source *source) {
    struct cat_window window = {.in = source->packed + source->packed_at,
                                .in_size = source->packed_size - source->packed_at,
                                .out = source->data + source->size,
                                .out_size = source->capacity - source->size};
    int err = cat_inflate(source->inflater, &window);
    if (err) return err;
    source->packed_at = source->packed_size - window.in_size;
    source->size = (size_t)(window.out - source->data);
    source->more = window.out_size == 0;
    return 1;
}

static int keep_packed(struct cat_source *source, const char *block, size_t size) {
    if (!source->packed) source->packed = malloc(BLOCK_SIZE);
    if (!source->packed) return -ENOMEM;
    memcpy(source->packed, block, size);
    source->packed_at = 0;
    source->packed_size = size;
    return inflate_some(source);
}

int cat_source_read(struct cat_source *source) {
    static char block[BLOCK_SIZE];
    if (source->fd < 0) return 0;
    int err = make_room(source);
    if (err) return err;
    if (source->packed && (source->more || source->packed_at < source->packed_size))
        return inflate_some(source);
    ssize_t size = source->started ? read_block(source, block) : read_first(source, block);
    if (size < 0) return (int)size;
    if (size == 0) {
        bool early = source->inflater && !cat_inflater_is_complete(source->inflater);
        return early ? -ENODATA : 0;
    }
    if (source->inflater) return keep_packed(source, block, (size_t)size);
    memcpy(source->data + source->size, block, (size_t)size);
    source->size += (size_t)size;
    return 1;
}

/* ---- Lines. */

static bool deliver(struct cat_source *source, size_t end, size_t next, struct hr_slice *line) {
    *line = hr_slice_bytes(source->data + source->from, end - source->from);
    source->from = source->looked = next;
    return true;
}

bool cat_source_line(struct cat_source *source, bool rest, struct hr_slice *line) {
    const char *data = source->data;
    size_t left = source->size - source->from;
    if (left == 0) return false;
    const char *found = memchr(data + source->looked, '\n', source->size - source->looked);
    size_t end = found ? (size_t)(found - data) : source->size;
    if (end - source->from > CAT_LINE_MAX)
        return deliver(source, source->from + CAT_LINE_MAX, source->from + CAT_LINE_MAX, line);
    if (found) return deliver(source, end, end + 1, line);
    source->looked = source->size;
    return rest && deliver(source, end, end, line);
}

/* ---- Following. */

bool cat_source_was_replaced(const struct cat_source *source) {
    struct stat facts;
    return stat(source->path, &facts) == 0 &&
           (source->fd < 0 || facts.st_ino != source->inode || facts.st_dev != source->device);
}

static bool was_cut(const struct cat_source *source) {
    struct stat facts;
    return source->fd >= 0 && fstat(source->fd, &facts) == 0 && facts.st_size < source->offset;
}

int cat_source_follow(struct cat_source *source) {
    if (source->fd >= 0 && !source->regular) return 0;
    if (was_cut(source)) { /* also where it has been moved since */
        if (lseek(source->fd, 0, SEEK_SET) < 0) return -errno;
        source->offset = 0;
        return 1;
    }
    if (!cat_source_was_replaced(source)) return 0;
    close_file(source);
    int err = open_file(source);
    return err == -ENOENT ? 0 : err ? err : 1;
}
