/* A summary as JUnit XML: test cases are checks of suites, results of loads, and comparisons. */
#include "escaped.h"
#include "summary_view.h"

struct tally {
    unsigned tests, failures, skipped;
};

static void put_attribute(FILE *out, const char *name, const char *value) {
    fprintf(out, " %s=", name);
    perf_escaped_quoted(out, PERF_FORM_XML, value);
}

static void open_suite(FILE *out, const char *name, const struct tally *tally) {
    fputs("  <testsuite", out);
    put_attribute(out, "name", name);
    fprintf(out, " tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\">\n", tally->tests,
            tally->failures, tally->skipped);
}

static void put_facts(FILE *out, const struct perf_facts *facts) {
    if (facts->count == 0) return;
    fputs("    <properties>\n", out);
    for (unsigned i = 0; i < facts->count; i++) {
        fputs("      <property", out);
        put_attribute(out, "name", facts->list[i].name);
        put_attribute(out, "value", facts->list[i].value);
        fputs("/>\n", out);
    }
    fputs("    </properties>\n", out);
}

static void open_case(FILE *out, const char *group, const char *name) {
    fputs("    <testcase", out);
    put_attribute(out, "classname", group);
    put_attribute(out, "name", name);
    fputc('>', out);
}

/* `kind` is "failure" or "skipped". */
static void put_reason(FILE *out, const char *kind, const char *why) {
    fprintf(out, "<%s", kind);
    put_attribute(out, "message", why);
    fputs("/>", out);
}

/* ---- Suites. */

static void put_check(FILE *out, const struct perf_suite *suite, const struct perf_check *check) {
    char why[2 * PERF_SHOWN_MAX];
    snprintf(why, sizeof why, "%s%s%g %s is not %s %g %s", check->why, *check->why ? ": " : "",
             check->value, check->unit, check->comparison, check->target, check->unit);
    open_case(out, suite->name, check->name);
    if (check->outcome == PERF_CHECK_FAILED)
        put_reason(out, "failure", check->has_value && check->has_target ? why : check->why);
    if (check->outcome == PERF_CHECK_NOT_RUN)
        put_reason(out, "skipped", *check->why ? check->why : "not run");
    fputs("</testcase>\n", out);
}

/* A suite that ran nothing fails: a case of its own says so. */
static void put_suite(FILE *out, const struct perf_suite *suite) {
    struct perf_check_counts counts = perf_suite_counts(suite);
    bool nothing = counts.passed + counts.failed == 0;
    const struct tally tally = {suite->check_count + nothing, counts.failed + nothing,
                                counts.not_run};
    open_suite(out, suite->name, &tally);
    put_facts(out, &suite->facts);
    for (unsigned i = 0; i < suite->check_count; i++) put_check(out, suite, &suite->checks[i]);
    if (nothing) {
        open_case(out, suite->name, "runs something");
        put_reason(out, "failure", "the suite ran nothing");
        fputs("</testcase>\n", out);
    }
    fputs("  </testsuite>\n", out);
}

/* ---- Results. */

static struct tally tally_of(const struct perf_subject *subject) {
    bool alone = *perf_error_alone(subject), failed = perf_failures_of(subject) != NULL;
    struct tally tally = {1 + alone + subject->requirement_count, alone + failed,
                          *subject->missing ? 1 : 0};
    for (unsigned i = 0; i < subject->requirement_count; i++)
        tally.failures += subject->requirements[i].outcome == PERF_CHECK_FAILED;
    return tally;
}

static void put_requirement(FILE *out, const struct perf_subject *subject,
                            const struct perf_check *check) {
    char why[PERF_NAME_MAX] = "there is no value";
    if (check->has_value) snprintf(why, sizeof why, "it is %.9g", check->value);
    open_case(out, subject->name, check->name);
    if (check->outcome == PERF_CHECK_FAILED) put_reason(out, "failure", why);
    fputs("</testcase>\n", out);
}

static void put_operations(FILE *out, const struct perf_subject *subject) {
    const char *why = perf_failures_of(subject);
    open_case(out, subject->name, "operations succeed");
    if (*subject->missing) put_reason(out, "skipped", subject->missing);
    if (why) put_reason(out, "failure", why);
    fputs("</testcase>\n", out);
}

static void put_subject(FILE *out, const struct perf_subject *subject) {
    const struct tally tally = tally_of(subject);
    const char *alone = perf_error_alone(subject);
    open_suite(out, subject->name, &tally);
    put_facts(out, &subject->facts);
    put_operations(out, subject);
    if (*alone) {
        open_case(out, subject->name, "ends well");
        put_reason(out, "failure", alone);
        fputs("</testcase>\n", out);
    }
    for (unsigned i = 0; i < subject->requirement_count; i++)
        put_requirement(out, subject, &subject->requirements[i]);
    fputs("  </testsuite>\n", out);
}

/* ---- Comparisons. */

static void put_comparison(FILE *out, const struct perf_comparison *made, double threshold) {
    char name[2 * PERF_SHOWN_MAX], why[PERF_SHOWN_MAX];
    snprintf(name, sizeof name, "%s%s%s: %s", made->subject->name,
             *made->subject->target ? " at " : "", made->subject->target, made->now->name);
    open_case(out, "baseline", name);
    if (made->is_past) {
        snprintf(why, sizeof why, "%.6g, was %.6g: ratio %.3f (%.3f-%.3f), threshold %g %%",
                 made->now->value, made->then->value, made->ratio.median, made->ratio.low,
                 made->ratio.high, 100 * threshold);
        put_reason(out, "failure", why);
    }
    fputs("</testcase>\n", out);
}

/* A baseline with no counterpart of anything fails: a case of its own says so. */
static void put_comparisons(FILE *out, const struct perf_comparisons *comparisons) {
    bool nothing = comparisons->count == 0;
    const struct tally tally = {comparisons->count + nothing, comparisons->past + nothing, 0};
    open_suite(out, "baseline", &tally);
    for (unsigned i = 0; i < comparisons->count; i++)
        put_comparison(out, &comparisons->list[i], comparisons->threshold);
    if (nothing) {
        open_case(out, "baseline", "has counterparts");
        put_reason(out, "failure", "nothing was compared");
        fputs("</testcase>\n", out);
    }
    fputs("  </testsuite>\n", out);
}

void perf_view_junit(FILE *out, const struct perf_view *view) {
    const struct perf_summary *summary = view->summary;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"headrace report\">\n",
          out);
    for (unsigned i = 0; i < summary->suite_count; i++) put_suite(out, summary->suites[i]);
    for (unsigned i = 0; i < summary->subject_count; i++) put_subject(out, summary->subjects[i]);
    if (view->comparisons) put_comparisons(out, view->comparisons);
    fputs("</testsuites>\n", out);
}
