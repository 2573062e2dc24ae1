/* Fault scripts: what a line says, and why one is refused. */
#include <criterion/criterion.h>
#include <errno.h>

#include "fault_script.h"

static struct fault_script script;

static const struct fault_rule *rule_of(const char *line) {
    struct hr_error error = {0};
    script.count = 0;
    cr_assert_eq(fault_script_add(&script, hr_slice_of(line), 0, &error), 0, "%s: %s", line,
                 error.message);
    cr_assert_eq(script.count, 1, "%s", line);
    return &script.rules[0];
}

static void refused(const char *line, const char *with) {
    struct hr_error error = {0};
    script.count = 0;
    cr_expect_eq(fault_script_add(&script, hr_slice_of(line), 3, &error), -EINVAL, "%s", line);
    cr_expect(strstr(error.message, with), "%s: %s", line, error.message);
    cr_expect(strncmp(error.message, "line 3: ", 8) == 0, "%s", error.message);
    cr_expect_eq(script.count, 0);
}

Test(fault_script, a_fault_alone_always_happens) {
    const struct fault_rule *rule = rule_of("reset");
    cr_expect_eq(rule->kind, FAULT_RESET);
    cr_expect_eq(rule->chance, FAULT_WHOLE);
    cr_expect_str_eq(rule->text, "reset");
}

Test(fault_script, every_kind_has_its_values) {
    cr_expect_eq(rule_of("reset-behind")->kind, FAULT_RESET_BEHIND);
    cr_expect_eq(rule_of("silent 5s")->amount, 5000);
    cr_expect_eq(rule_of("delay 300ms")->amount, 300);
    cr_expect_eq(rule_of("trickle 1KiB/s")->amount, 1024);
    cr_expect_eq(rule_of("rate 10MiB/s")->amount, 10 << 20);
    cr_expect_eq(rule_of("corrupt 1 byte")->amount, 1);
    cr_expect_eq(rule_of("corrupt 16")->amount, 16);
    cr_expect_eq(rule_of("refuse")->kind, FAULT_REFUSE);
}

Test(fault_script, latency_has_a_jitter) {
    const struct fault_rule *rule = rule_of("latency 5ms +-2ms");
    cr_expect_eq(rule->amount, 5);
    cr_expect_eq(rule->jitter_ms, 2);
    cr_expect_eq(rule_of("latency 1s GET")->jitter_ms, 0);
}

Test(fault_script, truncate_takes_a_share_or_a_size) {
    cr_expect_eq(rule_of("truncate 50%")->share, FAULT_WHOLE / 2);
    cr_expect_eq(rule_of("truncate 0.5%")->share, 5000);
    const struct fault_rule *rule = rule_of("truncate 2KiB");
    cr_expect_eq(rule->share, 0);
    cr_expect_eq(rule->amount, 2048);
    cr_expect_eq(rule_of("truncate 50% 1%")->chance, 10000);
}

Test(fault_script, status_takes_a_code) {
    const struct fault_rule *rule = rule_of("5% status 503 SlowDown");
    cr_expect_eq(rule->status, 503);
    cr_expect_str_eq(rule->code, "SlowDown");
    rule = rule_of("status 500 GET");
    cr_expect_str_eq(rule->code, "");
    cr_expect_str_eq(rule->methods, "GET");
}

Test(fault_script, conditions_stand_in_any_order) {
    const struct fault_rule *rule =
        rule_of("\t reset every 7th PUT,POST after 10s /photos/a%20b 12.3456% for 5s first 3  # x");
    cr_expect_eq(rule->every, 7);
    cr_expect_eq(rule->first, 3);
    cr_expect_eq(rule->after_ms, 10000);
    cr_expect_eq(rule->for_ms, 5000);
    cr_expect_eq(rule->chance, 123456);
    cr_expect_str_eq(rule->methods, "PUT,POST");
    cr_expect_str_eq(rule->prefix, "/photos/a%20b");
}

Test(fault_script, chances_have_four_decimals) {
    cr_expect_eq(rule_of("0.0001% reset")->chance, 1);
    cr_expect_eq(rule_of("100% reset")->chance, FAULT_WHOLE);
    refused("0.00001% reset", "four decimals");
    refused("0% reset", "above 0%");
    refused("100.1% reset", "up to 100%");
    refused(".% reset", "chance");
    refused("% reset", "chance");
    refused("1%% reset", "chance");
}

