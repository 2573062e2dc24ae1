/* Shards that say which they are: read, their clocks compared, looked for. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "summary_parts.h"

#define RANKS_MAX   65536
#define NAMED_MAX   8 /* missing ranks that a warning names */
#define APART_MAX_S 1.0

static double number_of(const json_t *object, const char *name) {
    return json_number_value(json_object_get(object, name));
}

int perf_shard_read(const json_t *root, struct perf_shard_told *shard, struct hr_error *error) {
    const json_t *object = json_object_get(root, "shard"), *clock;
    uint64_t rank = 0, size = 0;
    if (!object || json_is_null(object)) return 0;
    int err = perf_member_count(object, "rank", &rank, error);
    if (!err) err = perf_member_count(object, "size", &size, error);
    if (err) return err;
    if (size == 0 || size > RANKS_MAX || rank >= size)
        return perf_member_refuse(error, "shard.rank is none of shard.size");
    clock = json_object_get(object, "clock");
    *shard = (struct perf_shard_told){.rank = (unsigned)rank,
                                      .size = (unsigned)size,
                                      .has_clock = json_is_object(clock),
                                      .offset_low_s = number_of(clock, "offset_low_ms") / 1e3,
                                      .offset_high_s = number_of(clock, "offset_high_ms") / 1e3};
    return 0;
}

double perf_shard_shift_s(const struct perf_shard_told *shard) {
    if (!shard->has_clock) return 0;
    return shard->offset_low_s > 0 ? shard->offset_low_s : fmin(shard->offset_high_s, 0);
}

double perf_shards_apart_s(const struct perf_shard_told *a, const struct perf_shard_told *b) {
    assert(a->has_clock && b->has_clock);
    return fmax(0, fmax(a->offset_low_s - b->offset_high_s, b->offset_low_s - a->offset_high_s));
}

/* ---- Those that are missing. */

static void name_missing(const unsigned char *counts, unsigned size, char text[256]) {
    size_t used = 0;
    unsigned named = 0;
    for (unsigned i = 0; i < size && named < NAMED_MAX; i++)
        if (counts[i] == 0)
            used += (size_t)snprintf(text + used, 256 - used, "%s%u", named++ ? ", " : "", i);
}

static void warn(struct perf_summary *summary, const struct perf_subject *first,
                 const unsigned char *counts) {
    unsigned missing = 0, size = first->shard.size;
    char text[256] = "";
    for (unsigned i = 0; i < size; i++) {
        missing += counts[i] == 0;
        if (counts[i] > 1)
            perf_summary_warn(summary,
                              "%.80s: shard %u of %u is there %u times: its operations are counted "
                              "as often",
                              first->file, i, size, counts[i]);
    }
    if (missing == 0) return;
    name_missing(counts, size, text);
    perf_summary_warn(summary, "%.80s: %u of %u shards are missing: %s%s", first->file, missing,
                      size, text, missing > NAMED_MAX ? " and more" : "");
}

/* Of how many it says that it is one; 0: it is alone, with a start that was asked for at most. */
static unsigned size_of(const struct perf_subject *subject) {
    return subject->shard.size > 1 ? subject->shard.size : 0;
}

int perf_shards_check(struct perf_summary *summary, struct perf_subject *const *list,
                      unsigned count) {
    const struct perf_subject *first = list[0];
    unsigned size = size_of(first);
    for (unsigned i = 1; i < count; i++) {
        if (size_of(list[i]) == size) continue;
        perf_summary_warn(summary, "%.80s says that it is a shard of %u, and %.80s of %u",
                          first->file, size, list[i]->file, size_of(list[i]));
        return 0;
    }
    if (size == 0) return 0;
    unsigned char *counts = calloc(size, 1);
    if (!counts) return -1;
    for (unsigned i = 0; i < count; i++)
        if (counts[list[i]->shard.rank] < UINT8_MAX) counts[list[i]->shard.rank]++;
    warn(summary, first, counts);
    free(counts);
    return 0;
}

void perf_shards_clocks(struct perf_summary *summary, const struct perf_subject *a,
                        const struct perf_subject *b) {
    double apart_s = perf_shards_apart_s(&a->shard, &b->shard);
    if (apart_s <= APART_MAX_S) return;
    perf_summary_warn(summary,
                      "the clocks of %.80s and %.80s are %.1f s apart at least, as the store tells "
                      "its own: their times were put on the store's",
                      a->file, b->file, apart_s);
}
