/* Histograms beside sorted values, exact integer arithmetic, and the tables of OpenTelemetry and
 * Prometheus. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <headrace/histogram.h>

_Static_assert(sizeof(struct hr_histogram) == 16704, "docs/base.md states the size");

static const enum hr_histogram_unit units[] = {HR_HISTOGRAM_VALUES, HR_HISTOGRAM_SECONDS};
#define UNITS (sizeof units / sizeof *units)

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> (20 + (*state >> 59)); /* many magnitudes */
}

/* 64 bits of every magnitude, and 0 now and then. */
static uint64_t next_wide(uint64_t *state) {
    uint64_t bits = next_random(state) << 40 ^ next_random(state) << 10 ^ next_random(state);
    return bits >> next_random(state) % 64 & -(uint64_t)(next_random(state) % 16 != 0);
}

static void reset(struct hr_histogram *histogram, enum hr_histogram_unit unit, int scale) {
    hr_histogram_init(histogram, unit);
    cr_assert_eq(hr_histogram_downscale(histogram, scale), 0);
}

/* OpenTelemetry's index of the bucket that a value goes into. */
static int32_t index_of(uint64_t value, enum hr_histogram_unit unit, int scale) {
    static struct hr_histogram one;
    struct hr_histogram_buckets buckets;
    reset(&one, unit, scale);
    hr_histogram_record(&one, value);
    hr_histogram_buckets_get(&one, &buckets);
    cr_assert_eq(buckets.scale, scale);
    cr_assert_eq(buckets.size, 1);
    cr_assert_eq(buckets.counts[0], 1);
    return buckets.offset;
}

static void quantiles_beside(uint64_t *values, size_t count, enum hr_histogram_unit unit,
                             int scale) {
    static struct hr_histogram histogram;
    reset(&histogram, unit, scale);
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
        hr_histogram_record(&histogram, values[i]);
    }
    qsort(values, count, sizeof *values, by_value);
    const double quantiles[] = {0, 0.001, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
    const double error = hr_histogram_error(&histogram);
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        size_t rank = (size_t)ceil(quantiles[i] * (double)count);
        double exact = (double)values[rank > 0 ? rank - 1 : 0];
        double read = (double)hr_histogram_quantile(&histogram, quantiles[i]);
        cr_assert_leq(fabs(read - exact), exact * error + 0.5, "%g at scale %d: %g, not %g",
                      quantiles[i], scale, read, exact);
    }
    cr_assert_eq(hr_histogram_quantile(&histogram, 0), values[0]);
    cr_assert_eq(hr_histogram_quantile(&histogram, 1), values[count - 1]);
    cr_assert_eq(histogram.count, count);
    cr_assert_eq(histogram.min, values[0]);
    cr_assert_eq(histogram.max, values[count - 1]);
    cr_assert_eq(histogram.sum, sum);
    cr_assert_float_eq(hr_histogram_mean(&histogram), (double)sum / (double)count, 1.0);
}

Test(histogram, quantiles_are_within_the_error_of_the_sorted_values) {
    enum { COUNT = 20000 };
    static uint64_t values[COUNT];
    uint64_t state = 1;
    for (int scale = 0; scale <= HR_HISTOGRAM_SCALE; scale++) {
        for (size_t unit = 0; unit < UNITS; unit++) {
            for (size_t i = 0; i < COUNT; i++) values[i] = next_random(&state);
            quantiles_beside(values, COUNT, units[unit], scale);
            for (size_t i = 0; i < COUNT; i++) values[i] = next_wide(&state);
            quantiles_beside(values, COUNT, units[unit], scale);
            for (size_t i = 0; i < COUNT; i++) values[i] = next_random(&state) % 50;
            quantiles_beside(values, COUNT, units[unit], scale);
        }
    }
}

