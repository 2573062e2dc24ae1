/* The peer's side of the protocol: workloads that are read, results that the other side reads. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "beside_result.h"
#include "beside_task.h"

static struct hr_error problem;
static json_t *workload;

static int read_text(const char *text) {
    FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    int err = perf_task_read(in, "log", &workload, &problem);
    fclose(in);
    return err;
}

Test(beside_task, members_of_a_workload) {
    const char *text = NULL;
    uint64_t number = 0;
    cr_assert_eq(read_text("{\"protocol\":1,\"kind\":\"log\",\"form\":\"text\",\"threads\":4}"), 0);
    cr_expect_eq(perf_task_text(workload, "form", &text, &problem), 0);
    cr_expect_str_eq(text, "text");
    cr_expect_eq(
        perf_task_number(workload, "threads", (struct perf_task_bounds){4, 4}, &number, &problem),
        0);
    cr_expect_eq(number, 4);
    cr_expect_eq(
        perf_task_number(workload, "threads", (struct perf_task_bounds){1, 3}, &number, &problem),
        -EPROTO);
    cr_expect_str_eq(problem.message, "threads is not from 1 to 3");
    cr_expect_eq(perf_task_text(workload, "threads", &text, &problem), -EPROTO);
    cr_expect_eq(
        perf_task_number(workload, "nothing", (struct perf_task_bounds){0, 9}, &number, &problem),
        -EPROTO);
    json_decref(workload);
}

Test(beside_task, other_workloads_are_refused_with_the_reason) {
    static const struct {
        const char *text, *words;
    } cases[] = {{"[]", "no object"},
                 {"{", "no JSON: line 1"},
                 {"{\"protocol\":2,\"kind\":\"log\"}", "protocol is not 1"},
                 {"{\"protocol\":1,\"kind\":\"s3\"}", "kind is not log"},
                 {"{\"protocol\":1}", "kind is not log"},
                 {"{\"protocol\":1,\"protocol\":1,\"kind\":\"log\"}", "no JSON"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(read_text(cases[i].text), -EPROTO, "%s", cases[i].text);
        cr_expect_not_null(strstr(problem.message, cases[i].words), "%s", problem.message);
    }
}

Test(beside_task, a_workload_has_a_limit) {
    char *text = calloc(1, PERF_TASK_INPUT_MAX + 2);
    memset(text, ' ', PERF_TASK_INPUT_MAX + 1);
    cr_expect_eq(read_text(text), -EMSGSIZE);
    cr_expect_not_null(strstr(problem.message, "65536"));
    free(text);
}

Test(beside_task, a_result_is_what_the_other_side_reads) {
    static const struct perf_task_fact versions[] = {{"mine", "1.2"}, {NULL, NULL}},
                                       settings[] = {
                                           {"queue", "none"}, {"why", "\"so\""}, {NULL, NULL}};
    static struct hr_histogram latency_ns;
    static struct perf_beside_result read;
    struct perf_beside_missing missing;
    char *text = NULL;
    size_t size = 0;
    hr_histogram_init(&latency_ns, HR_HISTOGRAM_SECONDS);
    for (uint64_t i = 1; i <= 3; i++) hr_histogram_record(&latency_ns, i * 1000);
    const struct perf_task_result told = {.versions = versions,
                                          .settings = settings,
                                          .succeeded = 3,
                                          .failed = 1,
                                          .failure = "it fell",
                                          .duration_s = 0.5,
                                          .cpu_s = 0.25,
                                          .bytes_sent = 7,
                                          .rss_peak_bytes = 4096,
                                          .latency_ns = &latency_ns};
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(perf_task_put_result(out, &told), 0);
    fclose(out);
    cr_assert_eq(perf_beside_result_read(hr_slice_bytes(text, size), &read, &missing, &problem), 0,
                 "%s", problem.message);
    cr_expect(read.succeeded == 3 && read.failed == 1 && read.cancelled == 0);
    cr_expect(read.duration_s == 0.5 && read.cpu_s == 0.25 && read.bytes_sent == 7);
    cr_expect_eq(read.rss_peak_bytes, 4096);
    cr_expect_str_eq(read.versions, "mine 1.2");
    cr_expect_str_eq(read.settings, "queue none, why \"so\"");
    cr_expect_str_eq(read.failure, "it fell");
    cr_expect(read.latency_ns.min == 1000 && read.latency_ns.max == 3000);
    free(text);
}

Test(beside_task, what_is_missing_is_told_with_the_remedy) {
    static struct perf_beside_result read;
    struct perf_beside_missing missing;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(perf_task_put_missing(out, "no lines", "apt install lines"), 0);
    fclose(out);
    cr_expect_eq(perf_beside_result_read(hr_slice_bytes(text, size), &read, &missing, &problem),
                 -ENOENT);
    cr_expect_str_eq(missing.reason, "no lines");
    cr_expect_str_eq(missing.install, "apt install lines");
    free(text);
}
