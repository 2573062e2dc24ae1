/* The tables of the suites, margins, and what becomes of steps that end badly. */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <string.h>

#include "suite_run.h"

#define CHECK(NAME, REQUIREMENT, UNIT, CRITERION)                                                  \
    { .name = (NAME), .requirement = (REQUIREMENT), .unit = (UNIT), .criterion = (CRITERION) }

Test(suite_plan, every_requirement_can_be_read) {
    for (const struct perf_suite_plan *plan = perf_suite_plans; plan->name; plan++) {
        cr_expect_eq(perf_suite_find(plan->name), plan);
        cr_expect_not_null(plan->steps[0].words[0], "%s", plan->name);
        for (const struct perf_suite_step *step = plan->steps; step->words[0]; step++) {
            cr_expect_not_null(step->checks[0].name, "%s", plan->name);
            for (const struct perf_suite_check *check = step->checks; check->name; check++) {
                struct perf_requirement requirement;
                char why[320] = "";
                const char *full = check->full_requirement, *needs = check->needs;
                cr_expect_eq(
                    perf_requirement_parse(check->requirement, &requirement, why, sizeof why), 0,
                    "%s", why);
                cr_expect(!needs ||
                              perf_requirement_parse(needs, &requirement, why, sizeof why) == 0,
                          "%s", why);
                cr_expect(!full || perf_requirement_parse(full, &requirement, why, sizeof why) == 0,
                          "%s", why);
            }
        }
    }
    cr_expect_null(perf_suite_find("nosuch"));
}

static double margin_of(const char *text, double value) {
    struct perf_requirement requirement;
    char why[320];
    cr_assert_eq(perf_requirement_parse(text, &requirement, why, sizeof why), 0);
    requirement.measured = true;
    requirement.value = value;
    return perf_suite_margin(&requirement);
}

Test(suite_plan, a_margin_is_below_0_past_the_target) {
    cr_expect_float_eq(margin_of("a<10", 4), 60, 1e-9);
    cr_expect_float_eq(margin_of("a<=10", 12), -20, 1e-9);
    cr_expect_float_eq(margin_of("a>=0.5", 0.75), 50, 1e-9);
    cr_expect_float_eq(margin_of("a>4", 3), -25, 1e-9);
    cr_expect(isnan(margin_of("a==0", 0)));
    cr_expect(isnan(margin_of("a<0", -1)));
}

/* A suite of shell scripts in place of this program's commands. */
static struct perf_suite_run run_script(const char *script) {
    static struct perf_suite_plan plan;
    static struct perf_suite_run run;
    plan = (struct perf_suite_plan){
        "made",
        "Made",
        {{.words = {"-c", script},
          .checks = {CHECK("first", "a.b<10", "", NULL), CHECK("second", "c>=1", "", NULL)}}}};
    const struct perf_suite_options options = {.program = "/bin/sh", .signal_fd = -1};
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(perf_suite_execute(&plan, &options, &run), 0);
    cr_assert_eq(run.count, 2);
    return run;
}

Test(suite_run, a_report_is_held_against_every_check) {
    struct perf_suite_run run = run_script("echo '{\"a\":{\"b\":4},\"c\":0.5}'");
    cr_expect_eq(run.outcomes[0].state, PERF_SUITE_PASSED);
    cr_expect_eq(run.outcomes[1].state, PERF_SUITE_MISSED);
    cr_expect_eq(run.outcomes[1].requirement.value, 0.5);
    cr_expect(!perf_suite_is_good(&run));
    run = run_script("echo '{\"a\":{\"b\":4},\"c\":1}'; exit 1");
    cr_expect(perf_suite_is_good(&run), "the command's own exit code 1 is in its figures");
}

Test(suite_run, a_number_that_is_not_there_is_missed) {
    struct perf_suite_run run = run_script("echo '{\"a\":{\"b\":null},\"c\":1}'");
    cr_expect_eq(run.outcomes[0].state, PERF_SUITE_MISSED);
    cr_expect_not_null(strstr(run.outcomes[0].why, "a.b<10"));
}

Test(suite_run, a_command_without_a_report_misses_all_and_says_why) {
    struct perf_suite_run run = run_script("exit 2");
    cr_expect_eq(perf_suite_count(&run, PERF_SUITE_MISSED), 2);
    cr_expect_not_null(strstr(run.outcomes[1].why, "exit code 2"), "%s", run.outcomes[1].why);
    run = run_script("kill -9 $$");
    cr_expect_not_null(strstr(run.outcomes[0].why, "signal 9"), "%s", run.outcomes[0].why);
    run = run_script("echo nonsense");
    cr_expect_eq(perf_suite_count(&run, PERF_SUITE_MISSED), 2);
}

