/* A table of cells that are written once, so that no reader waits and nothing is given back before
 * the tree is. */
#include "config_memo.h"

#include <stdlib.h>
#include <string.h>

#include "config_hash.h"

#define CELLS_MAX  4096u /* 256 KiB, of which only pages with paths are touched */
#define PROBES     8u
#define PATH_BYTES 48u

enum state { EMPTY, WRITING, READY };

struct cell {
    uint32_t state; /* enum state; changed by any thread */
    uint32_t hash;
    struct hr_config_node *node;
    char path[PATH_BYTES]; /* with NUL behind it */
};
_Static_assert(sizeof(struct cell) == 64, "one line of the cache");

struct hr__config_memo {
    uint32_t mask;
    struct cell cells[];
};

/* Racing makers: one wins. NULL: no memory. */
static struct hr__config_memo *memo_of(struct hr__config_memo **memo, uint32_t nodes) {
    struct hr__config_memo *found = __atomic_load_n(memo, __ATOMIC_ACQUIRE), *none = NULL;
    if (found) return found;
    uint32_t cells = PROBES;
    while (cells < CELLS_MAX && cells < 2 * nodes) cells *= 2;
    struct hr__config_memo *made = calloc(1, sizeof *made + cells * sizeof made->cells[0]);
    if (!made) return NULL;
    made->mask = cells - 1;
    if (__atomic_compare_exchange_n(memo, &none, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return made;
    free(made);
    return none;
}

/* The cell of a path, or the empty one that it may have; NULL: there is none. */
static struct cell *cell_of(struct hr__config_memo *memo, struct hr_slice path, uint32_t hash,
                            bool *found) {
    for (uint32_t i = 0; i < PROBES; i++) {
        struct cell *cell = &memo->cells[(hash + i) & memo->mask];
        uint32_t state = __atomic_load_n(&cell->state, __ATOMIC_ACQUIRE);
        *found = state == READY && cell->hash == hash &&
                 memcmp(cell->path, path.data, path.size + 1) == 0;
        if (*found || state == EMPTY) return cell;
    }
    return NULL;
}

static void keep(struct cell *cell, struct hr_slice path, uint32_t hash,
                 struct hr_config_node *node) {
    uint32_t empty = EMPTY;
    if (!__atomic_compare_exchange_n(&cell->state, &empty, WRITING, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
        return;
    cell->hash = hash;
    cell->node = node;
    memcpy(cell->path, path.data, path.size + 1);
    __atomic_store_n(&cell->state, READY, __ATOMIC_RELEASE);
}

struct hr_config_node *hr__config_memo_find(struct hr__config_memo **memo,
                                            const struct hr__config_tree *tree, const char *path) {
    struct hr_slice text = hr_slice_of(path);
    struct hr__config_memo *made = text.size < PATH_BYTES ? memo_of(memo, tree->nodes) : NULL;
    if (!made) return hr__config_find(tree, path);
    uint32_t hash = hr__config_hash(tree->seed, text);
    bool found;
    struct cell *cell = cell_of(made, text, hash, &found);
    if (found) return cell->node;
    struct hr_config_node *node = hr__config_find(tree, path);
    if (node && cell) keep(cell, text, hash, node);
    return node;
}
