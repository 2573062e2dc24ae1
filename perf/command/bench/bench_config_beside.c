/* The loads of bench config in the words of docs/peers.md. */
#include "bench_config_beside.h"

#include <errno.h>
#include <string.h>

#include "bench_work_beside.h"
#include "json_put.h"

static void put_work(struct hr_json_writer *json, const void *user) {
    const struct bench_config_beside *task = user;
    json_put_text(json, "document", task->document);
    json_put_text(json, "load", task->load);
    json_put_u64(json, "keys", task->file_keys);
    json_put_u64(json, "operations", task->loads);
}

static int check_loads(void *user, const struct perf_beside_result *result,
                       struct hr_error *error) {
    const struct bench_config_beside *task = user;
    if (result->succeeded == task->loads) return 0;
    return hr_error_set(error, -EBADMSG, "%llu loads were asked for, and it tells of %llu",
                        (unsigned long long)task->loads, (unsigned long long)result->succeeded);
}

int bench_config_beside(const struct bench_config_beside *task) {
    struct bench_config_beside own = *task;
    const struct bench_work_beside work = {
        .values = task->values,
        .kind = "config",
        .path = task->path,
        .put_work = put_work,
        .check = check_loads,
        .texts = perf_beside_of_loads,
        .user = &own,
        .signal_fd = task->signal_fd,
        .json = task->json,
    };
    return bench_work_beside(&work);
}