Test(suite_run, a_commands_own_words_are_the_reason) {
    struct perf_suite_run run =
        run_script("echo '{\"error\":{\"message\":\"the store is away\"}}'; exit 1");
    cr_expect_eq(perf_suite_count(&run, PERF_SUITE_MISSED), 2);
    cr_expect_str_eq(run.outcomes[0].why, "the store is away");
    run = run_script(
        "echo '{\"harness\":\"x\",\"a\":{\"b\":4},\"c\":1,\"error\":{\"message\":\"m\"}}'; "
        "exit 1");
    cr_expect(perf_suite_is_good(&run), "a report may have the first error of its operations");
}

Test(suite_run, what_the_environment_cannot_run_is_no_tick) {
    struct perf_suite_run run = run_script("exit 3");
    cr_expect_eq(perf_suite_count(&run, PERF_SUITE_NOT_RUN), 2);
    cr_expect(!perf_suite_is_good(&run));
}

Test(suite_run, a_full_run_has_its_own_commands_and_bounds) {
    static const struct perf_suite_plan plan = {"made",
                                                "Made",
                                                {{.words = {"-c", "echo '{\"a\":1}'"},
                                                  .full_words = {"-c", "echo '{\"a\":2}'"},
                                                  .checks = {{.name = "a",
                                                              .requirement = "a==1",
                                                              .unit = "",
                                                              .criterion = NULL,
                                                              .full_requirement = "a==2"}}}}};
    static struct perf_suite_run run;
    struct perf_suite_options options = {.program = "/bin/sh", .signal_fd = -1};
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(perf_suite_execute(&plan, &options, &run), 0);
    cr_expect(perf_suite_is_good(&run), "%g", run.outcomes[0].requirement.value);
    options.full = true;
    cr_assert_eq(perf_suite_execute(&plan, &options, &run), 0);
    cr_expect(perf_suite_is_good(&run), "%g", run.outcomes[0].requirement.value);
    cr_expect_eq(run.outcomes[0].requirement.value, 2);
}

Test(suite_run, a_step_with_a_flag_for_json_has_no_file_behind_it) {
    static const struct perf_suite_plan plan = {
        "made",
        "Made",
        {{.words = {"-c", "[ \"$0 $1\" = '--json ' ] && echo '{\"a\":1}'"},
          .json_flag = true,
          .checks = {CHECK("a", "a==1", "", NULL)}}}};
    static struct perf_suite_run run;
    const struct perf_suite_options options = {.program = "/bin/sh", .signal_fd = -1};
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(perf_suite_execute(&plan, &options, &run), 0);
    cr_expect(perf_suite_is_good(&run), "%s", run.outcomes[0].why);
}

Test(suite_run, a_suite_without_checks_is_not_good) {
    const struct perf_suite_run run = {.count = 0};
    cr_expect(!perf_suite_is_good(&run));
}

/* A check that needs more than the run was is not run: no failure, and no tick. */
Test(suite_plan, a_check_that_needs_more_is_not_asked_for) {
    static struct perf_suite_plan plan;
    static struct perf_suite_run run;
    const struct perf_suite_options options = {.program = "/bin/sh", .signal_fd = -1};
    for (int is_long = 0; is_long < 2; is_long++) {
        plan = (struct perf_suite_plan){
            "made",
            "Made",
            {{.words = {"-c",
                        is_long ? "echo '{\"a\": 9, \"h\": 24}'" : "echo '{\"a\": 9, \"h\": 1}'"},
              .checks = {CHECK("first", "a<10", "", NULL),
                         {.name = "a day", .requirement = "a<5", .unit = "", .needs = "h>=24"}}}}};
        cr_assert_eq(perf_suite_execute(&plan, &options, &run), 0);
        cr_expect_eq(run.outcomes[1].state, is_long ? PERF_SUITE_MISSED : PERF_SUITE_NOT_ASKED);
        cr_expect_eq(strstr(run.outcomes[1].why, "h>=24") != NULL, !is_long);
        cr_expect_eq(perf_suite_is_good(&run), !is_long);
    }
}
