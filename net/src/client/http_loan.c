/* Places for connections, lent between reactors. The client's limits are split over its reactors,
 * and where they are smaller than the number of those, some reactors hold none for a host. A
 * request that comes to a host there all the same (a redirect leads to it, a hook has changed the
 * origin) does not fail and does not change its reactor, where its callbacks run: the place comes
 * to it. A reactor that has one lends it for one connection, which carries one attempt and is
 * closed.
 *
 * A loan is asked for by a post, waits among the lender's own calls in the order of their coming,
 * and goes back by a post. The lender counts a lent place as a connection of its own; so the limits
 * hold, and neither shard ends before the loan has. */
#include "http_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct hr_pool_loan {
    struct hr_pool_loan *next; /* waiting at the lender's, or held by the borrower */
    struct hr_task task;       /* on its way to the lender or to the borrower */
    struct hr_pool_host *borrower, *lender;
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
    if (result < 0 && loan->lender) hr__pool_host_put(loan->lender);
    post(loan, loan->borrower->shard, run_answer);
}

/* The place is back. */
static void run_return(struct hr_task *task) {
    struct hr_pool_loan *loan = of(task);
    struct hr_pool_host *host = loan->lender;
    free(loan);
    hr__pool_host_put(host);
    hr__pool_place_free(host, false); /* the client may be gone with it */
}

uint64_t hr__loan_first_ns(const struct hr_pool_host *host) {
    return host->loans ? host->loans->asked_ns : UINT64_MAX;
}

void hr__loan_grant(struct hr_pool_host *host) {
    struct hr_pool_loan *loan = host->loans;
    host->loans = loan->next;
    host->loans_waiting--;
    host->open++;
    host->shard->open++;
    answer(loan, 0);
}

void hr__loans_refuse(struct hr_pool_shard *shard) {
    for (unsigned i = 0; i < HR_POOL_BUCKETS; i++) {
        for (struct hr_pool_host *host = shard->buckets[i]; host; host = host->next) {
            while (host->loans) {
                struct hr_pool_loan *loan = host->loans;
                host->loans = loan->next;
                host->loans_waiting--;
                answer(loan, -ESHUTDOWN);
            }
        }
    }
}

static void enqueue(struct hr_pool_loan *loan) {
    struct hr_pool_loan **link = &loan->lender->loans;
    while (*link && (*link)->asked_ns <= loan->asked_ns) link = &(*link)->next;
    loan->next = *link;
    *link = loan;
    loan->lender->loans_waiting++;
}

static void run_ask(struct hr_task *task) {
    struct hr_pool_loan *loan = of(task);
    struct hr_pool_shard *shard = loan->lender_shard;
    const struct hr_pool_host *borrower = loan->borrower;
    struct hr_pool_origin origin = {.name = hr_slice_bytes(borrower->name, borrower->name_size),
                                    .port = borrower->port,
                                    .tls = borrower->tls};
    int err = shard->closing ? -ESHUTDOWN : hr__pool_host_get(shard, &origin, &loan->lender);
    if (err) {
        answer(loan, err);
        return;
    }
    enqueue(loan);
    hr__pool_make_room(loan->lender);
}

/* ---- At the borrower's. */

int hr__loan_ask(struct hr_pool_host *host) {
    hr_http_client *client = host->shard->client;
    struct hr_pool_loan *loan = calloc(1, sizeof *loan);
    if (!loan) return -ENOMEM;
    loan->borrower = host;
    loan->lender_shard = client->shards[hr__client_holder(client, host->hash)];
    loan->asked_ns = hr__reactor_now(host->shard->reactor);
    host->uses++;
    host->asked++;
    host->shard->asked++;
    post(loan, loan->lender_shard, run_ask);
    return 0;
}

/* The asking is over: with a place, which is the host's for one connection more, or without. */
static void run_answer(struct hr_task *task) {
    struct hr_pool_loan *loan = of(task);
    struct hr_pool_host *host = loan->borrower;
    int result = loan->result;
    host->asked--;
    if (result < 0) {
        free(loan);
        if (host->waiting > host->asked) hr__pool_refuse_first(host, result);
    } else {
        loan->next = host->borrowed;
        host->borrowed = loan;
        host->borrowed_unused++;
        host->limit++;
        host->shard->limit++;
        hr__pool_serve(host);
        /* Whoever it was for waits no more, or could not use it. */
        while (host->borrowed_unused > 0) {
            host->borrowed_unused--;
            hr__loan_return(host);
        }
    }
    host->shard->asked--;
    hr__pool_host_put(host);
    hr__pool_check_closed(host->shard);
}

bool hr__loan_use(struct hr_pool_host *host) {
    if (host->borrowed_unused == 0) return false;
    host->borrowed_unused--;
    return true;
}

void hr__loan_return(struct hr_pool_host *host) {
    struct hr_pool_loan *loan = host->borrowed;
    host->borrowed = loan->next;
    host->limit--;
    host->shard->limit--;
    post(loan, loan->lender_shard, run_return);
}
