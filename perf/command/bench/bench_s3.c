/* headrace bench s3: load on a store, measured. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <headrace/text.h>

#include "bench_faults.h"
#include "bench_load.h"
#include "bench_require.h"
#include "bench_s3_beside.h"
#include "bench_s3_values.h"
#include "bench_shard.h"
#include "bench_soak.h"
#include "bench_store.h"
#include "bench_strict.h"
#include "bench_trace.h"
#include "bench_values.h"
#include "bench_with.h"
#include "commands.h"
#include "protocols.h"

#define SETUP_CONCURRENCY 64 /* less than most runs: the peak of connections is the run's */
#define STORE_SPARE       (64ull << 20)
#define STORE_OVERHEAD    4096 /* of one object, estimated */
#define ATTEMPTS_STANDARD 4    /* of the library, where none are given */

struct bench_s3 {
    struct bench bench;
    struct bench_trace trace;
    struct bench_faults faults;
    struct bench_with with;
    struct perf_report_strict strict;
    const struct bench_s3_values *values;
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
        if (strcmp(error.service_code, "BucketAlreadyOwnedByYou") == 0)
            result = 0; /* another shard's */
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
    options.think_ns = 0;
    options.traced = false;
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
    if (code || !(weight[PERF_GET] || weight[PERF_HEAD] || weight[PERF_LIST] ||
                  weight[PERF_DELETE] || weight[PERF_DOWNLOAD]))
        return code;
    uint32_t objects = perf_workload_population(&s3->bench.workload);
    perf_choose_fn *choose = s3->values->trace ? perf_choose_trace_fill : perf_choose_fill;
    code = sweep(s3, choose, objects, "writing the objects");
    s3->parameters.populated = objects;
    return code;
}

static int clean_up(struct bench_s3 *s3) {
    if (!s3->values->cleanup || s3->bench.session.signal) return EXIT_DONE;
    int code =
        sweep(s3, perf_choose_remove, perf_workload_population(&s3->bench.workload), "cleaning up");
    if (code || !s3->made_bucket || bench_shard_has_others(&s3->bench)) return code;
    struct hr_s3_bucket_delete remove = {.bucket = s3->bench.workload.bucket};
    struct hr_error error = {0};
    session_prepare(&s3->bench.session, &remove.request);
    int result = ask(s3, &remove.request,
                     hr_s3_bucket_delete_start(s3->bench.session.client, &remove), &error);
    return session_end(&s3->bench.session, result, &error, "removing bucket %s",
                       s3->bench.workload.bucket);
}

/* With the peers; clean-up is the caller's. */
static int run_beside(struct bench_s3 *s3, const struct hr_s3_client_options *client) {
    const struct connection_options *connection = &s3->values->connection;
    const struct bench_s3_beside task = {
        .values = &s3->values->beside,
        .bench = &s3->bench,
        .parameters = &s3->parameters,
        .client = client,
        .ca_file = connection->tls.ca_file,
        .timeout_ms = connection->timeout_ms,
        .json = s3->values->json,
    };
    return bench_s3_beside(&task);
}

/* The client of faults ends, and its proxy: what they have counted is whole. */
static void end_faults(struct bench_s3 *s3) {
    if (s3->target.client == s3->bench.session.client) return;
    hr_s3_client_close(s3->target.client, session_client_closed, &s3->bench.session);
    session_wait_closed(&s3->bench.session);
    s3->target.client = s3->bench.session.client;
    bench_faults_close(&s3->faults, &s3->bench.session);
}

/* The bench is its first member. */
static void count(struct bench *bench, struct hr_http_client_metrics *metrics) {
    const struct bench_s3 *s3 = (const struct bench_s3 *)bench;
    hr_s3_client_metrics_get(s3->target.client, metrics);
}

/* Whether the report is out; a checkpoint is kept where it is not. */
static bool is_out(int published) {
    return published == EXIT_DONE && fflush(stdout) == 0 && !ferror(stdout);
}

static int run_alone(struct bench_s3 *s3) {
    int code = s3->values->strict.asked
                   ? bench_strict_measure(&s3->strict, &s3->bench)
                   : bench_with_measure(&s3->with, &s3->values->with, &s3->bench);
    end_faults(s3);
    if (code) return code;
    code = bench_publish(&s3->bench, s3->values->json);
    bool told = is_out(code);
    s3->bench.session.json = false; /* the one object is out */
    if (!code) code = bench_strict_verdict(&s3->strict, bench_verdict(&s3->bench));
    bench_soak_close(&s3->bench, told);
    return code;
}

