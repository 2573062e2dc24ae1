/* Runs of programs: input, output, ends. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "beside_run.h"

static struct perf_beside_output output;
static struct hr_error problem;

/* As the command does. */
static void ignore_broken_pipes(void) {
    signal(SIGPIPE, SIG_IGN);
}

TestSuite(beside_run, .init = ignore_broken_pipes);

static int run_with(const char *script, struct hr_slice input, uint64_t limit_ms, int signal_fd) {
    const char *arguments[] = {"/bin/sh", "-c", script, NULL};
    const struct perf_beside_program program = {arguments, input, limit_ms, signal_fd};
    return perf_beside_run(&program, &output, &problem);
}

static int run(const char *script) {
    return run_with(script, hr_slice_of("in"), 60000, -1);
}

Test(beside_run, its_input_comes_back_with_what_it_used) {
    cr_assert_eq(run("cat; printf x; exit 3"), 0);
    cr_expect(output.size == 3 && memcmp(output.text, "inx", 3) == 0);
    cr_expect(WIFEXITED(output.status) && WEXITSTATUS(output.status) == 3);
    cr_expect_gt(output.rss_peak_bytes, 100000);
    free(output.text);
}

/* More than pipes hold, both ways at once. */
Test(beside_run, much_goes_both_ways) {
    size_t size = 900000;
    char *text = malloc(size);
    memset(text, 'y', size);
    cr_assert_eq(run_with("cat", hr_slice_bytes(text, size), 60000, -1), 0);
    cr_expect(output.size == size && memcmp(output.text, text, size) == 0);
    free(output.text);
    free(text);
}

Test(beside_run, one_that_does_not_read_may_answer) {
    size_t size = 900000;
    char *text = calloc(1, size);
    cr_assert_eq(run_with("exec <&-; echo done", hr_slice_bytes(text, size), 60000, -1), 0);
    cr_expect_eq(output.size, 5);
    free(output.text);
    free(text);
}

Test(beside_run, one_that_is_not_there_ends_with_127) {
    const char *arguments[] = {"/nowhere/at/all", NULL};
    const struct perf_beside_program program = {arguments, hr_slice_of(""), 60000, -1};
    cr_assert_eq(perf_beside_run(&program, &output, &problem), 0);
    cr_expect(output.size == 0 && WEXITSTATUS(output.status) == 127);
}

Test(beside_run, one_that_writes_without_end_is_ended) {
    cr_assert_eq(run("while :; do echo 0123456789012345678901234567890123456789; done"), -EMSGSIZE);
    cr_expect_not_null(strstr(problem.message, "wrote more than 1048576 bytes"));
    cr_expect_null(output.text);
}

Test(beside_run, one_that_hangs_is_ended_with_its_children) {
    cr_assert_eq(run_with("trap '' TERM; sleep 1000 & echo $$ >&2; wait", hr_slice_of(""), 50, -1),
                 -ETIMEDOUT);
    cr_expect_not_null(strstr(problem.message, "had not ended after 50 ms"));
    cr_expect(WIFSIGNALED(output.status) && WTERMSIG(output.status) == SIGKILL);
}

Test(beside_run, a_signal_ends_it) {
    int fd = eventfd(1, EFD_CLOEXEC);
    cr_assert_eq(run_with("sleep 1000", hr_slice_of(""), 60000, fd), -ECANCELED);
    cr_expect(WIFSIGNALED(output.status) && WTERMSIG(output.status) == SIGTERM);
    close(fd);
}

Test(beside_run, one_that_closes_its_output_and_hangs_is_ended) {
    cr_assert_eq(run_with("exec >&-; sleep 1000", hr_slice_of(""), 200, -1), -ETIMEDOUT);
    cr_expect_not_null(strstr(problem.message, "had not ended"));
}

Test(beside_run, a_child_that_it_leaves_behind_holds_nobody_up) {
    cr_assert_eq(run_with("sleep 1000 & echo result $!", hr_slice_of(""), 60000, -1), 0);
    cr_assert_gt(output.size, 8);
    cr_expect_eq(memcmp(output.text, "result ", 7), 0);
    kill((pid_t)strtol(output.text + 7, NULL, 10), SIGKILL);
    free(output.text);
}
