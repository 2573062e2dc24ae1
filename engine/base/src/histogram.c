/* Base-2 exponential histogram. A value's power of two and the leading bits of what is left of it
 * find its bucket; one comparison with an exact bound corrects that. Fields are written with
 * atomics, as another thread may merge meanwhile. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <base/reserved.h>
#include <headrace/histogram.h>

#define STEPS       (1u << HR_HISTOGRAM_SCALE) /* buckets for a power of two */
#define CELL_BITS   6                          /* a cell is narrower than any bucket */
#define CELLS       (1u << CELL_BITS)
#define HALF_BUCKET 1.0108892860517005 /* 2^(1/64), at scale 5 */

/* Where a unit's bounds lie in the 64-bit significands of values, 2^63 being 1.0. */
struct mapping {
    int32_t origin;             /* OpenTelemetry's index of buckets[0]; a multiple of STEPS, so that
                                   downscaling halves positions and indices alike */
    uint32_t first;             /* position of the value 1 */
    uint64_t bounds[STEPS + 1]; /* rounded down, and a last one that nothing is above */
    uint8_t below[CELLS];       /* how many bounds lie below a cell's first significand */
};

/* Bound j is 2^63·2^(j/32). */
static const struct mapping values = {
    .first = 31,
    .origin = -32,
    .bounds = {0x8000000000000000, 0x82cd8698ac2ba1d7, 0x85aac367cc487b14, 0x88980e8092da8527,
               0x8b95c1e3ea8bd6e6, 0x8ea4398b45cd53c0, 0x91c3d373ab11c336, 0x94f4efa8fef70961,
               0x9837f0518db8a96f, 0x9b8d39b9d54e5538, 0x9ef5326091a111ad, 0xa27043030c496818,
               0xa5fed6a9b15138ea, 0xa9a15ab4ea7c0ef8, 0xad583eea42a14ac6, 0xb123f581d2ac258f,
               0xb504f333f9de6484, 0xb8fbaf4762fb9ee9, 0xbd08a39f580c36be, 0xc12c4cca66709456,
               0xc5672a115506dadd, 0xc9b9bd866e2f27a2, 0xce248c151f8480e3, 0xd2a81d91f12ae45a,
               0xd744fccad69d6af4, 0xdbfbb797daf23755, 0xe0ccdeec2a94e111, 0xe5b906e77c8348a8,
               0xeac0c6e7dd24392e, 0xefe4b99bdcdaf5cb, 0xf5257d152486cc2c, 0xfa83b2db722a033a,
               UINT64_MAX},
    .below = {0,  1,  2,  3,  3,  4,  5,  5,  6,  7,  7,  8,  8,  9,  10, 10,
              11, 11, 12, 13, 13, 14, 14, 15, 15, 16, 16, 17, 17, 18, 18, 19,
              19, 20, 20, 21, 21, 22, 22, 22, 23, 23, 24, 24, 25, 25, 26, 26,
              26, 27, 27, 28, 28, 28, 29, 29, 30, 30, 30, 31, 31, 31, 32, 32}};

/* Bound j is 10^9·2^34·2^((j - 28)/32). */
static const struct mapping seconds = {
    .first = 3,
    .origin = -960,
    .bounds = {0x81ffa7a9549ca6e3, 0x84d8626d3118d396, 0x87c11235836d16a3, 0x8aba10758e1ea3cf,
               0x8dc3b8960164a7d9, 0x90de67fff600044c, 0x940a7e28259fb382, 0x97485c9a622adb60,
               0x9a9867054d512391, 0x9dfb034651c99c68, 0xa1709975dfb06757, 0xa4f993f3ed7b61ca,
               0xa8965f74bf065071, 0xac476b0df43f745f, 0xb00d2843e1060dc2, 0xb3e80b172fd51af7,
               0xb7d88a12d0dd9ea0, 0xbbdf1e5a373ce5c6, 0xbffc43b7e604a922, 0xc43078ac4ed47ae7,
               0xc87c3e7d03cdbec3, 0xcce019443eb56ce4, 0xd15c9000bf211c1f, 0xd5f22ca6019743e0,
               0xdaa17c2cd19555db, 0xdf6b0ea438793a89, 0xe44f7742cb56e3dd, 0xe94f4c7859ce1066,
               0xee6b280000000000, 0xf3a3a6f29dd0c333, 0xf8f969d9b5abf948, 0xfe6d14c2b5114024,
               UINT64_MAX},
    .below = {0,  1,  1,  2,  3,  3,  4,  5,  5,  6,  6,  7,  8,  8,  9,  10,
              10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 16, 16, 17, 17, 18, 18,
              19, 19, 19, 20, 20, 21, 21, 22, 22, 23, 23, 24, 24, 24, 25, 25,
              26, 26, 26, 27, 27, 28, 28, 28, 29, 29, 30, 30, 30, 31, 31, 31}};

