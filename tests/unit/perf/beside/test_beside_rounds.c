/* Rounds of programs that print a result: order, figures, and those that fail. */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beside_report.h"

#define RESULT(duration, cpu)                                                                      \
    "{\"protocol\":1,\"versions\":{\"v\":\"1\"},\"operations\":{\"submitted\":2,"                  \
    "\"succeeded\":2,\"failed\":0,\"cancelled\":0},\"duration_s\":" duration ",\"cpu_s\":" cpu     \
    ",\"bytes_sent\":0,\"bytes_received\":0,\"rss_peak_bytes\":2097152,\"latency_histogram\":"     \
    "{\"scale\":0,\"offset\":-1,\"counts\":[2],\"zero_count\":0,\"sum_ns\":2000000000,"            \
    "\"min_ns\":1000000000,\"max_ns\":1000000000}}"

static struct perf_beside_entry entries[3];
static const char *words[3][4];
static char order[64];
static struct hr_error problem;

static void note(void *user, unsigned round, const char *name) {
    (void)user;
    size_t size = strlen(order);
    snprintf(order + size, sizeof order - size, "%u%s ", round, name);
}

static struct perf_beside beside = {.entries = entries, .rounds = 4, .on_run = note};

/* As the command does: the programs here read no input. */
static void ignore_broken_pipes(void) {
    signal(SIGPIPE, SIG_IGN);
}

TestSuite(beside_rounds, .init = ignore_broken_pipes);

static void add(const char *name, const char *script) {
    const char **arguments = words[beside.count];
    struct perf_beside_entry *entry = &entries[beside.count++];
    arguments[0] = "/bin/sh";
    arguments[1] = "-c";
    arguments[2] = script;
    entry->name = name;
    entry->program = (struct perf_beside_program){arguments, hr_slice_of("{}"), 60000, -1};
}

static json_t *report(void) {
    static char memory[65536];
    const struct perf_rules rules = PERF_RULES_STANDARD;
    struct hr_json_writer json;
    hr_json_init(&json, memory, sizeof memory, NULL, NULL);
    hr_json_object(&json);
    perf_beside_json(&json, &beside, &rules);
    hr_json_end(&json);
    cr_assert_eq(hr_json_finish(&json), 0);
    json_t *read = json_loadb(memory, json.size, 0, NULL);
    cr_assert_not_null(read);
    return read;
}

static double figure(const json_t *program, const char *group, const char *name) {
    return json_number_value(
        json_object_get(json_object_get(json_object_get(program, group), name), "median"));
}

Test(beside_rounds, programs_run_in_turn_and_are_compared) {
    add("ours", "echo '" RESULT("1", "0.0002") "'");
    add("theirs", "echo '" RESULT("2", "0.0008") "'");
    cr_assert_eq(perf_beside_measure(&beside, &problem), 0);
    cr_expect_str_eq(order, "0ours 0theirs 1theirs 1ours 2ours 2theirs 3theirs 3ours ");
    json_t *made = report();
    const json_t *programs = json_object_get(made, "programs"),
                 *theirs = json_array_get(programs, 1);
    cr_expect_eq(json_integer_value(json_object_get(made, "rounds")), 4);
    cr_expect_float_eq(figure(theirs, "figures", "operations_per_s"), 1, 1e-6);
    cr_expect_float_eq(figure(theirs, "figures", "cpu_us_per_operation"), 400, 1e-6);
    cr_expect_float_eq(figure(theirs, "figures", "rss_peak_mib"), 2, 1e-6);
    cr_expect_float_eq(figure(theirs, "ratios", "operations_per_s"), 2, 1e-6);
    cr_expect_float_eq(figure(theirs, "ratios", "cpu_us_per_operation"), 0.25, 1e-6);
    const json_t *latency = json_object_get(theirs, "latency_histogram");
    cr_expect_eq(json_integer_value(json_array_get(json_object_get(latency, "counts"), 0)), 8);
    json_decref(made);
}

