/* A call: one request under way. Its files, each of which uses those above it:
 *
 *   call_error.c      the sentences of its errors
 *   call_head.c       checks and writes what an attempt sends
 *   call_admit.c      budget, rate limit, breaker, and the wait for a connection
 *   attempt*.c        one attempt on a connection
 *   call_retry.c      whether another one follows
 *   call_redirect.c   where a response leads
 *   call_hedge.c      the second attempt beside a slow one
 *   call.c            its memory, its beginning and its end
 *
 * Reactor thread only. */
#ifndef HR_NET_CALL_H
#define HR_NET_CALL_H

#include <stdarg.h>

#include <engine/budget.h>
#include <engine/reactor.h>
#include <engine/request_core.h>
#include <headrace/http_client.h>
#include <net/http_hooks.h>

#include "client.h"
#include "connection.h"
#include "decode.h"
#include "http1_write.h"
#include "rate_limit.h"
#include "redirect.h"
#include "retry_budget.h"
#include "sink.h"
#include "source.h"

/* ---- A call: one request under way. */

enum hr_call_state {
    HR_CALL_BUDGET,    /* waits for bytes */
    HR_CALL_RATE,      /* waits for its turn */
    HR_CALL_ACQUIRING, /* waits for a connection, or for one that is being opened */
    HR_CALL_ACTIVE,    /* has one and talks */
    HR_CALL_CLOSING,   /* the attempt is over but for what the kernel still holds */
    HR_CALL_BACKOFF,
    HR_CALL_ENDING, /* its end is queued */
};

/* Whom an attempt waits for. */
enum hr_awaited {
    HR_AWAITED_NOBODY, /* itself, or there is no limit */
    HR_AWAITED_CONTINUE,
    HR_AWAITED_FIRST_BYTE,
    HR_AWAITED_BYTES,
};

#define HR_CALL_IOV 20

struct hr_call {
    struct hr_http_request *request;
    struct hr_client_shard *shard;
    struct hr_pool_waiter waiter; /* for a connection, and its holder */
    struct hr_call *next;         /* free */
    char *head;                   /* of the request, written; a borrowed block */
    size_t head_size, head_block;
    size_t reserved; /* of the budget */
    int outcome;     /* of the attempt */
    int stop_reason;
    int write_error;
    uint8_t state;
    bool beginning; /* inside the call that started it: nothing may be called back yet */
    bool budgeted;  /* `reserved` bytes are */
    bool idempotent;
    bool head_request;
    bool chunked;
    bool refused;         /* the attempt ended before it had a connection */
    bool own_error;       /* the attempt's end is of the caller's making, whatever its code says */
    bool retry_throttled; /* kind of the retry whose cost would be refunded */
    /* Of the attempt. */
    bool head_sent, body_done, await_continue, send_stopped;
    bool source_paused, sink_paused;
    bool resume_source, resume_sink; /* hr_resume came before that side had pushed back */
    bool answered;                   /* a byte of the answer came */
    bool interim_seen, final_head, answer_complete, answer_waits, poisoned, flushing;
    bool last_chunk_sent;
    bool writing;       /* a write is under way */
    bool ended;         /* the stream has */
    bool spent;         /* the server has said that it serves nothing more over this connection */
    uint64_t sent_mark; /* bytes sent when a write was last seen to move */
    struct hr_http1_parser *parser; /* of the responses, while there is a connection */
    uint64_t sending_body;          /* bytes of body in the write under way */
    /* How much its connection had received when the head began to leave; on kept ones. */
    uint64_t received_before;
    size_t trailer_count; /* of the request's, behind the body */
    char *direct;         /* memory of the direct receive under way */
    char *held;           /* bytes of it that a consumer did not take */
    size_t held_size;
    uint32_t retry_count; /* that cost quota */
    uint32_t stale_count; /* repetitions after a lost kept connection, which cost none */
    uint64_t begun_ns, acquired_ns, write_ns, first_byte_ns, backoff_ns;
    struct hr_call_times times;
    /* The answer is not the caller's: its body is dropped, and another attempt follows. */
    bool intercepted;
    struct hr_call_route *route;   /* where redirects have led; NULL: nowhere */
    struct hr_call_decode *decode; /* NULL: the body goes into the sink as it is */
    struct hr_breaker_pass pass;
    bool passed;          /* the breaker has let it through and waits for the outcome */
    bool expects;         /* the attempt has sent Expect: 100-continue */
    bool expect_refused;  /* by a 417: no attempt sends it any more */
    bool expect_again;    /* the next attempt is due to that */
    bool retry_decided;   /* by the head of the answer; the budget has been paid */
    bool budget_refused;  /* the retry budget has allowed no further attempt */
    uint64_t wait_ns;     /* until the attempt that was decided */
    uint64_t deadline_ns; /* of the request; HR_FOREVER_NS: none */
    uint64_t asked_ns;    /* when the host was first asked what this attempt asks */
    uint32_t begun_in_flight;
    uint8_t awaited;     /* enum hr_awaited */
    uint64_t awaited_ns; /* until when; UINT64_MAX: for ever */
    /* The window of the minimum throughput, or what is left of it while it stands still. */
    uint64_t window_end_ns, window_left_ns, window_moved, window_mark;
    bool window_runs;
    struct hr_call *twin; /* the other attempt of the same request */
    bool hedging;         /* the attempt began as the second of two */
    bool is_hedge;        /* the one of the two that the request knows nothing of: its `request`
                             is a shadow (call_hedge.c) */
    bool awaits_twin;     /* it is over; the kernel still holds something of the other */
    struct hr_timer hedge_timer;
    struct hr_timer timer; /* of the queue, the budget, the rate limit and the backoff */
    struct hr_task task;
    struct hr_budget_waiter budget;
    /* Above is cleared for every request; below keeps its zero ids between them. */
    struct hr_source_reader source;
    struct hr_sink_writer sink;
    struct iovec iov[HR_CALL_IOV];
    char chunk_head[24];
};

