/* A hash table of keys. Each line has a number, and slots of earlier lines are empty. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "log_keys.h"

enum { CAPACITY = 64, CAPACITY_FIXED = 1024 };

static int open_keys(struct hr__log_keys *keys, uint32_t capacity, bool fixed) {
    assert((capacity & (capacity - 1)) == 0);
    *keys = (struct hr__log_keys){.capacity = capacity, .fixed = fixed};
    keys->slots = calloc(capacity, sizeof *keys->slots);
    return keys->slots ? 0 : -ENOMEM;
}

int hr__log_keys_open(struct hr__log_keys *keys) {
    return open_keys(keys, CAPACITY, false);
}

int hr__log_keys_open_fixed(struct hr__log_keys *keys) {
    return open_keys(keys, CAPACITY_FIXED, true);
}

void hr__log_keys_close(struct hr__log_keys *keys) {
    free(keys->slots);
    keys->slots = NULL;
}

void hr__log_keys_begin(struct hr__log_keys *keys) {
    assert(keys->slots && keys->used <= keys->capacity);
    keys->line++;
    keys->used = keys->objects = 0;
}

uint32_t hr__log_keys_object(struct hr__log_keys *keys) {
    return ++keys->objects;
}

/* FNV-1a. */
static uint32_t hash_of(uint32_t object, struct hr_slice text) {
    uint32_t hash = UINT32_C(2166136261) ^ object;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * UINT32_C(16777619);
    return hash;
}

static bool equal(const struct hr__log_key *one, const struct hr__log_key *other) {
    return one->hash == other->hash && one->object == other->object &&
           hr_slice_equal(hr_slice_bytes(one->at, one->size),
                          hr_slice_bytes(other->at, other->size));
}

/* The slot of an equal key, or the empty one where the key goes. */
static struct hr__log_key *place_of(const struct hr__log_keys *keys,
                                    const struct hr__log_key *key) {
    uint32_t mask = keys->capacity - 1;
    for (uint32_t at = key->hash & mask;; at = (at + 1) & mask) {
        struct hr__log_key *slot = &keys->slots[at];
        if (slot->line != keys->line || equal(slot, key)) return slot;
    }
}

static bool grow(struct hr__log_keys *keys) {
    if (keys->fixed) return false;
    struct hr__log_keys grown = *keys;
    grown.capacity = keys->capacity * 2;
    grown.slots = calloc(grown.capacity, sizeof *grown.slots);
    if (!grown.slots) return false;
    for (uint32_t i = 0; i < keys->capacity; i++)
        if (keys->slots[i].line == keys->line) *place_of(&grown, &keys->slots[i]) = keys->slots[i];
    free(keys->slots);
    *keys = grown;
    return true;
}

bool hr__log_keys_add(struct hr__log_keys *keys, uint32_t object, struct hr_slice shown) {
    assert(keys->line > 0);
    if (keys->used + 1 > keys->capacity / 4 * 3 && !grow(keys)) return true;
    const struct hr__log_key key = {.at = shown.data,
                                    .size = (uint32_t)shown.size,
                                    .hash = hash_of(object, shown),
                                    .object = object,
                                    .line = keys->line};
    struct hr__log_key *slot = place_of(keys, &key);
    if (slot->line == keys->line) return false;
    *slot = key;
    keys->used++;
    return true;
}
