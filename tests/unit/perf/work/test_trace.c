/* Traces: their lines, their times, what is refused. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int read_text(struct perf_trace *trace, const char *text, char why[300]) {
    *why = '\0';
    return perf_trace_read(trace, text, strlen(text), 77, why, 300);
}

Test(trace, lines) {
    static const char text[] = "time,operation,key,size\r\n"
                               "0,put,a/1,1000\r\n"
                               "0.5, GET , a/1 ,\n"
                               "\n"
                               "0.5,get,b,70000\n"
                               "1.0000000019,list,a/\n"
                               "604800,delete,a/1,";
    static const struct perf_trace_entry expected[] = {
        {0, 1000, 0, PERF_PUT},
        {500000000, PERF_TRACE_ANY_SIZE, 0, PERF_GET},
        {500000000, 70000, 1, PERF_GET},
        {1000000001, PERF_TRACE_ANY_SIZE, 2, PERF_LIST},
        {604800000000000, PERF_TRACE_ANY_SIZE, 0, PERF_DELETE},
    };
    struct perf_trace trace;
    char why[300];
    cr_assert_eq(read_text(&trace, text, why), 0, "%s", why);
    cr_assert_eq(trace.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        cr_expect_eq(trace.entries[i].due_ns, expected[i].due_ns, "%zu", i);
        cr_expect_eq(trace.entries[i].size, expected[i].size, "%zu", i);
        cr_expect_eq(trace.entries[i].key, expected[i].key, "%zu", i);
        cr_expect_eq(trace.entries[i].kind, expected[i].kind, "%zu", i);
    }
    cr_expect_eq(trace.key_count, 3);
    cr_expect_eq(trace.kinds[PERF_GET], 2);
    cr_expect_eq(trace.largest, 70000);
    perf_trace_free(&trace);
}

Test(trace, what_is_wrong_is_told_with_its_line) {
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "line 0: the trace has no operation"},
        {"time,operation,key,size\n\n", "no operation"},
        {"0,put,a,1\ntime,operation,key,size\n", "line 2: 'time' is no time"},
        {"0,put,a", "line 1: a put needs a size"},
        {"0,put,a,", "a put needs a size"},
        {"0,put", "4 fields"},
        {"0,put,a,1,2", "4 fields"},
        {"-1,get,a,", "'-1' is no time"},
        {",get,a,", "'' is no time"},
        {"1.,get,a,", "'1.' is no time"},
        {".5,get,a,", "'.5' is no time"},
        {"1.5x,get,a,", "'1.5x'"},
        {"1e3,get,a,", "'1e3'"},
        {"604801,get,a,", "'604801'"},
        {"0,copy,a,", "'copy' is no operation"},
        {"0,get,,", "a key has 1 to 400 bytes"},
        {"0,get,\"a\",", "quote"},
        {"0,get,a,x", "'x' is no size"},
        {"0,get,a,-1", "'-1' is no size"},
        {"0,put,a,5368709121", "'5368709121' is no size"},
        {"1,get,a,\n0.5,get,a,\n", "line 2: the time 0.5 is before"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct perf_trace trace;
        char why[300];
        cr_expect_eq(read_text(&trace, rows[i].text, why), -EINVAL, "'%s'", rows[i].text);
        cr_expect_not_null(strstr(why, rows[i].why), "'%s': %s", rows[i].text, why);
        cr_expect_null(trace.entries);
    }
}

Test(trace, a_key_has_a_limit) {
    char text[PERF_TRACE_KEY_MAX + 16], why[300];
    struct perf_trace trace;
    snprintf(text, sizeof text, "0,get,%0*d", PERF_TRACE_KEY_MAX, 7);
    cr_expect_eq(read_text(&trace, text, why), 0, "%s", why);
    perf_trace_free(&trace);
    snprintf(text, sizeof text, "0,get,%0*d", PERF_TRACE_KEY_MAX + 1, 7);
    cr_expect_eq(read_text(&trace, text, why), -EINVAL);
}

Test(trace, many_keys_are_told_apart) {
    enum { LINES = 20000 };
    char *text = malloc(LINES * 24), why[300];
    size_t size = 0;
    struct perf_trace trace;
    for (unsigned i = 0; i < LINES; i++)
        size += (size_t)snprintf(text + size, 24, "%u,get,k%u\n", i / 100, i % 7000);
    cr_assert_eq(perf_trace_read(&trace, text, size, 77, why, sizeof why), 0, "%s", why);
    cr_expect_eq(trace.key_count, 7000);
    for (unsigned i = 0; i < LINES; i++) cr_expect_eq(trace.entries[i].key, i % 7000);
    perf_trace_free(&trace);
    free(text);
}

Test(trace, what_is_due) {
    struct perf_trace trace;
    char why[300];
    cr_assert_eq(read_text(&trace, "1,get,a\n1,get,b\n2,get,c\n", why), 0, "%s", why);
    cr_expect_eq(perf_trace_due(&trace, 0), 0);
    cr_expect_eq(perf_trace_due(&trace, 999999999), 0);
    cr_expect_eq(perf_trace_due(&trace, 1000000000), 2);
    cr_expect_eq(perf_trace_due(&trace, 1999999999), 2);
    cr_expect_eq(perf_trace_due(&trace, UINT64_MAX), 3);
    perf_trace_free(&trace);
}

/* A key that is read first is there before, with the size that the trace or the workload says. */
Test(trace, operations_and_fills) {
    struct perf_trace trace;
    char why[300], key[PERF_KEY_SIZE];
    struct perf_step step;
    cr_assert_eq(read_text(&trace, "1,get,a\n1,get,b,5\n2,put,b,9\n3,put,c,8\n", why), 0);
    struct perf_workload workload = {.prefix = "p/", .trace = &trace, .mix = {.total = 1}};
    perf_choose_trace(&workload, 2, &step);
    cr_expect_eq(step.kind, PERF_PUT);
    perf_workload_key(&workload, step.index, key);
    cr_expect_str_eq(key, "p/b");
    cr_expect_eq(perf_workload_size(&workload, step.body), 9);
    perf_choose_trace(&workload, 0, &step);
    cr_expect_eq(perf_workload_size(&workload, step.body), PERF_TRACE_ANY_SIZE);
    cr_expect_eq(perf_workload_population(&workload), 3);
    static const uint64_t fills[] = {77, 5, 8};
    for (uint64_t number = 0; number < 3; number++) {
        perf_choose_trace_fill(&workload, number, &step);
        cr_expect_eq(step.kind, PERF_PUT);
        cr_expect_eq(perf_workload_size(&workload, step.body), fills[number]);
    }
    cr_expect_eq(trace.keys[1].bytes, 9);
    cr_expect_eq(trace.largest, 77);
    perf_trace_free(&trace);
}

Test(trace, the_head_of_requests_is_one) {
    struct perf_trace trace;
    char why[300];
    cr_assert_eq(read_text(&trace, "time,method,path,size\n0,HEAD,/a?b=c,\n", why), 0, "%s", why);
    cr_expect_eq(trace.count, 1);
    cr_expect_eq(trace.entries[0].kind, PERF_HEAD);
    cr_expect_eq(trace.keys[0].size, strlen("/a?b=c"));
    perf_trace_free(&trace);
    cr_expect_eq(read_text(&trace, "0,get,/a,\ntime,method,path,size\n", why), -EINVAL);
}