/* The reports and docs/base.md state it. */
Test(histogram, error_is_half_a_bucket) {
    static struct hr_histogram histogram;
    for (int scale = HR_HISTOGRAM_SCALE; scale >= 0; scale--) {
        cr_assert_eq(hr_histogram_downscale(&histogram, scale), 0);
        double exact = pow(2, 0.5 / (1 << scale)) - 1;
        cr_assert_float_eq(hr_histogram_error(&histogram), exact, 1e-14);
    }
    hr_histogram_init(&histogram, HR_HISTOGRAM_VALUES);
    cr_assert_float_eq(hr_histogram_error(&histogram), 0.0109, 0.00002);
}

Test(histogram, merging_is_the_same_as_recording_in_one) {
    static struct hr_histogram parts[3], merged, whole;
    uint64_t state = 5;
    for (size_t i = 0; i < 9000; i++) {
        uint64_t value = next_random(&state);
        hr_histogram_record(&parts[i % 3], value);
        hr_histogram_record(&whole, value);
    }
    for (int i = 2; i >= 0; i--) cr_assert_eq(hr_histogram_merge(&merged, &parts[i]), 0);
    cr_assert_eq(memcmp(&merged, &whole, sizeof whole), 0);
    static struct hr_histogram empty;
    cr_assert_eq(hr_histogram_merge(&merged, &empty), 0);
    cr_assert_eq(memcmp(&merged, &whole, sizeof whole), 0);
}

/* Three parts of any scales, empty ones among them. */
static void merge_three(uint64_t *state, enum hr_histogram_unit unit) {
    static struct hr_histogram parts[3], whole, left, right, backwards;
    int scales[3], coarsest = HR_HISTOGRAM_SCALE;
    for (int i = 0; i < 3; i++) {
        scales[i] = (int)(next_random(state) % (HR_HISTOGRAM_SCALE + 1));
        if (scales[i] < coarsest) coarsest = scales[i];
        reset(&parts[i], unit, scales[i]);
    }
    reset(&whole, unit, coarsest);
    for (int i = 0; i < 3; i++) {
        for (uint64_t left_over = next_random(state) % 3 * 100; left_over > 0; left_over--) {
            uint64_t value = next_wide(state);
            hr_histogram_record(&parts[i], value);
            hr_histogram_record(&whole, value);
        }
    }
    left = parts[0]; /* (0 + 1) + 2 */
    cr_assert_eq(hr_histogram_merge(&left, &parts[1]) + hr_histogram_merge(&left, &parts[2]), 0);
    right = parts[1]; /* 0 + (1 + 2), with 0 as the receiver */
    cr_assert_eq(hr_histogram_merge(&right, &parts[2]), 0);
    backwards = right;
    cr_assert_eq(hr_histogram_merge(&backwards, &parts[0]), 0);
    cr_assert_eq(hr_histogram_merge(&parts[0], &right), 0);
    cr_assert_eq(memcmp(&left, &whole, sizeof whole), 0, "%d %d %d", scales[0], scales[1],
                 scales[2]);
    cr_assert_eq(memcmp(&parts[0], &whole, sizeof whole), 0);
    cr_assert_eq(memcmp(&backwards, &whole, sizeof whole), 0);
}

Test(histogram, merging_across_scales_is_exact_associative_and_commutative) {
    uint64_t state = 11;
    for (int round = 0; round < 200; round++) merge_three(&state, units[round % 2]);
}

