/* Results of programs: what is taken, and that nothing is guessed. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "beside_result.h"

/* Three operations in a second: 1 s, 1 s, 2 s. */
#define COUNTS                                                                                     \
    "\"scale\":5,\"offset\":-1,\"counts\":[2,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0," \
    "0,0,0,0,0,1],\"zero_count\":0,\"sum_ns\":4000000000,\"min_ns\":1000000000,"                   \
    "\"max_ns\":2000000000"
#define GOOD                                                                                       \
    "{\"protocol\":1,\"peer\":\"x\",\"versions\":{\"x\":\"1.2\",\"python\":\"3.11\"},"             \
    "\"settings\":{\"payload\":\"signed\",\"pool\":64},\"operations\":{\"submitted\":5,"           \
    "\"succeeded\":3,\"failed\":1,\"cancelled\":1},\"duration_s\":4.5,\"cpu_s\":0.25,"             \
    "\"bytes_sent\":12288,\"bytes_received\":0,\"rss_peak_bytes\":1048576,"                        \
    "\"error_examples\":{\"SlowDown\":\"reduce your rate\"},\"latency_histogram\":{" COUNTS "}}"

static struct perf_beside_result result;
static struct perf_beside_missing missing;
static struct hr_error problem;

static int read_text(const char *text) {
    return perf_beside_result_read(hr_slice_of(text), &result, &missing, &problem);
}

Test(beside_result, its_members_are_taken) {
    cr_assert_eq(read_text(GOOD), 0, "%s", problem.message);
    cr_expect_str_eq(result.versions, "x 1.2, python 3.11");
    cr_expect_str_eq(result.settings, "payload signed, pool 64");
    cr_expect_str_eq(result.failure, "reduce your rate");
    cr_expect(result.succeeded == 3 && result.failed == 1 && result.cancelled == 1);
    cr_expect(result.bytes_sent == 12288 && result.bytes_received == 0);
    cr_expect(result.duration_s == 4.5 && result.cpu_s == 0.25);
    cr_expect_eq(result.rss_peak_bytes, 1048576);
    cr_expect_eq(result.latency_ns.count, 3);
    cr_expect_eq(hr_histogram_quantile(&result.latency_ns, 1), 2000000000u);
}

Test(beside_result, one_that_cannot_tell_latencies_says_null) {
    char text[2048];
    const char *at = strstr(GOOD, "\"latency_histogram\"");
    snprintf(text, sizeof text, "%.*s\"latency_histogram\":null}", (int)(at - GOOD), GOOD);
    cr_assert_eq(read_text(text), 0, "%s", problem.message);
    cr_expect(result.latency_ns.count == 0 && result.succeeded == 3);
}

Test(beside_result, what_is_missing_is_told_with_its_remedy) {
    cr_assert_eq(read_text("{\"protocol\":1,\"peer\":\"x\",\"missing\":\"no module x\","
                           "\"install\":\"pip install x\"}"),
                 -ENOENT);
    cr_expect_str_eq(missing.reason, "no module x");
    cr_expect_str_eq(missing.install, "pip install x");
}

/* GOOD with the first `from` replaced. */
static void refuse(const char *from, const char *to, const char *names) {
    char text[2048];
    const char *at = strstr(GOOD, from);
    cr_assert_not_null(at, "%s", from);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - GOOD), GOOD, to, at + strlen(from));
    cr_assert_eq(read_text(text), -EPROTO, "%s", text);
    cr_expect_not_null(strstr(problem.message, names), "%s: %s", names, problem.message);
}

Test(beside_result, nothing_is_guessed) {
    refuse("\"protocol\":1", "\"protocol\":2", "protocol is not 1");
    refuse("\"protocol\":1,", "", "protocol is not 1");
    refuse("\"submitted\":5", "\"submitted\":6", "succeeded + failed + cancelled");
    refuse("\"failed\":1", "\"failed\":-1", "failed is no count");
    refuse("\"failed\":1", "\"failed\":\"1\"", "failed is no count");
    refuse("\"failed\":1,", "", "failed is no count");
    refuse("\"duration_s\":4.5", "\"duration_s\":0", "duration_s is 0");
    refuse("\"duration_s\":4.5", "\"duration_s\":-1", "duration_s is no number of seconds");
    refuse("\"cpu_s\":0.25", "\"cpu_s\":null", "cpu_s");
    refuse("\"bytes_sent\":12288", "\"bytes_sent\":1.5", "bytes_sent");
    refuse("\"rss_peak_bytes\":1048576", "\"rss_peak_bytes\":true", "rss_peak_bytes");
    refuse("\"scale\":5", "\"scale\":6", "scale is not 0 to 5");
    refuse("\"offset\":-1", "\"offset\":0", "other buckets");
    refuse("\"offset\":-1", "\"offset\":99999999999", "offset");
    refuse("[2,0", "[3,0", "other than operations.succeeded");
    refuse("[2,0", "[-2,0", "counts[0] is no count");
    refuse("[2,0", "{\"a\":", "line");
    refuse("\"peer\":\"x\"", "\"protocol\":1", "duplicate");
    refuse("}}", "}} x", "line");
    refuse("\"latency_histogram\"", "\"other\"", "latency_histogram is no object");
}

Test(beside_result, what_is_no_object_is_an_error) {
    cr_expect_eq(read_text("[]"), -EPROTO);
    cr_expect_eq(read_text(""), -EPROTO);
    cr_expect_eq(read_text("{"), -EPROTO);
}
