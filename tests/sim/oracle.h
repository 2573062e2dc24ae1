/* The judge of a simulated world. What it finds wrong ends the process: a world that broke a
 * promise is not worth stepping on, and its memory is left to be looked at. */
#ifndef HR_SIM_ORACLE_H
#define HR_SIM_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include <headrace/request.h>

#define ORACLE_EXIT_FINDING 3
#define ORACLE_OPEN_END     UINT64_MAX /* of a write that may take effect at any time */

struct world;

/* Prints "finding: …" and who still waits for what, and leaves. */
_Noreturn void oracle_finding(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The world that findings are told about. NULL: none. */
void oracle_watch(const struct world *world);

/* After each step: budgets, the kernel's complaints. */
void oracle_check_step(const struct world *world);
/* All requests are done and all clients and servers closed: everything has been given back. */
void oracle_check_rest(const struct world *world);

/* A result as such: a failure has a name, nobody is blamed for what did not happen. */
struct oracle_blame {
    bool cancelled;  /* a cancel was asked */
    bool timeout;    /* the request had a time-out */
    bool faults;     /* something may go wrong in this world */
    int expected;    /* the result that it is made for */
    bool may_differ; /* another failure is as good: limits are small */
};
void oracle_check_result(const struct hr_request *request, const struct oracle_blame *blame,
                         const char *what);

/* What was written under one key, and when. Times are the world's steps. A write that failed, or
 * took more than one attempt, may have an echo: it takes effect at any time after its start. */
#define ORACLE_WRITES_MAX 256
struct oracle_write {
    uint64_t version; /* 0: absent (deleted, or never put) */
    uint64_t size;
    uint64_t start, end;
};
struct oracle_key {
    struct oracle_write writes[ORACLE_WRITES_MAX];
    unsigned count;
    unsigned created; /* writes on condition that nothing was there, and that succeeded */
};
/* The number of the write, which ends later by oracle_write_ended. */
unsigned oracle_write_begun(struct oracle_key *key, uint64_t version, uint64_t size, uint64_t now);
void oracle_write_ended(struct oracle_key *key, unsigned number, bool definite, uint64_t now);
/* It certainly never takes effect. */
void oracle_write_refused(struct oracle_key *key, unsigned number);
/* A write from `start` until now was made on condition that nothing was there: it is a finding
 * where something was, or where two of them succeeded and nobody deleted. */
void oracle_check_created(struct oracle_key *key, uint64_t start, uint64_t now, const char *what);
/* ... and was refused: a finding where nothing can have been there. */
void oracle_check_present(const struct oracle_key *key, uint64_t start, uint64_t now,
                          const char *what);
/* A read from `start` to `end` saw `version`: a finding where no order of the writes allows it. */
void oracle_check_read(const struct oracle_key *key, const struct oracle_write *seen,
                       const char *what);

#endif
