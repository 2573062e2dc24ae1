/* States of checkpoints: what is read can be worked with, and comes back when it is written. */
#include <stdlib.h>
#include <string.h>

#include "soak_state.h"

#define TEXT_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds) abort();
}

static void put_workload(struct hr_json_writer *json, const void *user) {
    (void)user;
    hr_json_object(json);
    hr_json_key(json, "a");
    hr_json_u64(json, 1);
    hr_json_end(json);
}

static const struct perf_soak_workload workload = {put_workload, NULL};

static void read_again(const struct perf_soak *soak) {
    const struct perf_soak_state state = {soak, &workload, 1};
    struct perf_soak *again = perf_soak_new(1);
    struct hr_json_writer json;
    struct hr_error error;
    uint64_t saved_at_ms;
    char *text = malloc(TEXT_MAX);
    check(again && text);
    hr_json_init(&json, text, TEXT_MAX, NULL, NULL);
    perf_soak_put(&json, &state);
    check(hr_json_finish(&json) == 0);
    check(perf_soak_read(again, &workload, hr_slice_bytes(text, json.size), &saved_at_ms, &error) ==
          0);
    free(text);
    perf_soak_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct perf_series_figures series;
    struct perf_soak *soak = perf_soak_new(1);
    struct perf_soak_figures figures;
    struct hr_error error = {0};
    uint64_t saved_at_ms = 0;
    check(soak != NULL);
    if (perf_soak_read(soak, &workload, hr_slice_bytes((const char *)data, size), &saved_at_ms,
                       &error) == 0) {
        perf_series_reduce(&soak->all->series, &series);
        perf_soak_reduce(soak, &series, &figures);
        read_again(soak);
        perf_soak_join(soak, 2, saved_at_ms);
        perf_soak_advance(soak, 0);
    } else {
        check(*error.message != '\0');
    }
    perf_soak_free(soak);
    return 0;
}
