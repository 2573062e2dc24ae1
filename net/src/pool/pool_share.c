/* How the limits are split over the reactors. */
#include "pool.h"

unsigned hr__pool_share(unsigned limit, unsigned holders, unsigned offset, unsigned index) {
    if (index >= holders) return 0;
    unsigned place = (index + holders - offset % holders) % holders;
    return limit / holders + (place < limit % holders ? 1 : 0);
}

unsigned hr__pool_share_of(const struct hr_pool *pool, uint32_t hash, unsigned count,
                           unsigned index) {
    unsigned holders = pool->holders;
    unsigned offset = pool->limits.connections_per_origin_max < holders ? hash % holders : 0;
    return hr__pool_share(count, holders, offset, index);
}

unsigned hr__pool_holder(struct hr_pool *pool, uint32_t hash) {
    unsigned limit = pool->limits.connections_per_origin_max;
    unsigned turn = __atomic_fetch_add(&pool->pick_next, 1, __ATOMIC_RELAXED);
    if (limit >= pool->holders) return turn % pool->holders;
    return (hash % pool->holders + turn % limit) % pool->holders;
}
