/* Reading rings and dictionary of a process that is gone: files that anybody may have written. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_leftover.h"

#define DICTIONARY_BYTES_MAX (UINT64_C(1) << 30)
#define RING_BYTES_MAX       (UINT64_C(1) << 30)
#define RINGS_MAX            (UINT32_C(1) << 20)

void hr__log_problem(struct hr__log_problems *problems, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (problems->count++ == 0) hr_error_set(problems->error, -EBADMSG, "%s", text);
    if (problems->tell) problems->tell(problems->user, text);
}

/* Reads a whole file into pages of memory; an empty one takes none. 0, -ENOENT, -EBADMSG, …. */
static int read_file(const struct hr__log_directory *directory, const char *name, uint64_t most,
                     struct hr_slice *bytes) {
    struct stat facts;
    int fd = hr__log_directory_file(directory, name, O_RDONLY), err = 0;
    if (fd < 0) return fd;
    *bytes = hr_slice_bytes(NULL, 0);
    if (fstat(fd, &facts) != 0) err = -errno;
    uint64_t size = err ? 0 : (uint64_t)facts.st_size, at = 0;
    if (size > most) err = -EBADMSG;
    char *memory = NULL;
    if (!err && size > 0) {
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) err = -ENOMEM;
    }
    while (!err && at < size) {
        ssize_t got = pread(fd, memory + at, size - at, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) err = got < 0 ? -errno : -EBADMSG;
        if (got > 0) at += (uint64_t)got;
    }
    close(fd);
    if (err && memory && memory != MAP_FAILED) munmap(memory, size);
    if (!err) *bytes = hr_slice_bytes(memory, size);
    return err;
}

static int read_dictionary(struct hr__log_leftover *leftover,
                           const struct hr__log_directory *directory,
                           struct hr__log_problems *problems) {
    struct hr_slice bytes;
    int err = read_file(directory, "dictionary", DICTIONARY_BYTES_MAX, &bytes);
    if (err == -ENOENT) return 0; /* then there is no record either, or it will be told */
    if (!err) {
        err = hr__log_dictionary_read(&leftover->dictionary, bytes);
        if (bytes.size) munmap((void *)(uintptr_t)bytes.data, bytes.size);
    }
    if (err == -ENOMEM) return err;
    if (err) hr__log_problem(problems, "%s/dictionary is no dictionary of a log", directory->path);
    return 0;
}

/* ---- Rings. */

static bool is_empty(const char *memory, uint64_t size) {
    uint64_t magic = 0;
    if (size >= sizeof magic) memcpy(&magic, memory, sizeof magic);
    return magic == 0; /* the process was killed before it was a ring */
}

/* Takes the bytes over. NULL, or a sentence that says what is wrong with them. */
static const char *take_ring(struct hr__log_left_ring *left, struct hr_slice bytes) {
    assert(!left->ring.page);
    struct hr__log_ring_page *page = (struct hr__log_ring_page *)(uintptr_t)bytes.data;
    if (bytes.size < HR_LOG_RING_PAGE) return "is too short";
    if (page->magic != HR_LOG_RING_MAGIC) return "is no ring of a log";
    uint64_t capacity = page->capacity;
    if (capacity < HR_LOG_RING_PAGE || capacity > RING_BYTES_MAX || (capacity & (capacity - 1)) ||
        bytes.size != HR_LOG_RING_PAGE + capacity)
        return "does not have the size that it says";
    left->ring.page = page;
    left->ring.data = (char *)page + HR_LOG_RING_PAGE;
    left->ring.capacity = capacity;
    left->head = page->head;
    return NULL;
}

static int read_ring(struct hr__log_leftover *leftover, const struct hr__log_directory *directory,
                     struct hr__log_problems *problems) {
    char name[HR_LOG_FILE_NAME_BYTES];
    struct hr_slice bytes;
    hr__log_file_name(name, "ring", leftover->count);
    int err = read_file(directory, name, HR_LOG_RING_PAGE + RING_BYTES_MAX, &bytes);
    if (err == -ENOENT || err == -ENOMEM) return err;
    struct hr__log_left_ring *left = &leftover->rings[leftover->count++];
    *left = (struct hr__log_left_ring){.ticks = UINT64_MAX};
    if (err)
        left->damage = "cannot be read";
    else if (!is_empty(bytes.data, bytes.size))
        left->damage = take_ring(left, bytes);
    if (!err && bytes.size && !left->ring.page) munmap((void *)(uintptr_t)bytes.data, bytes.size);
    if (left->damage) hr__log_problem(problems, "%s/%s %s", directory->path, name, left->damage);
    return 0;
}

