/* A proxy that puts faults between a bench and its store, in this process. */
#ifndef COMMAND_BENCH_FAULTS_H
#define COMMAND_BENCH_FAULTS_H

#include "fault_proxy.h"
#include "fault_report.h"
#include "fault_script.h"
#include "session.h"

#define BENCH_FAULTS_TEXT        320
#define BENCH_FAULTS_DESCRIPTORS 3 /* of a connection: the client's, and the proxy's two */

struct bench_faults {
    struct fault_script script;
    struct fault_report report; /* whole once it has closed */
    struct session_engine on;   /* its own: it is no part of what is measured but for its CPU */
    fault_proxy *proxy;
    char endpoint[BENCH_FAULTS_TEXT]; /* for the client */
};

/* Reads rules, as `proxy faults --fault` takes them, whose chances follow from `seed`. EXIT_DONE,
 * or EXIT_USAGE after a complaint. */
int bench_faults_read(struct bench_faults *faults, const struct option_list *rules, uint64_t seed,
                      bool json);

/* Whether a proxy can be put before `endpoint`. EXIT_DONE, or EXIT_USAGE after a complaint. */
int bench_faults_check(const char *endpoint);

/* Listens, for so many connections, in front of `endpoint`, which is http://HOST[:PORT]. EXIT_DONE,
 * or the exit code after a complaint. */
int bench_faults_open(struct bench_faults *faults, const char *endpoint, unsigned connections,
                      const struct engine_options *engine, bool json);

/* Ends it; waits by the session. What was not opened is let alone. */
void bench_faults_close(struct bench_faults *faults, struct session *session);

#endif
