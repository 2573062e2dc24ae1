/* An attempt: one try of a call over one connection. It is admitted (call_admit.c), holds the
 * connection, sends and receives, and ends; then its call decides. Each of its files uses those
 * above it:
 *
 *   attempt_watch.c    who is awaited, and how long
 *   attempt_decode.c   between response and sink, where the body is encoded
 *   attempt_send.c     head and body out
 *   attempt_receive.c  the response in
 *   attempt.c          all of it: the events of its connection, its beginning and its end
 *
 * Functions that return an error have said in the request what it is. Reactor thread only. */
#ifndef HR_NET_ATTEMPT_H
#define HR_NET_ATTEMPT_H

#include <stdarg.h>

#include "client.h"
#include "connection.h"
#include "http1_write.h"
#include "sink.h"
#include "source.h"

struct hr_call_attempt;
struct hr_call;

enum hr_attempt_state {
    HR_ATTEMPT_NONE,      /* over, or not begun */
    HR_ATTEMPT_BUDGET,    /* waits for bytes */
    HR_ATTEMPT_RATE,      /* waits for its turn */
    HR_ATTEMPT_ACQUIRING, /* waits for a connection, or for one that is being opened */
    HR_ATTEMPT_ACTIVE,    /* holds one and talks */
    HR_ATTEMPT_CLOSING,   /* is over but for memory that the kernel still holds */
};

/* ---- Outwards. */

/* By what has to be handed to the stream next. */
enum hr_sender_state {
    HR_SENDER_HEAD,
    HR_SENDER_AWAIT_100, /* the body, once the server has said 100 or kept us waiting */
    HR_SENDER_BODY,
    HR_SENDER_TRAILERS,
    HR_SENDER_DONE,    /* nothing more */
    HR_SENDER_STOPPED, /* the server wants no more */
    HR_SENDER_FAILED,  /* a write has */
};

#define HR_SENDER_IOV 20

struct hr_sender {
    uint8_t state;
    bool writing;   /* a write is under way */
    bool head_sent; /* the write of the head has ended */
    bool expects;   /* the head has Expect: 100-continue */
    bool chunked;
    bool paused;  /* the source pushes back */
    bool limited; /* the client's bandwidth lets it move nothing for now */
    bool resumed; /* hr_resume came before it did */
    int error;    /* of the write */
    char *head;   /* written; a borrowed block */
    size_t head_size, head_block;
    size_t trailer_count;                  /* of the request's, behind the body */
    const struct hr_http_framing *framing; /* of the hooks; NULL: none */
    uint64_t body_in_write;                /* bytes of body in the write under way */
    uint64_t sent_bytes;                   /* of the body, in writes that have ended */
    uint64_t sent_mark;                    /* bytes sent when a write was last seen to move */
    uint64_t received_before; /* by the connection when the head began to leave; on kept ones */
    struct iovec iov[HR_SENDER_IOV];
    char chunk_head[HR_HTTP1_CHUNK_HEAD_MAX];
};

/* ---- Inwards. */

/* By how far the response has come. */
enum hr_receiver_state {
    HR_RECEIVER_NONE,
    HR_RECEIVER_BEGUN,   /* a byte came */
    HR_RECEIVER_INTERIM, /* a 1xx head */
    HR_RECEIVER_BODY,    /* the final head */
    HR_RECEIVER_COMPLETE,
};