Test(histogram, downscaling_halves_the_indices) {
    static struct hr_histogram fine, coarse;
    uint64_t state = 3;
    for (size_t unit = 0; unit < UNITS; unit++) {
        hr_histogram_init(&fine, units[unit]);
        for (int i = 0; i < 5000; i++) hr_histogram_record(&fine, next_wide(&state));
        for (int scale = HR_HISTOGRAM_SCALE; scale >= 0; scale--) {
            struct hr_histogram_buckets from, to;
            coarse = fine;
            cr_assert_eq(hr_histogram_downscale(&coarse, scale), 0);
            cr_assert_eq(hr_histogram_downscale(&coarse, scale), 0);
            cr_assert_eq(hr_histogram_downscale(&coarse, scale + 1), -EINVAL);
            hr_histogram_buckets_get(&fine, &from);
            hr_histogram_buckets_get(&coarse, &to);
            cr_assert_eq(to.scale, scale);
            static uint64_t counts[HR_HISTOGRAM_BUCKETS];
            memset(counts, 0, sizeof counts);
            for (uint32_t i = 0; i < from.size; i++) {
                int32_t index = from.offset + (int32_t)i;
                counts[(index >> (HR_HISTOGRAM_SCALE - scale)) - to.offset] += from.counts[i];
            }
            cr_assert_eq(memcmp(counts, to.counts, to.size * sizeof *counts), 0);
            cr_assert_eq(coarse.zero_count, fine.zero_count);
            cr_assert_eq(coarse.sum, fine.sum);
        }
        cr_assert_eq(hr_histogram_downscale(&fine, -1), -EINVAL);
    }
}

Test(histogram, units_do_not_mix) {
    static struct hr_histogram values, seconds, into;
    hr_histogram_init(&seconds, HR_HISTOGRAM_SECONDS);
    cr_assert_eq(hr_histogram_merge(&values, &seconds), 0); /* nothing is in either */
    hr_histogram_init(&values, HR_HISTOGRAM_VALUES);
    hr_histogram_record(&values, 7);
    cr_assert_eq(hr_histogram_merge(&values, &seconds), 0); /* nothing to add */
    cr_assert_eq(values.unit, HR_HISTOGRAM_VALUES);
    hr_histogram_record(&seconds, 9);
    static struct hr_histogram before;
    before = values;
    cr_assert_eq(hr_histogram_merge(&values, &seconds), -EINVAL);
    cr_assert_eq(memcmp(&before, &values, sizeof values), 0);
    cr_assert_eq(hr_histogram_merge(&into, &seconds), 0);
    cr_assert_eq(memcmp(&into, &seconds, sizeof into), 0);
}

Test(histogram, edges) {
    static struct hr_histogram histogram;
    cr_assert_eq(hr_histogram_quantile(&histogram, 0.5), 0);
    cr_assert_float_eq(hr_histogram_mean(&histogram), 0, 0);
    struct hr_histogram_buckets buckets;
    hr_histogram_buckets_get(&histogram, &buckets);
    cr_assert_eq(buckets.size, 0);
    hr_histogram_record(&histogram, 0);
    cr_assert_eq(histogram.zero_count, 1);
    cr_assert_eq(hr_histogram_quantile(&histogram, 0.5), 0);
    hr_histogram_buckets_get(&histogram, &buckets);
    cr_assert_eq(buckets.size, 0);
    hr_histogram_record(&histogram, UINT64_MAX);
    cr_assert_eq(hr_histogram_quantile(&histogram, 0), 0);
    cr_assert_eq(hr_histogram_quantile(&histogram, 1), UINT64_MAX);
    cr_assert_eq(hr_histogram_quantile(&histogram, 7), UINT64_MAX);
    cr_assert_eq(hr_histogram_quantile(&histogram, NAN), 0);
    for (int i = 0; i < 5; i++) hr_histogram_record(&histogram, 1);
    cr_assert_eq(hr_histogram_quantile(&histogram, 0.5), 1);
    cr_assert_eq(histogram.count, 7);
    cr_assert_eq(histogram.sum, 4); /* modulo 2^64 */
    for (unsigned power = 0; power < 63; power++) {
        hr_histogram_init(&histogram, HR_HISTOGRAM_VALUES);
        uint64_t value = UINT64_C(1) << power;
        hr_histogram_record(&histogram, value);
        hr_histogram_record(&histogram, value * 2 + 1);
        cr_assert_eq(hr_histogram_quantile(&histogram, 0.5), value);
    }
}