Test(fault_script, wrong_words_are_named_with_the_remedy) {
    refused("10% rest", "'rest': neither a condition nor a fault: reset, ");
    refused("10%", "names no fault");
    refused("reset reset", "a second fault");
    refused("delay", "a duration");
    refused("delay 5", "a duration");
    refused("delay 2h", "up to 1h");
    refused("latency 5ms +-6ms", "up to the latency");
    refused("rate 10MiB", "10MiB/s");
    refused("trickle 0/s", "a rate");
    refused("truncate 100%", "below 100%");
    refused("corrupt 17", "up to 16");
    refused("status 200", "400 to 599");
    refused("status", "400 to 599");
    refused("first 0 reset", "first");
    refused("every reset", "'reset': a number follows 'every'");
    refused("after 0s reset", "after");
    refused("first 3 first 4 reset", "twice");
    refused("GET PUT reset", "parted by commas");
    refused("Get reset", "capitals");
    refused("/a /b reset", "second path");
    refused("GET refuse", "no method");
    refused("/x refuse", "no path");
    refused("re\x01set", "'re?set'");
}

Test(fault_script, a_file_has_lines_and_comments) {
    struct hr_error error = {0};
    script.count = 0;
    const char *text = "# faults\n\n  10% reset # one in ten\r\nfirst 3 delay 1s\n#end";
    cr_assert_eq(fault_script_read(&script, hr_slice_of(text), &error), 0, "%s", error.message);
    cr_assert_eq(script.count, 2);
    cr_expect_eq(script.rules[0].line, 3);
    cr_expect_str_eq(script.rules[0].text, "10% reset");
    cr_expect_eq(script.rules[1].line, 4);
}

Test(fault_script, a_wrong_line_has_its_number) {
    struct hr_error error = {0};
    script.count = 0;
    cr_expect_eq(fault_script_read(&script, hr_slice_of("reset\n\nbogus\n"), &error), -EINVAL);
    cr_expect(strncmp(error.message, "line 3: 'bogus'", 15) == 0, "%s", error.message);
}

Test(fault_script, limits_are_said) {
    struct hr_error error = {0};
    char line[FAULT_LINE_MAX + 8];
    script.count = 0;
    for (unsigned i = 0; i < FAULT_RULES_MAX; i++)
        cr_assert_eq(fault_script_add(&script, hr_slice_of("reset"), i, &error), 0);
    cr_expect_eq(fault_script_add(&script, hr_slice_of("reset"), 65, &error), -EINVAL);
    cr_expect(strstr(error.message, "64"), "%s", error.message);
    cr_expect_eq(script.count, FAULT_RULES_MAX);
    memset(line, 'a', sizeof line);
    line[0] = '/';
    script.count = 0;
    cr_expect_eq(fault_script_add(&script, hr_slice_bytes(line, sizeof line), 3, &error), -EINVAL);
    cr_expect(strstr(error.message, "256 bytes"), "%s", error.message);
}

Test(fault_script, the_longest_line_fits) {
    char line[FAULT_LINE_MAX + 1];
    memset(line, 'a', FAULT_LINE_MAX);
    memcpy(line, "reset /", 7);
    line[FAULT_LINE_MAX] = '\0';
    const struct fault_rule *rule = rule_of(line);
    cr_expect_eq(strlen(rule->prefix), FAULT_LINE_MAX - 6);
    cr_expect_str_eq(rule->text, line);
}

Test(fault_script, tcp_has_no_requests) {
    struct hr_error error = {0};
    rule_of("1% reset first 3");
    cr_expect_eq(fault_script_check_tcp(&script, &error), 0);
    const char *const wrong[] = {"GET reset", "/x reset", "status 503", "truncate 5%"};
    for (size_t i = 0; i < 4; i++) {
        rule_of(wrong[i]);
        cr_expect_eq(fault_script_check_tcp(&script, &error), -EINVAL, "%s", wrong[i]);
        cr_expect(strstr(error.message, "--tcp"), "%s", error.message);
    }
}
