/* A summary as one page: tables that need no script, and plots. Nothing is fetched from anywhere:
 * the plotting library and the figures stand in the page, and its policy allows no connection. */
#include <string.h>

#include "escaped.h"
#include "page_script.h"
#include "summary_view.h"

#define WINDOW 4096

static void put(FILE *out, const char *text) {
    perf_escaped_put(out, PERF_FORM_XML, text);
}

/* ---- Figures for the script. */

/* JSON inside a script element: '<' is written as an escape of JSON, so that no text of a result
 * ends the element or begins a comment. */
static int put_without_tags(void *user, const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '<')
            fputs("\\u003c", user);
        else
            putc(data[i], user);
    }
    return 0;
}

static void put_data(FILE *out, const struct perf_view *view) {
    struct hr_json_writer json;
    char window[WINDOW];
    fputs("<script type=\"application/json\" id=\"data\">", out);
    hr_json_init(&json, window, sizeof window, put_without_tags, out);
    perf_view_json(&json, view);
    hr_json_finish(&json);
    fputs("</script>\n", out);
}

static void put_plots(FILE *out, const struct perf_view *view) {
    fputs("<h2>Plots</h2>\n", out);
    if (view->chart.size == 0) {
        fputs("<p class=\"bad\">No plots: ", out);
        put(out, view->chart_why && *view->chart_why ? view->chart_why
                                                     : "the plotting library is not there");
        fputs(".</p>\n", out);
        return;
    }
    fputs("<noscript><p>Plots need JavaScript; all figures stand in the tables.</p></noscript>\n"
          "<div class=\"plots\" id=\"plots\"></div>\n",
          out);
    put_data(out, view);
    fputs("<script>", out);
    fwrite(view->chart.data, 1, view->chart.size, out);
    fputs("</script>\n<script>", out);
    fputs(perf_page_script, out);
    fputs("</script>\n", out);
}

/* ---- Tables. */

static void open_table(FILE *out, const char *const *heads) {
    fputs("<div class=\"wide\"><table>\n<tr>", out);
    for (; *heads; heads++) fprintf(out, "<th>%s</th>", *heads);
    fputs("</tr>\n", out);
}

static void close_table(FILE *out) {
    fputs("</table></div>\n", out);
}

static void put_cell(FILE *out, const char *text) {
    fputs("<td>", out);
    put(out, text);
    fputs("</td>", out);
}

static void put_number_cell(FILE *out, bool known, double value, const char *unit) {
    fputs("<td class=\"n\">", out);
    if (known) fprintf(out, "%.6g", value);
    if (known && *unit) fputc(' ', out);
    put(out, known ? unit : "-");
    fputs("</td>", out);
}

static void put_outcome(FILE *out, const struct perf_check *check) {
    static const char *const classes[] = {"good", "bad", "soft"};
    fprintf(out, "<td class=\"%s\">%s", classes[check->outcome],
            perf_outcome_words[check->outcome]);
    if (*check->why) fputs(": ", out);
    put(out, check->why);
    fputs("</td>", out);
}

static void put_check(FILE *out, const struct perf_check *check, const struct perf_facts *facts) {
    double margin = 0;
    bool has_margin = perf_check_margin(check, &margin);
    fputs("<tr>", out);
    put_cell(out, check->name);
    put_outcome(out, check);
    put_number_cell(out, check->has_value, check->value, check->unit);
    fputs("<td class=\"n\">", out);
    put(out, check->comparison);
    if (check->has_target) fprintf(out, " %.6g ", check->target);
    put(out, check->has_target ? check->unit : "");
    fputs("</td>", out);
    put_number_cell(out, has_margin, margin, "%");
    put_cell(out, *check->command ? check->command : perf_fact_of(facts, "command"));
    put_cell(out, perf_fact_of(facts, "host"));
    fputs("</tr>\n", out);
}

static const char *const check_heads[] = {"check",  "outcome", "value", "target",
                                          "margin", "command", "host",  NULL};

