/* Loads beside the one that is measured: begun, ended, told. */
#include "bench_with.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <headrace/url.h>

#include "bench_folder.h"
#include "bench_load.h"
#include "url_masked.h"

#define HTTP_CONNECTIONS 64
#define HTTP_DAYS_NS     (7ull * 86400 * 1000000000) /* it ends with the bench */
#define HTTP_TIMEOUT_MS  60000
#define FAILURES_NEVER   500000000u /* in a row: a failing server is what is measured */
#define TICK_MS          200
#define LOG_ROOM         (256u << 20) /* that must be free for the file */

static int check_log(const char *text, char *why, size_t why_size) {
    double rate;
    if (bench_read_rate(text, &rate) == 0) return 0;
    snprintf(why, why_size, "'%.60s' is not a number of records a second, at most 10000000", text);
    return -1;
}

/* "URL,RATE": the rate stands behind the last comma. 0 or -1. */
static int read_http(const char *text, char *url, size_t url_size, double *rate) {
    struct hr_url parsed;
    struct hr_error error = {0};
    const char *comma = strrchr(text, ',');
    size_t size = comma ? (size_t)(comma - text) : 0;
    if (!comma || size >= url_size || bench_read_rate(comma + 1, rate) != 0) return -1;
    memcpy(url, text, size);
    url[size] = '\0';
    return hr_url_parse(hr_slice_of(url), &error, &parsed) == 0 ? 0 : -1;
}

static int check_http(const char *text, char *why, size_t why_size) {
    char url[sizeof((struct bench_with *)0)->url];
    double rate;
    if (read_http(text, url, sizeof url, &rate) == 0) return 0;
    snprintf(why, why_size,
             "it is not a URL and a number of requests a second: http://127.0.0.1:8080/,500");
    return -1;
}

#define VALUE(field) offsetof(struct with_values, field)
const struct option with_table[] = {
    {"with-log", "RATE", OPTION_STRING, VALUE(log), .check = check_log,
     .help = "Measure alone, then while so many records a second are logged on the same engine"},
    {"with-http", "URL,RATE", OPTION_STRING, VALUE(http), .check = check_http,
     .help =
         "Measure alone, then while so many requests a second go to the URL by the same engine"},
    {"with-directory", "DIR", OPTION_STRING, VALUE(directory), .environment = "TMPDIR",
     .standard = "/tmp", .help = "Where the file of --with-log is made, and deleted again"},
    {.name = NULL}};

const char *bench_with_given(const struct with_values *values) {
    return values->log ? "with-log" : values->http ? "with-http" : NULL;
}

int bench_with_check(const struct with_values *values, const char *other) {
    const char *given = bench_with_given(values);
    if (!given || !other) return EXIT_DONE;
    output_complain("bench s3: --%s and --%s exclude each other", given, other);
    return EXIT_USAGE;
}

/* ---- The log. */

static int begin_log(struct bench_with *with, const struct with_values *values,
                     struct bench *bench) {
    const struct bench_folder folder = {
        .directory = values->directory, .name = "headrace-bench-with", .needed_bytes = LOG_ROOM};
    struct hr_error error = {0};
    if (!values->log) return EXIT_DONE;
    int code = bench_folder_make(&folder, bench->session.json, with->folder);
    if (code) return code;
    snprintf(with->path, sizeof with->path, "%s/log", with->folder);
    const struct perf_log_load_options options = {
        .engine = bench->session.on.engine, .path = with->path, .rate = with->report.log_rate};
    int err = perf_log_load_start(&options, &error, &with->log);
    return err ? output_failed(bench->session.json, err, "--with-log: %s", error.message)
               : EXIT_DONE;
}

static void end_log(struct bench_with *with) {
    perf_log_load_stop(with->log, &with->report.log);
    with->log = NULL;
    if (*with->path) unlink(with->path);
    if (*with->folder) rmdir(with->folder);
}

/* ---- HTTP. */

