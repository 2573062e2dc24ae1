/* headrace bench s3: load on a store, measured. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#include "bench.h"
#include "child.h"
#include "commands.h"
#include "protocols.h"

#define SETUP_CONCURRENCY 64 /* less than most runs: the peak of connections is the run's */
#define STORE_SPARE       (64ull << 20)
#define STORE_OVERHEAD    4096 /* of one object, estimated */
#define TOGETHER_FACTOR   2 /* fewer operations a slot, and the first would end before all begin */

struct values {
    struct connection_options connection;
    uint64_t concurrency, operations, duration_ms, size_bytes, objects, pool, reactors, seed;
    const char *rate, *mix, *bucket, *prefix, *json;
    int payload, checksum;
    bool verify, no_setup, cleanup;
};

/* As enum hr_s3_checksum_algorithm, with auto in front. */
#define CHECKSUMS                                                                                  \
    "auto|none|crc32|crc32c|crc64nvme|sha1|sha256|sha512|md5|xxhash64|xxhash3|xxhash128"
enum { CHECKSUM_AUTO, CHECKSUM_NONE };

static int check_mix(const char *text, char *why, size_t why_size) {
    struct perf_mix mix;
    return perf_mix_parse(text, &mix, why, why_size);
}

static int check_prefix(const char *text, char *why, size_t why_size) {
    if (strlen(text) <= PERF_PREFIX_MAX) return 0;
    snprintf(why, why_size, "the prefix is longer than %d bytes", PERF_PREFIX_MAX);
    return -1;
}

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"concurrency", "N", OPTION_UINT, VALUE(concurrency), .standard = "64", .min = 1, .max = 50000,
     .help = "Operations in progress at once; open loop: at most"},
    {"operations", "N", OPTION_UINT, VALUE(operations), .min = 1,
     .help = "End after so many operations (default 10000 where no duration is given)"},
    {"duration", "DURATION", OPTION_DURATION, VALUE(duration_ms), .min = 1, .max = 604800000,
     .help = "Start nothing more after this time"},
    {"rate", "N", OPTION_STRING, VALUE(rate), .check = bench_check_rate,
     .help =
         "Open loop: start so many operations a second, however late the responses come; latency "
         "counts from the intended start (default: closed loop)"},
    {"size", "SIZE", OPTION_SIZE, VALUE(size_bytes), .standard = "64KiB", .max = 5ull << 30,
     .help = "Size of every object"},
    {"objects", "N", OPTION_UINT, VALUE(objects), .standard = "1000", .min = 1, .max = 40000000,
     .help = "Keys, over which the operations cycle"},
    {"pool", "N", OPTION_UINT, VALUE(pool), .min = 1, .max = 50000,
     .help = "Most connections (default: the concurrency)"},
    {"mix", "MIX", OPTION_STRING, VALUE(mix), .standard = "put=1", .check = check_mix,
     .help = "Weights of operations, of put, get, head, list, delete: "
             "put=1,get=3,head=1,list=1,delete=1"},
    {"reactors", "N", OPTION_UINT, VALUE(reactors), .standard = "1", .max = 1024,
     .help = "Reactors of the client, each a thread; 0 is one per core"},
    {"payload", "MODE", OPTION_CHOICE, VALUE(payload), .choices = "signed|unsigned",
     .standard = "signed", .help = "Whether a body's SHA-256 is part of its signature"},
    {"checksum", "ALGORITHM", OPTION_CHOICE, VALUE(checksum), .choices = CHECKSUMS,
     .standard = "auto", .help = "Of bodies that are sent; auto is the client's own choice"},
    {"bucket", "NAME", OPTION_STRING, VALUE(bucket), .standard = "headrace-bench",
     .help = "Made when it is missing"},
    {"prefix", "TEXT", OPTION_STRING, VALUE(prefix), .standard = "bench/", .check = check_prefix,
     .help = "Beginning of every key; keys stand under TEXTa/ and TEXTb/"},
    {"seed", "N", OPTION_UINT, VALUE(seed), .standard = "1",
     .help = "Of keys, the order of operations, and bodies"},
    {"verify", NULL, OPTION_FLAG, VALUE(verify),
     .help = "Compare every body read with what was written (its size always is)"},
    {"no-setup", NULL, OPTION_FLAG, VALUE(no_setup),
     .help = "Neither make the bucket nor write the objects that GET, HEAD and LIST need"},
    {"cleanup", NULL, OPTION_FLAG, VALUE(cleanup),
     .help = "Delete the objects afterwards, and the bucket if this run made it (default: keep)"},
    {"json", "FILE", OPTION_STRING, VALUE(json), .of_call = true,
     .help = "Write the report as one JSON object to FILE; - is standard output, without the "
             "report in text"},
    {.name = NULL}};

