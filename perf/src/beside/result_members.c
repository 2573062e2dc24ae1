/* Counts, seconds and histograms out of JSON. */
#include "result_members.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define BUCKETS_MAX HR_HISTOGRAM_BUCKETS
#define WHY_MAX     256

int perf_member_refuse(struct hr_error *error, const char *format, ...) {
    va_list arguments;
    char why[WHY_MAX];
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    return hr_error_set(error, -EPROTO, "%s", why);
}

int perf_member_count(const json_t *object, const char *name, uint64_t *value,
                      struct hr_error *error) {
    const json_t *found = json_object_get(object, name);
    if (!json_is_integer(found) || json_integer_value(found) < 0)
        return perf_member_refuse(error, "%s is no count", name);
    *value = (uint64_t)json_integer_value(found);
    return 0;
}

int perf_member_seconds(const json_t *object, const char *name, double *value,
                        struct hr_error *error) {
    const json_t *found = json_object_get(object, name);
    double read = json_number_value(found);
    if (!json_is_number(found) || !(read >= 0) || !isfinite(read))
        return perf_member_refuse(error, "%s is no number of seconds", name);
    *value = read;
    return 0;
}

static int read_counts(const json_t *list, uint64_t counts[BUCKETS_MAX], struct hr_error *error) {
    if (!json_is_array(list) || json_array_size(list) > BUCKETS_MAX)
        return perf_member_refuse(error, "latency_histogram.counts is no list of at most %d counts",
                                  BUCKETS_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *count = json_array_get(list, i);
        if (!json_is_integer(count) || json_integer_value(count) < 0)
            return perf_member_refuse(error, "latency_histogram.counts[%zu] is no count", i);
        counts[i] = (uint64_t)json_integer_value(count);
    }
    return 0;
}

int perf_member_histogram(const json_t *object, struct hr_histogram *histogram,
                          struct hr_error *error) {
    uint64_t counts[BUCKETS_MAX];
    struct hr_histogram_told told = {.unit = HR_HISTOGRAM_SECONDS, .buckets.counts = counts};
    const json_t *scale = json_object_get(object, "scale"),
                 *offset = json_object_get(object, "offset"),
                 *list = json_object_get(object, "counts");
    if (!json_is_object(object)) return perf_member_refuse(error, "latency_histogram is no object");
    if (!json_is_integer(scale) || json_integer_value(scale) < 0 ||
        json_integer_value(scale) > HR_HISTOGRAM_SCALE)
        return perf_member_refuse(error, "latency_histogram.scale is not 0 to %d",
                                  HR_HISTOGRAM_SCALE);
    if (!json_is_integer(offset) || json_integer_value(offset) < INT32_MIN ||
        json_integer_value(offset) > INT32_MAX)
        return perf_member_refuse(error, "latency_histogram.offset is no index");
    int err = read_counts(list, counts, error);
    if (!err) err = perf_member_count(object, "zero_count", &told.zero_count, error);
    if (!err) err = perf_member_count(object, "sum_ns", &told.sum, error);
    if (!err) err = perf_member_count(object, "min_ns", &told.min, error);
    if (!err) err = perf_member_count(object, "max_ns", &told.max, error);
    if (err) return err;
    told.buckets.scale = (int32_t)json_integer_value(scale);
    told.buckets.offset = (int32_t)json_integer_value(offset);
    told.buckets.size = (uint32_t)json_array_size(list);
    if (hr_histogram_restore(histogram, &told) == 0) return 0;
    return perf_member_refuse(error,
                              "latency_histogram has its min_ns, max_ns or offset in other buckets "
                              "than its counts");
}

int perf_member_operations(const json_t *object, struct perf_operations *operations,
                           struct hr_error *error) {
    struct perf_operations read = {0};
    if (!json_is_object(object)) return perf_member_refuse(error, "operations is no object");
    int err = perf_member_count(object, "submitted", &read.submitted, error);
    if (!err) err = perf_member_count(object, "succeeded", &read.succeeded, error);
    if (!err) err = perf_member_count(object, "failed", &read.failed, error);
    if (!err) err = perf_member_count(object, "cancelled", &read.cancelled, error);
    if (err) return err;
    if (read.submitted != read.succeeded + read.failed + read.cancelled)
        return perf_member_refuse(error,
                                  "operations.submitted is not succeeded + failed + cancelled");
    *operations = read;
    return 0;
}
