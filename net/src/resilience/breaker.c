/* A circuit breaker.
 *
 * All that decides stands in one word: generation, state, whether a probe is under way, a count.
 * Each change of it is one compare-and-exchange, and who wins that has made the change. The
 * generation goes up with each transition and each probe: a result of an older one does not count.
 *
 * Beside it stands the time at which the next probe is due, or the one under way is given up. It is
 * moved before the word is, and only forward: who sees a state sees a time that is as new, and one
 * who loses the exchange has done no harm. While the breaker is closed and all is well, nothing
 * here is written. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <base/reserved.h>
#include <headrace/clock.h>

#include "breaker_core.h"
#include "breaker_window.h"

#define NS_PER_MS    UINT64_C(1000000)
#define COUNT_MAX    ((UINT32_C(1) << 29) - 1)
#define FAILURES_MAX 5
#define OPEN_MS      60000
#define CALLS_MIN    100
#define WINDOW_MS    60000
#define TRANSITIONS  8
#define NOT_BY_COUNT UINT32_MAX

struct word {
    uint32_t generation;
    enum hr_breaker_state state;
    bool probing;
    uint32_t count; /* closed, open: failures in a row; half-open: successes of probes */
};

struct noted {
    uint32_t generation; /* that began with it */
    struct hr_breaker_transition transition;
};

struct hr_breaker_s {
    /* Read by each call. */
    uint64_t word __attribute__((aligned(64)));
    uint64_t due_ns;
    struct hr_breaker_window *window; /* NULL: by count alone */
    uint64_t slow_ns;                 /* 0: nobody asks how long a call takes */
    uint64_t open_ns;                 /* atomic, as are the next two: hr__breaker_adjust */
    uint32_t failures_max, probes_max;
    uint32_t calls_min, failure_percent, slow_percent;
    /* Written while it is not closed. */
    uint64_t rejected __attribute__((aligned(64)));
    uint64_t opened;
    pthread_mutex_t mutex;           /* of what follows */
    struct noted noted[TRANSITIONS]; /* newest first */
    unsigned noted_count;
    void (*on_transition)(void *user, const char *name,
                          const struct hr_breaker_transition *transition);
    void *user;
    char name[];
};

static uint64_t open_ns_of(const hr_breaker *breaker) {
    return __atomic_load_n(&breaker->open_ns, __ATOMIC_RELAXED);
}

static uint64_t pack(struct word word) {
    return (uint64_t)word.generation << 32 | (uint64_t)word.state << 30 |
           (uint64_t)word.probing << 29 | word.count;
}

static struct word unpack(uint64_t packed) {
    return (struct word){
        .generation = (uint32_t)(packed >> 32),
        .state = (enum hr_breaker_state)(packed >> 30 & 3),
        .probing = packed >> 29 & 1,
        .count = (uint32_t)packed & COUNT_MAX,
    };
}

/* ---- Transitions. */

