/* A hierarchical timing wheel (Varghese and Lauck, 1987): four levels of 64 slots, 1 ms to 4.6
 * hours; what is due later waits in the last level and is sorted again when its slot comes round.
 * Start and stop are O(1); a bit per slot finds the next one. */
#include <assert.h>
#include <stdlib.h>

#include <engine/timer.h>

#define TICK_NS   UINT64_C(1000000)
#define LEVELS    4
#define SLOT_BITS 6
#define SLOTS     (1u << SLOT_BITS)
#define SPAN_MAX  ((UINT64_C(1) << (LEVELS * SLOT_BITS)) - 1)

/* A list is circular with a sentinel; of the sentinel only the links are used. */
struct hr_wheel {
    uint64_t tick; /* all ticks up to this one have been fired */
    uint64_t filled[LEVELS];
    struct hr_timer due; /* started with a deadline that had passed */
    struct hr_timer slots[LEVELS][SLOTS];
};

static void list_init(struct hr_timer *list) {
    list->next = list->prev = list;
}
static bool list_empty(const struct hr_timer *list) {
    return list->next == list;
}

static void list_append(struct hr_timer *list, struct hr_timer *timer) {
    assert(!hr__timer_running(timer));
    timer->prev = list->prev;
    timer->next = list;
    list->prev->next = timer;
    list->prev = timer;
}

static void list_remove(struct hr_timer *timer) {
    assert(timer->prev->next == timer && timer->next->prev == timer);
    timer->prev->next = timer->next;
    timer->next->prev = timer->prev;
    timer->next = timer->prev = NULL;
}

/* Moves all of `from`, in order, to the empty list `to`. */
static void list_take(struct hr_timer *from, struct hr_timer *to) {
    list_init(to);
    if (list_empty(from)) return;
    assert(from->next->prev == from && from->prev->next == from);
    *to = (struct hr_timer){.next = from->next, .prev = from->prev};
    to->next->prev = to;
    to->prev->next = to;
    list_init(from);
}

struct hr_wheel *hr__wheel_new(uint64_t now_ns) {
    struct hr_wheel *wheel = calloc(1, sizeof *wheel);
    if (!wheel) return NULL;
    wheel->tick = now_ns / TICK_NS;
    list_init(&wheel->due);
    for (unsigned level = 0; level < LEVELS; level++)
        for (unsigned slot = 0; slot < SLOTS; slot++) list_init(&wheel->slots[level][slot]);
    return wheel;
}

void hr__wheel_free(struct hr_wheel *wheel) {
    free(wheel);
}

/* The first tick at which the deadline has passed. */
static uint64_t tick_of(uint64_t deadline_ns) {
    return deadline_ns / TICK_NS + (deadline_ns % TICK_NS != 0);
}

static void insert(struct hr_wheel *wheel, struct hr_timer *timer) {
    uint64_t expires = tick_of(timer->deadline_ns);
    if (expires <= wheel->tick) {
        list_append(&wheel->due, timer);
        return;
    }
    uint64_t span = expires - wheel->tick;
    if (span > SPAN_MAX) span = SPAN_MAX;
    unsigned level = (63u - (unsigned)__builtin_clzll(span)) / SLOT_BITS;
    assert(level < LEVELS);
    uint64_t slot = ((wheel->tick + span) >> (level * SLOT_BITS)) & (SLOTS - 1);
    list_append(&wheel->slots[level][slot], timer);
    wheel->filled[level] |= UINT64_C(1) << slot;
}

void hr__wheel_start(struct hr_wheel *wheel, struct hr_timer *timer, uint64_t deadline_ns) {
    assert(timer->on_fire);
    hr__wheel_stop(wheel, timer);
    timer->deadline_ns = deadline_ns;
    insert(wheel, timer);
}

void hr__wheel_stop(struct hr_wheel *wheel, struct hr_timer *timer) {
    (void)wheel; /* the slot's bit is cleared when somebody next looks at it */
    if (hr__timer_running(timer)) list_remove(timer);
}

