/* A client's connection and the one to the server, with a flow in each direction. It moves bytes
 * and ends; what bytes may pass is decided above it. Reactor thread only. */
#ifndef PERF_FAULT_PAIR_H
#define PERF_FAULT_PAIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <engine/reactor.h>

#include "fault_flow.h"
#include "fault_outcome.h"
#include "http1_parse.h"

struct fault_pair;

/* Of the layer above. Calls on the pair are allowed in all of them but on_gone. */
struct fault_pair_events {
    /* The flow has new bytes. */
    void (*on_bytes)(struct fault_pair *pair, struct fault_flow *flow);
    /* All that may be written has been. */
    void (*on_drained)(struct fault_pair *pair, struct fault_flow *flow);
    /* The flow's source has ended in an orderly way. */
    void (*on_end)(struct fault_pair *pair, struct fault_flow *flow);
    void (*on_timer)(struct fault_pair *pair);
    /* The last touch: the memory is the owner's again. `orderly`: both sides had ended by a FIN. */
    void (*on_gone)(struct fault_pair *pair, bool orderly);
};

/* The state of a proxy on its reactor. */
struct fault_core {
    struct hr_reactor *reactor;
    struct sockaddr_storage to;
    socklen_t to_size;
    bool tcp;
    uint64_t started_ns;
    struct fault_decider decider;
    struct fault_counts *counts;
    struct hr_http1_parsers requests, responses;
    struct fault_pair *pairs;
    unsigned pair_count;
    void (*on_gone)(struct fault_core *core); /* a pair has */
};

enum fault_pair_state {
    FAULT_PAIR_OPEN,
    FAULT_PAIR_FINISHING, /* the client is sent what is ready, then a FIN; what it sends is dropped
                           */
    FAULT_PAIR_CLOSING,
};

struct fault_pair {
    struct fault_core *core;
    const struct fault_pair_events *events;
    struct fault_pair *next, *prev;
    struct hr_stream *client, *server; /* server NULL: not asked for, or closed */
    struct fault_flow up, down;        /* to the server, to the client */
    struct hr_timer timer;
    int fd;             /* the client's, for its reset */
    unsigned open;      /* streams */
    uint8_t state;      /* enum fault_pair_state */
    bool server_leaves; /* its connection is being closed, alone */
    bool again;         /* behind that, another is wanted */
};

/* Around an accepted descriptor, which it takes over. 0, or -ENOMEM, and then it does not. */
int fault_pair_open(struct fault_pair *pair, struct fault_core *core, int fd,
                    const struct fault_pair_events *events);
/* Connects to the server, where there is no connection; if it cannot be reached the pair is reset.
 */
void fault_pair_connect(struct fault_pair *pair);
/* Closes the connection to the server, which nobody is waiting for; another may follow. */
void fault_pair_leave_server(struct fault_pair *pair);
/* Calls on_timer after so long. */
void fault_pair_wait(struct fault_pair *pair, uint64_t ms);
/* Writes what may be written, and reads on where there is room again. */
void fault_pair_move(struct fault_pair *pair, struct fault_flow *flow);

/* The ends; each may be called at any time, the first that is final counts. */
void fault_pair_reset(struct fault_pair *pair); /* RST to the client */
void fault_pair_close(struct fault_pair *pair);
/* The server's connection closes; the client's does behind what is ready for it. */
void fault_pair_finish(struct fault_pair *pair);
/* The flow's source has ended: passes that on behind its bytes, and closes when both have. */
void fault_pair_pass_end(struct fault_pair *pair, struct fault_flow *flow);

#endif