/* call_error.c */
const char *hr__call_peer(const struct hr_call *call, char *text, size_t size); /* "host:port" */
/* Says what the code means where nothing has been said of it yet. */
void hr__call_say(struct hr_call *call, int code, const char *format, va_list arguments);
/* The next two say it and return the code. `reason`: the dial's, or "". */
int hr__call_say_unconnected(struct hr_call *call, int code, const char *reason);
int hr__call_say_breaker_open(struct hr_call *call, uint64_t retry_after_ms);
int hr__call_say_rate_limit(struct hr_call *call);

/* call_head.c. 0, or the error, which is then in the request. */
int hr__prepare(struct hr_call *call);
/* The connection is there: what the head says of the time that is left is brought up to date. */
int hr__prepare_deadline(struct hr_call *call);
/* Gives the written head back, wiped: it may hold credentials. */
void hr__head_give(struct hr_call *call);

/* call_admit.c. On its way from the budget to a connection an attempt ends in
 * hr__attempt_connected or hr__call_refuse. */
void hr__call_admit(struct hr_call *call);
void hr__call_granted(struct hr_budget_waiter *waiter);
/* The call waits no longer for whatever it waits for; false: it did not. */
bool hr__call_unwait(struct hr_call *call);
/* The timer of BUDGET and RATE. */
void hr__call_waited(struct hr_call *call);
/* The attempt is over; `ignored`: it says nothing about the origin. Where that opens the breaker,
 * those who wait for a connection to this origin are told. */
void hr__call_leave_breaker(struct hr_call *call, bool ignored);
/* Takes one retry or hedge from the origin's budget. */
bool hr__call_spend_retry(struct hr_call *call);

