/* The records of bench log in the words of docs/peers.md. */
#include "bench_log_beside.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bench_work_beside.h"
#include "json_put.h"
#include "log_count.h"
#include "log_driver.h"

static void put_work(struct hr_json_writer *json, const void *user) {
    const struct bench_log_beside *task = user;
    json_put_text(json, "form", task->form);
    json_put_u64(json, "threads", task->threads);
    json_put_u64(json, "operations", task->records);
    json_put_text(json, "name", PERF_LOG_NAME);
    json_put_text(json, "message", PERF_LOG_MESSAGE);
}

static void remove_file(void *user) {
    unlink(((const struct bench_log_beside *)user)->path);
}

/* The file has as many lines as the program tells of, and as many as were asked for. */
static int check_file(void *user, const struct perf_beside_result *result, struct hr_error *error) {
    const struct bench_log_beside *task = user;
    uint64_t lines = 0;
    int err = perf_log_count(task->path, PERF_LOG_MESSAGE, &lines);
    unlink(task->path);
    if (err) return hr_error_set(error, err, "its file: %s", hr_error_text(err));
    if (result->succeeded == task->records && lines == task->records) return 0;
    return hr_error_set(error, -EBADMSG,
                        "%llu records were asked for, it tells of %llu, and its file has %llu",
                        (unsigned long long)task->records, (unsigned long long)result->succeeded,
                        (unsigned long long)lines);
}

int bench_log_beside(const struct bench_log_beside *task) {
    struct bench_log_beside own = *task;
    const struct bench_work_beside work = {
        .values = task->values,
        .kind = "log",
        .path = task->path,
        .put_work = put_work,
        .prepare = remove_file,
        .check = check_file,
        .texts = perf_beside_of_records,
        .user = &own,
        .signal_fd = task->signal_fd,
        .json = task->json,
    };
    int code = bench_work_beside(&work);
    remove_file(&own);
    return code;
}
