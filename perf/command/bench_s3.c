/* headrace bench s3: load on a store, measured. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <headrace/clock.h>
#include <headrace/text.h>

#include "child.h"
#include "commands.h"
#include "report.h"
#include "resources.h"
#include "session.h"

#define TICK_MS           200
#define SETUP_CONCURRENCY 64 /* less than most runs: the peak of connections is the run's */
#define FILES_SPARE       64 /* rings, events, files of the process itself */
#define STORE_SPARE       (64ull << 20)
#define STORE_OVERHEAD    4096 /* of one object, estimated */
#define TOGETHER_FACTOR   2 /* fewer operations a slot, and the first would end before all begin */
#define RATE_MAX          10000000.0

struct values {
    struct connection_options connection;
    uint64_t concurrency, operations, duration_ms, size_bytes, objects, pool, reactors, seed;
    const char *rate, *mix, *bucket, *prefix, *json;
    int payload;
    bool verify, no_setup, cleanup;
};

static int read_rate(const char *text, double *rate) {
    char *end;
    errno = 0;
    *rate = strtod(text, &end);
    return *text >= '0' && *text <= '9' && !*end && !errno && *rate > 0 && *rate <= RATE_MAX ? 0
                                                                                             : -1;
}

static int check_rate(const char *text, char *why, size_t why_size) {
    double rate;
    if (read_rate(text, &rate) == 0) return 0;
    snprintf(why, why_size, "'%s' is not a number of operations a second, at most 10000000", text);
    return -1;
}

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
    {"rate", "N", OPTION_STRING, VALUE(rate), .check = check_rate,
     .help = "Open loop: start so many operations a second, whatever the answers do; latency "
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
    {"json", "FILE", OPTION_STRING, VALUE(json),
     .help = "Write the report as one JSON object to FILE; - is standard output, without the "
             "report in text"},
    {.name = NULL}};

struct bench {
    const struct values *values;
    struct session session;
    struct perf_child child;
    struct perf_workload workload;
    struct perf_loop_options options;
    struct perf_loop_report run;
    struct perf_s3_report report;
    bool made_bucket;
    unsigned pool;
};

static void show_live(perf_loop *loop, struct output_progress *progress, const char *what,
                      uint64_t *last_ns, uint64_t *last_count) {
    struct perf_live live = perf_loop_live(loop);
    uint64_t count = live.succeeded + live.failed + live.cancelled, now = hr_clock_monotonic_ns();
    if (now - *last_ns < TICK_MS * 1000000ull) return;
    char text[160];
    snprintf(text, sizeof text, "%s: %llu operations, %.0f/s, %llu failed", what,
             (unsigned long long)count,
             (double)(count - *last_count) * 1e9 / (double)(now - *last_ns),
             (unsigned long long)live.failed);
    output_progress_text(progress, text);
    *last_ns = now;
    *last_count = count;
}