struct bench_s3 {
    struct bench bench;
    const struct values *values;
    struct perf_child child;
    struct perf_s3_target target;
    struct perf_report_s3 parameters;
    bool made_bucket;
    unsigned pool;
};

/* Waits for one request of the set-up. */
static int ask(struct bench_s3 *s3, struct hr_request *request, int started,
               struct hr_error *error) {
    return session_wait(&s3->bench.session, request, started, NULL, NULL, error);
}

static int ensure_bucket(struct bench_s3 *s3) {
    struct hr_s3_bucket_head head = {.bucket = s3->bench.workload.bucket};
    struct hr_error error = {0};
    session_prepare(&s3->bench.session, &head.request);
    int result =
        ask(s3, &head.request, hr_s3_bucket_head_start(s3->bench.session.client, &head), &error);
    if (result && error.http_status == 404) {
        struct hr_s3_bucket_create create = {.bucket = s3->bench.workload.bucket};
        session_prepare(&s3->bench.session, &create.request);
        result = ask(s3, &create.request,
                     hr_s3_bucket_create_start(s3->bench.session.client, &create), &error);
        s3->made_bucket = result == 0;
    }
    return session_end(&s3->bench.session, result, &error, "bucket %s", s3->bench.workload.bucket);
}

/* A loop over all objects once; the exit code. */
static int sweep(struct bench_s3 *s3, perf_choose_fn *choose, uint32_t objects, const char *what) {
    struct perf_loop_options options = s3->bench.options;
    options.choose = choose;
    options.operations = objects;
    options.duration_ns = 0;
    options.rate = 0;
    options.together = false;
    if (options.concurrency > SETUP_CONCURRENCY) options.concurrency = SETUP_CONCURRENCY;
    int err = bench_run(&s3->bench, &options, what);
    if (err) return EXIT_FAILED;
    struct perf_totals totals = perf_result_totals(&s3->bench.run.result);
    if (s3->bench.session.signal) {
        output_failed(s3->bench.session.json, -ECANCELED, "%s: stopped by %s", what,
                      output_signal_name(s3->bench.session.signal));
        return 128 + s3->bench.session.signal;
    }
    if (totals.failed == 0) return EXIT_DONE;
    const struct perf_error_count *first = &s3->bench.run.result.errors[0];
    struct hr_error error;
    hr_error_set(&error, first->code, "%llu of %u operations failed, e.g. %s",
                 (unsigned long long)totals.failed, objects, first->example);
    if (first->code == HR_ERR_S3_SERVICE)
        snprintf(error.service_code, sizeof error.service_code, "%s", first->name);
    return output_error(&error, s3->bench.session.json, "%s", what);
}

static int set_up(struct bench_s3 *s3) {
    const unsigned *weight = s3->bench.workload.mix.weight;
    if (s3->values->no_setup) return EXIT_DONE;
    int code = ensure_bucket(s3);
    if (code ||
        !(weight[PERF_GET] || weight[PERF_HEAD] || weight[PERF_LIST] || weight[PERF_DELETE]))
        return code;
    uint32_t objects = perf_workload_population(&s3->bench.workload);
    code = sweep(s3, perf_choose_fill, objects, "writing the objects");
    s3->parameters.populated = objects;
    return code;
}

