/* Results of one workload, put together: first those that ran at once (shards), then those that ran
 * one after the other (rounds). */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "summary_parts.h"

#define CLOCK_ERROR_MAX_MS 1000.0

static bool is_alike(const struct perf_subject *a, const struct perf_subject *b) {
    return a->is_load && b->is_load && strcmp(a->key, b->key) == 0 &&
           strcmp(a->target, b->target) == 0;
}

/* More than half of the shorter one lies in both: rounds whose clocks are a little off do not. */
static bool is_at_once(struct perf_window a, struct perf_window b) {
    double shared = fmin(a.end_s, b.end_s) - fmax(a.begin_s, b.begin_s);
    double shorter = fmin(a.end_s - a.begin_s, b.end_s - b.begin_s);
    return a.begin_s > 0 && b.begin_s > 0 && shared > shorter / 2;
}

/* ---- Counts. */

static void add_operations(struct perf_operations *into, const struct perf_operations *from) {
    into->submitted += from->submitted;
    into->succeeded += from->succeeded;
    into->failed += from->failed;
    into->cancelled += from->cancelled;
}

static void add_part(struct perf_part *into, const struct perf_part *from) {
    add_operations(&into->operations, &from->operations);
    int err = hr_histogram_merge(&into->latency_ns, &from->latency_ns);
    assert(err == 0); /* all of them count seconds */
    (void)err;
}

static int add_parts(struct perf_subject *into, const struct perf_subject *from) {
    add_part(into->all, from->all);
    for (unsigned i = 0; i < from->part_count; i++) {
        struct perf_part *part = perf_subject_part(into, from->parts[i]->name);
        if (!part) return -ENOMEM;
        add_part(part, from->parts[i]);
    }
    return 0;
}

static void add_failures(struct perf_subject *into, const struct perf_subject *from) {
    for (unsigned i = 0; i < from->failure_count; i++) {
        struct perf_failure *failure = perf_subject_failure(into, from->failures[i].name);
        if (!*failure->example)
            memcpy(failure->example, from->failures[i].example, sizeof failure->example);
        failure->count += from->failures[i].count;
    }
}

static void add_load(struct perf_load *into, const struct perf_load *from) {
    into->cpu_s += from->cpu_s;
    into->bytes_sent += from->bytes_sent;
    into->bytes_received += from->bytes_received;
    into->retries += from->retries;
    into->not_started += from->not_started;
}

/* ---- Series. */

static int add_series(struct perf_summary *summary, struct perf_subject *into,
                      struct perf_subject *from) {
    bool known = from->window.begin_s > 0 && into->window.begin_s > 0;
    double later = known ? from->window.begin_s - into->window.begin_s : 0;
    if (into->series.count + from->series.count > PERF_POINTS_MAX)
        perf_summary_warn(summary,
                          "%.80s: the time series together have more than %d points; "
                          "those of %.80s are left out",
                          into->file, PERF_POINTS_MAX, from->file);
    for (size_t i = 0; i < from->series.count; i++) from->series.list[i].second += later;
    return perf_points_merge(&into->series, &from->series);
}

/* A curve cannot be added: the first one stays. */
static void keep_curve(struct perf_subject *into, struct perf_subject *from) {
    if (into->curve.count > 0 || from->curve.count == 0) return;
    into->curve = from->curve;
    from->curve = (struct perf_curve){.count = 0};
}

static int add_requirements(struct perf_subject *into, const struct perf_subject *from) {
    size_t count = into->requirement_count + from->requirement_count;
    if (from->requirement_count == 0) return 0;
    struct perf_check *list = realloc(into->requirements, count * sizeof *list);
    if (!list) return -ENOMEM;
    memcpy(list + into->requirement_count, from->requirements,
           from->requirement_count * sizeof *list);
    into->requirements = list;
    into->requirement_count = (unsigned)count;
    return 0;
}

static int add_all(struct perf_summary *summary, struct perf_subject *into,
                   struct perf_subject *from) {
    int err = add_parts(into, from);
    if (!err) err = add_series(summary, into, from);
    if (!err) err = add_requirements(into, from);
    if (!*into->error) memcpy(into->error, from->error, sizeof into->error);
    add_failures(into, from);
    add_load(&into->load, &from->load);
    keep_curve(into, from);
    perf_facts_merge(&into->facts, &from->facts);
    into->results += from->results;
    return err;
}

/* ---- Shards. */

