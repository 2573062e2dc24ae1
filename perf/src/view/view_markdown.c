/* A summary as Markdown: the parts of the seeds' implementation report, each figure with its
 * target, margin, command and machine. */
#include <string.h>

#include "escaped.h"
#include "summary_view.h"

static void put(FILE *out, const char *text) {
    perf_escaped_put(out, PERF_FORM_MARKDOWN, text);
}

static const char *const outcome_marks[] = {[PERF_CHECK_PASSED] = "✅ passed",
                                            [PERF_CHECK_FAILED] = "❌ failed",
                                            [PERF_CHECK_NOT_RUN] = "not run"};

/* ---- The head. */

static void put_summary(FILE *out, const struct perf_view *view) {
    const struct perf_summary *summary = view->summary;
    struct perf_check_counts all = {0};
    for (unsigned i = 0; i < summary->suite_count; i++) {
        struct perf_check_counts counts = perf_suite_counts(summary->suites[i]);
        all.passed += counts.passed;
        all.failed += counts.failed;
        all.not_run += counts.not_run;
    }
    fprintf(out,
            "## Executive Summary\n\n%u results, %u suites: %u checks passed, %u failed, %u were "
            "not run.",
            summary->subject_count, summary->suite_count, all.passed, all.failed, all.not_run);
    if (view->comparisons)
        fprintf(out, " %u figures were compared with the baseline, %u are worse past %g %%.",
                view->comparisons->count, view->comparisons->past,
                100 * view->comparisons->threshold);
    fputs("\n\n", out);
    for (unsigned i = 0; i < view->issues->count && i < PERF_ISSUES_MAX; i++) {
        fputs("- ", out);
        put(out, view->issues->list[i]);
        fputc('\n', out);
    }
    if (view->issues->count > PERF_ISSUES_MAX)
        fprintf(out, "- and %u more\n", view->issues->count - PERF_ISSUES_MAX);
    if (view->issues->count) fputc('\n', out);
}

/* ---- Suites. */

/* "host, processor, 8 cores, kernel" of what is known. */
static void put_machine(FILE *out, const struct perf_facts *facts) {
    static const char *const names[] = {"host", "processor", "machine", "cores", "kernel"};
    bool any = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = perf_fact_of(facts, names[i]);
        if (!*value) continue;
        if (any) fputs(", ", out);
        put(out, value);
        if (strcmp(names[i], "cores") == 0) fputs(" cores", out);
        any = true;
    }
    if (!any) fputs("-", out);
}

static void put_value(FILE *out, const struct perf_check *check) {
    if (check->has_value)
        fprintf(out, " %.6g ", check->value);
    else
        fputs(" - ", out);
    put(out, check->has_value ? check->unit : "");
    fputs(" | ", out);
    if (check->has_target) fprintf(out, "%s %.6g ", check->comparison, check->target);
    put(out, check->has_target ? check->unit : "-");
    double margin;
    if (perf_check_margin(check, &margin))
        fprintf(out, " | %.1f %% | ", margin);
    else
        fputs(" | - | ", out);
}

static void put_check(FILE *out, const struct perf_suite *suite, const struct perf_check *check) {
    fputs("| ", out);
    put(out, check->name);
    fprintf(out, " | %s", outcome_marks[check->outcome]);
    if (*check->why) fputs(": ", out);
    put(out, check->why);
    fputs(" |", out);
    put_value(out, check);
    const char *command = *check->command ? check->command : perf_fact_of(&suite->facts, "command");
    put(out, *command ? command : "-");
    fputs(" | ", out);
    put_machine(out, &suite->facts);
    fputs(" |\n", out);
}

static const char *status_of(const struct perf_suite *suite) {
    struct perf_check_counts counts = perf_suite_counts(suite);
    if (counts.failed) return "❌ FAILED";
    if (counts.passed == 0) return "❌ NOTHING WAS RUN";
    return counts.not_run ? "PASSED, BUT NOT ALL WAS RUN" : "✅ PASSED";
}

static void put_suites(FILE *out, const struct perf_summary *summary) {
    fputs("## Test Results Summary\n\n", out);
    if (summary->suite_count == 0) fputs("No suite was run.\n\n", out);
    for (unsigned i = 0; i < summary->suite_count; i++) {
        const struct perf_suite *suite = summary->suites[i];
        fputs("### ", out);
        put(out, suite->title);
        fprintf(out, "\n\n**Status:** %s\n\n", status_of(suite));
        if (suite->check_count == 0) continue;
        fputs("| check | outcome | value | target | margin | command | machine |\n"
              "|---|---|---|---|---|---|---|\n",
              out);
        for (unsigned c = 0; c < suite->check_count; c++) put_check(out, suite, &suite->checks[c]);
        fputc('\n', out);
    }
}