struct hr_receiver {
    uint8_t state;
    bool dropped;  /* the response is nobody's: its body is dropped, and another attempt follows */
    bool paused;   /* the sink takes no more for now, or nothing is to be read */
    bool limited;  /* … as the client's bandwidth lets it move nothing for now */
    bool resumed;  /* hr_resume came before it pushed back */
    bool flushing; /* complete, and still on its way into the sink */
    bool waiting;  /* complete, and the request is still being sent */
    bool poisoned; /* bytes came behind the response */
    bool ended;    /* the stream has */
    bool last;     /* the server has said that it serves nothing more over this connection */
    int status;
    uint64_t body_bytes, decoded_bytes;
    struct hr_http1_parser *parser;   /* while there is a connection */
    struct hr_attempt_decode *decode; /* NULL: the body goes into the sink as it is */
    char *direct;                     /* memory of the direct receive under way */
    char *held;                       /* bytes of it that a consumer did not take */
    size_t held_size;
    void (*on_ready)(struct hr_sink_writer *writer);  /* the sink's */
    void (*on_turn)(struct hr_call_attempt *attempt); /* the decoder may go on */
};

/* ---- Time. */

/* Awaited now. */
enum hr_awaited {
    HR_AWAITED_NOBODY, /* itself, or there is no limit */
    HR_AWAITED_TURN,   /* to move more of a body, as the client's bandwidth has it */
    HR_AWAITED_CONTINUE,
    HR_AWAITED_FIRST_BYTE,
    HR_AWAITED_BYTES,
};

struct hr_watch {
    uint8_t awaited;
    bool window_runs;
    uint64_t due_ns;  /* until when it waits; UINT64_MAX: for ever */
    uint64_t turn_ns; /* when more of a body may move; 0: at once */
    /* The window of the minimum throughput, or what is left of it while it stands still. */
    uint64_t window_end_ns, window_left_ns, window_moved, window_mark;
};

/* When it came to each point; 0: it did not. */
struct hr_attempt_times {
    uint64_t begun_ns, acquired_ns, write_ns, first_byte_ns;
};

/* ---- All of it. */

struct hr_call_attempt {
    struct hr_call *call;
    struct hr_pool_waiter waiter; /* for a connection, and its holder */
    uint8_t state;
    bool refused;   /* it ended before it had a connection */
    bool own_error; /* it ended by the caller's callback or on this side, whatever its code says */
    bool hedging;   /* it began as the second of two */
    bool passed;    /* the breaker has let it through and waits for the outcome */
    bool reused;    /* its connection had served before */
    int outcome;
    int stop_reason;
    uint32_t begun_in_flight;
    struct hr_breaker_pass pass;
    union hr_address peer; /* family 0: nobody wants to know how it does */
    struct hr_attempt_times times;
    struct hr_watch watch;
    struct hr_receiver receiver;
    struct hr_sender sender;
    /* Below keeps its zero ids between attempts. */
    struct hr_source_reader source;
    struct hr_sink_writer sink;
};

/* Of a final head. */
enum hr_head_verdict {
    HR_HEAD_DELIVER, /* it is the response to the request */
    HR_HEAD_DROP,    /* nobody's: another attempt follows, or goes on */
    HR_HEAD_FAIL,    /* the error has been said */
};

/* Its call decides. */
struct hr_attempt_events {
    enum hr_head_verdict (*on_head)(struct hr_call_attempt *attempt,
                                    const struct hr_http_head *head, int *err);
    /* It is over, and the kernel holds nothing of it. The last touch. */
    void (*on_ended)(struct hr_call_attempt *attempt);
};

/* attempt_watch.c */
/* Another one is awaited now, or for longer. */
void hr__watch_set(struct hr_call_attempt *attempt);
/* Its deadline has come. 0: nothing has happened; 1: it goes on, and may have to send, and to read
 * where it was limited; else the error. */
int hr__watch_due(struct hr_call_attempt *attempt);
/* Whether it stands still because of this side: its consumer, its producer, its files. */
bool hr__watch_is_own(const struct hr_call_attempt *attempt);

/* attempt_decode.c */
/* Makes receiver.decode where the caller wants it and the coding can be undone; `on_turn` is called
 * when a later turn may go on. 0, -ENOBUFS, -ENOMEM. */
int hr__decode_open(struct hr_call_attempt *attempt, const struct hr_http_head *head,
                    void (*on_turn)(struct hr_call_attempt *attempt));
