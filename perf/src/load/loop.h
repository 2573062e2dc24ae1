/* A loop of operations, closed (as many in progress as slots, each follows the one before it) or
 * open (they start by a schedule of a fixed rate, however late the responses come; latency counts
 * from the intended start, so that a server that stalls cannot hide it). */
#ifndef PERF_LOOP_H
#define PERF_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/engine.h>
#include <headrace/request.h>
#include <headrace/tls.h>

#include "result.h"
#include "workload.h"

struct perf_protocol; /* protocols.h */

struct perf_loop_options {
    hr_engine *engine;
    const struct perf_protocol *protocol;
    const void *target; /* the protocol's own: whom its operations are sent to */
    const struct perf_workload *workload;
    perf_choose_fn *choose;
    unsigned concurrency;
    uint64_t operations;  /* 0: no limit; one of the two limits is needed */
    uint64_t duration_ns; /* 0: no limit; operations in progress then may end */
    double rate;          /* operations a second, intended; 0: closed loop */
    uint32_t timeout_ms;
    /* Closed loop: the first operation of each slot, where it is a PUT, holds its body back until
     * all slots have a connection, so that they really are concurrent. */
    bool together;
};

struct perf_loop_s;
typedef struct perf_loop_s perf_loop;

/* 0, -EINVAL, -ENOMEM, -EMFILE. Everything in the options is borrowed until perf_loop_free. */
int perf_loop_new(const struct perf_loop_options *options, perf_loop **loop);

/* Starts the first operations. 0 or a negative code. */
int perf_loop_start(perf_loop *loop);

/* Readable when perf_loop_service has something to do. */
int perf_loop_fd(const perf_loop *loop);
/* Call it when the descriptor is readable, and every 200 ms or so. True when all is over. */
bool perf_loop_service(perf_loop *loop);

/* Starts nothing more and cancels what is in progress. */
void perf_loop_stop(perf_loop *loop);

/* Operations that have ended so far; any time. */
struct perf_totals perf_loop_live(const perf_loop *loop);

struct perf_loop_report {
    uint64_t submitted;
    uint64_t not_started; /* open loop: due by the schedule, but no slot was free before the end */
    uint64_t started_ns, ended_ns; /* first start and last end, monotonic */
    bool held_together;            /* `together` was asked for and reached */
    struct hr_tls_info tls;        /* HTTP: of a connection; version NULL: none */
    struct perf_result result;
};

/* Adds the results up when all is over. `report` is large: heap. */
void perf_loop_report(const perf_loop *loop, struct perf_loop_report *report);

/* Frees a loop that is over, or was not started. NULL: nothing. */
void perf_loop_free(perf_loop *loop);

#endif