static int start_loop(struct bench_with *with, struct bench *bench) {
    const struct perf_loop_options options = {
        .engine = bench->session.on.engine,
        .protocol = &perf_protocol_http,
        .target = &with->target,
        .workload = &with->workload,
        .choose = perf_choose_cycle,
        .concurrency = HTTP_CONNECTIONS,
        .duration_ns = HTTP_DAYS_NS,
        .rate = with->report.http_rate,
        .timeout_ms = HTTP_TIMEOUT_MS,
    };
    int err = perf_loop_new(&options, &with->http);
    if (!err) err = perf_loop_start(with->http);
    if (!err) return EXIT_DONE;
    perf_loop_free(with->http);
    with->http = NULL;
    return output_failed(bench->session.json, err, "--with-http: cannot start: %s",
                         hr_error_text(err));
}

static int begin_http(struct bench_with *with, const struct with_values *values,
                      struct bench *bench) {
    const struct hr_http_client_options options = {
        .pool.connections_per_origin_max = HTTP_CONNECTIONS,
        .pool.connections_max = HTTP_CONNECTIONS,
        .retry.attempts_max = HR_NO_RETRY,
        .breaker.failures_max = FAILURES_NEVER,
    };
    struct hr_error error = {0};
    if (!values->http) return EXIT_DONE;
    with->urls[0] = with->url;
    with->target.urls = with->urls;
    with->workload = (struct perf_workload){.objects = 1, .mix = {.total = 1}, .seed = 1};
    with->workload.mix.weight[PERF_GET] = 1;
    int err = perf_workload_open(&with->workload);
    if (!err)
        err = hr_http_client_new(bench->session.on.engine, &options, &error, &with->target.client);
    if (err)
        return output_failed(bench->session.json, err, "--with-http: cannot make a client: %s",
                             *error.message ? error.message : hr_error_text(err));
    return start_loop(with, bench);
}

/* Waits for the requests in progress, which were cancelled. */
static void end_loop(struct bench_with *with) {
    if (!with->http) return;
    struct pollfd ready = {.fd = perf_loop_fd(with->http), .events = POLLIN};
    perf_loop_stop(with->http);
    while (!perf_loop_service(with->http)) poll(&ready, 1, TICK_MS);
    perf_loop_report(with->http, &with->report.http);
    perf_loop_free(with->http);
    with->http = NULL;
}

static void end_http(struct bench_with *with, struct bench *bench) {
    end_loop(with);
    if (with->target.client) {
        hr_http_client_close(with->target.client, session_client_closed, &bench->session);
        session_wait_closed(&bench->session);
        with->target.client = NULL;
    }
    perf_workload_close(&with->workload);
}

/* ---- Both. */

static int measure_beside(struct bench_with *with, const struct with_values *values,
                          struct bench *bench) {
    int code = begin_log(with, values, bench);
    if (!code) code = begin_http(with, values, bench);
    if (!code) code = bench_load_measure(bench);
    end_http(with, bench);
    end_log(with);
    return code;
}

void bench_with_open(struct bench_with *with, const struct with_values *values,
                     struct bench *bench) {
    if (!bench_with_given(values)) return;
    bench->report.with = &with->report;
    if (values->log) bench_read_rate(values->log, &with->report.log_rate);
    if (!values->http) return;
    read_http(values->http, with->url, sizeof with->url, &with->report.http_rate);
    with->report.http_url = perf_url_masked(with->url, with->shown, sizeof with->shown);
}

int bench_with_measure(struct bench_with *with, const struct with_values *values,
                       struct bench *bench) {
    int code = bench_load_measure(bench);
    if (code || !bench_with_given(values)) return code;
    if (bench->session.signal) bench->report.with = NULL; /* nothing ran beside it */
    if (bench->session.signal) return code;
    perf_report_alone(&bench->run, bench->report.cpu_ns, &with->report);
    return measure_beside(with, values, bench);
}
