/* Files of results: what is taken, and that every fault names file and member. */
#include "report_fixture.h"

#include <unistd.h>

/* Three operations: 1 s, 1 s, 2 s. */
#define HISTOGRAM                                                                                  \
    "{\"scale\":0,\"offset\":-1,\"counts\":[2,1],\"zero_count\":0,\"sum_ns\":4000000000,"          \
    "\"min_ns\":1000000000,\"max_ns\":2000000000}"
#define GOOD                                                                                       \
    "{\"protocol\":1,\"harness\":\"bench s3\",\"operations\":{\"submitted\":5,\"succeeded\":3,"    \
    "\"failed\":1,\"cancelled\":1},\"duration_s\":4.5,\"cpu_s\":0.25,\"bytes_sent\":1,"            \
    "\"bytes_received\":2,\"retries\":3,\"latency_histogram\":" HISTOGRAM                          \
    ",\"kinds\":{\"get\":{\"operations\":{\"submitted\":5,\"succeeded\":3,\"failed\":1,"           \
    "\"cancelled\":1},\"latency_histogram\":" HISTOGRAM "}},\"errors\":{\"SlowDown\":1},"          \
    "\"error_examples\":{\"SlowDown\":\"reduce your rate\"},\"requirements\":[{\"require\":"       \
    "\"latency_ms.p99<10\",\"value\":2000,\"met\":false}],\"series\":[{\"second\":0,"              \
    "\"operations\":3,\"errors\":1,\"rate\":3,\"p50\":null,\"p99\":2}],\"error\":{\"message\":"    \
    "\"requirement missed\"}}"

static int read_text(struct perf_summary *summary, const char *text, struct hr_error *error) {
    return perf_summary_read_text(summary, "a.json", hr_slice_of(text), error);
}

Test(summary_file, members_of_a_bench_are_taken) {
    struct perf_summary *summary = fixture_summary();
    struct hr_error error = {0};
    cr_assert_eq(read_text(summary, GOOD, &error), 0, "%s", error.message);
    const struct perf_subject *subject = summary->subjects[0];
    cr_expect_str_eq(subject->name, "bench s3");
    cr_expect_str_eq(subject->file, "a.json");
    cr_expect(subject->all->operations.submitted == 5 && subject->all->operations.cancelled == 1);
    cr_expect_eq(subject->all->latency_ns.count, 3);
    cr_expect(subject->part_count == 1 && subject->parts[0]->latency_ns.count == 3);
    cr_expect_eq(subject->load.retries, 3);
    cr_expect_str_eq(subject->failures[0].example, "reduce your rate");
    cr_expect_eq(subject->requirements[0].outcome, PERF_CHECK_FAILED);
    cr_expect(subject->series.count == 1 && subject->series.list[0].p50_ms < 0);
    cr_expect_float_eq(fixture_number(subject, "operations_per_s"), 3 / 4.5, 1e-12);
    cr_expect_float_eq(fixture_number(subject, "cpu_us_per_operation"), 50000, 1e-6);
    cr_expect_float_eq(fixture_number(subject, "success_rate"), 0.75, 1e-12);
    cr_expect_str_eq(subject->error, "requirement missed");
    fixture_summary_free(summary);
}

/* GOOD with the first `from` replaced: nothing is added, and the error has file and member. */
static void refuse(const char *from, const char *to, const char *names) {
    static char text[8192];
    struct perf_summary *summary = fixture_summary();
    struct hr_error error = {0};
    const char *at = strstr(GOOD, from);
    cr_assert_not_null(at, "%s", from);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - GOOD), GOOD, to, at + strlen(from));
    cr_assert_eq(read_text(summary, text, &error), -EPROTO, "%s", text);
    cr_expect(strncmp(error.message, "a.json: ", 8) == 0, "%s", error.message);
    cr_expect_not_null(strstr(error.message, names), "%s: %s", names, error.message);
    cr_expect_eq(summary->subject_count, 0);
    fixture_summary_free(summary);
}