/* A bucket's middle is not a value that was recorded where all of the bucket's lie to one side. */
Test(histogram, quantiles_stay_within_the_extremes_and_in_order) {
    static struct hr_histogram histogram;
    for (uint64_t value = 1000; value < 1100; value++) {
        hr_histogram_init(&histogram, HR_HISTOGRAM_VALUES);
        for (int i = 0; i < 3; i++) hr_histogram_record(&histogram, value);
        cr_assert_eq(hr_histogram_quantile(&histogram, 0.5), value);
    }
    uint64_t state = 29, last = 0;
    for (int i = 0; i < 3000; i++) hr_histogram_record(&histogram, next_wide(&state));
    for (int i = 0; i <= 1000; i++) {
        uint64_t value = hr_histogram_quantile(&histogram, i / 1000.0);
        cr_assert_geq(value, last);
        last = value;
    }
    cr_assert_eq(last, histogram.max);
}

/* Nothing that 64 bits hold is out of range: the first bucket and the last of each unit. */
Test(histogram, every_value_has_a_bucket) {
    cr_assert_eq(index_of(1, HR_HISTOGRAM_VALUES, 5), -1);
    cr_assert_eq(index_of(UINT64_MAX, HR_HISTOGRAM_VALUES, 5), 2047);
    cr_assert_eq(index_of(1, HR_HISTOGRAM_SECONDS, 5), -957);
    cr_assert_eq(index_of(UINT64_MAX, HR_HISTOGRAM_SECONDS, 5), 1091);
    for (int scale = 0; scale < HR_HISTOGRAM_SCALE; scale++) {
        cr_assert_eq(index_of(1, HR_HISTOGRAM_VALUES, scale), -1);
        cr_assert_eq(index_of(UINT64_MAX, HR_HISTOGRAM_VALUES, scale), (64 << scale) - 1);
        cr_assert_eq(index_of(1, HR_HISTOGRAM_SECONDS, scale), -957 >> (5 - scale));
        cr_assert_eq(index_of(UINT64_MAX, HR_HISTOGRAM_SECONDS, scale), 1091 >> (5 - scale));
    }
}

/* ---- The mapping, beside others. */

/* The data model's own: a power of the base ends a bucket, and the next value begins one. From
 * 2^20 on the first values above each bound of its table for scale 3, and the buckets of scales 2
 * and 1 that those map into. */