static void put_suites(FILE *out, const struct perf_summary *summary) {
    if (summary->suite_count) fputs("<h2>Test Results Summary</h2>\n", out);
    for (unsigned i = 0; i < summary->suite_count; i++) {
        const struct perf_suite *suite = summary->suites[i];
        struct perf_check_counts counts = perf_suite_counts(suite);
        bool good = counts.failed == 0 && counts.passed > 0;
        fputs("<h3>", out);
        put(out, suite->title);
        fprintf(out, "</h3>\n<p class=\"%s\">%u passed, %u failed, %u not run</p>\n",
                good ? "good" : "bad", counts.passed, counts.failed, counts.not_run);
        open_table(out, check_heads);
        for (unsigned c = 0; c < suite->check_count; c++)
            put_check(out, &suite->checks[c], &suite->facts);
        close_table(out);
    }
}

static void put_criteria(FILE *out, const struct perf_summary *summary) {
    static const char *const heads[] = {"criterion", "", "outcome", NULL};
    if (summary->suite_count == 0) return;
    fputs("<h2>Success Criteria Validation</h2>\n", out);
    open_table(out, heads);
    for (unsigned i = 0; i < PERF_CRITERIA; i++) {
        struct perf_check check = {.outcome = perf_criterion_outcome(summary, &perf_criteria[i])};
        fputs("<tr>", out);
        put_cell(out, perf_criteria[i].text);
        put_cell(out, perf_criteria[i].is_objective ? "objective" : "integration");
        put_outcome(out, &check);
        fputs("</tr>\n", out);
    }
    close_table(out);
}

static void put_comparisons(FILE *out, const struct perf_comparisons *comparisons) {
    static const char *const heads[] = {"result",   "figure", "now",     "then", "ratio",
                                        "interval", "p",      "verdict", NULL};
    static const char *const classes[] = {"soft", "good", "bad"};
    fputs("<h2>Compared with the baseline</h2>\n", out);
    open_table(out, heads);
    for (unsigned i = 0; i < comparisons->count; i++) {
        const struct perf_comparison *made = &comparisons->list[i];
        fputs("<tr>", out);
        put_cell(out, made->subject->name);
        put_cell(out, made->now->name);
        put_number_cell(out, true, made->now->value, "");
        put_number_cell(out, true, made->then->value, "");
        put_number_cell(out, true, made->ratio.median, "");
        if (made->judged)
            fprintf(out, "<td class=\"n\">%.3f-%.3f</td><td class=\"n\">%.3g</td>", made->ratio.low,
                    made->ratio.high, made->p);
        else
            fputs("<td>one run</td><td>-</td>", out);
        fprintf(out, "<td class=\"%s\">%s%s</td></tr>\n", classes[made->change],
                perf_change_words[made->change], made->is_past ? ", past the threshold" : "");
    }
    close_table(out);
}

static void put_counts(FILE *out, const struct perf_subject *subject) {
    const struct perf_operations *operations = &subject->all->operations;
    fprintf(out, "<p class=\"%s\">%llu submitted, %llu succeeded, %llu failed, %llu cancelled",
            operations->failed ? "bad" : "good", (unsigned long long)operations->submitted,
            (unsigned long long)operations->succeeded, (unsigned long long)operations->failed,
            (unsigned long long)operations->cancelled);
    if (subject->shards > 1) fprintf(out, "; %u shards at once", subject->shards);
    if (subject->rounds > 1) fprintf(out, "; %u rounds", subject->rounds);
    fputs("</p>\n", out);
    for (unsigned i = 0; i < subject->failure_count; i++) {
        fprintf(out, "<p class=\"bad\">%llu x ", (unsigned long long)subject->failures[i].count);
        put(out, subject->failures[i].name);
        fputs(": ", out);
        put(out, subject->failures[i].example);
        fputs("</p>\n", out);
    }
}