static int clean_up(struct bench_s3 *s3) {
    if (!s3->values->cleanup || s3->bench.session.signal) return EXIT_DONE;
    int code =
        sweep(s3, perf_choose_remove, perf_workload_population(&s3->bench.workload), "cleaning up");
    if (code || !s3->made_bucket) return code;
    struct hr_s3_bucket_delete remove = {.bucket = s3->bench.workload.bucket};
    struct hr_error error = {0};
    session_prepare(&s3->bench.session, &remove.request);
    int result = ask(s3, &remove.request,
                     hr_s3_bucket_delete_start(s3->bench.session.client, &remove), &error);
    return session_end(&s3->bench.session, result, &error, "removing bucket %s",
                       s3->bench.workload.bucket);
}

static int run_in_session(struct bench_s3 *s3) {
    struct hr_http_client_metrics before, after;
    int code = set_up(s3);
    hr_s3_client_metrics_get(s3->bench.session.client, &before);
    if (!code) code = bench_measure(&s3->bench);
    if (code) return code;
    hr_s3_client_metrics_get(s3->bench.session.client, &after);
    bench_fill_connections(&s3->bench, &before, &after);
    code = bench_publish(&s3->bench, s3->values->json);
    s3->bench.session.json = false; /* the one object is out */
    struct perf_totals totals = perf_result_totals(&s3->bench.run.result);
    if (!code && totals.failed) code = EXIT_FAILED;
    int cleaned = clean_up(s3);
    if (s3->bench.session.signal) return 128 + s3->bench.session.signal;
    return code ? code : cleaned;
}

/* The server as a child, where no endpoint is given. */
static int start_server(struct bench_s3 *s3, bool json, struct hr_s3_client_options *client) {
    const struct values *values = s3->values;
    uint64_t objects = perf_workload_population(&s3->bench.workload) + values->concurrency;
    uint64_t bytes = objects * (values->size_bytes + STORE_OVERHEAD) + STORE_SPARE;
    int exit_code;
    int err = perf_child_start(&s3->child, bytes, (unsigned)values->reactors, &exit_code);
    if (err) {
        const char *refusal = s3->child.refusal;
        if (json && *refusal) {
            fputs(refusal, stdout);
            output_json_reported();
        }
        return output_failed_as(exit_code == EXIT_ENVIRONMENT ? EXIT_ENVIRONMENT : EXIT_FAILED,
                                json && !*refusal, err, "the embedded server did not start: %s",
                                exit_code ? "it says why above" : hr_error_text(err));
    }
    client->endpoint = s3->child.endpoint;
    client->access_key = s3->child.access_key;
    client->secret_key = s3->child.secret_key;
    client->http.proxy.from_environment = false;
    return EXIT_DONE;
}

