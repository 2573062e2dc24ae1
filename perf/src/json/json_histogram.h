/* A histogram of durations as a member of a JSON object, without loss: docs/peers.md. */
#ifndef PERF_JSON_HISTOGRAM_H
#define PERF_JSON_HISTOGRAM_H

#include <headrace/histogram.h>
#include <headrace/json_write.h>

void json_put_histogram(struct hr_json_writer *json, const char *key,
                        const struct hr_histogram *histogram);

#endif