/* Rings are made in the order of their numbers: the first that is not there ends them. */
static int read_rings(struct hr__log_leftover *leftover, const struct hr__log_directory *directory,
                      struct hr__log_problems *problems) {
    uint32_t room = 0;
    int err = 0;
    while (!err && leftover->count < RINGS_MAX) {
        if (leftover->count == room) {
            room = room ? 2 * room : 16;
            struct hr__log_left_ring *grown = realloc(leftover->rings, room * sizeof *grown);
            if (!grown) return -ENOMEM;
            leftover->rings = grown;
        }
        err = read_ring(leftover, directory, problems);
    }
    return err == -ENOENT ? 0 : err;
}

int hr__log_leftover_open(struct hr__log_leftover *leftover,
                          const struct hr__log_directory *directory,
                          struct hr__log_problems *problems) {
    memset(leftover, 0, sizeof *leftover);
    int err = read_dictionary(leftover, directory, problems);
    if (!err) err = read_rings(leftover, directory, problems);
    if (err) hr__log_leftover_close(leftover);
    return err;
}

void hr__log_leftover_close(struct hr__log_leftover *leftover) {
    for (uint32_t i = 0; i < leftover->count; i++) hr__log_ring_close(&leftover->rings[i].ring);
    free(leftover->rings);
    hr__log_dictionary_free(&leftover->dictionary);
    memset(leftover, 0, sizeof *leftover);
}

/* ---- Reading them by time. */

/* The bytes that a record at the position may have: records do not wrap. */
static uint64_t room_at(const struct hr__log_left_ring *left) {
    uint64_t to_end = left->ring.capacity - (left->position & (left->ring.capacity - 1));
    uint64_t published = left->head - left->position;
    return published < to_end ? published : to_end;
}

static void look(struct hr__log_left_ring *left) {
    struct hr__log_record record;
    left->ticks = UINT64_MAX;
    if (!left->ring.page || left->broken) return;
    left->position = hr__log_ring_skip(&left->ring, left->position, left->head);
    if (left->position == left->head) return;
    if (left->position > left->head || left->position % 8 ||
        hr__log_record_read(hr__log_ring_at(&left->ring, left->position), room_at(left), &record) !=
            0 ||
        record.size % 8) {
        left->broken = "has something in it that is no record";
        return;
    }
    /* No clock has UINT64_MAX, which would be taken for the end. */
    left->ticks = record.ticks == UINT64_MAX ? UINT64_MAX - 1 : record.ticks;
}

void hr__log_leftover_begin(struct hr__log_leftover *leftover, const uint64_t *positions,
                            uint32_t count) {
    for (uint32_t i = 0; i < leftover->count; i++) {
        struct hr__log_left_ring *left = &leftover->rings[i];
        left->position = i < count ? positions[i] : 0;
        left->broken = NULL;
        if (left->ring.page &&
            (left->position > left->head || left->head - left->position > left->ring.capacity))
            left->broken = "does not reach from where the file ends";
        look(left);
    }
}

struct hr__log_left_ring *hr__log_leftover_oldest(struct hr__log_leftover *leftover,
                                                  struct hr__log_record *record) {
    struct hr__log_left_ring *oldest = NULL;
    for (uint32_t i = 0; i < leftover->count; i++) {
        struct hr__log_left_ring *left = &leftover->rings[i];
        if (left->ticks == UINT64_MAX) continue;
        if (!oldest || left->ticks < oldest->ticks) oldest = left;
    }
    if (oldest) hr__log_leftover_read(oldest, record);
    return oldest;
}

void hr__log_leftover_read(const struct hr__log_left_ring *ring, struct hr__log_record *record) {
    (void)hr__log_record_read(hr__log_ring_at(&ring->ring, ring->position), room_at(ring),
                              record); /* looked at before */
}

void hr__log_leftover_next(struct hr__log_left_ring *ring, const struct hr__log_record *record) {
    assert(ring->ticks != UINT64_MAX);
    ring->ticks = UINT64_MAX;
    if (ring->broken) return;
    ring->position += record->size;
    look(ring);
}