static void put_figures(FILE *out, const struct perf_subject *subject) {
    static const char *const heads[] = {"figure", "value", "least", "most", "rounds", NULL};
    open_table(out, heads);
    for (unsigned i = 0; i < subject->number_count; i++) {
        const struct perf_number *number = &subject->numbers[i];
        fputs("<tr>", out);
        put_cell(out, number->name);
        put_number_cell(out, true, number->value, "");
        put_number_cell(out, number->least >= 0, number->least, "");
        put_number_cell(out, number->most >= 0, number->most, "");
        fprintf(out, "<td class=\"n\">%u</td></tr>\n", number->count);
    }
    close_table(out);
}

static void put_facts(FILE *out, const struct perf_facts *facts) {
    static const char *const heads[] = {"environment", "", NULL};
    if (facts->count == 0) return;
    fputs("<details><summary>Environment</summary>\n", out);
    open_table(out, heads);
    for (unsigned i = 0; i < facts->count; i++) {
        fputs("<tr>", out);
        put_cell(out, facts->list[i].name);
        put_cell(out, facts->list[i].value);
        fputs("</tr>\n", out);
    }
    close_table(out);
    fputs("</details>\n", out);
}

static void put_subject(FILE *out, const struct perf_subject *subject) {
    fputs("<h3>", out);
    put(out, subject->name);
    if (*subject->target) fputs(" at ", out);
    put(out, subject->target);
    fputs("</h3>\n<p class=\"soft\">", out);
    put(out, *subject->missing ? subject->missing : subject->workload);
    fputs("</p>\n", out);
    if (*subject->missing) return;
    if (subject->all) put_counts(out, subject);
    if (subject->requirement_count) {
        open_table(out, check_heads);
        for (unsigned i = 0; i < subject->requirement_count; i++)
            put_check(out, &subject->requirements[i], &subject->facts);
        close_table(out);
    }
    put_figures(out, subject);
    put_facts(out, &subject->facts);
}

static void put_list(FILE *out, const char *title, const char *class, unsigned count,
                     const char *(*text)(const struct perf_view *view, unsigned index),
                     const struct perf_view *view) {
    if (count == 0) return;
    fprintf(out, "<h2>%s</h2>\n<ul class=\"%s\">\n", title, class);
    for (unsigned i = 0; i < count; i++) {
        fputs("<li>", out);
        put(out, text(view, i));
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

static const char *issue_at(const struct perf_view *view, unsigned index) {
    return view->issues->list[index];
}

static const char *warning_at(const struct perf_view *view, unsigned index) {
    return view->summary->warnings[index];
}

static void put_head(FILE *out, const struct perf_view *view) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
          "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
          "<link rel=\"icon\" href=\"data:,\">\n<title>headrace report</title>\n<style>\n",
          out);
    fputs(perf_page_style, out);
    bool complete = view->issues->count == 0;
    fprintf(out,
            "</style>\n</head>\n<body>\n<h1>headrace report</h1>\n<p>Generated: %s<br>Status: "
            "<strong class=\"%s\">%s</strong></p>\n",
            view->generated, complete ? "good" : "bad", complete ? "COMPLETE" : "ISSUES FOUND");
}

void perf_view_html(FILE *out, const struct perf_view *view) {
    const struct perf_summary *summary = view->summary;
    unsigned issues = view->issues->count < PERF_ISSUES_MAX ? view->issues->count : PERF_ISSUES_MAX;
    put_head(out, view);
    put_list(out, "Issues", "bad", issues, issue_at, view);
    put_list(out, "Warnings", "soft", summary->warning_count, warning_at, view);
    put_plots(out, view);
    put_suites(out, summary);
    put_criteria(out, summary);
    if (view->comparisons) put_comparisons(out, view->comparisons);
    if (summary->subject_count) fputs("<h2>Results</h2>\n", out);
    for (unsigned i = 0; i < summary->subject_count; i++) put_subject(out, summary->subjects[i]);
    fputs("<p class=\"soft\">Percentiles are at most 1.1 % too high or too low; the least and the "
          "largest latency are exact. Plots: Chart.js, MIT licence.</p>\n</body>\n</html>\n",
          out);
}
