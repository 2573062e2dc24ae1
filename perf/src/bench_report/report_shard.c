/* The part of a report that a shard of several has. */
#include <headrace/clock.h>

#include "json_put.h"
#include "report_private.h"
#include "soak.h"

static void put_date(struct hr_json_writer *json, const char *name, uint64_t unix_ms) {
    char date[HR_DATE_ISO_SIZE];
    hr_date_iso(unix_ms, date);
    json_put_text(json, name, unix_ms ? date : NULL);
}

static bool is_known(const struct perf_clock_offset *clock) {
    return clock->samples > 0 && clock->low_ns <= clock->high_ns;
}

static void put_clock(struct hr_json_writer *json, const struct perf_clock_offset *clock) {
    if (!is_known(clock)) {
        json_put_null(json, "clock");
        return;
    }
    json_put_object(json, "clock");
    json_put_u64(json, "samples", clock->samples);
    json_put_double(json, "offset_low_ms", (double)clock->low_ns / 1e6, 3);
    json_put_double(json, "offset_high_ms", (double)clock->high_ns / 1e6, 3);
    hr_json_end(json);
}

/* Of a run that several processes measured one after the other: the end of the last one. */
static uint64_t ended_at_ms(const struct perf_report *report) {
    const struct perf_soak *soak = report->soak;
    if (!soak || soak->life_count == 0)
        return report->started_at_ms +
               (report->loop->ended_ns - report->loop->started_ns) / 1000000u;
    const struct perf_soak_life *last = &soak->lives[soak->life_count - 1];
    return last->started_at_ms + last->measured_ns / 1000000u;
}

void perf_report_shard_json(struct hr_json_writer *json, const struct perf_report *report) {
    const struct perf_report_shard *shard = report->shard;
    if (!shard) {
        json_put_null(json, "shard");
        return;
    }
    json_put_object(json, "shard");
    json_put_u64(json, "rank", shard->rank.rank);
    json_put_u64(json, "size", shard->rank.size);
    json_put_text(json, "from", shard->rank.from);
    put_date(json, "start_at", shard->start_at_ms);
    json_put_double(json, "late_s", (double)shard->late_ms / 1e3, 3);
    put_date(json, "ended_at", ended_at_ms(report));
    put_clock(json, &shard->clock);
    hr_json_end(json);
}

void perf_report_shard_text(FILE *out, const struct perf_report *report) {
    const struct perf_report_shard *shard = report->shard;
    fprintf(out, "shard       %u of 0 to %u", shard->rank.rank, shard->rank.size - 1);
    if (shard->rank.from) fprintf(out, " (%s)", shard->rank.from);
    if (shard->late_ms) fprintf(out, ", begun %.3f s late", (double)shard->late_ms / 1e3);
    if (is_known(&shard->clock))
        fprintf(out, "; the store's clock is %.0f to %.0f ms ahead of ours",
                (double)shard->clock.low_ns / 1e6, (double)shard->clock.high_ns / 1e6);
    fputc('\n', out);
}