/* The load goes through a proxy, by a client of its own. */
static int run_with_faults(struct bench_s3 *s3, const struct hr_s3_client_options *client) {
    struct session *session = &s3->bench.session;
    struct hr_s3_client_options options = *client;
    struct hr_error error = {0};
    /* Connections that end are still there when new ones come. */
    int code = bench_faults_open(&s3->faults, client->endpoint, 2 * s3->pool + SETUP_CONCURRENCY,
                                 &s3->values->connection.engine, session->json);
    if (code) return code;
    options.endpoint = s3->faults.endpoint;
    options.addressing = HR_S3_ADDRESSING_PATH;
    options.http.proxy.from_environment = false;
    int err = hr_s3_client_new(session->on.engine, &options, &error, &s3->target.client);
    code = err ? output_error(&error, session->json, "cannot make a client") : run_alone(s3);
    bench_faults_close(&s3->faults, session);
    return code;
}

static int run_chosen(struct bench_s3 *s3, const struct hr_s3_client_options *client) {
    if (s3->values->beside.names) return run_beside(s3, client);
    return s3->values->faults.count ? run_with_faults(s3, client) : run_alone(s3);
}

static int run_in_session(struct bench_s3 *s3, const struct hr_s3_client_options *client) {
    bench_with_open(&s3->with, &s3->values->with, &s3->bench);
    int code = bench_soak_open(&s3->values->soak, &s3->bench);
    if (!code) code = bench_require_open(&s3->bench, &s3->values->require);
    if (!code) code = set_up(s3);
    if (!code) code = bench_shard_clock(&s3->bench);
    if (code) return code;
    code = run_chosen(s3, client);
    int cleaned = clean_up(s3);
    if (s3->bench.session.signal) return 128 + s3->bench.session.signal;
    return code ? code : cleaned;
}

/* The server as a child, where no endpoint is given. */
static int start_server(struct bench_s3 *s3, bool json, struct hr_s3_client_options *client) {
    const struct bench_s3_values *values = s3->values;
    uint64_t objects = perf_workload_population(&s3->bench.workload) + values->concurrency;
    uint64_t bytes = objects * STORE_OVERHEAD + STORE_SPARE +
                     values->concurrency * s3->bench.workload.size_bytes +
                     perf_workload_bytes(&s3->bench.workload);
    return bench_store_start(&s3->child, bytes, (unsigned)values->reactors, json, client);
}

static void fill_bench(struct bench_s3 *s3, const struct bench_s3_values *values) {
    char why[OPTION_WHY_SIZE];
    s3->values = values;
    s3->pool = bench_s3_pool(values);
    s3->bench.workload = (struct perf_workload){
        .bucket = values->bucket,
        .prefix = values->prefix,
        .objects = (uint32_t)values->objects,
        .seed = values->seed,
    };
    perf_mix_parse(values->mix, &s3->bench.workload.mix, why, sizeof why);
    bench_read_sizes(values->size, &s3->bench.workload, why, sizeof why);
    bench_read_key_choice(values->key_choice, &s3->bench.workload);
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
        .transfer = {.part_size = values->parts.size,
                     .parallel = (uint32_t)values->parts.concurrency},
    };
    if (values->checksum > CHECKSUM_NONE)
        s3->target.checksum = (enum hr_s3_checksum_algorithm)(values->checksum - CHECKSUM_NONE);
}

/* A download that is compared is held whole. */
static int check_memory(const struct bench_s3 *s3) {
    const struct perf_workload *workload = &s3->bench.workload;
    uint64_t size = workload->size_bytes, limit = BENCH_VERIFY_MEMORY_MAX;
    if (!s3->target.verify || !workload->mix.weight[PERF_DOWNLOAD] ||
        size <= limit / s3->bench.options.concurrency)
        return EXIT_DONE;
    output_complain("bench s3: --verify holds each download in memory, %llu bytes of %u at once "
                    "and at most %llu in all: a smaller --concurrency or --size is wanted",
                    (unsigned long long)size, s3->bench.options.concurrency,
                    (unsigned long long)limit);
    return EXIT_USAGE;
}

/* Fills in the load, a trace too; the exit code. */
static int fill_load(struct bench_s3 *s3, const struct bench_s3_values *values) {
    int code =
        bench_load_fill(&values->load, values->operations || values->duration_ms, &s3->bench);
    if (!code && values->trace) code = bench_trace_open(&s3->trace, values->trace, &s3->bench);
    if (!code)
        code = bench_soak_check(&values->soak, &s3->bench, bench_s3_loses_by_restart(values));
    if (!code) code = check_memory(s3);
    if (code) return code;
    s3->bench.report.trace = values->trace;
    s3->bench.options.together = !perf_mix_has_transfers(&s3->bench.workload.mix) &&
                                 bench_load_is_together(&s3->bench.options, s3->pool);
    if (values->strict.asked) s3->parameters.strict = &s3->strict;
    if (perf_workload_open(&s3->bench.workload) == 0)
        return bench_strict_check(&values->strict, bench_s3_not_strict(values), &s3->bench,
                                  &s3->strict);
    return output_failed(s3->bench.session.json, -ENOMEM, "out of memory");
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
    s3->parameters.attempts_max =
        (unsigned)(s3->values->connection.attempts ? s3->values->connection.attempts
                                                   : ATTEMPTS_STANDARD);
    s3->parameters.part_size = s3->values->parts.size;
    s3->parameters.part_concurrency = bench_s3_parts_at_once(s3->values);
    s3->bench.report.s3 = &s3->parameters;
    bench_fill_report(&s3->bench, &s3->values->connection.engine);
}

