/* A hash table of names, and the order in which they were used. */
#include "resolver_cache.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 512

struct hr_resolver_cache {
    struct hr__by_use known;
    struct hr_name *buckets[BUCKETS];
};

/* FNV-1a. */
static uint32_t hash_of(const char *text) {
    uint32_t hash = 2166136261u;
    for (; *text; text++) hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash;
}

int hr__resolver_cache_new(struct hr_resolver_cache **cache) {
    struct hr_resolver_cache *made = calloc(1, sizeof *made);
    if (!made) return -ENOMEM;
    *cache = made;
    return 0;
}

void hr__resolver_cache_free(struct hr_resolver_cache *cache) {
    if (!cache) return;
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct hr_name *name = cache->buckets[i], *next; name; name = next) {
            next = name->next;
            free(name);
        }
    free(cache);
}

struct hr_name *hr__resolver_cache_get(struct hr_resolver_cache *cache, const char *name) {
    uint32_t hash = hash_of(name);
    struct hr_name *found = cache->buckets[hash % BUCKETS];
    while (found && (found->hash != hash || strcmp(found->text, name) != 0)) found = found->next;
    return found;
}

void hr__resolver_cache_touch(struct hr_resolver_cache *cache, struct hr_name *name) {
    assert(!name->asking);
    hr__by_use_touch(&cache->known, &name->link);
}

struct hr_name *hr__resolver_cache_ask(struct hr_resolver_cache *cache, const char *text) {
    struct hr_name *name = hr__resolver_cache_get(cache, text);
    if (name) {
        assert(!name->asking);
        hr__by_use_remove(&cache->known, &name->link);
    } else {
        size_t size = strlen(text) + 1;
        name = calloc(1, sizeof *name + size);
        if (!name) return NULL;
        memcpy(name->text, text, size);
        name->hash = hash_of(text);
        struct hr_name **bucket = &cache->buckets[name->hash % BUCKETS];
        name->next = *bucket;
        *bucket = name;
    }
    name->asking = true;
    return name;
}

void hr__resolver_cache_know(struct hr_resolver_cache *cache, struct hr_name *name) {
    assert(name->asking && !name->waiters);
    name->asking = false;
    hr__by_use_add(&cache->known, &name->link);
    if (cache->known.count > HR_RESOLVER_NAMES_MAX)
        hr__resolver_cache_drop(cache, hr__container_of(cache->known.oldest, struct hr_name, link));
}

void hr__resolver_cache_drop(struct hr_resolver_cache *cache, struct hr_name *name) {
    assert(!name->waiters);
    struct hr_name **link = &cache->buckets[name->hash % BUCKETS];
    while (*link != name) link = &(*link)->next;
    *link = name->next;
    if (!name->asking) hr__by_use_remove(&cache->known, &name->link);
    free(name);
}
