/* Work on a file in the words of docs/peers.md. */
#include "bench_work_beside.h"

#include <string.h>

#include "json_put.h"

static void put_workload(struct hr_json_writer *json, void *user) {
    const struct bench_work_beside *task = user;
    json_put_text(json, "path", task->path);
    task->put_work(json, task->user);
}

static void put_parameters(struct hr_json_writer *json, void *user) {
    const struct bench_work_beside *task = user;
    json_put_object(json, "workload");
    task->put_work(json, task->user);
    hr_json_end(json);
}

static void prepare(void *user) {
    const struct bench_work_beside *task = user;
    if (task->prepare) task->prepare(task->user);
}

static int check(void *user, const struct perf_beside_result *result, struct hr_error *error) {
    const struct bench_work_beside *task = user;
    return task->check(task->user, result, error);
}

int bench_work_beside(const struct bench_work_beside *task) {
    static const char *const more[] = {"--as-peer", NULL};
    struct bench_work_beside own = *task;
    struct session session = {.signal_fd = task->signal_fd,
                              .done_fd = -1,
                              .json = task->json && strcmp(task->json, "-") == 0};
    const struct beside_task beside = {
        .values = task->values,
        .kind = task->kind,
        .put_workload = put_workload,
        .put_parameters = put_parameters,
        .user = &own,
        .own_more = more,
        .own_settings = "",
        .json = task->json,
        .session = &session,
        .texts = task->texts,
        .prepare = prepare,
        .check = check,
    };
    return bench_beside_run(&beside);
}
