/* A connection of the pool: being opened, held by a waiter, idle, closing. Whoever holds it takes
 * its stream's events and its deadline's on_due; the pool takes them back when it is released or
 * closed. */
#ifndef HR_NET_CONNECTION_H
#define HR_NET_CONNECTION_H

#include "deadline.h"
#include "pool.h"
#include "stream.h"

struct hr_connection {
    struct hr_stream *stream;      /* NULL until connected */
    struct hr_pool_waiter *waiter; /* it is opened for or held by; NULL: idle, ahead, or closing */
    struct hr_origin *origin;
    union hr_address peer;  /* family 0: none */
    uint32_t expires_ticks; /* of its life, see connection.c */
    uint16_t openings;      /* of the origin's breaker, as it was made: the low bits */
    bool idle : 1, closing : 1;
    bool served : 1;   /* has been released before */
    bool carrying : 1; /* counted in the origin's in_flight */
    bool yielding : 1; /* counted in the shard's */
    bool mortal : 1;   /* expires_ticks counts */
    bool on_loan : 1;  /* its place is another reactor's */
    union {            /* most connections are idle ones: they do not pay for having connected */
        struct {       /* until there is a stream */
            struct hr_dial *dial;
            struct hr_pool_ahead *ahead; /* told of it when there is no waiter */
            struct hr_connection *ahead_next;
        };
        struct {
            struct hr_connection *origin_newer, *origin_older; /* idle: in the origin's list */
            struct hr_connection *newer, *older;               /* idle: in the shard's list */
            struct hr_deadline deadline;
            uint64_t idle_since_ns;
        };
    };
};

/* Begins to connect for `waiter` or, where that is NULL, for `ahead`. -ENOMEM. */
int hr__connection_open(struct hr_origin *origin, struct hr_pool_waiter *waiter,
                        struct hr_pool_ahead *ahead);
/* It is held by the waiter from now on. */
void hr__connection_hold(struct hr_connection *connection, struct hr_pool_waiter *waiter);
/* Its holder has nothing more to do with it: it counts no longer as in flight. */
void hr__connection_leave(struct hr_connection *connection);
/* Its holder does not wait for its end, which may come at once. */
void hr__connection_detach(struct hr_connection *connection);
/* Closes; its waiter, if it still has one, is told on_failed or on_closed. */
void hr__connection_close(struct hr_connection *connection);
/* Nobody holds it any more: its stream and its deadline are the pool's. */
void hr__connection_take_back(struct hr_connection *connection);
/* It is idle, and closes when it has stood so for too long, or has lived for long enough. */
void hr__connection_arm(struct hr_connection *connection);
/* It is one more than the limits allow, which have been lowered. */
bool hr__connection_is_surplus(const struct hr_connection *connection);
/* Its lifetime is over: it carries nothing more. */
bool hr__connection_expired(const struct hr_connection *connection);
uint64_t hr__connection_life_left_ns(const struct hr_connection *connection);

#endif