Test(beside_rounds, one_that_fails_says_why_and_the_others_go_on) {
    add("ours", "echo '" RESULT("1", "1") "'");
    add("gone",
        "echo '{\"protocol\":1,\"missing\":\"no gone\",\"install\":\"apt install gone\"}'; exit 3");
    add("liar", "echo '{\"protocol\":1}'");
    cr_assert_eq(perf_beside_measure(&beside, &problem), 0);
    cr_expect_eq(beside.done, 4);
    cr_expect_str_eq(entries[1].missing.reason, "no gone");
    cr_expect_not_null(strstr(entries[2].missing.reason, "not understood"));
    cr_expect_eq(strstr(order, "1liar"), NULL); /* asked once */
    json_t *made = report();
    const json_t *gone = json_array_get(json_object_get(made, "programs"), 1);
    cr_expect_str_eq(json_string_value(json_object_get(gone, "install")), "apt install gone");
    cr_expect_null(json_object_get(gone, "figures"));
    json_decref(made);
}

Test(beside_rounds, they_go_on_until_all_have_settled) {
    add("ours", "echo '" RESULT("1", "1") "'");
    add("gone", "exit 9"); /* is no hindrance */
    beside.rounds_max = 20;
    cr_assert_eq(perf_beside_measure(&beside, &problem), 0);
    cr_expect_eq(beside.done, 7);
    json_t *made = report();
    const json_t *stability = json_object_get(made, "stability");
    cr_expect(json_is_true(json_object_get(stability, "stable")));
    cr_expect_eq(json_integer_value(json_object_get(stability, "rounds_max")), 20);
    json_decref(made);
}

/* Every other round takes twice as long. */
static void alternate(void *user, unsigned round, const char *name) {
    (void)user;
    (void)name;
    words[0][2] = round % 2 ? "echo '" RESULT("2", "1") "'" : "echo '" RESULT("1", "1") "'";
}

Test(beside_rounds, they_end_where_nothing_settles) {
    add("ours", "");
    beside.on_run = alternate;
    beside.rounds_max = 9;
    cr_assert_eq(perf_beside_measure(&beside, &problem), 0);
    cr_expect_eq(beside.done, 9);
    json_t *made = report();
    cr_expect(json_is_false(json_object_get(json_object_get(made, "stability"), "stable")));
    json_decref(made);
}

Test(beside_rounds, where_this_program_fails_all_does) {
    add("ours", "exit 7");
    add("theirs", "echo '" RESULT("1", "1") "'");
    cr_assert_eq(perf_beside_measure(&beside, &problem), -EPROTO);
    cr_expect_not_null(strstr(problem.message, "ended with exit code 7"), "%s", problem.message);
}

/* The second run has done other things than its result tells. */
static int look(void *user, const struct perf_beside_result *result, struct hr_error *error) {
    static unsigned looked;
    (void)user;
    cr_expect_eq(result->succeeded, 2);
    return ++looked == 2 ? hr_error_set(error, -EBADMSG, "its file is empty") : 0;
}

Test(beside_rounds, a_program_whose_work_is_not_there_has_failed) {
    add("ours", "echo '" RESULT("1", "1") "'");
    add("theirs", "echo '" RESULT("1", "1") "'");
    beside.check = look;
    cr_assert_eq(perf_beside_measure(&beside, &problem), 0);
    cr_expect_str_eq(entries[0].missing.reason, "");
    cr_expect_str_eq(entries[1].missing.reason, "its file is empty");
}

Test(beside_rounds, a_table_of_records_is_in_microseconds) {
    static char text[8192];
    const struct perf_rules rules = PERF_RULES_STANDARD;
    add("ours", "echo '" RESULT("1", "1") "'");
    beside.texts = perf_beside_of_records;
    cr_assert_eq(perf_beside_measure(&beside, &problem), 0);
    FILE *out = fmemopen(text, sizeof text, "w");
    perf_beside_text(out, &beside, &rules);
    fclose(out);
    cr_expect_not_null(strstr(text, "| records/s | p50 us |"), "%s", text);
    cr_expect_not_null(strstr(text, "| 2 (2-2) | 1000000.000 (1000000.000-1000000.000) |"), "%s",
                       text);
    for (unsigned i = 0; i < PERF_BESIDE_FIGURES; i++) { /* a report is read by its keys */
        cr_expect_str_eq(perf_beside_of_records[i].key, perf_beside_figures[i].key);
        cr_expect_str_eq(perf_beside_of_loads[i].key, perf_beside_figures[i].key);
    }
}
