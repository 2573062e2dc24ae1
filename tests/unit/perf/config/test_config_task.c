/* The workload of a loader of configurations. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_task.h"

static struct perf_config_task task;
static struct hr_error problem;

static int read_text(const char *text) {
    FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    int err = perf_config_task_read(in, &task, &problem);
    fclose(in);
    return err;
}

#define WORK(load, operations)                                                                     \
    "{\"protocol\":1,\"kind\":\"config\",\"path\":\"/x.yaml\",\"load\":\"" load                    \
    "\",\"operations\":" operations "}"

Test(config_task, its_workload) {
    cr_assert_eq(read_text(WORK("schema", "7")), 0, "%s", problem.message);
    cr_expect_str_eq(task.path, "/x.yaml");
    cr_expect(task.schema && task.loads == 7);
    cr_assert_eq(read_text(WORK("tree", "1000000")), 0, "%s", problem.message);
    cr_expect(!task.schema && task.loads == 1000000);
}

Test(config_task, a_workload_that_is_wrong_names_the_member) {
    static const struct {
        const char *text, *words;
    } cases[] = {{WORK("events", "7"), "load is neither"},
                 {WORK("tree", "0"), "operations is not from 1"},
                 {WORK("tree", "-1"), "operations is no count"},
                 {WORK("tree", "1000001"), "operations is not"},
                 {"{\"protocol\":1,\"kind\":\"config\",\"path\":7}", "path is no text"},
                 {"{\"protocol\":1,\"kind\":\"log\"}", "kind is not config"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(read_text(cases[i].text), -EPROTO, "%s", cases[i].text);
        cr_expect_not_null(strstr(problem.message, cases[i].words), "%s", problem.message);
    }
}