/* ---- Criteria. */

static void put_evidence(FILE *out, const struct perf_summary *summary,
                         const struct perf_criterion *criterion) {
    for (unsigned s = 0; s < summary->suite_count; s++) {
        const struct perf_suite *suite = summary->suites[s];
        for (unsigned i = 0; i < suite->check_count; i++)
            if (strcmp(suite->checks[i].criterion, criterion->name) == 0)
                put_check(out, suite, &suite->checks[i]);
    }
}

static bool has_evidence(const struct perf_summary *summary,
                         const struct perf_criterion *criterion) {
    for (unsigned s = 0; s < summary->suite_count; s++)
        for (unsigned i = 0; i < summary->suites[s]->check_count; i++)
            if (strcmp(summary->suites[s]->checks[i].criterion, criterion->name) == 0) return true;
    return false;
}

static void put_criterion(FILE *out, const struct perf_summary *summary,
                          const struct perf_criterion *criterion) {
    enum perf_outcome_of_check outcome = perf_criterion_outcome(summary, criterion);
    fprintf(out, "- [%c] %s: %s\n", outcome == PERF_CHECK_PASSED ? 'x' : ' ', criterion->text,
            outcome_marks[outcome]);
}

static void put_criteria(FILE *out, const struct perf_summary *summary, bool objectives) {
    bool any = false;
    for (unsigned i = 0; i < PERF_CRITERIA; i++) {
        if (perf_criteria[i].is_objective != objectives) continue;
        put_criterion(out, summary, &perf_criteria[i]);
        any = any || has_evidence(summary, &perf_criteria[i]);
    }
    fputc('\n', out);
    if (!any) return;
    fputs("| check | outcome | value | target | margin | command | machine |\n"
          "|---|---|---|---|---|---|---|\n",
          out);
    for (unsigned i = 0; i < PERF_CRITERIA; i++)
        if (perf_criteria[i].is_objective == objectives)
            put_evidence(out, summary, &perf_criteria[i]);
    fputc('\n', out);
}

/* ---- Results. */

static void put_number(FILE *out, const struct perf_number *number) {
    fputs("| ", out);
    put(out, number->name);
    fprintf(out, " | %.6g |", number->value);
    if (number->least >= 0)
        fprintf(out, " %.6g-%.6g |", number->least, number->most);
    else
        fputs(" - |", out);
    fprintf(out, " %u |\n", number->count);
}

static void put_counts(FILE *out, const struct perf_subject *subject) {
    const struct perf_operations *operations = &subject->all->operations;
    fprintf(out, "%llu submitted, %llu succeeded, %llu failed, %llu cancelled",
            (unsigned long long)operations->submitted, (unsigned long long)operations->succeeded,
            (unsigned long long)operations->failed, (unsigned long long)operations->cancelled);
    if (subject->is_load) fprintf(out, " in %.3f s", subject->load.duration_s);
    if (subject->shards > 1) fprintf(out, ", of %u shards at once", subject->shards);
    if (subject->rounds > 1) fprintf(out, ", in %u rounds", subject->rounds);
    fputs(".\n\n", out);
    for (unsigned i = 0; i < subject->failure_count; i++) {
        fprintf(out, "- %llu x ", (unsigned long long)subject->failures[i].count);
        put(out, subject->failures[i].name);
        fputs(", e.g. ", out);
        put(out, subject->failures[i].example);
        fputc('\n', out);
    }
    if (subject->failure_count) fputc('\n', out);
}

static void put_requirements(FILE *out, const struct perf_subject *subject) {
    for (unsigned i = 0; i < subject->requirement_count; i++) {
        const struct perf_check *check = &subject->requirements[i];
        fputs("- required: ", out);
        put(out, check->name);
        fprintf(out, ": %s", outcome_marks[check->outcome]);
        if (check->has_value) fprintf(out, ", %.6g", check->value);
        fputc('\n', out);
    }
    if (subject->requirement_count) fputc('\n', out);
}

static void put_facts(FILE *out, const struct perf_facts *facts) {
    for (unsigned i = 0; i < facts->count; i++) {
        fputs(i ? "; " : "Environment: ", out);
        put(out, facts->list[i].name);
        fputc(' ', out);
        put(out, facts->list[i].value);
    }
    if (facts->count) fputs("\n\n", out);
}

