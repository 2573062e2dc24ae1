/* How the limits are split over the reactors. */
#include "pool.h"

unsigned hr__pool_share(unsigned limit, unsigned holders, unsigned offset, unsigned index) {
    if (index >= holders) return 0;
    unsigned place = (index + holders - offset % holders) % holders;
    return limit / holders + (place < limit % holders ? 1 : 0);
}

unsigned hr__pool_share_of(const struct hr_pool_shape *shape, uint32_t hash, unsigned count,
                           unsigned index) {
    unsigned holders = shape->holders;
    unsigned offset = shape->per_origin_max < holders ? hash % holders : 0;
    return hr__pool_share(count, holders, offset, index);
}

unsigned hr__pool_queue_share(const struct hr_pool_limits *limits,
                              const struct hr_pool_shape *shape, unsigned index) {
    return hr__pool_share(limits->queue_max, shape->holders, 0, index < shape->holders ? index : 0);
}

struct hr_pool_shape hr__pool_shape_of(const struct hr_pool *pool,
                                       const struct hr_pool_limits *limits) {
    unsigned most = limits->connections_max;
    return (struct hr_pool_shape){.holders = most < pool->reactors ? most : pool->reactors,
                                  .per_origin_max = limits->connections_per_origin_max};
}

/* In one word, so that nobody sees half of a change. */
void hr__pool_publish_shape(struct hr_pool *pool, const struct hr_pool_limits *limits) {
    struct hr_pool_shape shape = hr__pool_shape_of(pool, limits);
    bool uneven = shape.holders < pool->reactors || shape.per_origin_max < shape.holders;
    __atomic_store_n(&pool->shape, (uint64_t)shape.holders << 32 | shape.per_origin_max,
                     __ATOMIC_RELEASE);
    __atomic_store_n(&pool->uneven, uneven, __ATOMIC_RELEASE);
}

struct hr_pool_shape hr__pool_shape(const struct hr_pool *pool) {
    uint64_t packed = __atomic_load_n(&pool->shape, __ATOMIC_ACQUIRE);
    return (struct hr_pool_shape){.holders = (uint32_t)(packed >> 32),
                                  .per_origin_max = (uint32_t)packed};
}

unsigned hr__pool_holder(struct hr_pool *pool, uint32_t hash) {
    struct hr_pool_shape shape = hr__pool_shape(pool);
    unsigned turn = __atomic_fetch_add(&pool->pick_next, 1, __ATOMIC_RELAXED);
    if (shape.per_origin_max >= shape.holders) return turn % shape.holders;
    return (hash % shape.holders + turn % shape.per_origin_max) % shape.holders;
}
