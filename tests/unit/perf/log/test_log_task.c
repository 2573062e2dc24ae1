/* A logger as a peer: its workload, its calls, and the lines of its file. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_count.h"
#include "log_task.h"

static struct perf_log_task task;
static struct perf_log_done done;
static struct hr_error problem;

static int read_text(const char *text) {
    FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    int err = perf_log_task_read(in, &task, &problem);
    fclose(in);
    return err;
}

#define WORK(form, threads, operations)                                                            \
    "{\"protocol\":1,\"kind\":\"log\",\"path\":\"/x/y\",\"form\":\"" form                          \
    "\",\"threads\":" threads ",\"operations\":" operations "}"

Test(log_task, its_workload) {
    cr_assert_eq(read_text(WORK("json", "4", "4000")), 0, "%s", problem.message);
    cr_expect_str_eq(task.path, "/x/y");
    cr_expect(task.form == PERF_LOG_JSON && task.threads == 4 && task.records == 4000);
}

Test(log_task, a_workload_that_is_wrong_names_the_member) {
    static const struct {
        const char *text, *words;
    } cases[] = {{WORK("logfmt", "1", "10"), "form is neither"},
                 {WORK("text", "0", "10"), "threads is not from 1 to 64"},
                 {WORK("text", "65", "130"), "threads is not"},
                 {WORK("text", "4", "3"), "operations is not from 4"},
                 {WORK("text", "4", "10"), "no multiple of threads"},
                 {WORK("text", "1", "10000001"), "operations is not"},
                 {"{\"protocol\":1,\"kind\":\"log\"}", "path is no text"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(read_text(cases[i].text), -EPROTO, "%s", cases[i].text);
        cr_expect_not_null(strstr(problem.message, cases[i].words), "%s", problem.message);
    }
}

/* A logger that counts. */
struct fake {
    atomic_uint calls;
    uint64_t dropped;
    unsigned threads;
    bool flushed, closed;
};

static int fake_open(void *user, const struct perf_log_setup *setup) {
    ((struct fake *)user)->threads = setup->threads;
    cr_expect_eq(setup->records, 0); /* its own defaults */
    return 0;
}
static void fake_put(void *user, uint32_t count, struct perf_samples *samples, uint64_t gap) {
    cr_expect_eq(gap, 0);
    for (uint32_t i = 0; i < count; i++) {
        perf_samples_add(samples, (uint64_t)(1000 * perf_ticks_per_ns()));
        ((struct fake *)user)->calls++;
    }
}
static int fake_flush(void *user) {
    struct fake *fake = user;
    cr_expect_eq(fake->calls, 40); /* behind all of the calls */
    fake->flushed = true;
    return 0;
}
static uint64_t fake_dropped(void *user) {
    return ((struct fake *)user)->dropped;
}
static void fake_close(void *user) {
    ((struct fake *)user)->closed = true;
}

Test(log_task, all_threads_log_their_share_and_each_call_is_counted) {
    struct fake fake = {.dropped = 2};
    const struct perf_log_subject subject = {
        &fake, {true, false, false}, 0, fake_open, fake_put, fake_flush, fake_dropped, fake_close};
    const struct perf_log_task four = {"/nowhere", PERF_LOG_TEXT, 4, 40};
    perf_ticks_per_ns(); /* not from several threads at once */
    cr_assert_eq(perf_log_task_run(&subject, &four, &done), 0);
    cr_expect(fake.threads == 4 && fake.calls == 40 && fake.flushed && fake.closed);
    cr_expect_eq(done.latency_ns.count, 40);
    cr_expect_geq(done.latency_ns.min, 990);
    cr_expect_leq(done.latency_ns.max, 1010);
    cr_expect_eq(done.dropped, 2);
    cr_expect(done.duration_s > 0 && done.rss_peak_bytes > 0);
}

Test(log_task, lines_with_a_text_are_counted) {
    char path[] = "/tmp/headrace-test-log-count-XXXXXX";
    static const char text[] = "a message of it\nanother\n\na message of it, too\na message";
    int fd = mkstemp(path);
    uint64_t lines = 0;
    cr_assert_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
    cr_expect_eq(perf_log_count(path, "a message", &lines), 0);
    cr_expect_eq(lines, 2); /* the last one is not complete */
    unlink(path);
    cr_expect_eq(perf_log_count(path, "a message", &lines), -ENOENT);
}
