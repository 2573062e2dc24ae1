/* `--beside`: the same work by other programs, in the same rounds. */
#ifndef COMMAND_BENCH_BESIDE_H
#define COMMAND_BENCH_BESIDE_H

#include "bench.h"
#include "beside_options.h"
#include "beside_rounds.h"
#include "beside_settings.h"

/* A comparison. */
struct beside_task {
    const struct beside_values *values;
    const char *kind; /* "s3": peers are programs called s3_NAME or s3_NAME.py */
    /* Writes the members of the workload: docs/peers.md. */
    void (*put_workload)(struct hr_json_writer *json, void *user);
    void *user;
    const char *const *own_more; /* words added to this program's own command line, ended by NULL */
    const char *own_settings;
    const struct perf_beside_settings *work; /* of this program, for unequal work; NULL: none */
    unsigned shared_cores; /* of this machine that the server runs on too; 0: it is elsewhere */
    uint64_t duration_ms;  /* of a run; 0: it ends by itself */
    const char *json;
    struct session *session;
    void (*put_parameters)(struct hr_json_writer *json, void *user); /* of the report */
    const struct perf_beside_figure_text *texts;                     /* NULL: of operations */
    /* Before each run, and behind it as struct perf_beside has it; both may be NULL. */
    void (*prepare)(void *user);
    int (*check)(void *user, const struct perf_beside_result *result, struct hr_error *error);
};

/* Measures and publishes; the exit code: EXIT_FAILED where an operation of this program failed. */
int bench_beside_run(const struct beside_task *task);

/* Cores that a client on this machine shares with the server of `url`: all of them where it names
 * this machine by a loopback address or by the host's name, else 0. */
unsigned beside_shared_cores(const char *url);

/* Members of a workload: when it ends. */
void beside_put_end(struct hr_json_writer *json, const struct perf_loop_options *options);

#endif
