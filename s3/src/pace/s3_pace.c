/* Attempts wait for their turn where a store has asked to go slower. */
#include "s3_pace.h"

#include <assert.h>
#include <stdlib.h>

/* A rate may rise while the first of a lane waits, by another reactor's doing too. */
#define LOOK_AGAIN_NS UINT64_C(100000000)

/* Attempts of one reactor that wait for a turn of one rate, in their order. */
struct hr__s3_lane {
    struct hr__s3_lanes *lanes;
    struct hr__s3_turn *first, *last;
    struct hr_timer timer; /* of the first one's turn */
};

static uint64_t now(const struct hr__s3_lanes *lanes) {
    return hr__reactor_now(lanes->reactor);
}

/* ---- The rates, under the lock. */

/* The other threads see what is kept, and whether attempts have to ask. */
static void publish(struct hr__s3_pace *pace) {
    bool client = pace->mode == HR_S3_PACE_CLIENT;
    unsigned kept = pace->prefixes ? pace->prefixes->count : 0;
    unsigned slowed = client     ? pace->adaptive.enabled
                      : kept > 0 ? hr__prefix_rates_slowed(pace->prefixes)
                                 : 0;
    atomic_store_explicit(&pace->slowed, slowed, memory_order_relaxed);
    atomic_store_explicit(&pace->active, client || kept > 0, memory_order_relaxed);
}

/* Of a client with one rate, place 0 and no prefix. */
struct rate {
    struct hr__prefix_rate *prefix;
    unsigned place;
};

/* The rate of what is called so, as the client has it; false: none is kept. */
static bool rate_of(struct hr__s3_pace *pace, uint64_t name, uint64_t now_ns, struct rate *rate) {
    *rate = (struct rate){NULL, 0};
    if (pace->mode == HR_S3_PACE_CLIENT) return pace->adaptive.enabled;
    if (!pace->prefixes || pace->prefixes->count == 0) return false;
    rate->prefix = hr__prefix_rates_find(pace->prefixes, name, now_ns);
    if (rate->prefix) rate->place = hr__prefix_rates_place(pace->prefixes, rate->prefix);
    return rate->prefix != NULL;
}

/* 0: a turn was taken. */
static uint64_t take(struct hr__s3_pace *pace, const struct rate *rate, uint64_t now_ns) {
    return rate->prefix ? hr__aimd_take(&rate->prefix->aimd, now_ns)
                        : hr__adaptive_rate_take(&pace->adaptive, now_ns);
}

static void count_waiting(const struct rate *rate, int more) {
    if (!rate->prefix) return;
    assert(more > 0 || rate->prefix->waiting > 0);
    rate->prefix->waiting += (unsigned)more;
}

/* ---- Lanes. */

static struct hr__s3_lane *lane_at(struct hr__s3_lanes *lanes, unsigned place) {
    if (!lanes->lanes) lanes->lanes = calloc(HR__PREFIXES_MAX, sizeof *lanes->lanes);
    return lanes->lanes ? &lanes->lanes[place] : NULL;
}

static void append(struct hr__s3_lane *lane, struct hr__s3_turn *turn) {
    assert(!turn->lane);
    turn->lane = lane;
    turn->next = NULL;
    turn->previous = lane->last;
    if (lane->last)
        lane->last->next = turn;
    else
        lane->first = turn;
    lane->last = turn;
}

static void detach(struct hr__s3_turn *turn) {
    struct hr__s3_lane *lane = turn->lane;
    if (turn->previous)
        turn->previous->next = turn->next;
    else
        lane->first = turn->next;
    if (turn->next)
        turn->next->previous = turn->previous;
    else
        lane->last = turn->previous;
    turn->lane = NULL;
    if (!lane->first) hr__timer_stop(lane->lanes->reactor, &lane->timer);
}

static void arm(struct hr__s3_lane *lane, uint64_t wait_ns) {
    if (wait_ns > LOOK_AGAIN_NS) wait_ns = LOOK_AGAIN_NS;
    hr__timer_start(lane->lanes->reactor, &lane->timer, now(lane->lanes) + wait_ns);
}

/* The first one's turn has come, or its rate is kept no more: out of the lane. Else the timer runs
 * again. */
static bool release_first(struct hr__s3_lane *lane) {
    struct hr__s3_pace *pace = lane->lanes->pace;
    struct hr__s3_turn *turn = lane->first;
    uint64_t now_ns = now(lane->lanes);
    struct rate rate;
    pthread_mutex_lock(&pace->lock);
    uint64_t wait_ns = rate_of(pace, turn->name, now_ns, &rate) ? take(pace, &rate, now_ns) : 0;
    if (wait_ns == 0) count_waiting(&rate, -1);
    pthread_mutex_unlock(&pace->lock);
    if (wait_ns == 0)
        detach(turn);
    else
        arm(lane, wait_ns);
    return wait_ns == 0;
}

static void go(struct hr__s3_lanes *lanes, struct hr__s3_turn *turn) {
    turn->sent_ns = now(lanes);
    hr__count(&lanes->delayed_ns, turn->sent_ns - turn->asked_ns);
    turn->on_turn(turn);
}