Test(histogram, indices_are_those_of_opentelemetry) {
    static const struct {
        uint64_t value;
        int scale, index;
    } rows[] = {{1, 0, -1},      {2, 0, 0},       {3, 0, 1},       {4, 0, 1},       {5, 0, 2},
                {3, 1, 3},       {5, 1, 4},       {7, 1, 5},       {9, 1, 6},       {15, 1, 7},
                {1048577, 3, 0}, {1143480, 3, 0}, {1143481, 3, 1}, {1246975, 3, 2}, {1359835, 3, 3},
                {1482910, 3, 3}, {1482911, 3, 4}, {1617126, 3, 5}, {1763488, 3, 6}, {1923097, 3, 7},
                {1246974, 2, 0}, {1246975, 2, 1}, {1482911, 2, 2}, {1763488, 2, 3}, {1482911, 1, 1},
                {1482910, 1, 0}, {1048576, 1, -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int shift = rows[i].value < 1048576 ? 0 : 20 << rows[i].scale;
        cr_assert_eq(index_of(rows[i].value, HR_HISTOGRAM_VALUES, rows[i].scale),
                     rows[i].index + shift, "%llu at %d", (unsigned long long)rows[i].value,
                     rows[i].scale);
    }
}

/* Upper bounds of schema 5 in [0.5, 1), as Prometheus's client libraries have them. */
static const double prometheus_bounds[32] = {0.5,
                                             0.5109485743270583,
                                             0.5221368912137069,
                                             0.5335702003384117,
                                             0.5452538663326288,
                                             0.5571933712979462,
                                             0.5693943173783458,
                                             0.5818624293887887,
                                             0.5946035575013605,
                                             0.6076236799902344,
                                             0.620928906036742,
                                             0.6345254785958666,
                                             0.6484197773255048,
                                             0.6626183215798706,
                                             0.6771277734684463,
                                             0.6919549409819159,
                                             0.7071067811865475,
                                             0.7225904034885232,
                                             0.7384130729697496,
                                             0.7545822137967112,
                                             0.7711054127039704,
                                             0.7879904225539431,
                                             0.805245165974627,
                                             0.8228777390769823,
                                             0.8408964152537144,
                                             0.8593096490612387,
                                             0.8781260801866495,
                                             0.8973545375015533,
                                             0.9170040432046711,
                                             0.9370838170551498,
                                             0.9576032806985735,
                                             0.9785720620876999};

/* As they find a value's key: the first bound that is not below the fraction. False: too near to a
 * bound for a double. */
static bool prometheus_key(double value, int *key) {
    int exponent, bound = 0;
    double fraction = frexp(value, &exponent);
    while (bound < 32 && prometheus_bounds[bound] < fraction) bound++;
    *key = bound + (exponent - 1) * 32;
    for (int i = bound > 0 ? bound - 1 : 0; i <= bound; i++)
        if (fabs((i < 32 ? prometheus_bounds[i] : 1) - fraction) < 1e-14) return false;
    return true;
}

Test(histogram, indices_are_those_of_prometheus_less_one) {
    uint64_t state = 17;
    unsigned compared = 0;
    for (int i = 0; i < 40000; i++) {
        uint64_t value = next_wide(&state);
        int key;
        if (value == 0) continue;
        if (prometheus_key((double)value, &key)) {
            cr_assert_eq(index_of(value, HR_HISTOGRAM_VALUES, 5), key - 1);
            compared++;
        }
        if (prometheus_key((double)value / 1e9, &key)) {
            cr_assert_eq(index_of(value, HR_HISTOGRAM_SECONDS, 5), key - 1);
            compared++;
        }
    }
    cr_assert_gt(compared, 60000);
}

/* ---- The bounds in integers of any size: value > 10^9·2^(i/32) is value^32 > 10^288·2^i. */

#define LIMBS 104
struct big {
    uint32_t limbs[LIMBS];
};

static void multiply(struct big *number, uint64_t factor) {
    struct big low = *number, high = *number;
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += low.limbs[i] * (factor & UINT32_MAX);
        low.limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    for (int i = 0; i < LIMBS; i++) {
        carry += high.limbs[i] * (factor >> 32);
        high.limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)low.limbs[i] + (i > 0 ? high.limbs[i - 1] : 0);
        number->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* base^32 · 2^shift */
static struct big power_32(uint64_t base, unsigned shift) {
    struct big number = {{0}};
    number.limbs[shift / 32] = 1u << shift % 32;
    for (int i = 0; i < 32; i++) multiply(&number, base);
    return number;
}

/* Is value above one·2^(index/32)? */
static bool is_above(uint64_t value, uint64_t one, int index) {
    struct big left = power_32(value, index < 0 ? (unsigned)-index : 0);
    struct big right = power_32(one, index < 0 ? 0 : (unsigned)index);
    int i = LIMBS - 1;
    while (i > 0 && left.limbs[i] == right.limbs[i]) i--;
    return left.limbs[i] > right.limbs[i];
}

/* Each bound, from both sides: the largest value that is not above it belongs below it, the next
 * one above. */
static void check_bounds(enum hr_histogram_unit unit, uint64_t one, int first, int last) {
    for (int index = first; index <= last; index++) {
        double near = (double)one * exp2(index / 32.0);
        uint64_t low = (uint64_t)(near * (1 - 1e-14)), high = (uint64_t)(near * (1 + 1e-14)) + 1;
        cr_assert(!is_above(low, one, index) && is_above(high, one, index), "%d", index);
        while (high - low > 1) {
            uint64_t middle = low + (high - low) / 2;
            *(is_above(middle, one, index) ? &high : &low) = middle;
        }
        if (low > 0) cr_assert_lt(index_of(low, unit, 5), index, "%d", index);
        cr_assert_geq(index_of(high, unit, 5), index, "%d", index);
    }
}

Test(histogram, bounds_of_values_are_exact) {
    check_bounds(HR_HISTOGRAM_VALUES, 1, 0, 2047);
}

Test(histogram, bounds_of_seconds_are_exact) {
    check_bounds(HR_HISTOGRAM_SECONDS, 1000000000, -956, 1091);
}

/* ---- Restoring what another program told. */

static struct hr_histogram_told told_of(const struct hr_histogram *histogram) {
    struct hr_histogram_told told = {.unit = histogram->unit,
                                     .zero_count = histogram->zero_count,
                                     .sum = histogram->sum,
                                     .min = histogram->min,
                                     .max = histogram->max};
    hr_histogram_buckets_get(histogram, &told.buckets);
    return told;
}

Test(histogram, one_that_was_told_is_the_one_that_was_recorded) {
    static struct hr_histogram recorded, restored;
    uint64_t state = 11;
    for (size_t unit = 0; unit < UNITS; unit++)
        for (int scale = 0; scale <= HR_HISTOGRAM_SCALE; scale++)
            for (unsigned count = 0; count < 200; count++) {
                reset(&recorded, units[unit], scale);
                for (unsigned i = 0; i < count; i++)
                    hr_histogram_record(&recorded, next_wide(&state));
                struct hr_histogram_told told = told_of(&recorded);
                cr_assert_eq(hr_histogram_restore(&restored, &told), 0);
                cr_assert_arr_eq(&restored, &recorded, sizeof recorded, "%u values, scale %d",
                                 count, scale);
            }
}

/* A value in seconds and its index, by the definition: 1 s is in (2^(-1/32), 1]. */
Test(histogram, a_second_is_told_by_its_index) {
    static struct hr_histogram restored;
    const uint64_t counts[] = {2, 0, 1};
    struct hr_histogram_told told = {.unit = HR_HISTOGRAM_SECONDS,
                                     .buckets = {5, -1, 3, counts},
                                     .sum = 3040000000,
                                     .min = 990000000,
                                     .max = 1040000000};
    cr_assert_eq(hr_histogram_restore(&restored, &told), 0);
    cr_assert_eq(restored.count, 3);
    cr_assert_float_eq((double)hr_histogram_quantile(&restored, 0.5), 1e9, 1.1e7);
}

static void refused(struct hr_histogram_told told) {
    static struct hr_histogram restored;
    hr_histogram_init(&restored, HR_HISTOGRAM_VALUES);
    cr_expect_eq(hr_histogram_restore(&restored, &told), -EINVAL);
    cr_expect_eq(restored.count, 0);
}

Test(histogram, what_fits_no_histogram_is_not_restored) {
    const uint64_t one[] = {1}, large[] = {UINT64_MAX, 1};
    const struct hr_histogram_told good = {
        .unit = HR_HISTOGRAM_VALUES, .buckets = {5, 31, 1, one}, .sum = 2, .min = 2, .max = 2};
    static struct hr_histogram restored;
    cr_assert_eq(hr_histogram_restore(&restored, &good), 0);
    struct hr_histogram_told bad = good;
    bad.unit = (enum hr_histogram_unit)2;
    refused(bad);
    bad = good;
    bad.buckets.scale = 6;
    refused(bad);
    bad.buckets.scale = -1;
    refused(bad);
    bad = good;
    bad.buckets.offset = -33;
    refused(bad);
    bad.buckets.offset = 2048;
    refused(bad);
    bad.buckets.offset = INT32_MAX;
    refused(bad);
    bad = good;
    bad.buckets = (struct hr_histogram_buckets){5, 31, 2, large};
    refused(bad);
    bad = good;
    bad.min = 1;
    refused(bad);
    bad = good;
    bad.max = 3;
    refused(bad);
    bad = good;
    bad.zero_count = 1; /* then the least is 0 */
    refused(bad);
    bad = good;
    bad.reserved[1] = 1;
    refused(bad);
}
