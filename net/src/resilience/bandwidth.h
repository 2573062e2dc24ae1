/* How many bytes of bodies a client moves in a second, both ways together. One record per client,
 * shared by the reactors. Any thread. */
#ifndef HR_NET_BANDWIDTH_H
#define HR_NET_BANDWIDTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One number, as in rate_limit.h: when the next byte is due. Bytes are charged once they have
 * moved, and whoever is charged moves none before that time: so the average is kept, whatever the
 * size of a piece. Bytes that were not moved are saved up for HR_BANDWIDTH_SAVED_NS. */
struct hr_bandwidth {
    uint64_t per_second; /* 0: no limit */
    uint64_t due_ns;
} __attribute__((aligned(64)));

#define HR_BANDWIDTH_MAX      UINT64_C(1000000000000) /* bytes a second */
#define HR_BANDWIDTH_SAVED_NS UINT64_C(50000000)

static inline bool hr__bandwidth_limited(const struct hr_bandwidth *bandwidth) {
    return __atomic_load_n(&bandwidth->per_second, __ATOMIC_RELAXED) != 0;
}
/* How long those that wait leave another limit unseen. */
#define HR_BANDWIDTH_LOOK_NS UINT64_C(1000000000)

/* Another limit: what was charged under the one before is forgotten. */
void hr__bandwidth_set(struct hr_bandwidth *bandwidth, uint64_t per_second);
/* So many bytes have moved. When the next ones may. */
uint64_t hr__bandwidth_charge(struct hr_bandwidth *bandwidth, uint64_t now_ns, uint64_t bytes);
/* How long nothing may move. */
uint64_t hr__bandwidth_debt_ns(const struct hr_bandwidth *bandwidth, uint64_t now_ns);
/* The size of a piece, at most `most`, that lets others have their turn. */
size_t hr__bandwidth_piece(const struct hr_bandwidth *bandwidth, size_t most);

#endif
