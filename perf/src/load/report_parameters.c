/* The head of a report: the parameters of the run. */
#include <headrace/clock.h>
#include <headrace/url.h>

#include "json_put.h"
#include "report_private.h"

#define URL_SHOWN 4096

static void put_loop(struct hr_json_writer *json, const struct perf_report *report) {
    json_put_text(json, "loop", report->rate > 0 ? "open" : "closed");
    if (report->rate > 0) json_put_double(json, "rate_per_s", report->rate, 6);
    json_put_u64(json, "concurrency", report->concurrency);
    json_put_u64(json, "reactors", report->reactors);
    json_put_u64(json, "size_bytes", report->workload->size_bytes);
}

static void put_s3(struct hr_json_writer *json, const struct perf_report *report) {
    const struct perf_workload *workload = report->workload;
    const struct perf_report_s3 *s3 = report->s3;
    json_put_text(json, "endpoint", s3->endpoint);
    json_put_text(json, "server", s3->embedded ? "embedded" : "external");
    put_loop(json, report);
    json_put_u64(json, "pool", s3->pool);
    json_put_text(json, "payload", s3->payload_signed ? "signed" : "unsigned");
    json_put_text(json, "checksum", s3->checksum);
    json_put_u64(json, "objects", workload->objects);
    json_put_u64(json, "seed", workload->seed);
    json_put_text(json, "bucket", workload->bucket);
    json_put_text(json, "prefix", workload->prefix);
    json_put_bool(json, "verify", s3->verify);
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
        hr_json_text(json, hr_url_show(hr_slice_of(report->http->urls[i]), shown, sizeof shown));
    }
    hr_json_end(json);
    json_put_text(json, "method", method(report->workload));
    json_put_bool(json, "connect_each", report->http->connect_each);
    json_put_u64(json, "attempts_max", report->http->attempts_max);
    put_loop(json, report);
}

void perf_report_parameters_json(struct hr_json_writer *json, const struct perf_report *report) {
    char date[HR_DATE_ISO_SIZE];
    hr_date_iso(report->started_at_s * 1000, date);
    json_put_text(json, "harness", report->s3 ? "bench s3" : "bench http");
    json_put_text(json, "started_at", date);
    if (report->s3)
        put_s3(json, report);
    else
        put_http(json, report);
}

static void print_loop(FILE *out, const struct perf_report *report) {
    fprintf(out, "  %s loop", report->rate > 0 ? "open" : "closed");
    if (report->rate > 0) fprintf(out, " at %g/s", report->rate);
    fprintf(out, ", concurrency %u, reactors %u", report->concurrency, report->reactors);
}

static void print_s3(FILE *out, const struct perf_report *report) {
    const struct perf_workload *workload = report->workload;
    const struct perf_report_s3 *s3 = report->s3;
    fprintf(out, "bench s3  %s (%s)\n", s3->endpoint,
            s3->embedded ? "embedded server, a child" : "external");
    print_loop(out, report);
    fprintf(out, ", pool %u, %llu bytes, payload %s, checksum %s\n  mix", s3->pool,
            (unsigned long long)workload->size_bytes, s3->payload_signed ? "signed" : "unsigned",
            s3->checksum);
    for (size_t i = 0; i < PERF_KINDS; i++)
        if (workload->mix.weight[i])
            fprintf(out, " %s=%u", perf_kind_names[i], workload->mix.weight[i]);
    fprintf(out, " over %u keys in s3://%s/%s, seed %llu\n", workload->objects, workload->bucket,
            workload->prefix, (unsigned long long)workload->seed);
    if (s3->populated)
        fprintf(out, "  %llu objects were written before, not counted\n",
                (unsigned long long)s3->populated);
    if (workload->mix.weight[PERF_DELETE])
        fprintf(out, "  DELETE has keys of its own, so that GET and HEAD always hit\n");
}

static void print_http(FILE *out, const struct perf_report *report) {
    char shown[URL_SHOWN];
    fprintf(out, "bench http  %s",
            hr_url_show(hr_slice_of(report->http->urls[0]), shown, sizeof shown));
    if (report->http->url_count > 1)
        fprintf(out, " and %zu more, in turn", report->http->url_count - 1);
    fputc('\n', out);
    print_loop(out, report);
    fprintf(out, ", %s", method(report->workload));
    if (report->workload->mix.weight[PERF_PUT])
        fprintf(out, " of %llu bytes", (unsigned long long)report->workload->size_bytes);
    if (report->http->connect_each) fprintf(out, ", a connection for each");
    fputc('\n', out);
}

void perf_report_parameters_text(FILE *out, const struct perf_report *report) {
    if (report->s3)
        print_s3(out, report);
    else
        print_http(out, report);
}