static int run_bench(struct bench_s3 *s3) {
    const struct bench_s3_values *values = s3->values;
    struct connection_settings settings;
    bool json = values->json && strcmp(values->json, "-") == 0;
    int code = connection_settings_fill(&values->connection, &settings);
    unsigned files = s3->pool;
    if (values->faults.count) files = files * BENCH_FAULTS_DESCRIPTORS + SETUP_CONCURRENCY;
    if (!code) code = bench_raise_files(files, json);
    if (!code && !values->connection.endpoint) code = start_server(s3, json, &settings.client);
    if (code) return code;
    settings.client.http.pool.connections_max = s3->pool;
    settings.client.pace = (enum hr_s3_pace)values->pace;
    if (values->checksum == CHECKSUM_NONE)
        settings.client.request_checksums = HR_S3_CHECKSUM_WHEN_REQUIRED;
    code = session_open_engine(&s3->bench.session, &values->connection.engine,
                               (unsigned)values->reactors, json);
    if (!code) code = session_open_client(&s3->bench.session, &settings.client);
    if (code) return code;
    s3->bench.session.timeout_ms = (uint32_t)values->connection.timeout_ms;
    s3->bench.options.engine = s3->bench.session.on.engine;
    if (values->faults.count) s3->bench.report.faults = &s3->faults.report;
    s3->target.client = s3->bench.session.client;
    fill_report(s3, settings.client.endpoint);
    code = run_in_session(s3, &settings.client);
    bench_soak_close(&s3->bench, false);
    session_close(&s3->bench.session);
    return code;
}

static int run(const struct command_call *call) {
    const struct bench_s3_values *values = call->values;
    int code = bench_s3_check_values(values);
    if (code) return code;
    struct bench_s3 *s3 = calloc(1, sizeof *s3);
    bool json = values->json && strcmp(values->json, "-") == 0;
    if (!s3) return output_failed(json, -ENOMEM, "out of memory");
    fill_bench(s3, values);
    s3->bench.name = "bench s3";
    s3->bench.count = count;
    s3->bench.session.json = json;
    code = bench_shard_open(&values->shard, &s3->bench);
    if (!code) code = fill_load(s3, values);
    if (!code)
        code =
            bench_faults_read(&s3->faults, &values->faults, values->seed, s3->bench.session.json);
    if (!code) code = run_bench(s3);
    code = bench_store_stop(&s3->child, code);
    perf_workload_close(&s3->bench.workload);
    bench_trace_close(&s3->trace);
    bench_shard_close(&s3->bench);
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
    .examples =
        "headrace bench s3 --operations 10000 --size 64KiB --concurrency 32\n"
        "headrace bench s3 --endpoint http://127.0.0.1:9000 --mix put=1,get=3 --json -\n"
        "headrace bench s3 --mix upload=1,download=1 --size 64MiB:3,1GiB:1 --objects 8\n"
        "headrace bench s3 --size 4KiB:80,1MiB:15,64MiB:5 --require 'latency_ms.p99<500'\n"
        "headrace bench s3 --duration 10s --with-log 10000 --with-http http://127.0.0.1/,500\n"
        "headrace bench s3 --mix get=1 --rate 100..5000 --step x1.5 --p99 10ms\n",
    .values_size = sizeof(struct bench_s3_values),
    .groups = {{"Options", bench_s3_table, 0},
               {"Load", load_table, offsetof(struct bench_s3_values, load)},
               {"Long runs", soak_table, offsetof(struct bench_s3_values, soak)},
               {"Shared loads", shard_table, offsetof(struct bench_s3_values, shard)},
               {"Peers", beside_table, offsetof(struct bench_s3_values, beside)},
               {"Beside it", with_table, offsetof(struct bench_s3_values, with)},
               {"Storage", strict_table, offsetof(struct bench_s3_values, strict)},
               {"Store", store_table_bench, 0},
               {"Connection", connection_table, 0},
               {"Network", client_table, offsetof(struct connection_options, client)},
               {"TLS", tls_table, offsetof(struct connection_options, tls)},
               {"Engine", engine_table_bench, offsetof(struct connection_options, engine)}},
    .run = run,
};
