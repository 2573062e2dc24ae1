/* Making rings: in memory of the process, or in files. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <headrace/log_call.h>

#include "log_dictionary.h"
#include "log_ring.h"

int hr__log_ring_open(struct hr__log_ring *ring, uint64_t capacity, int fd) {
    assert((capacity & (capacity - 1)) == 0 && capacity >= HR_LOG_RING_PAGE);
    size_t size = HR_LOG_RING_PAGE + (size_t)capacity;
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    /* Memory that is not there would end the process at some later record. */
    if (fd >= 0) {
        int err = -posix_fallocate(fd, 0, (off_t)size);
        if (err) return err;
    }
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (memory == MAP_FAILED) return -errno;
    memset(ring, 0, sizeof *ring);
    ring->page = memory;
    ring->data = (char *)memory + HR_LOG_RING_PAGE;
    ring->capacity = capacity;
    ring->mapped = fd >= 0;
    ring->page->capacity = capacity;
    __atomic_store_n(&ring->page->magic, HR_LOG_RING_MAGIC, __ATOMIC_RELEASE);
    return 0;
}

void hr__log_file_name(char name[HR_LOG_FILE_NAME_BYTES], const char *kind, uint32_t index) {
    snprintf(name, HR_LOG_FILE_NAME_BYTES, "%s-%" PRIu32, kind, index);
}

int hr__log_ring_make(struct hr__log_ring *ring, uint64_t capacity, int directory, uint32_t index) {
    char name[HR_LOG_FILE_NAME_BYTES];
    if (directory < 0) return hr__log_ring_open(ring, capacity, -1);
    hr__log_file_name(name, "ring", index);
    int fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return -errno;
    int err = hr__log_ring_open(ring, capacity, fd);
    close(fd); /* the mapping keeps it */
    if (err) unlinkat(directory, name, 0);
    return err;
}

void hr__log_ring_close(struct hr__log_ring *ring) {
    if (!ring->page) return;
    munmap(ring->page, HR_LOG_RING_PAGE + (size_t)ring->capacity);
    ring->page = NULL;
}