/* attempt.c */
void hr__call_attempt(struct hr_call *call);
/* The connection is there, and the call holds it. */
void hr__attempt_connected(struct hr_call *call);
extern const struct hr_waiter_events hr__attempt_events;
/* Where the time of the attempt went, and its entry in the log. */
void hr__call_note(struct hr_call *call, int result);
/* Ends the attempt before it had a connection; nobody is asked about another. */
void hr__call_refuse(struct hr_call *call, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same where the sentence is in the request already. */
void hr__call_refuse_said(struct hr_call *call, int result);
/* The attempt is over, with `outcome` set; goes on once the kernel holds nothing of it. */
void hr__call_settle(struct hr_call *call);
/* Ends the attempt with an error: closes the connection, waits, decides about another. The message
 * is kept where it is the first. */
void hr__call_fail(struct hr_call *call, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* attempt_send.c */
void hr__send_begin(struct hr_call *call);
void hr__send_more(struct hr_call *call);
void hr__send_written(struct hr_call *call, int result);
void hr__send_ready(struct hr_source_reader *reader);
bool hr__send_complete(const struct hr_call *call);
/* Whether there is more to write, once the source has it. */
bool hr__send_has_more(const struct hr_call *call);

/* attempt_receive.c */
extern const struct hr_http1_events hr__receive_events;
size_t hr__receive_lent(struct hr_call *call, const char *data, size_t size);
void hr__receive_direct(struct hr_call *call, size_t size);
void hr__receive_end(struct hr_call *call, int result);
void hr__receive_resume(struct hr_call *call);
void hr__receive_done(struct hr_call *call);
/* So many bytes of the body have gone into the sink or the decoder. */
void hr__receive_count(struct hr_call *call, size_t size);
/* The decoder has had its pause. */
void hr__receive_go_on(struct hr_call *call);

/* attempt_decode.c */
/* Makes call->decode where the caller wants it and the coding can be undone. 0, -ENOBUFS, -ENOMEM,
 * and then the sentence is in the request. */
int hr__decode_open(struct hr_call *call, const struct hr_http_head *head);
void hr__decode_free(struct hr_call *call);
/* As on_body of the parser: how much was taken, less when the sink or the turn has had enough. */
ssize_t hr__decode_take(struct hr_call *call, const char *data, size_t size);
/* What is still on its way to the sink: 1 when all is there; 0: later, by the sink or a task. */
int hr__decode_run(struct hr_call *call);
bool hr__decode_waits(const struct hr_call *call);
/* The same at the end of the body, which has to be the end of the coding too. */
int hr__decode_end(struct hr_call *call);

/* attempt_watch.c */
/* Which time-out counts now. */
void hr__watch_attempt(struct hr_call *call);
/* One of them has passed. */
void hr__watch_due(struct hr_deadline *deadline);
/* Whether the attempt stands still because of this side: its consumer, its producer, its files. */
bool hr__call_holds_itself_up(const struct hr_call *call);

/* call_retry.c */
/* The final head of an answer is there. True: another attempt will follow it (its status says so,
 * the request may be repeated, budget and deadline allow it), and the answer is nobody's. */
bool hr__call_intercept(struct hr_call *call, const struct hr_http_head *head);
/* The same where a 417 refuses Expect: the request goes once more without it, at once. */
bool hr__call_drops_expect(struct hr_call *call, const struct hr_http_head *head);
/* Whether the attempt that has ended was such a one; then the next has begun. */
bool hr__call_repeat_unexpected(struct hr_call *call);
/* A kept connection was lost before it answered: over another one at once, if that is safe. */
bool hr__call_is_stale(const struct hr_call *call);
void hr__call_retry_stale(struct hr_call *call);
/* The attempt is over: backs off for the next, or ends the request. */
void hr__call_judge(struct hr_call *call);

/* call_redirect.c */
/* The final head of an answer is there. 1: it is a redirect that will be followed, or nobody's; 0:
 * it is none; else why it may not be followed, and then the sentence is in the request. */
int hr__redirect_intercept(struct hr_call *call, const struct hr_http_head *head);
/* Whether the attempt that has ended was such a one; then the next has begun. */
bool hr__redirect_follow(struct hr_call *call);
void hr__redirect_free(struct hr_call *call);

/* call_hedge.c */
/* The attempt has begun: is it slow, another one will stand beside it. */
void hr__hedge_arm(struct hr_call *call);
/* The final head is there; `final`: it would be the request's. False: it is nobody's, the other
 * attempt goes on. True: it has won, and the other ends quietly. */
bool hr__hedge_answered(struct hr_call *call, bool final);
/* The request's own attempt has failed: does the other go on in its place? Then `call` is gone. */
bool hr__hedge_takes_over(struct hr_call *call);
/* The end of the attempt that the request knows nothing of; the last touch. */
void hr__hedge_gone(struct hr_call *call);

/* client_events.c */
void hr__call_tell_retry(struct hr_call *call, int result, bool stale);

/* call.c */
extern const struct hr_request_class hr__http_request_class;
/* The request is over: everything is given back, the caller is called. */
void hr__call_finish(struct hr_call *call, int result);
/* A call of its own for a hedge, that stands for `request`; NULL: no memory. */
struct hr_call *hr__call_take(struct hr_client_shard *shard, struct hr_http_request *request);
/* Gives it back without a word to anybody. */
void hr__call_give(struct hr_call *call);
/* Early end of one attempt; hr__call_settle goes on from there. */
void hr__call_stop(struct hr_call *call, int reason);
/* Until the request's deadline; UINT64_MAX: it has none. 0: it has passed. */
uint64_t hr__call_remaining_ms(const struct hr_call *call);

#endif
