/* How many bytes of bodies a client moves in a second. */
#include "bandwidth.h"

#define NS_PER_S        1000000000u
#define PIECES_A_SECOND 20
#define PIECE_MIN       ((size_t)4096)

static uint64_t rate_of(const struct hr_bandwidth *bandwidth) {
    return __atomic_load_n(&bandwidth->per_second, __ATOMIC_RELAXED);
}

void hr__bandwidth_set(struct hr_bandwidth *bandwidth, uint64_t per_second) {
    if (rate_of(bandwidth) == per_second) return;
    __atomic_store_n(&bandwidth->per_second, per_second, __ATOMIC_RELAXED);
    __atomic_store_n(&bandwidth->due_ns, 0, __ATOMIC_RELEASE);
}

static uint64_t cost_ns(uint64_t bytes, uint64_t per_second) {
    return (uint64_t)((unsigned __int128)bytes * NS_PER_S / per_second);
}

uint64_t hr__bandwidth_charge(struct hr_bandwidth *bandwidth, uint64_t now_ns, uint64_t bytes) {
    uint64_t due = __atomic_load_n(&bandwidth->due_ns, __ATOMIC_ACQUIRE), next;
    do {
        uint64_t per_second = rate_of(bandwidth); /* of this `due`, or of a later one */
        if (per_second == 0) return now_ns;
        uint64_t saved = now_ns > HR_BANDWIDTH_SAVED_NS ? now_ns - HR_BANDWIDTH_SAVED_NS : 0;
        next = (due > saved ? due : saved) + cost_ns(bytes, per_second);
    } while (!__atomic_compare_exchange_n(&bandwidth->due_ns, &due, next, true, __ATOMIC_ACQUIRE,
                                          __ATOMIC_ACQUIRE));
    return next;
}

uint64_t hr__bandwidth_debt_ns(const struct hr_bandwidth *bandwidth, uint64_t now_ns) {
    if (!hr__bandwidth_limited(bandwidth)) return 0;
    uint64_t due = __atomic_load_n(&bandwidth->due_ns, __ATOMIC_RELAXED);
    return due > now_ns ? due - now_ns : 0;
}

size_t hr__bandwidth_piece(const struct hr_bandwidth *bandwidth, size_t most) {
    uint64_t per_second = rate_of(bandwidth), piece = per_second / PIECES_A_SECOND;
    if (per_second == 0 || piece > most) return most;
    return piece > PIECE_MIN ? (size_t)piece : PIECE_MIN;
}
