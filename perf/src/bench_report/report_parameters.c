/* The head of a report: the parameters of the run. */
#include <math.h>

#include <headrace/clock.h>

#include "json_put.h"
#include "report_private.h"
#include "url_masked.h"

#define URL_SHOWN 4096

static void put_loop(struct hr_json_writer *json, const struct perf_report *report) {
    json_put_text(json, "loop", report->rate > 0 || report->trace ? "open" : "closed");
    json_put_text(json, "trace", report->trace);
    if (report->rate > 0) json_put_double(json, "rate_per_s", report->rate, 6);
    json_put_double(json, "think_time_s", (double)report->think_ns / 1e9, 3);
    json_put_object(json, "warm_up");
    json_put_double(json, "duration_s", (double)report->warm_up.lasted_ns / 1e9, 3);
    json_put_u64(json, "operations", report->warm_up.operations);
    json_put_u64(json, "failed", report->warm_up.failed);
    hr_json_end(json);
    json_put_u64(json, "concurrency", report->concurrency);
    json_put_u64(json, "reactors", report->reactors);
    if (report->workload->sizes.count > 0 || report->trace)
        json_put_null(json, "size_bytes");
    else
        json_put_u64(json, "size_bytes", report->workload->size_bytes);
}

static void put_number(struct hr_json_writer *json, const char *name, uint64_t value) {
    if (value)
        json_put_u64(json, name, value);
    else
        json_put_null(json, name);
}

static void put_s3(struct hr_json_writer *json, const struct perf_report *report) {
    const struct perf_workload *workload = report->workload;
    const struct perf_report_s3 *s3 = report->s3;
    json_put_text(json, "endpoint", s3->endpoint);
    json_put_text(json, "server", s3->embedded ? "embedded" : "external");
    put_loop(json, report);
    json_put_u64(json, "pool", s3->pool);
    if (s3->attempts_max) json_put_u64(json, "attempts_max", s3->attempts_max);
    json_put_text(json, "payload", s3->payload_signed ? "signed" : "unsigned");
    json_put_text(json, "checksum", s3->checksum);
    json_put_u64(json, "objects", workload->objects);
    json_put_text(json, "key_choice", workload->zipf.exponent > 0 ? "zipf" : "uniform");
    json_put_double(json, "zipf_exponent",
                    workload->zipf.exponent > 0 ? workload->zipf.exponent : NAN, 6);
    json_put_u64(json, "seed", workload->seed);
    json_put_text(json, "bucket", workload->bucket);
    json_put_text(json, "prefix", workload->prefix);
    json_put_bool(json, "verify", s3->verify);
    put_number(json, "part_size_bytes", s3->part_size);
    put_number(json, "part_concurrency", s3->part_concurrency);
    json_put_object(json, "mix");
    for (size_t i = 0; i < PERF_KINDS; i++)
        if (workload->mix.weight[i])
            json_put_u64(json, perf_kind_names[i], workload->mix.weight[i]);
    hr_json_end(json);
    json_put_u64(json, "populated", s3->populated);
    json_put_bool(json, "held_together", report->loop->held_together);
}

/* Of a mix of one kind. */
static const char *method(const struct perf_workload *workload) {
    return workload->mix.weight[PERF_PUT]    ? "PUT"
           : workload->mix.weight[PERF_HEAD] ? "HEAD"
                                             : "GET";
}

static void put_http(struct hr_json_writer *json, const struct perf_report *report) {
    json_put_array(json, "urls");
    for (size_t i = 0; i < report->http->url_count; i++) {
        char shown[URL_SHOWN];
        hr_json_text(json, perf_url_masked(report->http->urls[i], shown, sizeof shown));
    }
    hr_json_end(json);
    json_put_text(json, "method", report->trace ? NULL : method(report->workload));
    json_put_bool(json, "connect_each", report->http->connect_each);
    json_put_u64(json, "attempts_max", report->http->attempts_max);
    put_loop(json, report);
}

void perf_report_parameters_json(struct hr_json_writer *json, const struct perf_report *report) {
    char date[HR_DATE_ISO_SIZE];
    hr_date_iso(report->started_at_ms, date);
    json_put_text(json, "harness", report->s3 ? "bench s3" : "bench http");
    json_put_text(json, "started_at", date);
    if (report->s3)
        put_s3(json, report);
    else
        put_http(json, report);
}