/* A request may end in its turn, and its owner may close the client. */
static void on_timer(struct hr_timer *timer) {
    struct hr__s3_lane *lane = hr__container_of(timer, struct hr__s3_lane, timer);
    struct hr__s3_turn *turn;
    hr_http_client *http = *lane->lanes->http;
    assert(lane->first);
    hr__http_client_hold(http);
    while ((turn = lane->first) != NULL && release_first(lane)) go(lane->lanes, turn);
    hr__http_client_leave(http);
}

static void wait_in(struct hr__s3_lane *lane, struct hr__s3_turn *turn, uint64_t wait_ns) {
    bool first = !lane->first;
    append(lane, turn);
    turn->asked_ns = turn->sent_ns;
    lane->timer.on_fire = on_timer;
    hr__count(&lane->lanes->delayed, 1);
    if (first) arm(lane, wait_ns);
}

bool hr__s3_pace_wait(struct hr__s3_lanes *lanes, const struct hr__prefix *prefix,
                      struct hr__s3_turn *turn) {
    struct hr__s3_pace *pace = lanes->pace;
    struct hr__s3_lane *lane = NULL;
    struct rate rate;
    uint64_t wait_ns = 0;
    turn->name = hr__prefix_name(prefix);
    pthread_mutex_lock(&pace->lock);
    if (rate_of(pace, turn->name, turn->sent_ns, &rate)) lane = lane_at(lanes, rate.place);
    if (lane && !lane->first) wait_ns = take(pace, &rate, turn->sent_ns);
    bool waits = lane && (lane->first || wait_ns > 0);
    if (waits) count_waiting(&rate, 1);
    pthread_mutex_unlock(&pace->lock);
    if (!waits) return false;
    lane->lanes = lanes;
    wait_in(lane, turn, wait_ns);
    return true;
}

void hr__s3_pace_leave(struct hr__s3_lanes *lanes, struct hr__s3_turn *turn) {
    struct rate rate;
    if (!turn->lane) return;
    pthread_mutex_lock(&lanes->pace->lock);
    if (rate_of(lanes->pace, turn->name, now(lanes), &rate)) count_waiting(&rate, -1);
    pthread_mutex_unlock(&lanes->pace->lock);
    detach(turn);
}

void hr__s3_lanes_free(struct hr__s3_lanes *lanes) {
    for (unsigned i = 0; lanes->lanes && i < HR__PREFIXES_MAX; i++) assert(!lanes->lanes[i].first);
    free(lanes->lanes);
}

/* ---- What the store says. */

/* A HEAD that is refused has no code, and S3's other 503 asks for the same. */
static bool is_throttled(const struct hr__s3_pace *pace, const struct hr__s3_said *said) {
    return said->slow || (pace->mode == HR_S3_PACE_PREFIX && said->status == 503);
}

/* From the first refusal on a rate is kept. NULL: there is no place for it. */
static struct hr__prefix_rate *keep(struct hr__s3_pace *pace, uint64_t name, uint64_t now_ns) {
    if (!pace->prefixes) pace->prefixes = calloc(1, sizeof *pace->prefixes);
    return pace->prefixes ? hr__prefix_rates_keep(pace->prefixes, name, now_ns) : NULL;
}

static void note_prefix(struct hr__s3_pace *pace, uint64_t name,
                        const struct hr__aimd_outcome *outcome) {
    struct rate rate = {NULL, 0};
    if (outcome->refused)
        rate.prefix = keep(pace, name, outcome->now_ns);
    else
        rate_of(pace, name, outcome->now_ns, &rate);
    if (rate.prefix) hr__aimd_note(&rate.prefix->aimd, outcome);
}

static void note_client(struct hr__s3_pace *pace, const struct hr__aimd_outcome *outcome) {
    if (!pace->adaptive.begun) hr__adaptive_rate_init(&pace->adaptive, outcome->now_ns);
    hr__adaptive_rate_note(&pace->adaptive, outcome->now_ns, outcome->refused);
}

void hr__s3_pace_note(struct hr__s3_lanes *lanes, const struct hr__prefix *prefix,
                      const struct hr__s3_said *said) {
    struct hr__s3_pace *pace = lanes->pace;
    struct hr__aimd_outcome outcome = {now(lanes), said->sent_ns, is_throttled(pace, said)};
    bool taken = said->status > 0 && said->status < 500;
    hr__count(&lanes->throttled, outcome.refused);
    if (pace->mode == HR_S3_PACE_NONE) return;
    pthread_mutex_lock(&pace->lock);
    if (pace->mode == HR_S3_PACE_CLIENT)
        note_client(pace, &outcome);
    else if (taken || outcome.refused)
        note_prefix(pace, hr__prefix_name(prefix), &outcome);
    if (pace->prefixes) hr__prefix_rates_sweep(pace->prefixes, outcome.now_ns);
    publish(pace);
    pthread_mutex_unlock(&pace->lock);
}

/* ---- The client's. */

void hr__s3_pace_open(struct hr__s3_pace *pace) {
    pace->mode = HR_S3_PACE_NONE;
    pthread_mutex_init(&pace->lock, NULL);
}

void hr__s3_pace_choose(struct hr__s3_pace *pace, enum hr_s3_pace asked, bool adaptive) {
    pace->mode = asked ? asked : adaptive ? HR_S3_PACE_CLIENT : HR_S3_PACE_NONE;
    publish(pace);
}

void hr__s3_pace_close(struct hr__s3_pace *pace) {
    free(pace->prefixes);
    pthread_mutex_destroy(&pace->lock);
}
