/* The prefixes that a store has asked to go slower with: bucket and first segment of the key, each
 * with its rate. S3 counts requests for each prefix; the first segment is as much of a key as can
 * be told without knowing how the store divides its keys. Pure; its owner sees to it that one
 * thread at a time uses it. */
#ifndef HR_S3_PREFIX_RATES_H
#define HR_S3_PREFIX_RATES_H

#include <headrace/slice.h>

#include "aimd.h"

/* As many are kept; another one takes the place of the one that was used least recently and that
 * nobody waits for, and is not kept where there is none. */
#define HR__PREFIXES_MAX 64

struct hr__prefix_rate {
    struct hr__aimd aimd;
    uint64_t used_ns;
    unsigned waiting; /* requests, of its owner's; while there are any it stays */
};

struct hr__prefix_rates {
    uint64_t names[HR__PREFIXES_MAX]; /* 0: free */
    struct hr__prefix_rate rates[HR__PREFIXES_MAX];
    unsigned count;
    uint64_t swept_ns;
};

/* Of a request. */
struct hr__prefix {
    struct hr_slice bucket, key;
};
/* A number that stands for it, never 0. Two prefixes with the same one would share a rate. */
uint64_t hr__prefix_name(const struct hr__prefix *prefix);
/* Its rate, which is used now; NULL: it is not kept. */
struct hr__prefix_rate *hr__prefix_rates_find(struct hr__prefix_rates *table, uint64_t name,
                                              uint64_t now_ns);
/* The same, and from now on it is kept. NULL: there is no place. */
struct hr__prefix_rate *hr__prefix_rates_keep(struct hr__prefix_rates *table, uint64_t name,
                                              uint64_t now_ns);
/* Once a second: forgets what is over, or was not used for HR__AIMD_OVER_NS. A prefix that is
 * waited for stays, without a rate where that is over. */
void hr__prefix_rates_sweep(struct hr__prefix_rates *table, uint64_t now_ns);
/* How many have a rate now; the others are only looked at. */
unsigned hr__prefix_rates_slowed(const struct hr__prefix_rates *table);
static inline unsigned hr__prefix_rates_place(const struct hr__prefix_rates *table,
                                              const struct hr__prefix_rate *rate) {
    return (unsigned)(rate - table->rates);
}

#endif
