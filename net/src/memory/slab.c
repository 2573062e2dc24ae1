/* A piece is mapped, so that it can be given back whatever lies around it. In front of each thing
 * stands the piece that it is part of; memory that was never used is not touched. AddressSanitizer
 * is told what is free. */
#include "slab.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, size)   ((void)0)
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)0)
#endif

#define PIECE_BYTES 65536
#define ALIGNMENT   16

struct hr_slab_piece {
    struct hr_slab_piece *next, *previous; /* while there is room */
    struct thing *free;
    unsigned used, fresh; /* things taken; things that were taken once */
    size_t step;
};

struct thing {
    union {
        struct hr_slab_piece *piece; /* while it is taken */
        struct thing *next;          /* while it is free */
    };
    char padding[ALIGNMENT - sizeof(void *)];
    char memory[];
};

#define FIRST ((sizeof(struct hr_slab_piece) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

static unsigned capacity(const struct hr_slab_piece *piece) {
    return (unsigned)((PIECE_BYTES - FIRST) / piece->step);
}

static void link_in(struct hr_slabs *slab, struct hr_slab_piece *piece) {
    piece->previous = NULL;
    piece->next = slab->roomy;
    if (piece->next) piece->next->previous = piece;
    slab->roomy = piece;
}

static void link_out(struct hr_slabs *slab, struct hr_slab_piece *piece) {
    if (piece->next) piece->next->previous = piece->previous;
    if (piece->previous)
        piece->previous->next = piece->next;
    else
        slab->roomy = piece->next;
}

static struct hr_slab_piece *new_piece(struct hr_slabs *slab, size_t size) {
    assert(size <= HR_SLAB_SIZE_MAX);
    struct hr_slab_piece *piece =
        mmap(NULL, PIECE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED) return NULL;
    piece->step = (sizeof(struct thing) + size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    link_in(slab, piece);
    return piece;
}

static void unmap(struct hr_slab_piece *piece) {
    ASAN_UNPOISON_MEMORY_REGION(piece, PIECE_BYTES);
    munmap(piece, PIECE_BYTES);
}

void *hr__slab_take(struct hr_slabs *slab, size_t size) {
    struct hr_slab_piece *piece = slab->roomy ? slab->roomy : new_piece(slab, size);
    if (!piece) return NULL;
    struct thing *thing = piece->free;
    if (thing)
        piece->free = thing->next;
    else
        thing = (struct thing *)((char *)piece + FIRST + piece->fresh++ * piece->step);
    ASAN_UNPOISON_MEMORY_REGION(thing->memory, size);
    thing->piece = piece;
    if (++piece->used == capacity(piece)) link_out(slab, piece);
    return memset(thing->memory, 0, size);
}

void hr__slab_give(struct hr_slabs *slab, void *memory) {
    struct thing *thing = (struct thing *)((char *)memory - offsetof(struct thing, memory));
    struct hr_slab_piece *piece = thing->piece;
    if (piece->used-- == capacity(piece)) link_in(slab, piece);
    thing->next = piece->free;
    piece->free = thing;
    ASAN_POISON_MEMORY_REGION(memory, piece->step - sizeof *thing);
    bool only = slab->roomy == piece && !piece->next;
    if (piece->used > 0 || only) return;
    link_out(slab, piece);
    unmap(piece);
}

void hr__slab_deinit(struct hr_slabs *slab) {
    struct hr_slab_piece *piece = slab->roomy;
    if (!piece) return;
    assert(piece->used == 0 && !piece->next);
    unmap(piece);
    slab->roomy = NULL;
}
