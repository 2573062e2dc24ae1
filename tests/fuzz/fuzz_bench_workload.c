/* Workloads that a peer reads: of a log, of a configuration. What is taken keeps its bounds, and
 * what is not says why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_task.h"
#include "log_task.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static FILE *open_bytes(const uint8_t *data, size_t size) {
    FILE *in = fmemopen((void *)(uintptr_t)data, size, "r");
    check(in != NULL);
    return in;
}

static void read_log(FILE *in) {
    struct perf_log_task task = {.path = ""};
    struct hr_error error = {.code = 0};
    if (perf_log_task_read(in, &task, &error) != 0) {
        check(*error.message != '\0');
        return;
    }
    check(*task.path && memchr(task.path, '\0', sizeof task.path));
    check(task.form == PERF_LOG_TEXT || task.form == PERF_LOG_JSON);
    check(task.threads >= 1 && task.threads <= PERF_LOG_TASK_THREADS_MAX);
    check(task.records >= task.threads && task.records <= PERF_LOG_TASK_RECORDS_MAX);
    check(task.records % task.threads == 0);
}

static void read_config(FILE *in) {
    struct perf_config_task task = {.path = ""};
    struct hr_error error = {.code = 0};
    if (perf_config_task_read(in, &task, &error) != 0) {
        check(*error.message != '\0');
        return;
    }
    check(*task.path && memchr(task.path, '\0', sizeof task.path));
    check(task.loads >= 1 && task.loads <= PERF_CONFIG_TASK_LOADS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0; /* fmemopen takes no empty buffer */
    FILE *in = open_bytes(data, size);
    read_log(in);
    rewind(in);
    read_config(in);
    fclose(in);
    return 0;
}
