/* Additive increase, multiplicative decrease of a send rate. */
#include "aimd.h"

#define NS_PER_S 1e9

/* A window ends after so long, where so many outcomes are in it, or after the longer time. */
#define WINDOW_NS      UINT64_C(250000000)
#define WINDOW_MAX_NS  UINT64_C(2000000000)
#define WINDOW_DEAD_NS UINT64_C(10000000000) /* … and says nothing of now */
#define ENOUGH         50
#define LEAST          5

/* Of all, refused, and so many of them: a store that refuses one in fifty at random must not be
 * sent ever less by chance. */
#define TOLERATED   0.06
#define REFUSED_MIN 2

#define CUT      0.95 /* of what the server took */
#define CUT_MAX  0.25 /* of the rate, in one cut */
#define RISE     0.05 /* of the rate before the cut, in a second */
#define RISE_MIN 0.2  /* requests a second, in a second */
#define BACK     0.5  /* … or this much of the way back to it, which is more behind a deep cut */
#define HELPED   0.75 /* share of refusals behind a cut, of that before */
#define IN_VAIN  4    /* cuts that have not helped */
#define OUTAGE   0.5  /* where so many are refused less is sent in any case */
#define WORSE    1.5  /* times the usual share */
#define OVER     2.0  /* times the rate before the cut */

static double larger(double a, double b) {
    return a > b ? a : b;
}

static double between(double least, double value, double most) {
    return value < least ? least : value > most ? most : value;
}

/* ---- At the end of a window. */

struct window {
    double seconds, sent, taken; /* the two a second */
    double share;                /* refused of all */
};

/* In a second. */
static double rise_of(const struct hr__aimd *aimd) {
    double least = larger(aimd->before * RISE, RISE_MIN);
    return larger(least, (aimd->before - aimd->per_second) * BACK);
}

/* A pause has shown nothing: no more than one second of it counts. */
static void rise(struct hr__aimd *aimd, double seconds) {
    aimd->cuts = 0;
    if (aimd->per_second > 0) aimd->per_second += rise_of(aimd) * (seconds < 1 ? seconds : 1);
}

/* Whether the server refuses as many as before, however much less it gets. */
static bool is_in_vain(struct hr__aimd *aimd, double share) {
    if (aimd->cuts == 0 || share < aimd->share * HELPED) {
        aimd->share = share;
        aimd->cuts = 0;
    }
    return aimd->cuts++ >= IN_VAIN && share < OUTAGE;
}

static void cut(struct hr__aimd *aimd, const struct window *window, uint64_t now_ns) {
    if (is_in_vain(aimd, window->share)) {
        aimd->usual = window->share;
        aimd->per_second = 0;
        aimd->cuts = 0;
        return;
    }
    double rate = larger(aimd->per_second > 0 ? aimd->per_second : window->sent, HR__AIMD_RATE_MIN);
    double next = between(rate * CUT_MAX, window->taken * CUT, rate * CUT);
    aimd->before = rate;
    aimd->per_second = larger(next, HR__AIMD_RATE_MIN);
    aimd->cut_ns = now_ns;
    if (aimd->due_ns < now_ns) aimd->due_ns = now_ns;
}

static void begin_window(struct hr__aimd *aimd, uint64_t now_ns) {
    aimd->window_ns = now_ns;
    aimd->taken = aimd->refused = 0;
}

static void end_window(struct hr__aimd *aimd, uint64_t now_ns) {
    double seconds = (double)hr__aimd_since(aimd->window_ns, now_ns) / NS_PER_S;
    double seen = (double)aimd->taken + aimd->refused;
    struct window window = {seconds, seen / seconds, aimd->taken / seconds, aimd->refused / seen};
    if (aimd->refused >= REFUSED_MIN && window.share > TOLERATED &&
        window.share > aimd->usual * WORSE)
        cut(aimd, &window, now_ns);
    else
        rise(aimd, seconds);
    begin_window(aimd, now_ns);
}

static bool is_window_over(const struct hr__aimd *aimd, uint64_t now_ns) {
    uint64_t passed_ns = hr__aimd_since(aimd->window_ns, now_ns),
             seen = (uint64_t)aimd->taken + aimd->refused;
    return passed_ns >= WINDOW_MAX_NS ? seen >= LEAST : passed_ns >= WINDOW_NS && seen >= ENOUGH;
}

/* ---- From outside. */

void hr__aimd_note(struct hr__aimd *aimd, const struct hr__aimd_outcome *outcome) {
    uint64_t now_ns = outcome->now_ns;
    if (outcome->refused && outcome->sent_ns < aimd->cut_ns) return;
    if (!aimd->window_ns || hr__aimd_since(aimd->window_ns, now_ns) >= WINDOW_DEAD_NS)
        begin_window(aimd, now_ns);
    aimd->taken += !outcome->refused;
    aimd->refused += outcome->refused;
    if (outcome->refused) aimd->refused_ns = now_ns;
    if (is_window_over(aimd, now_ns)) end_window(aimd, now_ns);
}

uint64_t hr__aimd_take(struct hr__aimd *aimd, uint64_t now_ns) {
    if (aimd->per_second <= 0) return 0;
    if (aimd->due_ns > now_ns) return aimd->due_ns - now_ns;
    if (now_ns - aimd->due_ns > HR__AIMD_BURST_NS) aimd->due_ns = now_ns - HR__AIMD_BURST_NS;
    aimd->due_ns += (uint64_t)(NS_PER_S / aimd->per_second);
    return 0;
}

bool hr__aimd_over(const struct hr__aimd *aimd, uint64_t now_ns) {
    return hr__aimd_since(aimd->refused_ns, now_ns) >= HR__AIMD_OVER_NS &&
           (aimd->per_second <= 0 || aimd->per_second >= aimd->before * OVER);
}
