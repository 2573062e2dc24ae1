/* Time series and curves of latency by throughput. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "summary_parts.h"

#define SECOND_MAX 1e9
#define STEP_MIN   1e-3

/* A number that is not below 0; null is -1 where it `may` be. */
static int read_number(const json_t *object, const char *name, bool may, double *value,
                       struct hr_error *error) {
    const json_t *found = json_object_get(object, name);
    if (may && (!found || json_is_null(found))) {
        *value = -1;
        return 0;
    }
    return perf_member_seconds(object, name, value, error) == 0
               ? 0
               : perf_member_refuse(error, "%s is no number", name);
}

static int read_point(const json_t *object, struct perf_point *point, struct hr_error *error) {
    int err = read_number(object, "second", false, &point->second, error);
    if (!err) err = read_number(object, "operations", false, &point->operations, error);
    if (!err) err = read_number(object, "errors", false, &point->errors, error);
    if (!err) err = read_number(object, "rate", false, &point->rate, error);
    if (!err) err = read_number(object, "p50", true, &point->p50_ms, error);
    if (!err) err = read_number(object, "p99", true, &point->p99_ms, error);
    if (!err && point->second > SECOND_MAX) return perf_member_refuse(error, "second is too large");
    return err;
}

static int read_curve_point(const json_t *object, struct perf_curve_point *point,
                            struct hr_error *error) {
    int err = read_number(object, "rate_per_s", false, &point->asked, error);
    if (!err) err = read_number(object, "operations_per_s", false, &point->rate, error);
    if (!err) err = read_number(object, "p50_ms", true, &point->p50_ms, error);
    if (!err) err = read_number(object, "p99_ms", true, &point->p99_ms, error);
    return err;
}

/* The sentence about a member of an item, with the list in front. */
static int in_list(const char *list, size_t index, struct hr_error *error) {
    const struct hr_error why = *error;
    return perf_member_refuse(error, "%s[%zu].%s", list, index, why.message);
}

/* The list called `name`; NULL where there is none. */
static int find_list(const struct perf_source *source, const char *name, const json_t **list) {
    *list = json_object_get(source->root, name);
    if (!*list || json_is_null(*list)) {
        *list = NULL;
        return 0;
    }
    if (json_is_array(*list) && json_array_size(*list) <= PERF_POINTS_MAX) return 0;
    return perf_member_refuse(source->error, "%s is no list of at most %d points", name,
                              PERF_POINTS_MAX);
}

/* How long a row is; older reports have seconds. */
static int read_step(const struct perf_source *source, double *step_s) {
    const json_t *found = json_object_get(source->root, "series_step_s");
    *step_s = 1;
    if (!found || json_is_null(found)) return 0;
    *step_s = json_number_value(found);
    if (*step_s >= STEP_MIN && *step_s <= SECOND_MAX) return 0;
    return perf_member_refuse(source->error, "series_step_s is no number of seconds");
}

static int read_series(const struct perf_source *source, struct perf_points *series) {
    const json_t *list;
    int err = find_list(source, "series", &list);
    if (!err) err = read_step(source, &series->step_s);
    if (err || !list) return err;
    series->list = calloc(json_array_size(list) + 1, sizeof *series->list);
    if (!series->list) return hr_error_set(source->error, -ENOMEM, "out of memory");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (read_point(json_array_get(list, i), &series->list[series->count++], source->error))
            return in_list("series", i, source->error);
    return 0;
}

static int read_curve(const struct perf_source *source, struct perf_curve *curve) {
    const json_t *list;
    int err = find_list(source, "curve", &list);
    if (err || !list) return err;
    curve->list = calloc(json_array_size(list) + 1, sizeof *curve->list);
    if (!curve->list) return hr_error_set(source->error, -ENOMEM, "out of memory");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (read_curve_point(json_array_get(list, i), &curve->list[curve->count++], source->error))
            return in_list("curve", i, source->error);
    return 0;
}

int perf_read_series(const struct perf_source *source, struct perf_subject *subject) {
    int err = read_series(source, &subject->series);
    return err ? err : read_curve(source, &subject->curve);
}

/* Of the same time. */
static void add_beside(struct perf_point *into, const struct perf_point *from) {
    into->operations += from->operations;
    into->errors += from->errors;
    into->rate += from->rate;
    into->p50_ms = fmax(into->p50_ms, from->p50_ms); /* percentiles cannot be added */
    into->p99_ms = fmax(into->p99_ms, from->p99_ms);
}

/* A last row is as long as the run. */
static double length_of(const struct perf_point *point, double step_s) {
    double length = point->rate > 0 ? point->operations / point->rate : step_s;
    return length > 0 && length < step_s ? length : step_s;
}

static bool is_same_row(const struct perf_point *a, const struct perf_point *b, double step_s) {
    return !(floor(b->second / step_s) > floor(a->second / step_s));
}

/* Rows of one run become rows of a longer step. */
static void widen(struct perf_points *series, double step_s) {
    size_t kept = 0;
    double length_s = series->count ? length_of(series->list, series->step_s) : 0;
    if (!(step_s > series->step_s)) return;
    for (size_t i = 1; i < series->count; i++) {
        struct perf_point *into = &series->list[kept], *from = &series->list[i];
        double more_s = length_of(from, series->step_s);
        if (is_same_row(into, from, step_s)) {
            add_beside(into, from);
            length_s += more_s;
            into->rate = into->operations / length_s;
        } else {
            series->list[++kept] = *from;
            length_s = more_s;
        }
    }
    if (series->count > 0) series->count = kept + 1;
    series->step_s = step_s;
}

static int by_second(const void *a, const void *b) {
    double left = ((const struct perf_point *)a)->second,
           right = ((const struct perf_point *)b)->second;
    return (left > right) - (left < right);
}

/* Rows of the same time become one; the list is sorted. */
static void fold(struct perf_points *series) {
    size_t kept = 0;
    for (size_t i = 1; i < series->count; i++) {
        if (is_same_row(&series->list[kept], &series->list[i], series->step_s))
            add_beside(&series->list[kept], &series->list[i]);
        else
            series->list[++kept] = series->list[i];
    }
    if (series->count > 0) series->count = kept + 1;
}

int perf_points_merge(struct perf_points *into, struct perf_points *from) {
    size_t count = into->count + from->count;
    if (from->count == 0 || count > PERF_POINTS_MAX) return 0;
    double step_s = fmax(into->step_s, from->step_s);
    widen(into, step_s);
    widen(from, step_s);
    count = into->count + from->count;
    struct perf_point *list = realloc(into->list, count * sizeof *list);
    if (!list) return -ENOMEM;
    memcpy(list + into->count, from->list, from->count * sizeof *list);
    into->list = list;
    into->count = count;
    into->step_s = step_s;
    qsort(list, count, sizeof *list, by_second);
    fold(into);
    return 0;
}