static void put_title(FILE *out, const struct perf_subject *subject) {
    fputs("### ", out);
    put(out, subject->name);
    if (*subject->target) fputs(" at ", out);
    put(out, subject->target);
    fputs("\n\n", out);
    if (!*subject->workload) return;
    put(out, subject->workload);
    fputs("\n\n", out);
}

static void put_subject(FILE *out, const struct perf_subject *subject) {
    put_title(out, subject);
    if (*subject->missing) {
        fputs("Not measured: ", out);
        put(out, subject->missing);
        fputs("\n\n", out);
        return;
    }
    if (subject->all) put_counts(out, subject);
    put_requirements(out, subject);
    fputs("| figure | value | least-most | rounds |\n|---|---|---|---|\n", out);
    for (unsigned i = 0; i < subject->number_count; i++) put_number(out, &subject->numbers[i]);
    fputc('\n', out);
    put_facts(out, &subject->facts);
}

static void put_comparison(FILE *out, const struct perf_comparison *made) {
    fputs("| ", out);
    put(out, made->subject->name);
    fputs(" | ", out);
    put(out, made->now->name);
    fprintf(out, " | %.6g | %.6g | %.3f", made->now->value, made->then->value, made->ratio.median);
    if (made->judged)
        fprintf(out, " (%.3f-%.3f) | %.3g |", made->ratio.low, made->ratio.high, made->p);
    else
        fputs(" | one run |", out);
    fprintf(out, " %s%s |\n", perf_change_words[made->change],
            made->is_past ? ", past the threshold" : "");
}

static void put_comparisons(FILE *out, const struct perf_comparisons *comparisons) {
    fprintf(
        out,
        "### Compared with the baseline\n\n"
        "| result | figure | now | then | ratio | p | verdict |\n|---|---|---|---|---|---|---|\n");
    for (unsigned i = 0; i < comparisons->count; i++) put_comparison(out, &comparisons->list[i]);
    fprintf(out,
            "\nThe threshold is %g %%. \"better\" and \"worse\" over rounds have p < 0.05 by "
            "Mann-Whitney and are over 2 %%; \"same\" is no proof of equality; of one run the "
            "size alone is judged.\n\n",
            100 * comparisons->threshold);
}

static void put_results(FILE *out, const struct perf_view *view) {
    const struct perf_summary *summary = view->summary;
    if (summary->subject_count) fputs("## Results\n\n", out);
    for (unsigned i = 0; i < summary->subject_count; i++) put_subject(out, summary->subjects[i]);
    if (view->comparisons) put_comparisons(out, view->comparisons);
    for (unsigned i = 0; i < summary->warning_count; i++) {
        fputs("- Warning: ", out);
        put(out, summary->warnings[i]);
        fputc('\n', out);
    }
    if (summary->warning_count) fputc('\n', out);
}

/* ---- The end. */

static void put_next_steps(FILE *out, bool complete) {
    fputs("## Next Steps\n\n", out);
    if (complete)
        fputs("✅ **COMPLETE** - all objectives that were checked are met\n\n"
              "**Immediate Actions:**\n\n"
              "1. Keep these result files: they are the baseline of the next run\n"
              "2. Update the documentation with these figures, their commands and machine\n"
              "3. Proceed to the next phase\n",
              out);
    else
        fputs("❌ **INCOMPLETE** - issues require resolution\n\n"
              "**Required Actions:**\n\n"
              "1. Review each issue of the Executive Summary\n"
              "2. Address regressions of performance or function; run what was not run\n"
              "3. Validate all criteria again\n"
              "4. Do not proceed to the next phase until all issues are resolved\n",
              out);
}

void perf_view_markdown(FILE *out, const struct perf_view *view) {
    bool complete = view->issues->count == 0;
    fprintf(out, "# headrace report\n\n**Generated:** %s\n**Status:** %s\n\n", view->generated,
            complete ? "✅ COMPLETE" : "❌ ISSUES FOUND");
    put_summary(out, view);
    put_suites(out, view->summary);
    fputs("## Success Criteria Validation\n\n### Objectives\n\n", out);
    put_criteria(out, view->summary, true);
    fputs("### Integration Success\n\n", out);
    put_criteria(out, view->summary, false);
    put_results(out, view);
    put_next_steps(out, complete);
}
