/* A ring: the records that one thread has logged and the drain has not written yet. It has one
 * producer and one consumer. Its first page has the positions of both, so that a ring in a file
 * still has them when the process is gone. */
#ifndef HR_LOG_RING_H
#define HR_LOG_RING_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <headrace/log_call.h>

#include "log_dictionary.h"

#define HR_LOG_RING_MAGIC UINT64_C(0x31676e6972676f6c) /* "logring1" */
#define HR_LOG_RING_PAGE  4096
#define HR_LOG_LEVELS     6 /* for counters: below DEBUG, DEBUG … CRITICAL and above */

/* Positions count bytes from the ring's first use on. A record lies at its position modulo the
 * capacity and never wraps: before the wrap stands a filler, or less room than a record's head
 * takes. */
struct hr__log_ring_page {
    uint64_t magic;
    uint64_t capacity;                          /* bytes of records, a power of two */
    uint64_t thread;                            /* the kernel's id of the last producer */
    uint64_t head __attribute__((aligned(64))); /* the producer's: published up to here */
    uint64_t tail __attribute__((aligned(64))); /* the drain's: written up to here */
};

struct hr__log_ring {
    struct hr__log_ring_page *page;
    char *data;
    uint64_t capacity;
    uint64_t read; /* the drain's: formatted up to here; tail ≤ read ≤ head */
    bool mapped;   /* it is a file */
};

/* Makes a ring in memory of the process where `fd` is negative, else in the file, which gets its
 * size here. `capacity` is a power of two from 4 KiB to 1 GiB. 0, or -ENOMEM, -ENOSPC and other
 * codes. */
int hr__log_ring_open(struct hr__log_ring *ring, uint64_t capacity, int fd);
/* Makes a ring in the new file ring-`index` of a directory, or in memory where `directory` is
 * negative.
 */
int hr__log_ring_make(struct hr__log_ring *ring, uint64_t capacity, int directory, uint32_t index);
void hr__log_ring_close(struct hr__log_ring *ring);

/* The name of a file in the directory: its kind and its number. */
#define HR_LOG_FILE_NAME_BYTES 24
void hr__log_file_name(char name[HR_LOG_FILE_NAME_BYTES], const char *kind, uint32_t index);

static inline uint64_t hr__log_ring_head(const struct hr__log_ring *ring) {
    return __atomic_load_n(&ring->page->head, __ATOMIC_ACQUIRE);
}
static inline uint64_t hr__log_ring_tail(const struct hr__log_ring *ring) {
    return __atomic_load_n(&ring->page->tail, __ATOMIC_ACQUIRE);
}
/* The producer may overwrite bytes before `position`. */
static inline void hr__log_ring_free(struct hr__log_ring *ring, uint64_t position) {
    assert(position > hr__log_ring_tail(ring) && position <= hr__log_ring_head(ring));
    __atomic_store_n(&ring->page->tail, position, __ATOMIC_RELEASE);
}
static inline char *hr__log_ring_at(const struct hr__log_ring *ring, uint64_t position) {
    return ring->data + (position & (ring->capacity - 1));
}

/* The position of the next record at or behind `position`, fillers passed over; `head` where there
 * is none. */
static inline uint64_t hr__log_ring_skip(const struct hr__log_ring *ring, uint64_t position,
                                         uint64_t head) {
    uint64_t capacity = ring->capacity, at = position & (capacity - 1);
    uint32_t site = HR_LOG_SITE_FILLER;
    if (position >= head) return head;
    if (capacity - at >= HR_LOG_HEAD_BYTES) memcpy(&site, ring->data + at + 8, sizeof site);
    return __builtin_expect(site == HR_LOG_SITE_FILLER, 0) ? position + (capacity - at) : position;
}

#endif
