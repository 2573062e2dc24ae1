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

#include "shards.h"
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
    bool traced;          /* open loop: operations start at the times of the workload's trace */
    uint64_t think_ns;    /* closed loop: between an end and the next start in the slot */
    uint32_t timeout_ms;
    bool collected; /* perf_loop_collect is called while it goes on */
    /* Of a run that goes on: what it has done so far. */
    uint64_t before_operations, before_ns;
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
/* The latencies of those that have succeeded so far; any time. */
void perf_loop_latency(const perf_loop *loop, struct hr_histogram *latency_ns);

/* Open loop: operations that are due by the schedule at `now_ns` and were not started; else 0. Any
 * time behind the start. */
uint64_t perf_loop_not_started(const perf_loop *loop, uint64_t now_ns);

/* Moves to `into` what has ended since the last time; of a loop whose options say so. One thread
 * at a time, any one, until the report. */
void perf_loop_collect(perf_loop *loop, struct perf_collection *into);
/* How often that was done; any time. Latencies begin anew each time. */
unsigned perf_loop_collects(const perf_loop *loop);

struct perf_loop_report {
    uint64_t submitted;
    uint64_t not_started; /* open loop: due by the schedule, but no slot was free before the end */
    uint64_t started_ns, ended_ns; /* first start and last end, monotonic */
    bool held_together;            /* `together` was asked for and reached */
    struct hr_tls_info tls;        /* HTTP: of a connection; version NULL: none */
    struct perf_result result;
    struct perf_series_figures series;
};

/* Adds the results up when all is over, once. `report` is large: heap. */
void perf_loop_report(perf_loop *loop, struct perf_loop_report *report);

/* Frees a loop that is over, or was not started. NULL: nothing. */
void perf_loop_free(perf_loop *loop);

#endif
