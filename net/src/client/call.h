/* A call: one request under way. Its files, each of which uses those above it:
 *
 *   call_error.c      the sentences of its errors
 *   call_head.c       checks and writes what an attempt sends
 *   call_admit.c      budget, rate limit, breaker, and the wait for a connection
 *   attempt*.c        one attempt (attempt.h)
 *   call_retry.c      whether another one follows
 *   call_redirect.c   where a response leads
 *   call_hedge.c      the second attempt beside a slow one
 *   call.c            its memory, its beginning and its end, and which attempt is made when
 *
 * Reactor thread only. */
#ifndef HR_NET_CALL_H
#define HR_NET_CALL_H

#include <engine/budget.h>
#include <engine/request_core.h>

#include "attempt.h"
#include "client.h"
#include "decode.h"

enum hr_call_state {
    HR_CALL_RUNNING, /* an attempt is */
    HR_CALL_BACKOFF, /* the next is due, or held back */
    HR_CALL_ENDING,  /* its end is queued, or waits for an attempt that has lost */
};

/* The next attempt, as the one that is under way has decided. */
struct hr_call_next {
    bool decided;        /* by the head of the response: after wait_ns; it is paid for */
    bool unpaid;         /* the retry budget has allowed none */
    bool without_expect; /* at once, as a 417 has refused Expect */
    uint64_t wait_ns;
};

/* So far. */
struct hr_call_retries {
    uint32_t count; /* attempts that cost quota */
    uint32_t stale; /* repetitions after a lost kept connection, which cost none */
    bool throttled; /* kind of the one whose cost would be refunded */
};

struct hr_call {
    struct hr_http_request *request;
    struct hr_client_shard *shard;
    struct hr_client_settings *settings;    /* it began with them; a use */
    const struct hr_attempt_events *events; /* its own, for the attempts */
    struct hr_call *next_free;
    struct hr_call_attempt *attempt; /* the request's */
    struct hr_call_attempt *other;   /* a hedge, or the one that it has replaced; NULL: none */
    uint8_t state;
    bool beginning; /* inside the call that started it: nothing may be called back yet */
    bool budgeted;  /* `reserved` bytes are */
    bool idempotent;
    bool head_request;
    bool expect_refused; /* no attempt sends Expect any more */
    bool hedgeable;      /* the attempt: another may stand beside it */
    int outcome;         /* ENDING */
    int stop_reason;
    struct hr_call_retries retries;
    size_t reserved;       /* of the budget */
    size_t hedge_reserved; /* for the other attempt */
    uint64_t deadline_ns;  /* of the request; HR_FOREVER_NS: none */
    uint64_t asked_ns;     /* when the origin was first asked what the attempt asks */
    uint64_t backoff_ns;   /* before the attempt */
    struct hr_call_next next;
    struct hr_call_times times;
    struct hr_call_route *route; /* where redirects have led; NULL: nowhere */
    struct hr_timer hedge_timer;
    struct hr_timer timer; /* of the budget, the rate limit and the backoff */
    struct hr_task task;
    struct hr_budget_waiter budget;
    /* Above is cleared for every request. */
    struct hr_call_attempt first;
};

/* Whether the request knows of this attempt. */
static inline bool hr__attempt_is_own(const struct hr_call_attempt *attempt) {
    return attempt->call->attempt == attempt;
}
/* Which responses to its request are secrets. */
static inline enum hr_http_secret hr__attempt_secret(const struct hr_call_attempt *attempt) {
    const struct hr_http_hooks *hooks = attempt->call->request->private_.hooks;
    return hooks ? hooks->secret : HR_HTTP_SECRET_NONE;
}
/* Where its errors are said: in the request, or nowhere that anybody looks. */
struct hr_error *hr__attempt_error(const struct hr_call_attempt *attempt);
/* The request shows how far it has come. */
static inline void hr__attempt_show(const struct hr_call_attempt *attempt) {
    struct hr_http_request *request = attempt->call->request;
    if (!hr__attempt_is_own(attempt)) return;
    request->body_bytes = attempt->receiver.body_bytes;
    request->decoded_bytes = attempt->receiver.decoded_bytes;
    request->sent_bytes = attempt->sender.sent_bytes;
}
/* Bytes of a body have moved: where the bandwidth is limited, no more do until its turn. */
static inline void hr__watch_spend(struct hr_call_attempt *attempt, uint64_t bytes) {
    struct hr_bandwidth *bandwidth = &attempt->call->shard->client->bandwidth;
    if (bytes)
        attempt->watch.turn_ns =
            hr__bandwidth_charge(bandwidth, hr__reactor_now(attempt->call->shard->reactor), bytes);
}

/* How long it moves nothing before it looks again; 0: it may. Where another limit has been set
 * meanwhile, nothing is due any more. */