static const struct mapping *mapping_of(const struct hr_histogram *histogram) {
    return histogram->unit == HR_HISTOGRAM_SECONDS ? &seconds : &values;
}

static uint64_t load(const uint64_t *field) {
    return __atomic_load_n(field, __ATOMIC_RELAXED);
}
static void store(uint64_t *field, uint64_t value) {
    __atomic_store_n(field, value, __ATOMIC_RELAXED);
}

/* Of a value above 0, at the finest scale. */
static unsigned position_of(const struct mapping *mapping, uint64_t value) {
    unsigned power = 63u ^ (unsigned)__builtin_clzll(value);
    uint64_t significand = value << (63 - power);
    unsigned below = mapping->below[(significand >> (63 - CELL_BITS)) - CELLS];
    below += significand > mapping->bounds[below];
    return (power << HR_HISTOGRAM_SCALE) + below + mapping->first;
}

/* Upper bound of a bucket of the finest scale. */
static double bound_of(const struct mapping *mapping, unsigned position) {
    unsigned steps = position - mapping->first;
    return ldexp((double)mapping->bounds[steps % STEPS], (int)(steps / STEPS) - 63);
}

/* From the middle of a bucket to its upper bound, as a factor. */
static double half_width(unsigned downscaled) {
    double factor = HALF_BUCKET;
    while (downscaled-- > 0) factor *= factor;
    return factor;
}

void hr_histogram_init(struct hr_histogram *histogram, enum hr_histogram_unit unit) {
    memset(histogram, 0, sizeof *histogram);
    histogram->unit = unit;
}

void hr_histogram_record(struct hr_histogram *histogram, uint64_t value) {
    uint64_t *counted = &histogram->zero_count;
    if (value > 0)
        counted =
            &histogram->buckets[position_of(mapping_of(histogram), value) >> histogram->downscaled];
    if (load(&histogram->count) == 0 || value < load(&histogram->min))
        store(&histogram->min, value);
    if (value > load(&histogram->max)) store(&histogram->max, value);
    store(&histogram->sum, load(&histogram->sum) + value);
    /* Released: whoever sees the count sees the value in min, max and sum. */
    __atomic_store_n(counted, load(counted) + 1, __ATOMIC_RELEASE);
    store(&histogram->count, load(&histogram->count) + 1);
}

static void fold(struct hr_histogram *histogram, uint32_t times) {
    for (unsigned i = 0; i < HR_HISTOGRAM_BUCKETS; i++) {
        uint64_t seen = histogram->buckets[i];
        histogram->buckets[i] = 0;
        histogram->buckets[i >> times] += seen;
    }
    histogram->downscaled += times;
}

int hr_histogram_downscale(struct hr_histogram *histogram, int scale) {
    int now = HR_HISTOGRAM_SCALE - (int)histogram->downscaled;
    if (scale < 0 || scale > now) return -EINVAL;
    if (scale < now) fold(histogram, (uint32_t)(now - scale));
    return 0;
}

/* Adds the counts of `from`; returns how many they are. */
static uint64_t add_counts(struct hr_histogram *into, const struct hr_histogram *from) {
    uint32_t shift = into->downscaled - from->downscaled;
    uint32_t used = HR_HISTOGRAM_BUCKETS >> from->downscaled;
    uint64_t count = load(&from->zero_count);
    into->zero_count += count;
    for (uint32_t i = 0; i < used; i++) {
        uint64_t seen = load(&from->buckets[i]);
        into->buckets[i >> shift] += seen;
        count += seen;
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return count;
}

int hr_histogram_merge(struct hr_histogram *into, const struct hr_histogram *from) {
    if (into->count == 0)
        into->unit = from->unit;
    else if (into->unit != from->unit)
        return load(&from->count) > 0 ? -EINVAL : 0;
    if (from->downscaled > into->downscaled) fold(into, from->downscaled - into->downscaled);
    uint64_t count = add_counts(into, from);
    if (count == 0) return 0;
    uint64_t low = load(&from->min), high = load(&from->max);
    if (into->count == 0 || low < into->min) into->min = low;
    if (high > into->max) into->max = high;
    into->sum += load(&from->sum);
    into->count += count; /* the buckets' own sum, so that quantiles always find their rank */
    return 0;
}

/* The value that stands for all of a bucket. */
static uint64_t middle_of(const struct hr_histogram *histogram, unsigned bucket) {
    uint32_t downscaled = histogram->downscaled;
    unsigned last = ((bucket + 1) << downscaled) - 1;
    double middle = bound_of(mapping_of(histogram), last) / half_width(downscaled);
    if (middle <= (double)histogram->min) return histogram->min;
    if (middle >= (double)histogram->max) return histogram->max;
    return (uint64_t)(middle + 0.5);
}

uint64_t hr_histogram_quantile(const struct hr_histogram *histogram, double quantile) {
    if (histogram->count == 0) return 0;
    double wanted = quantile > 0 ? quantile * (double)histogram->count : 1;
    if (wanted <= 1) return histogram->min;
    if (wanted > (double)(histogram->count - 1)) return histogram->max;
    uint64_t rank = (uint64_t)wanted, seen = histogram->zero_count;
    if ((double)rank < wanted) rank++;
    if (seen >= rank) return 0;
    for (unsigned i = 0; i < HR_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= rank) return middle_of(histogram, i);
    }
    return histogram->max;
}

