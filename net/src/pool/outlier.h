/* Addresses of one name that fail time after time, while others do not: they are ejected for a
 * while, as Envoy does it (outlier detection; consecutive failures alone), and the dial tries them
 * behind the others. One record per client and origin, shared by the reactors. Any thread; no I/O,
 * no clock of its own. */
#ifndef HR_NET_OUTLIER_H
#define HR_NET_OUTLIER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "address.h"

/* So many are remembered of a name: those that it has, and some that it had. */
#define HR_OUTLIERS_MAX 32

struct hr_outlier_rules {
    uint32_t failures_max;         /* in a row; 0: none is ever ejected */
    uint64_t time_ns, time_max_ns; /* of the first ejection, each further one longer by as much */
};

struct hr_outlier {
    union hr_address address;
    bool listed; /* the name has it now */
    uint32_t failures, ejections;
    uint64_t ejected_ns, until_ns; /* until_ns 0: it is not ejected */
    uint64_t back_ns;
};

struct hr_outliers {
    uint32_t marked;       /* atomic: have failures, or are ejected */
    uint32_t ejected;      /* atomic: are */
    pthread_mutex_t mutex; /* of the rest */
    struct hr_outlier_rules rules;
    unsigned count;
    struct hr_outlier list[HR_OUTLIERS_MAX];
};

/* NULL: no memory. */
struct hr_outliers *hr__outliers_new(const struct hr_outlier_rules *rules);
void hr__outliers_free(struct hr_outliers *outliers); /* NULL: nothing */

/* The name has these addresses; not `whole`: these among others. The ejected ones are moved behind
 * the others, else the order stays. */
void hr__outliers_arrange(struct hr_outliers *outliers, struct hr_addresses *addresses, bool whole,
                          uint64_t now_ns);
/* True: it is ejected by this. Never more than half of the name's addresses are. */
bool hr__outliers_failed(struct hr_outliers *outliers, const union hr_address *address,
                         uint64_t now_ns);
/* Something that began at `begun_ns` went well: the address has no failures, and is back where that
 * began behind its ejection. */
void hr__outliers_succeeded(struct hr_outliers *outliers, const union hr_address *address,
                            uint64_t begun_ns, uint64_t now_ns);
bool hr__outliers_have(struct hr_outliers *outliers, const union hr_address *address,
                       uint64_t now_ns);

/* One load: whether hr__outliers_have can say yes at all. */
static inline bool hr__outliers_any(const struct hr_outliers *outliers) {
    return outliers && __atomic_load_n(&outliers->ejected, __ATOMIC_RELAXED) > 0;
}

#endif