void hr__decode_free(struct hr_call_attempt *attempt);
/* As on_body of the parser: how much was taken, less when the sink or the turn has had enough. */
ssize_t hr__decode_take(struct hr_call_attempt *attempt, const char *data, size_t size);
/* Passes on to the sink all that is decoded: 1, it is there; 0: later, by the sink or a task. */
int hr__decode_run(struct hr_call_attempt *attempt);
bool hr__decode_waits(const struct hr_call_attempt *attempt);
/* The same at the end of the body, which has to be the end of the coding too. */
int hr__decode_end(struct hr_call_attempt *attempt);

/* attempt_send.c */
/* Hands to the stream what there is. 0, or the error. */
int hr__send_more(struct hr_call_attempt *attempt);
/* A write has ended. */
void hr__send_written(struct hr_call_attempt *attempt, int result);
/* The server said 100 Continue, or nothing for long enough. */
void hr__send_continue(struct hr_call_attempt *attempt);
/* The server wants no more of a body that has not been sent. */
void hr__send_stop(struct hr_call_attempt *attempt);
bool hr__send_complete(const struct hr_call_attempt *attempt);
/* Whether there is more to hand over, once the source has it. */
bool hr__send_has_more(const struct hr_call_attempt *attempt);

/* attempt_receive.c */
extern const struct hr_http1_events hr__receive_events;
/* Bytes from the stream; `*used` of them. 0, or the error. */
int hr__receive_lent(struct hr_call_attempt *attempt, const char *data, size_t size, size_t *used);
int hr__receive_direct(struct hr_call_attempt *attempt, size_t size);
/* The stream has ended: 1, the response is complete by that; else the error. */
int hr__receive_end(struct hr_call_attempt *attempt, int result);
/* The sink takes bytes again. 0, or the error. */
int hr__receive_go_on(struct hr_call_attempt *attempt);
/* The response is complete, or no more of it is wanted: into the sink with what is decoded, and
 * with what a file still lacks. 1: all is there; 0: it goes on later; else the error. */
int hr__receive_flush(struct hr_call_attempt *attempt);
/* The sink's file has failed. Returns the error. */
int hr__receive_file_failed(struct hr_call_attempt *attempt, int err);
/* Of a response that is dropped: whether too much of it is still to come. */
bool hr__receive_is_abandoned(const struct hr_call_attempt *attempt);
/* Whether the connection may carry another request. */
bool hr__receive_keeps(const struct hr_call_attempt *attempt);

/* attempt.c */
void hr__attempt_init(struct hr_call_attempt *attempt, struct hr_call *call);
/* Another one begins now, or began at `begun_ns`. */
void hr__attempt_clear(struct hr_call_attempt *attempt, uint64_t begun_ns);
/* Head and body are made ready. 0, or the error. */
int hr__attempt_prepare(struct hr_call_attempt *attempt);
/* It holds a connection. */
void hr__attempt_connected(struct hr_call_attempt *attempt);
/* Ends it before it had a connection, for a reason that has been said. */
void hr__attempt_refuse(struct hr_call_attempt *attempt, int result);
/* Ends it early. on_ended follows, maybe from inside. */
void hr__attempt_stop(struct hr_call_attempt *attempt, int reason);
/* Producer or consumer go on. */
void hr__attempt_resume(struct hr_call_attempt *attempt);
/* Where its time went, and its entry in the request's log. */
void hr__attempt_log(const struct hr_call_attempt *attempt, int result);
/* The request is told of the connection that the attempt holds, or that there is none. */
void hr__attempt_describe(const struct hr_call_attempt *attempt);
/* It has ended; `stale`: as its kept connection had been closed. Breaker, adaptive limit and idle
 * time learn of it. */
void hr__attempt_account(struct hr_call_attempt *attempt, bool stale);
/* Gives back what it has. */
void hr__attempt_release(struct hr_call_attempt *attempt);
/* of hr__source_open */
void hr__attempt_body_ready(struct hr_source_reader *reader);

#endif