/* The tick at which the next filled slot of a level comes round; UINT64_MAX when there is none. */
static uint64_t next_of_level(struct hr_wheel *wheel, unsigned level) {
    uint64_t position = wheel->tick >> (level * SLOT_BITS);
    while (wheel->filled[level]) {
        unsigned shift = (unsigned)(position + 1) & (SLOTS - 1);
        uint64_t rotated =
            wheel->filled[level] >> shift | (shift ? wheel->filled[level] << (SLOTS - shift) : 0);
        uint64_t ahead = (uint64_t)__builtin_ctzll(rotated) + 1;
        assert(ahead <= SLOTS);
        uint64_t slot = (position + ahead) & (SLOTS - 1);
        if (!list_empty(&wheel->slots[level][slot]))
            return (position + ahead) << (level * SLOT_BITS);
        wheel->filled[level] &= ~(UINT64_C(1) << slot);
    }
    return UINT64_MAX;
}

static uint64_t next_tick(struct hr_wheel *wheel) {
    uint64_t next = UINT64_MAX;
    for (unsigned level = 0; level < LEVELS; level++) {
        uint64_t tick = next_of_level(wheel, level);
        if (tick < next) next = tick;
    }
    return next;
}

/* The tick until which nothing of a level is due. A timer that is alone in its slot need not be
 * brought down before: a reactor with one timer, as a logger's, wakes once for it, not once a
 * level. In the last level later slots may hold timers that are due earlier. */
static uint64_t idle_of_level(struct hr_wheel *wheel, unsigned level) {
    uint64_t next = next_of_level(wheel, level);
    if (next == UINT64_MAX || level == 0 || level == LEVELS - 1) return next;
    const struct hr_timer *slot = &wheel->slots[level][next >> (level * SLOT_BITS) & (SLOTS - 1)];
    return slot->next->next == slot ? tick_of(slot->next->deadline_ns) : next;
}

uint64_t hr__wheel_next(struct hr_wheel *wheel) {
    if (!list_empty(&wheel->due)) return 0;
    uint64_t next = UINT64_MAX;
    for (unsigned level = 0; level < LEVELS; level++) {
        uint64_t tick = idle_of_level(wheel, level);
        if (tick < next) next = tick;
    }
    return next == UINT64_MAX ? UINT64_MAX : next * TICK_NS;
}

static unsigned fire_list(struct hr_timer *from) {
    struct hr_timer list;
    unsigned count = 0;
    list_take(from, &list);
    while (!list_empty(&list)) { /* a callback may stop others of this list */
        struct hr_timer *timer = list.next;
        list_remove(timer);
        count++;
        timer->on_fire(timer);
    }
    return count;
}

/* Brings timers of the higher levels whose slot begins at this tick down to where they belong now.
 */
static void cascade(struct hr_wheel *wheel) {
    for (unsigned level = LEVELS - 1; level > 0; level--) {
        uint64_t below = (UINT64_C(1) << (level * SLOT_BITS)) - 1;
        if (wheel->tick & below) continue;
        uint64_t slot = (wheel->tick >> (level * SLOT_BITS)) & (SLOTS - 1);
        struct hr_timer list;
        list_take(&wheel->slots[level][slot], &list);
        wheel->filled[level] &= ~(UINT64_C(1) << slot);
        while (!list_empty(&list)) {
            struct hr_timer *timer = list.next;
            list_remove(timer);
            insert(wheel, timer);
        }
    }
}

unsigned hr__wheel_fire(struct hr_wheel *wheel, uint64_t now_ns) {
    unsigned count = fire_list(&wheel->due);
    uint64_t now = now_ns / TICK_NS;
    for (uint64_t tick = next_tick(wheel); tick <= now; tick = next_tick(wheel)) {
        assert(tick > wheel->tick);
        wheel->tick = tick;
        uint64_t slot = tick & (SLOTS - 1);
        struct hr_timer list;
        list_take(&wheel->slots[0][slot], &list);
        wheel->filled[0] &= ~(UINT64_C(1) << slot);
        /* A timer that comes down and is due at this very tick goes behind those that were here:
         * started in a callback of this call they must wait for the next, so the due list is taken
         * before any callback runs. */
        struct hr_timer came_down;
        struct hr_timer started;
        list_take(&wheel->due, &started);
        assert(list_empty(&wheel->due));
        cascade(wheel);
        list_take(&wheel->due, &came_down);
        list_take(&started, &wheel->due);
        count += fire_list(&list);
        count += fire_list(&came_down);
    }
    if (now > wheel->tick) wheel->tick = now;
    return count;
}