double hr_histogram_error(const struct hr_histogram *histogram) {
    return half_width(histogram->downscaled) - 1;
}

double hr_histogram_mean(const struct hr_histogram *histogram) {
    return histogram->count ? (double)histogram->sum / (double)histogram->count : 0;
}

void hr_histogram_buckets_get(const struct hr_histogram *histogram,
                              struct hr_histogram_buckets *buckets) {
    uint32_t first = 0, end = HR_HISTOGRAM_BUCKETS >> histogram->downscaled;
    while (end > 0 && histogram->buckets[end - 1] == 0) end--;
    while (first < end && histogram->buckets[first] == 0) first++;
    /* The origin is a multiple of 32: the division has no rest. */
    int32_t origin = mapping_of(histogram)->origin / (1 << histogram->downscaled);
    *buckets =
        (struct hr_histogram_buckets){.scale = HR_HISTOGRAM_SCALE - (int32_t)histogram->downscaled,
                                      .offset = origin + (int32_t)first,
                                      .size = end - first,
                                      .counts = histogram->buckets + first};
}

/* The first and the last bucket that counts something. */
struct span {
    uint32_t first, last;
    bool any;
};

/* Puts the counts where they belong. False: there is no such bucket, or their sum is too large. */
static bool take_counts(struct hr_histogram *made, const struct hr_histogram_buckets *buckets,
                        struct span *span) {
    int64_t at = (int64_t)buckets->offset - mapping_of(made)->origin / (1 << made->downscaled);
    int64_t end = HR_HISTOGRAM_BUCKETS >> made->downscaled;
    for (uint32_t i = 0; i < buckets->size; i++) {
        uint64_t count = buckets->counts[i];
        if (count == 0) continue;
        if (at + i < 0 || at + i >= end) return false;
        if (__builtin_add_overflow(made->count, count, &made->count)) return false;
        span->last = (uint32_t)(at + i);
        if (!span->any) span->first = span->last;
        span->any = true;
        made->buckets[span->last] = count;
    }
    return true;
}

static bool lies_in(const struct hr_histogram *histogram, uint64_t value, uint32_t bucket) {
    return value > 0 &&
           position_of(mapping_of(histogram), value) >> histogram->downscaled == bucket;
}

/* Whether the least and the largest value lie where the counts begin and end. */
static bool bounds_fit(const struct hr_histogram *histogram, const struct span *span) {
    if (histogram->zero_count > 0 ? histogram->min != 0
                                  : !lies_in(histogram, histogram->min, span->first))
        return false;
    if (!span->any) return histogram->max == 0;
    return histogram->max >= histogram->min && lies_in(histogram, histogram->max, span->last);
}

int hr_histogram_restore(struct hr_histogram *histogram, const struct hr_histogram_told *told) {
    if (!hr__is_zero(told->reserved, sizeof told->reserved)) return -EINVAL;
    if (told->unit != HR_HISTOGRAM_VALUES && told->unit != HR_HISTOGRAM_SECONDS) return -EINVAL;
    if (told->buckets.scale < 0 || told->buckets.scale > HR_HISTOGRAM_SCALE) return -EINVAL;
    struct hr_histogram made;
    struct span span = {.any = false};
    hr_histogram_init(&made, told->unit);
    made.downscaled = (uint32_t)(HR_HISTOGRAM_SCALE - told->buckets.scale);
    made.count = made.zero_count = told->zero_count;
    if (!take_counts(&made, &told->buckets, &span)) return -EINVAL;
    if (made.count > 0) {
        made.min = told->min;
        made.max = told->max;
        made.sum = told->sum;
        if (!bounds_fit(&made, &span)) return -EINVAL;
    }
    *histogram = made;
    return 0;
}
