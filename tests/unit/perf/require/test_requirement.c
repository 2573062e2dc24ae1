/* Requirements: their form, and reports that meet or miss them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "requirement.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char report[] =
    "{\"protocol\":1,\"success_rate\":0.75,\"name\":\"x\",\"nothing\":null,"
    "\"operations\":{\"succeeded\":3,\"failed\":1},"
    "\"latency_ms\":{\"p50\":1.5,\"p99\":12.5},\"errors\":{\"HTTP 503\":1,\"a.b\":2},"
    "\"kinds\":{\"get\":{\"operations\":{\"succeeded\":3},\"latency_ms\":{\"p99\":12.5}},"
    "\"put\":{\"operations\":{\"succeeded\":0},\"latency_ms\":{\"p99\":0}}}}";

static perf_members *read_report(void) {
    perf_members *members = perf_members_read(report, sizeof report - 1);
    cr_assert_not_null(members);
    return members;
}

Test(requirement, forms) {
    static const struct {
        const char *text, *path;
        enum perf_comparison comparison;
        double bound;
        const char *why; /* NULL: it is one */
    } rows[] = {
        {"latency_ms.p99<10", "latency_ms.p99", PERF_LESS, 10, NULL},
        {"latency_ms.p99 <= 10.5", "latency_ms.p99", PERF_AT_MOST, 10.5, NULL},
        {"success_rate>=0.9999", "success_rate", PERF_AT_LEAST, 0.9999, NULL},
        {"operations.failed==0", "operations.failed", PERF_EQUAL, 0, NULL},
        {"operations_per_s>1e3", "operations_per_s", PERF_MORE, 1000, NULL},
        {"errors.HTTP 503<-1", "errors.HTTP 503", PERF_LESS, -1, NULL},
        {"", NULL, 0, 0, "no path"},
        {"<10", NULL, 0, 0, "no path"},
        {"a", NULL, 0, 0, "no operator"},
        {"a=1", NULL, 0, 0, "no operator"},
        {"a!=1", NULL, 0, 0, "no operator"},
        {"a<", NULL, 0, 0, "number"},
        {"a<b", NULL, 0, 0, "number"},
        {"a<1ms", NULL, 0, 0, "number"},
        {"a<nan", NULL, 0, 0, "number"},
        {"a<1e999", NULL, 0, 0, "number"},
        {"a<1<2", NULL, 0, 0, "number"},
        {"a<>1", NULL, 0, 0, "number"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct perf_requirement read = {.path = "untouched"};
        char why[160] = "";
        int result = perf_requirement_parse(rows[i].text, &read, why, sizeof why);
        cr_expect_eq(result, rows[i].why ? -1 : 0, "%s", rows[i].text);
        if (rows[i].why) {
            cr_expect_not_null(strstr(why, rows[i].why), "%s: %s", rows[i].text, why);
            cr_expect_str_eq(read.path, "untouched");
            continue;
        }
        cr_expect_str_eq(read.path, rows[i].path);
        cr_expect_eq(read.comparison, rows[i].comparison, "%s", rows[i].text);
        cr_expect_float_eq(read.bound, rows[i].bound, 1e-12);
    }
}

Test(requirement, a_path_has_a_limit) {
    char text[PERF_REQUIREMENT_PATH_MAX + 8], why[300];
    struct perf_requirement read;
    memset(text, 'a', sizeof text);
    memcpy(text + PERF_REQUIREMENT_PATH_MAX - 1, "<1", 3);
    cr_expect_eq(perf_requirement_parse(text, &read, why, sizeof why), 0);
    memcpy(text + PERF_REQUIREMENT_PATH_MAX - 1, "a<1", 4);
    cr_expect_eq(perf_requirement_parse(text, &read, why, sizeof why), -1);
}

/* Path, operator and bound against the report above. */
Test(requirement, each_is_held_against_its_member) {
    static const struct {
        const char *text;
        bool met, measured;
        double value;
    } rows[] = {
        {"latency_ms.p99<12.5", false, true, 12.5},
        {"latency_ms.p99<=12.5", true, true, 12.5},
        {"latency_ms.p99>12.5", false, true, 12.5},
        {"latency_ms.p99>=12.5", true, true, 12.5},
        {"success_rate==0.75", true, true, 0.75},
        {"success_rate==0.76", false, true, 0.75},
        {"kinds.get.latency_ms.p99<20", true, true, 12.5},
        {"kinds.put.latency_ms.p99<20", false, false, 0}, /* of nothing */
        {"errors.HTTP 503<2", true, true, 1},
        {"errors.a.b==2", true, true, 2},
        {"errors.ECONNRESET==0", true, true, 0},
        {"name<1", false, false, 0},
        {"nothing<1", false, false, 0},
        {"operations<1", false, false, 0},
        {"operations.failed.x<1", false, false, 0},
        {"nowhere<1", false, false, 0},
        {".protocol<2", false, false, 0},
        {"protocol.<2", false, false, 0},
    };
    struct perf_requirement list[COUNT(rows)];
    char why[300];
    size_t missed = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        missed += !rows[i].met;
        cr_assert_eq(perf_requirement_parse(rows[i].text, &list[i], why, sizeof why), 0, "%s", why);
    }
    perf_members *members = read_report();
    cr_expect_eq(perf_requirements_hold(list, COUNT(rows), members), missed);
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_expect_eq(list[i].met, rows[i].met, "%s", rows[i].text);
        cr_expect_eq(list[i].measured, rows[i].measured, "%s", rows[i].text);
        if (rows[i].measured)
            cr_expect_float_eq(list[i].value, rows[i].value, 1e-12, "%s", rows[i].text);
    }
    perf_members_free(members);
}

