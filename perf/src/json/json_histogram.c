/* The counts of a histogram, as JSON. */
#include "json_histogram.h"

#include "json_put.h"

/* A sum that JSON readers of 64 bits with a sign can hold. */
static uint64_t readable(uint64_t value) {
    return value > INT64_MAX ? INT64_MAX : value;
}

void json_put_histogram(struct hr_json_writer *json, const char *key,
                        const struct hr_histogram *histogram) {
    struct hr_histogram_buckets buckets;
    hr_histogram_buckets_get(histogram, &buckets);
    json_put_object(json, key);
    json_put_i64(json, "scale", buckets.scale);
    json_put_i64(json, "offset", buckets.offset);
    json_put_array(json, "counts");
    for (uint32_t i = 0; i < buckets.size; i++) hr_json_u64(json, buckets.counts[i]);
    hr_json_end(json);
    json_put_u64(json, "zero_count", histogram->zero_count);
    json_put_u64(json, "sum_ns", readable(histogram->sum));
    json_put_u64(json, "min_ns", histogram->min);
    json_put_u64(json, "max_ns", histogram->max);
    hr_json_end(json);
}
