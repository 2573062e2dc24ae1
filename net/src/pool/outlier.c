/* Addresses that fail while others of their name do not. */
#include "outlier.h"

#include <assert.h>
#include <stdlib.h>

/* So long without an ejection takes one off those that the next one's time is counted by, as in
 * gRPC (A50). */
#define CLEAN_NS UINT64_C(10000000000)

struct hr_outliers *hr__outliers_new(const struct hr_outlier_rules *rules) {
    struct hr_outliers *made = calloc(1, sizeof *made);
    assert(rules->failures_max > 0 && rules->time_ns > 0);
    assert(rules->time_max_ns >= rules->time_ns);
    if (!made) return NULL;
    pthread_mutex_init(&made->mutex, NULL);
    made->rules = *rules;
    return made;
}

void hr__outliers_free(struct hr_outliers *outliers) {
    if (!outliers) return;
    pthread_mutex_destroy(&outliers->mutex);
    free(outliers);
}

/* ---- The list; locked. */

static void publish(struct hr_outliers *outliers) {
    uint32_t marked = 0, ejected = 0;
    for (unsigned i = 0; i < outliers->count; i++) {
        const struct hr_outlier *each = &outliers->list[i];
        ejected += each->until_ns > 0;
        marked += each->until_ns > 0 || each->failures > 0;
    }
    __atomic_store_n(&outliers->marked, marked, __ATOMIC_RELAXED);
    __atomic_store_n(&outliers->ejected, ejected, __ATOMIC_RELAXED);
}

static void bring_back(struct hr_outlier *outlier, uint64_t now_ns) {
    outlier->until_ns = 0;
    outlier->failures = 0;
    outlier->back_ns = now_ns;
}

/* Addresses whose time is over are back. */
static void expire(struct hr_outliers *outliers, uint64_t now_ns) {
    for (unsigned i = 0; i < outliers->count; i++) {
        struct hr_outlier *each = &outliers->list[i];
        if (each->until_ns > 0 && each->until_ns <= now_ns) bring_back(each, each->until_ns);
    }
}

static struct hr_outlier *find(struct hr_outliers *outliers, const union hr_address *address) {
    for (unsigned i = 0; i < outliers->count; i++)
        if (hr__address_equal(&outliers->list[i].address, address)) return &outliers->list[i];
    return NULL;
}

/* An address that the name has no more, best one of which nothing is known. NULL: there is none. */
static struct hr_outlier *victim_of(struct hr_outliers *outliers) {
    struct hr_outlier *victim = NULL;
    for (unsigned i = 0; i < outliers->count; i++) {
        struct hr_outlier *each = &outliers->list[i];
        if (each->listed || each->until_ns > 0) continue;
        if (each->failures == 0 && each->ejections == 0) return each;
        victim = each;
    }
    return victim;
}

/* NULL: the list is full. */
static struct hr_outlier *find_or_add(struct hr_outliers *outliers,
                                      const union hr_address *address) {
    struct hr_outlier *found = find(outliers, address);
    if (found) return found;
    found = outliers->count < HR_OUTLIERS_MAX ? &outliers->list[outliers->count++]
                                              : victim_of(outliers);
    if (found) *found = (struct hr_outlier){.address = *address};
    return found;
}

static bool is_ejected(struct hr_outliers *outliers, const union hr_address *address) {
    const struct hr_outlier *found = find(outliers, address);
    return found && found->until_ns > 0;
}

/* ---- What the name has. */

static void list_all(struct hr_outliers *outliers, const struct hr_addresses *addresses,
                     bool whole) {
    for (unsigned i = 0; i < outliers->count && whole; i++) outliers->list[i].listed = false;
    for (unsigned i = 0; i < addresses->count; i++) {
        struct hr_outlier *each = find_or_add(outliers, &addresses->list[i]);
        if (each) each->listed = true;
    }
}

