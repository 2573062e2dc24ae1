/* headrace bench service: a log, a store's client and a configuration, as a service has them. */
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <headrace/clock.h>

#include "bench.h"
#include "bench_folder.h"
#include "bench_store.h"
#include "commands.h"
#include "rounds_head.h"
#include "service_bench.h"

#define FOLDER_BYTES (64u << 20)
#define STORE_BYTES  (256ull << 20)
#define CONNECTIONS  64

/* In the order of PARTS. */
enum part {
    PART_ALL,
    PART_LOG,
    PART_KILL,
    PART_LEAK,
    PART_SECRETS,
    PART_TOGETHER,
    PART_SUSTAINED,
    PART_BUDGET,
    PART_TLS
};
#define PARTS "all|log|kill|leak|secrets|together|sustained|budget|tls"

struct values {
    struct connection_options connection;
    const char *bucket, *directory, *json;
    int part;
};

#define VALUE(field) offsetof(struct values, field)
static const struct option table[] = {
    {"part", "PART", OPTION_CHOICE, VALUE(part), .choices = PARTS, .standard = "all",
     .help = "What is measured: calls of the logger; a process killed while it logs; growth over "
             "calls, requests and threads; planted secrets in what is said; a log, a configuration "
             "and a store used at once; memory over 5000 uploads; a byte budget; a store over "
             "TLS"},
    {"bucket", "NAME", OPTION_STRING, VALUE(bucket), .standard = "headrace-bench",
     .help = "Made when it is missing"},
    {"directory", "DIR", OPTION_STRING, VALUE(directory), .environment = "TMPDIR",
     .standard = "/tmp", .help = "Where files are made, and deleted again"},
    {"json", "FILE", OPTION_STRING, VALUE(json), .of_call = true,
     .help = "Write the report as one JSON object to FILE; - is standard output, without the "
             "report in text"},
    {.name = NULL}};

struct report {
    struct perf_service_figures figures;
    uint64_t started_at_ms;
    const char *endpoint;
};

/* ---- The folder, which goes again when a signal ends the run. */

static char folder[PATH_MAX];

static void tidy_up(void) {
    static const char *const files[] = {"log",        "killed",  "service.yaml",
                                        "rings/lock", "tls.pem", "tls.key"};
    char path[PATH_MAX + 16];
    if (!folder[0]) return;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/rings", folder);
    rmdir(path);
    rmdir(folder);
}

/* ---- The run. */

static perf_service_part *const parts[] = {
    [PART_LOG] = perf_service_log,           [PART_KILL] = perf_service_kill,
    [PART_LEAK] = perf_service_leak,         [PART_SECRETS] = perf_service_secrets,
    [PART_TOGETHER] = perf_service_together, [PART_SUSTAINED] = perf_service_sustained,
    [PART_BUDGET] = perf_service_budget,     [PART_TLS] = perf_service_tls,
};
#define PARTS_END (sizeof parts / sizeof *parts)

static bool uses_store(int part) {
    return part == PART_ALL || part == PART_LEAK || part == PART_TOGETHER ||
           part == PART_SUSTAINED || part == PART_BUDGET;
}

static int measure(const struct perf_service_place *place, int part, bool json,
                   struct report *report) {
    struct hr_error error = {0};
    for (size_t i = PART_LOG; i < PARTS_END; i++) {
        if (part != PART_ALL && (size_t)part != i) continue;
        int err = parts[i](place, &report->figures, &error);
        if (err) return output_error(&error, json, "measuring");
    }
    return EXIT_DONE;
}

static int measure_in_folder(const struct values *values, const struct hr_s3_client_options *store,
                             bool json, struct report *report) {
    const struct hr_engine_options engine = {
        .backend = (enum hr_engine_backend)values->connection.engine.backend,
        .spin_us = (unsigned)values->connection.engine.spin_us,
        .reactors = 1};
    const struct perf_service_place place = {
        .folder = folder, .bucket = values->bucket, .store = store, .engine = &engine};
    struct hr_error error = {0};
    int err = uses_store(values->part) ? perf_service_bucket(&place, &error) : 0;
    if (err) return output_error(&error, json, "bucket %s", values->bucket);
    return measure(&place, values->part, json, report);
}