static bool is_clock_known(const struct perf_subject *subject) {
    const char *synchronized = perf_fact_of(&subject->facts, "clock.synchronized");
    double error_ms = strtod(perf_fact_of(&subject->facts, "clock.error_ms"), NULL);
    return strcmp(synchronized, "true") == 0 && error_ms <= CLOCK_ERROR_MAX_MS;
}

static void check_clocks(struct perf_summary *summary, const struct perf_subject *into,
                         const struct perf_subject *from) {
    if (into->shard.has_clock && from->shard.has_clock) {
        perf_shards_clocks(summary, into, from);
        return;
    }
    if (strcmp(perf_fact_of(&into->facts, "host"), perf_fact_of(&from->facts, "host")) == 0) return;
    if (is_clock_known(into) && is_clock_known(from)) return;
    perf_summary_warn(summary,
                      "%.80s and %.80s are of two hosts whose clocks are not known to agree within "
                      "a second: whether they ran at once is not sure",
                      into->file, from->file);
}

/* How shards lie in time. */
enum overlap { TOGETHER, APART, UNKNOWN };

/* The time that all share; where there is none, that from the first begin to the last end. */
static enum overlap shared(struct perf_subject *const *list, unsigned count,
                           struct perf_window *window) {
    struct perf_window inner = list[0]->window, outer = inner;
    *window = (struct perf_window){0, 0};
    for (unsigned i = 0; i < count; i++) {
        if (!(list[i]->window.begin_s > 0)) return UNKNOWN;
        inner.begin_s = fmax(inner.begin_s, list[i]->window.begin_s);
        inner.end_s = fmin(inner.end_s, list[i]->window.end_s);
        outer.begin_s = fmin(outer.begin_s, list[i]->window.begin_s);
        outer.end_s = fmax(outer.end_s, list[i]->window.end_s);
    }
    bool any = inner.end_s > inner.begin_s;
    *window = any ? inner : outer;
    return any ? TOGETHER : APART;
}

static void warn_of(struct perf_summary *summary, enum overlap overlap, const char *file,
                    unsigned others) {
    if (overlap == APART)
        perf_summary_warn(summary,
                          "%.80s and %u more were put together as shards, but share no moment: "
                          "rates are those from the first begin to the last end",
                          file, others);
    else if (overlap == UNKNOWN)
        perf_summary_warn(summary,
                          "%.80s and %u more were put together as shards, but not all say when "
                          "they began: the time is that of the longest, rates are the sums",
                          file, others);
}

/* Time and rates of all, before they are put together. */
static struct perf_load load_of(struct perf_subject *const *list, unsigned count,
                                enum overlap overlap, struct perf_window window) {
    struct perf_load load = {0};
    double operations = 0, bytes = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct perf_load *one = &list[i]->load;
        load.rate += one->rate;
        load.bytes_rate += one->bytes_rate;
        load.duration_s = fmax(load.duration_s, one->duration_s);
        operations += (double)list[i]->all->operations.succeeded;
        bytes += (double)one->bytes_sent + (double)one->bytes_received;
    }
    if (overlap != UNKNOWN) load.duration_s = window.end_s - window.begin_s;
    if (overlap != APART || !(load.duration_s > 0)) return load;
    load.rate = operations / load.duration_s;
    load.bytes_rate = bytes / load.duration_s;
    return load;
}

/* `list` ran at once; the first takes the others in, which are freed. */
static int merge_shards(struct perf_summary *summary, struct perf_subject **list, unsigned count) {
    struct perf_subject *into = list[0];
    struct perf_window window;
    int err = 0;
    if (count == 1) return 0;
    enum overlap overlap = shared(list, count, &window);
    const struct perf_load load = load_of(list, count, overlap, window);
    warn_of(summary, overlap, into->file, count - 1);
    if (perf_shards_check(summary, list, count) != 0) err = -ENOMEM;
    for (unsigned i = 1; i < count; i++) {
        check_clocks(summary, into, list[i]);
        if (!err) err = add_all(summary, into, list[i]);
        into->load.rss_peak_bytes += list[i]->load.rss_peak_bytes;
        perf_subject_free(list[i]);
    }
    into->shards = count;
    into->window = window;
    into->load.duration_s = load.duration_s;
    into->load.rate = load.rate;
    into->load.bytes_rate = load.bytes_rate;
    perf_numbers_of_load(into);
    perf_numbers_as_round(into);
    return err;
}

/* ---- Rounds. */

