/* headrace bench http: requests to a web server, measured. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>
#include <headrace/url.h>

#include "bench_http_beside.h"
#include "bench_http_trace.h"
#include "bench_load.h"
#include "bench_require.h"
#include "bench_values.h"
#include "commands.h"
#include "protocols.h"
#include "shown.h"
#include "wording.h"

#define FAILURES_NEVER 500000000u /* in a row: no run has so many */

struct values {
    struct engine_options engine;
    struct tls_values tls;
    struct network_values network;
    struct load_values load;
    struct beside_values beside;
    uint64_t concurrency, requests, duration_ms, reactors, timeout_ms, attempts;
    const char *size, *trace, *json;
    struct option_list headers, require;
    int method;
    bool connect_each, no_resumption;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"concurrency", "N", OPTION_UINT, VALUE(concurrency), .standard = "64", .min = 1, .max = 50000,
     .short_name = 'c',
     .help = "Connections, each with one request in progress; open loop: at most"},
    {"requests", "N", OPTION_UINT, VALUE(requests), .min = 1,
     .help = "End after so many requests (default 10000 where no duration is given)"},
    {"duration", "DURATION", OPTION_DURATION, VALUE(duration_ms), .min = 1, .max = 604800000,
     .help = "Start nothing more after this time"},
    {"method", "METHOD", OPTION_CHOICE, VALUE(method), .choices = "GET|PUT|HEAD", .standard = "GET",
     .help = "GET, PUT or HEAD"},
    {"size", "SIZE", OPTION_STRING, VALUE(size), .standard = "4KiB", .check = bench_check_sizes,
     .help = "Size of the body of a PUT, or classes with weights: 4KiB:80,1MiB:15,64MiB:5"},
    {"header", "FIELD", OPTION_LIST, VALUE(headers), .check = header_check, .secret = true,
     .help = "A header field 'Name: value' for every request; may be repeated"},
    {"connect-each", NULL, OPTION_FLAG, VALUE(connect_each),
     .help = "A connection of its own for each request, closed behind the response"},
    {"no-resumption", NULL, OPTION_FLAG, VALUE(no_resumption), .help = "Only full TLS handshakes"},
    {"attempts", "N", OPTION_UINT, VALUE(attempts), .standard = "1", .min = 1, .max = 100,
     .help = "Attempts per request, the first one counted"},
    {"timeout", "DURATION", OPTION_DURATION, VALUE(timeout_ms), .standard = "60s", .min = 1,
     .max = UINT32_MAX - 1, .help = "Longest time for one request"},
    {"reactors", "N", OPTION_UINT, VALUE(reactors), .standard = "1", .max = 1024,
     .help = "Reactors, each a thread; 0 is one per core"},
    {"trace", "FILE", OPTION_STRING, VALUE(trace), .of_call = true,
     .help = "Open loop: send the requests of a CSV file at their times; lines of seconds, method, "
             "path, size"},
    {"require", "CONDITION", OPTION_LIST, VALUE(require), .check = bench_check_require,
     .help = BENCH_REQUIRE_HELP},
    {"json", "FILE", OPTION_STRING, VALUE(json), .of_call = true,
     .help = "Write the report as one JSON object to FILE; - is standard output, without the "
             "report in text"},
    {.name = NULL}};

struct bench_http {
    struct bench bench;
    const struct values *values;
    struct perf_http_target target;
    struct bench_http_trace trace;
    struct perf_report_http parameters;
    struct hr_http_field fields[OPTION_LIST_MAX];
    struct resolve_settings resolve;
};

static int check_urls(const struct command_call *call) {
    for (size_t i = 0; i < call->argument_count; i++) {
        struct hr_url url;
        struct hr_error error = {0};
        if (hr_url_parse(hr_slice_of(call->arguments[i]), &error, &url) != 0) {
            output_complain("bench http: '%s': %s", shown_url(call->arguments[i]), error.message);
            return EXIT_USAGE;
        }
    }
    return EXIT_DONE;
}