static void put_json(struct hr_json_writer *json, const void *user) {
    const struct report *report = user;
    json->pretty = true;
    hr_json_object(json);
    perf_rounds_head(json, "service", report->started_at_ms);
    hr_json_key(json, "endpoint");
    if (report->endpoint)
        hr_json_text(json, report->endpoint);
    else
        hr_json_null(json);
    perf_service_figures_json(json, &report->figures);
    hr_json_end(json);
}

static void print_text(FILE *out, const void *user) {
    const struct report *report = user;
    perf_service_figures_text(out, &report->figures);
}

static int run_with_store(const struct values *values, struct connection_settings *settings,
                          bool json) {
    static struct report report;
    const struct bench_document document = {&report, print_text, put_json};
    const struct bench_folder options = {.directory = values->directory,
                                         .name = "headrace-bench-service",
                                         .needed_bytes = FOLDER_BYTES};
    struct session none = {.signal_fd = -1, .done_fd = -1, .json = json};
    bench_folder_guard(tidy_up);
    int code = bench_folder_make(&options, json, folder);
    if (code) return code;
    report = (struct report){.started_at_ms = hr_clock_wall_ns() / 1000000u};
    if (uses_store(values->part)) report.endpoint = settings->client.endpoint;
    code = measure_in_folder(values, &settings->client, json, &report);
    tidy_up();
    return code ? code : bench_publish_document(&document, &none, values->json);
}

static int run(const struct command_call *call) {
    const struct values *values = call->values;
    struct connection_settings settings;
    struct perf_child child = {.pid = 0};
    bool json = values->json && strcmp(values->json, "-") == 0;
    int code = bench_store_check("bench service", &values->connection);
    if (!code) code = connection_settings_fill(&values->connection, &settings);
    if (!code) code = bench_raise_files(CONNECTIONS, json);
    if (!code && !values->connection.endpoint && uses_store(values->part))
        code = bench_store_start(&child, STORE_BYTES, 1, json, &settings.client);
    settings.client.http.pool.connections_max = CONNECTIONS;
    if (!code) code = run_with_store(values, &settings, json);
    return bench_store_stop(&child, code);
}

const struct command command_bench_service = {
    .path = "bench service",
    .arguments = "",
    .summary = "Measure a log, a store's client and a configuration as a service uses them",
    .details =
        "The figures that services of this kind promise: what a call of the logger costs, four "
        "threads of it, 10000 records into a file; how many records of a process that is killed "
        "are in its file after a recovery; whether memory, descriptors, threads or mappings grow "
        "over 10000 calls, 5000 uploads and ten threads that do both, with the slope and where "
        "it lies with 95 % confidence; whether planted secrets are in the log or in errors; how "
        "long set-up and 50 operations take together; resident memory after every 1000 of 5000 "
        "uploads; whether a byte budget holds under a load beyond it; a load over TLS, and "
        "whether clients are refused that do not trust the certificate or expect another name. "
        "Without "
        "--endpoint it starts 'serve s3' as a child where a store is needed. No figure is held "
        "against a limit here: 'headrace suite' does that.",
    .examples = "headrace bench service # all of it, as a table\n"
                "headrace bench service --part log --json -\n"
                "headrace bench service --part leak --endpoint http://127.0.0.1:9000\n",
    .values_size = sizeof(struct values),
    .groups = {{"Options", table, 0},
               {"Store", store_table_bench, 0},
               {"Connection", connection_table, 0},
               {"Network", client_table, offsetof(struct connection_options, client)},
               {"TLS", tls_table, offsetof(struct connection_options, tls)},
               {"Engine", engine_table_bench, offsetof(struct connection_options, engine)}},
    .run = run,
};