static void add_round(struct perf_subject *into, const struct perf_subject *from) {
    for (unsigned i = 0; i < from->number_count; i++) {
        struct perf_number *number =
            perf_subject_number(into, from->numbers[i].name, from->numbers[i].better);
        if (!number) continue;
        if (number->count == PERF_ROUNDS_MAX) {
            memmove(number->rounds, number->rounds + 1, --number->count * sizeof *number->rounds);
        }
        number->rounds[number->count++] = from->numbers[i].value;
    }
}

static void spread_numbers(struct perf_subject *subject) {
    for (unsigned i = 0; i < subject->number_count; i++) {
        struct perf_number *number = &subject->numbers[i];
        double sorted[PERF_ROUNDS_MAX];
        memcpy(sorted, number->rounds, number->count * sizeof *sorted);
        struct perf_spread spread = perf_spread_of(sorted, number->count);
        number->least = spread.least;
        number->most = spread.most;
    }
}

static void merge_rates(struct perf_load *into, const struct perf_load *from) {
    double seconds = into->duration_s + from->duration_s;
    if (!(seconds > 0)) return;
    into->rate = (into->rate * into->duration_s + from->rate * from->duration_s) / seconds;
    into->bytes_rate =
        (into->bytes_rate * into->duration_s + from->bytes_rate * from->duration_s) / seconds;
    into->duration_s = seconds;
}

/* The first takes the others in, which are freed. */
static int merge_rounds(struct perf_summary *summary, struct perf_subject **list, unsigned count) {
    struct perf_subject *into = list[0];
    int err = 0;
    for (unsigned i = 1; i < count; i++) {
        struct perf_subject *from = list[i];
        add_round(into, from);
        merge_rates(&into->load, &from->load);
        if (!err) err = add_all(summary, into, from);
        if (from->load.rss_peak_bytes > into->load.rss_peak_bytes)
            into->load.rss_peak_bytes = from->load.rss_peak_bytes;
        if (from->shards > into->shards) into->shards = from->shards;
        into->window.end_s = fmax(into->window.end_s, from->window.end_s);
        perf_subject_free(from);
    }
    into->rounds = count;
    if (count == 1) return err;
    perf_numbers_of_load(into);
    spread_numbers(into);
    return err;
}

/* ---- Groups. */

static int by_begin(const void *a, const void *b) {
    const struct perf_subject *left = *(struct perf_subject *const *)a,
                              *right = *(struct perf_subject *const *)b;
    return (left->window.begin_s > right->window.begin_s) -
           (left->window.begin_s < right->window.begin_s);
}

/* Whether the next one belongs to the shards that `list` ends with. */
static bool is_shard(struct perf_subject *const *list, unsigned count,
                     const struct perf_subject *next, enum perf_together together) {
    if (together != PERF_TOGETHER_AUTO) return together == PERF_TOGETHER_SHARDS;
    for (unsigned i = 0; i < count; i++)
        if (is_at_once(list[i]->window, next->window)) return true;
    return false;
}

/* `list` is of one workload; what comes of it stays in its first place. */
static int merge_group(struct perf_summary *summary, struct perf_subject **list, unsigned count,
                       enum perf_together together) {
    unsigned rounds = 0;
    int err = 0;
    qsort(list, count, sizeof *list, by_begin);
    for (unsigned first = 0, next; first < count; first = next) {
        next = first + 1;
        while (next < count && is_shard(list + first, next - first, list[next], together)) next++;
        int failed = merge_shards(summary, list + first, next - first);
        if (!err) err = failed;
        list[rounds++] = list[first];
    }
    int failed = merge_rounds(summary, list, rounds);
    return err ? err : failed;
}

/* Moves those of the workload of subjects[first] behind it. How many there are. */
static unsigned gather(struct perf_summary *summary, unsigned first) {
    unsigned count = 1;
    for (unsigned i = first + 1; i < summary->subject_count; i++) {
        struct perf_subject *found = summary->subjects[i];
        if (!is_alike(summary->subjects[first], found)) continue;
        memmove(&summary->subjects[first + count + 1], &summary->subjects[first + count],
                (i - first - count) * sizeof(struct perf_subject *));
        summary->subjects[first + count++] = found;
    }
    return count;
}

int perf_summary_merge(struct perf_summary *summary, enum perf_together together) {
    int err = 0;
    for (unsigned first = 0; first < summary->subject_count && together != PERF_ALONE; first++) {
        unsigned count = gather(summary, first);
        int failed = merge_group(summary, &summary->subjects[first], count, together);
        if (!err) err = failed;
        memmove(&summary->subjects[first + 1], &summary->subjects[first + count],
                (summary->subject_count - first - count) * sizeof(struct perf_subject *));
        summary->subject_count -= count - 1;
    }
    return err;
}