static void fill(struct bench_http *http, const struct command_call *call) {
    static const enum perf_kind kinds[] = {PERF_GET, PERF_PUT, PERF_HEAD};
    const struct values *values = call->values;
    char why[OPTION_WHY_SIZE];
    enum perf_kind kind = kinds[values->method];
    http->values = values;
    for (size_t i = 0; i < values->headers.count; i++)
        header_read(values->headers.items[i], &http->fields[i]);
    http->target = (struct perf_http_target){
        .urls = call->arguments,
        .fields = http->fields,
        .field_count = values->headers.count,
        .connect_each = values->connect_each,
    };
    http->parameters = (struct perf_report_http){
        .urls = call->arguments,
        .url_count = call->argument_count,
        .connect_each = values->connect_each,
        .attempts_max = (unsigned)values->attempts,
    };
    http->bench.workload = (struct perf_workload){
        .objects = (uint32_t)call->argument_count,
        .mix = {.total = 1},
        .seed = 1,
    };
    http->bench.workload.mix.weight[kind] = 1;
    if (kind == PERF_PUT) bench_read_sizes(values->size, &http->bench.workload, why, sizeof why);
    struct perf_loop_options *options = &http->bench.options;
    *options = (struct perf_loop_options){
        .protocol = &perf_protocol_http,
        .target = &http->target,
        .workload = &http->bench.workload,
        .choose = perf_choose_cycle,
        .concurrency = (unsigned)values->concurrency,
        .operations = values->requests,
        .duration_ns = values->duration_ms * 1000000u,
        .timeout_ms = (uint32_t)values->timeout_ms,
    };
}

/* The load, of a trace too; the exit code. */
static int fill_load(struct bench_http *http, const struct command_call *call) {
    const struct values *values = call->values;
    int code =
        bench_load_fill(&values->load, values->requests || values->duration_ms, &http->bench);
    if (!code && values->trace)
        code = bench_http_trace_open(&http->trace, values->trace, call->arguments[0], &http->bench,
                                     &http->target);
    if (code) return code;
    if (perf_workload_open(&http->bench.workload) == 0) return EXIT_DONE;
    return output_failed(http->bench.session.json, -ENOMEM, "out of memory");
}

/* One request to every URL, so that what can be told at once is not told ten thousand times. A
 * status is a response: it is counted in the run. */
