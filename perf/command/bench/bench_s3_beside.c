/* The workload of bench s3 in the words of docs/peers.md. */
#include "bench_s3_beside.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "beside_result.h"
#include "json_put.h"

static void put_mix(struct hr_json_writer *json, const struct perf_mix *mix) {
    json_put_object(json, "mix");
    for (size_t i = 0; i < PERF_KINDS; i++)
        if (mix->weight[i]) json_put_u64(json, perf_kind_names[i], mix->weight[i]);
    hr_json_end(json);
}

static void put_work(struct hr_json_writer *json, const struct bench_s3_beside *task) {
    const struct perf_workload *workload = &task->bench->workload;
    json_put_text(json, "endpoint", task->client->endpoint);
    json_put_text(json, "region", task->client->region ? task->client->region : "us-east-1");
    json_put_text(json, "bucket", workload->bucket);
    json_put_text(json, "prefix", workload->prefix);
    json_put_u64(json, "objects", workload->objects);
    json_put_u64(json, "size_bytes", workload->size_bytes);
    json_put_u64(json, "seed", workload->seed);
    put_mix(json, &workload->mix);
    json_put_u64(json, "concurrency", task->bench->options.concurrency);
    json_put_u64(json, "pool", task->parameters->pool);
    beside_put_end(json, &task->bench->options);
    json_put_text(json, "payload", task->parameters->payload_signed ? "signed" : "unsigned");
    json_put_text(json, "checksum", task->parameters->checksum);
    json_put_u64(json, "attempts", task->parameters->attempts_max);
    json_put_double(json, "timeout_s", (double)task->timeout_ms / 1000, 3);
}

static void put_workload(struct hr_json_writer *json, void *user) {
    const struct bench_s3_beside *task = user;
    put_work(json, task);
    json_put_text(json, "access_key", task->client->access_key);
    json_put_text(json, "secret_key", task->client->secret_key);
    json_put_text(json, "ca_file", task->ca_file);
}

static void put_parameters(struct hr_json_writer *json, void *user) {
    const struct bench_s3_beside *task = user;
    json_put_object(json, "workload");
    put_work(json, task);
    hr_json_end(json);
    json_put_text(json, "server", task->parameters->embedded ? "embedded" : "external");
}

/* The embedded server's own keys, for the run of this program. */
static void lend_keys(const struct hr_s3_client_options *client) {
    setenv("AWS_ACCESS_KEY_ID", client->access_key, 1);
    setenv("AWS_SECRET_ACCESS_KEY", client->secret_key, 1);
    unsetenv("AWS_SESSION_TOKEN");
}

/* Of bodies that are sent; "auto" is what the client chooses: docs/checksums.md. */
static const char *checksum_of(const struct bench_s3_beside *task) {
    const char *asked = task->parameters->checksum;
    const char *calculation = getenv("AWS_REQUEST_CHECKSUM_CALCULATION");
    if (strcmp(asked, "auto") != 0) return asked;
    if (calculation && strcasecmp(calculation, "when_required") == 0) return "none";
    return strstr(task->client->endpoint, ".amazonaws.com") ? "crc64nvme" : "crc32";
}

static void fill_work(const struct bench_s3_beside *task, struct perf_beside_settings *work) {
    perf_beside_setting_add(work, "payload",
                            task->parameters->payload_signed ? "signed" : "unsigned");
    perf_beside_setting_add(work, "checksum", "%s", checksum_of(task));
    perf_beside_setting_add(work, "retries", "standard, %u attempts",
                            task->parameters->attempts_max);
    perf_beside_setting_add(work, "pool", "%u", task->parameters->pool);
}

/* The embedded server leaves the first cores to the client, where there are more; the programs
 * beside are not bound to those. */
static unsigned shared_cores_of(const struct bench_s3_beside *task) {
    unsigned cores = beside_shared_cores(task->client->endpoint);
    unsigned left = task->bench->report.reactors;
    return task->parameters->embedded && cores > left ? cores - left : cores;
}

int bench_s3_beside(const struct bench_s3_beside *task) {
    char settings[PERF_BESIDE_TEXT_MAX];
    /* A configuration may ask for the clean-up, which is for the end of all. */
    const char *const embedded[] = {"--endpoint", task->client->endpoint,
                                    "--proxy",    "",
                                    "--no-setup", "--no-cleanup",
                                    "--progress", "none",
                                    "--json",     "-",
                                    NULL};
    const char *const external[] = {
        "--no-setup", "--no-cleanup", "--progress", "none", "--json", "-", NULL};
    struct perf_beside_settings work = {.count = 0};
    fill_work(task, &work);
    struct perf_beside_settings all = work;
    perf_beside_setting_add(&all, "reactors", "%u", task->bench->report.reactors);
    perf_beside_settings_text(&all, settings);
    if (task->parameters->embedded) lend_keys(task->client);
    struct bench_s3_beside own = *task;
    const struct beside_task beside = {
        .values = task->values,
        .kind = "s3",
        .put_workload = put_workload,
        .put_parameters = put_parameters,
        .user = &own,
        .own_more = task->parameters->embedded ? embedded : external,
        .own_settings = settings,
        .work = &work,
        .shared_cores = shared_cores_of(task),
        .duration_ms = task->bench->options.duration_ns / 1000000,
        .json = task->json,
        .session = &task->bench->session,
    };
    return bench_beside_run(&beside);
}
