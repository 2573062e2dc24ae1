/* The report of a soak. */
#include "soak_report.h"

#include <math.h>

#include <headrace/clock.h>

#include "json_put.h"

static void put_slope(struct hr_json_writer *json, const char *const names[3],
                      const struct perf_slope *slope) {
    json_put_double(json, names[0], slope->low, 3);
    json_put_double(json, names[1], isfinite(slope->low) ? slope->value : NAN, 3);
    json_put_double(json, names[2], slope->high, 3);
}

static void put_life(struct hr_json_writer *json, const struct perf_soak_life *life) {
    static const char *const names[] = {"rss_slope_low_bytes_per_s", "rss_slope_bytes_per_s",
                                        "rss_slope_high_bytes_per_s"};
    char date[HR_DATE_ISO_SIZE];
    hr_date_iso(life->started_at_ms, date);
    hr_json_object(json);
    json_put_text(json, "started_at", date);
    json_put_double(json, "lost_s", (double)life->lost_ns / 1e9, 3);
    json_put_double(json, "measured_s", (double)life->measured_ns / 1e9, 3);
    json_put_u64(json, "operations", life->operations);
    put_slope(json, names, &life->trend.rss_bytes_per_s);
    json_put_double(json, "more_descriptors", life->trend.more_descriptors, 0);
    json_put_double(json, "more_threads", life->trend.more_threads, 0);
    hr_json_end(json);
}

void perf_soak_json(struct hr_json_writer *json, const struct perf_soak *soak,
                    const struct perf_series_figures *series) {
    static const char *const rss[] = {"rss_slope_low_bytes_per_h", "rss_slope_bytes_per_h",
                                      "rss_slope_high_bytes_per_h"};
    static const char *const p99[] = {"p99_drift_low_percent", "p99_drift_percent",
                                      "p99_drift_high_percent"};
    struct perf_soak_figures figures;
    if (!soak) {
        json_put_null(json, "soak");
        return;
    }
    perf_soak_reduce(soak, series, &figures);
    json_put_object(json, "soak");
    json_put_double(json, "asked_s", (double)soak->duration_ns / 1e9, 3);
    json_put_double(json, "measured_s", (double)perf_soak_measured_ns(soak) / 1e9, 3);
    json_put_bool(json, "complete", perf_soak_measured_ns(soak) >= soak->duration_ns);
    json_put_u64(json, "restarts", soak->life_count ? soak->life_count - 1 : 0);
    json_put_double(json, "lost_s", (double)perf_soak_lost_ns(soak) / 1e9, 3);
    json_put_u64(json, "checkpoints_failed", soak->saves_failed);
    put_slope(json, rss, &figures.rss_bytes_per_h);
    json_put_double(json, "rss_growth_low_bytes", figures.rss_growth_low_bytes, 0);
    put_slope(json, p99, &figures.p99_drift_percent);
    json_put_double(json, "more_descriptors", figures.more_descriptors, 0);
    json_put_double(json, "more_threads", figures.more_threads, 0);
    json_put_array(json, "processes");
    for (unsigned i = 0; i < soak->life_count; i++) put_life(json, &soak->lives[i]);
    hr_json_end(json);
    hr_json_end(json);
}

/* "1.5 of 24 h", or in seconds where that is short. */
static void print_time(FILE *out, const struct perf_soak *soak) {
    double measured = (double)perf_soak_measured_ns(soak) / 1e9,
           asked = (double)soak->duration_ns / 1e9;
    bool is_long = asked >= 3600;
    fprintf(out, "soak        %.4g of %.4g %s measured", is_long ? measured / 3600 : measured,
            is_long ? asked / 3600 : asked, is_long ? "h" : "s");
    if (asked < (double)PERF_SOAK_DAY_NS / 1e9) fprintf(out, " (not a day of 24 hours)");
    if (soak->life_count > 1)
        fprintf(out, "; %u restart%s, %.1f s lost between", soak->life_count - 1,
                soak->life_count > 2 ? "s" : "", (double)perf_soak_lost_ns(soak) / 1e9);
    fputc('\n', out);
}

static void print_slope(FILE *out, const char *what, const struct perf_slope *slope, double scale,
                        const char *unit) {
    if (!isfinite(slope->low)) {
        fprintf(out, "            %s: too few figures for a slope\n", what);
        return;
    }
    fprintf(out, "            %s: %.3g %s (95 %% sure: %.3g to %.3g)\n", what, slope->value * scale,
            unit, slope->low * scale, slope->high * scale);
}

void perf_soak_text(FILE *out, const struct perf_soak *soak,
                    const struct perf_series_figures *series) {
    struct perf_soak_figures figures;
    perf_soak_reduce(soak, series, &figures);
    print_time(out, soak);
    print_slope(out, "memory", &figures.rss_bytes_per_h, 1.0 / (1u << 20), "MiB an hour");
    print_slope(out, "p99 over the run", &figures.p99_drift_percent, 1, "%");
    fprintf(out, "            descriptors %.0f more, threads %.0f more, after the warm-up\n",
            figures.more_descriptors, figures.more_threads);
    if (soak->saves_failed)
        fprintf(out, "            %llu checkpoints could not be written\n",
                (unsigned long long)soak->saves_failed);
}
