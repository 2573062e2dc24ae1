/* What tests of reports share: results as text, made from latencies, and noise from a seed. */
#ifndef TESTS_REPORT_FIXTURE_H
#define TESTS_REPORT_FIXTURE_H

#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/clock.h>
#include <headrace/json_write.h>

#include "json_histogram.h"
#include "json_put.h"
#include "summary.h"

#define FIXTURE_TEXT_MAX 200000

/* A report of bench s3, as far as it is read. */
struct fixture_run {
    const char *target;
    uint64_t started_ms; /* since 1970 */
    double duration_s, cpu_s;
    unsigned concurrency;
    uint64_t failed;
    const struct hr_histogram *latency;
    const char *more; /* a text member "more", or NULL */
};

/* The shard that results say that they are from now on. */
__attribute__((unused)) static struct fixture_shard {
    unsigned rank, size; /* size 0: none */
    double offset_s;     /* of the store's clock, known to 10 ms; 0: not known */
} fixture_shard;

static char fixture_text[FIXTURE_TEXT_MAX];

__attribute__((unused)) static struct hr_slice fixture_json(const struct fixture_run *run) {
    struct hr_json_writer json;
    char date[HR_DATE_ISO_SIZE];
    hr_date_iso(run->started_ms, date);
    hr_json_init(&json, fixture_text, sizeof fixture_text, NULL, NULL);
    hr_json_object(&json);
    json_put_u64(&json, "protocol", 1);
    json_put_text(&json, "harness", "bench s3");
    json_put_text(&json, "started_at", date);
    json_put_text(&json, "endpoint", run->target);
    json_put_text(&json, "server", "external");
    json_put_text(&json, "loop", "closed");
    json_put_u64(&json, "concurrency", run->concurrency);
    json_put_object(&json, "operations");
    json_put_u64(&json, "submitted", run->latency->count + run->failed);
    json_put_u64(&json, "succeeded", run->latency->count);
    json_put_u64(&json, "failed", run->failed);
    json_put_u64(&json, "cancelled", 0);
    hr_json_end(&json);
    json_put_double(&json, "duration_s", run->duration_s, 9);
    json_put_double(&json, "cpu_s", run->cpu_s, 9);
    json_put_u64(&json, "bytes_sent", 100 * run->latency->count);
    json_put_u64(&json, "bytes_received", 7);
    json_put_u64(&json, "rss_peak_bytes", 1000);
    json_put_histogram(&json, "latency_histogram", run->latency);
    json_put_object(&json, "errors");
    if (run->failed) json_put_u64(&json, "SlowDown", run->failed);
    hr_json_end(&json);
    if (run->more) json_put_text(&json, "more", run->more);
    if (fixture_shard.size) {
        json_put_object(&json, "shard");
        json_put_u64(&json, "rank", fixture_shard.rank);
        json_put_u64(&json, "size", fixture_shard.size);
        if (fixture_shard.offset_s != 0) {
            json_put_object(&json, "clock");
            json_put_double(&json, "offset_low_ms", 1000 * fixture_shard.offset_s - 5, 3);
            json_put_double(&json, "offset_high_ms", 1000 * fixture_shard.offset_s + 5, 3);
            hr_json_end(&json);
        }
        hr_json_end(&json);
    }
    hr_json_end(&json);
    cr_assert_eq(hr_json_finish(&json), 0);
    return hr_slice_bytes(fixture_text, json.size);
}

/* Reads it into the summary. */
__attribute__((unused)) static void fixture_add(struct perf_summary *summary, const char *name,
                                                const struct fixture_run *run) {
    struct hr_error error = {0};
    cr_assert_eq(perf_summary_read_text(summary, name, fixture_json(run), &error), 0, "%s",
                 error.message);
}

/* splitmix64: 0 to 1. */
__attribute__((unused)) static double fixture_random(uint64_t *seed) {
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

/* Of mean 0 and deviation 1 (Box and Muller). */
__attribute__((unused)) static double fixture_noise(uint64_t *seed) {
    double a = fixture_random(seed), b = fixture_random(seed);
    return sqrt(-2 * log(a + 1e-300)) * cos(2 * M_PI * b);
}

__attribute__((unused)) static struct perf_summary *fixture_summary(void) {
    struct perf_summary *summary = calloc(1, sizeof *summary);
    cr_assert_not_null(summary);
    return summary;
}

__attribute__((unused)) static void fixture_summary_free(struct perf_summary *summary) {
    perf_summary_free(summary);
    free(summary);
}

__attribute__((unused)) static double fixture_number(const struct perf_subject *subject,
                                                     const char *name) {
    for (unsigned i = 0; i < subject->number_count; i++)
        if (strcmp(subject->numbers[i].name, name) == 0) return subject->numbers[i].value;
    cr_assert_fail("no figure %s", name);
    return -1;
}

#endif