/* Options that contradict each other. */
static int check_values(const struct values *values) {
    const struct connection_options *connection = &values->connection;
    if (!connection->endpoint && (connection->access_key || connection->client.resolve.count)) {
        output_complain("bench s3: --%s needs --endpoint: the embedded server makes up its own "
                        "credentials",
                        connection->access_key ? "access-key" : "resolve");
        return EXIT_USAGE;
    }
    if (values->no_setup && !connection->endpoint) {
        output_complain("bench s3: --no-setup needs --endpoint: the embedded server is empty");
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static int fill_bench(struct bench_s3 *s3, const struct values *values) {
    char why[OPTION_WHY_SIZE];
    s3->values = values;
    s3->pool = (unsigned)(values->pool ? values->pool : values->concurrency);
    s3->bench.workload = (struct perf_workload){
        .bucket = values->bucket,
        .prefix = values->prefix,
        .objects = (uint32_t)values->objects,
        .size_bytes = values->size_bytes,
        .seed = values->seed,
    };
    perf_mix_parse(values->mix, &s3->bench.workload.mix, why, sizeof why);
    struct perf_loop_options *options = &s3->bench.options;
    *options = (struct perf_loop_options){
        .protocol = &perf_protocol_s3,
        .target = &s3->target,
        .workload = &s3->bench.workload,
        .choose = perf_choose_mix,
        .concurrency = (unsigned)values->concurrency,
        .operations = values->operations,
        .duration_ns = values->duration_ms * 1000000u,
        .timeout_ms = (uint32_t)values->connection.timeout_ms,
    };
    s3->target = (struct perf_s3_target){
        .payload = values->payload ? HR_S3_PAYLOAD_UNSIGNED : HR_S3_PAYLOAD_SIGNED,
        .verify = values->verify,
    };
    if (values->checksum > CHECKSUM_NONE)
        s3->target.checksum = (enum hr_s3_checksum_algorithm)(values->checksum - CHECKSUM_NONE);
    if (values->rate) bench_read_rate(values->rate, &options->rate);
    if (!options->operations && !options->duration_ns) options->operations = 10000;
    options->together = options->rate <= 0 && s3->pool >= options->concurrency &&
                        options->operations &&
                        options->operations / TOGETHER_FACTOR < options->concurrency;
    return perf_workload_open(&s3->bench.workload);
}

static void fill_report(struct bench_s3 *s3, const char *endpoint) {
    s3->parameters.endpoint = endpoint;
    s3->parameters.embedded = s3->child.pid > 0;
    s3->parameters.pool = s3->pool;
    s3->parameters.payload_signed = s3->target.payload == HR_S3_PAYLOAD_SIGNED;
    s3->parameters.checksum = s3->values->checksum == CHECKSUM_AUTO ? "auto"
                              : s3->values->checksum == CHECKSUM_NONE
                                  ? "none"
                                  : hr_s3_checksum_traits_of(s3->target.checksum)->name;
    s3->parameters.verify = s3->target.verify;
    s3->bench.report.s3 = &s3->parameters;
    bench_fill_report(&s3->bench, &s3->values->connection.engine);
}

static int run_bench(struct bench_s3 *s3) {
    const struct values *values = s3->values;
    struct connection_settings settings;
    bool json = values->json && strcmp(values->json, "-") == 0;
    int code = connection_settings_fill(&values->connection, &settings);
    if (!code) code = bench_raise_files(s3->pool, json);
    if (!code && !values->connection.endpoint) code = start_server(s3, json, &settings.client);
    if (code) return code;
    settings.client.http.pool.connections_max = s3->pool;
    if (values->checksum == CHECKSUM_NONE)
        settings.client.request_checksums = HR_S3_CHECKSUM_WHEN_REQUIRED;
    code = session_open_engine(&s3->bench.session, &values->connection.engine,
                               (unsigned)values->reactors, json);
    if (!code) code = session_open_client(&s3->bench.session, &settings.client);
    if (code) return code;
    s3->bench.session.timeout_ms = (uint32_t)values->connection.timeout_ms;
    s3->bench.options.engine = s3->bench.session.on.engine;
    s3->target.client = s3->bench.session.client;
    fill_report(s3, settings.client.endpoint);
    code = run_in_session(s3);
    session_close(&s3->bench.session);
    return code;
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    int code = check_values(values);
    if (code) return code;
    struct bench_s3 *s3 = calloc(1, sizeof *s3);
    if (!s3 || fill_bench(s3, values) != 0) {
        output_failed(values->json && strcmp(values->json, "-") == 0, -ENOMEM, "out of memory");
        free(s3);
        return EXIT_FAILED;
    }
    code = run_bench(s3);
    int server_code = perf_child_stop(&s3->child);
    if (server_code) {
        output_complain("the embedded server had ended before, with exit code %d", server_code);
        if (code == EXIT_DONE) code = EXIT_FAILED;
    }
    perf_workload_close(&s3->bench.workload);
    free(s3);
    return code;
}

const struct command command_bench_s3 = {
    .path = "bench s3",
    .arguments = "",
    .summary = "Put load on an S3 store and report throughput, latency, CPU and memory",
    .details = "Without --endpoint it starts 'serve s3' as a child. CPU and memory are those of "
               "this process alone, the server's are not in them. With fewer than two operations "
               "per slot the first uploads wait for each other, so that all connections are in use "
               "at once. Objects are kept unless --cleanup is given. Exit code 1 when an operation "
               "failed.",
    .examples = "headrace bench s3 --operations 10000 --size 64KiB --concurrency 32\n"
                "headrace bench s3 --endpoint http://127.0.0.1:9000 --mix put=1,get=3 --json -\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0},
               {"Store", store_table_bench, 0},
               {"Connection", connection_table, 0},
               {"Network", client_table, offsetof(struct connection_options, client)},
               {"TLS", tls_table, offsetof(struct connection_options, tls)},
               {"Engine", engine_table_bench, offsetof(struct connection_options, engine)}},
    .run = run,
};
