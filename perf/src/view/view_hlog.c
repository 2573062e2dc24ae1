/* Latencies as one interval of an HdrHistogram log, version 1.2, which HdrHistogram's own readers
 * add up: nanoseconds at three digits, each bucket at its middle. Source: HdrHistogram's
 * AbstractHistogram.encodeIntoCompressedByteBuffer (V2) and HistogramLogWriter. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include <headrace/encode.h>

#include "bucket_walk.h"
#include "summary_view.h"

#define COOKIE            0x1c849313u /* V2, counts as ZigZag LEB128 */
#define COOKIE_COMPRESSED 0x1c849314u
#define DIGITS            3
#define HALF              1024u /* half of the sub-buckets at three digits */
#define HALF_BITS         10
#define HEAD_SIZE         40
#define BYTES_A_COUNT     9
#define HIGHEST_LEAST     3600000000000u /* an hour, in ns */
#define COUNTS_MAX        ((64u - HALF_BITS) * HALF)

struct bytes {
    unsigned char *data;
    size_t size;
};

static void put_number(struct bytes *bytes, uint64_t value, unsigned size) {
    while (size-- > 0) bytes->data[bytes->size++] = (unsigned char)(value >> (8 * size));
}

/* ZigZag LEB128: seven bits a byte, the ninth has eight. */
static void put_zigzag(struct bytes *bytes, int64_t value) {
    uint64_t left = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    unsigned written = 0;
    while (left >= 0x80 && written < BYTES_A_COUNT - 1) {
        bytes->data[bytes->size++] = (unsigned char)(left | 0x80);
        left >>= 7;
        written++;
    }
    bytes->data[bytes->size++] = (unsigned char)left;
}

/* The slot of a value: linear in each power of two, 1024 slots. */
static uint32_t index_of(uint64_t value) {
    unsigned power = 64 - HALF_BITS - 1 - (unsigned)__builtin_clzll(value | (2 * HALF - 1));
    return power * HALF + (uint32_t)(value >> power);
}

static void fill(const struct hr_histogram *latency, uint64_t *counts, uint32_t *used) {
    struct perf_bucket_walk walk;
    struct perf_bucket bucket;
    perf_bucket_walk_open(&walk, latency);
    while (perf_bucket_walk_next(&walk, &bucket)) {
        uint32_t index = index_of((uint64_t)llround(fmin(bucket.middle_ns, 9e18)));
        counts[index] += bucket.count;
        *used = index + 1;
    }
}

/* Runs of empty slots are one negative number. */
static void put_counts(struct bytes *bytes, const uint64_t *counts, uint32_t used) {
    for (uint32_t i = 0; i < used;) {
        int64_t zeros = 0;
        while (i < used && counts[i] == 0) zeros++, i++;
        if (zeros == 1) put_zigzag(bytes, 0);
        if (zeros > 1) put_zigzag(bytes, -zeros);
        if (i < used) put_zigzag(bytes, (int64_t)counts[i++]);
    }
}

static uint64_t highest_of(const struct hr_histogram *latency) {
    uint64_t most = latency->max > INT64_MAX / 2 ? INT64_MAX / 2 : latency->max;
    return most > HIGHEST_LEAST / 2 ? 2 * most : HIGHEST_LEAST;
}

static void encode(struct bytes *bytes, const struct hr_histogram *latency, const uint64_t *counts,
                   uint32_t used) {
    bytes->size = HEAD_SIZE;
    put_counts(bytes, counts, used);
    size_t whole = bytes->size;
    bytes->size = 0;
    put_number(bytes, COOKIE, 4);
    put_number(bytes, whole - HEAD_SIZE, 4);
    put_number(bytes, 0, 4); /* normalizing index offset */
    put_number(bytes, DIGITS, 4);
    put_number(bytes, 1, 8); /* lowest value */
    put_number(bytes, highest_of(latency), 8);
    const double ratio = 1;
    uint64_t bits;
    memcpy(&bits, &ratio, sizeof bits);
    put_number(bytes, bits, 8);
    bytes->size = whole;
}

static int put_compressed(FILE *out, const struct bytes *plain) {
    uLongf size = compressBound(plain->size);
    struct bytes packed = {malloc(8 + size), 0};
    char *text = malloc(hr_base64_size(8 + size));
    int err = -ENOMEM;
    if (packed.data && text &&
        compress2(packed.data + 8, &size, plain->data, plain->size, Z_DEFAULT_COMPRESSION) ==
            Z_OK) {
        put_number(&packed, COOKIE_COMPRESSED, 4);
        put_number(&packed, size, 4);
        hr_base64_encode(packed.data, 8 + size, text);
        fwrite(text, 1, hr_base64_size(8 + size), out);
        err = 0;
    }
    free(packed.data);
    free(text);
    return err;
}

static int put_histogram(FILE *out, const struct hr_histogram *latency) {
    uint64_t *counts = calloc(COUNTS_MAX, sizeof *counts);
    uint32_t used = 0;
    struct bytes plain = {NULL, 0};
    if (counts) fill(latency, counts, &used);
    if (counts) plain.data = malloc(HEAD_SIZE + (size_t)BYTES_A_COUNT * (2 * used + 1));
    int err = plain.data ? 0 : -ENOMEM;
    if (!err) {
        encode(&plain, latency, counts, used);
        err = put_compressed(out, &plain);
    }
    free(counts);
    free(plain.data);
    return err;
}

/* The date is made of the number: a text of the result could end the line. */
static void put_head(FILE *out, const struct perf_subject *subject) {
    char date[HR_DATE_ISO_SIZE];
    hr_date_iso((uint64_t)llround(subject->window.begin_s * 1e3), date);
    fprintf(out,
            "#[Histogram log format version 1.2]\n#[StartTime: %.3f (seconds since epoch), %s]\n"
            "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_"
            "Histogram\"\n0.000,%.3f,%.3f,",
            subject->window.begin_s, date, subject->load.duration_s,
            (double)subject->all->latency_ns.max / 1e6);
}

int perf_view_hlog(FILE *out, const struct perf_view *view) {
    for (unsigned i = 0; i < view->summary->subject_count; i++) {
        const struct perf_subject *subject = view->summary->subjects[i];
        if (!subject->all || subject->all->latency_ns.count == 0) continue;
        put_head(out, subject);
        int err = put_histogram(out, &subject->all->latency_ns);
        fputc('\n', out);
        return err;
    }
    return 0;
}
