/* Grows by doubling, moves its bytes to the front before it grows, gives all back when empty. What
 * a peer has sent may hold credentials, so memory is wiped before it goes. */
#include "spill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <engine/budget.h>

#define SIZE_FIRST 8192

static void give_back(struct hr_spill *spill) {
    if (spill->data) explicit_bzero(spill->data, spill->capacity);
    free(spill->data);
}

static int grow(struct hr_spill *spill, struct hr_reactor *reactor, size_t needed) {
    size_t capacity = spill->capacity ? spill->capacity : SIZE_FIRST;
    while (capacity < needed) capacity *= 2;
    size_t more = capacity - spill->capacity;
    int err = hr__budget_grow(reactor, more);
    if (err) return err;
    char *data = malloc(capacity);
    if (!data) {
        hr__budget_release(reactor, more);
        return -ENOMEM;
    }
    if (spill->data) memcpy(data, spill->data, spill->start + spill->size);
    give_back(spill);
    spill->data = data;
    spill->capacity = capacity;
    return 0;
}

int hr__spill_add(struct hr_spill *spill, struct hr_reactor *reactor, const char *data,
                  size_t size) {
    size_t end = spill->start + spill->size;
    if (spill->start > 0 && size > spill->capacity - end) {
        memmove(spill->data, spill->data + spill->start, spill->size);
        spill->start = 0;
        end = spill->size;
    }
    if (size > spill->capacity - end) {
        int err = grow(spill, reactor, end + size);
        if (err) return err;
    }
    memcpy(spill->data + end, data, size);
    spill->size += size;
    return 0;
}

void hr__spill_take(struct hr_spill *spill, struct hr_reactor *reactor, size_t size) {
    spill->start += size;
    spill->size -= size;
    if (spill->size == 0) hr__spill_free(spill, reactor);
}

void hr__spill_free(struct hr_spill *spill, struct hr_reactor *reactor) {
    if (!spill->data) return;
    hr__budget_release(reactor, spill->capacity);
    give_back(spill);
    memset(spill, 0, sizeof *spill);
}