Test(summary_file, faults_name_file_and_member) {
    refuse("\"protocol\":1", "\"protocol\":2", "protocol is not 1");
    refuse("\"bench s3\"", "\"bench x\"", "harness 'bench x' is none that is known");
    refuse("\"harness\":\"bench s3\",", "", "it has no harness, and is no suite");
    refuse("\"submitted\":5", "\"submitted\":6", "operations.submitted");
    refuse("\"duration_s\":4.5", "\"duration_s\":0", "duration_s is 0");
    refuse("\"cpu_s\":0.25,", "", "cpu_s is no number");
    refuse("\"counts\":[2,1]", "\"counts\":[2,-1]", "latency_histogram.counts[1] is no count");
    refuse("\"counts\":[2,1]", "\"counts\":[2,2]", "counts other than operations.succeeded");
    refuse("\"kinds\":{\"get\":{\"operations\":{\"submitted\":5",
           "\"kinds\":{\"get\":{\"operations\":{\"submitted\":4", "kinds.get.operations.submitted");
    refuse("\"SlowDown\":1", "\"SlowDown\":-1", "SlowDown is no count");
    refuse("\"met\":false", "\"met\":1", "requirements[0]");
    refuse("\"rate\":3", "\"rate\":\"3\"", "series[0].rate is no number");
    refuse("\"series\":[", "\"series\":7,\"x\":[", "series is no list of at most 100000 points");
    refuse("{\"protocol\"", "{\"protocol\":1,\"protocol\"", "duplicate");
    refuse("{\"protocol\"", "[\"protocol\"", "line 1");
    refuse("\"series\":[", "\"series_step_s\":0,\"series\":[", "series_step_s is no number");
}

Test(summary_file, a_file_that_is_not_there_or_too_large_is_named) {
    struct perf_summary *summary = fixture_summary();
    struct hr_error error = {0};
    cr_expect_eq(perf_summary_read(summary, "/nonexistent/x.json", &error), -ENOENT);
    cr_expect_str_eq(error.message, "/nonexistent/x.json: No such file or directory");
    char path[] = "/tmp/headrace-unit-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_eq(ftruncate(fd, ((off_t)16 << 20) + 1), 0);
    cr_expect_eq(perf_summary_read(summary, path, &error), -EFBIG);
    cr_expect_not_null(strstr(error.message, "more than 16 MiB"), "%s", error.message);
    close(fd);
    unlink(path);
    fixture_summary_free(summary);
}

Test(summary_file, figures_of_log_and_config_are_named_by_their_place) {
    struct perf_summary *summary = fixture_summary();
    struct hr_error error = {0};
    cr_assert_eq(
        read_text(summary,
                  "{\"harness\":\"log\",\"records\":5,\"caller_ns\":{\"paced\":{\"p50\":9.5,"
                  "\"max\":3}},\"records_per_s\":{\"text_1\":7},\"limits\":{\"x\":1},"
                  "\"peers\":{\"spdlog\":{\"records_per_s\":{\"text_1\":3}},"
                  "\"python\":{\"missing\":\"none\"}}}",
                  &error),
        0, "%s", error.message);
    cr_assert_eq(summary->subject_count, 3);
    const struct perf_subject *log = summary->subjects[0];
    cr_assert_eq(log->number_count, 3);
    cr_expect_float_eq(fixture_number(log, "caller_ns.paced.p50"), 9.5, 1e-12);
    cr_expect_eq(log->numbers[0].better, PERF_BETTER_LESS);
    cr_expect_eq(log->numbers[1].better, PERF_BETTER_UNKNOWN);
    cr_expect_eq(log->numbers[2].better, PERF_BETTER_MORE);
    cr_expect_str_eq(summary->subjects[1]->name, "bench log: spdlog");
    cr_expect_str_eq(summary->subjects[2]->missing, "none");
    fixture_summary_free(summary);
}

Test(summary_file, spreads_of_config_stand_at_their_figures) {
    struct perf_summary *summary = fixture_summary();
    struct hr_error error = {0};
    cr_assert_eq(read_text(summary,
                           "{\"harness\":\"config\",\"load_ms\":{\"small\":2},\"spread\":{\"load_"
                           "ms\":{\"small\":{\"least\":1,\"median\":2,\"most\":3}}}}",
                           &error),
                 0, "%s", error.message);
    const struct perf_number *number = &summary->subjects[0]->numbers[0];
    cr_expect(number->least == 1 && number->most == 3 && number->value == 2);
    cr_expect_eq(read_text(summary, "{\"harness\":\"config\"}", &error), -EPROTO);
    cr_expect_not_null(strstr(error.message, "it has no figures"));
    fixture_summary_free(summary);
}