static void put_behind(struct hr_outliers *outliers, struct hr_addresses *addresses) {
    struct hr_addresses behind = {.count = 0};
    unsigned kept = 0;
    for (unsigned i = 0; i < addresses->count; i++) {
        if (is_ejected(outliers, &addresses->list[i]))
            behind.list[behind.count++] = addresses->list[i];
        else
            addresses->list[kept++] = addresses->list[i];
    }
    for (unsigned i = 0; i < behind.count; i++) addresses->list[kept++] = behind.list[i];
    assert(kept == addresses->count);
}

void hr__outliers_arrange(struct hr_outliers *outliers, struct hr_addresses *addresses, bool whole,
                          uint64_t now_ns) {
    pthread_mutex_lock(&outliers->mutex);
    list_all(outliers, addresses, whole);
    expire(outliers, now_ns);
    publish(outliers);
    put_behind(outliers, addresses);
    pthread_mutex_unlock(&outliers->mutex);
}

/* ---- How they do. */

/* At most half of the name's addresses are out, so one at least is not. */
static bool may_eject(const struct hr_outliers *outliers, const struct hr_outlier *outlier) {
    unsigned listed = 0, out = 0;
    for (unsigned i = 0; i < outliers->count; i++) {
        const struct hr_outlier *each = &outliers->list[i];
        if (!each->listed) continue;
        listed++;
        out += each == outlier || each->until_ns > 0;
    }
    return listed > 0 && 2 * out <= listed;
}

static void eject(const struct hr_outlier_rules *rules, struct hr_outlier *outlier,
                  uint64_t now_ns) {
    uint64_t clean = outlier->back_ns < now_ns ? (now_ns - outlier->back_ns) / CLEAN_NS : 0;
    outlier->ejections = outlier->ejections > clean ? outlier->ejections - (uint32_t)clean : 0;
    uint64_t most = rules->time_max_ns / rules->time_ns;
    outlier->ejections++;
    outlier->ejected_ns = now_ns;
    outlier->until_ns = now_ns + (outlier->ejections <= most ? rules->time_ns * outlier->ejections
                                                             : rules->time_max_ns);
}

/* An address that is out learns nothing from what still ends there. */
static bool note_failure(struct hr_outliers *outliers, struct hr_outlier *outlier,
                         uint64_t now_ns) {
    if (!outlier || outlier->until_ns > 0) return false;
    if (outlier->failures < UINT32_MAX) outlier->failures++;
    if (outlier->failures < outliers->rules.failures_max || !may_eject(outliers, outlier))
        return false;
    eject(&outliers->rules, outlier, now_ns);
    return true;
}

bool hr__outliers_failed(struct hr_outliers *outliers, const union hr_address *address,
                         uint64_t now_ns) {
    pthread_mutex_lock(&outliers->mutex);
    expire(outliers, now_ns);
    bool ejected = note_failure(outliers, find_or_add(outliers, address), now_ns);
    publish(outliers);
    pthread_mutex_unlock(&outliers->mutex);
    return ejected;
}

void hr__outliers_succeeded(struct hr_outliers *outliers, const union hr_address *address,
                            uint64_t begun_ns, uint64_t now_ns) {
    if (__atomic_load_n(&outliers->marked, __ATOMIC_RELAXED) == 0) return;
    pthread_mutex_lock(&outliers->mutex);
    struct hr_outlier *found = find(outliers, address);
    if (found && found->until_ns > 0 && begun_ns >= found->ejected_ns) bring_back(found, now_ns);
    if (found && found->until_ns == 0) found->failures = 0;
    publish(outliers);
    pthread_mutex_unlock(&outliers->mutex);
}

bool hr__outliers_have(struct hr_outliers *outliers, const union hr_address *address,
                       uint64_t now_ns) {
    pthread_mutex_lock(&outliers->mutex);
    expire(outliers, now_ns);
    publish(outliers);
    bool ejected = is_ejected(outliers, address);
    pthread_mutex_unlock(&outliers->mutex);
    return ejected;
}