static inline uint64_t hr__watch_turn_ns(const struct hr_call_attempt *attempt) {
    uint64_t turn_ns = attempt->watch.turn_ns,
             now_ns = hr__reactor_now(attempt->call->shard->reactor);
    if (turn_ns <= now_ns) return 0;
    if (!hr__bandwidth_debt_ns(&attempt->call->shard->client->bandwidth, now_ns)) return 0;
    uint64_t wait_ns = turn_ns - now_ns;
    return wait_ns < HR_BANDWIDTH_LOOK_NS ? wait_ns : HR_BANDWIDTH_LOOK_NS;
}
/* Bytes of the response's body have gone into the sink or the decoder. */
static inline void hr__attempt_count_body(struct hr_call_attempt *attempt, uint64_t bytes) {
    attempt->receiver.body_bytes += bytes;
    if (hr__bandwidth_limited(&attempt->call->shard->client->bandwidth))
        hr__watch_spend(attempt, bytes);
    hr__count(&attempt->call->shard->counters.bytes_received, bytes);
    hr__attempt_show(attempt);
}

/* call_error.c. All say it and return the code. */
const char *hr__attempt_peer(const struct hr_call_attempt *attempt, char *text,
                             size_t size); /* "host:port" */
int hr__attempt_say(const struct hr_call_attempt *attempt, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The code's own text, where nothing has been said of it yet. */
int hr__attempt_say_code(const struct hr_call_attempt *attempt, int code);
/* No connection came about. `reason`: the dial's, or "". */
int hr__attempt_say_unconnected(const struct hr_call_attempt *attempt, int code,
                                const char *reason);
int hr__attempt_say_breaker_open(const struct hr_call_attempt *attempt, uint64_t retry_after_ms);
int hr__attempt_say_rate_limit(const struct hr_call_attempt *attempt);

/* call_head.c. 0, or the error, which has been said. */
int hr__head_prepare(struct hr_call_attempt *attempt);
/* The connection is there: what the head says of the time that is left is brought up to date. */
int hr__head_update(struct hr_call_attempt *attempt);
/* Gives the written head back, wiped: it may hold credentials. */
void hr__head_release(struct hr_call_attempt *attempt);

/* call_admit.c */
/* Goes on from where the attempt waits: 1, it holds a connection; 0, it waits, for call->timer,
 * call->budget or its waiter's events; else the error. */
int hr__admit(struct hr_call_attempt *attempt);
/* The budget has granted its bytes. */
void hr__admit_granted(struct hr_call *call);
/* call->timer has fired while it waited. As hr__admit. */
int hr__admit_waited(struct hr_call_attempt *attempt);
/* It waits no longer; false: it did not. */
bool hr__admit_cancel(struct hr_call_attempt *attempt);
/* It is over; `ignored`: it says nothing about the origin. Where that opens the breaker, those who
 * wait for a connection to this origin are told. */
void hr__admit_leave(struct hr_call_attempt *attempt, bool ignored);
/* Its end says something about the address that it had, which learns of it. */
void hr__admit_note_address(struct hr_call_attempt *attempt);

/* call_retry.c */
/* Whether a 417 has refused Expect, so that the request goes once more without it. */
bool hr__repeat_without_expect(const struct hr_call_attempt *attempt,
                               const struct hr_http_head *head);
/* Whether another attempt will follow a response with this head: budget and deadline allow it. */
bool hr__repeat_after_head(struct hr_call *call, const struct hr_http_head *head);
/* Pays for a hedge out of what retries are paid from; false: it allows none. */
bool hr__repeat_pay_hedge(struct hr_call *call);
/* The attempt that has ended lost a kept connection: over another one at once, if that is safe. */
bool hr__repeat_is_stale(const struct hr_call_attempt *attempt);
/* The attempt has ended: whether another one follows after call->next.wait_ns. Else *result is the
 * request's. */
bool hr__repeat_after_end(struct hr_call *call, int *result);

/* call_redirect.c */
/* Whether the response leads elsewhere, and redirects are followed. */
bool hr__route_leads(const struct hr_call *call, const struct hr_http_head *head);
/* The next attempt goes there. 0, or why it may not, which has been said. */
int hr__route_plan(struct hr_call *call, const struct hr_http_head *head);
/* Whether it does; then it is the route's turn now. */
bool hr__route_take(struct hr_call *call);
void hr__route_free(struct hr_call *call);

/* call_hedge.c */
/* The attempt has begun: is it slow, `on_slow` is called. */
void hr__hedge_arm(struct hr_call *call, void (*on_slow)(struct hr_timer *timer));
/* The second attempt, paid for and to be begun; NULL: none is made. */
struct hr_call_attempt *hr__hedge_open(struct hr_call *call);
/* A final head has come to one of the two; `final`: it would be the request's. False: it is
 * nobody's, the other goes on. True: it is the request's attempt now, and the other is to end. */
bool hr__hedge_arbitrate(struct hr_call_attempt *attempt, bool final);
/* The request's own attempt has failed: whether the other goes on in its place. */
bool hr__hedge_takes_over(struct hr_call *call);
/* The attempt that the request knows nothing of is over. */
void hr__hedge_close(struct hr_call *call);

/* client_events.c */
void hr__client_tell_retry(const struct hr_call *call, int result, bool stale);

/* call.c */
extern const struct hr_request_class hr__http_request_class;

#endif
