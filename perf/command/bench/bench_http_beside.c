/* The requests of bench http in the words of docs/peers.md. */
#include "bench_http_beside.h"

#include <strings.h>

#include "beside_result.h"
#include "json_put.h"
#include "protocols.h"
#include "shown.h"

static void put_numbers(struct hr_json_writer *json, const struct bench_http_beside *task) {
    const struct perf_workload *workload = &task->bench->workload;
    json_put_text(json, "method", task->method);
    json_put_u64(json, "size_bytes", workload->mix.weight[PERF_PUT] ? workload->size_bytes : 0);
    json_put_bool(json, "connect_each", task->target->connect_each);
    json_put_u64(json, "concurrency", task->bench->options.concurrency);
    json_put_u64(json, "reactors", task->bench->report.reactors);
    beside_put_end(json, &task->bench->options);
    json_put_u64(json, "attempts", task->attempts);
    json_put_double(json, "timeout_s", (double)task->timeout_ms / 1000, 3);
    json_put_u64(json, "seed", workload->seed);
}

static void put_headers(struct hr_json_writer *json, const struct perf_http_target *target) {
    json_put_array(json, "headers");
    for (size_t i = 0; i < target->field_count; i++) {
        hr_json_array(json);
        hr_json_string(json, target->fields[i].name);
        hr_json_string(json, target->fields[i].value);
        hr_json_end(json);
    }
    hr_json_end(json);
}

static void put_urls(struct hr_json_writer *json, const struct bench_http_beside *task,
                     bool shown) {
    json_put_array(json, "urls");
    for (size_t i = 0; i < task->url_count; i++)
        hr_json_text(json, shown ? shown_url(task->target->urls[i]) : task->target->urls[i]);
    hr_json_end(json);
}

static void put_workload(struct hr_json_writer *json, void *user) {
    const struct bench_http_beside *task = user;
    put_urls(json, task, false);
    put_numbers(json, task);
    put_headers(json, task->target);
    json_put_text(json, "ca_file", task->ca_file);
}

static void put_parameters(struct hr_json_writer *json, void *user) {
    const struct bench_http_beside *task = user;
    json_put_object(json, "workload");
    put_urls(json, task, true);
    put_numbers(json, task);
    hr_json_end(json);
}

/* Certificates are none of the work where no URL has one. */
static void fill_work(const struct bench_http_beside *task, struct perf_beside_settings *work) {
    perf_beside_setting_add(work, "threads", "%u", task->bench->report.reactors);
    for (size_t i = 0; i < task->url_count; i++) {
        if (strncasecmp(task->target->urls[i], "https:", 6) != 0) continue;
        perf_beside_setting_add(work, "certificates", "verified");
        return;
    }
}

int bench_http_beside(const struct bench_http_beside *task) {
    struct perf_beside_settings work = {.count = 0};
    char settings[PERF_BESIDE_TEXT_MAX];
    static const char *const more[] = {"--progress", "none", "--json", "-", NULL};
    struct bench_http_beside own = *task;
    snprintf(settings, sizeof settings, "threads %u, attempts %llu, certificates verified",
             task->bench->report.reactors, (unsigned long long)task->attempts);
    fill_work(task, &work);
    const struct beside_task beside = {
        .values = task->values,
        .kind = "http",
        .put_workload = put_workload,
        .put_parameters = put_parameters,
        .user = &own,
        .own_more = more,
        .own_settings = settings,
        .work = &work,
        .shared_cores = beside_shared_cores(task->target->urls[0]),
        .duration_ms = task->bench->options.duration_ns / 1000000,
        .json = task->json,
        .session = &task->bench->session,
    };
    return bench_beside_run(&beside);
}
