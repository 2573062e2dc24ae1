/* The files of a report: results, a baseline, the plotting library. */
#ifndef COMMAND_REPORT_INPUTS_H
#define COMMAND_REPORT_INPUTS_H

#include "byte_buffer.h"
#include "summary.h"

/* Reads a file, or of a folder all files that end in ".json", by their names. 0, or a negative code
 * with a sentence that names the file. */
int report_inputs_read(struct perf_summary *summary, const char *path, struct hr_error *error);

/* Where Debian's package libjs-chart.js has it. */
#define REPORT_CHART     "/usr/share/javascript/chart.js/chart.min.js"
#define REPORT_CHART_MAX ((size_t)4 << 20)

/* Reads the library into `chart`. Where that is not possible, or it would end the script that it is
 * put into, `chart` is empty and `why` says so. */
void report_inputs_chart(const char *path, struct byte_buffer *chart, char why[PERF_SHOWN_MAX]);

#endif
