/* The table of prefixes that are sent slower. */
#include "prefix_rates.h"

#include <assert.h>
#include <string.h>

/* FNV-1a, 64 bits. */
#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)
#define SWEEP_NS   UINT64_C(1000000000)

static uint64_t add(uint64_t hash, const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)data[i]) * HASH_PRIME;
    return hash;
}

uint64_t hr__prefix_name(const struct hr__prefix *prefix) {
    struct hr_slice key = prefix->key;
    const char *slash = key.size ? memchr(key.data, '/', key.size) : NULL;
    uint64_t hash = add(HASH_BEGIN, prefix->bucket.data, prefix->bucket.size);
    hash = add(hash, "/", 1);
    if (slash) hash = add(hash, key.data, (size_t)(slash - key.data));
    return hash ? hash : 1;
}

struct hr__prefix_rate *hr__prefix_rates_find(struct hr__prefix_rates *table, uint64_t name,
                                              uint64_t now_ns) {
    assert(name);
    for (unsigned i = 0; i < HR__PREFIXES_MAX; i++) {
        if (table->names[i] != name) continue;
        table->rates[i].used_ns = now_ns;
        return &table->rates[i];
    }
    return NULL;
}

static bool is_idle(const struct hr__prefix_rates *table, unsigned i) {
    return table->names[i] && table->rates[i].waiting == 0;
}

/* A free place, else that of the least recently used; HR__PREFIXES_MAX: there is none. */
static unsigned choose(const struct hr__prefix_rates *table) {
    unsigned best = HR__PREFIXES_MAX;
    for (unsigned i = 0; i < HR__PREFIXES_MAX; i++) {
        if (!table->names[i]) return i;
        if (!is_idle(table, i)) continue;
        if (best == HR__PREFIXES_MAX || table->rates[i].used_ns < table->rates[best].used_ns)
            best = i;
    }
    return best;
}

static void forget(struct hr__prefix_rates *table, unsigned i) {
    assert(is_idle(table, i) && table->count > 0);
    table->names[i] = 0;
    table->count--;
}

struct hr__prefix_rate *hr__prefix_rates_keep(struct hr__prefix_rates *table, uint64_t name,
                                              uint64_t now_ns) {
    struct hr__prefix_rate *known = hr__prefix_rates_find(table, name, now_ns);
    if (known) return known;
    unsigned place = choose(table);
    if (place == HR__PREFIXES_MAX) return NULL;
    if (table->names[place]) forget(table, place);
    table->names[place] = name;
    table->rates[place] = (struct hr__prefix_rate){.used_ns = now_ns};
    table->count++;
    return &table->rates[place];
}

static void sweep_one(struct hr__prefix_rates *table, unsigned i, uint64_t now_ns) {
    struct hr__prefix_rate *rate = &table->rates[i];
    bool over = hr__aimd_over(&rate->aimd, now_ns);
    if (over) rate->aimd = (struct hr__aimd){.per_second = 0};
    if (is_idle(table, i) && (over || hr__aimd_since(rate->used_ns, now_ns) >= HR__AIMD_OVER_NS))
        forget(table, i);
}

void hr__prefix_rates_sweep(struct hr__prefix_rates *table, uint64_t now_ns) {
    if (hr__aimd_since(table->swept_ns, now_ns) < SWEEP_NS) return;
    table->swept_ns = now_ns;
    for (unsigned i = 0; i < HR__PREFIXES_MAX; i++)
        if (table->names[i]) sweep_one(table, i, now_ns);
}

unsigned hr__prefix_rates_slowed(const struct hr__prefix_rates *table) {
    unsigned slowed = 0;
    for (unsigned i = 0; i < HR__PREFIXES_MAX; i++)
        slowed += table->names[i] && table->rates[i].aimd.per_second > 0;
    return slowed;
}
