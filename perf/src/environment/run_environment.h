/* The environment of a measurement: machine, kernel, limits, clock, versions and the command line,
 * for every report of a bench. docs/report.md lists the members. */
#ifndef PERF_RUN_ENVIRONMENT_H
#define PERF_RUN_ENVIRONMENT_H

#include <headrace/json_write.h>

#define PERF_ENVIRONMENT_COMMAND_MAX 1024

/* The command line as it may be shown, for all reports of this process; copied, and cut where it is
 * longer. Before the first thread. */
void perf_environment_command(const char *text);

/* The member "environment" of the object that is open. What the machine does not tell is left
 * out. */
void perf_environment_json(struct hr_json_writer *json);

#endif