#define FIGURE(name) "\"" name "\":{\"rounds\":[1,3,null,2]}"
#define BESIDE                                                                                                                               \
    "{\"harness\":\"s3\",\"rounds\":4,\"workload\":{\"endpoint\":\"http://x\",\"objects\":2},"                                               \
    "\"programs\":[{\"name\":\"headrace\",\"operations\":{\"submitted\":3,\"succeeded\":3,"                                                  \
    "\"failed\":0,\"cancelled\":0},\"figures\":{" FIGURE("operations_per_s") "," FIGURE("p50_ms") "," FIGURE(                                \
        "p99_ms") "," FIGURE("cpu_us_per_operation") "," FIGURE("rss_peak_mib") "," FIGURE("succe"                                           \
                                                                                           "ss_"                                             \
                                                                                           "rate") "},\"latency_histogram\":" HISTOGRAM      \
                                                                                                   "},{\"name\":\"boto3\",\"missing\":\"no " \
                                                                                                   "module\"}]}"

Test(summary_file, programs_beside_each_other_are_results_with_rounds) {
    struct perf_summary *summary = fixture_summary();
    struct hr_error error = {0};
    cr_assert_eq(read_text(summary, BESIDE, &error), 0, "%s", error.message);
    cr_assert_eq(summary->subject_count, 2);
    const struct perf_subject *own = summary->subjects[0];
    cr_expect_str_eq(own->target, "http://x");
    cr_expect_float_eq(fixture_number(own, "operations_per_s"), 2, 1e-12);
    cr_expect_float_eq(fixture_number(own, "rss_peak_bytes"), 2 << 20, 1e-6);
    cr_expect(own->numbers[0].least == 1 && own->numbers[0].most == 3);
    cr_expect_eq(own->numbers[0].count, 4);
    cr_expect_lt(own->numbers[0].rounds[2], 0);
    cr_expect_str_eq(summary->subjects[1]->missing, "no module");
    fixture_summary_free(summary);
}

Test(summary_file, a_machine_that_changed_and_unequal_work_are_warnings) {
    static char text[4096];
    struct perf_summary *summary = fixture_summary();
    struct hr_error error = {0};
    snprintf(text, sizeof text,
             "{\"calibration\":{\"warning\":\"it changed\"},\"unequal_work\":[\"boto3 signs\"],%s",
             &BESIDE[1]);
    cr_assert_eq(read_text(summary, text, &error), 0, "%s", error.message);
    cr_assert_eq(summary->warning_count, 2);
    cr_expect_str_eq(summary->warnings[0], "a.json: it changed");
    cr_expect_str_eq(summary->warnings[1], "a.json: unequal work: boto3 signs");
    fixture_summary_free(summary);
}

Test(summary_file, the_port_of_an_embedded_server_is_no_target) {
    static char text[4096];
    struct perf_summary *summary = fixture_summary();
    struct hr_error error = {0};
    snprintf(text, sizeof text, "{\"server\":\"embedded\",%s", &BESIDE[1]);
    cr_assert_eq(read_text(summary, text, &error), 0, "%s", error.message);
    cr_expect_str_eq(summary->subjects[0]->target, "embedded server");
    fixture_summary_free(summary);
}

Test(summary_file, results_of_another_protocol_are_none) {
    static char text[4096];
    struct perf_summary *summary = fixture_summary();
    struct hr_error error = {0};
    snprintf(text, sizeof text, "{\"protocol\":2,%s", &BESIDE[1]);
    cr_expect_eq(read_text(summary, text, &error), -EPROTO);
    cr_expect_str_eq(error.message, "a.json: protocol is not 1");
    cr_expect_eq(read_text(summary, "{\"harness\":\"log\",\"protocol\":2,\"x_ns\":1}", &error),
                 -EPROTO);
    cr_expect_str_eq(error.message, "a.json: protocol is not 1");
    cr_expect_eq(read_text(summary, "{\"harness\":\"log\",\"protocol\":1,\"x_ns\":1}", &error), 0);
    fixture_summary_free(summary);
}

Test(summary_file, a_long_workload_beside_others_is_told_from_its_like) {
    static char text[8192], filler[2000];
    struct perf_summary *summary = fixture_summary();
    struct hr_error error = {0};
    const char *at = strstr(BESIDE, "\"objects\":2");
    memset(filler, 'x', sizeof filler - 1);
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%.*s\"a\":\"%s\",\"b\":%d,%s", (int)(at - BESIDE), BESIDE,
                 filler, i, at);
        cr_assert_eq(read_text(summary, text, &error), 0, "%s", error.message);
    }
    cr_expect_str_neq(summary->subjects[0]->key, summary->subjects[2]->key);
    fixture_summary_free(summary);
}
