/* The byte budget: one atomic total for the engine, of which reactors lease chunks, so that most
 * reservations touch no shared line. While anybody waits, nobody keeps spare bytes.
 *
 * Waiters of all reactors are served in the order of their tickets, or a stream of small ones on
 * one reactor would overtake a large one on another for ever. Each reactor shows the ticket of its
 * first; the lowest may take. Who shows another one tells the lowest afterwards, and who waits
 * looks at the others after it has shown its own, so one of two sees the other. */
#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include "reactor_core.h"

#define CHUNK_MAX (1u << 20)
#define CHUNK_MIN 4096
#define CHUNKS    16 /* spare chunks of all reactors are at most this part of the limit */

/* The total. */

static bool lease(struct hr_budget *budget, uint64_t bytes) {
    uint64_t leased = __atomic_load_n(&budget->leased, __ATOMIC_RELAXED), next;
    do {
        assert(leased <= budget->limit);
        if (bytes > budget->limit - leased) return false;
        next = leased + bytes;
    } while (!__atomic_compare_exchange_n(&budget->leased, &leased, next, true, __ATOMIC_SEQ_CST,
                                          __ATOMIC_RELAXED));
    uint64_t peak = __atomic_load_n(&budget->peak, __ATOMIC_RELAXED);
    while (peak < next && !__atomic_compare_exchange_n(&budget->peak, &peak, next, true,
                                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
    return true;
}

static void call_grant(struct hr_reactor *reactor) {
    if (!__atomic_exchange_n(&reactor->budget.grant_queued, 1, __ATOMIC_SEQ_CST))
        hr__reactor_post(reactor, &reactor->budget.grant);
}

static uint64_t shown_ticket(const struct hr_reactor *reactor) {
    return __atomic_load_n(&reactor->budget.ticket, __ATOMIC_SEQ_CST);
}

/* The reactor whose turn it is; NULL: nobody waits. Any thread. */
static struct hr_reactor *next_to_take(const struct hr_reactor_group *group) {
    struct hr_reactor *next = NULL;
    uint64_t lowest = UINT64_MAX;
    for (unsigned i = 0; i < group->count; i++) {
        uint64_t ticket = shown_ticket(group->reactors[i]);
        if (ticket == 0 || ticket >= lowest) continue;
        lowest = ticket;
        next = group->reactors[i];
    }
    return next;
}

/* Bytes go back to the total; whose turn it is, but for the giver, is told. Any thread. */
static void unlease(struct hr_reactor_group *group, const struct hr_reactor *giver,
                    uint64_t bytes) {
    uint64_t before = __atomic_fetch_sub(&group->budget.leased, bytes, __ATOMIC_SEQ_CST);
    assert(bytes <= before);
    (void)before;
    if (!__atomic_load_n(&group->budget.waiting, __ATOMIC_SEQ_CST)) return;
    struct hr_reactor *next = next_to_take(group);
    if (next && next != giver) call_grant(next);
}

/* A reactor's share. */

static void set_used(struct hr_budget_share *share, uint64_t used) {
    assert(used <= share->leased);
    __atomic_store_n(&share->used, used, __ATOMIC_RELAXED);
}

static bool acquire(struct hr_reactor *reactor, uint64_t bytes) {
    struct hr_budget_share *share = &reactor->budget;
    struct hr_budget *budget = &reactor->group->budget;
    assert(share->used <= share->leased);
    uint64_t spare = share->leased - share->used;
    if (bytes > spare) {
        uint64_t need = bytes - spare, chunk = budget->chunk;
        uint64_t rounded = (need + chunk - 1) / chunk * chunk;
        bool wanted = __atomic_load_n(&budget->waiting, __ATOMIC_SEQ_CST) > 0;
        if (!wanted && lease(budget, rounded))
            share->leased += rounded;
        else if (lease(budget, need))
            share->leased += need;
        else
            return false;
    }
    set_used(share, share->used + bytes);
    return true;
}

static void shed(struct hr_reactor *reactor) {
    struct hr_budget_share *share = &reactor->budget;
    struct hr_budget *budget = &reactor->group->budget;
    assert(share->used <= share->leased);
    uint64_t spare = share->leased - share->used;
    bool wanted = __atomic_load_n(&budget->waiting, __ATOMIC_SEQ_CST) > 0;
    uint64_t keep = wanted ? 0 : budget->chunk;
    if (spare <= 2 * keep) return; /* a margin, or one request to and fro would move the total */
    share->leased -= spare - keep;
    unlease(reactor->group, reactor, spare - keep);
}

/* Waiting. */

static void append(struct hr_budget_share *share, struct hr_budget_waiter *waiter) {
    assert(!share->last || share->last->ticket < waiter->ticket);
    waiter->next = NULL;
    waiter->prev = share->last;
    if (share->last)
        share->last->next = waiter;
    else
        share->first = waiter;
    share->last = waiter;
}

/* Shows the ticket of its first, and tells whose turn it is now. */
static void show_ticket(struct hr_reactor *reactor) {
    struct hr_budget_share *share = &reactor->budget;
    uint64_t ticket = share->first ? share->first->ticket : 0;
    if (ticket == share->ticket) return;
    assert(ticket || !share->first);
    __atomic_store_n(&share->ticket, ticket, __ATOMIC_SEQ_CST);
    struct hr_reactor *next = next_to_take(reactor->group);
    if (next && next != reactor) call_grant(next);
}

static bool is_waiting(const struct hr_budget_share *share, const struct hr_budget_waiter *waiter) {
    return waiter->next || waiter->prev || share->first == waiter;
}

static void unlink_waiter(struct hr_reactor *reactor, struct hr_budget_waiter *waiter) {
    struct hr_budget_share *share = &reactor->budget;
    assert(is_waiting(share, waiter));
    if (waiter->prev)
        waiter->prev->next = waiter->next;
    else
        share->first = waiter->next;
    if (waiter->next)
        waiter->next->prev = waiter->prev;
    else
        share->last = waiter->prev;
    waiter->next = waiter->prev = NULL;
    if (!share->first) __atomic_fetch_sub(&reactor->group->budget.waiting, 1, __ATOMIC_SEQ_CST);
    show_ticket(reactor);
}

static void on_grant(struct hr_task *task) {
    struct hr_reactor *reactor = hr__container_of(task, struct hr_reactor, budget.grant);
    struct hr_budget_share *share = &reactor->budget;
    assert(__atomic_load_n(&share->grant_queued, __ATOMIC_RELAXED));
    __atomic_store_n(&share->grant_queued, 0, __ATOMIC_SEQ_CST);
    while (share->first && next_to_take(reactor->group) == reactor &&
           acquire(reactor, share->first->bytes)) {
        struct hr_budget_waiter *waiter = share->first;
        unlink_waiter(reactor, waiter);
        waiter->on_granted(waiter);
    }
    shed(reactor);
}

static void on_trim(struct hr_task *task) {
    struct hr_reactor *reactor = hr__container_of(task, struct hr_reactor, budget.trim);
    assert(__atomic_load_n(&reactor->budget.trim_queued, __ATOMIC_RELAXED));
    __atomic_store_n(&reactor->budget.trim_queued, 0, __ATOMIC_SEQ_CST);
    shed(reactor);
}

/* The first that waits here asks the other reactors for what they do not use. */
static void announce(struct hr_reactor *reactor) {
    struct hr_reactor_group *group = reactor->group;
    assert(reactor->budget.first);
    __atomic_fetch_add(&group->budget.waiting, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < group->count; i++) {
        struct hr_reactor *other = group->reactors[i];
        if (other != reactor &&
            !__atomic_exchange_n(&other->budget.trim_queued, 1, __ATOMIC_SEQ_CST))
            hr__reactor_post(other, &other->budget.trim);
    }
}

/* The calls of the modules above. */

int hr__budget_reserve(struct hr_reactor *reactor, size_t bytes) {
    struct hr_budget_share *share = &reactor->budget;
    struct hr_budget *budget = &reactor->group->budget;
    if (bytes > budget->limit || share->first) return -ENOBUFS;
    bool others = __atomic_load_n(&budget->waiting, __ATOMIC_SEQ_CST) > 0;
    if (others && bytes > share->leased - share->used) return -ENOBUFS;
    return acquire(reactor, bytes) ? 0 : -ENOBUFS;
}

int hr__budget_grow(struct hr_reactor *reactor, size_t bytes) {
    return acquire(reactor, bytes) ? 0 : -ENOBUFS;
}

int hr__budget_wait(struct hr_reactor *reactor, struct hr_budget_waiter *waiter) {
    struct hr_budget_share *share = &reactor->budget;
    if (waiter->bytes > reactor->group->budget.limit) return -ENOBUFS;
    assert(waiter->on_granted && !is_waiting(share, waiter));
    bool first = share->first == NULL;
    waiter->ticket = __atomic_add_fetch(&reactor->group->budget.tickets, 1, __ATOMIC_SEQ_CST);
    append(share, waiter);
    show_ticket(reactor);
    if (first) announce(reactor);
    call_grant(reactor);
    return 0;
}

void hr__budget_unwait(struct hr_reactor *reactor, struct hr_budget_waiter *waiter) {
    if (!is_waiting(&reactor->budget, waiter)) return;
    unlink_waiter(reactor, waiter);
    call_grant(reactor); /* the one behind it may be smaller */
}

void hr__budget_release(struct hr_reactor *reactor, size_t bytes) {
    struct hr_budget_share *share = &reactor->budget;
    assert(bytes <= share->used);
    set_used(share, share->used - bytes);
    if (share->first)
        call_grant(reactor);
    else
        shed(reactor);
}

/* Bulk. */

uint64_t hr__budget_bulk_limit(const struct hr_reactor *reactor) {
    return reactor->group->budget.limit / 2;
}

int hr__budget_bulk_reserve(struct hr_reactor *reactor, size_t bytes) {
    struct hr_budget *budget = &reactor->group->budget;
    uint64_t bulk = __atomic_load_n(&budget->bulk, __ATOMIC_RELAXED);
    do {
        if (bytes > budget->limit / 2 - bulk) return -ENOBUFS;
    } while (!__atomic_compare_exchange_n(&budget->bulk, &bulk, bulk + bytes, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    int err = hr__budget_reserve(reactor, bytes);
    if (err) __atomic_fetch_sub(&budget->bulk, bytes, __ATOMIC_RELAXED);
    return err;
}

void hr__budget_bulk_release(struct hr_reactor *reactor, size_t bytes) {
    uint64_t before = __atomic_fetch_sub(&reactor->group->budget.bulk, bytes, __ATOMIC_RELAXED);
    assert(bytes <= before);
    (void)before;
    hr__budget_release(reactor, bytes);
}

void hr__budget_bulk_waits(struct hr_reactor *reactor, bool waits) {
    __atomic_fetch_add(&reactor->group->budget.bulk_waiting, waits ? 1u : UINT32_MAX,
                       __ATOMIC_RELAXED);
}

bool hr__budget_bulk_wanted(const struct hr_reactor *reactor) {
    return __atomic_load_n(&reactor->group->budget.bulk_waiting, __ATOMIC_RELAXED) > 0;
}

void hr__budget_returned(struct hr_reactor_group *group, size_t bytes) {
    __atomic_fetch_add(&group->budget.given_back, bytes, __ATOMIC_RELAXED);
    unlease(group, NULL, bytes);
}

/* Set-up. */

void hr__budget_open(struct hr_reactor_group *group, uint64_t limit) {
    assert(group->count > 0);
    uint64_t chunk = limit / (CHUNKS * group->count);
    if (chunk > CHUNK_MAX) chunk = CHUNK_MAX;
    group->budget.limit = limit;
    group->budget.chunk = chunk < CHUNK_MIN ? CHUNK_MIN : chunk;
}

void hr__budget_share_open(struct hr_reactor *reactor) {
    assert(!reactor->budget.grant.run && !reactor->budget.trim.run);
    reactor->budget.grant.run = on_grant;
    reactor->budget.trim.run = on_trim;
}