static void move_due(hr_breaker *breaker, uint64_t due_ns) {
    uint64_t seen = __atomic_load_n(&breaker->due_ns, __ATOMIC_RELAXED);
    while (seen < due_ns && !__atomic_compare_exchange_n(&breaker->due_ns, &seen, due_ns, true,
                                                         __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        continue;
}

/* Two that follow each other quickly may come here in the wrong order; the generation tells. */
static void note(hr_breaker *breaker, const struct noted *noted) {
    pthread_mutex_lock(&breaker->mutex);
    unsigned at = 0;
    while (at < breaker->noted_count &&
           (int32_t)(breaker->noted[at].generation - noted->generation) > 0)
        at++;
    if (at < TRANSITIONS) {
        if (breaker->noted_count < TRANSITIONS) breaker->noted_count++;
        memmove(&breaker->noted[at + 1], &breaker->noted[at],
                (breaker->noted_count - at - 1) * sizeof *noted);
        breaker->noted[at] = *noted;
    }
    pthread_mutex_unlock(&breaker->mutex);
}

/* Changes the word from `*packed`. False: somebody else was quicker, and `*packed` is what stands
 * there now. */
static bool turn(hr_breaker *breaker, uint64_t *packed, struct word to, enum hr_breaker_cause cause,
                 int error) {
    enum hr_breaker_state from = unpack(*packed).state;
    uint64_t now = 0;
    if (to.state != from) now = hr_clock_monotonic_ns();
    if (to.state == HR_BREAKER_OPEN && from != to.state)
        move_due(breaker, now + open_ns_of(breaker));
    /* While it is not closed nothing is added. */
    if (to.state == HR_BREAKER_CLOSED && from != to.state && breaker->window)
        hr__breaker_window_clear(breaker->window);
    if (!__atomic_compare_exchange_n(&breaker->word, packed, pack(to), false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        return false;
    if (to.state == from) return true;
    if (to.state == HR_BREAKER_OPEN) __atomic_fetch_add(&breaker->opened, 1, __ATOMIC_RELAXED);
    struct noted noted = {
        .generation = to.generation,
        .transition = {.from = from,
                       .to = to.state,
                       .cause = cause,
                       .error = error,
                       .wall_ns = hr_clock_wall_ns(),
                       .mono_ns = now},
    };
    note(breaker, &noted);
    if (breaker->on_transition)
        breaker->on_transition(breaker->user, breaker->name, &noted.transition);
    return true;
}

/* ---- Enter. */

static void let_through(const hr_breaker *breaker, struct hr_breaker_pass *pass,
                        uint32_t generation, bool probe) {
    pass->entered_ns = breaker->slow_ns ? hr_clock_monotonic_ns() : 0;
    pass->generation = generation;
    pass->probe = probe;
}

/* Others may have opened it since `now_ns` was read: it is never more than the whole time. */
static uint64_t ms_until(const hr_breaker *breaker, uint64_t due_ns, uint64_t now_ns) {
    uint64_t rest_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    uint64_t most_ns = open_ns_of(breaker);
    if (rest_ns > most_ns) rest_ns = most_ns;
    return (rest_ns + NS_PER_MS - 1) / NS_PER_MS;
}

static __attribute__((noinline)) int
enter_guarded(hr_breaker *breaker, struct hr_breaker_pass *pass, uint64_t *retry_after_ms) {
    uint64_t now = hr_clock_monotonic_ns();
    uint64_t packed = __atomic_load_n(&breaker->word, __ATOMIC_ACQUIRE);
    for (;;) {
        struct word word = unpack(packed);
        if (word.state == HR_BREAKER_CLOSED) {
            let_through(breaker, pass, word.generation, false);
            return 0;
        }
        uint64_t due_ns = __atomic_load_n(&breaker->due_ns, __ATOMIC_RELAXED);
        if (now < due_ns && (word.state == HR_BREAKER_OPEN || word.probing)) {
            __atomic_fetch_add(&breaker->rejected, 1, __ATOMIC_RELAXED);
            if (retry_after_ms)
                *retry_after_ms =
                    word.state == HR_BREAKER_OPEN ? ms_until(breaker, due_ns, now) : 0;
            return HR_ERR_BREAKER_OPEN;
        }
        struct word probe = {word.generation + 1, HR_BREAKER_HALF_OPEN, true,
                             word.state == HR_BREAKER_OPEN ? 0 : word.count};
        let_through(breaker, pass, probe.generation, true);
        move_due(breaker, now + open_ns_of(breaker));
        if (turn(breaker, &packed, probe, HR_BREAKER_CAUSE_PROBE_DUE, 0)) return 0;
    }
}

int hr_breaker_enter(hr_breaker *breaker, struct hr_breaker_pass *pass, uint64_t *retry_after_ms) {
    uint64_t packed = __atomic_load_n(&breaker->word, __ATOMIC_RELAXED);
    if (__builtin_expect(unpack(packed).state != HR_BREAKER_CLOSED, 0))
        return enter_guarded(breaker, pass, retry_after_ms);
    let_through(breaker, pass, unpack(packed).generation, false);
    return 0;
}

/* ---- Leave. */

/* To open, unless the generation is over. */
static void trip(hr_breaker *breaker, uint32_t generation, enum hr_breaker_cause cause, int error) {
    uint64_t packed = __atomic_load_n(&breaker->word, __ATOMIC_ACQUIRE);
    for (;;) {
        struct word word = unpack(packed);
        if (word.generation != generation) return;
        struct word open = {generation + 1, HR_BREAKER_OPEN, false, word.count};
        if (turn(breaker, &packed, open, cause, error)) return;
    }
}

static void judge_rates(hr_breaker *breaker, uint32_t generation, uint64_t now_ns, int error) {
    struct hr_breaker_counts counts;
    hr__breaker_window_sum(breaker->window, now_ns, &counts);
    if (counts.calls < breaker->calls_min) return;
    if (breaker->failure_percent > 0 &&
        counts.failures * 100 >= counts.calls * breaker->failure_percent)
        trip(breaker, generation, HR_BREAKER_CAUSE_FAILURE_RATE, error);
    else if (breaker->slow_percent > 0 && counts.slow * 100 >= counts.calls * breaker->slow_percent)
        trip(breaker, generation, HR_BREAKER_CAUSE_SLOW_RATE, error);
}

static void count_failure(hr_breaker *breaker, uint32_t generation, int error) {
    uint32_t failures_max = __atomic_load_n(&breaker->failures_max, __ATOMIC_RELAXED);
    uint64_t packed = __atomic_load_n(&breaker->word, __ATOMIC_ACQUIRE);
    for (;;) {
        struct word word = unpack(packed), next = word;
        if (word.generation != generation) return;
        if (next.count < COUNT_MAX) next.count++;
        if (failures_max != NOT_BY_COUNT && next.count >= failures_max) {
            next.state = HR_BREAKER_OPEN;
            next.generation++;
        }
        if (turn(breaker, &packed, next, HR_BREAKER_CAUSE_FAILURES, error)) return;
    }
}

static void count_success(hr_breaker *breaker, uint32_t generation) {
    uint64_t packed = __atomic_load_n(&breaker->word, __ATOMIC_ACQUIRE);
    for (;;) {
        struct word word = unpack(packed), next = word;
        if (word.generation != generation || word.count == 0) return;
        next.count = 0;
        if (turn(breaker, &packed, next, HR_BREAKER_CAUSE_NONE, 0)) return;
    }
}

static bool was_slow(const hr_breaker *breaker, const struct hr_breaker_pass *pass,
                     uint64_t now_ns) {
    return breaker->slow_ns > 0 && now_ns > pass->entered_ns &&
           now_ns - pass->entered_ns > breaker->slow_ns;
}

static __attribute__((noinline)) void leave_probe(hr_breaker *breaker,
                                                  const struct hr_breaker_pass *pass,
                                                  enum hr_breaker_outcome outcome, int error) {
    if (outcome == HR_BREAKER_SUCCESS && breaker->slow_ns > 0 &&
        was_slow(breaker, pass, hr_clock_monotonic_ns()))
        outcome = HR_BREAKER_FAILURE; /* it would be closed only to open by slowness again */
    uint32_t probes_max = __atomic_load_n(&breaker->probes_max, __ATOMIC_RELAXED);
    uint64_t packed = __atomic_load_n(&breaker->word, __ATOMIC_ACQUIRE);
    for (;;) {
        struct word word = unpack(packed), next = word;
        if (word.generation != pass->generation || !word.probing) return;
        enum hr_breaker_cause cause = HR_BREAKER_CAUSE_NONE;
        next.probing = false;
        if (outcome == HR_BREAKER_SUCCESS && ++next.count >= probes_max) {
            next = (struct word){word.generation + 1, HR_BREAKER_CLOSED, false, 0};
            cause = HR_BREAKER_CAUSE_PROBE_SUCCESS;
        } else if (outcome == HR_BREAKER_FAILURE) {
            next = (struct word){word.generation + 1, HR_BREAKER_OPEN, false, 1};
            cause = HR_BREAKER_CAUSE_PROBE_FAILURE;
        }
        if (turn(breaker, &packed, next, cause, error)) return;
    }
}

/* A call that counts by its time too. */
static __attribute__((noinline)) void
leave_window(hr_breaker *breaker, const struct hr_breaker_pass *pass, bool failure, int error) {
    uint64_t now = hr_clock_monotonic_ns();
    hr__breaker_window_add(breaker->window, now, failure, was_slow(breaker, pass, now));
    if (failure)
        count_failure(breaker, pass->generation, error);
    else
        count_success(breaker, pass->generation);
    judge_rates(breaker, pass->generation, now, error);
}

void hr_breaker_leave(hr_breaker *breaker, const struct hr_breaker_pass *pass,
                      enum hr_breaker_outcome outcome, int error) {
    if (pass->probe) {
        leave_probe(breaker, pass, outcome, error);
        return;
    }
    struct word word = unpack(__atomic_load_n(&breaker->word, __ATOMIC_RELAXED));
    if (outcome == HR_BREAKER_IGNORED || word.generation != pass->generation) return;
    if (breaker->window)
        leave_window(breaker, pass, outcome == HR_BREAKER_FAILURE, error);
    else if (outcome == HR_BREAKER_FAILURE)
        count_failure(breaker, pass->generation, error);
    else if (word.count > 0)
        count_success(breaker, pass->generation);
}

/* ---- By hand. */

void hr_breaker_open(hr_breaker *breaker) {
    uint64_t packed = __atomic_load_n(&breaker->word, __ATOMIC_ACQUIRE);
    for (;;) {
        struct word word = unpack(packed);
        struct word open = {word.generation + 1, HR_BREAKER_OPEN, false,
                            word.state == HR_BREAKER_HALF_OPEN ? 0 : word.count};
        move_due(breaker, hr_clock_monotonic_ns() + open_ns_of(breaker));
        if (turn(breaker, &packed, open, HR_BREAKER_CAUSE_MANUAL, 0)) return;
    }
}

void hr_breaker_reset(hr_breaker *breaker) {
    if (breaker->window) hr__breaker_window_clear(breaker->window);
    uint64_t packed = __atomic_load_n(&breaker->word, __ATOMIC_ACQUIRE);
    for (;;) {
        struct word closed = {unpack(packed).generation + 1, HR_BREAKER_CLOSED, false, 0};
        if (turn(breaker, &packed, closed, HR_BREAKER_CAUSE_MANUAL, 0)) return;
    }
}

/* ---- The handle. */

int hr__breaker_check(const struct hr_breaker_options *options, struct hr_error *error) {
    const struct hr_reserved reserved = {"hr_breaker_options", options->reserved,
                                         sizeof options->reserved};
    if (options->failures_max > COUNT_MAX && options->failures_max != NOT_BY_COUNT)
        return hr_error_set(error, -EINVAL, "failures_max: at most %u, or UINT32_MAX for none",
                            COUNT_MAX);
    if (options->probes_max > COUNT_MAX)
        return hr_error_set(error, -EINVAL, "probes_max: at most %u", COUNT_MAX);
    if (options->failure_rate_percent > 100)
        return hr_error_set(error, -EINVAL, "failure_rate_percent: at most 100");
    if (options->slow_rate_percent > 100)
        return hr_error_set(error, -EINVAL, "slow_rate_percent: at most 100");
    if (options->slow_rate_percent > 0 && options->slow_call_ms == 0)
        return hr_error_set(error, -EINVAL, "slow_rate_percent needs slow_call_ms");
    if (options->slow_call_ms > 0 && options->slow_rate_percent == 0)
        return hr_error_set(error, -EINVAL, "slow_call_ms needs slow_rate_percent");
    if (options->window_ms > 0 && options->window_ms < HR_BREAKER_BUCKETS)
        return hr_error_set(error, -EINVAL, "window_ms: at least %d", HR_BREAKER_BUCKETS);
    if (options->failures_max == NOT_BY_COUNT && options->failure_rate_percent == 0 &&
        options->slow_rate_percent == 0)
        return hr_error_set(error, -EINVAL,
                            "failures_max: neither by count nor by rate, it would never open");
    return hr__reserved_check(&reserved, 1, error);
}

static uint32_t or_default(uint32_t given, uint32_t otherwise) {
    return given > 0 ? given : otherwise;
}

static hr_breaker *allocate(const char *name, bool windowed) {
    size_t name_size = strlen(name) + 1;
    size_t size = sizeof(hr_breaker) + name_size;
    hr_breaker *breaker = aligned_alloc(64, (size + 63) & ~(size_t)63);
    if (!breaker) return NULL;
    memset(breaker, 0, sizeof *breaker);
    memcpy(breaker->name, name, name_size);
    if (windowed) {
        breaker->window = aligned_alloc(64, sizeof *breaker->window);
        if (!breaker->window) {
            free(breaker);
            return NULL;
        }
    }
    return breaker;
}

void hr__breaker_adjust(hr_breaker *breaker, const struct hr_breaker_options *options) {
    __atomic_store_n(&breaker->failures_max, or_default(options->failures_max, FAILURES_MAX),
                     __ATOMIC_RELAXED);
    __atomic_store_n(&breaker->probes_max, or_default(options->probes_max, 1), __ATOMIC_RELAXED);
    __atomic_store_n(&breaker->open_ns, or_default(options->open_ms, OPEN_MS) * NS_PER_MS,
                     __ATOMIC_RELAXED);
}

int hr_breaker_new(const struct hr_breaker_options *options, struct hr_error *error,
                   hr_breaker **breaker) {
    static const struct hr_breaker_options defaults;
    if (!breaker) return hr_error_set(error, -EINVAL, "breaker is NULL");
    if (!options) options = &defaults;
    int err = hr__breaker_check(options, error);
    if (err < 0) return err;
    bool windowed = options->failure_rate_percent > 0 || options->slow_rate_percent > 0;
    hr_breaker *made = allocate(options->name ? options->name : "", windowed);
    if (!made) return hr_error_set(error, -ENOMEM, "no memory for a breaker");
    pthread_mutex_init(&made->mutex, NULL);
    if (windowed) hr__breaker_window_init(made->window, or_default(options->window_ms, WINDOW_MS));
    hr__breaker_adjust(made, options);
    made->calls_min = or_default(options->calls_min, CALLS_MIN);
    made->slow_ns = options->slow_call_ms * NS_PER_MS;
    made->failure_percent = options->failure_rate_percent;
    made->slow_percent = options->slow_rate_percent;
    made->on_transition = options->on_transition;
    made->user = options->user;
    *breaker = made;
    return 0;
}

void hr_breaker_free(hr_breaker *breaker) {
    if (!breaker) return;
    if (breaker->window) hr__breaker_window_deinit(breaker->window);
    free(breaker->window);
    pthread_mutex_destroy(&breaker->mutex);
    free(breaker);
}

uint64_t hr__breaker_openings(const hr_breaker *breaker) {
    return __atomic_load_n(&breaker->opened, __ATOMIC_RELAXED);
}

void hr_breaker_status_get(const hr_breaker *breaker, struct hr_breaker_status *status) {
    uint64_t now = hr_clock_monotonic_ns();
    struct word word = unpack(__atomic_load_n(&breaker->word, __ATOMIC_ACQUIRE));
    uint64_t due_ns = __atomic_load_n(&breaker->due_ns, __ATOMIC_RELAXED);
    *status = (struct hr_breaker_status){
        .state = word.state,
        .failures = word.state == HR_BREAKER_HALF_OPEN ? 0 : word.count,
        .rejected = __atomic_load_n(&breaker->rejected, __ATOMIC_RELAXED),
        .opened = hr__breaker_openings(breaker),
    };
    if (word.state == HR_BREAKER_OPEN) {
        status->retry_after_ms = ms_until(breaker, due_ns, now);
        if (now >= due_ns) status->state = HR_BREAKER_HALF_OPEN;
    }
    if (breaker->window) {
        struct hr_breaker_counts counts;
        hr__breaker_window_sum(breaker->window, now, &counts);
        status->window_calls = counts.calls;
        status->window_failures = counts.failures;
        status->window_slow = counts.slow;
    }
    pthread_mutex_t *mutex = (pthread_mutex_t *)&breaker->mutex;
    pthread_mutex_lock(mutex);
    status->transition_count = breaker->noted_count;
    for (unsigned i = 0; i < breaker->noted_count; i++)
        status->transitions[i] = breaker->noted[i].transition;
    pthread_mutex_unlock(mutex);
}