Test(requirement, members_that_may_come) {
    perf_members *members = read_report();
    cr_expect(perf_members_may_have(members, "latency_ms.p50"));
    cr_expect(perf_members_may_have(members, "errors.anything"));
    cr_expect_not(perf_members_may_have(members, "errors"));
    cr_expect_not(perf_members_may_have(members, "errors."));
    cr_expect_not(perf_members_may_have(members, "latency_ms"));
    cr_expect_not(perf_members_may_have(members, "latency.p50"));
    cr_expect_not(perf_members_may_have(members, ""));
    perf_members_free(members);
}

static void join(void *user, const char *path) {
    char *text = user;
    size_t size = strlen(text);
    snprintf(text + size, 1024 - size, "%s ", path);
}

Test(requirement, every_number_is_listed_once) {
    char paths[1024] = "";
    perf_members *members = read_report();
    perf_members_each(members, join, paths);
    cr_expect_str_eq(paths, "protocol success_rate operations.succeeded operations.failed "
                            "latency_ms.p50 latency_ms.p99 errors.HTTP 503 errors.a.b "
                            "kinds.get.operations.succeeded kinds.get.latency_ms.p99 "
                            "kinds.put.operations.succeeded kinds.put.latency_ms.p99 ");
    perf_members_free(members);
    static const char deep[] = "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}"
                               "}}}}}}},\"b\":2}";
    members = perf_members_read(deep, sizeof deep - 1);
    cr_assert_not_null(members);
    *paths = '\0';
    perf_members_each(members, join, paths);
    cr_expect_str_eq(paths, "b ", "nine levels are too many: %s", paths);
    perf_members_free(members);
}

Test(requirement, no_report_is_none) {
    cr_expect_null(perf_members_read("", 0));
    cr_expect_null(perf_members_read("[1]", 3));
    cr_expect_null(perf_members_read("{", 1));
    perf_members_free(NULL);
}

Test(requirement, both_forms_name_the_value) {
    struct perf_requirement list[2];
    char why[300], buffer[1024], *text = NULL;
    size_t size = 0;
    perf_requirement_parse("latency_ms.p99<10", &list[0], why, sizeof why);
    perf_requirement_parse("nowhere<10", &list[1], why, sizeof why);
    perf_members *members = read_report();
    perf_requirements_hold(list, 2, members);
    perf_members_free(members);
    struct hr_json_writer json;
    hr_json_init(&json, buffer, sizeof buffer, NULL, NULL);
    hr_json_object(&json);
    perf_requirements_json(&json, list, 2);
    hr_json_end(&json);
    cr_assert_eq(hr_json_finish(&json), 0);
    buffer[json.size] = '\0';
    cr_expect_str_eq(buffer, "{\"requirements\":[{\"require\":\"latency_ms.p99<10\",\"path\":"
                             "\"latency_ms.p99\",\"comparison\":\"<\",\"bound\":10,\"value\":12.5,"
                             "\"met\":false},{\"require\":\"nowhere<10\",\"path\":\"nowhere\","
                             "\"comparison\":\"<\",\"bound\":10,\"value\":null,\"met\":false}]}");
    FILE *out = open_memstream(&text, &size);
    perf_requirements_text(out, list, 2);
    fclose(out);
    cr_expect_str_eq(text, "\nrequirements\n  missed  latency_ms.p99<10: it is 12.5\n"
                           "  missed  nowhere<10: the run has no such value\n");
    free(text);
}

Test(requirement, some_allow_for_failures) {
    static const struct {
        const char *text;
        bool allows;
    } rows[] = {{"success_rate>=0.99", true},  {"operations.failed<5", true},
                {"errors.SlowDown<5", true},   {"first_attempt_success_rate>0.9", false},
                {"operations_per_s>5", false}, {"latency_ms.p99<5", false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct perf_requirement read;
        char why[300];
        perf_requirement_parse(rows[i].text, &read, why, sizeof why);
        cr_expect_eq(perf_requirement_allows_failures(&read), rows[i].allows, "%s", rows[i].text);
    }
}
