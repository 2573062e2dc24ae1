/* A send rate that follows the refusals of a server: additive increase, multiplicative decrease
 * (Chiu and Jain 1989), by what the server took and refused in windows of a quarter of a second and
 * more. A few refusals are no reason to send less, nor are those that stay as many however much
 * less is sent. It says when the next request may go. Pure; its owner sees to it that one thread at
 * a time uses it. */
#ifndef HR_S3_AIMD_H
#define HR_S3_AIMD_H

#include <stdbool.h>
#include <stdint.h>

#define HR__AIMD_RATE_MIN 1.0 /* requests a second, however many the server refuses */
/* Without a refusal for so long, and well above the rate of the last cut, it is over. */
#define HR__AIMD_OVER_NS UINT64_C(60000000000)
/* A rate that timers are too coarse for is kept by sending together what came due within it. */
#define HR__AIMD_BURST_NS UINT64_C(10000000)

/* Times come from reactors, each of which looks at the clock once a turn: one may be a little older
 * than the last that was seen. */
static inline uint64_t hr__aimd_since(uint64_t then_ns, uint64_t now_ns) {
    return now_ns > then_ns ? now_ns - then_ns : 0;
}

/* Zeroed: nothing is known, and nothing waits. */
struct hr__aimd {
    double per_second;           /* the rate now; 0: none is kept */
    double before;               /* at the last cut */
    uint64_t due_ns;             /* of the next request */
    uint64_t cut_ns, refused_ns; /* the last of each */
    uint64_t window_ns;          /* when the window began; 0: there was none yet */
    uint32_t taken, refused;     /* in it */
    uint32_t cuts;               /* one after the other, which have not helped */
    double share;                /* of refusals when the first of them was made */
    double usual;                /* share that no cut makes smaller; 0: none is known */
};

/* A request has ended. A refusal of one that was sent before the last cut says nothing of the rate
 * since, and is ignored. */
struct hr__aimd_outcome {
    uint64_t now_ns, sent_ns;
    bool refused;
};
void hr__aimd_note(struct hr__aimd *aimd, const struct hr__aimd_outcome *outcome);
/* 0: the next request may go, and is counted. Else how long it is until then. */
uint64_t hr__aimd_take(struct hr__aimd *aimd, uint64_t now_ns);
/* Whether the server has refused nothing for so long that no rate need be kept. */
bool hr__aimd_over(const struct hr__aimd *aimd, uint64_t now_ns);

#endif
