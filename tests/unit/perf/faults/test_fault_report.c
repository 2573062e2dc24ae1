/* The report of a fault proxy, read back by another reader of JSON. */
#include <criterion/criterion.h>
#include <jansson.h>

#include "fault_report.h"

static struct fault_script script;
static struct fault_report report = {.script = &script, .seed = 7};

static void begin(void) {
    struct hr_error error = {0};
    cr_assert_eq(fault_script_read(&script, hr_slice_of("# x\n5% reset\ndelay 5ms # y"), &error),
                 0);
    report.outcome.counts = (struct fault_counts){.connections = 3, .requests = 10, .passed = 8};
    report.outcome.counts.faults[FAULT_RESET] = 2;
    report.outcome.counts.faults[FAULT_DELAY] = 10;
    report.outcome.tallies[0] = (struct fault_tally){.met = 10, .chosen = 3, .happened = 2};
}

static json_t *read_json(void) {
    static char text[8192];
    struct hr_json_writer json;
    hr_json_init(&json, text, sizeof text, NULL, NULL);
    fault_report_json(&json, &report);
    cr_assert_eq(hr_json_finish(&json), 0);
    json_t *read = json_loadb(text, json.size, 0, NULL);
    cr_assert_not_null(read);
    return read;
}

static json_int_t number(const json_t *object, const char *key) {
    cr_assert(json_is_integer(json_object_get(object, key)), "%s", key);
    return json_integer_value(json_object_get(object, key));
}

Test(fault_report, json_has_every_fault_and_rule, .init = begin) {
    json_t *read = read_json();
    const json_t *faults = json_object_get(read, "faults"), *rules = json_object_get(read, "rules");
    cr_expect_str_eq(json_string_value(json_object_get(read, "schema")), "headrace-faults-1");
    cr_expect_eq(number(read, "requests"), 10);
    cr_expect_eq(number(read, "seed"), 7);
    cr_expect_eq(json_object_size(faults), FAULT_KINDS - 1);
    cr_expect_eq(number(faults, "reset"), 2);
    cr_expect_eq(number(faults, "reset-behind"), 0);
    cr_assert_eq(json_array_size(rules), 2);
    cr_expect_eq(number(json_array_get(rules, 0), "line"), 2);
    cr_expect_eq(number(json_array_get(rules, 0), "chosen"), 3);
    cr_expect_eq(number(json_array_get(rules, 0), "happened"), 2);
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(rules, 1), "rule")),
                     "delay 5ms");
    json_decref(read);
}

Test(fault_report, text_names_what_has_happened, .init = begin) {
    char text[4096];
    FILE *out = fmemopen(text, sizeof text, "w");
    fault_report_text(out, &report);
    fclose(out);
    cr_expect(strstr(text, "\nrequests       10\npassed         8\n"), "%s", text);
    cr_expect(strstr(text, "\nreset          2\n"));
    cr_expect_null(strstr(text, "\nsilent "));
    cr_expect(strstr(text, "rule           5% reset: chosen 3, happened 2\n"));
}