/* Runs one loop to its end; a signal ends it early. 0 or a negative code. */
static int run_loop(struct bench *bench, const struct perf_loop_options *options, const char *what,
                    struct perf_loop_report *report) {
    perf_loop *loop = NULL;
    int err = perf_loop_new(options, &loop);
    if (!err) err = perf_loop_start(loop);
    if (err) {
        output_failed(bench->session.json, err, "%s: cannot start: %s", what, hr_error_text(err));
        perf_loop_free(loop);
        return err;
    }
    struct output_progress progress = {0};
    struct pollfd ready[2] = {{.fd = perf_loop_fd(loop), .events = POLLIN},
                              {.fd = bench->session.signal_fd, .events = POLLIN}};
    uint64_t last_ns = hr_clock_monotonic_ns(), last_count = 0;
    struct signalfd_siginfo info;
    while (!perf_loop_service(loop)) {
        poll(ready, 2, TICK_MS);
        if (ready[1].revents &&
            read(bench->session.signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
            bench->session.signal = (int)info.ssi_signo;
            perf_loop_stop(loop);
        }
        show_live(loop, &progress, what, &last_ns, &last_count);
    }
    output_progress_end(&progress);
    perf_loop_report(loop, report);
    perf_loop_free(loop);
    return 0;
}

/* Waits for one request of the set-up. */
static int ask(struct bench *bench, struct hr_request *request, int started,
               struct hr_error *error) {
    return session_wait(&bench->session, request, started, NULL, NULL, error);
}

static int ensure_bucket(struct bench *bench) {
    struct hr_s3_bucket_head head = {.bucket = bench->workload.bucket};
    struct hr_error error = {0};
    session_prepare(&bench->session, &head.request);
    int result =
        ask(bench, &head.request, hr_s3_bucket_head_start(bench->session.client, &head), &error);
    if (result && error.http_status == 404) {
        struct hr_s3_bucket_create create = {.bucket = bench->workload.bucket};
        session_prepare(&bench->session, &create.request);
        result = ask(bench, &create.request,
                     hr_s3_bucket_create_start(bench->session.client, &create), &error);
        bench->made_bucket = result == 0;
    }
    return session_end(&bench->session, result, &error, "bucket %s", bench->workload.bucket);
}

/* A loop over all objects once; the exit code. */
static int sweep(struct bench *bench, perf_choose_fn *choose, uint32_t objects, const char *what) {
    struct perf_loop_options options = bench->options;
    options.choose = choose;
    options.operations = objects;
    options.duration_ns = 0;
    options.rate = 0;
    options.together = false;
    if (options.concurrency > SETUP_CONCURRENCY) options.concurrency = SETUP_CONCURRENCY;
    int err = run_loop(bench, &options, what, &bench->run);
    if (err) return EXIT_FAILED;
    struct perf_totals totals = perf_result_totals(&bench->run.result);
    if (bench->session.signal) {
        output_failed(bench->session.json, -ECANCELED, "%s: stopped by %s", what,
                      output_signal_name(bench->session.signal));
        return 128 + bench->session.signal;
    }
    if (totals.failed == 0) return EXIT_DONE;
    const struct perf_error_count *first = &bench->run.result.errors[0];
    struct hr_error error;
    hr_error_set(&error, first->code, "%llu of %u operations failed, e.g. %s",
                 (unsigned long long)totals.failed, objects, first->example);
    if (first->code == HR_ERR_S3_SERVICE)
        snprintf(error.s3_code, sizeof error.s3_code, "%s", first->name);
    return output_error(&error, bench->session.json, "%s", what);
}

static int set_up(struct bench *bench) {
    const unsigned *weight = bench->workload.mix.weight;
    if (bench->values->no_setup) return EXIT_DONE;
    int code = ensure_bucket(bench);
    if (code ||
        !(weight[PERF_GET] || weight[PERF_HEAD] || weight[PERF_LIST] || weight[PERF_DELETE]))
        return code;
    uint32_t objects = perf_workload_population(&bench->workload);
    code = sweep(bench, perf_choose_fill, objects, "writing the objects");
    bench->report.populated = objects;
    return code;
}

static int clean_up(struct bench *bench) {
    if (!bench->values->cleanup || bench->session.signal) return EXIT_DONE;
    int code =
        sweep(bench, perf_choose_remove, perf_workload_population(&bench->workload), "cleaning up");
    if (code || !bench->made_bucket) return code;
    struct hr_s3_bucket_delete remove = {.bucket = bench->workload.bucket};
    struct hr_error error = {0};
    session_prepare(&bench->session, &remove.request);
    int result = ask(bench, &remove.request,
                     hr_s3_bucket_delete_start(bench->session.client, &remove), &error);
    return session_end(&bench->session, result, &error, "removing bucket %s",
                       bench->workload.bucket);
}

/* The measured part. */
static int measure(struct bench *bench) {
    struct perf_s3_report *report = &bench->report;
    report->started_at_s = hr_clock_wall_ns() / 1000000000u;
    report->rss_peak_of_run = perf_rss_peak_reset();
    uint64_t cpu_ns = perf_cpu_ns();
    int err = run_loop(bench, &bench->options, "running", &bench->run);
    if (err) return EXIT_FAILED;
    report->cpu_ns = perf_cpu_ns() - cpu_ns;
    report->rss_peak_bytes = perf_rss_peak_bytes();
    struct hr_http_client_metrics metrics;
    hr_s3_client_metrics_get(bench->session.client, &metrics);
    report->connections_peak = metrics.connections_peak;
    report->loop = &bench->run;
    report->stopped_by = bench->session.signal ? output_signal_name(bench->session.signal) : NULL;
    return EXIT_DONE;
}

static int write_json(const struct perf_s3_report *report, FILE *file) {
    struct hr_json_writer json;
    char window[OUTPUT_WINDOW];
    output_json_init(&json, window, file);
    perf_report_json(&json, report);
    return output_json_finish(&json, file);
}

static int publish(const struct bench *bench) {
    const char *path = bench->values->json;
    if (path && strcmp(path, "-") == 0) {
        write_json(&bench->report, stdout); /* output_finish sees what fails */
        return EXIT_DONE;
    }
    perf_report_text(stdout, &bench->report);
    if (!path) return EXIT_DONE;
    FILE *file = fopen(path, "we");
    int err = file ? write_json(&bench->report, file) : -errno;
    if (file && fclose(file) != 0 && !err) err = -errno;
    if (!err) return EXIT_DONE;
    output_complain("cannot write %s: %s", path, hr_error_text(err));
    return EXIT_FAILED;
}

static int run_in_session(struct bench *bench) {
    int code = set_up(bench);
    if (!code) code = measure(bench);
    if (code) return code;
    code = publish(bench);
    bench->session.json = false; /* the one object is out */
    struct perf_totals totals = perf_result_totals(&bench->run.result);
    if (!code && totals.failed) code = EXIT_FAILED;
    int cleaned = clean_up(bench);
    if (bench->session.signal) return 128 + bench->session.signal;
    return code ? code : cleaned;
}

/* The server as a child, where no endpoint is given. */
static int start_server(struct bench *bench, bool json, struct hr_s3_client_options *client) {
    const struct values *values = bench->values;
    uint64_t objects = perf_workload_population(&bench->workload) + values->concurrency;
    uint64_t bytes = objects * (values->size_bytes + STORE_OVERHEAD) + STORE_SPARE;
    int exit_code;
    int err = perf_child_start(&bench->child, bytes, (unsigned)values->reactors, &exit_code);
    if (err) {
        const char *refusal = bench->child.refusal;
        output_failed(json && !*refusal, err, "the embedded server did not start: %s",
                      exit_code ? "it says why above" : hr_error_text(err));
        if (json) fputs(refusal, stdout);
        return exit_code == EXIT_ENVIRONMENT ? EXIT_ENVIRONMENT : EXIT_FAILED;
    }
    client->endpoint = bench->child.endpoint;
    client->access_key = bench->child.access_key;
    client->secret_key = bench->child.secret_key;
    return EXIT_DONE;
}

static int raise_files(unsigned pool, bool json) {
    uint64_t needed = (uint64_t)pool + FILES_SPARE, hard = 0;
    int err = perf_files_raise(needed, &hard);
    if (!err) return EXIT_DONE;
    output_failed(json, err,
                  "%u connection%s need %llu open files; the hard limit is %llu: raise it to at "
                  "least %llu (ulimit -Hn, LimitNOFILE=, --ulimit nofile=)",
                  pool, pool == 1 ? "" : "s", (unsigned long long)needed, (unsigned long long)hard,
                  (unsigned long long)needed);
    return EXIT_ENVIRONMENT;
}

/* What fits together and what does not, beyond single options. */
static int check_values(const struct values *values) {
    const struct connection_options *connection = &values->connection;
    if (!connection->endpoint && (connection->access_key || connection->resolve.count)) {
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

static int fill_bench(struct bench *bench, const struct values *values) {
    char why[OPTION_WHY_SIZE];
    bench->values = values;
    bench->pool = (unsigned)(values->pool ? values->pool : values->concurrency);
    bench->workload = (struct perf_workload){
        .bucket = values->bucket,
        .prefix = values->prefix,
        .objects = (uint32_t)values->objects,
        .size_bytes = values->size_bytes,
        .seed = values->seed,
    };
    perf_mix_parse(values->mix, &bench->workload.mix, why, sizeof why);
    struct perf_loop_options *options = &bench->options;
    *options = (struct perf_loop_options){
        .workload = &bench->workload,
        .choose = perf_choose_mix,
        .concurrency = (unsigned)values->concurrency,
        .operations = values->operations,
        .duration_ns = values->duration_ms * 1000000u,
        .timeout_ms = (uint32_t)values->connection.timeout_ms,
        .payload = values->payload ? HR_S3_PAYLOAD_UNSIGNED : HR_S3_PAYLOAD_SIGNED,
        .verify = values->verify,
    };
    if (values->rate) read_rate(values->rate, &options->rate);
    if (!options->operations && !options->duration_ns) options->operations = 10000;
    options->together = options->rate <= 0 && bench->pool >= options->concurrency &&
                        options->operations &&
                        options->operations / TOGETHER_FACTOR < options->concurrency;
    return perf_workload_open(&bench->workload);
}

static void fill_report(struct bench *bench, const char *endpoint) {
    bench->report.endpoint = endpoint;
    bench->report.embedded = bench->child.pid > 0;
    bench->report.workload = &bench->workload;
    bench->report.concurrency = bench->options.concurrency;
    bench->report.pool = bench->pool;
    bench->report.reactors = hr_engine_reactors(bench->session.engine);
    bench->report.rate = bench->options.rate;
    bench->report.payload_signed = bench->options.payload == HR_S3_PAYLOAD_SIGNED;
    bench->report.verify = bench->options.verify;
}

static int run_bench(struct bench *bench) {
    const struct values *values = bench->values;
    struct connection_settings settings;
    bool json = values->json && strcmp(values->json, "-") == 0;
    int code = connection_settings_fill(&values->connection, &settings);
    if (!code) code = raise_files(bench->pool, json);
    if (!code && !values->connection.endpoint) code = start_server(bench, json, &settings.client);
    if (code) return code;
    settings.client.connections_max = bench->pool;
    code = session_open_client(&bench->session, &settings.client, (unsigned)values->reactors, json);
    if (code) return code;
    bench->session.timeout_ms = (uint32_t)values->connection.timeout_ms;
    bench->options.engine = bench->session.engine;
    bench->options.client = bench->session.client;
    fill_report(bench, settings.client.endpoint);
    code = run_in_session(bench);
    session_close(&bench->session);
    return code;
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    int code = check_values(values);
    if (code) return code;
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench || fill_bench(bench, values) != 0) {
        output_failed(values->json && strcmp(values->json, "-") == 0, -ENOMEM, "out of memory");
        free(bench);
        return EXIT_FAILED;
    }
    code = run_bench(bench);
    int server_code = perf_child_stop(&bench->child);
    if (server_code) {
        output_complain("the embedded server had ended before, with exit code %d", server_code);
        if (code == EXIT_DONE) code = EXIT_FAILED;
    }
    perf_workload_close(&bench->workload);
    free(bench);
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
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0},
               {"Store", store_table_bench, 0},
               {"Connection", connection_table, 0}},
    .run = run,
};