static int try_urls(struct bench_http *http) {
    struct bench *bench = &http->bench;
    struct perf_loop_options options = bench->options;
    options.concurrency = 1;
    options.operations = bench->workload.objects;
    options.duration_ns = 0;
    options.rate = 0;
    options.think_ns = 0;
    if (bench_run(bench, &options, "trying the URLs") != 0) return EXIT_FAILED;
    if (bench->session.signal) {
        output_failed(bench->session.json, -ECANCELED, "stopped by %s",
                      output_signal_name(bench->session.signal));
        return 128 + bench->session.signal;
    }
    for (size_t i = 0; i < bench->run.result.error_count; i++) {
        const struct perf_error_count *first = &bench->run.result.errors[i];
        if (first->code == HR_ERR_HTTP_UNEXPECTED) continue;
        char message[512];
        wording_of_command(first->example, message, sizeof message);
        output_failed(bench->session.json, first->code, "%s: %s%s",
                      shown_url(http->parameters.urls[0]), message,
                      output_remedy(&(struct hr_error){.code = first->code}));
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

/* An option that was given and that no peer is asked for; NULL: none. */
static const char *lone_option(const struct values *values) {
    const struct option *const tables[] = {tls_table, client_table, network_table};
    const char *of_load = bench_load_lone(&values->load);
    if (of_load) return of_load;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct option *option = tables[i]; option->name; option++)
            if (option_in_words(option) && strcmp(option->name, "ca-file") != 0)
                return option->name;
    return values->trace               ? "trace"
           : values->require.count     ? "require"
           : values->no_resumption     ? "no-resumption"
           : strchr(values->size, ',') ? "size with several classes"
                                       : NULL;
}

static int run_beside(struct bench_http *http) {
    static const char *const methods[] = {"GET", "PUT", "HEAD"};
    const struct values *values = http->values;
    const struct bench_http_beside task = {
        .values = &values->beside,
        .bench = &http->bench,
        .target = &http->target,
        .url_count = http->parameters.url_count,
        .method = methods[values->method],
        .ca_file = values->tls.ca_file,
        .timeout_ms = values->timeout_ms,
        .attempts = values->attempts,
        .json = values->json,
    };
    return bench_http_beside(&task);
}

/* The bench is its first member. */
static void count(struct bench *bench, struct hr_http_client_metrics *metrics) {
    const struct bench_http *http = (const struct bench_http *)bench;
    hr_http_client_metrics_get(http->target.client, metrics);
}

static int run_with_client(struct bench_http *http) {
    struct bench *bench = &http->bench;
    int code = bench_require_open(bench, &http->values->require);
    if (!code && !http->values->trace) code = try_urls(http);
    if (!code && http->values->beside.names) return run_beside(http);
    if (!code) code = bench_load_measure(bench);
    if (code) return code;
    code = bench_publish(bench, http->values->json);
    if (bench->session.signal) return 128 + bench->session.signal;
    return code ? code : bench_verdict(bench);
}

static int run_in_session(struct bench_http *http) {
    struct bench *bench = &http->bench;
    const struct values *values = http->values;
    unsigned connections = bench->options.concurrency;
    struct hr_http_client_options options = {
        .pool.connections_per_origin_max = connections,
        .pool.connections_max = connections,
        .retry.attempts_max = values->attempts == 1 ? HR_NO_RETRY : (uint32_t)values->attempts,
        /* The breaker is in place, so that its cost is in the figures, but never opens: a failing
         * server is what is measured then. */
        .breaker.failures_max = FAILURES_NEVER,
        .tls.no_resumption = values->no_resumption,
    };
    struct hr_error error = {0};
    int code = tls_values_fill(&values->tls, &options.tls);
    if (code) return code;
    network_values_fill(&values->network, &http->resolve, &options);
    bench->options.engine = bench->session.on.engine;
    int err = hr_http_client_new(bench->session.on.engine, &options, &error, &http->target.client);
    if (err) {
        return output_error_as(err == -ENOMEM ? EXIT_FAILED : EXIT_USAGE, &error,
                               bench->session.json, "cannot make a client");
    }
    bench->report.http = &http->parameters;
    bench_fill_report(bench, &http->values->engine);
    code = run_with_client(http);
    hr_http_client_close(http->target.client, session_client_closed, &bench->session);
    session_wait_closed(&bench->session);
    return code;
}

/* An option that was given and that a trace says itself; NULL: none. */
static const char *told_by_trace(const struct values *values) {
    return values->load.rate           ? "rate"
           : values->load.think_ms     ? "think-time"
           : values->load.warm_up_ms   ? "warm-up"
           : values->requests          ? "requests"
           : values->duration_ms       ? "duration"
           : values->method            ? "method"
           : strchr(values->size, ',') ? "size with several classes"
                                       : NULL;
}

static int check_values(const struct command_call *call) {
    const struct values *values = call->values;
    const char *lone = values->beside.names ? lone_option(values) : NULL;
    const char *told = values->trace ? told_by_trace(values) : NULL;
    if (lone)
        output_complain(
            "bench http: --beside and --%s exclude each other: not every peer can do it", lone);
    else if (told)
        output_complain("bench http: --trace and --%s exclude each other: the trace says it all",
                        told);
    else if (values->trace && call->argument_count > 1)
        output_complain("bench http: --trace has one URL, whose origin its paths are of");
    else
        return check_urls(call);
    return EXIT_USAGE;
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    bool json = values->json && strcmp(values->json, "-") == 0;
    int code = check_values(call);
    if (!code) code = bench_raise_files((unsigned)values->concurrency, json);
    if (code) return code;
    struct bench_http *http = calloc(1, sizeof *http);
    if (!http) return output_failed(json, -ENOMEM, "out of memory");
    fill(http, call);
    struct session *session = &http->bench.session;
    http->bench.name = "bench http";
    http->bench.count = count;
    session->json = json;
    code = fill_load(http, call);
    if (!code)
        code = session_open_engine(session, &values->engine, (unsigned)values->reactors, json);
    if (!code) {
        code = run_in_session(http);
        session_close(session);
    }
    perf_workload_close(&http->bench.workload);
    bench_http_trace_close(&http->trace);
    free(http);
    return code;
}

const struct command command_bench_http = {
    .path = "bench http",
    .arguments = "URL...",
    .arguments_min = 1,
    .arguments_max = OPTION_ARGUMENT_MAX,
    .summary = "Send requests to a web server and report throughput, latency, CPU and memory",
    .details = "HTTP/1.1 over kept connections, TLS for https; several URLs are asked in turn. One "
               "request "
               "to each URL goes ahead, not counted. A response that is not 2xx has failed. CPU "
               "and memory "
               "are those of this process. Exit code 1 when a request failed.",
    .examples = "headrace bench http --requests 100000 --concurrency 64 http://127.0.0.1:8080/\n"
                "headrace bench http --rate 500 --duration 30s https://example.org/\n"
                "headrace bench http --duration 5s --beside wrk,h2load http://127.0.0.1:8080/\n"
                "headrace bench http --trace day.csv http://127.0.0.1:8080\n"
                "headrace bench http --rate 100..5000 --p99 10ms http://127.0.0.1:8080/\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0},
               {"Load", load_table, VALUE(load)},
               {"Peers", beside_table, VALUE(beside)},
               {"TLS", tls_table, VALUE(tls)},
               NETWORK_GROUPS(VALUE(network)),
               {"Engine", engine_table_bench, VALUE(engine)}},
    .run = run,
};
