/* Reading sizes and choices of keys. */
#include "bench_values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#include "options.h"

#define SIZE_TEXT_MAX 32
#define ZIPF_EXPONENT 0.99 /* that of YCSB */

/* One class: a size, or a size and its weight. */
static int read_class(struct hr_slice part, struct perf_size_class *class, char *why,
                      size_t why_size) {
    const char *colon = part.size ? memchr(part.data, ':', part.size) : NULL;
    struct hr_slice size =
        hr_slice_bytes(part.data, colon ? (size_t)(colon - part.data) : part.size);
    char text[SIZE_TEXT_MAX];
    uint64_t weight = 1;
    snprintf(text, sizeof text, "%.*s",
             (int)(size.size < sizeof text ? size.size : sizeof text - 1), size.data);
    if (size.size >= sizeof text || option_read_size(text, &class->bytes) != 0) {
        snprintf(why, why_size, "'%s' is not a size such as 4096, 64KiB, 1MiB or 5GiB", text);
        return -1;
    }
    if (class->bytes > BENCH_SIZE_MAX) {
        snprintf(why, why_size, "'%s' is not within 0 and %llu bytes", text, BENCH_SIZE_MAX);
        return -1;
    }
    if (colon && (hr_text_u64(hr_slice_bytes(colon + 1, part.size - size.size - 1),
                              PERF_SIZES_WEIGHT_MAX, &weight) != 0 ||
                  weight == 0)) {
        snprintf(why, why_size, "'%.*s': the weight is not a whole number from 1 to %d",
                 (int)(part.size < 60 ? part.size : 60), part.data, PERF_SIZES_WEIGHT_MAX);
        return -1;
    }
    class->weight = (unsigned)weight;
    return 0;
}

int bench_read_sizes(const char *text, struct perf_workload *workload, char *why, size_t why_size) {
    struct perf_sizes sizes = {.count = 0};
    struct hr_slice rest = hr_slice_of(text), part;
    if (!*text || text[strlen(text) - 1] == ',') {
        snprintf(why, why_size, "'%.60s': a size is missing at the end", text);
        return -1;
    }
    while (hr_slice_cut(&rest, ',', &part)) {
        if (sizes.count == PERF_SIZES_MAX) {
            snprintf(why, why_size, "there are more than %d classes of sizes", PERF_SIZES_MAX);
            return -1;
        }
        if (read_class(part, &sizes.list[sizes.count], why, why_size) != 0) return -1;
        sizes.total += sizes.list[sizes.count++].weight;
    }
    workload->size_bytes = perf_sizes_largest(&sizes);
    workload->sizes = sizes.count > 1 ? sizes : (struct perf_sizes){.count = 0};
    return 0;
}

int bench_check_sizes(const char *text, char *why, size_t why_size) {
    struct perf_workload workload;
    return bench_read_sizes(text, &workload, why, why_size);
}

/* 0 of uniform keys; or -1. */
static int read_exponent(const char *text, double *exponent) {
    char *end;
    *exponent = 0;
    if (strcmp(text, "uniform") == 0) return 0;
    *exponent = ZIPF_EXPONENT;
    if (strcmp(text, "zipf") == 0) return 0;
    if (strncmp(text, "zipf:", 5) != 0 || text[5] < '0' || text[5] > '9') return -1;
    errno = 0;
    *exponent = strtod(text + 5, &end);
    return !*end && !errno && *exponent >= 0.01 && *exponent <= PERF_ZIPF_EXPONENT_MAX ? 0 : -1;
}

int bench_check_key_choice(const char *text, char *why, size_t why_size) {
    double exponent;
    if (read_exponent(text, &exponent) == 0) return 0;
    snprintf(why, why_size, "'%.60s' is none of uniform, zipf, zipf:EXPONENT (0.01 to %g)", text,
             PERF_ZIPF_EXPONENT_MAX);
    return -1;
}

void bench_read_key_choice(const char *text, struct perf_workload *workload) {
    double exponent;
    if (read_exponent(text, &exponent) == 0 && exponent > 0)
        perf_zipf_init(&workload->zipf, workload->objects, exponent);
}

int bench_check_mix(const char *text, char *why, size_t why_size) {
    struct perf_mix mix;
    return perf_mix_parse(text, &mix, why, why_size);
}

int bench_check_prefix(const char *text, char *why, size_t why_size) {
    if (strlen(text) <= PERF_PREFIX_MAX) return 0;
    snprintf(why, why_size, "the prefix is longer than %d bytes", PERF_PREFIX_MAX);
    return -1;
}
