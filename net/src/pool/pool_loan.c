/* Places for connections, lent between reactors. The pool's limits are split over the reactors,
 * and where they are smaller than the number of those, some reactors hold none for an origin. A
 * request that comes to an origin there all the same (a redirect leads to it, a hook has changed
 * the origin) does not fail and does not change its reactor, where its callbacks run: the place
 * comes to it. A reactor that has one lends it for one connection, which carries one attempt and is
 * closed.
 *
 * A loan is asked for by a post, waits among the lender's own waiters in the order of their coming,
 * and goes back by a post. The lender counts a lent place as a connection of its own; so the limits
 * hold, and neither shard ends before the loan has. */
#include "pool_loan.h"

#include <errno.h>
#include <stdlib.h>

/* An answer: the limits have changed, another reactor holds the places now. */
#define MOVED (-EAGAIN)

struct hr_pool_loan {
    struct hr_pool_loan *next; /* waiting at the lender's, or held by the borrower */
    struct hr_task task;       /* on its way to the lender or to the borrower */
    struct hr_origin *borrower, *lender;
    struct hr_pool_shard *lender_shard;
    uint64_t asked_ns;
    int result; /* of the asking */
};

static struct hr_pool_loan *of(struct hr_task *task) {
    return hr__container_of(task, struct hr_pool_loan, task);
}

static void post(struct hr_pool_loan *loan, const struct hr_pool_shard *to,
                 void (*run)(struct hr_task *task)) {
    loan->task.run = run;
    hr__reactor_post(to->reactor, &loan->task);
}

/* ---- At the lender's. */

static void run_answer(struct hr_task *task);

static void answer(struct hr_pool_loan *loan, int result) {
    loan->result = result;
    if (result < 0 && loan->lender) hr__origin_release(loan->lender);
    post(loan, loan->borrower->shard, run_answer);
}

/* The place is back. */
static void run_return(struct hr_task *task) {
    struct hr_pool_loan *loan = of(task);
    struct hr_origin *origin = loan->lender;
    free(loan);
    hr__origin_release(origin);
    origin->shard->events->on_place_back(origin); /* the pool may be gone with it */
}

uint64_t hr__loan_first_ns(const struct hr_origin *origin) {
    return origin->loans.waiting ? origin->loans.waiting->asked_ns : UINT64_MAX;
}

void hr__loan_grant(struct hr_origin *origin) {
    struct hr_pool_loan *loan = origin->loans.waiting;
    origin->loans.waiting = loan->next;
    origin->loans.waiting_count--;
    origin->open++;
    origin->shard->open++;
    answer(loan, 0);
}

static void refuse_all(struct hr_origin *origin, int result) {
    while (origin->loans.waiting) {
        struct hr_pool_loan *loan = origin->loans.waiting;
        origin->loans.waiting = loan->next;
        origin->loans.waiting_count--;
        answer(loan, result);
    }
}

void hr__loans_move(struct hr_origin *origin) {
    refuse_all(origin, MOVED);
}

void hr__loans_refuse(struct hr_pool_shard *shard) {
    for (unsigned i = 0; i < HR_POOL_BUCKETS; i++)
        for (struct hr_origin *origin = shard->buckets[i]; origin; origin = origin->next)
            refuse_all(origin, -ESHUTDOWN);
}

/* Whoever asked knew of limits that have changed since. Where this shard is the one that has yet to
 * hear of the change, the loan waits for that. */
static bool has_moved(const struct hr_origin *origin) {
    const struct hr_pool_shard *shard = origin->shard;
    struct hr_pool_shape newest = hr__pool_shape(shard->pool);
    return origin->loans.borrows && newest.holders == shard->shape.holders &&
           newest.per_origin_max == shard->shape.per_origin_max;
}

static void enqueue(struct hr_pool_loan *loan) {
    struct hr_pool_loan **link = &loan->lender->loans.waiting;
    while (*link && (*link)->asked_ns <= loan->asked_ns) link = &(*link)->next;
    loan->next = *link;
    *link = loan;
    loan->lender->loans.waiting_count++;
}

static void run_ask(struct hr_task *task) {
    struct hr_pool_loan *loan = of(task);
    struct hr_pool_shard *shard = loan->lender_shard;
    int err = shard->closing ? -ESHUTDOWN
                             : hr__origin_acquire(shard, &loan->borrower->key, &loan->lender);
    if (err) {
        answer(loan, err);
        return;
    }
    if (has_moved(loan->lender)) {
        answer(loan, MOVED);
        return;
    }
    enqueue(loan);
    shard->events->on_loan_asked(loan->lender);
}

/* ---- At the borrower's. */

int hr__loan_ask(struct hr_origin *origin) {
    struct hr_pool *pool = origin->shard->pool;
    struct hr_pool_loan *loan = calloc(1, sizeof *loan);
    if (!loan) return -ENOMEM;
    loan->borrower = origin;
    loan->lender_shard = pool->shards[hr__pool_holder(pool, origin->hash)];
    loan->asked_ns = hr__reactor_now(origin->shard->reactor);
    origin->uses++;
    origin->loans.asked++;
    origin->shard->asked++;
    post(loan, loan->lender_shard, run_ask);
    return 0;
}

static void count_unused(struct hr_origin *origin, int change) {
    origin->loans.unused += (unsigned)change;
    origin->shard->unused += (unsigned)change;
}

/* The asking is over: with a place, which is the origin's for one connection more, or without. */
static void run_answer(struct hr_task *task) {
    struct hr_pool_loan *loan = of(task);
    struct hr_origin *origin = loan->borrower;
    int result = loan->result;
    origin->loans.asked--;
    if (result == MOVED) {
        free(loan);
        origin->shard->events->on_share(origin);
    } else if (result < 0) {
        free(loan);
        if (origin->loans.borrows && origin->waiting > origin->loans.asked)
            origin->shard->events->on_loan_refused(origin, result);
    } else {
        loan->next = origin->loans.borrowed;
        origin->loans.borrowed = loan;
        count_unused(origin, 1);
        origin->limit++;
        origin->shard->limit++;
        origin->shard->events->on_loan_granted(origin);
        /* The waiter that it was for waits no more, or could not use it. */
        while (origin->loans.unused > 0) {
            count_unused(origin, -1);
            hr__loan_return(origin);
        }
    }
    origin->shard->asked--;
    hr__origin_release(origin);
    hr__shard_check_closed(origin->shard);
}

bool hr__loan_use(struct hr_origin *origin) {
    if (origin->loans.unused == 0) return false;
    count_unused(origin, -1);
    return true;
}

void hr__loan_return(struct hr_origin *origin) {
    struct hr_pool_loan *loan = origin->loans.borrowed;
    origin->loans.borrowed = loan->next;
    origin->limit--;
    origin->shard->limit--;
    post(loan, loan->lender_shard, run_return);
}
