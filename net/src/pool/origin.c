/* The origins that a shard knows: made when a request first goes there, found by scheme, name and
 * port, forgotten when nobody uses them and others come. */
#include "origin.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"
#include "pool.h"
#include "url_authority.h"

/* Origins that nobody uses are forgotten when a new one comes and so many are known. */
#define ORIGINS_KEPT 256

bool hr__origin_key_equal(const struct hr_origin_key *a, const struct hr_origin_key *b) {
    return a->port == b->port && a->tls == b->tls &&
           (hr_slice_equal(a->name, b->name) || hr_slice_equal_nocase(a->name, b->name));
}

/* FNV-1a over the lower-case name and the port. */
uint32_t hr__origin_hash(struct hr_slice name, uint16_t port) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.size; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + 32);
        hash = (hash ^ c) * 16777619u;
    }
    return (hash ^ port) * 16777619u;
}

const char *hr__origin_text(const struct hr_origin_key *key, char *text, size_t size) {
    hr__authority_print(key->name, key->port, text, size);
    return text;
}

static void free_origin(struct hr_origin *origin) {
    if (origin->key.tls) hr__tls_sessions_clear(&origin->sessions);
    free(origin);
}

static void forget_unused(struct hr_pool_shard *shard) {
    shard->origin_last = NULL;
    for (unsigned i = 0; i < HR_POOL_BUCKETS; i++) {
        struct hr_origin **link = &shard->buckets[i];
        while (*link) {
            struct hr_origin *origin = *link;
            if (origin->uses > 0 || origin->open > 0 || origin->starved) {
                link = &origin->next;
                continue;
            }
            *link = origin->next;
            free_origin(origin);
            shard->origin_count--;
        }
    }
}

static int make_origin(struct hr_pool_shard *shard, const struct hr_origin_key *key, uint32_t hash,
                       struct hr_origin **origin) {
    const struct hr_pool_limits *limits = &shard->limits;
    if (shard->origin_count >= ORIGINS_KEPT) forget_unused(shard);
    struct hr_origin *made = calloc(1, sizeof *made + key->name.size);
    if (!made) return -ENOMEM;
    made->shard = shard;
    made->hash = hash;
    if (key->name.size > 0) memcpy(made->name, key->name.data, key->name.size);
    made->key = *key;
    made->key.name = hr_slice_bytes(made->name, key->name.size);
    struct hr_proxy_choice choice = hr__network_proxy(shard->pool->network, key);
    made->proxy = choice.proxy;
    made->proxy_refusal = choice.refusal;
    made->limit =
        hr__pool_share_of(&shard->shape, hash, limits->connections_per_origin_max, shard->index);
    made->loans.borrows = made->limit == 0;
    if (limits->adaptive_concurrency)
        hr__gradient_init(&made->gradient, 1, made->loans.borrows ? 1 : made->limit);
    struct hr_origin **bucket = &shard->buckets[hash % HR_POOL_BUCKETS];
    made->next = *bucket;
    *bucket = made;
    shard->origin_count++;
    *origin = made;
    return 0;
}

int hr__origin_acquire(struct hr_pool_shard *shard, const struct hr_origin_key *key,
                       struct hr_origin **origin) {
    struct hr_origin *found = shard->origin_last;
    if (!found || !hr__origin_key_equal(&found->key, key)) {
        if (key->name.size > UINT16_MAX) return HR_ERR_NAME_UNRESOLVED;
        uint32_t hash = hr__origin_hash(key->name, key->port);
        found = shard->buckets[hash % HR_POOL_BUCKETS];
        while (found && !(found->hash == hash && hr__origin_key_equal(&found->key, key)))
            found = found->next;
        if (!found) {
            int err = make_origin(shard, key, hash, &found);
            if (err) return err;
        }
        shard->origin_last = found;
    }
    found->uses++;
    *origin = found;
    return 0;
}

void hr__origin_release(struct hr_origin *origin) {
    assert(origin->uses > 0);
    origin->uses--;
}

void hr__origins_free(struct hr_pool_shard *shard) {
    for (unsigned i = 0; i < HR_POOL_BUCKETS; i++) {
        while (shard->buckets[i]) {
            struct hr_origin *origin = shard->buckets[i];
            shard->buckets[i] = origin->next;
            free_origin(origin);
        }
    }
}