/* Of sizes in classes `size_bytes` is null. */
static void put_classes(struct hr_json_writer *json, const struct perf_sizes *sizes) {
    json_put_array(json, "size_classes");
    for (size_t i = 0; i < sizes->count; i++) {
        hr_json_array(json);
        hr_json_u64(json, sizes->list[i].bytes);
        hr_json_u64(json, sizes->list[i].weight);
        hr_json_end(json);
    }
    hr_json_end(json);
}

void perf_report_workload_json(struct hr_json_writer *json, const struct perf_report *report) {
    hr_json_object(json);
    perf_report_parameters_json(json, report);
    put_classes(json, &report->workload->sizes);
    hr_json_end(json);
}

static void print_loop(FILE *out, const struct perf_report *report) {
    fprintf(out, "  %s loop", report->rate > 0 || report->trace ? "open" : "closed");
    if (report->trace) fprintf(out, " at the times of %s", report->trace);
    if (report->rate > 0) fprintf(out, " at %g/s", report->rate);
    if (report->think_ns)
        fprintf(out, " with %g s between operations", (double)report->think_ns / 1e9);
    fprintf(out, ", concurrency %u, reactors %u", report->concurrency, report->reactors);
}

static void print_parts(FILE *out, const struct perf_report_s3 *s3) {
    fprintf(out, "  %u parts or ranges of a transfer at once, ", s3->part_concurrency);
    if (s3->part_size)
        fprintf(out, "of %llu bytes\n", (unsigned long long)s3->part_size);
    else
        fprintf(out, "of the usual size\n");
}

static void print_s3(FILE *out, const struct perf_report *report) {
    const struct perf_workload *workload = report->workload;
    const struct perf_report_s3 *s3 = report->s3;
    fprintf(out, "bench s3  %s (%s)\n", s3->endpoint,
            s3->embedded ? "embedded server, a child" : "external");
    print_loop(out, report);
    fprintf(out, ", pool %u, ", s3->pool);
    perf_report_size_text(out, workload);
    fprintf(out, ", payload %s, checksum %s\n  mix", s3->payload_signed ? "signed" : "unsigned",
            s3->checksum);
    for (size_t i = 0; i < PERF_KINDS; i++)
        if (workload->mix.weight[i])
            fprintf(out, " %s=%u", perf_kind_names[i], workload->mix.weight[i]);
    fprintf(out, " over %u keys in s3://%s/%s, seed %llu", workload->objects, workload->bucket,
            workload->prefix, (unsigned long long)workload->seed);
    if (workload->zipf.exponent > 0) fprintf(out, ", Zipf's law of %g", workload->zipf.exponent);
    fputc('\n', out);
    if (s3->part_concurrency) print_parts(out, s3);
    if (s3->populated)
        fprintf(out, "  %llu objects were written before, not counted\n",
                (unsigned long long)s3->populated);
    if (workload->mix.weight[PERF_DELETE] && !report->trace)
        fprintf(out, "  DELETE has keys of its own, so that GET and HEAD always hit\n");
}

static void print_http(FILE *out, const struct perf_report *report) {
    char shown[URL_SHOWN];
    fprintf(out, "bench http  %s", perf_url_masked(report->http->urls[0], shown, sizeof shown));
    if (report->http->url_count > 1)
        fprintf(out, " and %zu more, in turn", report->http->url_count - 1);
    fputc('\n', out);
    print_loop(out, report);
    if (!report->trace) fprintf(out, ", %s", method(report->workload));
    if (report->workload->mix.weight[PERF_PUT] && !report->trace) {
        fputs(" of ", out);
        perf_report_size_text(out, report->workload);
    }
    if (report->http->connect_each) fprintf(out, ", a connection for each");
    fputc('\n', out);
}

static void print_warm_up(FILE *out, const struct perf_report *report) {
    if (report->warm_up.lasted_ns == 0) return;
    fprintf(out, "  %g s before were not counted: %llu operations, %llu failed\n",
            (double)report->warm_up.lasted_ns / 1e9, (unsigned long long)report->warm_up.operations,
            (unsigned long long)report->warm_up.failed);
}

void perf_report_parameters_text(FILE *out, const struct perf_report *report) {
    if (report->s3)
        print_s3(out, report);
    else
        print_http(out, report);
    print_warm_up(out, report);
}
